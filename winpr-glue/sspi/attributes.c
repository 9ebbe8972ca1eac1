/* SPDX-License-Identifier: Apache-2.0
 *
 * QueryContextAttributes. Strings and structures that an answer points to are one block each, for
 * FreeContextBuffer. In the W form the members that sspi.h of WinPR declares as char* point to
 * WCHARs, as they do on Windows.
 */
#include "sspi/attributes.h"

#include "host/flags.h"
#include "host/foreign.h"
#include "host/memory.h"
#include "sspi/package_info.h"
#include "host/status.h"
#include "sspi/table.h"
#include "host/text.h"

/* Windows' SecPkgContext_NegotiationInfo.NegotiationState and LastClientTokenStatus. */
#define NEGOTIATION_COMPLETE 0u
#define NEGOTIATION_IN_PROGRESS 2u
#define LAST_TOKEN_YES 0u
#define LAST_TOKEN_NO 1u

/* Algorithm numbers of wincrypt.h; RC4 and HMAC-MD5 with 128-bit keys (MS-NLMP 3.4). */
#define ALGORITHM_RC4 0x6801u
#define ALGORITHM_HMAC 0x8009u
#define NTLM_KEY_BITS 128u

struct last_client_token
{
	UINT32 status;
};

static enum result attribute_sizes(const struct attribute_query* query)
{
	const struct mech_report* const mech = &query->report.mech;

	REQUIRE(query->report.chosen, RESULT_OUT_OF_SEQUENCE);
	*(SecPkgContext_Sizes*)query->buffer =
	    (SecPkgContext_Sizes){ .cbMaxToken = PACKAGE_MAX_TOKEN,
		                       .cbMaxSignature = mech->max_signature,
		                       .cbBlockSize = mech->block_size,
		                       .cbSecurityTrailer = mech->security_trailer };
	return RESULT_OK;
}

bool attribute_user_known(const struct attribute_query* query)
{
	const struct context* const context = query->context;

	if (negossp_is_complete(context->core))
		return true;
	return context->role == MECH_INITIATOR && query->report.mech.user.len > 0;
}

static enum result attribute_account(const struct attribute_query* query, void** name)
{
	struct blob account = BLOB_EMPTY;

	REQUIRE(attribute_user_known(query), RESULT_OUT_OF_SEQUENCE);
	/* No name means that nobody is known by one here, which only an anonymous logon may say:
	 * WinPR's Kerberos does not tell whose ticket it was. */
	REQUIRE(query->report.mech.user.len > 0 || (query->report.mech.granted & MECH_NULL_SESSION),
	        RESULT_UNSUPPORTED);
	TRY(text_account(query->report.mech.user, query->report.mech.domain, &account));
	const enum result result = text_to_memory(blob_bytes(&account), query->wide, name);
	blob_free(&account);
	return result;
}

static enum result attribute_names(const struct attribute_query* query)
{
	void* name = NULL;

	TRY(attribute_account(query, &name));
	((SecPkgContext_Names*)query->buffer)->sUserName = name;
	return RESULT_OK;
}

static enum result attribute_native_names(const struct attribute_query* query)
{
	const struct mech_report* const mech = &query->report.mech;
	void* client = NULL;
	void* server = NULL;

	TRY(attribute_account(query, &client));
	const enum result result = text_to_memory(
	    mech->server_name.len > 0 ? mech->server_name : mech->target, query->wide, &server);
	if (result != RESULT_OK)
	{
		memory_free(client);
		return result;
	}
	*(SecPkgContext_NativeNames*)query->buffer =
	    (SecPkgContext_NativeNames){ .sClientName = client, .sServerName = server };
	return RESULT_OK;
}

/* NTLM logons do not end. */
static enum result attribute_lifespan(const struct attribute_query* query)
{
	*(SecPkgContext_Lifespan*)query->buffer =
	    (SecPkgContext_Lifespan){ .tsStart = { 0, 0 }, .tsExpiry = { UINT32_MAX, INT32_MAX } };
	return RESULT_OK;
}

static enum result attribute_flags(const struct attribute_query* query)
{
	((SecPkgContext_Flags*)query->buffer)->Flags = context_attributes(query->context);
	return RESULT_OK;
}

static enum result attribute_session_key(const struct attribute_query* query)
{
	const struct key* const key = query->report.mech.session_key;

	/* WinPR does not hand Kerberos' key out. */
	REQUIRE(!negossp_is_complete(query->context->core) || key, RESULT_UNSUPPORTED);
	REQUIRE(key, RESULT_OUT_OF_SEQUENCE);
	BYTE* const copy = memory_alloc(KEY_SIZE);
	REQUIRE(copy, RESULT_NO_MEMORY);
	bytes_copy(copy, key_bytes(key));
	*(SecPkgContext_SessionKey*)query->buffer =
	    (SecPkgContext_SessionKey){ .SessionKeyLength = KEY_SIZE, .SessionKey = copy };
	return RESULT_OK;
}

static enum result attribute_literal(const char* literal, bool wide, void** string)
{
	struct blob text = BLOB_EMPTY;

	TRY(text_from_string(literal, &text));
	const enum result result = text_to_memory(blob_bytes(&text), wide, string);
	blob_free(&text);
	return result;
}

static enum result attribute_key_info(const struct attribute_query* query)
{
	void* signature = NULL;
	void* encryption = NULL;

	REQUIRE(negossp_is_complete(query->context->core), RESULT_OUT_OF_SEQUENCE);
	REQUIRE(query->report.mech.ntlm_version > 0, RESULT_UNSUPPORTED);
	TRY(attribute_literal("HMAC-MD5", query->wide, &signature));
	const enum result result = attribute_literal("RC4", query->wide, &encryption);
	if (result != RESULT_OK)
	{
		memory_free(signature);
		return result;
	}
	*(SecPkgContext_KeyInfo*)query->buffer =
	    (SecPkgContext_KeyInfo){ .sSignatureAlgorithmName = signature,
		                         .sEncryptAlgorithmName = encryption,
		                         .KeySize = NTLM_KEY_BITS,
		                         .SignatureAlgorithm = ALGORITHM_HMAC,
		                         .EncryptAlgorithm = ALGORITHM_RC4 };
	return RESULT_OK;
}

/* --- packages --------------------------------------------------------------------------------- */

/* The mechanism in use once there is one: gnome-remote-desktop wants NTLM or Kerberos here. */
static enum result attribute_package(const struct attribute_query* query, void** info)
{
	const char* const ours =
	    query->context->credential->package == PACKAGE_NTLM ? "NTLM" : "Negotiate";

	return package_info_new(query->report.chosen ? query->report.chosen : ours, query->wide, info);
}

/* SecPkgContext_PackageInfoA and W are both one pointer. */
static enum result attribute_package_info(const struct attribute_query* query)
{
	void* info = NULL;

	TRY(attribute_package(query, &info));
	((SecPkgContext_PackageInfo*)query->buffer)->PackageInfo = info;
	return RESULT_OK;
}

static enum result attribute_negotiation_info(const struct attribute_query* query)
{
	void* info = NULL;

	TRY(attribute_package(query, &info));
	SecPkgContext_NegotiationInfo* const negotiation = query->buffer;
	negotiation->PackageInfo = info;
	negotiation->NegotiationState =
	    negossp_is_complete(query->context->core) ? NEGOTIATION_COMPLETE : NEGOTIATION_IN_PROGRESS;
	return RESULT_OK;
}

/* --- targets ---------------------------------------------------------------------------------- */

static enum result attribute_target_information(const struct attribute_query* query)
{
	const struct bytes target = query->report.mech.target_info;

	REQUIRE(target.len > 0 && target.len <= UINT32_MAX, RESULT_OUT_OF_SEQUENCE);
	BYTE* const copy = memory_alloc(target.len);
	REQUIRE(copy, RESULT_NO_MEMORY);
	bytes_copy(copy, target);
	*(SecPkgContext_TargetInformation*)query->buffer =
	    (SecPkgContext_TargetInformation){ .MarshalledTargetInfoLength = (UINT32)target.len,
		                                   .MarshalledTargetInfo = copy };
	return RESULT_OK;
}

static enum result attribute_client_target(const struct attribute_query* query)
{
	void* name = NULL;

	REQUIRE(query->context->role == MECH_ACCEPTOR, RESULT_UNSUPPORTED);
	REQUIRE(query->report.mech.target.len > 0, RESULT_OUT_OF_SEQUENCE);
	TRY(text_to_memory(query->report.mech.target, query->wide, &name));
	((SecPkgContext_ClientSpecifiedTarget*)query->buffer)->sTargetName = name;
	return RESULT_OK;
}

static enum result attribute_last_token(const struct attribute_query* query)
{
	REQUIRE(query->context->role == MECH_ACCEPTOR, RESULT_UNSUPPORTED);
	((struct last_client_token*)query->buffer)->status =
	    negossp_is_complete(query->context->core) ? LAST_TOKEN_YES : LAST_TOKEN_NO;
	return RESULT_OK;
}

/* --- the entry -------------------------------------------------------------------------------- */

/* Attributes of a session or of a user who has logged on, which a failed exchange has not. The
 * others say which mechanism it was and what was on the wire: good for a log after a failure. */
static bool attribute_needs_life(ULONG attribute)
{
	switch (attribute)
	{
		case SECPKG_ATTR_SIZES:
		case SECPKG_ATTR_NAMES:
		case SECPKG_ATTR_LIFESPAN:
		case SECPKG_ATTR_KEY_INFO:
		case SECPKG_ATTR_SESSION_KEY:
		case SECPKG_ATTR_NATIVE_NAMES:
		case SECPKG_ATTR_FLAGS:
		case SECPKG_ATTR_CLIENT_SPECIFIED_TARGET:
		case SECPKG_ATTR_LAST_CLIENT_TOKEN_STATUS:
		case ATTRIBUTE_IDENTITY:
			return true;
		default:
			return false;
	}
}

static enum result attribute_answer(const struct attribute_query* query)
{
	REQUIRE(!query->context->dead || !attribute_needs_life(query->attribute),
	        RESULT_OUT_OF_SEQUENCE);
	switch (query->attribute)
	{
		case SECPKG_ATTR_SIZES:
			return attribute_sizes(query);
		case SECPKG_ATTR_NAMES:
			return attribute_names(query);
		case SECPKG_ATTR_LIFESPAN:
			return attribute_lifespan(query);
		case SECPKG_ATTR_KEY_INFO:
			return attribute_key_info(query);
		case SECPKG_ATTR_SESSION_KEY:
			return attribute_session_key(query);
		case SECPKG_ATTR_PACKAGE_INFO:
			return attribute_package_info(query);
		case SECPKG_ATTR_NEGOTIATION_INFO:
			return attribute_negotiation_info(query);
		case SECPKG_ATTR_NATIVE_NAMES:
			return attribute_native_names(query);
		case SECPKG_ATTR_FLAGS:
			return attribute_flags(query);
		case SECPKG_ATTR_TARGET_INFORMATION:
			return attribute_target_information(query);
		case SECPKG_ATTR_CLIENT_SPECIFIED_TARGET:
			return attribute_client_target(query);
		case SECPKG_ATTR_LAST_CLIENT_TOKEN_STATUS:
			return attribute_last_token(query);
		default:
			return attribute_query_winpr(query);
	}
}

/* What only WinPR's Kerberos can answer, in its own terms: the tickets that Remote Credential Guard
 * sends (1200), and from newer releases on whose ticket it was (1001). */
static bool attribute_is_winprs(const struct context* context, ULONG attribute, void** inner)
{
	const struct mech* const mech = negossp_chosen(context->core, inner);

	if (mech != kerberos_mech() && mech != kerberos_u2u_mech())
		return false;
	return attribute == SECPKG_CRED_ATTR_TICKET_LOGON ||
	       (attribute == ATTRIBUTE_IDENTITY && negossp_is_complete(context->core));
}

static SECURITY_STATUS attribute_query(PCtxtHandle handle, ULONG attribute, void* buffer, bool wide)
{
	struct context* const context = context_enter(handle);
	enum result result = RESULT_INVALID_ARGUMENT;
	void* inner = NULL;

	if (!context)
		return status_leave(SEC_E_INVALID_HANDLE);
	if (context_is_foreign(context))
	{
		const SECURITY_STATUS status =
		    wide ? FOREIGN_CALL(foreign_table_w(), QueryContextAttributesW, &context->foreign,
		                        attribute, buffer)
		         : FOREIGN_CALL(foreign_table_a(), QueryContextAttributesA, &context->foreign,
		                        attribute, buffer);
		context_leave(context);
		return status_leave(status);
	}
	if (buffer && attribute_is_winprs(context, attribute, &inner))
	{
		const SECURITY_STATUS status = kerberos_context_query(inner, attribute, buffer);
		context_leave(context);
		return status_leave(status);
	}
	if (buffer)
	{
		struct attribute_query query = {
			.context = context, .attribute = attribute, .wide = wide, .buffer = buffer
		};

		negossp_describe(context->core, &query.report);
		result = attribute_answer(&query);
	}
	context_leave(context);
	return status_leave_result(result);
}

SECURITY_STATUS SEC_ENTRY attribute_query_a(PCtxtHandle handle, ULONG attribute, void* buffer)
{
	return attribute_query(handle, attribute, buffer, false);
}

SECURITY_STATUS SEC_ENTRY attribute_query_w(PCtxtHandle handle, ULONG attribute, void* buffer)
{
	return attribute_query(handle, attribute, buffer, true);
}
