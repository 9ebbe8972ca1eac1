/* SPDX-License-Identifier: Apache-2.0
 *
 * One NTLM exchange: a state, the messages as they went over the wire, the session's keys, and what
 * there is to report. Private to ntlm/.
 *
 * The messages are the memory: what a later step needs of an earlier one it reads from there, with
 * the same parser, so that nothing can disagree with what was really sent.
 */
#ifndef NEGOSSP_NTLM_CONTEXT_H
#define NEGOSSP_NTLM_CONTEXT_H

#include "ntlm.h"
#include "ntlm/bindings.h"
#include "ntlm/credential.h"
#include "ntlm/field.h"
#include "ntlm/reflection.h"
#include "ntlm/seal.h"

enum ntlm_state
{
	NTLM_INITIATOR_START, /* NEGOTIATE is to be sent */
	NTLM_INITIATOR_AWAITS_CHALLENGE,
	NTLM_ACCEPTOR_AWAITS_NEGOTIATE,
	NTLM_ACCEPTOR_AWAITS_AUTHENTICATE,
	NTLM_COMPLETE,
	NTLM_DEAD
};

struct ntlm_messages
{
	struct blob negotiate;
	struct blob challenge;
	struct blob authenticate;
	size_t mic_offset; /* in authenticate; 0 when it carries none */
};

struct ntlm_overrides
{
	unsigned set; /* bit 1 << enum ntlm_override */
	uint8_t server_challenge[NTLM_CHALLENGE_SIZE];
	uint8_t client_challenge[NTLM_CHALLENGE_SIZE];
	uint8_t timestamp[8]; /* FILETIMEs, little-endian */
	uint8_t challenge_timestamp[8];
	struct key exported_session_key;
	struct key nt_hash;
	struct key ntowfv2;
	struct blob workstation;
};

struct ntlm_context
{
	enum ntlm_state state;
	enum mech_role role;
	uint32_t asked; /* enum mech_flag */
	struct blob target;
	const struct ntlm_credential* credential;
	struct ntlm_bindings bindings;
	struct ntlm_overrides overrides;
	struct ntlm_messages messages;
	struct ntlm_reflection reflection; /* acceptor */
	uint32_t negotiated;               /* NegotiateFlags as they stand */
	struct bytes workstation;          /* the initiator's Workstation; empty: none is sent */
	struct ntlm_seal seal;             /* valid when complete */
	struct mech_report report;         /* findings so far; nothing is decided by them */
	struct blob words;                 /* the verifier's, which the report may point into */
	struct fault fault;                /* where a message that is being read is malformed */
	char fault_text[FAULT_TEXT_SIZE];  /* report.reason, when that is it */
};

static inline bool ntlm_overridden(const struct ntlm_context* context, enum ntlm_override which)
{
	return (context->overrides.set & (1U << which)) != 0;
}

/* Ends a step: keeps `reason` (a literal) for the report and returns `result`. */
static inline enum result ntlm_refuse(struct ntlm_context* context, enum result result,
                                      const char* reason)
{
	context->report.reason = reason;
	return result;
}

#endif
