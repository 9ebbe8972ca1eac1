/* SPDX-License-Identifier: Apache-2.0
 *
 * Exchanges of NTLM of every kind, right ones and such that end in the middle, for who looks where
 * their secrets are. What they are made of lies in read-only memory, of which nothing is copied by
 * the test.
 */
#ifndef NEGOSSP_TESTS_NTLM_FLOWS_H
#define NEGOSSP_TESTS_NTLM_FLOWS_H

#include "expect.h"
#include "ntlm_secrets.h"

enum flow_source
{
	FROM_SAM_FILE,
	FROM_CALLBACK,
	FROM_APPLICATION
};

struct flow
{
	const char* name;
	const char* package;
	enum flow_source source; /* of the server's hash */
	bool wrong;              /* the password is */
	bool by_hash;            /* the client has the hash alone */
	bool utf8;               /* the client's identity is */
	unsigned altered;        /* the leg whose last byte is changed; 0: none */
	unsigned last;           /* the leg after which the client has gone; 0: none */
};

#define FLOWS 13
extern const struct flow flows[FLOWS];
#define FLOW_FOUR_LEGS (&flows[0])
#define FLOW_APPLICATION (&flows[4])

struct flow_run
{
	const struct flow* flow;
	struct sspi_pair pair;
	bool connected;
};

/* The user's. */
extern const UINT16 flow_password[8];
extern const char flow_password_utf8[9];
extern const UINT16 flow_wrong_password[8];
extern const char flow_wrong_password_utf8[9];
extern const struct key flow_nt_hash;
extern const char flow_hash_digits[33];
extern const UINT16 flow_hash_utf16[32];

/* The program's sandbox, with a SAM file that no buffer keeps a copy of. */
bool flow_sandbox(void);
/* Leaves the pair open; a thread may be started with it. Asserts that it ended as it should. */
void* flow_run(void* run);
/* The keys that the client had. */
bool flow_secrets(const struct flow_run* run, struct ntlm_secrets* secrets);

#endif
