/* SPDX-License-Identifier: Apache-2.0
 *
 * Every combination against every row; the first disagreement is printed with the names of all
 * facts.
 */
#include "credssp_rows.h"

#include <stdio.h>

#include "credssp_names.h"

#define MAX_ROWS 64

struct check
{
	const struct credssp_row* rows;
	size_t count;
	credssp_decide_function decide;
	bool used[MAX_ROWS];
};

static bool covers(const struct credssp_row* row, enum credssp_state state,
                   const struct credssp_facts* facts)
{
	return in_mask(row->states, state) && in_mask(row->events, facts->event) &&
	       in_mask(row->forms, facts->form) && in_mask(row->versions, facts->version) &&
	       in_mask(row->agreed, facts->agreed) && in_mask(row->tokens, facts->token) &&
	       in_mask(row->auth_info, facts->auth_info) &&
	       in_mask(row->pub_key_auth, facts->pub_key_auth) &&
	       in_mask(row->error_code, facts->error_code) && in_mask(row->nonces, facts->nonce) &&
	       in_mask(row->stepped, facts->stepped) && in_mask(row->complete, facts->complete) &&
	       in_mask(row->output, facts->output) && in_mask(row->opened, facts->opened) &&
	       in_mask(row->delegates, facts->delegates);
}

static void print(enum credssp_state state, const struct credssp_facts* facts)
{
	printf("  state %s event %s form %s version %s agreed %u token %s authInfo %d pubKeyAuth %d "
	       "errorCode %d nonce %s stepped %d complete %d output %d opened %s delegates %d\n",
	       credssp_state_name(state), credssp_event_name(facts->event),
	       credssp_form_name(facts->form), credssp_version_name(facts->version), facts->agreed,
	       credssp_token_name(facts->token), facts->auth_info, facts->pub_key_auth,
	       facts->error_code, credssp_nonce_name(facts->nonce), facts->stepped, facts->complete,
	       facts->output, credssp_opened_name(facts->opened), facts->delegates);
}

static bool agrees(const struct credssp_row* row, const struct credssp_decision* is)
{
	return is->next == row->next && is->action == row->action && is->say == row->say &&
	       is->result == row->result && (is->reason != NULL) == (row->action == CREDSSP_FAIL);
}

static bool visit(void* data, enum credssp_state state, const struct credssp_facts* facts)
{
	struct check* check = data;
	const struct credssp_row* found = NULL;
	for (size_t i = 0; i < check->count; i++)
	{
		const struct credssp_row* row = &check->rows[i];
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
	const struct credssp_decision is = check->decide(state, facts);
	if (agrees(found, &is))
		return true;
	printf("\"%s\": is next %s action %s say %s result %s\n", found->rule,
	       credssp_state_name(is.next), credssp_action_name(is.action), credssp_say_name(is.say),
	       result_name(is.result));
	print(state, facts);
	return false;
}

bool credssp_rows_hold(const struct credssp_row* rows, size_t count, credssp_decide_function decide)
{
	struct check check = { rows, count, decide, { false } };
	if (count > MAX_ROWS || !credssp_visit_all(visit, &check))
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

/* The seven two-valued facts. */
static bool visit_bits(credssp_visitor visitor, void* data, enum credssp_state state,
                       struct credssp_facts facts)
{
	for (unsigned bits = 0; bits < 128; bits++)
	{
		facts.auth_info = (bits & 1U) != 0;
		facts.pub_key_auth = (bits & 2U) != 0;
		facts.error_code = (bits & 4U) != 0;
		facts.stepped = (bits & 8U) != 0;
		facts.complete = (bits & 16U) != 0;
		facts.output = (bits & 32U) != 0;
		facts.delegates = (bits & 64U) != 0;
		if (!visitor(data, state, &facts))
			return false;
	}
	return true;
}

bool credssp_visit_all(credssp_visitor visitor, void* data)
{
	const unsigned sizes[] = { CREDSSP_STATE_COUNT,
		                       CREDSSP_EVENT_COUNT,
		                       CREDSSP_FORM_COUNT,
		                       CREDSSP_VERSION_COUNT,
		                       TS_VERSION_NEWEST - TS_VERSION_OLDEST + 1,
		                       CREDSSP_TOKEN_COUNT,
		                       CREDSSP_NONCE_COUNT,
		                       CREDSSP_OPENED_COUNT };
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
		const struct credssp_facts facts = { .event = (enum credssp_event)value[1],
			                                 .form = (enum credssp_form)value[2],
			                                 .version = (enum credssp_version)value[3],
			                                 .agreed = TS_VERSION_OLDEST + value[4],
			                                 .token = (enum credssp_token)value[5],
			                                 .nonce = (enum credssp_nonce)value[6],
			                                 .opened = (enum credssp_opened)value[7] };
		if (!visit_bits(visitor, data, (enum credssp_state)value[0], facts))
			return false;
	}
	return true;
}

static bool failure_is_final(void* data, enum credssp_state state,
                             const struct credssp_facts* facts)
{
	const credssp_decide_function* const decide = data;
	const struct credssp_decision is = (*decide)(state, facts);
	const bool fails = is.action == CREDSSP_FAIL || is.action == CREDSSP_FAIL_INNER;

	return fails == (is.next == CREDSSP_DEAD) &&
	       (is.action == CREDSSP_FAIL) == (is.result != RESULT_OK);
}

bool credssp_failures_are_final(credssp_decide_function decide)
{
	return credssp_visit_all(failure_is_final, &decide);
}
