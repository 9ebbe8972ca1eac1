/* SPDX-License-Identifier: Apache-2.0
 *
 * The object behind a CredHandle. Once it has a handle nothing in it changes but what its Kerberos
 * keeps under locks of its own, so that any number of contexts and threads may use it; contexts
 * keep a reference, so it outlives FreeCredentialsHandle as long as one needs it.
 */
#ifndef NEGOSSP_GLUE_CREDENTIAL_H
#define NEGOSSP_GLUE_CREDENTIAL_H

#include "negossp.h"

#include "config/config.h"
#include "host/handles.h"
#include "kerberos/mech_kerberos.h"
#include "verify/verifier_callback.h"
#include "verify/verifier_domain.h"
#include "verify/verifier_route.h"
#include "verify/verifier_sam.h"

enum package
{
	PACKAGE_NEGOTIATE,
	PACKAGE_NTLM,
	PACKAGE_FOREIGN /* one of WinPR's own */
};

/* Which package a UTF-16LE name means, in any case; PACKAGE_FOREIGN for names that are not ours. */
enum package package_by_name(struct bytes name);

struct credential
{
	struct handle_object object;
	enum package package;
	bool outbound;
	bool inbound;

	/* our own packages */
	struct config config;
	bool has_identity;
	bool has_secret; /* of which a password that is not empty, or a hash, is a part */
	bool has_pin;    /* the password, empty or not, is a smart card's: for Kerberos alone */
	struct blob user;
	struct blob domain;
	struct verifier_sam* sam;
	struct verifier_callback callback;
	struct verifier_domain* domain_users; /* NULL: the settings name none */
	struct verifier_route route;
	struct ntlm_credential* ntlm; /* NULL: NTLM is not to be used, or there is nothing for it */
	struct kerberos_credential* kerberos; /* NULL: likewise */

	/* PACKAGE_FOREIGN */
	CredHandle foreign;
	bool acquired; /* there is something in it to be freed */
};

/* A credential of one of our packages, with one reference, the caller's. `use` has SECPKG_CRED_
 * bits, `auth_data` is the caller's pAuthData. RESULT_INVALID_ARGUMENT, RESULT_UNSUPPORTED (the log
 * says why), RESULT_POLICY when no mechanism is left, RESULT_NO_MEMORY, RESULT_CRYPTO. */
MUST_USE enum result credential_acquire(enum package package, ULONG use, const void* auth_data,
                                        struct credential** credential);
/* One with nothing in it, to be filled in. NULL when memory is short. */
struct credential* credential_new(enum package package, ULONG use);
/* The credential behind a handle, with a reference for the caller, or NULL. */
struct credential* credential_get(const SecHandle* handle);
void credential_release(struct credential* credential);

/* The mechanisms that the credential is good for in this role and framing, in order of preference.
 * Returns how many; 0 when there is none. *use lives as long as the exchange. offers.c */
size_t offers_build(const struct credential* credential, struct kerberos_use* use,
                    enum mech_role role, enum negossp_framing framing,
                    struct negossp_offer offers[NEGOSSP_MAX_OFFERS]);

#endif
