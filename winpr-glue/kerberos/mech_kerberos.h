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

#include "mech.h"

/* WinPR's Kerberos settings, whichever layout the caller passed them in. Strings may be NULL. */
struct kerberos_settings
{
	const char* kdc_url;
	const char* keytab;
	const char* cache;
	const char* armor_cache;
	const char* pkinit_anchors;
	const char* pkinit_identity;
	bool with_pac;
	int32_t start_time; /* seconds */
	int32_t renew_time; /* seconds */
	int32_t life_time;  /* seconds */
	uint8_t cert_sha1[20];
};

#define KERBEROS_WAIT_FOREVER 0

struct kerberos_config /* everything is copied */
{
	bool outbound;
	bool inbound;
	unsigned wait_ms;      /* how long a KDC may keep us waiting, or KERBEROS_WAIT_FOREVER */
	struct bytes user;     /* UTF-16LE; empty: whoever the ticket cache belongs to */
	struct bytes domain;   /* UTF-16LE */
	struct bytes password; /* UTF-16LE; empty: tickets and keytabs only */
	struct kerberos_settings settings;
};

struct kerberos_credential;

/* Contacts nobody. RESULT_NO_CREDENTIALS, and *why a literal, when this WinPR has no Kerberos that
 * can be used; RESULT_NO_MEMORY. */
MUST_USE enum result kerberos_credential_new(const struct kerberos_config* config,
                                             struct kerberos_credential** credential,
                                             const char** why);
void kerberos_credential_free(struct kerberos_credential* credential);
/* WinPR's SetCredentialsAttributes (KDC proxy), kept until WinPR's credentials are acquired. */
SECURITY_STATUS kerberos_credential_set(struct kerberos_credential* credential, ULONG attribute,
                                        const void* buffer, ULONG size);

/* One exchange's use of a credential, which both mechanisms take as theirs. Kerberos with and
 * without user-to-user fail for the same reasons, and one line says so. */
struct kerberos_use
{
	struct kerberos_credential* credential;
	bool told; /* why Kerberos is not used */
};

const struct mech* kerberos_mech(void);
const struct mech* kerberos_u2u_mech(void);

/* WinPR's QueryContextAttributes on the inner context (SECPKG_CRED_ATTR_TICKET_LOGON). */
SECURITY_STATUS kerberos_context_query(const void* context, ULONG attribute, void* buffer);

#endif
