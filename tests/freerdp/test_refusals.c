/* SPDX-License-Identifier: Apache-2.0
 *
 * Logons that must not come about: wrong credentials, a server that cannot judge any, messages
 * spoiled on the way at every leg, and a client that goes away at every leg. Each ends at once, and
 * no credentials are sent to a server that has not proved itself.
 */
#include "nla_check.h"

/* What may stand beside errorCode in the server's verdict. Without patches FreeRDP's server sends a
 * pubKeyAuth that came with AUTHENTICATE back as it is: no secret, as it is the client's own. A
 * token beside it, or 12256 zero bytes, would come from a provider that does not take back its
 * output when it fails: the module does, WinPR's own does not always. */
static void judge_verdict(enum nla_pairing pairing, const struct recorded* asked,
                          const struct recorded* verdict)
{
	unsigned beside = 0;

	if (!nla_client_is_module(pairing) && !nla_lab_is_patched())
	{
		beside = TS_PUB_KEY_AUTH;
		assert_true(bytes_equal(verdict->request.pub_key_auth, asked->request.pub_key_auth));
	}
	if (!nla_server_is_module(pairing))
		beside |= verdict->request.fields & TS_NEGO_TOKENS;
	assert_int_equal(verdict->request.fields, TS_ERROR_CODE | beside);
}

/* Runs a logon that the server must refuse on AUTHENTICATE, and says with which errorCode. */
static uint32_t refusal_of(const struct nla_options* options)
{
	struct nla_result result;
	uint32_t error_code = 0;

	nla_run(options, &result);
	nla_assert_no_logon(&result);
	const struct recorded* const asked = recorder_find(&result.recorder, FROM_CLIENT, 2);
	const struct recorded* const verdict = recorder_find(&result.recorder, FROM_SERVER, 2);
	nla_assert_exchange_begins(&result, nla_flow_until_verdict(options->pairing));
	assert_non_null(asked);
	assert_non_null(verdict);
	judge_verdict(options->pairing, asked, verdict);
	error_code = verdict->request.error_code;
	assert_null(recorder_find(&result.recorder, FROM_SERVER, 3));
	nla_result_clear(&result);
	return error_code;
}

static void test_wrong_password(void** state)
{
	struct nla_options options = nla_frank(nla_pairing_of(state));

	options.password = "Let-Me-In-11";
	assert_int_not_equal(refusal_of(&options), 0);
}

static void test_unknown_user(void** state)
{
	struct nla_options options = nla_frank(nla_pairing_of(state));

	options.user = "nobody";
	assert_int_not_equal(refusal_of(&options), 0);
}

/* Who asks cannot find out which names there are. WinPR's own server tells them apart. */
static void test_unknown_user_and_wrong_password_look_alike(void** state)
{
	struct nla_options unknown = nla_frank(nla_pairing_of(state));
	struct nla_options wrong = unknown;

	unknown.user = "nobody";
	wrong.password = "Let-Me-In-11";
	assert_int_equal(refusal_of(&unknown), refusal_of(&wrong));
}

static void test_server_without_sam(void** state)
{
	struct nla_options options = nla_frank(nla_pairing_of(state));
	struct nla_result result;

	options.sam = "no-such-file";
	nla_run(&options, &result);
	nla_assert_no_logon(&result);
	nla_result_clear(&result);
}

/* Spoils each message of one side in each way, in turn. */
static void spoil_each_leg(enum nla_pairing pairing, enum recorder_from who,
                           void (*judge)(const struct nla_result* result, unsigned leg))
{
	static const enum nla_fault_kind kinds[] = { FAULT_TOKEN_GARBAGE, FAULT_BODY_GARBAGE,
		                                         FAULT_BODY_CUT };
	const unsigned legs = nla_flow_legs(pairing, who);

	for (unsigned leg = 1; leg <= legs; leg++)
	{
		for (size_t kind = 0; kind < sizeof(kinds) / sizeof(kinds[0]); kind++)
		{
			struct nla_options options = nla_frank(pairing);
			struct nla_result result;

			options.fault = (struct nla_fault){ .kind = kinds[kind], .who = who, .leg = leg };
			nla_run(&options, &result);
			judge(&result, leg);
			nla_result_clear(&result);
		}
	}
}

/* The message arrived spoiled, and the server let nobody in. The client's own view is not asked:
 * after authInfo it goes on before the server has read it. */
static void judge_spoiled_client(const struct nla_result* result, unsigned leg)
{
	assert_non_null(recorder_find(&result->recorder, FROM_CLIENT, leg));
	assert_null(recorder_find(&result->recorder, FROM_CLIENT, leg + 1));
	assert_false(result->server_logged_on);
}

static void test_garbage_from_client_at_each_leg(void** state)
{
	spoil_each_leg(nla_pairing_of(state), FROM_CLIENT, judge_spoiled_client);
}

/* The client answers nothing after a spoiled message, least of all with its credentials. */
static void judge_spoiled_server(const struct nla_result* result, unsigned leg)
{
	nla_assert_no_logon(result);
	assert_non_null(recorder_find(&result->recorder, FROM_CLIENT, leg));
	assert_null(recorder_find(&result->recorder, FROM_CLIENT, leg + 1));
}

static void test_garbage_from_server_at_each_leg(void** state)
{
	spoil_each_leg(nla_pairing_of(state), FROM_SERVER, judge_spoiled_server);
}

static void test_client_goes_away_at_each_leg(void** state)
{
	const enum nla_pairing pairing = nla_pairing_of(state);
	const unsigned legs = nla_flow_legs(pairing, FROM_CLIENT);
	struct nla_options options = nla_frank(pairing);
	size_t open_before = 0;

	for (unsigned leg = 1; leg <= legs; leg++)
	{
		struct nla_result result;

		options.fault = (struct nla_fault){ .kind = FAULT_GO_AWAY, .who = FROM_CLIENT, .leg = leg };
		nla_run(&options, &result);
		assert_false(result.server_logged_on);
		assert_null(recorder_find(&result.recorder, FROM_CLIENT, leg));
		nla_result_clear(&result);
		if (leg == 1) /* what the libraries open once and keep is open now */
			open_before = nla_lab_open_files();
	}
	assert_int_equal(nla_lab_open_files(), open_before);
}

/* A logon right after a spoiled one: nothing of that is left in the process. */
static void test_logon_after_a_refusal(void** state)
{
	const struct nla_options good = nla_frank(nla_pairing_of(state));
	struct nla_options bad = good;
	struct nla_result result;

	bad.password = "Let-Me-In-11";
	assert_int_not_equal(refusal_of(&bad), 0);
	nla_run(&good, &result);
	nla_assert_logon(&good, &result);
	nla_result_clear(&result);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		NLA_EACH(test_wrong_password),
		NLA_EACH(test_unknown_user),
		NLA_ONE(test_unknown_user_and_wrong_password_look_alike, module_to_module),
		NLA_ONE(test_unknown_user_and_wrong_password_look_alike, stock_to_module),
		NLA_EACH(test_server_without_sam),
		NLA_EACH(test_garbage_from_client_at_each_leg),
		NLA_EACH(test_garbage_from_server_at_each_leg),
		NLA_EACH(test_client_goes_away_at_each_leg),
		NLA_EACH(test_logon_after_a_refusal),
	};
	return cmocka_run_group_tests_name("freerdp_refusals", tests, nla_open_with_frank,
	                                   nla_lab_close);
}
