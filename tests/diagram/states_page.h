/* SPDX-License-Identifier: Apache-2.0
 *
 * The page docs/spnego-states.md: SPNEGO's rules as state diagrams and tables, drawn by asking the
 * decide functions for every state and combination of facts.
 */
#ifndef NEGOSSP_TESTS_STATES_PAGE_H
#define NEGOSSP_TESTS_STATES_PAGE_H

#include <stdbool.h>
#include <stdio.h>

/* Writes the page; always the same bytes. False without memory, or if the decisions have outgrown
 * the limits of role_map.h; what was written is then of no use. */
bool states_page_write(FILE* out);

#endif
