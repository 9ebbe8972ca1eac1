/* SPDX-License-Identifier: Apache-2.0
 *
 * The first Kerberos step, with a limit on how long a KDC may keep a logon waiting.
 */
#include "kerberos/kerberos_first_step.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "host/buffers.h"
#include "host/foreign.h"
#include "host/status.h"
#include "host/text.h"
#include "kerberos/carrier.h"
#include "kerberos/kerberos_worker.h"

static const char reason_no_credentials[] =
    "WinPR's Kerberos package got no credentials: see its own log lines";
static const char reason_no_ticket[] =
    "WinPR's Kerberos package got no credentials, or the KDC gave no ticket for the server's name: "
    "see WinPR's own log lines";
static const char reason_too_many[] =
    "the KDC has left eight questions of this process unanswered, and no more are asked until it "
    "answers: exclude kerberos where there is no KDC";
static const char reason_too_slow[] =
    "the KDC did not answer in time: ask for Kerberos by name in the package list, or raise "
    "NEGOSSP_KERBEROS_WAIT, to wait for it";

struct job
{
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool done;
	bool given_up;
	/* the worker's own until `done` */
	struct kerberos_credential* credential;
	WCHAR* target;
	ULONG flags;
	bool u2u;
	struct blob bindings; /* SEC_CHANNEL_BINDINGS, or empty */
	enum result result;
	SECURITY_STATUS status;
	CtxtHandle handle;
	struct blob token;
};

enum result kerberos_token_room(struct blob* room)
{
	struct writer writer = writer_make(KERBEROS_MAX_TOKEN);

	writer_zeros(&writer, KERBEROS_MAX_TOKEN);
	return writer_take(&writer, room);
}

static void job_free(struct job* job)
{
	kerberos_credential_free(job->credential);
	free(job->target);
	blob_free(&job->bindings);
	blob_free(&job->token);
	pthread_cond_destroy(&job->changed);
	pthread_mutex_destroy(&job->lock);
	free(job);
}

static struct job* job_new(const struct kerberos_first_step* step)
{
	pthread_condattr_t attributes;
	struct job* job = calloc(1, sizeof(*job));

	if (!job)
		return NULL;
	pthread_mutex_init(&job->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&job->changed, &attributes);
	pthread_condattr_destroy(&attributes);
	job->credential = kerberos_credential_hold(step->credential);
	job->flags = step->flags;
	job->u2u = step->u2u;
	job->target = text_wide_new(step->target);
	if (!job->target ||
	    (step->bindings && bindings_write(step->bindings, &job->bindings) != RESULT_OK))
	{
		job_free(job);
		return NULL;
	}
	return job;
}

static void job_delete_context(struct job* job)
{
	kerberos_credential_lock(job->credential);
	(void)FOREIGN_CALL(foreign_table_w(), DeleteSecurityContext, &job->handle);
	kerberos_credential_unlock(job->credential);
}

static void job_unlock(void* opaque)
{
	const struct job* job = opaque;

	kerberos_credential_unlock(job->credential);
}

/* The work itself, in whichever thread. */
static void job_work(struct job* job)
{
	struct blob room = BLOB_EMPTY;
	ULONG granted = 0;

	job->result = kerberos_token_room(&room);
	if (job->result != RESULT_OK)
		return;
	SecBuffer in[2] = { { 0, SECBUFFER_EMPTY, NULL },
		                { (ULONG)job->bindings.len, SECBUFFER_CHANNEL_BINDINGS,
		                  job->bindings.data } };
	SecBuffer out = { (ULONG)room.len, SECBUFFER_TOKEN, room.data };
	SecBufferDesc in_desc = { SECBUFFER_VERSION, job->bindings.len > 0 ? 2 : 1, in };
	SecBufferDesc out_desc = { SECBUFFER_VERSION, 1, &out };

	PCredHandle credential = NULL;
	kerberos_credential_lock(job->credential);
	pthread_cleanup_push(job_unlock, job);
	credential = kerberos_credential_acquire(job->credential, MECH_INITIATOR, job->u2u);
	if (credential)
		job->status = FOREIGN_CALL(foreign_table_w(), InitializeSecurityContextW, credential, NULL,
		                           job->target, job->flags, 0, SECURITY_NATIVE_DREP, &in_desc, 0,
		                           &job->handle, &out_desc, &granted, NULL);
	pthread_cleanup_pop(1);
	job->status = carrier_first_status(job->status, job->flags);
	if (!credential)
		job->result = RESULT_NO_CREDENTIALS;
	else if (job->status == SEC_E_INTERNAL_ERROR && carrier_in_use())
		job->result = RESULT_NO_CREDENTIALS;
	else if (status_is_success(job->status))
	{
		struct bytes token = bytes_make(room.data, out.cbBuffer);

		job->result = carrier_take_off(&token);
		if (job->result == RESULT_OK)
			job->result = blob_set(&job->token, token);
		if (job->result != RESULT_OK)
			job_delete_context(job);
	}
	blob_free(&room);
}

/* Nobody wants the result any more. */
static void job_discard(struct job* job)
{
	if (job->result == RESULT_OK && status_is_success(job->status))
		job_delete_context(job);
	kerberos_credential_abandon(job->credential, false);
	job_free(job);
}

static void job_thread(void* opaque)
{
	struct job* job = opaque;

	job_work(job);
	pthread_mutex_lock(&job->lock);
	job->done = true;
	const bool given_up = job->given_up;
	pthread_cond_signal(&job->changed);
	pthread_mutex_unlock(&job->lock);
	if (given_up)
		job_discard(job);
}

/* Waits for the worker; false when time ran out, and then the job is the worker's. */
static bool job_wait(struct job* job, unsigned wait_ms)
{
	struct timespec until;
	int rc = 0;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += (long)(wait_ms % 1000U) * 1000000L;
	until.tv_sec += wait_ms / 1000U + until.tv_nsec / 1000000000L;
	until.tv_nsec %= 1000000000L;
	pthread_mutex_lock(&job->lock);
	while (!job->done && rc == 0)
		rc = pthread_cond_timedwait(&job->changed, &job->lock, &until);
	const bool done = job->done;
	job->given_up = !done;
	if (!done)
		kerberos_credential_abandon(job->credential, true);
	pthread_mutex_unlock(&job->lock);
	return done;
}

enum result kerberos_first_step_run(struct kerberos_first_step* step)
{
	const unsigned wait_ms = kerberos_credential_wait_ms(step->credential);
	struct kerberos_worker* worker = NULL;

	step->reason = reason_too_many;
	REQUIRE(wait_ms == KERBEROS_WAIT_FOREVER || !kerberos_worker_is_full(), RESULT_NO_CREDENTIALS);
	struct job* job = job_new(step);
	step->reason = "out of memory";
	REQUIRE(job, RESULT_NO_MEMORY);
	if (wait_ms != KERBEROS_WAIT_FOREVER)
		worker = kerberos_worker_start(job_thread, job);
	if (!worker)
		job_work(job);
	else if (job_wait(job, wait_ms))
		kerberos_worker_join(worker);
	else
	{
		kerberos_worker_forget(worker);
		step->reason = reason_too_slow;
		return RESULT_NO_CREDENTIALS;
	}

	const enum result result = job->result;
	if (result == RESULT_OK)
	{
		step->status = job->status;
		step->handle = job->handle;
		step->token = job->token;
		job->token = BLOB_EMPTY;
	}
	else if (result == RESULT_NO_CREDENTIALS)
		step->reason = carrier_in_use() ? reason_no_ticket : reason_no_credentials;
	job_free(job);
	return result;
}
