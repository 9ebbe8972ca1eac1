/* SPDX-License-Identifier: Apache-2.0
 *
 * module/: each place that held a secret has been wiped. A test that expects three names the three,
 * and neither less nor more will do: where one more is wiped, one of the three might be missed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/crypto.h"
#include "base/utf16.h"
#include "ntlm/authenticate.h"
#include "ntlm/flags.h"
#include "ntlm/keys.h"
#include "ntlm/seal.h"
#include "ntlm_pair.h"
#include "ntlm_secrets.h"
#include "wipe_watch.h"

#define FULL (NTLM_NEGOTIATE_SIGN | NTLM_NEGOTIATE_SEAL | NTLM_NEGOTIATE_KEY_EXCH)

static const struct key some_key = { { 0x9B, 0x21, 0xF4, 0x6C, 0x05, 0xD8, 0x73, 0xAE, 0x11, 0x62,
	                                   0xB3, 0x04, 0xC5, 0x56, 0xE7, 0x78 } };

#define assert_wiped(secret, times) assert_int_equal(wipe_watch_count(secret), (times))

static struct bytes state_bytes(const struct rc4* rc4)
{
	return bytes_make((const uint8_t*)rc4, sizeof(*rc4));
}

static int setup(void** state)
{
	(void)state;
	return crypto_init() == RESULT_OK && utf16_init() == RESULT_OK ? 0 : -1;
}

static int fresh(void** state)
{
	(void)state;
	wipe_watch_start();
	return 0;
}

/* --- base/ ----------------------------------------------------------------------------------- */

static void test_the_watch_counts_ranges(void** state)
{
	uint8_t memory[48] = { 0 };

	(void)state;
	bytes_copy(memory + 8, key_bytes(&some_key));
	bytes_copy(memory + 24, key_bytes(&some_key));
	assert_int_equal(wipe_watch_count(key_bytes(&some_key)), 0);
	secret_wipe(memory, sizeof(memory));
	assert_int_equal(wipe_watch_count(key_bytes(&some_key)), 1);
	secret_wipe(memory, sizeof(memory));
	assert_int_equal(wipe_watch_count(key_bytes(&some_key)), 1);
	wipe_watch_start();
	assert_int_equal(wipe_watch_count(key_bytes(&some_key)), 0);
}

static struct bytes words_bytes(const uint32_t* four)
{
	return bytes_make((const uint8_t*)four, 4 * sizeof(*four));
}

static void test_MD4_wipes_message_and_state(void** state)
{
	static const uint32_t start[4] = { 0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476 };
	const struct bytes password = BYTES_LITERAL("P\0a\0s\0s\0w\0o\0r\0d\0");
	uint8_t hash[CRYPTO_DIGEST_SIZE];
	uint32_t words[4];
	uint32_t sums[4];
	uint32_t registers[4]; /* what the rounds added to the state (RFC 1320 3.4) */

	(void)state;
	crypto_md4(password, hash);
	for (size_t i = 0; i < 4; i++)
	{
		words[i] = (uint32_t)little_endian_get(password.data + 4 * i, 4);
		sums[i] = (uint32_t)little_endian_get(hash + 4 * i, 4);
		registers[i] = sums[i] - start[i];
	}
	/* The padded block and its words, which are the same bytes where numbers are little-endian. */
	const size_t times = memcmp(words, password.data, sizeof(words)) == 0 ? 2 : 1;
	assert_wiped(password, times);
	assert_wiped(words_bytes(words), times);
	assert_wiped(words_bytes(sums), 1);
	assert_wiped(words_bytes(registers), 1);
}

static void test_digests_wipe_what_they_computed(void** state)
{
	const struct bytes part = BYTES_LITERAL("part");
	uint8_t mac[CRYPTO_DIGEST_SIZE];
	uint8_t digest[CRYPTO_DIGEST_SIZE];

	(void)state;
	assert_int_equal(crypto_hmac_md5(key_bytes(&some_key), &part, 1, mac), RESULT_OK);
	assert_int_equal(crypto_md5(&part, 1, digest), RESULT_OK);
	assert_wiped(BYTES_OF(mac), 1);
	assert_wiped(BYTES_OF(digest), 1);
}

static void test_keys_and_streams_are_wiped_whole(void** state)
{
	struct key key = some_key;
	struct rc4 rc4;
	struct rc4 copy;

	(void)state;
	rc4_init(&rc4, key_bytes(&some_key));
	copy = rc4;
	key_wipe(&key);
	rc4_wipe(&rc4);
	assert_wiped(key_bytes(&some_key), 1);
	assert_wiped(state_bytes(&copy), 1);
}

static void test_what_is_replaced_is_wiped(void** state)
{
	struct secret secret = SECRET_EMPTY;

	(void)state;
	assert_int_equal(secret_set(&secret, key_bytes(&some_key)), RESULT_OK);
	assert_wiped(key_bytes(&some_key), 0);
	assert_int_equal(secret_set(&secret, BYTES_LITERAL("another")), RESULT_OK);
	assert_wiped(key_bytes(&some_key), 1);
	secret_free(&secret);
}

/* --- an exchange ----------------------------------------------------------------------------- */

/* Everything secret in it, computed once more from its messages. */
struct secrets
{
	struct ntlm_secrets keys;
	struct rc4 sealing[2]; /* behind one signature, which is eight bytes */
	struct rc4 exchange;   /* behind EncryptedRandomSessionKey */
	uint8_t proof[16];
	uint8_t mic[16];
};

static struct secrets secrets_of(const struct pair* pair)
{
	struct secrets all = { .mic = { 0 } };
	struct ntlm_authenticate answer;
	uint8_t skipped[KEY_SIZE] = { 0 };

	assert_true(ntlm_secrets_of(&pair->stored_hash, blob_bytes(&pair->challenge),
	                            blob_bytes(&pair->authenticate), &all.keys));
	assert_int_equal(ntlm_authenticate_parse(blob_bytes(&pair->authenticate), &answer, NULL),
	                 RESULT_OK);
	bytes_copy(all.proof, bytes_make(answer.nt_response.data, sizeof(all.proof)));
	bytes_copy(all.mic, answer.mic);
	rc4_init(&all.exchange, key_bytes(&all.keys.base));
	rc4_apply(&all.exchange, skipped, skipped, KEY_SIZE);
	for (int i = 0; i < 2; i++)
	{
		rc4_init(&all.sealing[i], key_bytes(&all.keys.sealing[i]));
		rc4_apply(&all.sealing[i], skipped, skipped, 8);
	}
	return all;
}

/* A mechListMIC and a message of no length, from one end to the other. */
static void speak(void* from, void* to)
{
	struct blob mic = BLOB_EMPTY;
	uint8_t trailer[NTLM_SIGNATURE_SIZE];
	size_t len = sizeof(trailer);

	assert_int_equal(ntlm_mech()->mic_make(from, BYTES_LITERAL("list"), &mic), RESULT_OK);
	assert_int_equal(ntlm_mech()->mic_verify(to, BYTES_LITERAL("list"), blob_bytes(&mic)),
	                 RESULT_OK);
	assert_int_equal(ntlm_mech()->wrap(from, true, NULL, 0, trailer, &len), RESULT_OK);
	assert_int_equal(ntlm_mech()->unwrap(to, true, NULL, 0, BYTES_OF(trailer)), RESULT_OK);
	blob_free(&mic);
}

static void test_a_logon_wipes_every_key_in_every_place(void** state)
{
	const struct pair_config config = pair_defaults();
	struct pair pair;

	(void)state;
	pair_open(&pair, &config);
	assert_int_equal(pair_run(&pair), RESULT_OK);
	speak(pair.client, pair.server);
	speak(pair.server, pair.client);
	wipe_watch_stop();
	const struct secrets all = secrets_of(&pair);
	wipe_watch_resume();
	pair_close(&pair);
	/* Twice computed by MD4, for the credential and for the test's own store, and wiped in either;
	 * the verifier's. */
	assert_wiped(key_bytes(&all.keys.nt_hash), 2 + 2 + 1);
	/* Twice computed by HMAC, at either end; the rest are places that it was copied to. */
	assert_wiped(key_bytes(&all.keys.ntowfv2), 2 + 3);
	assert_wiped(BYTES_OF(all.proof), 2 + 1);
	assert_wiped(key_bytes(&all.keys.base), 2 + 4);
	assert_wiped(BYTES_OF(all.mic), 2 + 1);
	/* Drawn; local and in the context, at either end. */
	assert_wiped(key_bytes(&all.keys.exported), 1 + 4);
	assert_wiped(state_bytes(&all.exchange), 2);
	for (int i = 0; i < 2; i++)
	{
		/* By MD5, and in the context, at either end. */
		assert_wiped(key_bytes(&all.keys.signing[i]), 2 + 2);
		assert_wiped(key_bytes(&all.keys.sealing[i]), 2 + 2);
		/* The MIC's own, and the stream. */
		assert_wiped(state_bytes(&all.sealing[i]), 2 + 2);
	}
}

static void test_a_context_that_dies_is_wiped_at_once(void** state)
{
	const struct pair_config config = pair_defaults();
	struct pair pair;

	(void)state;
	pair_open(&pair, &config);
	assert_int_equal(pair_run(&pair), RESULT_OK);
	speak(pair.client, pair.server);
	const struct secrets all = secrets_of(&pair);
	wipe_watch_start();
	assert_int_equal(pair_take_authenticate(&pair, blob_bytes(&pair.authenticate)),
	                 RESULT_OUT_OF_SEQUENCE);
	assert_wiped(key_bytes(&all.keys.exported), 1);
	assert_wiped(key_bytes(&all.keys.signing[0]), 1);
	assert_wiped(key_bytes(&all.keys.sealing[0]), 1);
	assert_wiped(state_bytes(&all.sealing[0]), 1);
	pair_close(&pair);
}

static void test_what_the_application_set_is_wiped_with_the_context(void** state)
{
	static const enum ntlm_override keys[] = { NTLM_OVERRIDE_EXPORTED_SESSION_KEY,
		                                       NTLM_OVERRIDE_NT_HASH, NTLM_OVERRIDE_NTOWFV2 };
	const struct pair_config config = pair_defaults();
	struct pair pair;

	(void)state;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
	{
		pair_open(&pair, &config);
		assert_int_equal(ntlm_context_override(pair.server, keys[i], key_bytes(&some_key)),
		                 RESULT_OK);
		wipe_watch_start();
		pair_close(&pair);
		assert_wiped(key_bytes(&some_key), 1);
	}
}

/* NTOWFv2 from a hash callback, right and wrong. */
static void test_a_verifier_with_NTOWFv2_wipes_it(void** state)
{
	static const uint8_t challenge[8] = { 1 };
	uint8_t response[16 + 48] = { 0 };
	const struct verify_request request = { .server_challenge = BYTES_OF(challenge),
		                                    .nt_response = BYTES_OF(response) };
	struct verify_answer answer = { .user_found = MECH_USER_FOUND };
	uint8_t proof[16];

	(void)state;
	assert_int_equal(
	    ntlm_proof(&some_key, BYTES_OF(challenge), bytes_make(response + 16, 48), proof),
	    RESULT_OK);
	for (int right = 0; right < 2; right++)
	{
		wipe_watch_start();
		assert_int_equal(ntlm_verify_ntowfv2(&request, &some_key, &answer),
		                 right ? RESULT_OK : RESULT_LOGON_DENIED);
		assert_wiped(key_bytes(&some_key), 1);
		assert_wiped(BYTES_OF(proof), 2); /* computed, and expected */
		bytes_copy(response, BYTES_OF(proof));
	}
}

/* --- messages -------------------------------------------------------------------------------- */

/* One message sealed by the initiator, arriving as it was sent or altered: what the acceptor
 * computes to judge it. */
static void assert_unwrap_wipes(bool altered)
{
	const struct bytes text = BYTES_LITERAL("a sealed message");
	struct ntlm_seal client;
	struct ntlm_seal server;
	uint8_t data[16];
	uint8_t trailer[16];
	uint8_t clear[16];
	static const uint8_t number[4] = { 0 };
	size_t len = sizeof(trailer);
	struct mech_part part = { data, sizeof(data), false };

	bytes_copy(data, text);
	ntlm_seal_init(&client, &some_key, FULL, MECH_INITIATOR);
	ntlm_seal_init(&server, &some_key, FULL, MECH_ACCEPTOR);
	wipe_watch_start();
	assert_int_equal(ntlm_seal_wrap(&client, true, &part, 1, trailer, &len), RESULT_OK);
	/* The checksum before it is encrypted (MS-NLMP 3.4.4.2). */
	const struct bytes parts[] = { BYTES_OF(number), text };
	wipe_watch_stop();
	assert_int_equal(crypto_hmac_md5(key_bytes(&client.send.signing), parts, 2, clear), RESULT_OK);
	assert_wiped(bytes_make(clear, 8), 2); /* HMAC's own, and the checksum */
	uint8_t sent[16];
	bytes_copy(sent, BYTES_OF(trailer));
	trailer[4] ^= altered;
	wipe_watch_start();
	assert_int_equal(ntlm_seal_unwrap(&server, true, &part, 1, BYTES_OF(trailer)),
	                 altered ? RESULT_ALTERED : RESULT_OK);
	assert_wiped(BYTES_OF(sent), 1);
	assert_wiped(bytes_make(clear, 8), 2); /* HMAC's own, and the checksum */
	/* The stream as it was before; it has put an altered message back. */
	struct rc4 before;
	rc4_init(&before, key_bytes(&server.receive.sealing));
	if (altered)
		rc4_apply(&before, data, data, sizeof(data));
	assert_wiped(state_bytes(&before), 1);
	ntlm_seal_wipe(&client);
	ntlm_seal_wipe(&server);
}

static void test_unwrap_wipes_what_it_judged_by(void** state)
{
	(void)state;
	assert_unwrap_wipes(false);
	assert_unwrap_wipes(true);
}

static void test_mechListMIC_is_wiped_where_it_was_expected(void** state)
{
	struct ntlm_seal client;
	struct ntlm_seal server;
	struct blob mic = BLOB_EMPTY;
	struct key sealing;
	struct rc4 behind;
	struct key signing;
	uint8_t clear[16];
	const struct bytes parts[] = { BYTES_LITERAL("\0\0\0\0"), BYTES_LITERAL("list") };
	uint8_t skipped[8] = { 0 };

	(void)state;
	ntlm_seal_init(&client, &some_key, FULL, MECH_INITIATOR);
	ntlm_seal_init(&server, &some_key, FULL, MECH_ACCEPTOR);
	assert_int_equal(ntlm_seal_key(&some_key, true, &sealing), RESULT_OK);
	rc4_init(&behind, key_bytes(&sealing));
	rc4_apply(&behind, skipped, skipped, sizeof(skipped));
	assert_int_equal(ntlm_sign_key(&some_key, true, &signing), RESULT_OK);
	assert_int_equal(crypto_hmac_md5(key_bytes(&signing), parts, 2, clear), RESULT_OK);
	wipe_watch_start();
	assert_int_equal(ntlm_seal_mic_make(&client, BYTES_LITERAL("list"), &mic), RESULT_OK);
	assert_wiped(state_bytes(&behind), 1);
	assert_wiped(bytes_make(clear, 8), 2); /* HMAC's own, and the checksum */
	assert_int_equal(ntlm_seal_mic_verify(&server, BYTES_LITERAL("list"), blob_bytes(&mic)),
	                 RESULT_OK);
	assert_wiped(state_bytes(&behind), 2);
	assert_wiped(bytes_make(clear, 8), 2 + 2);
	assert_wiped(blob_bytes(&mic), 1);
	blob_free(&mic);
	ntlm_seal_wipe(&client);
	ntlm_seal_wipe(&server);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_the_watch_counts_ranges, fresh),
		cmocka_unit_test_setup(test_MD4_wipes_message_and_state, fresh),
		cmocka_unit_test_setup(test_digests_wipe_what_they_computed, fresh),
		cmocka_unit_test_setup(test_keys_and_streams_are_wiped_whole, fresh),
		cmocka_unit_test_setup(test_what_is_replaced_is_wiped, fresh),
		cmocka_unit_test_setup(test_a_logon_wipes_every_key_in_every_place, fresh),
		cmocka_unit_test_setup(test_a_context_that_dies_is_wiped_at_once, fresh),
		cmocka_unit_test_setup(test_what_the_application_set_is_wiped_with_the_context, fresh),
		cmocka_unit_test_setup(test_a_verifier_with_NTOWFv2_wipes_it, fresh),
		cmocka_unit_test_setup(test_unwrap_wipes_what_it_judged_by, fresh),
		cmocka_unit_test_setup(test_mechListMIC_is_wiped_where_it_was_expected, fresh),
	};
	return cmocka_run_group_tests(tests, setup, NULL);
}
