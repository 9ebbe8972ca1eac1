/* SPDX-License-Identifier: Apache-2.0
 *
 * Kerberos as a mechanism: WinPR's own Kerberos package, reached through WinPR's public function
 * table, behind the same vtable as NTLM. Two mechanisms share one credential: Kerberos with a
 * service ticket, and Kerberos user-to-user (draft-swift-win2k-krb-user2user).
 *
 * WinPR goes to the KDC as soon as it is asked for outbound credentials, and waits for it as long
 * as the Kerberos library does. So nothing is asked of it before a context needs it, not at all
 * where there is nothing to log on with, and, unless Kerberos was asked for by name, only for
 * `wait_ms`: after that the exchange goes on without Kerberos and the log says so.
 */
#ifndef NEGOSSP_GLUE_MECH_KERBEROS_H
#define NEGOSSP_GLUE_MECH_KERBEROS_H

#include <winpr/sspi.h>

#include "kerberos/kerberos_credential.h"

/* One exchange's use of a credential, which both mechanisms take as theirs. Kerberos with and
 * without user-to-user fail for the same reasons, and one line says so. */
struct kerberos_use
{
	struct kerberos_credential* credential;
	bool u2u;  /* user-to-user may be used; an acceptor's u2u.h decides */
	bool told; /* why Kerberos is not used */
};

const struct mech* kerberos_mech(void);
const struct mech* kerberos_u2u_mech(void);

/* WinPR's QueryContextAttributes on the inner context (SECPKG_CRED_ATTR_TICKET_LOGON). */
SECURITY_STATUS kerberos_context_query(const void* context, ULONG attribute, void* buffer);

#endif
