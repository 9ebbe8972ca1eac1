/* SPDX-License-Identifier: Apache-2.0
 *
 * TSRequest (MS-CSSP 2.2.1), read and written.
 *
 * The messages are of one CredSSP version 6 exchange of the test data of Devolutions/sspi-rs
 * (src/credssp/ts_request/test.rs).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "credssp/ts_request.h"
#include "vector.h"

/* clang-format off */
static const uint8_t nego_request[] = {
	0x30, 0x5b, 0xa0, 0x03, 0x02, 0x01, 0x06, 0xa1, 0x30, 0x30, 0x2e, 0x30, 0x2c, 0xa0,
	0x2a, 0x04, 0x28, 0x4e, 0x54, 0x4c, 0x4d, 0x53, 0x53, 0x50, 0x00, 0x01, 0x00, 0x00,
	0x00, 0xb7, 0x82, 0x08, 0xe2, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x06, 0x01, 0xb1, 0x1d, 0x00, 0x00, 0x00,
	0x0f, 0xa5, 0x22, 0x04, 0x20, 0x22, 0x10, 0x12, 0xad, 0x12, 0x5c, 0x7a, 0x15, 0xfe,
	0xb6, 0x4b, 0x1f, 0xcb, 0x94, 0x83, 0x3a, 0xc5, 0x6f, 0x66, 0x4c, 0xf3, 0xbc, 0xe7,
	0x54, 0x8a, 0x5d, 0x9e, 0x05, 0x0a, 0x46, 0x91, 0xdb
};

static const uint8_t pub_key_request[] = {
	0x30, 0x5d, 0xa0, 0x03, 0x02, 0x01, 0x06, 0xa3, 0x32, 0x04, 0x30, 0x01, 0x00, 0x00,
	0x00, 0xce, 0x7a, 0x5a, 0xf4, 0xf7, 0xe2, 0x57, 0x1b, 0x00, 0x00, 0x00, 0x00, 0xda,
	0xcc, 0x16, 0x8f, 0xb2, 0x34, 0x45, 0xed, 0x02, 0x67, 0x31, 0xc1, 0x63, 0x90, 0xa8,
	0x5c, 0x6b, 0x01, 0xbc, 0x1f, 0x8d, 0x93, 0x5e, 0x34, 0xde, 0x66, 0xb9, 0xb3, 0xd7,
	0xf5, 0xa1, 0xab, 0xa5, 0x22, 0x04, 0x20, 0x22, 0x10, 0x12, 0xad, 0x12, 0x5c, 0x7a,
	0x15, 0xfe, 0xb6, 0x4b, 0x1f, 0xcb, 0x94, 0x83, 0x3a, 0xc5, 0x6f, 0x66, 0x4c, 0xf3,
	0xbc, 0xe7, 0x54, 0x8a, 0x5d, 0x9e, 0x05, 0x0a, 0x46, 0x91, 0xdb
};

static const uint8_t auth_info_request[] = {
	0x30, 0x5a, 0xa0, 0x03, 0x02, 0x01, 0x06, 0xa2, 0x2f, 0x04, 0x2d, 0x01, 0x00, 0x00,
	0x00, 0xe0, 0xba, 0xe3, 0xba, 0xc2, 0x72, 0x54, 0xe8, 0x01, 0x00, 0x00, 0x00, 0x6e,
	0x03, 0x7c, 0x4c, 0x9d, 0x02, 0x4e, 0x5e, 0xeb, 0xa1, 0x9f, 0xab, 0x60, 0x32, 0x97,
	0xcd, 0x95, 0xcf, 0xfe, 0x8f, 0x44, 0x70, 0x79, 0x6e, 0x6c, 0xcd, 0xea, 0x74, 0x6a,
	0xa5, 0x22, 0x04, 0x20, 0x22, 0x10, 0x12, 0xad, 0x12, 0x5c, 0x7a, 0x15, 0xfe, 0xb6,
	0x4b, 0x1f, 0xcb, 0x94, 0x83, 0x3a, 0xc5, 0x6f, 0x66, 0x4c, 0xf3, 0xbc, 0xe7, 0x54,
	0x8a, 0x5d, 0x9e, 0x05, 0x0a, 0x46, 0x91, 0xdb
};

static const uint8_t error_request[] = {
	0x30, 0x65, 0xa0, 0x03, 0x02, 0x01, 0x06, 0xa3, 0x32, 0x04, 0x30, 0x01, 0x00, 0x00,
	0x00, 0xd8, 0xb3, 0x0c, 0x7e, 0x37, 0x51, 0x21, 0x84, 0x00, 0x00, 0x00, 0x00, 0x6c,
	0x47, 0xc8, 0xe3, 0x02, 0x59, 0x92, 0x19, 0xd1, 0x99, 0xdf, 0xbd, 0x0f, 0xf5, 0x71,
	0x61, 0x3a, 0xdf, 0x74, 0x03, 0xef, 0xfc, 0xa5, 0x23, 0x16, 0x23, 0x37, 0x55, 0xff,
	0x91, 0x20, 0xd8, 0xa4, 0x06, 0x02, 0x04, 0xc0, 0x07, 0x00, 0xea, 0xa5, 0x22, 0x04,
	0x20, 0xf8, 0x8d, 0xd4, 0xb7, 0x55, 0x9a, 0x94, 0xe5, 0xe8, 0x7f, 0x2b, 0x2f, 0x94,
	0xc2, 0x38, 0x58, 0xa9, 0x84, 0xfc, 0x07, 0x69, 0x7d, 0xf8, 0x57, 0x76, 0xc9, 0x57,
	0xa3, 0x15, 0x12, 0xeb, 0x32
};
/* clang-format on */

static const struct bytes real_messages[] = {
	{ nego_request, sizeof(nego_request) },
	{ pub_key_request, sizeof(pub_key_request) },
	{ auth_info_request, sizeof(auth_info_request) },
	{ error_request, sizeof(error_request) },
};
#define REAL_COUNT (sizeof(real_messages) / sizeof(real_messages[0]))

static struct ts_request parsed(struct bytes message)
{
	struct ts_request request = { 0 };
	assert_int_equal(ts_request_parse(message, &request, NULL), RESULT_OK);
	return request;
}

static void assert_malformed(struct bytes message)
{
	struct ts_request request = { .version = 77 };

	assert_int_equal(ts_request_parse(message, &request, NULL), RESULT_MALFORMED);
	assert_int_equal(request.version, 77);
}

static void assert_slice(struct bytes slice, const uint8_t* at, size_t len)
{
	assert_int_equal(slice.len, len);
	assert_ptr_equal(slice.data, at);
}

static void test_fields_of_real_messages(void** state)
{
	(void)state;
	struct ts_request request = parsed(real_messages[0]);
	assert_int_equal(request.version, 6);
	assert_int_equal(request.fields, TS_NEGO_TOKENS | TS_CLIENT_NONCE);
	assert_slice(request.nego_token, nego_request + 17, 40);
	assert_slice(request.client_nonce, nego_request + sizeof(nego_request) - 32, 32);
	assert_int_equal(request.pub_key_auth.len, 0);

	request = parsed(real_messages[1]);
	assert_int_equal(request.fields, TS_PUB_KEY_AUTH | TS_CLIENT_NONCE);
	assert_slice(request.pub_key_auth, pub_key_request + 11, 48);

	request = parsed(real_messages[2]);
	assert_int_equal(request.fields, TS_AUTH_INFO | TS_CLIENT_NONCE);
	assert_slice(request.auth_info, auth_info_request + 11, 45);
}

static void test_error_code_is_read_in_either_encoding(void** state)
{
	static const uint8_t with_zero[] = { 0x30, 0x0e, 0xa0, 0x03, 0x02, 0x01, 0x06, 0xa4,
		                                 0x07, 0x02, 0x05, 0x00, 0xc0, 0x00, 0x00, 0x6d };
	static const uint8_t too_wide[] = { 0x30, 0x0e, 0xa0, 0x03, 0x02, 0x01, 0x06, 0xa4,
		                                0x07, 0x02, 0x05, 0x01, 0xc0, 0x00, 0x00, 0x6d };
	static const uint8_t small[] = { 0x30, 0x0a, 0xa0, 0x03, 0x02, 0x01,
		                             0x06, 0xa4, 0x03, 0x02, 0x01, 0x05 };

	(void)state;
	const struct ts_request request = parsed(real_messages[3]);
	assert_int_equal(request.fields, TS_PUB_KEY_AUTH | TS_ERROR_CODE | TS_CLIENT_NONCE);
	assert_int_equal(request.error_code, 0xC00700EA);
	assert_int_equal(parsed(BYTES_OF(with_zero)).error_code, 0xC000006D);
	assert_int_equal(parsed(BYTES_OF(small)).error_code, 5);
	assert_malformed(BYTES_OF(too_wide));
}

static void test_writing_gives_the_same_bytes(void** state)
{
	(void)state;
	for (size_t i = 0; i < REAL_COUNT; i++)
	{
		const struct ts_request request = parsed(real_messages[i]);
		struct blob written = BLOB_EMPTY;

		assert_int_equal(ts_request_write(&request, &written), RESULT_OK);
		assert_int_equal(written.len, real_messages[i].len);
		assert_memory_equal(written.data, real_messages[i].data, written.len);
		blob_free(&written);
	}
}

/* X.690 8.3.2: the fewest octets, and Windows's four for a failure. */
static void test_error_codes_are_written_in_the_fewest_octets(void** state)
{
	static const struct
	{
		uint32_t code;
		size_t octets;
	} cases[] = { { 0, 1 },      { 0x7F, 1 },       { 0x80, 2 },       { 0x8000, 3 },
		          { 0x7FFF, 2 }, { 0xC000006D, 4 }, { 0xFFFFFF7F, 2 }, { 0xFFFFFFFF, 1 } };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
	{
		const struct ts_request request = { .version = 6,
			                                .fields = TS_ERROR_CODE,
			                                .error_code = cases[i].code };
		struct blob written = BLOB_EMPTY;

		assert_int_equal(ts_request_write(&request, &written), RESULT_OK);
		assert_int_equal(written.len, 2 + 5 + 4 + cases[i].octets);
		blob_free(&written);
	}
}

static void test_error_codes_survive_writing(void** state)
{
	static const uint32_t codes[] = { 0,          1,          0x7F,       0x80,
		                              0xFF,       0x8000,     0x7FFFFFFF, 0x80000000,
		                              0xFFFFFF7F, 0xFFFFFFFF, 0xC000006D, 0xC0070005 };

	(void)state;
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
	{
		const struct ts_request request = { .version = 6,
			                                .fields = TS_ERROR_CODE,
			                                .error_code = codes[i] };
		struct blob written = BLOB_EMPTY;

		assert_int_equal(ts_request_write(&request, &written), RESULT_OK);
		assert_int_equal(parsed(blob_bytes(&written)).error_code, codes[i]);
		blob_free(&written);
	}
}

static void test_a_message_cut_anywhere_is_malformed(void** state)
{
	(void)state;
	for (size_t i = 0; i < REAL_COUNT; i++)
	{
		for (size_t len = 0; len < real_messages[i].len; len++)
		{
			/* A copy of just that length, so that reading past it is seen by ASan. */
			struct blob cut = BLOB_EMPTY;

			assert_int_equal(blob_set(&cut, bytes_make(real_messages[i].data, len)), RESULT_OK);
			assert_malformed(blob_bytes(&cut));
			blob_free(&cut);
		}
	}
}

static void test_bytes_after_the_message_are_malformed(void** state)
{
	uint8_t longer[sizeof(nego_request) + 1] = { 0 };

	(void)state;
	bytes_copy(longer, BYTES_OF(nego_request));
	assert_malformed(BYTES_OF(longer));
}

static void test_order_duplicates_and_strangers_are_malformed(void** state)
{
	static const uint8_t swapped[] = { 0x30, 0x0f, 0xa0, 0x03, 0x02, 0x01, 0x06, 0xa3, 0x03,
		                               0x04, 0x01, 0xaa, 0xa2, 0x03, 0x04, 0x01, 0xbb };
	static const uint8_t twice[] = { 0x30, 0x0f, 0xa0, 0x03, 0x02, 0x01, 0x06, 0xa3, 0x03,
		                             0x04, 0x01, 0xaa, 0xa3, 0x03, 0x04, 0x01, 0xbb };
	static const uint8_t stranger[] = { 0x30, 0x0a, 0xa0, 0x03, 0x02, 0x01,
		                                0x06, 0xa6, 0x03, 0x04, 0x01, 0xaa };
	static const uint8_t no_version[] = { 0x30, 0x05, 0xa3, 0x03, 0x04, 0x01, 0xaa };
	static const uint8_t two_tokens[] = { 0x30, 0x17, 0xa0, 0x03, 0x02, 0x01, 0x06, 0xa1, 0x10,
		                                  0x30, 0x0e, 0x30, 0x05, 0xa0, 0x03, 0x04, 0x01, 0xaa,
		                                  0x30, 0x05, 0xa0, 0x03, 0x04, 0x01, 0xbb };
	static const uint8_t no_token[] = { 0x30, 0x09, 0xa0, 0x03, 0x02, 0x01,
		                                0x06, 0xa1, 0x02, 0x30, 0x00 };
	static const uint8_t after_token[] = { 0x30, 0x12, 0xa0, 0x03, 0x02, 0x01, 0x06,
		                                   0xa1, 0x0b, 0x30, 0x09, 0x30, 0x07, 0xa0,
		                                   0x03, 0x04, 0x01, 0xaa, 0x05, 0x00 };
	static const uint8_t wrong_type[] = { 0x30, 0x0a, 0xa0, 0x03, 0x02, 0x01,
		                                  0x06, 0xa3, 0x03, 0x02, 0x01, 0xaa };

	(void)state;
	assert_malformed(BYTES_OF(swapped));
	assert_malformed(BYTES_OF(twice));
	assert_malformed(BYTES_OF(stranger));
	assert_malformed(BYTES_OF(no_version));
	assert_malformed(BYTES_OF(two_tokens));
	assert_malformed(BYTES_OF(no_token));
	assert_malformed(BYTES_OF(after_token));
	assert_malformed(BYTES_OF(wrong_type));
}

static void test_present_but_empty_is_not_absent(void** state)
{
	static const uint8_t empty_token[] = { 0x30, 0x0f, 0xa0, 0x03, 0x02, 0x01, 0x06, 0xa1, 0x08,
		                                   0x30, 0x06, 0x30, 0x04, 0xa0, 0x02, 0x04, 0x00 };

	(void)state;
	const struct ts_request request = parsed(BYTES_OF(empty_token));
	assert_int_equal(request.fields, TS_NEGO_TOKENS);
	assert_int_equal(request.nego_token.len, 0);
}

static void test_a_message_past_the_limit_is_refused(void** state)
{
	uint8_t* const huge = calloc(1, TS_REQUEST_LIMIT + 1);
	const struct ts_request request = { .version = 6,
		                                .fields = TS_AUTH_INFO,
		                                .auth_info = { huge, TS_REQUEST_LIMIT } };
	struct blob written = BLOB_EMPTY;
	struct ts_request read = { 0 };

	(void)state;
	assert_non_null(huge);
	assert_int_equal(ts_request_write(&request, &written), RESULT_BUFFER_TOO_SMALL);
	assert_null(written.data);

	/* Well formed: version and an authInfo that fills the rest, 65537 bytes in all. */
	static const uint8_t head[] = { 0x30, 0x82, 0xff, 0xfd, 0xa0, 0x03, 0x02, 0x01, 0x06,
		                            0xa2, 0x82, 0xff, 0xf4, 0x04, 0x82, 0xff, 0xf0 };
	bytes_copy(huge, BYTES_OF(head));
	assert_int_equal(ts_request_parse(bytes_make(huge, TS_REQUEST_LIMIT + 1), &read, NULL),
	                 RESULT_MALFORMED);
	free(huge);
}

/* Whoever has to find out why a logon failed is told the field. */
static void test_a_malformed_message_says_where(void** state)
{
	static const struct
	{
		const char* hex;
		const char* words;
	} cases[] = {
		{ "", "TSRequest: its SEQUENCE is not well formed, or bytes follow it" },
		{ "300000", "TSRequest: its SEQUENCE is not well formed, or bytes follow it" },
		{ "3000", "TSRequest: version is missing or not well formed" },
		{ "3005a003020180", "TSRequest: version is missing or not well formed" },
		{ "3009a003020106a1023000", "TSRequest: negoTokens does not hold one token" },
		{ "300ba003020106a10430023000", "TSRequest: negoToken is missing or not well formed" },
		{ "3011a003020106a10a30083006a0020400"
		  "0500",
		  "TSRequest: a field is unknown, doubled or out of its order" },
		{ "3009a003020106a2020500", "TSRequest: authInfo is missing or not well formed" },
		{ "3009a003020106a3020500", "TSRequest: pubKeyAuth is missing or not well formed" },
		{ "3009a003020106a4020200", "TSRequest: errorCode is missing or not well formed" },
		{ "300ea003020106a4070205ffff00006d",
		  "TSRequest: errorCode is missing or not well formed" },
		{ "3009a003020106a5020500", "TSRequest: clientNonce is missing or not well formed" },
		{ "3009a003020106a6020400", "TSRequest: a field is unknown, doubled or out of its order" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
	{
		struct ts_request request;
		struct fault fault = { NULL, NULL, NULL };
		struct blob message = test_hex(cases[i].hex);
		char text[FAULT_TEXT_SIZE];

		assert_int_equal(ts_request_parse(blob_bytes(&message), &request, &fault),
		                 RESULT_MALFORMED);
		fault_text(&fault, text, sizeof(text));
		assert_string_equal(text, cases[i].words);
		blob_free(&message);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields_of_real_messages),
		cmocka_unit_test(test_error_code_is_read_in_either_encoding),
		cmocka_unit_test(test_writing_gives_the_same_bytes),
		cmocka_unit_test(test_error_codes_are_written_in_the_fewest_octets),
		cmocka_unit_test(test_error_codes_survive_writing),
		cmocka_unit_test(test_a_message_cut_anywhere_is_malformed),
		cmocka_unit_test(test_bytes_after_the_message_are_malformed),
		cmocka_unit_test(test_order_duplicates_and_strangers_are_malformed),
		cmocka_unit_test(test_present_but_empty_is_not_absent),
		cmocka_unit_test(test_a_message_past_the_limit_is_refused),
		cmocka_unit_test(test_a_malformed_message_says_where),
	};
	return cmocka_run_group_tests_name("ts_request", tests, NULL, NULL);
}
