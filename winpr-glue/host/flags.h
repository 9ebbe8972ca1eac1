/* SPDX-License-Identifier: Apache-2.0
 *
 * Context requirements and attributes: ISC_REQ_, ISC_RET_, ASC_REQ_ and ASC_RET_ are four sets of
 * bits with about the same meanings in different places; enum mech_flag is the one we think in.
 */
#ifndef NEGOSSP_GLUE_FLAGS_H
#define NEGOSSP_GLUE_FLAGS_H

#include <winpr/sspi.h>

#include "mech.h"

/* ISC_REQ_ or ASC_REQ_ bits, by role, as enum mech_flag. Bits that ask for nothing of a mechanism
 * are dropped. */
uint32_t flags_from_request(enum mech_role role, ULONG request);
/* enum mech_flag as ISC_REQ_ or ASC_REQ_ bits, and as ISC_RET_ or ASC_RET_ bits. */
ULONG flags_to_request(enum mech_role role, uint32_t flags);
ULONG flags_to_attributes(enum mech_role role, uint32_t flags);
/* The bits that are the same in both roles. */
bool flags_ask_allocate(ULONG request);
bool flags_ask_datagram(ULONG request);

#endif
