/* SPDX-License-Identifier: Apache-2.0
 *
 * Every combination against every row; the first disagreement is printed with the names of all
 * facts.
 */
#include "decide_rows.h"

#include <stdio.h>

#include "spnego_names.h"

#define MAX_ROWS 128

struct check
{
	const struct decide_row* rows;
	size_t count;
	decide_function decide;
	bool used[MAX_ROWS];
};

static bool covers(const struct decide_row* row, enum spnego_state state,
                   const struct spnego_facts* facts)
{
	return in_mask(row->states, state) && in_mask(row->events, facts->event) &&
	       in_mask(row->forms, facts->form) && in_mask(row->claims, facts->claim) &&
	       in_mask(row->choices, facts->choice) && in_mask(row->token, facts->token) &&
	       in_mask(row->mic, facts->mic) && in_mask(row->steps, facts->step) &&
	       in_mask(row->complete, facts->complete) && in_mask(row->output, facts->output) &&
	       in_mask(row->demands, facts->demands_mic) && in_mask(row->mic_ok, facts->mic_ok);
}

static void print(enum spnego_state state, const struct spnego_facts* facts)
{
	printf("  state %s event %s form %s claim %s choice %s token %d mic %d step %s complete %d "
	       "output %d demands_mic %d mic_ok %d\n",
	       spnego_state_name(state), spnego_event_name(facts->event), spnego_form_name(facts->form),
	       neg_state_name(facts->claim), spnego_choice_name(facts->choice), facts->token,
	       facts->mic, spnego_step_name(facts->step), facts->complete, facts->output,
	       facts->demands_mic, facts->mic_ok);
}

static bool agrees(const struct decide_row* row, enum spnego_state state,
                   const struct spnego_decision* is)
{
	const enum spnego_state next = row->next == STAYS ? state : (enum spnego_state)row->next;
	const bool says = row->action == ACTION_SEND || row->action == ACTION_SEND_LAST;
	return is->next == next && is->action == row->action && is->result == row->result &&
	       (is->reason != NULL) == (row->action == ACTION_FAIL) &&
	       (!says || (is->say == row->say && is->say_mech == row->say_mech)) &&
	       is->say_mic == row->say_mic;
}

static bool visit(void* data, enum spnego_state state, const struct spnego_facts* facts)
{
	struct check* check = data;
	const struct decide_row* found = NULL;
	for (size_t i = 0; i < check->count; i++)
	{
		const struct decide_row* row = &check->rows[i];
		if (!covers(row, state, facts))
			continue;
		if (found != NULL)
		{
			printf("covered twice: \"%s\" and \"%s\"\n", found->rule, row->rule);
			print(state, facts);
			return false;
		}
		found = row;
		check->used[i] = true;
	}
	if (found == NULL)
	{
		printf("not covered by any row\n");
		print(state, facts);
		return false;
	}
	const struct spnego_decision is = check->decide(state, facts);
	if (agrees(found, state, &is))
		return true;
	printf("\"%s\": is next %s action %s say %s mech %d mic %d result %s\n", found->rule,
	       spnego_state_name(is.next), spnego_action_name(is.action), neg_state_name(is.say),
	       is.say_mech, is.say_mic, result_name(is.result));
	print(state, facts);
	return false;
}

bool decide_rows_hold(const struct decide_row* rows, size_t count, decide_function decide)
{
	struct check check = { rows, count, decide, { false } };
	if (count > MAX_ROWS || !decide_visit_all(visit, &check))
		return false;
	for (size_t i = 0; i < count; i++)
	{
		if (!check.used[i])
		{
			printf("covers nothing: \"%s\"\n", rows[i].rule);
			return false;
		}
	}
	return true;
}

/* The six two-valued facts. */
static bool visit_bits(decide_visitor visitor, void* data, enum spnego_state state,
                       struct spnego_facts facts)
{
	for (unsigned bits = 0; bits < 64; bits++)
	{
		facts.token = (bits & 1U) != 0;
		facts.mic = (bits & 2U) != 0;
		facts.complete = (bits & 4U) != 0;
		facts.output = (bits & 8U) != 0;
		facts.demands_mic = (bits & 16U) != 0;
		facts.mic_ok = (bits & 32U) != 0;
		if (!visitor(data, state, &facts))
			return false;
	}
	return true;
}

bool decide_visit_all(decide_visitor visitor, void* data)
{
	const unsigned sizes[] = { SPNEGO_STATE_COUNT,   SPNEGO_EVENT_COUNT,  SPNEGO_FORM_COUNT,
		                       NEG_STATE_ABSENT + 1, SPNEGO_CHOICE_COUNT, SPNEGO_STEP_COUNT };
	const size_t dimensions = sizeof(sizes) / sizeof(sizes[0]);
	unsigned total = 1;
	for (size_t i = 0; i < dimensions; i++)
		total *= sizes[i];
	for (unsigned n = 0; n < total; n++)
	{
		unsigned rest = n;
		unsigned value[sizeof(sizes) / sizeof(sizes[0])];
		for (size_t i = 0; i < dimensions; i++)
		{
			value[i] = rest % sizes[i];
			rest /= sizes[i];
		}
		const struct spnego_facts facts = { .event = (enum spnego_event)value[1],
			                                .form = (enum spnego_form)value[2],
			                                .claim = (enum neg_state)value[3],
			                                .choice = (enum spnego_choice)value[4],
			                                .step = (enum spnego_step)value[5] };
		if (!visit_bits(visitor, data, (enum spnego_state)value[0], facts))
			return false;
	}
	return true;
}

static bool failure_is_final(void* data, enum spnego_state state, const struct spnego_facts* facts)
{
	const decide_function* const decide = data;
	const struct spnego_decision is = (*decide)(state, facts);
	const bool fails = is.action == ACTION_FAIL || is.action == ACTION_FAIL_MECH;

	return fails == (is.next == SPNEGO_DEAD) &&
	       (is.action == ACTION_FAIL) == (is.result != RESULT_OK);
}

bool decide_failures_are_final(decide_function decide)
{
	return decide_visit_all(failure_is_final, &decide);
}
