/* SPDX-License-Identifier: Apache-2.0
 *
 * The common part of InitializeSecurityContext and AcceptSecurityContext: the context is looked up
 * and locked once, then the call is ours or goes to one of WinPR's packages.
 *
 * What FreeRDP makes of these calls decides their shape: the first one has no context but an input
 * buffer, which is empty; the request is latched then, because later calls pass what we returned
 * last; a context whose first call fails is never deleted by the caller, so it is ours to free; and
 * the output buffer holds zeros that would be sent if its length stayed as it was.
 */
#include "sspi/exchange.h"

#include <errno.h>
#include <time.h>

#include "host/buffers.h"
#include "host/cancel.h"
#include "host/flags.h"
#include "host/foreign.h"
#include "host/status.h"
#include "host/text.h"
#include "log/log.h"

#define REFUSAL_NS 50000000L

/* --- the first call --------------------------------------------------------------------------- */

static enum negossp_framing exchange_framing(const struct credential* credential,
                                             struct bytes target, enum mech_role role)
{
	if (credential->package == PACKAGE_NTLM)
		return NEGOSSP_FRAMING_BARE;
	if (role == MECH_ACCEPTOR)
		return NEGOSSP_FRAMING_SPNEGO;
	switch (credential->config.framing)
	{
		case CONFIG_FRAMING_RAW:
			return NEGOSSP_FRAMING_BARE;
		case CONFIG_FRAMING_SPNEGO:
			return NEGOSSP_FRAMING_SPNEGO;
		case CONFIG_FRAMING_AUTO:
			break;
	}
	/* All of FreeRDP's gateway code gives this name, and of it rdg.c alone can carry NTLM's leg
	 * after AUTHENTICATE (read in 3.10.3, 3.15.0 and what became 3.33): wst.c takes no token from a
	 * 101 response, which is how it succeeds, and the RPC transport sends no body beside
	 * AUTHENTICATE while a leg is to come. Kerberos has no such leg; who wants it there says so. */
	if (text_starts_with_ascii(target, "HTTP/") && credential->ntlm &&
	    !credential->config.packages.kerberos_by_name)
		return NEGOSSP_FRAMING_BARE;
	return NEGOSSP_FRAMING_SPNEGO;
}

static const char* why_nothing_is_offered(const struct context* context)
{
	const struct credential* const credential = context->credential;

	if (context->role == MECH_ACCEPTOR)
		return credential->inbound ? "of the package list nothing can be offered here"
		                           : "the credentials were acquired for logging on only";
	return credential->has_pin
	           ? "a smart card's PIN is for Kerberos alone, which is excluded or missing"
	           : "give a user and a password";
}

/* The mechanisms to choose from; says why when there is none. */
static enum result exchange_offers(struct context* context, struct negossp_config* config,
                                   struct negossp_offer offers[NEGOSSP_MAX_OFFERS])
{
	const bool initiator = context->role == MECH_INITIATOR;

	config->offers = offers;
	config->offer_count = offers_build(context->credential, &context->kerberos, context->role,
	                                   config->framing, offers);
	if (config->offer_count > 0)
		return RESULT_OK;
	log_warn("no credentials to %s with: %s", initiator ? "log on" : "accept a logon",
	         why_nothing_is_offered(context));
	return RESULT_NO_CREDENTIALS;
}

static enum result exchange_open(struct context* context, const struct exchange_call* call)
{
	struct negossp_offer offers[NEGOSSP_MAX_OFFERS];
	struct blob target = BLOB_EMPTY;

	if (flags_ask_datagram(call->request))
	{
		log_warn("datagram-style contexts are not supported");
		return RESULT_UNSUPPORTED;
	}
	enum result result = text_from_either(call->target, call->wide, &target);
	if (result != RESULT_OK)
		return result == RESULT_NO_MEMORY ? result : RESULT_TARGET_UNKNOWN;
	struct negossp_config config = {
		.request = { .role = call->role,
		             .flags = flags_from_request(call->role, call->request),
		             .target = blob_bytes(&target) },
		.framing = exchange_framing(context->credential, blob_bytes(&target), call->role),
	};
	context->request = call->request;
	result = exchange_offers(context, &config, offers);
	if (result == RESULT_OK)
		result = negossp_context_new(&config, &context->core);
	blob_free(&target);
	return result;
}

/* --- every call ------------------------------------------------------------------------------- */

/* The token and the bindings. Bindings stay as given until a later call gives others: callers pass
 * them with the first call, with all, or with the one that matters. */
static enum result exchange_input(struct context* context, const struct exchange_call* call,
                                  struct mech_input* input, struct channel_bindings* bindings)
{
	struct bytes given;

	TRY(buffer_bytes(buffer_find(call->input, SECBUFFER_TOKEN), &input->token));
	TRY(buffer_bytes(buffer_find(call->input, SECBUFFER_CHANNEL_BINDINGS), &given));
	if (given.len > 0 && bindings_parse(given, bindings) != RESULT_OK)
	{
		log_warn("the caller's channel bindings are malformed");
		return RESULT_INVALID_ARGUMENT;
	}
	if (given.len > 0)
		TRY(blob_set(&context->bindings, given));
	if (context->bindings.len == 0)
		return RESULT_OK;
	input->bindings = bindings;
	return bindings_parse(blob_bytes(&context->bindings), bindings);
}

/* One leg. Whatever fails from the step on kills the context. */
static enum result exchange_step(struct context* context, const struct exchange_call* call,
                                 const struct buffer_output* output, bool* complete)
{
	struct mech_input input = { .token = BYTES_EMPTY };
	struct mech_output made = { .token = BLOB_EMPTY };
	struct channel_bindings bindings;

	REQUIRE(!context->dead && !negossp_is_complete(context->core), RESULT_OUT_OF_SEQUENCE);
	TRY(exchange_input(context, call, &input, &bindings));
	TRY(context_apply_workstation(context));
	enum result result = negossp_step(context->core, &input, &made);
	if (result == RESULT_OK)
		result = buffer_output_write(output, blob_bytes(&made.token));
	if (result == RESULT_BUFFER_TOO_SMALL)
		log_warn("a token of %zu bytes does not fit the caller's buffer of %zu", made.token.len,
		         output->room);
	*complete = made.complete;
	blob_free(&made.token);
	context->dead = result != RESULT_OK;
	if (context->dead || *complete)
		context_report(context, status_from_result(result));
	return result;
}

/* The context for this call, locked and with a reference of the call's own: the one that is there,
 * or a new one, whose first reference is for its handle. */
static SECURITY_STATUS exchange_enter(const struct exchange_call* call, struct context** entered)
{
	struct credential* const credential = credential_get(call->credential);
	struct context* context = NULL;
	SECURITY_STATUS status = SEC_E_OK;

	if (call->credential && !credential)
		return SEC_E_INVALID_HANDLE;
	if (call->handle)
	{
		context = context_enter(call->handle);
		if (!context || context->role != call->role)
			status = SEC_E_INVALID_HANDLE;
		else if (credential && credential != context->credential)
			status = SEC_E_WRONG_CREDENTIAL_HANDLE;
	}
	else if (!credential || !call->new_handle)
		status = SEC_E_INVALID_HANDLE;
	else if (!(context = context_new(credential, call->role)))
		status = SEC_E_INSUFFICIENT_MEMORY;
	credential_release(credential);
	if (status == SEC_E_OK)
		*entered = context;
	else
		context_leave(context);
	return status;
}

/* One of our packages. */
static enum result exchange_ours(struct context* context, const struct exchange_call* call,
                                 struct buffer_output* output, bool* complete, ULONG* attributes)
{
	if (!call->handle)
		TRY(exchange_open(context, call));
	output->allocate = flags_ask_allocate(context->request);
	TRY(exchange_step(context, call, output, complete));
	*attributes = context_attributes(context);
	return RESULT_OK;
}

/* One of WinPR's. */
static SECURITY_STATUS exchange_foreign(struct context* context, const struct exchange_call* call)
{
	PCredHandle const credential = &context->credential->foreign;
	PCtxtHandle const handle = call->handle ? &context->foreign : NULL;
	SECURITY_STATUS status;

	if (call->role == MECH_ACCEPTOR)
		status = FOREIGN_CALL(foreign_table_a(), AcceptSecurityContext, credential, handle,
		                      call->input, call->request, call->representation, &context->foreign,
		                      call->output, call->attributes, call->expiry);
	else
		status = FOREIGN_CALL_AW(call->wide, InitializeSecurityContext, credential, handle,
		                         call->target, call->request, call->reserved1, call->representation,
		                         call->input, call->reserved2, &context->foreign, call->output,
		                         call->attributes, call->expiry);
	/* What WinPR left in a new handle after a failure is not ours to delete: some of its packages
	 * have freed it by then. */
	if (!call->handle && !status_is_success(status))
		context->foreign = (CtxtHandle){ 0, 0 };
	return status;
}

/* The end of a call: a new context gets its handle, or is thrown away. RESULT_NO_MEMORY when there
 * is no room for a handle. */
static enum result exchange_leave(struct context* context, const struct exchange_call* call,
                                  bool success)
{
	enum result result = RESULT_OK;

	context_leave(context);
	if (call->handle && success && call->new_handle)
		*call->new_handle = *call->handle;
	if (call->handle)
		return RESULT_OK;
	if (success)
		result = handle_open(&context->object, call->new_handle);
	if (!success || result != RESULT_OK)
		context_release(context);
	return result;
}

/* A domain needs longer for a wrong password than for an unknown user, and for either longer than
 * the SAM file: so where one is asked every refusal leaves at a full 50 ms. */
static void exchange_hold_back(const struct timespec* start)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	/* Of 64 bits: a long may be full after two seconds. */
	const int64_t passed =
	    (int64_t)(now.tv_sec - start->tv_sec) * 1000000000 + now.tv_nsec - start->tv_nsec;
	const int64_t full = start->tv_nsec + (passed / REFUSAL_NS + 1) * REFUSAL_NS;
	const struct timespec until = { .tv_sec = start->tv_sec + (time_t)(full / 1000000000),
		                            .tv_nsec = (long)(full % 1000000000) };
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR)
		;
}

static SECURITY_STATUS exchange_answer(const struct exchange_call* call)
{
	struct context* context = NULL;
	bool complete = false;
	struct buffer_output output;
	ULONG attributes = 0;
	struct timespec start;

	SECURITY_STATUS status = exchange_enter(call, &context);
	if (status == SEC_E_OK && context_is_foreign(context))
	{
		status = exchange_foreign(context, call);
		if (exchange_leave(context, call, status_is_success(status)) != RESULT_OK)
			status = SEC_E_INSUFFICIENT_MEMORY;
		/* WinPR leaves the length as it was when it fails. */
		if (!status_is_success(status))
			(void)buffer_output_begin(call->output);
		return status_leave(status);
	}
	output = buffer_output_begin(call->output);
	output.allocate = flags_ask_allocate(call->request);
	if (status != SEC_E_OK)
	{
		buffer_output_drop(&output);
		return status_leave(status);
	}
	const bool hold = call->role == MECH_ACCEPTOR && context->credential->domain_users;
	if (hold)
		clock_gettime(CLOCK_MONOTONIC, &start);
	enum result result = exchange_ours(context, call, &output, &complete, &attributes);
	if (hold && result != RESULT_OK)
		exchange_hold_back(&start);
	const enum result left = exchange_leave(context, call, result == RESULT_OK);
	if (result == RESULT_OK)
		result = left;
	if (result != RESULT_OK)
	{
		buffer_output_drop(&output);
		return status_leave_result(result);
	}
	if (call->attributes)
		*call->attributes = attributes;
	if (call->expiry)
		*call->expiry = (TimeStamp){ .LowPart = UINT32_MAX, .HighPart = INT32_MAX };
	return status_leave(complete ? SEC_E_OK : SEC_I_CONTINUE_NEEDED);
}

SECURITY_STATUS exchange_run(const struct exchange_call* call)
{
	const int cancel = cancel_hold();
	const SECURITY_STATUS status = exchange_answer(call);

	cancel_allow(cancel);
	return status;
}
