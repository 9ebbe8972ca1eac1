/* SPDX-License-Identifier: Apache-2.0
 *
 * The security context: the public face, and the loop that carries SPNEGO's decisions out.
 *
 * A step reads the message into facts, then takes decisions and does them until one ends the leg.
 * What may happen when is spnego/decide_*.c's alone; this file and its two neighbours do as they
 * are told.
 */
#include "context_impl.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/crypto.h"
#include "base/utf16.h"
#include "spnego/mech_list.h"
#include "spnego/mic.h"

#define MAX_INPUT (128 * 1024) /* bytes; Kerberos tokens end at 64 KiB */
/* Decisions of one leg: the acceptor's walk makes one per offer, everything else a handful. */
#define MAX_DECISIONS 16

#define NOTHING_TO_LOG_ON_WITH                                                                     \
	"there is nothing to log on with: give a user and a password, or get a ticket (kinit)"

/* --- until it has succeeded ------------------------------------------------------------------ */

enum result negossp_init(void)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	static atomic_bool whole;

	if (whole)
		return RESULT_OK;
	pthread_mutex_lock(&lock);
	enum result result = crypto_init();
	/* Upper case is NTLM's alone; and where there is no descriptor left the C library would never
	 * find its locale again. */
	if (result == RESULT_OK && crypto_available(NULL))
	{
		result = utf16_init();
		whole = result == RESULT_OK;
	}
	pthread_mutex_unlock(&lock);
	return result;
}

bool negossp_ntlm_available(const char** why)
{
	return crypto_available(why);
}

/* --- life ------------------------------------------------------------------------------------ */

static enum spnego_state first_state(enum mech_role role, enum negossp_framing framing)
{
	if (role == MECH_ACCEPTOR)
		return ACCEPTOR_START;
	return framing == NEGOSSP_FRAMING_BARE ? INITIATOR_BARE_START : INITIATOR_START;
}

static bool config_valid(const struct negossp_config* config)
{
	if (config == NULL || config->offers == NULL || config->offer_count == 0 ||
	    config->offer_count > NEGOSSP_MAX_OFFERS)
		return false;
	for (size_t i = 0; i < config->offer_count; i++)
	{
		const struct mech* mech = config->offers[i].mech;
		if (mech == NULL || mech->oids == NULL || mech->oid_count == 0)
			return false;
	}
	return true;
}

enum result negossp_context_new(const struct negossp_config* config,
                                struct negossp_context** context)
{
	REQUIRE(config_valid(config) && context != NULL, RESULT_INVALID_ARGUMENT);
	struct negossp_context* made = calloc(1, sizeof(*made));
	REQUIRE(made != NULL, RESULT_NO_MEMORY);
	made->role = config->request.role;
	made->flags = config->request.flags;
	made->framing = config->framing;
	made->offer_count = config->offer_count;
	made->chosen = NO_OFFER;
	made->state = first_state(made->role, made->framing);
	for (size_t i = 0; i < config->offer_count; i++)
	{
		made->offers[i].mech = config->offers[i].mech;
		made->offers[i].credential = config->offers[i].credential;
	}
	const enum result result = blob_set(&made->target, config->request.target);
	if (result != RESULT_OK)
		goto out;
	*context = made;
	made = NULL;
out:
	negossp_context_free(made);
	return result;
}

void negossp_context_free(struct negossp_context* context)
{
	if (context == NULL)
		return;
	for (size_t i = 0; i < context->offer_count; i++)
	{
		if (context->offers[i].context != NULL)
			context->offers[i].mech->close(context->offers[i].context);
	}
	blob_free(&context->target);
	blob_free(&context->mech_types);
	free(context);
}

/* --- reading --------------------------------------------------------------------------------- */

static void read_message(struct negossp_context* context, struct negossp_leg* leg)
{
	leg->facts.event = EVENT_MESSAGE;
	leg->facts.claim = NEG_STATE_ABSENT;
	if (context->state == SPNEGO_DEAD || context->state == SPNEGO_DONE)
		return; /* nothing will be accepted, so nothing is parsed */
	if (leg->input->token.len > MAX_INPUT)
	{
		leg->facts.form = FORM_MALFORMED;
		fault_begin(&leg->fault, "the peer's token", "its length", "is above 128 KiB");
	}
	else if (context->role == MECH_INITIATOR)
		initiator_read(context, leg);
	else
		acceptor_read(context, leg);
	leg->facts.token = leg->token.len > 0;
	leg->facts.mic = leg->mic.len > 0;
	if (leg->facts.mic && context->mic_peer == MECH_CHECK_NONE)
		context->mic_peer = MECH_CHECK_NOT_LOOKED_AT;
	leg->facts.complete = context->mech_complete;
	if (context->chosen != NO_OFFER && context->offers[context->chosen].context != NULL)
		negossp_read_mech(&context->offers[context->chosen], leg);
}

/* --- actions --------------------------------------------------------------------------------- */

static enum result verify_mic(struct negossp_context* context, struct negossp_leg* leg)
{
	const struct negossp_slot* slot = &context->offers[context->chosen];
	const enum result result =
	    spnego_mic_verify(slot->mech, slot->context, blob_bytes(&context->mech_types), leg->mic);
	leg->facts.event = EVENT_CHECKED;
	leg->facts.mic_ok = result == RESULT_OK;
	if (result == RESULT_OK || result == RESULT_ALTERED)
		context->mic_peer = result == RESULT_OK ? MECH_CHECK_OK : MECH_CHECK_FAILED;
	return result == RESULT_ALTERED ? RESULT_OK : result;
}

static enum result send_init(const struct negossp_context* context, const struct negossp_leg* leg,
                             struct blob* token)
{
	const struct neg_token_init init = { blob_bytes(&context->mech_types), blob_bytes(&leg->output),
		                                 BYTES_EMPTY };
	return neg_token_init_write(&init, token);
}

static enum result send_resp(struct negossp_context* context, const struct negossp_leg* leg,
                             const struct spnego_decision* decision, struct blob* token)
{
	const struct negossp_slot* slot = &context->offers[context->chosen];
	struct blob mic = BLOB_EMPTY;
	if (decision->say_mic)
		TRY(spnego_mic_make(slot->mech, slot->context, blob_bytes(&context->mech_types), &mic));
	const struct neg_token_resp resp = { decision->say,
		                                 decision->say_mech ? context->chosen_oid : BYTES_EMPTY,
		                                 blob_bytes(&leg->output), blob_bytes(&mic) };
	const enum result result = neg_token_resp_write(&resp, token);
	blob_free(&mic);
	if (result == RESULT_OK && decision->say_mic)
		context->mic_sent = true;
	return result;
}

/* A server may say beside its reject what was wrong, in the mechanism's words (RFC 4178 4.2.2). */
static void explain(struct negossp_context* context, const struct negossp_leg* leg)
{
	void* mech_context = NULL;
	const struct mech* const mech = negossp_chosen(context, &mech_context);

	if (!mech || !mech->explain)
		return;
	const char* const words = mech->explain(mech_context, leg->token);
	if (words)
		context->reason = words;
}

/* The decision's words; for what does not parse, the place where it does not; for a reject, the
 * mechanism's if there are any. */
static void keep_reason(struct negossp_context* context, const struct negossp_leg* leg,
                        const struct spnego_decision* decision)
{
	context->reason = decision->reason;
	if (decision->result == RESULT_REJECTED)
		explain(context, leg);
	if (leg->facts.form != FORM_MALFORMED || leg->fault.problem == NULL)
		return;
	fault_text(&leg->fault, context->fault_text, sizeof(context->fault_text));
	context->reason = context->fault_text;
}

/* Does the action. *ended says that the leg is over. */
static enum result act(struct negossp_context* context, struct negossp_leg* leg,
                       const struct spnego_decision* decision, struct blob* token, bool* ended)
{
	*ended = false;
	switch (decision->action)
	{
		case ACTION_OFFER:
			return initiator_offer(context, leg);
		case ACTION_SWITCH:
			return initiator_switch(context, leg);
		case ACTION_CHOOSE:
			return acceptor_choose(context, leg);
		case ACTION_OPEN_BARE:
			return acceptor_open_bare(context, leg);
		case ACTION_STEP:
			negossp_step_mech(context, leg, leg->token);
			return RESULT_OK;
		case ACTION_VERIFY_MIC:
			return verify_mic(context, leg);
		case ACTION_SEND_INIT:
			*ended = true;
			return send_init(context, leg, token);
		case ACTION_SEND:
		case ACTION_SEND_LAST:
			*ended = true;
			if (context->framing == NEGOSSP_FRAMING_SPNEGO)
				return send_resp(context, leg, decision, token);
			*token = leg->output;
			leg->output = BLOB_EMPTY;
			return RESULT_OK;
		case ACTION_COMPLETE:
			*ended = true;
			return RESULT_OK;
		case ACTION_FAIL:
			keep_reason(context, leg, decision);
			return decision->result;
		case ACTION_FAIL_MECH:
			return leg->mech_result != RESULT_OK ? leg->mech_result : RESULT_INTERNAL;
	}
	return RESULT_INTERNAL;
}

static enum result run(struct negossp_context* context, struct negossp_leg* leg, struct blob* token)
{
	for (unsigned i = 0; i < MAX_DECISIONS; i++)
	{
		bool ended = false;
		const struct spnego_decision decision =
		    context->role == MECH_INITIATOR ? spnego_decide_initiator(context->state, &leg->facts)
		                                    : spnego_decide_acceptor(context->state, &leg->facts);
		context->state = decision.next;
		context->mic_needed =
		    context->mic_needed || decision.next == INITIATOR_LEGS_MIC ||
		    decision.next == INITIATOR_AWAIT_MIC || decision.next == ACCEPTOR_LEGS_MIC ||
		    decision.next == ACCEPTOR_AWAIT_MIC ||
		    (context->framing == NEGOSSP_FRAMING_SPNEGO && leg->facts.demands_mic);
		TRY(act(context, leg, &decision, token, &ended));
		if (ended)
			return RESULT_OK;
	}
	return RESULT_INTERNAL;
}

/* --- the public face ------------------------------------------------------------------------- */

enum result negossp_step(struct negossp_context* context, const struct mech_input* input,
                         struct mech_output* output)
{
	REQUIRE(context != NULL && input != NULL && output != NULL, RESULT_INVALID_ARGUMENT);
	struct negossp_leg leg = { .input = input };
	struct blob token = BLOB_EMPTY;
	output->token = BLOB_EMPTY;
	output->complete = false;

	/* The report keeps saying why it died. */
	REQUIRE(context->state != SPNEGO_DEAD, RESULT_OUT_OF_SEQUENCE);
	context->reason = NULL;
	context->legs += input->token.len > 0;
	read_message(context, &leg);
	const enum result result = run(context, &leg, &token);
	blob_free(&leg.output);
	if (result != RESULT_OK)
	{
		blob_free(&token);
		context->state = SPNEGO_DEAD;
		context->result = result;
		return result;
	}
	context->legs += token.len > 0;
	context->result = RESULT_OK;
	output->token = token;
	output->complete = context->state == SPNEGO_DONE;
	return RESULT_OK;
}

bool negossp_is_complete(const struct negossp_context* context)
{
	return context != NULL && context->state == SPNEGO_DONE;
}

const struct mech* negossp_chosen(const struct negossp_context* context, void** mech_context)
{
	if (context == NULL || context->chosen == NO_OFFER ||
	    context->offers[context->chosen].context == NULL)
		return NULL;
	if (mech_context != NULL)
		*mech_context = context->offers[context->chosen].context;
	return context->offers[context->chosen].mech;
}

enum result negossp_wrap(struct negossp_context* context, bool seal, struct mech_part* parts,
                         size_t count, uint8_t* trailer, size_t* trailer_len)
{
	REQUIRE(negossp_is_complete(context), RESULT_OUT_OF_SEQUENCE);
	const struct negossp_slot* slot = &context->offers[context->chosen];
	return slot->mech->wrap(slot->context, seal, parts, count, trailer, trailer_len);
}

enum result negossp_unwrap(struct negossp_context* context, bool sealed, struct mech_part* parts,
                           size_t count, struct bytes trailer)
{
	REQUIRE(negossp_is_complete(context), RESULT_OUT_OF_SEQUENCE);
	const struct negossp_slot* slot = &context->offers[context->chosen];
	return slot->mech->unwrap(slot->context, sealed, parts, count, trailer);
}

void negossp_session(const struct negossp_context* context, struct mech_session* session)
{
	void* mech_context = NULL;
	const struct mech* const mech = negossp_chosen(context, &mech_context);

	*session = (struct mech_session){ 0 };
	if (mech != NULL)
		mech->session(mech_context, session);
}

const struct key* negossp_session_key(const struct negossp_context* context)
{
	void* mech_context = NULL;
	const struct mech* const mech = negossp_chosen(context, &mech_context);

	return mech != NULL ? mech->session_key(mech_context) : NULL;
}

/* For a mechanism that was not opened, or has nothing to say. */
static const char* plain_reason(enum result result)
{
	switch (result)
	{
		case RESULT_NO_CREDENTIALS:
			return "no mechanism that both sides have has credentials here";
		case RESULT_POLICY:
			return "configuration or FIPS forbids the mechanism";
		case RESULT_NO_MEMORY:
			return "out of memory";
		case RESULT_CRYPTO:
			return "the crypto library failed";
		case RESULT_INTERNAL:
			return "a defect of negossp: please report it";
		default:
			return "the mechanism failed and gave no reason";
	}
}

/* SPNEGO's own words first, then the mechanism's. An exchange that nobody refused has none. */
static const char* best_reason(const struct negossp_context* context, const char* of_mech)
{
	if (context->reason != NULL)
		return context->reason;
	if (context->result == RESULT_OK)
		return NULL;
	if (of_mech != NULL)
		return of_mech;
	return context->result == RESULT_NO_CREDENTIALS && context->role == MECH_INITIATOR
	           ? NOTHING_TO_LOG_ON_WITH
	           : plain_reason(context->result);
}

/* Of bare messages there is no list, and the mechanism is the one there is. */
static void describe_offers(const struct negossp_context* context, struct negossp_report* report)
{
	if (context->mech_types.len > 0)
		mech_list_describe(blob_bytes(&context->mech_types), report->offered,
		                   sizeof(report->offered));
	else if (context->framing == NEGOSSP_FRAMING_BARE && context->chosen != NO_OFFER)
		(void)snprintf(report->offered, sizeof(report->offered), "%s",
		               context->offers[context->chosen].mech->name);
}

void negossp_describe(const struct negossp_context* context, struct negossp_report* report)
{
	void* mech_context = NULL;
	*report = (struct negossp_report){ .result = RESULT_INVALID_ARGUMENT };
	if (context == NULL)
		return;
	const struct mech* mech = negossp_chosen(context, &mech_context);
	report->role = context->role;
	report->framing = context->framing;
	report->legs = context->legs;
	report->mic_needed = context->mic_needed;
	report->mic_sent = context->mic_sent;
	report->mic_peer = context->mic_peer;
	report->result = context->result;
	describe_offers(context, report);
	if (mech != NULL)
	{
		report->chosen = mech->name;
		mech->describe(mech_context, &report->mech);
	}
	report->reason = best_reason(context, report->mech.reason);
}
