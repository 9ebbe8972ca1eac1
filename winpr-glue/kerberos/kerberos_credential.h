/* SPDX-License-Identifier: Apache-2.0
 *
 * A Kerberos credential. The functions of the second half are for this room alone: its users see
 * the mechanisms of mech_kerberos.h.
 *
 * WinPR's credential and all contexts made with it share one krb5_context, which no two threads may
 * use at once; so every call into WinPR is made between lock and unlock. The credential is counted,
 * because a worker that waits for a KDC may outlive the handle it was started for.
 */
#ifndef NEGOSSP_GLUE_KERBEROS_CREDENTIAL_H
#define NEGOSSP_GLUE_KERBEROS_CREDENTIAL_H

#include <winpr/sspi.h>

#include "mech.h"

#include "host/layouts.h"
#include "kerberos/tgt_req.h"

#define KERBEROS_WAIT_FOREVER 0

struct kerberos_config /* everything is copied */
{
	bool outbound;
	bool inbound;
	bool both;             /* with and without user-to-user are offered */
	unsigned wait_ms;      /* how long a KDC may keep us waiting, or KERBEROS_WAIT_FOREVER */
	struct bytes user;     /* UTF-16LE; empty: whoever the ticket cache belongs to */
	struct bytes domain;   /* UTF-16LE */
	struct bytes password; /* UTF-16LE; empty: tickets and keytabs only */
	struct kerberos_settings settings;
};

struct kerberos_credential;

/* The password is kept only where WinPR may need it, outbound and unless Kerberos is hopeless
 * without a realm, and until WinPR has it. Contacts nobody. RESULT_NO_CREDENTIALS, and *why a
 * literal, when this WinPR has no Kerberos that can be used; RESULT_NO_MEMORY. */
MUST_USE enum result kerberos_credential_new(const struct kerberos_config* config,
                                             struct kerberos_credential** credential,
                                             const char** why);
void kerberos_credential_free(struct kerberos_credential* credential);
/* WinPR's SetCredentialsAttributes (KDC proxy), kept until a context next needs WinPR's
 * credentials, acquired already or not: it does not wait for a KDC. */
SECURITY_STATUS kerberos_credential_set(struct kerberos_credential* credential, ULONG attribute,
                                        const void* buffer, ULONG size);

/* Whether there is a ticket or a client's keytab to log on with. Contacts nobody. */
bool kerberos_credential_needs_no_password(const struct kerberos_credential* credential);

/* Whether an acceptor offers user-to-user with it: u2u.h. Never waits. */
bool kerberos_credential_offers_u2u(const struct kerberos_credential* credential);

/* --- for the room ----------------------------------------------------------------------------- */

struct kerberos_credential* kerberos_credential_hold(struct kerberos_credential* credential);
void kerberos_credential_lock(struct kerberos_credential* credential);
void kerberos_credential_unlock(struct kerberos_credential* credential);

/* A worker that holds the lock was given up on (true), or has come to its end (false). */
void kerberos_credential_abandon(struct kerberos_credential* credential, bool abandoned);

/* Whether Kerberos is worth trying in this role: NULL, or a literal that says why not. Contacts
 * nobody and takes no lock, so that it never waits for a worker. `host` is the target's host name,
 * or empty. */
const char* kerberos_credential_hopeless(const struct kerberos_credential* credential,
                                         enum mech_role role, bool u2u, const char* host);
/* Whether the keytab has whom the request names. */
bool kerberos_credential_knows(const struct kerberos_credential* credential,
                               const struct tgt_req* request);
/* The exchange is complete: the password is not needed any more. Locked by the caller. */
void kerberos_credential_forget_password(struct kerberos_credential* credential);
/* WinPR's credential handle for this role and mechanism, acquired now if it was not yet (which may
 * contact a KDC and take as long as that takes). Locked by the caller. NULL when WinPR refuses. */
PCredHandle kerberos_credential_acquire(struct kerberos_credential* credential, enum mech_role role,
                                        bool u2u);
unsigned kerberos_credential_wait_ms(const struct kerberos_credential* credential);

#endif
