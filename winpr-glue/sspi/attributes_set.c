/* SPDX-License-Identifier: Apache-2.0
 *
 * SetContextAttributes: WinPR's own attributes only. Challenges, timestamps and hashes must come
 * before the step that uses them; so a server sets its hash between CHALLENGE and AUTHENTICATE.
 *
 * Not supported: the password (1002), which WinPR's package does not have either, and messages
 * (1100): WinPR's package puts them in the place of those that it sent or received, so that the MIC
 * covers what never was on the wire.
 */
#include "sspi/attributes.h"
#include "host/foreign.h"
#include "host/status.h"
#include "sspi/table.h"
#include "host/text.h"

#define HASH_VERSION_NT 1
#define HASH_VERSION_NTOWFV2 2

static enum result attribute_override(const struct context* context, enum ntlm_override which,
                                      struct bytes value)
{
	void* ntlm = NULL;

	REQUIRE(!context->dead, RESULT_OUT_OF_SEQUENCE);
	REQUIRE(negossp_chosen(context->core, &ntlm) == ntlm_mech(), RESULT_UNSUPPORTED);
	return ntlm_context_override(ntlm, which, value);
}

static enum result attribute_set_hash(const struct context* context,
                                      const SecPkgContext_AuthNtlmHash* hash)
{
	switch (hash->Version)
	{
		case HASH_VERSION_NT:
			return attribute_override(context, NTLM_OVERRIDE_NT_HASH, BYTES_OF(hash->NtlmHash));
		case HASH_VERSION_NTOWFV2:
			return attribute_override(context, NTLM_OVERRIDE_NTOWFV2, BYTES_OF(hash->NtlmHash));
		default:
			return RESULT_INVALID_ARGUMENT;
	}
}

static enum result attribute_set_timestamp(const struct context* context,
                                           const SecPkgContext_AuthNtlmTimestamp* timestamp)
{
	return attribute_override(context,
	                          timestamp->ChallengeOrResponse ? NTLM_OVERRIDE_CHALLENGE_TIMESTAMP
	                                                         : NTLM_OVERRIDE_TIMESTAMP,
	                          BYTES_OF(timestamp->Timestamp));
}

/* FreeRDP from 3.27 sets the workstation after every step, the last one included. `size` counts
 * bytes, and a NUL need not be among them. CHALLENGE, which carries the other names, is on its way
 * before anybody can set one of those: they are kept for who asks. */
static enum result attribute_set_name(struct context* context, enum context_name name,
                                      const void* value, ULONG size, bool wide)
{
	struct blob text = BLOB_EMPTY;
	enum result result;

	REQUIRE(!context->dead, RESULT_OUT_OF_SEQUENCE);
	if (wide)
		result = size % sizeof(WCHAR) == 0 ? text_from_wide(value, size / sizeof(WCHAR), &text)
		                                   : RESULT_INVALID_ARGUMENT;
	else
		result = utf16_from_utf8(bytes_make(value, size), &text);
	const struct bytes stripped = text_strip(blob_bytes(&text));
	if (result == RESULT_OK && (stripped.len == 0 || stripped.len > NTLM_MAX_WORKSTATION))
		result = RESULT_INVALID_ARGUMENT;
	if (result == RESULT_OK)
		result = blob_set(&context->names[name], stripped);
	blob_free(&text);
	if (result == RESULT_MALFORMED)
		return RESULT_INVALID_ARGUMENT;
	return result == RESULT_OK && name == CONTEXT_WORKSTATION ? context_apply_workstation(context)
	                                                          : result;
}

/* How large the caller's structure must be; 0 for attributes without a fixed size. */
static size_t attribute_set_size(ULONG attribute)
{
	switch (attribute)
	{
		case ATTRIBUTE_NTLM_HASH:
			return sizeof(SecPkgContext_AuthNtlmHash);
		case ATTRIBUTE_NTLM_TIMESTAMP:
			return sizeof(SecPkgContext_AuthNtlmTimestamp);
		case ATTRIBUTE_NTLM_CLIENT_CHALLENGE:
			return sizeof(SecPkgContext_AuthNtlmClientChallenge);
		case ATTRIBUTE_NTLM_SERVER_CHALLENGE:
			return sizeof(SecPkgContext_AuthNtlmServerChallenge);
		default:
			return 0;
	}
}

static enum result attribute_set_ours(struct context* context, ULONG attribute, const void* buffer,
                                      ULONG size, bool wide)
{
	enum context_name name;

	REQUIRE(buffer && size >= attribute_set_size(attribute), RESULT_INVALID_ARGUMENT);
	switch (attribute)
	{
		case ATTRIBUTE_NTLM_HASH:
			return attribute_set_hash(context, buffer);
		case ATTRIBUTE_NTLM_TIMESTAMP:
			return attribute_set_timestamp(context, buffer);
		case ATTRIBUTE_NTLM_CLIENT_CHALLENGE:
			return attribute_override(
			    context, NTLM_OVERRIDE_CLIENT_CHALLENGE,
			    BYTES_OF(((const SecPkgContext_AuthNtlmClientChallenge*)buffer)->ClientChallenge));
		case ATTRIBUTE_NTLM_SERVER_CHALLENGE:
			return attribute_override(
			    context, NTLM_OVERRIDE_SERVER_CHALLENGE,
			    BYTES_OF(((const SecPkgContext_AuthNtlmServerChallenge*)buffer)->ServerChallenge));
		case ATTRIBUTE_NTLM_HOSTNAME:
		case ATTRIBUTE_NTLM_NETBIOS_COMPUTER:
		case ATTRIBUTE_NTLM_NETBIOS_DOMAIN:
		case ATTRIBUTE_NTLM_DNS_COMPUTER:
		case ATTRIBUTE_NTLM_DNS_DOMAIN:
			TRY(attribute_find_name(attribute, &name));
			return attribute_set_name(context, name, buffer, size, wide);
		default:
			return RESULT_UNSUPPORTED;
	}
}

static SECURITY_STATUS attribute_set(PCtxtHandle handle, ULONG attribute, void* buffer, ULONG size,
                                     bool wide)
{
	struct context* const context = context_enter(handle);
	SECURITY_STATUS status;

	if (!context)
		return status_leave(SEC_E_INVALID_HANDLE);
	if (!context_is_foreign(context))
		status = status_from_result(attribute_set_ours(context, attribute, buffer, size, wide));
	else
		status = wide ? FOREIGN_CALL(foreign_table_w(), SetContextAttributesW, &context->foreign,
		                             attribute, buffer, size)
		              : FOREIGN_CALL(foreign_table_a(), SetContextAttributesA, &context->foreign,
		                             attribute, buffer, size);
	context_leave(context);
	return status_leave(status);
}

SECURITY_STATUS SEC_ENTRY attribute_set_a(PCtxtHandle handle, ULONG attribute, void* buffer,
                                          ULONG size)
{
	return attribute_set(handle, attribute, buffer, size, false);
}

SECURITY_STATUS SEC_ENTRY attribute_set_w(PCtxtHandle handle, ULONG attribute, void* buffer,
                                          ULONG size)
{
	return attribute_set(handle, attribute, buffer, size, true);
}
