/* SPDX-License-Identifier: Apache-2.0
 *
 * CredSSP's ends driven by the recorded exchanges of other implementations: the server with what
 * their clients sent, the client with what their servers sent. With a recorded nonce and recorded
 * credentials everything that goes out is known to the byte.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/crypto.h"
#include "base/utf16.h"
#include "credssp/binding.h"
#include "credssp/credssp.h"
#include "credssp/seal.h"
#include "credssp_recording.h"
#include "vector.h"

#define FOUR_LEGS "sspi-rs-0.21-spnego-ntlm-four-legs.json"
#define CHANGED "sspi-rs-0.21-kerberos-offered-ntlm-taken.json"
#define BARE "sspi-rs-0.21-bare-ntlm-nonascii.json"
#define VERSION_2 "impacket-0.10-credssp-2-bare-ntlm.json"
#define WITHOUT_KEY "credssp-v6-bare-ntlm.json"
#define WALLIX "credssp-v5-v6-with-public-key.json"

struct end
{
	struct negossp_context* inner;
	struct credssp* credssp;
	struct blob said; /* its last message */
};

/* The first message of the role tells its version. */
static uint32_t version_of(const struct recording* recording, enum mech_role role)
{
	struct bytes message = BYTES_EMPTY;
	struct ts_request request = { 0 };

	assert_true(recording_message(recording, role, 0, &message));
	assert_int_equal(ts_request_parse(message, &request, NULL), RESULT_OK);
	return request.version;
}

static struct end end_open(struct recording* recording, enum mech_role role, struct bytes key,
                           struct bytes credentials)
{
	const struct negossp_offer offer = { recording_mech(), recording };
	const struct negossp_config inner = { .request = { role, MECH_CONFIDENTIALITY, BYTES_EMPTY },
		                                  .framing = NEGOSSP_FRAMING_BARE,
		                                  .offers = &offer,
		                                  .offer_count = 1 };
	struct end end = { NULL, NULL, BLOB_EMPTY };

	assert_int_equal(negossp_context_new(&inner, &end.inner), RESULT_OK);
	const struct credssp_config config = { .role = role,
		                                   .inner = end.inner,
		                                   .public_key = key,
		                                   .credentials = credentials,
		                                   .version = version_of(recording, role),
		                                   .lowest = TS_VERSION_OLDEST,
		                                   .nonce = role == MECH_INITIATOR
		                                                ? blob_bytes(&recording->nonce)
		                                                : BYTES_EMPTY };
	assert_int_equal(credssp_new(&config, &end.credssp), RESULT_OK);
	return end;
}

static void end_close(struct end* end)
{
	credssp_free(end->credssp);
	negossp_context_free(end->inner);
	blob_free(&end->said);
}

static enum result end_hears(struct end* end, struct bytes message)
{
	return credssp_step(end->credssp, message, &end->said);
}

static void assert_same(struct bytes is, struct bytes expected)
{
	assert_int_equal(is.len, expected.len);
	if (is.len > 0)
		assert_memory_equal(is.data, expected.data, is.len);
}

/* To the byte, but for what others repeat: stock FreeRDP's servers their last token beside
 * pubKeyAuth (defect D2), its clients their nonce beside authInfo. */
static void assert_same_message(struct bytes is, struct bytes expected)
{
	struct ts_request ours = { 0 };
	struct ts_request theirs = { 0 };
	struct blob without = BLOB_EMPTY;

	assert_int_equal(ts_request_parse(is, &ours, NULL), RESULT_OK);
	assert_int_equal(ts_request_parse(expected, &theirs, NULL), RESULT_OK);
	if (ours.fields == TS_PUB_KEY_AUTH)
		theirs.fields &= ~(unsigned)TS_NEGO_TOKENS;
	if (ours.fields == TS_AUTH_INFO)
		theirs.fields &= ~(unsigned)TS_CLIENT_NONCE;
	assert_int_equal(ts_request_write(&theirs, &without), RESULT_OK);
	assert_same(is, blob_bytes(&without));
	blob_free(&without);
}

/* --- the server, and clients of others -------------------------------------------------------- */

/* All that the client sent is taken; `alike` of our answers are what its server said. */
static void serve(struct recording* recording, unsigned alike)
{
	struct end server =
	    end_open(recording, MECH_ACCEPTOR, blob_bytes(&recording->public_key), BYTES_EMPTY);
	struct bytes heard = BYTES_EMPTY;
	struct bytes expected = BYTES_EMPTY;

	for (unsigned i = 0; recording_message(recording, MECH_INITIATOR, i, &heard); i++)
	{
		assert_int_equal(end_hears(&server, heard), RESULT_OK);
		if (i < alike && recording_message(recording, MECH_ACCEPTOR, i, &expected))
			assert_same_message(blob_bytes(&server.said), expected);
	}
	const struct bytes came = credssp_credentials(server.credssp);
	assert_true(credssp_is_complete(server.credssp) == (came.len > 0));
	if (recording->count > 4) /* authInfo was recorded */
		assert_true(credssp_is_complete(server.credssp));
	end_close(&server);
}

static void serve_file(const char* file, unsigned alike)
{
	struct recording recording;

	recording_open(&recording, file);
	serve(&recording, alike);
	recording_close(&recording);
}

static void test_the_server_takes_what_sspi_rs_sends(void** state)
{
	(void)state;
	serve_file(FOUR_LEGS, 5);
	serve_file(CHANGED, 5);
	serve_file(BARE, 5);
}

/* Defect D1: the pubKeyAuth that stock FreeRDP answered it with is not ours. */
static void test_the_server_takes_what_impacket_sends(void** state)
{
	(void)state;
	serve_file(VERSION_2, 1);
}

static const char* const wallix_keys[] = { "negotiate",   "<answer_challenge", "authenticate",
	                                       "<pubauthkey", "ts_credentials",    NULL };
/* TestNlaserver0 ends before authInfo. */
static const char* const wallix_keys_0[] = { "negotiate", "<answer_challenge", "authenticate",
	                                         "<pubauthkey", NULL };

static void test_the_server_says_what_wallix_recorded(void** state)
{
	static const char* const scopes[] = { "TestNlaserver0", "TestNlaserver1", "TestNlaserver2" };

	(void)state;
	for (size_t i = 0; i < 3; i++)
	{
		struct recording recording;

		recording_open_case(&recording, WALLIX, scopes[i], i == 0 ? wallix_keys_0 : wallix_keys);
		serve(&recording, 2);
		recording_close(&recording);
	}
}

/* The recorded credentials come out as they were put in. */
static void expect_credentials(const char* file, const char* user, const char* password)
{
	struct recording recording;
	struct bytes heard = BYTES_EMPTY;
	struct ts_credentials outer = { 0, BYTES_EMPTY };
	struct ts_password_creds inner = { BYTES_EMPTY, BYTES_EMPTY, BYTES_EMPTY };

	recording_open(&recording, file);
	struct end server =
	    end_open(&recording, MECH_ACCEPTOR, blob_bytes(&recording.public_key), BYTES_EMPTY);
	for (unsigned i = 0; recording_message(&recording, MECH_INITIATOR, i, &heard); i++)
		assert_int_equal(end_hears(&server, heard), RESULT_OK);
	assert_int_equal(ts_credentials_parse(credssp_credentials(server.credssp), &outer, NULL),
	                 RESULT_OK);
	assert_int_equal(ts_password_creds_parse(outer.credentials, &inner, NULL), RESULT_OK);
	test_assert_text(inner.user, user);
	test_assert_text(inner.password, password);
	end_close(&server);
	recording_close(&recording);
}

static void test_recorded_credentials_are_what_was_typed(void** state)
{
	(void)state;
	expect_credentials(FOUR_LEGS, "alice", "Test-pw-1!");
	expect_credentials(CHANGED, "alice", "Test-pw-1!");
	expect_credentials(BARE, "Zo\xC3\xAB", "p\xC3\xA4ssw\xC3\xB6rd\xE2\x82\xAC");
	expect_credentials(VERSION_2, "alice", "Test-pw-1!");
}

/* With another key than the recorded no client is answered. */
static void test_the_server_refuses_them_with_another_key(void** state)
{
	static const char* const files[] = { FOUR_LEGS, CHANGED, BARE, VERSION_2 };

	(void)state;
	for (size_t i = 0; i < 4; i++)
	{
		struct recording recording;
		struct bytes heard = BYTES_EMPTY;
		enum result result = RESULT_OK;

		recording_open(&recording, files[i]);
		recording.public_key.data[20] ^= 1;
		struct end server =
		    end_open(&recording, MECH_ACCEPTOR, blob_bytes(&recording.public_key), BYTES_EMPTY);
		for (unsigned m = 0;
		     result == RESULT_OK && recording_message(&recording, MECH_INITIATOR, m, &heard); m++)
			result = end_hears(&server, heard);
		assert_int_equal(result, RESULT_ALTERED);
		end_close(&server);
		recording_close(&recording);
	}
}

/* --- the client, and servers of others -------------------------------------------------------- */

/* Our messages are the recorded ones, to the byte. */
static void expect_client_alike(struct recording* recording, struct bytes credentials)
{
	struct bytes expected = BYTES_EMPTY;
	struct bytes heard = BYTES_EMPTY;
	struct end client =
	    end_open(recording, MECH_INITIATOR, blob_bytes(&recording->public_key), credentials);

	for (unsigned i = 0; recording_message(recording, MECH_INITIATOR, i, &expected); i++)
	{
		assert_int_equal(end_hears(&client, heard), RESULT_OK);
		assert_same_message(blob_bytes(&client.said), expected);
		(void)recording_message(recording, MECH_ACCEPTOR, i, &heard);
	}
	assert_true(credssp_is_complete(client.credssp));
	end_close(&client);
}

static void test_the_client_says_what_sspi_rs_said(void** state)
{
	static const char* const files[] = { FOUR_LEGS, CHANGED, BARE };

	(void)state;
	for (size_t i = 0; i < 3; i++)
	{
		struct vector vector = vector_open(files[i]);
		struct blob credentials = vector_hex(&vector, NULL, "TSCredentials");
		struct recording recording;

		recording_open(&recording, files[i]);
		expect_client_alike(&recording, blob_bytes(&credentials));
		recording_close(&recording);
		blob_free(&credentials);
		vector_close(&vector);
	}
}

/* Its credentials are what the server opens. */
static void test_the_client_says_what_wallix_recorded(void** state)
{
	static const char* const scopes[] = { "TestNlaserver1", "TestNlaserver2" };

	(void)state;
	for (size_t i = 0; i < 2; i++)
	{
		struct recording recording;
		struct bytes heard = BYTES_EMPTY;

		recording_open_case(&recording, WALLIX, scopes[i], wallix_keys);
		struct end server =
		    end_open(&recording, MECH_ACCEPTOR, blob_bytes(&recording.public_key), BYTES_EMPTY);
		for (unsigned m = 0; recording_message(&recording, MECH_INITIATOR, m, &heard); m++)
			assert_int_equal(end_hears(&server, heard), RESULT_OK);
		expect_client_alike(&recording, credssp_credentials(server.credssp));
		end_close(&server);
		recording_close(&recording);
	}
}

/* Defect D1: with versions 2 to 4 stock FreeRDP answers with a key of zeros. impacket does not
 * look; this client does, and its credentials stay where they are. */
static void test_the_client_refuses_the_defective_answer_of_FreeRDP(void** state)
{
	struct vector vector = vector_open(VERSION_2);
	struct blob credentials = vector_hex(&vector, NULL, "TSCredentials");
	struct recording recording;
	struct credssp_report report;
	struct bytes expected = BYTES_EMPTY;
	struct bytes heard = BYTES_EMPTY;

	(void)state;
	recording_open(&recording, VERSION_2);
	struct end client = end_open(&recording, MECH_INITIATOR, blob_bytes(&recording.public_key),
	                             blob_bytes(&credentials));
	for (unsigned i = 0; i < 2; i++)
	{
		assert_true(recording_message(&recording, MECH_INITIATOR, i, &expected));
		assert_int_equal(end_hears(&client, heard), RESULT_OK);
		assert_same(blob_bytes(&client.said), expected);
		assert_true(recording_message(&recording, MECH_ACCEPTOR, i, &heard));
	}
	assert_int_equal(end_hears(&client, heard), RESULT_ALTERED);
	assert_int_equal(client.said.len, 0);
	credssp_describe(client.credssp, &report);
	assert_string_equal(
	    report.reason, "the server's pubKeyAuth is not of the key that TLS showed: somebody stands "
	                   "in between, or the server's CredSSP is defective");
	end_close(&client);
	recording_close(&recording);
	blob_free(&credentials);
	vector_close(&vector);
}

/* --- an exchange of which the key is not known ------------------------------------------------ */

/* The inner context of the role, complete. */
static struct negossp_context* complete_inner(struct recording* recording, enum mech_role role)
{
	const enum mech_role peer = role == MECH_INITIATOR ? MECH_ACCEPTOR : MECH_INITIATOR;
	struct end end = end_open(recording, role, BYTES_LITERAL("no key"), BYTES_EMPTY);
	struct mech_input input = { BYTES_EMPTY, NULL };
	struct mech_output output = { BLOB_EMPTY, false };

	for (unsigned i = role == MECH_ACCEPTOR; !output.complete; i++)
	{
		if (i > 0)
			input.token = recording->tokens[peer][i - 1];
		assert_int_equal(negossp_step(end.inner, &input, &output), RESULT_OK);
		blob_free(&output.token);
	}
	credssp_free(end.credssp);
	return end.inner;
}

static struct ts_request request_at(const struct recording* recording, enum mech_role role,
                                    unsigned nth)
{
	struct bytes message = BYTES_EMPTY;
	struct ts_request request = { 0 };

	assert_true(recording_message(recording, role, nth, &message));
	assert_int_equal(ts_request_parse(message, &request, NULL), RESULT_OK);
	return request;
}

static void test_seals_of_an_exchange_without_the_public_key(void** state)
{
	static const char* const keys[] = { "NTLM_1_PHASE_TS_REQUEST", "<NTLM_2_PHASE_TS_REQUEST",
		                                "NTLM_3_PHASE_TS_REQUEST", "<NTLM_4_PHASE_TS_REQUEST",
		                                "NTLM_5_PHASE_TS_REQUEST", NULL };
	struct recording recording;
	struct ts_credentials outer = { 0, BYTES_EMPTY };
	struct ts_password_creds inner = { BYTES_EMPTY, BYTES_EMPTY, BYTES_EMPTY };
	struct secret plain = SECRET_EMPTY;

	(void)state;
	recording_open_case(&recording, WITHOUT_KEY, NULL, keys);
	struct negossp_context* const client = complete_inner(&recording, MECH_INITIATOR);
	struct negossp_context* const server = complete_inner(&recording, MECH_ACCEPTOR);
	assert_int_equal(
	    credssp_unseal(server, request_at(&recording, MECH_INITIATOR, 1).pub_key_auth, &plain),
	    RESULT_OK);
	assert_int_equal(plain.len, BINDING_HASH_SIZE);
	assert_int_equal(
	    credssp_unseal(client, request_at(&recording, MECH_ACCEPTOR, 1).pub_key_auth, &plain),
	    RESULT_OK);
	assert_int_equal(plain.len, BINDING_HASH_SIZE);
	assert_int_equal(
	    credssp_unseal(server, request_at(&recording, MECH_INITIATOR, 2).auth_info, &plain),
	    RESULT_OK);
	assert_int_equal(ts_credentials_parse(secret_bytes(&plain), &outer, NULL), RESULT_OK);
	assert_int_equal(ts_password_creds_parse(outer.credentials, &inner, NULL), RESULT_OK);
	test_assert_text(inner.user, "a");
	test_assert_text(inner.password, "1");
	secret_free(&plain);
	negossp_context_free(client);
	negossp_context_free(server);
	recording_close(&recording);
}

static int set_up(void** state)
{
	(void)state;
	return crypto_init() == RESULT_OK && utf16_init() == RESULT_OK ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_server_takes_what_sspi_rs_sends),
		cmocka_unit_test(test_the_server_takes_what_impacket_sends),
		cmocka_unit_test(test_the_server_says_what_wallix_recorded),
		cmocka_unit_test(test_recorded_credentials_are_what_was_typed),
		cmocka_unit_test(test_the_server_refuses_them_with_another_key),
		cmocka_unit_test(test_the_client_says_what_sspi_rs_said),
		cmocka_unit_test(test_the_client_says_what_wallix_recorded),
		cmocka_unit_test(test_the_client_refuses_the_defective_answer_of_FreeRDP),
		cmocka_unit_test(test_seals_of_an_exchange_without_the_public_key),
	};
	return cmocka_run_group_tests_name("credssp_vectors", tests, set_up, NULL);
}
