/* SPDX-License-Identifier: Apache-2.0
 *
 * Keeps every TSRequest of one exchange, in the order in which the server read and wrote them, and
 * tells the exchange in words, one line per message, so that a test can say what it expects as
 * plain text and a failure shows both:
 *
 *     > NegTokenInit[NTLM](NEGOTIATE)
 *     < NegTokenResp[accept-incomplete](CHALLENGE)
 *     > NegTokenResp[](AUTHENTICATE) mechListMIC
 *     < NegTokenResp[accept-completed] mechListMIC
 *     > pubKeyAuth
 *     < pubKeyAuth
 *     > authInfo
 *
 * TSRequest is read by module/credssp, the tokens in it by token_look.h. A line says "malformed"
 * where the message is no TSRequest. clientNonce and version are not in the lines:
 * recorder_complaint() holds every message to the rules that do not depend on the flow.
 */
#ifndef NEGOSSP_TESTS_RECORDER_H
#define NEGOSSP_TESTS_RECORDER_H

#include "credssp/ts_request.h"
#include "token_look.h"

enum recorder_from
{
	FROM_CLIENT,
	FROM_SERVER
};

#define RECORDER_MAX 16

struct recorded
{
	enum recorder_from from;
	struct blob message;
	bool parsed;
	struct ts_request request; /* slices of message; only when parsed */
	struct token_look token;   /* only when parsed and there is a negoToken */
};

/* Written by the server's thread only; read by the test when that thread has ended. */
struct recorder
{
	size_t count;
	size_t lost; /* messages past RECORDER_MAX, which no exchange has */
	struct recorded messages[RECORDER_MAX];
};

void recorder_add(struct recorder* recorder, enum recorder_from from, struct bytes message);
void recorder_clear(struct recorder* recorder);
/* The exchange in words: a line per message, each ended by a newline. */
void recorder_describe(const struct recorder* recorder, char* text, size_t size);
/* The first message that `from` sent, counted from 1 for the `nth`, or NULL. */
const struct recorded* recorder_find(const struct recorder* recorder, enum recorder_from from,
                                     unsigned nth);
/* Whether anyone of `from` sent a message with `field`. */
bool recorder_has(const struct recorder* recorder, enum recorder_from from, enum ts_field field);
/* What breaks a rule that every exchange of FreeRDP 3 keeps: nothing lost, all parsed, version 6,
 * one and the same clientNonce of 32 bytes in all of the client's and in none of the server's, no
 * empty token. NULL when all is well. A literal. */
const char* recorder_complaint(const struct recorder* recorder);

#endif
