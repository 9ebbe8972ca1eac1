/* SPDX-License-Identifier: Apache-2.0
 *
 * The check of NTProofStr that every verifier with hashes needs (ntlm.h).
 *
 * Without a hash (unknown user, or a store that holds an empty or all-zero one: CVE-2022-24882) the
 * same work is done with the client's own proof as the hash: it costs no random bytes, and nobody
 * can make a proof that comes out of an HMAC under itself. The comparison's result is then thrown
 * away, so that not even a lucky guess gets in.
 */
#include "ntlm.h"

#include "base/crypto.h"
#include "ntlm/field.h"
#include "ntlm/keys.h"

/* The hash, or what stands in for one; says which, and does the same for both. */
static enum result hash_or_stand_in(const struct key* hash, const struct verify_request* request,
                                    struct key* used, bool* known)
{
	static const struct key none;
	const struct key* const given = hash ? hash : &none;
	struct bytes from[2] = { BYTES_EMPTY, key_bytes(given) };

	TRY(bytes_part(request->nt_response, 0, NTLM_PROOF_SIZE, &from[0]));
	*known = !key_is_zero(given);
	bytes_copy(used->bytes, from[*known]);
	return RESULT_OK;
}

static enum result verify_proof(const struct verify_request* request, const struct key* ntowfv2,
                                bool known, struct verify_answer* answer)
{
	uint8_t expected[NTLM_PROOF_SIZE];
	struct bytes proof = BYTES_EMPTY;
	struct bytes temp = BYTES_EMPTY;
	struct key base;

	TRY(bytes_part(request->nt_response, 0, NTLM_PROOF_SIZE, &proof));
	TRY(bytes_part(request->nt_response, NTLM_PROOF_SIZE,
	               request->nt_response.len - NTLM_PROOF_SIZE, &temp));
	TRY(ntlm_proof(ntowfv2, request->server_challenge, temp, expected));

	enum result result = ntlm_session_base_key(ntowfv2, proof, &base);
	if (result != RESULT_OK)
		goto out;
	const bool right = secret_equal(BYTES_OF(expected), proof);
	result = (right && known) ? RESULT_OK : RESULT_LOGON_DENIED;
	if (result == RESULT_OK)
		answer->session_base_key = base;
out:
	key_wipe(&base);
	secret_wipe(expected, sizeof(expected));
	return result;
}

enum result ntlm_verify_ntowfv2(const struct verify_request* request, const struct key* ntowfv2,
                                struct verify_answer* answer)
{
	struct key used;
	bool known = false;

	TRY(hash_or_stand_in(ntowfv2, request, &used, &known));
	const enum result result = verify_proof(request, &used, known, answer);
	key_wipe(&used);
	return result;
}

enum result ntlm_verify_nt_hash(const struct verify_request* request, const struct key* nt_hash,
                                struct verify_answer* answer)
{
	struct key used;
	struct key ntowfv2;
	bool known = false;

	TRY(hash_or_stand_in(nt_hash, request, &used, &known));
	enum result result = ntlm_ntowfv2(&used, request->user, request->domain, &ntowfv2);
	if (result != RESULT_OK)
		goto out;
	result = verify_proof(request, &ntowfv2, known, answer);
out:
	key_wipe(&ntowfv2);
	key_wipe(&used);
	return result;
}
