/* SPDX-License-Identifier: Apache-2.0
 *
 * What SPNEGO decides (RFC 4178, MS-SPNG), apart from doing it.
 *
 * One pure function per role: decide(state, facts) -> decision. It has no memory and touches
 * nothing; the facts come from the peer's message and from the mechanism, and everything else that
 * matters is the state. Whoever carries decisions out (context.c) loops: it takes a decision, does
 * its action, enters the next state, puts what came of it into the facts as a new event, and asks
 * again, until the action ends the leg: SEND_INIT, SEND, SEND_LAST, COMPLETE, FAIL or FAIL_MECH.
 *
 * What is not listed fails, and a context that failed or completed takes nothing more.
 */
#ifndef NEGOSSP_SPNEGO_DECIDE_H
#define NEGOSSP_SPNEGO_DECIDE_H

#include "spnego/message.h"

enum spnego_state
{
	INITIATOR_START,      /* nothing was sent */
	INITIATOR_FIRST,      /* NegTokenInit went out; the acceptor's choice is awaited */
	INITIATOR_LEGS,       /* mechanism tokens; SPNEGO itself asked for no mechListMIC */
	INITIATOR_LEGS_MIC,   /* likewise, and one is needed: other mechanism, or request-mic */
	INITIATOR_AWAIT_END,  /* our last token went out without a MIC, none being needed */
	INITIATOR_AWAIT_MIC,  /* our MIC went out; theirs is awaited */
	INITIATOR_BARE_START, /* as INITIATOR_START, without SPNEGO */
	INITIATOR_BARE,       /* one mechanism, without SPNEGO */
	ACCEPTOR_START,       /* nothing has come */
	ACCEPTOR_CHOOSING,    /* walking the peer's MechTypeList */
	ACCEPTOR_FIRST,       /* the peer's first mechanism looks at its optimistic token */
	ACCEPTOR_LEGS,        /* mechanism tokens; the first reply went out, without request-mic */
	ACCEPTOR_LEGS_MIC,    /* likewise, with request-mic */
	ACCEPTOR_AWAIT_MIC,   /* mechanism complete, our MIC went out, theirs is awaited */
	ACCEPTOR_BARE,        /* one mechanism, without SPNEGO */
	SPNEGO_DONE,          /* complete */
	SPNEGO_DEAD           /* failed */
};
#define SPNEGO_STATE_COUNT (SPNEGO_DEAD + 1)

/* What has just happened. */
enum spnego_event
{
	EVENT_MESSAGE, /* a message came, or the initiator is called for the first time */
	EVENT_OPENED,  /* CHOOSE or OPEN_BARE was done */
	EVENT_STEPPED, /* OFFER, SWITCH or STEP was done */
	EVENT_CHECKED  /* VERIFY_MIC was done */
};
#define SPNEGO_EVENT_COUNT (EVENT_CHECKED + 1)

/* What the message is. In a context that is bare by configuration every message is FORM_BARE. */
enum spnego_form
{
	FORM_NONE, /* no bytes */
	FORM_INIT,
	FORM_RESP,
	FORM_BARE, /* not SPNEGO, but a token of an offered mechanism's own */
	FORM_MALFORMED
};
#define SPNEGO_FORM_COUNT (FORM_MALFORMED + 1)

/* Initiator: what supportedMech names. Acceptor: what CHOOSE came to. */
enum spnego_choice
{
	CHOICE_NONE,   /* initiator: field absent. acceptor: end of the list, nothing usable in it */
	CHOICE_SAME,   /* initiator: the mechanism in use. acceptor: the peer's first */
	CHOICE_OTHER,  /* initiator: another that was listed. acceptor: a later one */
	CHOICE_UNKNOWN /* initiator: one that was not listed. acceptor: never */
};
#define SPNEGO_CHOICE_COUNT (CHOICE_UNKNOWN + 1)

/* What came of the mechanism's last open or step. */
enum spnego_step
{
	STEP_OK,
	STEP_UNAVAILABLE, /* initiator: this offer failed, another is left. acceptor: it has no
	                     credentials here, or policy forbids it */
	STEP_FAILED
};
#define SPNEGO_STEP_COUNT (STEP_FAILED + 1)

struct spnego_facts
{
	enum spnego_event event;
	/* the message of this leg, through all its events */
	enum spnego_form form;
	enum neg_state claim; /* negState; of NegTokenInit: NEG_STATE_ABSENT */
	enum spnego_choice choice;
	bool token; /* mechToken, responseToken */
	bool mic;   /* mechListMIC, as spnego_mic_of_response() sees it */
	/* the mechanism */
	enum spnego_step step;
	bool complete;    /* complete for its side */
	bool output;      /* has a token that was not sent yet */
	bool demands_mic; /* struct mech's demands_mic() */
	/* the check; meaningful in EVENT_CHECKED */
	bool mic_ok;
};

enum spnego_action
{
	ACTION_OFFER,     /* initiator: open the next offer and take its first token */
	ACTION_SWITCH,    /* initiator: likewise, with the mechanism the acceptor chose */
	ACTION_CHOOSE,    /* acceptor: find the next usable mechanism of the peer's list, and open it */
	ACTION_OPEN_BARE, /* acceptor: open the mechanism whose token this is */
	ACTION_STEP,      /* hand the message's token to the mechanism */
	ACTION_VERIFY_MIC, /* check the message's mechListMIC */
	ACTION_SEND_INIT,  /* send NegTokenInit; more is expected */
	ACTION_SEND,       /* send; more is expected */
	ACTION_SEND_LAST,  /* send, and be complete */
	ACTION_COMPLETE,   /* be complete; nothing to send */
	ACTION_FAIL,       /* fail with `result` and `reason` */
	ACTION_FAIL_MECH   /* fail with the mechanism's own result and reason */
};
#define SPNEGO_ACTION_COUNT (ACTION_FAIL_MECH + 1)

/* The mechanism's output, if there is any, goes with every SEND. */
struct spnego_decision
{
	enum spnego_state next;
	enum spnego_action action;
	enum neg_state say; /* SEND, SEND_LAST: negState */
	bool say_mech;      /* SEND, SEND_LAST: supportedMech is in it */
	bool say_mic;       /* SEND, SEND_LAST: our mechListMIC is in it */
	enum result result; /* FAIL; otherwise RESULT_OK */
	const char* reason; /* FAIL: a literal in plain words; otherwise NULL */
};

struct spnego_decision spnego_decide_initiator(enum spnego_state state,
                                               const struct spnego_facts* facts);
struct spnego_decision spnego_decide_acceptor(enum spnego_state state,
                                              const struct spnego_facts* facts);

/* What both roles build their decisions with. */
struct spnego_decision spnego_act(enum spnego_state next, enum spnego_action action);
struct spnego_decision spnego_fail(enum result result, const char* reason);
struct spnego_decision spnego_fail_mech(void);
/* Nothing may come in this state, or this event never happens in it. */
struct spnego_decision spnego_unlisted(enum spnego_state state);
/* Without SPNEGO: the mechanism was stepped, and alone decides. `again` is the state in which it
 * goes on. */
struct spnego_decision spnego_bare_stepped(enum spnego_state again,
                                           const struct spnego_facts* facts);

#endif
