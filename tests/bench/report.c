/* SPDX-License-Identifier: Apache-2.0
 *
 * Medians, ratios, and the two forms in which they go out.
 */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char* const side_names[BENCH_SIDES] = { "winpr", "negossp", "floor" };

void bench_note(struct bench_figures* figures, double figure)
{
	/* Kept in order, so that the median is in the middle. */
	unsigned at = figures->rounds++;

	for (; at > 0 && figures->of[at - 1] > figure; at--)
		figures->of[at] = figures->of[at - 1];
	figures->of[at] = figure;
}

static double median(const struct bench_figures* figures)
{
	return figures->rounds ? figures->of[figures->rounds / 2] : 0;
}

static void print_figure(double figure, bool whole)
{
	if (figure <= 0)
		(void)printf(" %14s", "-");
	else
		(void)printf(" %14.*f", whole ? 0 : 3, figure);
}

static void print_ratio(double a, double b)
{
	if (a <= 0 || b <= 0)
		(void)printf(" %10s", "-");
	else
		(void)printf(" %10.2f", a / b);
}

void bench_print(struct bench_figures (*figures)[BENCH_SIDES], bool counted)
{
	(void)printf("%-23s %-13s %14s %14s %14s %10s %10s\n", "row", "unit", "WinPR", "negossp",
	             "floor", "to WinPR", "to floor");
	for (size_t i = 0; i < bench_row_count; i++)
	{
		const double winpr = median(&figures[i][BENCH_WINPR]);
		const double ours = median(&figures[i][BENCH_NEGOSSP]);
		const double least = median(&figures[i][BENCH_FLOOR]);
		const bool whole = counted || bench_rows[i].work == BENCH_HEAP;

		if (ours <= 0)
			continue;
		(void)printf("%-23s %-13s", bench_rows[i].name, bench_unit(&bench_rows[i], counted));
		print_figure(winpr, whole);
		print_figure(ours, whole);
		print_figure(least, whole);
		print_ratio(ours, winpr);
		print_ratio(ours, least);
		(void)printf("\n");
	}
}

/* What two rows say together, per side. */
void bench_print_pairs(struct bench_figures (*figures)[BENCH_SIDES])
{
	static const struct
	{
		const char* says;
		const char* over;
		const char* under;
	} pairs[] = { { "two threads' work over one's", "threads.1", "threads.2" },
		          { "a handshake beside 10,000 pairs over one beside 10", "held.10000",
		            "held.10" } };

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
	{
		const struct bench_figures* over = NULL;
		const struct bench_figures* under = NULL;

		for (size_t row = 0; row < bench_row_count; row++)
		{
			over = strcmp(bench_rows[row].name, pairs[i].over) ? over : figures[row];
			under = strcmp(bench_rows[row].name, pairs[i].under) ? under : figures[row];
		}
		if (!over || !under || !over[BENCH_NEGOSSP].rounds || !under[BENCH_NEGOSSP].rounds)
			continue;
		(void)printf("%s:", pairs[i].says);
		for (unsigned side = 0; side < BENCH_SIDES; side++)
		{
			if (over[side].rounds)
				(void)printf(" %s %.2f", side_names[side],
				             median(&over[side]) / median(&under[side]));
		}
		(void)printf("\n");
	}
}

bool bench_csv(struct bench_figures (*figures)[BENCH_SIDES], bool counted, const char* path)
{
	FILE* const file = fopen(path, "w");

	if (!file)
		return false;
	(void)fprintf(file, "row,unit,side,median,least,most,rounds\n");
	for (size_t i = 0; i < bench_row_count; i++)
	{
		for (unsigned side = 0; side < BENCH_SIDES; side++)
		{
			const struct bench_figures* const of = &figures[i][side];

			if (of->rounds)
				(void)fprintf(file, "%s,%s,%s,%.3f,%.3f,%.3f,%u\n", bench_rows[i].name,
				              bench_unit(&bench_rows[i], counted), side_names[side], median(of),
				              of->of[0], of->of[of->rounds - 1], of->rounds);
		}
	}
	const bool written = !ferror(file);
	return fclose(file) == 0 && written;
}
