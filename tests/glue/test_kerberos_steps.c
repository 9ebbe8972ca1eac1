/* SPDX-License-Identifier: Apache-2.0
 *
 * The steps of a Kerberos exchange over a scripted WinPR, one rule at a time: which targets are
 * tried, which flags are asked for and granted, what is around a token, and which mechanism comes
 * after which. Built twice, as test_kerberos.c.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <winpr/error.h>

#include "fake_token.h"
#include "kerberos_pair.h"
#include "sspi/table.h"

#define LETTERS_15 "abcdefghijklmno"
#define LETTERS_255                                                                                \
	LETTERS_15 LETTERS_15 LETTERS_15 LETTERS_15 LETTERS_15 LETTERS_15 LETTERS_15 LETTERS_15        \
	    LETTERS_15 LETTERS_15 LETTERS_15 LETTERS_15 LETTERS_15 LETTERS_15 LETTERS_15 LETTERS_15    \
	        LETTERS_15

static SECURITY_STATUS step(struct sspi_end* end, const void* data, size_t len,
                            struct sspi_token* out)
{
	struct sspi_token in = { NULL, 0 };
	sspi_token_set(&in, data, len);
	const SECURITY_STATUS status = sspi_end_step(end, &in, out);
	sspi_token_free(&in);
	return status;
}

/* --- initiator ---------------------------------------------------------------------------------
 */

static void test_host_of_a_target_decides(void** state)
{
	static const struct
	{
		const char* target;
		const char* why; /* Kerberos is not tried; NULL: it is */
	} rows[] = {
		{ "server.example", NULL },
		{ "TERMSRV/server.example", NULL },
		{ "TERMSRV/server.example:3389", NULL },
		{ "192.0.2.1/server.example", NULL },
		{ "TERMSRV/" LETTERS_255, NULL },
		{ "192.0.2.1", "named by its IP address" },
		{ "TERMSRV/192.0.2.1:3389", "named by its IP address" },
		{ "TERMSRV/2001:db8::1", "named by its IP address" },
		{ "2001:db8::1", "named by its IP address" },
		{ "TERMSRV/[2001:db8::1]", "named by its IP address" },
		{ "TERMSRV/[2001:db8::1]:3389", "named by its IP address" },
		{ "TERMSRV/[2001:db8::1", "named by its IP address" },
		{ "TERMSRV/", "no target host is named" },
		{ "TERMSRV/:3389", "no target host is named" },
		{ "", "no target host is named" },
		{ "TERMSRV/b\xC3\xBC"
		  "cher.example",
		  "no target host is named" },
		{ "TERMSRV/\xC4\xA1.example",
		  "no target host is named" }, /* U+0121, whose low half is '!' */
		{ "TERMSRV/" LETTERS_255 "p", "no target host is named" },
	};
	struct sspi_setup setup = setup_new();
	struct sspi_token out = { NULL, 0 };
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
	{
		fresh(NULL);
		setup.target = rows[i].target;
		expect_status(sspi_end_acquire(&pair.client, &setup, false), SEC_E_OK);
		expect_status(sspi_end_step(&pair.client, NULL, &out), SEC_I_CONTINUE_NEEDED);
		if ((fake.acquired > 0) != !rows[i].why ||
		    log_capture_count(WLOG_INFO, "Kerberos is not used", rows[i].why) != !!rows[i].why)
		{
			log_capture_print();
			fail_msg("target %s", rows[i].target);
		}
		/* WinPR gets the name as the caller gave it. */
		if (!rows[i].why)
			assert_memory_equal(fake.target, rows[i].target,
			                    strnlen(rows[i].target, sizeof(fake.target) - 1));
		sspi_end_close(&pair.client);
		expect_all_freed();
	}
	sspi_token_free(&out);
}

static void test_flags_that_kerberos_knows_are_asked_for(void** state)
{
	static const ULONG rows[][2] = {
		{ 0, ISC_REQ_INTEGRITY },
		{ ISC_REQ_CONFIDENTIALITY, ISC_REQ_CONFIDENTIALITY | ISC_REQ_INTEGRITY },
		{ ISC_REQ_MUTUAL_AUTH | ISC_REQ_REPLAY_DETECT | ISC_REQ_SEQUENCE_DETECT,
		  ISC_REQ_MUTUAL_AUTH | ISC_REQ_REPLAY_DETECT | ISC_REQ_SEQUENCE_DETECT |
		      ISC_REQ_INTEGRITY },
		{ ISC_REQ_DELEGATE | ISC_REQ_USE_DCE_STYLE | ISC_REQ_IDENTIFY | ISC_REQ_EXTENDED_ERROR |
		      ISC_REQ_CONNECTION | ISC_REQ_NULL_SESSION | ISC_REQ_USE_SESSION_KEY,
		  ISC_REQ_INTEGRITY },
	};
	struct sspi_setup setup = setup_new();
	struct sspi_token out = { NULL, 0 };
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
	{
		setup.client_flags = rows[i][0];
		expect_status(sspi_end_acquire(&pair.client, &setup, false), SEC_E_OK);
		expect_status(sspi_end_step(&pair.client, NULL, &out), SEC_I_CONTINUE_NEEDED);
		assert_int_equal(fake.flags, rows[i][1]);
		sspi_end_close(&pair.client);
	}
	sspi_token_free(&out);
	expect_all_freed();
}

/* WinPR is offered room for the largest ticket that Windows makes, whatever the caller has; what
 * does not fit the caller's is lost with its context. */
static void test_room_for_a_large_ticket(void** state)
{
	const struct sspi_setup setup = setup_new();
	struct sspi_token out = { NULL, 0 };
	(void)state;
	expect_status(sspi_end_acquire(&pair.client, &setup, false), SEC_E_OK);
	pair.client.output_room = 20;
	expect_status(sspi_end_step(&pair.client, NULL, &out), SEC_E_BUFFER_TOO_SMALL);
	expect_failed(&pair.client);
	assert_int_equal(fake.room, 48000);
	assert_int_equal(fake.contexts, 0);
	assert_int_equal(log_capture_count(WLOG_WARN, "does not fit the caller's buffer of 20", NULL),
	                 1);
	sspi_end_close(&pair.client);
	expect_all_freed();
}

/* --- acceptor ----------------------------------------------------------------------------------
 */

static void test_what_the_clients_token_grants_holds(void** state)
{
	static const struct
	{
		ULONG granted;
		SECURITY_STATUS seal;
	} rows[] = {
		{ ASC_RET_CONFIDENTIALITY | ASC_RET_INTEGRITY, SEC_E_OK },
		{ ASC_RET_INTEGRITY, SEC_E_UNSUPPORTED_FUNCTION },
		{ ASC_RET_INTEGRITY | ASC_RET_REPLAY_DETECT, SEC_E_UNSUPPORTED_FUNCTION },
	};
	struct sspi_setup setup = setup_new();
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
	{
		struct sspi_token sealed = { NULL, 0 };
		SecPkgContext_Flags flags = { 0 };
		fresh(NULL);
		fake.granted = rows[i].granted;
		assert_true(sspi_pair_connect(&pair, &setup));
		expect_status(sspi_end_seal(&pair.server, "text", 4, &sealed), rows[i].seal);
		expect_status(
		    sspi_query(&pair.server.table, &pair.server.context, SECPKG_ATTR_FLAGS, &flags),
		    SEC_E_OK);
		assert_int_equal(flags.Flags, rows[i].granted);
		assert_int_equal(pair.server.flags, rows[i].granted);
		sspi_token_free(&sealed);
		sspi_pair_close(&pair);
		expect_all_freed();
	}
}

/* 60 len OID TOK_ID "bo": Kerberos by both its names (MS-SPNG 3.1.5.1), and user-to-user, whose
 * TGT-REQ has more in it. */
static const uint8_t bare[3][18] = {
	{ 0x60, 0x0F, 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x12, 0x01, 0x02, 0x02, 1, 0, 'b',
	  'o' },
	{ 0x60, 0x0F, 0x06, 0x09, 0x2A, 0x86, 0x48, 0x82, 0xF7, 0x12, 0x01, 0x02, 0x02, 1, 0, 'b',
	  'o' },
	{ 0x60, 0x10, 0x06, 0x0A, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x12, 0x01, 0x02, 0x02, 3, 4, 0, 'b',
	  'o' },
};

/* What is bare is told by its OID, and answered by the mechanism of that OID alone. */
static void test_a_bare_token_is_its_mechanisms(void** state)
{
	static const struct
	{
		const char* packages;
		SECURITY_STATUS expected[3];
	} rows[] = {
		{ NULL, { SEC_E_OK, SEC_E_OK, SEC_I_CONTINUE_NEEDED } },
		{ "none,kerberos,ntlm", { SEC_E_OK, SEC_E_OK, SEC_E_INVALID_TOKEN } },
		{ "none,u2u,ntlm", { SEC_E_INVALID_TOKEN, SEC_E_INVALID_TOKEN, SEC_I_CONTINUE_NEEDED } },
		{ "none,ntlm", { SEC_E_INVALID_TOKEN, SEC_E_INVALID_TOKEN, SEC_E_INVALID_TOKEN } },
	};
	const struct text tgt_req = fake_tgt_req("TERMSRV", "server.example");
	struct sspi_setup setup = setup_new();
	struct sspi_token out = { NULL, 0 };
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
	{
		for (size_t j = 0; j < 3; j++)
		{
			fresh(NULL);
			fake_winpr_offer_u2u();
			setup.package_list = rows[i].packages;
			expect_status(sspi_end_acquire(&pair.server, &setup, true), SEC_E_OK);
			expect_status(step(&pair.server, j == 2 ? tgt_req.data : bare[j],
			                   j == 2 ? tgt_req.len : bare[j][1] + 2u, &out),
			              rows[i].expected[j]);
			if (rows[i].expected[j] >= 0)
				assert_int_equal(out.data[0], 0x60);
			else
				expect_failed(&pair.server);
			sspi_end_close(&pair.server);
			expect_all_freed();
		}
	}
	sspi_token_free(&out);
}

/* NegTokenInit of [NTLM, Kerberos], without a token (RFC 4178 4.2.1). */
static const uint8_t ntlm_first[] = { 0x60, 0x27, 0x06, 0x06, 0x2B, 0x06, 0x01, 0x05, 0x05,
	                                  0x02, 0xA0, 0x1D, 0x30, 0x1B, 0xA0, 0x19, 0x30, 0x17,
	                                  0x06, 0x0A, 0x2B, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37,
	                                  0x02, 0x02, 0x0A, 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86,
	                                  0xF7, 0x12, 0x01, 0x02, 0x02 };

/* An acceptor that has Kerberos alone passes the client's NTLM over, and owes it a mechListMIC for
 * that (RFC 4178 5): it asks for one, and names its choice. */
static void test_acceptor_without_ntlm_goes_on_to_kerberos(void** state)
{
	static const uint8_t kerberos_oid[] = { 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86,
		                                    0xF7, 0x12, 0x01, 0x02, 0x02 };
	static const uint8_t request_mic[] = { 0xA0, 0x03, 0x0A, 0x01, 0x03 };
	static const uint8_t ntlm_oid[] = { 0x06, 0x0A, 0x2B, 0x06, 0x01, 0x04,
		                                0x01, 0x82, 0x37, 0x02, 0x02, 0x0A };
	struct sspi_setup setup = setup_new();
	struct sspi_token out = { NULL, 0 };
	(void)state;
	for (int with_ntlm = 0; with_ntlm < 2; with_ntlm++)
	{
		setup.package_list = with_ntlm ? NULL : "!ntlm";
		expect_status(sspi_end_acquire(&pair.server, &setup, true), SEC_E_OK);
		expect_status(step(&pair.server, ntlm_first, sizeof(ntlm_first), &out),
		              SEC_I_CONTINUE_NEEDED);
		assert_int_equal(memmem(out.data, out.len, kerberos_oid, sizeof(kerberos_oid)) != NULL,
		                 !with_ntlm);
		assert_int_equal(memmem(out.data, out.len, request_mic, sizeof(request_mic)) != NULL,
		                 !with_ntlm);
		assert_int_equal(memmem(out.data, out.len, ntlm_oid, sizeof(ntlm_oid)) != NULL, with_ntlm);
		sspi_end_close(&pair.server);
	}
	/* And one that has neither refuses. */
	fake.keytab = KRB5_NO;
	setup.package_list = "!ntlm";
	expect_status(sspi_end_acquire(&pair.server, &setup, true), SEC_E_OK);
	assert_true(step(&pair.server, ntlm_first, sizeof(ntlm_first), &out) < 0);
	expect_failed(&pair.server);
	assert_int_equal(fake.acquired, 0);
	sspi_token_free(&out);
	sspi_end_close(&pair.server);
	expect_all_freed();
}

/* --- both --------------------------------------------------------------------------------------
 */

/* Whoever has only one of the two finds a peer that has both, and none that has the other alone. */
static void test_each_mechanism_alone_meets_both(void** state)
{
	static const struct
	{
		const char* client;
		const char* server;
		const char* chosen; /* NULL: refused */
	} rows[] = {
		{ NULL, "!ntlm", "Kerberos" },          { "!ntlm", NULL, "Kerberos" },
		{ NULL, "!kerberos,!u2u", "NTLM" },     { "!kerberos,!u2u", NULL, "NTLM" },
		{ "!ntlm", "!kerberos,!u2u", NULL },    { "!kerberos,!u2u", "!ntlm", NULL },
		{ "none,u2u", "none,kerberos", NULL },  { "none,kerberos", "none,u2u", NULL },
		{ "none,u2u", "none,u2u", "Kerberos" },
	};
	struct sspi_setup setup = setup_new();
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
	{
		fresh(NULL);
		fake_winpr_offer_u2u();
		struct sspi_setup of_server = setup;
		of_server.package_list = rows[i].server;
		setup.package_list = rows[i].client;
		pair = (struct sspi_pair){ .setup = setup };
		expect_status(sspi_end_acquire(&pair.client, &setup, false), SEC_E_OK);
		expect_status(sspi_end_acquire(&pair.server, &of_server, true), SEC_E_OK);
		assert_int_equal(sspi_pair_run(&pair), rows[i].chosen != NULL);
		if (rows[i].chosen)
		{
			expect_package(&pair.client, rows[i].chosen);
			expect_package(&pair.server, rows[i].chosen);
			assert_null(sspi_pair_chat(&pair, 2));
		}
		else
			assert_true(pair.client.status < 0 || pair.server.status < 0);
		sspi_pair_close(&pair);
		expect_all_freed();
	}
}

static void test_line_names_ticket_keytab_and_target(void** state)
{
	const struct sspi_setup setup = setup_new();
	(void)state;
	expect_kerberos(&setup, 2);
	assert_int_equal(log_capture_count(WLOG_INFO, "role=initiator",
	                                   "target=\"TERMSRV/server.example\" target_check=none "
	                                   "source=\"Kerberos ticket\""),
	                 1);
	assert_int_equal(log_capture_count(WLOG_INFO, "role=acceptor",
	                                   "target=\"\" target_check=none source=\"keytab\""),
	                 1);
	sspi_pair_close(&pair);
	expect_all_freed();
}

/* NegTokenResp with a responseToken; A1 len 30 len [A0 03 0A 01 state] A2 len 04 len token. */
static size_t resp(uint8_t* to, uint8_t neg_state, const uint8_t* token, size_t len)
{
	const uint8_t head[] = {
		0xA1, (uint8_t)(len + 11), 0x30, (uint8_t)(len + 9), 0xA0, 0x03,        0x0A,
		0x01, neg_state,           0xA2, (uint8_t)(len + 2), 0x04, (uint8_t)len
	};
	memcpy(to, head, sizeof(head));
	memcpy(to + sizeof(head), token, len);
	return sizeof(head) + len;
}

/* WinPR is told that the acceptor is done with the token that is an acceptor's last: AP-REP, and
 * not with TGT-REP. It gets no KRB-ERROR. */
static void test_last_tokens_go_to_the_carrier_as_such(void** state)
{
	static const struct
	{
		const char* packages;
		uint8_t id[2];
		uint8_t neg_state; /* on the wire; of what is no AP-REP the token decides */
		bool last;
		bool succeeds;
	} rows[] = {
		{ "none,kerberos", { 2, 0 }, 0, true, true },
		{ "none,kerberos", { 3, 0 }, 1, false, false },
		{ "none,u2u", { 4, 1 }, 1, false, true },
	};
	struct sspi_setup setup = setup_new();
	struct sspi_token out = { NULL, 0 };
	uint8_t message[64];
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
	{
		uint8_t token[18];
		fresh(NULL);
		setup.package_list = rows[i].packages;
		expect_status(sspi_end_acquire(&pair.client, &setup, false), SEC_E_OK);
		expect_status(sspi_end_step(&pair.client, NULL, &out), SEC_I_CONTINUE_NEEDED);
		const uint8_t* const form = bare[i == 2 ? 2 : 0];
		const size_t at = i == 2 ? 14 : 13;
		memcpy(token, form, sizeof(token));
		memcpy(token + at, rows[i].id, 2);
		const size_t len = resp(message, rows[i].neg_state, token, token[1] + 2u);
		assert_int_equal(step(&pair.client, message, len, &out) >= 0, rows[i].succeeds);
		if (CARRIED)
			assert_int_equal(fake.completed, rows[i].last);
		if (!rows[i].succeeds)
			expect_refused(&pair.client, SEC_E_LOGON_DENIED);
		sspi_end_close(&pair.client);
		expect_all_freed();
	}
	sspi_token_free(&out);
}

/* What a carrier hands out later must be taken apart as well. */
static void test_later_token_that_cannot_be_taken_apart(void** state)
{
	struct sspi_setup setup = setup_new();
	struct sspi_token out = { NULL, 0 };
	uint8_t token[18];
	uint8_t message[64];
	(void)state;
	memcpy(token, bare[2], sizeof(token));
	memcpy(token + 14, "\4\1", 2);
	setup.package_list = "none,u2u";
	expect_status(sspi_end_acquire(&pair.client, &setup, false), SEC_E_OK);
	expect_status(sspi_end_step(&pair.client, NULL, &out), SEC_I_CONTINUE_NEEDED);
	fake.garbage = true;
	const SECURITY_STATUS status = step(&pair.client, message, resp(message, 1, token, 18), &out);
	expect_status(status, CARRIED ? SEC_E_INVALID_TOKEN : SEC_I_CONTINUE_NEEDED);
	if (CARRIED)
	{
		expect_failed(&pair.client);
		expect_dead(&pair.client);
	}
	sspi_token_free(&out);
	sspi_end_close(&pair.client);
	expect_all_freed();
}

/* Without an entry of WinPR's the exchange goes on without Kerberos or is refused, and nothing that
 * is not there is called. */
static void test_missing_entry_is_not_called(void** state)
{
	static const struct
	{
		size_t entry;
		const char* chosen; /* NULL: refused */
	} rows[] = {
		{ offsetof(SecurityFunctionTableW, AcquireCredentialsHandleW), "NTLM" },
		{ offsetof(SecurityFunctionTableW, InitializeSecurityContextW), "NTLM" },
		{ offsetof(SecurityFunctionTableW, AcceptSecurityContext), NULL },
		{ offsetof(SecurityFunctionTableW, QueryContextAttributesW), NULL },
		{ offsetof(SecurityFunctionTableW, SetCredentialsAttributesW), "Kerberos" },
		{ offsetof(SecurityFunctionTableW, EncryptMessage), "Kerberos" },
		{ offsetof(SecurityFunctionTableW, DecryptMessage), "Kerberos" },
		{ offsetof(SecurityFunctionTableW, DeleteSecurityContext), "Kerberos" },
		{ offsetof(SecurityFunctionTableW, FreeCredentialsHandle), "Kerberos" },
	};
	const struct sspi_setup setup = setup_new();
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
	{
		fresh(NULL);
		/* No thread but this one, which changes the table. */
		setenv("NEGOSSP_KERBEROS_WAIT", "0", 1);
		fake.missing = rows[i].entry;
		assert_int_equal(sspi_pair_connect(&pair, &setup), rows[i].chosen != NULL);
		if (rows[i].chosen)
		{
			expect_package(&pair.client, rows[i].chosen);
			const bool flows = sspi_pair_chat(&pair, 1) == NULL;
			assert_int_equal(flows,
			                 rows[i].entry != offsetof(SecurityFunctionTableW, EncryptMessage) &&
			                     rows[i].entry != offsetof(SecurityFunctionTableW, DecryptMessage));
		}
		else
			assert_true(pair.client.status < 0 || pair.server.status < 0);
		sspi_pair_close(&pair);
		/* What WinPR itself cannot free stays. */
		assert_int_equal(fake.contexts != 0,
		                 rows[i].entry == offsetof(SecurityFunctionTableW, DeleteSecurityContext));
		assert_int_equal(fake.credentials != 0,
		                 rows[i].entry == offsetof(SecurityFunctionTableW, FreeCredentialsHandle));
		assert_int_equal(fake.freed_twice, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_host_of_a_target_decides, fresh),
		cmocka_unit_test_setup(test_flags_that_kerberos_knows_are_asked_for, fresh),
		cmocka_unit_test_setup(test_room_for_a_large_ticket, fresh),
		cmocka_unit_test_setup(test_what_the_clients_token_grants_holds, fresh),
		cmocka_unit_test_setup(test_a_bare_token_is_its_mechanisms, fresh),
		cmocka_unit_test_setup(test_acceptor_without_ntlm_goes_on_to_kerberos, fresh),
		cmocka_unit_test_setup(test_each_mechanism_alone_meets_both, fresh),
		cmocka_unit_test_setup(test_line_names_ticket_keytab_and_target, fresh),
		cmocka_unit_test_setup(test_last_tokens_go_to_the_carrier_as_such, fresh),
		cmocka_unit_test_setup(test_later_token_that_cannot_be_taken_apart, fresh),
		cmocka_unit_test_setup(test_missing_entry_is_not_called, fresh),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
