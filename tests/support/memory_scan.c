/* SPDX-License-Identifier: Apache-2.0
 *
 * Memory is read through /proc/self/mem, a window at a time.
 */
#include "memory_scan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static uint8_t window[1 << 20]; /* where memory is read to; left out as well */
static uintptr_t place;
static size_t place_len;

#define LARGEST_MAPPING ((size_t)1 << 30) /* AddressSanitizer's shadow is no memory of ours */

static bool left_out(uintptr_t address)
{
	const uintptr_t buffer = (uintptr_t)window;
	return (address >= place && address < place + place_len) ||
	       (address + 64 >= buffer && address < buffer + sizeof(window));
}

static size_t count_in(int memory, uintptr_t from, uintptr_t to, const void* pattern, size_t len)
{
	size_t found = 0;
	while (from < to)
	{
		const size_t want = to - from < sizeof(window) ? to - from : sizeof(window);
		const ssize_t got = pread(memory, window, want, (off_t)from);
		if (got < (ssize_t)len)
			break;
		const uint8_t* at = window;
		const uint8_t* end = window + got;
		while ((at = memmem(at, (size_t)(end - at), pattern, len)) != NULL)
		{
			found += !left_out(from + (uintptr_t)(at - window));
			at++;
		}
		/* Overlap, so that nothing hides across the edge; the last window ends the loop. */
		from += (size_t)got == want && from + want >= to ? want : (size_t)got - len + 1;
	}
	memset(window, 0, sizeof(window));
	return found;
}

size_t memory_scan(const void* pattern, size_t len)
{
	size_t found = 0;
	char line[512];
	FILE* maps = fopen("/proc/self/maps", "r");
	const int memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
	assert_non_null(maps);
	assert_int_not_equal(memory, -1);
	while (fgets(line, sizeof(line), maps))
	{
		unsigned long from = 0;
		unsigned long to = 0;
		char rights[5] = "";
		if (sscanf(line, "%lx-%lx %4s", &from, &to, rights) == 3 && rights[0] == 'r' &&
		    rights[1] == 'w' && to - from <= LARGEST_MAPPING)
			found += count_in(memory, from, to, pattern, len);
	}
	close(memory);
	fclose(maps);
	return found;
}

void memory_scan_leave_out(const void* from, size_t len)
{
	place = (uintptr_t)from;
	place_len = len;
}
