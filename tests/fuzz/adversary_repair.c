/* SPDX-License-Identifier: Apache-2.0
 *
 * Proofs and MICs made right for what was changed.
 */
#include "adversary_impl.h"

#include <string.h>

/* The hash with which the reader will check, or has answered; that of the user in another domain,
 * or of anybody, where there is none. */
static const uint8_t* hash_for(const struct oracle_setup* reader, const struct ntlm* authenticate)
{
	static const uint8_t nobody[16];
	struct oracle_outcome outcome;
	if (reader->initiator)
		return reader->anonymous ? nobody : reader->identity.nt_hash;
	const struct part user = authenticate->fields[AUTHENTICATE_USER];
	const struct part domain = authenticate->fields[AUTHENTICATE_DOMAIN];
	const struct oracle_account* account =
	    user.len % 2 || domain.len % 2 ? NULL : oracle_find(reader, user, domain, &outcome);
	for (size_t i = 0; !account && i < reader->account_count; i++)
		if (oracle_same_text(user, reader->accounts[i].user))
			account = &reader->accounts[i];
	if (account)
		return account->nt_hash;
	return user.len ? reader->accounts[0].nt_hash : nobody;
}

/* The time of CHALLENGE, where there is a place for it. */
static void repair_time(const struct ntlm* authenticate, uint8_t* whole,
                        const struct ntlm* challenge)
{
	const struct part nt = authenticate->fields[AUTHENTICATE_NT];
	struct pairs theirs;
	struct pairs pairs;
	if (nt.len < 44 || !pairs_read((struct part){ nt.data + 44, nt.len - 44 }, &pairs) ||
	    !pairs_read(challenge->fields[CHALLENGE_TARGET_INFO], &theirs) ||
	    !pairs.present[PAIR_TIMESTAMP] || !theirs.present[PAIR_TIMESTAMP])
		return;
	memcpy(whole + (pairs.value[PAIR_TIMESTAMP].data - authenticate->whole.data),
	       theirs.value[PAIR_TIMESTAMP].data, 8);
}

/* Time, proof and MIC, in the token itself. */
static void repair_answer(const struct ntlm* authenticate, uint8_t* token,
                          const struct oracle_legs* legs, const uint8_t* hash, unsigned what)
{
	const struct part nt = authenticate->fields[AUTHENTICATE_NT];
	uint8_t* whole = token + (authenticate->whole.data - token);
	if (what & REPAIR_TIME)
		repair_time(authenticate, whole, &legs->ntlm[1]);
	struct oracle_answer answer = oracle_answer(hash, &legs->ntlm[0], &legs->ntlm[1], authenticate);
	if (what & REPAIR_PROOF && nt.len >= 16)
		memcpy(whole + (nt.data - authenticate->whole.data), answer.proof, 16);
	answer = oracle_answer(hash, &legs->ntlm[0], &legs->ntlm[1], authenticate);
	if (what & REPAIR_MIC && authenticate->mic_at && oracle_announces_mic(authenticate))
		memcpy(whole + authenticate->mic_at, answer.mic, 16);
}

static void repair(struct sspi_token* wire, const struct oracle_setup* reader,
                   const struct oracle_view* view, unsigned what)
{
	struct oracle_legs legs;
	struct opened opened = open_token(wire);
	uint8_t mic[16];
	(void)oracle_legs(view, reader->initiator, &legs);
	if (legs.ntlm[1].type != 2)
		return;
	const bool comes = opened.ntlm.type == 3 && !reader->initiator;
	const struct ntlm* authenticate = comes ? &opened.ntlm : &legs.ntlm[2];
	if (authenticate->type != 3)
		return;
	const uint8_t* hash = hash_for(reader, authenticate);
	if (comes)
		repair_answer(authenticate, wire->data, &legs, hash, what);
	if (!(what & REPAIR_MECH_LIST_MIC) || opened.neg.mic.len != 16)
		return;
	const struct oracle_answer answer =
	    oracle_answer(hash, &legs.ntlm[0], &legs.ntlm[1], authenticate);
	oracle_mech_list_mic(answer.key, authenticate->flags & legs.ntlm[1].flags, legs.list,
	                     !reader->initiator, mic);
	memcpy(wire->data + (opened.neg.mic.data - wire->data), mic, 16);
}

bool adversary_repair(struct sspi_token* wire, const struct oracle_setup* reader,
                      const struct oracle_view* view, unsigned what)
{
	struct sspi_token before = { NULL, 0 };
	sspi_token_set(&before, wire->data, wire->len);
	repair(wire, reader, view, what);
	const bool changed = !part_equal(part_of(&before), part_of(wire));
	sspi_token_free(&before);
	return changed;
}
