/* SPDX-License-Identifier: Apache-2.0
 *
 * What the initiator must decide, in every state and for every combination of facts, written by
 * hand from RFC 4178, MS-SPNG and the design; and the properties that all of it must have.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "decide_rows.h"

#define S(x) VALUE(INITIATOR_##x)
#define E(x) VALUE(EVENT_##x)
#define F(x) VALUE(FORM_##x)
#define STEP(x) VALUE(STEP_##x)

#define LEGS (S(LEGS) | S(LEGS_MIC))
#define AWAIT (S(AWAIT_END) | S(AWAIT_MIC))
#define LATER (LEGS | AWAIT)
#define REPLY (S(FIRST) | LATER)
#define BARE (S(BARE_START) | S(BARE))
#define FOREIGN                                                                                    \
	(VALUE(ACCEPTOR_START) | VALUE(ACCEPTOR_CHOOSING) | VALUE(ACCEPTOR_FIRST) |                    \
	 VALUE(ACCEPTOR_LEGS) | VALUE(ACCEPTOR_LEGS_MIC) | VALUE(ACCEPTOR_AWAIT_MIC) |                 \
	 VALUE(ACCEPTOR_BARE))

#define COMPLETED VALUE(NEG_STATE_ACCEPT_COMPLETED)
#define INCOMPLETE VALUE(NEG_STATE_ACCEPT_INCOMPLETE)
#define REJECT VALUE(NEG_STATE_REJECT)
#define REQUEST VALUE(NEG_STATE_REQUEST_MIC)
#define ABSENT VALUE(NEG_STATE_ABSENT)

#define OWN (VALUE(CHOICE_NONE) | VALUE(CHOICE_SAME))
#define OTHER VALUE(CHOICE_OTHER)
#define UNKNOWN VALUE(CHOICE_UNKNOWN)

#define DIES(why) .next = SPNEGO_DEAD, .action = ACTION_FAIL, .result = RESULT_##why
#define DIES_OF_MECH .next = SPNEGO_DEAD, .action = ACTION_FAIL_MECH
#define DOES(what, then) .next = (then), .action = ACTION_##what
#define SENDS(then)                                                                                \
	.next = (then), .action = ACTION_SEND, .say = NEG_STATE_ACCEPT_INCOMPLETE, .say_mic = false
#define SENDS_MIC(then)                                                                            \
	.next = (then), .action = ACTION_SEND, .say = NEG_STATE_ACCEPT_INCOMPLETE, .say_mic = true
#define COMPLETES .next = SPNEGO_DONE, .action = ACTION_COMPLETE
#define COMPLETES_WITH_MIC                                                                         \
	.next = SPNEGO_DONE, .action = ACTION_SEND_LAST, .say = NEG_STATE_ACCEPT_COMPLETED,            \
	.say_mic = true

static const struct decide_row rows[] = {
	/* --- what never happens ------------------------------------------------------------------ */
	{ "nothing after completion or failure", .states = VALUE(SPNEGO_DONE) | VALUE(SPNEGO_DEAD),
	  DIES(OUT_OF_SEQUENCE) },
	{ "an acceptor's state", .states = FOREIGN, DIES(INTERNAL) },
	{ "START: events that do not happen", .states = S(START), .events = E(OPENED) | E(CHECKED),
	  DIES(INTERNAL) },
	{ "FIRST: events that do not happen", .states = S(FIRST),
	  .events = E(OPENED) | E(STEPPED) | E(CHECKED), DIES(INTERNAL) },
	{ "LEGS: events that do not happen", .states = LEGS, .events = E(OPENED), DIES(INTERNAL) },
	{ "AWAIT: events that do not happen", .states = AWAIT, .events = E(OPENED) | E(STEPPED),
	  DIES(INTERNAL) },
	{ "BARE: events that do not happen", .states = BARE, .events = E(OPENED) | E(CHECKED),
	  DIES(INTERNAL) },

	/* --- the first call ---------------------------------------------------------------------- */
	{ "RFC 4178 3.2 (a), MS-SPNG 3.3.5.2: the initiator begins, or follows a NegTokenInit2",
	  .states = S(START), .events = E(MESSAGE), .forms = F(NONE) | F(INIT),
	  DOES(OFFER, INITIATOR_START) },
	{ "a first token that does not parse", .states = S(START), .events = E(MESSAGE),
	  .forms = F(MALFORMED), DIES(MALFORMED) },
	{ "a reply to nothing", .states = S(START), .events = E(MESSAGE), .forms = F(RESP) | F(BARE),
	  DIES(OUT_OF_SEQUENCE) },
	{ "a mechanism that fails locally is not listed", .states = S(START), .events = E(STEPPED),
	  .steps = STEP(UNAVAILABLE), DOES(OFFER, INITIATOR_START) },
	{ "no mechanism is left", .states = S(START), .events = E(STEPPED), .steps = STEP(FAILED),
	  DIES_OF_MECH },
	{ "RFC 4178 4.2.1: NegTokenInit with the optimistic token; never complete yet",
	  .states = S(START), .events = E(STEPPED), .steps = STEP(OK), .output = YES,
	  DOES(SEND_INIT, INITIATOR_FIRST) },
	{ "a mechanism without a first token", .states = S(START), .events = E(STEPPED),
	  .steps = STEP(OK), .output = NO, DIES(INTERNAL) },

	/* --- every reply ------------------------------------------------------------------------- */
	{ "a server that knows no SPNEGO", .states = REPLY, .events = E(MESSAGE), .forms = F(BARE),
	  DIES(OUT_OF_SEQUENCE) },
	{ "NegTokenInit as a reply", .states = REPLY, .events = E(MESSAGE), .forms = F(INIT),
	  DIES(OUT_OF_SEQUENCE) },
	{ "no reply at all, or one that does not parse", .states = REPLY, .events = E(MESSAGE),
	  .forms = F(NONE) | F(MALFORMED), DIES(MALFORMED) },
	{ "RFC 4178 4.2.2: reject, at any time", .states = REPLY, .events = E(MESSAGE),
	  .forms = F(RESP), .claims = REJECT, DIES(REJECTED) },

	/* --- the first reply --------------------------------------------------------------------- */
	{ "RFC 4178 4.2.2: negState is required in the first reply", .states = S(FIRST),
	  .events = E(MESSAGE), .forms = F(RESP), .claims = ABSENT, DIES(MALFORMED) },
	{ "a mechanism that was not offered", .states = S(FIRST), .events = E(MESSAGE),
	  .forms = F(RESP), .claims = COMPLETED | INCOMPLETE | REQUEST, .choices = UNKNOWN,
	  DIES(NO_COMMON_MECH) },
	{ "another mechanism, complete before it began", .states = S(FIRST), .events = E(MESSAGE),
	  .forms = F(RESP), .claims = COMPLETED, .choices = OTHER, DIES(OUT_OF_SEQUENCE) },
	{ "another mechanism, with a token in answer to none", .states = S(FIRST), .events = E(MESSAGE),
	  .forms = F(RESP), .claims = INCOMPLETE | REQUEST, .choices = OTHER, .token = YES,
	  DIES(OUT_OF_SEQUENCE) },
	{ "another mechanism, with a MIC before there are keys", .states = S(FIRST),
	  .events = E(MESSAGE), .forms = F(RESP), .claims = INCOMPLETE | REQUEST, .choices = OTHER,
	  .token = NO, .mic = YES, DIES(OUT_OF_SEQUENCE) },
	{ "RFC 4178 3.2 (d) and 5: another mechanism, and from now on a MIC is needed",
	  .states = S(FIRST), .events = E(MESSAGE), .forms = F(RESP), .claims = INCOMPLETE | REQUEST,
	  .choices = OTHER, .token = NO, .mic = NO, DOES(SWITCH, INITIATOR_LEGS_MIC) },
	{ "a token after the mechanism's last", .states = S(FIRST), .events = E(MESSAGE),
	  .forms = F(RESP), .claims = COMPLETED | INCOMPLETE | REQUEST, .choices = OWN, .token = YES,
	  .complete = YES, DIES(OUT_OF_SEQUENCE) },
	{ "the mechanism's second token", .states = S(FIRST), .events = E(MESSAGE), .forms = F(RESP),
	  .claims = COMPLETED | INCOMPLETE, .choices = OWN, .token = YES, .complete = NO,
	  DOES(STEP, INITIATOR_LEGS) },
	{ "RFC 4178 4.2.2: request-mic", .states = S(FIRST), .events = E(MESSAGE), .forms = F(RESP),
	  .claims = REQUEST, .choices = OWN, .token = YES, .complete = NO,
	  DOES(STEP, INITIATOR_LEGS_MIC) },
	{ "CVE-2014-4344: an empty continuation, whatever it claims", .states = S(FIRST),
	  .events = E(MESSAGE), .forms = F(RESP), .claims = COMPLETED | INCOMPLETE | REQUEST,
	  .choices = OWN, .token = NO, .complete = NO, DIES(OUT_OF_SEQUENCE) },
	{ "a mechanism of one token, and a MIC", .states = S(FIRST), .events = E(MESSAGE),
	  .forms = F(RESP), .claims = COMPLETED | INCOMPLETE, .choices = OWN, .token = NO,
	  .complete = YES, .mic = YES, DOES(VERIFY_MIC, INITIATOR_LEGS) },
	{ "a mechanism of one token, a MIC, and request-mic", .states = S(FIRST), .events = E(MESSAGE),
	  .forms = F(RESP), .claims = REQUEST, .choices = OWN, .token = NO, .complete = YES, .mic = YES,
	  DOES(VERIFY_MIC, INITIATOR_LEGS_MIC) },
	{ "RFC 4178 5: a mechanism of one token, the preferred of both", .states = S(FIRST),
	  .events = E(MESSAGE), .forms = F(RESP), .claims = COMPLETED, .choices = OWN, .token = NO,
	  .complete = YES, .mic = NO, .demands = NO, COMPLETES },
	{ "a mechanism of one token that demands a MIC", .states = S(FIRST), .events = E(MESSAGE),
	  .forms = F(RESP), .claims = COMPLETED, .choices = OWN, .token = NO, .complete = YES,
	  .mic = NO, .demands = YES, DIES(ALTERED) },
	{ "a mechanism of one token that demands a MIC: ours first", .states = S(FIRST),
	  .events = E(MESSAGE), .forms = F(RESP), .claims = INCOMPLETE, .choices = OWN, .token = NO,
	  .complete = YES, .mic = NO, .demands = YES, SENDS_MIC(INITIATOR_AWAIT_MIC) },
	{ "a mechanism of one token, and nothing left to say", .states = S(FIRST), .events = E(MESSAGE),
	  .forms = F(RESP), .claims = INCOMPLETE, .choices = OWN, .token = NO, .complete = YES,
	  .mic = NO, .demands = NO, DIES(OUT_OF_SEQUENCE) },
	{ "RFC 4178 5 (c): a mechanism of one token, and request-mic", .states = S(FIRST),
	  .events = E(MESSAGE), .forms = F(RESP), .claims = REQUEST, .choices = OWN, .token = NO,
	  .complete = YES, .mic = NO, SENDS_MIC(INITIATOR_AWAIT_MIC) },

	/* --- later replies ----------------------------------------------------------------------- */
	{ "RFC 4178 4.2.2: request-mic is for the first reply", .states = LATER, .events = E(MESSAGE),
	  .forms = F(RESP), .claims = REQUEST, DIES(OUT_OF_SEQUENCE) },
	{ "SSTIC 2020: the mechanism changes once, in the first reply", .states = LATER,
	  .events = E(MESSAGE), .forms = F(RESP), .claims = COMPLETED | INCOMPLETE | ABSENT,
	  .choices = OTHER | UNKNOWN, DIES(OUT_OF_SEQUENCE) },
	{ "a token for the mechanism; old servers omit negState and supportedMech", .states = LEGS,
	  .events = E(MESSAGE), .forms = F(RESP), .claims = COMPLETED | INCOMPLETE | ABSENT,
	  .choices = OWN, .complete = NO, .token = YES, DOES(STEP, STAYS) },
	{ "CVE-2014-4344: an empty continuation", .states = LEGS, .events = E(MESSAGE),
	  .forms = F(RESP), .claims = COMPLETED | INCOMPLETE | ABSENT, .choices = OWN, .complete = NO,
	  .token = NO, DIES(OUT_OF_SEQUENCE) },
	{ "LEGS with a complete mechanism does not happen", .states = LEGS, .events = E(MESSAGE),
	  .forms = F(RESP), .claims = COMPLETED | INCOMPLETE | ABSENT, .choices = OWN, .complete = YES,
	  DIES(OUT_OF_SEQUENCE) },

	/* --- the mechanism was stepped ----------------------------------------------------------- */
	{ "the mechanism's failure is the exchange's", .states = LEGS, .events = E(STEPPED),
	  .steps = STEP(UNAVAILABLE) | STEP(FAILED), DIES_OF_MECH },
	{ "accept-completed while the mechanism has more to send", .states = LEGS, .events = E(STEPPED),
	  .steps = STEP(OK), .output = YES, .claims = COMPLETED, DIES(OUT_OF_SEQUENCE) },
	{ "a MIC while the mechanism has more to send", .states = LEGS, .events = E(STEPPED),
	  .steps = STEP(OK), .output = YES, .claims = INCOMPLETE | ABSENT | REQUEST | REJECT,
	  .mic = YES, DIES(OUT_OF_SEQUENCE) },
	{ "the mechanism goes on", .states = LEGS, .events = E(STEPPED), .steps = STEP(OK),
	  .output = YES, .claims = INCOMPLETE | ABSENT | REQUEST | REJECT, .mic = NO, .complete = NO,
	  SENDS(STAYS) },
	{ "our last token, no MIC needed", .states = S(LEGS), .events = E(STEPPED), .steps = STEP(OK),
	  .output = YES, .claims = INCOMPLETE | ABSENT | REQUEST | REJECT, .mic = NO, .complete = YES,
	  .demands = NO, SENDS(INITIATOR_AWAIT_END) },
	{ "MS-SPNG: our last token with the MIC that NTLM demands", .states = S(LEGS),
	  .events = E(STEPPED), .steps = STEP(OK), .output = YES,
	  .claims = INCOMPLETE | ABSENT | REQUEST | REJECT, .mic = NO, .complete = YES, .demands = YES,
	  SENDS_MIC(INITIATOR_AWAIT_MIC) },
	{ "RFC 4178 5 (c): our last token with the MIC", .states = S(LEGS_MIC), .events = E(STEPPED),
	  .steps = STEP(OK), .output = YES, .claims = INCOMPLETE | ABSENT | REQUEST | REJECT, .mic = NO,
	  .complete = YES, SENDS_MIC(INITIATOR_AWAIT_MIC) },
	{ "a mechanism that waits in silence; accept-completed before it is complete", .states = LEGS,
	  .events = E(STEPPED), .steps = STEP(OK), .output = NO, .complete = NO,
	  DIES(OUT_OF_SEQUENCE) },
	{ "their last token with a MIC", .states = LEGS, .events = E(STEPPED), .steps = STEP(OK),
	  .output = NO, .complete = YES, .mic = YES, DOES(VERIFY_MIC, STAYS) },
	{ "RFC 4178 5, 4.2.2: their last token, no MIC needed; an absent negState follows the "
	  "mechanism",
	  .states = S(LEGS), .events = E(STEPPED), .steps = STEP(OK), .output = NO, .complete = YES,
	  .mic = NO, .demands = NO, .claims = COMPLETED | ABSENT, COMPLETES },
	{ "their last token, and they go on with nothing", .states = S(LEGS), .events = E(STEPPED),
	  .steps = STEP(OK), .output = NO, .complete = YES, .mic = NO, .demands = NO,
	  .claims = INCOMPLETE | REQUEST | REJECT, DIES(OUT_OF_SEQUENCE) },
	{ "their last token without the MIC that the mechanism demands", .states = S(LEGS),
	  .events = E(STEPPED), .steps = STEP(OK), .output = NO, .complete = YES, .mic = NO,
	  .demands = YES, .claims = COMPLETED | ABSENT | REJECT, DIES(ALTERED) },
	{ "their last token without the MIC that SPNEGO needs", .states = S(LEGS_MIC),
	  .events = E(STEPPED), .steps = STEP(OK), .output = NO, .complete = YES, .mic = NO,
	  .claims = COMPLETED | ABSENT | REJECT, DIES(ALTERED) },
	{ "their last token, they go on, the mechanism demands a MIC: ours first", .states = S(LEGS),
	  .events = E(STEPPED), .steps = STEP(OK), .output = NO, .complete = YES, .mic = NO,
	  .demands = YES, .claims = INCOMPLETE | REQUEST, SENDS_MIC(INITIATOR_AWAIT_MIC) },
	{ "their last token, they go on, SPNEGO needs a MIC: ours first", .states = S(LEGS_MIC),
	  .events = E(STEPPED), .steps = STEP(OK), .output = NO, .complete = YES, .mic = NO,
	  .claims = INCOMPLETE | REQUEST, SENDS_MIC(INITIATOR_AWAIT_MIC) },

	/* --- their MIC was checked --------------------------------------------------------------- */
	{ "RFC 4178 5: a wrong MIC", .states = LEGS | AWAIT, .events = E(CHECKED), .mic_ok = NO,
	  DIES(ALTERED) },
	{ "a MIC does not complete a mechanism", .states = LEGS | S(AWAIT_END) | S(AWAIT_MIC),
	  .events = E(CHECKED), .mic_ok = YES, .complete = NO, DIES(OUT_OF_SEQUENCE) },
	{ "theirs is right and they are done without ours", .states = LEGS | S(AWAIT_END),
	  .events = E(CHECKED), .mic_ok = YES, .complete = YES, .claims = COMPLETED, COMPLETES },
	{ "RFC 4178 5 (b)(I): theirs is right and they go on: ours is the last message",
	  .states = LEGS | S(AWAIT_END), .events = E(CHECKED), .mic_ok = YES, .complete = YES,
	  .claims = INCOMPLETE, COMPLETES_WITH_MIC },
	{ "RFC 4178 4.2.2: likewise, and the mechanism says whether they go on",
	  .states = LEGS | S(AWAIT_END), .events = E(CHECKED), .mic_ok = YES, .complete = YES,
	  .claims = ABSENT, COMPLETES_WITH_MIC },
	{ "RFC 4178 5 (b)(I): likewise, request-mic in the first reply", .states = LEGS | S(AWAIT_END),
	  .events = E(CHECKED), .mic_ok = YES, .complete = YES, .claims = REQUEST, COMPLETES_WITH_MIC },
	{ "reject never gets here", .states = LEGS | S(AWAIT_END), .events = E(CHECKED), .mic_ok = YES,
	  .complete = YES, .claims = REJECT, DIES(OUT_OF_SEQUENCE) },
	{ "RFC 4178 5: both MICs are right", .states = S(AWAIT_MIC), .events = E(CHECKED),
	  .mic_ok = YES, .complete = YES, .claims = COMPLETED | ABSENT, COMPLETES },
	{ "both MICs are right, and they want another", .states = S(AWAIT_MIC), .events = E(CHECKED),
	  .mic_ok = YES, .complete = YES, .claims = INCOMPLETE | REQUEST | REJECT,
	  DIES(OUT_OF_SEQUENCE) },

	/* --- the end ----------------------------------------------------------------------------- */
	{ "a token after the mechanism's last", .states = AWAIT, .events = E(MESSAGE), .forms = F(RESP),
	  .claims = COMPLETED | INCOMPLETE | ABSENT, .choices = OWN, .token = YES,
	  DIES(OUT_OF_SEQUENCE) },
	{ "their MIC, awaited or not", .states = S(AWAIT_END) | S(AWAIT_MIC), .events = E(MESSAGE),
	  .forms = F(RESP), .claims = COMPLETED | INCOMPLETE | ABSENT, .choices = OWN, .token = NO,
	  .mic = YES, DOES(VERIFY_MIC, STAYS) },
	{ "an empty NegTokenResp", .states = AWAIT, .events = E(MESSAGE), .forms = F(RESP),
	  .claims = ABSENT, .choices = OWN, .token = NO, .mic = NO, DIES(OUT_OF_SEQUENCE) },
	{ "the mechanism is not complete, which does not happen", .states = AWAIT, .events = E(MESSAGE),
	  .forms = F(RESP), .claims = COMPLETED | INCOMPLETE, .choices = OWN, .token = NO, .mic = NO,
	  .complete = NO, DIES(OUT_OF_SEQUENCE) },
	{ "D9: accept-completed without the MIC that is needed", .states = S(AWAIT_MIC),
	  .events = E(MESSAGE), .forms = F(RESP), .claims = COMPLETED | INCOMPLETE, .choices = OWN,
	  .token = NO, .mic = NO, .complete = YES, DIES(ALTERED) },
	{ "accept-completed, no MIC needed", .states = S(AWAIT_END), .events = E(MESSAGE),
	  .forms = F(RESP), .claims = COMPLETED, .choices = OWN, .token = NO, .mic = NO,
	  .complete = YES, .demands = NO, COMPLETES },
	{ "accept-incomplete with nothing in it", .states = S(AWAIT_END), .events = E(MESSAGE),
	  .forms = F(RESP), .claims = INCOMPLETE, .choices = OWN, .token = NO, .mic = NO,
	  .complete = YES, .demands = NO, DIES(OUT_OF_SEQUENCE) },
	{ "a mechanism that demands a MIC late", .states = S(AWAIT_END), .events = E(MESSAGE),
	  .forms = F(RESP), .claims = COMPLETED | INCOMPLETE, .choices = OWN, .token = NO, .mic = NO,
	  .complete = YES, .demands = YES, DIES(ALTERED) },

	/* --- without SPNEGO ---------------------------------------------------------------------- */
	{ "the initiator begins", .states = S(BARE_START), .events = E(MESSAGE), .forms = F(NONE),
	  DOES(OFFER, INITIATOR_BARE_START) },
	{ "a reply to nothing", .states = S(BARE_START), .events = E(MESSAGE),
	  .forms = F(INIT) | F(RESP) | F(BARE) | F(MALFORMED), DIES(OUT_OF_SEQUENCE) },
	{ "the mechanism's token", .states = S(BARE), .events = E(MESSAGE), .forms = F(BARE),
	  DOES(STEP, INITIATOR_BARE) },
	{ "no reply at all", .states = S(BARE), .events = E(MESSAGE),
	  .forms = F(NONE) | F(INIT) | F(RESP) | F(MALFORMED), DIES(MALFORMED) },
	{ "the mechanism fails", .states = BARE, .events = E(STEPPED),
	  .steps = STEP(UNAVAILABLE) | STEP(FAILED), DIES_OF_MECH },
	{ "D4: never complete at the first call", .states = S(BARE_START), .events = E(STEPPED),
	  .steps = STEP(OK), .complete = YES, DIES(UNSUPPORTED) },
	{ "the mechanism goes on", .states = BARE, .events = E(STEPPED), .steps = STEP(OK),
	  .complete = NO, .output = YES, .next = INITIATOR_BARE, .action = ACTION_SEND,
	  .say = NEG_STATE_ABSENT },
	{ "the mechanism waits in silence", .states = BARE, .events = E(STEPPED), .steps = STEP(OK),
	  .complete = NO, .output = NO, DIES(OUT_OF_SEQUENCE) },
	{ "complete with its last token", .states = S(BARE), .events = E(STEPPED), .steps = STEP(OK),
	  .complete = YES, .output = YES, .next = SPNEGO_DONE, .action = ACTION_SEND_LAST,
	  .say = NEG_STATE_ABSENT },
	{ "complete with theirs", .states = S(BARE), .events = E(STEPPED), .steps = STEP(OK),
	  .complete = YES, .output = NO, COMPLETES },
};

static void test_every_state_and_combination_of_facts(void** state)
{
	(void)state;
	assert_true(decide_rows_hold(rows, sizeof(rows) / sizeof(rows[0]), spnego_decide_initiator));
}

static bool completes_rightly(void* data, enum spnego_state state, const struct spnego_facts* facts)
{
	const struct spnego_decision is = spnego_decide_initiator(state, facts);
	(void)data;
	if (is.next != SPNEGO_DONE)
		return true;
	if (!facts->complete || state == INITIATOR_START || state == INITIATOR_BARE_START)
		return false;
	if (state == INITIATOR_BARE)
		return facts->step == STEP_OK;
	/* A last message of ours is the answer to their MIC, says that we are complete, and is never
	 * sent to who is done or has rejected. */
	if (is.action == ACTION_SEND_LAST)
		return facts->event == EVENT_CHECKED && facts->mic_ok && is.say_mic &&
		       is.say == NEG_STATE_ACCEPT_COMPLETED && state != INITIATOR_AWAIT_MIC &&
		       facts->claim != NEG_STATE_ACCEPT_COMPLETED && facts->claim != NEG_STATE_REJECT;
	return (facts->claim == NEG_STATE_ACCEPT_COMPLETED || facts->claim == NEG_STATE_ABSENT) &&
	       is.action == ACTION_COMPLETE;
}

static void test_completion_needs_the_mechanism_and_the_peers_word(void** state)
{
	(void)state;
	assert_true(decide_visit_all(completes_rightly, NULL));
}

static bool mic_decides(void* data, enum spnego_state state, const struct spnego_facts* facts)
{
	const struct spnego_decision is = spnego_decide_initiator(state, facts);
	(void)data;
	if (is.next != SPNEGO_DONE || state == INITIATOR_BARE)
		return true;
	const bool verified = facts->event == EVENT_CHECKED && facts->mic_ok;
	const bool needed = facts->demands_mic || state == INITIATOR_LEGS_MIC ||
	                    state == INITIATOR_AWAIT_MIC || facts->mic ||
	                    (state == INITIATOR_FIRST && facts->claim == NEG_STATE_REQUEST_MIC);
	return verified || !needed;
}

static void test_completion_needs_a_verified_mic_where_one_is_needed_or_came(void** state)
{
	(void)state;
	assert_true(decide_visit_all(mic_decides, NULL));
}

static void test_every_failure_is_final_and_has_a_result(void** state)
{
	(void)state;
	assert_true(decide_failures_are_final(spnego_decide_initiator));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_state_and_combination_of_facts),
		cmocka_unit_test(test_completion_needs_the_mechanism_and_the_peers_word),
		cmocka_unit_test(test_completion_needs_a_verified_mic_where_one_is_needed_or_came),
		cmocka_unit_test(test_every_failure_is_final_and_has_a_result),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
