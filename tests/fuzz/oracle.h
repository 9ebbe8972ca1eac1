/* SPDX-License-Identifier: Apache-2.0
 *
 * What NTLM inside SPNEGO must come to, computed by OpenSSL from the bytes on the wire and the
 * known account ("user", "Password"), with nothing of the module's: to judge a completion, and to
 * put an attacker who knows the password behind the proof.
 */
#ifndef NEGOSSP_FUZZ_ORACLE_H
#define NEGOSSP_FUZZ_ORACLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sspi_pair.h"

/* Tokens of one exchange as one end saw them; borrowed. The last two may be empty. */
struct oracle_exchange
{
	const struct sspi_token* negotiate;    /* the initiator's first */
	const struct sspi_token* challenge;    /* the acceptor's answer */
	const struct sspi_token* authenticate; /* AUTHENTICATE, with or without SPNEGO around it */
	const struct sspi_token* last;         /* what carried the peer's mechListMIC, if any did */
};

/* What is wrong with an acceptor that completed, or with an initiator (its peer then is `last`'s
 * author); NULL when it was right to. */
const char* oracle_judge_acceptor(const struct oracle_exchange* exchange);
const char* oracle_judge_initiator(const struct oracle_exchange* exchange);

/* A byte of one of AUTHENTICATE's six fields, or NULL. */
uint8_t* oracle_field(const struct sspi_token* authenticate, unsigned which, size_t at);

enum oracle_repair
{
	REPAIR_PROOF = 1,
	REPAIR_MIC = 2,
	REPAIR_MECH_LIST_MIC = 4
};
/* Makes what it can find of them in exchange->authenticate right, in place. */
void oracle_repair(const struct oracle_exchange* exchange, struct sspi_token* authenticate,
                   unsigned what);

#endif
