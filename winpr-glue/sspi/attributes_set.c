/* SPDX-License-Identifier: Apache-2.0
 *
 * What SetContextAttributes changes: WinPR's own attributes only. Challenges, timestamps and hashes
 * must come before the step that uses them; so a server sets its hash between CHALLENGE and
 * AUTHENTICATE.
 *
 * Not supported: the password (1002), which WinPR's package does not have either, and messages
 * (1100): WinPR's package puts them in the place of those that it sent or received, so that the MIC
 * covers what never was on the wire.
 */
#include "host/text.h"
#include "sspi/attributes.h"

#define HASH_VERSION_NT 1
#define HASH_VERSION_NTOWFV2 2

enum result attribute_set_hash(const struct attribute_change* change)
{
	const SecPkgContext_AuthNtlmHash* const hash = change->buffer;

	REQUIRE(hash->Version == HASH_VERSION_NT || hash->Version == HASH_VERSION_NTOWFV2,
	        RESULT_INVALID_ARGUMENT);
	return ntlm_context_override(change->ntlm,
	                             hash->Version == HASH_VERSION_NT ? NTLM_OVERRIDE_NT_HASH
	                                                              : NTLM_OVERRIDE_NTOWFV2,
	                             BYTES_OF(hash->NtlmHash));
}

enum result attribute_set_timestamp(const struct attribute_change* change)
{
	const SecPkgContext_AuthNtlmTimestamp* const timestamp = change->buffer;

	return ntlm_context_override(change->ntlm,
	                             timestamp->ChallengeOrResponse ? NTLM_OVERRIDE_CHALLENGE_TIMESTAMP
	                                                            : NTLM_OVERRIDE_TIMESTAMP,
	                             BYTES_OF(timestamp->Timestamp));
}

enum result attribute_set_client_challenge(const struct attribute_change* change)
{
	const SecPkgContext_AuthNtlmClientChallenge* const challenge = change->buffer;

	return ntlm_context_override(change->ntlm, NTLM_OVERRIDE_CLIENT_CHALLENGE,
	                             BYTES_OF(challenge->ClientChallenge));
}

enum result attribute_set_server_challenge(const struct attribute_change* change)
{
	const SecPkgContext_AuthNtlmServerChallenge* const challenge = change->buffer;

	return ntlm_context_override(change->ntlm, NTLM_OVERRIDE_SERVER_CHALLENGE,
	                             BYTES_OF(challenge->ServerChallenge));
}

/* FreeRDP from 3.27 sets the workstation after every step, the last one included. `size` counts
 * bytes, and a NUL need not be among them. CHALLENGE, which carries the other names, is on its way
 * before anybody can set one of those: they are kept for who asks. */
enum result attribute_set_name(const struct attribute_change* change)
{
	const enum computer_name name = change->row->name;
	struct blob text = BLOB_EMPTY;

	REQUIRE(!change->wide || change->size % sizeof(WCHAR) == 0, RESULT_INVALID_ARGUMENT);
	enum result result = change->wide
	                         ? text_from_wide(change->buffer, change->size / sizeof(WCHAR), &text)
	                         : utf16_from_utf8(bytes_make(change->buffer, change->size), &text);
	REQUIRE(result != RESULT_MALFORMED, RESULT_INVALID_ARGUMENT);
	TRY(result);
	const struct bytes stripped = text_strip(blob_bytes(&text));
	result = stripped.len > 0 && stripped.len <= NTLM_MAX_WORKSTATION
	             ? blob_set(&change->context->names[name], stripped)
	             : RESULT_INVALID_ARGUMENT;
	blob_free(&text);
	TRY(result);
	return name == NAME_WORKSTATION ? context_apply_workstation(change->context) : RESULT_OK;
}
