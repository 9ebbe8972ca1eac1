/* SPDX-License-Identifier: Apache-2.0
 *
 * How WinPR's Kerberos is reached: the one switch between the two ways there are.
 *
 * Directly, as the package "Kerberos" of WinPR's public table, wherever that works. From
 * FreeRDP 3.31 it does not: the public functions find the package of a handle by a number that
 * WinPR's Kerberos does not write into its handles, so that nobody can use what it hands out.
 * WinPR's own Negotiate can, because it calls Kerberos past the public functions. So there a
 * credential of "Negotiate" that is restricted to one mechanism carries Kerberos: as acceptor it
 * takes bare Kerberos tokens and answers with bare ones; as initiator it wants SPNEGO around every
 * token, which is taken off and put on here. Which way it is is tried, until it could be
 * (host/foreign_reach.h), not told from a version: a WinPR whose handles are mended is reached
 * directly again. Before 3.31 Negotiate is no way: it cannot be restricted to one mechanism.
 */
#ifndef NEGOSSP_GLUE_KERBEROS_CARRIER_H
#define NEGOSSP_GLUE_KERBEROS_CARRIER_H

#include <winpr/sspi.h>

#include "mech.h"

/* Whether WinPR's Negotiate carries. */
bool carrier_in_use(void);
/* The package to acquire credentials of, and the package list to restrict them with: NULL where
 * Kerberos is reached directly. A credential that carries is for one of the two mechanisms. */
WCHAR* carrier_package(void);
const char* carrier_list(bool u2u);

/* What an initiator got, as Kerberos itself would have said it: `token` becomes the part of it that
 * is Kerberos'. RESULT_MALFORMED when there is none. Nothing changes where nobody carries. */
MUST_USE enum result carrier_take_off(struct bytes* token);
/* The status of an initiator's first call, likewise. `flags` are its ISC_REQ_ bits. Where nobody
 * gave it a ticket Negotiate says SEC_E_INTERNAL_ERROR, whatever the reason was. */
SECURITY_STATUS carrier_first_status(SECURITY_STATUS status, ULONG flags);
/* The acceptor's token as an initiator's later call wants it, replacing *message. */
MUST_USE enum result carrier_put_on(struct bytes token, struct blob* message);

#endif
