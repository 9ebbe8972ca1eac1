/* SPDX-License-Identifier: Apache-2.0
 *
 * Threads that ask somebody who may not answer for longer than anyone wants to wait: a KDC,
 * winbindd.
 *
 * The libraries that ask cannot be interrupted, and at the end of the process they and OpenSSL tear
 * down what a thread inside of them is using. So threads that are left then are cancelled first,
 * which finds nearly all of them in poll(), and their end is awaited for a moment.
 */
#ifndef NEGOSSP_GLUE_WORKER_H
#define NEGOSSP_GLUE_WORKER_H

#include <stdbool.h>

/* Who is asked. What one of them leaves unanswered does not count for the other. */
enum worker_about
{
	WORKER_KDC,
	WORKER_WINBIND,
	WORKER_NAMES, /* a name server: by negossp-probe alone */
	WORKER_ABOUTS
};

struct worker_kind
{
	enum worker_about about;
	/* Also those that are waited for are WORKERS_LEFT at most; others wait for their turn. */
	bool narrow;
	/* May be cancelled, at the end of the process only: what it holds then is lost, but for locks
	 * it must have cleanup handlers. */
	void (*run)(void* argument);
	/* Once nobody waits any more: `abandon` (or NULL) at that moment, `discard` in the worker's
	 * thread after `run`. */
	void (*abandon)(void* argument);
	void (*discard)(void* argument);
};

/* How many workers a process leaves behind of each kind: each holds a thread, two descriptors and,
 * for a KDC, a password, for as long as the library asks somebody who does not answer. */
#define WORKERS_LEFT 8

/* Whether so many are left behind that none may be added. Those that are being waited for do not
 * count, so that threads that give up together may leave a few more where the kind is not narrow.
 */
bool worker_is_full(enum worker_about about);

enum worker_end
{
	WORKER_DONE, /* `run` has come to its end */
	WORKER_FULL, /* nothing was called, all three */
	WORKER_NONE, /* there is no thread to be had */
	WORKER_BUSY, /* narrow kinds: its turn did not come in time */
	WORKER_LATE  /* the argument is the worker's now */
};

/* Runs `run` in a thread of its own and waits for it, `wait_ms` at most. */
enum worker_end worker_ask(const struct worker_kind* kind, void* argument, unsigned wait_ms);
/* Runs `run` of a kind that is not narrow in a thread that nobody ever waits for; `discard` is not
 * called, and the limit is the caller's to keep. False when there is no thread to be had; nothing
 * was called then.
 */
bool worker_leave(const struct worker_kind* kind, void* argument);

#endif
