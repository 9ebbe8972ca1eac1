/* SPDX-License-Identifier: Apache-2.0
 *
 * RC4 (module/base/rc4.c, and once more rc4_libcrypto.c): RFC 6229's vectors, and the legacy
 * provider's RC4 where that is installed.
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

static uint8_t pattern[1200];

static void test_rc4_vectors_of_rfc_6229(void** state)
{
	/* The key stream at octets 0 and 4096. */
	static const char* const vectors[][3] = {
		{ "0102030405", "b2396305f03dc027ccc3524a0a1118a8", "ff25b58995996707e51fbdf08b34d875" },
		{ "01020304050607", "293f02d47f37c9b633f2af5285feb46b",
		  "e74b0b9731227fd37c0ec08a47ddd8b8" },
		{ "0102030405060708", "97ab8a1bf0afb96132f2f67258da15a8",
		  "3fb46e2c8f0f068edce8cdcd7dfc5862" },
		{ "0102030405060708090a0b0c0d0e0f10", "9ac7cc9a609d1ef7b2932899cde41b97",
		  "a36a4c301ae8ac13610ccbc12256cacc" },
		{ "0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20",
		  "eaa6bd25880bf93d3f5d1e4ca2611d91", "f3e4c0a2e02d1d01f7f0a74618af2b48" },
		{ "833222772a", "80ad97bdc973df8a2e879e92a497efda", "bf42c3018c2f7c66bfde524975768115" },
		{ "ebb46227c6cc8b37641910833222772a", "720c94b63edf44e131d950ca211a5a30",
		  "5bbeb4787d59e5373fdbea6c6f75c29b" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++)
	{
		static uint8_t stream[4112];
		struct rc4 rc4;

		memset(stream, 0, sizeof(stream));
		rc4_init(&rc4, hex_bytes(vectors[i][0]));
		rc4_apply(&rc4, stream, stream, sizeof(stream));
		assert_true(bytes_equal(bytes_make(stream, 16), hex_bytes(vectors[i][1])));
		assert_true(bytes_equal(bytes_make(stream + 4096, 16), hex_bytes(vectors[i][2])));
	}
}

static void test_rc4_state_is_a_value_that_can_be_put_back(void** state)
{
	uint8_t first[32] = { 0 };
	uint8_t again[32] = { 0 };
	struct rc4 rc4;
	struct rc4 saved;

	(void)state;
	rc4_init(&rc4, BYTES_LITERAL("key"));
	rc4_apply(&rc4, first, first, 7);
	saved = rc4;
	memset(first, 0, sizeof(first));
	/* In pieces and at once, in place and not. */
	for (size_t i = 0; i < sizeof(first); i++)
		rc4_apply(&rc4, first + i, first + i, 1);
	rc4_apply(&saved, (const uint8_t[32]){ 0 }, again, sizeof(again));
	assert_memory_equal(first, again, sizeof(first));
	rc4_apply(&rc4, NULL, NULL, 0);
	assert_memory_equal(&rc4, &saved, sizeof(rc4));
}

static void test_rc4_survives_an_empty_key_and_is_wiped(void** state)
{
	static const struct rc4 wiped;
	static const uint8_t zero[1];
	struct rc4 empty;
	struct rc4 other;

	(void)state;
	rc4_init(&empty, BYTES_EMPTY);
	rc4_init(&other, BYTES_OF(zero));
	assert_memory_equal(&empty, &other, sizeof(empty));
	rc4_apply(&empty, pattern, pattern, 3);
	rc4_wipe(&empty);
	assert_memory_equal(&empty, &wiped, sizeof(wiped));
}

/* --- against OpenSSL's own ---------------------------------------------------------------- */

static void compare_rc4(OSSL_LIB_CTX* lib)
{
	EVP_CIPHER* cipher = EVP_CIPHER_fetch(lib, "RC4", NULL);

	assert_non_null(cipher);
	for (size_t key_len = 1; key_len <= 256; key_len++)
	{
		EVP_CIPHER_CTX* context = EVP_CIPHER_CTX_new();
		uint8_t ours[sizeof(pattern)];
		uint8_t theirs[sizeof(pattern)];
		struct rc4 rc4;
		int len = 0;

		assert_non_null(context);
		assert_int_equal(EVP_EncryptInit_ex2(context, cipher, NULL, NULL, NULL), 1);
		assert_int_equal(EVP_CIPHER_CTX_set_key_length(context, (int)key_len), 1);
		assert_int_equal(EVP_EncryptInit_ex2(context, NULL, pattern, NULL, NULL), 1);
		assert_int_equal(EVP_EncryptUpdate(context, theirs, &len, pattern, sizeof(pattern)), 1);
		assert_int_equal(len, sizeof(pattern));
		rc4_init(&rc4, bytes_make(pattern, key_len));
		rc4_apply(&rc4, pattern, ours, sizeof(pattern));
		assert_memory_equal(ours, theirs, sizeof(ours));
		EVP_CIPHER_CTX_free(context);
	}
	EVP_CIPHER_free(cipher);
}

static void test_rc4_agrees_with_openssl(void** state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(pattern); i++)
		pattern[i] = (uint8_t)(i * 31 + i / 251 + 5);
	with_legacy_provider(compare_rc4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rc4_vectors_of_rfc_6229),
		cmocka_unit_test(test_rc4_state_is_a_value_that_can_be_put_back),
		cmocka_unit_test(test_rc4_survives_an_empty_key_and_is_wiped),
		cmocka_unit_test(test_rc4_agrees_with_openssl),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
