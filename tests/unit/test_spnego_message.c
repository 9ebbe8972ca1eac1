/* SPDX-License-Identifier: Apache-2.0
 *
 * NegTokenInit, NegTokenInit2 and NegTokenResp, byte by byte: what is read, what is refused, what
 * is written. The bytes were put together by hand from RFC 4178 4.2 and MS-SPNG 2.2.1.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "spnego/message.h"
#include "vector.h"

#define SPNEGO "06062b0601050502"
#define NTLM "060a2b06010401823702020a"
#define LIST "300c" NTLM
#define LIST_FIELD "a00e" LIST
#define TOKEN "a2040402beef"
#define MIC3 "a3040402cafe"
#define MIC4 "a4040402cafe"

static enum result parse_init(const char* hex, struct neg_token_init* init, struct blob* token)
{
	*token = test_hex(hex);
	return neg_token_init_parse(blob_bytes(token), init, NULL);
}

static void expect_init_malformed(const char* hex)
{
	struct neg_token_init init = { BYTES_LITERAL("x"), BYTES_EMPTY, BYTES_EMPTY };
	struct blob token;
	if (parse_init(hex, &init, &token) != RESULT_MALFORMED || init.mech_types.len != 1)
		fail_msg("accepted: %s", hex);
	blob_free(&token);
}

static enum result parse_resp(const char* hex, struct neg_token_resp* resp, struct blob* token)
{
	*token = test_hex(hex);
	return neg_token_resp_parse(blob_bytes(token), resp, NULL);
}

static void expect_resp_malformed(const char* hex)
{
	struct neg_token_resp resp = { NEG_STATE_REJECT, BYTES_LITERAL("x"), BYTES_EMPTY, BYTES_EMPTY };
	struct blob token;
	if (parse_resp(hex, &resp, &token) != RESULT_MALFORMED || resp.supported_mech.len != 1)
		fail_msg("accepted: %s", hex);
	blob_free(&token);
}

static void expect_hex(struct bytes is, const char* hex)
{
	struct blob expected = test_hex(hex);
	assert_int_equal(is.len, expected.len);
	assert_memory_equal(is.data, expected.data, expected.len);
	blob_free(&expected);
}

static void test_init_is_read_with_its_raw_mech_type_list(void** state)
{
	struct neg_token_init init;
	struct blob token;
	(void)state;
	assert_int_equal(parse_init("6022" SPNEGO "a0183016" LIST_FIELD TOKEN, &init, &token),
	                 RESULT_OK);
	expect_hex(init.mech_types, LIST);
	expect_hex(init.mech_token, "beef");
	assert_int_equal(init.mech_list_mic.len, 0);
	assert_true(neg_token_is_init(blob_bytes(&token)));
	assert_false(neg_token_is_resp(blob_bytes(&token)));
	blob_free(&token);
}

static void test_init_with_req_flags_and_mic_is_read(void** state)
{
	struct neg_token_init init;
	struct blob token;
	(void)state;
	assert_int_equal(
	    parse_init("602e" SPNEGO "a0243022" LIST_FIELD "a10403020780" TOKEN MIC3, &init, &token),
	    RESULT_OK);
	expect_hex(init.mech_token, "beef");
	expect_hex(init.mech_list_mic, "cafe");
	blob_free(&token);
}

/* MS-SPNG 2.2.1: the hints at [3], the MIC at [4]. */
static void test_init2_with_neg_hints_is_read(void** state)
{
	static const char* const good[] = {
		"602f" SPNEGO "a0253023" LIST_FIELD "a30b3009a0031b0178a1020400" MIC4,
		"602b" SPNEGO "a021301f" LIST_FIELD "a3073005a0031b0178" MIC4,
		"602a" SPNEGO "a020301e" LIST_FIELD "a3063004a1020400" MIC4,
		"6026" SPNEGO "a01c301a" LIST_FIELD "a3023000" MIC4,
	};
	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
	{
		struct neg_token_init init;
		struct blob token;
		assert_int_equal(parse_init(good[i], &init, &token), RESULT_OK);
		expect_hex(init.mech_types, LIST);
		assert_int_equal(init.mech_token.len, 0);
		expect_hex(init.mech_list_mic, "cafe");
		blob_free(&token);
	}
	/* hintAddress without its OCTET STRING, hints out of order, a third one */
	expect_init_malformed("602d" SPNEGO "a0233021" LIST_FIELD "a3093007a0031b0178a100" MIC4);
	expect_init_malformed("602f" SPNEGO "a0253023" LIST_FIELD "a30b3009a1020400a0031b0178" MIC4);
	expect_init_malformed("6033" SPNEGO "a0293027" LIST_FIELD
	                      "a30f300da0031b0178a1020400a2020400" MIC4);
}

static void test_nothing_but_a_spnego_frame_is_an_init(void** state)
{
	(void)state;
	expect_init_malformed("");
	expect_init_malformed("60");
	/* Kerberos' OID in the frame (RFC 4121 4.1) */
	expect_init_malformed("602506092a864886f712010202a0183016" LIST_FIELD TOKEN);
	/* NegTokenInit without its frame; NegTokenResp inside the frame */
	expect_init_malformed("a0183016" LIST_FIELD TOKEN);
	expect_init_malformed("601c" SPNEGO "a1123010" LIST_FIELD);
	/* mechTypes missing, empty, of another type, with something after it */
	expect_init_malformed("6012" SPNEGO "a0083006" TOKEN);
	expect_init_malformed("600e" SPNEGO "a0043002a000");
	expect_init_malformed("601c" SPNEGO "a0123010a00e310c" NTLM);
	expect_init_malformed("601e" SPNEGO "a0143012a010" LIST "0500");
}

static void test_init_fields_twice_out_of_order_or_trailing_are_refused(void** state)
{
	(void)state;
	expect_init_malformed("6028" SPNEGO "a01e301c" LIST_FIELD TOKEN TOKEN);
	expect_init_malformed("6028" SPNEGO "a01e301c" TOKEN LIST_FIELD MIC3);
	expect_init_malformed("6032" SPNEGO "a0283026" LIST_FIELD LIST_FIELD TOKEN);
	/* after the fields, after the SEQUENCE, after [0], after the frame */
	expect_init_malformed("6024" SPNEGO "a01a3018" LIST_FIELD TOKEN "0500");
	expect_init_malformed("6024" SPNEGO "a01a3016" LIST_FIELD TOKEN "0500");
	expect_init_malformed("6024" SPNEGO "a0183016" LIST_FIELD TOKEN "0500");
	expect_init_malformed("6022" SPNEGO "a0183016" LIST_FIELD TOKEN "0500");
	/* a mechToken that is no OCTET STRING */
	expect_init_malformed("6022" SPNEGO "a0183016" LIST_FIELD "a2040302beef");
}

static void test_resp_is_read(void** state)
{
	struct neg_token_resp resp;
	struct blob token;
	(void)state;
	assert_int_equal(parse_resp("a121301fa0030a0103a10c" NTLM TOKEN MIC3, &resp, &token),
	                 RESULT_OK);
	assert_int_equal(resp.neg_state, NEG_STATE_REQUEST_MIC);
	expect_hex(resp.supported_mech, "2b06010401823702020a");
	expect_hex(resp.response_token, "beef");
	expect_hex(resp.mech_list_mic, "cafe");
	assert_true(neg_token_is_resp(blob_bytes(&token)));
	assert_false(neg_token_is_init(blob_bytes(&token)));
	blob_free(&token);
}

static void test_an_empty_resp_is_read_as_nothing(void** state)
{
	struct neg_token_resp resp;
	struct blob token;
	(void)state;
	assert_int_equal(parse_resp("a1023000", &resp, &token), RESULT_OK);
	assert_int_equal(resp.neg_state, NEG_STATE_ABSENT);
	assert_int_equal(resp.supported_mech.len + resp.response_token.len + resp.mech_list_mic.len, 0);
	blob_free(&token);
}

/* Windows Server 2025, captured: tests/vectors names the source. */
static void test_server_2025_token_is_read(void** state)
{
	struct vector vector = vector_open("spnego-accept-incomplete-with-mic.json");
	struct blob token = vector_hex(&vector, NULL, "token");
	struct neg_token_resp resp;
	(void)state;
	assert_int_equal(neg_token_resp_parse(blob_bytes(&token), &resp, NULL), RESULT_OK);
	assert_int_equal(resp.neg_state, NEG_STATE_ACCEPT_INCOMPLETE);
	assert_int_equal(resp.supported_mech.len + resp.response_token.len, 0);
	expect_hex(resp.mech_list_mic, "0100000049c217f5398d246700000000");
	blob_free(&token);
	vector_close(&vector);
}

static void test_FreeRDP_66a326490_neg_state_out_of_range_is_refused(void** state)
{
	struct neg_token_resp resp;
	struct blob token;
	(void)state;
	for (unsigned value = 0; value < 256; value++)
	{
		char hex[32];
		snprintf(hex, sizeof(hex), "a1073005a0030a01%02x", value);
		const enum result result = parse_resp(hex, &resp, &token);
		assert_int_equal(result, value <= 3 ? RESULT_OK : RESULT_MALFORMED);
		if (result == RESULT_OK)
			assert_int_equal(resp.neg_state, value);
		blob_free(&token);
	}
	expect_resp_malformed("a1083006a0040a020100"); /* 256 */
	expect_resp_malformed("a1063004a0020a00");     /* no octet */
	expect_resp_malformed("a1073005a003020101");   /* INTEGER */
}

static void test_resp_fields_twice_out_of_order_or_trailing_are_refused(void** state)
{
	(void)state;
	expect_resp_malformed("");
	expect_resp_malformed("a1");
	expect_resp_malformed("a100");
	expect_resp_malformed("a0023000");
	expect_resp_malformed("a10c300aa0030a0101a0030a0101");
	expect_resp_malformed("a10d300ba2040402beefa0030a0101");
	expect_resp_malformed("a10e300ca3040402cafea2040402beef");
	expect_resp_malformed("a1083006a404040200ff");
	expect_resp_malformed("a10430020500"); /* in the SEQUENCE */
	expect_resp_malformed("a10430000500"); /* after the SEQUENCE */
	expect_resp_malformed("a10230000500"); /* after [1] */
	expect_resp_malformed("a10530030a0101");
	expect_resp_malformed("a1063004a1020600"); /* supportedMech of no bytes */
	expect_resp_malformed("a1803000");         /* indefinite length */
}

static void test_what_is_written_is_der(void** state)
{
	struct blob list = test_hex(LIST);
	struct blob oid = test_hex("2b06010401823702020a");
	struct blob written = BLOB_EMPTY;
	const struct neg_token_init init = { blob_bytes(&list), BYTES_LITERAL("\xBE\xEF"),
		                                 BYTES_EMPTY };
	const struct neg_token_resp resp = { NEG_STATE_ACCEPT_COMPLETED, blob_bytes(&oid),
		                                 BYTES_LITERAL("\xBE\xEF"), BYTES_LITERAL("\xCA\xFE") };
	const struct neg_token_resp empty = { NEG_STATE_ABSENT, BYTES_EMPTY, BYTES_EMPTY, BYTES_EMPTY };
	(void)state;
	assert_int_equal(neg_token_init_write(&init, &written), RESULT_OK);
	expect_hex(blob_bytes(&written), "6022" SPNEGO "a0183016" LIST_FIELD TOKEN);
	assert_int_equal(neg_token_resp_write(&resp, &written), RESULT_OK);
	expect_hex(blob_bytes(&written), "a121301fa0030a0100a10c" NTLM TOKEN MIC3);
	assert_int_equal(neg_token_resp_write(&empty, &written), RESULT_OK);
	expect_hex(blob_bytes(&written), "a1023000");
	blob_free(&written);
	blob_free(&oid);
	blob_free(&list);
}

static void test_a_large_token_is_written_and_read_back(void** state)
{
	const size_t size = 48000; /* a Kerberos ticket with a large PAC */
	uint8_t* large = calloc(1, size);
	struct blob list = test_hex(LIST);
	struct blob written = BLOB_EMPTY;
	struct neg_token_init back;
	(void)state;
	assert_non_null(large);
	const struct neg_token_init init = { blob_bytes(&list), bytes_make(large, size), BYTES_EMPTY };
	assert_int_equal(neg_token_init_write(&init, &written), RESULT_OK);
	assert_int_equal(neg_token_init_parse(blob_bytes(&written), &back, NULL), RESULT_OK);
	assert_int_equal(back.mech_token.len, size);
	blob_free(&written);
	blob_free(&list);
	free(large);
}

static void test_every_truncation_is_refused(void** state)
{
	struct blob init = test_hex("602e" SPNEGO "a0243022" LIST_FIELD "a10403020780" TOKEN MIC3);
	struct blob resp = test_hex("a121301fa0030a0103a10c" NTLM TOKEN MIC3);
	(void)state;
	for (size_t len = 0; len < init.len; len++)
	{
		struct neg_token_init ignored;
		assert_int_equal(neg_token_init_parse(bytes_make(init.data, len), &ignored, NULL),
		                 RESULT_MALFORMED);
	}
	for (size_t len = 0; len < resp.len; len++)
	{
		struct neg_token_resp ignored;
		assert_int_equal(neg_token_resp_parse(bytes_make(resp.data, len), &ignored, NULL),
		                 RESULT_MALFORMED);
	}
	blob_free(&init);
	blob_free(&resp);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_init_is_read_with_its_raw_mech_type_list),
		cmocka_unit_test(test_init_with_req_flags_and_mic_is_read),
		cmocka_unit_test(test_init2_with_neg_hints_is_read),
		cmocka_unit_test(test_nothing_but_a_spnego_frame_is_an_init),
		cmocka_unit_test(test_init_fields_twice_out_of_order_or_trailing_are_refused),
		cmocka_unit_test(test_resp_is_read),
		cmocka_unit_test(test_an_empty_resp_is_read_as_nothing),
		cmocka_unit_test(test_server_2025_token_is_read),
		cmocka_unit_test(test_FreeRDP_66a326490_neg_state_out_of_range_is_refused),
		cmocka_unit_test(test_resp_fields_twice_out_of_order_or_trailing_are_refused),
		cmocka_unit_test(test_what_is_written_is_der),
		cmocka_unit_test(test_a_large_token_is_written_and_read_back),
		cmocka_unit_test(test_every_truncation_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
