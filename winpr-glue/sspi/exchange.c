/* SPDX-License-Identifier: Apache-2.0
 *
 * The common part of InitializeSecurityContext and AcceptSecurityContext.
 *
 * What FreeRDP makes of these calls decides their shape: the first one has no context but an input
 * buffer, which is empty; the request is latched then, because later calls pass what we returned
 * last; a context whose first call fails is never deleted by the caller, so it is ours to free; and
 * the output buffer holds zeros that would be sent if its length stayed as it was.
 */
#include "sspi/exchange.h"

#include "host/buffers.h"
#include "host/flags.h"
#include "log/log.h"
#include "host/status.h"
#include "host/text.h"

/* --- the first call --------------------------------------------------------------------------- */

static enum negossp_framing exchange_framing(const struct credential* credential,
                                             const struct exchange_call* call)
{
	if (credential->package == PACKAGE_NTLM)
		return NEGOSSP_FRAMING_BARE;
	if (call->role == MECH_ACCEPTOR)
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
	/* FreeRDP's gateway code cannot carry NTLM's leg after AUTHENTICATE: its WebSocket transport
	 * refuses a token in the 101 response. Kerberos has no such leg; who wants it there says so. */
	if (text_starts_with_ascii(call->target, "HTTP/") && credential->ntlm &&
	    !credential->config.packages.kerberos_by_name)
		return NEGOSSP_FRAMING_BARE;
	return NEGOSSP_FRAMING_SPNEGO;
}

static enum result exchange_open(struct context* context, const struct exchange_call* call)
{
	struct negossp_offer offers[NEGOSSP_MAX_OFFERS];
	struct negossp_config config = {
		.request = { .role = call->role,
		             .flags = flags_from_request(call->role, call->request),
		             .target = call->target },
		.framing = exchange_framing(context->credential, call),
		.offers = offers,
	};

	if (flags_ask_datagram(call->request))
	{
		log_warn("datagram-style contexts are not supported");
		return RESULT_UNSUPPORTED;
	}
	config.offer_count =
	    offers_build(context->credential, &context->kerberos, call->role, config.framing, offers);
	if (config.offer_count == 0)
	{
		log_warn("no credentials to %s with: %s",
		         call->role == MECH_INITIATOR ? "log on" : "accept a logon",
		         call->role == MECH_INITIATOR
		             ? "give a user and a password"
		             : "the credentials were acquired for logging on only");
		return RESULT_NO_CREDENTIALS;
	}
	context->request = call->request;
	return negossp_context_new(&config, &context->core);
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
	if (given.len > 0)
		TRY(blob_set(&context->bindings, given));
	if (context->bindings.len == 0)
		return RESULT_OK;
	const enum result result = bindings_parse(blob_bytes(&context->bindings), bindings);
	if (result == RESULT_MALFORMED)
		log_warn("the caller's channel bindings are malformed");
	REQUIRE(result == RESULT_OK, RESULT_INVALID_ARGUMENT);
	input->bindings = bindings;
	return RESULT_OK;
}

/* One leg. Whatever fails from the step on kills the context. */
static enum result exchange_step(struct context* context, const struct exchange_call* call,
                                 const struct buffer_output* output, bool* complete)
{
	struct mech_input input = { .token = BYTES_EMPTY };
	struct mech_output made = { .token = BLOB_EMPTY };
	struct channel_bindings bindings;

	REQUIRE(!context->dead && !negossp_is_complete(context->core), RESULT_OUT_OF_SEQUENCE);
	enum result result = exchange_input(context, call, &input, &bindings);
	if (result == RESULT_OK)
		result = context_apply_workstation(context);
	if (result != RESULT_OK)
		return result;
	result = negossp_step(context->core, &input, &made);
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

/* The context for this call, locked: the one that is there, or a new one. */
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
	else
	{
		context = context_new(credential, call->role);
		status = context ? SEC_E_OK : SEC_E_INSUFFICIENT_MEMORY;
		if (context)
		{
			/* Balanced by context_leave(); the first reference becomes the handle's. */
			handle_object_keep(&context->object);
			pthread_mutex_lock(&context->object.lock);
		}
	}
	credential_release(credential);
	if (status == SEC_E_OK)
		*entered = context;
	else
		context_leave(context);
	return status;
}

static void exchange_tell(const struct exchange_call* call, ULONG attributes)
{
	if (call->attributes)
		*call->attributes = attributes;
	if (call->expiry)
		*call->expiry = (TimeStamp){ .LowPart = UINT32_MAX, .HighPart = INT32_MAX };
}

SECURITY_STATUS exchange_run(const struct exchange_call* call)
{
	struct buffer_output output = buffer_output_begin(call->output);
	struct context* context = NULL;
	bool complete = false;
	enum result result = RESULT_OK;

	const SECURITY_STATUS status = exchange_enter(call, &context);
	if (status != SEC_E_OK)
		return status_leave(status);
	if (!call->handle)
		result = exchange_open(context, call);
	output.allocate = flags_ask_allocate(context->request);
	if (result == RESULT_OK)
		result = exchange_step(context, call, &output, &complete);
	const ULONG attributes = result == RESULT_OK ? context_attributes(context) : 0;
	context_leave(context);

	if (!call->handle && result == RESULT_OK)
		result = handle_open(&context->object, call->new_handle);
	if (!call->handle && result != RESULT_OK)
	{
		buffer_output_drop(&output);
		context_release(context);
	}
	if (result != RESULT_OK)
		return status_leave_result(result);
	if (call->handle && call->new_handle)
		*call->new_handle = *call->handle;
	exchange_tell(call, attributes);
	return status_leave(complete ? SEC_E_OK : SEC_I_CONTINUE_NEEDED);
}

/* --- WinPR's packages ------------------------------------------------------------------------- */

bool exchange_is_foreign(const SecHandle* credential, const SecHandle* handle)
{
	struct context* const context = handle ? context_enter(handle) : NULL;
	struct credential* const acquired = handle ? NULL : credential_get(credential);
	bool foreign = false;

	if (context)
		foreign = context_is_foreign(context);
	else if (acquired)
		foreign = acquired->package == PACKAGE_FOREIGN;
	context_leave(context);
	credential_release(acquired);
	return foreign;
}

SECURITY_STATUS exchange_foreign_begin(const struct exchange_call* call,
                                       struct exchange_foreign* foreign)
{
	*foreign = (struct exchange_foreign){ .is_new = !call->handle };
	const SECURITY_STATUS status = exchange_enter(call, &foreign->context);
	if (status != SEC_E_OK)
		(void)buffer_output_begin(call->output);
	else if (call->handle)
		foreign->old_handle = &foreign->context->foreign;
	return status_leave(status);
}

SECURITY_STATUS exchange_foreign_end(const struct exchange_call* call,
                                     struct exchange_foreign* foreign, SECURITY_STATUS status)
{
	struct context* const context = foreign->context;

	/* WinPR leaves the length as it was when it fails. */
	if (!status_is_success(status))
		(void)buffer_output_begin(call->output);
	context_leave(context);
	if (!foreign->is_new)
	{
		if (call->new_handle)
			*call->new_handle = *call->handle;
		return status_leave(status);
	}
	if (status_is_success(status) && handle_open(&context->object, call->new_handle) == RESULT_OK)
		return status_leave(status);
	/* What WinPR left in the handle after a failure is not ours to delete: some of its packages
	 * have freed it by then. */
	if (!status_is_success(status))
		context->foreign = (CtxtHandle){ 0, 0 };
	context_release(context);
	(void)buffer_output_begin(call->output);
	return status_leave(status_is_success(status) ? SEC_E_INSUFFICIENT_MEMORY : status);
}
