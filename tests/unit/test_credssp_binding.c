/* SPDX-License-Identifier: Apache-2.0
 *
 * What pubKeyAuth says before it is sealed (MS-CSSP 3.1.5). The hashes were computed with another
 * program (sha256sum) from the strings as the specification prints them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "credssp/binding.h"
#include "vector.h"

#define KEY BYTES_LITERAL("\x30\x05\xFF\x01\x02\x03\x04")
/* 00 01 02 .. 1f */
#define NONCE                                                                                      \
	BYTES_LITERAL("\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0A\x0B\x0C\x0D\x0E\x0F"               \
	              "\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1A\x1B\x1C\x1D\x1E\x1F")
#define OTHER_NONCE                                                                                \
	BYTES_LITERAL("\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0A\x0B\x0C\x0D\x0E\x0F"               \
	              "\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1A\x1B\x1C\x1D\x1E\x1E")

#define CLIENT_HASH "ee5cf04bc0f1f76d0f9f8ae4b0048c73b7e2c5bd39a485eb6d76ce07eabffb5e"
#define SERVER_HASH "ee8bda0cddf0617bb7587b6bbd97bc25d1690ffb5abab761d62aca8bd3972784"

static void assert_says(uint32_t version, enum mech_role role, const char* hex)
{
	struct blob is = BLOB_EMPTY;
	struct blob expected = test_hex(hex);

	assert_int_equal(binding_make(version, role, KEY, NONCE, &is), RESULT_OK);
	assert_int_equal(is.len, expected.len);
	assert_memory_equal(is.data, expected.data, is.len);
	assert_int_equal(binding_check(version, role, KEY, NONCE, blob_bytes(&expected)), RESULT_OK);
	blob_free(&is);
	blob_free(&expected);
}

static void test_versions_2_to_4_echo_the_key(void** state)
{
	(void)state;
	for (uint32_t version = 2; version <= 4; version++)
	{
		assert_says(version, MECH_INITIATOR, "3005ff01020304");
		assert_says(version, MECH_ACCEPTOR, "3105ff01020304");
	}
}

/* The first octet alone, without a carry. */
static void test_the_plus_1_wraps_around(void** state)
{
	struct blob is = BLOB_EMPTY;

	(void)state;
	assert_int_equal(binding_make(2, MECH_ACCEPTOR, BYTES_LITERAL("\xFF\x07"), BYTES_EMPTY, &is),
	                 RESULT_OK);
	assert_memory_equal(is.data, "\x00\x07", 2);
	blob_free(&is);
}

static void test_versions_5_and_6_hash_it_with_the_nonce(void** state)
{
	(void)state;
	for (uint32_t version = 5; version <= 6; version++)
	{
		assert_says(version, MECH_INITIATOR, CLIENT_HASH);
		assert_says(version, MECH_ACCEPTOR, SERVER_HASH);
	}
}

/* Neither role's word is the other's, and another key or nonce is never taken. */
static void test_CVE_2018_0886_what_is_not_the_binding_is_refused(void** state)
{
	(void)state;
	for (uint32_t version = 2; version <= 6; version++)
	{
		struct blob client = BLOB_EMPTY;
		struct blob server = BLOB_EMPTY;

		assert_int_equal(binding_make(version, MECH_INITIATOR, KEY, NONCE, &client), RESULT_OK);
		assert_int_equal(binding_make(version, MECH_ACCEPTOR, KEY, NONCE, &server), RESULT_OK);
		assert_int_equal(binding_check(version, MECH_ACCEPTOR, KEY, NONCE, blob_bytes(&client)),
		                 RESULT_ALTERED);
		assert_int_equal(binding_check(version, MECH_INITIATOR, KEY, NONCE, blob_bytes(&server)),
		                 RESULT_ALTERED);
		assert_int_equal(binding_check(version, MECH_INITIATOR,
		                               BYTES_LITERAL("\x30\x05\xFF\x01\x02\x03\x05"), NONCE,
		                               blob_bytes(&client)),
		                 RESULT_ALTERED);
		assert_int_equal(
		    binding_check(version, MECH_INITIATOR, KEY, OTHER_NONCE, blob_bytes(&client)),
		    version >= 5 ? RESULT_ALTERED : RESULT_OK);
		assert_int_equal(binding_check(version, MECH_INITIATOR, KEY, NONCE,
		                               bytes_make(client.data, client.len - 1)),
		                 RESULT_ALTERED);
		assert_int_equal(binding_check(version, MECH_INITIATOR, KEY, NONCE, BYTES_EMPTY),
		                 RESULT_ALTERED);
		blob_free(&client);
		blob_free(&server);
	}
}

static void test_no_key_and_no_nonce(void** state)
{
	struct blob binding = BLOB_EMPTY;
	const struct bytes nonce = NONCE;

	(void)state;
	for (uint32_t version = 2; version <= 6; version++)
	{
		assert_int_equal(binding_make(version, MECH_INITIATOR, BYTES_EMPTY, NONCE, &binding),
		                 RESULT_INVALID_ARGUMENT);
		assert_int_equal(binding_check(version, MECH_INITIATOR, BYTES_EMPTY, NONCE, BYTES_EMPTY),
		                 RESULT_INVALID_ARGUMENT);
	}
	for (size_t len = 0; len < nonce.len; len++)
		assert_int_equal(
		    binding_make(5, MECH_INITIATOR, KEY, bytes_make(nonce.data, len), &binding),
		    RESULT_INVALID_ARGUMENT);
	assert_int_equal(binding_make(4, MECH_INITIATOR, KEY, BYTES_EMPTY, &binding), RESULT_OK);
	blob_free(&binding);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_versions_2_to_4_echo_the_key),
		cmocka_unit_test(test_the_plus_1_wraps_around),
		cmocka_unit_test(test_versions_5_and_6_hash_it_with_the_nonce),
		cmocka_unit_test(test_CVE_2018_0886_what_is_not_the_binding_is_refused),
		cmocka_unit_test(test_no_key_and_no_nonce),
	};
	return cmocka_run_group_tests_name("credssp_binding", tests, NULL, NULL);
}
