/* SPDX-License-Identifier: Apache-2.0
 *
 * The client's decisions (MS-CSSP 3.1.5).
 *
 *   negoToken               ->               START
 *                           <-  negoToken    NEGO_TOKEN, as often as the inner context likes
 *   [negoToken] pubKeyAuth  ->
 *                           <-  pubKeyAuth   PUB_KEY_INFO
 *   authInfo                ->               FINAL
 *
 * pubKeyAuth rides with the inner context's last token, or goes alone when the server's was the
 * last. Whatever the inner context says, nothing is delegated before the server has shown that it
 * knows the key that was bound.
 */
#include "credssp/decide.h"

/* Whatever fails a reply in every state; true if it did. A clientNonce in it is nobody's business.
 */
static bool reply_refused(const struct credssp_facts* facts, struct credssp_decision* refusal)
{
	if (credssp_message_refused(facts, refusal))
		return true;
	if (facts->error_code && credssp_has_error_code(facts->agreed))
		*refusal = credssp_fail(RESULT_REJECTED, "the server refused the logon (errorCode)");
	else if (facts->error_code)
		*refusal = credssp_fail(RESULT_OUT_OF_SEQUENCE,
		                        "errorCode came, which CredSSP versions 2 and 5 do not have");
	else if (facts->auth_info)
		*refusal = credssp_fail(RESULT_OUT_OF_SEQUENCE, "the server sent authInfo");
	else
		return false;
	return true;
}

/* The peer's version is not known before its first message, so neither is what to bind the key
 * with: a context that is complete by then would skip it. */
static struct credssp_decision decide_start(const struct credssp_facts* facts)
{
	if (facts->event == CREDSSP_MESSAGE && facts->form == CREDSSP_NO_BYTES)
		return credssp_act(CLIENT_START, CREDSSP_STEP);
	if (facts->event == CREDSSP_MESSAGE)
		return credssp_fail(RESULT_OUT_OF_SEQUENCE, "a TSRequest came before anything was sent");
	if (facts->event != CREDSSP_STEPPED)
		return credssp_unlisted(CLIENT_START);
	if (!facts->stepped)
		return credssp_act(CREDSSP_DEAD, CREDSSP_FAIL_INNER);
	if (facts->complete)
		return credssp_fail(RESULT_UNSUPPORTED, "the mechanism was complete before the server "
		                                        "answered: the key could not be bound");
	if (!facts->output)
		return credssp_fail(RESULT_INTERNAL, "the mechanism gave no first token");
	return credssp_send(CLIENT_NEGO_TOKEN, TS_NEGO_TOKENS);
}

static struct credssp_decision decide_nego_token_stepped(const struct credssp_facts* facts)
{
	const unsigned token = facts->output ? TS_NEGO_TOKENS : 0;
	const unsigned nonce = credssp_needs_nonce(facts->agreed) ? TS_CLIENT_NONCE : 0;

	if (!facts->stepped)
		return credssp_act(CREDSSP_DEAD, CREDSSP_FAIL_INNER);
	if (facts->complete)
		return credssp_send(CLIENT_PUB_KEY_INFO, token | TS_PUB_KEY_AUTH | nonce);
	if (!facts->output)
		return credssp_fail(RESULT_OUT_OF_SEQUENCE,
		                    "the mechanism needs more from the server but has nothing to send");
	return credssp_send(CLIENT_NEGO_TOKEN, token);
}

static struct credssp_decision decide_nego_token(const struct credssp_facts* facts)
{
	struct credssp_decision refusal;
	if (facts->event == CREDSSP_STEPPED)
		return decide_nego_token_stepped(facts);
	if (facts->event != CREDSSP_MESSAGE)
		return credssp_unlisted(CLIENT_NEGO_TOKEN);
	if (reply_refused(facts, &refusal))
		return refusal;
	if (facts->pub_key_auth)
		return credssp_fail(RESULT_OUT_OF_SEQUENCE, "the server's pubKeyAuth came before ours");
	if (facts->token == CREDSSP_TOKEN_NONE)
		return credssp_fail(RESULT_OUT_OF_SEQUENCE,
		                    "the server's message holds nothing for the mechanism");
	return credssp_act(CLIENT_NEGO_TOKEN, CREDSSP_STEP);
}

static struct credssp_decision decide_pub_key_opened(const struct credssp_facts* facts)
{
	if (facts->opened == CREDSSP_OPENED_UNSEALED)
		return credssp_fail(RESULT_ALTERED, "the server's pubKeyAuth was not sealed by it");
	if (facts->opened != CREDSSP_OPENED_RIGHT)
		return credssp_fail(RESULT_ALTERED,
		                    "the server's pubKeyAuth is not of the key that TLS showed: somebody "
		                    "stands in between, or the server's CredSSP is defective");
	if (!facts->delegates)
		return credssp_act(CREDSSP_FINAL, CREDSSP_COMPLETE);
	struct credssp_decision last = credssp_act(CREDSSP_FINAL, CREDSSP_SEND_LAST);
	last.say = TS_AUTH_INFO;
	return last;
}

/* FreeRDP's servers repeat their last token beside pubKeyAuth. Another one is for a context that is
 * complete. */
static struct credssp_decision decide_pub_key_info(const struct credssp_facts* facts)
{
	struct credssp_decision refusal;
	if (facts->event == CREDSSP_OPENED && facts->complete)
		return decide_pub_key_opened(facts);
	if (facts->event != CREDSSP_MESSAGE)
		return credssp_unlisted(CLIENT_PUB_KEY_INFO);
	if (reply_refused(facts, &refusal))
		return refusal;
	if (facts->token == CREDSSP_TOKEN_NEW)
		return credssp_fail(RESULT_OUT_OF_SEQUENCE,
		                    "a token came for a mechanism that is complete");
	if (!facts->pub_key_auth)
		return credssp_fail(RESULT_OUT_OF_SEQUENCE, "the server did not answer our pubKeyAuth");
	return credssp_act(CLIENT_PUB_KEY_INFO, CREDSSP_OPEN_PUB_KEY);
}

struct credssp_decision credssp_decide_client(enum credssp_state state,
                                              const struct credssp_facts* facts)
{
	switch (state)
	{
		case CLIENT_START:
			return decide_start(facts);
		case CLIENT_NEGO_TOKEN:
			return decide_nego_token(facts);
		case CLIENT_PUB_KEY_INFO:
			return decide_pub_key_info(facts);
		default:
			return credssp_unlisted(state);
	}
}
