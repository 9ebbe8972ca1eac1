/* SPDX-License-Identifier: Apache-2.0
 *
 * All that one role decides, asked of its decide function point by point and sorted: per state the
 * different decisions there are, and which of them each event and combination of facts leads to.
 */
#ifndef NEGOSSP_TESTS_ROLE_MAP_H
#define NEGOSSP_TESTS_ROLE_MAP_H

#include "cover.h"
#include "decide_rows.h"

#define MAX_OUTCOMES 64 /* per state */
#define MAX_CUBES 16    /* per edge and event */

struct role_map
{
	decide_function decide;
	struct spnego_decision outcomes[SPNEGO_STATE_COUNT][MAX_OUTCOMES];
	size_t outcome_count[SPNEGO_STATE_COUNT];
	/* the index into outcomes */
	unsigned char leads_to[SPNEGO_STATE_COUNT][SPNEGO_EVENT_COUNT][POINT_COUNT];
};

/* Asks `decide` for everything. The caller's to free; NULL without memory, or with more than
 * MAX_OUTCOMES decisions in one state. */
struct role_map* role_map_new(decide_function decide);

/* Whether the decision ends the context in failure: no edge of the picture. */
bool decision_fails(const struct spnego_decision* decision);
/* Whether the event leads to this decision for any facts. */
bool role_map_leads(const struct role_map* map, enum spnego_state state, enum spnego_event event,
                    size_t outcome);
/* Whether the event cannot happen in the state: one and the same internal error for all facts. */
bool role_map_never(const struct role_map* map, enum spnego_state state, enum spnego_event event);

/* How much a cover tells. */
enum tell
{
	TELL_ALL,  /* exactly the facts that lead there */
	TELL_SHORT /* what tells it from the other edges; what merely fails is left out, but for the
	              facts that completion rests on */
};

/* The facts that lead to the decision, as cubes: see cover_find(). */
size_t role_map_cover(const struct role_map* map, enum spnego_state state, enum spnego_event event,
                      size_t outcome, enum tell tell, struct cube* cubes, size_t room);

#endif
