/* SPDX-License-Identifier: Apache-2.0
 *
 * What an initiator of NTLM must answer (MS-NLMP 3.1.5.1.2).
 */
#include "oracle_impl.h"

#include <string.h>

static const uint8_t zeros[24];

/* The pairs of CHALLENGE in their order, but for what is the initiator's to say, and that. */
static const char* judge_pairs(const struct oracle_setup* setup, struct part received,
                               struct part sent, bool timed)
{
	struct pairs pairs;
	uint8_t hash[16];
	struct part value;
	struct part echoed;
	unsigned id = 0;
	unsigned echoed_id = 0;
	if (!pairs_read(sent, &pairs))
		return "its own AV pairs are malformed";
	for (size_t from = 0, at = 0; pair_next(received, &from, &id, &value) && id;)
	{
		if (id == PAIR_FLAGS || id == PAIR_TARGET || id == PAIR_BINDINGS)
			continue;
		if (!pair_next(sent, &at, &echoed_id, &echoed) || id != echoed_id ||
		    !part_equal(value, echoed))
			return "it did not repeat the server's AV pairs";
	}
	const bool announced =
	    pairs.present[PAIR_FLAGS] && wire_le32(pairs.value[PAIR_FLAGS].data) & PAIR_FLAG_MIC;
	if (announced != timed)
		return "it announced a MIC where none was due, or the other way round";
	if (setup->suppresses)
		return pairs.present[PAIR_BINDINGS] || pairs.present[PAIR_TARGET]
		           ? "it sent what it was to suppress"
		           : NULL;
	if (!part_equal(pairs.value[PAIR_BINDINGS], oracle_hashed_bindings(setup->bindings, hash)) ||
	    !pairs.present[PAIR_BINDINGS])
		return "its channel bindings are wrong";
	if (!part_equal(pairs.value[PAIR_TARGET], setup->target) || !pairs.present[PAIR_TARGET])
		return "its target name is wrong";
	return NULL;
}

static const char* judge_lm(const struct oracle_setup* setup, const struct oracle_legs* legs,
                            bool timed)
{
	const struct ntlm* a = &legs->ntlm[2];
	const struct part lm = a->fields[AUTHENTICATE_LM];
	const struct part client_challenge = { a->fields[AUTHENTICATE_NT].data + 32, 8 };
	uint8_t expected[24] = { 0 };
	uint8_t ntowf[16];
	if (!timed)
	{
		oracle_ntowfv2(setup->identity.nt_hash, setup->identity.user, setup->identity.domain,
		               ntowf);
		oracle_hmac(ntowf,
		            (struct part[]){ { legs->ntlm[1].whole.data + 24, 8 }, client_challenge }, 2,
		            expected);
		memcpy(expected + 16, client_challenge.data, 8);
	}
	return part_equal(lm, (struct part){ expected, 24 }) ? NULL
	                                                     : "its LmChallengeResponse is wrong";
}

static const char* judge_response(const struct oracle_setup* setup, const struct oracle_legs* legs,
                                  const struct pairs* received, struct oracle_outcome* outcome)
{
	const struct ntlm* c = &legs->ntlm[1];
	const struct ntlm* a = &legs->ntlm[2];
	const struct part nt = a->fields[AUTHENTICATE_NT];
	const bool timed = received->present[PAIR_TIMESTAMP];
	static const uint8_t head[8] = { 1, 1 };
	if (nt.len < 48 || memcmp(nt.data + 16, head, 8) != 0)
		return "its answer is not NTLMv2's";
	if (timed && memcmp(nt.data + 24, received->value[PAIR_TIMESTAMP].data, 8) != 0)
		return "its answer is of another time";
	const struct oracle_answer answer =
	    oracle_answer(setup->identity.nt_hash, &legs->ntlm[0], c, a);
	memcpy(outcome->key, answer.key, 16);
	if (memcmp(answer.proof, nt.data, 16) != 0)
		return "its NTProofStr is wrong";
	if (timed && (a->mic_at != 72 || memcmp(answer.mic, a->whole.data + 72, 16) != 0))
		return "its MIC is wrong";
	const char* wrong = judge_lm(setup, legs, timed);
	return wrong ? wrong
	             : judge_pairs(setup, c->fields[CHALLENGE_TARGET_INFO],
	                           (struct part){ nt.data + 44, nt.len - 44 }, timed);
}

const char* oracle_judge_answer(const struct oracle_setup* setup, const struct oracle_legs* legs,
                                struct oracle_outcome* outcome)
{
	const struct ntlm* n = &legs->ntlm[0];
	const struct ntlm* c = &legs->ntlm[1];
	const struct ntlm* a = &legs->ntlm[2];
	const struct part info = c->fields[CHALLENGE_TARGET_INFO];
	const uint32_t flags = (n->flags & c->flags) | (c->flags & NTLM_TARGET_INFO);
	struct pairs pairs = { .len = 0 };
	outcome->flags = a->flags;
	outcome->anonymous = setup->anonymous;
	outcome->user = setup->identity.user;
	outcome->domain = setup->identity.domain;
	if (oracle_wanted_flags(setup) & ~flags)
		return "a protection that it needs was not agreed on";
	if (a->flags != (setup->anonymous ? flags | NTLM_ANONYMOUS : flags))
		return "it says other flags than were agreed on";
	if (info.len && !pairs_read(info, &pairs))
		return "the server's AV pairs are malformed";
	if (setup->signs && (!pairs.present[PAIR_NB_COMPUTER] || !pairs.present[PAIR_NB_DOMAIN]))
		return "the server did not say who it is";
	if (!part_equal(a->fields[AUTHENTICATE_USER], setup->identity.user) ||
	    !part_equal(a->fields[AUTHENTICATE_DOMAIN], setup->identity.domain))
		return "it logs on as somebody else";
	if (a->fields[AUTHENTICATE_KEY].len !=
	    (flags & NTLM_KEY_EXCH && flags & (NTLM_SIGN | NTLM_SEAL) ? 16 : 0))
		return "its session key has not the size that was agreed on";
	if (!setup->anonymous)
		return judge_response(setup, legs, &pairs, outcome);
	const struct oracle_answer answer = oracle_answer(zeros, n, c, a);
	memcpy(outcome->key, answer.key, 16);
	return a->fields[AUTHENTICATE_NT].len ? "an anonymous answer proves something" : NULL;
}
