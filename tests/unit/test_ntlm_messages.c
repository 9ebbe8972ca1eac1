/* SPDX-License-Identifier: Apache-2.0
 *
 * module/ntlm: field, negotiate, challenge. Reading and writing, what real peers vary, and what
 * must not parse.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "ntlm/authenticate.h"
#include "ntlm/avpair.h"
#include "ntlm/challenge.h"
#include "ntlm/field.h"
#include "ntlm/negotiate.h"
#include "vector.h"

/* --- field ----------------------------------------------------------------------------------- */

static void test_field_resolves_inside_the_message(void** state)
{
	static const uint8_t message[20] = { [12] = 'a', [19] = 'b' };
	struct bytes value = BYTES_EMPTY;

	(void)state;
	assert_int_equal(ntlm_field_resolve(BYTES_OF(message), 12, (struct ntlm_field){ 8, 12, "Name" },
	                                    &value, NULL),
	                 RESULT_OK);
	assert_ptr_equal(value.data, message + 12);
	assert_int_equal(value.len, 8);
}

static void test_field_that_is_empty_may_point_anywhere(void** state)
{
	static const uint8_t message[20] = { 0 };
	static const uint32_t offsets[] = { 0, 12, 20, 21, UINT32_MAX };

	(void)state;
	for (size_t i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++)
	{
		struct bytes value = BYTES_OF(message);
		assert_int_equal(ntlm_field_resolve(BYTES_OF(message), 12,
		                                    (struct ntlm_field){ 0, offsets[i], "Name" }, &value,
		                                    NULL),
		                 RESULT_OK);
		assert_int_equal(value.len, 0);
	}
}

static void test_CVE_2023_25563_offset_and_length_overflow_32_bits(void** state)
{
	static const uint8_t message[64] = { 0 };
	static const struct ntlm_field fields[] = { { 16, UINT32_MAX, "Name" },
		                                        { 16, UINT32_MAX - 15, "Name" },
		                                        { 2, UINT32_MAX - 1, "Name" },
		                                        { UINT16_MAX, 0x80000000, "Name" },
		                                        { 1, 64, "Name" },
		                                        { 2, 63, "Name" },
		                                        { 1, 0, "Name" },
		                                        { 1, 11, "Name" } };

	(void)state;
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
	{
		struct bytes value = BYTES_LITERAL("untouched");
		assert_int_equal(ntlm_field_resolve(BYTES_OF(message), 12, fields[i], &value, NULL),
		                 RESULT_MALFORMED);
		assert_int_equal(value.len, 9);
	}
}

static void test_header_refuses_foreign_and_oversized_messages(void** state)
{
	/* the longest that are read (hardening: half-open contexts keep what they were sent) */
	static const struct
	{
		enum ntlm_message_type type;
		size_t max;
	} limits[] = { { NTLM_MESSAGE_NEGOTIATE, 1024 },
		           { NTLM_MESSAGE_CHALLENGE, 16384 },
		           { NTLM_MESSAGE_AUTHENTICATE, 16384 } };
	static uint8_t big[16385] = "NTLMSSP\0\0\0\0";
	static const uint8_t type0[40] = "NTLMSSP\0\0\0\0";
	static const uint8_t type4[40] = "NTLMSSP\0\4\0\0";
	static const uint8_t type257[40] = "NTLMSSP\0\1\1\0";
	static const uint8_t lower[40] = "ntlmssp\0\1\0\0";
	struct reader reader;

	(void)state;
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
	{
		const enum ntlm_message_type type = limits[i].type;
		struct blob kept = BLOB_EMPTY;

		big[8] = (uint8_t)type;
		assert_int_equal(ntlm_header_read(bytes_make(big, limits[i].max), type, &reader, NULL),
		                 RESULT_OK);
		assert_int_equal(ntlm_header_read(bytes_make(big, limits[i].max + 1), type, &reader, NULL),
		                 RESULT_MALFORMED);
		/* and what is refused is not kept */
		assert_int_equal(ntlm_message_keep(bytes_make(big, limits[i].max + 1), type, &kept, NULL),
		                 RESULT_MALFORMED);
		assert_null(kept.data);
		assert_int_equal(ntlm_message_keep(bytes_make(big, limits[i].max), type, &kept, NULL),
		                 RESULT_OK);
		assert_int_equal(kept.len, limits[i].max);
		blob_free(&kept);
	}
	assert_int_equal(ntlm_header_read(BYTES_OF(type0), NTLM_MESSAGE_NEGOTIATE, &reader, NULL),
	                 RESULT_MALFORMED);
	assert_int_equal(ntlm_header_read(BYTES_OF(type4), NTLM_MESSAGE_NEGOTIATE, &reader, NULL),
	                 RESULT_MALFORMED);
	assert_int_equal(ntlm_header_read(BYTES_OF(type257), NTLM_MESSAGE_NEGOTIATE, &reader, NULL),
	                 RESULT_MALFORMED);
	assert_int_equal(ntlm_header_read(BYTES_OF(lower), NTLM_MESSAGE_NEGOTIATE, &reader, NULL),
	                 RESULT_MALFORMED);
	assert_int_equal(ntlm_header_read(BYTES_EMPTY, NTLM_MESSAGE_NEGOTIATE, &reader, NULL),
	                 RESULT_MALFORMED);
}

static void test_message_of_another_type_is_out_of_sequence(void** state)
{
	struct blob negotiate = test_server2016("ntlm_negotiate");
	struct ntlm_challenge challenge;
	struct ntlm_authenticate authenticate;

	(void)state;
	assert_int_equal(ntlm_challenge_parse(blob_bytes(&negotiate), &challenge, NULL),
	                 RESULT_OUT_OF_SEQUENCE);
	assert_int_equal(ntlm_authenticate_parse(blob_bytes(&negotiate), &authenticate, NULL),
	                 RESULT_OUT_OF_SEQUENCE);
	blob_free(&negotiate);
}

/* --- NEGOTIATE ------------------------------------------------------------------------------- */

static void test_negotiate_of_mstsc_is_read(void** state)
{
	struct blob message = test_server2016("ntlm_negotiate");
	struct ntlm_negotiate negotiate;

	(void)state;
	assert_int_equal(ntlm_negotiate_parse(blob_bytes(&message), &negotiate, NULL), RESULT_OK);
	assert_int_equal(negotiate.flags, 0xE20882B7);
	assert_int_equal(negotiate.domain.len, 0);
	assert_int_equal(negotiate.workstation.len, 0);
	blob_free(&message);
}

static void test_negotiate_of_16_32_and_40_bytes_is_read(void** state)
{
	static const uint8_t message[40] = "NTLMSSP\0\1\0\0\0\5\2\0\0";
	static const size_t sizes[] = { 16, 32, 40 };

	(void)state;
	for (size_t i = 0; i < 3; i++)
	{
		struct blob copy = test_exact(bytes_make(message, sizes[i]));
		struct ntlm_negotiate negotiate;
		assert_int_equal(ntlm_negotiate_parse(blob_bytes(&copy), &negotiate, NULL), RESULT_OK);
		assert_int_equal(negotiate.flags, 0x205);
		blob_free(&copy);
	}
}

static void test_negotiate_names_count_only_with_their_flags(void** state)
{
	uint8_t message[] = "NTLMSSP\0\1\0\0\0\5\x32\0\0"
	                    "\2\0\2\0\x20\0\0\0"
	                    "\3\0\3\0\x22\0\0\0"
	                    "WGPC1";
	const struct bytes whole = bytes_make(message, sizeof(message) - 1);
	struct ntlm_negotiate negotiate;

	(void)state;
	assert_int_equal(ntlm_negotiate_parse(whole, &negotiate, NULL), RESULT_OK);
	assert_true(bytes_equal(negotiate.domain, BYTES_LITERAL("WG")));
	assert_true(bytes_equal(negotiate.workstation, BYTES_LITERAL("PC1")));
	message[28] = 0xFF; /* the workstation's offset */
	assert_int_equal(ntlm_negotiate_parse(whole, &negotiate, NULL), RESULT_MALFORMED);
	message[13] = 0x12; /* without OEM_WORKSTATION_SUPPLIED */
	assert_int_equal(ntlm_negotiate_parse(whole, &negotiate, NULL), RESULT_OK);
	assert_int_equal(negotiate.workstation.len, 0);
	message[20] = 0xFF; /* the domain's offset */
	assert_int_equal(ntlm_negotiate_parse(whole, &negotiate, NULL), RESULT_MALFORMED);
	message[13] = 0x02; /* without OEM_DOMAIN_SUPPLIED */
	assert_int_equal(ntlm_negotiate_parse(whole, &negotiate, NULL), RESULT_OK);
	assert_int_equal(negotiate.domain.len, 0);
}

static void test_CVE_2020_11088_short_NEGOTIATE(void** state)
{
	struct blob message = test_server2016("ntlm_negotiate");

	(void)state;
	for (size_t len = 0; len < 32; len++)
	{
		struct blob copy = test_exact(bytes_make(message.data, len));
		struct ntlm_negotiate negotiate = { .flags = 7 };
		const enum result result = ntlm_negotiate_parse(blob_bytes(&copy), &negotiate, NULL);
		assert_int_equal(result, len == 16 ? RESULT_OK : RESULT_MALFORMED);
		if (result != RESULT_OK)
			assert_int_equal(negotiate.flags, 7);
		blob_free(&copy);
	}
	blob_free(&message);
}

static void test_negotiate_is_written_as_it_is_read(void** state)
{
	struct blob expected = test_hex("4e544c4d5353500001000000b78208e2"
	                                "0000000028000000"
	                                "0000000028000000"
	                                "0a00f4650000000f");
	struct blob message = BLOB_EMPTY;

	(void)state;
	/* The vector of sspi-rs and wallix, whose empty fields point to the end as ours do, with our
	 * Version. */
	assert_int_equal(ntlm_negotiate_write(0xE20882B7, &message), RESULT_OK);
	assert_int_equal(message.len, 40);
	assert_true(bytes_equal(blob_bytes(&message), blob_bytes(&expected)));
	assert_int_equal(ntlm_negotiate_write(0xE0088237, &message), RESULT_OK);
	for (size_t i = 32; i < 40; i++)
		assert_int_equal(message.data[i], 0);
	blob_free(&expected);
	blob_free(&message);
}

/* --- CHALLENGE ------------------------------------------------------------------------------- */

static void test_challenge_of_server_2016_is_read(void** state)
{
	struct blob message = test_server2016("ntlm_challenge");
	struct ntlm_challenge challenge;
	struct ntlm_av_list pairs;
	uint64_t timestamp = 0;

	(void)state;
	assert_int_equal(ntlm_challenge_parse(blob_bytes(&message), &challenge, NULL), RESULT_OK);
	assert_int_equal(challenge.flags, 0xE2898235);
	test_assert_text(challenge.target_name, "DOMAIN");
	assert_int_equal(challenge.server_challenge.data[0], 0xE4);
	assert_int_equal(challenge.server_challenge.data[7], 0xBE);
	assert_int_equal(challenge.target_info.len, 0x8A);
	assert_int_equal(ntlm_av_parse(challenge.target_info, &pairs, NULL), RESULT_OK);
	test_assert_text(pairs.value[NTLM_AV_NB_COMPUTER_NAME], "DC01");
	test_assert_text(pairs.value[NTLM_AV_DNS_COMPUTER_NAME], "DC01.domain.local");
	test_assert_text(pairs.value[NTLM_AV_DNS_TREE_NAME], "domain.local");
	assert_true(ntlm_av_timestamp(&pairs, &timestamp));
	assert_true(timestamp == UINT64_C(0x01D61E99889281F8));
	blob_free(&message);
}

static void test_D19_challenge_that_says_VERSION_and_has_none(void** state)
{
	/* python3-pyspnego's acceptor: the payload begins at 48. */
	static const uint8_t message[] = "NTLMSSP\0\2\0\0\0"
	                                 "\2\0\2\0\x30\0\0\0"
	                                 "\x35\x82\x8A\xE2"
	                                 "12345678"
	                                 "\0\0\0\0\0\0\0\0"
	                                 "\4\0\4\0\x32\0\0\0"
	                                 "S\0"
	                                 "\0\0\0";
	struct ntlm_challenge challenge;

	(void)state;
	assert_int_equal(sizeof(message), 54);
	assert_int_equal(ntlm_challenge_parse(BYTES_OF(message), &challenge, NULL), RESULT_OK);
	test_assert_text(challenge.target_name, "S");
	assert_int_equal(challenge.target_info.len, 4);
	assert_true(bytes_equal(challenge.server_challenge, BYTES_LITERAL("12345678")));
}

static void test_challenge_target_info_counts_only_with_its_flag(void** state)
{
	struct blob message = test_server2016("ntlm_challenge");
	struct ntlm_challenge challenge;

	(void)state;
	message.data[22] &= 0x7F; /* TARGET_INFO */
	assert_int_equal(ntlm_challenge_parse(blob_bytes(&message), &challenge, NULL), RESULT_OK);
	assert_int_equal(challenge.target_info.len, 0);
	blob_free(&message);
}

static void test_CVE_2020_13396_short_CHALLENGE(void** state)
{
	struct blob message = test_server2016("ntlm_challenge");
	struct ntlm_challenge challenge;

	(void)state;
	for (size_t len = 0; len < message.len; len++)
	{
		struct blob copy = test_exact(bytes_make(message.data, len));
		assert_int_equal(ntlm_challenge_parse(blob_bytes(&copy), &challenge, NULL),
		                 RESULT_MALFORMED);
		blob_free(&copy);
	}
	blob_free(&message);
}

static void test_CVE_2026_32952_challenge_slice_out_of_bounds(void** state)
{
	static const size_t bytes[] = { 12, 13, 16, 17, 18, 19, 40, 41, 44, 45, 46, 47 };
	struct blob message = test_server2016("ntlm_challenge");
	struct ntlm_challenge challenge;

	(void)state;
	for (size_t i = 0; i < sizeof(bytes) / sizeof(bytes[0]); i++)
	{
		struct blob copy = test_exact(blob_bytes(&message));
		copy.data[bytes[i]] = 0xFE;
		assert_int_equal(ntlm_challenge_parse(blob_bytes(&copy), &challenge, NULL),
		                 RESULT_MALFORMED);
		blob_free(&copy);
	}
	blob_free(&message);
}

static void test_challenge_is_written_as_it_is_read(void** state)
{
	static const uint8_t server_challenge[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	struct blob name = test_utf16("SERVER");
	const struct ntlm_challenge from = { 0xE28A8235, blob_bytes(&name), BYTES_OF(server_challenge),
		                                 BYTES_LITERAL("\0\0\0\0") };
	struct blob message = BLOB_EMPTY;
	struct ntlm_challenge to;

	(void)state;
	assert_int_equal(ntlm_challenge_write(&from, &message), RESULT_OK);
	assert_int_equal(message.len, 56 + 12 + 4);
	assert_int_equal(ntlm_challenge_parse(blob_bytes(&message), &to, NULL), RESULT_OK);
	assert_int_equal(to.flags, from.flags);
	assert_true(bytes_equal(to.target_name, from.target_name));
	assert_true(bytes_equal(to.target_info, from.target_info));
	assert_true(bytes_equal(to.server_challenge, from.server_challenge));
	/* MS-NLMP 2.2.2.10: 10.0, build 0x65F4, three reserved bytes, NTLMSSP_REVISION_W2K3 */
	assert_memory_equal(message.data + 48, "\x0a\x00\xf4\x65\x00\x00\x00\x0f", 8);
	blob_free(&name);
	blob_free(&message);
}

static void test_challenge_too_long_is_not_written(void** state)
{
	static const uint8_t many[UINT16_MAX + 1];
	static const uint8_t server_challenge[8] = { 0 };
	struct ntlm_challenge from = { 0, BYTES_EMPTY, BYTES_OF(server_challenge), BYTES_OF(many) };
	struct blob message = BLOB_EMPTY;

	(void)state;
	assert_int_equal(ntlm_challenge_write(&from, &message), RESULT_INVALID_ARGUMENT);
	from.target_info.len = NTLM_MAX_TOKEN;
	assert_int_equal(ntlm_challenge_write(&from, &message), RESULT_BUFFER_TOO_SMALL);
	assert_null(message.data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_field_resolves_inside_the_message),
		cmocka_unit_test(test_field_that_is_empty_may_point_anywhere),
		cmocka_unit_test(test_CVE_2023_25563_offset_and_length_overflow_32_bits),
		cmocka_unit_test(test_header_refuses_foreign_and_oversized_messages),
		cmocka_unit_test(test_message_of_another_type_is_out_of_sequence),
		cmocka_unit_test(test_negotiate_of_mstsc_is_read),
		cmocka_unit_test(test_negotiate_of_16_32_and_40_bytes_is_read),
		cmocka_unit_test(test_negotiate_names_count_only_with_their_flags),
		cmocka_unit_test(test_CVE_2020_11088_short_NEGOTIATE),
		cmocka_unit_test(test_negotiate_is_written_as_it_is_read),
		cmocka_unit_test(test_challenge_of_server_2016_is_read),
		cmocka_unit_test(test_D19_challenge_that_says_VERSION_and_has_none),
		cmocka_unit_test(test_challenge_target_info_counts_only_with_its_flag),
		cmocka_unit_test(test_CVE_2020_13396_short_CHALLENGE),
		cmocka_unit_test(test_CVE_2026_32952_challenge_slice_out_of_bounds),
		cmocka_unit_test(test_challenge_is_written_as_it_is_read),
		cmocka_unit_test(test_challenge_too_long_is_not_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
