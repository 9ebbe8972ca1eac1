/* SPDX-License-Identifier: Apache-2.0
 *
 * An NTLM initiator and acceptor in one process, message by message, so that a test can stand in
 * between; and a forger that makes AUTHENTICATE messages as no honest client would.
 */
#ifndef NEGOSSP_TEST_NTLM_PAIR_H
#define NEGOSSP_TEST_NTLM_PAIR_H

#include "ntlm.h"

/* What the pair is made of. Text is UTF-8. */
struct pair_config
{
	const char* user; /* NULL: "User" */
	const char* domain;
	const char* password;
	const char* stored_user; /* the verifier's only account; NULL: "User" */
	const char* stored_password;
	bool stored_hash_zero; /* the store holds an all-zero hash for it */
	uint32_t client_asks;
	uint32_t server_asks;
	const char* target;
	const char* accepted_target;
	const struct channel_bindings* client_bindings;
	const struct channel_bindings* server_bindings;
	struct ntlm_policy client_policy;
	struct ntlm_policy server_policy;
};

/* User / Password at both ends, default policies, confidentiality asked for. */
struct pair_config pair_defaults(void);

struct pair
{
	struct pair_config config;
	struct blob stored_user;
	struct key stored_hash;
	enum result verdict; /* what the verifier says after a right proof */
	unsigned asked;      /* how often the verifier was asked */
	struct verifier verifier;
	struct ntlm_credential* client_credential;
	struct ntlm_credential* server_credential;
	void* client;
	void* server;
	struct blob negotiate; /* the last messages the pair made */
	struct blob challenge;
	struct blob authenticate;
};

void pair_open(struct pair* pair, const struct pair_config* config);
void pair_close(struct pair* pair);

/* One step each. The first three keep what comes out in the pair. */
enum result pair_make_negotiate(struct pair* pair);
enum result pair_make_challenge(struct pair* pair, struct bytes negotiate);
enum result pair_make_authenticate(struct pair* pair, struct bytes challenge);
enum result pair_take_authenticate(struct pair* pair, struct bytes authenticate);
/* All four. The result of the first that fails. */
enum result pair_run(struct pair* pair);

struct mech_report pair_client_report(const struct pair* pair);
struct mech_report pair_server_report(const struct pair* pair);
/* Of either end's context. */
struct mech_session pair_session(const void* end);
const struct key* pair_session_key(const void* end);

/* A sealed message each way must come out as it went in; leaves both contexts in step. */
void pair_exchange_messages(struct pair* pair);

/* --- forging --------------------------------------------------------------------------------- */

enum forge_mic
{
	FORGE_MIC_RIGHT,
	FORGE_MIC_WRONG,
	FORGE_MIC_ABSENT /* no room for one either */
};

struct forge
{
	const char* user;
	const char* domain;
	const char* password;
	uint32_t clear_flags; /* taken out of the negotiated ones */
	uint32_t set_flags;
	bool announce_mic;
	enum forge_mic mic;
	bool version;              /* the Version field is there */
	uint64_t time;             /* the response's own, beside CHALLENGE's that is repeated */
	bool drop_time;            /* CHALLENGE's MsvAvTimestamp is not repeated */
	bool no_key;               /* EncryptedRandomSessionKey is empty whatever the flags say */
	bool extra_key;            /* and the other way round */
	unsigned padding;          /* zero bytes behind MsvAvEOL */
	struct bytes extra_pairs;  /* raw, before MsvAvEOL */
	const struct bytes* lm;    /* instead of 24 zero bytes */
	const struct bytes* nt;    /* instead of the NTLMv2 response */
	const struct bytes* pairs; /* instead of all the AV pairs */
	struct key exported;       /* filled in: what the session's key will be */
};

struct forge forge_defaults(void);
/* AUTHENTICATE for the pair's last NEGOTIATE and CHALLENGE; the caller's to free. */
struct blob forge_authenticate(const struct pair* pair, struct forge* forge);
/* NEGOTIATE and CHALLENGE, then the forged AUTHENTICATE: what the acceptor says. */
enum result forge_run(struct pair* pair, struct forge* forge);
/* The same with a pair of its own, of pair_defaults(). */
enum result forge_say(struct forge* forge);

#endif
