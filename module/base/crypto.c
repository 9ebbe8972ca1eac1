/* SPDX-License-Identifier: Apache-2.0
 *
 * MD5, HMAC-MD5 and random bytes by OpenSSL.
 *
 * MD5 is fetched once, by EVP and so by the rules that OpenSSL is configured with, and then called
 * as its provider gives it (provider-digest(7)): EVP in between makes and frees a state for each
 * message, and takes half of what MD5 itself does. What was fetched is shared by all threads, is
 * only read once crypto_available() says so, and lives as long as the process: WinPR never closes
 * the module.
 *
 * Each thread has one state, made when it is first needed and gone with the thread. Between two
 * calls it stands at the start of a message, so that nothing of the last one is left in it.
 * HMAC (RFC 2104) is two runs of MD5, which takes half of what EVP_MAC does.
 *
 * A failure here must not show up in somebody else's TLS code, which looks at the same per-thread
 * error queue. It is a lack of memory and nothing else, so the queue is emptied then; marks around
 * each call would cost as much as half a digest.
 */
#include "crypto.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include <openssl/core_dispatch.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/provider.h>
#include <openssl/rand.h>

#define KERNEL_FIPS_FILE "/proc/sys/crypto/fips_enabled"

/* The provider's functions. */
struct md5
{
	OSSL_FUNC_digest_newctx_fn* make;
	OSSL_FUNC_digest_init_fn* start;
	OSSL_FUNC_digest_update_fn* update;
	OSSL_FUNC_digest_final_fn* end;
	OSSL_FUNC_digest_freectx_fn* free;
	void* provider;  /* its own context */
	EVP_MD* fetched; /* holds the provider; never given back once it is used */
};

static struct
{
	struct md5 md5;
	pthread_key_t state;          /* each thread's */
	_Atomic(const char*) missing; /* why NTLM must not be offered; NULL if it may */
} crypto = { .missing = "the cryptography was not initialised" };

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
	                      " cannot be read)";
}

static void md5_take(struct md5* md5, const OSSL_DISPATCH* function)
{
	for (; function->function_id != 0; function++)
	{
		switch (function->function_id)
		{
			case OSSL_FUNC_DIGEST_NEWCTX:
				md5->make = OSSL_FUNC_digest_newctx(function);
				break;
			case OSSL_FUNC_DIGEST_INIT:
				md5->start = OSSL_FUNC_digest_init(function);
				break;
			case OSSL_FUNC_DIGEST_UPDATE:
				md5->update = OSSL_FUNC_digest_update(function);
				break;
			case OSSL_FUNC_DIGEST_FINAL:
				md5->end = OSSL_FUNC_digest_final(function);
				break;
			case OSSL_FUNC_DIGEST_FREECTX:
				md5->free = OSSL_FUNC_digest_freectx(function);
				break;
			default:
				break;
		}
	}
}

/* An algorithm's names have colons between them. */
static bool is_md5(const OSSL_ALGORITHM* algorithm)
{
	return strcmp(algorithm->algorithm_names, "MD5") == 0 ||
	       strncmp(algorithm->algorithm_names, "MD5:", 4) == 0;
}

static bool md5_fetch(struct md5* md5)
{
	md5->fetched = EVP_MD_fetch(NULL, "MD5", NULL);
	const OSSL_PROVIDER* const provider = md5->fetched ? EVP_MD_get0_provider(md5->fetched) : NULL;
	int no_store = 0;
	const OSSL_ALGORITHM* const all =
	    provider ? OSSL_PROVIDER_query_operation(provider, OSSL_OP_DIGEST, &no_store) : NULL;

	for (const OSSL_ALGORITHM* each = all; each && each->algorithm_names; each++)
	{
		if (is_md5(each))
			md5_take(md5, each->implementation);
	}
	if (all)
		OSSL_PROVIDER_unquery_operation(provider, OSSL_OP_DIGEST, all);
	if (provider)
		md5->provider = OSSL_PROVIDER_get0_provider_ctx(provider);
	return md5->make && md5->start && md5->update && md5->end && md5->free;
}

static void md5_forget(struct md5* md5)
{
	EVP_MD_free(md5->fetched);
	*md5 = (struct md5){ .fetched = NULL };
}

static void md5_free(void* state)
{
	crypto.md5.free(state);
}

/* Fetches what there is and returns why it must not be used, or NULL. */
static const char* crypto_fetch(void)
{
	/* First of all: a process that has no descriptor left learns it here. OpenSSL would read its
	 * configuration now or never, and not be in FIPS mode afterwards. */
	const char* const forbidden = crypto_kernel_forbids();
	if (forbidden)
		return forbidden;
	if (EVP_default_properties_is_fips_enabled(NULL))
		return "OpenSSL is in FIPS mode (default_properties = fips=yes), which forbids MD5";
	if (!md5_fetch(&crypto.md5))
		return "OpenSSL has no MD5 (its default provider is not loaded, or was built without it)";
	if (pthread_key_create(&crypto.state, md5_free) != 0)
		return "the process has no room for thread-specific data";
	return NULL;
}

enum result crypto_init(void)
{
	if (crypto_available(NULL))
		return RESULT_OK;
	(void)ERR_set_mark();
	const char* const missing = crypto_fetch();
	if (missing)
		md5_forget(&crypto.md5);
	crypto.missing = missing;
	(void)ERR_pop_to_mark();
	return RESULT_OK;
}

bool crypto_available(const char** why)
{
	const char* const missing = crypto.missing;

	if (missing && why)
		*why = missing;
	return !missing;
}

/* --- digests --------------------------------------------------------------------------------- */

/* The thread's state, at the start of a message; NULL if there can be none. */
static void* md5_state(void)
{
	void* state = pthread_getspecific(crypto.state);

	if (state)
		return state;
	state = crypto.md5.make(crypto.md5.provider);
	if (state && crypto.md5.start(state, NULL) == 1 &&
	    pthread_setspecific(crypto.state, state) == 0)
		return state;
	if (state)
		md5_free(state);
	return NULL;
}

/* After a failure the thread's state may stand anywhere: the next call makes another one. */
static enum result md5_failed(void* state)
{
	if (state)
	{
		(void)pthread_setspecific(crypto.state, NULL);
		md5_free(state);
	}
	ERR_clear_error();
	return RESULT_CRYPTO;
}

static bool md5_update(void* state, const struct bytes* parts, size_t count)
{
	for (size_t i = 0; i < count; i++)
	{
		if (parts[i].len > 0 && crypto.md5.update(state, parts[i].data, parts[i].len) != 1)
			return false;
	}
	return true;
}

/* Ends the message and starts the next. */
static bool md5_end(void* state, uint8_t* digest)
{
	size_t size = 0;

	return crypto.md5.end(state, digest, &size, CRYPTO_DIGEST_SIZE) == 1 &&
	       size == CRYPTO_DIGEST_SIZE && crypto.md5.start(state, NULL) == 1;
}

enum result crypto_md5(const struct bytes* parts, size_t count, uint8_t* digest)
{
	uint8_t computed[CRYPTO_DIGEST_SIZE];

	REQUIRE(crypto_available(NULL), RESULT_CRYPTO);
	void* const state = md5_state();
	const bool made = state && md5_update(state, parts, count) && md5_end(state, computed);
	if (made)
		bytes_copy(digest, BYTES_OF(computed));
	secret_wipe(computed, sizeof(computed));
	return made ? RESULT_OK : md5_failed(state);
}

/* --- HMAC (RFC 2104) ------------------------------------------------------------------------- */

#define BLOCK_SIZE 64 /* of MD5 */
#define INNER_PAD 0x36
#define OUTER_PAD 0x5C

/* A padded key, and behind it the inner digest: the outer message whole. */
struct hmac
{
	uint8_t pad[BLOCK_SIZE];
	uint8_t digest[CRYPTO_DIGEST_SIZE];
};

static void pad_turn(uint8_t pad[BLOCK_SIZE], uint8_t with)
{
	for (size_t i = 0; i < BLOCK_SIZE; i++)
		pad[i] ^= with;
}

/* The key as a block; one that is longer is hashed. */
static bool pad_make(void* state, struct bytes key, uint8_t pad[BLOCK_SIZE])
{
	if (key.len <= BLOCK_SIZE)
		bytes_copy(pad, key);
	else if (!md5_update(state, &key, 1) || !md5_end(state, pad))
		return false;
	return true;
}

/* What comes of it is in hmac->digest. */
static bool hmac_run(void* state, struct bytes key, const struct bytes* parts, size_t count,
                     struct hmac* hmac)
{
	const struct bytes inner = BYTES_OF(hmac->pad);
	const struct bytes outer = bytes_make((const uint8_t*)hmac, sizeof(*hmac));

	if (!pad_make(state, key, hmac->pad))
		return false;
	pad_turn(hmac->pad, INNER_PAD);
	if (!md5_update(state, &inner, 1) || !md5_update(state, parts, count) ||
	    !md5_end(state, hmac->digest))
		return false;
	pad_turn(hmac->pad, INNER_PAD ^ OUTER_PAD);
	return md5_update(state, &outer, 1) && md5_end(state, hmac->digest);
}

enum result crypto_hmac_md5(struct bytes key, const struct bytes* parts, size_t count, uint8_t* mac)
{
	struct hmac hmac = { .pad = { 0 } };

	REQUIRE(crypto_available(NULL), RESULT_CRYPTO);
	void* const state = md5_state();
	const enum result result =
	    state && hmac_run(state, key, parts, count, &hmac) ? RESULT_OK : md5_failed(state);
	if (result == RESULT_OK)
		bytes_copy(mac, BYTES_OF(hmac.digest));
	secret_wipe(&hmac, sizeof(hmac));
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
