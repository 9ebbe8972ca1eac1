/* SPDX-License-Identifier: Apache-2.0
 *
 * Two sessions, an initiator and an acceptor each, and all that was said: the network is the
 * adversary's, who is given every message and delivers what he likes (tests/mitm/moves.h).
 *
 * Both sessions are of one user with one password, which helps him most. NTLM is the real one; the
 * scripted mechanisms (support/fake_mech.h) have tokens and keys of their own in each session, as
 * fresh as NTLM's are.
 */
#ifndef NEGOSSP_TESTS_MITM_WORLD_H
#define NEGOSSP_TESTS_MITM_WORLD_H

#include "fake_mech.h"
#include "negossp.h"
#include "ntlm/field.h"
#include "spnego/message.h"

#define SESSIONS_MOST 2u
#define ENDS_MOST (2u * SESSIONS_MOST) /* an even one is an initiator, the next its acceptor */
#define SCRIPTED 3u
#define SCRIPTED_LETTERS "KUN" /* Kerberos, user-to-user, NTLM */
#define SAID_MOST 24u          /* messages of one run */

struct setup
{
	bool ntlm; /* the real one under the letter N, else the scripted */
	unsigned sessions;
	bool one_token; /* the scripted Kerberos has no answer: no mutual authentication */
	bool bound;     /* each session has channel bindings of its own */
	enum negossp_framing framing;    /* the initiators' */
	const char* offers[2];           /* initiators', acceptors': letters of K, U and N, in order */
	const struct ntlm_world* shared; /* credentials; world_share() */
};

/* A message as it was sent, and what it consists of: slices of `whole`. */
struct said
{
	unsigned end;
	unsigned step; /* the delivery that it answers */
	bool is_init;
	struct blob whole;
	struct neg_token_init init; /* if it is one */
	struct neg_token_resp resp; /* if it is not; bare: response_token alone */
	struct bytes token;         /* mechToken or responseToken; empty when there is none */
	struct bytes mic;
};

enum phase
{
	PHASE_NEW, /* an initiator that was not called yet; an acceptor to which nothing came */
	PHASE_RUNNING,
	PHASE_COMPLETE,
	PHASE_DEAD
};

struct end
{
	struct negossp_context* context;
	struct fake_script scripts[SCRIPTED];
	enum phase phase;
	enum result result;
	int last_said;    /* number of its last message, or -1 */
	bool bare;        /* speaks without SPNEGO */
	int heard;        /* number of the last message there was when it was given one, or -1 */
	struct blob list; /* MechTypeList: the initiator's own, the acceptor's as it came */
	struct blob mic;  /* the last mechListMIC that was given to it */
	/* The last of each of NTLM's messages that it was given and took. */
	struct blob taken[NTLM_MESSAGE_AUTHENTICATE + 1];
};

struct world
{
	const struct setup* setup;
	struct end ends[ENDS_MOST];
	struct said said[SAID_MOST];
	unsigned said_count;
	unsigned steps; /* deliveries so far */
};

/* The scripted mechanism of this letter; the real NTLM has the same name as its. */
const struct mech* world_mech(char letter);

/* NTLM's credentials, made once: runs only borrow them. */
struct ntlm_world* world_share(void);
void world_unshare(struct ntlm_world* shared);

void world_open(struct world* world, const struct setup* setup);
void world_close(struct world* world);

static inline bool end_is_initiator(unsigned end)
{
	return end % 2 == 0;
}

static inline unsigned end_peer(unsigned end)
{
	return end ^ 1u;
}

/* NTLM's message of this type as the end said it last; empty when it has not. */
struct bytes world_said(const struct world* world, unsigned end, enum ntlm_message_type type);
/* One step of an end with this message. NULL, or what the end must never do, in words: go on
 * without having said anything, or fail and not stay so. */
const char* world_deliver(struct world* world, unsigned end, struct bytes message);
/* One step more of every end that is complete. NULL, or in words that one went on; none is of use
 * after this. */
const char* world_go_on(struct world* world);

#endif
