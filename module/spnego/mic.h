/* SPDX-License-Identifier: Apache-2.0
 *
 * The mechListMIC (RFC 4178 5): proof that both sides saw the same MechTypeList, made with the keys
 * of the mechanism that was chosen from it. WHEN one is needed is decide.h's.
 */
#ifndef NEGOSSP_SPNEGO_MIC_H
#define NEGOSSP_SPNEGO_MIC_H

#include "mech.h"

/* The mechListMIC of a response as it counts: empty when it repeats the responseToken, which old
 * servers send in a field they had no MIC for (Windows 2000; RFC 2478 was read so). Whoever needs a
 * MIC then has none. */
struct bytes spnego_mic_of_response(struct bytes mech_list_mic, struct bytes response_token);

/* Ours over the raw MechTypeList, into *mic. RESULT_INTERNAL if the mechanism gives an empty one,
 * else the mechanism's result. */
MUST_USE enum result spnego_mic_make(const struct mech* mech, void* context,
                                     struct bytes mech_types, struct blob* mic);
/* Theirs. RESULT_ALTERED when it is empty or wrong in any way; RESULT_NO_MEMORY, RESULT_CRYPTO,
 * RESULT_INTERNAL and RESULT_POLICY (no integrity, no MIC) when that could not be found out. */
MUST_USE enum result spnego_mic_verify(const struct mech* mech, void* context,
                                       struct bytes mech_types, struct bytes mic);

#endif
