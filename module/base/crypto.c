/* SPDX-License-Identifier: Apache-2.0
 *
 * MD5, HMAC-MD5 and random bytes by OpenSSL.
 *
 * Everything is fetched once. What a call needs after that is a context: for MD5 a new one over the
 * fetched digest, for HMAC-MD5 a copy of a template that already knows its digest, since setting
 * the digest by its name would fetch it again in every handshake.
 *
 * What was fetched is shared by all threads, is only read after crypto_init(), and lives as long as
 * the process: WinPR never closes the module.
 *
 * A failure here must not show up in somebody else's TLS code, which looks at the same per-thread
 * error queue; hence ERR_set_mark() and ERR_pop_to_mark() around what may fail.
 */
#include "crypto.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#define KERNEL_FIPS_FILE "/proc/sys/crypto/fips_enabled"

static struct
{
	EVP_MD* md5;
	EVP_MAC* hmac;
	EVP_MAC_CTX* hmac_md5; /* the template: has its digest, has no key */
	const char* missing;   /* why NTLM must not be offered; NULL if it may */
} crypto = { .missing = "the cryptography was not initialised" };

static pthread_once_t crypto_once = PTHREAD_ONCE_INIT;

/* --- starting -------------------------------------------------------------------------------- */

/* NULL, or why NTLM must not be offered. Kernels without FIPS support do not have the file. */
static const char* crypto_kernel_forbids(void)
{
	FILE* file = fopen(KERNEL_FIPS_FILE, "re");
	int value = file || errno != ENOENT ? EOF : '0';

	if (file)
	{
		value = fgetc(file);
		(void)fclose(file);
	}
	if (value == '0')
		return NULL;
	return value == '1' ? "the kernel is in FIPS mode (" KERNEL_FIPS_FILE
	                      " is 1), which forbids MD5"
	                    : "the kernel may be in FIPS mode, which forbids MD5 (" KERNEL_FIPS_FILE
	                      " cannot be read; mend that and start the program again)";
}

static bool crypto_fetch_hmac_md5(void)
{
	char digest[] = "MD5";
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
		OSSL_PARAM_construct_end(),
	};

	crypto.hmac = EVP_MAC_fetch(NULL, OSSL_MAC_NAME_HMAC, NULL);
	if (!crypto.hmac)
		return false;
	crypto.hmac_md5 = EVP_MAC_CTX_new(crypto.hmac);
	return crypto.hmac_md5 && EVP_MAC_CTX_set_params(crypto.hmac_md5, params) == 1;
}

/* Fetches what there is and returns why it must not be used, or NULL. */
static const char* crypto_fetch(void)
{
	if (EVP_default_properties_is_fips_enabled(NULL))
		return "OpenSSL is in FIPS mode (default_properties = fips=yes), which forbids MD5";
	const char* const forbidden = crypto_kernel_forbids();
	if (forbidden)
		return forbidden;
	crypto.md5 = EVP_MD_fetch(NULL, "MD5", NULL);
	if (!crypto.md5)
		return "OpenSSL has no MD5 (its default provider is not loaded, or was built without it)";
	if (!crypto_fetch_hmac_md5())
		return "OpenSSL has no HMAC-MD5";
	return NULL;
}

static void crypto_start(void)
{
	(void)ERR_set_mark();
	crypto.missing = crypto_fetch();
	(void)ERR_pop_to_mark();
}

enum result crypto_init(void)
{
	return pthread_once(&crypto_once, crypto_start) == 0 ? RESULT_OK : RESULT_INTERNAL;
}

bool crypto_available(const char** why)
{
	if (crypto.missing && why)
		*why = crypto.missing;
	return !crypto.missing;
}

/* --- digests --------------------------------------------------------------------------------- */

static bool crypto_md5_run(EVP_MD_CTX* context, const struct bytes* parts, size_t count,
                           uint8_t* digest)
{
	unsigned size = 0;

	if (EVP_DigestInit_ex2(context, crypto.md5, NULL) != 1)
		return false;
	for (size_t i = 0; i < count; i++)
	{
		if (parts[i].len > 0 && EVP_DigestUpdate(context, parts[i].data, parts[i].len) != 1)
			return false;
	}
	return EVP_DigestFinal_ex(context, digest, &size) == 1 && size == CRYPTO_DIGEST_SIZE;
}

enum result crypto_md5(const struct bytes* parts, size_t count, uint8_t* digest)
{
	uint8_t computed[EVP_MAX_MD_SIZE];
	enum result result = RESULT_CRYPTO;
	EVP_MD_CTX* context;

	REQUIRE(crypto_available(NULL), RESULT_CRYPTO);
	(void)ERR_set_mark();
	context = EVP_MD_CTX_new();
	if (context && crypto_md5_run(context, parts, count, computed))
	{
		bytes_copy(digest, bytes_make(computed, CRYPTO_DIGEST_SIZE));
		result = RESULT_OK;
	}
	EVP_MD_CTX_free(context);
	secret_wipe(computed, sizeof(computed));
	(void)ERR_pop_to_mark();
	return result;
}

static bool crypto_hmac_md5_run(EVP_MAC_CTX* context, struct bytes key, const struct bytes* parts,
                                size_t count, uint8_t* mac)
{
	static const uint8_t no_key[1];
	size_t size = 0;

	/* To OpenSSL a NULL key means "the key set before", and there is none. */
	if (EVP_MAC_init(context, key.len > 0 ? key.data : no_key, key.len, NULL) != 1)
		return false;
	for (size_t i = 0; i < count; i++)
	{
		if (parts[i].len > 0 && EVP_MAC_update(context, parts[i].data, parts[i].len) != 1)
			return false;
	}
	return EVP_MAC_final(context, mac, &size, CRYPTO_DIGEST_SIZE) == 1 &&
	       size == CRYPTO_DIGEST_SIZE;
}

enum result crypto_hmac_md5(struct bytes key, const struct bytes* parts, size_t count, uint8_t* mac)
{
	uint8_t computed[CRYPTO_DIGEST_SIZE];
	enum result result = RESULT_CRYPTO;
	EVP_MAC_CTX* context;

	REQUIRE(crypto_available(NULL), RESULT_CRYPTO);
	(void)ERR_set_mark();
	context = EVP_MAC_CTX_dup(crypto.hmac_md5);
	if (context && crypto_hmac_md5_run(context, key, parts, count, computed))
	{
		bytes_copy(mac, BYTES_OF(computed));
		result = RESULT_OK;
	}
	EVP_MAC_CTX_free(context);
	secret_wipe(computed, sizeof(computed));
	(void)ERR_pop_to_mark();
	return result;
}

/* --- random bytes ---------------------------------------------------------------------------- */

enum result crypto_random(uint8_t* to, size_t len)
{
	enum result result;

	if (len == 0)
		return RESULT_OK;
	REQUIRE(len <= INT_MAX, RESULT_INVALID_ARGUMENT);
	(void)ERR_set_mark();
	result = RAND_bytes(to, (int)len) == 1 ? RESULT_OK : RESULT_CRYPTO;
	(void)ERR_pop_to_mark();
	return result;
}
