/* SPDX-License-Identifier: Apache-2.0
 *
 * Expectations of CredSSP's decisions as rows of masks, and their check against every state and
 * combination of facts there is, as decide_rows.h does it for SPNEGO: each combination must be
 * covered by exactly one row.
 */
#ifndef NEGOSSP_TESTS_CREDSSP_ROWS_H
#define NEGOSSP_TESTS_CREDSSP_ROWS_H

#include "credssp/decide.h"
#include "rows.h"

struct credssp_row
{
	const char* rule;
	unsigned states;
	unsigned events;
	unsigned forms;
	unsigned versions;
	unsigned agreed;
	unsigned tokens;
	unsigned auth_info;
	unsigned pub_key_auth;
	unsigned error_code;
	unsigned nonces;
	unsigned stepped;
	unsigned complete;
	unsigned output;
	unsigned opened;
	unsigned delegates;
	/* expected */
	enum credssp_state next;
	enum credssp_action action;
	unsigned say;
	enum result result;
};

typedef struct credssp_decision (*credssp_decide_function)(enum credssp_state state,
                                                           const struct credssp_facts* facts);

/* A visitor of every state and combination of facts; returns false to stop. */
typedef bool (*credssp_visitor)(void* data, enum credssp_state state,
                                const struct credssp_facts* facts);
bool credssp_visit_all(credssp_visitor visitor, void* data);

/* Asks `decide` for everything and holds it to the rows. Prints the first disagreement. */
bool credssp_rows_hold(const struct credssp_row* rows, size_t count,
                       credssp_decide_function decide);
/* Whatever fails is dead, and what is dead has failed; a failure of CredSSP's own has a result and
 * words. */
bool credssp_failures_are_final(credssp_decide_function decide);

#endif
