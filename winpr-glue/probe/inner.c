/* SPDX-License-Identifier: Apache-2.0
 *
 * NTLM has the module's own rules; Kerberos is waited for as long as the server is.
 */
#include "inner.h"

#include "negoex.h"

static enum result inner_ntlm(struct inner* inner, const struct identity* identity,
                              struct negossp_offer* offer)
{
	const struct ntlm_identity own = { .user = identity->user,
		                               .domain = identity->domain,
		                               .password = identity->password };
	const struct ntlm_credential_config config = { .identity = &own,
		                                           .policy = ntlm_policy_default() };

	TRY(ntlm_credential_new(&config, &inner->ntlm));
	*offer = (struct negossp_offer){ ntlm_mech(), inner->ntlm };
	return RESULT_OK;
}

static enum result inner_kerberos(struct inner* inner, const struct probe_options* options,
                                  const struct identity* identity, struct negossp_offer* offer)
{
	const struct kerberos_config config = { .outbound = true,
		                                    .wait_ms = (unsigned)options->milliseconds,
		                                    .user = identity->user,
		                                    .domain = identity->domain,
		                                    .password = identity->password };
	const char* why;

	TRY(kerberos_credential_new(&config, &inner->kerberos, &why));
	inner->use.credential = inner->kerberos;
	*offer = (struct negossp_offer){ kerberos_mech(), &inner->use };
	return RESULT_OK;
}

enum result inner_open(struct inner* inner, const struct probe_options* options,
                       const struct identity* identity)
{
	struct negossp_offer offers[] = { { negoex_mech(), NULL }, { NULL, NULL } };

	TRY(options->kerberos ? inner_kerberos(inner, options, identity, &offers[1])
	                      : inner_ntlm(inner, identity, &offers[1]));
	const struct negossp_config config = {
		.request = { .role = MECH_INITIATOR,
		             .flags = MECH_INTEGRITY | MECH_CONFIDENTIALITY | MECH_MUTUAL_AUTH |
		                      MECH_REPLAY_DETECT | MECH_SEQUENCE_DETECT,
		             .target = identity->target },
		.framing = options->bare ? NEGOSSP_FRAMING_BARE : NEGOSSP_FRAMING_SPNEGO,
		.offers = options->negoex ? offers : offers + 1,
		.offer_count = options->negoex ? 2 : 1
	};
	return negossp_context_new(&config, &inner->context);
}

void inner_close(struct inner* inner)
{
	negossp_context_free(inner->context);
	ntlm_credential_free(inner->ntlm);
	kerberos_credential_free(inner->kerberos);
}
