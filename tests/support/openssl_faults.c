/* SPDX-License-Identifier: Apache-2.0
 *
 * The wrappers. CMake reads the functions' names here, and tests/layout holds them and those of
 * OpenSSL's provider to what module/base calls.
 */
#include "openssl_faults.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/core_dispatch.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#define FUNCTIONS_MAX 32

static size_t fail_nth[2];
static _Atomic size_t counted[2];
static const char* fail_name;
static const char* failed[FUNCTIONS_MAX]; /* different ones */
static size_t failed_count;
static const char* last = "";
static _Atomic size_t live;

static int fault_is_now(enum openssl_fault of)
{
	return ++counted[of] == fail_nth[of];
}

static int call_fails(const char* name)
{
	size_t i = 0;

	const int is_now = fault_is_now(OPENSSL_CALL);

	if (!is_now && !(fail_name && strcmp(fail_name, name) == 0))
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

/* Parameters and arguments come in parentheses of their own; `change` is what becomes of a result.
 */
#define WRAP_THROUGH(name, change, type, parameters, arguments)                                    \
	type __real_##name parameters;                                                                 \
	type __wrap_##name parameters;                                                                 \
	type __wrap_##name parameters                                                                  \
	{                                                                                              \
		return call_fails(#name) ? (type)0 : change(__real_##name arguments);                      \
	}
#define WRAP(name, type, parameters, arguments) WRAP_THROUGH(name, , type, parameters, arguments)

WRAP(EVP_MD_fetch, EVP_MD*, (OSSL_LIB_CTX * lib, const char* name, const char* properties),
     (lib, name, properties))
WRAP(RAND_bytes, int, (unsigned char* to, int len), (to, len))

/* --- the functions of its provider -------------------------------------------------------------
 */

#define PROVIDED(name, type, parameters, arguments)                                                \
	static OSSL_FUNC_##name##_fn* real_##name;                                                     \
	static type fault_##name parameters                                                            \
	{                                                                                              \
		return call_fails(#name) ? (type)0 : real_##name arguments;                                \
	}

PROVIDED(digest_newctx, void*, (void* provider), (provider))
PROVIDED(digest_init, int, (void* state, const OSSL_PARAM params[]), (state, params))
PROVIDED(digest_update, int, (void* state, const unsigned char* data, size_t len),
         (state, data, len))
PROVIDED(digest_final, int, (void* state, unsigned char* out, size_t* len, size_t size),
         (state, out, len, size))

#define ALGORITHMS_MAX 64
#define DISPATCH_MAX 32

static void dispatch_wrap(OSSL_DISPATCH* function)
{
#define TAKE(id, name)                                                                             \
	if (function->function_id == (id))                                                             \
	{                                                                                              \
		real_##name = OSSL_FUNC_##name(function);                                                  \
		function->function = (void (*)(void))fault_##name;                                         \
	}
	TAKE(OSSL_FUNC_DIGEST_NEWCTX, digest_newctx)
	TAKE(OSSL_FUNC_DIGEST_INIT, digest_init)
	TAKE(OSSL_FUNC_DIGEST_UPDATE, digest_update)
	TAKE(OSSL_FUNC_DIGEST_FINAL, digest_final)
#undef TAKE
}

/* The provider's table, in which MD5 has the functions above. */
static const OSSL_ALGORITHM* algorithms_wrap(const OSSL_ALGORITHM* all)
{
	static OSSL_ALGORITHM algorithms[ALGORITHMS_MAX + 1];
	static OSSL_DISPATCH functions[DISPATCH_MAX + 1];

	for (size_t i = 0; all && all[i].algorithm_names; i++)
	{
		if (i == ALGORITHMS_MAX)
			abort();
		algorithms[i] = all[i];
		if (strncmp(all[i].algorithm_names, "MD5:", 4) != 0)
			continue;
		for (size_t k = 0; all[i].implementation[k].function_id != 0; k++)
		{
			if (k == DISPATCH_MAX)
				abort();
			functions[k] = all[i].implementation[k];
			dispatch_wrap(&functions[k]);
		}
		algorithms[i].implementation = functions;
	}
	return algorithms;
}

WRAP_THROUGH(OSSL_PROVIDER_query_operation, algorithms_wrap, const OSSL_ALGORITHM*,
             (const OSSL_PROVIDER* provider, int operation, int* no_store),
             (provider, operation, no_store))

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

void openssl_faults_fail_named(const char* name)
{
	fail_name = name;
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
	for (int i = 0; i < 32; i++)
		ERR_raise(ERR_LIB_USER, ERR_R_PASSED_NULL_PARAMETER);
	ERR_clear_error();
	return live;
}
