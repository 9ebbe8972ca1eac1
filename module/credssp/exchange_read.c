/* SPDX-License-Identifier: Apache-2.0
 *
 * A message is read into facts: what is in it, and how that stands to what came before. Nothing is
 * judged here.
 */
#include "credssp/exchange_impl.h"

uint32_t credssp_agreed(const struct credssp* credssp)
{
	const bool lower = credssp->peer_version != 0 && credssp->peer_version < credssp->version;

	return lower ? credssp->peer_version : credssp->version;
}

static enum credssp_version read_version(struct credssp* credssp, uint32_t version)
{
	if (version < credssp->lowest)
		return CREDSSP_VERSION_LOW;
	if (credssp->peer_version != 0 && credssp->peer_version != version)
		return CREDSSP_VERSION_CHANGED;
	credssp->peer_version = version;
	return CREDSSP_VERSION_STANDS;
}

static enum result read_token(struct credssp* credssp, struct credssp_leg* leg)
{
	const struct bytes token = leg->request.nego_token;

	if (token.len == 0)
		return RESULT_OK;
	leg->facts.token = bytes_equal(token, blob_bytes(&credssp->peer_token)) ? CREDSSP_TOKEN_REPEATED
	                                                                        : CREDSSP_TOKEN_NEW;
	return blob_set(&credssp->peer_token, token);
}

/* FreeRDP's and sspi-rs' clients repeat theirs with every message. A server's can be no other than
 * the client's own, which it knows from the start. */
static enum result read_nonce(struct credssp* credssp, struct credssp_leg* leg)
{
	const struct bytes nonce = leg->request.client_nonce;
	const bool known = credssp->nonce.len > 0;

	leg->facts.nonce = known ? CREDSSP_NONCE_KNOWN : CREDSSP_NONCE_NONE;
	if (!(leg->request.fields & TS_CLIENT_NONCE))
		return RESULT_OK;
	const bool wrong = nonce.len != TS_CLIENT_NONCE_SIZE ||
	                   (known && !bytes_equal(nonce, blob_bytes(&credssp->nonce)));
	leg->facts.nonce = wrong ? CREDSSP_NONCE_WRONG : CREDSSP_NONCE_KNOWN;
	return wrong ? RESULT_OK : blob_set(&credssp->nonce, nonce);
}

/* A field that is there has something in it. */
static enum result check_filled(const struct ts_request* request, struct fault* fault)
{
	const unsigned fields = request->fields;

	fault_begin(fault, "TSRequest", "negoToken", "is empty");
	REQUIRE(!(fields & TS_NEGO_TOKENS) || request->nego_token.len > 0, RESULT_MALFORMED);
	fault_set(fault, "authInfo", "is empty");
	REQUIRE(!(fields & TS_AUTH_INFO) || request->auth_info.len > 0, RESULT_MALFORMED);
	fault_set(fault, "pubKeyAuth", "is empty");
	REQUIRE(!(fields & TS_PUB_KEY_AUTH) || request->pub_key_auth.len > 0, RESULT_MALFORMED);
	return RESULT_OK;
}

enum result credssp_read(struct credssp* credssp, struct credssp_leg* leg)
{
	struct credssp_facts* const facts = &leg->facts;
	struct ts_request* const request = &leg->request;

	facts->event = CREDSSP_MESSAGE;
	facts->agreed = credssp_agreed(credssp);
	facts->delegates = credssp->credentials.len > 0;
	facts->complete = negossp_is_complete(credssp->inner);
	if (leg->message.len == 0 || credssp->state == CREDSSP_FINAL)
		return RESULT_OK; /* nothing to parse, or nothing that would be accepted */
	facts->form = CREDSSP_MALFORMED;
	if (ts_request_parse(leg->message, request, &leg->fault) != RESULT_OK ||
	    check_filled(request, &leg->fault) != RESULT_OK)
		return RESULT_OK;
	leg->fault.problem = NULL;
	facts->form = CREDSSP_TS_REQUEST;
	facts->version = read_version(credssp, request->version);
	facts->agreed = credssp_agreed(credssp);
	facts->auth_info = (request->fields & TS_AUTH_INFO) != 0;
	facts->pub_key_auth = (request->fields & TS_PUB_KEY_AUTH) != 0;
	facts->error_code = (request->fields & TS_ERROR_CODE) != 0;
	if (facts->error_code)
	{
		credssp->error_code_told = true;
		credssp->error_code = request->error_code;
	}
	TRY(read_token(credssp, leg));
	return read_nonce(credssp, leg);
}
