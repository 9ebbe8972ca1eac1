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

#define RC4_ENTRIES 256
#define LARGEST_MAPPING ((size_t)128 << 20) /* AddressSanitizer's shadow is no memory of ours */

static bool left_out(uintptr_t address)
{
	const uintptr_t buffer = (uintptr_t)window;
	return (address >= place && address < place + place_len) ||
	       (address + 64 >= buffer && address < buffer + sizeof(window));
}

/* How often it is in a window of memory that begins at this address. */
typedef size_t (*count_fn)(const uint8_t* data, size_t len, uintptr_t address, const void* what,
                           size_t what_len);

static size_t count_pattern(const uint8_t* data, size_t len, uintptr_t address, const void* what,
                            size_t what_len)
{
	const uint8_t* at = data;
	size_t found = 0;

	while ((at = memmem(at, len - (size_t)(at - data), what, what_len)) != NULL)
	{
		found += !left_out(address + (uintptr_t)(at - data));
		at++;
	}
	return found;
}

/* 256 words in a row, each number below 256 once. */
static size_t count_rc4(const uint8_t* data, size_t len, uintptr_t address, const void* what,
                        size_t what_len)
{
	size_t next[RC4_ENTRIES] = { 0 }; /* behind where each number stood last */
	size_t begin = 0;
	size_t found = 0;

	(void)what;
	(void)what_len;
	for (size_t i = 0; i < len / sizeof(uint32_t); i++)
	{
		uint32_t entry;

		memcpy(&entry, data + i * sizeof(entry), sizeof(entry));
		if (entry >= RC4_ENTRIES)
			begin = i + 1;
		else
		{
			begin = next[entry] > begin ? next[entry] : begin;
			next[entry] = i + 1;
		}
		if (i + 1 - begin == RC4_ENTRIES)
		{
			found += !left_out(address + begin * sizeof(entry));
			begin = i + 1;
		}
	}
	return found;
}

static size_t count_in(int memory, uintptr_t from, uintptr_t to, count_fn count, const void* what,
                       size_t len)
{
	size_t found = 0;
	while (from < to)
	{
		const size_t want = to - from < sizeof(window) ? to - from : sizeof(window);
		const ssize_t got = pread64(memory, window, want, (off64_t)from);
		if (got < (ssize_t)len)
			break;
		found += count(window, (size_t)got, from, what, len);
		if ((size_t)got < want || from + want >= to)
			break;
		from += want - len + 1; /* overlap, so that nothing hides across the edge */
	}
	memset(window, 0, sizeof(window));
	return found;
}

static size_t scan(count_fn count, const void* what, size_t len)
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
			found += count_in(memory, from, to, count, what, len);
	}
	close(memory);
	fclose(maps);
	return found;
}

size_t memory_scan(const void* pattern, size_t len)
{
	return scan(count_pattern, pattern, len);
}

size_t memory_scan_rc4(void)
{
	/* Windows overlap by one byte less than this: by whole words. */
	return scan(count_rc4, NULL, (RC4_ENTRIES - 1) * sizeof(uint32_t) + 1);
}

void memory_scan_leave_out(const void* from, size_t len)
{
	place = (uintptr_t)from;
	place_len = len;
}
