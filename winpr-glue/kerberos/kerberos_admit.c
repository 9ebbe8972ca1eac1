/* SPDX-License-Identifier: Apache-2.0
 *
 * An acceptor's first token. sspi-rs lists plain Kerberos and sends TGT-REQ. WinPR's reader takes
 * more for a token than ours does (bytes behind it, other tags, longer lengths), and what it takes
 * for a TGT-REQ it answers: it gets none that was not read here.
 */
#include "kerberos/kerberos_context.h"
#include "kerberos/mech_kerberos.h"
#include "kerberos/token.h"

enum result kerberos_admit(struct kerberos_context* context, struct bytes token)
{
	static const char malformed[] = "the client's first Kerberos token is malformed";
	const bool is_u2u = kerberos_token_is_u2u(token);
	struct kerberos_token parsed;
	struct tgt_req request;

	context->reason = malformed;
	TRY(kerberos_token_parse(token, &parsed));
	if (parsed.id != TOKEN_TGT_REQ)
	{
		context->reason = "user-to-user begins with something else than TGT-REQ";
		REQUIRE(!context->u2u, RESULT_OUT_OF_SEQUENCE);
		context->reason = malformed;
		REQUIRE(kerberos_token_is_kerberos(token), RESULT_MALFORMED);
		context->reason = NULL;
		return RESULT_OK;
	}
	REQUIRE(is_u2u, RESULT_MALFORMED);
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
