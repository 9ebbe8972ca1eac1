/* SPDX-License-Identifier: Apache-2.0
 *
 * Settings, accounts and identities of fuzz_session: what its first bytes choose, for the module
 * and for the oracle.
 */
#ifndef NEGOSSP_FUZZ_SESSION_SETUP_H
#define NEGOSSP_FUZZ_SESSION_SETUP_H

#include "oracle.h"
#include "session_input.h"
#include "sspi_pair.h"

/* Once a process: the SAM file, and what the module and the oracle are given. */
void setup_start(void);
/* What an end of exchange 0 or 1 is told, and its credential: false if there is none then. */
bool setup_end(const uint8_t settings[INPUT_SETTINGS], unsigned session, bool acceptor,
               struct sspi_setup* setup, struct oracle_setup* known, struct sspi_end* end);

#endif
