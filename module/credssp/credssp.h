/* SPDX-License-Identifier: Apache-2.0
 *
 * CredSSP (MS-CSSP), client and server: bytes in, bytes out. Whoever uses it has the TLS connection
 * and the inner context, and carries the messages.
 *
 * The inner context is a negossp_context: SPNEGO (Negotiate), or NTLM or Kerberos bare.
 *
 * One exchange is used by one thread at a time. Any failed step kills it: it can only be described
 * and freed after that.
 */
#ifndef NEGOSSP_CREDSSP_CREDSSP_H
#define NEGOSSP_CREDSSP_CREDSSP_H

#include "credssp/ts_credentials.h"
#include "credssp/ts_request.h"
#include "negossp.h"

struct credssp_config
{
	enum mech_role role;           /* MECH_INITIATOR is the client */
	struct negossp_context* inner; /* fresh, of the same role; borrowed, outlives the exchange */
	/* The content of SubjectPublicKey in the server's certificate, without the count of unused
	 * bits; never empty. Copied. */
	struct bytes public_key;
	/* Client: whole TSCredentials to delegate; copied, and wiped once they are sealed. Empty:
	 * nothing is delegated, and the exchange is over when the server's key was right. Server:
	 * empty.
	 */
	struct bytes credentials;
	uint32_t version; /* what we say: TS_VERSION_OLDEST to TS_VERSION_NEWEST */
	uint32_t lowest;  /* of the peer; TS_VERSION_OLDEST to `version` */
	/* Client: clientNonce, for known-answer tests. Empty: drawn, as it has to be. */
	struct bytes nonce;
};

struct credssp;

/* RESULT_INVALID_ARGUMENT, RESULT_NO_MEMORY, RESULT_CRYPTO. */
MUST_USE enum result credssp_new(const struct credssp_config* config, struct credssp** credssp);
/* Wipes and frees; NULL is fine. */
void credssp_free(struct credssp* credssp);

/* One leg: takes the peer's message (empty on the client's first) and gives ours, replacing
 * *reply, which may be empty when the exchange is over. On failure *reply is what the peer must be
 * told before the connection is closed (errorCode, by a server), and mostly empty. Results are
 * those of negossp_step(). */
MUST_USE enum result credssp_step(struct credssp* credssp, struct bytes message,
                                  struct blob* reply);
bool credssp_is_complete(const struct credssp* credssp);
/* Server, complete: the TSCredentials that came, for ts_credentials_parse(); borrowed, secret.
 * Empty otherwise. */
struct bytes credssp_credentials(const struct credssp* credssp);

struct credssp_report
{
	uint32_t version;      /* ours */
	uint32_t peer_version; /* as the peer says it; 0 before it did */
	uint32_t agreed;       /* what the exchange goes by */
	unsigned legs;         /* messages received and sent so far, both counted */
	bool error_code_told;  /* by either end; the next is meaningful */
	uint32_t error_code;   /* NTSTATUS */
	enum result result;    /* of the last step */
	const char* reason;    /* why it failed and what to do, borrowed; or NULL */
};

/* More is to be had from negossp_describe() of the inner context. */
void credssp_describe(const struct credssp* credssp, struct credssp_report* report);

#endif
