/* SPDX-License-Identifier: Apache-2.0 */
#include "reached.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define INPUTS_ENOUGH 200 /* fewer are a hand's */
#define KINDS_MAX 16

static const char* const* names;
static unsigned long inputs;
static unsigned long counts[KINDS_MAX];

static void print_counts(void)
{
	bool missing = false;
	for (unsigned i = 0; names[i]; i++)
	{
		fprintf(stderr, "reached: %lu %s\n", counts[i], names[i]);
		missing = missing || !counts[i];
	}
	if (missing && inputs > INPUTS_ENOUGH)
	{
		fprintf(stderr, "%lu inputs, and not all of it was reached\n", inputs);
		_exit(1);
	}
}

void reached_start(const char* const kinds[])
{
	names = kinds;
	for (unsigned i = 0; kinds[i]; i++)
		if (i == KINDS_MAX)
			abort();
	if (atexit(print_counts) != 0)
		abort();
}

void reached_input(void)
{
	inputs++;
}

void reached(unsigned kind)
{
	counts[kind]++;
}
