/* SPDX-License-Identifier: Apache-2.0
 *
 * A good logon: which TSRequests go over the wire, in which order, and what is in them.
 *
 * The module's client frames NTLM in SPNEGO and needs four legs; WinPR's client never does and
 * needs three. Both servers answer both. Two of WinPR's own are the base line: when that fails, it
 * is this driver or the machine that is wrong.
 */
#include "nla_check.h"

#define USER "alice"
#define PASSWORD "Correct-Horse-7"

static int open_with_accounts(void** state)
{
	static const struct nla_account accounts[] = { { USER, "", PASSWORD },
		                                           { "bob", "EXAMPLE", "Battery-Staple-8" } };

	if (nla_lab_open(state) != 0)
		return -1;
	return nla_lab_write_sam("sam", accounts, 2) ? 0 : -1;
}

static void test_logon(void** state)
{
	const struct nla_options options = { .pairing = nla_pairing_of(state),
		                                 .user = USER,
		                                 .domain = "",
		                                 .password = PASSWORD,
		                                 .sam = "sam" };
	struct nla_result result;

	nla_run(&options, &result);
	nla_assert_logon(&options, &result);
	nla_result_clear(&result);
}

static void test_logon_with_domain(void** state)
{
	const struct nla_options options = { .pairing = nla_pairing_of(state),
		                                 .user = "bob",
		                                 .domain = "EXAMPLE",
		                                 .password = "Battery-Staple-8",
		                                 .sam = "sam" };
	struct nla_result result;

	nla_run(&options, &result);
	nla_assert_logon(&options, &result);
	nla_result_clear(&result);
}

/* MS-CSSP 3.1.5: the server is asked for a key hash of 32 bytes behind NTLM's 16 bytes of
 * signature, in both directions, and the signature's sequence number (MS-NLMP 2.2.2.9.1) is 1 after
 * a mechListMIC in that direction (MS-SPNG 3.3.5.1), else 0. */
static void test_sequence_numbers_follow_the_mic(void** state)
{
	const enum nla_pairing pairing = nla_pairing_of(state);
	const struct nla_options options = {
		.pairing = pairing, .user = USER, .domain = "", .password = PASSWORD, .sam = "sam"
	};
	const uint8_t expected = nla_client_is_module(pairing) ? 1 : 0;
	struct nla_result result;
	unsigned seen = 0;

	nla_run(&options, &result);
	for (size_t i = 0; i < result.recorder.count; i++)
	{
		const struct ts_request* const request = &result.recorder.messages[i].request;

		if ((request->fields & TS_PUB_KEY_AUTH) == 0)
			continue;
		assert_int_equal(request->pub_key_auth.len, 16 + 32);
		assert_int_equal(request->pub_key_auth.data[12], expected);
		seen++;
	}
	assert_int_equal(seen, 2);
	const struct recorded* const last =
	    recorder_find(&result.recorder, FROM_CLIENT, nla_flow_legs(pairing, FROM_CLIENT));
	assert_non_null(last);
	assert_int_equal(last->request.auth_info.data[12], expected + 1);
	nla_result_clear(&result);
}

/* Until FreeRDP is patched, the token beside the server's pubKeyAuth is the one before it, byte for
 * byte: a repetition, not a fifth token of the mechanism. */
static void test_repeated_token_is_the_same(void** state)
{
	const struct nla_options options = { .pairing = nla_pairing_of(state),
		                                 .user = USER,
		                                 .domain = "",
		                                 .password = PASSWORD,
		                                 .sam = "sam" };
	struct nla_result result;

	nla_run(&options, &result);
	const struct recorded* const final = recorder_find(&result.recorder, FROM_SERVER, 2);
	const struct recorded* const answer = recorder_find(&result.recorder, FROM_SERVER, 3);
	assert_non_null(final);
	assert_non_null(answer);
	assert_true(final->token.has_mic);
	if (nla_lab_is_patched())
		assert_int_equal(answer->request.fields, TS_PUB_KEY_AUTH);
	else
		assert_true(bytes_equal(final->request.nego_token, answer->request.nego_token));
	nla_result_clear(&result);
}

/* The module's first answer names NTLM, as the first reply of an acceptor must (RFC 4178 4.2.2). */
static void test_first_reply_names_the_mechanism(void** state)
{
	const struct nla_options options = { .pairing = nla_pairing_of(state),
		                                 .user = USER,
		                                 .domain = "",
		                                 .password = PASSWORD,
		                                 .sam = "sam" };
	struct nla_result result;

	nla_run(&options, &result);
	const struct recorded* const first = recorder_find(&result.recorder, FROM_SERVER, 1);
	assert_non_null(first);
	assert_true(first->token.names_mech);
	nla_result_clear(&result);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		NLA_ONE(test_logon, stock_to_stock),
		NLA_EACH(test_logon),
		NLA_EACH(test_logon_with_domain),
		NLA_EACH(test_sequence_numbers_follow_the_mic),
		NLA_ONE(test_repeated_token_is_the_same, module_to_module),
		NLA_ONE(test_repeated_token_is_the_same, module_to_stock),
		NLA_ONE(test_first_reply_names_the_mechanism, module_to_module),
	};
	return cmocka_run_group_tests_name("freerdp_flows", tests, open_with_accounts, nla_lab_close);
}
