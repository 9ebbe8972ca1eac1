/* SPDX-License-Identifier: Apache-2.0
 *
 * A security context: SPNEGO (RFC 4178, MS-SPNG) over one or more mechanisms, or one mechanism
 * bare.
 *
 * Opaque context, one step function, then wrap and unwrap, which go straight to the chosen
 * mechanism. Any failed step kills the context: it can only be described and freed after that.
 *
 * One context is used by one thread at a time; different contexts need no locking.
 */
#ifndef NEGOSSP_NEGOSSP_H
#define NEGOSSP_NEGOSSP_H

#include "mech.h"

/* Prepares crypto and text handling. Thread-safe, and cheap once nothing is missing any more; until
 * then each call looks again. */
MUST_USE enum result negossp_init(void);
/* Whether NTLM may be used on this machine; if not, *why is a literal in plain words. */
bool negossp_ntlm_available(const char** why);

enum negossp_framing
{
	NEGOSSP_FRAMING_SPNEGO, /* initiator: SPNEGO. acceptor: SPNEGO, or bare if the peer is bare */
	NEGOSSP_FRAMING_BARE    /* the first offer's mechanism alone */
};

/* A mechanism that may be used, with the credential to use it with (borrowed; outlives contexts).
 */
struct negossp_offer
{
	const struct mech* mech;
	void* credential;
};

#define NEGOSSP_MAX_OFFERS 4

struct negossp_config
{
	struct mech_request request;
	enum negossp_framing framing;
	const struct negossp_offer* offers; /* in order of preference; copied */
	size_t offer_count;                 /* 1 to NEGOSSP_MAX_OFFERS */
};

struct negossp_context;

/* RESULT_INVALID_ARGUMENT, RESULT_NO_MEMORY. */
MUST_USE enum result negossp_context_new(const struct negossp_config* config,
                                         struct negossp_context** context);
/* Wipes and frees; NULL is fine. */
void negossp_context_free(struct negossp_context* context);

/* One leg: takes the peer's token (empty on an initiator's first) and gives ours, which may be
 * empty when complete. An initiator's first step never completes. On failure `output` is empty, the
 * context is dead, and the report says why in plain words. Results: those of enum result's first
 * two groups, RESULT_NO_MEMORY, RESULT_CRYPTO. */
MUST_USE enum result negossp_step(struct negossp_context* context, const struct mech_input* input,
                                  struct mech_output* output);

/* As mech.wrap and mech.unwrap; RESULT_OUT_OF_SEQUENCE before the context is complete. */
MUST_USE enum result negossp_wrap(struct negossp_context* context, bool seal,
                                  struct mech_part* parts, size_t count, uint8_t* trailer,
                                  size_t* trailer_len);
MUST_USE enum result negossp_unwrap(struct negossp_context* context, bool sealed,
                                    struct mech_part* parts, size_t count, struct bytes trailer);

bool negossp_is_complete(const struct negossp_context* context);
/* The mechanism in use and its context, for what only that mechanism has; NULL before the choice.
 */
const struct mech* negossp_chosen(const struct negossp_context* context, void** mech_context);

/* As mech.session and mech.session_key; all zero and NULL before the choice. */
void negossp_session(const struct negossp_context* context, struct mech_session* session);
const struct key* negossp_session_key(const struct negossp_context* context);

struct negossp_report
{
	enum mech_role role;
	enum negossp_framing framing;
	char offered[160];        /* the initiator's mechanisms by name, comma separated */
	const char* chosen;       /* mechanism name, or NULL */
	unsigned legs;            /* tokens received and sent so far, both counted */
	bool mic_needed;          /* a mechListMIC was needed */
	bool mic_sent;            /* ours */
	enum mech_check mic_peer; /* theirs */
	enum result result;       /* of the last step */
	const char* reason;       /* why it failed and what to do, borrowed; or NULL */
	struct mech_report mech;  /* zero before a mechanism is chosen */
};

void negossp_describe(const struct negossp_context* context, struct negossp_report* report);

/* --- a mechanism inside somebody else's SPNEGO ------------------------------------------------ */

/* The mechToken or responseToken of a NegTokenInit or NegTokenResp: borrowed, empty when there is
 * none. RESULT_MALFORMED changes nothing. */
MUST_USE enum result negossp_carried_token(struct bytes message, struct bytes* token);
/* An acceptor's NegTokenResp around a mechanism's token, replacing *message: accept-completed when
 * it is the `last`, else accept-incomplete (RFC 4178 4.2.2). RESULT_NO_MEMORY,
 * RESULT_BUFFER_TOO_SMALL. */
MUST_USE enum result negossp_carry_token(struct bytes token, bool last, struct blob* message);

#endif
