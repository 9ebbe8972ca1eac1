/* SPDX-License-Identifier: Apache-2.0
 *
 * The security context over scripted mechanisms: every flow that is to complete, and what the
 * report says of it. What must not complete is test_spnego_downgrade.c's and
 * test_spnego_tamper.c's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "spnego_pair.h"

static void test_ntlm_takes_four_legs_with_mechlistmic_both_ways(void** state)
{
	struct spnego_pair pair;
	(void)state;
	spnego_pair_init(&pair);
	spnego_pair_open(&pair, "N", "KN");
	spnego_pair_run(&pair, NULL, NULL);
	assert_true(spnego_pair_complete(&pair, "NTLM"));
	assert_int_equal(pair.legs, 4);

	const struct neg_token_init init = spnego_pair_init_at(&pair, 0);
	assert_true(spnego_is_text(init.mech_token, "N-NEGOTIATE"));
	struct neg_token_resp resp = spnego_pair_resp_at(&pair, 1);
	assert_int_equal(resp.neg_state, NEG_STATE_ACCEPT_INCOMPLETE);
	assert_true(bytes_equal(resp.supported_mech, spnego_oid('N')));
	assert_true(spnego_is_text(resp.response_token, "N-CHALLENGE"));
	assert_int_equal(resp.mech_list_mic.len, 0);
	resp = spnego_pair_resp_at(&pair, 2);
	assert_int_equal(resp.neg_state, NEG_STATE_ACCEPT_INCOMPLETE);
	assert_int_equal(resp.supported_mech.len, 0);
	assert_true(spnego_is_text(resp.response_token, "N-AUTHENTICATE"));
	assert_int_equal(resp.mech_list_mic.len, FAKE_MIC_SIZE);
	resp = spnego_pair_resp_at(&pair, 3);
	assert_int_equal(resp.neg_state, NEG_STATE_ACCEPT_COMPLETED);
	assert_int_equal(resp.supported_mech.len + resp.response_token.len, 0);
	assert_int_equal(resp.mech_list_mic.len, FAKE_MIC_SIZE);

	const struct negossp_report report = spnego_side_report(&pair.acceptor);
	assert_string_equal(report.offered, "NTLM");
	assert_string_equal(report.chosen, "NTLM");
	assert_int_equal(report.legs, 4);
	assert_true(report.mic_needed && report.mic_sent && report.mic_peer == MECH_CHECK_OK);
	assert_int_equal(report.result, RESULT_OK);
	assert_null(report.reason);
	spnego_pair_close(&pair);
}

static void test_the_mic_covers_the_list_as_it_went_over_the_wire(void** state)
{
	/* Long-form lengths, which our own writer would not use. */
	static const uint8_t list[] = { 0x30, 0x81, 0x0D, 0x06, 0x81, 0x0A, 0x2B, 0x06,
		                            0x01, 0x04, 0x01, 0x82, 0x37, 0x02, 0x02, 0x0A };
	struct spnego_pair pair;
	struct blob token = BLOB_EMPTY;
	struct blob output = BLOB_EMPTY;
	uint8_t mic[FAKE_MIC_SIZE];
	const struct neg_token_init init = { BYTES_OF(list), BYTES_LITERAL("N-NEGOTIATE"), NO_MIC };
	(void)state;
	spnego_pair_init(&pair);
	spnego_pair_open(&pair, "N", "N");
	assert_int_equal(neg_token_init_write(&init, &token), RESULT_OK);
	spnego_side_take(&pair.acceptor, token, &output);
	blob_free(&output);
	fake_mic(pair.acceptor.ntlm.key, MECH_INITIATOR, init.mech_types, mic);
	spnego_side_answers(&pair.acceptor,
	                    spnego_make_resp(NEG_STATE_ABSENT, 0, "N-AUTHENTICATE", BYTES_OF(mic)),
	                    NEG_STATE_ACCEPT_COMPLETED, NULL, true);
	spnego_pair_close(&pair);
}

/* Memory that is short says nothing of the MIC. */
static void test_a_mic_that_could_not_be_looked_at_is_not_called_wrong(void** state)
{
	struct spnego_pair pair;
	(void)state;
	spnego_pair_init(&pair);
	pair.acceptor.ntlm.mic_result = RESULT_NO_MEMORY;
	spnego_pair_open(&pair, "N", "N");
	spnego_pair_run(&pair, NULL, NULL);
	const struct negossp_report report = spnego_side_report(&pair.acceptor);
	assert_int_equal(report.result, RESULT_NO_MEMORY);
	assert_int_equal(report.mic_peer, MECH_CHECK_NOT_LOOKED_AT);
	spnego_pair_close(&pair);
}

static void test_kerberos_completes_without_mic_exchange(void** state)
{
	struct spnego_pair pair;
	(void)state;
	spnego_pair_init(&pair);
	spnego_pair_open(&pair, "KUN", "NUK");
	spnego_pair_run(&pair, NULL, NULL);
	assert_true(spnego_pair_complete(&pair, "Kerberos"));
	assert_int_equal(pair.legs, 2);
	const struct neg_token_resp resp = spnego_pair_resp_at(&pair, 1);
	assert_int_equal(resp.neg_state, NEG_STATE_ACCEPT_COMPLETED);
	assert_true(bytes_equal(resp.supported_mech, spnego_oid('K')));
	assert_true(spnego_is_text(resp.response_token, "K-AP-REP"));
	assert_int_equal(pair.initiator.kerberos.mics_made + pair.acceptor.kerberos.mics_made, 0);
	assert_int_equal(pair.initiator.ntlm.opened + pair.initiator.u2u.opened, 0);
	const struct negossp_report report = spnego_side_report(&pair.initiator);
	assert_string_equal(report.offered, "Kerberos,Kerberos U2U,NTLM");
	assert_true(!report.mic_needed && !report.mic_sent && report.mic_peer == MECH_CHECK_NONE);
	spnego_pair_close(&pair);
}

static void test_u2u_takes_two_round_trips(void** state)
{
	struct spnego_pair pair;
	(void)state;
	spnego_pair_init(&pair);
	spnego_pair_open(&pair, "UN", "KUN");
	spnego_pair_run(&pair, NULL, NULL);
	assert_true(spnego_pair_complete(&pair, "Kerberos U2U"));
	assert_int_equal(pair.legs, 4);
	spnego_pair_close(&pair);
}

static void test_a_mechanism_of_one_token_completes_on_accept_completed(void** state)
{
	struct spnego_pair pair;
	(void)state;
	spnego_pair_init(&pair);
	pair.initiator.kerberos.steps[0].complete = true;
	pair.acceptor.kerberos.steps[0].send = NULL;
	spnego_pair_open(&pair, "KN", "KN");
	spnego_pair_run(&pair, NULL, NULL);
	assert_true(spnego_pair_complete(&pair, "Kerberos"));
	assert_int_equal(pair.legs, 2);
	spnego_pair_close(&pair);
}

static void expect_change_to_ntlm(struct spnego_pair* pair)
{
	spnego_pair_run(pair, NULL, NULL);
	assert_true(spnego_pair_complete(pair, "NTLM"));
	assert_int_equal(pair->legs, 6);
	const struct neg_token_resp first = spnego_pair_resp_at(pair, 1);
	assert_int_equal(first.neg_state, NEG_STATE_REQUEST_MIC);
	assert_true(bytes_equal(first.supported_mech, spnego_oid('N')));
	assert_int_equal(first.response_token.len, 0);
	assert_true(spnego_is_text(spnego_pair_resp_at(pair, 2).response_token, "N-NEGOTIATE"));
	assert_true(spnego_pair_resp_at(pair, 4).mech_list_mic.len > 0);
	assert_true(spnego_pair_resp_at(pair, 5).mech_list_mic.len > 0);
	assert_true(spnego_side_report(&pair->initiator).mic_needed &&
	            spnego_side_report(&pair->acceptor).mic_needed);
	spnego_pair_close(pair);
}

static void test_server_without_kerberos_takes_ntlm_with_request_mic(void** state)
{
	struct spnego_pair pair;
	(void)state;
	spnego_pair_init(&pair);
	spnego_pair_open(&pair, "KUN", "N");
	expect_change_to_ntlm(&pair);
}

static void test_server_without_keytab_takes_ntlm_with_request_mic(void** state)
{
	struct spnego_pair pair;
	(void)state;
	spnego_pair_init(&pair);
	pair.acceptor.kerberos.open_result = RESULT_NO_CREDENTIALS;
	pair.acceptor.u2u.open_result = RESULT_POLICY;
	spnego_pair_open(&pair, "KUN", "KUN");
	expect_change_to_ntlm(&pair);
}

static void test_a_changed_mechanism_needs_the_mic_even_if_it_does_not_demand_one(void** state)
{
	struct spnego_pair pair;
	(void)state;
	spnego_pair_init(&pair);
	pair.initiator.ntlm.demands_mic = false;
	pair.acceptor.ntlm.demands_mic = false;
	spnego_pair_open(&pair, "KN", "N");
	expect_change_to_ntlm(&pair);
}

static void test_a_mechanism_that_fails_locally_is_not_listed(void** state)
{
	(void)state;
	for (unsigned at_step = 0; at_step < 2; at_step++)
	{
		struct spnego_pair pair;
		spnego_pair_init(&pair);
		pair.initiator.kerberos.open_result = at_step ? RESULT_OK : RESULT_NO_CREDENTIALS;
		pair.initiator.kerberos.steps[0].result = at_step ? RESULT_LOGON_DENIED : RESULT_OK;
		pair.initiator.u2u.open_result = RESULT_INTERNAL;
		spnego_pair_open(&pair, "KUN", "KUN");
		spnego_pair_run(&pair, NULL, NULL);
		assert_true(spnego_pair_complete(&pair, "NTLM"));
		assert_int_equal(pair.legs, 4);
		struct blob list = spnego_make_list("N");
		assert_true(bytes_equal(spnego_pair_init_at(&pair, 0).mech_types, blob_bytes(&list)));
		blob_free(&list);
		assert_string_equal(spnego_side_report(&pair.initiator).offered, "NTLM");
		spnego_pair_close(&pair);
	}
}

static void test_nothing_to_offer_fails_with_the_mechanisms_result(void** state)
{
	struct spnego_pair pair;
	struct blob output = BLOB_EMPTY;
	(void)state;
	spnego_pair_init(&pair);
	pair.initiator.kerberos.open_result = RESULT_NO_CREDENTIALS;
	pair.initiator.ntlm.open_result = RESULT_POLICY;
	spnego_pair_open(&pair, "KN", "N");
	assert_int_equal(spnego_side_step(&pair.initiator, BYTES_EMPTY, &output), RESULT_POLICY);
	assert_non_null(spnego_side_report(&pair.initiator).reason);
	spnego_pair_close(&pair);
}

static void test_nothing_usable_in_the_list_fails(void** state)
{
	struct spnego_pair pair;
	struct blob output = BLOB_EMPTY;
	struct blob token = spnego_make_init("X?P", "?", NO_MIC);
	(void)state;
	spnego_pair_init(&pair);
	spnego_pair_open(&pair, "N", "KN");
	assert_int_equal(spnego_side_step(&pair.acceptor, blob_bytes(&token), &output),
	                 RESULT_NO_COMMON_MECH);
	assert_string_equal(spnego_side_report(&pair.acceptor).offered, "NEGOEX,1.2.3.4.5,PKU2U");
	blob_free(&token);
	spnego_pair_close(&pair);

	token = spnego_make_init("KN", "K-AP-REQ", NO_MIC);
	spnego_pair_init(&pair);
	pair.acceptor.kerberos.open_result = RESULT_NO_CREDENTIALS;
	pair.acceptor.ntlm.open_result = RESULT_POLICY;
	spnego_pair_open(&pair, "N", "KN");
	assert_int_equal(spnego_side_step(&pair.acceptor, blob_bytes(&token), &output), RESULT_POLICY);
	assert_non_null(spnego_side_report(&pair.acceptor).reason);
	blob_free(&token);
	spnego_pair_close(&pair);
}

static void test_no_mic_needed_and_none_sent_completes_without_an_unsolicited_one(void** state)
{
	struct spnego_pair pair;
	(void)state;
	spnego_pair_init(&pair);
	pair.initiator.ntlm.demands_mic = false;
	pair.acceptor.ntlm.demands_mic = false;
	spnego_pair_open(&pair, "N", "N");
	spnego_pair_run(&pair, NULL, NULL);
	assert_true(spnego_pair_complete(&pair, "NTLM"));
	assert_int_equal(pair.legs, 4);
	assert_int_equal(pair.initiator.ntlm.mics_made + pair.acceptor.ntlm.mics_made, 0);
	spnego_pair_close(&pair);
}

static void test_a_mic_that_is_not_needed_is_verified_and_answered(void** state)
{
	struct spnego_pair pair;
	(void)state;
	spnego_pair_init(&pair);
	pair.acceptor.ntlm.demands_mic = false;
	spnego_pair_open(&pair, "N", "N");
	spnego_pair_run(&pair, NULL, NULL);
	assert_true(spnego_pair_complete(&pair, "NTLM"));
	assert_int_equal(pair.acceptor.ntlm.mics_verified, 1);
	assert_int_equal(pair.initiator.ntlm.mics_verified, 1);
	spnego_pair_close(&pair);
}

static void test_a_client_that_owes_a_mic_is_given_ours_and_completes_with_its_own(void** state)
{
	struct spnego_pair pair;
	(void)state;
	spnego_pair_init(&pair);
	pair.initiator.ntlm.demands_mic = false;
	spnego_pair_open(&pair, "N", "N");
	spnego_pair_run(&pair, NULL, NULL);
	assert_true(spnego_pair_complete(&pair, "NTLM"));
	assert_int_equal(pair.legs, 5);
	const struct neg_token_resp ask = spnego_pair_resp_at(&pair, 3);
	assert_int_equal(ask.neg_state, NEG_STATE_ACCEPT_INCOMPLETE);
	assert_true(ask.mech_list_mic.len > 0 && ask.response_token.len == 0);
	/* RFC 4178 5 (b)(I): nothing is owed to who says that it is done. */
	const struct neg_token_resp last = spnego_pair_resp_at(&pair, 4);
	assert_int_equal(last.neg_state, NEG_STATE_ACCEPT_COMPLETED);
	assert_true(last.mech_list_mic.len > 0 && last.response_token.len == 0);
	spnego_pair_close(&pair);
}

static void test_wrap_and_unwrap_go_to_the_mechanism_once_complete(void** state)
{
	struct spnego_pair pair;
	uint8_t trailer[8];
	size_t len = sizeof(trailer);
	(void)state;
	spnego_pair_init(&pair);
	spnego_pair_open(&pair, "N", "N");
	assert_int_equal(negossp_wrap(pair.initiator.context, true, NULL, 0, trailer, &len),
	                 RESULT_OUT_OF_SEQUENCE);
	assert_int_equal(negossp_unwrap(pair.initiator.context, true, NULL, 0, BYTES_EMPTY),
	                 RESULT_OUT_OF_SEQUENCE);
	spnego_pair_run(&pair, NULL, NULL);
	assert_int_equal(negossp_wrap(pair.initiator.context, true, NULL, 0, trailer, &len), RESULT_OK);
	assert_int_equal(negossp_unwrap(pair.acceptor.context, true, NULL, 0, bytes_make(trailer, len)),
	                 RESULT_OK);
	assert_int_equal(
	    negossp_unwrap(pair.acceptor.context, false, NULL, 0, bytes_make(trailer, len)),
	    RESULT_ALTERED);
	spnego_pair_close(&pair);
}

static void test_a_configuration_that_makes_no_sense_is_refused(void** state)
{
	struct fake_script script = { .key = 1 };
	const struct negossp_offer offers[NEGOSSP_MAX_OFFERS + 1] = { { fake_ntlm(), &script } };
	struct negossp_config config = { .request = { MECH_INITIATOR, 0, BYTES_EMPTY },
		                             .offers = offers,
		                             .offer_count = 0 };
	struct negossp_context* context = NULL;
	(void)state;
	assert_int_equal(negossp_context_new(NULL, &context), RESULT_INVALID_ARGUMENT);
	assert_int_equal(negossp_context_new(&config, &context), RESULT_INVALID_ARGUMENT);
	config.offer_count = NEGOSSP_MAX_OFFERS + 1;
	assert_int_equal(negossp_context_new(&config, &context), RESULT_INVALID_ARGUMENT);
	config.offer_count = 2; /* the second has no mechanism */
	assert_int_equal(negossp_context_new(&config, &context), RESULT_INVALID_ARGUMENT);
	assert_null(context);
	negossp_context_free(NULL);
}

static void test_init_can_be_called_again(void** state)
{
	(void)state;
	assert_int_equal(negossp_init(), RESULT_OK);
	assert_int_equal(negossp_init(), RESULT_OK);
	assert_true(negossp_ntlm_available(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ntlm_takes_four_legs_with_mechlistmic_both_ways),
		cmocka_unit_test(test_the_mic_covers_the_list_as_it_went_over_the_wire),
		cmocka_unit_test(test_a_mic_that_could_not_be_looked_at_is_not_called_wrong),
		cmocka_unit_test(test_kerberos_completes_without_mic_exchange),
		cmocka_unit_test(test_u2u_takes_two_round_trips),
		cmocka_unit_test(test_a_mechanism_of_one_token_completes_on_accept_completed),
		cmocka_unit_test(test_server_without_kerberos_takes_ntlm_with_request_mic),
		cmocka_unit_test(test_server_without_keytab_takes_ntlm_with_request_mic),
		cmocka_unit_test(test_a_changed_mechanism_needs_the_mic_even_if_it_does_not_demand_one),
		cmocka_unit_test(test_a_mechanism_that_fails_locally_is_not_listed),
		cmocka_unit_test(test_nothing_to_offer_fails_with_the_mechanisms_result),
		cmocka_unit_test(test_nothing_usable_in_the_list_fails),
		cmocka_unit_test(test_no_mic_needed_and_none_sent_completes_without_an_unsolicited_one),
		cmocka_unit_test(test_a_mic_that_is_not_needed_is_verified_and_answered),
		cmocka_unit_test(test_a_client_that_owes_a_mic_is_given_ours_and_completes_with_its_own),
		cmocka_unit_test(test_wrap_and_unwrap_go_to_the_mechanism_once_complete),
		cmocka_unit_test(test_a_configuration_that_makes_no_sense_is_refused),
		cmocka_unit_test(test_init_can_be_called_again),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
