/* SPDX-License-Identifier: Apache-2.0
 *
 * User-to-user at the acceptor over a scripted WinPR, keytab and KDC: that nobody waits for what is
 * not known, and what becomes of each TGT-REQ. Built twice, as test_kerberos.c. With a real KDC:
 * tests/kerberos.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fake_token.h"
#include "kerberos/tgt_req.h"
#include "kerberos/u2u.h"
#include "kerberos_pair.h"
#include "u2u_keytab.h"
#include "vector.h"

static int64_t milliseconds(void)
{
	struct timespec now;
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* 1.2.840.113554.1.2.2, 1.2.840.48018.1.2.2 and the former's 3, MS-NLMP's: with tag and length. */
#define KRB5 "\x06\x09\x2A\x86\x48\x86\xF7\x12\x01\x02\x02"
#define MS_KRB5 "\x06\x09\x2A\x86\x48\x82\xF7\x12\x01\x02\x02"
#define U2U "\x06\x0A\x2A\x86\x48\x86\xF7\x12\x01\x02\x02\x03"
#define NTLM "\x06\x0A\x2B\x06\x01\x04\x01\x82\x37\x02\x02\x0A"

/* NegTokenInit (RFC 4178 4.2.1): 60 81 len SPNEGO A0 81 len 30 81 len A0 len 30 len list
 * A2 81 len 04 81 len token */
static size_t init_make(uint8_t* to, const char* list, size_t list_len, const struct text* token)
{
	static const uint8_t spnego[] = { 0x06, 0x06, 0x2B, 0x06, 0x01, 0x05, 0x05, 0x02 };
	const size_t inner = 4 + list_len + 6 + token->len;
	const uint8_t head[] = { 0x60, 0x81, (uint8_t)(sizeof(spnego) + 6 + inner) };
	const uint8_t middle[] = {
		0xA0,           0x81, (uint8_t)(inner + 3),    0x30, 0x81,
		(uint8_t)inner, 0xA0, (uint8_t)(list_len + 2), 0x30, (uint8_t)list_len
	};
	const uint8_t tail[] = {
		0xA2, 0x81, (uint8_t)(token->len + 3), 0x04, 0x81, (uint8_t)token->len
	};
	uint8_t* at = to;
	assert_true(sizeof(spnego) + 6 + inner < 256);
	at = (uint8_t*)mempcpy(at, head, sizeof(head));
	at = (uint8_t*)mempcpy(at, spnego, sizeof(spnego));
	at = (uint8_t*)mempcpy(at, middle, sizeof(middle));
	at = (uint8_t*)mempcpy(at, list, list_len);
	at = (uint8_t*)mempcpy(at, tail, sizeof(tail));
	at = (uint8_t*)mempcpy(at, token->data, token->len);
	return (size_t)(at - to);
}

static SECURITY_STATUS step(const void* data, size_t len, struct sspi_token* out)
{
	struct sspi_token in = { NULL, 0 };
	sspi_token_set(&in, data, len);
	const SECURITY_STATUS status = sspi_end_step(&pair.server, &in, out);
	sspi_token_free(&in);
	return status;
}

static bool has(const struct sspi_token* out, const char* bytes, size_t len)
{
	return memmem(out->data, out->len, bytes, len) != NULL;
}
#define HAS(out, literal) has(out, literal, sizeof(literal) - 1)
#define REQUEST_MIC "\xA0\x03\x0A\x01\x03"

/* A server that has just acquired its credentials. */
static void serve(const char* packages)
{
	static struct sspi_setup setup;
	setup = setup_new();
	setup.package_list = packages;
	expect_status(sspi_end_acquire(&pair.server, &setup, true), SEC_E_OK);
}

static void serve_no_more(struct sspi_token* out)
{
	sspi_token_free(out);
	sspi_end_close(&pair.server);
	wait_for_workers();
	expect_all_freed();
}

/* While nobody knows user-to-user is skipped in the list; no logon waits for the KDC. */
static void test_no_logon_waits_for_the_question(void** state)
{
	static const char list[] = U2U KRB5 NTLM;
	const struct text token = fake_tgt_req("TERMSRV", "server.example");
	struct sspi_token out = { NULL, 0 };
	uint8_t init[256];
	const size_t len = init_make(init, list, sizeof(list) - 1, &token);
	(void)state;
	fake.minor = CARRIED ? 33 : 30;
	fake.kdc_delay_ms = 400;
	keytab_of(SERVICE);
	const int64_t start = milliseconds();
	serve(NULL);
	expect_status(step(init, len, &out), SEC_I_CONTINUE_NEEDED);
	const int64_t took = milliseconds() - start;
	assert_true(took < 300);
	assert_true(HAS(&out, REQUEST_MIC) && HAS(&out, KRB5) && !HAS(&out, U2U));
	/* The question was asked when the credentials were acquired: */
	wait_for_workers();
	assert_int_equal(fake.kdc_asked, 1);
	/* from then on it is taken. */
	sspi_end_reset(&pair.server);
	expect_status(step(init, len, &out), SEC_I_CONTINUE_NEEDED);
	assert_true(!HAS(&out, REQUEST_MIC) && HAS(&out, U2U) && HAS(&out, "\x04\x01"));
	assert_int_equal(fake.kdc_asked, 1);
	serve_no_more(&out);
}

/* Nobody asks where nothing could come of it. */
static void test_question_is_asked_of_acceptors_with_user_to_user_alone(void** state)
{
	static const char* const packages[] = { "!u2u", "none,kerberos", "none,ntlm" };
	struct sspi_setup setup = setup_new();
	(void)state;
	fake.minor = CARRIED ? 33 : 30;
	keytab_of(SERVICE);
	for (size_t i = 0; i < 3; i++)
	{
		serve(packages[i]);
		serve_no_more(&(struct sspi_token){ NULL, 0 });
	}
	expect_status(sspi_end_acquire(&pair.client, &setup, false), SEC_E_OK);
	sspi_end_close(&pair.client);
	setenv("NEGOSSP_CHANNEL_BINDINGS", "required", 1);
	serve(NULL);
	unsetenv("NEGOSSP_CHANNEL_BINDINGS");
	serve_no_more(&(struct sspi_token){ NULL, 0 });
	assert_int_equal(fake.kdc_asked, 0);
	serve("none,u2u");
	serve_no_more(&(struct sspi_token){ NULL, 0 });
	assert_int_equal(fake.kdc_asked, 1);
}

/* Where a server is told of no keytab, the default one is not for it unless a client lists
 * Kerberos: a confined server may not look at it, and each try is a line in the audit log. */
static void test_default_keytab_is_opened_for_clients_that_list_kerberos_alone(void** state)
{
	struct sspi_setup setup = setup_new();
	struct sspi_token out = { NULL, 0 };
	uint8_t init[256];
	const struct text token = fake_tgt_req("TERMSRV", "server.example");
	const size_t len = init_make(init, U2U NTLM, sizeof(U2U NTLM) - 1, &token);
	(void)state;
	fake.minor = CARRIED ? 33 : 30;
	fake.ticket = fake.realm = KRB5_NO;
	keytab_of(SERVICE);
	setup.keytab = NULL;
	setup.domain = NULL;
	assert_true(sspi_pair_connect(&pair, &setup));
	expect_package(&pair.server, "NTLM");
	assert_int_equal(fake.keytab_opened, 0);
	sspi_pair_close(&pair);

	expect_status(sspi_end_acquire(&pair.server, &setup, true), SEC_E_OK);
	assert_int_equal(fake.keytab_opened, 0);
	expect_status(step(init, len, &out), SEC_I_CONTINUE_NEEDED);
	assert_int_equal(fake.keytab_opened, 1);
	wait_for_workers();
	assert_int_equal(fake.kdc_asked, 1);
	/* The next one gets what the first has asked for. */
	sspi_end_reset(&pair.server);
	expect_status(step(init, len, &out), SEC_I_CONTINUE_NEEDED);
	assert_true(!HAS(&out, REQUEST_MIC) && HAS(&out, U2U));
	serve_no_more(&out);

	/* A keytab of its own is looked at before there is a client. */
	const unsigned before = fake.keytab_opened;
	serve(NULL);
	assert_true(fake.keytab_opened > before);
	serve_no_more(&(struct sspi_token){ NULL, 0 });
}

/* sspi-rs 0.21, recorded: [MS-krb5, krb5, NTLM] with a TGT-REQ for TERMSRV/rdp.example.test. */
static void test_tgt_req_under_plain_kerberos(void** state)
{
	static const struct
	{
		const char* packages;
		bool offered, keytab;
		SECURITY_STATUS status;
		bool ntlm; /* is what is taken */
	} rows[] = {
		{ NULL, true, true, SEC_I_CONTINUE_NEEDED, false },
		{ NULL, false, true, SEC_E_UNSUPPORTED_FUNCTION, false },
		{ "!u2u", true, true, SEC_E_UNSUPPORTED_FUNCTION, false },
		/* passed over with Kerberos itself */
		{ "!kerberos", true, true, SEC_I_CONTINUE_NEEDED, true },
		{ "!kerberos,u2u", true, true, SEC_I_CONTINUE_NEEDED, true },
		{ NULL, true, false, SEC_I_CONTINUE_NEEDED, true },
		{ NULL, false, false, SEC_I_CONTINUE_NEEDED, true },
	};
	struct vector vector = vector_open("sspi-rs-0.21-kerberos-offered-ntlm-taken.json");
	struct blob hex = BLOB_EMPTY;
	struct sspi_token out = { NULL, 0 };
	(void)state;
	assert_true(vector_element(&vector, 0, "nego_token", &hex));
	struct blob init = test_hex_bytes(blob_bytes(&hex));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
	{
		fresh(NULL);
		fake.minor = CARRIED ? 33 : 30;
		fake.keytab = rows[i].keytab ? KRB5_YES : KRB5_NO;
		keytab_of(rows[i].offered ? "TERMSRV/rdp.example.test@R" : NULL);
		(void)u2u_is_offered(KEYTAB);
		wait_for_workers();
		serve(rows[i].packages);
		const SECURITY_STATUS status = step(init.data, init.len, &out);
		if (status != rows[i].status)
			fail_msg("row %zu: %08x", i, (unsigned)status);
		if (status < 0)
		{
			/* WinPR saw nothing of it, and the line says what to do. */
			assert_int_equal(fake.acquired, 0);
			assert_int_equal(log_capture_count(WLOG_WARN, "exchange=failed", "!kerberos"), 1);
		}
		else
		{
			assert_int_equal(HAS(&out, REQUEST_MIC) && HAS(&out, NTLM), rows[i].ntlm);
			assert_int_equal(HAS(&out, MS_KRB5) && HAS(&out, U2U "\x04\x01"), !rows[i].ntlm);
			if (CARRIED && !rows[i].ntlm)
				assert_string_equal(fake.list, "none,u2u");
		}
		serve_no_more(&out);
	}
	blob_free(&hex);
	blob_free(&init);
	vector_close(&vector);
}

/* WinPR is handed no name that it does not find (defect D25). */
static void test_name_is_looked_up_before_winpr_sees_it(void** state)
{
	static const struct
	{
		int minor; /* 0: whichever is reached as this one is */
		const char* service;
		const char* host;
		SECURITY_STATUS status;
	} rows[] = {
		{ 0, "TERMSRV", "server.example", SEC_I_CONTINUE_NEEDED },
		{ 0, "TERMSRV/server.example", NULL, SEC_I_CONTINUE_NEEDED },
		{ 0, "TERMSRV", "alias.example", SEC_E_WRONG_PRINCIPAL },
		{ 0, "TERMSRV", "server.exampl", SEC_E_WRONG_PRINCIPAL },
		{ 0, "TERMSRV", "server.example.", SEC_E_WRONG_PRINCIPAL },
		{ 0, "termsrv", "server.example", SEC_E_WRONG_PRINCIPAL },
		{ 0, "HTTP", "server.example", SEC_E_WRONG_PRINCIPAL },
		{ 0, "server.example", NULL, SEC_E_WRONG_PRINCIPAL },
		/* the computer's account, from 3.15 on: whatever the service is */
		{ 0, "HTTP", "pc", SEC_I_CONTINUE_NEEDED },
		{ 13, "HTTP", "pc", SEC_E_WRONG_PRINCIPAL },
		{ 13, "TERMSRV", "server.example", SEC_I_CONTINUE_NEEDED },
		{ 15, "TERMSRV", "pc", SEC_I_CONTINUE_NEEDED },
		{ 15, "TERMSRV", "server.example", SEC_E_WRONG_PRINCIPAL },
		{ 0, "pc$", NULL, SEC_I_CONTINUE_NEEDED },
		{ 15, "pc$", NULL, SEC_E_WRONG_PRINCIPAL },
		/* names that mean something else where WinPR takes them apart */
		{ 0, NULL, NULL, SEC_E_INVALID_TOKEN },
		{ 0, "", NULL, SEC_E_INVALID_TOKEN },
		{ 0, "TERMSRV", "", SEC_E_INVALID_TOKEN },
		{ 0, "TERMSRV", "server.example@", SEC_E_INVALID_TOKEN },
		{ 0, "TERMSRV", "server.example@REALM.EXAMPLE", SEC_E_INVALID_TOKEN },
		{ 0, "TERMSRV", "server\\.example", SEC_E_INVALID_TOKEN },
		{ 0, "TERMSRV", "server example", SEC_E_INVALID_TOKEN },
		{ 0, "TERMSRV", "server.example\n", SEC_E_INVALID_TOKEN },
		{ 0, "TERMSRV", "s\xC3\xA9rver", SEC_E_INVALID_TOKEN },
	};
	static const char list[] = U2U NTLM;
	struct sspi_token out = { NULL, 0 };
	uint8_t init[256];
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
	{
		const struct text token = fake_tgt_req(rows[i].service, rows[i].host);
		const size_t len = init_make(init, list, sizeof(list) - 1, &token);
		if (CARRIED && rows[i].minor)
			continue;
		fresh(NULL);
		fake.minor = rows[i].minor ? rows[i].minor : CARRIED ? 33 : 30;
		keytab_of(rows[i].minor == 15 ? "host/pc@R pc$@R" : "TERMSRV/server.example@R pc$@R");
		assert_true(offered_in_the_end());
		serve(NULL);
		const SECURITY_STATUS status = step(init, len, &out);
		if (status != rows[i].status)
			fail_msg("row %zu: %08x", i, (unsigned)status);
		assert_int_equal(fake.acquired, status >= 0);
		if (status < 0)
		{
			expect_failed(&pair.server);
			assert_int_equal(log_capture_count(WLOG_WARN, "exchange=failed",
			                                   status == SEC_E_WRONG_PRINCIPAL ? "not in the keytab"
			                                                                   : "names no server"),
			                 1);
		}
		serve_no_more(&out);
	}
}

/* A realm that is named has to be the keytab's. */
static void test_realm_of_a_name_counts(void** state)
{
	(void)state;
	fake.minor = 33;
	keytab_of(SERVICE);
	assert_true(u2u_is_known(KEYTAB, &(struct tgt_req){ "TERMSRV/server.example", "" }));
	assert_true(
	    u2u_is_known(KEYTAB, &(struct tgt_req){ "TERMSRV/server.example", "REALM.EXAMPLE" }));
	assert_false(
	    u2u_is_known(KEYTAB, &(struct tgt_req){ "TERMSRV/server.example", "REALM.EXAMPL" }));
	assert_false(u2u_is_known(KEYTAB, &(struct tgt_req){ "TERMSRV/server.example", "OTHER" }));
	fake.principals = NULL;
	assert_false(u2u_is_known(KEYTAB, &(struct tgt_req){ "TERMSRV/server.example", "" }));
}

/* User-to-user begins with TGT-REQ: who excludes plain Kerberos is not talked into it. */
static void test_ticket_under_user_to_user_is_refused(void** state)
{
	static const char list[] = U2U NTLM;
	const struct text tokens[] = { fake_token_make(false, 1, 0), fake_token_make(true, 1, 0),
		                           fake_token_make(true, 4, 1) };
	struct sspi_token out = { NULL, 0 };
	uint8_t init[256];
	(void)state;
	for (size_t i = 0; i < 3; i++)
	{
		const size_t len = init_make(init, list, sizeof(list) - 1, &tokens[i]);
		fresh(NULL);
		fake_winpr_offer_u2u();
		serve("!kerberos,u2u");
		expect_status(step(init, len, &out), SEC_E_OUT_OF_SEQUENCE);
		assert_int_equal(fake.acquired, 0);
		assert_int_equal(log_capture_count(WLOG_WARN, "exchange=failed", "TGT-REQ"), 1);
		serve_no_more(&out);
	}
}

/* 60 85 00 00 00 00 len: five octets of length, which DER does not have. */
static struct text with_a_long_length(struct text token)
{
	struct text made = { { 0x60, 0x85, 0, 0, 0, 0, token.data[1] }, token.len + 5 };
	memcpy(made.data + 7, token.data + 2, token.len - 2);
	return made;
}

/* What WinPR would take for a TGT-REQ, or for something else than a ticket, is read here or goes to
 * nobody. */
static void test_token_that_is_malformed_goes_nowhere(void** state)
{
	static const char list[] = KRB5 U2U NTLM;
	static const struct text foreign[] = {
		{ "NTLMSSP\0\1\0\0\0", 12 },
		{ "\x60\x0A\x06\x06\x2B\x06\x01\x05\x05\x02\x04\x00", 12 },
	};
	const struct text good = fake_tgt_req("TERMSRV", "server.example");
	struct text tokens[] = { good,
		                     good,
		                     with_a_long_length(good),
		                     fake_token_make(false, 4, 0),
		                     fake_token_make(true, 1, 0),
		                     foreign[0],
		                     foreign[1],
		                     fake_token_make(false, 1, 0) };
	struct sspi_token out = { NULL, 0 };
	uint8_t init[256];
	(void)state;
	tokens[0].len++;
	tokens[1].data[0] = 0xE0;
	tokens[7].len++;
	for (size_t i = 0; i < sizeof(tokens) / sizeof(tokens[0]); i++)
	{
		const size_t len = init_make(init, list, sizeof(list) - 1, &tokens[i]);
		fresh(NULL);
		fake_winpr_offer_u2u();
		serve(NULL);
		expect_status(step(init, len, &out), SEC_E_INVALID_TOKEN);
		assert_int_equal(fake.acquired, 0);
		assert_int_equal(log_capture_count(WLOG_WARN, "exchange=failed", "token is malformed"), 1);
		serve_no_more(&out);
	}
}

/* NegTokenResp: A1 len 30 len A2 len 04 len token (RFC 4178 4.2.2) */
static size_t resp_make(uint8_t* to, const struct text* token)
{
	const uint8_t head[] = { 0xA1, (uint8_t)(token->len + 6), 0x30, (uint8_t)(token->len + 4),
		                     0xA2, (uint8_t)(token->len + 2), 0x04, (uint8_t)token->len };
	memcpy(to, head, sizeof(head));
	memcpy(to + sizeof(head), token->data, token->len);
	return sizeof(head) + token->len;
}

/* After a TGT-REQ, and not after a plain AP-REQ, a client that does not sign the list is refused.
 */
static void test_mic_is_demanded_after_a_tgt_req(void** state)
{
	static const uint8_t completed[] = { 0xA1, 0x07, 0x30, 0x05, 0xA0, 0x03, 0x0A, 0x01, 0x00 };
	static const char list[] = U2U NTLM;
	const struct text request = fake_tgt_req("TERMSRV", "server.example");
	const struct text ticket = fake_token_make(true, 1, 0);
	struct sspi_token out = { NULL, 0 };
	uint8_t message[256];
	(void)state;
	fake_winpr_offer_u2u();
	serve(NULL);
	size_t len = init_make(message, list, sizeof(list) - 1, &request);
	expect_status(step(message, len, &out), SEC_I_CONTINUE_NEEDED);
	len = resp_make(message, &ticket);
	expect_status(step(message, len, &out), SEC_I_CONTINUE_NEEDED);
	/* accept-incomplete, and [3] is the mechListMIC, the first message of its direction */
	assert_true(HAS(&out, "\xA0\x03\x0A\x01\x01") && HAS(&out, "\xA3"));
	assert_int_equal(fake.sent, 0);
	expect_status(step(completed, sizeof(completed), &out), SEC_E_MESSAGE_ALTERED);
	assert_int_equal(log_capture_count(WLOG_WARN, "exchange=failed", "mechListMIC is needed"), 1);
	serve_no_more(&out);
}

static void test_later_token_that_is_malformed_goes_nowhere(void** state)
{
	static const char list[] = U2U NTLM;
	const struct text request = fake_tgt_req("TERMSRV", "server.example");
	struct text tickets[] = { fake_token_make(true, 1, 0), fake_token_make(true, 1, 0),
		                      fake_token_make(false, 1, 0) };
	struct sspi_token out = { NULL, 0 };
	uint8_t message[256];
	(void)state;
	tickets[0].len++;
	tickets[1].data[0] = 0xE0;
	for (size_t i = 0; i < sizeof(tickets) / sizeof(tickets[0]); i++)
	{
		fresh(NULL);
		fake_winpr_offer_u2u();
		serve(NULL);
		size_t len = init_make(message, list, sizeof(list) - 1, &request);
		expect_status(step(message, len, &out), SEC_I_CONTINUE_NEEDED);
		len = resp_make(message, &tickets[i]);
		expect_status(step(message, len, &out), SEC_E_INVALID_TOKEN);
		assert_int_equal(log_capture_count(WLOG_WARN, "exchange=failed", "token is malformed"), 1);
		serve_no_more(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_no_logon_waits_for_the_question, fresh),
		cmocka_unit_test_setup(test_question_is_asked_of_acceptors_with_user_to_user_alone, fresh),
		cmocka_unit_test_setup(test_default_keytab_is_opened_for_clients_that_list_kerberos_alone,
		                       fresh),
		cmocka_unit_test(test_tgt_req_under_plain_kerberos),
		cmocka_unit_test(test_name_is_looked_up_before_winpr_sees_it),
		cmocka_unit_test_setup(test_realm_of_a_name_counts, fresh),
		cmocka_unit_test(test_ticket_under_user_to_user_is_refused),
		cmocka_unit_test(test_token_that_is_malformed_goes_nowhere),
		cmocka_unit_test_setup(test_mic_is_demanded_after_a_tgt_req, fresh),
		cmocka_unit_test(test_later_token_that_is_malformed_goes_nowhere),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
