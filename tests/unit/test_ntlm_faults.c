/* SPDX-License-Identifier: Apache-2.0
 *
 * module/ntlm when this machine fails: every allocation and every call into base/crypto of a whole
 * exchange is made to fail once. And what is left in memory afterwards: nothing secret.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "alloc_watch.h"
#include "base/crypto.h"
#include "base/utf16.h"
#include "ntlm/keys.h"
#include "ntlm_pair.h"
#include "vector.h"

/* --- calls into base/crypto that fail (the linker's --wrap) ---------------------------------- */

static size_t crypto_calls;
static size_t crypto_fails_at;

/* What every HMAC is to come to, or NULL. */
static const struct key* hmac_is;

static bool crypto_fails(void)
{
	return ++crypto_calls == crypto_fails_at;
}

enum result __real_crypto_md5(const struct bytes* parts, size_t count, uint8_t* digest);
enum result __wrap_crypto_md5(const struct bytes* parts, size_t count, uint8_t* digest);
enum result __real_crypto_hmac_md5(struct bytes key, const struct bytes* parts, size_t count,
                                   uint8_t* mac);
enum result __wrap_crypto_hmac_md5(struct bytes key, const struct bytes* parts, size_t count,
                                   uint8_t* mac);
enum result __real_crypto_random(uint8_t* to, size_t len);
enum result __wrap_crypto_random(uint8_t* to, size_t len);

enum result __wrap_crypto_md5(const struct bytes* parts, size_t count, uint8_t* digest)
{
	return crypto_fails() ? RESULT_CRYPTO : __real_crypto_md5(parts, count, digest);
}

enum result __wrap_crypto_hmac_md5(struct bytes key, const struct bytes* parts, size_t count,
                                   uint8_t* mac)
{
	if (hmac_is)
		bytes_copy(mac, key_bytes(hmac_is));
	if (hmac_is)
		return RESULT_OK;
	return crypto_fails() ? RESULT_CRYPTO : __real_crypto_hmac_md5(key, parts, count, mac);
}

enum result __wrap_crypto_random(uint8_t* to, size_t len)
{
	return crypto_fails() ? RESULT_CRYPTO : __real_crypto_random(to, len);
}

/* --- one exchange that stops at the first failure -------------------------------------------- */

/* Unlike ntlm_pair.c this asserts nothing, and gives up cleanly anywhere. */
struct exchange
{
	struct blob user;
	struct blob password;
	struct key hash;
	struct ntlm_credential* initiator;
	struct ntlm_credential* acceptor;
	void* client;
	void* server;
	struct mech_output outputs[4];
	struct blob mic;
	struct key exported; /* the same in each exchange, to be looked for */
};

static enum result verify(void* state, const struct verify_request* request,
                          struct verify_answer* answer)
{
	const struct exchange* const exchange = state;

	return ntlm_verify_nt_hash(request, &exchange->hash, answer);
}

static enum result exchange_open(struct exchange* exchange, struct verifier* verifier)
{
	const struct bytes name = blob_bytes(&exchange->user);
	const struct ntlm_identity identity = { name, name, blob_bytes(&exchange->password), NULL };
	const struct ntlm_names names = { name, name, name, name, name };
	struct ntlm_credential_config config = { &identity, NULL, names, ntlm_policy_default() };
	const struct mech_request ask = { MECH_INITIATOR, MECH_CONFIDENTIALITY, name };
	const struct mech_request accept = { MECH_ACCEPTOR, MECH_CONFIDENTIALITY, name };

	*verifier = (struct verifier){ "test", verify, exchange };
	TRY(ntlm_credential_new(&config, &exchange->initiator));
	config.identity = NULL;
	config.verifier = verifier;
	config.policy.accepted_target = name;
	TRY(ntlm_credential_new(&config, &exchange->acceptor));
	TRY(ntlm_mech()->open(&ask, exchange->initiator, &exchange->client));
	TRY(ntlm_mech()->open(&accept, exchange->acceptor, &exchange->server));
	return ntlm_context_override(exchange->client, NTLM_OVERRIDE_EXPORTED_SESSION_KEY,
	                             key_bytes(&exchange->exported));
}

static enum result exchange_steps(struct exchange* exchange)
{
	const struct channel_bindings bindings = { .application = BYTES_LITERAL("tls") };
	struct bytes token = BYTES_EMPTY;

	for (int i = 0; i < 4; i++)
	{
		const struct mech_input input = { token, &bindings };
		TRY(ntlm_mech()->step(i % 2 ? exchange->server : exchange->client, &input,
		                      &exchange->outputs[i]));
		token = blob_bytes(&exchange->outputs[i].token);
	}
	return RESULT_OK;
}

static enum result exchange_messages(struct exchange* exchange)
{
	uint8_t data[] = "a sealed message";
	uint8_t trailer[16];
	size_t len = sizeof(trailer);
	struct mech_part part = { data, sizeof(data), false };

	TRY(ntlm_mech()->mic_make(exchange->client, BYTES_LITERAL("list"), &exchange->mic));
	TRY(ntlm_mech()->mic_verify(exchange->server, BYTES_LITERAL("list"),
	                            blob_bytes(&exchange->mic)));
	TRY(ntlm_mech()->wrap(exchange->client, true, &part, 1, trailer, &len));
	uint8_t sealed[sizeof(data)];
	bytes_copy(sealed, BYTES_OF(data));
	const enum result result =
	    ntlm_mech()->unwrap(exchange->server, true, &part, 1, BYTES_OF(trailer));
	/* A failed call changes nothing. */
	if (result != RESULT_OK)
		assert_memory_equal(data, sealed, sizeof(data));
	return result;
}

static enum result exchange_run(struct exchange* exchange)
{
	struct verifier verifier;

	enum result result = exchange_open(exchange, &verifier);
	if (result == RESULT_OK)
		result = exchange_steps(exchange);
	if (result == RESULT_OK)
		result = exchange_messages(exchange);
	ntlm_mech()->close(exchange->client);
	ntlm_mech()->close(exchange->server);
	ntlm_credential_free(exchange->initiator);
	ntlm_credential_free(exchange->acceptor);
	for (int i = 0; i < 4; i++)
		blob_free(&exchange->outputs[i].token);
	blob_free(&exchange->mic);
	exchange->client = exchange->server = NULL;
	exchange->initiator = exchange->acceptor = NULL;
	return result;
}

static int setup(void** state)
{
	static struct exchange exchange;

	if (crypto_init() != RESULT_OK || utf16_init() != RESULT_OK)
		return -1;
	exchange.user = test_utf16("Jürgen");
	exchange.password = test_utf16("a password that is long enough to be found");
	ntlm_ntowfv1(blob_bytes(&exchange.password), &exchange.hash);
	for (uint8_t i = 0; i < KEY_SIZE; i++)
		exchange.exported.bytes[i] = (uint8_t)(0xC3 + 7 * i);
	*state = &exchange;
	return 0;
}

static int teardown(void** state)
{
	struct exchange* const exchange = *state;

	blob_free(&exchange->user);
	blob_free(&exchange->password);
	return 0;
}

/* --- tests ----------------------------------------------------------------------------------- */

static void test_every_allocation_that_fails_is_a_clean_error(void** state)
{
	struct exchange* const exchange = *state;

	alloc_watch_fail(0);
	assert_int_equal(exchange_run(exchange), RESULT_OK);
	const size_t count = alloc_watch_count();
	assert_true(count > 20);
	for (size_t nth = 1; nth <= count; nth++)
	{
		alloc_watch_fail(nth);
		const enum result result = exchange_run(exchange);
		alloc_watch_fail(0);
		assert_int_equal(result, RESULT_NO_MEMORY);
	}
	assert_int_equal(exchange_run(exchange), RESULT_OK);
}

/* Names that are refused when some of the message has been kept already. */
static void test_CVE_2023_25566_refused_names_leave_nothing_behind(void** state)
{
	static const struct
	{
		size_t field;      /* domain, user, workstation */
		uint16_t unit;     /* the name's first is this one, */
		unsigned short_by; /* and the name is that much shorter */
	} names[] = { { 28, 0, 0 },      { 36, 0, 0 },    { 44, 0, 0 },      { 28, 'x', 1 },
		          { 36, 'x', 1 },    { 44, 'x', 1 },  { 28, 0xD83D, 0 }, { 36, 0xD83D, 0 },
		          { 44, 0xD83D, 0 }, { 28, '\\', 0 }, { 36, '\\', 0 } };
	const struct pair_config config = pair_defaults();
	const size_t live = alloc_watch_live();

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
	{
		struct pair pair;

		pair_open(&pair, &config);
		assert_int_equal(pair_make_negotiate(&pair), RESULT_OK);
		assert_int_equal(pair_make_challenge(&pair, blob_bytes(&pair.negotiate)), RESULT_OK);
		assert_int_equal(pair_make_authenticate(&pair, blob_bytes(&pair.challenge)), RESULT_OK);
		uint8_t* const field = pair.authenticate.data + names[i].field;
		little_endian_put(pair.authenticate.data + little_endian_get(field + 4, 4), 2,
		                  names[i].unit);
		field[0] = (uint8_t)(field[0] - names[i].short_by);
		assert_int_not_equal(pair_take_authenticate(&pair, blob_bytes(&pair.authenticate)),
		                     RESULT_OK);
		pair_close(&pair);
		assert_int_equal(alloc_watch_live(), live);
	}
}

static void test_every_crypto_call_that_fails_is_a_clean_error(void** state)
{
	struct exchange* const exchange = *state;

	crypto_calls = 0;
	crypto_fails_at = 0;
	assert_int_equal(exchange_run(exchange), RESULT_OK);
	const size_t count = crypto_calls;
	assert_true(count > 20);
	for (size_t nth = 1; nth <= count; nth++)
	{
		crypto_calls = 0;
		crypto_fails_at = nth;
		assert_int_equal(exchange_run(exchange), RESULT_CRYPTO);
	}
	crypto_fails_at = 0;
	assert_int_equal(exchange_run(exchange), RESULT_OK);
}

/* For an unknown user the proof is computed as for any other. Even if it came out as the client's,
 * there is no such user. */
static void test_unknown_user_is_denied_whatever_the_proof_comes_to(void** state)
{
	const struct exchange* const exchange = *state;
	static const uint8_t challenge[8] = { 1 };
	uint8_t response[16 + 48] = { [16] = 1, [17] = 1 };
	struct verify_request request = { .user = blob_bytes(&exchange->user),
		                              .server_challenge = BYTES_OF(challenge),
		                              .nt_response = BYTES_OF(response) };
	struct verify_answer answer = { .user_found = MECH_USER_NOT_FOUND };

	bytes_copy(response, key_bytes(&exchange->hash));
	hmac_is = &exchange->hash;
	const enum result known = ntlm_verify_nt_hash(&request, &exchange->hash, &answer);
	const enum result by_hash = ntlm_verify_nt_hash(&request, NULL, &answer);
	const enum result by_ntowfv2 = ntlm_verify_ntowfv2(&request, NULL, &answer);
	hmac_is = NULL;
	assert_int_equal(known, RESULT_OK);
	assert_int_equal(by_hash, RESULT_LOGON_DENIED);
	assert_int_equal(by_ntowfv2, RESULT_LOGON_DENIED);
}

/* Counts blocks that went back to the heap with `needle` in them, over one exchange. */
static size_t left_behind(struct exchange* exchange, struct bytes needle)
{
	alloc_watch_needle(needle.data, needle.len);
	const enum result result = exchange_run(exchange);
	const size_t found = alloc_watch_found();
	alloc_watch_needle(NULL, 0);
	assert_int_equal(result, RESULT_OK);
	return found;
}

static void test_no_secret_goes_back_to_the_heap(void** state)
{
	struct exchange* const exchange = *state;
	struct key ntowfv2;
	struct key signing;
	struct key sealing;

	assert_int_equal(ntlm_sign_key(&exchange->exported, true, &signing), RESULT_OK);
	assert_int_equal(ntlm_seal_key(&exchange->exported, false, &sealing), RESULT_OK);
	assert_int_equal(ntlm_ntowfv2(&exchange->hash, blob_bytes(&exchange->user),
	                              blob_bytes(&exchange->user), &ntowfv2),
	                 RESULT_OK);
	/* The watch itself: the user's name is no secret and is found. */
	assert_int_not_equal(left_behind(exchange, blob_bytes(&exchange->user)), 0);
	assert_int_equal(left_behind(exchange, blob_bytes(&exchange->password)), 0);
	assert_int_equal(left_behind(exchange, key_bytes(&exchange->hash)), 0);
	assert_int_equal(left_behind(exchange, key_bytes(&ntowfv2)), 0);
	assert_int_equal(left_behind(exchange, key_bytes(&exchange->exported)), 0);
	assert_int_equal(left_behind(exchange, key_bytes(&signing)), 0);
	assert_int_equal(left_behind(exchange, key_bytes(&sealing)), 0);
	assert_int_equal(left_behind(exchange, BYTES_LITERAL("a sealed message")), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_allocation_that_fails_is_a_clean_error),
		cmocka_unit_test(test_CVE_2023_25566_refused_names_leave_nothing_behind),
		cmocka_unit_test(test_every_crypto_call_that_fails_is_a_clean_error),
		cmocka_unit_test(test_unknown_user_is_denied_whatever_the_proof_comes_to),
		cmocka_unit_test(test_no_secret_goes_back_to_the_heap),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
