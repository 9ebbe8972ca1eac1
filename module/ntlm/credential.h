/* SPDX-License-Identifier: Apache-2.0
 *
 * struct ntlm_credential: what an initiator logs on with, what an acceptor checks with, the names
 * and the policy. Read-only once made, so that contexts in several threads can share it.
 */
#ifndef NEGOSSP_NTLM_CREDENTIAL_H
#define NEGOSSP_NTLM_CREDENTIAL_H

#include "ntlm.h"

struct ntlm_own_identity
{
	bool present;
	bool anonymous;
	const char* source; /* a literal, for mech_report.source */
	struct blob user;
	struct blob domain;
	struct key ntowfv2; /* of all three; zeros when anonymous */
};

struct ntlm_credential
{
	struct ntlm_own_identity identity;
	const struct verifier* verifier; /* borrowed; NULL: cannot accept */
	struct blob netbios_computer;
	struct blob netbios_domain;
	struct blob dns_computer;
	struct blob dns_domain;
	struct blob target;
	struct blob accepted_target;
	struct ntlm_policy policy; /* policy.accepted_target points to the blob above */
};

/* The names as slices, borrowed from the credential. */
struct ntlm_names ntlm_credential_names(const struct ntlm_credential* credential);

#endif
