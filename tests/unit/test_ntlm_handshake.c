/* SPDX-License-Identifier: Apache-2.0
 *
 * module/ntlm: client, server, credential. Whole exchanges of honest ends: who gets in, who does
 * not, and what is reported. Attacks: test_ntlm_attacks.c and test_ntlm_downgrade.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "ntlm/flags.h"
#include "ntlm_pair.h"
#include "vector.h"

static enum result run(const struct pair_config* config)
{
	struct pair pair;

	pair_open(&pair, config);
	const enum result result = pair_run(&pair);
	pair_close(&pair);
	return result;
}

/* --- success --------------------------------------------------------------------------------- */

static void test_default_exchange(void** state)
{
	const struct pair_config config = pair_defaults();
	struct pair pair;

	(void)state;
	pair_open(&pair, &config);
	assert_int_equal(pair_run(&pair), RESULT_OK);
	assert_int_equal(pair.asked, 1);
	const struct mech_report client = pair_client_report(&pair);
	const struct mech_report server = pair_server_report(&pair);
	test_assert_text(server.user, "User");
	test_assert_text(server.domain, "Domain");
	test_assert_text(server.workstation, "CLIENT");
	test_assert_text(server.target, "TERMSRV/server.example");
	test_assert_text(client.target, "TERMSRV/server.example");
	test_assert_text(client.server_name, "SERVER");
	test_assert_text(server.server_name, "SERVER");
	assert_true(bytes_equal(client.target_info, server.target_info));
	assert_int_equal(server.ntlm_version, 2);
	assert_int_equal(client.ntlm_flags, server.ntlm_flags);
	assert_int_equal(server.proof, MECH_CHECK_OK);
	assert_int_equal(server.mic, MECH_CHECK_OK);
	assert_int_equal(server.bindings, MECH_CHECK_NONE);
	assert_int_equal(server.user_found, MECH_USER_FOUND);
	assert_string_equal(server.source, "one account");
	assert_string_equal(client.source, "password");
	assert_null(server.reason);
	assert_null(client.reason);
	assert_true(client.clock_known);
	assert_true(client.clock_difference >= -1 && client.clock_difference <= 1);
	assert_int_equal(pair_session(pair.server).max_signature, 16);
	assert_int_equal(pair_session(pair.server).security_trailer, 16);
	assert_true(ntlm_mech()->demands_mic(pair.client));
	assert_true(ntlm_mech()->demands_mic(pair.server));
	assert_memory_equal(pair_session_key(pair.client), pair_session_key(pair.server),
	                    sizeof(struct key));
	assert_false(key_is_zero(pair_session_key(pair.client)));
	pair_exchange_messages(&pair);
	pair_close(&pair);
}

static void test_every_combination_of_what_is_asked_for(void** state)
{
	static const uint32_t asks[] = { 0,
		                             MECH_INTEGRITY,
		                             MECH_CONFIDENTIALITY,
		                             MECH_INTEGRITY | MECH_CONFIDENTIALITY,
		                             MECH_IDENTIFY | MECH_INTEGRITY,
		                             MECH_DCE_STYLE | MECH_REPLAY_DETECT | MECH_SEQUENCE_DETECT };

	(void)state;
	for (size_t ask = 0; ask < sizeof(asks) / sizeof(asks[0]); ask++)
	{
		for (unsigned bits = 0; bits < 32; bits++)
		{
			struct pair_config config = pair_defaults();
			struct pair pair;
			config.client_asks = asks[ask];
			config.server_asks = bits & 1U ? asks[ask] & MECH_CONFIDENTIALITY : 0;
			config.client_policy.send_version = bits & 2U;
			config.client_policy.send_workstation = bits & 4U;
			config.client_policy.send_bindings_and_target = bits & 8U;
			config.server_policy.send_version = bits & 16U;
			pair_open(&pair, &config);
			assert_int_equal(pair_run(&pair), RESULT_OK);
			const struct mech_report server = pair_server_report(&pair);
			assert_int_equal(server.mic, MECH_CHECK_OK);
			assert_int_equal(pair_session(pair.client).granted &
			                     (MECH_INTEGRITY | MECH_CONFIDENTIALITY),
			                 MECH_INTEGRITY | (asks[ask] & MECH_CONFIDENTIALITY));
			assert_int_equal(pair_session(pair.server).granted & MECH_CONFIDENTIALITY,
			                 asks[ask] & MECH_CONFIDENTIALITY);
			assert_int_equal(pair_session(pair.server).granted & MECH_IDENTIFY,
			                 asks[ask] & MECH_IDENTIFY);
			assert_int_equal(pair_session(pair.client).granted & MECH_MUTUAL_AUTH, 0);
			assert_true((server.workstation.len != 0) == ((bits & 4U) != 0));
			assert_true((server.target.len != 0) == ((bits & 8U) != 0));
			assert_memory_equal(pair_session_key(pair.client), pair_session_key(pair.server),
			                    sizeof(struct key));
			pair_exchange_messages(&pair);
			pair_close(&pair);
		}
	}
}

/* FreeRDP's RPC gateway asks for neither integrity nor confidentiality, and signs: its messages
 * must stay readable. */
static void test_rpc_gateway_signs_and_does_not_seal(void** state)
{
	struct pair_config config = pair_defaults();
	struct pair pair;
	uint8_t data[] = "stub data";
	uint8_t trailer[16];
	size_t len = sizeof(trailer);
	struct mech_part part = { data, sizeof(data), false };

	(void)state;
	config.client_asks = MECH_DCE_STYLE | MECH_DELEGATE | MECH_REPLAY_DETECT | MECH_SEQUENCE_DETECT;
	config.server_asks = 0;
	pair_open(&pair, &config);
	assert_int_equal(pair_run(&pair), RESULT_OK);
	assert_int_equal(pair_session(pair.client).granted & MECH_DELEGATE, 0);
	assert_int_equal(ntlm_mech()->wrap(pair.client, true, &part, 1, trailer, &len), RESULT_OK);
	assert_string_equal((const char*)data, "stub data");
	assert_int_equal(ntlm_mech()->unwrap(pair.server, true, &part, 1, BYTES_OF(trailer)),
	                 RESULT_OK);
	pair_close(&pair);
}

static void test_user_names_beyond_ASCII_in_any_case(void** state)
{
	static const char* const pairs[][2] = { { "jürgen", "JÜRGEN" },
		                                    { "ÉLODIE", "élodie" },
		                                    { "Ωμέγα", "ΩΜΈΓΑ" },
		                                    { "дмитрий", "ДМИТРИЙ" } };

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
	{
		struct pair_config config = pair_defaults();
		config.user = pairs[i][0];
		config.stored_user = pairs[i][1];
		config.password = "pässwörd€😀";
		config.stored_password = "pässwörd€😀";
		assert_int_equal(run(&config), RESULT_OK);
	}
}

static void test_user_name_of_4000_characters(void** state)
{
	char name[4001];
	struct pair_config config = pair_defaults();

	(void)state;
	for (size_t i = 0; i < 4000; i++)
		name[i] = (char)('a' + i % 26);
	name[4000] = '\0';
	config.user = config.stored_user = name;
	assert_int_equal(run(&config), RESULT_OK);
}

static void test_blank_password_of_an_account_that_has_one(void** state)
{
	struct pair_config config = pair_defaults();

	(void)state;
	config.password = "";
	config.stored_password = "";
	assert_int_equal(run(&config), RESULT_OK);
}

static void test_pass_the_hash(void** state)
{
	const struct pair_config config = pair_defaults();
	struct pair pair;
	struct ntlm_credential* credential = NULL;
	struct blob user = test_utf16("User");

	(void)state;
	pair_open(&pair, &config);
	const struct ntlm_identity identity = { .user = blob_bytes(&user),
		                                    .password = BYTES_LITERAL("not looked at"),
		                                    .nt_hash = &pair.stored_hash };
	const struct ntlm_credential_config made = { .identity = &identity,
		                                         .policy = ntlm_policy_default() };
	assert_int_equal(ntlm_credential_new(&made, &credential), RESULT_OK);
	ntlm_mech()->close(pair.client);
	const struct mech_request ask = { MECH_INITIATOR, MECH_CONFIDENTIALITY, BYTES_EMPTY };
	assert_int_equal(ntlm_mech()->open(&ask, credential, &pair.client), RESULT_OK);
	assert_int_equal(pair_run(&pair), RESULT_OK);
	assert_string_equal(pair_client_report(&pair).source, "NT hash");
	pair_close(&pair);
	ntlm_credential_free(credential);
	blob_free(&user);
}

static void test_zero_hash_makes_no_credential(void** state)
{
	const struct pair_config config = pair_defaults();
	const struct key zero = { { 0 } };
	const struct ntlm_identity identity = { .user = BYTES_LITERAL("U\0"), .nt_hash = &zero };
	const struct ntlm_credential_config made = { .identity = &identity };
	struct ntlm_credential* credential = NULL;
	struct pair pair;

	(void)state;
	pair_open(&pair, &config);
	assert_int_equal(ntlm_credential_new(&made, &credential), RESULT_INVALID_ARGUMENT);
	assert_null(credential);
	pair_close(&pair);
}

static void test_bindings_and_target_are_checked_when_both_sides_have_them(void** state)
{
	const struct channel_bindings right = { .application = BYTES_LITERAL("tls-server-end-point") };
	struct pair_config config = pair_defaults();
	struct pair pair;

	(void)state;
	config.client_bindings = &right;
	config.server_bindings = &right;
	config.accepted_target = "SERVER.example";
	config.server_policy.bindings = NTLM_CHECK_REQUIRED;
	config.server_policy.target = NTLM_CHECK_REQUIRED;
	pair_open(&pair, &config);
	assert_int_equal(pair_run(&pair), RESULT_OK);
	assert_int_equal(pair_server_report(&pair).bindings, MECH_CHECK_OK);
	assert_int_equal(pair_server_report(&pair).target_name, MECH_CHECK_OK);
	pair_close(&pair);
}

static void test_anonymous_where_it_is_allowed(void** state)
{
	struct pair_config config = pair_defaults();
	struct pair pair;

	(void)state;
	config.user = "";
	config.domain = "CLAIMED";
	config.password = "";
	config.server_policy.allow_anonymous = true;
	pair_open(&pair, &config);
	assert_int_equal(pair_run(&pair), RESULT_OK);
	assert_int_equal(pair.asked, 0);
	assert_true(pair_session(pair.server).granted & MECH_NULL_SESSION);
	assert_true(pair_session(pair.client).granted & MECH_NULL_SESSION);
	assert_false(ntlm_mech()->demands_mic(pair.client));
	assert_false(ntlm_mech()->demands_mic(pair.server));
	/* The domain is in AUTHENTICATE, and nothing proves it. */
	test_assert_text(pair_server_report(&pair).user, "");
	test_assert_text(pair_server_report(&pair).domain, "");
	pair_exchange_messages(&pair);
	pair_close(&pair);
}

/* --- refusal --------------------------------------------------------------------------------- */

static void test_wrong_password_and_unknown_user_get_the_same_answer(void** state)
{
	static const char* const logons[][2] = { { "User", "wrong" },      { "User", "" },
		                                     { "User", "password" },   { "User", "Password " },
		                                     { "Nobody", "Password" }, { "Nobody", "" },
		                                     { "Use", "Password" } };

	(void)state;
	for (size_t i = 0; i < sizeof(logons) / sizeof(logons[0]); i++)
	{
		struct pair_config config = pair_defaults();
		struct pair pair;
		config.user = logons[i][0];
		config.password = logons[i][1];
		pair_open(&pair, &config);
		assert_int_equal(pair_run(&pair), RESULT_LOGON_DENIED);
		const struct mech_report report = pair_server_report(&pair);
		assert_int_equal(pair.asked, 1);
		assert_int_equal(report.proof, MECH_CHECK_FAILED);
		assert_int_equal(report.mic, MECH_CHECK_NOT_LOOKED_AT);
		assert_int_equal(report.user_found,
		                 strcmp(logons[i][0], "User") ? MECH_USER_NOT_FOUND : MECH_USER_FOUND);
		test_assert_text(report.user, logons[i][0]);
		assert_null(pair_session_key(pair.server));
		assert_int_equal(pair_session(pair.server).granted, 0);
		pair_close(&pair);
	}
}

static void test_verdicts_on_the_account_come_after_a_right_proof_only(void** state)
{
	static const enum result verdicts[] = { RESULT_ACCOUNT_DISABLED,     RESULT_PASSWORD_EXPIRED,
		                                    RESULT_PASSWORD_MUST_CHANGE, RESULT_ACCOUNT_EXPIRED,
		                                    RESULT_LOGON_HOURS,          RESULT_WORKSTATION,
		                                    RESULT_NOT_ADMITTED,         RESULT_ACCOUNT_LOCKED,
		                                    RESULT_NOT_JUDGED,           RESULT_NO_CREDENTIALS };
	const size_t judged = 7; /* the proof was right; the others say nothing of it */

	(void)state;
	for (size_t i = 0; i < sizeof(verdicts) / sizeof(verdicts[0]); i++)
	{
		for (int wrong = 0; wrong < 2; wrong++)
		{
			struct pair_config config = pair_defaults();
			struct pair pair;
			config.password = wrong ? "wrong" : "Password";
			pair_open(&pair, &config);
			pair.verdict = verdicts[i];
			assert_int_equal(pair_run(&pair), wrong ? RESULT_LOGON_DENIED : verdicts[i]);
			if (!wrong)
			{
				assert_string_equal(pair_server_report(&pair).reason, "the account may not log on");
				assert_int_equal(pair_server_report(&pair).proof,
				                 i < judged ? MECH_CHECK_OK : MECH_CHECK_NOT_LOOKED_AT);
			}
			pair_close(&pair);
		}
	}
}

static void test_anonymous_is_refused_by_default(void** state)
{
	struct pair_config config = pair_defaults();

	(void)state;
	config.user = "";
	config.password = "";
	assert_int_equal(run(&config), RESULT_LOGON_DENIED);
}

static void test_wrong_and_missing_bindings_and_targets(void** state)
{
	const struct channel_bindings one = { .application = BYTES_LITERAL("tls-one") };
	const struct channel_bindings two = { .application = BYTES_LITERAL("tls-two") };
	struct pair_config config = pair_defaults();

	(void)state;
	config.client_bindings = &one;
	config.server_bindings = &two;
	assert_int_equal(run(&config), RESULT_BAD_BINDINGS);
	config.server_policy.bindings = NTLM_CHECK_OFF;
	assert_int_equal(run(&config), RESULT_OK);
	config.server_policy.bindings = NTLM_CHECK_REQUIRED;
	config.client_bindings = NULL;
	assert_int_equal(run(&config), RESULT_BAD_BINDINGS);
	config.client_bindings = &one;
	config.server_bindings = NULL;
	assert_int_equal(run(&config), RESULT_BAD_BINDINGS);
	config.server_bindings = &one;
	config.accepted_target = "other.example";
	assert_int_equal(run(&config), RESULT_WRONG_TARGET);
	config.accepted_target = "HTTP/server.example";
	assert_int_equal(run(&config), RESULT_WRONG_TARGET);
	config.accepted_target = "termsrv/server.example";
	assert_int_equal(run(&config), RESULT_OK);
	config.client_policy.send_bindings_and_target = false;
	assert_int_equal(run(&config), RESULT_BAD_BINDINGS);
	config.server_policy.bindings = NTLM_CHECK_WHEN_PRESENT;
	assert_int_equal(run(&config), RESULT_OK);
	config.server_policy.target = NTLM_CHECK_REQUIRED;
	assert_int_equal(run(&config), RESULT_WRONG_TARGET);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_default_exchange),
		cmocka_unit_test(test_every_combination_of_what_is_asked_for),
		cmocka_unit_test(test_rpc_gateway_signs_and_does_not_seal),
		cmocka_unit_test(test_user_names_beyond_ASCII_in_any_case),
		cmocka_unit_test(test_user_name_of_4000_characters),
		cmocka_unit_test(test_blank_password_of_an_account_that_has_one),
		cmocka_unit_test(test_pass_the_hash),
		cmocka_unit_test(test_zero_hash_makes_no_credential),
		cmocka_unit_test(test_bindings_and_target_are_checked_when_both_sides_have_them),
		cmocka_unit_test(test_anonymous_where_it_is_allowed),
		cmocka_unit_test(test_wrong_password_and_unknown_user_get_the_same_answer),
		cmocka_unit_test(test_verdicts_on_the_account_come_after_a_right_proof_only),
		cmocka_unit_test(test_anonymous_is_refused_by_default),
		cmocka_unit_test(test_wrong_and_missing_bindings_and_targets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
