/* SPDX-License-Identifier: Apache-2.0
 *
 * NTLM's arithmetic (MS-NLMP 3.3.2, 3.4) on OpenSSL's MD5 and a naive RC4.
 */
#ifndef NEGOSSP_FUZZ_ORACLE_CRYPTO_H
#define NEGOSSP_FUZZ_ORACLE_CRYPTO_H

#include "wire.h"

void oracle_md5(const struct part* parts, size_t count, uint8_t out[16]);
/* RFC 2104, with a key of 16 bytes; of any length. */
void oracle_hmac(const uint8_t key[16], const struct part* parts, size_t count, uint8_t out[16]);

struct oracle_rc4
{
	uint8_t s[256];
	uint8_t i, j;
};

void oracle_rc4_key(struct oracle_rc4* rc4, const uint8_t key[16]);
void oracle_rc4(struct oracle_rc4* rc4, const uint8_t* in, size_t len, uint8_t* out);

/* NTOWFv2: the user in upper case and the domain, both UTF-16LE. */
void oracle_ntowfv2(const uint8_t nt_hash[16], struct part user, struct part domain,
                    uint8_t out[16]);
/* One character of UTF-16 in upper case, as far as Latin-1 goes. */
unsigned oracle_upper(unsigned unit);

/* One direction of a session: its keys and how far it has come (MS-NLMP 3.4.4.2). */
struct oracle_direction
{
	uint8_t signing[16];
	struct oracle_rc4 sealing;
	uint32_t sequence;
};

void oracle_direction(struct oracle_direction* direction, const uint8_t session_key[16],
                      bool by_initiator);
/* The signature of a message whose sealed parts have gone through `sealing` already. */
void oracle_sign(struct oracle_direction* direction, uint32_t flags, const struct part* parts,
                 size_t count, struct oracle_rc4* sealing, uint8_t signature[16]);

#endif
