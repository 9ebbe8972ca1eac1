/* SPDX-License-Identifier: Apache-2.0
 *
 * Secrets on the heap are wiped before they are freed, and compared by OpenSSL's
 * CRYPTO_memcmp(), which does not stop at the first difference.
 */
#include "secret.h"

#include <stdlib.h>

#include <openssl/crypto.h>

void key_wipe(struct key* key)
{
	secret_wipe(key->bytes, sizeof(key->bytes));
}

struct bytes key_bytes(const struct key* key)
{
	return bytes_make(key->bytes, sizeof(key->bytes));
}

bool key_is_zero(const struct key* key)
{
	static const uint8_t zero[KEY_SIZE];

	return secret_equal(key_bytes(key), BYTES_OF(zero));
}

enum result secret_alloc(struct secret* secret, size_t len)
{
	uint8_t* data;

	REQUIRE(!secret->data && secret->len == 0, RESULT_INTERNAL);
	if (len == 0)
		return RESULT_OK;
	data = calloc(1, len);
	REQUIRE(data, RESULT_NO_MEMORY);
	*secret = (struct secret){ data, len };
	return RESULT_OK;
}

enum result secret_set(struct secret* secret, struct bytes from)
{
	struct secret copy = SECRET_EMPTY;

	TRY(secret_alloc(&copy, from.len));
	bytes_copy(copy.data, from);
	/* Only now, since `from` may be a part of the old content. */
	secret_free(secret);
	*secret = copy;
	return RESULT_OK;
}

struct bytes secret_bytes(const struct secret* secret)
{
	return bytes_make(secret->data, secret->len);
}

void secret_free(struct secret* secret)
{
	if (!secret)
		return;
	secret_wipe(secret->data, secret->len);
	free(secret->data);
	*secret = SECRET_EMPTY;
}

bool secret_equal(struct bytes a, struct bytes b)
{
	return a.len == b.len && (a.len == 0 || CRYPTO_memcmp(a.data, b.data, a.len) == 0);
}
