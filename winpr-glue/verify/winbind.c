/* SPDX-License-Identifier: Apache-2.0
 *
 * One question: what is asked is copied, for whoever asks may have given up long before winbindd
 * answers.
 */
#include "verify/winbind.h"

#include <stdlib.h>
#include <string.h>

#include "host/worker.h"

#define RESPONSE_MAX 65535u
#define NAME_MAX_SIZE 4096u
#define STACK_SIZE 32768u /* more than libwbclient's frames take */

struct question
{
	struct winbind_answer answer; /* the first: an answer is freed as its question */
	bool logon;
	struct blob user; /* UTF-8, a NUL at the end, all three */
	struct blob domain;
	struct blob workstation;
	struct blob response;
	uint8_t challenge[8];
	struct winbind_names names;
	struct blob name_texts[WINBIND_MAX_NAMES];
};

void winbind_answer_free(struct winbind_answer* answer)
{
	const struct winbind_library* const wbc = winbind_library();
	struct question* const question = (struct question*)(void*)answer;

	if (!answer)
		return;
	if (answer->user)
	{
		secret_wipe(answer->user->user_session_key, sizeof(answer->user->user_session_key));
		secret_wipe(answer->user->lm_session_key, sizeof(answer->user->lm_session_key));
		wbc->free_memory(answer->user);
	}
	if (answer->failure)
		wbc->free_memory(answer->failure);
	if (answer->details)
		wbc->free_memory(answer->details);
	blob_free(&question->user);
	blob_free(&question->domain);
	blob_free(&question->workstation);
	blob_free(&question->response);
	for (size_t i = 0; i < WINBIND_MAX_NAMES; i++)
		blob_free(&question->name_texts[i]);
	free(question);
}

static enum result question_text(struct bytes utf8, struct blob* text)
{
	struct writer writer = writer_make(NAME_MAX_SIZE);

	writer_bytes(&writer, utf8);
	writer_u8(&writer, 0);
	return writer_take(&writer, text);
}

/* Exactly as it was received: the client's proof is over these. */
static enum result question_name(struct bytes utf16, struct blob* name)
{
	struct blob utf8 = BLOB_EMPTY;

	TRY(utf16_to_utf8(utf16, &utf8));
	const enum result result = question_text(blob_bytes(&utf8), name);
	blob_free(&utf8);
	return result;
}

static enum result question_of_logon(struct question* question,
                                     const struct verify_request* request)
{
	REQUIRE(request->nt_response.len <= RESPONSE_MAX &&
	            request->server_challenge.len == sizeof(question->challenge),
	        RESULT_MALFORMED);
	question->logon = true;
	TRY(question_name(request->user, &question->user));
	TRY(question_name(request->domain, &question->domain));
	TRY(question_name(request->workstation, &question->workstation));
	TRY(blob_set(&question->response, request->nt_response));
	bytes_copy(question->challenge, request->server_challenge);
	return RESULT_OK;
}

static enum result question_of_names(struct question* question, const struct winbind_names* names)
{
	question->names = *names;
	question->answer.names = &question->names;
	for (size_t i = 0; i < names->count; i++)
	{
		const char* const text = names->text[i];

		if (!text)
			continue;
		TRY(question_text(bytes_make((const uint8_t*)text, strlen(text)),
		                  &question->name_texts[i]));
		question->names.text[i] = (const char*)question->name_texts[i].data;
	}
	return RESULT_OK;
}

/* --- in the worker -----------------------------------------------------------------------------
 */

/* libwbclient keeps what it sends and receives on its stack, the session's key too. */
static __attribute__((noinline)) void stack_wipe(void)
{
	uint8_t stack[STACK_SIZE];

	secret_wipe(stack, sizeof(stack));
}

static int ask_logon(const struct winbind_library* wbc, void* ctx, struct question* question)
{
	struct wbc_question asked = { .account_name = (const char*)question->user.data,
		                          .domain_name = (const char*)question->domain.data,
		                          .workstation_name = (const char*)question->workstation.data,
		                          .parameter_control = 0, /* no machine accounts */
		                          .level = WBC_LEVEL_RESPONSE };

	memcpy(asked.password.response.challenge, question->challenge, sizeof(question->challenge));
	asked.password.response.nt_length = (uint32_t)question->response.len;
	asked.password.response.nt_data = question->response.data;
	return wbc->authenticate(ctx, &asked, &question->answer.user, &question->answer.failure);
}

static void ask_names(const struct winbind_library* wbc, void* ctx, struct winbind_names* names)
{
	for (size_t i = 0; i < names->count; i++)
	{
		const char* const name = names->text[i] ? strchr(names->text[i], '\\') : NULL;
		char domain[256];
		int type = 0;

		if (!name || (size_t)(name - names->text[i]) >= sizeof(domain))
			continue;
		memcpy(domain, names->text[i], (size_t)(name - names->text[i]));
		domain[name - names->text[i]] = '\0';
		if (wbc->lookup_name(ctx, domain, name + 1, &names->sid[i], &type) == WBC_OK &&
		    (type == WBC_NAME_USER || type == WBC_NAME_GROUP || type == WBC_NAME_ALIAS))
			names->text[i] = NULL;
	}
}

static void question_work(void* opaque)
{
	const struct winbind_library* const wbc = winbind_library();
	struct question* const question = opaque;
	struct winbind_answer* const answer = &question->answer;
	/* A context of its own: one connection serves one thread. */
	void* const ctx = wbc->ctx_create();

	answer->error = WBC_NO_MEMORY;
	if (!ctx)
		return;
	if (question->logon)
		answer->error = ask_logon(wbc, ctx, question);
	if (!question->logon || answer->error == WBC_NOT_AVAILABLE)
	{
		const int error = wbc->details(ctx, &answer->details);

		answer->others_answered = error == WBC_OK;
		if (!question->logon)
			answer->error = error;
	}
	if (!question->logon && answer->error == WBC_OK)
		ask_names(wbc, ctx, &question->names);
	wbc->ctx_free(ctx);
}

static void question_run(void* opaque)
{
	question_work(opaque);
	stack_wipe();
}

static void question_discard(void* opaque)
{
	winbind_answer_free(opaque);
}

/* --- who asks ----------------------------------------------------------------------------------
 */

static const char* question_reason(enum worker_end end)
{
	switch (end)
	{
		case WORKER_DONE:
			return NULL;
		case WORKER_LATE:
			return "neither winbindd nor a domain controller answered in time (DomainWait)";
		case WORKER_NONE:
			return "there is no thread to ask winbindd in";
		default:
			return "winbindd has left eight questions of this process unanswered, and no more are "
			       "asked until it answers";
	}
}

/* `made` is what came of filling it. */
static struct winbind_answer* question_ask(struct question* question, enum result made,
                                           unsigned wait_ms, const char** reason)
{
	static const struct worker_kind kind = {
		.about = WORKER_WINBIND, .narrow = true, .run = question_run, .discard = question_discard
	};

	if (made == RESULT_OK)
	{
		const enum worker_end end = worker_ask(&kind, question, wait_ms);

		*reason = question_reason(end);
		if (end == WORKER_DONE)
			return &question->answer;
		if (end == WORKER_LATE)
			return NULL;
	}
	else
		*reason = "the client's names or its answer cannot be passed on to a domain";
	winbind_answer_free(&question->answer);
	return NULL;
}

static struct question* question_new(const char** reason)
{
	*reason = "out of memory";
	return calloc(1, sizeof(struct question));
}

struct winbind_answer* winbind_ask_logon(const struct verify_request* request, unsigned wait_ms,
                                         const char** reason)
{
	struct question* const question = question_new(reason);

	return question ? question_ask(question, question_of_logon(question, request), wait_ms, reason)
	                : NULL;
}

struct winbind_answer* winbind_ask_names(const struct winbind_names* names, unsigned wait_ms,
                                         const char** reason)
{
	struct question* const question = question_new(reason);

	return question ? question_ask(question, question_of_names(question, names), wait_ms, reason)
	                : NULL;
}
