/* SPDX-License-Identifier: Apache-2.0
 *
 * The initiator (MS-NLMP 3.1): NEGOTIATE out, CHALLENGE in, AUTHENTICATE out. Private to ntlm/.
 */
#ifndef NEGOSSP_NTLM_INITIATOR_H
#define NEGOSSP_NTLM_INITIATOR_H

#include "ntlm/context.h"

MUST_USE enum result ntlm_initiator_start(struct ntlm_context* context, struct blob* token);
MUST_USE enum result ntlm_initiator_finish(struct ntlm_context* context, struct bytes challenge,
                                           struct blob* token);

#endif
