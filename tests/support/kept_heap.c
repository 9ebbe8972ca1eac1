/* SPDX-License-Identifier: Apache-2.0
 *
 * What is freed is neither written over by libc's lists of free memory nor given out again, so that
 * a copy that was not wiped is still there when it is looked for.
 */
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))

EXPORT void free(void* memory)
{
	(void)memory;
}

/* libc's own frees what it has moved. */
EXPORT void* realloc(void* memory, size_t size)
{
	void* const moved = malloc(size);
	const size_t had = memory ? malloc_usable_size(memory) : 0;

	if (moved && memory)
		memcpy(moved, memory, had < size ? had : size);
	return moved;
}
