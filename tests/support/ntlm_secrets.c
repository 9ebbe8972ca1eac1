/* SPDX-License-Identifier: Apache-2.0
 *
 * MS-NLMP 3.3.2, 3.4.5.
 */
#include "ntlm_secrets.h"

#include <string.h>

#include "base/crypto.h"
#include "base/utf16.h"
#include "ntlm/authenticate.h"
#include "ntlm/challenge.h"
#include "ntlm/field.h"
#include "ntlm/keys.h"

_Static_assert(sizeof(struct ntlm_secrets) == NTLM_SECRETS * KEY_SIZE, "keys and nothing else");

const char* const ntlm_secret_names[NTLM_SECRETS] = { "the NT hash",
	                                                  "NTOWFv2",
	                                                  "SessionBaseKey",
	                                                  "ExportedSessionKey",
	                                                  "the initiator's signing key",
	                                                  "the acceptor's signing key",
	                                                  "the initiator's sealing key",
	                                                  "the acceptor's sealing key" };

/* The message and what is behind it. */
static struct bytes message_in(struct bytes token)
{
	static const char signature[8] = "NTLMSSP";
	const uint8_t* const at =
	    token.len > 0 ? memmem(token.data, token.len, signature, sizeof(signature)) : NULL;

	return at ? bytes_make(at, token.len - (size_t)(at - token.data)) : BYTES_EMPTY;
}

static enum result compute(struct bytes challenge_message, struct bytes authenticate_message,
                           struct ntlm_secrets* all)
{
	struct ntlm_challenge challenge;
	struct ntlm_authenticate answer;
	struct key proof;

	TRY(ntlm_challenge_parse(challenge_message, &challenge, NULL));
	TRY(ntlm_authenticate_parse(authenticate_message, &answer, NULL));
	REQUIRE(answer.nt_response.len > NTLM_PROOF_SIZE, RESULT_MALFORMED);
	const struct bytes temp = bytes_make(answer.nt_response.data + NTLM_PROOF_SIZE,
	                                     answer.nt_response.len - NTLM_PROOF_SIZE);
	TRY(ntlm_ntowfv2(&all->nt_hash, answer.user, answer.domain, &all->ntowfv2));
	TRY(ntlm_proof(&all->ntowfv2, challenge.server_challenge, temp, proof.bytes));
	TRY(ntlm_session_base_key(&all->ntowfv2, key_bytes(&proof), &all->base));
	all->exported = all->base;
	if (answer.encrypted_session_key.len == KEY_SIZE)
		ntlm_key_exchange(&all->base, answer.encrypted_session_key, all->exported.bytes);
	for (int i = 0; i < 2; i++)
	{
		TRY(ntlm_sign_key(&all->exported, i == 0, &all->signing[i]));
		TRY(ntlm_seal_key(&all->exported, i == 0, &all->sealing[i]));
	}
	return RESULT_OK;
}

bool ntlm_secrets_of(const struct key* nt_hash, struct bytes challenge, struct bytes authenticate,
                     struct ntlm_secrets* all)
{
	*all = (struct ntlm_secrets){ .nt_hash = *nt_hash };
	return crypto_init() == RESULT_OK && utf16_init() == RESULT_OK &&
	       compute(message_in(challenge), message_in(authenticate), all) == RESULT_OK;
}
