/* SPDX-License-Identifier: Apache-2.0
 *
 * What the acceptor must decide, in every state and for every combination of facts, written by
 * hand from RFC 4178, MS-SPNG and the design; and the properties that all of it must have.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "decide_rows.h"

#define S(x) VALUE(ACCEPTOR_##x)
#define E(x) VALUE(EVENT_##x)
#define F(x) VALUE(FORM_##x)
#define STEP(x) VALUE(STEP_##x)
#define BAD_STEP (STEP(UNAVAILABLE) | STEP(FAILED))

#define LEGS (S(LEGS) | S(LEGS_MIC))
#define STEPPING (S(FIRST) | LEGS)
#define FOREIGN                                                                                    \
	(VALUE(INITIATOR_START) | VALUE(INITIATOR_FIRST) | VALUE(INITIATOR_LEGS) |                     \
	 VALUE(INITIATOR_LEGS_MIC) | VALUE(INITIATOR_AWAIT_END) | VALUE(INITIATOR_AWAIT_MIC) |         \
	 VALUE(INITIATOR_BARE_START) | VALUE(INITIATOR_BARE))

#define REJECT VALUE(NEG_STATE_REJECT)
#define COMPLETED VALUE(NEG_STATE_ACCEPT_COMPLETED)
#define INCOMPLETE VALUE(NEG_STATE_ACCEPT_INCOMPLETE)
#define REQUEST VALUE(NEG_STATE_REQUEST_MIC)
#define ABSENT VALUE(NEG_STATE_ABSENT)
/* Everything but reject: the client's negState never decides whether this is complete (D8). */
#define WHATEVER (COMPLETED | INCOMPLETE | REQUEST | ABSENT)

#define DIES(why) .next = SPNEGO_DEAD, .action = ACTION_FAIL, .result = RESULT_##why
#define DIES_OF_MECH .next = SPNEGO_DEAD, .action = ACTION_FAIL_MECH
#define DOES(what, then) .next = (then), .action = ACTION_##what
#define SENDS(what, then) .next = (then), .action = ACTION_SEND, .say = NEG_STATE_##what
#define COMPLETES .next = SPNEGO_DONE, .action = ACTION_SEND_LAST, .say = NEG_STATE_ACCEPT_COMPLETED
#define WITH_MECH .say_mech = true
#define WITH_MIC .say_mic = true

static const struct decide_row rows[] = {
	/* --- what never happens ------------------------------------------------------------------ */
	{ "nothing after completion or failure", .states = VALUE(SPNEGO_DONE) | VALUE(SPNEGO_DEAD),
	  DIES(OUT_OF_SEQUENCE) },
	{ "an initiator's state", .states = FOREIGN, DIES(INTERNAL) },
	{ "START: events that do not happen", .states = S(START),
	  .events = E(OPENED) | E(STEPPED) | E(CHECKED), DIES(INTERNAL) },
	{ "CHOOSING: events that do not happen", .states = S(CHOOSING),
	  .events = E(MESSAGE) | E(STEPPED) | E(CHECKED), DIES(INTERNAL) },
	{ "FIRST: events that do not happen", .states = S(FIRST), .events = E(MESSAGE) | E(OPENED),
	  DIES(INTERNAL) },
	{ "LEGS: events that do not happen", .states = LEGS, .events = E(OPENED), DIES(INTERNAL) },
	{ "AWAIT_MIC: events that do not happen", .states = S(AWAIT_MIC),
	  .events = E(OPENED) | E(STEPPED), DIES(INTERNAL) },
	{ "BARE: events that do not happen", .states = S(BARE), .events = E(CHECKED), DIES(INTERNAL) },

	/* --- the first token --------------------------------------------------------------------- */
	{ "RFC 4178 3.2 (b): NegTokenInit", .states = S(START), .events = E(MESSAGE), .forms = F(INIT),
	  DOES(CHOOSE, ACCEPTOR_CHOOSING) },
	{ "a mechanism's own token", .states = S(START), .events = E(MESSAGE), .forms = F(BARE),
	  DOES(OPEN_BARE, ACCEPTOR_BARE) },
	{ "an answer to nothing", .states = S(START), .events = E(MESSAGE), .forms = F(RESP),
	  DIES(OUT_OF_SEQUENCE) },
	{ "nothing, or nothing known", .states = S(START), .events = E(MESSAGE),
	  .forms = F(NONE) | F(MALFORMED), DIES(MALFORMED) },

	/* --- choosing ---------------------------------------------------------------------------- */
	{ "a mechanism breaks on opening", .states = S(CHOOSING), .events = E(OPENED),
	  .steps = STEP(FAILED), DIES_OF_MECH },
	{ "no credentials for it: the next of the list", .states = S(CHOOSING), .events = E(OPENED),
	  .steps = STEP(UNAVAILABLE),
	  .choices = VALUE(CHOICE_SAME) | VALUE(CHOICE_OTHER) | VALUE(CHOICE_UNKNOWN),
	  DOES(CHOOSE, ACCEPTOR_CHOOSING) },
	{ "no credentials for any", .states = S(CHOOSING), .events = E(OPENED),
	  .steps = STEP(UNAVAILABLE), .choices = VALUE(CHOICE_NONE), DIES_OF_MECH },
	{ "RFC 4178 3.2 (b): none of the list is known", .states = S(CHOOSING), .events = E(OPENED),
	  .steps = STEP(OK), .choices = VALUE(CHOICE_NONE), DIES(NO_COMMON_MECH) },
	{ "the peer's first, with its optimistic token", .states = S(CHOOSING), .events = E(OPENED),
	  .steps = STEP(OK), .choices = VALUE(CHOICE_SAME), .token = YES, DOES(STEP, ACCEPTOR_FIRST) },
	{ "the peer's first, without a token but with a MIC", .states = S(CHOOSING),
	  .events = E(OPENED), .steps = STEP(OK), .choices = VALUE(CHOICE_SAME), .token = NO,
	  .mic = YES, DIES(OUT_OF_SEQUENCE) },
	{ "RFC 4178 4.2.2: the peer's first, without a token", .states = S(CHOOSING),
	  .events = E(OPENED), .steps = STEP(OK), .choices = VALUE(CHOICE_SAME), .token = NO, .mic = NO,
	  SENDS(ACCEPT_INCOMPLETE, ACCEPTOR_LEGS), WITH_MECH },
	{ "RFC 4178 4.2.2, 5: another than the peer's first: request-mic, its token is not ours",
	  .states = S(CHOOSING), .events = E(OPENED), .steps = STEP(OK), .choices = VALUE(CHOICE_OTHER),
	  SENDS(REQUEST_MIC, ACCEPTOR_LEGS_MIC), WITH_MECH },
	{ "a choice that does not happen", .states = S(CHOOSING), .events = E(OPENED),
	  .steps = STEP(OK), .choices = VALUE(CHOICE_UNKNOWN), DIES(INTERNAL) },

	/* --- every later message ----------------------------------------------------------------- */
	{ "a second NegTokenInit", .states = LEGS | S(AWAIT_MIC), .events = E(MESSAGE),
	  .forms = F(INIT), DIES(OUT_OF_SEQUENCE) },
	{ "SPNEGO left half-way", .states = LEGS | S(AWAIT_MIC), .events = E(MESSAGE), .forms = F(BARE),
	  DIES(OUT_OF_SEQUENCE) },
	{ "nothing, or nothing that parses", .states = LEGS | S(AWAIT_MIC), .events = E(MESSAGE),
	  .forms = F(NONE) | F(MALFORMED), DIES(MALFORMED) },
	{ "RFC 4178 4.2.2: reject, at any time", .states = LEGS | S(AWAIT_MIC), .events = E(MESSAGE),
	  .forms = F(RESP), .claims = REJECT, DIES(REJECTED) },
	{ "D8: a token, whatever the client claims", .states = LEGS, .events = E(MESSAGE),
	  .forms = F(RESP), .claims = WHATEVER, .complete = NO, .token = YES, DOES(STEP, STAYS) },
	{ "CVE-2014-4344: an empty continuation", .states = LEGS, .events = E(MESSAGE),
	  .forms = F(RESP), .claims = WHATEVER, .complete = NO, .token = NO, DIES(OUT_OF_SEQUENCE) },
	{ "LEGS with a complete mechanism does not happen", .states = LEGS, .events = E(MESSAGE),
	  .forms = F(RESP), .claims = WHATEVER, .complete = YES, DIES(OUT_OF_SEQUENCE) },

	/* --- the mechanism was stepped ----------------------------------------------------------- */
	{ "a failure here never leads to another mechanism", .states = STEPPING, .events = E(STEPPED),
	  .steps = BAD_STEP, DIES_OF_MECH },
	{ "a mechanism that waits in silence", .states = STEPPING, .events = E(STEPPED),
	  .steps = STEP(OK), .complete = NO, .output = NO, DIES(OUT_OF_SEQUENCE) },
	{ "a MIC before the mechanism is complete", .states = STEPPING, .events = E(STEPPED),
	  .steps = STEP(OK), .complete = NO, .output = YES, .mic = YES, DIES(OUT_OF_SEQUENCE) },
	{ "RFC 4178 4.2.2: the first reply names the mechanism", .states = S(FIRST),
	  .events = E(STEPPED), .steps = STEP(OK), .complete = NO, .output = YES, .mic = NO,
	  SENDS(ACCEPT_INCOMPLETE, ACCEPTOR_LEGS), WITH_MECH },
	{ "later ones do not", .states = LEGS, .events = E(STEPPED), .steps = STEP(OK), .complete = NO,
	  .output = YES, .mic = NO, SENDS(ACCEPT_INCOMPLETE, STAYS) },
	{ "a MIC, needed or not, is checked", .states = STEPPING, .events = E(STEPPED),
	  .steps = STEP(OK), .complete = YES, .mic = YES, DOES(VERIFY_MIC, STAYS) },
	{ "RFC 4178 5: not the peer's first, and no MIC: ours, and theirs is awaited",
	  .states = S(LEGS_MIC), .events = E(STEPPED), .steps = STEP(OK), .complete = YES, .mic = NO,
	  SENDS(ACCEPT_INCOMPLETE, ACCEPTOR_AWAIT_MIC), WITH_MIC },
	{ "MS-SPNG: the mechanism demands one, and no MIC: likewise", .states = S(LEGS),
	  .events = E(STEPPED), .steps = STEP(OK), .complete = YES, .mic = NO, .demands = YES,
	  SENDS(ACCEPT_INCOMPLETE, ACCEPTOR_AWAIT_MIC), WITH_MIC },
	{ "likewise in the first reply", .states = S(FIRST), .events = E(STEPPED), .steps = STEP(OK),
	  .complete = YES, .mic = NO, .demands = YES, SENDS(ACCEPT_INCOMPLETE, ACCEPTOR_AWAIT_MIC),
	  WITH_MECH, WITH_MIC },
	{ "RFC 4178 5: no MIC needed and none came: complete, no unsolicited MIC", .states = S(LEGS),
	  .events = E(STEPPED), .steps = STEP(OK), .complete = YES, .mic = NO, .demands = NO,
	  .claims = WHATEVER, COMPLETES },
	{ "likewise in the first reply", .states = S(FIRST), .events = E(STEPPED), .steps = STEP(OK),
	  .complete = YES, .mic = NO, .demands = NO, .claims = WHATEVER, COMPLETES, WITH_MECH },
	{ "reject never gets here", .states = S(LEGS) | S(FIRST), .events = E(STEPPED),
	  .steps = STEP(OK), .complete = YES, .mic = NO, .demands = NO, .claims = REJECT,
	  DIES(REJECTED) },

	/* --- their MIC was checked --------------------------------------------------------------- */
	{ "RFC 4178 5: a wrong MIC", .states = STEPPING | S(AWAIT_MIC), .events = E(CHECKED),
	  .mic_ok = NO, DIES(ALTERED) },
	{ "a MIC does not complete a mechanism", .states = STEPPING | S(AWAIT_MIC),
	  .events = E(CHECKED), .mic_ok = YES, .complete = NO, DIES(OUT_OF_SEQUENCE) },
	{ "reject never gets here", .states = STEPPING | S(AWAIT_MIC), .events = E(CHECKED),
	  .mic_ok = YES, .complete = YES, .claims = REJECT, DIES(REJECTED) },
	{ "RFC 4178 5: theirs is right: ours, and complete", .states = LEGS, .events = E(CHECKED),
	  .mic_ok = YES, .complete = YES, .claims = WHATEVER, COMPLETES, WITH_MIC },
	{ "likewise in the first reply", .states = S(FIRST), .events = E(CHECKED), .mic_ok = YES,
	  .complete = YES, .claims = WHATEVER, COMPLETES, WITH_MIC, WITH_MECH },
	{ "RFC 4178 5 (b)(I): theirs is right, ours went before, and they are done: nothing is owed",
	  .states = S(AWAIT_MIC), .events = E(CHECKED), .mic_ok = YES, .complete = YES,
	  .claims = COMPLETED, .next = SPNEGO_DONE, .action = ACTION_COMPLETE },
	{ "RFC 4178 5: likewise, and they wait for our word", .states = S(AWAIT_MIC),
	  .events = E(CHECKED), .mic_ok = YES, .complete = YES, .claims = INCOMPLETE, COMPLETES },
	{ "RFC 4178 4.2.2: likewise, and an absent negState counts as accept-incomplete",
	  .states = S(AWAIT_MIC), .events = E(CHECKED), .mic_ok = YES, .complete = YES,
	  .claims = ABSENT, COMPLETES },
	{ "likewise request-mic, which says that they go on", .states = S(AWAIT_MIC),
	  .events = E(CHECKED), .mic_ok = YES, .complete = YES, .claims = REQUEST, COMPLETES },

	/* --- only their MIC is missing ----------------------------------------------------------- */
	{ "a token after the mechanism's last", .states = S(AWAIT_MIC), .events = E(MESSAGE),
	  .forms = F(RESP), .claims = WHATEVER, .token = YES, DIES(OUT_OF_SEQUENCE) },
	{ "their MIC at last", .states = S(AWAIT_MIC), .events = E(MESSAGE), .forms = F(RESP),
	  .claims = WHATEVER, .token = NO, .mic = YES, DOES(VERIFY_MIC, STAYS) },
	{ "accept-completed claimed instead of a MIC", .states = S(AWAIT_MIC), .events = E(MESSAGE),
	  .forms = F(RESP), .claims = WHATEVER, .token = NO, .mic = NO, .complete = YES,
	  DIES(ALTERED) },
	{ "AWAIT_MIC with a mechanism that is not complete does not happen", .states = S(AWAIT_MIC),
	  .events = E(MESSAGE), .forms = F(RESP), .claims = WHATEVER, .token = NO, .mic = NO,
	  .complete = NO, DIES(OUT_OF_SEQUENCE) },

	/* --- without SPNEGO ---------------------------------------------------------------------- */
	{ "the mechanism's token", .states = S(BARE), .events = E(MESSAGE), .forms = F(BARE),
	  DOES(STEP, ACCEPTOR_BARE) },
	{ "nothing", .states = S(BARE), .events = E(MESSAGE),
	  .forms = F(NONE) | F(INIT) | F(RESP) | F(MALFORMED), DIES(MALFORMED) },
	{ "the mechanism is there", .states = S(BARE), .events = E(OPENED), .steps = STEP(OK),
	  DOES(STEP, ACCEPTOR_BARE) },
	{ "the mechanism is not there", .states = S(BARE), .events = E(OPENED), .steps = BAD_STEP,
	  DIES_OF_MECH },
	{ "the mechanism fails", .states = S(BARE), .events = E(STEPPED), .steps = BAD_STEP,
	  DIES_OF_MECH },
	{ "the mechanism goes on", .states = S(BARE), .events = E(STEPPED), .steps = STEP(OK),
	  .complete = NO, .output = YES, SENDS(ABSENT, ACCEPTOR_BARE) },
	{ "the mechanism waits in silence", .states = S(BARE), .events = E(STEPPED), .steps = STEP(OK),
	  .complete = NO, .output = NO, DIES(OUT_OF_SEQUENCE) },
	{ "complete with its last token", .states = S(BARE), .events = E(STEPPED), .steps = STEP(OK),
	  .complete = YES, .output = YES, .next = SPNEGO_DONE, .action = ACTION_SEND_LAST,
	  .say = NEG_STATE_ABSENT },
	{ "bare NTLM ends with nothing to send", .states = S(BARE), .events = E(STEPPED),
	  .steps = STEP(OK), .complete = YES, .output = NO, .next = SPNEGO_DONE,
	  .action = ACTION_COMPLETE },
};

static void test_every_state_and_combination_of_facts(void** state)
{
	(void)state;
	assert_true(decide_rows_hold(rows, sizeof(rows) / sizeof(rows[0]), spnego_decide_acceptor));
}

static bool completes_rightly(void* data, enum spnego_state state, const struct spnego_facts* facts)
{
	const struct spnego_decision is = spnego_decide_acceptor(state, facts);
	(void)data;
	if (is.next != SPNEGO_DONE)
		return true;
	const bool verified = facts->event == EVENT_CHECKED && facts->mic_ok;
	const bool needed = facts->demands_mic || facts->mic || state == ACCEPTOR_LEGS_MIC ||
	                    state == ACCEPTOR_AWAIT_MIC;
	return facts->complete && (state == ACCEPTOR_BARE || verified || !needed);
}

static void test_completion_needs_the_mechanism_and_the_mic(void** state)
{
	(void)state;
	assert_true(decide_visit_all(completes_rightly, NULL));
}

static bool claim_completes_nothing(void* data, enum spnego_state state,
                                    const struct spnego_facts* facts)
{
	const struct spnego_decision is = spnego_decide_acceptor(state, facts);
	(void)data;
	if (facts->claim == NEG_STATE_REJECT)
		return is.next != SPNEGO_DONE || state == ACCEPTOR_BARE;
	struct spnego_facts other = *facts;
	other.claim = NEG_STATE_ACCEPT_COMPLETED;
	const struct spnego_decision same = spnego_decide_acceptor(state, &other);
	if (is.next != same.next || is.result != same.result)
		return false;
	/* Whether a last token is owed, when the MIC that was awaited has come. */
	if (state == ACCEPTOR_AWAIT_MIC && is.next == SPNEGO_DONE)
		return is.action ==
		       (facts->claim == NEG_STATE_ACCEPT_COMPLETED ? ACTION_COMPLETE : ACTION_SEND_LAST);
	return is.action == same.action && is.say == same.say && is.say_mech == same.say_mech &&
	       is.say_mic == same.say_mic;
}

static void test_the_clients_neg_state_never_decides_whether_it_is_complete(void** state)
{
	(void)state;
	assert_true(decide_visit_all(claim_completes_nothing, NULL));
}

static bool choice_is_final(void* data, enum spnego_state state, const struct spnego_facts* facts)
{
	const struct spnego_decision is = spnego_decide_acceptor(state, facts);
	(void)data;
	return is.action != ACTION_CHOOSE || state == ACCEPTOR_START ||
	       (state == ACCEPTOR_CHOOSING && facts->event == EVENT_OPENED &&
	        facts->step == STEP_UNAVAILABLE);
}

static void test_a_mechanism_that_was_opened_is_never_left_for_another(void** state)
{
	(void)state;
	assert_true(decide_visit_all(choice_is_final, NULL));
}

static void test_every_failure_is_final_and_has_a_result(void** state)
{
	(void)state;
	assert_true(decide_failures_are_final(spnego_decide_acceptor));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_state_and_combination_of_facts),
		cmocka_unit_test(test_completion_needs_the_mechanism_and_the_mic),
		cmocka_unit_test(test_the_clients_neg_state_never_decides_whether_it_is_complete),
		cmocka_unit_test(test_a_mechanism_that_was_opened_is_never_left_for_another),
		cmocka_unit_test(test_every_failure_is_final_and_has_a_result),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
