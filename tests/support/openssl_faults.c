/* SPDX-License-Identifier: Apache-2.0
 *
 * The wrappers. CMake reads the functions' names here, and tests/layout holds them to what
 * module/base calls.
 */
#include "openssl_faults.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#define FUNCTIONS_MAX 32

static size_t fail_nth[2];
static size_t counted[2];
static const char* failed[FUNCTIONS_MAX]; /* different ones */
static size_t failed_count;
static const char* last = "";
static size_t live;

static int fault_is_now(enum openssl_fault of)
{
	return ++counted[of] == fail_nth[of];
}

static int call_fails(const char* name)
{
	size_t i = 0;

	if (!fault_is_now(OPENSSL_CALL))
		return 0;
	last = name;
	while (i < failed_count && strcmp(failed[i], name) != 0)
		i++;
	if (i == FUNCTIONS_MAX)
		abort();
	failed[i] = name;
	failed_count = i < failed_count ? failed_count : i + 1;
	ERR_raise(ERR_LIB_USER, ERR_R_INTERNAL_ERROR);
	return 1;
}

/* Parameters and arguments come in parentheses of their own. */
#define WRAP(name, type, parameters, arguments)                                                    \
	type __real_##name parameters;                                                                 \
	type __wrap_##name parameters;                                                                 \
	type __wrap_##name parameters                                                                  \
	{                                                                                              \
		return call_fails(#name) ? (type)0 : __real_##name arguments;                              \
	}

WRAP(EVP_MD_fetch, EVP_MD*, (OSSL_LIB_CTX * lib, const char* name, const char* properties),
     (lib, name, properties))
WRAP(EVP_MD_CTX_new, EVP_MD_CTX*, (void), ())
WRAP(EVP_DigestInit_ex2, int, (EVP_MD_CTX * context, const EVP_MD* md, const OSSL_PARAM* params),
     (context, md, params))
WRAP(EVP_DigestUpdate, int, (EVP_MD_CTX * context, const void* data, size_t len),
     (context, data, len))
WRAP(EVP_DigestFinal_ex, int, (EVP_MD_CTX * context, unsigned char* out, unsigned* len),
     (context, out, len))
WRAP(RAND_bytes, int, (unsigned char* to, int len), (to, len))

/* --- its memory --------------------------------------------------------------------------------
 */

static void* memory_alloc(size_t size, const char* file, int line)
{
	(void)file;
	(void)line;
	void* const block = size > 0 && !fault_is_now(OPENSSL_ALLOCATION) ? malloc(size) : NULL;
	live += block != NULL;
	return block;
}

static void memory_free(void* block, const char* file, int line)
{
	(void)file;
	(void)line;
	live -= block != NULL;
	free(block);
}

static void* memory_realloc(void* old, size_t size, const char* file, int line)
{
	if (!old)
		return memory_alloc(size, file, line);
	if (size == 0)
	{
		memory_free(old, file, line);
		return NULL;
	}
	return fault_is_now(OPENSSL_ALLOCATION) ? NULL : realloc(old, size);
}

/* Before OpenSSL allocates anything; later it would refuse. */
__attribute__((constructor)) static void memory_take(void)
{
	if (CRYPTO_set_mem_functions(memory_alloc, memory_realloc, memory_free) != 1)
		abort();
}

/* --- what tests ask ----------------------------------------------------------------------------
 */

void openssl_faults_fail(enum openssl_fault of, size_t nth)
{
	fail_nth[of] = nth;
	counted[of] = 0;
}

size_t openssl_faults_count(enum openssl_fault of)
{
	return counted[of];
}

const char* openssl_faults_last(void)
{
	return last;
}

size_t openssl_faults_functions(void)
{
	return failed_count;
}

size_t openssl_faults_live(void)
{
	return live;
}
