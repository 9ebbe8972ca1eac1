/* SPDX-License-Identifier: Apache-2.0
 *
 * negossp-bench: times the rows in interleaved rounds, or counts their instructions.
 */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <winpr/wlog.h>

#define MICROSECONDS 1e6

static struct bench bench;
static struct bench_figures figures[BENCH_MOST_ROWS][BENCH_SIDES];

static int usage(void)
{
	(void)fprintf(stderr, "usage: negossp-bench [--quick] [--count] [--only ROW] [--csv FILE]\n"
	                      "  --quick     three short rounds for nine\n"
	                      "  --count     instructions, by valgrind's callgrind, for microseconds\n"
	                      "  --only ROW  the rows whose names begin so\n"
	                      "  --csv FILE  writes the figures there, too\n");
	return 2;
}

static bool options_read(int argc, char** argv, struct bench_options* options)
{
	for (int i = 1; i < argc; i++)
	{
		if (strcmp(argv[i], "--quick") == 0)
			options->quick = true;
		else if (strcmp(argv[i], "--count") == 0)
			options->count = true;
		else if (strcmp(argv[i], "--counted") == 0)
			options->counted = true;
		else if (strcmp(argv[i], "--only") == 0 && i + 1 < argc)
			options->only = argv[++i];
		else if (strcmp(argv[i], "--csv") == 0 && i + 1 < argc)
			options->csv = argv[++i];
		else
			return false;
	}
	return true;
}

/* Loading comes first, while this process itself has loaded nothing. */
static void measure_loads(const struct bench_options* options, unsigned rounds)
{
	const size_t row = bench_row_count - 1;

	if (!bench_wanted(options, &bench_rows[row]))
		return;
	for (unsigned i = 0; i < rounds * BENCH_SIDES; i++)
	{
		const double spent = bench_load(i % BENCH_SIDES);

		if (spent < 0)
			exit(EXIT_FAILURE);
		bench_note(&figures[row][i % BENCH_SIDES], spent * MICROSECONDS);
	}
}

/* How many units take about `batch` seconds. */
static size_t units_for(const struct bench_row* row, enum bench_side side, double batch)
{
	struct bench_row alone = *row;
	size_t units = 2;

	if (row->work == BENCH_HEAP)
		return 1;
	alone.held = 0;
	while (units < 1 << 20 && bench_measure(&bench, &alone, side, units) < batch / 2)
		units *= 2;
	return units;
}

static void measure_all(const struct bench_options* options, unsigned rounds, double batch)
{
	static size_t units[BENCH_MOST_ROWS][BENCH_SIDES];

	for (unsigned n = 0; n < rounds * bench_row_count * BENCH_SIDES; n++)
	{
		const unsigned round = n / (unsigned)(bench_row_count * BENCH_SIDES);
		const size_t i = n / BENCH_SIDES % bench_row_count;
		const enum bench_side side = (n + round) % BENCH_SIDES; /* none is always the first */
		const struct bench_row* const row = &bench_rows[i];

		if (!bench_wanted(options, row) || row->work == BENCH_LOAD || !bench_has(row, side))
			continue;
		if (!units[i][side])
			units[i][side] = units_for(row, side, batch);
		const double figure = bench_measure(&bench, row, side, units[i][side]);
		bench_note(&figures[i][side], row->work == BENCH_HEAP
		                                  ? figure
		                                  : figure / (double)units[i][side] * MICROSECONDS);
	}
}

int main(int argc, char** argv)
{
	struct bench_options options = { 0 };

	if (!options_read(argc, argv, &options))
		return usage();
	if (options.count)
	{
		if (!bench_count(argv[0], &options, figures))
			return EXIT_FAILURE;
	}
	else
	{
		const unsigned rounds = options.quick ? 3 : BENCH_MOST_ROUNDS;

		sandbox_open(&bench.box);
		/* WinPR's Kerberos complains where there is no realm. */
		(void)WLog_SetLogLevel(WLog_GetRoot(), WLOG_OFF);
		if (!options.counted)
			measure_loads(&options, rounds);
		bench_open(&bench);
		(void)WLog_SetLogLevel(WLog_GetRoot(), WLOG_ERROR);
		if (options.counted)
			bench_counted(&bench, &options);
		else
			measure_all(&options, rounds, options.quick ? 0.005 : 0.02);
		bench_close(&bench);
	}
	if (options.counted)
		return EXIT_SUCCESS;
	bench_print(figures, options.count);
	if (!options.count)
		bench_print_pairs(figures);
	if (options.csv && !bench_csv(figures, options.count, options.csv))
	{
		perror(options.csv);
		return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}
