/* SPDX-License-Identifier: Apache-2.0
 *
 * module/ntlm: avpair, and the lists that response.c makes of it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/utf16.h"
#include "ntlm/avpair.h"
#include "ntlm/response.h"
#include "vector.h"

static enum result parse(const char* hex, struct ntlm_av_list* list)
{
	struct blob bytes = test_hex(hex);
	const enum result result = ntlm_av_parse(blob_bytes(&bytes), list, NULL);

	blob_free(&bytes);
	return result;
}

static void test_list_of_MS_NLMP_4_2_4_is_read(void** state)
{
	struct vector vector = vector_open("ms-nlmp-4.2.4-ntlmv2.json");
	struct blob info = vector_hex(&vector, "inputs", "target_info");
	struct blob domain = test_utf16("Domain");
	struct blob server = test_utf16("Server");
	struct ntlm_av_list list;

	(void)state;
	assert_int_equal(ntlm_av_parse(blob_bytes(&info), &list, NULL), RESULT_OK);
	assert_true(bytes_equal(list.value[NTLM_AV_NB_DOMAIN_NAME], blob_bytes(&domain)));
	assert_true(bytes_equal(list.value[NTLM_AV_NB_COMPUTER_NAME], blob_bytes(&server)));
	assert_false(list.present[NTLM_AV_TIMESTAMP]);
	assert_int_equal(list.whole.len, info.len);
	blob_free(&domain);
	blob_free(&server);
	blob_free(&info);
	vector_close(&vector);
}

static void test_bytes_behind_the_end_are_not_part_of_the_list(void** state)
{
	static const uint8_t bytes[] = { 6, 0, 4, 0, 2, 0, 0, 0, 0, 0, 0, 0, 9, 9, 9 };
	struct ntlm_av_list list;

	(void)state;
	assert_int_equal(ntlm_av_parse(BYTES_OF(bytes), &list, NULL), RESULT_OK);
	assert_int_equal(list.whole.len, 12);
	assert_int_equal(ntlm_av_flags(&list), NTLM_AV_FLAG_MIC);
}

static void test_CVE_2020_11097_list_without_end(void** state)
{
	struct ntlm_av_list list;

	(void)state;
	assert_int_equal(parse("", &list), RESULT_MALFORMED);
	assert_int_equal(parse("0100020041", &list), RESULT_MALFORMED);
	assert_int_equal(parse("010002004100", &list), RESULT_MALFORMED);
	assert_int_equal(parse("010002004100000000", &list), RESULT_MALFORMED);
	assert_int_equal(parse("01000200410000000000", &list), RESULT_OK);
}

static void test_CVE_2020_11097_length_past_the_list(void** state)
{
	struct ntlm_av_list list;

	(void)state;
	assert_int_equal(parse("0100070041000000000000", &list), RESULT_MALFORMED);
	assert_int_equal(parse("0100ffff410000000000", &list), RESULT_MALFORMED);
	assert_int_equal(parse("00000100ff", &list), RESULT_MALFORMED);
}

static void test_FreeRDP_b7cdde740_header_past_the_end(void** state)
{
	struct ntlm_av_list list;

	(void)state;
	assert_int_equal(parse("01", &list), RESULT_MALFORMED);
	assert_int_equal(parse("0100", &list), RESULT_MALFORMED);
	assert_int_equal(parse("010002", &list), RESULT_MALFORMED);
}

static void test_CVE_2023_25567_fixed_size_pairs_of_another_size(void** state)
{
	static const struct
	{
		enum ntlm_av_id id;
		size_t size;
	} fixed[] = { { NTLM_AV_FLAGS, 4 },
		          { NTLM_AV_TIMESTAMP, 8 },
		          { NTLM_AV_CHANNEL_BINDINGS, 16 } };
	static const uint8_t zeros[20] = { 0 };

	(void)state;
	for (size_t i = 0; i < 3; i++)
	{
		for (size_t len = 0; len <= sizeof(zeros); len++)
		{
			struct writer writer = writer_make(64);
			struct ntlm_av_list list;
			ntlm_av_write(&writer, (uint16_t)fixed[i].id, bytes_make(zeros, len));
			ntlm_av_write_end(&writer);
			assert_int_equal(ntlm_av_parse(writer_written(&writer), &list, NULL),
			                 len == fixed[i].size ? RESULT_OK : RESULT_MALFORMED);
			writer_drop(&writer);
		}
	}
}

static void test_CVE_2019_1166_known_pairs_twice(void** state)
{
	static const uint8_t zeros[16] = { 0 };

	(void)state;
	for (uint16_t id = NTLM_AV_NB_COMPUTER_NAME; id < NTLM_AV_KNOWN_IDS; id++)
	{
		const size_t len = id == NTLM_AV_FLAGS ? 4 : id == NTLM_AV_TIMESTAMP ? 8 : 16;
		struct writer writer = writer_make(256);
		struct ntlm_av_list list;
		ntlm_av_write(&writer, id, bytes_make(zeros, len));
		ntlm_av_write(&writer, 99, BYTES_EMPTY);
		ntlm_av_write(&writer, id, bytes_make(zeros, len));
		ntlm_av_write_end(&writer);
		assert_int_equal(ntlm_av_parse(writer_written(&writer), &list, NULL), RESULT_MALFORMED);
		writer_drop(&writer);
	}
}

static void test_unknown_pairs_are_stepped_over(void** state)
{
	struct ntlm_av_list list;

	(void)state;
	assert_int_equal(parse("0b000100ff"
	                       "0b000100ff"
	                       "ffff0000"
	                       "06000400"
	                       "02000000"
	                       "00000000",
	                       &list),
	                 RESULT_OK);
	assert_true(list.present[NTLM_AV_FLAGS]);
	assert_int_equal(parse("0b000900ff"
	                       "00000000",
	                       &list),
	                 RESULT_MALFORMED);
}

static void test_failed_parse_leaves_the_list_alone(void** state)
{
	struct ntlm_av_list list = { .whole = BYTES_LITERAL("mine") };

	(void)state;
	assert_int_equal(parse("0600040002000000", &list), RESULT_MALFORMED);
	assert_int_equal(list.whole.len, 4);
	assert_false(list.present[NTLM_AV_FLAGS]);
}

/* --- the lists we make ----------------------------------------------------------------------- */

static void assert_client_pairs(const char* received, const struct ntlm_initiator_pairs* added,
                                const char* expected)
{
	struct blob from = test_hex(received);
	struct blob to = test_hex(expected);
	struct blob made = BLOB_EMPTY;

	assert_int_equal(ntlm_initiator_pairs_write(blob_bytes(&from), added, &made), RESULT_OK);
	assert_int_equal(made.len, to.len);
	assert_memory_equal(made.data, to.data, to.len);
	blob_free(&from);
	blob_free(&to);
	blob_free(&made);
}

#define STAMP                                                                                      \
	"07000800"                                                                                     \
	"1122334455667788"
#define ZEROS16 "00000000000000000000000000000000"

static void test_client_repeats_the_list_in_its_order_and_adds_its_own(void** state)
{
	static const uint8_t bindings[16] = { 0 };
	const struct ntlm_initiator_pairs added = { true, true, BYTES_OF(bindings),
		                                        BYTES_LITERAL("S\0") };

	(void)state;
	assert_client_pairs("020002004400"
	                    "63000100aa"
	                    "010002005300" STAMP "00000000",
	                    &added,
	                    "020002004400"
	                    "63000100aa"
	                    "010002005300" STAMP "06000400"
	                    "02000000"
	                    "0a001000" ZEROS16 "090002005300"
	                    "00000000");
}

static void test_client_keeps_other_bits_of_MsvAvFlags(void** state)
{
	const struct ntlm_initiator_pairs added = { true, false, BYTES_EMPTY, BYTES_EMPTY };

	(void)state;
	assert_client_pairs("06000400"
	                    "01000000" STAMP "00000000",
	                    &added,
	                    STAMP "06000400"
	                          "03000000"
	                          "00000000");
}

static void test_client_without_MIC_leaves_MsvAvFlags_as_it_is(void** state)
{
	const struct ntlm_initiator_pairs added = { false, false, BYTES_EMPTY, BYTES_EMPTY };

	(void)state;
	assert_client_pairs("06000400"
	                    "01000000"
	                    "00000000"
	                    "ffff",
	                    &added,
	                    "06000400"
	                    "01000000"
	                    "00000000");
}

static void test_client_does_not_let_the_server_name_its_target(void** state)
{
	static const uint8_t bindings[16] = { 0 };
	const struct ntlm_initiator_pairs added = { false, true, BYTES_OF(bindings), BYTES_EMPTY };

	(void)state;
	assert_client_pairs("090002004500"
	                    "0a001000"
	                    "11111111111111111111111111111111"
	                    "00000000",
	                    &added,
	                    "0a001000" ZEROS16 "09000000"
	                    "00000000");
}

static void test_client_without_TargetInfo_sends_its_own(void** state)
{
	static const uint8_t bindings[16] = { 0 };
	const struct ntlm_initiator_pairs added = { false, true, BYTES_OF(bindings),
		                                        BYTES_LITERAL("S\0") };

	(void)state;
	assert_client_pairs("", &added,
	                    "0a001000" ZEROS16 "090002005300"
	                    "00000000");
}

/* Not even when nothing of our own is sent, and not a claim of a MIC that is not there. */
static void test_client_repeats_no_bindings_target_or_MIC_bit_of_the_server(void** state)
{
	const struct ntlm_initiator_pairs added = { false, false, BYTES_EMPTY, BYTES_EMPTY };

	(void)state;
	assert_client_pairs("06000400"
	                    "02000000"
	                    "090002004500"
	                    "0a001000"
	                    "11111111111111111111111111111111"
	                    "63000100aa"
	                    "00000000",
	                    &added,
	                    "63000100aa"
	                    "00000000");
}

static void test_client_refuses_a_malformed_list(void** state)
{
	const struct ntlm_initiator_pairs added = { true, true, BYTES_EMPTY, BYTES_EMPTY };
	struct blob made = BLOB_EMPTY;

	(void)state;
	assert_int_equal(ntlm_initiator_pairs_write(BYTES_LITERAL("\1\0\2\0x"), &added, &made),
	                 RESULT_MALFORMED);
	assert_null(made.data);
}

static void test_server_names_itself(void** state)
{
	const struct ntlm_names names = { .netbios_computer = BYTES_LITERAL("S\0"),
		                              .netbios_domain = BYTES_LITERAL("D\0"),
		                              .dns_computer = BYTES_LITERAL("s\0"),
		                              .dns_domain = BYTES_LITERAL("d\0") };
	const struct ntlm_names few = { .netbios_computer = BYTES_LITERAL("S\0") };
	struct blob all = test_hex("020002004400"
	                           "010002005300"
	                           "040002006400"
	                           "030002007300"
	                           "07000800"
	                           "8877665544332211"
	                           "00000000");
	struct blob fallback = test_hex("020002005300"
	                                "010002005300"
	                                "030002005300"
	                                "07000800"
	                                "8877665544332211"
	                                "00000000");
	struct blob made = BLOB_EMPTY;

	(void)state;
	assert_int_equal(ntlm_acceptor_pairs_write(&names, 0x1122334455667788, &made), RESULT_OK);
	assert_true(bytes_equal(blob_bytes(&made), blob_bytes(&all)));
	assert_int_equal(ntlm_acceptor_pairs_write(&few, 0x1122334455667788, &made), RESULT_OK);
	assert_true(bytes_equal(blob_bytes(&made), blob_bytes(&fallback)));
	blob_free(&all);
	blob_free(&fallback);
	blob_free(&made);
}

static void test_time_is_FILETIME(void** state)
{
	/* 2020-01-01 and 2200-01-01 as FILETIME. */
	const uint64_t now = ntlm_time_now();

	(void)state;
	assert_true(now > UINT64_C(132223104000000000));
	assert_true(now < UINT64_C(189027648000000000));
	assert_true(ntlm_time_difference(now + 30000000, now) == 3);
	assert_true(ntlm_time_difference(now, now + 30000000) == -3);
	assert_true(ntlm_time_difference(UINT64_MAX, 0) == INT64_C(1844674407370));
	assert_true(ntlm_time_difference(0, UINT64_MAX) == INT64_C(-1844674407370));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_list_of_MS_NLMP_4_2_4_is_read),
		cmocka_unit_test(test_bytes_behind_the_end_are_not_part_of_the_list),
		cmocka_unit_test(test_CVE_2020_11097_list_without_end),
		cmocka_unit_test(test_CVE_2020_11097_length_past_the_list),
		cmocka_unit_test(test_FreeRDP_b7cdde740_header_past_the_end),
		cmocka_unit_test(test_CVE_2023_25567_fixed_size_pairs_of_another_size),
		cmocka_unit_test(test_CVE_2019_1166_known_pairs_twice),
		cmocka_unit_test(test_unknown_pairs_are_stepped_over),
		cmocka_unit_test(test_failed_parse_leaves_the_list_alone),
		cmocka_unit_test(test_client_repeats_the_list_in_its_order_and_adds_its_own),
		cmocka_unit_test(test_client_keeps_other_bits_of_MsvAvFlags),
		cmocka_unit_test(test_client_without_MIC_leaves_MsvAvFlags_as_it_is),
		cmocka_unit_test(test_client_does_not_let_the_server_name_its_target),
		cmocka_unit_test(test_client_without_TargetInfo_sends_its_own),
		cmocka_unit_test(test_client_repeats_no_bindings_target_or_MIC_bit_of_the_server),
		cmocka_unit_test(test_client_refuses_a_malformed_list),
		cmocka_unit_test(test_server_names_itself),
		cmocka_unit_test(test_time_is_FILETIME),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
