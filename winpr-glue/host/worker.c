/* SPDX-License-Identifier: Apache-2.0
 *
 * The list of workers that nobody has joined, and what becomes of them when the process ends.
 */
#include "host/worker.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#define WORKER_END_MS 100 /* that the end of the process waits at most */

struct worker
{
	struct worker* next;
	bool forgotten; /* both guarded by workers_lock */
	bool joined;    /* by the end of the process, which cannot take it from the list */
	pthread_t thread;
	const struct worker_kind* kind;
	void* argument;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool done; /* both guarded by `lock` */
	bool given_up;
};

static pthread_mutex_t workers_lock = PTHREAD_MUTEX_INITIALIZER;
static struct worker* workers; /* those that nobody has joined */
static pthread_once_t workers_once = PTHREAD_ONCE_INIT;
/* How many of narrow kinds there are. A lock of its own, which nobody holds for long: the end of
 * the process holds the other one. */
static pthread_mutex_t running_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t running_changed;
static unsigned running[WORKER_ABOUTS];

/* --- the ends of the process -------------------------------------------------------------------
 */

/* Joins it if it has come to its end. Locked by the caller. */
static bool worker_has_ended(struct worker* worker)
{
	worker->joined = worker->joined || pthread_tryjoin_np(worker->thread, NULL) == 0;
	return worker->joined;
}

/* Waits for its end, for what is left of *ms. No clock is asked, for one can be set. */
static void worker_await(struct worker* worker, unsigned* ms)
{
	static const struct timespec moment = { .tv_nsec = 1000000 };

	for (; *ms > 0 && !worker_has_ended(worker); (*ms)--)
		(void)nanosleep(&moment, NULL);
}

/* Handlers run in reverse order of registration: this one before OpenSSL's, which was registered
 * when the module was initialised, and before every library's destructors. */
static void workers_cancel(void)
{
	unsigned ms = WORKER_END_MS;

	pthread_mutex_lock(&workers_lock);
	for (const struct worker* worker = workers; worker; worker = worker->next)
		pthread_cancel(worker->thread);
	for (struct worker* worker = workers; worker; worker = worker->next)
		worker_await(worker, &ms);
	pthread_mutex_unlock(&workers_lock);
}

static void workers_hold(void)
{
	pthread_mutex_lock(&workers_lock);
	pthread_mutex_lock(&running_lock);
}

static void workers_let_go(void)
{
	pthread_mutex_unlock(&running_lock);
	pthread_mutex_unlock(&workers_lock);
}

static void condition_init(pthread_cond_t* condition)
{
	pthread_condattr_t attributes;

	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(condition, &attributes);
	pthread_condattr_destroy(&attributes);
}

/* A child has none of the threads that its parent had. */
static void workers_are_elsewhere(void)
{
	workers = NULL;
	for (unsigned about = 0; about < WORKER_ABOUTS; about++)
		running[about] = 0;
	condition_init(&running_changed);
	workers_let_go();
}

static void workers_register(void)
{
	condition_init(&running_changed);
	(void)atexit(workers_cancel);
	(void)pthread_atfork(workers_hold, workers_let_go, workers_are_elsewhere);
}

/* --- how many there are ------------------------------------------------------------------------
 */

static void worker_free(struct worker* worker)
{
	pthread_cond_destroy(&worker->changed);
	pthread_mutex_destroy(&worker->lock);
	free(worker);
}

/* Joins the forgotten ones that have come to their end. Locked by the caller. */
static void workers_reap(void)
{
	struct worker** link = &workers;

	while (*link)
	{
		struct worker* const worker = *link;

		if (!worker->forgotten || !worker_has_ended(worker))
		{
			link = &worker->next;
			continue;
		}
		*link = worker->next;
		worker_free(worker);
	}
}

bool worker_is_full(enum worker_about about)
{
	unsigned forgotten = 0;

	pthread_mutex_lock(&workers_lock);
	workers_reap();
	for (const struct worker* worker = workers; worker; worker = worker->next)
		forgotten += worker->forgotten && worker->kind->about == about;
	pthread_mutex_unlock(&workers_lock);
	return forgotten >= WORKERS_LEFT;
}

static struct timespec time_in(unsigned ms)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += (long)(ms % 1000U) * 1000000L;
	until.tv_sec += (time_t)(ms / 1000U) + until.tv_nsec / 1000000000L;
	until.tv_nsec %= 1000000000L;
	return until;
}

/* Takes its place among those of a narrow kind; false when none was free in time. */
static bool running_enter(const struct worker_kind* kind, const struct timespec* until)
{
	int rc = 0;

	pthread_mutex_lock(&running_lock);
	while (running[kind->about] >= WORKERS_LEFT && rc == 0)
		rc = pthread_cond_timedwait(&running_changed, &running_lock, until);
	const bool entered = running[kind->about] < WORKERS_LEFT;
	running[kind->about] += entered;
	pthread_mutex_unlock(&running_lock);
	return entered;
}

static void running_leave(const struct worker_kind* kind)
{
	pthread_mutex_lock(&running_lock);
	running[kind->about]--;
	pthread_cond_broadcast(&running_changed);
	pthread_mutex_unlock(&running_lock);
}

/* --- one worker --------------------------------------------------------------------------------
 */

static void* worker_thread(void* opaque)
{
	static const char* const names[] = { [WORKER_KDC] = "negossp-kdc",
		                                 [WORKER_WINBIND] = "negossp-winbind",
		                                 [WORKER_NAMES] = "negossp-names" };
	struct worker* const worker = opaque;

	(void)pthread_setname_np(pthread_self(), names[worker->kind->about]);
	worker->kind->run(worker->argument);
	pthread_mutex_lock(&worker->lock);
	worker->done = true;
	const bool given_up = worker->given_up;
	pthread_cond_signal(&worker->changed);
	pthread_mutex_unlock(&worker->lock);
	if (given_up)
		worker->kind->discard(worker->argument);
	if (worker->kind->narrow)
		running_leave(worker->kind);
	return NULL;
}

static bool worker_create(struct worker* worker)
{
	sigset_t all;
	sigset_t before;

	/* The host's signals are for the host's own threads. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	pthread_mutex_lock(&workers_lock);
	workers_reap();
	const bool created = pthread_create(&worker->thread, NULL, worker_thread, worker) == 0;
	if (created)
	{
		worker->next = workers;
		workers = worker;
	}
	pthread_mutex_unlock(&workers_lock);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return created;
}

/* `forgotten`: from its first moment on. NULL when there is no thread to be had. */
static struct worker* worker_start(const struct worker_kind* kind, void* argument, bool forgotten)
{
	struct worker* const worker = calloc(1, sizeof(*worker));

	if (!worker)
		return NULL;
	pthread_mutex_init(&worker->lock, NULL);
	condition_init(&worker->changed);
	worker->kind = kind;
	worker->argument = argument;
	worker->forgotten = forgotten;
	if (worker_create(worker))
		return worker;
	worker_free(worker);
	return NULL;
}

/* Its end is near. */
static void worker_join(struct worker* worker)
{
	pthread_mutex_lock(&workers_lock);
	for (struct worker** link = &workers; *link; link = &(*link)->next)
	{
		if (*link == worker)
		{
			*link = worker->next;
			break;
		}
	}
	const bool joined = worker->joined;
	pthread_mutex_unlock(&workers_lock);
	if (!joined)
		pthread_join(worker->thread, NULL);
	worker_free(worker);
}

/* False when time ran out, and then its argument is the worker's. */
static bool worker_wait(struct worker* worker, const struct timespec* until)
{
	int rc = 0;

	pthread_mutex_lock(&worker->lock);
	while (!worker->done && rc == 0)
		rc = pthread_cond_timedwait(&worker->changed, &worker->lock, until);
	const bool done = worker->done;
	worker->given_up = !done;
	if (!done && worker->kind->abandon)
		worker->kind->abandon(worker->argument);
	pthread_mutex_unlock(&worker->lock);
	return done;
}

enum worker_end worker_ask(const struct worker_kind* kind, void* argument, unsigned wait_ms)
{
	const struct timespec until = time_in(wait_ms);

	pthread_once(&workers_once, workers_register);
	if (worker_is_full(kind->about))
		return WORKER_FULL;
	if (kind->narrow && !running_enter(kind, &until))
		return WORKER_BUSY;
	struct worker* const worker = worker_start(kind, argument, false);
	if (!worker)
	{
		if (kind->narrow)
			running_leave(kind);
		return WORKER_NONE;
	}
	if (worker_wait(worker, &until))
	{
		worker_join(worker);
		return WORKER_DONE;
	}
	pthread_mutex_lock(&workers_lock);
	worker->forgotten = true;
	pthread_mutex_unlock(&workers_lock);
	return WORKER_LATE;
}

bool worker_leave(const struct worker_kind* kind, void* argument)
{
	pthread_once(&workers_once, workers_register);
	return worker_start(kind, argument, true) != NULL;
}
