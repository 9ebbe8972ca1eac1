/* SPDX-License-Identifier: Apache-2.0
 *
 * The object behind a CredHandle. It never changes once it has a handle, so that any number of
 * contexts and threads may use it; contexts keep a reference, so it outlives FreeCredentialsHandle
 * as long as one needs it.
 */
#ifndef NEGOSSP_GLUE_CREDENTIALS_H
#define NEGOSSP_GLUE_CREDENTIALS_H

#include "negossp.h"

#include "config/config.h"
#include "host/handles.h"
#include "kerberos/mech_kerberos.h"
#include "sspi/package_info.h"
#include "verify/verifier_callback.h"
#include "verify/verifier_sam.h"

struct credential
{
	struct handle_object object;
	enum package package;
	bool outbound;
	bool inbound;

	/* our own packages */
	struct config config;
	bool has_identity;
	struct blob user;
	struct blob domain;
	struct verifier_sam* sam;
	struct verifier_callback callback;
	struct ntlm_credential* ntlm; /* NULL: NTLM is not to be used, or there is nothing for it */
	struct kerberos_credential* kerberos; /* NULL: likewise */

	/* PACKAGE_FOREIGN */
	CredHandle foreign;
};

/* The credential behind a handle, with a reference for the caller, or NULL. */
struct credential* credential_get(const SecHandle* handle);
void credential_release(struct credential* credential);

/* The mechanisms that the credential is good for in this role and framing, in order of preference.
 * Returns how many; 0 when there is none. *use lives as long as the exchange. offers.c */
size_t offers_build(const struct credential* credential, struct kerberos_use* use,
                    enum mech_role role, enum negossp_framing framing,
                    struct negossp_offer offers[NEGOSSP_MAX_OFFERS]);

#endif
