/* SPDX-License-Identifier: Apache-2.0
 *
 * The one crypto path of negossp.so. Beside it rc4_libcrypto.c and secret.c include OpenSSL, the
 * latter for comparing.
 *
 * MD5 and random bytes are OpenSSL's, MD5 fetched once by crypto_init() from the default library
 * context. MD4 and RC4 are in no default provider, and no legacy provider is ever needed: MD4 is of
 * our own (RFC 1320), and so is RC4 (RFC 6229's vectors) where libcrypto does not export it.
 *
 * In FIPS mode crypto_available() says why NTLM must not be offered.
 */
#ifndef NEGOSSP_BASE_CRYPTO_H
#define NEGOSSP_BASE_CRYPTO_H

#include "bytes.h"
#include "secret.h"

#define CRYPTO_DIGEST_SIZE 16 /* MD4, MD5 and HMAC-MD5 alike */

/* Fetches the algorithms. Where one was not to be had, or was forbidden, the next call looks again:
 * the process may have had no descriptor left. By one thread at a time; called by negossp_init().
 * RESULT_OK even then, as crypto_available() says the rest. */
MUST_USE enum result crypto_init(void);
/* Whether NTLM's algorithms may be used. If not, *why (may be NULL) becomes a literal in plain
 * words: FIPS by OpenSSL's properties, FIPS by the kernel, or MD5 missing. */
bool crypto_available(const char** why);

/* Each hashes the concatenation of `count` slices into 16 bytes. */
MUST_USE enum result crypto_md5(const struct bytes* parts, size_t count, uint8_t* digest);
MUST_USE enum result crypto_hmac_md5(struct bytes key, const struct bytes* parts, size_t count,
                                     uint8_t* mac);
/* MD4 of one message; cannot fail. Its working state is wiped. */
void crypto_md4(struct bytes message, uint8_t* digest);
MUST_USE enum result crypto_random(uint8_t* to, size_t len);

/* RC4 (MS-NLMP 3.4.3): a state is a plain value; copying it saves it, wiping is the owner's. */
struct rc4
{
	uint32_t state[258]; /* 256 entries and two indices, in the order of who works on it */
};

/* A key of 1 to 256 bytes; an empty one is taken as a zero octet. */
void rc4_init(struct rc4* rc4, struct bytes key);
/* Encrypts or decrypts `len` bytes from `from` to `to`, which may be the same memory. */
void rc4_apply(struct rc4* rc4, const uint8_t* from, uint8_t* to, size_t len);

static inline void rc4_wipe(struct rc4* rc4)
{
	secret_wipe(rc4, sizeof(*rc4));
}

#endif
