/* SPDX-License-Identifier: Apache-2.0
 *
 * The server's decisions (MS-CSSP 3.1.5).
 *
 *   negoToken [pubKeyAuth]  ->                           NEGO_TOKEN
 *                           <-  negoToken                as often as the inner context likes
 *                           <-  negoToken                the last, if pubKeyAuth is still owed
 *   pubKeyAuth              ->                           PUB_KEY_INFO
 *                           <-  [negoToken] pubKeyAuth
 *   authInfo                ->                           AUTH_INFO
 *                                                        FINAL
 *
 * The inner context's last token goes out once: beside the answer when pubKeyAuth came with the
 * client's last token, alone when the client is still to send it. A client that is owed no token
 * has nothing to wait for, so its pubKeyAuth must be there.
 */
#include "credssp/decide.h"

/* Whatever fails a message in every state; true if it did. */
static bool request_refused(const struct credssp_facts* facts, struct credssp_decision* refusal)
{
	if (credssp_message_refused(facts, refusal))
		return true;
	if (facts->error_code)
		*refusal = credssp_fail(RESULT_OUT_OF_SEQUENCE, "the client sent errorCode");
	else if (facts->nonce == CREDSSP_NONCE_WRONG)
		*refusal = credssp_fail(RESULT_MALFORMED,
		                        "clientNonce is not of 32 octets, or another than before");
	else
		return false;
	return true;
}

/* What goes out beside pubKeyAuth is in the facts when it was opened. */
static struct credssp_decision open_pub_key(enum credssp_state state,
                                            const struct credssp_facts* facts)
{
	if (credssp_needs_nonce(facts->agreed) && facts->nonce != CREDSSP_NONCE_KNOWN)
		return credssp_fail(RESULT_OUT_OF_SEQUENCE, "pubKeyAuth came without a clientNonce, which "
		                                            "CredSSP versions 5 and 6 need");
	return credssp_act(state, CREDSSP_OPEN_PUB_KEY);
}

static struct credssp_decision decide_stepped(const struct credssp_facts* facts)
{
	if (!facts->stepped)
	{
		struct credssp_decision refusal = credssp_act(CREDSSP_DEAD, CREDSSP_FAIL_INNER);
		refusal.say = credssp_has_error_code(facts->agreed) ? TS_ERROR_CODE : 0;
		return refusal;
	}
	if (facts->complete && facts->pub_key_auth)
		return open_pub_key(SERVER_NEGO_TOKEN, facts);
	if (facts->pub_key_auth)
		return credssp_fail(RESULT_OUT_OF_SEQUENCE,
		                    "pubKeyAuth came before the mechanism was complete");
	if (facts->output)
		return credssp_send(facts->complete ? SERVER_PUB_KEY_INFO : SERVER_NEGO_TOKEN,
		                    TS_NEGO_TOKENS);
	if (facts->complete)
		return credssp_fail(RESULT_OUT_OF_SEQUENCE,
		                    "the client's last token came without pubKeyAuth");
	return credssp_fail(RESULT_OUT_OF_SEQUENCE,
	                    "the mechanism needs more from the client but has nothing to send");
}

static struct credssp_decision decide_pub_key_opened(const struct credssp_facts* facts)
{
	if (facts->opened == CREDSSP_OPENED_UNSEALED)
		return credssp_fail(RESULT_ALTERED, "the client's pubKeyAuth was not sealed by it");
	if (facts->opened != CREDSSP_OPENED_RIGHT)
		return credssp_fail(RESULT_ALTERED, "the client's pubKeyAuth is not of our key: somebody "
		                                    "stands in between, or its CredSSP is defective");
	return credssp_send(SERVER_AUTH_INFO, (facts->output ? TS_NEGO_TOKENS : 0) | TS_PUB_KEY_AUTH);
}

static struct credssp_decision decide_nego_token(const struct credssp_facts* facts)
{
	struct credssp_decision refusal;
	if (facts->event == CREDSSP_STEPPED)
		return decide_stepped(facts);
	if (facts->event == CREDSSP_OPENED && facts->complete)
		return decide_pub_key_opened(facts);
	if (facts->event != CREDSSP_MESSAGE)
		return credssp_unlisted(SERVER_NEGO_TOKEN);
	if (request_refused(facts, &refusal))
		return refusal;
	if (facts->auth_info)
		return credssp_fail(RESULT_OUT_OF_SEQUENCE, "authInfo came before the key was bound");
	if (facts->token == CREDSSP_TOKEN_NONE)
		return credssp_fail(RESULT_OUT_OF_SEQUENCE,
		                    "the client's message holds nothing for the mechanism");
	return credssp_act(SERVER_NEGO_TOKEN, CREDSSP_STEP);
}

static struct credssp_decision decide_pub_key_info(const struct credssp_facts* facts)
{
	struct credssp_decision refusal;
	if (facts->event == CREDSSP_OPENED && facts->complete)
		return decide_pub_key_opened(facts);
	if (facts->event != CREDSSP_MESSAGE)
		return credssp_unlisted(SERVER_PUB_KEY_INFO);
	if (request_refused(facts, &refusal))
		return refusal;
	if (facts->token != CREDSSP_TOKEN_NONE)
		return credssp_fail(RESULT_OUT_OF_SEQUENCE,
		                    "a token came for a mechanism that is complete");
	if (facts->auth_info)
		return credssp_fail(RESULT_OUT_OF_SEQUENCE, "authInfo came before the key was bound");
	if (!facts->pub_key_auth)
		return credssp_fail(RESULT_OUT_OF_SEQUENCE, "pubKeyAuth is owed and did not come");
	return open_pub_key(SERVER_PUB_KEY_INFO, facts);
}

static struct credssp_decision decide_auth_info_opened(const struct credssp_facts* facts)
{
	if (facts->opened == CREDSSP_OPENED_UNSEALED)
		return credssp_fail(RESULT_ALTERED, "the client's authInfo was not sealed by it");
	if (facts->opened != CREDSSP_OPENED_RIGHT)
		return credssp_fail(RESULT_MALFORMED, "authInfo holds no TSCredentials");
	return credssp_act(CREDSSP_FINAL, CREDSSP_COMPLETE);
}

static struct credssp_decision decide_auth_info(const struct credssp_facts* facts)
{
	struct credssp_decision refusal;
	if (facts->event == CREDSSP_OPENED && facts->complete)
		return decide_auth_info_opened(facts);
	if (facts->event != CREDSSP_MESSAGE)
		return credssp_unlisted(SERVER_AUTH_INFO);
	if (request_refused(facts, &refusal))
		return refusal;
	if (facts->token != CREDSSP_TOKEN_NONE)
		return credssp_fail(RESULT_OUT_OF_SEQUENCE,
		                    "a token came for a mechanism that is complete");
	if (facts->pub_key_auth)
		return credssp_fail(RESULT_OUT_OF_SEQUENCE, "a second pubKeyAuth came");
	if (!facts->auth_info)
		return credssp_fail(RESULT_OUT_OF_SEQUENCE, "authInfo is owed and did not come");
	return credssp_act(SERVER_AUTH_INFO, CREDSSP_OPEN_AUTH_INFO);
}

struct credssp_decision credssp_decide_server(enum credssp_state state,
                                              const struct credssp_facts* facts)
{
	switch (state)
	{
		case SERVER_NEGO_TOKEN:
			return decide_nego_token(facts);
		case SERVER_PUB_KEY_INFO:
			return decide_pub_key_info(facts);
		case SERVER_AUTH_INFO:
			return decide_auth_info(facts);
		default:
			return credssp_unlisted(state);
	}
}
