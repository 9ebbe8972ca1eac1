/* SPDX-License-Identifier: Apache-2.0
 *
 * Somebody in the middle, or a peer that does not play fair: every known way to make SPNEGO take
 * less than both sides have, or stumble. Each ends the exchange, or changes nothing of it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "spnego_pair.h"

/* Rewrites a NegTokenResp on its way: what a test changes is a function of its own. */
struct rewrite
{
	unsigned leg;
	void (*change)(struct neg_token_resp* resp);
};

static void rewrite_resp(void* data, unsigned leg, struct blob* token)
{
	const struct rewrite* rewrite = data;
	struct neg_token_resp resp;
	struct blob copy = BLOB_EMPTY;
	if (leg != rewrite->leg)
		return;
	assert_int_equal(blob_set(&copy, blob_bytes(token)), RESULT_OK);
	assert_int_equal(neg_token_resp_parse(blob_bytes(&copy), &resp, NULL), RESULT_OK);
	rewrite->change(&resp);
	assert_int_equal(neg_token_resp_write(&resp, token), RESULT_OK);
	blob_free(&copy);
}

static void run_rewritten(struct spnego_pair* pair, unsigned leg,
                          void (*change)(struct neg_token_resp* resp))
{
	struct rewrite rewrite = { leg, change };
	spnego_pair_run(pair, rewrite_resp, &rewrite);
}

static void drop_mic(struct neg_token_resp* resp)
{
	resp->mech_list_mic = BYTES_EMPTY;
}

static void claim_completed(struct neg_token_resp* resp)
{
	resp->neg_state = NEG_STATE_ACCEPT_COMPLETED;
}

static void claim_incomplete(struct neg_token_resp* resp)
{
	resp->neg_state = NEG_STATE_ACCEPT_INCOMPLETE;
}

static void claim_reject(struct neg_token_resp* resp)
{
	resp->neg_state = NEG_STATE_REJECT;
}

static void claim_request_mic(struct neg_token_resp* resp)
{
	resp->neg_state = NEG_STATE_REQUEST_MIC;
}

static void choose_kerberos(struct neg_token_resp* resp)
{
	resp->supported_mech = spnego_oid('K');
}

static void choose_unknown(struct neg_token_resp* resp)
{
	resp->supported_mech = spnego_oid('?');
}

static void open_pair(struct spnego_pair* pair, const char* initiator, const char* acceptor)
{
	spnego_pair_init(pair);
	spnego_pair_open(pair, initiator, acceptor);
}

static void expect_neither(struct spnego_pair* pair)
{
	assert_false(negossp_is_complete(pair->initiator.context));
	assert_false(negossp_is_complete(pair->acceptor.context));
	spnego_pair_close(pair);
}

/* --- the list -------------------------------------------------------------------------------- */

static void test_mechtypes_changed_on_the_wire_fail_at_the_mechlistmic(void** state)
{
	struct spnego_pair pair;
	(void)state;
	/* Kerberos and its token are taken out, so that the server never hears of it */
	open_pair(&pair, "KN", "KN");
	spnego_pair_run_swapped(&pair, 0, spnego_make_init("N", NULL, NO_MIC));
	assert_int_equal(pair.acceptor.result, RESULT_ALTERED);
	assert_int_equal(pair.acceptor.ntlm.mics_verified, 1);
	expect_neither(&pair);
	/* the order is turned round */
	open_pair(&pair, "KN", "KN");
	spnego_pair_run_swapped(&pair, 0, spnego_make_init("NK", NULL, NO_MIC));
	assert_int_equal(pair.acceptor.result, RESULT_ALTERED);
	expect_neither(&pair);
	/* something is added that nobody takes */
	open_pair(&pair, "N", "KN");
	spnego_pair_run_swapped(&pair, 0, spnego_make_init("NX", "N-NEGOTIATE", NO_MIC));
	assert_int_equal(pair.acceptor.result, RESULT_ALTERED);
	expect_neither(&pair);
}

static void test_the_servers_choice_of_a_mechanism_not_offered_fails(void** state)
{
	struct spnego_pair pair;
	(void)state;
	open_pair(&pair, "N", "N");
	run_rewritten(&pair, 1, choose_kerberos);
	assert_int_equal(pair.initiator.result, RESULT_NO_COMMON_MECH);
	expect_neither(&pair);
}

static void test_a_mechanism_that_failed_locally_cannot_be_chosen(void** state)
{
	struct spnego_pair pair;
	(void)state;
	spnego_pair_init(&pair);
	pair.initiator.kerberos.steps[0].result = RESULT_NO_CREDENTIALS;
	spnego_pair_open(&pair, "KN", "N");
	run_rewritten(&pair, 1, choose_kerberos);
	assert_int_equal(pair.initiator.result, RESULT_NO_COMMON_MECH);
	expect_neither(&pair);
}

/* FreeRDP 0d975f9c2: to name an OID that nobody knows was to read past NULL. */
static void test_FreeRDP_0d975f9c2_unknown_mechanism_oid_is_an_error(void** state)
{
	struct spnego_pair pair;
	(void)state;
	open_pair(&pair, "KN", "KN");
	run_rewritten(&pair, 1, choose_unknown);
	assert_int_equal(pair.initiator.result, RESULT_NO_COMMON_MECH);
	assert_false(negossp_is_complete(pair.initiator.context));
	spnego_pair_close(&pair);
}

/* --- the MIC --------------------------------------------------------------------------------- */

static void test_clients_mic_removed_does_not_complete_the_server(void** state)
{
	struct spnego_pair pair;
	(void)state;
	/* the server asks with its own, which the client takes; its answer is what is missing */
	open_pair(&pair, "N", "N");
	run_rewritten(&pair, 2, drop_mic);
	assert_int_equal(pair.initiator.result, RESULT_OUT_OF_SEQUENCE);
	expect_neither(&pair);
}

static void test_servers_mic_removed_fails_the_client(void** state)
{
	struct spnego_pair pair;
	(void)state;
	open_pair(&pair, "N", "N");
	run_rewritten(&pair, 3, drop_mic);
	assert_int_equal(pair.initiator.result, RESULT_ALTERED);
	assert_false(negossp_is_complete(pair.initiator.context));
	spnego_pair_close(&pair);
}

static void test_mic_of_the_client_reflected_to_it_fails(void** state)
{
	struct spnego_pair pair;
	uint8_t mic[FAKE_MIC_SIZE];
	(void)state;
	open_pair(&pair, "N", "N");
	spnego_pair_run(&pair, NULL, NULL);
	bytes_copy(mic, spnego_pair_resp_at(&pair, 2).mech_list_mic);
	spnego_pair_close(&pair);
	open_pair(&pair, "N", "N");
	spnego_pair_run_swapped(&pair, 3,
	                        spnego_make_resp(NEG_STATE_ACCEPT_COMPLETED, 0, NULL, BYTES_OF(mic)));
	assert_int_equal(pair.initiator.result, RESULT_ALTERED);
	spnego_pair_close(&pair);
}

static void test_mic_equal_to_the_token_is_no_mic_where_one_is_needed(void** state)
{
	struct spnego_pair pair;
	struct blob output = BLOB_EMPTY;
	struct blob token;
	(void)state;
	open_pair(&pair, "KN", "N");
	assert_int_equal(spnego_side_step(&pair.initiator, BYTES_EMPTY, &output), RESULT_OK);
	blob_free(&output);
	pair.initiator.kerberos.demands_mic = true;
	token =
	    spnego_make_resp(NEG_STATE_ACCEPT_COMPLETED, 'K', "K-AP-REP", BYTES_LITERAL("K-AP-REP"));
	assert_int_equal(spnego_side_step(&pair.initiator, blob_bytes(&token), &output),
	                 RESULT_ALTERED);
	assert_int_equal(pair.initiator.kerberos.mics_verified, 0);
	blob_free(&token);
	spnego_pair_close(&pair);
}

static void test_request_mic_stripped_changes_nothing(void** state)
{
	struct spnego_pair pair;
	(void)state;
	/* the client knows by itself that its first mechanism was not taken */
	spnego_pair_init(&pair);
	pair.initiator.ntlm.demands_mic = false;
	pair.acceptor.ntlm.demands_mic = false;
	spnego_pair_open(&pair, "KN", "N");
	run_rewritten(&pair, 1, claim_incomplete);
	assert_true(spnego_pair_complete(&pair, "NTLM"));
	assert_int_equal(pair.initiator.ntlm.mics_verified, 1);
	assert_int_equal(pair.acceptor.ntlm.mics_verified, 1);
	spnego_pair_close(&pair);
}

static void test_request_mic_added_or_repeated_never_weakens(void** state)
{
	struct spnego_pair pair;
	(void)state;
	/* in the first reply it makes the client want one */
	spnego_pair_init(&pair);
	pair.initiator.ntlm.demands_mic = false;
	pair.acceptor.ntlm.demands_mic = false;
	spnego_pair_open(&pair, "N", "N");
	run_rewritten(&pair, 1, claim_request_mic);
	assert_true(spnego_pair_complete(&pair, "NTLM"));
	assert_int_equal(pair.initiator.ntlm.mics_verified, 1);
	spnego_pair_close(&pair);
	/* later it is out of place (RFC 4178 4.2.2) */
	open_pair(&pair, "N", "N");
	run_rewritten(&pair, 3, claim_request_mic);
	assert_int_equal(pair.initiator.result, RESULT_OUT_OF_SEQUENCE);
	spnego_pair_close(&pair);
}

/* --- who says that it is over ---------------------------------------------------------------- */

static void test_accept_completed_claimed_early_by_the_server_fails(void** state)
{
	struct spnego_pair pair;
	(void)state;
	open_pair(&pair, "N", "N"); /* beside CHALLENGE */
	run_rewritten(&pair, 1, claim_completed);
	assert_int_equal(pair.initiator.result, RESULT_OUT_OF_SEQUENCE);
	expect_neither(&pair);
	open_pair(&pair, "KN", "N"); /* beside the choice of another mechanism */
	run_rewritten(&pair, 1, claim_completed);
	assert_int_equal(pair.initiator.result, RESULT_OUT_OF_SEQUENCE);
	expect_neither(&pair);
	open_pair(&pair, "N", "N"); /* instead of CHALLENGE */
	spnego_pair_run_swapped(&pair, 1,
	                        spnego_make_resp(NEG_STATE_ACCEPT_COMPLETED, 'N', NULL, NO_MIC));
	assert_int_equal(pair.initiator.result, RESULT_OUT_OF_SEQUENCE);
	expect_neither(&pair);
}

static void test_accept_completed_claimed_early_by_the_client_decides_nothing(void** state)
{
	struct spnego_pair pair;
	(void)state;
	open_pair(&pair, "N", "N"); /* beside AUTHENTICATE: the server still sends its MIC */
	run_rewritten(&pair, 2, claim_completed);
	assert_true(spnego_pair_complete(&pair, "NTLM"));
	assert_int_equal(pair.legs, 4);
	spnego_pair_close(&pair);
	open_pair(&pair, "N", "N"); /* instead of AUTHENTICATE */
	spnego_pair_run_swapped(&pair, 2,
	                        spnego_make_resp(NEG_STATE_ACCEPT_COMPLETED, 0, NULL, NO_MIC));
	assert_int_equal(pair.acceptor.result, RESULT_OUT_OF_SEQUENCE);
	expect_neither(&pair);
}

static void test_reject_fails_at_any_time(void** state)
{
	struct spnego_pair pair;
	(void)state;
	for (unsigned leg = 1; leg < 6; leg++)
	{
		open_pair(&pair, "KN", "N");
		run_rewritten(&pair, leg, claim_reject);
		assert_int_equal(leg % 2 == 1 ? pair.initiator.result : pair.acceptor.result,
		                 RESULT_REJECTED);
		assert_int_equal(pair.legs, leg + 1);
		assert_false(negossp_is_complete(pair.initiator.context));
		spnego_pair_close(&pair);
	}
}

/* --- the mechanism --------------------------------------------------------------------------- */

/* From Kerberos to NTLM in the middle of the exchange. */
static void test_SSTIC_2020_mechanism_changed_twice_fails(void** state)
{
	struct spnego_pair pair;
	(void)state;
	open_pair(&pair, "KN", "N");
	run_rewritten(&pair, 3, choose_kerberos);
	assert_int_equal(pair.initiator.result, RESULT_OUT_OF_SEQUENCE);
	expect_neither(&pair);
}

static void test_SSTIC_2020_mechanism_changed_after_the_first_reply_fails(void** state)
{
	struct spnego_pair pair;
	(void)state;
	open_pair(&pair, "UN", "UN");
	spnego_pair_run_swapped(&pair, 3,
	                        spnego_make_resp(NEG_STATE_ACCEPT_INCOMPLETE, 'N', NULL, NO_MIC));
	assert_int_equal(pair.initiator.result, RESULT_OUT_OF_SEQUENCE);
	assert_int_equal(pair.initiator.ntlm.opened, 0);
	assert_false(negossp_is_complete(pair.initiator.context));
	spnego_pair_close(&pair);
}

static void test_SSTIC_2020_ap_req_corrupted_does_not_lead_to_ntlm(void** state)
{
	static const enum result why[] = { RESULT_LOGON_DENIED, RESULT_MALFORMED, RESULT_NO_CREDENTIALS,
		                               RESULT_POLICY };
	struct spnego_pair pair;
	(void)state;
	open_pair(&pair, "KN", "KN");
	spnego_pair_run_swapped(&pair, 0, spnego_make_init("KN", "K-AP-REX", NO_MIC));
	assert_int_equal(pair.acceptor.result, RESULT_LOGON_DENIED);
	assert_int_equal(pair.acceptor.ntlm.opened, 0);
	expect_neither(&pair);
	/* whatever the mechanism says of it, once it was opened */
	for (size_t i = 0; i < sizeof(why) / sizeof(why[0]); i++)
	{
		spnego_pair_init(&pair);
		pair.acceptor.kerberos.steps[0].result = why[i];
		spnego_pair_open(&pair, "KN", "KN");
		spnego_pair_run(&pair, NULL, NULL);
		assert_int_equal(pair.acceptor.result, why[i]);
		assert_int_equal(pair.acceptor.ntlm.opened, 0);
		expect_neither(&pair);
	}
}

static void test_answer_for_a_mechanism_other_than_the_chosen_fails(void** state)
{
	struct spnego_pair pair;
	(void)state;
	open_pair(&pair, "KN", "N");
	spnego_pair_run_swapped(&pair, 1,
	                        spnego_make_resp(NEG_STATE_REQUEST_MIC, 'N', "N-CHALLENGE", NO_MIC));
	assert_int_equal(pair.initiator.result, RESULT_OUT_OF_SEQUENCE);
	expect_neither(&pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mechtypes_changed_on_the_wire_fail_at_the_mechlistmic),
		cmocka_unit_test(test_the_servers_choice_of_a_mechanism_not_offered_fails),
		cmocka_unit_test(test_a_mechanism_that_failed_locally_cannot_be_chosen),
		cmocka_unit_test(test_FreeRDP_0d975f9c2_unknown_mechanism_oid_is_an_error),
		cmocka_unit_test(test_clients_mic_removed_does_not_complete_the_server),
		cmocka_unit_test(test_servers_mic_removed_fails_the_client),
		cmocka_unit_test(test_mic_of_the_client_reflected_to_it_fails),
		cmocka_unit_test(test_mic_equal_to_the_token_is_no_mic_where_one_is_needed),
		cmocka_unit_test(test_request_mic_stripped_changes_nothing),
		cmocka_unit_test(test_request_mic_added_or_repeated_never_weakens),
		cmocka_unit_test(test_accept_completed_claimed_early_by_the_server_fails),
		cmocka_unit_test(test_accept_completed_claimed_early_by_the_client_decides_nothing),
		cmocka_unit_test(test_reject_fails_at_any_time),
		cmocka_unit_test(test_SSTIC_2020_mechanism_changed_twice_fails),
		cmocka_unit_test(test_SSTIC_2020_mechanism_changed_after_the_first_reply_fails),
		cmocka_unit_test(test_SSTIC_2020_ap_req_corrupted_does_not_lead_to_ntlm),
		cmocka_unit_test(test_answer_for_a_mechanism_other_than_the_chosen_fails),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
