/* SPDX-License-Identifier: Apache-2.0
 *
 * Threads that ask who may not answer: how long they are waited for, how many stay behind, and that
 * what one kind leaves behind does not count for the other.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "host/worker.h"

#define PATIENCE_MS 20000u /* nothing here takes so long */
#define CROWD 24

static _Atomic bool let_go;
static _Atomic unsigned inside;
static _Atomic unsigned most_inside;
static _Atomic unsigned ran;
static _Atomic unsigned abandoned;
static _Atomic unsigned discarded;
static _Atomic bool discarded_first;
static char name[16];

static int64_t now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void run_until_let_go(void* argument)
{
	(void)argument;
	ran++;
	while (!let_go)
		usleep(1000);
}

static void run_for_a_moment(void* argument)
{
	const unsigned now = ++inside;
	(void)argument;
	if (now > most_inside)
		most_inside = now;
	usleep(5000);
	inside--;
	ran++;
}

static void run_and_tell_its_name(void* argument)
{
	(void)argument;
	pthread_getname_np(pthread_self(), name, sizeof(name));
}

static void abandon(void* argument)
{
	(void)argument;
	abandoned++;
}

static void discard(void* argument)
{
	(void)argument;
	discarded_first = discarded_first || discarded >= abandoned;
	discarded++;
}

static const struct worker_kind kdc = { WORKER_KDC, false, run_until_let_go, abandon, discard };
static const struct worker_kind winbind = { WORKER_WINBIND, true, run_until_let_go, abandon,
	                                        discard };
static const struct worker_kind moment = { WORKER_WINBIND, true, run_for_a_moment, abandon,
	                                       discard };

static void wait_until_discarded(unsigned count)
{
	const int64_t end = now_ms() + PATIENCE_MS;
	while (discarded < count && now_ms() < end)
		usleep(1000);
	assert_int_equal(discarded, count);
}

/* Who was given up on may not have begun yet. */
static void wait_until_run(unsigned count)
{
	const int64_t end = now_ms() + PATIENCE_MS;
	while (ran < count && now_ms() < end)
		usleep(1000);
	assert_int_equal(ran, count);
}

static int fresh(void** state)
{
	(void)state;
	let_go = false;
	ran = abandoned = discarded = inside = most_inside = 0;
	discarded_first = false;
	return 0;
}

/* Whatever a test left behind comes to its end. */
static int let_all_go(void** state)
{
	const int64_t end = now_ms() + PATIENCE_MS;
	(void)state;
	let_go = true;
	while (
	    (worker_is_full(WORKER_KDC) || worker_is_full(WORKER_WINBIND) || discarded < abandoned) &&
	    now_ms() < end)
		usleep(1000);
	return discarded == abandoned ? 0 : -1;
}

static void test_answer_in_time_is_waited_for(void** state)
{
	(void)state;
	assert_int_equal(worker_ask(&moment, NULL, PATIENCE_MS), WORKER_DONE);
	assert_int_equal(ran, 1);
	assert_int_equal(abandoned + discarded, 0);
}

static void test_late_answer_is_discarded_in_its_thread(void** state)
{
	(void)state;
	const int64_t start = now_ms();
	assert_int_equal(worker_ask(&winbind, NULL, 50), WORKER_LATE);
	const int64_t took = now_ms() - start;
	assert_true(took >= 50 && took < 5000);
	assert_int_equal(abandoned, 1);
	assert_int_equal(discarded, 0);
	let_go = true;
	wait_until_discarded(1);
	assert_false(discarded_first);
}

/* The time to wait ends in the next second. */
static void test_late_answer_is_waited_for_at_the_end_of_a_second(void** state)
{
	struct timespec now;

	(void)state;
	clock_gettime(CLOCK_MONOTONIC, &now);
	if (now.tv_nsec < 980000000L)
		usleep((useconds_t)(980000 - now.tv_nsec / 1000));
	const int64_t start = now_ms();
	assert_int_equal(worker_ask(&winbind, NULL, 50), WORKER_LATE);
	assert_true(now_ms() - start >= 50);
	let_go = true;
	wait_until_discarded(1);
}

static void test_ninth_is_not_asked_and_kinds_count_apart(void** state)
{
	const struct worker_kind other = { WORKER_KDC, false, run_and_tell_its_name, NULL, discard };
	(void)state;
	for (unsigned i = 0; i < WORKERS_LEFT; i++)
	{
		assert_false(worker_is_full(WORKER_WINBIND));
		assert_int_equal(worker_ask(&winbind, NULL, 1), WORKER_LATE);
	}
	assert_true(worker_is_full(WORKER_WINBIND));
	const int64_t start = now_ms();
	assert_int_equal(worker_ask(&winbind, NULL, PATIENCE_MS), WORKER_FULL);
	assert_true(now_ms() - start < 5000);
	wait_until_run(WORKERS_LEFT);
	/* The KDC has nothing to do with it. */
	assert_false(worker_is_full(WORKER_KDC));
	assert_int_equal(worker_ask(&other, NULL, PATIENCE_MS), WORKER_DONE);
	assert_string_equal(name, "negossp-kdc");
	/* Nor the other way round. */
	let_go = true;
	wait_until_discarded(WORKERS_LEFT);
	let_go = false;
	for (unsigned i = 0; i < WORKERS_LEFT; i++)
		assert_int_equal(worker_ask(&kdc, NULL, 1), WORKER_LATE);
	assert_int_equal(worker_ask(&kdc, NULL, 1), WORKER_FULL);
	assert_false(worker_is_full(WORKER_WINBIND));
	assert_int_equal(worker_ask(&moment, NULL, PATIENCE_MS), WORKER_DONE);
}

struct asker
{
	pthread_t thread;
	const struct worker_kind* kind;
	unsigned wait_ms;
	enum worker_end end;
};

static void* ask(void* opaque)
{
	struct asker* const asker = opaque;
	asker->end = worker_ask(asker->kind, NULL, asker->wait_ms);
	return NULL;
}

/* How many of a crowd come to this end. */
static unsigned crowd(const struct worker_kind* kind, unsigned wait_ms, enum worker_end end)
{
	struct asker askers[CROWD];
	unsigned count = 0;
	for (unsigned i = 0; i < CROWD; i++)
	{
		askers[i] = (struct asker){ .kind = kind, .wait_ms = wait_ms };
		assert_int_equal(pthread_create(&askers[i].thread, NULL, ask, &askers[i]), 0);
	}
	for (unsigned i = 0; i < CROWD; i++)
	{
		pthread_join(askers[i].thread, NULL);
		count += askers[i].end == end;
	}
	return count;
}

static void test_crowd_of_a_narrow_kind_takes_turns(void** state)
{
	(void)state;
	assert_int_equal(crowd(&moment, PATIENCE_MS, WORKER_DONE), CROWD);
	assert_int_equal(ran, CROWD);
	assert_true(most_inside > 1);
	assert_true(most_inside <= WORKERS_LEFT);
}

/* However many give up together. */
static void test_crowd_of_a_narrow_kind_leaves_eight_behind(void** state)
{
	(void)state;
	assert_int_equal(crowd(&winbind, 100, WORKER_LATE), WORKERS_LEFT);
	wait_until_run(WORKERS_LEFT);
	assert_true(worker_is_full(WORKER_WINBIND));
	/* They end, and then it goes on. */
	let_go = true;
	wait_until_discarded(WORKERS_LEFT);
	assert_int_equal(worker_ask(&moment, NULL, PATIENCE_MS), WORKER_DONE);
}

#ifndef __SANITIZE_THREAD__ /* a child of a process with threads cannot have any of its own there  \
                             */

/* A child has none of them, and all places. */
static void test_child_has_all_places(void** state)
{
	int status = -1;
	(void)state;
	for (unsigned i = 0; i < WORKERS_LEFT; i++)
		assert_int_equal(worker_ask(&winbind, NULL, 1), WORKER_LATE);
	const pid_t child = fork();
	if (child == 0)
		_exit(worker_is_full(WORKER_WINBIND) ||
		      worker_ask(&moment, NULL, PATIENCE_MS) != WORKER_DONE);
	assert_true(child > 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_answer_in_time_is_waited_for, fresh, let_all_go),
		cmocka_unit_test_setup_teardown(test_late_answer_is_discarded_in_its_thread, fresh,
		                                let_all_go),
		cmocka_unit_test_setup_teardown(test_late_answer_is_waited_for_at_the_end_of_a_second,
		                                fresh, let_all_go),
		cmocka_unit_test_setup_teardown(test_ninth_is_not_asked_and_kinds_count_apart, fresh,
		                                let_all_go),
		cmocka_unit_test_setup_teardown(test_crowd_of_a_narrow_kind_takes_turns, fresh, let_all_go),
		cmocka_unit_test_setup_teardown(test_crowd_of_a_narrow_kind_leaves_eight_behind, fresh,
		                                let_all_go),
#ifndef __SANITIZE_THREAD__
		cmocka_unit_test_setup_teardown(test_child_has_all_places, fresh, let_all_go),
#endif
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
