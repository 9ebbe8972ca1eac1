/* SPDX-License-Identifier: Apache-2.0
 *
 * Keys and secrets (module/base/secret.h): wiped, copied whole, compared whole.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "alloc_watch.h"
#include "base/secret.h"

static const uint8_t needle[] = { 0x9B, 0x21, 0xF4, 0x6C, 0x05, 0xD8, 0x73, 0xAE };

static void test_key_wipe_zeroes_all_sixteen_bytes(void** state)
{
	struct key key;

	(void)state;
	memset(key.bytes, 0xFF, sizeof(key.bytes));
	assert_int_equal(key_bytes(&key).len, 16);
	assert_ptr_equal(key_bytes(&key).data, key.bytes);
	assert_false(key_is_zero(&key));
	key_wipe(&key);
	for (size_t i = 0; i < KEY_SIZE; i++)
		assert_int_equal(key.bytes[i], 0);
	assert_true(key_is_zero(&key));
}

static void test_key_is_zero_looks_at_every_bit(void** state)
{
	(void)state;
	for (size_t bit = 0; bit < 8 * KEY_SIZE; bit++)
	{
		struct key key = { { 0 } };

		key.bytes[bit / 8] = (uint8_t)(1u << (bit % 8));
		assert_false(key_is_zero(&key));
	}
}

static void test_secret_equal_is_exact(void** state)
{
	uint8_t a[40];
	uint8_t b[40];

	(void)state;
	memset(a, 0x5A, sizeof(a));
	memset(b, 0x5A, sizeof(b));
	assert_true(secret_equal(BYTES_OF(a), BYTES_OF(b)));
	for (size_t bit = 0; bit < 8 * sizeof(b); bit++)
	{
		b[bit / 8] ^= (uint8_t)(1u << (bit % 8));
		assert_false(secret_equal(BYTES_OF(a), BYTES_OF(b)));
		b[bit / 8] ^= (uint8_t)(1u << (bit % 8));
	}
	assert_false(secret_equal(bytes_make(a, 39), BYTES_OF(b)));
	assert_false(secret_equal(BYTES_OF(a), BYTES_EMPTY));
	assert_true(secret_equal(BYTES_EMPTY, BYTES_EMPTY));
	assert_true(secret_equal(BYTES_EMPTY, bytes_make(a, 0)));
}

static void test_secret_alloc_gives_zeros_and_wants_an_empty_secret(void** state)
{
	struct secret secret = SECRET_EMPTY;

	(void)state;
	assert_int_equal(secret_alloc(&secret, 0), RESULT_OK);
	assert_null(secret.data);
	assert_int_equal(secret_alloc(&secret, 100), RESULT_OK);
	assert_int_equal(secret_bytes(&secret).len, 100);
	for (size_t i = 0; i < 100; i++)
		assert_int_equal(secret.data[i], 0);
	assert_int_equal(secret_alloc(&secret, 1), RESULT_INTERNAL);
	assert_int_equal(secret.len, 100);
	secret_free(&secret);
	assert_null(secret.data);
	assert_int_equal(secret.len, 0);
}

static void test_secret_is_wiped_when_freed_and_when_replaced(void** state)
{
	struct secret secret = SECRET_EMPTY;

	(void)state;
	alloc_watch_needle(needle, sizeof(needle));
	assert_int_equal(secret_set(&secret, BYTES_OF(needle)), RESULT_OK);
	assert_true(bytes_equal(secret_bytes(&secret), BYTES_OF(needle)));
	assert_ptr_not_equal(secret.data, needle);
	assert_int_equal(secret_set(&secret, BYTES_LITERAL("other")), RESULT_OK);
	assert_true(bytes_equal(secret_bytes(&secret), BYTES_LITERAL("other")));
	assert_int_equal(secret_set(&secret, BYTES_OF(needle)), RESULT_OK);
	secret_free(&secret);
	assert_int_equal(alloc_watch_found(), 0);
	alloc_watch_needle(NULL, 0);
	secret_free(&secret);
	secret_free(NULL);
}

static void test_secret_set_takes_a_part_of_itself_and_emptiness(void** state)
{
	struct secret secret = SECRET_EMPTY;

	(void)state;
	assert_int_equal(secret_set(&secret, BYTES_LITERAL("password")), RESULT_OK);
	assert_int_equal(secret_set(&secret, bytes_make(secret.data + 4, 4)), RESULT_OK);
	assert_true(bytes_equal(secret_bytes(&secret), BYTES_LITERAL("word")));
	assert_int_equal(secret_set(&secret, BYTES_EMPTY), RESULT_OK);
	assert_null(secret.data);
	assert_int_equal(secret.len, 0);
}

static void test_secret_keeps_its_content_without_memory(void** state)
{
	struct secret secret = SECRET_EMPTY;

	(void)state;
	assert_int_equal(secret_set(&secret, BYTES_LITERAL("kept")), RESULT_OK);
	alloc_watch_fail(1);
	assert_int_equal(secret_set(&secret, BYTES_LITERAL("new")), RESULT_NO_MEMORY);
	alloc_watch_fail(0);
	assert_true(bytes_equal(secret_bytes(&secret), BYTES_LITERAL("kept")));
	secret_free(&secret);
}

static void test_secret_wipe_zeroes_exactly_the_range(void** state)
{
	uint8_t memory[10];

	(void)state;
	memset(memory, 0xEE, sizeof(memory));
	secret_wipe(memory + 1, 8);
	assert_int_equal(memory[0], 0xEE);
	assert_int_equal(memory[9], 0xEE);
	for (size_t i = 1; i < 9; i++)
		assert_int_equal(memory[i], 0);
	secret_wipe(NULL, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_key_wipe_zeroes_all_sixteen_bytes),
		cmocka_unit_test(test_key_is_zero_looks_at_every_bit),
		cmocka_unit_test(test_secret_equal_is_exact),
		cmocka_unit_test(test_secret_alloc_gives_zeros_and_wants_an_empty_secret),
		cmocka_unit_test(test_secret_is_wiped_when_freed_and_when_replaced),
		cmocka_unit_test(test_secret_set_takes_a_part_of_itself_and_emptiness),
		cmocka_unit_test(test_secret_keeps_its_content_without_memory),
		cmocka_unit_test(test_secret_wipe_zeroes_exactly_the_range),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
