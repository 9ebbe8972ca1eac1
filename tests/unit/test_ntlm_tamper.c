/* SPDX-License-Identifier: Apache-2.0
 *
 * module/ntlm: somebody in between changes a message. Every truncation and every flipped bit of
 * each of the three messages must keep the acceptor from completing, with or without a memory
 * checker looking on. The bits that nothing protects are listed below, and tested to be harmless.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "ntlm_pair.h"
#include "vector.h"

enum message
{
	NEGOTIATE,
	CHALLENGE,
	AUTHENTICATE,
	MESSAGES
};

/* What an attacker does to a message: cuts it at `len`, then flips bit `bit` (SIZE_MAX: none). */
struct change
{
	enum message message;
	size_t len;
	size_t bit;
};

/* The message as the attacker passes it on, in memory of exactly its size. */
static struct blob changed(const struct blob* original, const struct change* change,
                           enum message which)
{
	struct blob copy = BLOB_EMPTY;
	const bool ours = change->message == which;
	const size_t len = ours && change->len < original->len ? change->len : original->len;

	assert_int_equal(blob_set(&copy, bytes_make(original->data, len)), RESULT_OK);
	if (ours && change->bit / 8 < len)
		copy.data[change->bit / 8] ^= (uint8_t)(1U << (change->bit % 8));
	return copy;
}

/* A whole exchange with that one change; the first failure, or RESULT_OK. */
static enum result run_changed(struct pair* pair, const struct change* change)
{
	TRY(pair_make_negotiate(pair));
	struct blob message = changed(&pair->negotiate, change, NEGOTIATE);
	enum result result = pair_make_challenge(pair, blob_bytes(&message));
	blob_free(&message);
	if (result != RESULT_OK)
		return result;
	message = changed(&pair->challenge, change, CHALLENGE);
	result = pair_make_authenticate(pair, blob_bytes(&message));
	blob_free(&message);
	if (result != RESULT_OK)
		return result;
	message = changed(&pair->authenticate, change, AUTHENTICATE);
	result = pair_take_authenticate(pair, blob_bytes(&message));
	blob_free(&message);
	return result;
}

static const uint8_t fixed_time[8] = { 0x80, 0x26, 0, 0xE1, 0x4A, 0xCF, 0xD4, 0x01 };
static const uint8_t fixed_bytes[16] = { 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88,
	                                     0x99, 0xAA, 0xBB, 0xCC, 0xDD, 0xEE, 0xFF, 0x10 };

/* A pair with nothing random in it, so that a failure can be repeated. */
static void open_fixed(struct pair* pair, const struct pair_config* config)
{
	static const enum ntlm_override drawn[] = { NTLM_OVERRIDE_CLIENT_CHALLENGE,
		                                        NTLM_OVERRIDE_SERVER_CHALLENGE };

	pair_open(pair, config);
	for (size_t i = 0; i < 2; i++)
	{
		const struct bytes value = bytes_make(fixed_bytes, 8);
		assert_int_equal(ntlm_context_override(pair->client, drawn[i], value), RESULT_OK);
		assert_int_equal(ntlm_context_override(pair->server, drawn[i], value), RESULT_OK);
	}
	assert_int_equal(ntlm_context_override(pair->server, NTLM_OVERRIDE_CHALLENGE_TIMESTAMP,
	                                       BYTES_OF(fixed_time)),
	                 RESULT_OK);
	assert_int_equal(ntlm_context_override(pair->client, NTLM_OVERRIDE_EXPORTED_SESSION_KEY,
	                                       BYTES_OF(fixed_bytes)),
	                 RESULT_OK);
}

static size_t message_len(enum message message)
{
	const struct pair_config config = pair_defaults();
	struct pair pair;

	open_fixed(&pair, &config);
	assert_int_equal(pair_run(&pair), RESULT_OK);
	const size_t lens[MESSAGES] = { pair.negotiate.len, pair.challenge.len, pair.authenticate.len };
	pair_close(&pair);
	return lens[message];
}

static void assert_refused(const struct change* change)
{
	const struct pair_config config = pair_defaults();
	struct pair pair;

	open_fixed(&pair, &config);
	const enum result result = run_changed(&pair, change);
	if (result == RESULT_OK)
		fail_msg("message %d cut at %zu, bit %zu flipped: accepted", (int)change->message + 1,
		         change->len, change->bit);
	assert_int_not_equal(result, RESULT_INTERNAL);
	pair_close(&pair);
}

/* With the MIC there is no bit in any message that may change: the list is empty. */
static void flip_every_bit(enum message message)
{
	const size_t len = message_len(message);

	for (size_t bit = 0; bit < len * 8; bit++)
	{
		const struct change change = { message, SIZE_MAX, bit };
		assert_refused(&change);
	}
}

static void cut_everywhere(enum message message)
{
	const size_t len = message_len(message);

	for (size_t cut = 0; cut < len; cut++)
	{
		const struct change change = { message, cut, SIZE_MAX };
		assert_refused(&change);
	}
}

static void test_unchanged_messages_are_accepted(void** state)
{
	const struct pair_config config = pair_defaults();
	const struct change none = { MESSAGES, SIZE_MAX, SIZE_MAX };
	struct pair pair;

	(void)state;
	open_fixed(&pair, &config);
	assert_int_equal(run_changed(&pair, &none), RESULT_OK);
	pair_close(&pair);
}

static void test_every_bit_of_NEGOTIATE(void** state)
{
	(void)state;
	flip_every_bit(NEGOTIATE);
}

static void test_every_bit_of_CHALLENGE(void** state)
{
	(void)state;
	flip_every_bit(CHALLENGE);
}

static void test_every_bit_of_AUTHENTICATE(void** state)
{
	(void)state;
	flip_every_bit(AUTHENTICATE);
}

static void test_every_truncation_of_NEGOTIATE(void** state)
{
	(void)state;
	cut_everywhere(NEGOTIATE);
}

static void test_every_truncation_of_CHALLENGE(void** state)
{
	(void)state;
	cut_everywhere(CHALLENGE);
}

static void test_every_truncation_of_AUTHENTICATE(void** state)
{
	(void)state;
	cut_everywhere(AUTHENTICATE);
}

static void test_bytes_appended_to_a_message(void** state)
{
	(void)state;
	for (int message = NEGOTIATE; message < MESSAGES; message++)
	{
		const struct pair_config config = pair_defaults();
		struct pair pair;
		enum result result = RESULT_OK;
		open_fixed(&pair, &config);
		assert_int_equal(pair_make_negotiate(&pair), RESULT_OK);
		struct blob* const blobs[MESSAGES] = { &pair.negotiate, &pair.challenge,
			                                   &pair.authenticate };
		for (int i = NEGOTIATE; i < MESSAGES && result == RESULT_OK; i++)
		{
			struct writer writer = writer_make(8192);
			struct blob sent = BLOB_EMPTY;
			writer_bytes(&writer, blob_bytes(blobs[i]));
			writer_zeros(&writer, i == message ? 1 : 0);
			assert_int_equal(writer_take(&writer, &sent), RESULT_OK);
			result = i == NEGOTIATE   ? pair_make_challenge(&pair, blob_bytes(&sent))
			         : i == CHALLENGE ? pair_make_authenticate(&pair, blob_bytes(&sent))
			                          : pair_take_authenticate(&pair, blob_bytes(&sent));
			blob_free(&sent);
		}
		assert_int_equal(result, RESULT_ALTERED);
		pair_close(&pair);
	}
}

/* --- a client that sends no MIC -------------------------------------------------------------- */

/* The forger's message: 64 fixed bytes and Version, then the payload in the fields' order. */
#define LM_AT 72
#define RESPONSE_AT (LM_AT + 24)

/* What nothing protects in an AUTHENTICATE without MIC, by byte. What NTProofStr covers stands
 * firm: the response itself, and user and domain through NTOWFv2. */
static bool is_unprotected(size_t byte, size_t user_at)
{
	return (byte >= 12 && byte < 20) ||    /* LmChallengeResponse's field: only its size is
	                                          looked at */
	       (byte >= 22 && byte < 24) ||    /* MaxLen is ignored (MS-NLMP 2.2.1): response, */
	       (byte >= 30 && byte < 32) ||    /* domain, */
	       (byte >= 38 && byte < 40) ||    /* user */
	       (byte >= 44 && byte < 52) ||    /* the workstation's field: a claim, for logs */
	       (byte >= 52 && byte < 60) ||    /* EncryptedRandomSessionKey's field: see below */
	       (byte >= 60 && byte < LM_AT) || /* flags that protect nothing; Version */
	       (byte >= LM_AT && byte < RESPONSE_AT) || /* LmChallengeResponse */
	       byte >= user_at;                         /* the user's case; the key: see below */
}

/* Whoever changes such an AUTHENTICATE is let in as the same user, or refused, and never learns
 * the session key: with another EncryptedRandomSessionKey the two ends cannot talk. */
static void test_AUTHENTICATE_without_MIC_never_changes_who_logs_on(void** state)
{
	const struct pair_config config = pair_defaults();
	struct forge forge = forge_defaults();
	struct pair pair;
	size_t bits = 8;
	struct blob expected = test_utf16("USER");

	(void)state;
	forge.announce_mic = false;
	forge.mic = FORGE_MIC_ABSENT;
	for (size_t bit = 0; bit < bits; bit++)
	{
		open_fixed(&pair, &config);
		assert_int_equal(pair_make_negotiate(&pair), RESULT_OK);
		assert_int_equal(pair_make_challenge(&pair, blob_bytes(&pair.negotiate)), RESULT_OK);
		struct blob message = forge_authenticate(&pair, &forge);
		const size_t key_at = message.len - 16;
		const size_t user_at = key_at - expected.len;
		bits = message.len * 8;
		message.data[bit / 8] ^= (uint8_t)(1U << (bit % 8));
		const enum result result = pair_take_authenticate(&pair, blob_bytes(&message));
		const struct mech_report report = pair_server_report(&pair);
		if (result == RESULT_OK)
		{
			const size_t byte = bit / 8;
			if (!is_unprotected(byte, user_at))
				fail_msg("bit %zu is not listed, was changed and accepted", bit);
			if (byte >= key_at)
				assert_memory_not_equal(pair_session_key(pair.server), &forge.exported, 16);
			assert_int_equal(report.user.len, expected.len);
			for (size_t i = 0; i < expected.len; i++)
				assert_int_equal(report.user.data[i] & ~(i % 2 ? 0U : 0x20U), expected.data[i]);
			assert_true(pair_session(pair.server).granted & MECH_CONFIDENTIALITY);
		}
		blob_free(&message);
		pair_close(&pair);
	}
	blob_free(&expected);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unchanged_messages_are_accepted),
		cmocka_unit_test(test_every_bit_of_NEGOTIATE),
		cmocka_unit_test(test_every_bit_of_CHALLENGE),
		cmocka_unit_test(test_every_bit_of_AUTHENTICATE),
		cmocka_unit_test(test_every_truncation_of_NEGOTIATE),
		cmocka_unit_test(test_every_truncation_of_CHALLENGE),
		cmocka_unit_test(test_every_truncation_of_AUTHENTICATE),
		cmocka_unit_test(test_bytes_appended_to_a_message),
		cmocka_unit_test(test_AUTHENTICATE_without_MIC_never_changes_who_logs_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
