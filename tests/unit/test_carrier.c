/* SPDX-License-Identifier: Apache-2.0
 *
 * A mechanism's tokens in and out of somebody else's SPNEGO (module/negossp.h). The messages are
 * written out by hand from RFC 4178 4.2.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "negossp.h"

/* NegTokenInit { [0] { 1.2.840.113554.1.2.2 }, [2] "ab" } */
static const uint8_t init_message[] = { 0x60, 0x21, 0x06, 0x06, 0x2B, 0x06, 0x01, 0x05, 0x05,
	                                    0x02, 0xA0, 0x17, 0x30, 0x15, 0xA0, 0x0D, 0x30, 0x0B,
	                                    0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x12, 0x01,
	                                    0x02, 0x02, 0xA2, 0x04, 0x04, 0x02, 'a',  'b' };
/* NegTokenResp { [0] accept-completed, [2] "cd" } */
static const uint8_t last_message[] = { 0xA1, 0x0D, 0x30, 0x0B, 0xA0, 0x03, 0x0A, 0x01,
	                                    0x00, 0xA2, 0x04, 0x04, 0x02, 'c',  'd' };
/* NegTokenResp { [0] accept-incomplete, [2] "cd" } */
static const uint8_t next_message[] = { 0xA1, 0x0D, 0x30, 0x0B, 0xA0, 0x03, 0x0A, 0x01,
	                                    0x01, 0xA2, 0x04, 0x04, 0x02, 'c',  'd' };

static void test_carried_token_is_what_either_message_holds(void** state)
{
	(void)state;
	static const uint8_t without[] = { 0xA1, 0x07, 0x30, 0x05, 0xA0, 0x03, 0x0A, 0x01, 0x00 };
	struct bytes token = BYTES_EMPTY;

	assert_int_equal(negossp_carried_token(BYTES_OF(init_message), &token), RESULT_OK);
	assert_true(bytes_equal(token, BYTES_LITERAL("ab")));
	assert_int_equal(negossp_carried_token(BYTES_OF(last_message), &token), RESULT_OK);
	assert_true(bytes_equal(token, BYTES_LITERAL("cd")));
	for (size_t i = 0; i < sizeof(init_message); i++)
		assert_int_equal(negossp_carried_token(bytes_make(init_message, i), &token),
		                 RESULT_MALFORMED);
	for (size_t i = 0; i < sizeof(last_message); i++)
		assert_int_equal(negossp_carried_token(bytes_make(last_message, i), &token),
		                 RESULT_MALFORMED);
	assert_true(bytes_equal(token, BYTES_LITERAL("cd")));
	assert_int_equal(negossp_carried_token(BYTES_OF(without), &token), RESULT_OK);
	assert_int_equal(token.len, 0);
}

static void test_carry_token_says_whether_it_is_the_last(void** state)
{
	(void)state;
	struct blob message = BLOB_EMPTY;

	assert_int_equal(negossp_carry_token(BYTES_LITERAL("cd"), true, &message), RESULT_OK);
	assert_true(bytes_equal(blob_bytes(&message), BYTES_OF(last_message)));
	assert_int_equal(negossp_carry_token(BYTES_LITERAL("cd"), false, &message), RESULT_OK);
	assert_true(bytes_equal(blob_bytes(&message), BYTES_OF(next_message)));
	blob_free(&message);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_carried_token_is_what_either_message_holds),
		cmocka_unit_test(test_carry_token_says_whether_it_is_the_last),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
