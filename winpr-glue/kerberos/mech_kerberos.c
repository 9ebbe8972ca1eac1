/* SPDX-License-Identifier: Apache-2.0
 *
 * Kerberos behind the mechanism vtable: every step, wrap and unwrap is a call of WinPR's public
 * table with the token in a SecBuffer.
 */
#include "kerberos/mech_kerberos.h"

#include <stdlib.h>
#include <time.h>

#include "host/buffers.h"
#include "host/flags.h"
#include "host/foreign.h"
#include "host/status.h"
#include "host/text.h"
#include "kerberos/carrier.h"
#include "kerberos/kerberos_context.h"
#include "kerberos/kerberos_first_step.h"
#include "kerberos/target.h"
#include "kerberos/token.h"
#include "log/log.h"

/* --- life ------------------------------------------------------------------------------------- */

/* What WinPR's Kerberos can be asked for. */
#define KERBEROS_FLAGS                                                                             \
	((uint32_t)(MECH_CONFIDENTIALITY | MECH_MUTUAL_AUTH | MECH_REPLAY_DETECT |                     \
	            MECH_SEQUENCE_DETECT))

static ULONG isc_flags(const struct kerberos_context* context)
{
	return flags_to_request(MECH_INITIATOR,
	                        context->flags | (context->u2u ? MECH_USE_SESSION_KEY : 0));
}

static void kerberos_close(void* opaque)
{
	struct kerberos_context* context = opaque;

	if (!context)
		return;
	if (context->started)
	{
		kerberos_credential_lock(context->credential);
		(void)FOREIGN_CALL(foreign_table_w(), DeleteSecurityContext, &context->handle);
		kerberos_credential_unlock(context->credential);
	}
	kerberos_credential_free(context->credential);
	blob_free(&context->target);
	free(context->wide_target);
	free(context);
}

static void tell_unused(struct kerberos_use* use, const char* reason)
{
	if (!use->told)
		log_info("Kerberos is not used: %s", reason);
	use->told = true;
}

static enum result kerberos_open_as(const struct mech_request* request, void* opaque, bool u2u,
                                    void** out)
{
	struct kerberos_use* use = opaque;
	char host[TARGET_HOST_SIZE];

	target_host(request->target, host, sizeof(host));
	const char* hopeless = kerberos_credential_hopeless(use->credential, request->role, u2u, host);
	if (hopeless)
	{
		tell_unused(use, hopeless);
		return RESULT_NO_CREDENTIALS;
	}

	struct kerberos_context* context = calloc(1, sizeof(*context));
	REQUIRE(context, RESULT_NO_MEMORY);
	context->credential = kerberos_credential_hold(use->credential);
	context->use = use;
	context->role = request->role;
	context->u2u = u2u;
	if (request->role == MECH_INITIATOR)
	{
		context->flags = (request->flags & KERBEROS_FLAGS) | MECH_INTEGRITY;
		context->wide_target = text_wide_new(request->target);
		if (!context->wide_target || blob_set(&context->target, request->target) != RESULT_OK)
		{
			kerberos_close(context);
			return RESULT_NO_MEMORY;
		}
	}
	*out = context;
	return RESULT_OK;
}

static enum result kerberos_open(const struct mech_request* request, void* credential, void** out)
{
	return kerberos_open_as(request, credential, false, out);
}

static enum result kerberos_u2u_open(const struct mech_request* request, void* credential,
                                     void** out)
{
	const struct kerberos_use* const use = credential;

	/* Its keytab is opened once a client lists it, and not for those who do not. */
	if (request->role == MECH_ACCEPTOR && !kerberos_credential_offers_u2u(use->credential))
		return RESULT_NO_CREDENTIALS;
	return kerberos_open_as(request, credential, true, out);
}

/* --- steps ------------------------------------------------------------------------------------ */

static enum result kerberos_fail(struct kerberos_context* context, enum result result,
                                 const char* reason)
{
	context->dead = true;
	context->reason = reason;
	return result;
}

/* WinPR reports nearly every Kerberos failure as SEC_E_INTERNAL_ERROR; its own log has the rest. */
static enum result result_of(SECURITY_STATUS status)
{
	switch (status)
	{
		case SEC_E_INVALID_TOKEN:
			return RESULT_MALFORMED;
		case SEC_E_INSUFFICIENT_MEMORY:
			return RESULT_NO_MEMORY;
		case SEC_E_NO_CREDENTIALS:
		case SEC_E_WRONG_PRINCIPAL:
			return RESULT_NO_CREDENTIALS;
		case SEC_E_BAD_BINDINGS:
			return RESULT_BAD_BINDINGS;
		case SEC_E_OUT_OF_SEQUENCE:
			return RESULT_OUT_OF_SEQUENCE;
		default:
			return RESULT_LOGON_DENIED;
	}
}

static enum result finish(struct kerberos_context* context, struct mech_output* output)
{
	const SECURITY_STATUS status =
	    FOREIGN_CALL(foreign_table_w(), QueryContextAttributesW, &context->handle,
	                 SECPKG_ATTR_SIZES, &context->sizes);

	if (status != SEC_E_OK)
		return kerberos_fail(context, RESULT_INTERNAL,
		                     "WinPR's Kerberos did not tell its message sizes");
	context->complete = true;
	output->complete = true;
	kerberos_credential_forget_password(context->credential);
	return RESULT_OK;
}

static enum result call_accept(struct kerberos_context* context, SecBufferDesc* in,
                               SecBufferDesc* out, SECURITY_STATUS* status)
{
	PCredHandle credential =
	    kerberos_credential_acquire(context->credential, MECH_ACCEPTOR, context->u2u);
	ULONG granted = 0; /* WinPR's Kerberos writes to it unasked */

	if (!credential)
		return kerberos_fail(context, RESULT_NO_CREDENTIALS,
		                     "WinPR's Kerberos package got no credentials: see its own log lines");
	*status = FOREIGN_CALL(foreign_table_w(), AcceptSecurityContext, credential,
	                       context->started ? &context->handle : NULL, in, 0, SECURITY_NATIVE_DREP,
	                       &context->handle, out, &granted, NULL);
	/* The client's authenticator says what the context can do (RFC 4121 4.1.1.1). */
	context->flags = flags_from_request(MECH_ACCEPTOR, granted);
	return RESULT_OK;
}

static enum result call_initialize(struct kerberos_context* context, SecBufferDesc* in,
                                   SecBufferDesc* out, SECURITY_STATUS* status)
{
	PCredHandle credential =
	    kerberos_credential_acquire(context->credential, MECH_INITIATOR, context->u2u);
	ULONG granted = 0;

	if (!credential)
		return kerberos_fail(context, RESULT_NO_CREDENTIALS,
		                     "WinPR's Kerberos package got no credentials: see its own log lines");
	*status = FOREIGN_CALL(foreign_table_w(), InitializeSecurityContextW, credential,
	                       &context->handle, context->wide_target, isc_flags(context), 0,
	                       SECURITY_NATIVE_DREP, in, 0, &context->handle, out, &granted, NULL);
	return RESULT_OK;
}

/* What a status and a filled output buffer mean for the exchange. */
static enum result take_status(struct kerberos_context* context, SECURITY_STATUS status,
                               struct bytes token, struct mech_output* output)
{
	if (status != SEC_E_OK && status != SEC_I_CONTINUE_NEEDED)
		return kerberos_fail(
		    context, result_of(status),
		    context->role == MECH_ACCEPTOR
		        ? "the Kerberos ticket was not accepted: compare keytab, clock and "
		          "principal; WinPR's own log lines say more"
		    : status == SEC_E_NO_CREDENTIALS
		        ? "the KDC gave no ticket for the server's name: WinPR's own log lines say more"
		        : "Kerberos failed: WinPR's own log lines say more; !kerberos in the package list "
		          "does without Kerberos");
	context->started = true;
	if (blob_set(&output->token, token) != RESULT_OK)
		return kerberos_fail(context, RESULT_NO_MEMORY, "out of memory");
	/* User-to-user begins with TGT-REQ; there is no other token without a ticket in it. */
	if (token.len > 0)
		context->shown = context->u2u && context->shown == MECH_SENT_NOTHING ? MECH_SENT_OPENING
		                                                                     : MECH_SENT_PROOF;
	if (status == SEC_I_CONTINUE_NEEDED)
		return RESULT_OK;
	return finish(context, output);
}

/* User-to-user's AP-REQ, in which the channel bindings are, comes as late as this. */
static enum result later_step_in(struct kerberos_context* context, const struct blob* token,
                                 const struct blob* bindings, const struct blob* room,
                                 struct mech_output* output)
{
	const bool initiator = context->role == MECH_INITIATOR;
	SECURITY_STATUS status = SEC_E_INTERNAL_ERROR;
	SecBuffer in[2] = { { (ULONG)token->len, SECBUFFER_TOKEN, token->data },
		                { (ULONG)bindings->len, SECBUFFER_CHANNEL_BINDINGS, bindings->data } };
	SecBuffer out = { (ULONG)room->len, SECBUFFER_TOKEN, room->data };
	SecBufferDesc in_desc = { SECBUFFER_VERSION, bindings->len > 0 ? 2 : 1, in };
	SecBufferDesc out_desc = { SECBUFFER_VERSION, 1, &out };

	TRY(initiator ? call_initialize(context, &in_desc, &out_desc, &status)
	              : call_accept(context, &in_desc, &out_desc, &status));
	struct bytes answer = bytes_make(room->data, out.cbBuffer);
	if (initiator && status_is_success(status))
		TRY(carrier_take_off(&answer));
	return take_status(context, status, answer, output);
}

static enum result later_step(struct kerberos_context* context, const struct mech_input* input,
                              struct mech_output* output)
{
	const bool initiator = context->role == MECH_INITIATOR;
	struct blob room = BLOB_EMPTY;
	struct blob token = BLOB_EMPTY;
	struct blob bindings = BLOB_EMPTY;

	REQUIRE(input->token.len <= UINT32_MAX, RESULT_MALFORMED);
	TRY(kerberos_token_room(&room));
	/* WinPR's buffers are not const: a copy even where nothing carries. */
	enum result result =
	    initiator ? carrier_put_on(input->token, &token) : blob_set(&token, input->token);
	if (result == RESULT_OK && initiator && input->bindings)
		result = bindings_write(input->bindings, &bindings);
	if (result == RESULT_OK)
		result = later_step_in(context, &token, &bindings, &room, output);
	blob_free(&bindings);
	blob_free(&room);
	blob_free(&token);
	return result;
}

static enum result first_step(struct kerberos_context* context, const struct mech_input* input,
                              struct mech_output* output)
{
	struct kerberos_first_step step = { .credential = context->credential,
		                                .target = blob_bytes(&context->target),
		                                .flags = isc_flags(context),
		                                .u2u = context->u2u,
		                                .bindings = input->bindings };

	const enum result result = kerberos_first_step_run(&step);
	if (result != RESULT_OK)
	{
		tell_unused(context->use, step.reason);
		return kerberos_fail(context, result, step.reason);
	}
	context->handle = step.handle;
	kerberos_credential_lock(context->credential);
	const enum result taken = take_status(context, step.status, blob_bytes(&step.token), output);
	kerberos_credential_unlock(context->credential);
	blob_free(&step.token);
	if (taken != RESULT_OK)
		tell_unused(context->use, context->reason);
	return taken;
}

/* What a KRB-ERROR says, or NULL for any other token. */
static const char* error_words(struct kerberos_context* context, struct bytes token)
{
	struct krb_error error;

	if (krb_error_parse(token, &error) != RESULT_OK)
		return NULL;
	krb_error_words(&error, context->role, (int64_t)time(NULL), context->error_text,
	                sizeof(context->error_text));
	return context->error_text;
}

static const char* kerberos_explain(void* opaque, struct bytes token)
{
	struct kerberos_context* const context = opaque;
	const char* const words = error_words(context, token);

	if (words || context->role == MECH_ACCEPTOR)
		return words;
	return "the server rejected the logon by Kerberos (negState reject) and does not say why: its "
	       "log may; !kerberos in the package list does without Kerberos";
}

/* A token after the first is framed as the mechanism's own, or WinPR would read it otherwise. A
 * server's KRB-ERROR is read here alone: it ends the exchange whoever reads it. */
static enum result step_on(struct kerberos_context* context, const struct mech_input* input,
                           struct mech_output* output)
{
	struct kerberos_token parsed;

	if (context->started && !(context->u2u ? kerberos_token_is_u2u(input->token)
	                                       : kerberos_token_is_kerberos(input->token)))
		return kerberos_fail(context, RESULT_MALFORMED, "the peer's Kerberos token is malformed");
	if (context->role == MECH_INITIATOR &&
	    kerberos_token_parse(input->token, &parsed) == RESULT_OK && parsed.id == TOKEN_ERROR)
		return kerberos_fail(context, RESULT_LOGON_DENIED,
		                     "the server does not take the Kerberos ticket, and its KRB-ERROR does "
		                     "not say why");
	return later_step(context, input, output);
}

static enum result kerberos_step(void* opaque, const struct mech_input* input,
                                 struct mech_output* output)
{
	struct kerberos_context* context = opaque;
	enum result result;

	REQUIRE(!context->dead && !context->complete, RESULT_OUT_OF_SEQUENCE);
	if (context->role == MECH_INITIATOR && !context->started)
		return first_step(context, input, output);
	REQUIRE(input->token.len > 0, RESULT_MALFORMED);
	if (!context->started)
	{
		result = kerberos_admit(context, input->token);
		context->dead = result != RESULT_OK;
		TRY(result);
	}
	kerberos_credential_lock(context->credential);
	result = step_on(context, input, output);
	kerberos_credential_unlock(context->credential);
	if (result != RESULT_OK)
	{
		const char* const words = error_words(context, input->token);

		context->dead = true;
		if (words)
			context->reason = words;
		blob_free(&output->token);
	}
	return result;
}

/* Kerberos protects the choice of mechanism by itself where it was the initiator's first
 * (RFC 4178 5: the MIC exchange may be left out). After a TGT-REQ, which nothing protects, Windows'
 * acceptor demands it all the same, and sspi-rs waits for that. */
static bool kerberos_demands_mic(const void* opaque)
{
	const struct kerberos_context* const context = opaque;

	return context->u2u && context->role == MECH_ACCEPTOR;
}

/* --- what it tells ---------------------------------------------------------------------------- */

static void kerberos_describe(const void* opaque, struct mech_report* report)
{
	const struct kerberos_context* context = opaque;

	report->target = blob_bytes(&context->target);
	report->source = context->role == MECH_ACCEPTOR ? "keytab" : "Kerberos ticket";
	report->sent = context->role == MECH_INITIATOR ? context->shown : MECH_SENT_NOTHING;
	report->reason = context->reason;
}

static void kerberos_session(const void* opaque, struct mech_session* session)
{
	const struct kerberos_context* context = opaque;

	*session = (struct mech_session){ .granted = context->complete ? context->flags : 0,
		                              .max_signature = context->sizes.cbMaxSignature,
		                              .block_size = context->sizes.cbBlockSize,
		                              .security_trailer = context->sizes.cbSecurityTrailer };
}

/* WinPR does not hand it out. */
static const struct key* kerberos_session_key(const void* opaque)
{
	(void)opaque;
	return NULL;
}

SECURITY_STATUS kerberos_context_query(const void* opaque, ULONG attribute, void* buffer)
{
	const struct kerberos_context* context = opaque;
	CtxtHandle handle = context->handle;

	if (!context->started)
		return SEC_E_OUT_OF_SEQUENCE;
	kerberos_credential_lock(context->credential);
	const SECURITY_STATUS status =
	    FOREIGN_CALL(foreign_table_w(), QueryContextAttributesW, &handle, attribute, buffer);
	kerberos_credential_unlock(context->credential);
	return status;
}

/* --- the vtables ------------------------------------------------------------------------------ */

/* The two differ in how they are named, told and opened. */
#define KERBEROS_MECH(its_oids, its_is_bare_token, its_open)                                       \
	{                                                                                              \
		.name = "Kerberos", .oids = (its_oids),                                                    \
		.oid_count = sizeof(its_oids) / sizeof((its_oids)[0]),                                     \
		.is_bare_token = (its_is_bare_token), .open = (its_open), .step = kerberos_step,           \
		.demands_mic = kerberos_demands_mic, .mic_make = kerberos_mic_make,                        \
		.mic_verify = kerberos_mic_verify, .wrap = kerberos_wrap, .unwrap = kerberos_unwrap,       \
		.explain = kerberos_explain, .describe = kerberos_describe, .session = kerberos_session,   \
		.session_key = kerberos_session_key, .close = kerberos_close                               \
	}

const struct mech* kerberos_mech(void)
{
	static const struct mech mech =
	    KERBEROS_MECH(kerberos_oids, kerberos_token_is_kerberos, kerberos_open);

	return &mech;
}

const struct mech* kerberos_u2u_mech(void)
{
	static const struct mech mech =
	    KERBEROS_MECH(kerberos_u2u_oids, kerberos_token_is_u2u, kerberos_u2u_open);

	return &mech;
}
