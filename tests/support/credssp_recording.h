/* SPDX-License-Identifier: Apache-2.0
 *
 * A recorded CredSSP exchange (tests/vectors) as an inner context: a mechanism that gives the
 * tokens which its end gave, wants those that the other gave, and seals with the key that follows
 * from the password. So CredSSP's ends can be driven by what other implementations sent.
 */
#ifndef NEGOSSP_TESTS_CREDSSP_RECORDING_H
#define NEGOSSP_TESTS_CREDSSP_RECORDING_H

#include "credssp/ts_request.h"
#include "mech.h"

#define RECORDING_MOST 12

struct recording
{
	struct blob messages[RECORDING_MOST]; /* TSRequests in their order, the client's first */
	enum mech_role roles[RECORDING_MOST]; /* who sent it */
	unsigned count;
	struct blob public_key;
	struct blob nonce;                      /* of the client; empty: it sent none */
	struct bytes tokens[2][RECORDING_MOST]; /* by role, borrowed; a repeated one is left out */
	unsigned token_count[2];
	struct blob mech_types; /* empty: NTLM was bare */
	bool mech_list_mic[2];  /* by role: it sent one */
	struct key exported;
	uint32_t flags; /* of NTLM */
};

/* One of the exchanges that were recorded on loopback: an array of messages. */
void recording_open(struct recording* recording, const char* file);
/* One that is kept under names: scope is what its "case" says, NULL for the whole file, and "<"
 * before a key means that the server sent it. NULL ends the keys. Without a scope no public key is
 * known. */
void recording_open_case(struct recording* recording, const char* file, const char* scope,
                         const char* const* keys);
void recording_close(struct recording* recording);

/* What was sent as number `nth` by the role, counted from 0; false when it did not speak so often.
 */
bool recording_message(const struct recording* recording, enum mech_role role, unsigned nth,
                       struct bytes* message);

/* The mechanism; its credential is the recording. For bare framing, whatever the tokens are. */
const struct mech* recording_mech(void);

#endif
