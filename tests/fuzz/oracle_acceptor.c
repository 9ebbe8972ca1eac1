/* SPDX-License-Identifier: Apache-2.0
 *
 * What an acceptor of NTLM may take (MS-NLMP 3.2.5.1.2).
 */
#include "oracle_impl.h"

#include <string.h>

#define PROTECTED (NTLM_UNICODE | NTLM_EXTENDED | NTLM_128 | NTLM_SIGN | NTLM_SEAL | NTLM_KEY_EXCH)
#define NTLM_NTLM 0x00000200u

static const uint8_t zeros[24];

static const char* judge_bindings(const struct oracle_setup* setup, struct part received)
{
	uint8_t hash[16];
	const bool absent = !received.len || part_equal(received, (struct part){ zeros, 16 });
	const bool required = setup->bindings_check == CHECK_REQUIRED;
	if (setup->bindings_check == CHECK_OFF)
		return NULL;
	if (!setup->bindings.data)
		return required ? "it has no channel bindings to require any by" : NULL;
	if (absent)
		return required ? "the required channel bindings were not there" : NULL;
	return part_equal(received, oracle_hashed_bindings(setup->bindings, hash))
	           ? NULL
	           : "the channel bindings were others";
}

static bool target_fits(struct part accepted, struct part received)
{
	if (oracle_same_text(accepted, received))
		return true;
	if (oracle_count(accepted, '/'))
		return false;
	for (size_t i = 0; i + 1 < received.len; i += 2)
		if (oracle_unit(received, i) == '/')
			return oracle_same_text(accepted,
			                        (struct part){ received.data + i + 2, received.len - i - 2 });
	return false;
}

static const char* judge_target(const struct oracle_setup* setup, struct part received)
{
	const bool required = setup->target_check == CHECK_REQUIRED;
	if (oracle_count(received, 0))
		return "the target name has a NUL in it";
	if (setup->target_check == CHECK_OFF)
		return NULL;
	if (!setup->accepted_target.len)
		return required ? "it has no target name to require one by" : NULL;
	if (!received.len)
		return required ? "the required target name was not there" : NULL;
	return target_fits(setup->accepted_target, received) ? NULL : "the target name was another";
}

static const char* judge_flags(const struct oracle_setup* setup, const struct oracle_legs* legs,
                               uint32_t flags)
{
	const struct ntlm* n = &legs->ntlm[0];
	const struct ntlm* c = &legs->ntlm[1];
	const struct ntlm* a = &legs->ntlm[2];
	const struct part key = a->fields[AUTHENTICATE_KEY];
	if (oracle_wanted_flags(setup) & ~(flags & n->flags))
		return "a protection that it needs was not agreed on";
	if (!(n->flags & NTLM_NTLM))
		return "NTLM was not offered";
	if (n->flags & c->flags & PROTECTED & ~a->flags)
		return "AUTHENTICATE dropped a protection";
	if (flags & NTLM_KEY_EXCH && flags & (NTLM_SIGN | NTLM_SEAL) && key.len != 16)
		return "no session key was exchanged";
	if (!(flags & NTLM_KEY_EXCH) && key.len)
		return "a session key came that was not agreed on";
	return NULL;
}

static const char* judge_names(const struct ntlm* a)
{
	const struct part user = a->fields[AUTHENTICATE_USER];
	const struct part domain = a->fields[AUTHENTICATE_DOMAIN];
	if (user.len % 2 || domain.len % 2 || a->fields[AUTHENTICATE_WORKSTATION].len % 2)
		return "a name has half a character";
	if (oracle_count(user, 0) || oracle_count(domain, 0) || oracle_count(domain, '\\') ||
	    (domain.len && oracle_count(user, '\\')))
		return "it is not clear who logged on";
	return NULL;
}

static const char* judge_anonymous(const struct oracle_setup* setup, const struct oracle_legs* legs,
                                   struct oracle_outcome* outcome)
{
	const struct ntlm* a = &legs->ntlm[2];
	static const uint8_t no_hash[16];
	if (!setup->allows_anonymous)
		return "nobody logged on";
	if (a->fields[AUTHENTICATE_NT].len || a->fields[AUTHENTICATE_LM].len > 1)
		return "an anonymous logon proves something";
	const struct oracle_answer answer = oracle_answer(no_hash, &legs->ntlm[0], &legs->ntlm[1], a);
	outcome->anonymous = true;
	memcpy(outcome->key, answer.key, 16);
	const char* wrong = judge_bindings(setup, (struct part){ NULL, 0 });
	return wrong ? wrong : judge_target(setup, (struct part){ NULL, 0 });
}

static const char* judge_proof(const struct oracle_setup* setup, const struct oracle_legs* legs,
                               const struct pairs* pairs, struct oracle_outcome* outcome)
{
	const struct ntlm* a = &legs->ntlm[2];
	const struct oracle_account* account =
	    oracle_find(setup, a->fields[AUTHENTICATE_USER], a->fields[AUTHENTICATE_DOMAIN], outcome);
	if (!account)
		return "the user is nobody's";
	const struct oracle_answer answer =
	    oracle_answer(account->nt_hash, &legs->ntlm[0], &legs->ntlm[1], a);
	memcpy(outcome->key, answer.key, 16);
	if (memcmp(answer.proof, a->fields[AUTHENTICATE_NT].data, 16) != 0)
		return "NTProofStr was wrong";
	const bool announced = oracle_announces_mic(a);
	if (announced && !a->mic_at)
		return "the MIC was announced and had no room";
	if (announced && memcmp(answer.mic, a->whole.data + a->mic_at, 16) != 0)
		return "the MIC was wrong";
	const char* wrong = judge_bindings(setup, pairs->value[PAIR_BINDINGS]);
	return wrong ? wrong : judge_target(setup, pairs->value[PAIR_TARGET]);
}

const char* oracle_judge_logon(const struct oracle_setup* setup, const struct oracle_legs* legs,
                               struct oracle_outcome* outcome)
{
	const struct ntlm* c = &legs->ntlm[1];
	const struct ntlm* a = &legs->ntlm[2];
	const struct part nt = a->fields[AUTHENTICATE_NT];
	struct pairs sent;
	struct pairs pairs;
	outcome->flags = a->flags & c->flags;
	const char* wrong = judge_flags(setup, legs, outcome->flags);
	if (!wrong)
		wrong = judge_names(a);
	if (wrong)
		return wrong;
	if (a->fields[AUTHENTICATE_LM].len > 24)
		return "LmChallengeResponse is too long";
	if (!a->fields[AUTHENTICATE_USER].len)
		return judge_anonymous(setup, legs, outcome);
	if (nt.len < 44 || nt.data[16] != 1 || nt.data[17] != 1 ||
	    !pairs_read((struct part){ nt.data + 44, nt.len - 44 }, &pairs))
		return "the answer is not NTLMv2's";
	if (!pairs_read(c->fields[CHALLENGE_TARGET_INFO], &sent) || !sent.present[PAIR_TIMESTAMP])
		return "its CHALLENGE had no time";
	if (!part_equal(sent.value[PAIR_TIMESTAMP], pairs.value[PAIR_TIMESTAMP]))
		return "the time of its CHALLENGE did not come back";
	return judge_proof(setup, legs, &pairs, outcome);
}
