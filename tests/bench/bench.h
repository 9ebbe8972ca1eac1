/* SPDX-License-Identifier: Apache-2.0
 *
 * negossp-bench: what is measured (rows), on which side, and how the figures go out.
 *
 * Three sides do the same work in one process and in turn: WinPR's built-in packages, negossp, and
 * the floor, which is the least that the work can cost: the bare arithmetic (sums.h), or for
 * loading, dlopen() of an empty library.
 */
#ifndef NEGOSSP_TESTS_BENCH_BENCH_H
#define NEGOSSP_TESTS_BENCH_BENCH_H

#include "flow.h"
#include "sandbox.h"

enum bench_side
{
	BENCH_WINPR,
	BENCH_NEGOSSP,
	BENCH_FLOOR,
	BENCH_SIDES
};

/* Flows that are open all the time, per side. */
enum bench_flow
{
	BENCH_BARE,       /* the NTLM package */
	BENCH_BARE_AGAIN, /* one more, for a second thread */
	BENCH_SPNEGO,     /* Negotiate without Kerberos, four legs; WinPR has none */
	BENCH_DEFAULT,    /* Negotiate as it is, with no ticket to be had; WinPR's is bare then */
	BENCH_CONNECTED,  /* NTLM with contexts that seal and sign */
	BENCH_SAM_10,     /* NTLM, that many users in the SAM file; ours is the last */
	BENCH_SAM_10000,
	BENCH_WRONG,   /* of those 10 ours with another password, */
	BENCH_UNKNOWN, /* or somebody who is not among them; their names are of one length */
	BENCH_FLOWS
};

enum bench_work
{
	BENCH_HANDSHAKE,
	BENCH_FRESH,
	BENCH_REFUSED, /* a handshake that ends with the server's SEC_E_LOGON_DENIED */
	BENCH_SEAL,
	BENCH_SIGN,
	BENCH_HEAP, /* bytes that a pair of contexts holds */
	BENCH_LOAD  /* dlopen and the tables' first call, in a process that has done neither */
};

enum bench_log
{
	BENCH_LOG_ERROR, /* of every row that is not about logging */
	BENCH_LOG_OFF,
	BENCH_LOG_INFO_FILE,
	BENCH_LOG_DEFAULT /* INFO to the console, which is /dev/null meanwhile */
};

struct bench_row
{
	const char* name;
	enum bench_work work;
	enum bench_flow flow;
	size_t size;   /* of the message */
	bool no_floor; /* its floor is that of another row */
	enum bench_log log;
	unsigned threads; /* 0 stands for this one alone */
	size_t held;      /* pairs of contexts that are open beside it */
};

extern const struct bench_row bench_rows[];
extern const size_t bench_row_count;

struct bench
{
	struct sandbox box;
	char sams[2][300]; /* with 10 and 10,000 users */
	struct flow flows[BENCH_SIDES][BENCH_FLOWS];
	struct sums_exchange exchange;
};

/* Opens every flow; the program ends with a message where that fails. Not before the loads. */
void bench_open(struct bench* bench);
void bench_close(struct bench* bench);

bool bench_has(const struct bench_row* row, enum bench_side side);
/* Seconds for `units` of the row's work, or for the two that are not counted in units, the figure
 * itself: seconds or bytes. Ends the program when the work fails. */
double bench_measure(struct bench* bench, const struct bench_row* row, enum bench_side side,
                     size_t units);
const char* bench_unit(const struct bench_row* row, bool counted);

/* The work itself. A function of its own, and not inlined: callgrind counts what is in it. */
bool bench_measured(struct flow* flow, enum bench_side side, const struct bench_row* row,
                    size_t units);
/* Seconds of one load, or a negative number. */
double bench_load(enum bench_side side);

/* --- figures ---------------------------------------------------------------------------------- */

#define BENCH_MOST_ROUNDS 9
#define BENCH_MOST_ROWS 40

struct bench_figures /* of one row and side */
{
	unsigned rounds; /* 0: the side has no such row */
	double of[BENCH_MOST_ROUNDS];
};

void bench_note(struct bench_figures* figures, double figure);
/* Medians and ratios as a table. */
void bench_print(struct bench_figures (*figures)[BENCH_SIDES], bool counted);
/* What two rows of a timed run say together. */
void bench_print_pairs(struct bench_figures (*figures)[BENCH_SIDES]);
/* row,unit,side,median,least,most,rounds. False when the file cannot be written. */
bool bench_csv(struct bench_figures (*figures)[BENCH_SIDES], bool counted, const char* path);

/* --- counting --------------------------------------------------------------------------------- */

struct bench_options
{
	bool quick;
	bool count;   /* instructions, by callgrind */
	bool counted; /* we are what callgrind runs */
	const char* only;
	const char* csv;
};

bool bench_wanted(const struct bench_options* options, const struct bench_row* row);
/* What runs under callgrind: each row's work in two lengths, said on standard output. */
void bench_counted(struct bench* bench, const struct bench_options* options);
/* Runs `program` under callgrind and notes instructions (and bytes). */
bool bench_count(const char* program, const struct bench_options* options,
                 struct bench_figures (*figures)[BENCH_SIDES]);

#endif
