/* SPDX-License-Identifier: Apache-2.0
 *
 * What client and server decide alike.
 */
#include "credssp/decide.h"

#include "credssp/binding.h"

struct credssp_decision credssp_act(enum credssp_state next, enum credssp_action action)
{
	return (struct credssp_decision){ .next = next, .action = action, .result = RESULT_OK };
}

struct credssp_decision credssp_send(enum credssp_state next, unsigned say)
{
	struct credssp_decision decision = credssp_act(next, CREDSSP_SEND);
	decision.say = say;
	return decision;
}

struct credssp_decision credssp_fail(enum result result, const char* reason)
{
	struct credssp_decision decision = credssp_act(CREDSSP_DEAD, CREDSSP_FAIL);
	decision.result = result;
	decision.reason = reason;
	return decision;
}

struct credssp_decision credssp_unlisted(enum credssp_state state)
{
	switch (state)
	{
		case CREDSSP_FINAL:
			return credssp_fail(RESULT_OUT_OF_SEQUENCE, "a TSRequest came after the last one");
		case CREDSSP_DEAD:
			return credssp_fail(RESULT_OUT_OF_SEQUENCE,
			                    "a TSRequest came after the exchange failed");
		default:
			return credssp_fail(RESULT_INTERNAL, "an event that cannot happen in this state");
	}
}

bool credssp_message_refused(const struct credssp_facts* facts, struct credssp_decision* refusal)
{
	if (facts->form == CREDSSP_NO_BYTES)
		*refusal = credssp_fail(RESULT_MALFORMED, "the peer's message is empty");
	else if (facts->form != CREDSSP_TS_REQUEST)
		*refusal = credssp_fail(RESULT_MALFORMED, "the peer's message is not a TSRequest");
	else if (facts->version == CREDSSP_VERSION_LOW)
		*refusal = credssp_fail(
		    RESULT_POLICY, "the peer's CredSSP version is below the lowest that is allowed here");
	else if (facts->version != CREDSSP_VERSION_STANDS)
		*refusal =
		    credssp_fail(RESULT_OUT_OF_SEQUENCE, "the peer changed its CredSSP version half-way");
	else
		return false;
	return true;
}

bool credssp_has_error_code(uint32_t version)
{
	return version == 3 || version == 4 || version == 6;
}

bool credssp_needs_nonce(uint32_t version)
{
	return version >= BINDING_HASHED_VERSION;
}
