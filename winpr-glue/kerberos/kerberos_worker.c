/* SPDX-License-Identifier: Apache-2.0
 *
 * The list of workers that nobody has joined, and what becomes of them when the process ends.
 */
#include "kerberos/kerberos_worker.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#define WORKER_END_MS 100 /* that the end of the process waits at most */

struct kerberos_worker
{
	struct kerberos_worker* next;
	bool forgotten; /* guarded by workers_lock */
	pthread_t thread;
	void (*run)(void* argument);
	void* argument;
};

static pthread_mutex_t workers_lock = PTHREAD_MUTEX_INITIALIZER;
static struct kerberos_worker* workers; /* those that nobody has joined */
static pthread_once_t workers_once = PTHREAD_ONCE_INIT;

/* Waits for its end, for what is left of *ms. No clock is asked, for one can be set. */
static void worker_await(const struct kerberos_worker* worker, unsigned* ms)
{
	static const struct timespec moment = { .tv_nsec = 1000000 };

	for (; *ms > 0 && pthread_tryjoin_np(worker->thread, NULL) != 0; (*ms)--)
		(void)nanosleep(&moment, NULL);
}

/* Handlers run in reverse order of registration: this one before OpenSSL's, which was registered
 * when the module was initialised, and before every library's destructors. */
static void workers_cancel(void)
{
	unsigned ms = WORKER_END_MS;

	pthread_mutex_lock(&workers_lock);
	for (const struct kerberos_worker* worker = workers; worker; worker = worker->next)
		pthread_cancel(worker->thread);
	for (const struct kerberos_worker* worker = workers; worker; worker = worker->next)
		worker_await(worker, &ms);
	pthread_mutex_unlock(&workers_lock);
}

static void workers_hold(void)
{
	pthread_mutex_lock(&workers_lock);
}

static void workers_let_go(void)
{
	pthread_mutex_unlock(&workers_lock);
}

/* A child has none of the threads that its parent had. */
static void workers_are_elsewhere(void)
{
	workers = NULL;
	workers_let_go();
}

static void workers_register(void)
{
	(void)atexit(workers_cancel);
	(void)pthread_atfork(workers_hold, workers_let_go, workers_are_elsewhere);
}

/* Joins the forgotten ones that have come to their end. Locked by the caller. */
static void workers_reap(void)
{
	struct kerberos_worker** link = &workers;

	while (*link)
	{
		struct kerberos_worker* const worker = *link;

		if (!worker->forgotten || pthread_tryjoin_np(worker->thread, NULL) != 0)
		{
			link = &worker->next;
			continue;
		}
		*link = worker->next;
		free(worker);
	}
}

bool kerberos_worker_is_full(void)
{
	unsigned forgotten = 0;

	pthread_mutex_lock(&workers_lock);
	workers_reap();
	for (const struct kerberos_worker* worker = workers; worker; worker = worker->next)
		forgotten += worker->forgotten;
	pthread_mutex_unlock(&workers_lock);
	return forgotten >= KERBEROS_WORKERS_FORGOTTEN;
}

static void* worker_thread(void* opaque)
{
	const struct kerberos_worker* const worker = opaque;

	(void)pthread_setname_np(pthread_self(), "negossp-kdc");
	worker->run(worker->argument);
	return NULL;
}

static bool worker_create(struct kerberos_worker* worker)
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

struct kerberos_worker* kerberos_worker_start(void (*run)(void* argument), void* argument)
{
	struct kerberos_worker* const worker = calloc(1, sizeof(*worker));

	if (!worker)
		return NULL;
	pthread_once(&workers_once, workers_register);
	worker->run = run;
	worker->argument = argument;
	if (worker_create(worker))
		return worker;
	free(worker);
	return NULL;
}

void kerberos_worker_join(struct kerberos_worker* worker)
{
	pthread_mutex_lock(&workers_lock);
	for (struct kerberos_worker** link = &workers; *link; link = &(*link)->next)
	{
		if (*link == worker)
		{
			*link = worker->next;
			break;
		}
	}
	pthread_mutex_unlock(&workers_lock);
	pthread_join(worker->thread, NULL);
	free(worker);
}

void kerberos_worker_forget(struct kerberos_worker* worker)
{
	pthread_mutex_lock(&workers_lock);
	worker->forgotten = true;
	pthread_mutex_unlock(&workers_lock);
}
