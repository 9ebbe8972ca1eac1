/* SPDX-License-Identifier: Apache-2.0
 *
 * What an initiator's and an acceptor's context do alike: opening and stepping a mechanism, finding
 * one by its OID, and reading a message that is not a first one.
 */
#include "context_impl.h"

#include "spnego/mech_list.h"

enum result negossp_open_offer(struct negossp_context* context, size_t offer)
{
	struct negossp_slot* slot = &context->offers[offer];
	const struct mech_request request = { context->role, context->flags,
		                                  blob_bytes(&context->target) };
	REQUIRE(slot->context == NULL, RESULT_OK);
	return slot->mech->open(&request, slot->credential, &slot->context);
}

void negossp_read_mech(const struct negossp_slot* slot, struct negossp_leg* leg)
{
	const struct mech* const mech = slot->mech;

	leg->facts.demands_mic = mech->demands_mic(slot->context);
	if (mech->mic_is_void && mech->mic_is_void(slot->context, leg->mic))
		leg->mic = BYTES_EMPTY;
	leg->facts.mic = leg->mic.len > 0;
}

void negossp_step_mech(struct negossp_context* context, struct negossp_leg* leg, struct bytes token)
{
	const struct negossp_slot* slot = &context->offers[context->chosen];
	const struct mech_input input = { token, leg->input->bindings };
	struct mech_output output = { BLOB_EMPTY, false };
	leg->mech_result = slot->mech->step(slot->context, &input, &output);
	leg->facts.event = EVENT_STEPPED;
	if (leg->mech_result != RESULT_OK)
	{
		blob_free(&output.token);
		leg->facts.step = STEP_FAILED;
		return;
	}
	blob_free(&leg->output);
	leg->output = output.token;
	context->mech_complete = output.complete;
	leg->facts.step = STEP_OK;
	leg->facts.complete = output.complete;
	leg->facts.output = output.token.len > 0;
	negossp_read_mech(slot, leg);
}

size_t negossp_find_offer(const struct negossp_context* context, size_t from, struct bytes oid)
{
	for (size_t i = from; i < context->offer_count; i++)
	{
		if (mech_has_oid(context->offers[i].mech, oid))
			return i;
	}
	return NO_OFFER;
}

size_t negossp_find_bare_offer(const struct negossp_context* context, struct bytes token)
{
	for (size_t i = 0; i < context->offer_count; i++)
	{
		if (context->offers[i].mech->is_bare_token(token))
			return i;
	}
	return NO_OFFER;
}

void negossp_read_resp(const struct negossp_context* context, struct negossp_leg* leg)
{
	struct neg_token_resp resp;
	leg->facts.form = FORM_MALFORMED;
	if (negossp_find_bare_offer(context, leg->input->token) != NO_OFFER)
		leg->facts.form = FORM_BARE;
	else if (neg_token_resp_parse(leg->input->token, &resp, &leg->fault) == RESULT_OK)
	{
		leg->facts.form = FORM_RESP;
		leg->facts.claim = resp.neg_state;
		leg->token = resp.response_token;
		leg->mic = resp.mech_list_mic;
		leg->supported_mech = resp.supported_mech;
	}
}
