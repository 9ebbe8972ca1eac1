/* SPDX-License-Identifier: Apache-2.0
 *
 * winpr-glue/host: SEC_CHANNEL_BINDINGS as WinPR is given them and gives them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "host/buffers.h"

/* Eight numbers of the machine: of each party type, length and offset, of the application length
 * and offset; then the data. */
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define WORD(value) 0, 0, 0, value
#define LOWEST 3
#else
#define WORD(value) value, 0, 0, 0
#define LOWEST 0
#endif
static const uint8_t whole[] = { WORD(1),  WORD(2), WORD(32), WORD(3), WORD(1), WORD(34), WORD(3),
	                             WORD(35), 'i',     'n',      'a',     'a',     'p',      'p' };

static void test_bindings_are_written_and_read_back_with_all_their_parts(void** state)
{
	const struct channel_bindings bindings = { .initiator_type = 1,
		                                       .initiator = BYTES_LITERAL("in"),
		                                       .acceptor_type = 3,
		                                       .acceptor = BYTES_LITERAL("a"),
		                                       .application = BYTES_LITERAL("app") };
	struct channel_bindings read = { .initiator_type = 0 };
	struct blob written = BLOB_EMPTY;

	(void)state;
	assert_int_equal(bindings_write(&bindings, &written), RESULT_OK);
	assert_int_equal(written.len, sizeof(whole));
	assert_memory_equal(written.data, whole, sizeof(whole));
	assert_int_equal(bindings_parse(blob_bytes(&written), &read), RESULT_OK);
	assert_int_equal(read.initiator_type, 1);
	assert_int_equal(read.acceptor_type, 3);
	assert_true(bytes_equal(read.initiator, bindings.initiator));
	assert_true(bytes_equal(read.acceptor, bindings.acceptor));
	assert_true(bytes_equal(read.application, bindings.application));
	blob_free(&written);
}

/* A part lies behind the numbers and inside of the whole. */
static void test_a_part_that_lies_elsewhere_is_malformed(void** state)
{
	static const size_t offsets[] = { 8 + LOWEST, 20 + LOWEST, 28 + LOWEST };
	struct channel_bindings read;

	(void)state;
	for (size_t i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++)
	{
		uint8_t bad[sizeof(whole)];
		bytes_copy(bad, BYTES_OF(whole));
		bad[offsets[i]] = 31;
		assert_int_equal(bindings_parse(BYTES_OF(bad), &read), RESULT_MALFORMED);
		bad[offsets[i]] = (uint8_t)(sizeof(whole) + 1 - bad[offsets[i] - 4]);
		assert_int_equal(bindings_parse(BYTES_OF(bad), &read), RESULT_MALFORMED);
		bad[offsets[i]]--;
		assert_int_equal(bindings_parse(BYTES_OF(bad), &read), RESULT_OK);
	}
	for (size_t len = 0; len < sizeof(whole); len++)
		assert_int_equal(bindings_parse(bytes_make(whole, len), &read), RESULT_MALFORMED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bindings_are_written_and_read_back_with_all_their_parts),
		cmocka_unit_test(test_a_part_that_lies_elsewhere_is_malformed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
