/* SPDX-License-Identifier: Apache-2.0
 *
 * negossp-load: many logons at once between libfreerdp's client and its server (tests/freerdp),
 * with the module on both sides and with WinPR's built-in packages, in turn. Each of the two runs
 * in a process of its own: its memory is its own, and what ends the one leaves the other.
 */
#ifndef NEGOSSP_TESTS_BENCH_LOAD_H
#define NEGOSSP_TESTS_BENCH_LOAD_H

#include "nla_pair.h"

#define LOAD_MOST_AT_ONCE 400
/* For one logon. Two hundred at once wait for each other. */
#define LOAD_TIMEOUT_MS 60000

struct load_order /* one slice of a run, to a side */
{
	unsigned logons;
	unsigned at_once;
};

struct load_answer /* and what came of it; behind it come `logons` times in microseconds */
{
	unsigned failures;
	unsigned open_files;
	double seconds;
	double heap;     /* bytes in use after the slice, all arenas */
	double resident; /* bytes of memory */
};

/* `password` is what the clients log on with, or NULL for the right one. Obeys what comes from
 * `orders` until an order of no logons; never returns. */
_Noreturn void load_side(enum nla_pairing pairing, const char* password, int orders, int answers);

#endif
