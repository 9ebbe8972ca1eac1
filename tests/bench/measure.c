/* SPDX-License-Identifier: Apache-2.0
 *
 * One measurement of one row on one side.
 */
#include "bench.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <winpr/ssl.h>
#include <winpr/wlog.h>

/* The processor's time, which a busy machine does not stretch; where threads wait for each other,
 * time as it passes. */
static double now(bool processor)
{
	struct timespec time;

	(void)clock_gettime(processor ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static void must(bool done, const struct bench_row* row, const char* what)
{
	if (done)
		return;
	(void)fprintf(stderr, "negossp-bench: %s: %s\n", row->name, what);
	exit(EXIT_FAILURE);
}

/* --- work ------------------------------------------------------------------------------------- */

static bool floor_work(struct flow* flow, const struct bench_row* row)
{
	switch (row->work)
	{
		case BENCH_SEAL:
			return sums_seal(&flow->sums, flow->message, row->size);
		case BENCH_SIGN:
			return sums_sign(&flow->sums, flow->message, row->size);
		default:
			return sums_handshake(&flow->sums, row->work == BENCH_FRESH, row->flow == BENCH_SPNEGO);
	}
}

__attribute__((noinline)) bool bench_measured(struct flow* flow, enum bench_side side,
                                              const struct bench_row* row, size_t units)
{
	static bool (*const works[])(struct flow*, size_t) = { [BENCH_HANDSHAKE] = flow_handshake,
		                                                   [BENCH_FRESH] = flow_fresh,
		                                                   [BENCH_REFUSED] = flow_refused,
		                                                   [BENCH_SEAL] = flow_seal,
		                                                   [BENCH_SIGN] = flow_sign };
	bool done = true;

	for (size_t i = 0; i < units && done; i++)
		done = side == BENCH_FLOOR ? floor_work(flow, row) : works[row->work](flow, row->size);
	return done;
}

struct lane
{
	struct flow* flow;
	enum bench_side side;
	const struct bench_row* row;
	size_t units;
	bool done;
};

static void* lane_main(void* argument)
{
	struct lane* const lane = argument;

	lane->done = bench_measured(lane->flow, lane->side, lane->row, lane->units);
	return NULL;
}

/* `units` in all, shared out. */
static bool measure_threads(struct bench* bench, const struct bench_row* row, enum bench_side side,
                            size_t units)
{
	struct lane lanes[2];
	pthread_t threads[2];
	bool done = true;

	for (unsigned i = 0; i < row->threads; i++)
	{
		lanes[i] = (struct lane){ &bench->flows[side][BENCH_BARE + i], side, row,
			                      units / row->threads, false };
		must(pthread_create(&threads[i], NULL, lane_main, &lanes[i]) == 0, row, "no thread");
	}
	for (unsigned i = 0; i < row->threads; i++)
	{
		(void)pthread_join(threads[i], NULL);
		done = done && lanes[i].done;
	}
	return done;
}

/* --- the log ---------------------------------------------------------------------------------- */

static bool log_to(enum bench_log log, char* folder)
{
	static const DWORD levels[] = { [BENCH_LOG_ERROR] = WLOG_ERROR,
		                            [BENCH_LOG_OFF] = WLOG_OFF,
		                            [BENCH_LOG_INFO_FILE] = WLOG_INFO,
		                            [BENCH_LOG_DEFAULT] = WLOG_INFO };
	static char name[] = "log";
	wLog* const root = WLog_GetRoot();
	const bool to_file = log == BENCH_LOG_INFO_FILE;

	if (!WLog_SetLogAppenderType(root, to_file ? WLOG_APPENDER_FILE : WLOG_APPENDER_CONSOLE))
		return false;
	wLogAppender* const appender = WLog_GetLogAppender(root);
	return (!to_file || (WLog_ConfigureAppender(appender, "outputfilename", name) &&
	                     WLog_ConfigureAppender(appender, "outputfilepath", folder))) &&
	       WLog_OpenAppender(root) && WLog_SetLogLevel(root, levels[log]);
}

/* Where the two standard streams go meanwhile; the descriptors that were there are kept. */
static void streams_swap(int kept[2], bool away)
{
	for (int i = 0; i < 2; i++)
	{
		(void)fflush(i ? stderr : stdout);
		if (away)
		{
			const int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

			kept[i] = fcntl(i + 1, F_DUPFD_CLOEXEC, 10);
			(void)dup2(null, i + 1);
			(void)close(null);
		}
		else
		{
			(void)dup2(kept[i], i + 1);
			(void)close(kept[i]);
		}
	}
}

/* --- memory and loading ----------------------------------------------------------------------- */

static double heap_now(void)
{
	const struct mallinfo2 info = mallinfo2();

	return (double)(info.uordblks + info.hblkhd);
}

static double measure_heap(struct flow* flow, const struct bench_row* row)
{
	static const size_t before = 100; /* what is made once, and the heap's own small stores */
	static const size_t pairs = 1000;

	must(flow_hold(flow, before), row, "an exchange failed");
	const double start = heap_now();
	must(flow_hold(flow, before + pairs), row, "an exchange failed");
	const double end = heap_now();
	(void)flow_hold(flow, 0);
	return (end - start) / (double)pairs;
}

static bool load_side(enum bench_side side)
{
	if (side == BENCH_WINPR)
		return sspi_builtin().a != NULL;
	if (side == BENCH_NEGOSSP)
		return sspi_module_a().a != NULL;
	return dlopen(BENCH_EMPTY_LIBRARY, RTLD_LAZY | RTLD_LOCAL) != NULL;
}

double bench_load(enum bench_side side)
{
	double spent = -1;
	int ends[2];

	if (pipe(ends) != 0)
		return spent;
	const pid_t child = fork();
	if (child == 0)
	{
		const double start = now(true);

		spent = load_side(side) ? now(true) - start : -1;
		_exit(write(ends[1], &spent, sizeof(spent)) == sizeof(spent) ? 0 : 1);
	}
	(void)close(ends[1]);
	if (child < 0 || read(ends[0], &spent, sizeof(spent)) != sizeof(spent))
		spent = -1;
	(void)close(ends[0]);
	if (child > 0)
		(void)waitpid(child, NULL, 0);
	return spent;
}

/* --- all together ----------------------------------------------------------------------------- */

const char* bench_unit(const struct bench_row* row, bool counted)
{
	if (row->work == BENCH_HEAP)
		return "bytes";
	return counted ? "instructions" : "microseconds";
}

double bench_measure(struct bench* bench, const struct bench_row* row, enum bench_side side,
                     size_t units)
{
	struct flow* const flow = &bench->flows[side][row->flow];
	int streams[2];

	if (row->work == BENCH_HEAP)
		return measure_heap(flow, row);
	must(flow_hold(flow, row->held), row, "an exchange failed");
	if (row->log == BENCH_LOG_DEFAULT)
		streams_swap(streams, true);
	if (row->log != BENCH_LOG_ERROR)
		must(log_to(row->log, bench->box.folder), row, "WLog cannot be set up");
	const double start = now(row->threads == 0);
	const bool done = row->threads ? measure_threads(bench, row, side, units)
	                               : bench_measured(flow, side, row, units);
	const double spent = now(row->threads == 0) - start;
	if (row->log != BENCH_LOG_ERROR)
		must(log_to(BENCH_LOG_ERROR, NULL), row, "WLog cannot be set up");
	if (row->log == BENCH_LOG_DEFAULT)
		streams_swap(streams, false);
	must(done, row, "the work failed");
	(void)flow_hold(flow, 0);
	return spent;
}
