/* SPDX-License-Identifier: Apache-2.0
 *
 * A TSRequest in the hands of somebody between two ends of CredSSP who knows the password.
 */
#ifndef NEGOSSP_FUZZ_ADVERSARY_CREDSSP_H
#define NEGOSSP_FUZZ_ADVERSARY_CREDSSP_H

#include "oracle_credssp.h"
#include "session_input.h"

/* Of a record's `what`, in TSRequest's order. */
enum ts_content
{
	CONTENT_TOKEN,
	CONTENT_AUTH_INFO,
	CONTENT_PUB_KEY_AUTH,
	CONTENT_NONCE,
	CONTENT_COUNT
};

/* Of OP_TS_SEAL's `how`: what is not right about a pubKeyAuth that is sealed anew. */
enum seal_wrong
{
	SEAL_OTHER_ROLE = 1,
	SEAL_OTHER_KEY = 2,
	SEAL_OTHER_NONCE = 4,
	SEAL_OTHER_VERSION = 8, /* a hash in the place of the key, or the other way round */
	SEAL_REFLECTED = 16,    /* by the keys with which the reader seals */
	SEAL_NUMBER = 32,       /* the next sequence number */
	SEAL_CUT = 64,
	SEAL_FLIPPED = 128
};

struct draft
{
	bool there;
	uint32_t version;
	unsigned fields; /* enum ts_field */
	uint32_t error_code;
	struct sspi_token content[CONTENT_COUNT];
	/* done when it is known who reads it */
	struct record seal[CONTENT_COUNT];
	bool sealed_anew[CONTENT_COUNT];
	struct record raw;
};

void draft_read(struct draft* draft, const struct sspi_token* message);
void draft_clear(struct draft* draft);
/* Any operation but OP_STEP, and those for which other messages are needed. */
void draft_edit(struct draft* draft, const struct record* record);
/* One field as it is in another message. */
void draft_take(struct draft* draft, const struct record* record, const struct sspi_token* from);
/* What goes to the end, its proofs and seals made right as `repair` says. */
void draft_write(const struct draft* draft, const struct oracle_credssp* reader,
                 const struct oracle_view* messages, unsigned repair, struct sspi_token* message);

#endif
