/* SPDX-License-Identifier: Apache-2.0
 *
 * NegotiateFlags (MS-NLMP 2.2.2.5): their values, what we offer and grant, and what we insist on.
 *
 * Both roles insist on the same things, so that a man in the middle who clears a bit can only end
 * the exchange, never weaken it (CVE-2016-2110).
 */
#ifndef NEGOSSP_NTLM_FLAGS_H
#define NEGOSSP_NTLM_FLAGS_H

#include <stdbool.h>
#include <stdint.h>

#define NTLM_NEGOTIATE_UNICODE UINT32_C(0x00000001)
#define NTLM_NEGOTIATE_OEM UINT32_C(0x00000002)
#define NTLM_REQUEST_TARGET UINT32_C(0x00000004)
#define NTLM_NEGOTIATE_SIGN UINT32_C(0x00000010)
#define NTLM_NEGOTIATE_SEAL UINT32_C(0x00000020)
#define NTLM_NEGOTIATE_LM_KEY UINT32_C(0x00000080)
#define NTLM_NEGOTIATE_NTLM UINT32_C(0x00000200)
#define NTLM_NEGOTIATE_ANONYMOUS UINT32_C(0x00000800)
#define NTLM_OEM_DOMAIN_SUPPLIED UINT32_C(0x00001000)
#define NTLM_OEM_WORKSTATION_SUPPLIED UINT32_C(0x00002000)
#define NTLM_NEGOTIATE_LOCAL_CALL UINT32_C(0x00004000)
#define NTLM_NEGOTIATE_ALWAYS_SIGN UINT32_C(0x00008000)
#define NTLM_TARGET_TYPE_DOMAIN UINT32_C(0x00010000)
#define NTLM_TARGET_TYPE_SERVER UINT32_C(0x00020000)
#define NTLM_NEGOTIATE_EXTENDED_SESSIONSECURITY UINT32_C(0x00080000)
#define NTLM_NEGOTIATE_IDENTIFY UINT32_C(0x00100000)
#define NTLM_NEGOTIATE_TARGET_INFO UINT32_C(0x00800000)
#define NTLM_NEGOTIATE_VERSION UINT32_C(0x02000000)
#define NTLM_NEGOTIATE_128 UINT32_C(0x20000000)
#define NTLM_NEGOTIATE_KEY_EXCH UINT32_C(0x40000000)
#define NTLM_NEGOTIATE_56 UINT32_C(0x80000000)

/* The initiator's NEGOTIATE flags; `asked` is enum mech_flag. */
uint32_t ntlm_flags_offer(uint32_t asked, bool version);
/* The acceptor's CHALLENGE flags for an initiator that offered `offered`. */
uint32_t ntlm_flags_grant(uint32_t offered, bool version);
/* Why an exchange in which both sides have only `common` cannot go on for somebody who asked for
 * `asked` (enum mech_flag): a literal in plain words. NULL when it can. */
const char* ntlm_flags_objection(uint32_t asked, uint32_t common);
/* Whether AUTHENTICATE's flags lack a protection that NEGOTIATE offered and CHALLENGE granted. */
bool ntlm_flags_dropped(uint32_t offered, uint32_t granted, uint32_t final);
/* Whether AUTHENTICATE carries an ExportedSessionKey of the initiator's: not without anything to
 * protect with it, whatever KEY_EXCH says (MS-NLMP 3.1.5.1.2, 3.2.5.1.2). */
bool ntlm_flags_exchange_key(uint32_t flags);
/* What `flags` give, as enum mech_flag; `asked` adds the properties that cost nothing. */
uint32_t ntlm_flags_properties(uint32_t flags, uint32_t asked);

#endif
