/* SPDX-License-Identifier: Apache-2.0
 *
 * Which mechanisms a context may use, in order of preference: Kerberos, Kerberos user-to-user,
 * NTLM.
 *
 * Without SPNEGO around it an initiator has one mechanism only, and that is NTLM wherever there is
 * NTLM: what is bare is bare for the sake of a peer that knows nothing else.
 *
 * Where there is a ticket or a client's keytab, a password that is missing is not taken for an
 * empty one: a ticket that fails would become an NTLM logon that nobody asked for. A smart card's
 * PIN is never taken for a password.
 *
 * An acceptor that demands channel bindings, a target name or one of DomainMembers offers no
 * Kerberos: WinPR's Kerberos looks at none of them, and the client would choose which mechanism
 * judges it.
 */
#include "credential/credential.h"

size_t offers_build(const struct credential* credential, struct kerberos_use* use,
                    enum mech_role role, enum negossp_framing framing,
                    struct negossp_offer offers[NEGOSSP_MAX_OFFERS])
{
	const struct config_packages* const packages = &credential->config.packages;
	const bool ticket_alone = !credential->has_secret && credential->kerberos &&
	                          (packages->kerberos || packages->u2u) &&
	                          kerberos_credential_needs_no_password(credential->kerberos);
	const bool has_password = credential->has_identity && !credential->has_pin && !ticket_alone;
	const bool has_ntlm = credential->ntlm && (role == MECH_ACCEPTOR || has_password);
	const bool bare_ntlm = framing == NEGOSSP_FRAMING_BARE && has_ntlm;
	const bool strict = role == MECH_ACCEPTOR && config_is_strict(&credential->config);
	const bool has_kerberos = credential->kerberos && !bare_ntlm && !strict;
	size_t count = 0;

	use->credential = credential->kerberos;
	use->u2u = has_kerberos && packages->u2u;
	if (role == MECH_INITIATOR ? !credential->outbound : !credential->inbound)
		return 0;
	if (has_kerberos && packages->kerberos)
		offers[count++] = (struct negossp_offer){ kerberos_mech(), use };
	if (use->u2u)
		offers[count++] = (struct negossp_offer){ kerberos_u2u_mech(), use };
	if (has_ntlm)
		offers[count++] = (struct negossp_offer){ ntlm_mech(), credential->ntlm };
	return count;
}
