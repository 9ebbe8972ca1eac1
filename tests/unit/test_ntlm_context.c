/* SPDX-License-Identifier: Apache-2.0
 *
 * module/ntlm: ntlm. The order of steps, credentials and roles, the transcript, and overrides.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "ntlm/authenticate.h"
#include "ntlm/challenge.h"
#include "ntlm/keys.h"
#include "ntlm/response.h"
#include "ntlm_pair.h"
#include "vector.h"

/* --- the order of things --------------------------------------------------------------------- */

static void test_nothing_works_before_completion_and_no_step_after(void** state)
{
	const struct pair_config config = pair_defaults();
	struct blob mic = BLOB_EMPTY;
	uint8_t trailer[16] = { 0 };
	size_t len = sizeof(trailer);
	struct pair pair;

	(void)state;
	pair_open(&pair, &config);
	assert_int_equal(pair_make_negotiate(&pair), RESULT_OK);
	assert_int_equal(pair_make_challenge(&pair, blob_bytes(&pair.negotiate)), RESULT_OK);
	for (int i = 0; i < 2; i++)
	{
		void* const end = i ? pair.client : pair.server;
		assert_int_equal(ntlm_mech()->wrap(end, true, NULL, 0, trailer, &len),
		                 RESULT_OUT_OF_SEQUENCE);
		assert_int_equal(ntlm_mech()->unwrap(end, true, NULL, 0, BYTES_OF(trailer)),
		                 RESULT_OUT_OF_SEQUENCE);
		assert_int_equal(ntlm_mech()->mic_make(end, BYTES_EMPTY, &mic), RESULT_OUT_OF_SEQUENCE);
		assert_int_equal(ntlm_mech()->mic_verify(end, BYTES_EMPTY, BYTES_OF(trailer)),
		                 RESULT_OUT_OF_SEQUENCE);
	}
	assert_int_equal(pair_make_authenticate(&pair, blob_bytes(&pair.challenge)), RESULT_OK);
	assert_int_equal(pair_take_authenticate(&pair, blob_bytes(&pair.authenticate)), RESULT_OK);
	assert_int_equal(pair_take_authenticate(&pair, blob_bytes(&pair.authenticate)),
	                 RESULT_OUT_OF_SEQUENCE);
	assert_int_equal(pair_make_authenticate(&pair, blob_bytes(&pair.challenge)),
	                 RESULT_OUT_OF_SEQUENCE);
	/* The failed step killed both. */
	assert_int_equal(ntlm_mech()->wrap(pair.client, true, NULL, 0, trailer, &len),
	                 RESULT_OUT_OF_SEQUENCE);
	assert_int_equal(ntlm_mech()->mic_make(pair.server, BYTES_EMPTY, &mic), RESULT_OUT_OF_SEQUENCE);
	pair_close(&pair);
}

static void test_messages_in_the_wrong_order_kill_the_context(void** state)
{
	const struct pair_config config = pair_defaults();
	struct pair source;
	struct pair pair;

	(void)state;
	pair_open(&source, &config);
	assert_int_equal(pair_run(&source), RESULT_OK);
	const struct bytes n = blob_bytes(&source.negotiate);
	const struct bytes c = blob_bytes(&source.challenge);
	const struct bytes a = blob_bytes(&source.authenticate);
	const struct bytes early[] = { c, a, BYTES_EMPTY };
	for (size_t i = 0; i < 3; i++)
	{
		pair_open(&pair, &config);
		assert_int_equal(pair_make_challenge(&pair, early[i]),
		                 early[i].len ? RESULT_OUT_OF_SEQUENCE : RESULT_MALFORMED);
		assert_int_equal(pair_make_challenge(&pair, n), RESULT_OUT_OF_SEQUENCE);
		pair_close(&pair);
	}
	const struct bytes late[] = { n, c, BYTES_EMPTY };
	for (size_t i = 0; i < 3; i++)
	{
		pair_open(&pair, &config);
		assert_int_equal(pair_make_challenge(&pair, n), RESULT_OK);
		assert_int_equal(pair_take_authenticate(&pair, late[i]),
		                 late[i].len ? RESULT_OUT_OF_SEQUENCE : RESULT_MALFORMED);
		assert_int_equal(pair_take_authenticate(&pair, a), RESULT_OUT_OF_SEQUENCE);
		pair_close(&pair);
	}
	const struct bytes client[] = { n, a, BYTES_EMPTY };
	for (size_t i = 0; i < 3; i++)
	{
		pair_open(&pair, &config);
		assert_int_equal(pair_make_negotiate(&pair), RESULT_OK);
		assert_int_equal(pair_make_authenticate(&pair, client[i]),
		                 client[i].len ? RESULT_OUT_OF_SEQUENCE : RESULT_MALFORMED);
		assert_int_equal(pair_make_authenticate(&pair, c), RESULT_OUT_OF_SEQUENCE);
		pair_close(&pair);
	}
	pair_open(&pair, &config);
	/* A token where an initiator's first step has none. */
	assert_int_equal(pair_make_authenticate(&pair, c), RESULT_OUT_OF_SEQUENCE);
	pair_close(&pair);
	pair_close(&source);
}

static void test_credential_must_fit_the_role(void** state)
{
	const struct pair_config config = pair_defaults();
	const struct mech_request ask = { MECH_INITIATOR, 0, BYTES_EMPTY };
	const struct mech_request accept = { MECH_ACCEPTOR, 0, BYTES_EMPTY };
	struct pair pair;
	void* context = NULL;

	(void)state;
	pair_open(&pair, &config);
	assert_int_equal(ntlm_mech()->open(&ask, pair.server_credential, &context),
	                 RESULT_NO_CREDENTIALS);
	assert_int_equal(ntlm_mech()->open(&accept, pair.client_credential, &context),
	                 RESULT_NO_CREDENTIALS);
	assert_int_equal(ntlm_mech()->open(&ask, NULL, &context), RESULT_NO_CREDENTIALS);
	assert_null(context);
	ntlm_mech()->close(NULL);
	ntlm_credential_free(NULL);
	pair_close(&pair);
}

static void test_bare_token_is_told_by_its_signature(void** state)
{
	(void)state;
	assert_true(ntlm_mech()->is_bare_token(BYTES_LITERAL("NTLMSSP\0")));
	assert_true(ntlm_mech()->is_bare_token(BYTES_LITERAL("NTLMSSP\0\1\0\0\0more")));
	assert_false(ntlm_mech()->is_bare_token(BYTES_LITERAL("NTLMSSP")));
	assert_false(ntlm_mech()->is_bare_token(BYTES_LITERAL("\x60\x48\6\6+\6\1\5\5\2")));
	assert_false(ntlm_mech()->is_bare_token(BYTES_EMPTY));
	assert_string_equal(ntlm_mech()->name, "NTLM");
	assert_true(bytes_equal(ntlm_mech()->oids[0],
	                        BYTES_LITERAL("\x2b\x06\x01\x04\x01\x82\x37\x02\x02\x0a")));
}

/* --- transcript and overrides ---------------------------------------------------------------- */

struct inputs
{
	struct blob proof;
	struct blob mic;
};

static void inputs_make(void* context, struct inputs* inputs)
{
	assert_int_equal(ntlm_context_proof_input(context, &inputs->proof), RESULT_OK);
	assert_int_equal(ntlm_context_mic_input(context, &inputs->mic), RESULT_OK);
}

static void inputs_free(struct inputs* inputs)
{
	blob_free(&inputs->proof);
	blob_free(&inputs->mic);
}

static void test_transcript_is_the_same_at_both_ends(void** state)
{
	const struct pair_config config = pair_defaults();
	struct ntlm_transcript client;
	struct ntlm_transcript server;
	struct inputs client_inputs = { BLOB_EMPTY, BLOB_EMPTY };
	struct inputs server_inputs = { BLOB_EMPTY, BLOB_EMPTY };
	struct pair pair;
	uint8_t mic[16];

	(void)state;
	pair_open(&pair, &config);
	ntlm_context_transcript(pair.server, &server);
	assert_int_equal(server.negotiate.len + server.mic.len, 0);
	inputs_make(pair.server, &server_inputs);
	assert_int_equal(server_inputs.proof.len + server_inputs.mic.len, 0);
	assert_int_equal(pair_run(&pair), RESULT_OK);
	ntlm_context_transcript(pair.client, &client);
	ntlm_context_transcript(pair.server, &server);
	assert_true(bytes_equal(client.negotiate, blob_bytes(&pair.negotiate)));
	assert_true(bytes_equal(client.negotiate, server.negotiate));
	assert_true(bytes_equal(client.challenge, server.challenge));
	assert_true(bytes_equal(client.authenticate, server.authenticate));
	assert_true(bytes_equal(client.mic, server.mic));
	assert_true(bytes_equal(client.encrypted_session_key, server.encrypted_session_key));
	assert_int_equal(server.mic.len, 16);
	assert_int_equal(server.encrypted_session_key.len, 16);
	inputs_make(pair.client, &client_inputs);
	inputs_make(pair.server, &server_inputs);
	assert_true(server_inputs.proof.len > 8);
	assert_true(bytes_equal(blob_bytes(&client_inputs.proof), blob_bytes(&server_inputs.proof)));
	assert_true(bytes_equal(blob_bytes(&client_inputs.mic), blob_bytes(&server_inputs.mic)));
	assert_int_equal(server_inputs.mic.len,
	                 server.negotiate.len + server.challenge.len + server.authenticate.len);
	assert_int_equal(ntlm_mic(pair_session_key(pair.server),
	                          &(struct bytes){ server_inputs.mic.data, server_inputs.mic.len }, 1,
	                          mic),
	                 RESULT_OK);
	assert_memory_equal(mic, server.mic.data, sizeof(mic));
	inputs_free(&client_inputs);
	inputs_free(&server_inputs);
	pair_close(&pair);
}

static void test_overrides_are_used(void** state)
{
	static const uint8_t server_challenge[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	static const uint8_t client_challenge[8] = { 9, 9, 9, 9, 9, 9, 9, 9 };
	static const uint8_t time[8] = { 0, 0, 0, 0, 0, 0, 0, 2 };
	static const uint8_t exported[16] = { 0x55 };
	const struct pair_config config = pair_defaults();
	struct ntlm_challenge challenge;
	struct ntlm_authenticate authenticate;
	struct ntlm_response response;
	struct pair pair;

	(void)state;
	pair_open(&pair, &config);
	assert_int_equal(ntlm_context_override(pair.server, NTLM_OVERRIDE_SERVER_CHALLENGE,
	                                       BYTES_OF(server_challenge)),
	                 RESULT_OK);
	assert_int_equal(
	    ntlm_context_override(pair.server, NTLM_OVERRIDE_CHALLENGE_TIMESTAMP, BYTES_OF(time)),
	    RESULT_OK);
	assert_int_equal(ntlm_context_override(pair.client, NTLM_OVERRIDE_CLIENT_CHALLENGE,
	                                       BYTES_OF(client_challenge)),
	                 RESULT_OK);
	assert_int_equal(
	    ntlm_context_override(pair.client, NTLM_OVERRIDE_EXPORTED_SESSION_KEY, BYTES_OF(exported)),
	    RESULT_OK);
	assert_int_equal(pair_run(&pair), RESULT_OK);
	assert_int_equal(ntlm_challenge_parse(blob_bytes(&pair.challenge), &challenge, NULL),
	                 RESULT_OK);
	assert_int_equal(ntlm_authenticate_parse(blob_bytes(&pair.authenticate), &authenticate, NULL),
	                 RESULT_OK);
	assert_int_equal(ntlm_response_parse(authenticate.nt_response, &response, NULL), RESULT_OK);
	assert_memory_equal(challenge.server_challenge.data, server_challenge, 8);
	assert_memory_equal(response.client_challenge.data, client_challenge, 8);
	assert_true(response.timestamp == UINT64_C(0x0200000000000000));
	assert_memory_equal(pair_session_key(pair.server), exported, 16);
	pair_close(&pair);
}

static void test_hash_overrides_take_the_place_of_password_and_verifier(void** state)
{
	struct pair_config config = pair_defaults();
	struct pair pair;
	struct key hash;
	struct key ntowfv2;
	struct blob user = test_utf16("User");
	struct blob domain = test_utf16("Domain");

	(void)state;
	config.password = "wrong";
	config.stored_user = "Somebody else";
	for (int hashed = 0; hashed < 2; hashed++)
	{
		for (int wrong = 0; wrong < 2; wrong++)
		{
			pair_open(&pair, &config);
			hash = pair.stored_hash;
			assert_int_equal(ntlm_ntowfv2(&hash, blob_bytes(&user), blob_bytes(&domain), &ntowfv2),
			                 RESULT_OK);
			const enum ntlm_override which = hashed ? NTLM_OVERRIDE_NTOWFV2 : NTLM_OVERRIDE_NT_HASH;
			struct key value = hashed ? ntowfv2 : hash;
			assert_int_equal(ntlm_context_override(pair.client, which, key_bytes(&value)),
			                 RESULT_OK);
			value.bytes[3] ^= wrong ? 1 : 0;
			assert_int_equal(ntlm_context_override(pair.server, which, key_bytes(&value)),
			                 RESULT_OK);
			assert_int_equal(pair_run(&pair), wrong ? RESULT_LOGON_DENIED : RESULT_OK);
			assert_int_equal(pair.asked, 0);
			pair_close(&pair);
		}
	}
	blob_free(&user);
	blob_free(&domain);
}

static void test_overrides_of_a_wrong_size_or_too_late_are_refused(void** state)
{
	static const uint8_t bytes[17] = { 1 };
	static const size_t sizes[] = { 8, 8, 8, 8, 16, 16, 16 };
	const struct pair_config config = pair_defaults();
	struct pair pair;

	(void)state;
	pair_open(&pair, &config);
	for (unsigned which = 0; which < 7; which++)
	{
		for (size_t size = 0; size <= sizeof(bytes); size++)
		{
			if (size != sizes[which])
				assert_int_equal(ntlm_context_override(pair.server, (enum ntlm_override)which,
				                                       bytes_make(bytes, size)),
				                 RESULT_INVALID_ARGUMENT);
		}
	}
	assert_int_equal(pair_make_negotiate(&pair), RESULT_OK);
	assert_int_equal(pair_make_challenge(&pair, blob_bytes(&pair.negotiate)), RESULT_OK);
	assert_int_equal(
	    ntlm_context_override(pair.server, NTLM_OVERRIDE_SERVER_CHALLENGE, bytes_make(bytes, 8)),
	    RESULT_OUT_OF_SEQUENCE);
	assert_int_equal(
	    ntlm_context_override(pair.server, NTLM_OVERRIDE_CHALLENGE_TIMESTAMP, bytes_make(bytes, 8)),
	    RESULT_OUT_OF_SEQUENCE);
	assert_int_equal(pair_make_authenticate(&pair, blob_bytes(&pair.challenge)), RESULT_OK);
	assert_int_equal(
	    ntlm_context_override(pair.client, NTLM_OVERRIDE_NT_HASH, bytes_make(bytes, 16)),
	    RESULT_OUT_OF_SEQUENCE);
	assert_int_equal(pair_take_authenticate(&pair, blob_bytes(&pair.authenticate)), RESULT_OK);
	pair_close(&pair);
}

static void test_workstation_is_the_initiators_where_one_is_sent(void** state)
{
	struct blob name = test_utf16("ELSEWHERE");
	struct pair_config config = pair_defaults();
	struct ntlm_authenticate authenticate;
	struct pair pair;

	(void)state;
	for (int sent = 0; sent < 2; sent++)
	{
		config.client_policy.send_workstation = sent != 0;
		pair_open(&pair, &config);
		assert_int_equal(
		    ntlm_context_override(pair.client, NTLM_OVERRIDE_WORKSTATION, blob_bytes(&name)),
		    RESULT_OK);
		/* The last one counts. */
		assert_int_equal(
		    ntlm_context_override(pair.client, NTLM_OVERRIDE_WORKSTATION, blob_bytes(&name)),
		    RESULT_OK);
		assert_int_equal(pair_run(&pair), RESULT_OK);
		assert_int_equal(
		    ntlm_authenticate_parse(blob_bytes(&pair.authenticate), &authenticate, NULL),
		    RESULT_OK);
		assert_true(bytes_equal(authenticate.workstation, sent ? blob_bytes(&name) : BYTES_EMPTY));
		assert_true(bytes_equal(pair_client_report(&pair).workstation, authenticate.workstation));
		assert_true(bytes_equal(pair_server_report(&pair).workstation, authenticate.workstation));
		assert_int_equal(
		    ntlm_context_override(pair.client, NTLM_OVERRIDE_WORKSTATION, blob_bytes(&name)),
		    RESULT_OUT_OF_SEQUENCE);
		pair_close(&pair);
	}
	blob_free(&name);
}

static void test_workstation_of_a_wrong_size_or_at_the_acceptor_is_refused(void** state)
{
	static const uint8_t bytes[NTLM_MAX_WORKSTATION + 2] = { 'A' };
	static const size_t bad[] = { 0, 1, 3, NTLM_MAX_WORKSTATION + 1, NTLM_MAX_WORKSTATION + 2 };
	const struct pair_config config = pair_defaults();
	struct pair pair;

	(void)state;
	pair_open(&pair, &config);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(ntlm_context_override(pair.client, NTLM_OVERRIDE_WORKSTATION,
		                                       bytes_make(bytes, bad[i])),
		                 RESULT_INVALID_ARGUMENT);
	assert_int_equal(ntlm_context_override(pair.client, NTLM_OVERRIDE_WORKSTATION,
	                                       bytes_make(bytes, NTLM_MAX_WORKSTATION)),
	                 RESULT_OK);
	assert_int_equal(
	    ntlm_context_override(pair.server, NTLM_OVERRIDE_WORKSTATION, bytes_make(bytes, 2)),
	    RESULT_UNSUPPORTED);
	assert_int_equal(pair_run(&pair), RESULT_OK);
	pair_close(&pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_works_before_completion_and_no_step_after),
		cmocka_unit_test(test_messages_in_the_wrong_order_kill_the_context),
		cmocka_unit_test(test_credential_must_fit_the_role),
		cmocka_unit_test(test_bare_token_is_told_by_its_signature),
		cmocka_unit_test(test_transcript_is_the_same_at_both_ends),
		cmocka_unit_test(test_overrides_are_used),
		cmocka_unit_test(test_hash_overrides_take_the_place_of_password_and_verifier),
		cmocka_unit_test(test_overrides_of_a_wrong_size_or_too_late_are_refused),
		cmocka_unit_test(test_workstation_is_the_initiators_where_one_is_sent),
		cmocka_unit_test(test_workstation_of_a_wrong_size_or_at_the_acceptor_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
