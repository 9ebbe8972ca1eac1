/* SPDX-License-Identifier: Apache-2.0
 *
 * CredSSP as a client, over a connection whose certificate was looked at already.
 */
#ifndef NEGOSSP_PROBE_LOGON_H
#define NEGOSSP_PROBE_LOGON_H

#include "probe_options.h"
#include "story.h"

/* Without a user it ends with the server's first answer, with one before authInfo unless that is
 * asked for. `early` is whether the server sends an Early User Authorization Result PDU
 * (MS-RDPBCGR 2.2.10.2) behind authInfo. */
void logon_run(const struct probe_options* options, struct story* story,
               struct connection* connection, bool early);

#endif
