/* SPDX-License-Identifier: Apache-2.0
 *
 * KERB-TGT-REQUEST (draft-swift-win2k-krb-user2user 5.1).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "kerberos/tgt_req.h"
#include "vector.h"

/* server-name TERMSRV/a, realm R */
static const uint8_t with_realm[] = { 0x30, 0x28, 0xA0, 0x03, 0x02, 0x01, 0x05, 0xA1, 0x03,
	                                  0x02, 0x01, 0x10, 0xA2, 0x17, 0x30, 0x15, 0xA0, 0x03,
	                                  0x02, 0x01, 0x02, 0xA1, 0x0E, 0x30, 0x0C, 0x1B, 0x07,
	                                  'T',  'E',  'R',  'M',  'S',  'R',  'V',  0x1B, 0x01,
	                                  'a',  0xA3, 0x03, 0x1B, 0x01, 'R' };

static void test_request_is_read(void** state)
{
	struct tgt_req read = { "untouched", "" };
	(void)state;
	assert_int_equal(tgt_req_parse(bytes_make(with_realm, sizeof(with_realm)), &read), RESULT_OK);
	assert_string_equal(read.name, "TERMSRV/a");
	assert_string_equal(read.realm, "R");
}

static void test_request_that_is_malformed_is_refused(void** state)
{
	/* What is put where; of one byte each. */
	static const uint8_t changes[][2] = {
		{ 0, 0x31 },  { 1, 0x27 },  { 1, 0x29 },  { 6, 4 },     { 11, 0x11 }, { 12, 0xA4 },
		{ 14, 0x31 }, { 16, 0xA2 }, { 21, 0xA0 }, { 23, 0x31 }, { 25, 0x0C }, { 27, '@' },
		{ 28, 0 },    { 36, ' ' },  { 36, 0x7F }, { 36, 0x80 }, { 36, '\\' }, { 37, 0xA4 },
		{ 39, 0x16 }, { 41, '@' },  { 41, 0 },
	};
	struct tgt_req read = { "untouched", "" };
	uint8_t changed[sizeof(with_realm)];
	(void)state;
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++)
	{
		memcpy(changed, with_realm, sizeof(changed));
		changed[changes[i][0]] = changes[i][1];
		if (tgt_req_parse(bytes_make(changed, sizeof(changed)), &read) != RESULT_MALFORMED)
			fail_msg("byte %u", changes[i][0]);
	}
	for (size_t len = 0; len < sizeof(with_realm); len++)
	{
		struct blob exact = test_exact(bytes_make(with_realm, len));
		assert_int_equal(tgt_req_parse(blob_bytes(&exact), &read), RESULT_MALFORMED);
		blob_free(&exact);
	}
	assert_string_equal(read.name, "untouched");
}

/* 30 82 len A0 03 02 01 05 A1 03 02 01 10 A2 82 len 30 82 len A0 03 02 01 02 A1 82 len 30 82 len
 * 1B 01 'a' 1B 82 len name */
static size_t request_make(uint8_t* to, size_t name_len)
{
	static const char* const heads[] = {
		"\x30\x82", "\xA0\x03\x02\x01\x05\xA1\x03\x02\x01\x10\xA2\x82",
		"\x30\x82", "\xA0\x03\x02\x01\x02\xA1\x82",
		"\x30\x82", "\x1B\x01\x61\x1B\x82"
	};
	const size_t count = sizeof(heads) / sizeof(heads[0]);
	size_t after = name_len; /* what a length stands for: all that is behind it */
	for (size_t i = 1; i < count; i++)
		after += strlen(heads[i]) + 2;
	uint8_t* at = to;
	for (size_t i = 0; i < count; i++)
	{
		at = (uint8_t*)mempcpy(at, heads[i], strlen(heads[i]));
		*at++ = (uint8_t)(after >> 8);
		*at++ = (uint8_t)after;
		after -= i + 1 < count ? strlen(heads[i + 1]) + 2 : 0;
	}
	memset(at, 'b', name_len);
	return (size_t)(at - to) + name_len;
}

/* As long as there is room for, and a byte longer. */
static void test_request_with_long_names(void** state)
{
	struct tgt_req read;
	uint8_t body[400];
	(void)state;
	size_t len = request_make(body, TGT_REQ_NAME_SIZE - 3); /* "a/" before it, NUL behind it */
	assert_int_equal(tgt_req_parse(bytes_make(body, len), &read), RESULT_OK);
	assert_int_equal(strlen(read.name), TGT_REQ_NAME_SIZE - 1);
	len = request_make(body, TGT_REQ_NAME_SIZE - 2);
	assert_int_equal(tgt_req_parse(bytes_make(body, len), &read), RESULT_MALFORMED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_request_is_read),
		cmocka_unit_test(test_request_that_is_malformed_is_refused),
		cmocka_unit_test(test_request_with_long_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
