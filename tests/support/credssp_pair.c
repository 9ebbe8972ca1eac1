/* SPDX-License-Identifier: Apache-2.0
 *
 * The inner contexts are made as any caller makes them, by negossp_context_new().
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "credssp/binding.h"
#include "credssp_pair.h"
#include "vector.h"

struct credssp_pair_config credssp_pair_defaults(enum credssp_inner inner)
{
	/* An RSAPublicKey is as good as any. */
	static const uint8_t key[] = { 0x30, 0x06, 0x02, 0x01, 0xFF, 0x02, 0x01, 0x03 };

	return (struct credssp_pair_config){ .inner = inner,
		                                 .client_version = 6,
		                                 .server_version = 6,
		                                 .client_lowest = 2,
		                                 .server_lowest = 2,
		                                 .password = "Password",
		                                 .client_key = BYTES_OF(key),
		                                 .server_key = BYTES_OF(key),
		                                 .asked = MECH_CONFIDENTIALITY | MECH_MUTUAL_AUTH,
		                                 .delegates = true };
}

/* --- the inner contexts ----------------------------------------------------------------------- */

static void write_scripts(struct credssp_pair* pair)
{
	pair->client.kerberos =
	    (struct fake_script){ .steps = { { NULL, "K-AP-REQ", false, RESULT_OK },
		                                 { "K-AP-REP", NULL, true, RESULT_OK } },
		                      .key = 77 };
	pair->server.kerberos =
	    (struct fake_script){ .steps = { { "K-AP-REQ", "K-AP-REP", true, RESULT_OK } },
		                      .key = 77,
		                      .demands_mic = pair->config.inner == INNER_COMPLETING_ROUND };
}

static size_t list_offers(struct credssp_pair* pair, enum mech_role role,
                          struct negossp_offer offers[2])
{
	const enum credssp_inner inner = pair->config.inner;
	const bool client = role == MECH_INITIATOR;
	struct credssp_end* const end = client ? &pair->client : &pair->server;
	struct ntlm_credential* const ntlm =
	    client ? pair->ntlm.client_credential : pair->ntlm.server_credential;
	size_t count = 0;

	if (inner == INNER_NEGOTIATE_KERBEROS || inner == INNER_COMPLETING_ROUND ||
	    (inner == INNER_NEGOTIATE_CHANGED && client))
		offers[count++] = (struct negossp_offer){ fake_kerberos(), &end->kerberos };
	if (inner != INNER_NEGOTIATE_KERBEROS && inner != INNER_COMPLETING_ROUND)
		offers[count++] = (struct negossp_offer){ ntlm_mech(), ntlm };
	return count;
}

static void open_inner(struct credssp_pair* pair, enum mech_role role, struct credssp_end* end)
{
	struct negossp_offer offers[2];
	struct blob target = test_utf16("TERMSRV/server.example");
	const struct negossp_config config = {
		.request = { role, pair->config.asked,
		             role == MECH_INITIATOR ? blob_bytes(&target) : BYTES_EMPTY },
		.framing = pair->config.inner == INNER_BARE_NTLM && role == MECH_INITIATOR
		               ? NEGOSSP_FRAMING_BARE
		               : NEGOSSP_FRAMING_SPNEGO,
		.offers = offers,
		.offer_count = list_offers(pair, role, offers)
	};

	assert_int_equal(negossp_context_new(&config, &end->inner), RESULT_OK);
	blob_free(&target);
}

/* --- the pair --------------------------------------------------------------------------------- */

static void write_credentials(struct credssp_pair* pair)
{
	struct blob user = test_utf16("User");
	struct blob domain = test_utf16("Domain");
	struct blob password = test_utf16("Password");
	const struct ts_password_creds creds = { blob_bytes(&domain), blob_bytes(&user),
		                                     blob_bytes(&password) };

	assert_int_equal(ts_password_creds_write(&creds, &pair->credentials), RESULT_OK);
	blob_free(&user);
	blob_free(&domain);
	blob_free(&password);
}

void credssp_pair_open(struct credssp_pair* pair, const struct credssp_pair_config* config)
{
	struct pair_config ntlm = pair_defaults();

	*pair = (struct credssp_pair){ .config = *config };
	ntlm.password = config->password;
	pair_open(&pair->ntlm, &ntlm);
	write_scripts(pair);
	if (config->delegates)
		write_credentials(pair);
	open_inner(pair, MECH_INITIATOR, &pair->client);
	open_inner(pair, MECH_ACCEPTOR, &pair->server);
	const struct credssp_config client = { .role = MECH_INITIATOR,
		                                   .inner = pair->client.inner,
		                                   .public_key = config->client_key,
		                                   .credentials = secret_bytes(&pair->credentials),
		                                   .version = config->client_version,
		                                   .lowest = config->client_lowest };
	const struct credssp_config server = { .role = MECH_ACCEPTOR,
		                                   .inner = pair->server.inner,
		                                   .public_key = config->server_key,
		                                   .version = config->server_version,
		                                   .lowest = config->server_lowest };
	assert_int_equal(credssp_new(&client, &pair->client.credssp), RESULT_OK);
	assert_int_equal(credssp_new(&server, &pair->server.credssp), RESULT_OK);
}

void credssp_pair_close(struct credssp_pair* pair)
{
	credssp_free(pair->client.credssp);
	credssp_free(pair->server.credssp);
	negossp_context_free(pair->client.inner);
	negossp_context_free(pair->server.inner);
	secret_free(&pair->credentials);
	for (size_t i = 0; i < CREDSSP_MAX_LEGS; i++)
		blob_free(&pair->wire[i]);
	pair_close(&pair->ntlm);
}

/* What holds for every step of every test is checked here. */
static void step(struct credssp_end* end, struct blob* message)
{
	struct blob reply = BLOB_EMPTY;
	struct credssp_report report;

	end->result = credssp_step(end->credssp, blob_bytes(message), &reply);
	credssp_describe(end->credssp, &report);
	assert_int_equal(report.result, end->result);
	assert_true((report.reason != NULL) == (end->result != RESULT_OK));
	if (end->result != RESULT_OK)
	{
		assert_false(credssp_is_complete(end->credssp));
		assert_int_equal(credssp_credentials(end->credssp).len, 0);
	}
	blob_free(message);
	*message = reply;
}

void credssp_end_step(struct credssp_end* end, struct blob* message)
{
	step(end, message);
	assert_int_equal(end->result, RESULT_OK);
}

void credssp_end_fails(struct credssp_end* end, struct blob* message, enum result result)
{
	step(end, message);
	assert_int_equal(end->result, result);
}

void credssp_pair_run(struct credssp_pair* pair, credssp_tamper tamper, void* data)
{
	struct blob message = BLOB_EMPTY;

	for (pair->legs = 0;; pair->legs++)
	{
		step(pair->legs % 2 == 0 ? &pair->client : &pair->server, &message);
		if (message.len == 0)
			break;
		assert_true(pair->legs < CREDSSP_MAX_LEGS);
		assert_int_equal(blob_set(&pair->wire[pair->legs], blob_bytes(&message)), RESULT_OK);
		if (tamper)
			tamper(data, pair->legs, &message);
	}
}

struct change
{
	unsigned leg;
	credssp_change apply;
	bool from;
};

static void change_message(void* data, unsigned leg, struct blob* message)
{
	const struct change* const change = data;

	if (leg != change->leg && !(change->from && leg > change->leg && (leg - change->leg) % 2 == 0))
		return;
	struct blob before = test_exact(blob_bytes(message));
	struct ts_request request = credssp_request(blob_bytes(&before));
	change->apply(&request);
	credssp_put(message, &request);
	blob_free(&before);
}

void credssp_pair_run_changed(struct credssp_pair* pair, unsigned leg, credssp_change change,
                              bool from)
{
	struct change one = { leg, change, from };

	credssp_pair_run(pair, change_message, &one);
}

struct credssp_report credssp_end_report(const struct credssp_end* end)
{
	struct credssp_report report;

	credssp_describe(end->credssp, &report);
	return report;
}

void credssp_expect_reason(const struct credssp_end* end, enum result result, const char* words)
{
	const struct credssp_report report = credssp_end_report(end);

	assert_int_equal(end->result, result);
	assert_non_null(report.reason);
	assert_string_equal(report.reason, words);
}

void credssp_expect_refused(unsigned leg, credssp_change change, enum result result,
                            const char* words)
{
	const struct credssp_pair_config config = credssp_pair_defaults(INNER_BARE_NTLM);
	struct credssp_pair pair;

	credssp_pair_open(&pair, &config);
	credssp_pair_run_changed(&pair, leg, change, false);
	credssp_expect_reason(leg % 2 == 0 ? &pair.server : &pair.client, result, words);
	assert_int_equal(pair.legs, leg + 1);
	assert_int_equal(credssp_credentials(pair.server.credssp).len, 0);
	credssp_pair_close(&pair);
}

void credssp_pair_assert_complete(const struct credssp_pair* pair)
{
	const struct bytes came = credssp_credentials(pair->server.credssp);

	assert_int_equal(pair->client.result, RESULT_OK);
	assert_int_equal(pair->server.result, RESULT_OK);
	assert_true(credssp_is_complete(pair->client.credssp));
	assert_true(credssp_is_complete(pair->server.credssp));
	assert_int_equal(came.len, pair->credentials.len);
	assert_memory_equal(came.data, pair->credentials.data, came.len);
}

/* --- messages --------------------------------------------------------------------------------- */

struct ts_request credssp_request(struct bytes message)
{
	struct ts_request request = { 0 };

	assert_int_equal(ts_request_parse(message, &request, NULL), RESULT_OK);
	return request;
}

void credssp_say(struct bytes message, char text[CREDSSP_SAY_SIZE])
{
	static const char* const names[] = { "",           " negoTokens", " authInfo", " pubKeyAuth",
		                                 " errorCode", " clientNonce" };
	const struct ts_request request = credssp_request(message);
	size_t len = (size_t)snprintf(text, CREDSSP_SAY_SIZE, "%u", request.version);

	for (unsigned i = 1; i < sizeof(names) / sizeof(names[0]); i++)
	{
		if (request.fields & (1U << i))
			len += (size_t)snprintf(text + len, CREDSSP_SAY_SIZE - len, "%s", names[i]);
	}
}

void credssp_assert_says(struct bytes message, const char* expected)
{
	char text[CREDSSP_SAY_SIZE];

	credssp_say(message, text);
	assert_string_equal(text, expected);
}

void credssp_put(struct blob* message, const struct ts_request* request)
{
	struct blob written = BLOB_EMPTY;

	assert_int_equal(ts_request_write(request, &written), RESULT_OK);
	blob_free(message);
	*message = written;
}

/* --- a peer made by hand ---------------------------------------------------------------------- */

struct blob credssp_make_sealed(const struct negossp_context* inner, struct bytes plain)
{
	void* context = NULL;
	const struct mech* const mech = negossp_chosen(inner, &context);
	struct writer writer = writer_make(TS_REQUEST_LIMIT);
	struct blob data = test_exact(plain);
	struct blob field = BLOB_EMPTY;
	struct mech_part part = { data.data, data.len, false };
	uint8_t trailer[64];
	size_t used = sizeof(trailer);

	assert_non_null(mech);
	assert_int_equal(mech->wrap(context, true, &part, 1, trailer, &used), RESULT_OK);
	writer_bytes(&writer, bytes_make(trailer, used));
	writer_bytes(&writer, blob_bytes(&data));
	assert_int_equal(writer_take(&writer, &field), RESULT_OK);
	blob_free(&data);
	return field;
}

struct blob credssp_make_pub_key_auth(const struct negossp_context* inner, enum mech_role role,
                                      uint32_t version, struct bytes key, struct bytes nonce)
{
	struct blob binding = BLOB_EMPTY;

	assert_int_equal(binding_make(version, role, key, nonce, &binding), RESULT_OK);
	struct blob field = credssp_make_sealed(inner, blob_bytes(&binding));
	blob_free(&binding);
	return field;
}

struct blob credssp_inner_step(struct negossp_context* inner, struct bytes token)
{
	const struct mech_input input = { token, NULL };
	struct mech_output made = { BLOB_EMPTY, false };

	assert_int_equal(negossp_step(inner, &input, &made), RESULT_OK);
	return made.token;
}
