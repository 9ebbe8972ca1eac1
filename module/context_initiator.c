/* SPDX-License-Identifier: Apache-2.0
 *
 * What only an initiator's context does: offering its mechanisms, reading the acceptor's choice,
 * following it once.
 *
 * Offers are tried in order until one gives a first token; those that fail locally are not listed.
 * The others after it are listed without being opened: opening one may mean asking a network.
 * Nothing but the caller's offers is ever listed.
 */
#include "context_impl.h"

#include "spnego/mech_list.h"
#include "spnego/mic.h"

static enum spnego_choice read_choice(const struct negossp_context* context, struct bytes oid)
{
	if (oid.len == 0)
		return CHOICE_NONE;
	if (context->chosen != NO_OFFER && mech_has_oid(context->offers[context->chosen].mech, oid))
		return CHOICE_SAME;
	return negossp_find_offer(context, context->first_listed, oid) != NO_OFFER ? CHOICE_OTHER
	                                                                           : CHOICE_UNKNOWN;
}

void initiator_read(struct negossp_context* context, struct negossp_leg* leg)
{
	const struct bytes token = leg->input->token;
	if (token.len == 0)
		leg->facts.form = FORM_NONE;
	else if (context->framing == NEGOSSP_FRAMING_BARE)
	{
		leg->facts.form = FORM_BARE;
		leg->token = token;
	}
	else if (neg_token_is_init(token))
	{
		struct neg_token_init init;
		const enum result result = neg_token_init_parse(token, &init, &leg->fault);
		leg->facts.form = result == RESULT_OK ? FORM_INIT : FORM_MALFORMED;
	}
	else
	{
		negossp_read_resp(context, leg);
		leg->mic = spnego_mic_of_response(leg->mic, leg->token);
		leg->facts.choice = read_choice(context, leg->supported_mech);
	}
}

/* The list that NegTokenInit carries. */
static enum result write_mech_types(struct negossp_context* context)
{
	struct bytes oids[NEGOSSP_MAX_OFFERS];
	size_t count = 0;
	if (context->framing == NEGOSSP_FRAMING_BARE)
		return RESULT_OK;
	for (size_t i = context->first_listed; i < context->offer_count; i++)
		oids[count++] = context->offers[i].mech->oids[0];
	return mech_list_write(oids, count, &context->mech_types);
}

enum result initiator_offer(struct negossp_context* context, struct negossp_leg* leg)
{
	const size_t offer = context->next++;
	const bool last =
	    context->framing == NEGOSSP_FRAMING_BARE || context->next == context->offer_count;
	leg->facts.event = EVENT_STEPPED;
	context->chosen = offer;
	leg->mech_result = negossp_open_offer(context, offer);
	if (leg->mech_result == RESULT_OK)
		negossp_step_mech(context, leg, BYTES_EMPTY);
	if (leg->mech_result != RESULT_OK)
	{
		leg->facts.step = last ? STEP_FAILED : STEP_UNAVAILABLE;
		return RESULT_OK;
	}
	context->first_listed = offer;
	return write_mech_types(context);
}

enum result initiator_switch(struct negossp_context* context, struct negossp_leg* leg)
{
	const size_t offer = negossp_find_offer(context, context->first_listed, leg->supported_mech);
	REQUIRE(offer != NO_OFFER && offer != context->chosen, RESULT_INTERNAL);
	leg->facts.event = EVENT_STEPPED;
	leg->facts.step = STEP_FAILED;
	context->chosen = offer;
	context->mech_complete = false;
	leg->mech_result = negossp_open_offer(context, offer);
	if (leg->mech_result == RESULT_OK)
		negossp_step_mech(context, leg, BYTES_EMPTY);
	return RESULT_OK;
}
