/* SPDX-License-Identifier: Apache-2.0
 *
 * What WinPR's own packages need before they can be used: that WinPR finds them, and that nobody
 * else is in its list of buffers.
 */
#ifndef NEGOSSP_GLUE_FOREIGN_REACH_H
#define NEGOSSP_GLUE_FOREIGN_REACH_H

#include <stdbool.h>

/* Whether WinPR's public functions find WinPR's own packages (Kerberos, CREDSSP, Schannel) by the
 * handles that these hand out. From 3.31 they do not, and every call answers
 * SEC_E_SECPKG_NOT_FOUND. Tried with an inbound Kerberos credential, which contacts nobody, until
 * there was one. */
bool foreign_is_reachable(void);

/* WinPR keeps the lists that it hands out in a table without a lock (up to 3.33 at least): whoever
 * asks it for one, or gives one back, does so between these. */
void foreign_buffers_lock(void);
void foreign_buffers_unlock(void);

#endif
