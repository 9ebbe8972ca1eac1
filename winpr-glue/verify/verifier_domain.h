/* SPDX-License-Identifier: Apache-2.0
 *
 * A verifier that asks a domain controller, by way of Samba's winbindd: the challenge and the
 * client's whole NTLMv2 answer go there (MS-NRPC NetrLogonSamLogonEx, network logon), and what
 * comes back is a verdict and the session base key. No password and no hash is ever here.
 *
 * winbindd answers this on its privileged pipe alone, so the server's user must be in the group
 * that may enter it (Debian: winbindd_priv).
 *
 * Who is let in has a SID of DomainMembers: the user's own, or of a group that is enabled in it.
 * Guests and computers are not let in whatever they are members of.
 */
#ifndef NEGOSSP_GLUE_VERIFIER_DOMAIN_H
#define NEGOSSP_GLUE_VERIFIER_DOMAIN_H

#include "host/names.h"
#include "verify.h"

struct verifier_domain;

struct domain_config
{
	const char* members; /* DomainMembers, or NULL */
	unsigned wait_ms;
	bool user_daemon; /* this is one, and it may ask */
	bool turned_off;  /* by the environment */
};

/* Where the domain cannot be asked (turned off, no members, a name among them that it does not
 * know, no library, the daemon of some user) it is made all the same, refuses everybody, and the
 * log says why. Of `names` those that are `wanted` become what winbindd says that they are: a
 * controller refuses an answer that was made for another name than the one that joined
 * (MS-NRPC 3.5.4.5.1). RESULT_NO_MEMORY. */
MUST_USE enum result verifier_domain_new(const struct domain_config* config,
                                         const bool wanted[NAME_COUNT],
                                         struct blob names[NAME_COUNT],
                                         struct verifier_domain** domain);
void verifier_domain_free(struct verifier_domain* domain);
const struct verifier* verifier_domain_verifier(const struct verifier_domain* domain);

#endif
