/* SPDX-License-Identifier: Apache-2.0
 *
 * Robustness, by the numbers of others' mistakes: contexts that are half-built, failed or over, and
 * tokens that are empty, oversized or of no concern.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "spnego_pair.h"

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

static void test_CVE_2014_4343_mechanism_change_closes_each_context_once(void** state)
{
	struct spnego_pair pair;
	(void)state;
	open_pair(&pair, "KN", "N");
	spnego_pair_run(&pair, NULL, NULL);
	assert_true(spnego_pair_complete(&pair, "NTLM"));
	/* the optimistic mechanism lives until the caller frees the context */
	assert_int_equal(pair.initiator.kerberos.opened, 1);
	assert_int_equal(pair.initiator.kerberos.closed, 0);
	spnego_pair_close(&pair);
	assert_int_equal(pair.initiator.kerberos.closed, 1);
	assert_int_equal(pair.initiator.ntlm.closed, 1);
}

static void test_CVE_2014_4344_empty_continuation_fails(void** state)
{
	struct spnego_pair pair;
	(void)state;
	for (unsigned leg = 1; leg < 6; leg++)
	{
		open_pair(&pair, "KN", "N");
		spnego_pair_run_swapped(&pair, leg, spnego_make_resp(NEG_STATE_ABSENT, 0, NULL, NO_MIC));
		assert_int_not_equal(leg % 2 == 1 ? pair.initiator.result : pair.acceptor.result,
		                     RESULT_OK);
		assert_false(negossp_is_complete(pair.initiator.context));
		spnego_pair_close(&pair);
		open_pair(&pair, "KN", "N"); /* no bytes at all */
		spnego_pair_run_swapped(&pair, leg, BLOB_EMPTY);
		assert_int_equal(leg % 2 == 1 ? pair.initiator.result : pair.acceptor.result,
		                 RESULT_MALFORMED);
		spnego_pair_close(&pair);
	}
}

static void test_CVE_2015_2695_calls_on_a_half_built_context_are_safe(void** state)
{
	struct spnego_pair pair;
	struct negossp_report report;
	struct blob output = BLOB_EMPTY;
	uint8_t trailer[4];
	(void)state;
	open_pair(&pair, "KN", "N");
	for (unsigned i = 0; i < 3; i++) /* before anything, after the first leg, after a failure */
	{
		size_t len = sizeof(trailer);
		assert_int_equal(negossp_wrap(pair.initiator.context, true, NULL, 0, trailer, &len),
		                 RESULT_OUT_OF_SEQUENCE);
		assert_int_equal(negossp_unwrap(pair.initiator.context, true, NULL, 0, BYTES_EMPTY),
		                 RESULT_OUT_OF_SEQUENCE);
		negossp_describe(pair.initiator.context, &report);
		assert_true((negossp_chosen(pair.initiator.context, NULL) != NULL) == (i > 0));
		(void)spnego_side_step(&pair.initiator, BYTES_EMPTY, &output);
		blob_free(&output);
	}
	spnego_pair_close(&pair);
	assert_null(negossp_chosen(NULL, NULL));
	assert_false(negossp_is_complete(NULL));
	negossp_describe(NULL, &report);
	assert_int_equal(report.result, RESULT_INVALID_ARGUMENT);
}

static void test_calls_without_a_context_or_without_room_are_refused(void** state)
{
	const struct mech_input input = { .token = BYTES_EMPTY };
	struct mech_output output = { .complete = false };
	struct mech_session session = { .granted = 1 };
	struct spnego_pair pair;
	(void)state;
	open_pair(&pair, "N", "N");
	assert_int_equal(negossp_step(NULL, &input, &output), RESULT_INVALID_ARGUMENT);
	assert_int_equal(negossp_step(pair.initiator.context, NULL, &output), RESULT_INVALID_ARGUMENT);
	assert_int_equal(negossp_step(pair.initiator.context, &input, NULL), RESULT_INVALID_ARGUMENT);
	assert_null(negossp_session_key(NULL));
	negossp_session(NULL, &session);
	assert_int_equal(session.granted, 0);
	spnego_pair_close(&pair);
}

static void test_CVE_2017_11462_a_failed_context_lives_until_it_is_freed(void** state)
{
	struct spnego_pair pair;
	struct negossp_report report;
	struct blob output = BLOB_EMPTY;
	const char* reason = NULL;
	(void)state;
	open_pair(&pair, "KN", "KN");
	spnego_pair_run_swapped(&pair, 0, spnego_make_init("KN", "K-garbage", NO_MIC));
	negossp_describe(pair.acceptor.context, &report);
	reason = report.reason;
	assert_int_equal(report.result, RESULT_LOGON_DENIED);
	assert_string_equal(reason, "the script says so");
	/* called again, it refuses and keeps saying why it died */
	struct blob token = spnego_make_init("N", "N-NEGOTIATE", NO_MIC);
	assert_int_equal(spnego_side_step(&pair.acceptor, blob_bytes(&token), &output),
	                 RESULT_OUT_OF_SEQUENCE);
	blob_free(&token);
	negossp_describe(pair.acceptor.context, &report);
	assert_ptr_equal(report.reason, reason);
	assert_int_equal(pair.acceptor.kerberos.closed, 0);
	expect_neither(&pair);
}

static void test_CVE_2021_44758_bad_preferred_mechanism_is_skipped_or_refused(void** state)
{
	struct spnego_pair pair;
	struct blob output = BLOB_EMPTY;
	struct blob token = spnego_make_init("?", NULL, NO_MIC);
	(void)state;
	open_pair(&pair, "N", "N");
	assert_int_equal(spnego_side_step(&pair.acceptor, blob_bytes(&token), &output),
	                 RESULT_NO_COMMON_MECH);
	blob_free(&token);
	spnego_pair_close(&pair);
	open_pair(&pair, "N", "N");
	token = spnego_make_init("?N", NULL, NO_MIC);
	assert_int_equal(spnego_side_step(&pair.acceptor, blob_bytes(&token), &output), RESULT_OK);
	blob_free(&output);
	blob_free(&token);
	spnego_pair_close(&pair);
}

/* CVE-2022-37958, CVE-2025-21295: NEGOEX's payload is what nobody here reads. */
static void test_CVE_2022_37958_and_CVE_2025_21295_negoex_is_never_parsed(void** state)
{
	struct spnego_pair pair;
	struct blob output = BLOB_EMPTY;
	struct neg_token_resp resp;
	struct blob token = spnego_make_init("XPN", "NEGOEXTS\xFF\xFF\xFF\xFF", BYTES_LITERAL("x"));
	(void)state;
	open_pair(&pair, "N", "KUN");
	assert_int_equal(spnego_side_step(&pair.acceptor, blob_bytes(&token), &output), RESULT_OK);
	assert_int_equal(neg_token_resp_parse(blob_bytes(&output), &resp, NULL), RESULT_OK);
	assert_int_equal(resp.neg_state, NEG_STATE_REQUEST_MIC);
	assert_true(bytes_equal(resp.supported_mech, spnego_oid('N')));
	assert_int_equal(pair.acceptor.ntlm.stepped, 0);
	blob_free(&output);
	blob_free(&token);
	spnego_pair_close(&pair);
}

static void test_nothing_is_accepted_after_completion(void** state)
{
	struct spnego_pair pair;
	struct blob output = BLOB_EMPTY;
	uint8_t trailer[4];
	size_t len = sizeof(trailer);
	(void)state;
	open_pair(&pair, "N", "N");
	spnego_pair_run(&pair, NULL, NULL);
	assert_true(spnego_pair_complete(&pair, "NTLM"));
	assert_int_equal(spnego_side_step(&pair.acceptor, blob_bytes(&pair.wire[2]), &output),
	                 RESULT_OUT_OF_SEQUENCE);
	assert_int_equal(negossp_wrap(pair.acceptor.context, true, NULL, 0, trailer, &len),
	                 RESULT_OUT_OF_SEQUENCE);
	assert_int_equal(spnego_side_step(&pair.initiator, blob_bytes(&pair.wire[3]), &output),
	                 RESULT_OUT_OF_SEQUENCE);
	spnego_pair_close(&pair);
}

static void test_oversized_token_is_refused_unread(void** state)
{
	static const uint8_t large[128 * 1024 + 1] = { 'N', '-' };
	struct spnego_pair pair;
	struct blob output = BLOB_EMPTY;
	(void)state;
	open_pair(&pair, "N", "N");
	assert_int_equal(spnego_side_step(&pair.acceptor, BYTES_OF(large), &output), RESULT_MALFORMED);
	assert_int_equal(pair.acceptor.ntlm.opened, 0);
	spnego_pair_close(&pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_CVE_2014_4343_mechanism_change_closes_each_context_once),
		cmocka_unit_test(test_CVE_2014_4344_empty_continuation_fails),
		cmocka_unit_test(test_CVE_2015_2695_calls_on_a_half_built_context_are_safe),
		cmocka_unit_test(test_calls_without_a_context_or_without_room_are_refused),
		cmocka_unit_test(test_CVE_2017_11462_a_failed_context_lives_until_it_is_freed),
		cmocka_unit_test(test_CVE_2021_44758_bad_preferred_mechanism_is_skipped_or_refused),
		cmocka_unit_test(test_CVE_2022_37958_and_CVE_2025_21295_negoex_is_never_parsed),
		cmocka_unit_test(test_nothing_is_accepted_after_completion),
		cmocka_unit_test(test_oversized_token_is_refused_unread),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
