/* SPDX-License-Identifier: Apache-2.0
 *
 * Calls that make no sense, exchanges that are over, memory that runs out, messages of which one
 * bit is another, and what is left in freed memory.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "alloc_watch.h"
#include "credssp_pair.h"
#include "vector.h"

static void test_a_configuration_that_makes_no_sense_is_refused(void** state)
{
	const struct credssp_pair_config pair_config = credssp_pair_defaults(INNER_BARE_NTLM);
	struct credssp_pair pair;
	struct credssp* made = NULL;

	(void)state;
	credssp_pair_open(&pair, &pair_config);
	const struct credssp_config right = { .role = MECH_INITIATOR,
		                                  .inner = pair.client.inner,
		                                  .public_key = BYTES_LITERAL("key"),
		                                  .credentials = BYTES_LITERAL("credentials"),
		                                  .version = 6,
		                                  .lowest = 2 };
	struct credssp_config wrong[9];
	for (size_t i = 0; i < 9; i++)
		wrong[i] = right;
	wrong[0].inner = NULL;
	wrong[1].public_key = BYTES_EMPTY;
	wrong[2].role = MECH_ACCEPTOR; /* a server delegates nothing */
	wrong[3].version = 7;
	wrong[4].version = 1;
	wrong[5].lowest = 1;
	wrong[6].lowest = 6;
	wrong[6].version = 5;
	wrong[7].nonce = BYTES_LITERAL("of no right length");
	wrong[8].role = MECH_ACCEPTOR; /* nor has it a nonce */
	wrong[8].credentials = BYTES_EMPTY;
	wrong[8].nonce = BYTES_LITERAL("0123456789abcdef0123456789ABCDEF");
	for (size_t i = 0; i < 9; i++)
		assert_int_equal(credssp_new(&wrong[i], &made), RESULT_INVALID_ARGUMENT);
	assert_int_equal(credssp_new(NULL, &made), RESULT_INVALID_ARGUMENT);
	assert_int_equal(credssp_new(&right, NULL), RESULT_INVALID_ARGUMENT);
	assert_null(made);
	assert_int_equal(credssp_new(&right, &made), RESULT_OK);
	credssp_free(made);
	credssp_free(NULL);
	credssp_pair_close(&pair);
}

static void test_calls_without_an_exchange_are_refused(void** state)
{
	const struct credssp_pair_config config = credssp_pair_defaults(INNER_BARE_NTLM);
	struct credssp_report report;
	struct blob reply = BLOB_EMPTY;
	struct credssp_pair pair;

	(void)state;
	credssp_pair_open(&pair, &config);
	assert_int_equal(credssp_step(NULL, BYTES_EMPTY, &reply), RESULT_INVALID_ARGUMENT);
	assert_int_equal(credssp_step(pair.client.credssp, BYTES_EMPTY, NULL), RESULT_INVALID_ARGUMENT);
	assert_false(credssp_is_complete(NULL));
	assert_int_equal(credssp_credentials(NULL).len, 0);
	credssp_describe(NULL, &report);
	assert_int_equal(report.result, RESULT_INVALID_ARGUMENT);
	credssp_pair_close(&pair);
}

/* An exchange that is over takes nothing more, and one that failed keeps saying why. */
static void test_nothing_comes_after_the_end(void** state)
{
	const struct credssp_pair_config config = credssp_pair_defaults(INNER_BARE_NTLM);
	struct credssp_report report;
	struct credssp_pair pair;

	(void)state;
	credssp_pair_open(&pair, &config);
	credssp_pair_run(&pair, NULL, NULL);
	credssp_pair_assert_complete(&pair);
	struct credssp_end* const ends[] = { &pair.client, &pair.server };
	for (unsigned i = 0; i < 2; i++)
	{
		struct blob message = test_hex("300ba003020106a404020205"
		                               "00"); /* errorCode */

		credssp_end_fails(ends[i], &message, RESULT_OUT_OF_SEQUENCE);
		credssp_describe(ends[i]->credssp, &report);
		assert_string_equal(report.reason, "a TSRequest came after the last one");
		assert_false(report.error_code_told);
		assert_int_equal(credssp_step(ends[i]->credssp, BYTES_EMPTY, &message),
		                 RESULT_OUT_OF_SEQUENCE);
		credssp_describe(ends[i]->credssp, &report);
		assert_string_equal(report.reason, "a TSRequest came after the last one");
	}
	credssp_pair_close(&pair);
}

static void test_the_ends_begin_as_they_must(void** state)
{
	const struct credssp_pair_config config = credssp_pair_defaults(INNER_BARE_NTLM);
	struct credssp_report report;
	struct credssp_pair pair;
	struct blob message = BLOB_EMPTY;

	(void)state;
	credssp_pair_open(&pair, &config);
	credssp_end_fails(&pair.server, &message, RESULT_MALFORMED);
	credssp_describe(pair.server.credssp, &report);
	assert_string_equal(report.reason, "the peer's message is empty");
	message = test_hex("3005a003020106");
	credssp_end_fails(&pair.client, &message, RESULT_OUT_OF_SEQUENCE);
	credssp_describe(pair.client.credssp, &report);
	assert_string_equal(report.reason, "a TSRequest came before anything was sent");
	credssp_pair_close(&pair);
}

static void test_bytes_behind_a_message_are_told(void** state)
{
	const struct credssp_pair_config config = credssp_pair_defaults(INNER_BARE_NTLM);
	struct credssp_report report;
	struct credssp_pair pair;
	struct blob message = test_hex("3005a00302010600");

	(void)state;
	credssp_pair_open(&pair, &config);
	credssp_end_fails(&pair.server, &message, RESULT_MALFORMED);
	credssp_describe(pair.server.credssp, &report);
	assert_string_equal(report.reason,
	                    "TSRequest: its SEQUENCE is not well formed, or bytes follow it");
	credssp_pair_close(&pair);
}

/* The client seals what it is given; the server looks. */
static void test_credentials_that_are_none(void** state)
{
	const struct credssp_pair_config pair_config = credssp_pair_defaults(INNER_BARE_NTLM);
	struct credssp_report report;
	struct credssp_pair pair;

	(void)state;
	credssp_pair_open(&pair, &pair_config);
	const struct credssp_config config = { .role = MECH_INITIATOR,
		                                   .inner = pair.client.inner,
		                                   .public_key = pair_config.client_key,
		                                   .credentials =
		                                       BYTES_LITERAL("\x30\x09\xa0\x03\x02\x01\x03"
		                                                     "\xa1\x02\x04\x00"),
		                                   .version = 6,
		                                   .lowest = 2 };
	credssp_free(pair.client.credssp);
	assert_int_equal(credssp_new(&config, &pair.client.credssp), RESULT_OK);
	credssp_pair_run(&pair, NULL, NULL);
	assert_int_equal(pair.legs, 5);
	assert_int_equal(pair.server.result, RESULT_MALFORMED);
	credssp_describe(pair.server.credssp, &report);
	assert_string_equal(report.reason, "TSCredentials: credType is none of 1, 2 and 6");
	credssp_pair_close(&pair);
}

/* --- memory that runs out --------------------------------------------------------------------- */

static void run_with_failure(size_t nth, bool* failed)
{
	const struct credssp_pair_config config = credssp_pair_defaults(INNER_NEGOTIATE_NTLM);
	struct credssp_pair pair;
	struct blob message = BLOB_EMPTY;
	struct credssp_end* end = NULL;

	credssp_pair_open(&pair, &config);
	alloc_watch_fail(nth);
	*failed = false;
	for (unsigned leg = 0; leg == 0 || message.len > 0; leg++)
	{
		struct blob reply = BLOB_EMPTY;

		end = leg % 2 == 0 ? &pair.client : &pair.server;
		end->result = credssp_step(end->credssp, blob_bytes(&message), &reply);
		blob_free(&message);
		message = reply;
		if (end->result != RESULT_OK)
			break;
	}
	*failed = end->result != RESULT_OK;
	alloc_watch_fail(0);
	if (*failed)
	{
		assert_non_null(credssp_end_report(end).reason);
		/* Out of crypto's memory is a failure of crypto. */
		assert_true(end->result == RESULT_NO_MEMORY || end->result == RESULT_CRYPTO ||
		            end->result == RESULT_REJECTED);
		assert_false(credssp_is_complete(end->credssp));
		assert_int_equal(credssp_step(end->credssp, BYTES_EMPTY, &message), RESULT_OUT_OF_SEQUENCE);
	}
	else
	{
		assert_true(credssp_is_complete(pair.client.credssp));
		assert_true(credssp_is_complete(pair.server.credssp));
	}
	blob_free(&message);
	credssp_pair_close(&pair);
}

static void test_every_allocation_fails_once(void** state)
{
	size_t nth = 0;
	bool failed = true;

	(void)state;
	while (failed)
		run_with_failure(++nth, &failed);
	assert_true(nth > 50); /* allocations of a whole exchange */
}

/* What a server cannot tell for want of memory it has not told. */
static void test_a_refusal_without_memory(void** state)
{
	bool short_of_memory = false;

	(void)state;
	for (size_t nth = 1; nth == 1 || short_of_memory; nth++)
	{
		struct credssp_pair_config config = credssp_pair_defaults(INNER_BARE_NTLM);
		struct credssp_report report;
		struct credssp_pair pair;
		struct blob message = BLOB_EMPTY;

		config.password = "wrong";
		credssp_pair_open(&pair, &config);
		for (unsigned leg = 0; leg < 3; leg++)
			credssp_end_step(leg % 2 == 0 ? &pair.client : &pair.server, &message);
		struct blob reply = BLOB_EMPTY;
		alloc_watch_fail(nth);
		pair.server.result = credssp_step(pair.server.credssp, blob_bytes(&message), &reply);
		short_of_memory = alloc_watch_count() >= nth;
		alloc_watch_fail(0);
		credssp_describe(pair.server.credssp, &report);
		assert_int_not_equal(pair.server.result, RESULT_OK);
		assert_true(report.error_code_told == (reply.len > 0));
		if (!short_of_memory)
			assert_int_equal(pair.server.result, RESULT_LOGON_DENIED);
		blob_free(&reply);
		blob_free(&message);
		credssp_pair_close(&pair);
	}
}

static void test_a_new_exchange_without_memory(void** state)
{
	const struct credssp_pair_config pair_config = credssp_pair_defaults(INNER_BARE_NTLM);
	struct credssp_pair pair;
	struct credssp* made = NULL;

	(void)state;
	credssp_pair_open(&pair, &pair_config);
	const struct credssp_config config = { .role = MECH_INITIATOR,
		                                   .inner = pair.client.inner,
		                                   .public_key = pair_config.client_key,
		                                   .credentials = BYTES_LITERAL("credentials"),
		                                   .version = 6,
		                                   .lowest = 2 };
	for (size_t nth = 1; nth <= 4; nth++) /* itself, key, credentials, nonce */
	{
		alloc_watch_fail(nth);
		assert_int_equal(credssp_new(&config, &made), RESULT_NO_MEMORY);
		alloc_watch_fail(0);
		assert_null(made);
	}
	credssp_pair_close(&pair);
}

/* --- secrets ---------------------------------------------------------------------------------- */

static void test_no_password_is_left_in_freed_memory(void** state)
{
	static const uint8_t needle[] = "P\0a\0s\0s\0w\0o\0r\0d";

	(void)state;
	for (unsigned inner = 0; inner < INNER_COUNT; inner++)
	{
		const struct credssp_pair_config config = credssp_pair_defaults((enum credssp_inner)inner);
		struct credssp_pair pair;

		credssp_pair_open(&pair, &config);
		alloc_watch_needle(needle, sizeof(needle));
		credssp_pair_run(&pair, NULL, NULL);
		credssp_pair_assert_complete(&pair);
		credssp_free(pair.client.credssp);
		credssp_free(pair.server.credssp);
		pair.client.credssp = pair.server.credssp = NULL;
		assert_int_equal(alloc_watch_found(), 0);
		alloc_watch_needle(NULL, 0);
		credssp_pair_close(&pair);
	}
}

/* --- one bit ---------------------------------------------------------------------------------- */

struct flip
{
	unsigned leg;
	size_t bit; /* of that leg's message; it wraps around */
	size_t len; /* of the message, in bytes */
};

static void flip_bit(void* data, unsigned leg, struct blob* message)
{
	struct flip* const flip = data;

	if (leg != flip->leg)
		return;
	flip->len = message->len;
	message->data[flip->bit / 8 % message->len] ^= (uint8_t)(1U << flip->bit % 8);
}

/* No octet of any message can be another without an end that notices: TSRequest is strict, the
 * tokens are under NTLM's MIC, and the rest is sealed. */
static void test_no_bit_of_any_message_can_be_flipped(void** state)
{
	(void)state;
	for (unsigned leg = 0; leg < 5; leg++)
	{
		struct flip flip = { leg, 0, 1 };

		for (size_t byte = 0; byte < flip.len; byte++)
		{
			const struct credssp_pair_config config = credssp_pair_defaults(INNER_BARE_NTLM);
			struct credssp_pair pair;

			flip.bit = 8 * byte + (byte + leg) % 8;
			credssp_pair_open(&pair, &config);
			credssp_pair_run(&pair, flip_bit, &flip);
			if (credssp_is_complete(pair.server.credssp))
				fail_msg("leg %u byte %zu bit %zu was not missed", leg, byte, flip.bit % 8);
			credssp_pair_close(&pair);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_configuration_that_makes_no_sense_is_refused),
		cmocka_unit_test(test_calls_without_an_exchange_are_refused),
		cmocka_unit_test(test_nothing_comes_after_the_end),
		cmocka_unit_test(test_the_ends_begin_as_they_must),
		cmocka_unit_test(test_bytes_behind_a_message_are_told),
		cmocka_unit_test(test_credentials_that_are_none),
		cmocka_unit_test(test_every_allocation_fails_once),
		cmocka_unit_test(test_a_refusal_without_memory),
		cmocka_unit_test(test_a_new_exchange_without_memory),
		cmocka_unit_test(test_no_password_is_left_in_freed_memory),
		cmocka_unit_test(test_no_bit_of_any_message_can_be_flipped),
	};
	return cmocka_run_group_tests_name("credssp_faults", tests, NULL, NULL);
}
