/* SPDX-License-Identifier: Apache-2.0
 *
 * winpr-glue/host/handles.c against a model: what is open is found and nothing else is, no handle
 * comes twice, and places are used again. Through the exported tables: tests/sspi/test_handles.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "host/handles.h"

#define OBJECTS 1000u
#define OPENED 20000u

struct thing
{
	struct handle_object object;
	SecHandle handle;
	bool open;
	unsigned destroyed;
};

static struct thing things[OBJECTS];
static SecHandle given[OPENED];
static size_t given_count;
static uint32_t random_state = 1;

static uint32_t pick(uint32_t below)
{
	random_state = random_state * 1664525u + 1013904223u;
	return (random_state >> 8) % below;
}

static void destroyed(struct handle_object* object)
{
	((struct thing*)(void*)object)->destroyed++;
}

static enum handle_kind kind_of(const struct thing* thing)
{
	return (thing - things) % 2 ? HANDLE_CONTEXT : HANDLE_CREDENTIAL;
}

static void thing_open(struct thing* thing)
{
	handle_object_init(&thing->object, kind_of(thing), destroyed);
	assert_int_equal(handle_open(&thing->object, &thing->handle), RESULT_OK);
	thing->open = true;
	thing->destroyed = 0;
	assert_true(given_count < OPENED);
	given[given_count++] = thing->handle;
}

static void thing_close(struct thing* thing)
{
	assert_ptr_equal(handle_close(&thing->handle, kind_of(thing)), &thing->object);
	assert_int_equal(thing->destroyed, 0);
	handle_object_release(&thing->object);
	assert_int_equal(thing->destroyed, 1);
	thing->open = false;
}

/* Whatever was given out last for it. */
static void thing_check(const struct thing* thing)
{
	const enum handle_kind kind = kind_of(thing);
	const enum handle_kind other = kind == HANDLE_CONTEXT ? HANDLE_CREDENTIAL : HANDLE_CONTEXT;

	assert_null(handle_get(&thing->handle, other));
	assert_null(handle_close(&thing->handle, other));
	struct handle_object* const object = handle_get(&thing->handle, kind);
	assert_ptr_equal(object, thing->open ? &thing->object : NULL);
	handle_object_release(object);
	if (!thing->open)
		assert_null(handle_close(&thing->handle, kind));
}

static int by_value(const void* a, const void* b)
{
	return memcmp(a, b, sizeof(SecHandle));
}

static void test_what_is_open_is_found_and_nothing_else(void** state)
{
	(void)state;
	for (size_t i = 0; i < OBJECTS; i++)
		thing_open(&things[i]);
	for (unsigned i = 0; i < 15000; i++)
	{
		struct thing* const thing = &things[pick(OBJECTS)];

		if (thing->open)
			thing_close(thing);
		else
			thing_open(thing);
		thing_check(thing);
		thing_check(&things[pick(OBJECTS)]);
	}
	for (size_t i = 0; i < OBJECTS; i++)
	{
		thing_check(&things[i]);
		if (things[i].open)
			thing_close(&things[i]);
	}
	qsort(given, given_count, sizeof(given[0]), by_value);
	for (size_t i = 1; i < given_count; i++)
		assert_true(given[i - 1].dwLower != given[i].dwLower);
}

/* A hundred at once need no more than that many, whatever was open before. */
static void test_places_are_used_again(void** state)
{
	ULONG_PTR highest = 0;

	(void)state;
	for (unsigned round = 0; round < 50; round++)
	{
		for (size_t i = 0; i < 100; i++)
		{
			thing_open(&things[i]);
			if (things[i].handle.dwUpper > highest)
				highest = things[i].handle.dwUpper;
		}
		for (size_t i = 0; i < 100; i++)
			thing_close(&things[(i * 37) % 100]);
	}
	assert_true(highest <= 100);
	given_count = 0;
}

#define LOOKERS 4

static _Atomic bool enough;
static _Atomic unsigned found;

/* Over and over at what another thread has opened, which is in that thread's stripe. */
static void* look(void* opaque)
{
	const struct thing* const thing = opaque;

	while (!enough)
	{
		struct handle_object* const object = handle_get(&thing->handle, HANDLE_CREDENTIAL);
		found += object == &thing->object;
		handle_object_release(object);
	}
	return NULL;
}

/* ThreadSanitizer sees the lock, everybody else that nothing is lost while the table grows. */
static void test_table_grows_while_others_look(void** state)
{
	struct thing* const shared = &things[0];
	pthread_t threads[LOOKERS];

	(void)state;
	enough = false;
	thing_open(shared);
	for (size_t i = 0; i < LOOKERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, look, shared), 0);
	while (found < 1000)
		(void)sched_yield();
	for (size_t i = 1; i < OBJECTS; i++)
		thing_open(&things[i]);
	for (size_t i = 1; i < OBJECTS; i++)
		thing_close(&things[i]);
	enough = true;
	for (size_t i = 0; i < LOOKERS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	thing_check(shared);
	thing_close(shared);
	given_count = 0;
}

/* The stripe is the serial's remainder. What all threads ask for is spread over all of them, though
 * one thread opened it; what a thread has to itself stays in that thread's own. */
static void test_threads_seldom_wait_for_each_other(void** state)
{
	unsigned credentials = 0;
	unsigned contexts = 0;

	(void)state;
	for (size_t i = 0; i < 32; i++)
	{
		thing_open(&things[i]);
		*(kind_of(&things[i]) == HANDLE_CONTEXT ? &contexts : &credentials) |=
		    1U << things[i].handle.dwLower % 16;
	}
	assert_int_equal(credentials, 0xFFFF);
	assert_int_equal(contexts & (contexts - 1), 0);
	for (size_t i = 0; i < 32; i++)
		thing_close(&things[i]);
	given_count = 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_places_are_used_again),
		cmocka_unit_test(test_table_grows_while_others_look), /* before it is as large as it gets */
		cmocka_unit_test(test_what_is_open_is_found_and_nothing_else),
		cmocka_unit_test(test_threads_seldom_wait_for_each_other),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
