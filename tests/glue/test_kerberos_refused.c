/* SPDX-License-Identifier: Apache-2.0
 *
 * Where Kerberos cannot be used or fails, over a scripted WinPR: what the exchange goes on with,
 * what the log says, and that everything acquired is freed. Built twice, as test_kerberos.c. A KDC
 * that takes its time: test_kerberos_slow.c.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kerberos_pair.h"
#include "spnego/message.h"
#include "sspi/attributes.h"
#include "sspi/table.h"

/* --- Kerberos cannot be used -------------------------------------------------------------------
 */

static void expect_ntlm(const struct sspi_setup* setup, unsigned legs, const char* why)
{
	log_capture_clear();
	if (!sspi_pair_connect(&pair, setup))
	{
		log_capture_print();
		fail_msg("not connected");
	}
	assert_int_equal(pair.leg_count, legs);
	expect_package(&pair.client, "NTLM");
	assert_null(sspi_pair_chat(&pair, 2));
	if (why && log_capture_count(WLOG_INFO, why, NULL) != 1)
	{
		log_capture_print();
		fail_msg("not said once: %s", why);
	}
	sspi_pair_close(&pair);
	expect_all_freed();
}

static void test_client_whose_kerberos_fails_goes_on_with_ntlm(void** state)
{
	static const SECURITY_STATUS failures[] = { SEC_E_NO_CREDENTIALS, SEC_E_WRONG_PRINCIPAL,
		                                        SEC_E_INTERNAL_ERROR, SEC_E_INSUFFICIENT_MEMORY };
	const struct sspi_setup setup = setup_new();
	(void)state;
	for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++)
	{
		fresh(NULL);
		fake.initiate = failures[i];
		expect_ntlm(&setup, 4, "Kerberos is not used: ");
	}
	fresh(NULL);
	fake.acquire = SEC_E_NO_CREDENTIALS;
	expect_ntlm(&setup, 4, "WinPR's Kerberos package got no credentials");
	if (CARRIED)
	{
		fresh(NULL);
		fake.garbage = true;
		expect_ntlm(&setup, 4, NULL);
	}
}

static void test_client_says_why_kerberos_is_hopeless(void** state)
{
	struct sspi_setup setup = setup_new();
	(void)state;
	setup.target = "TERMSRV/192.0.2.1";
	expect_ntlm(&setup, 4, "named by its IP address");
	setup.target = "TERMSRV/[2001:db8::1]:3389";
	expect_ntlm(&setup, 4, "named by its IP address");
	setup.target = NULL;
	expect_ntlm(&setup, 4, "no target host is named");
	setup = setup_new();
	setup.domain = NULL;
	fake.ticket = fake.realm = fake.keytab = KRB5_NO;
	expect_ntlm(&setup, 4, "there is neither a ticket nor a realm");
	assert_int_equal(fake.acquired, 0);
	/* Each of these is reason enough to try. */
	for (int i = 0; i < 4; i++)
	{
		fresh(NULL);
		fake.ticket = i == 0 ? KRB5_YES : KRB5_NO;
		fake.realm = i == 1 ? KRB5_YES : KRB5_NO;
		setup.user = i == 2 ? "user@REALM.EXAMPLE" : "user";
		setup.domain = i == 3 ? "REALM.EXAMPLE" : NULL;
		expect_kerberos(&setup, 2);
		sspi_pair_close(&pair);
		expect_all_freed();
	}
}

static void test_winpr_without_kerberos_is_named(void** state)
{
	const struct sspi_setup setup = setup_new();
	(void)state;
	fake.library = KRB5_NO;
	log_capture_clear();
	assert_true(sspi_pair_connect(&pair, &setup));
	assert_int_equal(log_capture_count(WLOG_INFO,
	                                   "Kerberos is not offered: this WinPR was built "
	                                   "without it",
	                                   NULL),
	                 1);
	assert_int_equal(log_capture_count(WLOG_INFO, "(null)", NULL), 0);
	sspi_pair_close(&pair);
	/* Said once in the life of the process. */
	log_capture_clear();
	assert_true(sspi_pair_connect(&pair, &setup));
	assert_int_equal(log_capture_count(WLOG_INFO, "Kerberos is not offered", NULL), 0);
	sspi_pair_close(&pair);
	expect_all_freed();
}

/* Without a keytab the acceptor goes on to NTLM inside of the exchange (MS-SPNG), with the MIC both
 * ways; the workstation that was set while Kerberos was still tried is NTLM's then. */
static void test_CVE_2014_4343_acceptor_without_keytab_goes_on_to_ntlm(void** state)
{
	static char name[] = "WORKSTATION7";
	struct sspi_token token[2] = { { NULL, 0 }, { NULL, 0 } };
	const struct sspi_setup setup = setup_new();
	(void)state;
	fake.keytab = KRB5_NO;
	assert_true(sspi_pair_open(&pair, &setup));
	expect_status(sspi_end_step(&pair.client, NULL, &token[0]), SEC_I_CONTINUE_NEEDED);
	expect_status(table_a()->SetContextAttributesA(&pair.client.context, ATTRIBUTE_NTLM_HOSTNAME,
	                                               name, sizeof(name) - 1),
	              SEC_E_OK);
	for (unsigned i = 0; i < 6 && pair.server.phase != SSPI_FINAL; i++)
	{
		struct sspi_end* const end = i % 2 ? &pair.client : &pair.server;
		assert_true(sspi_end_step(end, &token[i % 2], &token[(i + 1) % 2]) >= 0);
	}
	assert_int_equal(pair.server.phase, SSPI_FINAL);
	assert_int_equal(log_capture_count(WLOG_INFO, "role=acceptor", "workstation=\"WORKSTATION7\""),
	                 1);
	assert_int_equal(log_capture_count(WLOG_INFO, "role=acceptor", "mechlistmic=sent/ok"), 1);
	sspi_token_free(&token[0]);
	sspi_token_free(&token[1]);
	sspi_pair_close(&pair);
	expect_all_freed();
}

/* A token that fails in a mechanism that we have credentials for ends the exchange: falling back
 * there would let anyone in the middle choose NTLM. */
static void test_SSTIC_2020_acceptor_whose_kerberos_fails_refuses(void** state)
{
	static const SECURITY_STATUS failures[][2] = {
		{ SEC_E_INVALID_TOKEN, SEC_E_INVALID_TOKEN },
		{ SEC_E_INSUFFICIENT_MEMORY, SEC_E_INSUFFICIENT_MEMORY },
		{ SEC_E_NO_CREDENTIALS, SEC_E_NO_CREDENTIALS },
		{ SEC_E_WRONG_PRINCIPAL, SEC_E_NO_CREDENTIALS },
		{ SEC_E_BAD_BINDINGS, SEC_E_BAD_BINDINGS },
		{ SEC_E_OUT_OF_SEQUENCE, SEC_E_OUT_OF_SEQUENCE },
		{ SEC_E_INTERNAL_ERROR, SEC_E_LOGON_DENIED },
	};
	const struct sspi_setup setup = setup_new();
	(void)state;
	for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++)
	{
		fresh(NULL);
		fake.accept = failures[i][0];
		assert_false(sspi_pair_connect(&pair, &setup));
		expect_refused(&pair.server, failures[i][1]);
		assert_int_equal(log_capture_count(WLOG_WARN, "exchange=failed", "compare keytab, clock"),
		                 1);
		sspi_pair_close(&pair);
		expect_all_freed();
	}
	fresh(NULL);
	fake.query = SEC_E_INTERNAL_ERROR;
	assert_false(sspi_pair_connect(&pair, &setup));
	expect_refused(&pair.server, SEC_E_INTERNAL_ERROR);
	sspi_pair_close(&pair);
	expect_all_freed();
}

#define NTLM_OID "\x2b\x06\x01\x04\x01\x82\x37\x02\x02\x0a"

/* A server's second answer takes the exchange from Kerberos to NTLM; all else in it is right. */
static void choose_ntlm_late(unsigned leg, struct sspi_token* token, void* arg)
{
	const struct bytes sent = bytes_make(token->data, token->len);
	struct blob made = BLOB_EMPTY;
	struct neg_token_resp resp;

	(void)arg;
	if (leg != 4)
		return;
	assert_int_equal(neg_token_resp_parse(sent, &resp, NULL), RESULT_OK);
	resp.supported_mech = BYTES_LITERAL(NTLM_OID);
	assert_int_equal(neg_token_resp_write(&resp, &made), RESULT_OK);
	sspi_token_set(token, made.data, made.len);
	blob_free(&made);
}

static void test_SSTIC_2020_mechanism_changed_in_the_middle(void** state)
{
	struct sspi_setup setup = setup_new();
	(void)state;
	setup.package_list = "none,u2u,ntlm";
	setup.tamper = choose_ntlm_late;
	fake_winpr_offer_u2u();
	assert_false(sspi_pair_connect(&pair, &setup));
	assert_int_equal(pair.leg_count, 4);
	expect_refused(&pair.client, SEC_E_OUT_OF_SEQUENCE);
	expect_dead(&pair.client);
	sspi_pair_close(&pair);
	expect_all_freed();
}

/* Kerberos is taken off the client's list, on whose place NTLM is then. */
static void list_ntlm_alone(unsigned leg, struct sspi_token* token, void* arg)
{
	static const uint8_t init[] = "\x60\x1c\x06\x06\x2b\x06\x01\x05\x05\x02"
	                              "\xa0\x12\x30\x10\xa0\x0e\x30\x0c\x06\x0a" NTLM_OID;
	(void)arg;
	if (leg == 1)
		sspi_token_set(token, init, sizeof(init) - 1);
}

static void test_SSTIC_2020_kerberos_taken_off_the_list(void** state)
{
	struct sspi_setup setup = setup_new();
	(void)state;
	setup.tamper = list_ntlm_alone;
	assert_false(sspi_pair_connect(&pair, &setup));
	assert_int_equal(pair.leg_count, 5); /* NTLM's three come after those two */
	expect_refused(&pair.server, SEC_E_MESSAGE_ALTERED);
	assert_int_not_equal(pair.client.phase, SSPI_FINAL);
	sspi_pair_close(&pair);
	expect_all_freed();
}

static void test_acceptor_without_credentials_refuses_a_bare_token(void** state)
{
	static const uint8_t ap_req[] = { 0x60, 0x0F, 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7,
		                              0x12, 0x01, 0x02, 0x02, 0x01, 0x00, 'b',  'o' };
	struct sspi_token in = { NULL, 0 };
	struct sspi_token out = { NULL, 0 };
	struct sspi_setup setup = setup_new();
	(void)state;
	setup.package_list = "!u2u";
	fake.acquire = SEC_E_NO_CREDENTIALS;
	expect_status(sspi_end_acquire(&pair.server, &setup, true), SEC_E_OK);
	sspi_token_set(&in, ap_req, sizeof(ap_req));
	expect_status(sspi_end_step(&pair.server, &in, &out), SEC_E_NO_CREDENTIALS);
	sspi_end_reset(&pair.server);
	/* It is remembered, and not asked for again: */
	const unsigned asked = fake.acquired;
	expect_status(sspi_end_step(&pair.server, &in, &out), SEC_E_NO_CREDENTIALS);
	assert_int_equal(fake.acquired, asked);
	sspi_end_reset(&pair.server);
	/* the acceptor has NTLM alone from then on. */
	expect_status(sspi_end_acquire(&pair.client, &setup, false), SEC_E_OK);
	pair.setup = setup;
	fake.acquire = SEC_E_OK;
	assert_true(sspi_pair_run(&pair));
	expect_package(&pair.server, "NTLM");
	sspi_token_free(&in);
	sspi_token_free(&out);
	sspi_pair_close(&pair);
	expect_all_freed();
}

static void test_client_whose_second_step_fails_is_told(void** state)
{
	const struct sspi_setup setup = setup_new();
	(void)state;
	fake.later = SEC_E_INTERNAL_ERROR;
	assert_false(sspi_pair_connect(&pair, &setup));
	expect_refused(&pair.client, SEC_E_LOGON_DENIED);
	assert_int_equal(
	    log_capture_count(WLOG_WARN, "exchange=failed", "WinPR's own log lines say more"), 1);
	expect_dead(&pair.client);
	sspi_pair_close(&pair);
	expect_all_freed();
}

/* So many tokens, then the client is left alone; its one line. */
static const char* line_after(const struct sspi_setup* setup, unsigned legs)
{
	struct sspi_token tokens[SSPI_MAX_LEGS] = { { NULL, 0 } };
	assert_true(sspi_pair_open(&pair, setup));
	for (unsigned leg = 0; leg < legs; leg++)
		expect_status(sspi_end_step(leg % 2 ? &pair.server : &pair.client,
		                            leg ? &tokens[leg] : NULL, &tokens[leg + 1]),
		              SEC_I_CONTINUE_NEEDED);
	log_capture_clear();
	sspi_pair_close(&pair);
	expect_all_freed();
	for (size_t i = 0; i < SSPI_MAX_LEGS; i++)
		sspi_token_free(&tokens[i]);
	assert_int_equal(log_capture_count(WLOG_WARN, "exchange=abandoned", "role=initiator"), 1);
	return log_capture_find(WLOG_WARN, "exchange=abandoned", "role=initiator");
}

static void test_client_left_alone_after_its_ticket_is_told_to_do_without(void** state)
{
	const struct sspi_setup setup = setup_new();
	(void)state;
	const char* const line = line_after(&setup, 1);
	assert_non_null(strstr(line, "after our Kerberos ticket"));
	assert_non_null(strstr(line, "!kerberos"));
	assert_non_null(strstr(line, "the program's own error line"));
	assert_null(strstr(line, "framing=raw"));
	assert_null(strstr(line, "password"));
}

static void test_client_left_alone_after_its_tgt_req_has_shown_no_ticket(void** state)
{
	struct sspi_setup setup = setup_new();
	(void)state;
	setup.package_list = "none,u2u";
	fake_winpr_offer_u2u();
	const char* const request = line_after(&setup, 1);
	assert_non_null(strstr(request, "after our TGT-REQ, in which there is no ticket yet"));
	assert_non_null(strstr(request, "!u2u"));
	assert_non_null(strstr(request, "the program's own error line"));
	/* and TGT-REP, AP-REQ */
	assert_non_null(strstr(line_after(&setup, 3), "after our Kerberos ticket"));
}

static void test_client_left_alone_on_its_way_to_ntlm_has_shown_no_password(void** state)
{
	const struct sspi_setup setup = setup_new();
	(void)state;
	/* AP-REQ, request-mic, NEGOTIATE */
	fake.keytab = KRB5_NO;
	const char* const negotiate = line_after(&setup, 3);
	assert_non_null(strstr(negotiate, "chosen=NTLM"));
	assert_non_null(strstr(negotiate, "no password yet"));
	assert_null(strstr(negotiate, "are wrong"));
	/* and CHALLENGE, AUTHENTICATE */
	const char* const authenticate = line_after(&setup, 5);
	assert_non_null(strstr(authenticate, "after our AUTHENTICATE"));
	assert_non_null(strstr(authenticate, "password are wrong"));
}

/* --- what there is to log on with ---------------------------------------------------------------
 */

/* The line of a client that gets no further than its first step. */
static const char* first_step(const struct sspi_setup* setup, SECURITY_STATUS expected)
{
	struct sspi_token out = { NULL, 0 };
	log_capture_clear();
	expect_status(sspi_end_acquire(&pair.client, setup, false), SEC_E_OK);
	expect_status(sspi_end_step(&pair.client, NULL, &out), expected);
	sspi_token_free(&out);
	sspi_end_close(&pair.client);
	return log_capture_find(WLOG_WARN, "role=initiator", NULL);
}

static const char* first_step_of(const char* user, const char* password, SECURITY_STATUS expected)
{
	struct sspi_setup setup = setup_new();
	setup.user = user;
	setup.password = password;
	setup.domain = NULL;
	return first_step(&setup, expected);
}

static void test_missing_password_beside_a_ticket_is_not_taken_for_an_empty_one(void** state)
{
	(void)state;
	fake.ticket = KRB5_YES;
	fake.initiate = SEC_E_NO_CREDENTIALS;
	const char* line = first_step_of("user", "", SEC_E_NO_CREDENTIALS);
	assert_non_null(strstr(line, "chosen=Kerberos"));
	/* Without a ticket it is what somebody meant. */
	fake.ticket = fake.keytab = fake.realm = KRB5_NO;
	line = first_step_of("user", "", SEC_I_CONTINUE_NEEDED);
	assert_non_null(strstr(line, "source=\"empty password\""));
	line = first_step_of("user", "Password", SEC_I_CONTINUE_NEEDED);
	assert_non_null(strstr(line, "source=\"password\""));
}

#define HASH "0123456789abcdef0123456789abcdef"
#define FLAG_HASH 0x00800000u

/* A PIN is no password, and what gets a ticket without a password does not mean an empty one. */
static void test_what_ntlm_is_offered_with(void** state)
{
	static const struct
	{
		const char *password, *keytab, *certificate;
		enum krb5_answer has_keytab;
		UINT32 flags;
		const char* source; /* NULL: NTLM is not offered */
	} rows[] = {
		{ "Password", NULL, NULL, KRB5_YES, 0, "password" },
		{ "", NULL, NULL, KRB5_YES, 0, "empty password" },
		{ "", "FILE:/a", NULL, KRB5_YES, 0, NULL },
		{ "", "FILE:/a", NULL, KRB5_NO, 0, "empty password" },
		{ "Password", "FILE:/a", NULL, KRB5_YES, 0, "password" },
		{ "1234", NULL, "PKCS11:slotid=1", KRB5_NO, 0, NULL },
		{ "", NULL, "PKCS11:slotid=1", KRB5_NO, 0, NULL },
		{ HASH, NULL, "PKCS11:slotid=1", KRB5_NO, FLAG_HASH, "NT hash" },
	};
	struct sspi_setup setup = setup_new();
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
	{
		fresh(NULL);
		fake.ticket = KRB5_NO;
		fake.keytab = rows[i].has_keytab;
		setup.password = rows[i].password;
		setup.client_keytab = rows[i].keytab;
		setup.certificate = rows[i].certificate;
		setup.identity_flags = rows[i].flags;
		const char* line = first_step(&setup, SEC_I_CONTINUE_NEEDED);
		const char* const offered = strstr(line, " offered=");
		const char* const ntlm = strstr(offered, "NTLM");
		if ((ntlm && ntlm < strstr(line, " chosen=")) != (rows[i].source != NULL))
			fail_msg("row %zu: %s", i, line);
		/* Kerberos failing here, NTLM is what remains, or nothing does. */
		fake.initiate = SEC_E_NO_CREDENTIALS;
		line = first_step(&setup, rows[i].source ? SEC_I_CONTINUE_NEEDED : SEC_E_NO_CREDENTIALS);
		assert_true(!rows[i].source || strstr(line, rows[i].source));
	}
}

static void test_pin_without_kerberos_logs_nobody_on(void** state)
{
	struct sspi_setup setup = setup_new();
	struct sspi_token out = { NULL, 0 };
	(void)state;
	setup.certificate = "PKCS11:slotid=1";
	setup.package_list = "!kerberos,!u2u";
	expect_status(sspi_end_acquire(&pair.client, &setup, false), SEC_E_OK);
	expect_status(sspi_end_step(&pair.client, NULL, &out), SEC_E_NO_CREDENTIALS);
	sspi_end_close(&pair.client);
	assert_int_equal(log_capture_count(WLOG_WARN, "PIN is for Kerberos alone", NULL), 1);
}

static void test_client_with_nothing_is_told_so(void** state)
{
	(void)state;
	fake.ticket = fake.keytab = fake.realm = KRB5_NO;
	const char* const line = first_step_of(NULL, NULL, SEC_E_NO_CREDENTIALS);
	assert_non_null(strstr(line, "there is nothing to log on with: give a user and a password"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_client_whose_kerberos_fails_goes_on_with_ntlm, fresh),
		cmocka_unit_test_setup(test_client_says_why_kerberos_is_hopeless, fresh),
		cmocka_unit_test_setup(test_winpr_without_kerberos_is_named, fresh),
		cmocka_unit_test_setup(test_CVE_2014_4343_acceptor_without_keytab_goes_on_to_ntlm, fresh),
		cmocka_unit_test_setup(test_SSTIC_2020_acceptor_whose_kerberos_fails_refuses, fresh),
		cmocka_unit_test_setup(test_SSTIC_2020_mechanism_changed_in_the_middle, fresh),
		cmocka_unit_test_setup(test_SSTIC_2020_kerberos_taken_off_the_list, fresh),
		cmocka_unit_test_setup(test_acceptor_without_credentials_refuses_a_bare_token, fresh),
		cmocka_unit_test_setup(test_client_whose_second_step_fails_is_told, fresh),
		cmocka_unit_test_setup(test_client_left_alone_after_its_ticket_is_told_to_do_without,
		                       fresh),
		cmocka_unit_test_setup(test_client_left_alone_after_its_tgt_req_has_shown_no_ticket, fresh),
		cmocka_unit_test_setup(test_client_left_alone_on_its_way_to_ntlm_has_shown_no_password,
		                       fresh),
		cmocka_unit_test_setup(test_missing_password_beside_a_ticket_is_not_taken_for_an_empty_one,
		                       fresh),
		cmocka_unit_test_setup(test_what_ntlm_is_offered_with, fresh),
		cmocka_unit_test_setup(test_pin_without_kerberos_logs_nobody_on, fresh),
		cmocka_unit_test_setup(test_client_with_nothing_is_told_so, fresh),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
