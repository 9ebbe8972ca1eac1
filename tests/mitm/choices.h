/* SPDX-License-Identifier: Apache-2.0
 *
 * Every path through a tree of choices, one after the other: a run asks at each turn which way to
 * go, and the next run, made anew from the beginning, goes the next way.
 */
#ifndef NEGOSSP_TESTS_MITM_CHOICES_H
#define NEGOSSP_TESTS_MITM_CHOICES_H

#include <stdbool.h>

#define CHOICES_MOST 32u

struct choices
{
	unsigned depth; /* of this run so far */
	unsigned kept;  /* choices that stand from the run before */
	unsigned at[CHOICES_MOST];
	unsigned of[CHOICES_MOST];
};

/* Whether the next choice stands from the run before: what there was to choose from then is what
 * there is now. */
static inline bool choices_are_kept(const struct choices* choices)
{
	return choices->depth < choices->kept;
}

/* Which of `count` ways, which must be above 0, this run goes here. */
unsigned choices_take(struct choices* choices, unsigned count);
/* Goes on to the next run; false when all have been made. */
bool choices_next(struct choices* choices);

#endif
