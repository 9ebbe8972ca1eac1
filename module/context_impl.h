/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of the context share: context.c (the public face and the loop that carries
 * decisions out), context_initiator.c and context_acceptor.c (what only one role does), and
 * context_shared.c (what both do).
 *
 * A mechanism's context, once opened, lives in its offer's slot until negossp_context_free(),
 * whatever becomes of the exchange: nothing is closed half-way, so nothing can be closed twice
 * (CVE-2014-4343) or used after it was (CVE-2014-4344, CVE-2015-2695).
 */
#ifndef NEGOSSP_CONTEXT_IMPL_H
#define NEGOSSP_CONTEXT_IMPL_H

#include "negossp.h"
#include "spnego/decide.h"

#define NO_OFFER NEGOSSP_MAX_OFFERS

struct negossp_slot
{
	const struct mech* mech;
	void* credential;
	void* context;    /* NULL until opened */
	bool unavailable; /* acceptor: open() said so; not asked again */
};

struct negossp_context
{
	enum mech_role role;
	uint32_t flags;
	struct blob target;
	enum negossp_framing framing;
	struct negossp_slot offers[NEGOSSP_MAX_OFFERS];
	size_t offer_count;

	enum spnego_state state;
	size_t chosen;       /* index of the offer in use, or NO_OFFER */
	size_t first_listed; /* initiator: index of the first offer that NegTokenInit lists */
	size_t next;         /* initiator: next offer to open. acceptor: next entry of the list */
	bool mech_complete;
	struct blob mech_types;  /* the raw MechTypeList, as it went over the wire */
	struct bytes chosen_oid; /* acceptor: the entry of mech_types that was taken */

	/* for the report alone: no decision looks at these */
	unsigned legs;
	bool mic_needed;
	bool mic_sent;
	enum mech_check mic_peer;
	enum result result;
	const char* reason;
	char fault_text[FAULT_TEXT_SIZE]; /* `reason`, when that is it */
};

/* One call of negossp_step(). The slices borrow from the caller's input. */
struct negossp_leg
{
	const struct mech_input* input;
	struct spnego_facts facts;
	struct fault fault;          /* where a message of FORM_MALFORMED is so, if that is known */
	struct bytes token;          /* for the mechanism */
	struct bytes mic;            /* of the peer */
	struct bytes mech_types;     /* acceptor: of NegTokenInit */
	struct bytes supported_mech; /* initiator: of NegTokenResp */
	struct blob output;          /* of the mechanism, not sent yet */
	enum result mech_result;     /* of the mechanism's last open or step */
};

/* Opens the offer's mechanism unless it is open. */
MUST_USE enum result negossp_open_offer(struct negossp_context* context, size_t offer);
/* Steps the chosen mechanism with `token` and fills EVENT_STEPPED's facts. */
void negossp_step_mech(struct negossp_context* context, struct negossp_leg* leg,
                       struct bytes token);
/* What the open mechanism has to say about mechListMICs, into the facts: whether it demands one,
 * and whether the message's is one at all. */
void negossp_read_mech(const struct negossp_slot* slot, struct negossp_leg* leg);
/* The index of the offer that knows the OID, from `from` on; or NO_OFFER. */
size_t negossp_find_offer(const struct negossp_context* context, size_t from, struct bytes oid);
/* The index of the offer whose own token, outside of SPNEGO, this is; or NO_OFFER. */
size_t negossp_find_bare_offer(const struct negossp_context* context, struct bytes token);
/* Reads a message that is not a first one into the leg; a malformed one becomes a fact. */
void negossp_read_resp(const struct negossp_context* context, struct negossp_leg* leg);

/* Facts of the message: EVENT_MESSAGE. */
void initiator_read(struct negossp_context* context, struct negossp_leg* leg);
void acceptor_read(struct negossp_context* context, struct negossp_leg* leg);
/* Actions. They fail only for reasons of this machine (RESULT_NO_MEMORY and the like); what became
 * of the mechanism is a fact. */
MUST_USE enum result initiator_offer(struct negossp_context* context, struct negossp_leg* leg);
MUST_USE enum result initiator_switch(struct negossp_context* context, struct negossp_leg* leg);
MUST_USE enum result acceptor_choose(struct negossp_context* context, struct negossp_leg* leg);
MUST_USE enum result acceptor_open_bare(struct negossp_context* context, struct negossp_leg* leg);

#endif
