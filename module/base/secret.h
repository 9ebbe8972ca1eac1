/* SPDX-License-Identifier: Apache-2.0
 *
 * Secrets are types of their own, so that the compiler keeps them apart from data that may be
 * printed, copied or compared carelessly.
 *
 * `struct key` is 16 bytes: NT hash, NTOWFv2, session, signing and sealing keys. It lives inside
 * the struct that uses it; whoever owns that struct calls key_wipe() before freeing it.
 *
 * `struct secret` is heap memory of any length: a password, decrypted credentials. secret_free()
 * wipes before it frees.
 *
 * There is deliberately no function that formats either, and no logger takes them.
 */
#ifndef NEGOSSP_BASE_SECRET_H
#define NEGOSSP_BASE_SECRET_H

#include "bytes.h"
#include "wipe.h"

#define KEY_SIZE 16

struct key
{
	uint8_t bytes[KEY_SIZE];
};

struct secret
{
	uint8_t* data;
	size_t len;
};

#define SECRET_EMPTY ((struct secret){ NULL, 0 })

void key_wipe(struct key* key);
/* A slice over the key's 16 bytes, borrowed. */
struct bytes key_bytes(const struct key* key);
/* Constant-time: true for an all-zero key, which no derivation yields and no store may hold. */
bool key_is_zero(const struct key* key);

/* Allocates `len` zero bytes (len 0 gives SECRET_EMPTY). *secret must be empty. */
MUST_USE enum result secret_alloc(struct secret* secret, size_t len);
/* Replaces *secret by a copy of `from`; the old content is wiped. */
MUST_USE enum result secret_set(struct secret* secret, struct bytes from);
struct bytes secret_bytes(const struct secret* secret);
void secret_free(struct secret* secret);

/* Constant-time in the content (not the length): for MACs, proofs, hashes and keys. */
bool secret_equal(struct bytes a, struct bytes b);

#endif
