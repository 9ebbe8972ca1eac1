/* SPDX-License-Identifier: Apache-2.0
 *
 * The names of what CredSSP's decisions are made of, as the page of states and failing tests show
 * them.
 */
#include "credssp_names.h"

const char* credssp_state_name(enum credssp_state state)
{
	static const char* const names[CREDSSP_STATE_COUNT] = {
		[CLIENT_START] = "CLIENT_START",
		[CLIENT_NEGO_TOKEN] = "CLIENT_NEGO_TOKEN",
		[CLIENT_PUB_KEY_INFO] = "CLIENT_PUB_KEY_INFO",
		[SERVER_NEGO_TOKEN] = "SERVER_NEGO_TOKEN",
		[SERVER_PUB_KEY_INFO] = "SERVER_PUB_KEY_INFO",
		[SERVER_AUTH_INFO] = "SERVER_AUTH_INFO",
		[CREDSSP_FINAL] = "FINAL",
		[CREDSSP_DEAD] = "DEAD",
	};
	return (unsigned)state < CREDSSP_STATE_COUNT ? names[state] : "unknown";
}

const char* credssp_event_name(enum credssp_event event)
{
	static const char* const names[CREDSSP_EVENT_COUNT] = {
		[CREDSSP_MESSAGE] = "message",
		[CREDSSP_STEPPED] = "stepped",
		[CREDSSP_OPENED] = "opened",
	};
	return (unsigned)event < CREDSSP_EVENT_COUNT ? names[event] : "unknown";
}

const char* credssp_form_name(enum credssp_form form)
{
	static const char* const names[CREDSSP_FORM_COUNT] = {
		[CREDSSP_NO_BYTES] = "none",
		[CREDSSP_TS_REQUEST] = "TSRequest",
		[CREDSSP_MALFORMED] = "malformed",
	};
	return (unsigned)form < CREDSSP_FORM_COUNT ? names[form] : "unknown";
}

const char* credssp_version_name(enum credssp_version version)
{
	static const char* const names[CREDSSP_VERSION_COUNT] = {
		[CREDSSP_VERSION_STANDS] = "stands",
		[CREDSSP_VERSION_LOW] = "too low",
		[CREDSSP_VERSION_CHANGED] = "changed",
	};
	return (unsigned)version < CREDSSP_VERSION_COUNT ? names[version] : "unknown";
}

const char* credssp_token_name(enum credssp_token token)
{
	static const char* const names[CREDSSP_TOKEN_COUNT] = {
		[CREDSSP_TOKEN_NONE] = "none",
		[CREDSSP_TOKEN_NEW] = "new",
		[CREDSSP_TOKEN_REPEATED] = "repeated",
	};
	return (unsigned)token < CREDSSP_TOKEN_COUNT ? names[token] : "unknown";
}

const char* credssp_nonce_name(enum credssp_nonce nonce)
{
	static const char* const names[CREDSSP_NONCE_COUNT] = {
		[CREDSSP_NONCE_NONE] = "none",
		[CREDSSP_NONCE_KNOWN] = "known",
		[CREDSSP_NONCE_WRONG] = "wrong",
	};
	return (unsigned)nonce < CREDSSP_NONCE_COUNT ? names[nonce] : "unknown";
}

const char* credssp_opened_name(enum credssp_opened opened)
{
	static const char* const names[CREDSSP_OPENED_COUNT] = {
		[CREDSSP_OPENED_RIGHT] = "right",
		[CREDSSP_OPENED_WRONG] = "wrong",
		[CREDSSP_OPENED_UNSEALED] = "not sealed by the peer",
	};
	return (unsigned)opened < CREDSSP_OPENED_COUNT ? names[opened] : "unknown";
}

const char* credssp_action_name(enum credssp_action action)
{
	static const char* const names[CREDSSP_ACTION_COUNT] = {
		[CREDSSP_STEP] = "STEP",
		[CREDSSP_OPEN_PUB_KEY] = "OPEN_PUB_KEY",
		[CREDSSP_OPEN_AUTH_INFO] = "OPEN_AUTH_INFO",
		[CREDSSP_SEND] = "SEND",
		[CREDSSP_SEND_LAST] = "SEND_LAST",
		[CREDSSP_COMPLETE] = "COMPLETE",
		[CREDSSP_FAIL] = "FAIL",
		[CREDSSP_FAIL_INNER] = "FAIL_INNER",
	};
	return (unsigned)action < CREDSSP_ACTION_COUNT ? names[action] : "unknown";
}

const char* credssp_say_name(unsigned say)
{
	switch (say)
	{
		case 0:
			return "nothing";
		case TS_NEGO_TOKENS:
			return "negoTokens";
		case TS_PUB_KEY_AUTH:
			return "pubKeyAuth";
		case TS_PUB_KEY_AUTH | TS_CLIENT_NONCE:
			return "pubKeyAuth + clientNonce";
		case TS_NEGO_TOKENS | TS_PUB_KEY_AUTH:
			return "negoTokens + pubKeyAuth";
		case TS_NEGO_TOKENS | TS_PUB_KEY_AUTH | TS_CLIENT_NONCE:
			return "negoTokens + pubKeyAuth + clientNonce";
		case TS_AUTH_INFO:
			return "authInfo";
		case TS_ERROR_CODE:
			return "errorCode";
		default:
			return "fields that never go together";
	}
}
