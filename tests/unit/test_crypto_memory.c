/* SPDX-License-Identifier: Apache-2.0
 *
 * What MD5 and HMAC-MD5 leave in memory, a thread's context of OpenSSL's included: nothing. The
 * process's memory is searched.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/crypto.h"
#include "memory_scan.h"

/* Read-only, and so not searched. 80 bytes: MD5's second block is left open until the end. */
static const uint8_t secret_text[] =
    "This text is hashed; of its eighty bytes sixteen are of the second block, (sic)";
static const uint8_t secret_key[17] = "sixteen secrets!";
/* What HMAC puts into its blocks for this key (RFC 2104). */
static const uint8_t inner_pad[] = { 's' ^ 0x36, 'i' ^ 0x36, 'x' ^ 0x36, 't' ^ 0x36,
	                                 'e' ^ 0x36, 'e' ^ 0x36, 'n' ^ 0x36, ' ' ^ 0x36 };
static const uint8_t outer_pad[] = { 's' ^ 0x5C, 'i' ^ 0x5C, 'x' ^ 0x5C, 't' ^ 0x5C,
	                                 'e' ^ 0x5C, 'e' ^ 0x5C, 'n' ^ 0x5C, ' ' ^ 0x5C };
static uint8_t digest[CRYPTO_DIGEST_SIZE];

static int setup(void** state)
{
	(void)state;
	memory_scan_leave_out(digest, sizeof(digest));
	return crypto_init() == RESULT_OK ? 0 : -1;
}

static void assert_nothing_is_left(void)
{
	assert_int_equal(memory_scan(secret_text + 64, 16), 0);
	assert_int_equal(memory_scan(digest, sizeof(digest)), 0);
	assert_int_equal(memory_scan(inner_pad, sizeof(inner_pad)), 0);
	assert_int_equal(memory_scan(outer_pad, sizeof(outer_pad)), 0);
}

static void test_the_scan_finds_a_copy(void** state)
{
	uint8_t copy[sizeof(secret_text)];

	(void)state;
	memcpy(copy, secret_text, sizeof(copy));
	assert_int_equal(memory_scan(secret_text + 64, 16), 1);
	secret_wipe(copy, sizeof(copy));
	assert_int_equal(memory_scan(secret_text + 64, 16), 0);
}

static void test_md5_leaves_nothing(void** state)
{
	const struct bytes text = BYTES_OF(secret_text);

	(void)state;
	assert_int_equal(crypto_md5(&text, 1, digest), RESULT_OK);
	assert_nothing_is_left();
}

static void test_hmac_md5_leaves_nothing(void** state)
{
	const struct bytes text = BYTES_OF(secret_text);

	(void)state;
	assert_int_equal(crypto_hmac_md5(bytes_make(secret_key, 16), &text, 1, digest), RESULT_OK);
	assert_nothing_is_left();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_scan_finds_a_copy),
		cmocka_unit_test(test_md5_leaves_nothing),
		cmocka_unit_test(test_hmac_md5_leaves_nothing),
	};
	return cmocka_run_group_tests(tests, setup, NULL);
}
