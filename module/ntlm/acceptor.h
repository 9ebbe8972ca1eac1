/* SPDX-License-Identifier: Apache-2.0
 *
 * The acceptor (MS-NLMP 3.2): NEGOTIATE in, CHALLENGE out, AUTHENTICATE in. Private to ntlm/.
 */
#ifndef NEGOSSP_NTLM_ACCEPTOR_H
#define NEGOSSP_NTLM_ACCEPTOR_H

#include "ntlm/context.h"

MUST_USE enum result ntlm_acceptor_start(struct ntlm_context* context, struct bytes negotiate,
                                         struct blob* token);
MUST_USE enum result ntlm_acceptor_finish(struct ntlm_context* context, struct bytes authenticate);

#endif
