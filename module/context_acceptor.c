/* SPDX-License-Identifier: Apache-2.0
 *
 * What only an acceptor's context does: finding out how the peer speaks, and walking its
 * MechTypeList for a mechanism that is available here.
 */
#include "context_impl.h"

#include "spnego/mech_list.h"

static void read_init(struct negossp_leg* leg)
{
	struct neg_token_init init;
	size_t count = 0;
	leg->facts.form = FORM_MALFORMED;
	if (neg_token_init_parse(leg->input->token, &init, &leg->fault) != RESULT_OK ||
	    mech_list_check(init.mech_types, &count, &leg->fault) != RESULT_OK)
		return;
	leg->facts.form = FORM_INIT;
	leg->mech_types = init.mech_types;
	leg->token = init.mech_token;
	leg->mic = init.mech_list_mic;
}

void acceptor_read(struct negossp_context* context, struct negossp_leg* leg)
{
	const struct bytes token = leg->input->token;
	const bool start = context->state == ACCEPTOR_START;
	if (token.len == 0)
		leg->facts.form = FORM_NONE;
	else if (context->framing == NEGOSSP_FRAMING_BARE ||
	         (start && negossp_find_bare_offer(context, token) != NO_OFFER))
	{
		leg->facts.form = FORM_BARE;
		leg->token = token;
	}
	else if (neg_token_is_init(token))
		read_init(leg);
	else
		negossp_read_resp(context, leg);
}

static enum result keep_mech_types(struct negossp_context* context, struct bytes mech_types)
{
	if (context->mech_types.len > 0)
		return RESULT_OK;
	return blob_set(&context->mech_types, mech_types);
}

enum result acceptor_choose(struct negossp_context* context, struct negossp_leg* leg)
{
	bool unavailable = false;
	TRY(keep_mech_types(context, leg->mech_types));
	const struct bytes list = blob_bytes(&context->mech_types);
	struct bytes oid = BYTES_EMPTY;
	leg->facts.event = EVENT_OPENED;
	for (; mech_list_at(list, context->next, &oid) == RESULT_OK; context->next++)
	{
		const size_t offer = negossp_find_offer(context, 0, oid);
		if (offer == NO_OFFER || context->offers[offer].unavailable)
			continue;
		context->next++;
		context->chosen = offer;
		context->chosen_oid = oid;
		/* Windows lists Kerberos under two OIDs: the first of them is the one that is taken or
		 * found unavailable, so the second never counts as another mechanism. */
		leg->facts.choice = context->next == 1 ? CHOICE_SAME : CHOICE_OTHER;
		leg->mech_result = negossp_open_offer(context, offer);
		unavailable =
		    leg->mech_result == RESULT_NO_CREDENTIALS || leg->mech_result == RESULT_POLICY;
		context->offers[offer].unavailable = unavailable;
		leg->facts.step = leg->mech_result == RESULT_OK ? STEP_OK
		                  : unavailable                 ? STEP_UNAVAILABLE
		                                                : STEP_FAILED;
		return RESULT_OK;
	}
	/* The end of the list: `step` keeps what the last open came to, if there was one. */
	leg->facts.choice = CHOICE_NONE;
	return RESULT_OK;
}

enum result acceptor_open_bare(struct negossp_context* context, struct negossp_leg* leg)
{
	const size_t offer = context->framing == NEGOSSP_FRAMING_BARE
	                         ? 0
	                         : negossp_find_bare_offer(context, leg->input->token);
	REQUIRE(offer != NO_OFFER, RESULT_INTERNAL);
	context->framing = NEGOSSP_FRAMING_BARE;
	context->chosen = offer;
	leg->facts.event = EVENT_OPENED;
	leg->mech_result = negossp_open_offer(context, offer);
	leg->facts.step = leg->mech_result == RESULT_OK ? STEP_OK : STEP_FAILED;
	return RESULT_OK;
}
