/* SPDX-License-Identifier: Apache-2.0
 *
 * Instructions, which noise cannot touch. The program runs itself under callgrind, which counts in
 * bench_measured() alone and writes a file each time that function returns. The work is done in two
 * lengths; the difference between the two is of that much more work and nothing else.
 */
#include "bench.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Units of the shorter length, and of the longer. Some rows are long work in themselves. */
static size_t units_of(const struct bench_row* row, bool longer)
{
	const bool heavy = row->size > 10000 || row->flow == BENCH_SAM_10000;

	return heavy ? (longer ? 4 : 2) : (longer ? 20 : 4);
}

/* In callgrind a row must not take minutes, and threads take turns. */
static bool countable(const struct bench_options* options, const struct bench_row* row)
{
	return bench_wanted(options, row) && row->work != BENCH_LOAD && row->threads == 0 &&
	       row->held <= 1000;
}

void bench_counted(struct bench* bench, const struct bench_options* options)
{
	for (size_t i = 0; i < bench_row_count; i++)
	{
		const struct bench_row* const row = &bench_rows[i];

		if (!countable(options, row))
			continue;
		for (unsigned side = 0; side < BENCH_SIDES; side++)
		{
			if (!bench_has(row, side))
				continue;
			const double first = bench_measure(bench, row, side, units_of(row, false));
			if (row->work != BENCH_HEAP)
				(void)bench_measure(bench, row, side, units_of(row, true));
			(void)printf("%zu %u %.0f\n", i, side, first);
			(void)fflush(stdout);
		}
	}
}

/* The program under callgrind, with its standard output as a stream. */
static FILE* callgrind_start(const char* program, const struct bench_options* options,
                             const char* folder, pid_t* child)
{
	char out[320];
	int ends[2];

	(void)snprintf(out, sizeof(out), "--callgrind-out-file=%s/out", folder);
	if (pipe(ends) != 0)
		return NULL;
	*child = fork();
	if (*child == 0)
	{
		(void)dup2(ends[1], STDOUT_FILENO);
		(void)close(ends[0]);
		(void)close(ends[1]);
		(void)execlp("valgrind", "valgrind", "-q", "--tool=callgrind",
		             "--toggle-collect=bench_measured", "--dump-after=bench_measured", out, program,
		             "--counted", options->only ? "--only" : NULL, options->only, NULL);
		(void)fprintf(stderr, "negossp-bench: valgrind cannot be run: install it\n");
		_exit(127);
	}
	(void)close(ends[1]);
	FILE* const stream = *child > 0 ? fdopen(ends[0], "r") : NULL;
	if (!stream)
		(void)close(ends[0]);
	return stream;
}

/* What one of callgrind's files counted. */
static double dump_total(const char* folder, unsigned number)
{
	char path[320];
	char line[512];
	double total = -1;

	(void)snprintf(path, sizeof(path), "%s/out.%u", folder, number);
	FILE* const file = fopen(path, "r");
	while (file && fgets(line, sizeof(line), file))
	{
		if (sscanf(line, "totals: %lf", &total) == 1)
			break;
	}
	if (file)
		(void)fclose(file);
	return total;
}

static bool figures_read(FILE* stream, const char* folder,
                         struct bench_figures (*figures)[BENCH_SIDES])
{
	unsigned dumps = 0;
	size_t row = 0;
	unsigned side = 0;
	double bytes = 0;

	while (fscanf(stream, "%zu %u %lf", &row, &side, &bytes) == 3)
	{
		if (row >= bench_row_count || side >= BENCH_SIDES)
			return false;
		if (bench_rows[row].work == BENCH_HEAP)
		{
			bench_note(&figures[row][side], bytes);
			continue;
		}
		const double first = dump_total(folder, ++dumps);
		const double second = dump_total(folder, ++dumps);
		if (first < 0 || second <= first)
			return false;
		const size_t more = units_of(&bench_rows[row], true) - units_of(&bench_rows[row], false);
		bench_note(&figures[row][side], (second - first) / (double)more);
	}
	return true;
}

static int remove_one(const char* path, const struct stat* status, int type, struct FTW* ftw)
{
	(void)status;
	(void)type;
	(void)ftw;
	return remove(path);
}

bool bench_count(const char* program, const struct bench_options* options,
                 struct bench_figures (*figures)[BENCH_SIDES])
{
	char folder[] = "/tmp/negossp-bench-XXXXXX";
	pid_t child = -1;
	int status = -1;

	if (!mkdtemp(folder))
		return false;
	FILE* const stream = callgrind_start(program, options, folder, &child);
	const bool read = stream && figures_read(stream, folder, figures);
	if (stream)
		(void)fclose(stream);
	if (child > 0)
		(void)waitpid(child, &status, 0);
	(void)nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	return read && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}
