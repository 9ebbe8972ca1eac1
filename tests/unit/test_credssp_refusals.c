/* SPDX-License-Identifier: Apache-2.0
 *
 * What CredSSP's ends refuse, and in which words: logons that fail, keys that differ, seals that
 * are not the peer's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "credssp/binding.h"
#include "credssp/error_code.h"
#include "credssp_pair.h"
#include "vector.h"

#define OTHER_KEY BYTES_LITERAL("\x30\x06\x02\x01\xFF\x02\x01\x05")

/* --- logons that fail ------------------------------------------------------------------------- */

static void expect_error_code(enum credssp_inner inner, uint32_t version, bool told)
{
	struct credssp_pair_config config = credssp_pair_defaults(inner);
	struct credssp_pair pair;

	config.password = "password";
	config.server_version = version;
	credssp_pair_open(&pair, &config);
	credssp_pair_run(&pair, NULL, NULL);
	assert_int_equal(pair.server.result, RESULT_LOGON_DENIED);
	assert_int_equal(credssp_end_report(&pair.server).error_code_told, told);
	assert_int_equal(credssp_end_report(&pair.client).error_code_told, told);
	if (told)
	{
		const struct ts_request last = credssp_request(blob_bytes(&pair.wire[3]));

		assert_int_equal(pair.legs, 4);
		assert_int_equal(last.fields, TS_ERROR_CODE);
		assert_int_equal(last.error_code, 0xC000006D);
		assert_int_equal(credssp_end_report(&pair.client).error_code, 0xC000006D);
		credssp_expect_reason(
		    &pair.client, RESULT_REJECTED,
		    "the server refused the logon: wrong password or unknown user (errorCode "
		    "0xC000006D)");
	}
	else
		assert_int_equal(pair.legs, 3);
	credssp_pair_close(&pair);
}

/* MS-CSSP 2.2.1. Defect D32: nothing goes beside errorCode. */
static void test_a_wrong_password_is_told_in_versions_3_4_and_6(void** state)
{
	(void)state;
	for (unsigned ntlm = 0; ntlm < 2; ntlm++)
	{
		const enum credssp_inner inner = ntlm ? INNER_BARE_NTLM : INNER_NEGOTIATE_NTLM;

		expect_error_code(inner, 2, false);
		expect_error_code(inner, 3, true);
		expect_error_code(inner, 4, true);
		expect_error_code(inner, 5, false);
		expect_error_code(inner, 6, true);
	}
}

static void test_what_an_account_is_refused_for_is_told(void** state)
{
	static const struct
	{
		enum result verdict;
		uint32_t code;
	} cases[] = { { RESULT_ACCOUNT_DISABLED, 0xC0000072 },
		          { RESULT_PASSWORD_EXPIRED, 0xC0000071 },
		          { RESULT_PASSWORD_MUST_CHANGE, 0xC0000224 },
		          { RESULT_ACCOUNT_EXPIRED, 0xC0000193 },
		          { RESULT_LOGON_HOURS, 0xC000006F },
		          { RESULT_WORKSTATION, 0xC0000070 },
		          { RESULT_NOT_ADMITTED, 0xC000015B },
		          /* Said whatever the password is, so not to the client. */
		          { RESULT_ACCOUNT_LOCKED, 0xC000006D },
		          { RESULT_NOT_JUDGED, 0xC000006D },
		          { RESULT_POLICY, 0xC000006D } };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
	{
		const struct credssp_pair_config config = credssp_pair_defaults(INNER_BARE_NTLM);
		struct credssp_pair pair;

		credssp_pair_open(&pair, &config);
		pair.ntlm.verdict = cases[i].verdict;
		credssp_pair_run(&pair, NULL, NULL);
		credssp_expect_reason(&pair.server, cases[i].verdict, "the account may not log on");
		assert_int_equal(credssp_end_report(&pair.client).error_code, cases[i].code);
		credssp_pair_close(&pair);
	}
}

static void test_codes_in_plain_words(void** state)
{
	static const struct
	{
		uint32_t code;
		const char* words;
	} cases[] = { { 0xC000006D, "wrong password or unknown user" },
		          { 0xC007052E, "wrong password or unknown user" }, /* FreeRDP's */
		          { 0x8007052E, "wrong password or unknown user" },
		          { 0x8009030C, "wrong password or unknown user" },
		          { 0xC00700EA, "FreeRDP's servers before 3.25 say so whatever the reason is" },
		          { 0xC0000234, "the account is locked out" },
		          { 0xC0070775, "the account is locked out" },
		          { 0xC0000224, "the password must be changed before the first logon" },
		          { 0xC0070000, "a reason that is not known here" },
		          { 0xC000052E, "a reason that is not known here" },
		          { 0, "a reason that is not known here" } };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(error_code_words(cases[i].code), cases[i].words);
	assert_int_equal(error_code_of(RESULT_OK), 0xC000006D);
}

static void add_error_code(struct ts_request* request)
{
	request->fields |= TS_ERROR_CODE;
	request->error_code = 0xC000006D;
}

static void test_a_client_has_no_errorCode(void** state)
{
	(void)state;
	credssp_expect_refused(0, add_error_code, RESULT_OUT_OF_SEQUENCE, "the client sent errorCode");
	credssp_expect_refused(4, add_error_code, RESULT_OUT_OF_SEQUENCE, "the client sent errorCode");
}

/* Whatever is beside it: defect D32 had the client's own pubKeyAuth there. */
static void test_errorCode_ends_it_wherever_it_comes(void** state)
{
	static const char words[] =
	    "the server refused the logon: wrong password or unknown user (errorCode 0xC000006D)";

	(void)state;
	credssp_expect_refused(1, add_error_code, RESULT_REJECTED, words);
	credssp_expect_refused(3, add_error_code, RESULT_REJECTED, words);
}

static void test_errorCode_in_version_5_is_out_of_place(void** state)
{
	struct credssp_pair_config config = credssp_pair_defaults(INNER_BARE_NTLM);
	struct credssp_pair pair;

	(void)state;
	config.server_version = 5;
	credssp_pair_open(&pair, &config);
	credssp_pair_run_changed(&pair, 3, add_error_code, false);
	credssp_expect_reason(&pair.client, RESULT_OUT_OF_SEQUENCE,
	                      "errorCode came, which CredSSP versions 2 and 5 do not have");
	/* But a report may say it. */
	assert_int_equal(credssp_end_report(&pair.client).error_code, 0xC000006D);
	credssp_pair_close(&pair);
}

/* --- keys that differ ------------------------------------------------------------------------- */

static void test_CVE_2018_0886_whoever_shows_the_client_another_key_gets_no_answer(void** state)
{
	(void)state;
	for (unsigned inner = 0; inner < INNER_COUNT; inner++)
	{
		for (uint32_t version = TS_VERSION_OLDEST; version <= TS_VERSION_NEWEST; version++)
		{
			struct credssp_pair_config config = credssp_pair_defaults((enum credssp_inner)inner);
			struct credssp_pair pair;

			config.client_key = OTHER_KEY;
			config.client_version = version;
			credssp_pair_open(&pair, &config);
			credssp_pair_run(&pair, NULL, NULL);
			credssp_expect_reason(
			    &pair.server, RESULT_ALTERED,
			    "the client's pubKeyAuth is not of our key: somebody stands in between, "
			    "or its CredSSP is defective");
			assert_false(credssp_is_complete(pair.client.credssp));
			credssp_pair_close(&pair);
		}
	}
}

/* A server with the password and another key: what it may say to a client that it has convinced
 * otherwise. Its own answer, and for versions 2 to 4 defect D1's. */
static void expect_server_key_refused(uint32_t version, struct bytes binding)
{
	struct credssp_pair_config config = credssp_pair_defaults(INNER_BARE_NTLM);
	struct credssp_pair pair;
	struct blob message = BLOB_EMPTY;

	config.client_version = version;
	credssp_pair_open(&pair, &config);
	credssp_end_step(&pair.client, &message);
	struct blob token =
	    credssp_inner_step(pair.server.inner, credssp_request(blob_bytes(&message)).nego_token);
	struct ts_request request = { .version = 6,
		                          .fields = TS_NEGO_TOKENS,
		                          .nego_token = blob_bytes(&token) };
	credssp_put(&message, &request);
	blob_free(&token);
	credssp_end_step(&pair.client, &message);
	token = credssp_inner_step(pair.server.inner, credssp_request(blob_bytes(&message)).nego_token);
	assert_int_equal(token.len, 0);
	struct blob sealed = credssp_make_sealed(pair.server.inner, binding);
	request = (struct ts_request){ .version = 6,
		                           .fields = TS_PUB_KEY_AUTH,
		                           .pub_key_auth = blob_bytes(&sealed) };
	credssp_put(&message, &request);
	credssp_end_fails(&pair.client, &message, RESULT_ALTERED);
	assert_int_equal(message.len, 0);
	credssp_expect_reason(
	    &pair.client, RESULT_ALTERED,
	    "the server's pubKeyAuth is not of the key that TLS showed: somebody stands in "
	    "between, or the server's CredSSP is defective");
	blob_free(&sealed);
	credssp_pair_close(&pair);
}

static void test_a_server_that_does_not_know_the_key_gets_no_credentials(void** state)
{
	static const uint8_t one_and_zeros[8] = { 1 };
	static const uint8_t hash[BINDING_HASH_SIZE] = { 1 };
	const struct credssp_pair_config config = credssp_pair_defaults(INNER_BARE_NTLM);

	(void)state;
	for (uint32_t version = TS_VERSION_OLDEST; version <= TS_VERSION_NEWEST; version++)
	{
		expect_server_key_refused(version, BYTES_EMPTY);
		expect_server_key_refused(version, config.client_key); /* the client's own word */
		expect_server_key_refused(version, BYTES_OF(one_and_zeros));
		expect_server_key_refused(version, BYTES_OF(hash));
	}
}

static struct blob client_pub_key_auth;

static void keep_pub_key_auth(void* data, unsigned leg, struct blob* message)
{
	struct ts_request request = credssp_request(blob_bytes(message));
	struct blob before = BLOB_EMPTY;

	(void)data;
	if (leg == 2)
	{
		assert_int_equal(blob_set(&client_pub_key_auth, request.pub_key_auth), RESULT_OK);
		return;
	}
	if (leg != 3)
		return;
	assert_int_equal(blob_set(&before, blob_bytes(message)), RESULT_OK);
	request.pub_key_auth = blob_bytes(&client_pub_key_auth);
	credssp_put(message, &request);
	blob_free(&before);
}

static void test_the_clients_own_pubKeyAuth_reflected(void** state)
{
	(void)state;
	for (uint32_t version = TS_VERSION_OLDEST; version <= TS_VERSION_NEWEST; version++)
	{
		struct credssp_pair_config config = credssp_pair_defaults(INNER_BARE_NTLM);
		struct credssp_pair pair;

		config.client_version = version;
		credssp_pair_open(&pair, &config);
		credssp_pair_run(&pair, keep_pub_key_auth, NULL);
		credssp_expect_reason(&pair.client, RESULT_ALTERED,
		                      "the server's pubKeyAuth was not sealed by it");
		credssp_pair_close(&pair);
	}
	blob_free(&client_pub_key_auth);
}

static void cut_pub_key_auth(struct ts_request* request)
{
	request->pub_key_auth.len = 15;
}

static void cut_auth_info(struct ts_request* request)
{
	request->auth_info.len--;
}

static void test_seals_that_are_cut(void** state)
{
	(void)state;
	credssp_expect_refused(2, cut_pub_key_auth, RESULT_ALTERED,
	                       "the client's pubKeyAuth was not sealed by it");
	credssp_expect_refused(3, cut_pub_key_auth, RESULT_ALTERED,
	                       "the server's pubKeyAuth was not sealed by it");
	credssp_expect_refused(4, cut_auth_info, RESULT_ALTERED,
	                       "the client's authInfo was not sealed by it");
}

/* --- no seal ---------------------------------------------------------------------------------- */

/* MS-CSSP 2.2.1: pubKeyAuth and authInfo are encrypted. NTLM without SEAL would sign them and leave
 * them readable to whoever ends TLS. */
static void test_nothing_goes_out_under_a_mechanism_that_only_signs(void** state)
{
	(void)state;
	for (unsigned ntlm = 0; ntlm < 2; ntlm++)
	{
		struct credssp_pair_config config =
		    credssp_pair_defaults(ntlm ? INNER_BARE_NTLM : INNER_NEGOTIATE_NTLM);
		struct credssp_pair pair;

		config.asked = MECH_INTEGRITY;
		credssp_pair_open(&pair, &config);
		credssp_pair_run(&pair, NULL, NULL);
		credssp_expect_reason(
		    &pair.client, RESULT_POLICY,
		    "the mechanism was agreed on without confidentiality: it cannot seal");
		assert_int_equal(pair.legs, ntlm ? 2 : 4);
		credssp_pair_close(&pair);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_wrong_password_is_told_in_versions_3_4_and_6),
		cmocka_unit_test(test_what_an_account_is_refused_for_is_told),
		cmocka_unit_test(test_codes_in_plain_words),
		cmocka_unit_test(test_a_client_has_no_errorCode),
		cmocka_unit_test(test_errorCode_ends_it_wherever_it_comes),
		cmocka_unit_test(test_errorCode_in_version_5_is_out_of_place),
		cmocka_unit_test(test_CVE_2018_0886_whoever_shows_the_client_another_key_gets_no_answer),
		cmocka_unit_test(test_a_server_that_does_not_know_the_key_gets_no_credentials),
		cmocka_unit_test(test_the_clients_own_pubKeyAuth_reflected),
		cmocka_unit_test(test_seals_that_are_cut),
		cmocka_unit_test(test_nothing_goes_out_under_a_mechanism_that_only_signs),
	};
	return cmocka_run_group_tests_name("credssp_refusals", tests, NULL, NULL);
}
