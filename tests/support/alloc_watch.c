/* SPDX-License-Identifier: Apache-2.0
 *
 * How large a block is says malloc_usable_size(), so that nothing has to be kept beside it. A place
 * is where a wrapper returns to.
 */
#include "alloc_watch.h"

#include <malloc.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PLACES_MAX 512
#define CALLER __builtin_return_address(0)

void* __real_malloc(size_t size);
void* __real_calloc(size_t count, size_t size);
void* __real_realloc(void* old, size_t size);
void __real_free(void* block);
char* __real_strdup(const char* text);
char* __real_strndup(const char* text, size_t len);
void* __wrap_malloc(size_t size);
void* __wrap_calloc(size_t count, size_t size);
void* __wrap_realloc(void* old, size_t size);
void __wrap_free(void* block);
char* __wrap_strdup(const char* text);
char* __wrap_strndup(const char* text, size_t len);
int __wrap_asprintf(char** text, const char* format, ...) __attribute__((format(printf, 2, 3)));
int __wrap___asprintf_chk(char** text, int flag, const char* format, ...)
    __attribute__((format(printf, 3, 4)));

static struct
{
	pthread_mutex_t lock;
	size_t fail_nth;
	bool and_all_after;
	size_t count;
	size_t live;
	const void* places[PLACES_MAX];
	size_t place_count;
	const uint8_t* needle;
	size_t needle_len;
	size_t found;
} watch = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void watch_fail(size_t nth, bool and_all_after)
{
	pthread_mutex_lock(&watch.lock);
	watch.fail_nth = nth;
	watch.and_all_after = and_all_after;
	watch.count = 0;
	pthread_mutex_unlock(&watch.lock);
}

void alloc_watch_fail(size_t nth)
{
	watch_fail(nth, false);
}

void alloc_watch_fail_from(size_t nth)
{
	watch_fail(nth, true);
}

static size_t watch_get(const size_t* number)
{
	pthread_mutex_lock(&watch.lock);
	const size_t value = *number;
	pthread_mutex_unlock(&watch.lock);
	return value;
}

size_t alloc_watch_count(void)
{
	return watch_get(&watch.count);
}

size_t alloc_watch_places(void)
{
	return watch_get(&watch.place_count);
}

size_t alloc_watch_live(void)
{
	return watch_get(&watch.live);
}

void alloc_watch_needle(const uint8_t* needle, size_t len)
{
	watch.needle = needle;
	watch.needle_len = len;
	watch.found = 0;
}

size_t alloc_watch_found(void)
{
	return watch.found;
}

/* The lock is held. */
static void watch_note(const void* place)
{
	for (size_t i = 0; i < watch.place_count; i++)
		if (watch.places[i] == place)
			return;
	if (watch.place_count == PLACES_MAX)
		abort();
	watch.places[watch.place_count++] = place;
}

bool alloc_watch_fails(const void* place)
{
	pthread_mutex_lock(&watch.lock);
	watch.count++;
	const bool fails =
	    watch.fail_nth > 0 &&
	    (watch.count == watch.fail_nth || (watch.and_all_after && watch.count > watch.fail_nth));
	if (fails)
		watch_note(place);
	pthread_mutex_unlock(&watch.lock);
	return fails;
}

static void watch_block(void* block)
{
	if (block && watch.needle &&
	    memmem(block, malloc_usable_size(block), watch.needle, watch.needle_len))
		watch.found++;
}

/* A block is out, or (`more` is -1) is none any longer. */
static void* watch_counted(void* block, int more)
{
	pthread_mutex_lock(&watch.lock);
	if (block)
		watch.live += (size_t)more;
	pthread_mutex_unlock(&watch.lock);
	return block;
}

void* __wrap_malloc(size_t size)
{
	return alloc_watch_fails(CALLER) ? NULL : watch_counted(__real_malloc(size), 1);
}

void* __wrap_calloc(size_t count, size_t size)
{
	return alloc_watch_fails(CALLER) ? NULL : watch_counted(__real_calloc(count, size), 1);
}

void* __wrap_realloc(void* old, size_t size)
{
	/* The old block may go back to the heap inside, so it counts as freed. */
	watch_block(old);
	if (alloc_watch_fails(CALLER))
		return NULL;
	void* const block = __real_realloc(old, size);
	return old ? block : watch_counted(block, 1);
}

char* __wrap_strdup(const char* text)
{
	return alloc_watch_fails(CALLER) ? NULL : watch_counted(__real_strdup(text), 1);
}

char* __wrap_strndup(const char* text, size_t len)
{
	return alloc_watch_fails(CALLER) ? NULL : watch_counted(__real_strndup(text, len), 1);
}

__attribute__((format(printf, 3, 0))) static int watch_print(const void* place, char** text,
                                                             const char* format, va_list arguments)
{
	if (alloc_watch_fails(place))
		return -1;
	const int len = vasprintf(text, format, arguments);
	if (len >= 0)
		(void)watch_counted(*text, 1);
	return len;
}

int __wrap_asprintf(char** text, const char* format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	const int len = watch_print(CALLER, text, format, arguments);
	va_end(arguments);
	return len;
}

/* Its name in fortified code (_FORTIFY_SOURCE). */
int __wrap___asprintf_chk(char** text, int flag, const char* format, ...)
{
	va_list arguments;

	(void)flag;
	va_start(arguments, format);
	const int len = watch_print(CALLER, text, format, arguments);
	va_end(arguments);
	return len;
}

void __wrap_free(void* block)
{
	watch_block(block);
	(void)watch_counted(block, -1);
	__real_free(block);
}
