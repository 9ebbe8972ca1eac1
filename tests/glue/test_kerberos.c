/* SPDX-License-Identifier: Apache-2.0
 *
 * Kerberos through the exported tables over a scripted WinPR: what is handed to it, what becomes of
 * each of its answers, and that everything acquired is freed. Built twice: with a WinPR whose
 * Kerberos is reached directly, and with one (FAKE_CARRIED) whose Negotiate carries it.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fake_token.h"
#include "kerberos_pair.h"
#include "sspi/attributes.h"
#include "sspi/table.h"
#include "wide.h"

/* --- Kerberos is used --------------------------------------------------------------------------
 */

static void test_logon_hands_winpr_what_the_caller_gave(void** state)
{
	(void)state;
	const struct sspi_setup setup = setup_new();
	expect_kerberos(&setup, 2);
	assert_string_equal(fake.target, "TERMSRV/server.example");
	assert_string_equal(fake.package, CARRIED ? "Negotiate" : "Kerberos");
	assert_string_equal(fake.list, CARRIED ? "none,kerberos" : "");
	/* The layout is the one that this release reads: flag 0x200 from 3.31 on, 0x100 before. */
	assert_int_equal(fake.identity_flags & 0x300, CARRIED ? 0x200 : 0x100);
	assert_true(fake.flags & ISC_REQ_MUTUAL_AUTH);
	assert_true(fake.flags & ISC_REQ_CONFIDENTIALITY);
	assert_int_equal(fake.credentials, 2);
	assert_int_equal(fake.contexts, 2);
	sspi_pair_close(&pair);
	expect_all_freed();
	assert_int_equal(log_capture_count(WLOG_INFO, "exchange=complete", "chosen=Kerberos"), 2);
	/* Acquired anew for the identity alone. */
	fake_winpr_reset();
	struct sspi_setup client_only = setup;
	expect_status(sspi_end_acquire(&pair.client, &client_only, false), SEC_E_OK);
	struct sspi_token out = { NULL, 0 };
	expect_status(sspi_end_step(&pair.client, NULL, &out), SEC_I_CONTINUE_NEEDED);
	assert_string_equal(fake.user, "user");
	assert_string_equal(fake.password, "Password");
	sspi_token_free(&out);
	sspi_end_close(&pair.client);
	expect_all_freed();
}

/* TGT-REQ, TGT-REP, AP-REQ, AP-REP and the acceptor's mechListMIC, the client's: nothing protects a
 * TGT-REQ, and so the acceptor demands the MIC though nothing but the client's first mechanism was
 * taken. */
static void test_user_to_user_ends_with_the_mechListMICs(void** state)
{
	(void)state;
	struct sspi_setup setup = setup_new();
	setup.package_list = "none,u2u";
	fake_winpr_offer_u2u();
	expect_kerberos(&setup, 5);
	assert_int_equal(log_capture_count(WLOG_INFO, "exchange=complete", "mechlistmic=sent/ok"), 2);
	assert_true(fake.flags & ISC_REQ_USE_SESSION_KEY);
	if (CARRIED)
		assert_string_equal(fake.list, "none,u2u");
	sspi_pair_close(&pair);
	expect_all_freed();
}

/* The client's first mechanism is not had: user-to-user is taken, and both ends owe a mechListMIC,
 * which is the first message of its direction (RFC 4178 5). */
static void test_mech_list_mic_is_made_and_checked_by_winpr(void** state)
{
	(void)state;
	const struct sspi_setup setup = setup_new();
	for (int altered = 0; altered < 2; altered++)
	{
		fresh(NULL);
		fake_winpr_offer_u2u();
		expect_status(sspi_end_acquire(&pair.client, &setup, false), SEC_E_OK);
		setenv("NEGOSSP_PACKAGES", "!kerberos,u2u", 1);
		expect_status(sspi_end_acquire(&pair.server, &setup, true), SEC_E_OK);
		pair.setup = setup;
		fake.check = altered ? SEC_E_MESSAGE_ALTERED : SEC_E_OK;
		const bool complete = sspi_pair_run(&pair);
		if (complete == altered)
			log_capture_print();
		assert_int_equal(complete, !altered);
		if (altered)
			assert_true(pair.client.status == SEC_E_MESSAGE_ALTERED ||
			            pair.server.status == SEC_E_MESSAGE_ALTERED);
		else
		{
			assert_null(sspi_pair_chat(&pair, 2));
			assert_int_equal(log_capture_count(WLOG_INFO, "mechlistmic=sent/ok", NULL), 2);
			assert_true(fake.sent > 0);
		}
		sspi_pair_close(&pair);
		expect_all_freed();
	}
}

static void test_without_mutual_authentication_one_token_is_enough(void** state)
{
	(void)state;
	struct sspi_setup setup = setup_new();
	setup.client_flags = ISC_REQ_CONFIDENTIALITY;
	fake.no_mutual = true;
	expect_kerberos(&setup, 2);
	assert_false(fake.flags & ISC_REQ_MUTUAL_AUTH);
	sspi_pair_close(&pair);
	expect_all_freed();
}

/* A bare AP-REQ or TGT-REQ, without SPNEGO, is recognised and answered bare. */
static void test_bare_tokens_are_recognised(void** state)
{
	static const uint8_t ap_req[] = { 0x60, 0x0F, 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7,
		                              0x12, 0x01, 0x02, 0x02, 0x01, 0x00, 'b',  'o' };
	const struct text tgt_req = fake_tgt_req("TERMSRV", "server.example");
	const struct sspi_setup setup = setup_new();
	(void)state;
	for (int u2u = 0; u2u < 2; u2u++)
	{
		struct sspi_token in = { NULL, 0 };
		struct sspi_token out = { NULL, 0 };
		fresh(NULL);
		fake_winpr_offer_u2u();
		expect_status(sspi_end_acquire(&pair.server, &setup, true), SEC_E_OK);
		sspi_token_set(&in, u2u ? tgt_req.data : ap_req, u2u ? tgt_req.len : sizeof(ap_req));
		expect_status(sspi_end_step(&pair.server, &in, &out),
		              u2u ? SEC_I_CONTINUE_NEEDED : SEC_E_OK);
		assert_true(out.len > 15 && out.data[0] == 0x60);
		assert_memory_equal(out.data + 4 + out.data[3], u2u ? "\4\1" : "\2\0", 2);
		sspi_token_free(&in);
		sspi_token_free(&out);
		sspi_end_close(&pair.server);
		expect_all_freed();
	}
}

/* They reach WinPR as the caller gave them, with the offsets counted anew. */
static void test_channel_bindings_reach_winpr(void** state)
{
	struct
	{
		SEC_CHANNEL_BINDINGS header;
		char gap[4];
		char data[12];
	} given = { .header = { .cbApplicationDataLength = 12, .dwApplicationDataOffset = 36 } };
	struct sspi_setup setup = setup_new();
	const SEC_CHANNEL_BINDINGS* const seen =
	    (const SEC_CHANNEL_BINDINGS*)(const void*)fake.bindings;
	(void)state;
	memcpy(given.data, "tls-unique:x", 12);
	setup.client_bindings = &given.header;
	setup.client_bindings_len = sizeof(given);
	for (int u2u = 0; u2u < 2; u2u++)
	{
		fresh(NULL);
		if (u2u)
			fake_winpr_offer_u2u();
		setup.package_list = u2u ? "none,u2u" : NULL;
		assert_true(sspi_pair_connect(&pair, &setup));
		assert_int_equal(fake.bindings_len, 32 + 12);
		assert_int_equal(seen->cbApplicationDataLength, 12);
		assert_int_equal(seen->dwApplicationDataOffset, 32);
		assert_memory_equal(fake.bindings + 32, "tls-unique:x", 12);
		sspi_pair_close(&pair);
		expect_all_freed();
	}
}

/* A hash is no password to Kerberos: it gets none, and a ticket may still do. */
static void test_hash_is_never_handed_over_as_a_password(void** state)
{
	char hash[33];
	uint8_t nt_hash[16];
	struct sspi_setup setup = setup_new();
	(void)state;
	sandbox_nt_hash("Password", nt_hash);
	sandbox_hex(nt_hash, sizeof(nt_hash), hash);
	setup.password = hash;
	/* FreeRDP before 3.27 adds 512 to the length, later ones set a flag; a caller that goes on to
	 * add is told by the digits. */
	for (int way = 0; way < 3; way++)
	{
		fresh(NULL);
		fake.minor = way == 0 ? 10 : CARRIED ? 33 : 27;
		setup.password_length_extra = way < 2 ? 512 : 0;
		setup.identity_flags = way < 2 ? 0 : 0x00800000;
		expect_kerberos(&setup, 2);
		assert_string_equal(fake.password, "");
		sspi_pair_close(&pair);
		expect_all_freed();
		fake.ticket = fake.realm = fake.keytab = KRB5_NO;
		setup.domain = NULL;
		assert_true(sspi_pair_connect(&pair, &setup));
		expect_package(&pair.client, "NTLM");
		sspi_pair_close(&pair);
		setup.domain = "REALM.EXAMPLE";
	}
}

/* --- messages ----------------------------------------------------------------------------------
 */

struct message
{
	BYTE trailer[128];
	BYTE data[16];
	SecBuffer buffers[3];
	SecBufferDesc desc;
};

static void message_make(struct message* message, ULONG room)
{
	memset(message, 0, sizeof(*message));
	memcpy(message->data, "fifteen letters", 16);
	message->buffers[0] = (SecBuffer){ room, SECBUFFER_TOKEN, message->trailer };
	message->buffers[1] = (SecBuffer){ 16, SECBUFFER_DATA, message->data };
	message->desc = (SecBufferDesc){ SECBUFFER_VERSION, 2, message->buffers };
}

static void test_messages_are_winprs_and_failures_change_nothing(void** state)
{
	const struct sspi_setup setup = setup_new();
	const SecurityFunctionTableA* const a = table_a();
	struct message m;
	ULONG qop = 9;
	(void)state;
	expect_kerberos(&setup, 2);
	CtxtHandle* const client = &pair.client.context;
	CtxtHandle* const server = &pair.server.context;
	SecPkgContext_Sizes sizes;
	expect_status(a->QueryContextAttributesA(client, SECPKG_ATTR_SIZES, &sizes), SEC_E_OK);
	assert_int_equal(sizes.cbMaxSignature, FAKE_SIGNATURE_SIZE);
	assert_int_equal(sizes.cbSecurityTrailer, FAKE_TRAILER_SIZE);

	message_make(&m, sizeof(m.trailer));
	expect_status(a->MakeSignature(client, 0, &m.desc, 77), SEC_E_OK);
	assert_int_equal(m.buffers[0].cbBuffer, FAKE_SIGNATURE_SIZE);
	m.data[0] ^= 1;
	expect_status(a->VerifySignature(server, &m.desc, 0, &qop), SEC_E_MESSAGE_ALTERED);
	m.data[0] ^= 1;
	m.buffers[0].cbBuffer = 2;
	expect_status(a->VerifySignature(server, &m.desc, 0, &qop), SEC_E_INVALID_TOKEN);
	m.buffers[0].cbBuffer = FAKE_SIGNATURE_SIZE;
	/* What failed did not use the number up. */
	expect_status(a->VerifySignature(server, &m.desc, 0, &qop), SEC_E_OK);
	assert_int_equal(qop, 0);

	message_make(&m, sizeof(m.trailer));
	expect_status(a->EncryptMessage(client, 0, &m.desc, 0), SEC_E_OK);
	assert_memory_not_equal(m.data, "fifteen letters", 16);
	BYTE sealed[16];
	memcpy(sealed, m.data, 16);
	m.trailer[2] ^= 1;
	expect_status(a->DecryptMessage(server, &m.desc, 0, &qop), SEC_E_MESSAGE_ALTERED);
	assert_memory_equal(m.data, sealed, 16);
	m.trailer[2] ^= 1;
	/* EC is where WinPR before 3.30 writes to; and less than a header has none. */
	for (size_t i = 4; i < 6; i++)
	{
		m.trailer[i] = 0x9C;
		expect_status(a->DecryptMessage(server, &m.desc, 0, &qop), SEC_E_INVALID_TOKEN);
		m.trailer[i] = 0;
	}
	m.buffers[0].cbBuffer = 15;
	expect_status(a->DecryptMessage(server, &m.desc, 0, &qop), SEC_E_INVALID_TOKEN);
	m.buffers[0].cbBuffer = FAKE_TRAILER_SIZE;
	expect_status(a->DecryptMessage(server, &m.desc, 0, &qop), SEC_E_OK);
	assert_memory_equal(m.data, "fifteen letters", 16);

	/* Too little room, two parts, a part that is not to be sealed, and WinPR's own failure. */
	message_make(&m, FAKE_TRAILER_SIZE - 1);
	expect_status(a->EncryptMessage(client, 0, &m.desc, 0), SEC_E_BUFFER_TOO_SMALL);
	message_make(&m, FAKE_SIGNATURE_SIZE - 1);
	expect_status(a->MakeSignature(client, 0, &m.desc, 0), SEC_E_BUFFER_TOO_SMALL);
	message_make(&m, sizeof(m.trailer));
	m.buffers[2] = m.buffers[1];
	m.desc.cBuffers = 3;
	expect_status(a->EncryptMessage(client, 0, &m.desc, 0), SEC_E_UNSUPPORTED_FUNCTION);
	expect_status(a->DecryptMessage(server, &m.desc, 0, NULL), SEC_E_UNSUPPORTED_FUNCTION);
	message_make(&m, sizeof(m.trailer));
	m.buffers[1].BufferType |= SECBUFFER_READONLY;
	expect_status(a->EncryptMessage(client, 0, &m.desc, 0), SEC_E_UNSUPPORTED_FUNCTION);
	expect_status(a->DecryptMessage(server, &m.desc, 0, NULL), SEC_E_UNSUPPORTED_FUNCTION);
	message_make(&m, sizeof(m.trailer));
	fake.protect = SEC_E_INTERNAL_ERROR;
	expect_status(a->EncryptMessage(client, 0, &m.desc, 0), SEC_E_CRYPTO_SYSTEM_INVALID);
	sspi_pair_close(&pair);
	expect_all_freed();
}

static void test_attributes_that_winpr_alone_can_answer(void** state)
{
	const struct sspi_setup setup = setup_new();
	struct
	{
		ULONG first;
		BYTE room[1200];
	} answer = { 0 };
	(void)state;
	expect_kerberos(&setup, 2);
	expect_status(sspi_query(&pair.client.table, &pair.client.context,
	                         SECPKG_CRED_ATTR_TICKET_LOGON, &answer),
	              SEC_E_OK);
	assert_int_equal(answer.first, SECPKG_CRED_ATTR_TICKET_LOGON);
	expect_status(sspi_query(&pair.server.table, &pair.server.context, ATTRIBUTE_IDENTITY, &answer),
	              SEC_E_OK);
	assert_int_equal(answer.first, ATTRIBUTE_IDENTITY);
	fake.query = SEC_E_UNSUPPORTED_FUNCTION;
	expect_status(sspi_query(&pair.server.table, &pair.server.context, ATTRIBUTE_IDENTITY, &answer),
	              SEC_E_UNSUPPORTED_FUNCTION);
	/* NTLM's own, and the key that WinPR keeps. */
	expect_status(sspi_query(&pair.client.table, &pair.client.context, ATTRIBUTE_NTLM_MIC, &answer),
	              SEC_E_UNSUPPORTED_FUNCTION);
	expect_status(
	    sspi_query(&pair.client.table, &pair.client.context, SECPKG_ATTR_SESSION_KEY, &answer),
	    SEC_E_UNSUPPORTED_FUNCTION);
	expect_status(
	    sspi_query(&pair.client.table, &pair.client.context, SECPKG_ATTR_KEY_INFO, &answer),
	    SEC_E_UNSUPPORTED_FUNCTION);
	expect_status(sspi_query(&pair.server.table, &pair.server.context, SECPKG_ATTR_NAMES, &answer),
	              SEC_E_UNSUPPORTED_FUNCTION);
	sspi_pair_close(&pair);
	expect_all_freed();
}

/* Not while the choice of Kerberos is still the peer's to change, nor after a failure. */
static void test_tickets_are_told_of_a_complete_exchange_alone(void** state)
{
	const struct sspi_setup setup = setup_new();
	struct sspi_token out = { NULL, 0 };
	struct sspi_token garbage = { (uint8_t[]){ 0x30, 0x00 }, 2 };
	uint8_t answer[1204] = { 0 };
	(void)state;
	expect_status(sspi_end_acquire(&pair.client, &setup, false), SEC_E_OK);
	expect_status(sspi_end_step(&pair.client, NULL, &out), SEC_I_CONTINUE_NEEDED);
	sspi_token_free(&out);
	for (size_t i = 0; i < 2; i++)
	{
		expect_status(sspi_query(&pair.client.table, &pair.client.context,
		                         SECPKG_CRED_ATTR_TICKET_LOGON, &answer),
		              SEC_E_OUT_OF_SEQUENCE);
		assert_int_equal(answer[0], 0);
		assert_true(sspi_end_step(&pair.client, &garbage, &out) < 0);
	}
	sspi_end_close(&pair.client);
	expect_all_freed();
}

static void test_kdc_proxy_is_handed_on_when_winprs_credential_is_acquired(void** state)
{
	struct
	{
		SecPkgCredentials_KdcProxySettingsW settings;
		WCHAR server[9];
	} proxy = { .settings = { .Version = KDC_PROXY_SETTINGS_V1,
		                      .ProxyServerOffset = sizeof(proxy.settings),
		                      .ProxyServerLength = sizeof(proxy.server) },
		        .server = { WIDE('h'), WIDE('t'), WIDE('t'), WIDE('p'), WIDE('s'), WIDE(':'),
		                    WIDE('/'), WIDE('/'), WIDE('k') } };
	struct sspi_token out = { NULL, 0 };
	const struct sspi_setup setup = setup_new();
	(void)state;
	expect_status(sspi_end_acquire(&pair.client, &setup, false), SEC_E_OK);
	expect_status(table_a()->SetCredentialsAttributesA(&pair.client.credential,
	                                                   SECPKG_CRED_ATTR_KDC_PROXY_SETTINGS, &proxy,
	                                                   sizeof(proxy)),
	              SEC_E_OK);
	expect_status(table_a()->SetCredentialsAttributesA(
	                  &pair.client.credential, SECPKG_CRED_ATTR_NAMES, &proxy, sizeof(proxy)),
	              SEC_E_UNSUPPORTED_FUNCTION);
	assert_string_equal(fake.proxy, "");
	expect_status(sspi_end_step(&pair.client, NULL, &out), SEC_I_CONTINUE_NEEDED);
	assert_string_equal(fake.proxy, "https://k");
	sspi_token_free(&out);
	sspi_end_close(&pair.client);
	expect_all_freed();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_logon_hands_winpr_what_the_caller_gave, fresh),
		cmocka_unit_test_setup(test_user_to_user_ends_with_the_mechListMICs, fresh),
		cmocka_unit_test_setup(test_mech_list_mic_is_made_and_checked_by_winpr, fresh),
		cmocka_unit_test_setup(test_without_mutual_authentication_one_token_is_enough, fresh),
		cmocka_unit_test_setup(test_bare_tokens_are_recognised, fresh),
		cmocka_unit_test_setup(test_channel_bindings_reach_winpr, fresh),
		cmocka_unit_test_setup(test_hash_is_never_handed_over_as_a_password, fresh),
		cmocka_unit_test_setup(test_messages_are_winprs_and_failures_change_nothing, fresh),
		cmocka_unit_test_setup(test_attributes_that_winpr_alone_can_answer, fresh),
		cmocka_unit_test_setup(test_tickets_are_told_of_a_complete_exchange_alone, fresh),
		cmocka_unit_test_setup(test_kdc_proxy_is_handed_on_when_winprs_credential_is_acquired,
		                       fresh),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
