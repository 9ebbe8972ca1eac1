/* SPDX-License-Identifier: Apache-2.0
 *
 * Every combination of facts that a decision can be asked about, as points in a box with one
 * dimension per fact, and cubes in it. The state and the event are no dimensions: each pair of them
 * has a box of its own.
 */
#ifndef NEGOSSP_TESTS_FACT_SPACE_H
#define NEGOSSP_TESTS_FACT_SPACE_H

#include "spnego/decide.h"

/* In the order in which they are told. */
enum fact
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
	FACT_DEMANDS_MIC
};
#define FACT_COUNT (FACT_DEMANDS_MIC + 1)

#define POINT_COUNT                                                                                \
	(SPNEGO_FORM_COUNT * (NEG_STATE_ABSENT + 1) * SPNEGO_CHOICE_COUNT * SPNEGO_STEP_COUNT * 64)

/* A set of values per fact, bit n for value n; a point is in it if all of its values are. */
struct cube
{
	unsigned values[FACT_COUNT];
};

/* How many values the fact has. */
unsigned fact_size(enum fact fact);
/* All of them, as a set. */
unsigned fact_all(enum fact fact);

size_t point_of(const struct spnego_facts* facts);
unsigned point_value(size_t point, enum fact fact);
/* The point that differs from this one in that value alone. */
size_t point_with(size_t point, enum fact fact, unsigned value);

bool cube_holds(const struct cube* cube, size_t point);

#endif
