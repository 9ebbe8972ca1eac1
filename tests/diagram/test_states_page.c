/* SPDX-License-Identifier: Apache-2.0
 *
 * docs/spnego-states.md: what SPNEGO decides, found out by asking the two functions of
 * spnego/decide.h for every state, event and combination of facts. With a file's name this program
 * writes the page; without, it tests that the page is in step, and that its branches leave nothing
 * out that a decision depends on.
 *
 * Decisions are trees: a question is asked fact by fact, a fact on which nothing depends any more
 * is left out, and values that lead to the same share a branch.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "spnego_names.h"

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

struct point /* one combination of facts */
{
	unsigned value[FACT_COUNT];
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

static const char* yes_name(unsigned value)
{
	return value ? "yes" : "no";
}

static const struct fact_row
{
	const char* label;
	unsigned size;
	const char* (*name)(unsigned value);
	const char* meaning;
} fact_rows[FACT_COUNT] = {
	[FACT_FORM] = { "message", SPNEGO_FORM_COUNT, form_name,
	                "what came; *bare* is a mechanism's token without SPNEGO around it" },
	[FACT_CLAIM] = { "negState", NEG_STATE_ABSENT + 1, claim_name, "the negState in it" },
	[FACT_CHOICE] = { "choice", SPNEGO_CHOICE_COUNT, choice_name,
	                  "initiator: what supportedMech names (none: it is absent; same: the "
	                  "mechanism in use; other: another one that was listed). Acceptor: which of "
	                  "the peer's list was opened (same: its first; other: a later one; none: the "
	                  "list is at its end)" },
	[FACT_TOKEN] = { "token", 2, yes_name, "it holds a token for the mechanism" },
	[FACT_MIC] = { "MIC", 2, yes_name, "it holds a mechListMIC (a copy of the token is none)" },
	[FACT_MIC_OK] = { "MIC right", 2, yes_name, "what VERIFY_MIC came to" },
	[FACT_STEP] = { "step", SPNEGO_STEP_COUNT, step_name,
	                "how the mechanism's last open or step went" },
	[FACT_COMPLETE] = { "complete", 2, yes_name, "the mechanism is complete for its side" },
	[FACT_OUTPUT] = { "output", 2, yes_name, "the mechanism has a token to be sent" },
	[FACT_DEMANDS_MIC] = { "MIC demanded", 2, yes_name,
	                       "the mechanism demands the MIC exchange, as NTLM does whose "
	                       "AUTHENTICATE carries a MIC" },
};

/* --- asking ----------------------------------------------------------------------------------- */

static struct spnego_decision question_ask(const struct question* question,
                                           const struct point* point)
{
	const unsigned* const value = point->value;
	const struct spnego_facts facts = { .event = question->event,
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

	return question->acceptor ? spnego_decide_acceptor(question->state, &facts)
	                          : spnego_decide_initiator(question->state, &facts);
}

static bool decision_equal(const struct spnego_decision* a, const struct spnego_decision* b)
{
	const bool reasons =
	    a->reason && b->reason ? strcmp(a->reason, b->reason) == 0 : a->reason == b->reason;

	return reasons && a->next == b->next && a->action == b->action && a->say == b->say &&
	       a->say_mech == b->say_mech && a->say_mic == b->say_mic && a->result == b->result;
}

/* Whether two points lead to the same whatever the facts from `from` on are. */
static bool same_from(const struct question* question, struct point a, struct point b,
                      unsigned from)
{
	if (from == FACT_COUNT)
	{
		const struct spnego_decision of_a = question_ask(question, &a);
		const struct spnego_decision of_b = question_ask(question, &b);

		return decision_equal(&of_a, &of_b);
	}
	for (unsigned value = 0; value < fact_rows[from].size; value++)
	{
		a.value[from] = b.value[from] = value;
		if (!same_from(question, a, b, from + 1))
			return false;
	}
	return true;
}

/* The first fact, from `from` on, on which the decision depends when those before have the point's
 * values; FACT_COUNT when it depends on none. */
static unsigned question_next_fact(const struct question* question, const struct point* point,
                                   unsigned from)
{
	for (unsigned fact = from; fact < FACT_COUNT; fact++)
	{
		struct point first = *point;
		struct point other = *point;

		first.value[fact] = 0;
		for (unsigned value = 1; value < fact_rows[fact].size; value++)
		{
			other.value[fact] = value;
			if (!same_from(question, first, other, fact + 1))
				return fact;
		}
	}
	return FACT_COUNT;
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

static void write_leaf(FILE* out, const struct spnego_decision* decision)
{
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

static void write_tree(FILE* out, const struct question* question, struct point point,
                       unsigned from, unsigned depth)
{
	const unsigned fact = question_next_fact(question, &point, from);
	unsigned told = 0; /* values that share a branch with one before them */

	if (fact == FACT_COUNT)
	{
		const struct spnego_decision decision = question_ask(question, &point);

		write_leaf(out, &decision);
		return;
	}
	fputs("\n", out);
	for (unsigned value = 0; value < fact_rows[fact].size; value++)
	{
		if (told >> value & 1U)
			continue;
		point.value[fact] = value;
		fprintf(out, "%*s- %s %s", (int)(2 * depth), "", fact_rows[fact].label,
		        fact_rows[fact].name(value));
		for (unsigned other = value + 1; other < fact_rows[fact].size; other++)
		{
			struct point like = point;

			like.value[fact] = other;
			if ((told >> other & 1U) || !same_from(question, point, like, fact + 1))
				continue;
			told |= 1U << other;
			fprintf(out, " or %s", fact_rows[fact].name(other));
		}
		fputs(":", out);
		write_tree(out, question, point, fact + 1, depth + 1);
	}
}

/* Whether the event can happen in the state at all: else everything fails as a defect of our own.
 */
static bool question_arises(const struct question* question)
{
	const struct point zero = { { 0 } };
	const struct spnego_decision decision = question_ask(question, &zero);

	return decision.result != RESULT_INTERNAL ||
	       question_next_fact(question, &zero, 0) != FACT_COUNT;
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
			const struct point zero = { { 0 } };

			if (!question_arises(&question))
				continue;
			fprintf(out, "\n*%s*:", spnego_event_name((enum spnego_event)event));
			write_tree(out, &question, zero, 0, 0);
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
	      "depends are not named.\nWhat fails ends in DEAD; DONE and DEAD take nothing more.\n\n"
	      "| fact | what it says |\n|---|---|\n",
	      out);
	for (unsigned fact = 0; fact < FACT_COUNT; fact++)
		fprintf(out, "| %s | %s |\n", fact_rows[fact].label, fact_rows[fact].meaning);
	write_role(out, false, INITIATOR_START, INITIATOR_BARE);
	write_role(out, true, ACCEPTOR_START, ACCEPTOR_BARE);
	return ferror(out) == 0;
}

/* --- tests ------------------------------------------------------------------------------------ */

static void test_page_of_the_states_is_in_step_with_the_decisions(void** state)
{
	char* drawn = NULL;
	size_t size = 0;
	unsigned line = 1;
	(void)state;
	FILE* stream = open_memstream(&drawn, &size);
	FILE* kept = fopen(STATES_PAGE, "r");
	assert_true(stream && kept && states_page_write(stream));
	assert_int_equal(fclose(stream), 0);
	for (size_t i = 0; i <= size; i++)
	{
		if (fgetc(kept) != (i < size ? (unsigned char)drawn[i] : EOF))
			fail_msg("docs/spnego-states.md is out of step from line %u on: regenerate it with "
			         "`cmake --build <build folder> --target docs`, and read what changed",
			         line);
		line += drawn[i] == '\n';
	}
	(void)fclose(kept);
	free(drawn);
}

/* The next combination, or false after the last. */
static bool point_next(struct point* point)
{
	for (unsigned fact = 0; fact < FACT_COUNT; fact++)
	{
		if (++point->value[fact] < fact_rows[fact].size)
			return true;
		point->value[fact] = 0;
	}
	return false;
}

/* Whoever follows the page's branches with these facts comes to the decision that is taken. */
static void follow(const struct question* question, const struct point* point)
{
	struct point known = { { 0 } };
	unsigned fact = question_next_fact(question, &known, 0);

	while (fact < FACT_COUNT)
	{
		known.value[fact] = point->value[fact];
		fact = question_next_fact(question, &known, fact + 1);
	}
	const struct spnego_decision told = question_ask(question, &known);
	const struct spnego_decision taken = question_ask(question, point);
	if (!decision_equal(&told, &taken))
		fail_msg("state %s, event %s: the page says %s, and %s is done",
		         spnego_state_name(question->state), spnego_event_name(question->event),
		         spnego_action_name(told.action), spnego_action_name(taken.action));
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
			const struct point first = { { 0 } };
			struct point point = { { 0 } };
			if (question_next_fact(&question, &first, 0) == FACT_COUNT)
				continue;
			/* Every 997th of them, a prime, so that all values of a fact meet those of the others.
			 */
			for (unsigned i = 0; point_next(&point); i++)
			{
				const struct spnego_decision decision = question_ask(&question, &point);
				actions |= 1U << decision.action;
				if (i % 997 == 0)
					follow(&question, &point);
			}
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
	FILE* const out = argc == 2 ? fopen(argv[1], "w") : NULL;

	if (argc == 2)
		return out && states_page_write(out) && fclose(out) == 0 ? 0 : 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
