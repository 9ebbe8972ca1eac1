/* SPDX-License-Identifier: Apache-2.0
 *
 * The judge: each rule is a line.
 */
#include "spnego_judge.h"

#include <stddef.h>

#define HOLDS(so, what)                                                                            \
	do                                                                                             \
	{                                                                                              \
		if (!(so))                                                                                 \
			return what;                                                                           \
	} while (0)

static bool is_acceptors(enum spnego_state state)
{
	return state >= ACCEPTOR_START && state <= ACCEPTOR_BARE;
}

static bool is_bare(enum spnego_state state)
{
	return state == INITIATOR_BARE_START || state == INITIATOR_BARE || state == ACCEPTOR_BARE;
}

/* RFC 4178 5, and MS-SPNG for what NTLM demands. */
static bool needs_mic(enum spnego_state state, const struct spnego_facts* facts)
{
	if (is_bare(state))
		return false;
	return facts->demands_mic || state == INITIATOR_LEGS_MIC || state == INITIATOR_AWAIT_MIC ||
	       state == ACCEPTOR_LEGS_MIC || state == ACCEPTOR_AWAIT_MIC ||
	       (state == INITIATOR_FIRST && facts->claim == NEG_STATE_REQUEST_MIC);
}

static const char* end_fault(enum spnego_state state, const struct spnego_facts* facts)
{
	const bool checked = facts->event == EVENT_CHECKED && facts->mic_ok;

	HOLDS(facts->complete, "complete before the mechanism is");
	HOLDS(is_bare(state) || facts->claim != NEG_STATE_REJECT, "complete against the peer's word");
	HOLDS(!needs_mic(state, facts) || checked, "complete without the MIC that is needed");
	HOLDS(facts->event != EVENT_CHECKED || facts->mic_ok, "complete with a wrong MIC");
	HOLDS(facts->event != EVENT_STEPPED || facts->step == STEP_OK,
	      "complete by a step that failed");
	HOLDS(facts->event != EVENT_MESSAGE || facts->form == FORM_RESP, "complete by something else");
	return NULL;
}

/* States that are entered with a mechanism that is complete. */
static bool was_complete(enum spnego_state state)
{
	return state == INITIATOR_AWAIT_END || state == INITIATOR_AWAIT_MIC ||
	       state == ACCEPTOR_AWAIT_MIC;
}

/* What may be sent, and what done, from what there is. */
static const char* action_fault(enum spnego_state state, const struct spnego_facts* facts,
                                const struct spnego_decision* decision)
{
	const bool sends = decision->action == ACTION_SEND || decision->action == ACTION_SEND_LAST;

	HOLDS(sends || (!decision->say_mic && !decision->say_mech), "words without a message");
	HOLDS(!decision->say_mic || facts->complete, "a MIC before there is a key");
	HOLDS(!decision->say_mech || state == ACCEPTOR_CHOOSING || state == ACCEPTOR_FIRST,
	      "a choice after the first reply");
	HOLDS(!sends || facts->output || decision->say_mic || decision->say_mech ||
	          decision->say == NEG_STATE_ACCEPT_COMPLETED,
	      "an empty message");
	HOLDS(decision->action != ACTION_SWITCH ||
	          (state == INITIATOR_FIRST && facts->choice == CHOICE_OTHER),
	      "another mechanism half-way");
	HOLDS(decision->action != ACTION_VERIFY_MIC ||
	          (facts->mic && (facts->complete || was_complete(state))),
	      "a MIC is checked that is not there, or by no key");
	HOLDS(decision->action != ACTION_STEP || is_bare(state) || facts->token,
	      "a step without a token");
	HOLDS(!(facts->event == EVENT_MESSAGE && facts->form == FORM_MALFORMED) ||
	          decision->action == ACTION_FAIL,
	      "what does not parse is taken");
	return NULL;
}

const char* spnego_decision_fault(bool acceptor, enum spnego_state state,
                                  const struct spnego_facts* facts,
                                  const struct spnego_decision* decision)
{
	const bool failed = decision->action == ACTION_FAIL || decision->action == ACTION_FAIL_MECH;
	const bool ended = decision->action == ACTION_COMPLETE || decision->action == ACTION_SEND_LAST;
	const bool ours = state < SPNEGO_DONE && is_acceptors(state) == acceptor;

	HOLDS((decision->next == SPNEGO_DEAD) == failed, "dead or failed, but not both");
	HOLDS((decision->next == SPNEGO_DONE) == ended, "done or ended, but not both");
	HOLDS((decision->action == ACTION_FAIL) == (decision->reason != NULL),
	      "no reason, or of nothing");
	HOLDS((decision->action == ACTION_FAIL) == (decision->result != RESULT_OK), "no result");
	HOLDS(ours || failed, "it goes on in a state that is none of its own");
	HOLDS(failed || ended || is_acceptors(decision->next) == acceptor, "the other role's state");
	const char* const fault = ended ? end_fault(state, facts) : NULL;
	return fault ? fault : action_fault(state, facts, decision);
}
