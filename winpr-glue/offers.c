/* SPDX-License-Identifier: Apache-2.0
 *
 * Which mechanisms a context may use, in order of preference: Kerberos, Kerberos user-to-user,
 * NTLM.
 *
 * Without SPNEGO around it an initiator has one mechanism only, and that is NTLM wherever there is
 * NTLM: what is bare is bare for the sake of a peer that knows nothing else.
 */
#include "credentials.h"

size_t offers_build(const struct credential* credential, enum mech_role role,
                    enum negossp_framing framing, struct negossp_offer offers[NEGOSSP_MAX_OFFERS])
{
	const struct config_packages* const packages = &credential->config.packages;
	const bool has_ntlm = credential->ntlm && (role == MECH_ACCEPTOR || credential->has_identity);
	const bool bare_ntlm = framing == NEGOSSP_FRAMING_BARE && has_ntlm;
	size_t count = 0;

	if (role == MECH_INITIATOR ? !credential->outbound : !credential->inbound)
		return 0;
	if (credential->kerberos && packages->kerberos && !bare_ntlm)
		offers[count++] = (struct negossp_offer){ kerberos_mech(), credential->kerberos };
	if (credential->kerberos && packages->u2u && !bare_ntlm)
		offers[count++] = (struct negossp_offer){ kerberos_u2u_mech(), credential->kerberos };
	if (has_ntlm)
		offers[count++] = (struct negossp_offer){ ntlm_mech(), credential->ntlm };
	return count;
}
