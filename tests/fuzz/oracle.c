/* SPDX-License-Identifier: Apache-2.0
 *
 * SPNEGO's half (RFC 4178 3.2, 4.2 and 5, MS-SPNG 3.1.5).
 */
#include "oracle.h"

#include <string.h>

void oracle_mech_list_mic(const uint8_t key[16], uint32_t flags, struct part list,
                          bool by_initiator, uint8_t mic[16])
{
	struct oracle_direction direction;
	oracle_direction(&direction, key, by_initiator);
	oracle_sign(&direction, flags, &list, 1, &direction.sealing, mic);
}

/* --- what was said ---------------------------------------------------------------------------- */

/* The next of NTLM's three, which go to and fro. */
static const char* take_ntlm(struct oracle_legs* legs, struct part token, bool by_initiator,
                             size_t at)
{
	unsigned next = 0;
	while (next < 3 && legs->ntlm[next].type)
		next++;
	if (next == 3)
		return "a token came after NTLM's last";
	if (by_initiator != (next != 1))
		return "NTLM's messages came from the wrong end";
	legs->ntlm[next] = ntlm_read(token);
	if (legs->ntlm[next].type != next + 1)
		return "an NTLM message was malformed, or not the one whose turn it was";
	if (next == 2)
		legs->authenticate_at = at;
	return NULL;
}

static const char* take_init(struct oracle_legs* legs, const struct neg* neg)
{
	const struct part first = neg_list_at(neg->list, 0);
	if (neg->kind != NEG_INIT)
		return "the first message was no NegTokenInit";
	legs->list = neg->list;
	if (!part_equal(first, wire_ntlm_oid))
		return NULL; /* token and MIC are another mechanism's */
	if (neg->mic.len)
		return "a mechListMIC came before there was a key";
	return neg->token.len ? take_ntlm(legs, neg->token, true, 0) : NULL;
}

static const char* take_resp(struct oracle_legs* legs, const struct neg* neg, bool by_initiator,
                             bool to_initiator, size_t at)
{
	if (neg->kind != NEG_RESP)
		return "a message was no NegTokenResp";
	if (neg->state == NEG_REJECT)
		return "an end said reject";
	if (!by_initiator && at == 1)
	{
		legs->first_state = neg->state;
		legs->choice = neg->choice;
	}
	else if (!by_initiator && neg->state == NEG_REQUEST_MIC)
		return "request-mic came late";
	else if (!by_initiator && neg->choice.len && !part_equal(neg->choice, wire_ntlm_oid))
		return "the mechanism was changed";
	const char* wrong = neg->token.len ? take_ntlm(legs, neg->token, by_initiator, at) : NULL;
	/* Old servers put the token in there again. */
	if (wrong || !neg->mic.len || (to_initiator && part_equal(neg->mic, neg->token)))
		return wrong;
	if (!legs->ntlm[2].type)
		return "a mechListMIC came before there was a key";
	legs->mic[by_initiator] = neg->mic;
	return NULL;
}

const char* oracle_legs(const struct oracle_view* view, bool initiator, struct oracle_legs* legs)
{
	*legs = (struct oracle_legs){ .first_state = -1 };
	/* An acceptor's NegTokenInit2 may come first, a hint that nobody need heed (MS-SPNG 3.3.5.2).
	 */
	const bool hinted = initiator && view->count && !view->messages[0].sent;
	if (hinted && neg_read(part_of(&view->messages[0].token)).kind != NEG_INIT)
		return "the server spoke first";
	for (size_t i = hinted; i < view->count; i++)
	{
		const struct part token = part_of(&view->messages[i].token);
		const bool by_initiator = view->messages[i].sent == initiator;
		const size_t turn = legs->turns++;
		const char* wrong = NULL;
		if (by_initiator != (turn % 2 == 0))
			return "an end spoke twice";
		if (turn == 0 && token.len >= 8)
			legs->bare = memcmp(token.data, "NTLMSSP", 8) == 0;
		if (legs->bare)
			wrong = take_ntlm(legs, token, by_initiator, turn);
		else
		{
			const struct neg neg = neg_read(token);
			wrong = turn == 0
			            ? take_init(legs, &neg)
			            : take_resp(legs, &neg, by_initiator, initiator && !by_initiator, turn);
		}
		if (wrong)
			return wrong;
	}
	return NULL;
}

/* --- completion ------------------------------------------------------------------------------- */

/* Without signing a signature of nothing is no MIC at all (MS-NLMP 2.2.2.5, ALWAYS_SIGN). */
static bool is_void(struct part mic, uint32_t flags)
{
	static const uint8_t nothing[16] = { 1 };
	return !(flags & NTLM_SIGN) && part_equal(mic, (struct part){ nothing, 16 });
}

static bool mic_is_needed(const struct oracle_legs* legs, uint32_t flags)
{
	return !part_equal(neg_list_at(legs->list, 0), wire_ntlm_oid) ||
	       legs->first_state == NEG_REQUEST_MIC ||
	       (flags & NTLM_SIGN && oracle_announces_mic(&legs->ntlm[2]));
}

static const char* judge_mics(const struct oracle_setup* setup, const struct oracle_legs* legs,
                              struct oracle_outcome* outcome)
{
	const bool needed = mic_is_needed(legs, outcome->flags);
	for (unsigned by_initiator = 0; by_initiator < 2; by_initiator++)
	{
		const struct part mic = legs->mic[by_initiator];
		const bool own = by_initiator == setup->initiator;
		uint8_t right[16];
		if (!mic.len || (!own && is_void(mic, outcome->flags)))
		{
			if (needed)
				return own ? "it did not send its mechListMIC" : "the mechListMIC was not there";
			continue;
		}
		oracle_mech_list_mic(outcome->key, outcome->flags, legs->list, by_initiator, right);
		if (!(outcome->flags & NTLM_SIGN) || !part_equal(mic, (struct part){ right, 16 }))
			return own ? "its own mechListMIC was wrong" : "the mechListMIC was wrong";
		*(own ? &outcome->mic_sent : &outcome->mic_received) = true;
	}
	if (!setup->initiator && outcome->mic_received && !outcome->mic_sent)
		return "it did not answer the mechListMIC";
	return NULL;
}

static bool list_has_ntlm(struct part list)
{
	struct part oid;
	for (unsigned i = 0; (oid = neg_list_at(list, i)).data; i++)
		if (part_equal(oid, wire_ntlm_oid))
			return true;
	return false;
}

/* What the last word was. */
static const char* judge_end(const struct oracle_setup* setup, const struct oracle_view* view,
                             const struct oracle_legs* legs, const struct oracle_outcome* outcome)
{
	const size_t last = view->count - 1;
	const struct neg final = neg_read(part_of(&view->messages[last].token));
	const bool own = view->messages[last].sent;
	if (!list_has_ntlm(legs->list))
		return "NTLM was not offered";
	if (legs->first_state < 0)
		return "the first reply has no negState";
	if (legs->choice.len && !part_equal(legs->choice, wire_ntlm_oid))
		return "another mechanism was chosen";
	if (own)
		return final.state == NEG_ACCEPT_COMPLETED ? NULL : "its last word was not completed";
	if (!setup->initiator)
		return final.state == NEG_ACCEPT_COMPLETED && final.mic.len ? NULL
		                                                            : "its last word is missing";
	if (legs->turns <= legs->authenticate_at + 1)
		return "the server said nothing to AUTHENTICATE";
	return final.state == NEG_ACCEPT_COMPLETED ||
	               (final.state < 0 && outcome->mic_received && final.mic.len)
	           ? NULL
	           : "the server is not done";
}

const char* oracle_judge(const struct oracle_setup* setup, const struct oracle_view* view,
                         struct oracle_outcome* outcome)
{
	struct oracle_legs legs;
	*outcome = (struct oracle_outcome){ .flags = 0 };
	const char* wrong = oracle_legs(view, setup->initiator, &legs);
	if (!wrong && !legs.ntlm[2].type)
		wrong = "there were no three messages";
	if (!wrong)
		wrong = setup->initiator ? oracle_judge_answer(setup, &legs, outcome)
		                         : oracle_judge_logon(setup, &legs, outcome);
	if (wrong)
		return wrong;
	if (legs.bare)
		return view->count == 3 ? NULL : "it had something to say after NTLM's last";
	wrong = judge_mics(setup, &legs, outcome);
	return wrong ? wrong : judge_end(setup, view, &legs, outcome);
}
