/* SPDX-License-Identifier: Apache-2.0
 *
 * How large a block is says malloc_usable_size(), so that nothing has to be kept beside it.
 */
#include "alloc_watch.h"

#include <malloc.h>
#include <string.h>

void* __real_malloc(size_t size);
void* __real_calloc(size_t count, size_t size);
void* __real_realloc(void* old, size_t size);
void __real_free(void* block);
void* __wrap_malloc(size_t size);
void* __wrap_calloc(size_t count, size_t size);
void* __wrap_realloc(void* old, size_t size);
void __wrap_free(void* block);

static struct
{
	size_t fail_nth;
	size_t count;
	const uint8_t* needle;
	size_t needle_len;
	size_t found;
} watch;

void alloc_watch_fail(size_t nth)
{
	watch.fail_nth = nth;
	watch.count = 0;
}

size_t alloc_watch_count(void)
{
	return watch.count;
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

static int watch_fails(void)
{
	return ++watch.count == watch.fail_nth;
}

static void watch_block(void* block)
{
	if (block && watch.needle &&
	    memmem(block, malloc_usable_size(block), watch.needle, watch.needle_len))
		watch.found++;
}

void* __wrap_malloc(size_t size)
{
	return watch_fails() ? NULL : __real_malloc(size);
}

void* __wrap_calloc(size_t count, size_t size)
{
	return watch_fails() ? NULL : __real_calloc(count, size);
}

void* __wrap_realloc(void* old, size_t size)
{
	/* The old block may go back to the heap inside, so it counts as freed. */
	watch_block(old);
	return watch_fails() ? NULL : __real_realloc(old, size);
}

void __wrap_free(void* block)
{
	watch_block(block);
	__real_free(block);
}
