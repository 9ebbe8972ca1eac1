/* SPDX-License-Identifier: Apache-2.0
 *
 * The picture of SPNEGO's rules is in step with the rules, and what it is made of says neither
 * more nor less than they do.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "role_map.h"
#include "states_page.h"

static char* read_all(const char* path)
{
	char* text = NULL;
	size_t size = 0;
	FILE* file = fopen(path, "r");
	FILE* copy = open_memstream(&text, &size);
	assert_non_null(copy);
	for (int c = file == NULL ? EOF : fgetc(file); c != EOF; c = fgetc(file))
		fputc(c, copy);
	if (file != NULL)
		(void)fclose(file);
	assert_int_equal(fclose(copy), 0);
	return text;
}

static char* draw(void)
{
	char* text = NULL;
	size_t size = 0;
	FILE* stream = open_memstream(&text, &size);
	assert_non_null(stream);
	const bool written = states_page_write(stream);
	assert_int_equal(fclose(stream), 0);
	assert_true(written);
	return text;
}

static unsigned line_of_difference(const char* one, const char* two)
{
	unsigned line = 1;
	for (; *one != '\0' && *one == *two; one++, two++)
		line += *one == '\n';
	return line;
}

static void test_picture_of_the_states_is_in_step_with_the_decisions(void** state)
{
	(void)state;
	char* drawn = draw();
	char* kept = read_all(STATES_PAGE);
	const bool same = strcmp(drawn, kept) == 0;
	const unsigned line = line_of_difference(drawn, kept);
	free(drawn);
	free(kept);
	if (!same)
		fail_msg("docs/spnego-states.md is out of step from line %u on: regenerate it with "
		         "`cmake --build <build folder> --target docs`, and read what changed",
		         line);
}

/* Of every state and event: a point is in the cubes of the edge it leads to, in full and in short;
 * in full in no others; and in short in no other edge's. */
static void check_event(const struct role_map* map, enum spnego_state state,
                        enum spnego_event event, size_t outcome)
{
	struct cube full[MAX_CUBES];
	struct cube brief[MAX_CUBES];
	const size_t full_count = role_map_cover(map, state, event, outcome, TELL_ALL, full, MAX_CUBES);
	const size_t brief_count =
	    role_map_cover(map, state, event, outcome, TELL_SHORT, brief, MAX_CUBES);
	for (size_t point = 0; point < POINT_COUNT; point++)
	{
		const size_t leads_to = map->leads_to[state][event][point];
		bool in_full = false;
		bool in_brief = false;
		for (size_t i = 0; i < full_count; i++)
			in_full = in_full || cube_holds(&full[i], point);
		for (size_t i = 0; i < brief_count; i++)
			in_brief = in_brief || cube_holds(&brief[i], point);
		if (in_full != (leads_to == outcome) || (leads_to == outcome && !in_brief) ||
		    (leads_to != outcome && in_brief && !decision_fails(&map->outcomes[state][leads_to])))
			fail_msg("state %s event %s action %s: a wrong cover", spnego_state_name(state),
			         spnego_event_name(event),
			         spnego_action_name(map->outcomes[state][outcome].action));
	}
}

static void check_role(decide_function decide)
{
	struct role_map* map = role_map_new(decide);
	unsigned edges = 0;
	assert_non_null(map);
	for (unsigned state = 0; state < SPNEGO_STATE_COUNT; state++)
	{
		for (unsigned event = 0; event < SPNEGO_EVENT_COUNT; event++)
		{
			for (size_t i = 0; i < map->outcome_count[state]; i++)
			{
				if (decision_fails(&map->outcomes[state][i]) ||
				    !role_map_leads(map, (enum spnego_state)state, (enum spnego_event)event, i))
					continue;
				check_event(map, (enum spnego_state)state, (enum spnego_event)event, i);
				edges++;
			}
		}
	}
	free(map);
	assert_true(edges >= 10 && edges <= 100);
}

static void test_facts_on_the_initiators_arrows_are_exactly_those_that_lead_there(void** state)
{
	(void)state;
	check_role(spnego_decide_initiator);
}

static void test_facts_on_the_acceptors_arrows_are_exactly_those_that_lead_there(void** state)
{
	(void)state;
	check_role(spnego_decide_acceptor);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_picture_of_the_states_is_in_step_with_the_decisions),
		cmocka_unit_test(test_facts_on_the_initiators_arrows_are_exactly_those_that_lead_there),
		cmocka_unit_test(test_facts_on_the_acceptors_arrows_are_exactly_those_that_lead_there),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
