/* SPDX-License-Identifier: Apache-2.0
 *
 * What an end that is complete must be able to rely on (in the literature: injective agreement).
 *
 * - Exactly one end of the other role has its key, and no other end of its own role; that one has
 *   the same mechanism, and is complete in it: for NTLM it has proven the password, or seen it
 * proven.
 * - NTLM: all three messages were delivered as they were sent, the flags are the same, and the
 *   acceptor's user is the initiator's.
 * - It verified a mechListMIC that this peer sent, over the list as the initiator sent it. Or none
 *   is owed: it speaks without SPNEGO; or the mechanism asks for none and is the first of the list,
 *   as it has the list (RFC 4178 5).
 * - Two that are complete have the first mechanism of the initiator's list that the acceptor has: a
 *   token that was broken on its way is no reason to take a weaker one.
 * - Two that are complete read each other's sealed messages, once and unchanged, and no end takes
 *   its own, nor a mechListMIC for a message; no key stream is used in both directions.
 * - It has the protection that it asked for; where sessions have channel bindings, its peer is the
 *   one behind its own channel.
 *
 * NTLM proves the server to the client by messages under the key, and by nothing before. So an
 * initiator that speaks it without SPNEGO, or with a server that gave no time and so no reason for
 * a MIC (MS-NLMP 3.1.5.1.2), has been told nothing yet when it is complete; the first message that
 * it unseals will tell it (CredSSP's pubKeyAuth). A mechanism of one token shows no more, and owes
 * no mechListMIC where it is the first. Such an initiator is judged when its peer is complete.
 */
#ifndef NEGOSSP_TESTS_MITM_JUDGE_H
#define NEGOSSP_TESTS_MITM_JUDGE_H

#include "world.h"

/* Of an end that has just become complete: NULL, or which rule does not hold. *peer is the end that
 * it agrees with, ENDS_MOST where there is none that it could know of. */
const char* judge_complete(const struct world* world, unsigned end, unsigned* peer);
/* Of two that are complete and agree. */
const char* judge_pair(const struct world* world, unsigned a, unsigned b);

#endif
