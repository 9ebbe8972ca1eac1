/* SPDX-License-Identifier: Apache-2.0
 *
 * An acceptor's first token. sspi-rs lists plain Kerberos and sends TGT-REQ.
 */
#include "kerberos/kerberos_context.h"
#include "kerberos/mech_kerberos.h"
#include "kerberos/token.h"

enum result kerberos_admit(struct kerberos_context* context, struct bytes token)
{
	struct kerberos_token parsed = { .id = 0 };
	struct tgt_req request;

	if (kerberos_token_parse(token, &parsed) != RESULT_OK || parsed.id != TOKEN_TGT_REQ)
	{
		context->reason = "user-to-user begins with something else than TGT-REQ";
		REQUIRE(!context->u2u, RESULT_OUT_OF_SEQUENCE);
		context->reason = NULL;
		return RESULT_OK;
	}
	context->reason =
	    "the client asks for Kerberos user-to-user, which is not offered here: !kerberos in "
	    "the server's package list lets it log on with NTLM";
	REQUIRE(context->u2u ||
	            (context->use->u2u && kerberos_credential_offers_u2u(context->credential)),
	        RESULT_UNSUPPORTED);
	context->reason = "the client's TGT-REQ names no server that there can be";
	TRY(tgt_req_parse(parsed.body, &request));
	context->reason =
	    "the client asks for user-to-user with a server that is not in the keytab: let it use "
	    "a name that is, or add the one that it uses";
	REQUIRE(kerberos_credential_knows(context->credential, &request), RESULT_WRONG_TARGET);
	context->reason = NULL;
	context->u2u = true;
	return RESULT_OK;
}
