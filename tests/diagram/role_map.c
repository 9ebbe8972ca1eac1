/* SPDX-License-Identifier: Apache-2.0
 *
 * See role_map.h.
 */
#include "role_map.h"

#include <stdlib.h>
#include <string.h>

static bool same(const struct spnego_decision* a, const struct spnego_decision* b)
{
	if ((a->reason == NULL) != (b->reason == NULL))
		return false;
	return a->next == b->next && a->action == b->action && a->say == b->say &&
	       a->say_mech == b->say_mech && a->say_mic == b->say_mic && a->result == b->result &&
	       (a->reason == NULL || strcmp(a->reason, b->reason) == 0);
}

static bool visit(void* data, enum spnego_state state, const struct spnego_facts* facts)
{
	struct role_map* map = data;
	const struct spnego_decision decision = map->decide(state, facts);
	size_t i = 0;
	while (i < map->outcome_count[state] && !same(&map->outcomes[state][i], &decision))
		i++;
	if (i == MAX_OUTCOMES)
		return false;
	if (i == map->outcome_count[state])
		map->outcomes[state][map->outcome_count[state]++] = decision;
	map->leads_to[state][facts->event][point_of(facts)] = (unsigned char)i;
	return true;
}

struct role_map* role_map_new(decide_function decide)
{
	struct role_map* map = calloc(1, sizeof(*map));
	if (map == NULL)
		return NULL;
	map->decide = decide;
	if (decide_visit_all(visit, map))
		return map;
	free(map);
	return NULL;
}

bool decision_fails(const struct spnego_decision* decision)
{
	return decision->action == ACTION_FAIL || decision->action == ACTION_FAIL_MECH;
}

bool role_map_leads(const struct role_map* map, enum spnego_state state, enum spnego_event event,
                    size_t outcome)
{
	return memchr(map->leads_to[state][event], (int)outcome, POINT_COUNT) != NULL;
}

bool role_map_never(const struct role_map* map, enum spnego_state state, enum spnego_event event)
{
	const unsigned char* leads_to = map->leads_to[state][event];
	for (size_t point = 1; point < POINT_COUNT; point++)
	{
		if (leads_to[point] != leads_to[0])
			return false;
	}
	return map->outcomes[state][leads_to[0]].result == RESULT_INTERNAL;
}

/* Whether other values of these facts alone would lead from here to the decision. */
static bool near(const unsigned char* leads_to, size_t outcome, size_t point, unsigned facts)
{
	if (facts == 0)
		return leads_to[point] == outcome;
	unsigned first = 0;
	while ((facts >> first & 1U) == 0)
		first++;
	for (unsigned value = 0; value < fact_size(first); value++)
	{
		if (near(leads_to, outcome, point_with(point, first, value), facts & (facts - 1)))
			return true;
	}
	return false;
}

size_t role_map_cover(const struct role_map* map, enum spnego_state state, enum spnego_event event,
                      size_t outcome, enum tell tell, struct cube* cubes, size_t room)
{
	const unsigned char* leads_to = map->leads_to[state][event];
	/* A wrong MIC is never left out, nor is anything of the completion predicate. */
	const unsigned mic_ok = 1U << FACT_MIC_OK;
	const unsigned completion =
	    mic_ok | 1U << FACT_COMPLETE | 1U << FACT_CLAIM | 1U << FACT_DEMANDS_MIC;
	const bool completes = map->outcomes[state][outcome].next == SPNEGO_DONE;
	const unsigned told = completes ? completion : mic_ok;
	enum point_kind* kinds = calloc(POINT_COUNT, sizeof(*kinds));
	if (kinds == NULL)
		return 0;
	for (size_t point = 0; point < POINT_COUNT; point++)
	{
		if (leads_to[point] == outcome)
			kinds[point] = POINT_IN;
		else if (tell == TELL_SHORT && decision_fails(&map->outcomes[state][leads_to[point]]) &&
		         !near(leads_to, outcome, point, told))
			kinds[point] = POINT_EITHER;
		else
			kinds[point] = POINT_OUT;
	}
	const size_t count = cover_find(kinds, cubes, room);
	free(kinds);
	return count;
}
