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

/* The next token of the mechanism in use. */
static const char* take_token(struct oracle_legs* legs, struct part token, bool by_initiator,
                              size_t at)
{
	if (legs->mech == ORACLE_NTLM)
		return take_ntlm(legs, token, by_initiator, at);
	if (by_initiator)
		legs->authenticate_at = at;
	return legs->mech == ORACLE_NO_MECH ? "the mechanism is nobody's"
	                                    : oracle_take_kerberos(legs, token, by_initiator);
}

static const char* take_mic(struct oracle_legs* legs, struct part mic, bool by_initiator)
{
	const bool has_key =
	    legs->mech == ORACLE_NTLM ? legs->ntlm[2].type != 0 : oracle_kerberos_has_key(legs);
	if (!has_key)
		return "a mechListMIC came before there was a key";
	legs->mic[by_initiator] = mic;
	return NULL;
}

static const char* take_init(struct oracle_legs* legs, const struct neg* neg)
{
	if (neg->kind != NEG_INIT)
		return "the first message was no NegTokenInit";
	if (legs->first != legs->mech)
		return NULL; /* token and MIC are another mechanism's */
	const char* wrong = neg->token.len ? take_token(legs, neg->token, true, 0) : NULL;
	return !wrong && neg->mic.len ? take_mic(legs, neg->mic, true) : wrong;
}

static const char* take_resp(struct oracle_legs* legs, const struct neg* neg, bool by_initiator,
                             bool to_initiator, size_t at)
{
	if (neg->kind != NEG_RESP)
		return "a message was no NegTokenResp";
	if (neg->state == NEG_REJECT)
		return "an end said reject";
	if (!by_initiator && at == 1)
		legs->first_state = neg->state;
	else if (!by_initiator && neg->state == NEG_REQUEST_MIC)
		return "request-mic came late";
	else if (!by_initiator && neg->choice.len && oracle_mech_of(neg->choice) != legs->mech)
		return "the mechanism was changed";
	const char* wrong = neg->token.len ? take_token(legs, neg->token, by_initiator, at) : NULL;
	/* Old servers put the token in there again. */
	if (wrong || !neg->mic.len || (to_initiator && part_equal(neg->mic, neg->token)))
		return wrong;
	return take_mic(legs, neg->mic, by_initiator);
}

/* Whether the first message is SPNEGO's, and which mechanism is in use at the end of all. */
static void find_mech(const struct oracle_view* view, size_t from, struct oracle_legs* legs)
{
	const struct part first =
	    from < view->count ? part_of(&view->messages[from].token) : (struct part){ NULL, 0 };
	struct part oid = { NULL, 0 };
	if (first.len >= 8 && memcmp(first.data, "NTLMSSP", 8) == 0)
		legs->first = ORACLE_NTLM;
	else if (krb_read(first, &oid))
		legs->first = oracle_mech_of(oid);
	legs->bare = legs->first != ORACLE_NO_MECH;
	legs->mech = legs->first;
	if (legs->bare)
		return;
	legs->list = neg_read(first).list;
	legs->mech = legs->first = oracle_mech_of(neg_list_at(legs->list, 0));
	if (from + 1 >= view->count)
		return;
	const struct neg reply = neg_read(part_of(&view->messages[from + 1].token));
	if (reply.kind == NEG_RESP && reply.choice.len)
		legs->mech = oracle_mech_of(reply.choice);
}

const char* oracle_legs(const struct oracle_view* view, bool initiator, struct oracle_legs* legs)
{
	*legs = (struct oracle_legs){ .first_state = -1 };
	/* An acceptor's NegTokenInit2 may come first, a hint that nobody need heed (MS-SPNG 3.3.5.2).
	 */
	const bool hinted = initiator && view->count && !view->messages[0].sent;
	if (hinted && neg_read(part_of(&view->messages[0].token)).kind != NEG_INIT)
		return "the server spoke first";
	find_mech(view, hinted, legs);
	for (size_t i = hinted; i < view->count; i++)
	{
		const struct part token = part_of(&view->messages[i].token);
		const bool by_initiator = view->messages[i].sent == initiator;
		const size_t turn = legs->turns++;
		const char* wrong = NULL;
		if (by_initiator != (turn % 2 == 0))
			return "an end spoke twice";
		if (legs->bare)
			wrong = take_token(legs, token, by_initiator, turn);
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

/* --- what the settings say -------------------------------------------------------------------- */

static unsigned listed(struct part list)
{
	unsigned mechs = 0;
	struct part oid;
	for (unsigned i = 0; (oid = neg_list_at(list, i)).data; i++)
		mechs |= oracle_mech_of(oid);
	return mechs;
}

/* An acceptor takes part in what it answers. */
const char* oracle_judge_mech(const struct oracle_setup* setup, const struct oracle_legs* legs)
{
	if (setup->initiator && setup->excluded & listed(legs->list))
		return "it offers a mechanism that its settings exclude";
	if ((setup->initiator || legs->turns > 1) && setup->excluded & legs->mech)
		return "it takes part in a mechanism that its settings exclude";
	return NULL;
}

/* --- completion ------------------------------------------------------------------------------- */

/* Without signing a signature of nothing is no MIC at all (MS-NLMP 2.2.2.5, ALWAYS_SIGN). */
static bool is_void(struct part mic, uint32_t flags)
{
	static const uint8_t nothing[16] = { 1 };
	return !(flags & NTLM_SIGN) && part_equal(mic, (struct part){ nothing, 16 });
}

static bool mic_is_needed(const struct oracle_legs* legs, uint32_t flags, bool initiator)
{
	if (legs->first != legs->mech || legs->first_state == NEG_REQUEST_MIC)
		return true;
	/* After a TGT-REQ, which nothing protects, an acceptor demands it, as Windows' does. */
	if (legs->mech != ORACLE_NTLM)
		return legs->mech == ORACLE_U2U && !initiator;
	return flags & NTLM_SIGN && oracle_announces_mic(&legs->ntlm[2]);
}

/* Kerberos': in the places that are checked, or, of its own, all of it. */
static bool mic_is_right(const struct oracle_legs* legs, const struct oracle_outcome* outcome,
                         bool by_initiator, bool own)
{
	const struct part mic = legs->mic[by_initiator];
	uint8_t right[ORACLE_KERBEROS_SIGNATURE];
	if (legs->mech == ORACLE_NTLM)
	{
		oracle_mech_list_mic(outcome->key, outcome->flags, legs->list, by_initiator, right);
		return outcome->flags & NTLM_SIGN && part_equal(mic, (struct part){ right, 16 });
	}
	oracle_kerberos_sign(by_initiator, 0, &legs->list, 1, false, right);
	return own ? part_equal(mic, (struct part){ right, sizeof(right) })
	           : mic.len >= 3 && memcmp(mic.data, right, 3) == 0;
}

static const char* judge_mics(const struct oracle_setup* setup, const struct oracle_legs* legs,
                              struct oracle_outcome* outcome)
{
	const bool needed = mic_is_needed(legs, outcome->flags, setup->initiator);
	for (unsigned by_initiator = 0; by_initiator < 2; by_initiator++)
	{
		const struct part mic = legs->mic[by_initiator];
		const bool own = by_initiator == setup->initiator;
		const bool may_be_void = !own && legs->mech == ORACLE_NTLM;
		if (!mic.len || (may_be_void && is_void(mic, outcome->flags)))
		{
			if (needed)
				return own ? "it did not send its mechListMIC" : "the mechListMIC was not there";
			continue;
		}
		if (!mic_is_right(legs, outcome, by_initiator, own))
			return own ? "its own mechListMIC was wrong" : "the mechListMIC was wrong";
		*(own ? &outcome->mic_sent : &outcome->mic_received) = true;
	}
	if (!setup->initiator && outcome->mic_received && !outcome->mic_sent)
		return "it did not answer the mechListMIC";
	return NULL;
}

/* What the last word was. */
static const char* judge_end(const struct oracle_setup* setup, const struct oracle_view* view,
                             const struct oracle_legs* legs, const struct oracle_outcome* outcome)
{
	const size_t last = view->count - 1;
	const struct neg final = neg_read(part_of(&view->messages[last].token));
	const bool own = view->messages[last].sent;
	if (!(listed(legs->list) & legs->mech))
		return "the mechanism was not offered";
	if (legs->first_state < 0)
		return "the first reply has no negState";
	if (own)
		return final.state == NEG_ACCEPT_COMPLETED ? NULL : "its last word was not completed";
	if (!setup->initiator)
		return final.state == NEG_ACCEPT_COMPLETED && final.mic.len ? NULL
		                                                            : "its last word is missing";
	if (legs->turns <= legs->authenticate_at + 1)
		return "the server said nothing to the initiator's last";
	/* Without a negState the mechanism knows (RFC 4178 4.2.2), or the MIC tells. */
	const bool told = final.token.len || (outcome->mic_received && final.mic.len);
	return final.state == NEG_ACCEPT_COMPLETED || (final.state < 0 && told)
	           ? NULL
	           : "the server is not done";
}

const char* oracle_judge(const struct oracle_setup* setup, const struct oracle_view* view,
                         struct oracle_outcome* outcome)
{
	struct oracle_legs legs;
	*outcome = (struct oracle_outcome){ .flags = 0 };
	const char* wrong = oracle_legs(view, setup->initiator, &legs);
	if (!wrong && legs.mech != ORACLE_NTLM)
		wrong = oracle_judge_kerberos(setup, &legs, outcome);
	else if (!wrong && !legs.ntlm[2].type)
		wrong = "there were no three messages";
	else if (!wrong)
		wrong = setup->initiator ? oracle_judge_answer(setup, &legs, outcome)
		                         : oracle_judge_logon(setup, &legs, outcome);
	if (wrong)
		return wrong;
	if (legs.bare)
		return view->count == (legs.mech == ORACLE_NTLM ? 3 : legs.kerberos)
		           ? NULL
		           : "it had something to say after the mechanism's last";
	wrong = judge_mics(setup, &legs, outcome);
	return wrong ? wrong : judge_end(setup, view, &legs, outcome);
}
