/* SPDX-License-Identifier: Apache-2.0
 *
 * Whether what protects an NTLM exchange is right, for who knows the password: NTProofStr
 * (MS-NLMP 3.3.2), the MIC (3.1.5.1.2) and each mechListMIC (RFC 4178 5, MS-SPNG 3.3.5.1).
 */
#ifndef NEGOSSP_PROBE_JUDGE_H
#define NEGOSSP_PROBE_JUDGE_H

#include "outline.h"

#define JUDGE_MICS 4 /* no exchange has more than two */

/* What was seen of one exchange; slices of the tokens. Zeroed to begin with. */
struct exchange
{
	struct bytes ntlm[3]; /* NEGOTIATE, CHALLENGE, AUTHENTICATE */
	struct bytes mech_types;
	struct bytes mics[JUDGE_MICS];
	size_t mic_count;
};

/* The tokens of the exchange, in their order. */
void exchange_add(struct exchange* exchange, struct bytes token);
/* "judgement", a group of its own. `password` is UTF-8. False where something is wrong, or cannot
 * be judged. */
bool exchange_judge(struct outline* outline, const struct exchange* exchange,
                    struct bytes password);

#endif
