/* SPDX-License-Identifier: Apache-2.0
 *
 * docs/spnego-states.md: what SPNEGO decides, found out by asking the two functions of
 * spnego/decide.h for every state, event and combination of facts. With a file's name this program
 * writes the page; without, it tests that the page is in step, and that its branches leave nothing
 * out that a decision depends on.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "spnego_names.h"
#include "tree.h"

enum fact /* in the order in which they are asked for */
{
	FACT_FORM,
	FACT_CLAIM,
	FACT_CHOICE,
	FACT_TOKEN,
	FACT_MIC,
	FACT_MIC_OK,
	FACT_STEP,
	FACT_COMPLETE,
	FACT_OUTPUT,
	FACT_DEMANDS_MIC,
	FACT_COUNT
};

struct question /* in one of the roles */
{
	bool acceptor;
	enum spnego_state state;
	enum spnego_event event;
};

static const char* form_name(unsigned value)
{
	return spnego_form_name((enum spnego_form)value);
}

static const char* claim_name(unsigned value)
{
	return neg_state_name((enum neg_state)value);
}

static const char* choice_name(unsigned value)
{
	return spnego_choice_name((enum spnego_choice)value);
}

static const char* step_name(unsigned value)
{
	return spnego_step_name((enum spnego_step)value);
}

static const struct tree_fact facts[FACT_COUNT] = {
	[FACT_FORM] = { "message", SPNEGO_FORM_COUNT, form_name,
	                "what came; *bare* is a mechanism's token without SPNEGO around it" },
	[FACT_CLAIM] = { "negState", NEG_STATE_ABSENT + 1, claim_name, "the negState in it" },
	[FACT_CHOICE] = { "choice", SPNEGO_CHOICE_COUNT, choice_name,
	                  "initiator: what supportedMech names (none: it is absent; same: the "
	                  "mechanism in use; other: another one that was listed). Acceptor: which of "
	                  "the peer's list was opened (same: its first; other: a later one; none: the "
	                  "list is at its end)" },
	[FACT_TOKEN] = { "token", 2, tree_yes_name, "it holds a token for the mechanism" },
	[FACT_MIC] = { "MIC", 2, tree_yes_name,
	               "it holds a mechListMIC (a copy of the token is none)" },
	[FACT_MIC_OK] = { "MIC right", 2, tree_yes_name, "what VERIFY_MIC came to" },
	[FACT_STEP] = { "step", SPNEGO_STEP_COUNT, step_name,
	                "how the mechanism's last open or step went" },
	[FACT_COMPLETE] = { "complete", 2, tree_yes_name, "the mechanism is complete for its side" },
	[FACT_OUTPUT] = { "output", 2, tree_yes_name, "the mechanism has a token to be sent" },
	[FACT_DEMANDS_MIC] = { "MIC demanded", 2, tree_yes_name,
	                       "the mechanism demands the MIC exchange, as NTLM does whose "
	                       "AUTHENTICATE carries a MIC" },
};

/* --- asking ----------------------------------------------------------------------------------- */

static struct spnego_decision question_ask(const struct question* question,
                                           const struct tree_point* point)
{
	const unsigned* const value = point->value;
	const struct spnego_facts asked = { .event = question->event,
		                                .form = (enum spnego_form)value[FACT_FORM],
		                                .claim = (enum neg_state)value[FACT_CLAIM],
		                                .choice = (enum spnego_choice)value[FACT_CHOICE],
		                                .token = value[FACT_TOKEN],
		                                .mic = value[FACT_MIC],
		                                .mic_ok = value[FACT_MIC_OK],
		                                .step = (enum spnego_step)value[FACT_STEP],
		                                .complete = value[FACT_COMPLETE],
		                                .output = value[FACT_OUTPUT],
		                                .demands_mic = value[FACT_DEMANDS_MIC] };

	return question->acceptor ? spnego_decide_acceptor(question->state, &asked)
	                          : spnego_decide_initiator(question->state, &asked);
}

static bool decision_equal(const struct spnego_decision* a, const struct spnego_decision* b)
{
	const bool reasons =
	    a->reason && b->reason ? strcmp(a->reason, b->reason) == 0 : a->reason == b->reason;

	return reasons && a->next == b->next && a->action == b->action && a->say == b->say &&
	       a->say_mech == b->say_mech && a->say_mic == b->say_mic && a->result == b->result;
}

static bool same(const void* question, const struct tree_point* a, const struct tree_point* b)
{
	const struct spnego_decision of_a = question_ask(question, a);
	const struct spnego_decision of_b = question_ask(question, b);

	return decision_equal(&of_a, &of_b);
}

/* --- writing ---------------------------------------------------------------------------------- */

static const char* short_name(enum spnego_state state)
{
	const char* const name = spnego_state_name(state);
	const char* const role = strncmp(name, "INITIATOR_", 10) == 0 ? "INITIATOR_" : "ACCEPTOR_";

	return strncmp(name, role, strlen(role)) == 0 ? name + strlen(role) : name;
}

static void write_action(FILE* out, const struct spnego_decision* decision)
{
	fputs(spnego_action_name(decision->action), out);
	if (decision->say != NEG_STATE_ABSENT)
		fprintf(out, " %s", neg_state_name(decision->say));
	if (decision->say_mech)
		fputs(" + supportedMech", out);
	if (decision->say_mic)
		fputs(" + mechListMIC", out);
}

static void write_leaf(FILE* out, const void* question, const struct tree_point* point)
{
	const struct spnego_decision made = question_ask(question, point);
	const struct spnego_decision* const decision = &made;

	if (decision->action == ACTION_FAIL)
		fprintf(out, " fails with %s: \"%s\"\n", result_name(decision->result), decision->reason);
	else if (decision->action == ACTION_FAIL_MECH)
		fputs(" fails with the mechanism's own result and reason\n", out);
	else
	{
		fputs(" **", out);
		write_action(out, decision);
		fprintf(out, "**, next %s\n", short_name(decision->next));
	}
}

static const struct tree tree = { facts, FACT_COUNT, same, write_leaf };

/* Whether the event can happen in the state at all: else everything fails as a defect of our own.
 */
static bool question_arises(const struct tree_asked* asked)
{
	const struct tree_point zero = { { 0 } };

	return question_ask(asked->question, &zero).result != RESULT_INTERNAL || tree_branches(asked);
}

static void write_role(FILE* out, bool acceptor, enum spnego_state first, enum spnego_state last)
{
	fprintf(out, "\n## %s\n", acceptor ? "Acceptor" : "Initiator");
	for (unsigned state = first; state <= (unsigned)last; state++)
	{
		fprintf(out, "\n### %s\n", short_name((enum spnego_state)state));
		for (unsigned event = 0; event < SPNEGO_EVENT_COUNT; event++)
		{
			const struct question question = { acceptor, (enum spnego_state)state,
				                               (enum spnego_event)event };
			struct tree_asked asked = tree_ask(&tree, &question);

			if (question_arises(&asked))
			{
				fprintf(out, "\n*%s*:", spnego_event_name((enum spnego_event)event));
				tree_write(out, &asked);
			}
			tree_free(&asked);
		}
	}
}

static bool states_page_write(FILE* out)
{
	fputs("# What SPNEGO decides\n\n"
	      "Written by tests/diagram, which asks the two functions of module/spnego/decide.h for "
	      "every state, event and combination\nof facts: not edited by hand. `cmake --build "
	      "<build folder> --target docs` writes it anew, and a test fails while it\ndiffers from "
	      "what the functions say.\n\n"
	      "The events: a **message** came (or the initiator was called for the first time); a "
	      "mechanism was **opened**, or tried; it\nwas **stepped**; the peer's mechListMIC was "
	      "**checked**. SEND_INIT, SEND, SEND_LAST and COMPLETE end a leg; after any\nother action "
	      "the function is asked again, with the event that came of it. Facts on which nothing "
	      "depends are not named.\nWhat fails ends in DEAD; DONE and DEAD take nothing more.\n\n",
	      out);
	tree_write_facts(out, &tree);
	write_role(out, false, INITIATOR_START, INITIATOR_BARE);
	write_role(out, true, ACCEPTOR_START, ACCEPTOR_BARE);
	return ferror(out) == 0;
}

/* --- tests ------------------------------------------------------------------------------------ */

static void test_page_of_the_states_is_in_step_with_the_decisions(void** state)
{
	(void)state;
	tree_page_is_in_step(STATES_PAGE, states_page_write);
}

static void test_branches_lead_to_what_is_decided(void** state)
{
	unsigned actions = 0;
	(void)state;
	for (unsigned s = 0; s < SPNEGO_STATE_COUNT; s++)
	{
		for (unsigned event = 0; event < SPNEGO_EVENT_COUNT; event++)
		{
			const struct question question = { s >= ACCEPTOR_START, (enum spnego_state)s,
				                               (enum spnego_event)event };
			struct tree_asked asked = tree_ask(&tree, &question);
			struct tree_point point = { { 0 } };

			tree_branches_hold(&asked);
			tree_free(&asked);
			do
				actions |= 1U << question_ask(&question, &point).action;
			while (tree_point_next(&tree, &point));
		}
	}
	assert_int_equal(actions, (1U << SPNEGO_ACTION_COUNT) - 1);
}

int main(int argc, char** argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_page_of_the_states_is_in_step_with_the_decisions),
		cmocka_unit_test(test_branches_lead_to_what_is_decided),
	};

	if (argc == 2)
		return tree_page_write(argv[1], states_page_write);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
