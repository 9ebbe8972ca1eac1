/* SPDX-License-Identifier: Apache-2.0
 *
 * See cover.h. From each point that no cube holds yet a cube is grown: first the smallest set of
 * facts that tells the point from all that must stay outside, then, for the facts in it, every
 * further value that lets nothing in. Values that nobody asks about are taken back where that
 * leaves few to be told, and cubes whose points all are in others go in the end.
 */
#include "cover.h"

#define FACT_SETS (1U << FACT_COUNT)

static unsigned size_of_set(unsigned facts)
{
	unsigned size = 0;
	for (; facts != 0; facts &= facts - 1)
		size++;
	return size;
}

static unsigned facts_that_differ(size_t a, size_t b)
{
	unsigned differ = 0;
	for (unsigned fact = 0; fact < FACT_COUNT; fact++)
	{
		if (a % fact_size(fact) != b % fact_size(fact))
			differ |= 1U << fact;
		a /= fact_size(fact);
		b /= fact_size(fact);
	}
	return differ;
}

/* The smallest set of facts in which `seed` differs from every point that is out; of several, the
 * one with the facts that are told first. */
static unsigned facts_that_tell(const enum point_kind* kinds, size_t seed)
{
	bool seen[FACT_SETS] = { false };
	unsigned best = FACT_SETS - 1;
	for (size_t point = 0; point < POINT_COUNT; point++)
	{
		if (kinds[point] == POINT_OUT)
			seen[facts_that_differ(seed, point)] = true;
	}
	for (unsigned set = 0; set < FACT_SETS; set++)
	{
		bool tells = size_of_set(set) < size_of_set(best);
		for (unsigned differ = 0; tells && differ < FACT_SETS; differ++)
			tells = !seen[differ] || (differ & set) != 0;
		if (tells)
			best = set;
	}
	return best;
}

static bool lets_nothing_in(const enum point_kind* kinds, const struct cube* cube)
{
	for (size_t point = 0; point < POINT_COUNT; point++)
	{
		if (kinds[point] == POINT_OUT && cube_holds(cube, point))
			return false;
	}
	return true;
}

/* What is told of a fact is at most two values by name, or all but one. */
static struct cube without_unasked(const enum point_kind* kinds, const struct cube* cube)
{
	struct cube asked = { { 0 } };
	for (size_t point = 0; point < POINT_COUNT; point++)
	{
		if (kinds[point] != POINT_IN || !cube_holds(cube, point))
			continue;
		for (unsigned fact = 0; fact < FACT_COUNT; fact++)
			asked.values[fact] |= 1U << point_value(point, (enum fact)fact);
	}
	for (unsigned fact = 0; fact < FACT_COUNT; fact++)
	{
		if (cube->values[fact] == fact_all((enum fact)fact) || size_of_set(asked.values[fact]) > 2)
			asked.values[fact] = cube->values[fact];
	}
	return asked;
}

static struct cube grow(const enum point_kind* kinds, size_t seed)
{
	const unsigned kept = facts_that_tell(kinds, seed);
	struct cube cube;
	for (unsigned fact = 0; fact < FACT_COUNT; fact++)
		cube.values[fact] =
		    (kept >> fact & 1U) != 0 ? 1U << point_value(seed, fact) : fact_all(fact);
	for (unsigned fact = 0; fact < FACT_COUNT; fact++)
	{
		for (unsigned value = 0; value < fact_size(fact); value++)
		{
			struct cube larger = cube;
			larger.values[fact] |= 1U << value;
			if (larger.values[fact] != cube.values[fact] && lets_nothing_in(kinds, &larger))
				cube = larger;
		}
	}
	return without_unasked(kinds, &cube);
}

static bool held(const struct cube* cubes, size_t count, size_t but, size_t point)
{
	for (size_t i = 0; i < count; i++)
	{
		if (i != but && cube_holds(&cubes[i], point))
			return true;
	}
	return false;
}

static bool needed(const enum point_kind* kinds, const struct cube* cubes, size_t count,
                   size_t which)
{
	for (size_t point = 0; point < POINT_COUNT; point++)
	{
		if (kinds[point] == POINT_IN && cube_holds(&cubes[which], point) &&
		    !held(cubes, count, which, point))
			return true;
	}
	return false;
}

size_t cover_find(const enum point_kind* kinds, struct cube* cubes, size_t room)
{
	size_t count = 0;
	for (size_t point = 0; point < POINT_COUNT; point++)
	{
		if (kinds[point] != POINT_IN || held(cubes, count, count, point))
			continue;
		if (count == room)
			return 0;
		cubes[count++] = grow(kinds, point);
	}
	for (size_t i = count; i > 0; i--)
	{
		if (needed(kinds, cubes, count, i - 1))
			continue;
		count--;
		for (size_t k = i - 1; k < count; k++)
			cubes[k] = cubes[k + 1];
	}
	return count;
}
