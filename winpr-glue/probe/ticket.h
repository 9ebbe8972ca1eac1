/* SPDX-License-Identifier: Apache-2.0
 *
 * Why Kerberos gave no ticket. WinPR's functions answer SEC_E_INTERNAL_ERROR to nearly everything;
 * the Kerberos library's own code stands in WinPR's log alone, written alike since 3.0: what was
 * called, what it means, and the code in brackets.
 */
#ifndef NEGOSSP_PROBE_TICKET_H
#define NEGOSSP_PROBE_TICKET_H

#include "story.h"

/* From then on WinPR's log, and the mechanism's, go nowhere but here: standard output is the
 * story's. False when memory is short. */
bool ticket_watch(void);
/* Ends the story of a logon whose Kerberos failed before anything was sent. */
void ticket_end(struct story* story);

#endif
