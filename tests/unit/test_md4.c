/* SPDX-License-Identifier: Apache-2.0
 *
 * MD4 (module/base/md4.c): RFC 1320's vectors, and OpenSSL's own MD4 where the legacy provider is
 * installed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <openssl/evp.h>

#include "base/crypto.h"
#include "hex.h"
#include "legacy.h"

static void test_md4_vectors_of_rfc_1320(void** state)
{
	static const char* const vectors[][2] = {
		{ "", "31d6cfe0d16ae931b73c59d7e0c089c0" },
		{ "a", "bde52cb31de33e46245e05fbdbd6fb24" },
		{ "abc", "a448017aaf21d8525fc10ae87aa6729d" },
		{ "message digest", "d9130a8164549fe818874806e1c7014b" },
		{ "abcdefghijklmnopqrstuvwxyz", "d79e1c308aa5bbcdeea8ed63df412da9" },
		{ "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
		  "043f8582f241db351ce627e153e7f0e4" },
		{ "12345678901234567890123456789012345678901234567890123456789012345678901234567890",
		  "e33b4ddc9c38f2199c3e7b164fcc0536" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++)
	{
		uint8_t digest[CRYPTO_DIGEST_SIZE];

		crypto_md4(bytes_make((const uint8_t*)vectors[i][0], strlen(vectors[i][0])), digest);
		assert_true(bytes_equal(BYTES_OF(digest), hex_bytes(vectors[i][1])));
	}
}

static void test_md4_of_a_password_is_the_nt_hash_of_ms_nlmp(void** state)
{
	uint8_t digest[CRYPTO_DIGEST_SIZE];

	(void)state;
	/* MS-NLMP 4.2.2.1.2, NTOWFv1 of "Password". */
	crypto_md4(BYTES_LITERAL("P\0a\0s\0s\0w\0o\0r\0d\0"), digest);
	assert_true(bytes_equal(BYTES_OF(digest), hex_bytes("a4f49c406510bdcab6824ee7c30fd852")));
	crypto_md4(BYTES_EMPTY, digest);
	assert_true(bytes_equal(BYTES_OF(digest), hex_bytes("31d6cfe0d16ae931b73c59d7e0c089c0")));
}

/* --- against OpenSSL's own ---------------------------------------------------------------- */

static uint8_t pattern[1200];

static void compare_md4(OSSL_LIB_CTX* lib)
{
	EVP_MD* md4 = EVP_MD_fetch(lib, "MD4", NULL);

	assert_non_null(md4);
	for (size_t len = 0; len <= sizeof(pattern); len++)
	{
		uint8_t ours[CRYPTO_DIGEST_SIZE];
		uint8_t theirs[EVP_MAX_MD_SIZE];

		crypto_md4(bytes_make(pattern, len), ours);
		assert_int_equal(EVP_Digest(pattern, len, theirs, NULL, md4, NULL), 1);
		assert_memory_equal(ours, theirs, sizeof(ours));
	}
	EVP_MD_free(md4);
}

static void test_md4_agrees_with_openssl(void** state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(pattern); i++)
		pattern[i] = (uint8_t)(i * 31 + i / 251 + 5);
	with_legacy_provider(compare_md4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_md4_vectors_of_rfc_1320),
		cmocka_unit_test(test_md4_of_a_password_is_the_nt_hash_of_ms_nlmp),
		cmocka_unit_test(test_md4_agrees_with_openssl),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
