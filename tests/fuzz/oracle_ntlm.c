/* SPDX-License-Identifier: Apache-2.0
 *
 * NTLM's half: what an acceptor may take (MS-NLMP 3.2.5.1.2) and what an initiator must answer
 * (3.1.5.1.2).
 */
#include "oracle.h"

#include <string.h>

#define PROTECTED (NTLM_UNICODE | NTLM_EXTENDED | NTLM_128 | NTLM_SIGN | NTLM_SEAL | NTLM_KEY_EXCH)
#define NTLM_NTLM 0x00000200u

static const uint8_t zeros[24];

/* --- formulas --------------------------------------------------------------------------------- */

bool oracle_announces_mic(const struct ntlm* authenticate)
{
	const struct part nt = authenticate->fields[AUTHENTICATE_NT];
	struct pairs pairs;
	return nt.len >= 44 && pairs_read((struct part){ nt.data + 44, nt.len - 44 }, &pairs) &&
	       pairs.present[PAIR_FLAGS] && wire_le32(pairs.value[PAIR_FLAGS].data) & PAIR_FLAG_MIC;
}

struct oracle_answer oracle_answer(const uint8_t nt_hash[16], const struct ntlm* negotiate,
                                   const struct ntlm* challenge, const struct ntlm* authenticate)
{
	struct oracle_answer answer = { { 0 }, { 0 }, { 0 }, { 0 } };
	const struct part nt = authenticate->fields[AUTHENTICATE_NT];
	const struct part sealed = authenticate->fields[AUTHENTICATE_KEY];
	const struct part whole = authenticate->whole;
	const size_t mic_at = authenticate->mic_at;
	uint8_t ntowf[16];
	if (nt.len >= 16)
	{
		const struct part over[] = { { challenge->whole.data + 24, 8 },
			                         { nt.data + 16, nt.len - 16 } };
		oracle_ntowfv2(nt_hash, authenticate->fields[AUTHENTICATE_USER],
		               authenticate->fields[AUTHENTICATE_DOMAIN], ntowf);
		oracle_hmac(ntowf, over, 2, answer.proof);
		oracle_hmac(ntowf, (struct part[]){ { nt.data, 16 } }, 1, answer.base);
	}
	memcpy(answer.key, answer.base, 16);
	if (authenticate->flags & challenge->flags & NTLM_KEY_EXCH && sealed.len == 16)
	{
		struct oracle_rc4 rc4;
		oracle_rc4_key(&rc4, answer.base);
		oracle_rc4(&rc4, sealed.data, 16, answer.key);
	}
	if (!mic_at)
		return answer;
	const struct part parts[] = { negotiate->whole,
		                          challenge->whole,
		                          { whole.data, mic_at },
		                          { zeros, 16 },
		                          { whole.data + mic_at + 16, whole.len - mic_at - 16 } };
	oracle_hmac(answer.key, parts, 5, answer.mic);
	return answer;
}

/* --- names ------------------------------------------------------------------------------------ */

static unsigned unit_at(struct part text, size_t at)
{
	return text.data[at] | (unsigned)text.data[at + 1] << 8;
}

bool oracle_same_text(struct part a, struct part b)
{
	if (a.len != b.len || a.len % 2)
		return false;
	for (size_t i = 0; i < a.len; i += 2)
		if (oracle_upper(unit_at(a, i)) != oracle_upper(unit_at(b, i)))
			return false;
	return true;
}

static size_t count_of(struct part text, unsigned unit)
{
	size_t count = 0;
	for (size_t i = 0; i + 1 < text.len; i += 2)
		count += unit_at(text, i) == unit;
	return count;
}

static const struct oracle_account* find_parts(const struct oracle_setup* setup, struct part user,
                                               struct part domain)
{
	for (size_t i = 0; i < setup->account_count; i++)
	{
		const struct oracle_account* account = &setup->accounts[i];
		if (oracle_same_text(user, account->user) &&
		    (!account->domain.len || oracle_same_text(domain, account->domain)))
			return account;
	}
	return NULL;
}

/* docs/settings.md, the SAM file; a user name alone may be user@domain or DOMAIN\user. */
const struct oracle_account* oracle_find(const struct oracle_setup* setup, struct part user,
                                         struct part domain, struct oracle_outcome* outcome)
{
	const struct oracle_account* account =
	    setup->given ? setup->given : find_parts(setup, user, domain);
	outcome->user = user;
	outcome->domain = domain;
	if (account || domain.len || count_of(user, '@') + count_of(user, '\\') != 1)
		return account;
	size_t at = 0;
	while (unit_at(user, at) != '@' && unit_at(user, at) != '\\')
		at += 2;
	const bool back = unit_at(user, at) == '\\';
	const struct part left = { user.data, at };
	const struct part right = { user.data + at + 2, user.len - at - 2 };
	if (!left.len || !right.len)
		return NULL;
	outcome->user = back ? right : left;
	outcome->domain = back ? left : right;
	return find_parts(setup, outcome->user, outcome->domain);
}

/* --- both ------------------------------------------------------------------------------------- */

static uint32_t wanted_flags(const struct oracle_setup* setup)
{
	uint32_t flags = NTLM_UNICODE | NTLM_EXTENDED | NTLM_128;
	if (setup->signs)
		flags |= NTLM_SIGN | NTLM_KEY_EXCH;
	if (setup->seals)
		flags |= NTLM_SEAL;
	return flags;
}

static struct part hashed_bindings(struct part bindings, uint8_t hash[16])
{
	memset(hash, 0, 16);
	if (bindings.data)
		oracle_md5(&bindings, 1, hash);
	return (struct part){ hash, 16 };
}

/* --- the acceptor ----------------------------------------------------------------------------- */

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
	return part_equal(received, hashed_bindings(setup->bindings, hash))
	           ? NULL
	           : "the channel bindings were others";
}

static bool target_fits(struct part accepted, struct part received)
{
	if (oracle_same_text(accepted, received))
		return true;
	if (count_of(accepted, '/'))
		return false;
	for (size_t i = 0; i + 1 < received.len; i += 2)
		if (unit_at(received, i) == '/')
			return oracle_same_text(accepted,
			                        (struct part){ received.data + i + 2, received.len - i - 2 });
	return false;
}

static const char* judge_target(const struct oracle_setup* setup, struct part received)
{
	const bool required = setup->target_check == CHECK_REQUIRED;
	if (count_of(received, 0))
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
	if (wanted_flags(setup) & ~(flags & n->flags))
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
	if (count_of(user, 0) || count_of(domain, 0) || count_of(domain, '\\') ||
	    (domain.len && count_of(user, '\\')))
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

/* --- the initiator ---------------------------------------------------------------------------- */

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
	if (!part_equal(pairs.value[PAIR_BINDINGS], hashed_bindings(setup->bindings, hash)) ||
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
	if (wanted_flags(setup) & ~flags)
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
