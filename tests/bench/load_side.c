/* SPDX-License-Identifier: Apache-2.0
 *
 * The process of one side.
 */
#include "load.h"

#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "nla_check.h"

struct slice
{
	struct nla_options options;
	unsigned logons;
	atomic_uint next;
	atomic_uint failures;
	uint32_t* times; /* microseconds, of each */
};

static uint64_t microseconds(void)
{
	struct timespec now = { 0, 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static bool log_on(const struct nla_options* options)
{
	struct nla_result result;

	if (!nla_pair_run(options, &result))
		return false;
	const bool good = result.in_time && result.server_logged_on && result.client_went_on &&
	                  result.client_error == 0;
	nla_result_clear(&result);
	return good;
}

static void* worker(void* argument)
{
	struct slice* const slice = argument;

	for (unsigned i; (i = atomic_fetch_add(&slice->next, 1)) < slice->logons;)
	{
		const uint64_t start = microseconds();

		if (!log_on(&slice->options))
			atomic_fetch_add(&slice->failures, 1);
		slice->times[i] = (uint32_t)(microseconds() - start);
	}
	return NULL;
}

/* Bytes in use in all of malloc's arenas, which mallinfo2() does not add up. */
static double heap_in_use(void)
{
	char* text = NULL;
	size_t size = 0;
	double used = 0;
	FILE* const stream = open_memstream(&text, &size);

	if (!stream)
		return 0;
	(void)malloc_info(0, stream);
	(void)fclose(stream);
	/* The sums over all arenas are behind the last of them. */
	const char* at = text;
	for (const char* next; (next = strstr(at, "</heap>"));)
		at = next + 1;
	static const struct
	{
		const char* before;
		double sign;
	} terms[] = { { "<total type=\"fast\"", -1 },
		          { "<total type=\"rest\"", -1 },
		          { "<total type=\"mmap\"", 1 },
		          { "<system type=\"current\"", 1 } };
	for (size_t i = 0; i < sizeof(terms) / sizeof(terms[0]); i++)
	{
		const char* const term = strstr(at, terms[i].before);
		const char* const number = term ? strstr(term, "size=\"") : NULL;

		used += number ? terms[i].sign * strtod(number + 6, NULL) : 0;
	}
	free(text);
	return used;
}

static double resident(void)
{
	unsigned long all = 0;
	unsigned long pages = 0;
	FILE* const file = fopen("/proc/self/statm", "re");

	if (file && fscanf(file, "%lu %lu", &all, &pages) != 2)
		pages = 0;
	if (file)
		(void)fclose(file);
	return (double)pages * (double)sysconf(_SC_PAGESIZE);
}

static struct load_answer slice_run(struct slice* slice, unsigned at_once)
{
	pthread_t threads[LOAD_MOST_AT_ONCE];
	unsigned started = 0;
	const uint64_t start = microseconds();

	while (started < at_once && pthread_create(&threads[started], NULL, worker, slice) == 0)
		started++;
	for (unsigned i = 0; i < started; i++)
		(void)pthread_join(threads[i], NULL);
	return (struct load_answer){ .failures = started < at_once ? slice->logons
		                                                       : atomic_load(&slice->failures),
		                         .open_files = (unsigned)nla_lab_open_files(),
		                         .seconds = (double)(microseconds() - start) / 1e6,
		                         .heap = heap_in_use(),
		                         .resident = resident() };
}

void load_side(enum nla_pairing pairing, const char* password, int orders, int answers)
{
	struct load_order order;

	while (read(orders, &order, sizeof(order)) == sizeof(order) && order.logons)
	{
		struct slice slice = { .options = nla_frank(pairing), .logons = order.logons };
		const size_t size = order.logons * sizeof(*slice.times);

		if (password)
			slice.options.password = password;
		slice.options.timeout_ms = LOAD_TIMEOUT_MS;
		slice.times = calloc(order.logons, sizeof(*slice.times));
		if (!slice.times)
			break;
		const struct load_answer answer = slice_run(&slice, order.at_once);
		const bool said = write(answers, &answer, sizeof(answer)) == sizeof(answer) &&
		                  write(answers, slice.times, size) == (ssize_t)size;
		free(slice.times);
		if (!said)
			break;
	}
	_exit(EXIT_SUCCESS);
}
