/* SPDX-License-Identifier: Apache-2.0
 *
 * The store has one account, and its verifier counts how often it is asked.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/crypto.h"
#include "base/utf16.h"
#include "ntlm/challenge.h"
#include "ntlm/keys.h"
#include "ntlm_pair.h"
#include "vector.h"

struct pair_config pair_defaults(void)
{
	return (struct pair_config){ .user = "User",
		                         .domain = "Domain",
		                         .password = "Password",
		                         .stored_user = "User",
		                         .stored_password = "Password",
		                         .client_asks = MECH_CONFIDENTIALITY | MECH_MUTUAL_AUTH,
		                         .server_asks = MECH_CONFIDENTIALITY,
		                         .target = "TERMSRV/server.example",
		                         .client_policy = ntlm_policy_default(),
		                         .server_policy = ntlm_policy_default() };
}

static enum result pair_verify(void* state, const struct verify_request* request,
                               struct verify_answer* answer)
{
	struct pair* const pair = state;
	const bool found = utf16_equal_ignoring_case(request->user, blob_bytes(&pair->stored_user));

	pair->asked++;
	answer->user_found = found ? MECH_USER_FOUND : MECH_USER_NOT_FOUND;
	const enum result result =
	    ntlm_verify_nt_hash(request, found ? &pair->stored_hash : NULL, answer);
	if (result == RESULT_OK && pair->verdict != RESULT_OK)
	{
		answer->reason = "the account may not log on";
		return pair->verdict;
	}
	return result;
}

static void open_credentials(struct pair* pair)
{
	const struct pair_config* const config = &pair->config;
	struct blob user = test_utf16(config->user);
	struct blob domain = test_utf16(config->domain);
	struct blob password = test_utf16(config->password);
	struct blob computer = test_utf16("CLIENT");
	struct blob server = test_utf16("SERVER");
	struct blob dns = test_utf16("server.example");
	struct blob accepted = test_utf16(config->accepted_target ? config->accepted_target : "");
	const struct ntlm_identity identity = { .user = blob_bytes(&user),
		                                    .domain = blob_bytes(&domain),
		                                    .password = blob_bytes(&password) };
	const struct ntlm_credential_config client = { .identity = &identity,
		                                           .names.netbios_computer = blob_bytes(&computer),
		                                           .policy = config->client_policy };
	struct ntlm_credential_config server_config = {
		.verifier = &pair->verifier,
		.names = { .netbios_computer = blob_bytes(&server), .dns_computer = blob_bytes(&dns) },
		.policy = config->server_policy
	};
	server_config.policy.accepted_target = blob_bytes(&accepted);
	assert_int_equal(ntlm_credential_new(&client, &pair->client_credential), RESULT_OK);
	assert_int_equal(ntlm_credential_new(&server_config, &pair->server_credential), RESULT_OK);
	blob_free(&user);
	blob_free(&domain);
	blob_free(&password);
	blob_free(&computer);
	blob_free(&server);
	blob_free(&dns);
	blob_free(&accepted);
}

void pair_open(struct pair* pair, const struct pair_config* config)
{
	assert_int_equal(crypto_init(), RESULT_OK);
	assert_int_equal(utf16_init(), RESULT_OK);
	*pair = (struct pair){ .config = *config, .verdict = RESULT_OK };
	pair->stored_user = test_utf16(config->stored_user);
	if (!config->stored_hash_zero)
	{
		struct blob password = test_utf16(config->stored_password);
		ntlm_ntowfv1(blob_bytes(&password), &pair->stored_hash);
		blob_free(&password);
	}
	pair->verifier =
	    (struct verifier){ .name = "one account", .verify = pair_verify, .state = pair };
	open_credentials(pair);

	struct blob target = test_utf16(config->target);
	const struct mech_request ask = { MECH_INITIATOR, config->client_asks, blob_bytes(&target) };
	const struct mech_request accept = { MECH_ACCEPTOR, config->server_asks, BYTES_EMPTY };
	assert_int_equal(ntlm_mech()->open(&ask, pair->client_credential, &pair->client), RESULT_OK);
	assert_int_equal(ntlm_mech()->open(&accept, pair->server_credential, &pair->server), RESULT_OK);
	blob_free(&target);
}

void pair_close(struct pair* pair)
{
	ntlm_mech()->close(pair->client);
	ntlm_mech()->close(pair->server);
	ntlm_credential_free(pair->client_credential);
	ntlm_credential_free(pair->server_credential);
	blob_free(&pair->stored_user);
	blob_free(&pair->negotiate);
	blob_free(&pair->challenge);
	blob_free(&pair->authenticate);
	key_wipe(&pair->stored_hash);
}

/* One step; the output replaces *token. What holds for every step of every test is checked here. */
static enum result step(void* context, struct bytes token, const struct channel_bindings* bindings,
                        bool completes, struct blob* output)
{
	const struct mech_input input = { token, bindings };
	struct mech_output made = { BLOB_EMPTY, false };

	const enum result result = ntlm_mech()->step(context, &input, &made);
	if (result != RESULT_OK)
	{
		struct mech_report report;
		ntlm_mech()->describe(context, &report);
		assert_int_equal(made.token.len, 0);
		assert_null(made.token.data);
		assert_false(made.complete);
		assert_non_null(report.reason);
		assert_null(pair_session_key(context));
		return result;
	}
	assert_true(made.complete == completes);
	blob_free(output);
	*output = made.token;
	return RESULT_OK;
}

enum result pair_make_negotiate(struct pair* pair)
{
	return step(pair->client, BYTES_EMPTY, pair->config.client_bindings, false, &pair->negotiate);
}

enum result pair_make_challenge(struct pair* pair, struct bytes negotiate)
{
	return step(pair->server, negotiate, pair->config.server_bindings, false, &pair->challenge);
}

enum result pair_make_authenticate(struct pair* pair, struct bytes challenge)
{
	return step(pair->client, challenge, pair->config.client_bindings, true, &pair->authenticate);
}

enum result pair_take_authenticate(struct pair* pair, struct bytes authenticate)
{
	struct blob nothing = BLOB_EMPTY;

	TRY(step(pair->server, authenticate, pair->config.server_bindings, true, &nothing));
	assert_int_equal(nothing.len, 0);
	return RESULT_OK;
}

enum result pair_run(struct pair* pair)
{
	TRY(pair_make_negotiate(pair));
	TRY(pair_make_challenge(pair, blob_bytes(&pair->negotiate)));
	TRY(pair_make_authenticate(pair, blob_bytes(&pair->challenge)));
	return pair_take_authenticate(pair, blob_bytes(&pair->authenticate));
}

struct mech_session pair_session(const void* end)
{
	struct mech_session session;

	ntlm_mech()->session(end, &session);
	return session;
}

const struct key* pair_session_key(const void* end)
{
	return ntlm_mech()->session_key(end);
}

struct mech_report pair_client_report(const struct pair* pair)
{
	struct mech_report report;

	ntlm_mech()->describe(pair->client, &report);
	return report;
}

struct mech_report pair_server_report(const struct pair* pair)
{
	struct mech_report report;

	ntlm_mech()->describe(pair->server, &report);
	return report;
}

static void exchange(void* from, void* to)
{
	uint8_t data[] = "attack at dawn";
	uint8_t trailer[16];
	size_t trailer_len = sizeof(trailer);
	struct mech_part part = { data, sizeof(data), false };

	assert_int_equal(ntlm_mech()->wrap(from, true, &part, 1, trailer, &trailer_len), RESULT_OK);
	assert_int_equal(trailer_len, sizeof(trailer));
	assert_int_equal(ntlm_mech()->unwrap(to, true, &part, 1, BYTES_OF(trailer)), RESULT_OK);
	assert_string_equal((const char*)data, "attack at dawn");
}

void pair_exchange_messages(struct pair* pair)
{
	for (int i = 0; i < 3; i++)
	{
		exchange(pair->client, pair->server);
		exchange(pair->server, pair->client);
	}
}
