/* SPDX-License-Identifier: Apache-2.0
 *
 * NEGOEX as a mechanism that is offered and never used: what a Windows 11 client that is joined to
 * Entra ID puts first, with NTLM or Kerberos behind it.
 */
#ifndef NEGOSSP_PROBE_NEGOEX_H
#define NEGOSSP_PROBE_NEGOEX_H

#include "mech.h"

/* An initiator's alone, without a credential. It makes its first token; where the server goes on
 * with it, the context ends with RESULT_UNSUPPORTED. */
const struct mech* negoex_mech(void);

#endif
