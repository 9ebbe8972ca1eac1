/* SPDX-License-Identifier: Apache-2.0
 *
 * WinPR's own attributes, 1001 to 1118: who the client is, and the parts of the NTLM exchange that
 * a server with a hash callback hands on. Memory in a SecBuffer is WinPR's kind: the caller frees
 * it with sspi_SecBufferFree().
 */
#include "sspi/attributes.h"

#include "host/text.h"

/* --- who -------------------------------------------------------------------------------------- */

/* UTF-8 into an array, with its NUL. */
static enum result attribute_put_name(struct bytes name, char* to, size_t size)
{
	struct blob utf8 = BLOB_EMPTY;

	TRY(utf16_to_utf8(name, &utf8));
	const bool fits = utf8.len < size;
	if (fits)
	{
		bytes_copy((uint8_t*)to, blob_bytes(&utf8));
		to[utf8.len] = '\0';
	}
	blob_free(&utf8);
	return fits ? RESULT_OK : RESULT_BUFFER_TOO_SMALL;
}

static enum result attribute_identity(const struct attribute_query* query)
{
	SecPkgContext_AuthIdentity identity = { .User = "", .Domain = "" };

	REQUIRE(attribute_user_known(query), RESULT_OUT_OF_SEQUENCE);
	REQUIRE(query->report.mech.user.len > 0 || (query->report.mech.granted & MECH_NULL_SESSION),
	        RESULT_UNSUPPORTED);
	TRY(attribute_put_name(query->report.mech.user, identity.User, sizeof(identity.User)));
	TRY(attribute_put_name(query->report.mech.domain, identity.Domain, sizeof(identity.Domain)));
	*(SecPkgContext_AuthIdentity*)query->buffer = identity;
	return RESULT_OK;
}

/* --- the exchange ----------------------------------------------------------------------------- */

static enum result attribute_put_buffer(struct bytes value, void* to)
{
	SecBuffer buffer = { 0, 0, NULL };

	REQUIRE(value.len > 0 && value.len <= UINT32_MAX, RESULT_OUT_OF_SEQUENCE);
	REQUIRE(sspi_SecBufferAlloc(&buffer, (ULONG)value.len), RESULT_NO_MEMORY);
	bytes_copy(buffer.pvBuffer, value);
	*(SecBuffer*)to = buffer;
	return RESULT_OK;
}

static enum result attribute_transcript(const struct attribute_query* query)
{
	struct ntlm_transcript transcript;
	void* ntlm = NULL;

	REQUIRE(negossp_chosen(query->context->core, &ntlm) == ntlm_mech(), RESULT_UNSUPPORTED);
	ntlm_context_transcript(ntlm, &transcript);
	switch (query->attribute)
	{
		case ATTRIBUTE_NTLM_PROOF_VALUE:
			return attribute_put_buffer(transcript.proof_input, query->buffer);
		case ATTRIBUTE_NTLM_RANDOM_KEY:
			return attribute_put_buffer(transcript.encrypted_session_key, query->buffer);
		case ATTRIBUTE_NTLM_MIC:
			return attribute_put_buffer(transcript.mic, query->buffer);
		default:
			return attribute_put_buffer(transcript.mic_input, query->buffer);
	}
}

/* --- names ------------------------------------------------------------------------------------ */

enum result attribute_find_name(ULONG attribute, enum context_name* name)
{
	switch (attribute)
	{
		case ATTRIBUTE_NTLM_HOSTNAME:
		case ATTRIBUTE_NTLM_HOSTNAME_LENGTH:
			*name = CONTEXT_WORKSTATION;
			return RESULT_OK;
		case ATTRIBUTE_NTLM_NETBIOS_COMPUTER:
		case ATTRIBUTE_NTLM_NETBIOS_COMPUTER_LENGTH:
			*name = CONTEXT_NETBIOS_COMPUTER;
			return RESULT_OK;
		case ATTRIBUTE_NTLM_NETBIOS_DOMAIN:
		case ATTRIBUTE_NTLM_NETBIOS_DOMAIN_LENGTH:
			*name = CONTEXT_NETBIOS_DOMAIN;
			return RESULT_OK;
		case ATTRIBUTE_NTLM_DNS_COMPUTER:
		case ATTRIBUTE_NTLM_DNS_COMPUTER_LENGTH:
			*name = CONTEXT_DNS_COMPUTER;
			return RESULT_OK;
		case ATTRIBUTE_NTLM_DNS_DOMAIN:
		case ATTRIBUTE_NTLM_DNS_DOMAIN_LENGTH:
			*name = CONTEXT_DNS_DOMAIN;
			return RESULT_OK;
		default:
			return RESULT_UNSUPPORTED;
	}
}

/* At the acceptor the workstation is the client's, as soon as it has said it; the other names are
 * those of this computer. */
static struct bytes attribute_name(const struct attribute_query* query)
{
	const struct context* const context = query->context;
	const struct config* const config = &context->credential->config;
	const struct bytes workstation = query->report.mech.workstation;
	enum context_name name;

	if (attribute_find_name(query->attribute, &name) != RESULT_OK)
		return BYTES_EMPTY;
	const struct bytes set = blob_bytes(&context->names[name]);
	if (name == CONTEXT_WORKSTATION)
		return set.len > 0 && (context->role == MECH_INITIATOR || workstation.len == 0)
		           ? set
		           : workstation;
	if (set.len > 0)
		return set;
	switch (name)
	{
		case CONTEXT_NETBIOS_COMPUTER:
			return blob_bytes(&config->netbios_computer);
		case CONTEXT_NETBIOS_DOMAIN:
			return blob_bytes(&config->netbios_domain);
		case CONTEXT_DNS_COMPUTER:
			return blob_bytes(&config->dns_computer);
		default:
			return blob_bytes(&config->dns_domain);
	}
}

/* WinPR's contract, from 3.27: the length first, in characters without a NUL, then the characters
 * into memory that has room for so many, and for one more. */
static enum result attribute_name_length(const struct attribute_query* query)
{
	const struct bytes name = attribute_name(query);
	struct blob utf8 = BLOB_EMPTY;
	size_t length = name.len / 2;

	if (!query->wide)
	{
		TRY(utf16_to_utf8(name, &utf8));
		length = utf8.len;
		blob_free(&utf8);
	}
	*(ULONG*)query->buffer = (ULONG)length;
	return RESULT_OK;
}

static enum result attribute_name_text(const struct attribute_query* query)
{
	const struct bytes name = attribute_name(query);
	struct blob utf8 = BLOB_EMPTY;
	WCHAR* const wide = query->buffer;

	if (query->wide)
	{
		for (size_t i = 0; i + 1 < name.len; i += 2)
			wide[i / 2] = (WCHAR)(name.data[i] | name.data[i + 1] << 8);
		return RESULT_OK;
	}
	TRY(utf16_to_utf8(name, &utf8));
	bytes_copy(query->buffer, blob_bytes(&utf8));
	blob_free(&utf8);
	return RESULT_OK;
}

enum result attribute_query_winpr(const struct attribute_query* query)
{
	switch (query->attribute)
	{
		case ATTRIBUTE_IDENTITY:
			return attribute_identity(query);
		case ATTRIBUTE_NTLM_PROOF_VALUE:
		case ATTRIBUTE_NTLM_RANDOM_KEY:
		case ATTRIBUTE_NTLM_MIC:
		case ATTRIBUTE_NTLM_MIC_VALUE:
			return attribute_transcript(query);
		case ATTRIBUTE_NTLM_HOSTNAME:
		case ATTRIBUTE_NTLM_NETBIOS_COMPUTER:
		case ATTRIBUTE_NTLM_NETBIOS_DOMAIN:
		case ATTRIBUTE_NTLM_DNS_COMPUTER:
		case ATTRIBUTE_NTLM_DNS_DOMAIN:
			return attribute_name_text(query);
		case ATTRIBUTE_NTLM_HOSTNAME_LENGTH:
		case ATTRIBUTE_NTLM_NETBIOS_COMPUTER_LENGTH:
		case ATTRIBUTE_NTLM_NETBIOS_DOMAIN_LENGTH:
		case ATTRIBUTE_NTLM_DNS_COMPUTER_LENGTH:
		case ATTRIBUTE_NTLM_DNS_DOMAIN_LENGTH:
			return attribute_name_length(query);
		default:
			return RESULT_UNSUPPORTED;
	}
}
