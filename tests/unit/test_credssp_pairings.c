/* SPDX-License-Identifier: Apache-2.0
 *
 * CredSSP's client against its server, each inner context with each pair of versions, pinned leg by
 * leg.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "credssp_pair.h"

/* What goes out in each leg, the client's first. "+" stands for the nonce that versions 5 and 6
 * have beside the client's pubKeyAuth. */
static const struct
{
	const char* legs[CREDSSP_MAX_LEGS];
	unsigned client_legs;
} flows[INNER_COUNT] = {
	[INNER_NEGOTIATE_NTLM] = { { " negoTokens", " negoTokens", " negoTokens", " negoTokens",
	                             " pubKeyAuth+", " pubKeyAuth", " authInfo" },
	                           4 },
	[INNER_BARE_NTLM] = { { " negoTokens", " negoTokens", " negoTokens pubKeyAuth+", " pubKeyAuth",
	                        " authInfo" },
	                      3 },
	[INNER_NEGOTIATE_KERBEROS] = { { " negoTokens", " negoTokens", " pubKeyAuth+", " pubKeyAuth",
	                                 " authInfo" },
	                               3 },
	[INNER_COMPLETING_ROUND] = { { " negoTokens", " negoTokens", " negoTokens pubKeyAuth+",
	                               " pubKeyAuth", " authInfo" },
	                             3 },
	[INNER_NEGOTIATE_CHANGED] = { { " negoTokens", " negoTokens", " negoTokens", " negoTokens",
	                                " negoTokens", " negoTokens", " pubKeyAuth+", " pubKeyAuth",
	                                " authInfo" },
	                              5 },
};

/* MS-CSSP 2.2.1 and 3.1.5: each end says its own version, and the lower counts. */
static void expect_leg(const struct credssp_pair* pair, unsigned leg)
{
	const struct credssp_pair_config* const config = &pair->config;
	const uint32_t own = leg % 2 == 0 ? config->client_version : config->server_version;
	const bool nonce = config->client_version >= 5 && config->server_version >= 5;
	char expected[CREDSSP_SAY_SIZE];

	(void)snprintf(expected, sizeof(expected), "%u%s", own, flows[config->inner].legs[leg]);
	char* const plus = strchr(expected, '+');
	if (plus)
		(void)snprintf(plus, sizeof(expected) - (size_t)(plus - expected), "%s",
		               nonce ? " clientNonce" : "");
	credssp_assert_says(blob_bytes(&pair->wire[leg]), expected);
}

static void run_pairing(enum credssp_inner inner, uint32_t client, uint32_t server)
{
	struct credssp_pair_config config = credssp_pair_defaults(inner);
	struct credssp_report report;
	struct credssp_pair pair;
	unsigned count = 0;

	config.client_version = client;
	config.server_version = server;
	credssp_pair_open(&pair, &config);
	credssp_pair_run(&pair, NULL, NULL);
	credssp_pair_assert_complete(&pair);
	while (flows[inner].legs[count])
		expect_leg(&pair, count++);
	assert_int_equal(pair.legs, count);
	assert_int_equal((count + 1) / 2, flows[inner].client_legs);
	credssp_describe(pair.client.credssp, &report);
	assert_int_equal(report.version, client);
	assert_int_equal(report.peer_version, server);
	assert_int_equal(report.agreed, client < server ? client : server);
	assert_int_equal(report.legs, count);
	assert_false(report.error_code_told);
	credssp_describe(pair.server.credssp, &report);
	assert_int_equal(report.version, server);
	assert_int_equal(report.peer_version, client);
	assert_int_equal(report.agreed, client < server ? client : server);
	assert_int_equal(report.legs, count);
	credssp_pair_close(&pair);
}

static void run_all_versions(enum credssp_inner inner)
{
	for (uint32_t client = TS_VERSION_OLDEST; client <= TS_VERSION_NEWEST; client++)
	{
		for (uint32_t server = TS_VERSION_OLDEST; server <= TS_VERSION_NEWEST; server++)
			run_pairing(inner, client, server);
	}
}

static void test_Negotiate_with_NTLM_has_four_client_legs(void** state)
{
	(void)state;
	run_all_versions(INNER_NEGOTIATE_NTLM);
}

static void test_bare_NTLM_has_three_client_legs(void** state)
{
	(void)state;
	run_all_versions(INNER_BARE_NTLM);
}

static void test_Kerberos_in_Negotiate_ends_with_the_servers_token(void** state)
{
	(void)state;
	run_all_versions(INNER_NEGOTIATE_KERBEROS);
}

/* RFC 4178 5 (b)(I): the client's MIC is the last token, and pubKeyAuth rides with it. */
static void test_Kerberos_in_Negotiate_ends_with_the_completing_round(void** state)
{
	(void)state;
	run_all_versions(INNER_COMPLETING_ROUND);
}

static void test_NTLM_after_Kerberos_was_offered_has_five_client_legs(void** state)
{
	(void)state;
	run_all_versions(INNER_NEGOTIATE_CHANGED);
}

/* A probe learns whether the password is right without giving it away. */
static void test_a_client_with_nothing_to_delegate_stops_at_the_servers_key(void** state)
{
	(void)state;
	for (unsigned inner = 0; inner < INNER_COUNT; inner++)
	{
		struct credssp_pair_config config = credssp_pair_defaults((enum credssp_inner)inner);
		struct credssp_pair pair;

		config.delegates = false;
		credssp_pair_open(&pair, &config);
		credssp_pair_run(&pair, NULL, NULL);
		assert_int_equal(pair.client.result, RESULT_OK);
		assert_true(credssp_is_complete(pair.client.credssp));
		assert_int_equal(pair.server.result, RESULT_OK);
		assert_false(credssp_is_complete(pair.server.credssp));
		assert_int_equal(pair.legs, 2 * flows[inner].client_legs - 2);
		credssp_pair_close(&pair);
	}
}

static bool wire_holds(const struct credssp_pair* pair, struct bytes text)
{
	for (unsigned leg = 0; leg < pair->legs; leg++)
	{
		const struct bytes message = blob_bytes(&pair->wire[leg]);
		for (size_t i = 0; i + text.len <= message.len; i++)
		{
			if (bytes_equal(bytes_make(message.data + i, text.len), text))
				return true;
		}
	}
	return false;
}

static void test_neither_key_nor_credentials_go_in_clear(void** state)
{
	(void)state;
	for (unsigned inner = 0; inner < INNER_COUNT; inner++)
	{
		struct credssp_pair_config config = credssp_pair_defaults((enum credssp_inner)inner);
		struct credssp_pair pair;

		config.client_version = 4;
		credssp_pair_open(&pair, &config);
		credssp_pair_run(&pair, NULL, NULL);
		credssp_pair_assert_complete(&pair);
		assert_false(wire_holds(&pair, config.client_key));
		assert_false(wire_holds(&pair, BYTES_LITERAL("P\0a\0s\0s\0w\0o\0r\0d\0")));
		credssp_pair_close(&pair);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_Negotiate_with_NTLM_has_four_client_legs),
		cmocka_unit_test(test_bare_NTLM_has_three_client_legs),
		cmocka_unit_test(test_Kerberos_in_Negotiate_ends_with_the_servers_token),
		cmocka_unit_test(test_Kerberos_in_Negotiate_ends_with_the_completing_round),
		cmocka_unit_test(test_NTLM_after_Kerberos_was_offered_has_five_client_legs),
		cmocka_unit_test(test_a_client_with_nothing_to_delegate_stops_at_the_servers_key),
		cmocka_unit_test(test_neither_key_nor_credentials_go_in_clear),
	};
	return cmocka_run_group_tests_name("credssp_pairings", tests, NULL, NULL);
}
