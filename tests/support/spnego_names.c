/* SPDX-License-Identifier: Apache-2.0
 *
 * The names of what SPNEGO's decisions are made of, as the page of states and failing tests show
 * them.
 */
#include "spnego_names.h"

const char* neg_state_name(enum neg_state state)
{
	switch (state)
	{
		case NEG_STATE_ACCEPT_COMPLETED:
			return "accept-completed";
		case NEG_STATE_ACCEPT_INCOMPLETE:
			return "accept-incomplete";
		case NEG_STATE_REJECT:
			return "reject";
		case NEG_STATE_REQUEST_MIC:
			return "request-mic";
		case NEG_STATE_ABSENT:
			return "absent";
	}
	return "unknown";
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
