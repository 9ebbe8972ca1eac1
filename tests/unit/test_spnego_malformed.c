/* SPDX-License-Identifier: Apache-2.0
 *
 * A malformed SPNEGO message is refused with a reason that names the message and the field, by the
 * names of RFC 4178 4.2 and MS-SPNG 2.2.1. The bytes were put together by hand from these.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "spnego_pair.h"
#include "vector.h"

#define SPNEGO "06062b0601050502"
#define NTLM "060a2b06010401823702020a"
#define LIST "a00e300c" NTLM
#define TOKEN "a2040402beef"

struct row
{
	const char* hex;
	const char* reason;
};

static const char* reason_of(const struct spnego_side* side)
{
	struct negossp_report report;
	negossp_describe(side->context, &report);
	return report.reason;
}

static void expect_refused(struct spnego_side* side, struct bytes token, const char* reason)
{
	struct blob output = BLOB_EMPTY;
	assert_int_equal(spnego_side_step(side, token, &output), RESULT_MALFORMED);
	assert_non_null(reason_of(side));
	assert_string_equal(reason_of(side), reason);
	assert_int_equal(output.len, 0);
}

static void expect_first(const struct row* row)
{
	struct spnego_pair pair;
	struct blob token = test_hex(row->hex);
	spnego_pair_init(&pair);
	spnego_pair_open(&pair, "N", "N");
	expect_refused(&pair.acceptor, blob_bytes(&token), row->reason);
	spnego_pair_close(&pair);
	blob_free(&token);
}

static void expect_reply(const struct row* row)
{
	struct spnego_pair pair;
	struct blob token = test_hex(row->hex);
	struct blob init = BLOB_EMPTY;
	spnego_pair_init(&pair);
	spnego_pair_open(&pair, "N", "N");
	assert_int_equal(spnego_side_step(&pair.initiator, BYTES_EMPTY, &init), RESULT_OK);
	expect_refused(&pair.initiator, blob_bytes(&token), row->reason);
	spnego_pair_close(&pair);
	blob_free(&init);
	blob_free(&token);
}

static void test_field_of_NegTokenInit(void** state)
{
	static const struct row rows[] = {
		{ "600c" SPNEGO "a0020400", "NegTokenInit: the frame is not well formed" },
		{ "600c" SPNEGO "a0023000", "NegTokenInit: mechTypes is missing or not well formed" },
		{ "6010" SPNEGO "a0063004a0023100",
		  "NegTokenInit: mechTypes is missing or not well formed" },
		{ "6010" SPNEGO "a0063004a0023000", "NegTokenInit: mechTypes is empty" },
		{ "6012" SPNEGO "a0083006a00430020600",
		  "NegTokenInit: mechTypes has something else than OIDs of 1 to 64 bytes in it" },
		{ "6020" SPNEGO "a0163014" LIST "a1020400", "NegTokenInit: reqFlags is not well formed" },
		{ "6020" SPNEGO "a0163014" LIST "a2020c00", "NegTokenInit: mechToken is not well formed" },
		{ "6020" SPNEGO "a0163014" LIST "a3020c00",
		  "NegTokenInit: mechListMIC is not well formed" },
		{ "6020" SPNEGO "a0163014" LIST "a4020c00",
		  "NegTokenInit: mechListMIC is not well formed" },
		{ "6024" SPNEGO "a01a3018" LIST "a3063004a0020400",
		  "NegTokenInit: hintName is not well formed" },
		{ "6024" SPNEGO "a01a3018" LIST "a3063004a1021b00",
		  "NegTokenInit: hintAddress is not well formed" },
		{ "6020" SPNEGO "a0163014" LIST "a5020c00",
		  "NegTokenInit: a field is unknown, doubled or out of its order" },
		{ "6028" SPNEGO "a01e301c" LIST TOKEN TOKEN,
		  "NegTokenInit: a field is unknown, doubled or out of its order" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		expect_first(&rows[i]);
}

static void test_field_of_NegTokenResp(void** state)
{
	static const struct row rows[] = {
		{ "a1020400", "NegTokenResp: the frame is not well formed" },
		{ "a103300000", "NegTokenResp: the frame is not well formed" },
		{ "a1023000ff", "NegTokenResp: the frame is not well formed" },
		{ "a1073005a003020101", "NegTokenResp: negState is not well formed" },
		{ "a1073005a0030a0104", "NegTokenResp: negState is none of RFC 4178's" },
		{ "a1073005a0030a01ff", "NegTokenResp: negState is not well formed" },
		{ "a1063004a1020600", "NegTokenResp: supportedMech is empty" },
		{ "a1063004a1020400", "NegTokenResp: supportedMech is not well formed" },
		{ "a1063004a2020600", "NegTokenResp: responseToken is not well formed" },
		{ "a1063004a3020600", "NegTokenResp: mechListMIC is not well formed" },
		{ "a1063004a4020400", "NegTokenResp: a field is unknown, doubled or out of its order" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		expect_reply(&rows[i]);
}

static void test_list_of_33_mechanisms(void** state)
{
	struct spnego_pair pair;
	struct writer writer = writer_make(512);
	struct blob init = BLOB_EMPTY;
	struct blob list = BLOB_EMPTY;
	(void)state;
	writer_bytes(&writer, BYTES_LITERAL("\x30\x81\x84"));
	for (int i = 0; i < 33; i++)
		writer_bytes(&writer, BYTES_LITERAL("\x06\x02\x2A\x03"));
	assert_int_equal(writer_take(&writer, &list), RESULT_OK);
	const struct neg_token_init token = { blob_bytes(&list), BYTES_EMPTY, BYTES_EMPTY };
	assert_int_equal(neg_token_init_write(&token, &init), RESULT_OK);
	spnego_pair_init(&pair);
	spnego_pair_open(&pair, "N", "N");
	expect_refused(&pair.acceptor, blob_bytes(&init),
	               "NegTokenInit: mechTypes has more than 32 entries");
	spnego_pair_close(&pair);
	blob_free(&init);
	blob_free(&list);
}

static void test_token_of_more_than_128_KiB(void** state)
{
	const size_t len = 128 * 1024 + 1;
	struct spnego_pair pair;
	uint8_t* const token = calloc(1, len);
	(void)state;
	assert_non_null(token);
	spnego_pair_init(&pair);
	spnego_pair_open(&pair, "N", "N");
	expect_refused(&pair.acceptor, bytes_make(token, len),
	               "the peer's token: its length is above 128 KiB");
	spnego_pair_close(&pair);
	free(token);
}

/* What is no SPNEGO at all has no field to name, and what is well formed but lacks what this leg
 * needs has nothing wrong in it (RFC 4178 4.2.2: negState is required in the first reply). */
static void test_what_names_no_field_keeps_the_words_of_the_decision(void** state)
{
	static const struct row first = { "deadbeef", "the client's first token is neither SPNEGO nor "
		                                          "of a mechanism that is available here" };
	static const struct row reply = { "deadbeef", "the server's token is not a NegTokenResp" };
	static const struct row no_state = { "a1083006" TOKEN,
		                                 "the server's first reply has no negState" };
	(void)state;
	expect_first(&first);
	expect_reply(&reply);
	expect_reply(&no_state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_field_of_NegTokenInit),
		cmocka_unit_test(test_field_of_NegTokenResp),
		cmocka_unit_test(test_list_of_33_mechanisms),
		cmocka_unit_test(test_token_of_more_than_128_KiB),
		cmocka_unit_test(test_what_names_no_field_keeps_the_words_of_the_decision),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
