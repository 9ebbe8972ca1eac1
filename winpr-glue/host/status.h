/* SPDX-License-Identifier: Apache-2.0
 *
 * The one place where a result of the module becomes what SSPI callers know: a SECURITY_STATUS and
 * the Win32 last error.
 *
 * Every entry of the tables leaves through status_leave() or status_leave_result(), so the last
 * error is never a stale one: FreeRDP servers send it to the client as an NTSTATUS.
 */
#ifndef NEGOSSP_GLUE_STATUS_H
#define NEGOSSP_GLUE_STATUS_H

#include <winpr/sspi.h>

#include "mech.h"

SECURITY_STATUS status_from_result(enum result result);
/* Sets the last error that goes with the result and returns its status. Nothing of WinPR may be
 * called between this and the return to the caller. */
SECURITY_STATUS status_leave_result(enum result result);
/* Likewise for a status that did not come from a result. */
SECURITY_STATUS status_leave(SECURITY_STATUS status);
/* Whether the status lets an exchange go on or end well. */
bool status_is_success(SECURITY_STATUS status);

#endif
