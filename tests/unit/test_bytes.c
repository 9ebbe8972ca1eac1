/* SPDX-License-Identifier: Apache-2.0
 *
 * Slices, reader and writer (module/base/bytes.h), and the names of the results.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "alloc_watch.h"
#include "base/bytes.h"

static const uint8_t sample[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };
static const uint8_t needle[] = { 0xC3, 0x5A, 0xE1, 0x99, 0x17, 0x42, 0xB6, 0x0D };

/* --- slices --------------------------------------------------------------------------------- */

static void test_bytes_equal_compares_length_and_content(void** state)
{
	(void)state;
	assert_true(bytes_equal(BYTES_LITERAL("abc"), BYTES_LITERAL("abc")));
	assert_false(bytes_equal(BYTES_LITERAL("abc"), BYTES_LITERAL("abd")));
	assert_false(bytes_equal(BYTES_LITERAL("abc"), BYTES_LITERAL("ab")));
	assert_true(bytes_equal(BYTES_EMPTY, BYTES_EMPTY));
	assert_true(bytes_equal(BYTES_EMPTY, BYTES_LITERAL("")));
	assert_false(bytes_equal(BYTES_EMPTY, BYTES_LITERAL("a")));
}

static void test_bytes_starts_with_never_reads_past_the_end(void** state)
{
	(void)state;
	assert_true(bytes_starts_with(BYTES_LITERAL("abc"), BYTES_LITERAL("ab")));
	assert_true(bytes_starts_with(BYTES_LITERAL("abc"), BYTES_LITERAL("abc")));
	assert_true(bytes_starts_with(BYTES_LITERAL("abc"), BYTES_EMPTY));
	assert_true(bytes_starts_with(BYTES_EMPTY, BYTES_EMPTY));
	assert_false(bytes_starts_with(BYTES_LITERAL("abc"), BYTES_LITERAL("b")));
	/* The memory behind the slice would match; the slice ends before. */
	assert_false(bytes_starts_with(bytes_make(sample, 2), bytes_make(sample, 3)));
}

static void test_bytes_part_accepts_exactly_what_is_inside(void** state)
{
	(void)state;
	/* Every offset and length around a slice of three. */
	for (size_t offset = 0; offset <= 5; offset++)
	{
		for (size_t len = 0; len <= 5; len++)
		{
			struct bytes part = { needle, 77 };
			const enum result result = bytes_part(bytes_make(sample, 3), offset, len, &part);

			if (offset + len <= 3)
			{
				assert_int_equal(result, RESULT_OK);
				assert_ptr_equal(part.data, sample + offset);
				assert_int_equal(part.len, len);
			}
			else
			{
				assert_int_equal(result, RESULT_MALFORMED);
				assert_ptr_equal(part.data, needle);
				assert_int_equal(part.len, 77);
			}
		}
	}
	struct bytes part;
	assert_int_equal(bytes_part(BYTES_EMPTY, 0, 0, &part), RESULT_OK);
	assert_int_equal(part.len, 0);
}

static void test_CVE_2023_25563_bytes_part_does_not_overflow(void** state)
{
	const struct bytes whole = BYTES_OF(sample);
	struct bytes part;

	(void)state;
	/* Each sum wraps around to something inside. */
	assert_int_equal(bytes_part(whole, SIZE_MAX, 1, &part), RESULT_MALFORMED);
	assert_int_equal(bytes_part(whole, SIZE_MAX, 2, &part), RESULT_MALFORMED);
	assert_int_equal(bytes_part(whole, 1, SIZE_MAX, &part), RESULT_MALFORMED);
	assert_int_equal(bytes_part(whole, 2, SIZE_MAX, &part), RESULT_MALFORMED);
	assert_int_equal(bytes_part(whole, SIZE_MAX, SIZE_MAX, &part), RESULT_MALFORMED);
	assert_int_equal(bytes_part(whole, SIZE_MAX - 3, 4, &part), RESULT_MALFORMED);
	assert_int_equal(bytes_part(whole, SIZE_MAX / 2 + 1, SIZE_MAX / 2 + 1, &part),
	                 RESULT_MALFORMED);
	assert_int_equal(bytes_part(whole, 0, SIZE_MAX, &part), RESULT_MALFORMED);
	assert_int_equal(bytes_part(whole, 4, SIZE_MAX - 3, &part), RESULT_MALFORMED);
}

static void test_bytes_from_hex_takes_digits_in_pairs_and_either_case(void** state)
{
	static const char* const bad[] = { "0",
		                               "0g",
		                               "g0",
		                               "/0",
		                               ":0",
		                               "@0",
		                               "G0",
		                               "`0",
		                               "0 ",
		                               ("\xB0"
		                                "0") };
	static const uint8_t wanted[] = { 0x00, 0x9A, 0xFA, 0xBF };
	uint8_t read[4] = { 0 };
	(void)state;

	assert_int_equal(bytes_from_hex(BYTES_LITERAL("009aFAbF"), read), RESULT_OK);
	assert_memory_equal(read, wanted, sizeof(wanted));
	assert_int_equal(bytes_from_hex(BYTES_EMPTY, NULL), RESULT_OK);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(bytes_from_hex(bytes_make((const uint8_t*)bad[i], strlen(bad[i])), read),
		                 RESULT_MALFORMED);
}

static void test_little_endian_puts_and_gets_exactly_its_size(void** state)
{
	static const uint8_t wanted[] = { 0x08, 0x07, 0x06, 0x05, 0x04, 0x03, 0x02, 0x81 };
	const uint64_t number = UINT64_C(0x8102030405060708);
	(void)state;

	for (size_t size = 0; size <= sizeof(wanted); size++)
	{
		uint8_t memory[9];

		memset(memory, 0xEE, sizeof(memory));
		little_endian_put(memory, size, number);
		assert_memory_equal(memory, wanted, size);
		assert_int_equal(memory[size], 0xEE);
		assert_true(little_endian_get(memory, size) ==
		            (size < 8 ? number & ((UINT64_C(1) << (8 * size)) - 1) : number));
	}
}

static void test_blob_set_replaces_and_survives_lack_of_memory(void** state)
{
	struct blob blob = BLOB_EMPTY;

	(void)state;
	assert_int_equal(blob_set(&blob, BYTES_LITERAL("first")), RESULT_OK);
	/* A part of itself. */
	assert_int_equal(blob_set(&blob, bytes_make(blob.data + 1, 3)), RESULT_OK);
	assert_true(bytes_equal(blob_bytes(&blob), BYTES_LITERAL("irs")));

	alloc_watch_fail(1);
	assert_int_equal(blob_set(&blob, BYTES_LITERAL("second")), RESULT_NO_MEMORY);
	alloc_watch_fail(0);
	assert_true(bytes_equal(blob_bytes(&blob), BYTES_LITERAL("irs")));

	assert_int_equal(blob_set(&blob, BYTES_EMPTY), RESULT_OK);
	assert_null(blob.data);
	assert_int_equal(blob.len, 0);
	blob_free(&blob);
	blob_free(NULL);
}

/* --- reading -------------------------------------------------------------------------------- */

static void test_reader_reads_little_endian_in_order(void** state)
{
	struct reader reader = reader_make(BYTES_OF(sample));
	uint8_t u8 = 0;
	uint16_t u16 = 0;
	uint32_t u32 = 0;
	uint64_t u64 = 0;

	(void)state;
	assert_int_equal(reader_u8(&reader, &u8), RESULT_OK);
	assert_int_equal(reader_u16le(&reader, &u16), RESULT_OK);
	assert_int_equal(reader_u32le(&reader, &u32), RESULT_OK);
	assert_int_equal(reader_u64le(&reader, &u64), RESULT_OK);
	assert_int_equal(u8, 1);
	assert_int_equal(u16, 0x0302);
	assert_true(u32 == 0x07060504);
	assert_true(u64 == 0x0F0E0D0C0B0A0908);
	assert_int_equal(reader_left(&reader), 0);
	assert_int_equal(reader_end(&reader), RESULT_OK);
}

static void test_reader_keeps_everything_when_the_input_is_short(void** state)
{
	(void)state;
	/* Every length below eight, against every read that needs more. */
	for (size_t len = 0; len < 8; len++)
	{
		struct reader reader = reader_make(bytes_make(sample, len));
		uint8_t copy[8] = { 0xEE, 0xEE };
		uint8_t u8 = 0xEE;
		uint16_t u16 = 0xEEEE;
		uint32_t u32 = 0xEEEEEEEE;
		uint64_t u64 = 0xEEEEEEEE;
		struct bytes taken = { needle, 77 };

		if (len < 1)
			assert_int_equal(reader_u8(&reader, &u8), RESULT_MALFORMED);
		if (len < 2)
			assert_int_equal(reader_u16le(&reader, &u16), RESULT_MALFORMED);
		if (len < 4)
			assert_int_equal(reader_u32le(&reader, &u32), RESULT_MALFORMED);
		assert_int_equal(reader_u64le(&reader, &u64), RESULT_MALFORMED);
		assert_int_equal(reader_take(&reader, len + 1, &taken), RESULT_MALFORMED);
		assert_int_equal(reader_take(&reader, SIZE_MAX, &taken), RESULT_MALFORMED);
		assert_int_equal(reader_skip(&reader, len + 1), RESULT_MALFORMED);
		assert_int_equal(reader_copy(&reader, copy, len + 1), RESULT_MALFORMED);

		assert_int_equal(u8, 0xEE);
		assert_int_equal(u16, 0xEEEE);
		assert_true(u32 == 0xEEEEEEEE && u64 == 0xEEEEEEEE);
		assert_int_equal(copy[0], 0xEE);
		assert_ptr_equal(taken.data, needle);
		assert_int_equal(taken.len, 77);
		assert_ptr_equal(reader.rest.data, sample);
		assert_int_equal(reader_left(&reader), len);
	}
}

static void test_reader_take_skip_and_copy_move_by_exactly_their_length(void** state)
{
	struct reader reader = reader_make(BYTES_OF(sample));
	struct bytes taken;
	uint8_t copy[3] = { 0 };

	(void)state;
	assert_int_equal(reader_take(&reader, 4, &taken), RESULT_OK);
	assert_ptr_equal(taken.data, sample);
	assert_int_equal(taken.len, 4);
	assert_int_equal(reader_skip(&reader, 2), RESULT_OK);
	assert_int_equal(reader_copy(&reader, copy, 2), RESULT_OK);
	assert_int_equal(copy[0], 7);
	assert_int_equal(copy[1], 8);
	assert_int_equal(copy[2], 0);
	assert_int_equal(reader_end(&reader), RESULT_MALFORMED);
	assert_int_equal(reader_take(&reader, reader_left(&reader), &taken), RESULT_OK);
	assert_int_equal(taken.len, 7);
	assert_int_equal(reader_end(&reader), RESULT_OK);
	assert_int_equal(reader_take(&reader, 0, &taken), RESULT_OK);
	assert_int_equal(taken.len, 0);
}

/* --- writing -------------------------------------------------------------------------------- */

static void test_writer_writes_little_endian_in_order(void** state)
{
	struct writer writer = writer_make(64);
	struct blob blob = BLOB_EMPTY;

	(void)state;
	writer_u8(&writer, 1);
	writer_u16le(&writer, 0x0302);
	writer_u32le(&writer, 0x07060504);
	writer_u64le(&writer, 0x0F0E0D0C0B0A0908);
	writer_bytes(&writer, BYTES_EMPTY);
	assert_true(bytes_equal(writer_written(&writer), BYTES_OF(sample)));
	writer_zeros(&writer, 2);
	assert_int_equal(writer_take(&writer, &blob), RESULT_OK);
	assert_int_equal(blob.len, sizeof(sample) + 2);
	assert_memory_equal(blob.data, sample, sizeof(sample));
	assert_int_equal(blob.data[15] | blob.data[16], 0);
	blob_free(&blob);
}

static void test_writer_insert_moves_what_follows(void** state)
{
	struct writer writer = writer_make(16);

	(void)state;
	writer_bytes(&writer, BYTES_LITERAL("abcd"));
	writer_insert(&writer, 1, 2);
	assert_true(bytes_equal(writer_written(&writer), BYTES_LITERAL("a\0\0bcd")));
	writer_insert(&writer, 6, 1);
	writer_insert(&writer, 0, 1);
	writer_insert(&writer, 3, 0);
	assert_true(bytes_equal(writer_written(&writer), BYTES_LITERAL("\0a\0\0bcd\0")));
	writer_insert(&writer, 9, 1);
	assert_int_equal(writer.error, RESULT_INTERNAL);
	writer_drop(&writer);

	writer_insert(&writer, 1, 0);
	assert_int_equal(writer.error, RESULT_INTERNAL);
	writer_drop(&writer);
}

static void test_writer_patches_only_what_was_written(void** state)
{
	static const uint8_t patched[] = { 0xAA, 0, 0, 0, 0, 0, 0, 'x', 'y' };
	/* Offsets that are outside, the last two by wrapping around. */
	static const size_t outside[] = { 1, 2, SIZE_MAX, SIZE_MAX - 2 };
	struct writer writer = writer_make(64);

	(void)state;
	writer_zeros(&writer, 9);
	writer_patch_u8(&writer, 0, 0xAA);
	writer_patch_bytes(&writer, 7, BYTES_LITERAL("xy"));
	writer_patch_bytes(&writer, 9, BYTES_EMPTY);
	assert_true(bytes_equal(writer_written(&writer), BYTES_OF(patched)));
	writer_drop(&writer);

	for (size_t i = 0; i < sizeof(outside) / sizeof(outside[0]); i++)
	{
		struct blob blob = BLOB_EMPTY;

		writer_zeros(&writer, 4);
		writer_patch_bytes(&writer, outside[i], bytes_make(sample, 4));
		assert_int_equal(writer_take(&writer, &blob), RESULT_INTERNAL);
		writer_zeros(&writer, outside[i] == 1 ? 1 : 2);
		writer_patch_bytes(&writer, outside[i], bytes_make(sample, 2));
		assert_int_equal(writer_take(&writer, &blob), RESULT_INTERNAL);
		writer_zeros(&writer, 1);
		writer_patch_u8(&writer, outside[i], 0);
		assert_int_equal(writer_take(&writer, &blob), RESULT_INTERNAL);
		assert_null(blob.data);
	}
	writer_patch_u8(&writer, 0, 0);
	assert_int_equal(writer.error, RESULT_INTERNAL);
	writer_drop(&writer);
}

static void test_writer_never_exceeds_its_limit(void** state)
{
	(void)state;
	for (size_t limit = 0; limit < 300; limit++)
	{
		struct writer writer = writer_make(limit);

		for (size_t i = 0; i < limit; i++)
			writer_u8(&writer, (uint8_t)i);
		assert_int_equal(writer.error, RESULT_OK);
		assert_int_equal(writer_written(&writer).len, limit);
		assert_true(writer.capacity <= limit);
		writer_u8(&writer, 0);
		assert_int_equal(writer.error, RESULT_BUFFER_TOO_SMALL);
		writer_drop(&writer);
	}
}

static void test_writer_refuses_lengths_near_the_end_of_the_address_space(void** state)
{
	struct writer writer = writer_make(SIZE_MAX);

	(void)state;
	writer_u8(&writer, 1);
	writer_zeros(&writer, SIZE_MAX);
	assert_int_equal(writer.error, RESULT_BUFFER_TOO_SMALL);
	writer_drop(&writer);

	writer = writer_make(100);
	writer_u8(&writer, 1);
	writer_insert(&writer, 0, SIZE_MAX);
	assert_int_equal(writer.error, RESULT_BUFFER_TOO_SMALL);
	writer_drop(&writer);
	writer_zeros(&writer, 4);
	writer_patch_bytes(&writer, 1, bytes_make(sample, SIZE_MAX));
	assert_int_equal(writer.error, RESULT_INTERNAL);
	writer_drop(&writer);

	/* Allowed by the limit, but no power of two is as large: the doubling must end. */
	writer = writer_make(SIZE_MAX);
	alloc_watch_fail(1);
	writer_zeros(&writer, SIZE_MAX / 2 + 2);
	alloc_watch_fail(0);
	assert_int_equal(writer.error, RESULT_NO_MEMORY);
	writer_drop(&writer);
}

static void test_writer_first_error_sticks(void** state)
{
	struct writer writer = writer_make(4);
	struct blob blob = BLOB_EMPTY;

	(void)state;
	assert_int_equal(blob_set(&blob, BYTES_LITERAL("old")), RESULT_OK);
	writer_u16le(&writer, 7);
	writer_u32le(&writer, 7);
	assert_int_equal(writer.error, RESULT_BUFFER_TOO_SMALL);
	/* These would fit, or fail in another way. */
	writer_u8(&writer, 7);
	writer_patch_u8(&writer, 0, 9);
	writer_patch_u8(&writer, 99, 9);
	writer_insert(&writer, 99, 1);
	writer_zeros(&writer, 1);
	assert_int_equal(writer_written(&writer).len, 0);
	assert_int_equal(writer_take(&writer, &blob), RESULT_BUFFER_TOO_SMALL);
	assert_true(bytes_equal(blob_bytes(&blob), BYTES_LITERAL("old")));

	/* Empty and usable again. */
	assert_null(writer.data);
	writer_u8(&writer, 5);
	assert_int_equal(writer_take(&writer, &blob), RESULT_OK);
	assert_int_equal(blob.len, 1);
	assert_int_equal(blob.data[0], 5);
	assert_int_equal(writer_take(&writer, &blob), RESULT_OK);
	assert_null(blob.data);
}

static void test_writer_reports_every_failed_allocation(void** state)
{
	size_t allocations = 0;

	(void)state;
	for (size_t nth = 1; nth < 20; nth++)
	{
		struct writer writer = writer_make(5000);
		struct blob blob = BLOB_EMPTY;
		enum result result;

		alloc_watch_fail(nth);
		for (size_t i = 0; i < 5000; i++)
			writer_u8(&writer, (uint8_t)i);
		allocations = alloc_watch_count();
		alloc_watch_fail(0);
		result = writer_take(&writer, &blob);
		assert_int_equal(result, allocations >= nth ? RESULT_NO_MEMORY : RESULT_OK);
		assert_int_equal(blob.len, result == RESULT_OK ? 5000 : 0);
		blob_free(&blob);
	}
	/* Doubling: a few allocations, not thousands, and few enough for the loop to have ended well.
	 */
	assert_true(allocations >= 2 && allocations <= 18);
}

static void test_writer_leaves_no_copy_behind(void** state)
{
	struct writer writer = writer_make(4096);
	struct blob blob = BLOB_EMPTY;

	(void)state;
	alloc_watch_needle(needle, sizeof(needle));
	/* Growing. */
	writer_bytes(&writer, BYTES_OF(needle));
	writer_zeros(&writer, 3000);
	assert_int_equal(writer.error, RESULT_OK);
	assert_int_equal(alloc_watch_found(), 0);
	/* Throwing away. */
	writer_drop(&writer);
	assert_int_equal(alloc_watch_found(), 0);
	/* Failing. */
	writer_bytes(&writer, BYTES_OF(needle));
	writer_zeros(&writer, 5000);
	assert_int_equal(writer_take(&writer, &blob), RESULT_BUFFER_TOO_SMALL);
	assert_int_equal(alloc_watch_found(), 0);
	/* That the watch sees anything at all: a blob is not wiped. */
	assert_int_equal(blob_set(&blob, BYTES_OF(needle)), RESULT_OK);
	blob_free(&blob);
	assert_int_equal(alloc_watch_found(), 1);
	alloc_watch_needle(NULL, 0);
}

/* --- results -------------------------------------------------------------------------------- */

static void test_result_names_are_distinct(void** state)
{
	(void)state;
	for (int a = RESULT_OK; a <= RESULT_INTERNAL; a++)
	{
		assert_string_not_equal(result_name((enum result)a), "UNKNOWN");
		for (int b = RESULT_OK; b < a; b++)
			assert_string_not_equal(result_name((enum result)a), result_name((enum result)b));
	}
	assert_string_equal(result_name(RESULT_LOGON_DENIED), "LOGON_DENIED");
	assert_string_equal(result_name((enum result)(RESULT_INTERNAL + 1)), "UNKNOWN");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bytes_equal_compares_length_and_content),
		cmocka_unit_test(test_bytes_starts_with_never_reads_past_the_end),
		cmocka_unit_test(test_bytes_part_accepts_exactly_what_is_inside),
		cmocka_unit_test(test_CVE_2023_25563_bytes_part_does_not_overflow),
		cmocka_unit_test(test_bytes_from_hex_takes_digits_in_pairs_and_either_case),
		cmocka_unit_test(test_little_endian_puts_and_gets_exactly_its_size),
		cmocka_unit_test(test_blob_set_replaces_and_survives_lack_of_memory),
		cmocka_unit_test(test_reader_reads_little_endian_in_order),
		cmocka_unit_test(test_reader_keeps_everything_when_the_input_is_short),
		cmocka_unit_test(test_reader_take_skip_and_copy_move_by_exactly_their_length),
		cmocka_unit_test(test_writer_writes_little_endian_in_order),
		cmocka_unit_test(test_writer_insert_moves_what_follows),
		cmocka_unit_test(test_writer_patches_only_what_was_written),
		cmocka_unit_test(test_writer_never_exceeds_its_limit),
		cmocka_unit_test(test_writer_refuses_lengths_near_the_end_of_the_address_space),
		cmocka_unit_test(test_writer_first_error_sticks),
		cmocka_unit_test(test_writer_reports_every_failed_allocation),
		cmocka_unit_test(test_writer_leaves_no_copy_behind),
		cmocka_unit_test(test_result_names_are_distinct),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
