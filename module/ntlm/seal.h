/* SPDX-License-Identifier: Apache-2.0
 *
 * Signing and sealing messages (MS-NLMP 3.4.2 to 3.4.4), with extended session security.
 *
 * Each direction has a signing key, one RC4 stream and a message number of its own. We count the
 * numbers ourselves: a caller's number starts anew where it pleases (CredSSP's does behind a
 * mechListMIC), and the peer does not see it anyway.
 */
#ifndef NEGOSSP_NTLM_SEAL_H
#define NEGOSSP_NTLM_SEAL_H

#include "base/crypto.h"
#include "mech.h"

#define NTLM_SIGNATURE_SIZE 16
/* More parts than any caller has: FreeRDP's gateway uses three. */
#define NTLM_MAX_PARTS 32

struct ntlm_direction
{
	bool from_initiator;
	bool derived; /* the two keys are there */
	struct key signing;
	struct key sealing;
	struct rc4* stream; /* NULL before the first message */
	uint32_t sequence;  /* of the next message */
};

struct ntlm_seal
{
	uint32_t flags;      /* negotiated: SIGN, SEAL and KEY_EXCH matter here */
	struct key exported; /* ExportedSessionKey, from which a direction's keys are derived when it
	                        is first used */
	struct ntlm_direction send;
	struct ntlm_direction receive;
};

void ntlm_seal_init(struct ntlm_seal* seal, const struct key* exported, uint32_t flags,
                    enum mech_role role);
/* Wipes and frees; what is left can be used no more. One that is all zeros is fine. */
void ntlm_seal_wipe(struct ntlm_seal* seal);

/* As mech.wrap and mech.unwrap. Where SEAL was not negotiated the parts are signed and stay
 * readable, whatever `seal` says: FreeRDP's RPC gateway relies on it. RESULT_UNSUPPORTED without
 * SIGN. RESULT_INVALID_ARGUMENT for too many parts. */
MUST_USE enum result ntlm_seal_wrap(struct ntlm_seal* seal, bool encrypt, struct mech_part* parts,
                                    size_t count, uint8_t* trailer, size_t* trailer_len);
MUST_USE enum result ntlm_seal_unwrap(struct ntlm_seal* seal, bool encrypted,
                                      struct mech_part* parts, size_t count, struct bytes trailer);

/* The mechListMIC: a signature with number 0 of its direction, after which the RC4 stream is put
 * back and the direction's next message has number 1 (MS-SPNG 3.3.5.1). RESULT_OUT_OF_SEQUENCE
 * unless it is the first message of its direction. */
MUST_USE enum result ntlm_seal_mic_make(struct ntlm_seal* seal, struct bytes message,
                                        struct blob* mic);
MUST_USE enum result ntlm_seal_mic_verify(struct ntlm_seal* seal, struct bytes message,
                                          struct bytes mic);

#endif
