/* SPDX-License-Identifier: Apache-2.0
 *
 * DER elements (module/base/der.h). Encodings are written out by hand from X.690.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/der.h"

static void expect_written(struct writer* writer, struct bytes expected)
{
	struct blob blob = BLOB_EMPTY;

	assert_int_equal(writer_take(writer, &blob), RESULT_OK);
	assert_int_equal(blob.len, expected.len);
	assert_memory_equal(blob.data, expected.data, expected.len);
	blob_free(&blob);
}

/* `input` does not parse, and nothing is touched by the attempt. */
static void expect_malformed(struct bytes input)
{
	struct reader reader = reader_make(input);
	uint8_t tag = 0xEE;
	struct bytes content = { input.data, 77 };
	struct bytes whole = { input.data, 78 };

	assert_int_equal(der_read_any(&reader, &tag, &content, &whole), RESULT_MALFORMED);
	assert_int_equal(tag, 0xEE);
	assert_int_equal(content.len, 77);
	assert_int_equal(whole.len, 78);
	assert_ptr_equal(reader.rest.data, input.data);
	assert_int_equal(reader_left(&reader), input.len);
}

/* --- reading --------------------------------------------------------------------------------- */

static void test_der_read_any_gives_content_and_whole(void** state)
{
	static const uint8_t input[] = { 0x04, 0x02, 'h', 'i', 0x30, 0x00 };
	struct reader reader = reader_make(BYTES_OF(input));
	uint8_t tag;
	struct bytes content;
	struct bytes whole;

	(void)state;
	assert_int_equal(der_read_any(&reader, &tag, &content, &whole), RESULT_OK);
	assert_int_equal(tag, DER_OCTET_STRING);
	assert_ptr_equal(content.data, input + 2);
	assert_int_equal(content.len, 2);
	assert_ptr_equal(whole.data, input);
	assert_int_equal(whole.len, 4);
	assert_int_equal(der_read_any(&reader, &tag, &content, NULL), RESULT_OK);
	assert_int_equal(tag, DER_SEQUENCE);
	assert_int_equal(content.len, 0);
	assert_int_equal(reader_end(&reader), RESULT_OK);
	assert_int_equal(der_read_any(&reader, &tag, &content, NULL), RESULT_MALFORMED);
}

static void test_der_read_accepts_lengths_of_up_to_four_octets(void** state)
{
	static const uint8_t forms[][6] = { { 0x04, 0x81, 0x01, 'x' },
		                                { 0x04, 0x82, 0x00, 0x01, 'x' },
		                                { 0x04, 0x83, 0x00, 0x00, 0x01, 'x' } };
	static const uint8_t four[] = { 0x04, 0x84, 0x00, 0x00, 0x00, 0x01, 'x' };
	struct bytes content;

	(void)state;
	for (size_t i = 0; i < 3; i++)
	{
		struct reader reader = reader_make(bytes_make(forms[i], 4 + i));

		assert_int_equal(der_read(&reader, DER_OCTET_STRING, &content), RESULT_OK);
		assert_true(bytes_equal(content, BYTES_LITERAL("x")));
		assert_int_equal(reader_left(&reader), 0);
	}
	struct reader reader = reader_make(BYTES_OF(four));
	assert_int_equal(der_read(&reader, DER_OCTET_STRING, &content), RESULT_OK);
	assert_true(bytes_equal(content, BYTES_LITERAL("x")));
}

static void test_der_read_refuses_what_der_does_not_have(void** state)
{
	static const uint8_t indefinite[] = { 0x30, 0x80, 0x00, 0x00 };
	static const uint8_t five_octets[] = { 0x04, 0x85, 0, 0, 0, 0, 1, 'x' };
	static const uint8_t reserved[] = { 0x04, 0xFF, 'x' };
	static const uint8_t huge[] = { 0x04, 0x84, 0xFF, 0xFF, 0xFF, 0xFF, 'x' };
	static const uint8_t wraps[] = { 0x04, 0x84, 0xFF, 0xFF, 0xFF, 0xFA, 'x' };

	(void)state;
	expect_malformed(BYTES_OF(indefinite));
	expect_malformed(BYTES_OF(five_octets));
	expect_malformed(BYTES_OF(reserved));
	expect_malformed(BYTES_OF(huge));
	expect_malformed(BYTES_OF(wraps));
	/* Tag number 31 in every class, primitive and constructed. */
	for (unsigned bits = 0; bits < 8; bits++)
	{
		const uint8_t input[] = { (uint8_t)(bits << 5 | 0x1F), 0x01, 0x00 };

		expect_malformed(BYTES_OF(input));
	}
}

static void test_der_read_refuses_every_truncation(void** state)
{
	/* Contents of 3, 200 and 300 octets: one, two and three length octets. */
	static const size_t sizes[] = { 3, 200, 300 };

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
	{
		struct writer writer = writer_make(1000);
		struct blob blob = BLOB_EMPTY;
		size_t start = der_begin(&writer, DER_SEQUENCE);

		writer_zeros(&writer, sizes[i]);
		der_end(&writer, start);
		assert_int_equal(writer_take(&writer, &blob), RESULT_OK);
		for (size_t len = 0; len < blob.len; len++)
		{
			/* A block of just this size, so that the sanitizer sees a read past it. */
			uint8_t* exact = malloc(len > 0 ? len : 1);

			assert_non_null(exact);
			bytes_copy(exact, bytes_make(blob.data, len));
			expect_malformed(bytes_make(exact, len));
			free(exact);
		}
		blob_free(&blob);
	}
}

static void test_der_read_wants_its_tag(void** state)
{
	static const uint8_t input[] = { 0x04, 0x01, 'x' };
	struct reader reader = reader_make(BYTES_OF(input));
	struct bytes content = { input, 77 };

	(void)state;
	assert_false(der_next_is(&reader, DER_SEQUENCE));
	assert_int_equal(der_read(&reader, DER_SEQUENCE, &content), RESULT_MALFORMED);
	assert_int_equal(content.len, 77);
	assert_int_equal(reader_left(&reader), 3);
	assert_true(der_next_is(&reader, DER_OCTET_STRING));
	assert_int_equal(der_read(&reader, DER_OCTET_STRING, &content), RESULT_OK);
	assert_int_equal(content.len, 1);
	assert_false(der_next_is(&reader, DER_OCTET_STRING));
	assert_int_equal(der_read(&reader, DER_OCTET_STRING, &content), RESULT_MALFORMED);
}

static void test_der_read_explicit_wants_one_element_inside(void** state)
{
	static const uint8_t good[] = { 0xA2, 0x03, 0x04, 0x01, 'x', 0xFF };
	static const uint8_t trailing[] = { 0xA2, 0x05, 0x04, 0x01, 'x', 0x05, 0x00 };
	static const uint8_t wrong_inner[] = { 0xA2, 0x03, 0x0A, 0x01, 'x' };
	static const uint8_t inner_too_long[] = { 0xA2, 0x03, 0x04, 0x02, 'x', 'y' };
	static const uint8_t empty[] = { 0xA2, 0x00, 0x04, 0x01, 'x' };
	const struct bytes bad[] = { BYTES_OF(trailing), BYTES_OF(wrong_inner),
		                         BYTES_OF(inner_too_long), BYTES_OF(empty) };
	struct reader reader = reader_make(BYTES_OF(good));
	struct bytes content = { good, 77 };

	(void)state;
	assert_int_equal(der_read_explicit(&reader, 1, DER_OCTET_STRING, &content), RESULT_MALFORMED);
	assert_int_equal(reader_left(&reader), 6);
	assert_int_equal(der_read_explicit(&reader, 2, DER_OCTET_STRING, &content), RESULT_OK);
	assert_true(bytes_equal(content, BYTES_LITERAL("x")));
	assert_int_equal(reader_left(&reader), 1);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
	{
		content.len = 77;
		reader = reader_make(bad[i]);
		assert_int_equal(der_read_explicit(&reader, 2, DER_OCTET_STRING, &content),
		                 RESULT_MALFORMED);
		assert_int_equal(content.len, 77);
		assert_int_equal(reader_left(&reader), bad[i].len);
	}
	/* Beyond 30 the tag would take more octets: a defect of the caller, not of the peer. */
	assert_int_equal(der_read_explicit(&reader, 31, DER_OCTET_STRING, &content), RESULT_INTERNAL);
}

static void test_der_parse_u32_takes_non_negative_numbers_of_32_bits(void** state)
{
	static const struct
	{
		struct bytes content;
		uint32_t value;
	} good[] = {
		{ { (const uint8_t*)"\x00", 1 }, 0 },
		{ { (const uint8_t*)"\x7F", 1 }, 127 },
		{ { (const uint8_t*)"\x00\x80", 2 }, 128 },
		{ { (const uint8_t*)"\x00\x00\x05", 3 }, 5 },
		{ { (const uint8_t*)"\x7F\xFF\xFF\xFF", 4 }, 0x7FFFFFFF },
		{ { (const uint8_t*)"\x00\xC0\x00\x00\x6D", 5 }, 0xC000006D },
		{ { (const uint8_t*)"\x00\xFF\xFF\xFF\xFF", 5 }, 0xFFFFFFFF },
	};
	static const struct bytes bad[] = {
		{ NULL, 0 },
		{ (const uint8_t*)"\x80", 1 },
		{ (const uint8_t*)"\xFF\xFF\xFF\xFF", 4 },
		{ (const uint8_t*)"\x01\x00\x00\x00\x00", 5 },
		{ (const uint8_t*)"\x00\x00\x00\x00\x00\x01", 6 },
	};
	uint32_t value;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
	{
		value = ~good[i].value;
		assert_int_equal(der_parse_u32(good[i].content, &value), RESULT_OK);
		assert_true(value == good[i].value);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
	{
		value = 0xEEEEEEEE;
		assert_int_equal(der_parse_u32(bad[i], &value), RESULT_MALFORMED);
		assert_true(value == 0xEEEEEEEE);
	}
}

/* --- writing --------------------------------------------------------------------------------- */

static void test_der_end_writes_the_shortest_length(void** state)
{
	static const struct
	{
		size_t size;
		struct bytes head;
	} cases[] = {
		{ 0, { (const uint8_t*)"\x30\x00", 2 } },
		{ 127, { (const uint8_t*)"\x30\x7F", 2 } },
		{ 128, { (const uint8_t*)"\x30\x81\x80", 3 } },
		{ 255, { (const uint8_t*)"\x30\x81\xFF", 3 } },
		{ 256, { (const uint8_t*)"\x30\x82\x01\x00", 4 } },
		{ 65535, { (const uint8_t*)"\x30\x82\xFF\xFF", 4 } },
		{ 65536, { (const uint8_t*)"\x30\x83\x01\x00\x00", 5 } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
	{
		struct writer writer = writer_make(cases[i].head.len + cases[i].size);
		struct blob blob = BLOB_EMPTY;
		const size_t start = der_begin(&writer, DER_SEQUENCE);
		struct reader reader;
		struct bytes content;

		for (size_t n = 0; n < cases[i].size; n++)
			writer_u8(&writer, (uint8_t)(n * 7 + 1));
		der_end(&writer, start);
		assert_int_equal(writer_take(&writer, &blob), RESULT_OK);
		assert_int_equal(blob.len, cases[i].head.len + cases[i].size);
		assert_true(bytes_starts_with(blob_bytes(&blob), cases[i].head));
		/* The content moved whole, and reads back. */
		reader = reader_make(blob_bytes(&blob));
		assert_int_equal(der_read(&reader, DER_SEQUENCE, &content), RESULT_OK);
		assert_int_equal(reader_end(&reader), RESULT_OK);
		for (size_t n = 0; n < content.len; n++)
			assert_int_equal(content.data[n], (uint8_t)(n * 7 + 1));
		blob_free(&blob);
	}
}

static void test_der_brackets_nest(void** state)
{
	struct writer writer = writer_make(1000);
	struct blob blob = BLOB_EMPTY;
	const size_t outer = der_begin(&writer, DER_APPLICATION_0);
	const size_t inner = der_begin(&writer, DER_SEQUENCE);
	struct reader reader;
	struct bytes content;

	(void)state;
	/* Both grow by a length octet, the outer one because of the inner one's. */
	writer_zeros(&writer, 125);
	der_write(&writer, DER_OID, BYTES_LITERAL("z"));
	der_end(&writer, inner);
	der_end(&writer, outer);
	assert_int_equal(writer_take(&writer, &blob), RESULT_OK);
	assert_int_equal(blob.len, 3 + 3 + 128);
	reader = reader_make(blob_bytes(&blob));
	assert_int_equal(der_read(&reader, DER_APPLICATION_0, &content), RESULT_OK);
	assert_int_equal(reader_end(&reader), RESULT_OK);
	reader = reader_make(content);
	assert_int_equal(der_read(&reader, DER_SEQUENCE, &content), RESULT_OK);
	assert_int_equal(reader_end(&reader), RESULT_OK);
	assert_int_equal(content.len, 128);
	assert_memory_equal(content.data + 125, "\x06\x01z", 3);
	blob_free(&blob);
}

static void test_der_write_explicit_wraps_one_element(void** state)
{
	struct writer writer = writer_make(100);

	(void)state;
	der_write_explicit(&writer, 3, DER_OCTET_STRING, BYTES_LITERAL("mic"));
	expect_written(&writer, BYTES_LITERAL("\xA3\x05\x04\x03mic"));
	der_write_explicit(&writer, 0, DER_OCTET_STRING, BYTES_EMPTY);
	expect_written(&writer, BYTES_LITERAL("\xA0\x02\x04\x00"));
	der_write_explicit(&writer, 31, DER_OCTET_STRING, BYTES_EMPTY);
	assert_int_equal(writer.error, RESULT_INTERNAL);
	writer_drop(&writer);
}

static void test_der_write_explicit_u32_uses_the_fewest_octets(void** state)
{
	static const struct
	{
		uint32_t value;
		struct bytes expected;
	} cases[] = {
		{ 0, { (const uint8_t*)"\xA0\x03\x02\x01\x00", 5 } },
		{ 6, { (const uint8_t*)"\xA0\x03\x02\x01\x06", 5 } },
		{ 127, { (const uint8_t*)"\xA0\x03\x02\x01\x7F", 5 } },
		{ 128, { (const uint8_t*)"\xA0\x04\x02\x02\x00\x80", 6 } },
		{ 0x7FFF, { (const uint8_t*)"\xA0\x04\x02\x02\x7F\xFF", 6 } },
		{ 0x8000, { (const uint8_t*)"\xA0\x05\x02\x03\x00\x80\x00", 7 } },
		{ 0x7FFFFFFF, { (const uint8_t*)"\xA0\x06\x02\x04\x7F\xFF\xFF\xFF", 8 } },
		{ 0xC000006D, { (const uint8_t*)"\xA0\x07\x02\x05\x00\xC0\x00\x00\x6D", 9 } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
	{
		struct writer writer = writer_make(100);
		struct reader reader = reader_make(cases[i].expected);
		struct bytes content;
		uint32_t value;

		der_write_explicit_u32(&writer, 0, DER_INTEGER, cases[i].value);
		expect_written(&writer, cases[i].expected);
		assert_int_equal(der_read_explicit(&reader, 0, DER_INTEGER, &content), RESULT_OK);
		assert_int_equal(der_parse_u32(content, &value), RESULT_OK);
		assert_true(value == cases[i].value);
	}
}

static void test_der_writing_respects_limit_and_misuse(void** state)
{
	struct blob blob = BLOB_EMPTY;

	(void)state;
	/* Every limit below what is needed fails, wherever it strikes; 3 + 130 octets are needed. */
	for (size_t limit = 0; limit <= 133; limit++)
	{
		struct writer writer = writer_make(limit);
		const size_t start = der_begin(&writer, DER_SEQUENCE);

		writer_zeros(&writer, 130);
		der_end(&writer, start);
		assert_int_equal(writer_take(&writer, &blob),
		                 limit < 133 ? RESULT_BUFFER_TOO_SMALL : RESULT_OK);
	}
	blob_free(&blob);
	/* A start that der_begin cannot have returned. */
	static const size_t starts[] = { 0, 1, 4, SIZE_MAX };
	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
	{
		struct writer writer = writer_make(100);

		writer_zeros(&writer, 3);
		der_end(&writer, starts[i]);
		assert_int_equal(writer.error, RESULT_INTERNAL);
		writer_drop(&writer);
	}
}

static void test_der_read_initial_token_gives_mechanism_and_content(void** state)
{
	(void)state;
	static const uint8_t token[] = { 0x60, 0x06, 0x06, 0x02, 0x2A, 0x03, 0x04, 0x01, 0x99 };
	static const uint8_t tagged[] = { 0x61, 0x06, 0x06, 0x02, 0x2A, 0x03, 0x04, 0x01 };
	static const uint8_t nameless[] = { 0x60, 0x04, 0x04, 0x02, 0x2A, 0x03 };
	const size_t len = sizeof(token) - 1;
	struct bytes oid = BYTES_EMPTY;
	struct bytes inner = BYTES_EMPTY;

	assert_int_equal(der_read_initial_token(bytes_make(token, len), &oid, &inner), RESULT_OK);
	assert_true(bytes_equal(oid, bytes_make(token + 4, 2)));
	assert_true(bytes_equal(inner, bytes_make(token + 6, 2)));
	oid = BYTES_EMPTY;
	assert_int_equal(der_read_initial_token(BYTES_OF(token), &oid, &inner), RESULT_MALFORMED);
	for (size_t i = 0; i < len; i++)
		assert_int_equal(der_read_initial_token(bytes_make(token, i), &oid, &inner),
		                 RESULT_MALFORMED);
	assert_int_equal(der_read_initial_token(BYTES_OF(tagged), &oid, &inner), RESULT_MALFORMED);
	assert_int_equal(der_read_initial_token(BYTES_OF(nameless), &oid, &inner), RESULT_MALFORMED);
	assert_int_equal(oid.len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_der_read_any_gives_content_and_whole),
		cmocka_unit_test(test_der_read_accepts_lengths_of_up_to_four_octets),
		cmocka_unit_test(test_der_read_refuses_what_der_does_not_have),
		cmocka_unit_test(test_der_read_refuses_every_truncation),
		cmocka_unit_test(test_der_read_wants_its_tag),
		cmocka_unit_test(test_der_read_explicit_wants_one_element_inside),
		cmocka_unit_test(test_der_read_initial_token_gives_mechanism_and_content),
		cmocka_unit_test(test_der_parse_u32_takes_non_negative_numbers_of_32_bits),
		cmocka_unit_test(test_der_end_writes_the_shortest_length),
		cmocka_unit_test(test_der_brackets_nest),
		cmocka_unit_test(test_der_write_explicit_wraps_one_element),
		cmocka_unit_test(test_der_write_explicit_u32_uses_the_fewest_octets),
		cmocka_unit_test(test_der_writing_respects_limit_and_misuse),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
