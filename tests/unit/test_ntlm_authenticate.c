/* SPDX-License-Identifier: Apache-2.0
 *
 * module/ntlm: authenticate, response. Reading and writing, what real peers vary, and what must not
 * parse.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "ntlm/authenticate.h"
#include "ntlm/flags.h"
#include "ntlm/response.h"
#include "vector.h"

/* --- AUTHENTICATE ---------------------------------------------------------------------------- */

/* AUTHENTICATE with one byte of LM response behind `payload` bytes. */
static struct blob authenticate_with_payload_at(uint8_t payload, uint32_t flags)
{
	struct writer writer = writer_make(256);
	struct blob message = BLOB_EMPTY;

	writer_bytes(&writer, BYTES_LITERAL("NTLMSSP\0\3\0\0\0"));
	writer_bytes(&writer, BYTES_LITERAL("\1\0\1\0"));
	writer_u32le(&writer, payload);
	writer_zeros(&writer, 5 * 8);
	writer_u32le(&writer, flags);
	for (uint8_t i = 64; i < payload; i++)
		writer_u8(&writer, i);
	writer_u8(&writer, 0xFF);
	assert_int_equal(writer_take(&writer, &message), RESULT_OK);
	return message;
}

static void test_authenticate_payload_decides_where_the_MIC_is(void** state)
{
	static const struct
	{
		uint8_t payload;
		uint32_t flags;
		size_t mic_offset;
	} cases[] = {
		{ 64, 0, 0 },  { 72, NTLM_NEGOTIATE_VERSION, 0 },  { 79, 0, 0 },
		{ 80, 0, 64 }, { 80, NTLM_NEGOTIATE_VERSION, 0 },  { 87, 0, 64 },
		{ 88, 0, 72 }, { 88, NTLM_NEGOTIATE_VERSION, 72 }, { 112, NTLM_NEGOTIATE_VERSION, 72 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
	{
		struct blob message = authenticate_with_payload_at(cases[i].payload, cases[i].flags);
		struct ntlm_authenticate authenticate;
		assert_int_equal(ntlm_authenticate_parse(blob_bytes(&message), &authenticate, NULL),
		                 RESULT_OK);
		assert_int_equal(authenticate.mic_offset, cases[i].mic_offset);
		assert_int_equal(authenticate.mic.len, cases[i].mic_offset ? 16 : 0);
		if (cases[i].mic_offset)
			assert_int_equal(authenticate.mic.data[0], cases[i].mic_offset);
		assert_int_equal(authenticate.lm_response.data[0], 0xFF);
		blob_free(&message);
	}
}

static void test_authenticate_field_inside_the_fixed_part_is_refused(void** state)
{
	struct blob message = authenticate_with_payload_at(64, 0);
	struct ntlm_authenticate authenticate;

	(void)state;
	message.data[16] = 63;
	assert_int_equal(ntlm_authenticate_parse(blob_bytes(&message), &authenticate, NULL),
	                 RESULT_MALFORMED);
	blob_free(&message);
}

static void test_authenticate_without_MIC_of_a_real_client_is_read(void** state)
{
	struct blob message = test_server2016("ntlm_authenticate");
	struct ntlm_authenticate authenticate;
	struct ntlm_response response;

	(void)state;
	assert_int_equal(ntlm_authenticate_parse(blob_bytes(&message), &authenticate, NULL), RESULT_OK);
	/* The payload begins at 72: Version, no MIC. */
	assert_int_equal(authenticate.mic_offset, 0);
	assert_int_equal(authenticate.lm_response.len, 0);
	assert_int_equal(authenticate.nt_response.len, 0xFC);
	test_assert_text(authenticate.workstation, "JBOREAN-LINUX");
	assert_int_equal(authenticate.encrypted_session_key.len, 16);
	assert_int_equal(ntlm_response_parse(authenticate.nt_response, &response, NULL), RESULT_OK);
	assert_int_equal(ntlm_av_flags(&response.pairs), 0);
	blob_free(&message);
}

static void test_CVE_2020_11087_short_AUTHENTICATE(void** state)
{
	struct blob message = test_server2016("ntlm_authenticate");
	struct ntlm_authenticate authenticate;

	(void)state;
	for (size_t len = 0; len < message.len; len++)
	{
		struct blob copy = test_exact(bytes_make(message.data, len));
		assert_int_equal(ntlm_authenticate_parse(blob_bytes(&copy), &authenticate, NULL),
		                 RESULT_MALFORMED);
		blob_free(&copy);
	}
	blob_free(&message);
}

static void test_authenticate_is_written_as_it_is_read(void** state)
{
	struct blob user = test_utf16("User");
	struct blob domain = test_utf16("Domain");
	struct blob computer = test_utf16("COMPUTER");
	const struct ntlm_authenticate from = { .flags = 0xE2888235,
		                                    .lm_response = BYTES_LITERAL("lm"),
		                                    .nt_response = BYTES_LITERAL("nt response"),
		                                    .domain = blob_bytes(&domain),
		                                    .user = blob_bytes(&user),
		                                    .workstation = blob_bytes(&computer),
		                                    .encrypted_session_key = BYTES_LITERAL("key") };
	struct blob message = BLOB_EMPTY;
	struct ntlm_authenticate to;
	size_t mic_offset = 0;

	(void)state;
	assert_int_equal(ntlm_authenticate_write(&from, &message, &mic_offset), RESULT_OK);
	assert_int_equal(mic_offset, 72); /* MS-NLMP 2.2.1.3 */
	assert_int_equal(ntlm_authenticate_parse(blob_bytes(&message), &to, NULL), RESULT_OK);
	assert_int_equal(to.flags, from.flags);
	assert_int_equal(to.mic_offset, mic_offset);
	assert_true(bytes_equal(to.lm_response, from.lm_response));
	assert_true(bytes_equal(to.nt_response, from.nt_response));
	assert_true(bytes_equal(to.domain, from.domain));
	assert_true(bytes_equal(to.user, from.user));
	assert_true(bytes_equal(to.workstation, from.workstation));
	assert_true(bytes_equal(to.encrypted_session_key, from.encrypted_session_key));
	blob_free(&user);
	blob_free(&domain);
	blob_free(&computer);
	blob_free(&message);
}

static void test_mic_input_is_the_three_messages_with_the_MIC_zeroed(void** state)
{
	uint8_t authenticate[32];
	struct blob input = BLOB_EMPTY;

	(void)state;
	for (uint8_t i = 0; i < sizeof(authenticate); i++)
		authenticate[i] = (uint8_t)(i + 1);
	assert_int_equal(ntlm_mic_input_write(BYTES_LITERAL("one"), BYTES_LITERAL("two"),
	                                      BYTES_OF(authenticate), 8, &input),
	                 RESULT_OK);
	assert_int_equal(input.len, 6 + 32);
	assert_true(bytes_starts_with(blob_bytes(&input), BYTES_LITERAL("onetwo\1\2\3\4\5\6\7\10")));
	for (size_t i = 0; i < 16; i++)
		assert_int_equal(input.data[6 + 8 + i], 0);
	assert_int_equal(input.data[6 + 24], 25);
	assert_int_equal(input.data[6 + 31], 32);
	blob_free(&input);
}

/* --- the response ---------------------------------------------------------------------------- */

static struct blob response_hex(const char* tail)
{
	struct writer writer = writer_make(256);
	struct blob end = test_hex(tail);
	struct blob response = BLOB_EMPTY;

	writer_zeros(&writer, 16);
	writer_bytes(&writer, blob_bytes(&end));
	assert_int_equal(writer_take(&writer, &response), RESULT_OK);
	blob_free(&end);
	return response;
}

#define TEMP_HEAD                                                                                  \
	"0101000000000000"                                                                             \
	"8877665544332211"                                                                             \
	"a1a2a3a4a5a6a7a8"                                                                             \
	"00000000"

static void test_response_is_read(void** state)
{
	/* Behind MsvAvEOL: nothing, the usual four zero bytes, and WinPR's twelve. */
	static const char* const tails[] = { TEMP_HEAD "00000000", TEMP_HEAD "0000000000000000",
		                                 TEMP_HEAD "00000000000000000000000000000000" };

	(void)state;
	for (size_t i = 0; i < 3; i++)
	{
		struct blob bytes = response_hex(tails[i]);
		struct ntlm_response response;
		assert_int_equal(ntlm_response_parse(blob_bytes(&bytes), &response, NULL), RESULT_OK);
		assert_int_equal(response.proof.len, 16);
		assert_int_equal(response.temp.len, bytes.len - 16);
		assert_true(response.timestamp == UINT64_C(0x1122334455667788));
		assert_int_equal(response.client_challenge.data[0], 0xA1);
		assert_int_equal(response.client_challenge.len, 8);
		blob_free(&bytes);
	}
}

static void test_CVE_2020_11086_short_client_challenge(void** state)
{
	struct blob whole = response_hex(TEMP_HEAD "00000000");
	struct ntlm_response response;

	(void)state;
	for (size_t len = 0; len < whole.len; len++)
	{
		struct blob copy = test_exact(bytes_make(whole.data, len));
		assert_int_equal(ntlm_response_parse(blob_bytes(&copy), &response, NULL), RESULT_MALFORMED);
		blob_free(&copy);
	}
	blob_free(&whole);
}

static void test_response_of_an_unknown_version_is_refused(void** state)
{
	struct blob bytes = response_hex(TEMP_HEAD "00000000");
	struct ntlm_response response;

	(void)state;
	bytes.data[16] = 2;
	assert_int_equal(ntlm_response_parse(blob_bytes(&bytes), &response, NULL), RESULT_MALFORMED);
	bytes.data[16] = 1;
	bytes.data[17] = 2;
	assert_int_equal(ntlm_response_parse(blob_bytes(&bytes), &response, NULL), RESULT_MALFORMED);
	blob_free(&bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_authenticate_payload_decides_where_the_MIC_is),
		cmocka_unit_test(test_authenticate_field_inside_the_fixed_part_is_refused),
		cmocka_unit_test(test_authenticate_without_MIC_of_a_real_client_is_read),
		cmocka_unit_test(test_CVE_2020_11087_short_AUTHENTICATE),
		cmocka_unit_test(test_authenticate_is_written_as_it_is_read),
		cmocka_unit_test(test_mic_input_is_the_three_messages_with_the_MIC_zeroed),
		cmocka_unit_test(test_response_is_read),
		cmocka_unit_test(test_CVE_2020_11086_short_client_challenge),
		cmocka_unit_test(test_response_of_an_unknown_version_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
