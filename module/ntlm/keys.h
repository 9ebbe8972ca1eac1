/* SPDX-License-Identifier: Apache-2.0
 *
 * Key derivation (MS-NLMP 3.3.2, 3.4.5). NTLMv2 with extended session security and 128 bits only:
 * the weaker variants are refused before they get here.
 */
#ifndef NEGOSSP_NTLM_KEYS_H
#define NEGOSSP_NTLM_KEYS_H

#include "base/secret.h"

/* The NT hash: MD4 of the password in UTF-16LE. Cannot fail. */
void ntlm_ntowfv1(struct bytes password, struct key* nt_hash);
/* HMAC-MD5 under the NT hash, of the user in upper case and the domain as it is. */
MUST_USE enum result ntlm_ntowfv2(const struct key* nt_hash, struct bytes user, struct bytes domain,
                                  struct key* ntowfv2);
/* NTProofStr, 16 bytes; its input is `server_challenge` and `temp`. The LMv2 response's first half
 * is the same of ServerChallenge and ChallengeFromClient. */
MUST_USE enum result ntlm_proof(const struct key* ntowfv2, struct bytes server_challenge,
                                struct bytes temp, uint8_t* proof);
/* SessionBaseKey, which in NTLMv2 is KeyExchangeKey as well (MS-NLMP 3.4.5.1). */
MUST_USE enum result ntlm_session_base_key(const struct key* ntowfv2, struct bytes proof,
                                           struct key* base);
/* EncryptedRandomSessionKey from ExportedSessionKey and back: RC4 is its own inverse. */
void ntlm_key_exchange(const struct key* key_exchange_key, struct bytes from, uint8_t* to);
/* The MIC in AUTHENTICATE, 16 bytes (MS-NLMP 3.1.5.1.2), over the three messages in `count` slices.
 */
MUST_USE enum result ntlm_mic(const struct key* exported, const struct bytes* input, size_t count,
                              uint8_t* mic);

/* SIGNKEY and SEALKEY (MS-NLMP 3.4.5.2, 3.4.5.3) of what the initiator or the acceptor sends. */
MUST_USE enum result ntlm_sign_key(const struct key* exported, bool from_initiator,
                                   struct key* signing);
MUST_USE enum result ntlm_seal_key(const struct key* exported, bool from_initiator,
                                   struct key* sealing);

#endif
