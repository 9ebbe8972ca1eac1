/* SPDX-License-Identifier: Apache-2.0
 *
 * One mechanism's tokens in and out of SPNEGO's messages, for a mechanism that can be reached only
 * through somebody else's SPNEGO.
 */
#include "negossp.h"

#include "spnego/message.h"

enum result negossp_carried_token(struct bytes message, struct bytes* token)
{
	struct neg_token_init init = { 0 };
	struct neg_token_resp resp = { 0 };

	if (neg_token_is_init(message))
		TRY(neg_token_init_parse(message, &init, NULL));
	else
		TRY(neg_token_resp_parse(message, &resp, NULL));
	*token = init.mech_token.len > 0 ? init.mech_token : resp.response_token;
	return RESULT_OK;
}

enum result negossp_carry_token(struct bytes token, bool last, struct blob* message)
{
	const struct neg_token_resp resp = { .neg_state = last ? NEG_STATE_ACCEPT_COMPLETED
		                                                   : NEG_STATE_ACCEPT_INCOMPLETE,
		                                 .response_token = token };

	return neg_token_resp_write(&resp, message);
}
