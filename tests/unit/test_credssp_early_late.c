/* SPDX-License-Identifier: Apache-2.0
 *
 * Peers that send pubKeyAuth earlier or later than this tree's own do, made by hand of an inner
 * context: what the other end answers, leg by leg, for every pair of versions.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "credssp/binding.h"
#include "credssp/seal.h"
#include "credssp_pair.h"
#include "vector.h"

#define NONCE BYTES_LITERAL("0123456789abcdef0123456789ABCDEF")

static uint32_t lower(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

typedef void (*one_pairing)(enum credssp_inner inner, uint32_t client, uint32_t server);

static void every_version(enum credssp_inner inner, one_pairing run)
{
	for (uint32_t client = TS_VERSION_OLDEST; client <= TS_VERSION_NEWEST; client++)
	{
		for (uint32_t server = TS_VERSION_OLDEST; server <= TS_VERSION_NEWEST; server++)
			run(inner, client, server);
	}
}

static void open_versions(struct credssp_pair* pair, enum credssp_inner inner, uint32_t client,
                          uint32_t server)
{
	struct credssp_pair_config config = credssp_pair_defaults(inner);

	config.client_version = client;
	config.server_version = server;
	credssp_pair_open(pair, &config);
}

static void expect_says(struct bytes message, uint32_t version, const char* fields)
{
	char expected[CREDSSP_SAY_SIZE];

	(void)snprintf(expected, sizeof(expected), "%u%s", version, fields);
	credssp_assert_says(message, expected);
}

/* --- a client made by hand -------------------------------------------------------------------- */

/* Its token; with it or without, its pubKeyAuth and the nonce. */
static struct blob client_says(const struct credssp_pair* pair, struct bytes token, bool key)
{
	const struct credssp_pair_config* const config = &pair->config;
	const uint32_t agreed = lower(config->client_version, config->server_version);
	struct ts_request request = { .version = config->client_version,
		                          .fields = (token.len > 0 ? TS_NEGO_TOKENS : 0) |
		                                    (key ? TS_PUB_KEY_AUTH | TS_CLIENT_NONCE : 0),
		                          .nego_token = token,
		                          .client_nonce = NONCE };
	struct blob message = BLOB_EMPTY;
	struct blob pub_key_auth = BLOB_EMPTY;

	if (key)
		pub_key_auth = credssp_make_pub_key_auth(pair->client.inner, MECH_INITIATOR, agreed,
		                                         config->client_key, NONCE);
	request.pub_key_auth = blob_bytes(&pub_key_auth);
	credssp_put(&message, &request);
	blob_free(&pub_key_auth);
	return message;
}

/* Token for token up to the client's last one, which is returned. */
static struct blob until_last_token(struct credssp_pair* pair)
{
	struct blob token = credssp_inner_step(pair->client.inner, BYTES_EMPTY);

	while (pair->config.inner != INNER_NEGOTIATE_KERBEROS)
	{
		struct blob message = client_says(pair, blob_bytes(&token), false);

		credssp_end_step(&pair->server, &message);
		blob_free(&token);
		expect_says(blob_bytes(&message), pair->config.server_version, " negoTokens");
		token = credssp_inner_step(pair->client.inner,
		                           credssp_request(blob_bytes(&message)).nego_token);
		blob_free(&message);
		void* context = NULL;
		const struct mech* const mech = negossp_chosen(pair->client.inner, &context);
		struct mech_session session;
		mech->session(context, &session);
		if (session.granted != 0 || negossp_is_complete(pair->client.inner))
			break;
	}
	return token;
}

/* The answer to pubKeyAuth is right, and authInfo ends it. */
static void expect_key_and_end(struct credssp_pair* pair, struct blob* message)
{
	const struct credssp_pair_config* const config = &pair->config;
	const struct ts_request answer = credssp_request(blob_bytes(message));
	struct secret plain = SECRET_EMPTY;

	assert_int_equal(credssp_unseal(pair->client.inner, answer.pub_key_auth, &plain), RESULT_OK);
	assert_int_equal(binding_check(lower(config->client_version, config->server_version),
	                               MECH_ACCEPTOR, config->client_key, NONCE, secret_bytes(&plain)),
	                 RESULT_OK);
	secret_free(&plain);
	struct blob sealed = credssp_make_sealed(pair->client.inner, secret_bytes(&pair->credentials));
	const struct ts_request last = { .version = config->client_version,
		                             .fields = TS_AUTH_INFO,
		                             .auth_info = blob_bytes(&sealed) };
	credssp_put(message, &last);
	credssp_end_step(&pair->server, message);
	assert_int_equal(message->len, 0);
	assert_true(credssp_is_complete(pair->server.credssp));
	assert_int_equal(credssp_credentials(pair->server.credssp).len, pair->credentials.len);
	blob_free(&sealed);
}

/* The client is done with its token, though SPNEGO still owes it the server's last: both go out at
 * once (defect D3 of FreeRDP's servers). */
static void early_client(enum credssp_inner inner, uint32_t client, uint32_t server)
{
	struct credssp_pair pair;

	open_versions(&pair, inner, client, server);
	struct blob token = until_last_token(&pair);
	struct blob message = client_says(&pair, blob_bytes(&token), true);
	blob_free(&token);
	credssp_end_step(&pair.server, &message);
	expect_says(blob_bytes(&message), server, " negoTokens pubKeyAuth");
	token = credssp_inner_step(pair.client.inner, credssp_request(blob_bytes(&message)).nego_token);
	assert_int_equal(token.len, 0);
	assert_true(negossp_is_complete(pair.client.inner));
	expect_key_and_end(&pair, &message);
	credssp_pair_close(&pair);
}

static void test_a_client_that_sends_pubKeyAuth_early_is_answered_at_once(void** state)
{
	(void)state;
	every_version(INNER_NEGOTIATE_NTLM, early_client);
	every_version(INNER_NEGOTIATE_CHANGED, early_client);
}

/* Scripted Kerberos seals from its first token on, so this one knows the version beforehand. */
static void test_even_beside_its_first_token(void** state)
{
	(void)state;
	every_version(INNER_NEGOTIATE_KERBEROS, early_client);
}

/* Where nothing is owed, pubKeyAuth with the last token is the rule: the answer stands alone. */
static void client_in_time(enum credssp_inner inner, uint32_t client, uint32_t server)
{
	struct credssp_pair pair;

	open_versions(&pair, inner, client, server);
	struct blob token = until_last_token(&pair);
	struct blob message = client_says(&pair, blob_bytes(&token), true);
	blob_free(&token);
	credssp_end_step(&pair.server, &message);
	expect_says(blob_bytes(&message), server, " pubKeyAuth");
	expect_key_and_end(&pair, &message);
	credssp_pair_close(&pair);
}

static void test_a_client_that_is_owed_no_token_is_answered_with_pubKeyAuth_alone(void** state)
{
	(void)state;
	every_version(INNER_BARE_NTLM, client_in_time);
	every_version(INNER_COMPLETING_ROUND, client_in_time);
}

/* Where a token is owed it goes first, and pubKeyAuth has its own message. */
static void late_client(enum credssp_inner inner, uint32_t client, uint32_t server)
{
	struct credssp_pair pair;

	open_versions(&pair, inner, client, server);
	struct blob token = until_last_token(&pair);
	struct blob message = client_says(&pair, blob_bytes(&token), false);
	blob_free(&token);
	credssp_end_step(&pair.server, &message);
	expect_says(blob_bytes(&message), server, " negoTokens");
	token = credssp_inner_step(pair.client.inner, credssp_request(blob_bytes(&message)).nego_token);
	assert_int_equal(token.len, 0);
	blob_free(&message);
	message = client_says(&pair, BYTES_EMPTY, true);
	credssp_end_step(&pair.server, &message);
	expect_says(blob_bytes(&message), server, " pubKeyAuth");
	expect_key_and_end(&pair, &message);
	credssp_pair_close(&pair);
}

static void test_a_client_that_sends_pubKeyAuth_late_gets_the_owed_token_first(void** state)
{
	(void)state;
	every_version(INNER_NEGOTIATE_NTLM, late_client);
	every_version(INNER_NEGOTIATE_CHANGED, late_client);
	every_version(INNER_NEGOTIATE_KERBEROS, late_client);
}

/* Where nothing is owed there is nothing to wait for. */
static void too_late_client(enum credssp_inner inner, uint32_t client, uint32_t server)
{
	struct credssp_report report;
	struct credssp_pair pair;

	open_versions(&pair, inner, client, server);
	struct blob token = until_last_token(&pair);
	struct blob message = client_says(&pair, blob_bytes(&token), false);
	blob_free(&token);
	credssp_end_fails(&pair.server, &message, RESULT_OUT_OF_SEQUENCE);
	assert_int_equal(message.len, 0);
	credssp_describe(pair.server.credssp, &report);
	assert_string_equal(report.reason, "the client's last token came without pubKeyAuth");
	credssp_pair_close(&pair);
}

static void test_a_client_that_is_owed_no_token_may_not_be_late(void** state)
{
	(void)state;
	every_version(INNER_BARE_NTLM, too_late_client);
	every_version(INNER_COMPLETING_ROUND, too_late_client);
}

/* --- a server made by hand -------------------------------------------------------------------- */

/* The client's first token is answered by the server's, until the server's inner context is
 * complete; its last token, if there is one, is returned, and what the client said last is in
 * *message. */
static struct blob server_until_complete(struct credssp_pair* pair, struct blob* message)
{
	for (;;)
	{
		credssp_end_step(&pair->client, message);
		struct blob token =
		    credssp_inner_step(pair->server.inner, credssp_request(blob_bytes(message)).nego_token);
		if (negossp_is_complete(pair->server.inner))
			return token;
		const struct ts_request request = { .version = pair->config.server_version,
			                                .fields = TS_NEGO_TOKENS,
			                                .nego_token = blob_bytes(&token) };
		credssp_put(message, &request);
		blob_free(&token);
	}
}

/* The fields in one message; pubKeyAuth is made for the nonce that the client sent last. */
static void server_says(struct credssp_pair* pair, struct bytes token, bool key, struct bytes nonce,
                        struct blob* message)
{
	const struct credssp_pair_config* const config = &pair->config;
	struct ts_request request = { .version = config->server_version,
		                          .fields = (token.len > 0 ? TS_NEGO_TOKENS : 0) |
		                                    (key ? TS_PUB_KEY_AUTH : 0),
		                          .nego_token = token };
	struct blob pub_key_auth = BLOB_EMPTY;

	if (key)
		pub_key_auth = credssp_make_pub_key_auth(
		    pair->server.inner, MECH_ACCEPTOR,
		    lower(config->client_version, config->server_version), config->server_key, nonce);
	request.pub_key_auth = blob_bytes(&pub_key_auth);
	credssp_put(message, &request);
	blob_free(&pub_key_auth);
}

/* pubKeyAuth beside the server's last token, before the client has bound the key itself. */
static void early_server(enum credssp_inner inner, uint32_t client, uint32_t server)
{
	struct credssp_report report;
	struct credssp_pair pair;
	struct blob message = BLOB_EMPTY;

	open_versions(&pair, inner, client, server);
	struct blob token = server_until_complete(&pair, &message);
	assert_true(token.len > 0);
	server_says(&pair, blob_bytes(&token), true, NONCE, &message);
	blob_free(&token);
	credssp_end_fails(&pair.client, &message, RESULT_OUT_OF_SEQUENCE);
	credssp_describe(pair.client.credssp, &report);
	assert_string_equal(report.reason, "the server's pubKeyAuth came before ours");
	assert_int_equal(message.len, 0);
	credssp_pair_close(&pair);
}

static void test_a_server_may_not_be_early(void** state)
{
	(void)state;
	every_version(INNER_NEGOTIATE_NTLM, early_server);
	every_version(INNER_NEGOTIATE_KERBEROS, early_server);
	every_version(INNER_NEGOTIATE_CHANGED, early_server);
}

/* The server answers pubKeyAuth with something else first: an empty message, or one more token. */
static void late_server(enum credssp_inner inner, uint32_t client, uint32_t server)
{
	for (unsigned tokens = 0; tokens < 2; tokens++)
	{
		struct credssp_report report;
		struct credssp_pair pair;
		struct blob message = BLOB_EMPTY;

		open_versions(&pair, inner, client, server);
		struct blob token = server_until_complete(&pair, &message);
		assert_int_equal(token.len, 0);
		server_says(&pair, tokens ? BYTES_LITERAL("one more") : BYTES_EMPTY, false, NONCE,
		            &message);
		credssp_end_fails(&pair.client, &message, RESULT_OUT_OF_SEQUENCE);
		credssp_describe(pair.client.credssp, &report);
		assert_string_equal(report.reason, tokens ? "a token came for a mechanism that is complete"
		                                          : "the server did not answer our pubKeyAuth");
		credssp_pair_close(&pair);
	}
}

static void test_a_server_may_not_be_late(void** state)
{
	(void)state;
	every_version(INNER_BARE_NTLM, late_server);
	every_version(INNER_COMPLETING_ROUND, late_server);
}

/* Defect D2: stock FreeRDP's servers repeat their last token beside pubKeyAuth. */
static void repeating_server(enum credssp_inner inner, uint32_t client, uint32_t server)
{
	struct credssp_pair pair;
	struct blob message = BLOB_EMPTY;

	open_versions(&pair, inner, client, server);
	struct blob token = server_until_complete(&pair, &message);
	server_says(&pair, blob_bytes(&token), false, NONCE, &message);
	credssp_end_step(&pair.client, &message);
	const struct ts_request bound = credssp_request(blob_bytes(&message));
	struct blob nonce = test_exact(bound.client_nonce);
	struct secret plain = SECRET_EMPTY;
	assert_int_equal(credssp_unseal(pair.server.inner, bound.pub_key_auth, &plain), RESULT_OK);
	secret_free(&plain);
	server_says(&pair, blob_bytes(&token), true, blob_bytes(&nonce), &message);
	expect_says(blob_bytes(&message), server, " negoTokens pubKeyAuth");
	credssp_end_step(&pair.client, &message);
	expect_says(blob_bytes(&message), client, " authInfo");
	assert_true(credssp_is_complete(pair.client.credssp));
	blob_free(&message);
	blob_free(&nonce);
	blob_free(&token);
	credssp_pair_close(&pair);
}

static void test_a_server_may_repeat_its_last_token(void** state)
{
	(void)state;
	every_version(INNER_NEGOTIATE_NTLM, repeating_server);
	every_version(INNER_NEGOTIATE_KERBEROS, repeating_server);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_client_that_sends_pubKeyAuth_early_is_answered_at_once),
		cmocka_unit_test(test_even_beside_its_first_token),
		cmocka_unit_test(test_a_client_that_is_owed_no_token_is_answered_with_pubKeyAuth_alone),
		cmocka_unit_test(test_a_client_that_sends_pubKeyAuth_late_gets_the_owed_token_first),
		cmocka_unit_test(test_a_client_that_is_owed_no_token_may_not_be_late),
		cmocka_unit_test(test_a_server_may_not_be_early),
		cmocka_unit_test(test_a_server_may_not_be_late),
		cmocka_unit_test(test_a_server_may_repeat_its_last_token),
	};
	return cmocka_run_group_tests_name("credssp_early_late", tests, NULL, NULL);
}
