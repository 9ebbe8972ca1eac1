/* SPDX-License-Identifier: Apache-2.0
 *
 * Kerberos (RFC 4121 4.1) and user-to-user (draft-swift-win2k-krb-user2user), as far as the
 * scripted WinPR goes: which token may come when, and the signatures that fake_winpr.h promises.
 */
#include "oracle.h"

#include <string.h>

enum oracle_mech oracle_mech_of(struct part oid)
{
	static const uint8_t kerberos[] = { 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x12, 0x01, 0x02, 0x02, 3 };
	static const uint8_t microsofts[] = { 0x2A, 0x86, 0x48, 0x82, 0xF7, 0x12, 0x01, 0x02, 0x02 };
	if (part_equal(oid, wire_ntlm_oid))
		return ORACLE_NTLM;
	if (part_equal(oid, (struct part){ kerberos, 9 }) ||
	    part_equal(oid, (struct part){ microsofts, 9 }))
		return ORACLE_KERBEROS;
	return part_equal(oid, (struct part){ kerberos, 10 }) ? ORACLE_U2U : ORACLE_NO_MECH;
}

const char* oracle_take_kerberos(struct oracle_legs* legs, struct part token, bool by_initiator)
{
	/* user-to-user has TGT-REQ and TGT-REP before AP-REQ and AP-REP */
	static const unsigned ids[] = { 0x0400, 0x0401, 0x0100, 0x0200 };
	const unsigned next = legs->kerberos + (legs->mech == ORACLE_U2U ? 0 : 2);
	struct part oid;
	if (next == 4)
		return "a token came after Kerberos' last";
	if (by_initiator != (next % 2 == 0))
		return "Kerberos' tokens came from the wrong end";
	if (krb_read(token, &oid) != ids[next] || oracle_mech_of(oid) != legs->mech)
		return "a Kerberos token was malformed, or not the one whose turn it was";
	legs->kerberos++;
	return NULL;
}

bool oracle_kerberos_has_key(const struct oracle_legs* legs)
{
	return legs->kerberos >= (legs->mech == ORACLE_U2U ? 3u : 1u);
}

const char* oracle_judge_kerberos(const struct oracle_setup* setup, const struct oracle_legs* legs,
                                  struct oracle_outcome* outcome)
{
	/* The scripted acceptor has all; an initiator always signs. */
	outcome->flags = NTLM_SIGN | (setup->seals || !setup->initiator ? NTLM_SEAL : 0);
	const unsigned all = legs->mech == ORACLE_U2U ? 4 : 2;
	return legs->kerberos == all - setup->no_mutual ? NULL : "Kerberos had not come to its end";
}

void oracle_kerberos_sign(bool by_initiator, uint32_t number, const struct part* parts,
                          size_t count, bool seals, uint8_t* signature)
{
	uint8_t sum = 0;
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < parts[i].len; k++)
			sum = (uint8_t)(sum * 31 + parts[i].data[k]);
	memset(signature, by_initiator ? 'I' : 'A',
	       seals ? ORACLE_KERBEROS_TRAILER : ORACLE_KERBEROS_SIGNATURE);
	signature[1] = (uint8_t)number;
	signature[2] = sum;
	if (seals)
		signature[4] = signature[5] = 0;
}
