/* SPDX-License-Identifier: Apache-2.0
 *
 * TSRequest, the one message of CredSSP (MS-CSSP 2.2.1).
 *
 * This and the rest of credssp/ is for the probe and the tests. In a FreeRDP program CredSSP is
 * FreeRDP's own, so nothing of this goes into negossp.so.
 *
 * Parsing decides nothing: which fields may come when is the business of whoever reads. All slices
 * borrow from the input. Fields out of order, given twice or unknown are RESULT_MALFORMED, as are
 * bytes after the message.
 */
#ifndef NEGOSSP_CREDSSP_TS_REQUEST_H
#define NEGOSSP_CREDSSP_TS_REQUEST_H

#include "base/bytes.h"
#include "base/fault.h"

/* Which of the optional fields a message has. Version is in every one. */
enum ts_field
{
	TS_NEGO_TOKENS = 1 << 1,
	TS_AUTH_INFO = 1 << 2,
	TS_PUB_KEY_AUTH = 1 << 3,
	TS_ERROR_CODE = 1 << 4,
	TS_CLIENT_NONCE = 1 << 5
};

/* Valid values of TSRequest.version (MS-CSSP 2.2.1). */
#define TS_VERSION_OLDEST 2
#define TS_VERSION_NEWEST 6
/* MS-CSSP 2.2.1: clientNonce is 32 random bytes. The parser does not insist. */
#define TS_CLIENT_NONCE_SIZE 32
/* Larger messages are refused before anything is allocated for them: a Kerberos ticket may fill
 * 48000 bytes, and FreeRDP's own framing ends at 65535. */
#define TS_REQUEST_LIMIT 65536

struct ts_request
{
	uint32_t version;
	unsigned fields;         /* of enum ts_field; a slice below is empty where its bit is not set */
	struct bytes nego_token; /* the first and only one of negoTokens */
	struct bytes auth_info;  /* encrypted TSCredentials */
	struct bytes pub_key_auth; /* encrypted; the key, its echo, or from version 5 on its hash */
	uint32_t error_code;       /* NTSTATUS */
	struct bytes client_nonce;
};

/* `message` is exactly one TSRequest. RESULT_MALFORMED leaves *request alone and says in *fault
 * (NULL is fine) where. negoTokens may list several tokens by its syntax; no peer sends more than
 * one, and more than one is malformed. */
MUST_USE enum result ts_request_parse(struct bytes message, struct ts_request* request,
                                      struct fault* fault);
/* The fields that `request->fields` names, in DER. *message is replaced. RESULT_BUFFER_TOO_SMALL
 * past TS_REQUEST_LIMIT, RESULT_NO_MEMORY. */
MUST_USE enum result ts_request_write(const struct ts_request* request, struct blob* message);

#endif
