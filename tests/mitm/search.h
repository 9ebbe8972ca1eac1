/* SPDX-License-Identifier: Apache-2.0
 *
 * Every run of the real code that a man in the middle can bring about, within bounds.
 *
 * A run is over when nobody is left to deliver to, when an end has failed (what it had to say it
 * has said, so a run in which it was given nothing goes where this would), or after `steps`
 * deliveries.
 */
#ifndef NEGOSSP_TESTS_MITM_SEARCH_H
#define NEGOSSP_TESTS_MITM_SEARCH_H

#include "world.h"

struct bounds
{
	unsigned per_message; /* what a message may cost (moves.h) */
	unsigned per_run;     /* what all of a run may cost */
	unsigned steps;       /* deliveries of a run */
};

/* What was seen. */
struct tally
{
	unsigned long runs;
	unsigned long deliveries;
	unsigned long initiators; /* that became complete */
	unsigned long acceptors;
	unsigned long pairs;     /* both of which are complete */
	unsigned long untouched; /* runs that nobody touched */
};

/* Makes every run of `setup`; what was seen is added to the tally. Fails the test at the first that
 * breaks a rule, and says what was done in it. */
void search(const struct setup* setup, const struct bounds* bounds, struct tally* tally);

#endif
