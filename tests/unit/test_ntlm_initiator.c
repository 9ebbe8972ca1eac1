/* SPDX-License-Identifier: Apache-2.0
 *
 * module/ntlm: initiator. What it sends, depending on what CHALLENGE holds.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <time.h>

#include "ntlm/authenticate.h"
#include "ntlm/challenge.h"
#include "ntlm/flags.h"
#include "ntlm/keys.h"
#include "ntlm/negotiate.h"
#include "ntlm/response.h"
#include "ntlm_pair.h"
#include "vector.h"

/* MsvAvNbDomainName "D" and MsvAvNbComputerName "S". */
#define SERVER_NAMES 2, 0, 2, 0, 'D', 0, 1, 0, 2, 0, 'S', 0

/* NEGOTIATE of the pair's initiator, and a CHALLENGE of our own making. */
static void challenge_with(struct pair* pair, struct bytes target_info)
{
	static const uint8_t server_challenge[8] = { 8, 7, 6, 5, 4, 3, 2, 1 };
	struct ntlm_negotiate negotiate;

	assert_int_equal(pair_make_negotiate(pair), RESULT_OK);
	assert_int_equal(ntlm_negotiate_parse(blob_bytes(&pair->negotiate), &negotiate, NULL),
	                 RESULT_OK);
	const struct ntlm_challenge challenge = {
		negotiate.flags | (target_info.len ? NTLM_NEGOTIATE_TARGET_INFO : 0), BYTES_EMPTY,
		BYTES_OF(server_challenge), target_info
	};
	assert_int_equal(ntlm_challenge_write(&challenge, &pair->challenge), RESULT_OK);
}

/* The initiator's answer to it. */
static struct ntlm_authenticate answer_to(struct pair* pair, struct bytes target_info,
                                          struct ntlm_response* response)
{
	struct ntlm_authenticate authenticate;

	challenge_with(pair, target_info);
	assert_int_equal(pair_make_authenticate(pair, blob_bytes(&pair->challenge)), RESULT_OK);
	assert_int_equal(ntlm_authenticate_parse(blob_bytes(&pair->authenticate), &authenticate, NULL),
	                 RESULT_OK);
	assert_int_equal(ntlm_response_parse(authenticate.nt_response, response, NULL), RESULT_OK);
	return authenticate;
}

static bool all_zero(struct bytes bytes)
{
	for (size_t i = 0; i < bytes.len; i++)
	{
		if (bytes.data[i] != 0)
			return false;
	}
	return true;
}

static void test_with_a_timestamp_the_MIC_is_sent_and_LM_is_zero(void** state)
{
	/* MsvAvFlags says that the client does not trust its target name, which is not the server's to
	 * say.
	 */
	static const uint8_t info[] = {
		SERVER_NAMES, 6, 0, 4, 0, 4, 0, 0, 0, 7, 0, 8, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 0
	};
	const struct pair_config config = pair_defaults();
	struct pair pair;
	struct ntlm_response response;

	(void)state;
	pair_open(&pair, &config);
	const struct ntlm_authenticate sent = answer_to(&pair, BYTES_OF(info), &response);
	assert_int_equal(sent.lm_response.len, 24);
	assert_true(all_zero(sent.lm_response));
	assert_int_equal(ntlm_av_flags(&response.pairs), NTLM_AV_FLAG_MIC);
	assert_false(all_zero(sent.mic));
	assert_true(response.timestamp == UINT64_C(0x0807060504030201));
	assert_true(ntlm_mech()->demands_mic(pair.client));
	assert_true(all_zero(response.pairs.value[NTLM_AV_CHANNEL_BINDINGS]));
	assert_true(response.pairs.present[NTLM_AV_CHANNEL_BINDINGS]);
	test_assert_text(response.pairs.value[NTLM_AV_TARGET_NAME], "TERMSRV/server.example");
	pair_close(&pair);
}

static void test_without_a_timestamp_LMv2_is_sent_and_no_MIC(void** state)
{
	static const uint8_t info[] = { SERVER_NAMES, 0, 0, 0, 0 };
	static const uint8_t time[8] = { 0, 0, 0, 0, 0, 0, 0, 1 };
	const struct pair_config config = pair_defaults();
	struct pair pair;
	struct ntlm_response response;
	struct key ntowfv2;
	uint8_t lm[16];

	(void)state;
	pair_open(&pair, &config);
	assert_int_equal(ntlm_context_override(pair.client, NTLM_OVERRIDE_TIMESTAMP, BYTES_OF(time)),
	                 RESULT_OK);
	const struct ntlm_authenticate sent = answer_to(&pair, BYTES_OF(info), &response);
	assert_int_equal(ntlm_ntowfv2(&pair.stored_hash, sent.user, sent.domain, &ntowfv2), RESULT_OK);
	assert_int_equal(
	    ntlm_proof(&ntowfv2, BYTES_LITERAL("\10\7\6\5\4\3\2\1"), response.client_challenge, lm),
	    RESULT_OK);
	assert_int_equal(sent.lm_response.len, 24);
	assert_memory_equal(sent.lm_response.data, lm, sizeof(lm));
	assert_memory_equal(sent.lm_response.data + 16, response.client_challenge.data, 8);
	assert_false(response.pairs.present[NTLM_AV_FLAGS]);
	assert_true(all_zero(sent.mic));
	assert_true(response.timestamp == UINT64_C(0x0100000000000000));
	assert_false(ntlm_mech()->demands_mic(pair.client));
	assert_false(pair_client_report(&pair).clock_known);
	pair_close(&pair);
}

/* Somebody who takes the list out takes neither bindings nor target out. */
static void test_without_TargetInfo_bindings_and_target_are_still_sent(void** state)
{
	struct pair_config config = pair_defaults();
	struct pair pair;
	struct ntlm_response response;

	(void)state;
	config.client_asks = 0;
	pair_open(&pair, &config);
	(void)answer_to(&pair, BYTES_EMPTY, &response);
	assert_true(response.pairs.present[NTLM_AV_CHANNEL_BINDINGS]);
	test_assert_text(response.pairs.value[NTLM_AV_TARGET_NAME], "TERMSRV/server.example");
	assert_false(response.pairs.present[NTLM_AV_FLAGS]);
	/* Our own clock then. */
	assert_true(ntlm_time_difference(ntlm_time_now(), response.timestamp) <= 5);
	pair_close(&pair);
}

static const struct timespec* clock_says; /* NULL: it fails */
static bool clock_is_ours;

int __real_clock_gettime(clockid_t clock, struct timespec* now);
int __wrap_clock_gettime(clockid_t clock, struct timespec* now);

int __wrap_clock_gettime(clockid_t clock, struct timespec* now)
{
	if (!clock_is_ours)
		return __real_clock_gettime(clock, now);
	if (clock_says)
		*now = *clock_says;
	return clock_says ? 0 : -1;
}

/* In seconds, as a power of two that a time_t of 32 bits has too. */
#define LATE (sizeof(time_t) == 4 ? 30 : 33)

/* FILETIME (MS-DTYP 2.3.3): 100 ns since 1601-01-01. A clock that is not set says 1970. */
static void test_time_of_a_clock_that_is_wrong_is_one_that_there_was(void** state)
{
	static const uint64_t unix_epoch = UINT64_C(116444736000000000);
	static const struct
	{
		struct timespec clock;
		uint64_t after; /* 1970 */
	} rows[] = {
		{ { -1, 999999999 }, 0 },
		{ { 0, 0 }, 0 },
		{ { 0, 999999999 }, 9999999 },
		{ { 1, 199 }, 10000001 },
		{ { (time_t)(INT64_C(1) << LATE), 0 }, UINT64_C(10000000) << LATE },
	};
	(void)state;
	clock_is_ours = true;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
	{
		clock_says = &rows[i].clock;
		assert_true(ntlm_time_now() == unix_epoch + rows[i].after);
	}
	clock_says = NULL;
	assert_true(ntlm_time_now() == unix_epoch);
	clock_is_ours = false;
}

/* MS-NLMP 3.1.5.1.2: both names, where messages are to be protected. */
static void test_CHALLENGE_without_the_servers_names_is_refused(void** state)
{
	static const uint8_t no_domain[] = { 1, 0, 2, 0, 'S', 0, 0, 0, 0, 0 };
	static const uint8_t no_computer[] = { 2, 0, 2, 0, 'D', 0, 0, 0, 0, 0 };
	const struct bytes lists[] = { BYTES_EMPTY, BYTES_OF(no_domain), BYTES_OF(no_computer) };
	const uint32_t asks[] = { MECH_INTEGRITY, MECH_CONFIDENTIALITY };

	(void)state;
	for (size_t i = 0; i < 6; i++)
	{
		struct pair_config config = pair_defaults();
		struct pair pair;

		config.client_asks = asks[i % 2];
		pair_open(&pair, &config);
		challenge_with(&pair, lists[i / 2]);
		assert_int_equal(pair_make_authenticate(&pair, blob_bytes(&pair.challenge)),
		                 RESULT_ALTERED);
		pair_close(&pair);
	}
}

/* Nothing that identifies the machine beyond what was asked for, nothing weaker than needed. */
static void test_negotiate_offers_what_it_should(void** state)
{
	struct pair_config config = pair_defaults();
	struct ntlm_negotiate negotiate;
	struct pair pair;

	(void)state;
	pair_open(&pair, &config);
	assert_int_equal(pair_make_negotiate(&pair), RESULT_OK);
	assert_int_equal(ntlm_negotiate_parse(blob_bytes(&pair.negotiate), &negotiate, NULL),
	                 RESULT_OK);
	/* 56, KEY_EXCH, 128, VERSION, ESS, ALWAYS_SIGN, NTLM, SEAL, SIGN, REQUEST_TARGET, UNICODE. */
	assert_int_equal(negotiate.flags, 0xE2088235);
	pair_close(&pair);
	config.client_asks = 0;
	config.client_policy.send_version = false;
	pair_open(&pair, &config);
	assert_int_equal(pair_make_negotiate(&pair), RESULT_OK);
	assert_int_equal(ntlm_negotiate_parse(blob_bytes(&pair.negotiate), &negotiate, NULL),
	                 RESULT_OK);
	assert_int_equal(negotiate.flags, 0xE0088215);
	pair_close(&pair);
}

static void test_challenges_keys_and_client_challenges_are_never_the_same(void** state)
{
	uint8_t seen[40][40];

	(void)state;
	for (size_t i = 0; i < 40; i++)
	{
		const struct pair_config config = pair_defaults();
		struct pair pair;
		struct ntlm_challenge challenge;
		struct ntlm_authenticate authenticate;
		struct ntlm_response response;
		pair_open(&pair, &config);
		assert_int_equal(pair_run(&pair), RESULT_OK);
		assert_int_equal(ntlm_challenge_parse(blob_bytes(&pair.challenge), &challenge, NULL),
		                 RESULT_OK);
		assert_int_equal(
		    ntlm_authenticate_parse(blob_bytes(&pair.authenticate), &authenticate, NULL),
		    RESULT_OK);
		assert_int_equal(ntlm_response_parse(authenticate.nt_response, &response, NULL), RESULT_OK);
		bytes_copy(seen[i], challenge.server_challenge);
		bytes_copy(seen[i] + 8, response.client_challenge);
		bytes_copy(seen[i] + 16, key_bytes(pair_session_key(pair.client)));
		for (size_t j = 0; j < i; j++)
		{
			assert_memory_not_equal(seen[i], seen[j], 8);
			assert_memory_not_equal(seen[i] + 8, seen[j] + 8, 8);
			assert_memory_not_equal(seen[i] + 16, seen[j] + 16, 16);
		}
		pair_close(&pair);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_with_a_timestamp_the_MIC_is_sent_and_LM_is_zero),
		cmocka_unit_test(test_without_a_timestamp_LMv2_is_sent_and_no_MIC),
		cmocka_unit_test(test_without_TargetInfo_bindings_and_target_are_still_sent),
		cmocka_unit_test(test_CHALLENGE_without_the_servers_names_is_refused),
		cmocka_unit_test(test_time_of_a_clock_that_is_wrong_is_one_that_there_was),
		cmocka_unit_test(test_negotiate_offers_what_it_should),
		cmocka_unit_test(test_challenges_keys_and_client_challenges_are_never_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
