/* SPDX-License-Identifier: Apache-2.0
 *
 * MD5 and HMAC-MD5 (module/base/crypto.h): published vectors, keys of any size, messages in parts.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/crypto.h"
#include "hex.h"

static struct bytes text(const char* from)
{
	return bytes_make((const uint8_t*)from, strlen(from));
}

static int setup(void** state)
{
	(void)state;
	return crypto_init() == RESULT_OK && crypto_available(NULL) ? 0 : -1;
}

static const char alphanumeric[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
static const char digits80[] =
    "12345678901234567890123456789012345678901234567890123456789012345678901234567890";

static void test_md5_vectors_of_rfc_1321(void** state)
{
	const char* const vectors[][2] = {
		{ "", "d41d8cd98f00b204e9800998ecf8427e" },
		{ "a", "0cc175b9c0f1b6a831c399e269772661" },
		{ "abc", "900150983cd24fb0d6963f7d28e17f72" },
		{ "message digest", "f96b697d7cb7938d525a2f31aaf161d0" },
		{ "abcdefghijklmnopqrstuvwxyz", "c3fcd3d76192e4007dfb496cca67e13b" },
		{ alphanumeric, "d174ab98d277d9f5a5611c2c9f419d9f" },
		{ digits80, "57edf4a22be3c955ac49da2e2107b67a" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++)
	{
		const struct bytes message = text(vectors[i][0]);
		uint8_t digest[CRYPTO_DIGEST_SIZE];

		assert_int_equal(crypto_md5(&message, 1, digest), RESULT_OK);
		assert_true(bytes_equal(BYTES_OF(digest), hex_bytes(vectors[i][1])));
	}
	uint8_t digest[CRYPTO_DIGEST_SIZE];
	assert_int_equal(crypto_md5(NULL, 0, digest), RESULT_OK);
	assert_true(bytes_equal(BYTES_OF(digest), hex_bytes(vectors[0][1])));
}

static void test_hmac_md5_vectors_of_rfc_2202(void** state)
{
	/* A key or data of one repeated octet is written as that octet and a count. */
	static const struct
	{
		const char* key;
		uint8_t key_octet;
		size_t key_count;
		const char* data;
		uint8_t data_octet;
		size_t data_count;
		const char* mac;
	} vectors[] = {
		{ NULL, 0x0b, 16, "Hi There", 0, 0, "9294727a3638bb1c13f48ef8158bfc9d" },
		{ "Jefe", 0, 0, "what do ya want for nothing?", 0, 0, "750c783e6ab0b503eaa86e310a5db738" },
		{ NULL, 0xaa, 16, NULL, 0xdd, 50, "56be34521d144c88dbb8c733f0e8b3f6" },
		{ "\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10\x11\x12\x13\x14\x15"
		  "\x16\x17\x18\x19",
		  0, 0, NULL, 0xcd, 50, "697eaf0aca3a3aea3a75164746ffaa79" },
		{ NULL, 0x0c, 16, "Test With Truncation", 0, 0, "56461ef2342edc00f9bab995690efd4c" },
		{ NULL, 0xaa, 80, "Test Using Larger Than Block-Size Key - Hash Key First", 0, 0,
		  "6b1ab7fe4bd7bf8f0b62e6ce61b9d0cd" },
		{ NULL, 0xaa, 80,
		  "Test Using Larger Than Block-Size Key and Larger Than One Block-Size Data", 0, 0,
		  "6f630fad67cda0ee1fb1f562db3aa53e" },
		/* Not of the RFC: no key and no data, by the definition in RFC 2104. */
		{ NULL, 0, 0, NULL, 0, 0, "74e6f7298a9c2d168935f58c001bad88" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++)
	{
		uint8_t key_run[80];
		uint8_t data_run[80];
		uint8_t mac[CRYPTO_DIGEST_SIZE];
		struct bytes key = bytes_make(key_run, vectors[i].key_count);
		struct bytes data = bytes_make(data_run, vectors[i].data_count);

		memset(key_run, vectors[i].key_octet, sizeof(key_run));
		memset(data_run, vectors[i].data_octet, sizeof(data_run));
		if (vectors[i].key)
			key = text(vectors[i].key);
		if (vectors[i].data)
			data = text(vectors[i].data);
		assert_int_equal(crypto_hmac_md5(key, &data, 1, mac), RESULT_OK);
		assert_true(bytes_equal(BYTES_OF(mac), hex_bytes(vectors[i].mac)));
	}
}

static void test_hmac_md5_without_a_key_does_not_reuse_one(void** state)
{
	const struct bytes data = BYTES_LITERAL("data");
	uint8_t first[CRYPTO_DIGEST_SIZE];
	uint8_t keyed[CRYPTO_DIGEST_SIZE];
	uint8_t second[CRYPTO_DIGEST_SIZE];

	(void)state;
	assert_int_equal(crypto_hmac_md5(BYTES_EMPTY, &data, 1, first), RESULT_OK);
	assert_int_equal(crypto_hmac_md5(BYTES_LITERAL("key"), &data, 1, keyed), RESULT_OK);
	assert_int_equal(crypto_hmac_md5(BYTES_EMPTY, &data, 1, second), RESULT_OK);
	assert_memory_equal(first, second, sizeof(first));
	assert_memory_not_equal(first, keyed, sizeof(first));
}

static void test_digests_concatenate_their_parts(void** state)
{
	const struct bytes parts[] = { BYTES_LITERAL("message"), BYTES_EMPTY, BYTES_LITERAL(" "),
		                           BYTES_LITERAL("digest") };
	const struct bytes whole = BYTES_LITERAL("message digest");
	uint8_t a[CRYPTO_DIGEST_SIZE];
	uint8_t b[CRYPTO_DIGEST_SIZE];

	(void)state;
	assert_int_equal(crypto_md5(parts, 4, a), RESULT_OK);
	assert_int_equal(crypto_md5(&whole, 1, b), RESULT_OK);
	assert_memory_equal(a, b, sizeof(a));
	assert_int_equal(crypto_hmac_md5(BYTES_LITERAL("key"), parts, 4, a), RESULT_OK);
	assert_int_equal(crypto_hmac_md5(BYTES_LITERAL("key"), &whole, 1, b), RESULT_OK);
	assert_memory_equal(a, b, sizeof(a));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_md5_vectors_of_rfc_1321),
		cmocka_unit_test(test_hmac_md5_vectors_of_rfc_2202),
		cmocka_unit_test(test_hmac_md5_without_a_key_does_not_reuse_one),
		cmocka_unit_test(test_digests_concatenate_their_parts),
	};
	return cmocka_run_group_tests(tests, setup, NULL);
}
