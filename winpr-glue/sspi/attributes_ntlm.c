/* SPDX-License-Identifier: Apache-2.0
 *
 * WinPR's own attributes, 1001 to 1118: who the client is, and the parts of the NTLM exchange that
 * a server with a hash callback hands on. Memory in a SecBuffer is WinPR's kind: the caller frees
 * it with sspi_SecBufferFree().
 */
#include "host/text.h"
#include "sspi/attributes.h"

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

enum result attribute_identity(const struct attribute_query* query)
{
	SecPkgContext_AuthIdentity identity = { .User = "", .Domain = "" };

	REQUIRE(attribute_user_known(query), RESULT_OUT_OF_SEQUENCE);
	REQUIRE(query->report.mech.user.len > 0 || attribute_is_anonymous(query), RESULT_UNSUPPORTED);
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

static enum result attribute_put_made(enum result made, struct blob* value, void* to)
{
	const enum result result =
	    made == RESULT_OK ? attribute_put_buffer(blob_bytes(value), to) : made;

	blob_free(value);
	return result;
}

enum result attribute_transcript(const struct attribute_query* query)
{
	struct ntlm_transcript transcript;
	struct blob made = BLOB_EMPTY;

	ntlm_context_transcript(query->ntlm, &transcript);
	switch (query->row->number)
	{
		case ATTRIBUTE_NTLM_PROOF_VALUE:
			return attribute_put_made(ntlm_context_proof_input(query->ntlm, &made), &made,
			                          query->buffer);
		case ATTRIBUTE_NTLM_RANDOM_KEY:
			return attribute_put_buffer(transcript.encrypted_session_key, query->buffer);
		case ATTRIBUTE_NTLM_MIC:
			return attribute_put_buffer(transcript.mic, query->buffer);
		default:
			return attribute_put_made(ntlm_context_mic_input(query->ntlm, &made), &made,
			                          query->buffer);
	}
}

/* --- names ------------------------------------------------------------------------------------ */

/* At the acceptor the workstation is the client's, as soon as it has said it; the other names are
 * those of this computer. */
static struct bytes attribute_name(const struct attribute_query* query)
{
	const struct context* const context = query->context;
	const struct bytes workstation = query->report.mech.workstation;
	const enum computer_name name = query->row->name;
	const struct bytes set = blob_bytes(&context->names[name]);

	if (name == NAME_WORKSTATION && context->role == MECH_ACCEPTOR && workstation.len > 0)
		return workstation;
	if (set.len > 0)
		return set;
	return name == NAME_WORKSTATION ? workstation
	                                : blob_bytes(&context->credential->config.names[name]);
}

/* WinPR's contract, from 3.27: the length first, in characters without a NUL, then the characters
 * into memory that has room for so many, and for one more. */
enum result attribute_name_length(const struct attribute_query* query)
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

enum result attribute_name_text(const struct attribute_query* query)
{
	const struct bytes name = attribute_name(query);
	struct blob utf8 = BLOB_EMPTY;

	if (query->wide)
	{
		text_to_wide(name, query->buffer);
		return RESULT_OK;
	}
	TRY(utf16_to_utf8(name, &utf8));
	bytes_copy(query->buffer, blob_bytes(&utf8));
	blob_free(&utf8);
	return RESULT_OK;
}
