/* SPDX-License-Identifier: Apache-2.0
 *
 * Reflection: somebody sends the challenge of an acceptor in this process to an initiator in this
 * process, and its answer back (CVE-2025-33073, CVE-2025-54918).
 *
 * The process remembers the last server challenges it issued, and which of them its own initiators
 * answered. Whether an answered one is refused is policy: a client and a server in one process
 * talking to each other is legitimate. Lock-free; the oldest entries are forgotten.
 */
#ifndef NEGOSSP_NTLM_REFLECTION_H
#define NEGOSSP_NTLM_REFLECTION_H

#include "base/bytes.h"

/* An acceptor issued `challenge` (8 bytes). */
void ntlm_reflection_issued(struct bytes challenge);
/* An initiator is about to answer `challenge`: whether this process issued it. */
bool ntlm_reflection_answering(struct bytes challenge);
/* Whether an initiator of this process has answered `challenge`. */
bool ntlm_reflection_answered(struct bytes challenge);

#endif
