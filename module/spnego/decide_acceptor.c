/* SPDX-License-Identifier: Apache-2.0
 *
 * The acceptor's decisions (RFC 4178 3.2 and 5, MS-SPNG 3.2).
 *
 *   NegTokenInit ->                START, CHOOSING, FIRST
 *                <- choice         accept-incomplete, or request-mic if not the peer's first
 *   token [MIC]  ->                LEGS, LEGS_MIC
 *                <- token [MIC]    AWAIT_MIC when one is needed that did not come
 *   [MIC]        ->
 *                <- accept-completed    unless the initiator said so with the MIC that was awaited
 *
 * But for reject, the initiator's negState never decides whether this is complete; while its MIC is
 * awaited it decides whether a last token is owed. Once a mechanism that has credentials here
 * was opened, its failure is the exchange's: going on to the next would let anyone in the middle
 * choose it.
 */
#include "spnego/decide.h"

/* supportedMech belongs into the first reply alone (RFC 4178 4.2.2). */
static struct spnego_decision send_resp(enum spnego_state state, enum spnego_state next, bool mic)
{
	struct spnego_decision decision = spnego_act(next, ACTION_SEND);
	decision.say = NEG_STATE_ACCEPT_INCOMPLETE;
	decision.say_mech = state == ACCEPTOR_FIRST;
	decision.say_mic = mic;
	return decision;
}

/* The first reply when there is nothing yet to hand to the mechanism. */
static struct spnego_decision send_choice(enum spnego_state next, enum neg_state say)
{
	struct spnego_decision decision = spnego_act(next, ACTION_SEND);
	decision.say = say;
	decision.say_mech = true;
	return decision;
}

/* The one way to be complete: the mechanism is, the peer allows it by not having rejected, and the
 * mechListMIC was verified or is not needed. */
static struct spnego_decision finish(enum spnego_state state, const struct spnego_facts* facts,
                                     bool needed, bool verified)
{
	if (!facts->complete)
		return spnego_fail(RESULT_OUT_OF_SEQUENCE, "the mechanism is not complete");
	if (needed && !verified)
		return spnego_fail(RESULT_ALTERED, "the client's mechListMIC is needed and missing: the "
		                                   "list of mechanisms may have been tampered with");
	if (facts->claim == NEG_STATE_REJECT)
		return spnego_fail(RESULT_REJECTED, "the client gave up (negState reject)");
	/* RFC 4178 5 (b)(I): both MICs have gone and the initiator is done. In CredSSP its pubKeyAuth
	 * came beside this one, and a token of ours would be sent in the place of the answer to it. */
	if (state == ACCEPTOR_AWAIT_MIC && facts->claim == NEG_STATE_ACCEPT_COMPLETED)
		return spnego_act(SPNEGO_DONE, ACTION_COMPLETE);
	struct spnego_decision decision = spnego_act(SPNEGO_DONE, ACTION_SEND_LAST);
	decision.say = NEG_STATE_ACCEPT_COMPLETED;
	decision.say_mech = state == ACCEPTOR_FIRST;
	/* A MIC is answered with one; in AWAIT_MIC ours went before. */
	decision.say_mic = verified && state != ACCEPTOR_AWAIT_MIC;
	return decision;
}

static struct spnego_decision decide_start(const struct spnego_facts* facts)
{
	if (facts->event != EVENT_MESSAGE)
		return spnego_unlisted(ACCEPTOR_START);
	switch (facts->form)
	{
		case FORM_INIT:
			return spnego_act(ACCEPTOR_CHOOSING, ACTION_CHOOSE);
		case FORM_BARE:
			return spnego_act(ACCEPTOR_BARE, ACTION_OPEN_BARE);
		case FORM_RESP:
			return spnego_fail(RESULT_OUT_OF_SEQUENCE, "NegTokenResp came before NegTokenInit");
		case FORM_NONE:
			return spnego_fail(RESULT_MALFORMED, "the client's first token is empty");
		default:
			return spnego_fail(RESULT_MALFORMED,
			                   "the client's first token is neither SPNEGO nor of "
			                   "a mechanism that is available here");
	}
}

/* RFC 4178 3.2 (b): the first of the peer's list that is supported. */
static struct spnego_decision decide_choosing(const struct spnego_facts* facts)
{
	if (facts->event != EVENT_OPENED)
		return spnego_unlisted(ACCEPTOR_CHOOSING);
	if (facts->step == STEP_FAILED)
		return spnego_fail_mech();
	if (facts->step == STEP_UNAVAILABLE) /* what the mechanism says is the best reason there is */
		return facts->choice == CHOICE_NONE ? spnego_fail_mech()
		                                    : spnego_act(ACCEPTOR_CHOOSING, ACTION_CHOOSE);
	switch (facts->choice)
	{
		case CHOICE_SAME:
			if (facts->token)
				return spnego_act(ACCEPTOR_FIRST, ACTION_STEP);
			if (facts->mic)
				return spnego_fail(RESULT_OUT_OF_SEQUENCE,
				                   "a mechListMIC came before the mechanism was complete");
			return send_choice(ACCEPTOR_LEGS, NEG_STATE_ACCEPT_INCOMPLETE);
		case CHOICE_OTHER: /* token and MIC, if there are any, are of the mechanism not taken */
			return send_choice(ACCEPTOR_LEGS_MIC, NEG_STATE_REQUEST_MIC);
		case CHOICE_NONE:
			return spnego_fail(RESULT_NO_COMMON_MECH,
			                   "no mechanism of the client's list is available here");
		default:
			return spnego_unlisted(ACCEPTOR_CHOOSING);
	}
}

/* True if the message of a running exchange is refused whatever the state. */
static bool message_refused(const struct spnego_facts* facts, struct spnego_decision* refusal)
{
	if (facts->form == FORM_INIT)
		*refusal = spnego_fail(RESULT_OUT_OF_SEQUENCE, "a second NegTokenInit came");
	else if (facts->form == FORM_BARE)
		*refusal = spnego_fail(RESULT_OUT_OF_SEQUENCE, "the client left SPNEGO half-way");
	else if (facts->form != FORM_RESP)
		*refusal = spnego_fail(RESULT_MALFORMED, "the client's token is not a NegTokenResp");
	else if (facts->claim == NEG_STATE_REJECT)
		*refusal = spnego_fail(RESULT_REJECTED, "the client gave up (negState reject)");
	else
		return false;
	return true;
}

static struct spnego_decision decide_legs_message(enum spnego_state state,
                                                  const struct spnego_facts* facts)
{
	struct spnego_decision refusal;
	if (message_refused(facts, &refusal))
		return refusal;
	if (facts->complete || !facts->token)
		return spnego_fail(RESULT_OUT_OF_SEQUENCE,
		                   "the client's message holds nothing for the mechanism");
	return spnego_act(state, ACTION_STEP);
}

static struct spnego_decision decide_stepped(enum spnego_state state,
                                             const struct spnego_facts* facts)
{
	/* MS-SPNG: NTLM demands it when AUTHENTICATE carried a MIC. */
	const bool needed = state == ACCEPTOR_LEGS_MIC || facts->demands_mic;
	if (facts->step != STEP_OK)
		return spnego_fail_mech();
	if (!facts->complete)
	{
		if (!facts->output)
			return spnego_fail(RESULT_OUT_OF_SEQUENCE,
			                   "the mechanism needs more from the client but has nothing to send");
		if (facts->mic)
			return spnego_fail(RESULT_OUT_OF_SEQUENCE,
			                   "a mechListMIC came before the mechanism was complete");
		return send_resp(state, state == ACCEPTOR_FIRST ? ACCEPTOR_LEGS : state, false);
	}
	if (facts->mic)
		return spnego_act(state, ACTION_VERIFY_MIC);
	/* RFC 4178 5: one that is owed and did not come is asked for with ours. */
	if (needed)
		return send_resp(state, ACCEPTOR_AWAIT_MIC, true);
	return finish(state, facts, false, false);
}

static struct spnego_decision decide_checked(enum spnego_state state,
                                             const struct spnego_facts* facts)
{
	if (!facts->mic_ok)
		return spnego_fail(RESULT_ALTERED, "the client's mechListMIC is wrong: the list of "
		                                   "mechanisms was changed on its way");
	return finish(state, facts, true, true);
}

static struct spnego_decision decide_legs(enum spnego_state state, const struct spnego_facts* facts)
{
	switch (facts->event)
	{
		case EVENT_MESSAGE: /* in FIRST the message was NegTokenInit, and CHOOSING took it */
			return state == ACCEPTOR_FIRST ? spnego_unlisted(state)
			                               : decide_legs_message(state, facts);
		case EVENT_STEPPED:
			return decide_stepped(state, facts);
		case EVENT_CHECKED:
			return decide_checked(state, facts);
		default:
			return spnego_unlisted(state);
	}
}

static struct spnego_decision decide_await_mic(const struct spnego_facts* facts)
{
	struct spnego_decision refusal;
	if (facts->event == EVENT_CHECKED)
		return decide_checked(ACCEPTOR_AWAIT_MIC, facts);
	if (facts->event != EVENT_MESSAGE)
		return spnego_unlisted(ACCEPTOR_AWAIT_MIC);
	if (message_refused(facts, &refusal))
		return refusal;
	if (facts->token)
		return spnego_fail(RESULT_OUT_OF_SEQUENCE, "a token came for a mechanism that is complete");
	if (facts->mic)
		return spnego_act(ACCEPTOR_AWAIT_MIC, ACTION_VERIFY_MIC);
	return finish(ACCEPTOR_AWAIT_MIC, facts, true, false);
}

static struct spnego_decision decide_bare(const struct spnego_facts* facts)
{
	switch (facts->event)
	{
		case EVENT_MESSAGE:
			if (facts->form == FORM_BARE)
				return spnego_act(ACCEPTOR_BARE, ACTION_STEP);
			return spnego_fail(RESULT_MALFORMED, "the client's token is empty");
		case EVENT_OPENED:
			return facts->step == STEP_OK ? spnego_act(ACCEPTOR_BARE, ACTION_STEP)
			                              : spnego_fail_mech();
		case EVENT_STEPPED:
			return spnego_bare_stepped(ACCEPTOR_BARE, facts);
		default:
			return spnego_unlisted(ACCEPTOR_BARE);
	}
}

struct spnego_decision spnego_decide_acceptor(enum spnego_state state,
                                              const struct spnego_facts* facts)
{
	switch (state)
	{
		case ACCEPTOR_START:
			return decide_start(facts);
		case ACCEPTOR_CHOOSING:
			return decide_choosing(facts);
		case ACCEPTOR_FIRST:
		case ACCEPTOR_LEGS:
		case ACCEPTOR_LEGS_MIC:
			return decide_legs(state, facts);
		case ACCEPTOR_AWAIT_MIC:
			return decide_await_mic(facts);
		case ACCEPTOR_BARE:
			return decide_bare(facts);
		default:
			return spnego_unlisted(state);
	}
}
