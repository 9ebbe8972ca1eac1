/* SPDX-License-Identifier: Apache-2.0
 *
 * NegotiateFlags: what is offered, granted and objected to, and what a context has by them.
 */
#include "ntlm/flags.h"

#include <stddef.h>

#include "mech.h"

/* Without these NTLM is not the NTLM of this module: NTLMv2 in Unicode with session keys of 128
 * bits. Old Samba and everything since NT 4 SP 4 has them. */
#define NTLM_FLAGS_REQUIRED                                                                        \
	(NTLM_NEGOTIATE_UNICODE | NTLM_NEGOTIATE_EXTENDED_SESSIONSECURITY | NTLM_NEGOTIATE_128)

/* What an attacker gains from clearing (MS-NLMP 3.1.5.1.2, CVE-2016-2110). */
#define NTLM_FLAGS_PROTECTED                                                                       \
	(NTLM_FLAGS_REQUIRED | NTLM_NEGOTIATE_SIGN | NTLM_NEGOTIATE_SEAL | NTLM_NEGOTIATE_KEY_EXCH)

/* LOCAL_CALL, LM_KEY, OEM and DATAGRAM are never among them (CVE-2025-33073: the local-call trick
 * needs an acceptor that honours it). */
#define NTLM_FLAGS_KNOWN                                                                           \
	(NTLM_FLAGS_PROTECTED | NTLM_REQUEST_TARGET | NTLM_NEGOTIATE_NTLM |                            \
	 NTLM_NEGOTIATE_ALWAYS_SIGN | NTLM_NEGOTIATE_IDENTIFY | NTLM_NEGOTIATE_56)

uint32_t ntlm_flags_offer(uint32_t asked, bool version)
{
	/* SIGN and KEY_EXCH always: the RPC gateway's client asks for neither integrity nor
	 * confidentiality and signs all the same. SEAL only on request, because without it the same
	 * client expects its messages signed and left readable. */
	uint32_t flags = NTLM_FLAGS_KNOWN & ~(NTLM_NEGOTIATE_SEAL | NTLM_NEGOTIATE_IDENTIFY);
	if (asked & MECH_CONFIDENTIALITY)
		flags |= NTLM_NEGOTIATE_SEAL;
	if (asked & MECH_IDENTIFY)
		flags |= NTLM_NEGOTIATE_IDENTIFY;
	if (version)
		flags |= NTLM_NEGOTIATE_VERSION;
	return flags;
}

uint32_t ntlm_flags_grant(uint32_t offered, bool version)
{
	uint32_t flags = (offered & NTLM_FLAGS_KNOWN) | NTLM_NEGOTIATE_TARGET_INFO;
	if (offered & NTLM_REQUEST_TARGET)
		flags |= NTLM_TARGET_TYPE_SERVER;
	if (version)
		flags |= offered & NTLM_NEGOTIATE_VERSION;
	return flags;
}

const char* ntlm_flags_objection(uint32_t asked, uint32_t common)
{
	if (!(common & NTLM_NEGOTIATE_UNICODE))
		return "the other side speaks NTLM without Unicode, which is not supported: use a newer "
		       "program there";
	if (!(common & NTLM_NEGOTIATE_EXTENDED_SESSIONSECURITY))
		return "the other side has no NTLMv2 session security: allow NTLMv2 there "
		       "(LmCompatibilityLevel 3 or more on Windows)";
	if (!(common & NTLM_NEGOTIATE_128))
		return "the other side offers only 56-bit or 40-bit NTLM keys, which are refused: require "
		       "128-bit session security there";
	if (!(asked & (MECH_INTEGRITY | MECH_CONFIDENTIALITY)))
		return NULL;
	if (!(common & NTLM_NEGOTIATE_SIGN))
		return "message signing was asked for and the other side does not offer it: it is too old, "
		       "or somebody in between has changed its message";
	if (!(common & NTLM_NEGOTIATE_KEY_EXCH))
		return "NTLM key exchange is needed for signing and the other side does not offer it: it "
		       "is too old, or somebody in between has changed its message";
	if ((asked & MECH_CONFIDENTIALITY) && !(common & NTLM_NEGOTIATE_SEAL))
		return "encryption was asked for and the other side does not offer it: it is too old, or "
		       "somebody in between has changed its message";
	return NULL;
}

bool ntlm_flags_dropped(uint32_t offered, uint32_t granted, uint32_t final)
{
	return (offered & granted & NTLM_FLAGS_PROTECTED & ~final) != 0;
}

bool ntlm_flags_exchange_key(uint32_t flags)
{
	return (flags & NTLM_NEGOTIATE_KEY_EXCH) &&
	       (flags & (NTLM_NEGOTIATE_SIGN | NTLM_NEGOTIATE_SEAL));
}

uint32_t ntlm_flags_properties(uint32_t flags, uint32_t asked)
{
	/* NTLM proves the acceptor's identity to nobody, delegates nothing and has no message that
	 * tells the peer of an error: MECH_MUTUAL_AUTH, MECH_DELEGATE and MECH_EXTENDED_ERROR are never
	 * granted. */
	uint32_t properties = asked & (MECH_DCE_STYLE | MECH_CONNECTION | MECH_USE_SESSION_KEY);
	if (flags & NTLM_NEGOTIATE_SIGN)
		properties |= MECH_INTEGRITY | MECH_REPLAY_DETECT | MECH_SEQUENCE_DETECT;
	if (flags & NTLM_NEGOTIATE_SEAL)
		properties |= MECH_CONFIDENTIALITY;
	if (flags & NTLM_NEGOTIATE_IDENTIFY)
		properties |= MECH_IDENTIFY;
	if (flags & NTLM_NEGOTIATE_ANONYMOUS)
		properties |= MECH_NULL_SESSION;
	return properties;
}
