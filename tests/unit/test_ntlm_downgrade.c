/* SPDX-License-Identifier: Apache-2.0
 *
 * module/ntlm: numbered attacks that would weaken an exchange: older versions, dropped flags, a MIC
 * taken away.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "ntlm/flags.h"
#include "ntlm/negotiate.h"
#include "ntlm/response.h"
#include "ntlm_pair.h"
#include "vector.h"

/* --- versions that are refused --------------------------------------------------------------- */

static void test_NTLMv1_is_refused(void** state)
{
	static const uint8_t response[24] = { 1 };
	const struct bytes v1 = BYTES_OF(response);
	const struct pair_config config = pair_defaults();
	struct forge forge = forge_defaults();
	struct pair pair;

	(void)state;
	forge.nt = &v1;
	pair_open(&pair, &config);
	assert_int_equal(forge_run(&pair, &forge), RESULT_POLICY);
	assert_int_equal(pair.asked, 0);
	assert_int_equal(pair_server_report(&pair).ntlm_version, 1);
	pair_close(&pair);
}

static void test_CVE_2019_1338_LMv2_only(void** state)
{
	static const uint8_t response[24] = { 1 };
	const struct bytes lm = BYTES_OF(response);
	const struct bytes nothing = BYTES_EMPTY;
	const struct pair_config config = pair_defaults();
	struct forge forge = forge_defaults();
	struct pair pair;

	(void)state;
	forge.lm = &lm;
	forge.nt = &nothing;
	pair_open(&pair, &config);
	assert_int_equal(forge_run(&pair, &forge), RESULT_POLICY);
	assert_int_equal(pair.asked, 0);
	pair_close(&pair);
}

static void test_no_response_at_all(void** state)
{
	const struct bytes nothing = BYTES_EMPTY;
	struct forge forge = forge_defaults();

	(void)state;
	forge.lm = &nothing;
	forge.nt = &nothing;
	assert_int_equal(forge_say(&forge), RESULT_LOGON_DENIED);
	forge.user = "";
	assert_int_equal(forge_say(&forge), RESULT_LOGON_DENIED);
}

static void test_anonymous_with_a_proof_is_no_anonymous(void** state)
{
	struct pair_config config = pair_defaults();
	struct forge forge = forge_defaults();
	struct pair pair;

	(void)state;
	config.server_policy.allow_anonymous = true;
	forge.user = "";
	pair_open(&pair, &config);
	assert_int_equal(forge_run(&pair, &forge), RESULT_LOGON_DENIED);
	assert_int_equal(pair.asked, 0);
	pair_close(&pair);
}

static void test_CVE_2022_2127_oversized_LM_response(void** state)
{
	static const uint8_t response[64] = { 0 };
	static const size_t sizes[] = { 0, 1, 16, 24, 25, 64 };

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
	{
		const struct bytes lm = bytes_make(response, sizes[i]);
		struct forge forge = forge_defaults();
		forge.lm = &lm;
		assert_int_equal(forge_say(&forge), sizes[i] <= 24 ? RESULT_OK : RESULT_MALFORMED);
	}
}

static void test_CVE_2020_11086_short_responses_are_malformed(void** state)
{
	static const uint8_t response[47] = { [16] = 1, [17] = 1 };

	(void)state;
	for (size_t len = 1; len <= sizeof(response); len++)
	{
		const struct bytes nt = bytes_make(response, len);
		struct forge forge = forge_defaults();
		forge.nt = &nt;
		assert_int_equal(forge_say(&forge), len == 24 ? RESULT_POLICY : RESULT_MALFORMED);
	}
}

/* --- flags and keys -------------------------------------------------------------------------- */

static void test_CVE_2016_2110_dropped_flags(void** state)
{
	static const uint32_t dropped[] = { NTLM_NEGOTIATE_SIGN,
		                                NTLM_NEGOTIATE_SEAL,
		                                NTLM_NEGOTIATE_KEY_EXCH,
		                                NTLM_NEGOTIATE_128,
		                                NTLM_NEGOTIATE_EXTENDED_SESSIONSECURITY,
		                                NTLM_NEGOTIATE_UNICODE };

	(void)state;
	for (size_t i = 0; i < sizeof(dropped) / sizeof(dropped[0]); i++)
	{
		/* Whether the client sends a MIC or not, and even if that is right. */
		for (int mic = 0; mic < 2; mic++)
		{
			struct forge forge = forge_defaults();
			forge.clear_flags = dropped[i];
			forge.announce_mic = mic;
			forge.mic = mic ? FORGE_MIC_RIGHT : FORGE_MIC_ABSENT;
			assert_int_equal(forge_say(&forge), RESULT_ALTERED);
		}
	}
}

static void test_CVE_2016_2110_flags_cleared_on_the_way_end_the_exchange(void** state)
{
	static const uint32_t cleared[] = { NTLM_NEGOTIATE_SIGN, NTLM_NEGOTIATE_KEY_EXCH,
		                                NTLM_NEGOTIATE_128, NTLM_NEGOTIATE_ALWAYS_SIGN };

	(void)state;
	for (size_t i = 0; i < sizeof(cleared) / sizeof(cleared[0]); i++)
	{
		/* In NEGOTIATE; in CHALLENGE; in both. Nobody asked for anything, so only the MIC helps. */
		for (unsigned where = 1; where < 4; where++)
		{
			struct pair_config config = pair_defaults();
			struct pair pair;
			config.client_asks = 0;
			config.server_asks = 0;
			pair_open(&pair, &config);
			assert_int_equal(pair_make_negotiate(&pair), RESULT_OK);
			for (unsigned byte = 0; byte < 4 && (where & 1U); byte++)
				pair.negotiate.data[12 + byte] &= (uint8_t) ~(cleared[i] >> (8 * byte));
			enum result result = pair_make_challenge(&pair, blob_bytes(&pair.negotiate));
			if (result == RESULT_OK)
			{
				for (unsigned byte = 0; byte < 4 && (where & 2U); byte++)
					pair.challenge.data[20 + byte] &= (uint8_t) ~(cleared[i] >> (8 * byte));
				result = pair_make_authenticate(&pair, blob_bytes(&pair.challenge));
			}
			if (result == RESULT_OK)
				result = pair_take_authenticate(&pair, blob_bytes(&pair.authenticate));
			assert_true(result == RESULT_ALTERED || result == RESULT_POLICY);
			pair_close(&pair);
		}
	}
}

static void test_KEY_EXCH_without_a_key_is_malformed(void** state)
{
	struct forge forge = forge_defaults();

	(void)state;
	forge.no_key = true;
	assert_int_equal(forge_say(&forge), RESULT_MALFORMED);
}

static void test_key_without_KEY_EXCH_is_malformed(void** state)
{
	struct pair_config config = pair_defaults();
	struct forge forge = forge_defaults();
	struct pair pair;

	(void)state;
	config.server_asks = 0;
	forge.announce_mic = false;
	forge.extra_key = true;
	pair_open(&pair, &config);
	assert_int_equal(ntlm_negotiate_write(0xA0088215, &pair.negotiate), RESULT_OK);
	assert_int_equal(pair_make_challenge(&pair, blob_bytes(&pair.negotiate)), RESULT_OK);
	struct blob message = forge_authenticate(&pair, &forge);
	assert_int_equal(pair_take_authenticate(&pair, blob_bytes(&message)), RESULT_MALFORMED);
	assert_int_equal(pair.asked, 0);
	blob_free(&message);
	pair_close(&pair);
}

static void test_flags_that_were_not_negotiated_give_nothing(void** state)
{
	struct pair_config config = pair_defaults();
	struct forge forge = forge_defaults();
	struct pair pair;

	(void)state;
	config.client_asks = 0;
	config.server_asks = 0;
	forge.set_flags = NTLM_NEGOTIATE_SEAL | NTLM_NEGOTIATE_LOCAL_CALL | NTLM_NEGOTIATE_LM_KEY;
	pair_open(&pair, &config);
	assert_int_equal(forge_run(&pair, &forge), RESULT_OK);
	const struct mech_report report = pair_server_report(&pair);
	assert_int_equal(pair_session(pair.server).granted & MECH_CONFIDENTIALITY, 0);
	assert_int_equal(report.ntlm_flags & forge.set_flags, 0);
	pair_close(&pair);
}

/* --- the clock ------------------------------------------------------------------------------- */

static struct mech_report report_after(uint64_t time)
{
	const struct pair_config config = pair_defaults();
	struct forge forge = forge_defaults();
	struct pair pair;

	forge.time = time;
	pair_open(&pair, &config);
	assert_int_equal(forge_run(&pair, &forge), RESULT_OK);
	const struct mech_report report = pair_server_report(&pair);
	pair_close(&pair);
	return report;
}

/* A client answers with CHALLENGE's time, or with its own where it does not look at that (MS-NLMP
 * 3.1.5.1.2): only its own tells something of its clock. */
static void test_acceptor_tells_the_clock_of_a_client_that_shows_its_own(void** state)
{
	const uint64_t hour = 3600 * UINT64_C(10000000);

	(void)state;
	const struct mech_report ahead = report_after(ntlm_time_now() + hour);
	assert_true(ahead.clock_known);
	assert_true(ahead.clock_difference >= 3598 && ahead.clock_difference <= 3601);
	const struct mech_report behind = report_after(ntlm_time_now() - hour);
	assert_true(behind.clock_known);
	assert_true(behind.clock_difference >= -3601 && behind.clock_difference <= -3598);
	assert_false(report_after(0).clock_known);
}

/* --- the MIC --------------------------------------------------------------------------------- */

static void test_wrong_MIC_is_refused_and_said_to_be_wrong(void** state)
{
	const struct pair_config config = pair_defaults();
	struct forge forge = forge_defaults();
	struct pair pair;

	(void)state;
	forge.mic = FORGE_MIC_WRONG;
	pair_open(&pair, &config);
	assert_int_equal(forge_run(&pair, &forge), RESULT_ALTERED);
	assert_int_equal(pair_server_report(&pair).proof, MECH_CHECK_OK);
	assert_int_equal(pair_server_report(&pair).mic, MECH_CHECK_FAILED);
	pair_close(&pair);
}

static void test_MIC_that_is_not_announced_is_not_looked_at(void** state)
{
	const struct pair_config config = pair_defaults();
	struct forge forge = forge_defaults();
	struct pair pair;

	(void)state;
	forge.announce_mic = false;
	forge.mic = FORGE_MIC_WRONG;
	pair_open(&pair, &config);
	assert_int_equal(forge_run(&pair, &forge), RESULT_OK);
	assert_int_equal(pair_server_report(&pair).mic, MECH_CHECK_NONE);
	assert_false(ntlm_mech()->demands_mic(pair.server));
	pair_close(&pair);
}

/* Before FreeRDP 92db5dd23 a MIC past the message's end was an assertion. */
static void test_CVE_2019_1040_and_FreeRDP_92db5dd23_MIC_removed_and_flag_kept(void** state)
{
	struct forge forge = forge_defaults();

	(void)state;
	forge.mic = FORGE_MIC_ABSENT;
	assert_int_equal(forge_say(&forge), RESULT_MALFORMED);
	forge.version = false;
	assert_int_equal(forge_say(&forge), RESULT_MALFORMED);
}

static void test_CVE_2019_1166_AvFlags_twice(void** state)
{
	static const uint8_t second[] = { 6, 0, 4, 0, 0, 0, 0, 0 };
	struct forge forge = forge_defaults();

	(void)state;
	forge.extra_pairs = BYTES_OF(second);
	assert_int_equal(forge_say(&forge), RESULT_MALFORMED);
	forge.announce_mic = false;
	assert_int_equal(forge_say(&forge), RESULT_OK);
}

/* Drop the MIC by taking the timestamp, which makes the client send one, out of CHALLENGE. */
static void test_CVE_2019_1040_timestamp_taken_out_of_CHALLENGE(void** state)
{
	const struct pair_config config = pair_defaults();
	struct pair pair;
	size_t at = 0;

	(void)state;
	pair_open(&pair, &config);
	assert_int_equal(pair_make_negotiate(&pair), RESULT_OK);
	assert_int_equal(pair_make_challenge(&pair, blob_bytes(&pair.negotiate)), RESULT_OK);
	at = test_find(blob_bytes(&pair.challenge), BYTES_LITERAL("\7\0\10\0"));
	assert_true(at != SIZE_MAX);
	pair.challenge.data[at] = 0x77; /* an AvId that nobody knows */
	assert_int_equal(pair_make_authenticate(&pair, blob_bytes(&pair.challenge)), RESULT_OK);
	assert_false(ntlm_mech()->demands_mic(pair.client));
	assert_int_equal(pair_take_authenticate(&pair, blob_bytes(&pair.authenticate)), RESULT_ALTERED);
	pair_close(&pair);
}

static void test_answer_must_repeat_the_timestamp_of_CHALLENGE(void** state)
{
	static const uint8_t other[] = { 7, 0, 8, 0, 1, 2, 3, 4, 5, 6, 7, 8 };
	struct forge forge = forge_defaults();

	(void)state;
	forge.drop_time = true;
	assert_int_equal(forge_say(&forge), RESULT_ALTERED);
	forge.extra_pairs = BYTES_OF(other);
	assert_int_equal(forge_say(&forge), RESULT_ALTERED);
}

/* MS-NLMP 3.2.5.1.2: MsvAvFlags says that the name is from an untrusted source. */
static void test_target_name_that_the_client_does_not_trust_is_none(void** state)
{
	static const uint8_t pairs[] = { 6, 0, 4, 0, 6, 0, 0, 0, 9, 0, 2, 0, 'a', 0 };
	struct pair_config config = pair_defaults();
	struct forge forge = forge_defaults();
	struct pair pair;

	(void)state;
	forge.announce_mic = false;
	forge.extra_pairs = BYTES_OF(pairs);
	config.accepted_target = "a";
	pair_open(&pair, &config);
	assert_int_equal(forge_run(&pair, &forge), RESULT_OK);
	assert_int_equal(pair_server_report(&pair).mic, MECH_CHECK_OK);
	assert_true(pair_server_report(&pair).target_is_untrusted);
	pair_close(&pair);

	config.server_policy.target = NTLM_CHECK_REQUIRED;
	pair_open(&pair, &config);
	assert_int_equal(forge_run(&pair, &forge), RESULT_WRONG_TARGET);
	pair_close(&pair);

	config.server_policy.target = NTLM_CHECK_WHEN_PRESENT;
	config.accepted_target = "b";
	pair_open(&pair, &config);
	assert_int_equal(forge_run(&pair, &forge), RESULT_WRONG_TARGET);
	pair_close(&pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_NTLMv1_is_refused),
		cmocka_unit_test(test_CVE_2019_1338_LMv2_only),
		cmocka_unit_test(test_no_response_at_all),
		cmocka_unit_test(test_anonymous_with_a_proof_is_no_anonymous),
		cmocka_unit_test(test_CVE_2022_2127_oversized_LM_response),
		cmocka_unit_test(test_CVE_2020_11086_short_responses_are_malformed),
		cmocka_unit_test(test_CVE_2016_2110_dropped_flags),
		cmocka_unit_test(test_CVE_2016_2110_flags_cleared_on_the_way_end_the_exchange),
		cmocka_unit_test(test_KEY_EXCH_without_a_key_is_malformed),
		cmocka_unit_test(test_key_without_KEY_EXCH_is_malformed),
		cmocka_unit_test(test_flags_that_were_not_negotiated_give_nothing),
		cmocka_unit_test(test_acceptor_tells_the_clock_of_a_client_that_shows_its_own),
		cmocka_unit_test(test_wrong_MIC_is_refused_and_said_to_be_wrong),
		cmocka_unit_test(test_MIC_that_is_not_announced_is_not_looked_at),
		cmocka_unit_test(test_CVE_2019_1040_and_FreeRDP_92db5dd23_MIC_removed_and_flag_kept),
		cmocka_unit_test(test_CVE_2019_1166_AvFlags_twice),
		cmocka_unit_test(test_CVE_2019_1040_timestamp_taken_out_of_CHALLENGE),
		cmocka_unit_test(test_answer_must_repeat_the_timestamp_of_CHALLENGE),
		cmocka_unit_test(test_target_name_that_the_client_does_not_trust_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
