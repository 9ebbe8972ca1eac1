/* SPDX-License-Identifier: Apache-2.0
 *
 * What initiator and acceptor decide alike, and the names of states, events, facts and actions.
 */
#include "spnego/decide.h"

struct spnego_decision spnego_act(enum spnego_state next, enum spnego_action action)
{
	return (struct spnego_decision){
		.next = next, .action = action, .say = NEG_STATE_ABSENT, .result = RESULT_OK
	};
}

struct spnego_decision spnego_fail(enum result result, const char* reason)
{
	struct spnego_decision decision = spnego_act(SPNEGO_DEAD, ACTION_FAIL);
	decision.result = result;
	decision.reason = reason;
	return decision;
}

struct spnego_decision spnego_fail_mech(void)
{
	return spnego_act(SPNEGO_DEAD, ACTION_FAIL_MECH);
}

struct spnego_decision spnego_unlisted(enum spnego_state state)
{
	switch (state)
	{
		case SPNEGO_DONE:
			return spnego_fail(RESULT_OUT_OF_SEQUENCE,
			                   "a token came after the exchange was complete");
		case SPNEGO_DEAD:
			return spnego_fail(RESULT_OUT_OF_SEQUENCE, "a token came after the exchange failed");
		default:
			return spnego_fail(RESULT_INTERNAL, "an event that cannot happen in this state");
	}
}

struct spnego_decision spnego_bare_stepped(enum spnego_state again,
                                           const struct spnego_facts* facts)
{
	if (facts->step != STEP_OK)
		return spnego_fail_mech();
	if (facts->complete)
		return spnego_act(SPNEGO_DONE, facts->output ? ACTION_SEND_LAST : ACTION_COMPLETE);
	if (facts->output)
		return spnego_act(again, ACTION_SEND);
	return spnego_fail(RESULT_OUT_OF_SEQUENCE,
	                   "the mechanism needs more from the peer but has nothing to send");
}

const char* spnego_state_name(enum spnego_state state)
{
	static const char* const names[SPNEGO_STATE_COUNT] = {
		[INITIATOR_START] = "INITIATOR_START",
		[INITIATOR_FIRST] = "INITIATOR_FIRST",
		[INITIATOR_LEGS] = "INITIATOR_LEGS",
		[INITIATOR_LEGS_MIC] = "INITIATOR_LEGS_MIC",
		[INITIATOR_AWAIT_END] = "INITIATOR_AWAIT_END",
		[INITIATOR_AWAIT_MIC] = "INITIATOR_AWAIT_MIC",
		[INITIATOR_BARE_START] = "INITIATOR_BARE_START",
		[INITIATOR_BARE] = "INITIATOR_BARE",
		[ACCEPTOR_START] = "ACCEPTOR_START",
		[ACCEPTOR_CHOOSING] = "ACCEPTOR_CHOOSING",
		[ACCEPTOR_FIRST] = "ACCEPTOR_FIRST",
		[ACCEPTOR_LEGS] = "ACCEPTOR_LEGS",
		[ACCEPTOR_LEGS_MIC] = "ACCEPTOR_LEGS_MIC",
		[ACCEPTOR_AWAIT_MIC] = "ACCEPTOR_AWAIT_MIC",
		[ACCEPTOR_BARE] = "ACCEPTOR_BARE",
		[SPNEGO_DONE] = "DONE",
		[SPNEGO_DEAD] = "DEAD",
	};
	return (unsigned)state < SPNEGO_STATE_COUNT ? names[state] : "unknown";
}

const char* spnego_event_name(enum spnego_event event)
{
	static const char* const names[SPNEGO_EVENT_COUNT] = {
		[EVENT_MESSAGE] = "message",
		[EVENT_OPENED] = "opened",
		[EVENT_STEPPED] = "stepped",
		[EVENT_CHECKED] = "checked",
	};
	return (unsigned)event < SPNEGO_EVENT_COUNT ? names[event] : "unknown";
}

const char* spnego_form_name(enum spnego_form form)
{
	static const char* const names[SPNEGO_FORM_COUNT] = {
		[FORM_NONE] = "nothing", [FORM_INIT] = "NegTokenInit",   [FORM_RESP] = "NegTokenResp",
		[FORM_BARE] = "bare",    [FORM_MALFORMED] = "malformed",
	};
	return (unsigned)form < SPNEGO_FORM_COUNT ? names[form] : "unknown";
}

const char* spnego_choice_name(enum spnego_choice choice)
{
	static const char* const names[SPNEGO_CHOICE_COUNT] = {
		[CHOICE_NONE] = "none",
		[CHOICE_SAME] = "same",
		[CHOICE_OTHER] = "other",
		[CHOICE_UNKNOWN] = "unknown",
	};
	return (unsigned)choice < SPNEGO_CHOICE_COUNT ? names[choice] : "unknown";
}

const char* spnego_step_name(enum spnego_step step)
{
	static const char* const names[SPNEGO_STEP_COUNT] = {
		[STEP_OK] = "ok",
		[STEP_UNAVAILABLE] = "unavailable",
		[STEP_FAILED] = "failed",
	};
	return (unsigned)step < SPNEGO_STEP_COUNT ? names[step] : "unknown";
}

const char* spnego_action_name(enum spnego_action action)
{
	static const char* const names[SPNEGO_ACTION_COUNT] = {
		[ACTION_OFFER] = "OFFER",         [ACTION_SWITCH] = "SWITCH",
		[ACTION_CHOOSE] = "CHOOSE",       [ACTION_OPEN_BARE] = "OPEN_BARE",
		[ACTION_STEP] = "STEP",           [ACTION_VERIFY_MIC] = "VERIFY_MIC",
		[ACTION_SEND_INIT] = "SEND_INIT", [ACTION_SEND] = "SEND",
		[ACTION_SEND_LAST] = "SEND_LAST", [ACTION_COMPLETE] = "COMPLETE",
		[ACTION_FAIL] = "FAIL",           [ACTION_FAIL_MECH] = "FAIL_MECH",
	};
	return (unsigned)action < SPNEGO_ACTION_COUNT ? names[action] : "unknown";
}
