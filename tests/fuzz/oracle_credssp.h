/* SPDX-License-Identifier: Apache-2.0
 *
 * What an end of CredSSP over NTLM, bare or inside SPNEGO, must have come to (MS-CSSP 3.1.5),
 * worked out from the messages that this end saw, its key and its settings, with nothing of the
 * module's.
 */
#ifndef NEGOSSP_FUZZ_ORACLE_CREDSSP_H
#define NEGOSSP_FUZZ_ORACLE_CREDSSP_H

#include "oracle.h"

/* One end's side of the bargain. */
struct oracle_credssp
{
	struct oracle_setup inner; /* an initiator is the client */
	struct part public_key;    /* that TLS showed it, or that it showed */
	uint32_t version;
	uint32_t lowest;         /* of the peer */
	struct part credentials; /* what the client delegates, or no data: TSCredentials */
};

/* NULL when the end was right to go on after the last of the messages (whole TSRequests), and then
 * whether it has to say that it is complete, and what a server was given; otherwise what is wrong.
 * `opened` is overwritten by the next call. */
const char* oracle_credssp_judge(const struct oracle_credssp* setup,
                                 const struct oracle_view* messages, bool* complete,
                                 struct part* opened);

/* --- for the adversary, who knows the password ------------------------------------------------ */

#define ORACLE_BINDING_MAX 64

/* What a pubKeyAuth says under this version. */
struct part oracle_credssp_binding(uint32_t version, bool by_client, struct part public_key,
                                   struct part nonce, uint8_t room[ORACLE_BINDING_MAX]);
/* The lower of both ends' versions; the end's own before the peer has told one (0). */
uint32_t oracle_credssp_agreed(const struct oracle_credssp* setup, uint32_t peer_version);
/* What an end has seen: the tokens, which borrow from the messages, and the client's nonce. */
struct oracle_credssp_seen
{
	struct oracle_view tokens;
	struct part nonce;
};
struct oracle_credssp_seen oracle_credssp_seen(const struct oracle_credssp* setup,
                                               const struct oracle_view* messages);

/* How something is sealed for an end that reads it. */
struct oracle_sealing
{
	bool in_own_direction; /* as the reader seals what it sends */
	uint32_t skipped;      /* sequence numbers */
};

/* Whether there is a key once this token has come (no data: none does), of the client's identity or
 * the server's only account; then what the plain bytes become. */
bool oracle_credssp_seal(const struct oracle_credssp* reader, const struct oracle_view* messages,
                         struct part token, struct oracle_sealing how, struct part plain,
                         struct sspi_token* sealed);

#endif
