/* SPDX-License-Identifier: Apache-2.0
 *
 * A malformed NTLM message is refused with a reason that names the message and the field. Names are
 * those of MS-NLMP 2.2.1 and 2.2.2, offsets those of its figures; none is taken from the module.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "ntlm_pair.h"
#include "vector.h"

static void expect_reason(struct mech_report report, const char* message, const char* rest)
{
	char wanted[160];

	(void)snprintf(wanted, sizeof(wanted), "%s: %s", message, rest);
	assert_non_null(report.reason);
	assert_string_equal(report.reason, wanted);
}

/* Overwrites a number of the blob, little-endian. */
static void put(struct blob* blob, size_t at, size_t size, uint32_t value)
{
	for (size_t i = 0; i < size; i++)
		blob->data[at + i] = (uint8_t)(value >> (8 * i));
}

/* --- the pair, up to the message that is to be spoiled -----------------------------------------
 */

static void open_pair(struct pair* pair)
{
	const struct pair_config config = pair_defaults();

	pair_open(pair, &config);
}

static void expect_negotiate(struct blob* message, const char* rest)
{
	struct pair pair;

	open_pair(&pair);
	assert_int_equal(pair_make_challenge(&pair, blob_bytes(message)), RESULT_MALFORMED);
	expect_reason(pair_server_report(&pair), "NEGOTIATE", rest);
	pair_close(&pair);
}

static void expect_challenge(struct blob* message, const char* rest)
{
	struct pair pair;

	open_pair(&pair);
	assert_int_equal(pair_make_negotiate(&pair), RESULT_OK);
	assert_int_equal(pair_make_authenticate(&pair, blob_bytes(message)), RESULT_MALFORMED);
	expect_reason(pair_client_report(&pair), "CHALLENGE", rest);
	pair_close(&pair);
}

static void expect_authenticate(struct blob* message, const char* rest)
{
	struct pair pair;

	open_pair(&pair);
	assert_int_equal(pair_make_negotiate(&pair), RESULT_OK);
	assert_int_equal(pair_make_challenge(&pair, blob_bytes(&pair.negotiate)), RESULT_OK);
	assert_int_equal(pair_take_authenticate(&pair, blob_bytes(message)), RESULT_MALFORMED);
	expect_reason(pair_server_report(&pair), "AUTHENTICATE", rest);
	assert_int_equal(pair.asked, 0);
	pair_close(&pair);
}

typedef void (*expect)(struct blob* message, const char* rest);

/* --- what all three have -----------------------------------------------------------------------
 */

static void expect_common(struct bytes good, size_t fixed, size_t max, expect refused)
{
	static uint8_t big[16385];
	char too_long[64];
	struct blob message = BLOB_EMPTY;

	assert_int_equal(blob_set(&message, good), RESULT_OK);
	message.data[6] = 'p';
	refused(&message, "Signature is not that of NTLM");
	message.data[6] = 'P';
	put(&message, 8, 4, 4);
	refused(&message, "MessageType is none of NTLM's three");
	assert_int_equal(blob_set(&message, bytes_make(good.data, fixed - 1)), RESULT_OK);
	refused(&message, "the fixed part is cut short");
	assert_int_equal(blob_set(&message, bytes_make(big, max + 1)), RESULT_OK);
	bytes_copy(message.data, good);
	(void)snprintf(too_long, sizeof(too_long), "the message is longer than %zu bytes", max);
	refused(&message, too_long);
	blob_free(&message);
}

static void test_header_of_each_message(void** state)
{
	struct pair pair;

	(void)state;
	open_pair(&pair);
	assert_int_equal(pair_run(&pair), RESULT_OK);
	expect_common(blob_bytes(&pair.negotiate), 32, 1024, expect_negotiate);
	expect_common(blob_bytes(&pair.challenge), 48, 16384, expect_challenge);
	expect_common(blob_bytes(&pair.authenticate), 64, 16384, expect_authenticate);
	pair_close(&pair);
}

/* --- fields that point elsewhere ---------------------------------------------------------------
 */

static void expect_pointing(const struct blob* good, size_t at, const char* name, expect refused)
{
	struct blob message = BLOB_EMPTY;
	char text[80];

	assert_int_equal(blob_set(&message, blob_bytes(good)), RESULT_OK);
	put(&message, at, 2, 2);
	put(&message, at + 4, 4, (uint32_t)good->len - 1);
	(void)snprintf(text, sizeof(text), "%s lies outside of the message", name);
	refused(&message, text);
	put(&message, at + 4, 4, 12);
	(void)snprintf(text, sizeof(text), "%s lies inside of the fixed part", name);
	refused(&message, text);
	blob_free(&message);
}

static void test_field_that_points_elsewhere(void** state)
{
	static const char* const authenticate[] = {
		"LmChallengeResponse", "NtChallengeResponse",      "DomainName", "UserName",
		"Workstation",         "EncryptedRandomSessionKey"
	};
	struct pair pair;

	(void)state;
	open_pair(&pair);
	assert_int_equal(pair_run(&pair), RESULT_OK);
	put(&pair.negotiate, 12, 4, 0xE2883237); /* both OEM names are supplied */
	put(&pair.negotiate, 16, 2, 0);
	expect_pointing(&pair.negotiate, 24, "WorkstationName", expect_negotiate);
	expect_pointing(&pair.negotiate, 16, "DomainName", expect_negotiate);
	expect_pointing(&pair.challenge, 12, "TargetName", expect_challenge);
	expect_pointing(&pair.challenge, 40, "TargetInfo", expect_challenge);
	for (size_t i = 0; i < 6; i++)
		expect_pointing(&pair.authenticate, 12 + 8 * i, authenticate[i], expect_authenticate);
	pair_close(&pair);
}

/* --- AV pairs ----------------------------------------------------------------------------------
 */

/* The pair's own CHALLENGE with another TargetInfo. */
static void expect_target_info(const char* hex, const char* rest)
{
	struct blob info = test_hex(hex);
	struct blob message = BLOB_EMPTY;
	struct writer writer = writer_make(4096);
	struct pair pair;

	open_pair(&pair);
	assert_int_equal(pair_make_negotiate(&pair), RESULT_OK);
	assert_int_equal(pair_make_challenge(&pair, blob_bytes(&pair.negotiate)), RESULT_OK);
	writer_bytes(&writer, bytes_make(pair.challenge.data, 56));
	writer_bytes(&writer, blob_bytes(&info));
	assert_int_equal(writer_take(&writer, &message), RESULT_OK);
	put(&message, 12, 2, 0);
	put(&message, 40, 2, (uint32_t)info.len);
	put(&message, 44, 4, 56);
	expect_challenge(&message, rest);
	blob_free(&info);
	blob_free(&message);
	pair_close(&pair);
}

static void expect_extra_pairs(const char* hex, const char* rest)
{
	struct blob pairs = test_hex(hex);
	struct forge forge = forge_defaults();
	struct pair pair;

	open_pair(&pair);
	forge.extra_pairs = blob_bytes(&pairs);
	assert_int_equal(forge_run(&pair, &forge), RESULT_MALFORMED);
	expect_reason(pair_server_report(&pair), "AUTHENTICATE", rest);
	blob_free(&pairs);
	pair_close(&pair);
}

static void test_av_pair_that_comes_twice(void** state)
{
	static const struct
	{
		const char* name;
		const char* pair;
	} rows[] = { { "MsvAvNbComputerName", "010002004100" },
		         { "MsvAvNbDomainName", "020002004100" },
		         { "MsvAvDnsComputerName", "030002004100" },
		         { "MsvAvDnsDomainName", "040002004100" },
		         { "MsvAvDnsTreeName", "050002004100" },
		         { "MsvAvFlags", "0600040000000000" },
		         { "MsvAvTimestamp", "070008000000000000000000" },
		         { "MsvAvSingleHost", "0800020000ff" },
		         { "MsvAvTargetName", "090002004100" },
		         { "MsvAvChannelBindings", "0a00100000000000000000000000000000000000" } };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
	{
		char hex[128];
		char text[64];

		(void)snprintf(text, sizeof(text), "%s appears twice", rows[i].name);
		(void)snprintf(hex, sizeof(hex), "%s%s00000000", rows[i].pair, rows[i].pair);
		expect_target_info(hex, text);
		(void)snprintf(hex, sizeof(hex), "%s%s", rows[i].pair, rows[i].pair);
		expect_extra_pairs(hex, text);
	}
}

static void test_av_pair_of_a_wrong_size(void** state)
{
	(void)state;
	expect_target_info("0600020000000000"
	                   "0000",
	                   "MsvAvFlags has a wrong size");
	expect_target_info("07000400"
	                   "00000000"
	                   "00000000",
	                   "MsvAvTimestamp has a wrong size");
	expect_target_info("0a000400"
	                   "00000000"
	                   "00000000",
	                   "MsvAvChannelBindings has a wrong size");
	expect_extra_pairs("0a0004000000"
	                   "0000",
	                   "MsvAvChannelBindings has a wrong size");
}

static void test_av_pairs_without_their_end(void** state)
{
	static const char rest[] = "the list of AV pairs does not end with an empty MsvAvEOL";

	(void)state;
	expect_target_info("010002004100", rest);
	expect_target_info("0100ff004100", rest);
	expect_target_info("010002004100000002004100", rest);
	expect_extra_pairs("0000010041", rest);
}

/* --- AUTHENTICATE ------------------------------------------------------------------------------
 */

static void expect_forged(struct forge forge, const char* rest)
{
	struct pair pair;

	open_pair(&pair);
	assert_int_equal(forge_run(&pair, &forge), RESULT_MALFORMED);
	expect_reason(pair_server_report(&pair), "AUTHENTICATE", rest);
	pair_close(&pair);
}

static void test_responses_of_AUTHENTICATE(void** state)
{
	static const uint8_t zeros[44] = { 0 };
	static const struct bytes long_lm = { zeros, 25 };
	static const struct bytes short_nt = { zeros, 15 };
	static const struct bytes cut_nt = { zeros, 17 };
	static const struct bytes wrong_type = BYTES_OF(zeros);
	struct forge forge = forge_defaults();

	(void)state;
	forge.lm = &long_lm;
	expect_forged(forge, "LmChallengeResponse is longer than 24 bytes");
	forge.lm = NULL;
	forge.nt = &short_nt;
	expect_forged(forge, "NtChallengeResponse is cut short");
	forge.nt = &cut_nt;
	expect_forged(forge, "NtChallengeResponse is cut short");
	forge.nt = &wrong_type;
	expect_forged(forge, "RespType or HiRespType is not 1");
}

static void test_session_key_and_mic_of_AUTHENTICATE(void** state)
{
	struct forge forge = forge_defaults();

	(void)state;
	forge.no_key = true;
	expect_forged(forge, "EncryptedRandomSessionKey is not 16 bytes with KEY_EXCH, or not empty "
	                     "without");
	forge = forge_defaults();
	forge.mic = FORGE_MIC_ABSENT;
	expect_forged(forge, "the MIC that MsvAvFlags announces has no room");
}

static void test_half_a_character_in_AUTHENTICATE(void** state)
{
	static const struct
	{
		size_t at;
		const char* rest;
	} rows[] = { { 28, "DomainName has half a character" },
		         { 36, "UserName has half a character" },
		         { 44, "Workstation has half a character" } };
	struct pair pair;

	(void)state;
	open_pair(&pair);
	assert_int_equal(pair_run(&pair), RESULT_OK);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
	{
		struct blob message = BLOB_EMPTY;

		assert_int_equal(blob_set(&message, blob_bytes(&pair.authenticate)), RESULT_OK);
		put(&message, rows[i].at, 2, 1);
		put(&message, rows[i].at + 4, 4, 88);
		expect_authenticate(&message, rows[i].rest);
		blob_free(&message);
	}
	pair_close(&pair);
}

static enum result verify_nothing(void* state, const struct verify_request* request,
                                  struct verify_answer* answer)
{
	(void)state;
	(void)request;
	(void)answer;
	return RESULT_MALFORMED;
}

/* All was well formed by then, so no field is blamed. */
static void test_no_fault_is_left_over_for_what_fails_later(void** state)
{
	struct pair pair;

	(void)state;
	open_pair(&pair);
	pair.verifier.verify = verify_nothing;
	assert_int_equal(pair_run(&pair), RESULT_MALFORMED);
	assert_null(strchr(pair_server_report(&pair).reason, ':'));
	pair_close(&pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_header_of_each_message),
		cmocka_unit_test(test_field_that_points_elsewhere),
		cmocka_unit_test(test_av_pair_that_comes_twice),
		cmocka_unit_test(test_av_pair_of_a_wrong_size),
		cmocka_unit_test(test_av_pairs_without_their_end),
		cmocka_unit_test(test_responses_of_AUTHENTICATE),
		cmocka_unit_test(test_session_key_and_mic_of_AUTHENTICATE),
		cmocka_unit_test(test_half_a_character_in_AUTHENTICATE),
		cmocka_unit_test(test_no_fault_is_left_over_for_what_fails_later),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
