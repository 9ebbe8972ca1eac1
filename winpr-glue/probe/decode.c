/* SPDX-License-Identifier: Apache-2.0
 *
 * One function a kind of token; each hands what is nested in it to decode_nested().
 */
#include "decode.h"

#include "base/der.h"
#include "base/fault.h"
#include "credssp/ts_request.h"
#include "ntlm/field.h"
#include "spnego/mech_list.h"
#include "spnego/message.h"

/* RFC 4121 4.1: TOK_ID. The last two are user-to-user's (draft-swift-win2k-krb-user2user). */
static const struct
{
	uint8_t id[2];
	const char* name;
} kerberos_tokens[] = { { { 1, 0 }, "AP-REQ" },
	                    { { 2, 0 }, "AP-REP" },
	                    { { 3, 0 }, "KRB-ERROR" },
	                    { { 4, 0 }, "TGT-REQ" },
	                    { { 4, 1 }, "TGT-REP" } };

#define DECODE_NAMES 1024 /* bytes of a list of mechanisms, beyond which it is cut */
#define DECODE_DEEPEST 16 /* no real token is half as deep */

static bool decode_is_ts_request(struct bytes token)
{
	struct reader reader = reader_make(token);
	struct bytes content;

	if (der_read(&reader, DER_SEQUENCE, &content) != RESULT_OK)
		return false;
	reader = reader_make(content);
	return der_next_is(&reader, DER_CONTEXT_0);
}

bool decode_knows(struct bytes token)
{
	struct bytes oid;
	struct bytes inner;

	return ntlm_is_message(token) || neg_token_is_resp(token) || decode_is_ts_request(token) ||
	       der_read_initial_token(token, &oid, &inner) == RESULT_OK;
}

const char* decode_kerberos_name(struct bytes token)
{
	struct bytes oid;
	struct bytes inner;

	if (der_read_initial_token(token, &oid, &inner) != RESULT_OK)
		return NULL;
	for (size_t i = 0; i < sizeof(kerberos_tokens) / sizeof(kerberos_tokens[0]); i++)
	{
		if (bytes_starts_with(inner, BYTES_OF(kerberos_tokens[i].id)))
			return kerberos_tokens[i].name;
	}
	return NULL;
}

bool decode_malformed(struct outline* outline, struct bytes token, const struct fault* fault)
{
	char text[FAULT_TEXT_SIZE];

	fault_text(fault, text, sizeof(text));
	outline_value(outline, "malformed", text);
	outline_hex(outline, "bytes", token);
	return false;
}

static bool decode_nested(struct outline* outline, const char* name, struct bytes token)
{
	if (outline->depth > DECODE_DEEPEST || !decode_knows(token))
	{
		outline_hex(outline, name, token);
		return true;
	}
	outline_begin(outline, name);
	const bool right = decode_token(outline, token);
	outline_end(outline);
	return right;
}

static void decode_mech(struct outline* outline, const char* name, struct bytes oid)
{
	struct blob list = BLOB_EMPTY;
	char names[DECODE_NAMES];

	if (mech_list_write(&oid, 1, &list) != RESULT_OK)
		return;
	mech_list_describe(blob_bytes(&list), names, sizeof(names));
	outline_value(outline, name, names);
	blob_free(&list);
}

/* --- SPNEGO ----------------------------------------------------------------------------------- */

static bool decode_init(struct outline* outline, struct bytes token)
{
	struct neg_token_init init;
	struct fault fault = { 0 };
	char names[DECODE_NAMES];
	bool right = true;

	outline_begin(outline, "NegTokenInit");
	if (neg_token_init_parse(token, &init, &fault) != RESULT_OK)
		right = decode_malformed(outline, token, &fault);
	else
	{
		mech_list_describe(init.mech_types, names, sizeof(names));
		outline_value(outline, "mechTypes", names);
		if (init.mech_token.len > 0)
			right = decode_nested(outline, "mechToken", init.mech_token);
		if (init.mech_list_mic.len > 0)
			outline_hex(outline, "mechListMIC", init.mech_list_mic);
	}
	outline_end(outline);
	return right;
}

static bool decode_resp(struct outline* outline, struct bytes token)
{
	static const char* const states[] = { "accept-completed", "accept-incomplete", "reject",
		                                  "request-mic" };
	struct neg_token_resp resp;
	struct fault fault = { 0 };
	bool right = true;

	outline_begin(outline, "NegTokenResp");
	if (neg_token_resp_parse(token, &resp, &fault) != RESULT_OK)
		right = decode_malformed(outline, token, &fault);
	else
	{
		if (resp.neg_state < NEG_STATE_ABSENT)
			outline_value(outline, "negState", states[resp.neg_state]);
		if (resp.supported_mech.len > 0)
			decode_mech(outline, "supportedMech", resp.supported_mech);
		if (resp.response_token.len > 0)
			right = decode_nested(outline, "responseToken", resp.response_token);
		if (resp.mech_list_mic.len > 0)
			outline_hex(outline, "mechListMIC", resp.mech_list_mic);
	}
	outline_end(outline);
	return right;
}

/* --- others ----------------------------------------------------------------------------------- */

/* RFC 2743 3.1, with a mechanism of its own in it. */
static bool decode_initial(struct outline* outline, struct bytes token)
{
	struct bytes oid = BYTES_EMPTY;
	struct bytes inner = BYTES_EMPTY;

	if (der_read_initial_token(token, &oid, &inner) != RESULT_OK)
		return false;
	outline_begin(outline, "InitialContextToken");
	decode_mech(outline, "thisMech", oid);
	const char* const name = decode_kerberos_name(token);
	if (name)
		outline_value(outline, "TOK_ID", name);
	outline_hex(outline, "innerContextToken", inner);
	outline_end(outline);
	return true;
}

static bool decode_ts_request(struct outline* outline, struct bytes token)
{
	struct ts_request request;
	struct fault fault = { 0 };
	bool right = true;

	outline_begin(outline, "TSRequest");
	if (ts_request_parse(token, &request, &fault) != RESULT_OK)
		right = decode_malformed(outline, token, &fault);
	else
	{
		outline_number(outline, "version", request.version);
		if (request.fields & TS_NEGO_TOKENS)
			right = decode_nested(outline, "negoTokens", request.nego_token);
		if (request.fields & TS_AUTH_INFO)
			outline_hex(outline, "authInfo", request.auth_info);
		if (request.fields & TS_PUB_KEY_AUTH)
			outline_hex(outline, "pubKeyAuth", request.pub_key_auth);
		if (request.fields & TS_ERROR_CODE)
		{
			char code[16];
			(void)snprintf(code, sizeof(code), "0x%08X", (unsigned)request.error_code);
			outline_value(outline, "errorCode", code);
		}
		if (request.fields & TS_CLIENT_NONCE)
			outline_hex(outline, "clientNonce", request.client_nonce);
	}
	outline_end(outline);
	return right;
}

bool decode_token(struct outline* outline, struct bytes token)
{
	if (ntlm_is_message(token))
		return decode_ntlm(outline, token);
	if (neg_token_is_init(token))
		return decode_init(outline, token);
	if (neg_token_is_resp(token))
		return decode_resp(outline, token);
	if (decode_is_ts_request(token))
		return decode_ts_request(outline, token);
	if (decode_initial(outline, token))
		return true;
	outline_hex(outline, "unknown", token);
	return false;
}
