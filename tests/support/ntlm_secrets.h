/* SPDX-License-Identifier: Apache-2.0
 *
 * Every key of an NTLM exchange, computed once more from its messages by the functions of module/,
 * so that a test can look where they are.
 */
#ifndef NEGOSSP_TESTS_NTLM_SECRETS_H
#define NEGOSSP_TESTS_NTLM_SECRETS_H

#include "base/secret.h"

struct ntlm_secrets
{
	struct key nt_hash;
	struct key ntowfv2;
	struct key base;
	struct key exported;
	struct key signing[2]; /* the initiator's, the acceptor's */
	struct key sealing[2];
};

#define NTLM_SECRETS 8
/* What each key is called, in the order in which they stand in the struct. */
extern const char* const ntlm_secret_names[NTLM_SECRETS];

/* Tokens may have SPNEGO around the message. False when they are no CHALLENGE and AUTHENTICATE. */
bool ntlm_secrets_of(const struct key* nt_hash, struct bytes challenge, struct bytes authenticate,
                     struct ntlm_secrets* all);

#endif
