/* SPDX-License-Identifier: Apache-2.0
 *
 * A man in the middle who knows the formats: tokens are taken apart and put together anew with
 * something changed or left out. Unlike with flipped bits, everything parses; what must hold is
 * NTProofStr, the MICs and the rules of who may say what when. Neither side may complete, except
 * where a test says why it may.
 */
#include "expect.h"
#include "forge.h"

#include <stdlib.h>
#include <string.h>

/* --- the attacks ------------------------------------------------------------------------------ */

/* The token as it was: proves that taking apart and putting together changes nothing by itself. */
static void attack_nothing(unsigned leg, struct sspi_token* token, void* arg)
{
	static const enum neg_state states[] = { NO_STATE, NO_STATE, ACCEPT_INCOMPLETE,
		                                     ACCEPT_INCOMPLETE, ACCEPT_COMPLETED };
	size_t len = 0;
	(void)arg;
	if (leg < 2)
		return;
	const uint8_t* message = forge_find_ntlm(token, &len);
	forge_resp(token, states[leg], leg == 2 ? NTLM_OID : NULL, message, len, forge_find_mic(token));
}

struct attack
{
	unsigned leg;
	enum neg_state neg_state;
	const char* mech;
	bool keep_message;
	bool keep_mic;
};

static void attack_resp(unsigned leg, struct sspi_token* token, void* arg)
{
	const struct attack* attack = arg;
	size_t len = 0;
	if (leg != attack->leg)
		return;
	const uint8_t* message = attack->keep_message ? forge_find_ntlm(token, &len) : NULL;
	forge_resp(token, attack->neg_state, attack->mech, message, len,
	           attack->keep_mic ? forge_find_mic(token) : NULL);
}

static void attack_add_mech(unsigned leg, struct sspi_token* token, void* arg)
{
	if (leg == 1)
		forge_mech_types(token, arg);
}

/* Makes MsvAvTimestamp (7) in CHALLENGE something nobody knows, so that no MIC is asked for. */
static void attack_timestamp(unsigned leg, struct sspi_token* token, void* arg)
{
	(void)arg;
	if (leg != 2)
		return;
	uint8_t* at = memmem(token->data, token->len, "\x07\x00\x08\x00", 4);
	assert_non_null(at);
	at[0] = 0x1f;
}

static void clear_flag(struct sspi_token* token, size_t offset, uint32_t flag)
{
	uint8_t* message = memmem(token->data, token->len, "NTLMSSP", 8);
	assert_non_null(message);
	for (unsigned i = 0; i < 4; i++)
		message[offset + i] &= (uint8_t) ~(flag >> (8 * i));
}

/* CVE-2016-2110: NTLMSSP_NEGOTIATE_SIGN, SEAL and KEY_EXCH gone from one message or from all, with
 * the MIC asked for or not. */
struct flag_attack
{
	uint32_t flag;
	unsigned legs; /* bit n: leg n */
	bool without_timestamp;
};

static void attack_flags(unsigned leg, struct sspi_token* token, void* arg)
{
	static const size_t offsets[] = { 0, 12, 20, 60 }; /* NegotiateFlags of the three messages */
	const struct flag_attack* attack = arg;
	if (leg <= 3 && attack->legs & 1u << leg)
		clear_flag(token, offsets[leg], attack->flag);
	if (attack->without_timestamp)
		attack_timestamp(leg, token, NULL);
}

/* --- tests ------------------------------------------------------------------------------------ */

static bool run(struct sspi_pair* pair, sspi_tamper_fn tamper, void* arg)
{
	struct sspi_setup setup = sspi_setup_nla("user", NULL, "Password", box.sam);
	setup.tamper = tamper;
	setup.tamper_arg = arg;
	return sspi_pair_connect(pair, &setup);
}

static void test_rebuilt_tokens_are_as_good_as_the_sent_ones(void** state)
{
	(void)state;
	struct sspi_pair pair;
	assert_true(run(&pair, attack_nothing, NULL));
	assert_null(sspi_pair_chat(&pair, 2));
	sspi_pair_close(&pair);
}

static void test_mech_types_changed_on_the_wire(void** state)
{
	(void)state;
	/* NTLM stays the choice in all of them, and the list is not what the client sent. */
	static const char* const lists[] = { NTLM_OID KERBEROS_OID, NTLM_OID NTLM_OID,
		                                 NTLM_OID "\x06\x03\x2a\x03\x04" };
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
	{
		struct sspi_pair pair;
		union
		{
			const char* in;
			void* out;
		} list = { lists[i] };
		assert_false(run(&pair, attack_add_mech, list.out));
		expect_failed(&pair.server);
		assert_true(pair.server.status == SEC_E_MESSAGE_ALTERED ||
		            pair.server.status == SEC_E_INVALID_TOKEN);
		assert_int_not_equal(pair.client.phase, SSPI_FINAL);
		sspi_pair_close(&pair);
	}
}

static void refused(const struct attack* attack, SECURITY_STATUS status)
{
	struct sspi_pair pair;
	struct attack copy = *attack;
	assert_false(run(&pair, attack_resp, &copy));
	expect_refused(attack->leg % 2 ? &pair.server : &pair.client, status);
	sspi_pair_close(&pair);
}

static void test_mech_list_mic_of_the_client_removed(void** state)
{
	(void)state;
	struct sspi_pair pair;
	struct attack attack = { 3, ACCEPT_INCOMPLETE, NULL, true, false };
	assert_false(run(&pair, attack_resp, &attack));
	/* The acceptor may ask again; it must not complete, and the client has nothing more to say. */
	assert_int_not_equal(pair.server.phase, SSPI_FINAL);
	assert_int_not_equal(pair.client.phase, SSPI_FINAL);
	sspi_pair_close(&pair);
}

/* NTProofStr was right, and yet: until the client's mechListMIC has come, somebody in between may
 * have chosen NTLM for both (RFC 4178 5). Who logs on is told of a complete exchange. */
static void test_nobody_is_told_before_the_clients_mech_list_mic(void** state)
{
	(void)state;
	const struct sspi_setup setup = sspi_setup_nla("user", NULL, "Password", box.sam);
	struct attack attack = { 3, ACCEPT_INCOMPLETE, NULL, true, false };
	struct sspi_token client = { NULL, 0 };
	struct sspi_token server = { NULL, 0 };
	static const ULONG attributes[] = { SECPKG_ATTR_NAMES, SECPKG_ATTR_NATIVE_NAMES,
		                                SECPKG_ATTR_SESSION_KEY, 1001 /* AUTH_IDENTITY */ };
	struct sspi_pair pair;
	assert_true(sspi_pair_open(&pair, &setup));
	struct sspi_end* const end = &pair.server;
	expect_status(sspi_end_step(&pair.client, NULL, &client), SEC_I_CONTINUE_NEEDED);
	expect_status(sspi_end_step(end, &client, &server), SEC_I_CONTINUE_NEEDED);
	sspi_token_free(&client);
	expect_status(sspi_end_step(&pair.client, &server, &client), SEC_I_CONTINUE_NEEDED);
	sspi_token_free(&server);
	attack_resp(3, &client, &attack);
	expect_status(sspi_end_step(end, &client, &server), SEC_I_CONTINUE_NEEDED);
	for (size_t i = 0; i < sizeof(attributes) / sizeof(attributes[0]); i++)
	{
		SecPkgContext_AuthIdentity answer = { "", "" };
		expect_status(sspi_query(&end->table, &end->context, attributes[i], &answer),
		              SEC_E_OUT_OF_SEQUENCE);
	}
	expect_status(SSPI_ENTRY(end->table, ImpersonateSecurityContext)(&end->context),
	              SEC_E_NO_IMPERSONATION);
	sspi_token_free(&client);
	sspi_token_free(&server);
	sspi_pair_close(&pair);
}

static void test_mech_list_mic_of_the_server_removed(void** state)
{
	(void)state;
	const struct attack attack = { 4, ACCEPT_COMPLETED, NULL, false, false };
	refused(&attack, SEC_E_MESSAGE_ALTERED);
}

static void test_accept_completed_claimed_early_by_the_server(void** state)
{
	(void)state;
	const struct attack alone = { 2, ACCEPT_COMPLETED, NTLM_OID, false, false };
	const struct attack with_challenge = { 2, ACCEPT_COMPLETED, NTLM_OID, true, false };
	const struct attack without_mech = { 2, ACCEPT_COMPLETED, NULL, false, false };
	refused(&alone, SEC_E_OUT_OF_SEQUENCE);
	refused(&with_challenge, SEC_E_OUT_OF_SEQUENCE);
	refused(&without_mech, SEC_E_OUT_OF_SEQUENCE);
}

static void test_accept_completed_claimed_early_by_the_client(void** state)
{
	(void)state;
	/* Without AUTHENTICATE: refused. Beside it: it decides nothing, the exchange goes on (D8). */
	const struct attack alone = { 3, ACCEPT_COMPLETED, NULL, false, false };
	const struct attack with_mic = { 3, ACCEPT_COMPLETED, NULL, false, true };
	refused(&alone, SEC_E_OUT_OF_SEQUENCE);
	refused(&with_mic, SEC_E_OUT_OF_SEQUENCE);
	struct sspi_pair pair;
	struct attack beside = { 3, ACCEPT_COMPLETED, NULL, true, true };
	assert_true(run(&pair, attack_resp, &beside));
	assert_null(sspi_pair_chat(&pair, 1));
	sspi_pair_close(&pair);
}

static void test_reject_at_any_time_ends_it(void** state)
{
	(void)state;
	const struct attack first = { 2, REJECT, NTLM_OID, true, false };
	const struct attack last = { 4, REJECT, NULL, false, true };
	refused(&first, SEC_E_LOGON_DENIED);
	refused(&last, SEC_E_LOGON_DENIED);
}

static void test_server_chooses_what_was_not_offered(void** state)
{
	(void)state;
	struct sspi_pair pair;
	struct attack attack = { 2, REQUEST_MIC, "\x06\x03\x2a\x03\x04", false, false };
	assert_false(run(&pair, attack_resp, &attack));
	expect_failed(&pair.client);
	sspi_pair_close(&pair);
}

static void test_server_changes_the_mechanism_late(void** state)
{
	(void)state;
	const struct attack attack = { 4, ACCEPT_COMPLETED, KERBEROS_OID, false, true };
	refused(&attack, SEC_E_OUT_OF_SEQUENCE);
}

static void test_server_wants_to_go_on_forever(void** state)
{
	(void)state;
	const struct attack incomplete = { 4, ACCEPT_INCOMPLETE, NULL, false, true };
	const struct attack request_mic = { 4, REQUEST_MIC, NULL, false, true };
	const struct attack empty = { 4, NO_STATE, NULL, false, false };
	refused(&incomplete, SEC_E_OUT_OF_SEQUENCE);
	refused(&request_mic, SEC_E_OUT_OF_SEQUENCE);
	refused(&empty, SEC_E_OUT_OF_SEQUENCE);
}

static void test_CVE_2019_1040_timestamp_removed_to_lose_the_mic(void** state)
{
	(void)state;
	struct sspi_pair pair;
	assert_false(run(&pair, attack_timestamp, NULL));
	expect_failed(&pair.server);
	assert_int_not_equal(pair.client.phase, SSPI_FINAL);
	sspi_pair_close(&pair);
	/* Bare, where no mechListMIC stands behind it. */
	struct sspi_setup setup = sspi_setup_nla("user", NULL, "Password", box.sam);
	setup.client_package = "NTLM";
	setup.tamper = attack_timestamp;
	assert_false(sspi_pair_connect(&pair, &setup));
	expect_refused(&pair.server, SEC_E_MESSAGE_ALTERED);
	sspi_pair_close(&pair);
}

static void test_CVE_2016_2110_protection_flags_cleared(void** state)
{
	(void)state;
	static const uint32_t flags[] = { 0x00000010, 0x00000020, 0x40000000,
		                              0x00080000, 0x20000000, 0x40000030 };
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		for (unsigned legs = 2; legs < 16; legs += 2)
			for (unsigned bare = 0; bare < 4; bare++)
			{
				struct sspi_pair pair;
				struct flag_attack attack = { flags[i], legs, bare & 1 };
				struct sspi_setup setup = sspi_setup_nla("user", NULL, "Password", box.sam);
				if (bare & 2)
					setup.client_package = "NTLM";
				setup.tamper = attack_flags;
				setup.tamper_arg = &attack;
				assert_false(sspi_pair_connect(&pair, &setup));
				assert_int_not_equal(pair.server.phase, SSPI_FINAL);
				sspi_pair_close(&pair);
			}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rebuilt_tokens_are_as_good_as_the_sent_ones),
		cmocka_unit_test(test_mech_types_changed_on_the_wire),
		cmocka_unit_test(test_mech_list_mic_of_the_client_removed),
		cmocka_unit_test(test_nobody_is_told_before_the_clients_mech_list_mic),
		cmocka_unit_test(test_mech_list_mic_of_the_server_removed),
		cmocka_unit_test(test_accept_completed_claimed_early_by_the_server),
		cmocka_unit_test(test_accept_completed_claimed_early_by_the_client),
		cmocka_unit_test(test_reject_at_any_time_ends_it),
		cmocka_unit_test(test_server_chooses_what_was_not_offered),
		cmocka_unit_test(test_server_changes_the_mechanism_late),
		cmocka_unit_test(test_server_wants_to_go_on_forever),
		cmocka_unit_test(test_CVE_2019_1040_timestamp_removed_to_lose_the_mic),
		cmocka_unit_test(test_CVE_2016_2110_protection_flags_cleared),
	};
	return cmocka_run_group_tests(tests, box_open, box_close);
}
