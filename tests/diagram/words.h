/* SPDX-License-Identifier: Apache-2.0
 *
 * Facts and decisions in words, with the names that decide.h gives its values.
 */
#ifndef NEGOSSP_TESTS_WORDS_H
#define NEGOSSP_TESTS_WORDS_H

#include <stdio.h>

#include "fact_space.h"

/* "token, not complete, negState accept-incomplete or request-mic"; "anything" if nothing of it is
 * constrained. */
void words_cube(FILE* out, const struct cube* cube);
/* Whether the cube holds every point. */
bool words_cube_is_all(const struct cube* cube);

/* "SEND accept-incomplete + supportedMech + mechListMIC" */
void words_action(FILE* out, const struct spnego_decision* decision);

/* The state without its role's name. */
const char* words_state(enum spnego_state state);

/* A table of the facts, of their values and of what they say. */
void words_legend(FILE* out);

#endif
