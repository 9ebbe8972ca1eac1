/* SPDX-License-Identifier: Apache-2.0
 *
 * NTLM credentials: everything is copied, and of a password NTOWFv2 alone is kept, which is all
 * that an exchange needs.
 */
#include "ntlm/credential.h"

#include <stdlib.h>

#include "base/crypto.h"
#include "ntlm/keys.h"

struct ntlm_policy ntlm_policy_default(void)
{
	return (struct ntlm_policy){ .send_version = true,
		                         .send_workstation = true,
		                         .send_bindings_and_target = true,
		                         .allow_anonymous = false,
		                         .refuse_reflection = false,
		                         .bindings = NTLM_CHECK_WHEN_PRESENT,
		                         .target = NTLM_CHECK_WHEN_PRESENT,
		                         .accepted_target = BYTES_EMPTY };
}

struct ntlm_names ntlm_credential_names(const struct ntlm_credential* credential)
{
	return (struct ntlm_names){ .netbios_computer = blob_bytes(&credential->netbios_computer),
		                        .netbios_domain = blob_bytes(&credential->netbios_domain),
		                        .dns_computer = blob_bytes(&credential->dns_computer),
		                        .dns_domain = blob_bytes(&credential->dns_domain),
		                        .target = blob_bytes(&credential->target) };
}

/* The NT hash, as it is given or from the password; and what to call that. */
static enum result identity_hash(const struct ntlm_identity* from, struct key* nt_hash,
                                 const char** source)
{
	if (!from->nt_hash)
	{
		ntlm_ntowfv1(from->password, nt_hash);
		*source = from->password.len == 0 ? "empty password" : "password";
		return RESULT_OK;
	}
	/* No password has this hash; a store that says so is broken (CVE-2022-24882). */
	REQUIRE(!key_is_zero(from->nt_hash), RESULT_INVALID_ARGUMENT);
	*nt_hash = *from->nt_hash;
	*source = "NT hash";
	return RESULT_OK;
}

static enum result identity_set(struct ntlm_own_identity* own, const struct ntlm_identity* from)
{
	struct key nt_hash;

	own->present = true;
	own->anonymous = !from->nt_hash && from->user.len == 0 && from->password.len == 0;
	own->source = "anonymous";
	TRY(blob_set(&own->user, from->user));
	TRY(blob_set(&own->domain, from->domain));
	if (own->anonymous)
		return RESULT_OK;
	TRY(identity_hash(from, &nt_hash, &own->source));
	const enum result result = ntlm_ntowfv2(&nt_hash, from->user, from->domain, &own->ntowfv2);
	key_wipe(&nt_hash);
	return result;
}

static enum result credential_fill(struct ntlm_credential* credential,
                                   const struct ntlm_credential_config* config)
{
	credential->verifier = config->verifier;
	credential->policy = config->policy;
	TRY(blob_set(&credential->netbios_computer, config->names.netbios_computer));
	TRY(blob_set(&credential->netbios_domain, config->names.netbios_domain));
	TRY(blob_set(&credential->dns_computer, config->names.dns_computer));
	TRY(blob_set(&credential->dns_domain, config->names.dns_domain));
	TRY(blob_set(&credential->target, config->names.target));
	TRY(blob_set(&credential->accepted_target, config->policy.accepted_target));
	credential->policy.accepted_target = blob_bytes(&credential->accepted_target);
	if (config->identity)
		TRY(identity_set(&credential->identity, config->identity));
	return RESULT_OK;
}

enum result ntlm_credential_new(const struct ntlm_credential_config* config,
                                struct ntlm_credential** credential)
{
	REQUIRE(crypto_available(NULL), RESULT_POLICY);
	struct ntlm_credential* made = calloc(1, sizeof(*made));
	REQUIRE(made, RESULT_NO_MEMORY);

	const enum result result = credential_fill(made, config);
	if (result != RESULT_OK)
		goto out;
	*credential = made;
	made = NULL;
out:
	ntlm_credential_free(made);
	return result;
}

void ntlm_credential_free(struct ntlm_credential* credential)
{
	if (!credential)
		return;
	key_wipe(&credential->identity.ntowfv2);
	blob_free(&credential->identity.user);
	blob_free(&credential->identity.domain);
	blob_free(&credential->netbios_computer);
	blob_free(&credential->netbios_domain);
	blob_free(&credential->dns_computer);
	blob_free(&credential->dns_domain);
	blob_free(&credential->target);
	blob_free(&credential->accepted_target);
	free(credential);
}
