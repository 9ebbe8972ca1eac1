/* SPDX-License-Identifier: Apache-2.0
 *
 * What initiator and acceptor decide alike.
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
