/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of the exchange share: exchange.c (the public face, and the loop that carries
 * decisions out) and exchange_read.c (a message becomes facts).
 */
#ifndef NEGOSSP_CREDSSP_EXCHANGE_IMPL_H
#define NEGOSSP_CREDSSP_EXCHANGE_IMPL_H

#include "credssp/credssp.h"
#include "credssp/decide.h"

#define REASON_SIZE 192

struct credssp
{
	enum mech_role role;
	struct negossp_context* inner;
	struct blob public_key;
	struct secret credentials; /* client: until they are sealed. server: once they have come */
	uint32_t version;
	uint32_t lowest;

	enum credssp_state state;
	uint32_t peer_version;  /* as it was told first; 0: it was not */
	struct blob nonce;      /* client: ours. server: the client's, once it has come */
	struct blob peer_token; /* the peer's last */

	/* for the report alone: no decision looks at these */
	unsigned legs;
	bool error_code_told;
	uint32_t error_code;
	enum result result;
	const char* reason;
	char reason_text[REASON_SIZE]; /* `reason`, when that is it */
};

/* One call of credssp_step(). The slices of `request` borrow from the caller's message. */
struct credssp_leg
{
	struct bytes message;
	struct ts_request request;
	struct credssp_facts facts;
	struct fault fault;       /* where the message or what was in it is malformed, if it is */
	struct blob output;       /* of the inner context, not sent yet */
	enum result inner_result; /* of its step */
};

/* Facts of the message: CREDSSP_MESSAGE. Fails only for reasons of this machine. */
MUST_USE enum result credssp_read(struct credssp* credssp, struct credssp_leg* leg);
/* The lower of both ends' versions; ours before the peer has told its own. */
uint32_t credssp_agreed(const struct credssp* credssp);

#endif
