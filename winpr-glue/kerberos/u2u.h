/* SPDX-License-Identifier: Apache-2.0
 *
 * Kerberos user-to-user at the acceptor: whether it is offered, and to whom WinPR answers.
 *
 * Stock clients list it first, and an exchange that has begun with it cannot go on with anything
 * else: a TGT-REQ is not authenticated, so whoever can change one could choose NTLM. So what is
 * offered is decided without looking at any token: where this WinPR survives a name that it does
 * not know, and where the KDC gives a ticket to each principal that it would answer with.
 */
#ifndef NEGOSSP_GLUE_U2U_H
#define NEGOSSP_GLUE_U2U_H

#include "kerberos/tgt_req.h"

/* Whether it is. Never waits: what nobody knows yet is asked of the KDC in the background, and not
 * offered. An answer holds for ten minutes and one state of the keytab, in all of the process. */
bool u2u_is_offered(const char* keytab);
/* Whether WinPR finds in the keytab whom the request names. */
bool u2u_is_known(const char* keytab, const struct tgt_req* request);

#endif
