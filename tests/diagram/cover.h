/* SPDX-License-Identifier: Apache-2.0
 *
 * A set of points told in few words: cubes that hold all of its points and none that must not be
 * in it, each with as few facts as will do.
 */
#ifndef NEGOSSP_TESTS_COVER_H
#define NEGOSSP_TESTS_COVER_H

#include "fact_space.h"

enum point_kind
{
	POINT_OUT,   /* in no cube */
	POINT_IN,    /* in one cube or more */
	POINT_EITHER /* nobody asks */
};

/* kinds: POINT_COUNT of them. Fills cubes and returns their number; 0 if more than `room` are
 * needed or no point is in. The same kinds always give the same cubes. */
size_t cover_find(const enum point_kind* kinds, struct cube* cubes, size_t room);

#endif
