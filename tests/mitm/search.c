/* SPDX-License-Identifier: Apache-2.0 */
#include "search.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "choices.h"
#include "judge.h"
#include "moves.h"

struct run
{
	struct world world;
	struct moves* moves; /* before each delivery */
	struct move made[CHOICES_MOST];
	unsigned spent;
};

static const char* judge(struct run* run, unsigned number, struct tally* tally)
{
	const struct world* const world = &run->world;
	unsigned peer = ENDS_MOST;

	tally->deliveries++;
	if (world->ends[number].phase != PHASE_COMPLETE)
		return NULL;
	*(end_is_initiator(number) ? &tally->initiators : &tally->acceptors) += 1;
	const char* const fault = judge_complete(world, number, &peer);
	if (fault != NULL || peer == ENDS_MOST || world->ends[peer].phase != PHASE_COMPLETE)
		return fault;
	tally->pairs++;
	return judge_pair(world, number, peer);
}

static unsigned complete_ends(const struct world* world)
{
	unsigned count = 0;
	for (unsigned i = 0; i < 2 * world->setup->sessions; i++)
		count += world->ends[i].phase == PHASE_COMPLETE;
	return count;
}

static bool is_under_way(const struct world* world)
{
	for (unsigned i = 0; i < 2 * world->setup->sessions; i++)
	{
		if (world->ends[i].phase != PHASE_COMPLETE && move_is_due(world, i))
			return true;
	}
	return false;
}

/* Of a run that nobody touched and that is over. One that the order of deliveries cuts off is made
 * whole in another order. */
static const char* judge_untouched(const struct world* world, struct tally* tally)
{
	const bool all = complete_ends(world) == 2 * world->setup->sessions;

	tally->untouched += all;
	return all || is_under_way(world) ? NULL : "nobody touched it, and an end waits";
}

/* One run. NULL, or which rule it breaks. */
static const char* make_run(struct run* run, struct choices* choices, const struct bounds* bounds,
                            struct tally* tally)
{
	struct world* const world = &run->world;
	int last = -1;

	run->spent = 0;
	while (world->steps < bounds->steps)
	{
		const unsigned left = bounds->per_run - run->spent;
		struct moves* const moves = &run->moves[world->steps];
		if (!choices_are_kept(choices))
			moves_find(world, left < bounds->per_message ? left : bounds->per_message, last, moves);
		if (moves->count == 0)
			break;
		const struct move move = moves->all[choices_take(choices, moves->count)];
		struct blob message = move_message(world, &move);
		run->made[world->steps] = move;
		run->spent += move.cost;
		const char* fault = world_deliver(world, move.end, blob_bytes(&message));
		blob_free(&message);
		if (fault == NULL)
			fault = judge(run, move.end, tally);
		if (fault != NULL)
			return fault;
		if (world->ends[move.end].phase == PHASE_DEAD)
			return run->spent == 0 ? "nobody touched it, and an end failed" : world_go_on(world);
		last = (int)move.end;
	}
	const char* const fault = run->spent > 0 ? NULL : judge_untouched(world, tally);
	return fault != NULL ? fault : world_go_on(world);
}

static void tell(const struct run* run, const struct setup* setup, const char* fault)
{
	print_message("initiators %s, acceptors %s, %s\n", setup->offers[0], setup->offers[1],
	              setup->framing == NEGOSSP_FRAMING_BARE ? "bare" : "SPNEGO");
	for (unsigned i = 0; i < run->world.steps; i++)
		move_print(&run->world, &run->made[i]);
	fail_msg("%s", fault);
}

void search(const struct setup* setup, const struct bounds* bounds, struct tally* tally)
{
	static struct run run;
	struct choices choices = { .kept = 0 };
	const unsigned long untouched = tally->untouched;

	assert_true(bounds->steps <= CHOICES_MOST);
	run.moves = calloc(bounds->steps, sizeof(*run.moves));
	assert_non_null(run.moves);
	do
	{
		world_open(&run.world, setup);
		const char* const fault = make_run(&run, &choices, bounds, tally);
		tally->runs++;
		if (fault != NULL)
			tell(&run, setup, fault);
		world_close(&run.world);
	} while (choices_next(&choices));
	free(run.moves);
	assert_true(tally->untouched > untouched); /* at least one reached its end */
}
