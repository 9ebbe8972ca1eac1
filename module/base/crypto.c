/* SPDX-License-Identifier: Apache-2.0
 *
 * MD5, HMAC-MD5 and random bytes by OpenSSL.
 *
 * MD5 is fetched once. What was fetched is shared by all threads, is only read after crypto_init(),
 * and lives as long as the process: WinPR never closes the module.
 *
 * Each thread has one EVP_MD_CTX, made when it is first needed and gone with the thread. Between
 * two calls it stands at the start of a message, so that nothing of the last one is left in it:
 * starting again frees OpenSSL's state wiped, or sets all of it. HMAC (RFC 2104) is two runs of
 * MD5, which takes half of what EVP_MAC does.
 *
 * A failure here must not show up in somebody else's TLS code, which looks at the same per-thread
 * error queue. It is a lack of memory and nothing else, so the queue is emptied then; marks around
 * each call would cost as much as half a digest.
 */
#include "crypto.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#define KERNEL_FIPS_FILE "/proc/sys/crypto/fips_enabled"

static struct
{
	EVP_MD* md5;
	pthread_key_t context; /* each thread's EVP_MD_CTX */
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

static void crypto_context_free(void* context)
{
	EVP_MD_CTX_free(context);
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
	if (pthread_key_create(&crypto.context, crypto_context_free) != 0)
		return "the process has no room for thread-specific data";
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

/* The thread's context, started; NULL if there can be none. */
static EVP_MD_CTX* crypto_context(void)
{
	EVP_MD_CTX* context = pthread_getspecific(crypto.context);

	if (context)
		return context;
	context = EVP_MD_CTX_new();
	if (context && EVP_DigestInit_ex2(context, crypto.md5, NULL) == 1 &&
	    pthread_setspecific(crypto.context, context) == 0)
		return context;
	EVP_MD_CTX_free(context);
	return NULL;
}

/* After a failure the thread's context may stand anywhere: the next call makes another one. */
static enum result crypto_failed(EVP_MD_CTX* context)
{
	(void)pthread_setspecific(crypto.context, NULL);
	EVP_MD_CTX_free(context);
	ERR_clear_error();
	return RESULT_CRYPTO;
}

static bool digest_update(EVP_MD_CTX* context, const struct bytes* parts, size_t count)
{
	for (size_t i = 0; i < count; i++)
	{
		if (parts[i].len > 0 && EVP_DigestUpdate(context, parts[i].data, parts[i].len) != 1)
			return false;
	}
	return true;
}

/* Ends the message and starts the next. */
static bool digest_end(EVP_MD_CTX* context, uint8_t* digest)
{
	unsigned size = 0;

	return EVP_DigestFinal_ex(context, digest, &size) == 1 && size == CRYPTO_DIGEST_SIZE &&
	       EVP_DigestInit_ex2(context, crypto.md5, NULL) == 1;
}

enum result crypto_md5(const struct bytes* parts, size_t count, uint8_t* digest)
{
	uint8_t computed[CRYPTO_DIGEST_SIZE];

	REQUIRE(crypto_available(NULL), RESULT_CRYPTO);
	EVP_MD_CTX* const context = crypto_context();
	if (!context || !digest_update(context, parts, count) || !digest_end(context, computed))
		return crypto_failed(context);
	bytes_copy(digest, BYTES_OF(computed));
	secret_wipe(computed, sizeof(computed));
	return RESULT_OK;
}

/* --- HMAC (RFC 2104) ------------------------------------------------------------------------- */

#define BLOCK_SIZE 64 /* of MD5 */
#define INNER_PAD 0x36
#define OUTER_PAD 0x5C

static void pad_turn(uint8_t pad[BLOCK_SIZE], uint8_t with)
{
	for (size_t i = 0; i < BLOCK_SIZE; i++)
		pad[i] ^= with;
}

/* The key as a block; one that is longer is hashed. */
static bool pad_make(EVP_MD_CTX* context, struct bytes key, uint8_t pad[BLOCK_SIZE])
{
	if (key.len <= BLOCK_SIZE)
		bytes_copy(pad, key);
	else if (!digest_update(context, &key, 1) || !digest_end(context, pad))
		return false;
	return true;
}

static bool hmac_run(EVP_MD_CTX* context, struct bytes key, const struct bytes* parts, size_t count,
                     uint8_t pad[BLOCK_SIZE], uint8_t* mac)
{
	const struct bytes block = bytes_make(pad, BLOCK_SIZE);
	const struct bytes outer[] = { block, bytes_make(mac, CRYPTO_DIGEST_SIZE) };

	if (!pad_make(context, key, pad))
		return false;
	pad_turn(pad, INNER_PAD);
	if (!digest_update(context, &block, 1) || !digest_update(context, parts, count) ||
	    !digest_end(context, mac))
		return false;
	pad_turn(pad, INNER_PAD ^ OUTER_PAD);
	return digest_update(context, outer, 2) && digest_end(context, mac);
}

enum result crypto_hmac_md5(struct bytes key, const struct bytes* parts, size_t count, uint8_t* mac)
{
	uint8_t pad[BLOCK_SIZE] = { 0 };
	uint8_t computed[CRYPTO_DIGEST_SIZE];

	REQUIRE(crypto_available(NULL), RESULT_CRYPTO);
	EVP_MD_CTX* const context = crypto_context();
	const enum result result = context && hmac_run(context, key, parts, count, pad, computed)
	                               ? RESULT_OK
	                               : crypto_failed(context);
	if (result == RESULT_OK)
		bytes_copy(mac, BYTES_OF(computed));
	secret_wipe(pad, sizeof(pad));
	secret_wipe(computed, sizeof(computed));
	return result;
}

/* --- random bytes ---------------------------------------------------------------------------- */

enum result crypto_random(uint8_t* to, size_t len)
{
	if (len == 0)
		return RESULT_OK;
	REQUIRE(len <= INT_MAX, RESULT_INVALID_ARGUMENT);
	if (RAND_bytes(to, (int)len) == 1)
		return RESULT_OK;
	ERR_clear_error();
	return RESULT_CRYPTO;
}
