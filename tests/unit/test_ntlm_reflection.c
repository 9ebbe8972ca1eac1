/* SPDX-License-Identifier: Apache-2.0
 *
 * module/ntlm: reflection. Who is in the list of challenges, whoever else comes and goes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>

#include "ntlm/reflection.h"

#define ENTRIES 3

static const uint8_t challenges[ENTRIES][NTLM_CHALLENGE_SIZE] = { { 1 }, { 2 }, { 3 } };

static bool is_listed(size_t i)
{
	return ntlm_reflection_answering(BYTES_OF(challenges[i]));
}

/* In each order in which three can be done, each of them twice. */
static void test_each_is_awaited_until_it_is_done(void** state)
{
	static const uint8_t orders[][ENTRIES] = { { 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 },
		                                       { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 } };
	(void)state;
	for (size_t order = 0; order < sizeof(orders) / sizeof(orders[0]); order++)
	{
		struct ntlm_reflection entries[ENTRIES] = { 0 };
		bool gone[ENTRIES] = { false };
		for (size_t i = 0; i < ENTRIES; i++)
			ntlm_reflection_issued(&entries[i], BYTES_OF(challenges[i]));
		for (size_t i = 0; i < ENTRIES; i++)
		{
			gone[orders[order][i]] = true;
			for (size_t done = 0; done < ENTRIES; done++)
				if (gone[done])
					ntlm_reflection_forget(&entries[done]);
			for (size_t j = 0; j < ENTRIES; j++)
				assert_int_equal(is_listed(j), !gone[j]);
		}
	}
}

/* Who is done already takes nobody with it who came later. */
static void test_who_is_done_twice_takes_nobody_with_it(void** state)
{
	struct ntlm_reflection entries[2] = { 0 };
	(void)state;
	ntlm_reflection_issued(&entries[0], BYTES_OF(challenges[0]));
	ntlm_reflection_forget(&entries[0]);
	ntlm_reflection_issued(&entries[1], BYTES_OF(challenges[1]));
	ntlm_reflection_forget(&entries[0]);
	assert_true(is_listed(1));
	ntlm_reflection_forget(&entries[1]);
	assert_false(is_listed(1));
}

static void test_who_was_never_issued_takes_nobody_with_it(void** state)
{
	struct ntlm_reflection entries[2] = { 0 };
	(void)state;
	ntlm_reflection_issued(&entries[0], BYTES_OF(challenges[0]));
	ntlm_reflection_forget(&entries[1]);
	assert_true(is_listed(0));
	ntlm_reflection_forget(&entries[0]);
}

/* All who await it, and nobody else, though one byte is all that differs. */
static void test_who_was_answered(void** state)
{
	struct ntlm_reflection entries[ENTRIES] = { 0 };
	(void)state;
	for (size_t i = 0; i < ENTRIES; i++)
		ntlm_reflection_issued(&entries[i], BYTES_OF(challenges[i == 2]));
	assert_true(is_listed(0));
	for (size_t i = 0; i < ENTRIES; i++)
		assert_int_equal(ntlm_reflection_answered(&entries[i]), i != 2);
	for (size_t i = 0; i < ENTRIES; i++)
		ntlm_reflection_forget(&entries[i]);
	assert_false(is_listed(0));
}

static pthread_barrier_t start;

static void* come_and_go(void* shared)
{
	(void)shared;
	(void)pthread_barrier_wait(&start);
	for (unsigned i = 0; i < 100; i++)
	{
		struct ntlm_reflection own = { .listed = false };
		ntlm_reflection_issued(&own, BYTES_OF(challenges[0]));
		(void)ntlm_reflection_answered(&own);
		ntlm_reflection_forget(&own);
	}
	return NULL;
}

static void* answer(void* shared)
{
	(void)shared;
	(void)pthread_barrier_wait(&start);
	for (unsigned i = 0; i < 100; i++)
		(void)ntlm_reflection_answering(BYTES_OF(challenges[i % ENTRIES]));
	return NULL;
}

/* Passes without a lock as well, most of the time: ThreadSanitizer sees one that is missing. */
static void test_threads_come_and_go_while_others_answer(void** state)
{
	struct ntlm_reflection entry = { .listed = false };
	pthread_t threads[2];

	(void)state;
	ntlm_reflection_issued(&entry, BYTES_OF(challenges[1]));
	assert_int_equal(pthread_barrier_init(&start, NULL, 3), 0);
	assert_int_equal(pthread_create(&threads[0], NULL, come_and_go, NULL), 0);
	assert_int_equal(pthread_create(&threads[1], NULL, answer, NULL), 0);
	(void)pthread_barrier_wait(&start);
	for (unsigned i = 0; i < 100; i++)
		(void)ntlm_reflection_answered(&entry);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	(void)pthread_barrier_destroy(&start);
	assert_true(ntlm_reflection_answered(&entry));
	ntlm_reflection_forget(&entry);
	assert_false(is_listed(0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_is_awaited_until_it_is_done),
		cmocka_unit_test(test_who_is_done_twice_takes_nobody_with_it),
		cmocka_unit_test(test_who_was_never_issued_takes_nobody_with_it),
		cmocka_unit_test(test_who_was_answered),
		cmocka_unit_test(test_threads_come_and_go_while_others_answer),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
