/* SPDX-License-Identifier: Apache-2.0
 *
 * Reflection: somebody sends the challenge of an acceptor in this process to an initiator in this
 * process, and its answer back (CVE-2025-33073, CVE-2025-54918).
 *
 * The process keeps a list of the challenges that can still be answered: an acceptor's entry is in
 * it from CHALLENGE until its exchange ends, so no number of other exchanges pushes it out.
 * Whether an answered one is refused is policy: an initiator and an acceptor in one process talking
 * to each other is legitimate. Thread-safe.
 */
#ifndef NEGOSSP_NTLM_REFLECTION_H
#define NEGOSSP_NTLM_REFLECTION_H

#include "base/bytes.h"
#include "ntlm/field.h"

/* Part of the acceptor's context; zeroed until issued. */
struct ntlm_reflection
{
	struct ntlm_reflection* next;
	struct ntlm_reflection* previous;
	uint8_t challenge[NTLM_CHALLENGE_SIZE];
	bool listed;
	bool answered;
};

/* An acceptor issued `challenge` (8 bytes). Once for each entry. */
void ntlm_reflection_issued(struct ntlm_reflection* entry, struct bytes challenge);
/* The acceptor is done; harmless for an entry that is not in the list. */
void ntlm_reflection_forget(struct ntlm_reflection* entry);
/* An initiator is about to answer `challenge`: whether an acceptor of this process awaits it. */
bool ntlm_reflection_answering(struct bytes challenge);
/* Whether an initiator of this process has answered the entry's challenge. */
bool ntlm_reflection_answered(const struct ntlm_reflection* entry);

#endif
