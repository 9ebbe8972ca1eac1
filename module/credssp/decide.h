/* SPDX-License-Identifier: Apache-2.0
 *
 * What CredSSP decides (MS-CSSP 3.1.5), apart from doing it.
 *
 * As in SPNEGO (spnego/decide.h) there is one pure function per role, decide(state, facts) ->
 * decision: no memory, and no flag beside the state and the named facts. Whoever carries decisions
 * out (exchange.c) loops: it takes a decision, does its action, enters the next state, puts what
 * came of it into the facts as a new event, and asks again, until the action ends the leg: SEND,
 * SEND_LAST, COMPLETE, FAIL or FAIL_INNER.
 *
 * The inner context (SPNEGO, or NTLM or Kerberos bare) is complete when it says so itself; that
 * alone completes nothing here.
 *
 * What is not listed fails, and an exchange that failed or is over takes nothing more.
 */
#ifndef NEGOSSP_CREDSSP_DECIDE_H
#define NEGOSSP_CREDSSP_DECIDE_H

#include "credssp/ts_request.h"

enum credssp_state
{
	CLIENT_START,        /* nothing was sent */
	CLIENT_NEGO_TOKEN,   /* our token went out; the server's is awaited */
	CLIENT_PUB_KEY_INFO, /* our pubKeyAuth went out; the server's is awaited */
	SERVER_NEGO_TOKEN,   /* a token of the client is awaited, and with its last one pubKeyAuth */
	SERVER_PUB_KEY_INFO, /* our last token went out; pubKeyAuth must come next */
	SERVER_AUTH_INFO,    /* our pubKeyAuth went out; authInfo must come next */
	CREDSSP_FINAL,       /* over */
	CREDSSP_DEAD         /* failed */
};
#define CREDSSP_STATE_COUNT (CREDSSP_DEAD + 1)

/* What has just happened. */
enum credssp_event
{
	CREDSSP_MESSAGE, /* a message came, or the client is called for the first time */
	CREDSSP_STEPPED, /* STEP was done */
	CREDSSP_OPENED   /* OPEN_PUB_KEY or OPEN_AUTH_INFO was done */
};
#define CREDSSP_EVENT_COUNT (CREDSSP_OPENED + 1)

enum credssp_form
{
	CREDSSP_NO_BYTES,
	CREDSSP_TS_REQUEST,
	CREDSSP_MALFORMED
};
#define CREDSSP_FORM_COUNT (CREDSSP_MALFORMED + 1)

/* The peer's version, beside what it was before. */
enum credssp_version
{
	CREDSSP_VERSION_STANDS, /* the first that is told, or the same as then */
	CREDSSP_VERSION_LOW,    /* below the lowest that is allowed here */
	CREDSSP_VERSION_CHANGED
};
#define CREDSSP_VERSION_COUNT (CREDSSP_VERSION_CHANGED + 1)

enum credssp_token
{
	CREDSSP_TOKEN_NONE,
	CREDSSP_TOKEN_NEW,
	CREDSSP_TOKEN_REPEATED /* to the byte what the peer's message before held */
};
#define CREDSSP_TOKEN_COUNT (CREDSSP_TOKEN_REPEATED + 1)

/* At the server, what is known of clientNonce. A server's own is never looked at. */
enum credssp_nonce
{
	CREDSSP_NONCE_NONE, /* none has come so far */
	CREDSSP_NONCE_KNOWN,
	CREDSSP_NONCE_WRONG /* not of 32 octets, or another than before */
};
#define CREDSSP_NONCE_COUNT (CREDSSP_NONCE_WRONG + 1)

/* What was found in pubKeyAuth or authInfo. */
enum credssp_opened
{
	CREDSSP_OPENED_RIGHT,   /* the binding, or TSCredentials that hold what they say */
	CREDSSP_OPENED_WRONG,   /* sealed by the peer, but not that */
	CREDSSP_OPENED_UNSEALED /* the seal is not the peer's */
};
#define CREDSSP_OPENED_COUNT (CREDSSP_OPENED_UNSEALED + 1)

struct credssp_facts
{
	enum credssp_event event;
	/* the message of this leg, through all its events */
	enum credssp_form form;
	enum credssp_version version;
	uint32_t agreed; /* the lower of both ends' versions; ours before the peer has told its own */
	enum credssp_token token; /* negoTokens */
	bool auth_info;
	bool pub_key_auth;
	bool error_code;
	enum credssp_nonce nonce;
	/* the inner context */
	bool stepped;  /* its last step succeeded */
	bool complete; /* it is complete */
	bool output;   /* it has a token that was not sent yet */
	/* meaningful in OPENED */
	enum credssp_opened opened;
	/* the client */
	bool delegates; /* it has credentials to send */
};

enum credssp_action
{
	CREDSSP_STEP,           /* hand the message's token to the inner context */
	CREDSSP_OPEN_PUB_KEY,   /* open the message's pubKeyAuth and hold it against the key */
	CREDSSP_OPEN_AUTH_INFO, /* open the message's authInfo and read it */
	CREDSSP_SEND,           /* send; more is expected */
	CREDSSP_SEND_LAST,      /* send, and be done */
	CREDSSP_COMPLETE,       /* be done; nothing to send */
	CREDSSP_FAIL,           /* fail with `result` and `reason` */
	CREDSSP_FAIL_INNER      /* fail with the inner context's own result and reason */
};
#define CREDSSP_ACTION_COUNT (CREDSSP_FAIL_INNER + 1)

struct credssp_decision
{
	enum credssp_state next;
	enum credssp_action action;
	/* SEND, SEND_LAST, FAIL_INNER: what the TSRequest that goes out holds beside the version, as
	 * bits of enum ts_field; 0 with FAIL_INNER: none goes out */
	unsigned say;
	enum result result; /* FAIL; otherwise RESULT_OK */
	const char* reason; /* FAIL: a literal in plain words; otherwise NULL */
};

struct credssp_decision credssp_decide_client(enum credssp_state state,
                                              const struct credssp_facts* facts);
struct credssp_decision credssp_decide_server(enum credssp_state state,
                                              const struct credssp_facts* facts);

/* What both roles build their decisions with. */
struct credssp_decision credssp_act(enum credssp_state next, enum credssp_action action);
struct credssp_decision credssp_send(enum credssp_state next, unsigned say);
struct credssp_decision credssp_fail(enum result result, const char* reason);
/* Nothing may come in this state, or this event never happens in it. */
struct credssp_decision credssp_unlisted(enum credssp_state state);
/* True if the message is refused whatever the role and state. */
bool credssp_message_refused(const struct credssp_facts* facts, struct credssp_decision* refusal);
/* MS-CSSP 2.2.1: whether TSRequest has errorCode in this version. */
bool credssp_has_error_code(uint32_t version);
/* MS-CSSP 3.1.5: whether the key is bound by a hash, with the client's nonce. */
bool credssp_needs_nonce(uint32_t version);

#endif
