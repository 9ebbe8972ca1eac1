/* SPDX-License-Identifier: Apache-2.0
 *
 * SPNEGO's two decisions over everything that they can be asked, and over whole exchanges of both
 * ends.
 *
 * One by one: what holds of each (support/spnego_judge.h), for every state and every combination of
 * facts; and that an end which goes on has sent its peer something, so that nobody waits in
 * silence.
 *
 * Both ends: a mechanism that takes any number of tokens, the client's first or another, with a
 * mechListMIC that it demands or not, at an acceptor that takes the optimistic token or is sent
 * none of it. Nobody touches the messages: then both ends complete, they agree on the mechanism,
 * and a MIC that either needed was verified by both.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "spnego_judge.h"

#define TOKENS_MOST 6u
#define STEPS_MOST 8u    /* decisions of one leg */
#define MESSAGES_MOST 12 /* of one exchange */

/* --- every question ----------------------------------------------------------------------------
 */

typedef void asked(bool acceptor, enum spnego_state state, const struct spnego_facts* facts,
                   const struct spnego_decision* decision);

static struct spnego_facts facts_of(unsigned number)
{
	struct spnego_facts facts;
	memset(&facts, 0, sizeof(facts));
	facts.event = (enum spnego_event)(number % SPNEGO_EVENT_COUNT);
	number /= SPNEGO_EVENT_COUNT;
	facts.form = (enum spnego_form)(number % SPNEGO_FORM_COUNT);
	number /= SPNEGO_FORM_COUNT;
	facts.claim = (enum neg_state)(number % (NEG_STATE_ABSENT + 1));
	number /= NEG_STATE_ABSENT + 1;
	facts.choice = (enum spnego_choice)(number % SPNEGO_CHOICE_COUNT);
	number /= SPNEGO_CHOICE_COUNT;
	facts.step = (enum spnego_step)(number % SPNEGO_STEP_COUNT);
	number /= SPNEGO_STEP_COUNT;
	facts.token = number & 1;
	facts.mic = number & 2;
	facts.complete = number & 4;
	facts.output = number & 8;
	facts.demands_mic = number & 16;
	facts.mic_ok = number & 32;
	return facts;
}

/* Returns how many questions there are. */
static unsigned ask_all(asked* judge)
{
	const unsigned count = SPNEGO_EVENT_COUNT * SPNEGO_FORM_COUNT * (NEG_STATE_ABSENT + 1) *
	                       SPNEGO_CHOICE_COUNT * SPNEGO_STEP_COUNT * 64u;
	for (unsigned number = 0; number < count; number++)
	{
		const struct spnego_facts facts = facts_of(number);
		for (int state = 0; state < SPNEGO_STATE_COUNT; state++)
		{
			const struct spnego_decision ours =
			    spnego_decide_initiator((enum spnego_state)state, &facts);
			const struct spnego_decision theirs =
			    spnego_decide_acceptor((enum spnego_state)state, &facts);
			judge(false, (enum spnego_state)state, &facts, &ours);
			judge(true, (enum spnego_state)state, &facts, &theirs);
		}
	}
	return count * 2u * SPNEGO_STATE_COUNT;
}

static void judge_rules(bool acceptor, enum spnego_state state, const struct spnego_facts* facts,
                        const struct spnego_decision* decision)
{
	const char* const fault = spnego_decision_fault(acceptor, state, facts, decision);
	if (fault)
		fail_msg("%s, state %d: %s", acceptor ? "acceptor" : "initiator", (int)state, fault);
}

static void test_every_decision_keeps_the_rules(void** state)
{
	(void)state;
	print_message("%u decisions judged\n", ask_all(judge_rules));
}

static bool is_within(enum spnego_action action)
{
	return action == ACTION_OFFER || action == ACTION_SWITCH || action == ACTION_CHOOSE ||
	       action == ACTION_OPEN_BARE || action == ACTION_STEP || action == ACTION_VERIFY_MIC;
}

/* A leg ends with a message to the peer, or with the end of the exchange; and what goes on within
 * it comes nearer to that: an event later in EVENT_MESSAGE, OPENED, STEPPED, CHECKED, or one more
 * of a list that ends. */
static void judge_progress(bool acceptor, enum spnego_state state, const struct spnego_facts* facts,
                           const struct spnego_decision* decision)
{
	static const enum spnego_event then[SPNEGO_ACTION_COUNT] = {
		[ACTION_OFFER] = EVENT_STEPPED, [ACTION_SWITCH] = EVENT_STEPPED,
		[ACTION_CHOOSE] = EVENT_OPENED, [ACTION_OPEN_BARE] = EVENT_OPENED,
		[ACTION_STEP] = EVENT_STEPPED,  [ACTION_VERIFY_MIC] = EVENT_CHECKED
	};
	const bool waits = decision->next != SPNEGO_DONE && decision->next != SPNEGO_DEAD;
	(void)acceptor;
	(void)state;
	if (!is_within(decision->action))
	{
		assert_true(!waits || decision->action == ACTION_SEND ||
		            decision->action == ACTION_SEND_INIT);
		return;
	}
	const bool next_of_a_list =
	    facts->step == STEP_UNAVAILABLE &&
	    (decision->action == ACTION_OFFER || decision->action == ACTION_CHOOSE);
	assert_true(then[decision->action] > facts->event || next_of_a_list);
}

static void test_nobody_waits_without_having_said_something(void** state)
{
	(void)state;
	ask_all(judge_progress);
}

/* States that can be come to, and whether a mechListMIC is owed there: another mechanism than the
 * client's first was taken, or the server asked for one (RFC 4178 5). */
static bool reached[SPNEGO_STATE_COUNT][2];
static bool grown;

static bool owes_from_now(bool acceptor, enum spnego_state state, const struct spnego_facts* facts,
                          const struct spnego_decision* decision)
{
	if (acceptor)
		return decision->next == ACCEPTOR_AWAIT_MIC ||
		       (state == ACCEPTOR_CHOOSING && decision->action == ACTION_SEND &&
		        facts->choice == CHOICE_OTHER);
	return decision->action == ACTION_SWITCH || decision->next == INITIATOR_AWAIT_MIC ||
	       (state == INITIATOR_FIRST && facts->claim == NEG_STATE_REQUEST_MIC);
}

static void judge_owed(bool acceptor, enum spnego_state state, const struct spnego_facts* facts,
                       const struct spnego_decision* decision)
{
	const bool verified = facts->event == EVENT_CHECKED && facts->mic_ok;
	for (int owed = 0; owed < 2; owed++)
	{
		if (!reached[state][owed] || decision->next == SPNEGO_DEAD)
			continue;
		const bool owes = owed || owes_from_now(acceptor, state, facts, decision);
		if (decision->next == SPNEGO_DONE && owes && !verified)
			fail_msg("%s, state %d: complete, and the mechListMIC is owed",
			         acceptor ? "acceptor" : "initiator", (int)state);
		grown = grown || !reached[decision->next][owes];
		reached[decision->next][owes] = true;
	}
}

static void test_who_is_owed_a_mic_is_never_complete_without(void** state)
{
	(void)state;
	reached[INITIATOR_START][0] = true;
	reached[ACCEPTOR_START][0] = true;
	do
	{
		grown = false;
		ask_all(judge_owed);
	} while (grown);
	/* Nothing is left out, and who owes it stays where it is owed. */
	for (int each = INITIATOR_START; each <= SPNEGO_DONE; each++)
	{
		const bool bare_client = each == INITIATOR_BARE_START || each == INITIATOR_BARE;
		assert_int_equal(reached[each][0] || reached[each][1], !bare_client);
	}
}

/* --- both ends ---------------------------------------------------------------------------------
 */

struct scenario
{
	unsigned tokens; /* of the mechanism, one after the other, the initiator's first */
	bool other;      /* the acceptor has only the second of the list */
	bool demands;    /* the mechanism demands the mechListMIC once it is complete */
};

struct message
{
	enum spnego_form form;
	enum neg_state claim;
	enum spnego_choice choice;
	unsigned token; /* its number, from 1; 0: none */
	bool mic;
};

struct side
{
	bool acceptor;
	enum spnego_state state;
	bool second;     /* the mechanism in use is the second of the list */
	unsigned taken;  /* tokens of it that were made or taken */
	unsigned output; /* the token that was made and not sent */
	bool complete;
	bool verified;
};

static void side_make(struct side* side, const struct scenario* scenario,
                      struct spnego_facts* facts)
{
	const bool mine = (side->taken % 2 == 0) != side->acceptor;
	if (mine && side->taken < scenario->tokens)
		side->output = ++side->taken;
	side->complete = side->taken == scenario->tokens;
	facts->event = EVENT_STEPPED;
	facts->step = STEP_OK;
	facts->complete = side->complete;
	facts->output = side->output != 0;
	facts->demands_mic = side->complete && scenario->demands;
}

/* Does what was decided. */
static void side_act(struct side* side, const struct scenario* scenario,
                     const struct message* message, enum spnego_action action,
                     struct spnego_facts* facts)
{
	switch (action)
	{
		case ACTION_OFFER:
		case ACTION_SWITCH:
			side->second = action == ACTION_SWITCH;
			side->taken = 0;
			side->output = 0;
			side_make(side, scenario, facts);
			break;
		case ACTION_CHOOSE:
			side->second = scenario->other;
			facts->event = EVENT_OPENED;
			facts->step = STEP_OK;
			facts->choice = scenario->other ? CHOICE_OTHER : CHOICE_SAME;
			break;
		case ACTION_STEP:
			assert_int_equal(message->token, side->taken + 1); /* the peer sent the next one */
			side->taken = message->token;
			side_make(side, scenario, facts);
			break;
		case ACTION_VERIFY_MIC:
			side->verified = true;
			facts->event = EVENT_CHECKED;
			facts->mic_ok = true;
			break;
		default:
			fail_msg("action %d", (int)action);
	}
}

/* One leg; false where there is no answer. */
static bool side_leg(struct side* side, const struct scenario* scenario,
                     const struct message* message, struct message* answer)
{
	struct spnego_facts facts = { .event = EVENT_MESSAGE,
		                          .form = message->form,
		                          .claim = message->claim,
		                          .choice = message->choice,
		                          .token = message->token != 0,
		                          .mic = message->mic,
		                          .complete = side->complete,
		                          .demands_mic = side->complete && scenario->demands };
	for (unsigned step = 0; step < STEPS_MOST; step++)
	{
		const struct spnego_decision decision = side->acceptor
		                                            ? spnego_decide_acceptor(side->state, &facts)
		                                            : spnego_decide_initiator(side->state, &facts);
		if (decision.next == SPNEGO_DEAD)
			fail_msg("%u tokens%s%s: the %s fails: %s", scenario->tokens,
			         scenario->other ? ", another mechanism" : "",
			         scenario->demands ? ", which demands the MIC" : "",
			         side->acceptor ? "acceptor" : "initiator",
			         decision.reason ? decision.reason : "the mechanism's own");
		side->state = decision.next;
		if (is_within(decision.action))
		{
			side_act(side, scenario, message, decision.action, &facts);
			continue;
		}
		*answer =
		    (struct message){ .form = decision.action == ACTION_SEND_INIT ? FORM_INIT : FORM_RESP,
			                  .claim = decision.action == ACTION_SEND_INIT ? NEG_STATE_ABSENT
			                                                               : decision.say,
			                  .choice = !decision.say_mech ? CHOICE_NONE
			                            : side->second     ? CHOICE_OTHER
			                                               : CHOICE_SAME,
			                  .token = side->output,
			                  .mic = decision.say_mic };
		side->output = 0;
		return decision.action != ACTION_COMPLETE;
	}
	fail_msg("a leg without an end");
	return false;
}

static void run(const struct scenario* scenario)
{
	struct side sides[] = { { .acceptor = false, .state = INITIATOR_START },
		                    { .acceptor = true, .state = ACCEPTOR_START } };
	struct message message = { .form = FORM_NONE, .claim = NEG_STATE_ABSENT };
	int turn = 0;
	bool goes_on = true;
	for (int sent = 0; goes_on && sent < MESSAGES_MOST; sent++, turn = 1 - turn)
	{
		const struct message received = message;
		if (sides[turn].state == SPNEGO_DONE)
			fail_msg("a message for who is done");
		goes_on = side_leg(&sides[turn], scenario, &received, &message);
	}
	assert_false(goes_on && sides[turn].state == SPNEGO_DONE);
	for (int i = 0; i < 2; i++)
	{
		assert_int_equal(sides[i].state, SPNEGO_DONE);
		assert_true(sides[i].complete);
		assert_int_equal(sides[i].taken, scenario->tokens);
		assert_int_equal(sides[i].second, scenario->other);
		if (scenario->other || scenario->demands)
			assert_true(sides[i].verified);
	}
}

static void test_untouched_exchanges_complete_at_both_ends(void** state)
{
	(void)state;
	for (unsigned number = 0; number < TOKENS_MOST * 4; number++)
	{
		const struct scenario scenario = { .tokens = 1 + number / 4,
			                               .other = number & 1,
			                               .demands = number & 2 };
		run(&scenario);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_decision_keeps_the_rules),
		cmocka_unit_test(test_nobody_waits_without_having_said_something),
		cmocka_unit_test(test_who_is_owed_a_mic_is_never_complete_without),
		cmocka_unit_test(test_untouched_exchanges_complete_at_both_ends),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
