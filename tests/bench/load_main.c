/* SPDX-License-Identifier: Apache-2.0
 *
 * negossp-load: gives both sides their slices in turn, and tells what came of them.
 */
#include "load.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "nla_check.h"

#define SLICES 10
#define MIB 1048576.0

struct side
{
	const char* name;
	enum nla_pairing pairing;
	pid_t child; /* 0 once it is gone */
	int orders;
	int answers;
	unsigned logons;
	unsigned failures;
	double seconds;
	uint32_t* times;
	struct load_answer slices[SLICES];
};

struct options
{
	unsigned logons;
	unsigned at_once;
	unsigned seconds;
	const char* password; /* the clients', or NULL for the right one */
};

static bool side_start(struct side* side, const char* password)
{
	int orders[2];
	int answers[2];

	if (pipe(orders) != 0)
		return false;
	if (pipe(answers) != 0)
		return false;
	(void)fflush(stdout);
	side->child = fork();
	if (side->child == 0)
	{
		(void)close(orders[1]);
		(void)close(answers[0]);
		load_side(side->pairing, password, orders[0], answers[1]);
	}
	(void)close(orders[0]);
	(void)close(answers[1]);
	side->orders = orders[1];
	side->answers = answers[0];
	return side->child > 0;
}

/* All of it, or false when the child is gone or says nothing for `seconds`. */
static bool read_all(int from, void* to, size_t size, unsigned seconds)
{
	for (size_t done = 0; done < size;)
	{
		struct pollfd wait = { from, POLLIN, 0 };

		if (poll(&wait, 1, (int)seconds * 1000) <= 0)
			return false;
		const ssize_t got = read(from, (char*)to + done, size - done);
		if (got <= 0)
			return false;
		done += (size_t)got;
	}
	return true;
}

static void side_end(struct side* side, bool kill_it)
{
	static const struct load_order none = { 0, 0 };
	int status = 0;

	if (side->child <= 0)
		return;
	/* The other process may have the pipe's end, too: closing it would tell nothing. */
	if (kill_it || write(side->orders, &none, sizeof(none)) != sizeof(none))
		(void)kill(side->child, SIGKILL);
	(void)waitpid(side->child, &status, 0);
	(void)close(side->orders);
	(void)close(side->answers);
	side->child = 0;
}

static void side_slice(struct side* side, unsigned number, const struct load_order* order,
                       unsigned seconds)
{
	struct load_answer* const answer = &side->slices[number];

	if (side->child > 0 && write(side->orders, order, sizeof(*order)) == sizeof(*order) &&
	    read_all(side->answers, answer, sizeof(*answer), seconds) &&
	    read_all(side->answers, side->times + side->logons, order->logons * sizeof(*side->times),
	             seconds))
	{
		side->logons += order->logons;
		side->failures += answer->failures;
		side->seconds += answer->seconds;
		(void)printf("%-8s %5u %6u %9.1f %9.2f %9.2f %6u\n", side->name, number + 1,
		             answer->failures, order->logons / answer->seconds, answer->heap / MIB,
		             answer->resident / MIB, answer->open_files);
		(void)fflush(stdout);
		return;
	}
	(void)fprintf(stderr, "negossp-load: the process with %s %s\n", side->name,
	              side->child > 0 ? "is gone, or hangs" : "was gone before");
	side_end(side, true);
	side->failures += order->logons;
}

static int compare(const void* a, const void* b)
{
	const uint32_t one = *(const uint32_t*)a;
	const uint32_t other = *(const uint32_t*)b;

	return (one > other) - (one < other);
}

static double percentile_ms(const struct side* side, double part)
{
	return side->logons ? side->times[(size_t)(part * (side->logons - 1))] / 1000.0 : 0;
}

/* Bytes of heap that a logon left, after the first slices, in which what is kept is made. */
static double growth(const struct side* side, unsigned slices, unsigned each)
{
	const unsigned from = 2;

	if (slices <= from + 1 || side->child <= 0)
		return 0;
	return (side->slices[slices - 1].heap - side->slices[from].heap) /
	       ((double)each * (slices - 1 - from));
}

static void side_report(struct side* side, unsigned slices, unsigned each)
{
	qsort(side->times, side->logons, sizeof(*side->times), compare);
	(void)printf("%-8s %7u %8u %9.1f %9.1f %9.1f %9.1f %12.1f\n", side->name, side->logons,
	             side->failures, side->seconds > 0 ? side->logons / side->seconds : 0,
	             percentile_ms(side, 0.50), percentile_ms(side, 0.95), percentile_ms(side, 0.99),
	             growth(side, slices, each));
}

static bool options_read(int argc, char** argv, struct options* options)
{
	const struct
	{
		const char* name;
		unsigned* value;
		unsigned most;
	} known[] = { { "--logons", &options->logons, 1000000 },
		          { "--at-once", &options->at_once, LOAD_MOST_AT_ONCE },
		          { "--seconds", &options->seconds, 86400 } };

	for (int i = 1; i < argc; i += 2)
	{
		bool taken = i + 1 < argc && strcmp(argv[i], "--password") == 0;

		if (taken)
			options->password = argv[i + 1];
		for (size_t k = 0; k < sizeof(known) / sizeof(known[0]) && i + 1 < argc; k++)
		{
			char* end = NULL;
			const unsigned long value = strtoul(argv[i + 1], &end, 10);

			if (strcmp(argv[i], known[k].name) != 0 || *end || !value || value > known[k].most)
				continue;
			*known[k].value = (unsigned)value;
			taken = true;
		}
		if (!taken)
			return false;
	}
	return true;
}

static unsigned seconds_since(const struct timespec* start)
{
	struct timespec now = { 0, 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (unsigned)(now.tv_sec - start->tv_sec);
}

/* How many slices were made before the time was over. */
static unsigned run(struct side sides[2], const struct options* options)
{
	const struct load_order order = { options->logons / SLICES, options->at_once };
	struct timespec start = { 0, 0 };
	unsigned slice = 0;

	(void)clock_gettime(CLOCK_MONOTONIC, &start);
	(void)printf("%-8s %5s %6s %9s %9s %9s %6s\n", "side", "slice", "failed", "logons/s",
	             "heap MiB", "res. MiB", "files");
	for (; slice < SLICES; slice++)
	{
		for (unsigned i = 0; i < 2; i++)
		{
			const unsigned spent = seconds_since(&start);

			if (spent >= options->seconds)
			{
				(void)fprintf(stderr, "negossp-load: %u seconds are over\n", options->seconds);
				return slice;
			}
			/* A slice that began in time may end: its logons have a time-out of their own. */
			side_slice(&sides[(slice + i) % 2], slice, &order,
			           options->seconds - spent + LOAD_TIMEOUT_MS / 1000);
		}
	}
	return slice;
}

int main(int argc, char** argv)
{
	struct options options = { .logons = 1000, .at_once = 50, .seconds = 600 };
	struct side sides[2] = { { .name = "negossp", .pairing = MODULE_TO_MODULE },
		                     { .name = "WinPR", .pairing = STOCK_TO_STOCK } };
	void* state = NULL;

	if (!options_read(argc, argv, &options) || options.logons < SLICES)
	{
		(void)fprintf(
		    stderr,
		    "usage: negossp-load [--logons N] [--at-once N] [--seconds N] [--password TEXT]\n"
		    "  so many logons of each side, at least "
		    "10"
		    "; so many at the same "
		    "time;\n  no slice begins after so many seconds; a password that is wrong fails them "
		    "all\n");
		return 2;
	}
	(void)signal(SIGPIPE, SIG_IGN);
	if (nla_open_with_frank(&state) != 0)
		return EXIT_FAILURE;
	(void)alarm(options.seconds +
	            2 * LOAD_TIMEOUT_MS / 1000); /* for the lab's own, which is short */
	for (unsigned i = 0; i < 2; i++)
	{
		sides[i].times = calloc(options.logons, sizeof(*sides[i].times));
		if (!sides[i].times || !side_start(&sides[i], options.password))
			return EXIT_FAILURE;
	}
	const unsigned slices = run(sides, &options);
	(void)printf("\n%-8s %7s %8s %9s %9s %9s %9s %12s\n", "side", "logons", "failures", "logons/s",
	             "p50 ms", "p95 ms", "p99 ms", "bytes/logon");
	for (unsigned i = 0; i < 2; i++)
		side_report(&sides[i], slices, options.logons / SLICES);
	const bool good = slices == SLICES && sides[0].failures == 0;
	for (unsigned i = 0; i < 2; i++)
	{
		side_end(&sides[i], false);
		free(sides[i].times);
	}
	(void)nla_lab_close(&state);
	return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
