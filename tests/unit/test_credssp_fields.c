/* SPDX-License-Identifier: Apache-2.0
 *
 * TSRequest's fields as they must not be, and in which words they are refused: versions and nonces
 * that change, fields that are empty, missing or out of place.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "credssp_pair.h"
#include "vector.h"

/* --- versions --------------------------------------------------------------------------------- */

static void say_5(struct ts_request* request)
{
	request->version = 5;
}

static void say_7(struct ts_request* request)
{
	request->version = 7;
}

static void say_1(struct ts_request* request)
{
	request->version = 1;
}

static void say_all_ones(struct ts_request* request)
{
	request->version = UINT32_MAX;
}

/* Defect D26. */
static void test_a_version_stays_what_it_was(void** state)
{
	static const char words[] = "the peer changed its CredSSP version half-way";

	(void)state;
	for (unsigned leg = 2; leg < 5; leg++)
	{
		credssp_expect_refused(leg, say_5, RESULT_OUT_OF_SEQUENCE, words);
		credssp_expect_refused(leg, say_7, RESULT_OUT_OF_SEQUENCE, words);
	}
}

/* MS-CSSP 2.2.1: a peer that is newer than this code is taken as of version 6. */
static void test_a_version_above_6_counts_as_6(void** state)
{
	void (*const says[])(struct ts_request*) = { say_7, say_all_ones };

	(void)state;
	for (unsigned i = 0; i < 4; i++)
	{
		const struct credssp_pair_config config = credssp_pair_defaults(INNER_NEGOTIATE_NTLM);
		struct credssp_pair pair;

		credssp_pair_open(&pair, &config);
		credssp_pair_run_changed(&pair, i / 2, says[i % 2], true);
		credssp_pair_assert_complete(&pair);
		assert_int_equal(credssp_end_report(i / 2 ? &pair.client : &pair.server).agreed, 6);
		assert_true(credssp_end_report(i / 2 ? &pair.client : &pair.server).peer_version > 6);
		credssp_pair_close(&pair);
	}
}

static void test_versions_that_never_were(void** state)
{
	static const char words[] =
	    "the peer's CredSSP version is below the lowest that is allowed here";

	(void)state;
	credssp_expect_refused(0, say_1, RESULT_POLICY, words);
	credssp_expect_refused(1, say_1, RESULT_POLICY, words);
}

/* MS-CSSP 5.1 advises 5 at least. */
static void test_versions_that_policy_forbids(void** state)
{
	(void)state;
	for (uint32_t version = TS_VERSION_OLDEST; version <= TS_VERSION_NEWEST; version++)
	{
		struct credssp_pair_config config = credssp_pair_defaults(INNER_NEGOTIATE_NTLM);
		struct credssp_pair pair;

		config.client_version = version;
		config.server_lowest = 5;
		credssp_pair_open(&pair, &config);
		credssp_pair_run(&pair, NULL, NULL);
		assert_int_equal(pair.server.result, version < 5 ? RESULT_POLICY : RESULT_OK);
		assert_int_equal(pair.legs, version < 5 ? 1 : 7);
		credssp_pair_close(&pair);

		config.client_version = 6;
		config.server_version = version;
		config.client_lowest = 5;
		config.server_lowest = 2;
		credssp_pair_open(&pair, &config);
		credssp_pair_run(&pair, NULL, NULL);
		assert_int_equal(pair.client.result, version < 5 ? RESULT_POLICY : RESULT_OK);
		assert_int_equal(pair.legs, version < 5 ? 2 : 7);
		credssp_pair_close(&pair);
	}
}

/* --- nonces ----------------------------------------------------------------------------------- */

static uint8_t some_nonce[33] = { 7 };

static void drop_nonce(struct ts_request* request)
{
	request->fields &= ~(unsigned)TS_CLIENT_NONCE;
}

static void short_nonce(struct ts_request* request)
{
	request->client_nonce.len--;
}

static void empty_nonce(struct ts_request* request)
{
	request->client_nonce.len = 0;
}

static void long_nonce(struct ts_request* request)
{
	request->client_nonce = BYTES_OF(some_nonce);
}

static void other_nonce(struct ts_request* request)
{
	request->fields |= TS_CLIENT_NONCE;
	request->client_nonce = bytes_make(some_nonce, TS_CLIENT_NONCE_SIZE);
}

static void test_a_nonce_is_of_32_octets_and_one(void** state)
{
	static const char words[] = "clientNonce is not of 32 octets, or another than before";

	(void)state;
	credssp_expect_refused(2, short_nonce, RESULT_MALFORMED, words);
	credssp_expect_refused(2, empty_nonce, RESULT_MALFORMED, words);
	credssp_expect_refused(2, long_nonce, RESULT_MALFORMED, words);
	/* One that came with the first message is not what the key was hashed with. */
	credssp_expect_refused(4, other_nonce, RESULT_MALFORMED, words);
	credssp_expect_refused(2, drop_nonce, RESULT_OUT_OF_SEQUENCE,
	                       "pubKeyAuth came without a clientNonce, which CredSSP versions 5 and 6 "
	                       "need");
	credssp_expect_refused(2, other_nonce, RESULT_ALTERED,
	                       "the client's pubKeyAuth is not of our key: somebody stands in between, "
	                       "or its CredSSP is defective");
}

static void add_nonce_of_leg_2(void* data, unsigned leg, struct blob* message)
{
	struct credssp_pair* const pair = data;

	if (leg != 4)
		return;
	struct blob before = test_exact(blob_bytes(message));
	struct ts_request request = credssp_request(blob_bytes(&before));
	request.fields |= TS_CLIENT_NONCE;
	request.client_nonce = credssp_request(blob_bytes(&pair->wire[2])).client_nonce;
	credssp_put(message, &request);
	blob_free(&before);
}

/* FreeRDP's client sends its nonce with every message. */
static void test_a_nonce_may_be_repeated(void** state)
{
	const struct credssp_pair_config config = credssp_pair_defaults(INNER_BARE_NTLM);
	struct credssp_pair pair;

	(void)state;
	credssp_pair_open(&pair, &config);
	credssp_pair_run(&pair, add_nonce_of_leg_2, &pair);
	credssp_pair_assert_complete(&pair);
	credssp_pair_close(&pair);
}

static void test_a_server_cannot_choose_the_nonce(void** state)
{
	void (*const nonces[])(struct ts_request*) = { other_nonce, long_nonce };

	(void)state;
	for (unsigned i = 0; i < 2; i++)
	{
		const struct credssp_pair_config config = credssp_pair_defaults(INNER_NEGOTIATE_NTLM);
		struct credssp_pair pair;

		credssp_pair_open(&pair, &config);
		credssp_pair_run_changed(&pair, 1, nonces[i], true);
		credssp_pair_assert_complete(&pair);
		/* leg 4 is the client's pubKeyAuth */
		const struct bytes used = credssp_request(blob_bytes(&pair.wire[4])).client_nonce;
		assert_int_equal(used.len, TS_CLIENT_NONCE_SIZE);
		assert_false(bytes_starts_with(BYTES_OF(some_nonce), used));
		credssp_pair_close(&pair);
	}
}

/* --- fields that are empty or out of place ---------------------------------------------------- */

static void empty_token(struct ts_request* request)
{
	request->nego_token.len = 0;
}

static void empty_pub_key_auth(struct ts_request* request)
{
	request->pub_key_auth.len = 0;
}

static void empty_auth_info(struct ts_request* request)
{
	request->auth_info.len = 0;
}

static void say_nothing(struct ts_request* request)
{
	request->fields = 0;
}

static void add_auth_info(struct ts_request* request)
{
	request->fields |= TS_AUTH_INFO;
	request->auth_info = BYTES_LITERAL("authInfo");
}

static void add_token(struct ts_request* request)
{
	request->fields |= TS_NEGO_TOKENS;
	request->nego_token = BYTES_LITERAL("token");
}

static void add_pub_key_auth(struct ts_request* request)
{
	request->fields |= TS_PUB_KEY_AUTH;
	request->pub_key_auth = BYTES_LITERAL("pubKeyAuth");
}

static void test_fields_with_nothing_in_them(void** state)
{
	(void)state;
	credssp_expect_refused(0, empty_token, RESULT_MALFORMED, "TSRequest: negoToken is empty");
	credssp_expect_refused(1, empty_token, RESULT_MALFORMED, "TSRequest: negoToken is empty");
	credssp_expect_refused(2, empty_pub_key_auth, RESULT_MALFORMED,
	                       "TSRequest: pubKeyAuth is empty");
	credssp_expect_refused(3, empty_pub_key_auth, RESULT_MALFORMED,
	                       "TSRequest: pubKeyAuth is empty");
	credssp_expect_refused(4, empty_auth_info, RESULT_MALFORMED, "TSRequest: authInfo is empty");
}

static void test_fields_that_are_missing(void** state)
{
	static const char nothing_from_client[] =
	    "the client's message holds nothing for the mechanism";

	(void)state;
	credssp_expect_refused(0, say_nothing, RESULT_OUT_OF_SEQUENCE, nothing_from_client);
	credssp_expect_refused(1, say_nothing, RESULT_OUT_OF_SEQUENCE,
	                       "the server's message holds nothing for the mechanism");
	credssp_expect_refused(2, say_nothing, RESULT_OUT_OF_SEQUENCE, nothing_from_client);
	credssp_expect_refused(3, say_nothing, RESULT_OUT_OF_SEQUENCE,
	                       "the server did not answer our pubKeyAuth");
	credssp_expect_refused(4, say_nothing, RESULT_OUT_OF_SEQUENCE,
	                       "authInfo is owed and did not come");
}

static void test_fields_out_of_place(void** state)
{
	(void)state;
	credssp_expect_refused(0, add_pub_key_auth, RESULT_OUT_OF_SEQUENCE,
	                       "pubKeyAuth came before the mechanism was complete");
	credssp_expect_refused(0, add_auth_info, RESULT_OUT_OF_SEQUENCE,
	                       "authInfo came before the key was bound");
	credssp_expect_refused(1, add_pub_key_auth, RESULT_OUT_OF_SEQUENCE,
	                       "the server's pubKeyAuth came before ours");
	credssp_expect_refused(1, add_auth_info, RESULT_OUT_OF_SEQUENCE, "the server sent authInfo");
	credssp_expect_refused(2, add_auth_info, RESULT_OUT_OF_SEQUENCE,
	                       "authInfo came before the key was bound");
	credssp_expect_refused(3, add_token, RESULT_OUT_OF_SEQUENCE,
	                       "a token came for a mechanism that is complete");
	credssp_expect_refused(3, add_auth_info, RESULT_OUT_OF_SEQUENCE, "the server sent authInfo");
	credssp_expect_refused(4, add_token, RESULT_OUT_OF_SEQUENCE,
	                       "a token came for a mechanism that is complete");
	credssp_expect_refused(4, add_pub_key_auth, RESULT_OUT_OF_SEQUENCE, "a second pubKeyAuth came");
}

/* Negotiate with NTLM: leg 4 is pubKeyAuth alone, the last token having gone out before it. */
static void expect_owed_key(void (*apply)(struct ts_request*), const char* words)
{
	const struct credssp_pair_config config = credssp_pair_defaults(INNER_NEGOTIATE_NTLM);
	struct credssp_pair pair;

	credssp_pair_open(&pair, &config);
	credssp_pair_run_changed(&pair, 4, apply, false);
	credssp_expect_reason(&pair.server, RESULT_OUT_OF_SEQUENCE, words);
	credssp_pair_close(&pair);
}

static void test_where_pubKeyAuth_is_owed_nothing_else_may_come(void** state)
{
	(void)state;
	expect_owed_key(say_nothing, "pubKeyAuth is owed and did not come");
	expect_owed_key(add_token, "a token came for a mechanism that is complete");
	expect_owed_key(add_auth_info, "authInfo came before the key was bound");
	expect_owed_key(drop_nonce, "pubKeyAuth came without a clientNonce, which CredSSP versions 5 "
	                            "and 6 need");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_version_stays_what_it_was),
		cmocka_unit_test(test_a_version_above_6_counts_as_6),
		cmocka_unit_test(test_versions_that_never_were),
		cmocka_unit_test(test_versions_that_policy_forbids),
		cmocka_unit_test(test_a_nonce_is_of_32_octets_and_one),
		cmocka_unit_test(test_a_nonce_may_be_repeated),
		cmocka_unit_test(test_a_server_cannot_choose_the_nonce),
		cmocka_unit_test(test_fields_with_nothing_in_them),
		cmocka_unit_test(test_fields_that_are_missing),
		cmocka_unit_test(test_fields_out_of_place),
		cmocka_unit_test(test_where_pubKeyAuth_is_owed_nothing_else_may_come),
	};
	return cmocka_run_group_tests_name("credssp_fields", tests, NULL, NULL);
}
