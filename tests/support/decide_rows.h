/* SPDX-License-Identifier: Apache-2.0
 *
 * Expectations of SPNEGO's decisions as rows of masks, and their check against every state and
 * combination of facts there is.
 *
 * Each combination must be covered by exactly one row, so a combination that nobody thought of, or
 * thought of twice, fails the test as surely as a wrong decision.
 */
#ifndef NEGOSSP_TESTS_DECIDE_ROWS_H
#define NEGOSSP_TESTS_DECIDE_ROWS_H

#include "rows.h"
#include "spnego/decide.h"

#define STAYS SPNEGO_STATE_COUNT /* expected next: the state it was */

struct decide_row
{
	const char* rule;
	unsigned states;
	unsigned events;
	unsigned forms;
	unsigned claims;
	unsigned choices;
	unsigned token;
	unsigned mic;
	unsigned steps;
	unsigned complete;
	unsigned output;
	unsigned demands;
	unsigned mic_ok;
	/* expected */
	int next; /* enum spnego_state, or STAYS */
	enum spnego_action action;
	enum neg_state say;
	bool say_mech;
	bool say_mic;
	enum result result;
};

typedef struct spnego_decision (*decide_function)(enum spnego_state state,
                                                  const struct spnego_facts* facts);

/* A visitor of every state and combination of facts; returns false to stop. */
typedef bool (*decide_visitor)(void* data, enum spnego_state state,
                               const struct spnego_facts* facts);
bool decide_visit_all(decide_visitor visitor, void* data);

/* Asks `decide` for everything and holds it to the rows. Prints the first disagreement. */
bool decide_rows_hold(const struct decide_row* rows, size_t count, decide_function decide);
/* Whatever fails is dead, and what is dead has failed; a failure of SPNEGO's own has a result. */
bool decide_failures_are_final(decide_function decide);

#endif
