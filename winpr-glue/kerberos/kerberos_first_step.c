/* SPDX-License-Identifier: Apache-2.0
 *
 * The first Kerberos step, with a limit on how long a KDC may keep a logon waiting.
 */
#include "kerberos/kerberos_first_step.h"

#include <pthread.h>
#include <stdlib.h>

#include "host/buffers.h"
#include "host/foreign.h"
#include "host/status.h"
#include "host/text.h"
#include "host/worker.h"
#include "kerberos/carrier.h"

static const char reason_no_credentials[] =
    "WinPR's Kerberos package got no credentials: see its own log lines";
static const char reason_no_ticket[] =
    "WinPR's Kerberos package got no credentials, or the KDC gave no ticket for the server's name: "
    "see WinPR's own log lines";
static const char reason_too_many[] =
    "the KDC has left eight questions of this process unanswered, and no more are asked until it "
    "answers: exclude kerberos where there is no KDC";
static const char reason_no_thread[] =
    "there is no thread to be had that could wait for the KDC, or no memory for one: raise the "
    "limit of processes or tasks";
static const char reason_too_slow[] =
    "the KDC did not answer in time: ask for Kerberos by name in the package list, or raise "
    "NEGOSSP_KERBEROS_WAIT, to wait for it";

/* The worker's own until it has come to its end. */
struct job
{
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
	free(job);
}

static struct job* job_new(const struct kerberos_first_step* step)
{
	struct job* job = calloc(1, sizeof(*job));

	if (!job)
		return NULL;
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
static void job_work(void* opaque)
{
	struct job* const job = opaque;
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
static void job_abandon(void* opaque)
{
	const struct job* const job = opaque;

	kerberos_credential_abandon(job->credential, true);
}

static void job_discard(void* opaque)
{
	struct job* const job = opaque;

	if (job->result == RESULT_OK && status_is_success(job->status))
		job_delete_context(job);
	kerberos_credential_abandon(job->credential, false);
	job_free(job);
}

/* False when there is no answer; then the job is freed, or left to its worker. */
static bool job_run(struct job* job, unsigned wait_ms, const char** reason)
{
	static const struct worker_kind kind = {
		.about = WORKER_KDC, .run = job_work, .abandon = job_abandon, .discard = job_discard
	};
	enum worker_end end = WORKER_DONE;

	if (wait_ms == KERBEROS_WAIT_FOREVER)
		job_work(job);
	else
		end = worker_ask(&kind, job, wait_ms);
	if (end == WORKER_DONE)
		return true;
	*reason = end == WORKER_LATE   ? reason_too_slow
	          : end == WORKER_NONE ? reason_no_thread
	                               : reason_too_many;
	if (end != WORKER_LATE)
		job_free(job);
	return false;
}

enum result kerberos_first_step_run(struct kerberos_first_step* step)
{
	struct job* const job = job_new(step);

	step->reason = "out of memory";
	REQUIRE(job, RESULT_NO_MEMORY);
	REQUIRE(job_run(job, kerberos_credential_wait_ms(step->credential), &step->reason),
	        RESULT_NO_CREDENTIALS);

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
