/* SPDX-License-Identifier: Apache-2.0
 *
 * What real peers do that the RFC alone would not lead one to expect: each completes, or fails with
 * a reason that helps.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "spnego_pair.h"

/* FreeRDP issue 13168: Windows 11 on an Entra machine. */
static void test_negoex_first_with_its_token_becomes_ntlm_with_request_mic(void** state)
{
	struct spnego_pair pair;
	uint8_t mic[FAKE_MIC_SIZE];
	(void)state;
	spnego_pair_init(&pair);
	spnego_pair_open(&pair, "N", "KN");
	struct blob list = spnego_make_list("XN");
	fake_mic(pair.acceptor.ntlm.key, MECH_INITIATOR, blob_bytes(&list), mic);
	spnego_side_answers(&pair.acceptor, spnego_make_init("XN", "NEGOEXTS.....", NO_MIC),
	                    NEG_STATE_REQUEST_MIC, NULL, false);
	spnego_side_answers(&pair.acceptor,
	                    spnego_make_resp(NEG_STATE_ABSENT, 0, "N-NEGOTIATE", NO_MIC),
	                    NEG_STATE_ACCEPT_INCOMPLETE, "N-CHALLENGE", false);
	spnego_side_answers(&pair.acceptor,
	                    spnego_make_resp(NEG_STATE_ABSENT, 0, "N-AUTHENTICATE", BYTES_OF(mic)),
	                    NEG_STATE_ACCEPT_COMPLETED, NULL, true);
	assert_true(negossp_is_complete(pair.acceptor.context));
	assert_string_equal(spnego_side_report(&pair.acceptor).offered, "NEGOEX,NTLM");
	blob_free(&list);
	spnego_pair_close(&pair);
}

static void test_no_optimistic_token_is_answered_with_the_choice(void** state)
{
	struct spnego_pair pair;
	(void)state;
	spnego_pair_init(&pair);
	spnego_pair_open(&pair, "N", "KN");
	spnego_side_answers(&pair.acceptor, spnego_make_init("KN", NULL, NO_MIC),
	                    NEG_STATE_ACCEPT_INCOMPLETE, NULL, false);
	spnego_side_answers(&pair.acceptor, spnego_make_resp(NEG_STATE_ABSENT, 0, "K-AP-REQ", NO_MIC),
	                    NEG_STATE_ACCEPT_COMPLETED, "K-AP-REP", false);
	spnego_pair_close(&pair);
}

static void test_both_kerberos_oids_are_one_mechanism_and_the_peers_is_named(void** state)
{
	struct spnego_pair pair;
	struct neg_token_resp resp;
	struct blob output = BLOB_EMPTY;
	(void)state;
	spnego_pair_init(&pair);
	spnego_pair_open(&pair, "KN", "NK");
	spnego_side_take(&pair.acceptor, spnego_make_init("kKN", "K-AP-REQ", NO_MIC), &output);
	assert_int_equal(neg_token_resp_parse(blob_bytes(&output), &resp, NULL), RESULT_OK);
	assert_int_equal(resp.neg_state, NEG_STATE_ACCEPT_COMPLETED);
	assert_true(bytes_equal(resp.supported_mech, spnego_oid('k')));
	blob_free(&output);
	/* and the initiator takes the other OID for its own mechanism */
	spnego_side_take(&pair.initiator, BLOB_EMPTY, &output);
	blob_free(&output);
	spnego_side_take(&pair.initiator,
	                 spnego_make_resp(NEG_STATE_ACCEPT_COMPLETED, 'k', "K-AP-REP", NO_MIC),
	                 &output);
	assert_true(negossp_is_complete(pair.initiator.context));
	assert_int_equal(output.len, 0);
	spnego_pair_close(&pair);
}

static void test_both_kerberos_oids_without_keytab_become_ntlm(void** state)
{
	struct spnego_pair pair;
	(void)state;
	spnego_pair_init(&pair);
	pair.acceptor.kerberos.open_result = RESULT_NO_CREDENTIALS;
	spnego_pair_open(&pair, "N", "KN");
	spnego_side_answers(&pair.acceptor, spnego_make_init("kKN", "K-AP-REQ", NO_MIC),
	                    NEG_STATE_REQUEST_MIC, NULL, false);
	assert_string_equal(spnego_side_report(&pair.acceptor).chosen, "NTLM");
	spnego_pair_close(&pair);
}

static void test_bare_ntlm_ends_with_an_empty_token(void** state)
{
	struct spnego_pair pair;
	(void)state;
	spnego_pair_init(&pair);
	spnego_side_open(&pair.initiator, MECH_INITIATOR, NEGOSSP_FRAMING_BARE, "NK");
	spnego_side_open(&pair.acceptor, MECH_ACCEPTOR, NEGOSSP_FRAMING_SPNEGO, "KN");
	spnego_pair_run(&pair, NULL, NULL);
	assert_true(spnego_pair_complete(&pair, "NTLM"));
	assert_int_equal(pair.legs, 3);
	assert_true(spnego_is_text(blob_bytes(&pair.wire[2]), "N-AUTHENTICATE"));
	const struct negossp_report report = spnego_side_report(&pair.acceptor);
	assert_int_equal(report.framing, NEGOSSP_FRAMING_BARE);
	assert_string_equal(report.offered, "NTLM");
	assert_true(!report.mic_needed && !report.mic_sent);
	assert_string_equal(spnego_side_report(&pair.initiator).offered, "NTLM");
	spnego_pair_close(&pair);
}

static void test_bare_kerberos_passes_through(void** state)
{
	struct spnego_pair pair;
	(void)state;
	spnego_pair_init(&pair);
	spnego_side_open(&pair.initiator, MECH_INITIATOR, NEGOSSP_FRAMING_BARE, "K");
	spnego_side_open(&pair.acceptor, MECH_ACCEPTOR, NEGOSSP_FRAMING_BARE, "K");
	spnego_pair_run(&pair, NULL, NULL);
	assert_true(spnego_pair_complete(&pair, "Kerberos"));
	assert_int_equal(pair.legs, 2);
	spnego_pair_close(&pair);
}

static void test_a_bare_token_of_a_mechanism_not_offered_is_malformed(void** state)
{
	static const uint8_t negotiate[] = { 'N', 'T', 'L', 'M', 'S', 'S', 'P', 0, 1, 0, 0, 0 };
	struct spnego_pair pair;
	struct blob output = BLOB_EMPTY;
	(void)state;
	spnego_pair_init(&pair);
	spnego_pair_open(&pair, "K", "K");
	assert_int_equal(spnego_side_step(&pair.acceptor, BYTES_OF(negotiate), &output),
	                 RESULT_MALFORMED);
	spnego_pair_close(&pair);
}

static void test_an_answer_without_spnego_names_the_framing_setting(void** state)
{
	static const uint8_t challenge[] = "N-challenge";
	struct spnego_pair pair;
	struct blob output = BLOB_EMPTY;
	(void)state;
	spnego_pair_init(&pair);
	spnego_pair_open(&pair, "N", "N");
	spnego_side_take(&pair.initiator, BLOB_EMPTY, &output);
	blob_free(&output);
	/* the peer may hang up: nobody tells us, and only a log can say what that may mean */
	struct negossp_report report = spnego_side_report(&pair.initiator);
	assert_int_equal(report.legs, 1);
	assert_null(report.reason);
	assert_int_equal(spnego_side_step(&pair.initiator, BYTES_OF(challenge), &output),
	                 RESULT_OUT_OF_SEQUENCE);
	report = spnego_side_report(&pair.initiator);
	assert_non_null(strstr(report.reason, "framing=raw"));
	spnego_pair_close(&pair);
}

/* MS-SPNG 2.2.1: negHints at [3], the MIC at [4]. */
static const uint8_t init2[] = { 0x60, 0x30, 0x06, 0x06, 0x2B, 0x06, 0x01, 0x05, 0x05, 0x02,
	                             0xA0, 0x26, 0x30, 0x24, 0xA0, 0x0E, 0x30, 0x0C, 0x06, 0x0A,
	                             0x2B, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x02, 0x02, 0x0A,
	                             0xA3, 0x12, 0x30, 0x10, 0xA0, 0x0E, 0x1B, 0x0C, 'n',  'o',
	                             't',  '_',  'd',  'e',  'f',  'i',  'n',  'e',  'd',  '!' };

static void test_neg_token_init2_is_taken_by_both_roles(void** state)
{
	struct spnego_pair pair;
	struct blob output = BLOB_EMPTY;
	(void)state;
	spnego_pair_init(&pair);
	spnego_pair_open(&pair, "KN", "N");
	assert_int_equal(spnego_side_step(&pair.initiator, BYTES_OF(init2), &output), RESULT_OK);
	assert_true(neg_token_is_init(blob_bytes(&output)));
	blob_free(&output);
	assert_int_equal(spnego_side_step(&pair.acceptor, BYTES_OF(init2), &output), RESULT_OK);
	blob_free(&output);
	spnego_pair_close(&pair);
}

static void test_old_server_repeats_the_token_as_mic(void** state)
{
	struct spnego_pair pair;
	struct blob output = BLOB_EMPTY;
	(void)state;
	spnego_pair_init(&pair);
	spnego_pair_open(&pair, "KN", "N");
	spnego_side_take(&pair.initiator, BLOB_EMPTY, &output);
	blob_free(&output);
	spnego_side_take(
	    &pair.initiator,
	    spnego_make_resp(NEG_STATE_ACCEPT_COMPLETED, 'K', "K-AP-REP", BYTES_LITERAL("K-AP-REP")),
	    &output);
	assert_true(negossp_is_complete(pair.initiator.context));
	assert_int_equal(pair.initiator.kerberos.mics_verified, 0);
	spnego_pair_close(&pair);
}

static void test_old_server_omits_neg_state_and_repeats_the_choice_later(void** state)
{
	struct spnego_pair pair;
	struct blob output = BLOB_EMPTY;
	(void)state;
	spnego_pair_init(&pair);
	spnego_pair_open(&pair, "UN", "N");
	spnego_side_take(&pair.initiator, BLOB_EMPTY, &output);
	blob_free(&output);
	spnego_side_answers(&pair.initiator,
	                    spnego_make_resp(NEG_STATE_ACCEPT_INCOMPLETE, 0, "U-TGT-REP", NO_MIC),
	                    NEG_STATE_ACCEPT_INCOMPLETE, "U-AP-REQ", false);
	spnego_side_take(&pair.initiator, spnego_make_resp(NEG_STATE_ABSENT, 'U', "U-AP-REP", NO_MIC),
	                 &output);
	assert_true(negossp_is_complete(pair.initiator.context));
	spnego_pair_close(&pair);
}

/* Takes an initiator whose NTLM does not demand a MIC to where its AUTHENTICATE went out bare of
 * one. */
static void open_without_mic(struct spnego_pair* pair, bool demands)
{
	struct blob output = BLOB_EMPTY;
	spnego_pair_init(pair);
	pair->initiator.ntlm.demands_mic = demands;
	spnego_pair_open(pair, "N", "N");
	spnego_side_take(&pair->initiator, BLOB_EMPTY, &output);
	blob_free(&output);
	spnego_side_answers(&pair->initiator,
	                    spnego_make_resp(NEG_STATE_ACCEPT_INCOMPLETE, 'N', "N-CHALLENGE", NO_MIC),
	                    NEG_STATE_ACCEPT_INCOMPLETE, "N-AUTHENTICATE", demands);
}

static void server_mic(const struct spnego_pair* pair, uint8_t* mic)
{
	struct blob list = spnego_make_list("N");
	fake_mic(pair->initiator.ntlm.key, MECH_ACCEPTOR, blob_bytes(&list), mic);
	blob_free(&list);
}

/* Windows Server 2025 and Samba, when they miss ours (tests/vectors, the token's shape). */
static void test_server_2025_accept_incomplete_with_mic_is_answered_with_ours(void** state)
{
	struct spnego_pair pair;
	struct blob output = BLOB_EMPTY;
	uint8_t mic[FAKE_MIC_SIZE];
	(void)state;
	open_without_mic(&pair, false);
	server_mic(&pair, mic);
	spnego_side_answers(&pair.initiator,
	                    spnego_make_resp(NEG_STATE_ACCEPT_INCOMPLETE, 0, NULL, BYTES_OF(mic)),
	                    NEG_STATE_ACCEPT_COMPLETED, NULL, true);
	assert_true(negossp_is_complete(pair.initiator.context));
	/* complete: MIT's acceptor sends nothing more, and what another sends is not for us */
	struct blob token = spnego_make_resp(NEG_STATE_ACCEPT_COMPLETED, 0, NULL, NO_MIC);
	assert_int_equal(spnego_side_step(&pair.initiator, blob_bytes(&token), &output),
	                 RESULT_OUT_OF_SEQUENCE);
	blob_free(&token);
	spnego_pair_close(&pair);
}

/* Takes an acceptor to where it has sent its MIC and awaits the client's, and sends that with
 * `claim`. Returns what the step comes to. */
static enum result last_mic_at_the_acceptor(struct spnego_pair* pair, enum neg_state claim,
                                            struct blob* output)
{
	uint8_t mic[FAKE_MIC_SIZE];
	spnego_pair_init(pair);
	spnego_pair_open(pair, "N", "N");
	spnego_side_answers(&pair->acceptor, spnego_make_init("N", "N-NEGOTIATE", NO_MIC),
	                    NEG_STATE_ACCEPT_INCOMPLETE, "N-CHALLENGE", false);
	spnego_side_answers(&pair->acceptor,
	                    spnego_make_resp(NEG_STATE_ABSENT, 0, "N-AUTHENTICATE", NO_MIC),
	                    NEG_STATE_ACCEPT_INCOMPLETE, NULL, true);
	struct blob list = spnego_make_list("N");
	fake_mic(pair->acceptor.ntlm.key, MECH_INITIATOR, blob_bytes(&list), mic);
	blob_free(&list);
	struct blob token = spnego_make_resp(claim, 0, NULL, BYTES_OF(mic));
	const enum result result = spnego_side_step(&pair->acceptor, blob_bytes(&token), output);
	blob_free(&token);
	return result;
}

/* RFC 4178 5 (b)(I). In CredSSP pubKeyAuth comes beside it, and a token of ours would be sent
 * instead of the answer to that. */
static void test_last_mic_with_accept_completed_is_owed_nothing(void** state)
{
	struct spnego_pair pair;
	struct blob output = BLOB_EMPTY;
	(void)state;
	assert_int_equal(last_mic_at_the_acceptor(&pair, NEG_STATE_ACCEPT_COMPLETED, &output),
	                 RESULT_OK);
	assert_true(negossp_is_complete(pair.acceptor.context));
	assert_int_equal(output.len, 0);
	spnego_pair_close(&pair);
}

static void test_last_mic_of_a_client_that_waits_is_answered_with_accept_completed(void** state)
{
	static const enum neg_state claims[] = { NEG_STATE_ACCEPT_INCOMPLETE, NEG_STATE_REQUEST_MIC,
		                                     NEG_STATE_ABSENT };
	(void)state;
	for (size_t i = 0; i < sizeof(claims) / sizeof(claims[0]); i++)
	{
		struct spnego_pair pair;
		struct neg_token_resp resp;
		struct blob output = BLOB_EMPTY;
		assert_int_equal(last_mic_at_the_acceptor(&pair, claims[i], &output), RESULT_OK);
		assert_true(negossp_is_complete(pair.acceptor.context));
		assert_int_equal(neg_token_resp_parse(blob_bytes(&output), &resp, NULL), RESULT_OK);
		assert_int_equal(resp.neg_state, NEG_STATE_ACCEPT_COMPLETED);
		assert_int_equal(resp.mech_list_mic.len + resp.response_token.len, 0);
		blob_free(&output);
		spnego_pair_close(&pair);
	}
}

static void test_last_mic_with_reject_fails(void** state)
{
	struct spnego_pair pair;
	struct blob output = BLOB_EMPTY;
	(void)state;
	assert_int_equal(last_mic_at_the_acceptor(&pair, NEG_STATE_REJECT, &output), RESULT_REJECTED);
	assert_false(negossp_is_complete(pair.acceptor.context));
	spnego_pair_close(&pair);
}

static void test_server_2025_token_after_our_mic_is_not_answered_again(void** state)
{
	struct spnego_pair pair;
	struct blob output = BLOB_EMPTY;
	uint8_t mic[FAKE_MIC_SIZE];
	(void)state;
	open_without_mic(&pair, true);
	server_mic(&pair, mic);
	struct blob token = spnego_make_resp(NEG_STATE_ACCEPT_INCOMPLETE, 0, NULL, BYTES_OF(mic));
	assert_int_equal(spnego_side_step(&pair.initiator, blob_bytes(&token), &output),
	                 RESULT_OUT_OF_SEQUENCE);
	assert_int_equal(pair.initiator.ntlm.mics_made, 1);
	blob_free(&token);
	spnego_pair_close(&pair);
}

/* Windows' NTLM and pyspnego, where nobody asked for signing. */
static void test_what_stands_for_a_mic_without_integrity_counts_as_none(void** state)
{
	(void)state;
	for (int needed = 0; needed < 2; needed++)
	{
		struct spnego_pair pair;
		spnego_pair_init(&pair);
		pair.acceptor.ntlm.no_integrity = true;
		pair.acceptor.ntlm.demands_mic = needed;
		spnego_pair_open(&pair, "N", "N");
		spnego_side_answers(&pair.acceptor, spnego_make_init("N", "N-NEGOTIATE", NO_MIC),
		                    NEG_STATE_ACCEPT_INCOMPLETE, "N-CHALLENGE", false);
		/* complete where none is needed; where one is, it is still awaited */
		spnego_side_answers(
		    &pair.acceptor, spnego_make_resp(NEG_STATE_ABSENT, 0, "N-AUTHENTICATE", FAKE_VOID_MIC),
		    needed ? NEG_STATE_ACCEPT_INCOMPLETE : NEG_STATE_ACCEPT_COMPLETED, NULL, needed);
		assert_int_equal(negossp_is_complete(pair.acceptor.context), !needed);
		assert_int_equal(pair.acceptor.ntlm.mics_verified, 0);
		assert_int_equal(spnego_side_report(&pair.acceptor).mic_peer, MECH_CHECK_NOT_LOOKED_AT);
		spnego_pair_close(&pair);
	}
}

/* and where there is integrity it is a wrong MIC */
static void test_what_stands_for_a_mic_is_wrong_where_there_is_integrity(void** state)
{
	struct spnego_pair pair;
	struct blob output = BLOB_EMPTY;
	(void)state;
	spnego_pair_init(&pair);
	spnego_pair_open(&pair, "N", "N");
	spnego_side_answers(&pair.acceptor, spnego_make_init("N", "N-NEGOTIATE", NO_MIC),
	                    NEG_STATE_ACCEPT_INCOMPLETE, "N-CHALLENGE", false);
	struct blob token = spnego_make_resp(NEG_STATE_ABSENT, 0, "N-AUTHENTICATE", FAKE_VOID_MIC);
	assert_int_equal(spnego_side_step(&pair.acceptor, blob_bytes(&token), &output), RESULT_ALTERED);
	blob_free(&token);
	spnego_pair_close(&pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_negoex_first_with_its_token_becomes_ntlm_with_request_mic),
		cmocka_unit_test(test_no_optimistic_token_is_answered_with_the_choice),
		cmocka_unit_test(test_both_kerberos_oids_are_one_mechanism_and_the_peers_is_named),
		cmocka_unit_test(test_both_kerberos_oids_without_keytab_become_ntlm),
		cmocka_unit_test(test_bare_ntlm_ends_with_an_empty_token),
		cmocka_unit_test(test_bare_kerberos_passes_through),
		cmocka_unit_test(test_a_bare_token_of_a_mechanism_not_offered_is_malformed),
		cmocka_unit_test(test_an_answer_without_spnego_names_the_framing_setting),
		cmocka_unit_test(test_neg_token_init2_is_taken_by_both_roles),
		cmocka_unit_test(test_old_server_repeats_the_token_as_mic),
		cmocka_unit_test(test_old_server_omits_neg_state_and_repeats_the_choice_later),
		cmocka_unit_test(test_server_2025_accept_incomplete_with_mic_is_answered_with_ours),
		cmocka_unit_test(test_last_mic_with_accept_completed_is_owed_nothing),
		cmocka_unit_test(test_last_mic_of_a_client_that_waits_is_answered_with_accept_completed),
		cmocka_unit_test(test_last_mic_with_reject_fails),
		cmocka_unit_test(test_server_2025_token_after_our_mic_is_not_answered_again),
		cmocka_unit_test(test_what_stands_for_a_mic_without_integrity_counts_as_none),
		cmocka_unit_test(test_what_stands_for_a_mic_is_wrong_where_there_is_integrity),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
