/* SPDX-License-Identifier: Apache-2.0
 *
 * The initiator's decisions (RFC 4178 3.2 and 5, MS-SPNG 3.3).
 *
 *   NegTokenInit ->            START
 *                <- choice     FIRST            SWITCH once, here only
 *   token        ->            LEGS, LEGS_MIC
 *                <- token
 *   token [MIC]  ->            AWAIT_END, or AWAIT_MIC when a MIC is needed
 *                <- [MIC]
 *   [MIC]        ->            DONE             only if the acceptor's came first
 *
 * Beside a token it says accept-incomplete, as Windows does; stock FreeRDP 3.10 would send no last
 * token to a client that says accept-completed there. Only the MIC that answers the acceptor's goes
 * with accept-completed: nothing is owed to it (RFC 4178 5 (b)(I)).
 */
#include "spnego/decide.h"

#define NO_SPNEGO "the server answered without SPNEGO: if it knows none, set framing=raw for it"

static struct spnego_decision send_resp(enum spnego_state next, bool mic)
{
	struct spnego_decision decision = spnego_act(next, ACTION_SEND);
	decision.say = NEG_STATE_ACCEPT_INCOMPLETE;
	decision.say_mic = mic;
	return decision;
}

/* Complete with nothing to send: the mechanism is, the peer's message allows it, and the
 * mechListMIC was verified or is not needed. An absent negState leaves it to the mechanism (RFC
 * 4178 4.2.2). */
static struct spnego_decision finish(const struct spnego_facts* facts, bool needed, bool verified)
{
	if (!facts->complete)
		return spnego_fail(RESULT_OUT_OF_SEQUENCE,
		                   "the server claimed to be done before the mechanism was");
	if (needed && !verified)
		return spnego_fail(RESULT_ALTERED, "the server's mechListMIC is needed and missing: the "
		                                   "choice of mechanism may have been tampered with");
	if (facts->claim != NEG_STATE_ACCEPT_COMPLETED && facts->claim != NEG_STATE_ABSENT)
		return spnego_fail(RESULT_OUT_OF_SEQUENCE,
		                   "the server wants to go on, but nothing is left to be sent");
	return spnego_act(SPNEGO_DONE, ACTION_COMPLETE);
}

/* Whatever fails a reply in every state; true if it did. */
static bool reply_refused(const struct spnego_facts* facts, struct spnego_decision* refusal)
{
	if (facts->form == FORM_BARE)
		*refusal = spnego_fail(RESULT_OUT_OF_SEQUENCE, NO_SPNEGO);
	else if (facts->form == FORM_INIT)
		*refusal = spnego_fail(RESULT_OUT_OF_SEQUENCE, "NegTokenInit came instead of a reply");
	else if (facts->form != FORM_RESP)
		*refusal = spnego_fail(RESULT_MALFORMED, "the server's token is not a NegTokenResp");
	else if (facts->claim == NEG_STATE_REJECT)
		*refusal = spnego_fail(RESULT_REJECTED, "the server rejected the logon (negState reject)");
	else
		return false;
	return true;
}

/* Likewise in every reply but the first: request-mic and a choice belong into that one alone
 * (RFC 4178 4.2.2). Some acceptors repeat the choice that stands. */
static bool later_reply_refused(const struct spnego_facts* facts, struct spnego_decision* refusal)
{
	if (reply_refused(facts, refusal))
		return true;
	if (facts->claim == NEG_STATE_REQUEST_MIC)
		*refusal = spnego_fail(RESULT_OUT_OF_SEQUENCE, "request-mic came after the first reply");
	else if (facts->choice == CHOICE_OTHER || facts->choice == CHOICE_UNKNOWN)
		*refusal = spnego_fail(RESULT_OUT_OF_SEQUENCE,
		                       "the server changed the mechanism after its first reply");
	else
		return false;
	return true;
}

static struct spnego_decision decide_start(const struct spnego_facts* facts)
{
	if (facts->event == EVENT_MESSAGE)
	{
		/* MS-SPNG 3.3.5.2: a NegTokenInit2 may come first. Its list is a hint, and unprotected. */
		if (facts->form == FORM_NONE || facts->form == FORM_INIT)
			return spnego_act(INITIATOR_START, ACTION_OFFER);
		if (facts->form == FORM_MALFORMED)
			return spnego_fail(RESULT_MALFORMED, "the first token does not parse");
		return spnego_fail(RESULT_OUT_OF_SEQUENCE, "a reply came before anything was sent");
	}
	if (facts->event != EVENT_STEPPED)
		return spnego_unlisted(INITIATOR_START);
	switch (facts->step)
	{
		case STEP_UNAVAILABLE: /* fails locally: not listed, as if it were not there */
			return spnego_act(INITIATOR_START, ACTION_OFFER);
		case STEP_OK:
			if (facts->output)
				return spnego_act(INITIATOR_FIRST, ACTION_SEND_INIT);
			return spnego_fail(RESULT_INTERNAL, "the mechanism gave no first token");
		default:
			return spnego_fail_mech();
	}
}

/* RFC 4178 3.2 (d): the acceptor took another mechanism, so it cannot have answered the token of
 * the first, and the MIC is needed (RFC 4178 5). */
static struct spnego_decision decide_first_other(const struct spnego_facts* facts)
{
	if (facts->claim == NEG_STATE_ACCEPT_COMPLETED)
		return spnego_fail(RESULT_OUT_OF_SEQUENCE,
		                   "the server claimed to be done and chose another mechanism");
	if (facts->token || facts->mic)
		return spnego_fail(RESULT_OUT_OF_SEQUENCE,
		                   "the server chose a mechanism and answered for another");
	return spnego_act(INITIATOR_LEGS_MIC, ACTION_SWITCH);
}

static struct spnego_decision decide_first_same(const struct spnego_facts* facts)
{
	const bool asked = facts->claim == NEG_STATE_REQUEST_MIC;
	const enum spnego_state next = asked ? INITIATOR_LEGS_MIC : INITIATOR_LEGS;
	if (facts->token && facts->complete)
		return spnego_fail(RESULT_OUT_OF_SEQUENCE, "a token came for a mechanism that is complete");
	if (facts->token)
		return spnego_act(next, ACTION_STEP);
	if (!facts->complete)
		return spnego_fail(RESULT_OUT_OF_SEQUENCE,
		                   "the server's reply holds nothing for the mechanism");
	/* RFC 4178 5 (c): the optimistic token was the mechanism's only one. */
	if (facts->mic)
		return spnego_act(next, ACTION_VERIFY_MIC);
	if ((asked || facts->demands_mic) && facts->claim != NEG_STATE_ACCEPT_COMPLETED)
		return send_resp(INITIATOR_AWAIT_MIC, true);
	return finish(facts, asked || facts->demands_mic, false);
}

static struct spnego_decision decide_first(const struct spnego_facts* facts)
{
	struct spnego_decision refusal;
	if (facts->event != EVENT_MESSAGE)
		return spnego_unlisted(INITIATOR_FIRST);
	if (reply_refused(facts, &refusal))
		return refusal;
	if (facts->claim == NEG_STATE_ABSENT) /* RFC 4178 4.2.2: required in the first reply */
		return spnego_fail(RESULT_MALFORMED, "the server's first reply has no negState");
	switch (facts->choice)
	{
		case CHOICE_NONE:
		case CHOICE_SAME:
			return decide_first_same(facts);
		case CHOICE_OTHER:
			return decide_first_other(facts);
		default:
			return spnego_fail(RESULT_NO_COMMON_MECH,
			                   "the server chose a mechanism that was not offered");
	}
}

static struct spnego_decision decide_legs_message(enum spnego_state state,
                                                  const struct spnego_facts* facts)
{
	struct spnego_decision refusal;
	if (later_reply_refused(facts, &refusal))
		return refusal;
	if (facts->complete || !facts->token)
		return spnego_fail(RESULT_OUT_OF_SEQUENCE,
		                   "the server's reply holds nothing for the mechanism");
	return spnego_act(state, ACTION_STEP);
}

static struct spnego_decision decide_stepped(enum spnego_state state,
                                             const struct spnego_facts* facts)
{
	/* MS-SPNG: NTLM demands it when AUTHENTICATE carries a MIC. */
	const bool needed = state == INITIATOR_LEGS_MIC || facts->demands_mic;
	if (facts->step != STEP_OK)
		return spnego_fail_mech();
	if (facts->output)
	{
		if (facts->claim == NEG_STATE_ACCEPT_COMPLETED)
			return spnego_fail(RESULT_OUT_OF_SEQUENCE,
			                   "the server claimed to be done before the mechanism was");
		if (facts->mic) /* made before it could know the keys */
			return spnego_fail(RESULT_OUT_OF_SEQUENCE,
			                   "a mechListMIC came before the mechanism was complete");
		if (!facts->complete)
			return send_resp(state, false);
		return send_resp(needed ? INITIATOR_AWAIT_MIC : INITIATOR_AWAIT_END, needed);
	}
	if (!facts->complete)
		return spnego_fail(RESULT_OUT_OF_SEQUENCE,
		                   "the mechanism needs more from the server but has nothing to send");
	if (facts->mic)
		return spnego_act(state, ACTION_VERIFY_MIC);
	/* RFC 4178 5 (b): the acceptor's token was the last. One that did not send its MIC but goes on
	 * gets ours first. */
	if (needed &&
	    (facts->claim == NEG_STATE_ACCEPT_INCOMPLETE || facts->claim == NEG_STATE_REQUEST_MIC))
		return send_resp(INITIATOR_AWAIT_MIC, true);
	return finish(facts, needed, false);
}

static struct spnego_decision decide_checked(enum spnego_state state,
                                             const struct spnego_facts* facts)
{
	const bool sent = state == INITIATOR_AWAIT_MIC;
	if (!facts->mic_ok)
		return spnego_fail(RESULT_ALTERED, "the server's mechListMIC is wrong: the list of "
		                                   "mechanisms was changed on its way");
	if (sent || !facts->complete || facts->claim == NEG_STATE_ACCEPT_COMPLETED ||
	    facts->claim == NEG_STATE_REJECT)
		return finish(facts, true, true);
	/* RFC 4178 5 (b)(I): ours is the last message. The acceptor has nothing to say to it, and one
	 * that does say something (MIT's does not) would not be heard. */
	struct spnego_decision last = spnego_act(SPNEGO_DONE, ACTION_SEND_LAST);
	last.say = NEG_STATE_ACCEPT_COMPLETED;
	last.say_mic = true;
	return last;
}

static struct spnego_decision decide_legs(enum spnego_state state, const struct spnego_facts* facts)
{
	switch (facts->event)
	{
		case EVENT_MESSAGE:
			return decide_legs_message(state, facts);
		case EVENT_STEPPED:
			return decide_stepped(state, facts);
		case EVENT_CHECKED:
			return decide_checked(state, facts);
		default:
			return spnego_unlisted(state);
	}
}

/* Our mechanism is complete; what is left is the acceptor's word, and perhaps its MIC. */
static struct spnego_decision decide_await(enum spnego_state state,
                                           const struct spnego_facts* facts)
{
	struct spnego_decision refusal;
	if (facts->event == EVENT_CHECKED)
		return decide_checked(state, facts);
	if (facts->event != EVENT_MESSAGE)
		return spnego_unlisted(state);
	if (later_reply_refused(facts, &refusal))
		return refusal;
	if (facts->token)
		return spnego_fail(RESULT_OUT_OF_SEQUENCE, "a token came for a mechanism that is complete");
	if (facts->mic)
		return spnego_act(state, ACTION_VERIFY_MIC);
	/* A reply with nothing in it completes nothing, whatever RFC 4178 4.2.2 lets one infer. */
	if (facts->claim == NEG_STATE_ABSENT)
		return spnego_fail(RESULT_OUT_OF_SEQUENCE, "the server's reply is empty");
	return finish(facts, state == INITIATOR_AWAIT_MIC || facts->demands_mic, false);
}

static struct spnego_decision decide_bare(enum spnego_state state, const struct spnego_facts* facts)
{
	const bool start = state == INITIATOR_BARE_START;
	if (facts->event == EVENT_MESSAGE && start && facts->form == FORM_NONE)
		return spnego_act(state, ACTION_OFFER);
	if (facts->event == EVENT_MESSAGE && start)
		return spnego_fail(RESULT_OUT_OF_SEQUENCE, "a reply came before anything was sent");
	if (facts->event == EVENT_MESSAGE && facts->form == FORM_BARE)
		return spnego_act(state, ACTION_STEP);
	if (facts->event == EVENT_MESSAGE)
		return spnego_fail(RESULT_MALFORMED, "the server's token is empty");
	if (facts->event != EVENT_STEPPED)
		return spnego_unlisted(state);
	/* A caller that is complete at its first call skips binding and credentials. */
	if (start && facts->step == STEP_OK && facts->complete)
		return spnego_fail(RESULT_UNSUPPORTED, "a mechanism of one token needs SPNEGO around it");
	return spnego_bare_stepped(INITIATOR_BARE, facts);
}

struct spnego_decision spnego_decide_initiator(enum spnego_state state,
                                               const struct spnego_facts* facts)
{
	switch (state)
	{
		case INITIATOR_START:
			return decide_start(facts);
		case INITIATOR_FIRST:
			return decide_first(facts);
		case INITIATOR_LEGS:
		case INITIATOR_LEGS_MIC:
			return decide_legs(state, facts);
		case INITIATOR_AWAIT_END:
		case INITIATOR_AWAIT_MIC:
			return decide_await(state, facts);
		case INITIATOR_BARE_START:
		case INITIATOR_BARE:
			return decide_bare(state, facts);
		default:
			return spnego_unlisted(state);
	}
}
