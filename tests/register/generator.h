/* SPDX-License-Identifier: Apache-2.0
 *
 * What generated texts are made of: the same for the same seed, in every run.
 */
#ifndef NEGOSSP_TESTS_GENERATOR_H
#define NEGOSSP_TESTS_GENERATOR_H

#include <stdint.h>
#include <stdlib.h>

static uint64_t state_of_random = 1;

static unsigned below(unsigned limit)
{
	state_of_random ^= state_of_random << 13;
	state_of_random ^= state_of_random >> 7;
	state_of_random ^= state_of_random << 17;
	return (unsigned)(state_of_random % limit);
}

#define ONE_OF(list) (list)[below(sizeof(list) / sizeof((list)[0]))]

/* PROGRAM [SEED COUNT] */
static void read_arguments(int argc, char** argv, unsigned* count)
{
	if (argc != 3)
		return;
	state_of_random = strtoull(argv[1], NULL, 0) | 1;
	*count = (unsigned)strtoul(argv[2], NULL, 0);
}

#endif
