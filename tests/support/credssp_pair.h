/* SPDX-License-Identifier: Apache-2.0
 *
 * A CredSSP client and server in one process, over inner contexts of this tree, and the wire
 * between them, which a test may lay hands on.
 *
 * NTLM is the real one, of the account of ntlm_pair.h; Kerberos is scripted (spnego_pair.h), with
 * fake_mech.h's seal.
 */
#ifndef NEGOSSP_TESTS_CREDSSP_PAIR_H
#define NEGOSSP_TESTS_CREDSSP_PAIR_H

#include "credssp/credssp.h"
#include "fake_mech.h"
#include "ntlm_pair.h"

#define CREDSSP_MAX_LEGS 12
#define CREDSSP_SAY_SIZE 64

/* What the inner contexts are. */
enum credssp_inner
{
	INNER_NEGOTIATE_NTLM,     /* mechListMIC both ways */
	INNER_BARE_NTLM,          /* no SPNEGO */
	INNER_NEGOTIATE_KERBEROS, /* the server's token is the last, and no MIC is needed */
	INNER_COMPLETING_ROUND,   /* likewise, and the server wants a MIC: the client's is the last */
	INNER_NEGOTIATE_CHANGED   /* Kerberos is offered, NTLM is taken */
};
#define INNER_COUNT (INNER_NEGOTIATE_CHANGED + 1)

struct credssp_pair_config
{
	enum credssp_inner inner;
	uint32_t client_version;
	uint32_t server_version;
	uint32_t client_lowest;
	uint32_t server_lowest;
	const char* password;    /* the client's; the account's is "Password" */
	struct bytes client_key; /* the public key that TLS showed it */
	struct bytes server_key;
	uint32_t asked; /* enum mech_flag, of both inner contexts */
	bool delegates;
};

/* Versions 6, nothing too low, the right password, one key, and credentials to delegate. */
struct credssp_pair_config credssp_pair_defaults(enum credssp_inner inner);

struct credssp_end
{
	struct negossp_context* inner;
	struct credssp* credssp;
	struct fake_script kerberos;
	enum result result;
};

struct credssp_pair
{
	struct credssp_pair_config config;
	struct pair ntlm; /* of which the credentials are used, and the account */
	struct credssp_end client;
	struct credssp_end server;
	struct secret credentials;          /* what the client delegates */
	struct blob wire[CREDSSP_MAX_LEGS]; /* every message as it was sent, before tampering */
	unsigned legs;
};

void credssp_pair_open(struct credssp_pair* pair, const struct credssp_pair_config* config);
void credssp_pair_close(struct credssp_pair* pair);

/* Called with each message (leg 0 is the client's first) on its way; may replace it. */
typedef void (*credssp_tamper)(void* data, unsigned leg, struct blob* message);
/* Carries messages to and fro until nobody has anything to say. What a server that fails says is
 * carried, too. */
void credssp_pair_run(struct credssp_pair* pair, credssp_tamper tamper, void* data);
/* Changes one message on its way: of this leg and, with `from`, of all later ones of that end. */
typedef void (*credssp_change)(struct ts_request* request);
void credssp_pair_run_changed(struct credssp_pair* pair, unsigned leg, credssp_change change,
                              bool from);
/* A pair of its own over bare NTLM, in which the change of one leg must be refused with this result
 * and these words: legs 0 NEGOTIATE, 1 CHALLENGE, 2 AUTHENTICATE with pubKeyAuth and nonce,
 * 3 pubKeyAuth, 4 authInfo; even ones are the client's. */
void credssp_expect_refused(unsigned leg, credssp_change change, enum result result,
                            const char* words);

struct credssp_report credssp_end_report(const struct credssp_end* end);
/* What its last step came to, and its words. */
void credssp_expect_reason(const struct credssp_end* end, enum result result, const char* words);

/* One step of one end, which must go well. *message is replaced by the answer. */
void credssp_end_step(struct credssp_end* end, struct blob* message);
/* One step of one end, which must fail with this result. *message is replaced by what it says. */
void credssp_end_fails(struct credssp_end* end, struct blob* message, enum result result);
/* Both ends are done, and the server has what was delegated. */
void credssp_pair_assert_complete(const struct credssp_pair* pair);

/* "6 negoTokens pubKeyAuth clientNonce": a message's version and fields. It must be well formed. */
void credssp_say(struct bytes message, char text[CREDSSP_SAY_SIZE]);
void credssp_assert_says(struct bytes message, const char* expected);
/* The message, read; it must be well formed, and outlive what is read. */
struct ts_request credssp_request(struct bytes message);
/* In the place of *message, the request. */
void credssp_put(struct blob* message, const struct ts_request* request);

/* --- a peer made by hand, of an inner context alone ------------------------------------------- */

/* The pubKeyAuth of the role over the key; works as soon as the mechanism is complete, though
 * SPNEGO may not be. The caller's to free. */
struct blob credssp_make_pub_key_auth(const struct negossp_context* inner, enum mech_role role,
                                      uint32_t version, struct bytes key, struct bytes nonce);
/* Whatever the bytes are, sealed likewise. */
struct blob credssp_make_sealed(const struct negossp_context* inner, struct bytes plain);
/* One step of the inner context, which must go well; the caller's to free. */
struct blob credssp_inner_step(struct negossp_context* inner, struct bytes token);

#endif
