/* SPDX-License-Identifier: Apache-2.0
 *
 * Context flags (docs/functions.md): what each that is asked for at one end makes both ends report,
 * memory that we allocate, datagrams, and that the first call's request is the one that counts.
 */
#include "expect.h"

#include <string.h>

#include <winpr/error.h>

/* What every NTLM session has, asked for or not. */
#define CLIENT_ALWAYS (ISC_RET_INTEGRITY | ISC_RET_REPLAY_DETECT | ISC_RET_SEQUENCE_DETECT)
#define SERVER_ALWAYS (ASC_RET_INTEGRITY | ASC_RET_REPLAY_DETECT | ASC_RET_SEQUENCE_DETECT)
#define RPC_BIND_FLAGS                                                                             \
	(ISC_REQ_USE_DCE_STYLE | ISC_REQ_DELEGATE | ISC_REQ_REPLAY_DETECT | ISC_REQ_SEQUENCE_DETECT)

static struct sspi_pair pair;

static int disconnect(void** state)
{
	(void)state;
	sspi_pair_close(&pair);
	memset(&pair, 0, sizeof(pair));
	return 0;
}

static struct sspi_setup asking(const char* package, ULONG client, ULONG server)
{
	struct sspi_setup setup = sspi_setup_nla("user", NULL, "Password", box.sam);
	setup.client_package = setup.server_package = package;
	setup.client_flags = client;
	setup.server_flags = server;
	return setup;
}

/* A logon with these requests, and nothing but these attributes at its end; messages are signed. */
static void expect_granted_by(const char* package, ULONG client, ULONG server, ULONG client_gets,
                              ULONG server_gets)
{
	const struct sspi_setup setup = asking(package, client, server);
	SecPkgContext_Flags flags = { 0 };
	assert_true(sspi_pair_connect(&pair, &setup));
	if (pair.client.flags != client_gets || pair.server.flags != server_gets)
		print_error("%s asked 0x%X and 0x%X:\n", package, (unsigned)client, (unsigned)server);
	assert_int_equal(pair.client.flags, client_gets);
	assert_int_equal(pair.server.flags, server_gets);
	expect_status(sspi_query(&pair.client.table, &pair.client.context, SECPKG_ATTR_FLAGS, &flags),
	              SEC_E_OK);
	assert_int_equal(flags.Flags, client_gets);
	expect_status(sspi_query(&pair.server.table, &pair.server.context, SECPKG_ATTR_FLAGS, &flags),
	              SEC_E_OK);
	assert_int_equal(flags.Flags, server_gets);
	disconnect(NULL);
}

static void expect_granted(ULONG client, ULONG server, ULONG client_gets, ULONG server_gets)
{
	expect_granted_by("Negotiate", client, server, client_gets, server_gets);
	expect_granted_by("NTLM", client, server, client_gets, server_gets);
}

static void test_nothing_asked_is_integrity_all_the_same(void** state)
{
	(void)state;
	expect_granted(0, 0, CLIENT_ALWAYS, SERVER_ALWAYS);
}

static void test_integrity_replay_and_sequence_detection(void** state)
{
	(void)state;
	expect_granted(ISC_REQ_INTEGRITY, 0, CLIENT_ALWAYS, SERVER_ALWAYS);
	expect_granted(ISC_REQ_REPLAY_DETECT, 0, CLIENT_ALWAYS, SERVER_ALWAYS);
	expect_granted(ISC_REQ_SEQUENCE_DETECT, 0, CLIENT_ALWAYS, SERVER_ALWAYS);
	expect_granted(0, ASC_REQ_INTEGRITY, CLIENT_ALWAYS, SERVER_ALWAYS);
	expect_granted(0, ASC_REQ_REPLAY_DETECT, CLIENT_ALWAYS, SERVER_ALWAYS);
	expect_granted(0, ASC_REQ_SEQUENCE_DETECT, CLIENT_ALWAYS, SERVER_ALWAYS);
}

static void test_confidentiality_is_the_clients_to_ask_for(void** state)
{
	(void)state;
	const ULONG client = CLIENT_ALWAYS | ISC_RET_CONFIDENTIALITY;
	const ULONG server = SERVER_ALWAYS | ASC_RET_CONFIDENTIALITY;
	expect_granted(ISC_REQ_CONFIDENTIALITY, 0, client, server);
	expect_granted(ISC_REQ_CONFIDENTIALITY, ASC_REQ_CONFIDENTIALITY, client, server);
}

static void test_confidentiality_only_the_server_wants_is_refused(void** state)
{
	(void)state;
	static const char* const packages[] = { "Negotiate", "NTLM" };
	for (size_t i = 0; i < 2; i++)
	{
		const struct sspi_setup setup = asking(packages[i], 0, ASC_REQ_CONFIDENTIALITY);
		assert_false(sspi_pair_connect(&pair, &setup));
		expect_refused(&pair.server, SEC_E_UNSUPPORTED_FUNCTION);
		disconnect(NULL);
	}
}

static void test_mutual_authentication_is_never_claimed_by_ntlm(void** state)
{
	(void)state;
	expect_granted(ISC_REQ_MUTUAL_AUTH, ASC_REQ_MUTUAL_AUTH, CLIENT_ALWAYS, SERVER_ALWAYS);
}

static void test_delegation_is_never_claimed_by_ntlm(void** state)
{
	(void)state;
	expect_granted(ISC_REQ_DELEGATE, ASC_REQ_DELEGATE, CLIENT_ALWAYS, SERVER_ALWAYS);
}

static void test_extended_error_is_not_claimed(void** state)
{
	(void)state;
	expect_granted(ISC_REQ_EXTENDED_ERROR, ASC_REQ_EXTENDED_ERROR, CLIENT_ALWAYS, SERVER_ALWAYS);
	/* Nor is there anything to send when the logon fails. */
	struct sspi_setup setup = asking("Negotiate", ISC_REQ_EXTENDED_ERROR, ASC_REQ_EXTENDED_ERROR);
	setup.password = "wrong";
	assert_false(sspi_pair_connect(&pair, &setup));
	expect_refused(&pair.server, SEC_E_LOGON_DENIED);
}

static void test_session_key_connection_and_dce_style_are_granted_where_asked(void** state)
{
	(void)state;
	expect_granted(ISC_REQ_USE_SESSION_KEY, 0, CLIENT_ALWAYS | ISC_RET_USE_SESSION_KEY,
	               SERVER_ALWAYS);
	expect_granted(0, ASC_REQ_USE_SESSION_KEY, CLIENT_ALWAYS,
	               SERVER_ALWAYS | ASC_RET_USE_SESSION_KEY);
	expect_granted(ISC_REQ_CONNECTION, 0, CLIENT_ALWAYS | ISC_RET_CONNECTION, SERVER_ALWAYS);
	expect_granted(0, ASC_REQ_CONNECTION, CLIENT_ALWAYS, SERVER_ALWAYS | ASC_RET_CONNECTION);
	expect_granted(ISC_REQ_USE_DCE_STYLE, 0, CLIENT_ALWAYS | ISC_RET_USED_DCE_STYLE, SERVER_ALWAYS);
	expect_granted(0, ASC_REQ_USE_DCE_STYLE, CLIENT_ALWAYS, SERVER_ALWAYS | ASC_RET_USED_DCE_STYLE);
}

static void test_identify_of_the_client_reaches_the_server(void** state)
{
	(void)state;
	expect_granted(ISC_REQ_IDENTIFY, 0, CLIENT_ALWAYS | ISC_RET_IDENTIFY,
	               SERVER_ALWAYS | ASC_RET_IDENTIFY);
	/* The level is the client's to limit. */
	expect_granted(0, ASC_REQ_IDENTIFY, CLIENT_ALWAYS, SERVER_ALWAYS);
}

static void test_flags_of_nla(void** state)
{
	(void)state;
	expect_granted(
	    SSPI_NLA_CLIENT_FLAGS, SSPI_NLA_SERVER_FLAGS, CLIENT_ALWAYS | ISC_RET_CONFIDENTIALITY,
	    SERVER_ALWAYS | ASC_RET_CONFIDENTIALITY | ASC_RET_USE_SESSION_KEY | ASC_RET_CONNECTION);
}

static void test_flags_of_the_rpc_gateways_bind(void** state)
{
	(void)state;
	expect_granted_by("NTLM", RPC_BIND_FLAGS, ASC_REQ_USE_DCE_STYLE,
	                  CLIENT_ALWAYS | ISC_RET_USED_DCE_STYLE,
	                  SERVER_ALWAYS | ASC_RET_USED_DCE_STYLE);
	/* BIND, BIND_ACK, AUTH3: three legs, the last one without an answer. */
	struct sspi_setup setup = asking("NTLM", RPC_BIND_FLAGS, ASC_REQ_USE_DCE_STYLE);
	setup.target = "gateway.example";
	assert_true(sspi_pair_connect(&pair, &setup));
	assert_int_equal(pair.leg_count, 3);
}

static void test_first_request_counts(void** state)
{
	(void)state;
	/* FreeRDP passes what it was told as its next request (D11); others pass what they like. */
	const struct sspi_setup setup = asking("Negotiate", ISC_REQ_CONFIDENTIALITY, 0);
	struct sspi_token tokens[4] = { { NULL, 0 } };
	assert_true(sspi_pair_open(&pair, &setup));
	expect_status(sspi_end_step(&pair.client, NULL, &tokens[0]), SEC_I_CONTINUE_NEEDED);
	expect_status(sspi_end_step(&pair.server, &tokens[0], &tokens[1]), SEC_I_CONTINUE_NEEDED);
	pair.client.flags = ISC_REQ_DATAGRAM | ISC_REQ_USE_SESSION_KEY | ISC_REQ_ALLOCATE_MEMORY;
	pair.server.flags = ASC_REQ_DATAGRAM | ASC_REQ_CONNECTION | ASC_REQ_ALLOCATE_MEMORY;
	expect_status(sspi_end_step(&pair.client, &tokens[1], &tokens[2]), SEC_I_CONTINUE_NEEDED);
	expect_status(sspi_end_step(&pair.server, &tokens[2], &tokens[3]), SEC_E_OK);
	expect_status(sspi_end_step(&pair.client, &tokens[3], &tokens[0]), SEC_E_OK);
	assert_int_equal(pair.client.flags, CLIENT_ALWAYS | ISC_RET_CONFIDENTIALITY);
	assert_int_equal(pair.server.flags, SERVER_ALWAYS | ASC_RET_CONFIDENTIALITY);
	assert_null(sspi_pair_chat(&pair, 1));
	for (size_t i = 0; i < 4; i++)
		sspi_token_free(&tokens[i]);
}

/* --- memory ----------------------------------------------------------------------------------- */

/* One call of either end with a buffer that has no memory. */
static SECURITY_STATUS step_allocating(struct sspi_end* end, SecBuffer* in, SecBuffer* out)
{
	char target[] = "TERMSRV/server.example";
	const SecurityFunctionTableA* table = end->table.a;
	CtxtHandle* context = end->context.dwLower || end->context.dwUpper ? &end->context : NULL;
	SecBufferDesc input = { SECBUFFER_VERSION, 1, in };
	SecBufferDesc output = { SECBUFFER_VERSION, 1, out };
	*out = (SecBuffer){ 0, SECBUFFER_TOKEN, NULL };
	const SECURITY_STATUS status =
	    end->is_server
	        ? table->AcceptSecurityContext(&end->credential, context, &input, end->flags,
	                                       SECURITY_NATIVE_DREP, &end->context, &output,
	                                       &end->flags, NULL)
	        : table->InitializeSecurityContextA(&end->credential, context, target, end->flags, 0,
	                                            SECURITY_NATIVE_DREP, &input, 0, &end->context,
	                                            &output, &end->flags, NULL);
	/* What came in was allocated by the other end. */
	if (in->pvBuffer)
		expect_status(table->FreeContextBuffer(in->pvBuffer), SEC_E_OK);
	if (status >= 0)
		end->phase = status == SEC_E_OK ? SSPI_FINAL : SSPI_IN_PROGRESS;
	return status;
}

static void test_memory_of_every_leg_is_brought_when_asked_for(void** state)
{
	(void)state;
	static const char* const packages[] = { "Negotiate", "NTLM" };
	for (size_t i = 0; i < 2; i++)
	{
		const struct sspi_setup setup =
		    asking(packages[i], ISC_REQ_CONFIDENTIALITY | ISC_REQ_ALLOCATE_MEMORY,
		           ASC_REQ_CONFIDENTIALITY | ASC_REQ_ALLOCATE_MEMORY);
		assert_true(sspi_pair_open(&pair, &setup));
		struct sspi_end* ends[] = { &pair.client, &pair.server };
		SecBuffer buffers[2] = { { 0, SECBUFFER_TOKEN, NULL } };
		unsigned leg = 0;
		do
		{
			struct sspi_end* end = ends[leg % 2];
			SecBuffer* out = &buffers[(leg + 1) % 2];
			assert_true(step_allocating(end, &buffers[leg % 2], out) >= 0);
			assert_int_equal(out->pvBuffer != NULL, out->cbBuffer > 0);
			leg++;
		} while (buffers[leg % 2].cbBuffer > 0 && leg < SSPI_MAX_LEGS);
		/* Four framed legs or three bare ones, then an empty success. */
		assert_int_equal(leg, i == 0 ? 5 : 4);
		assert_int_equal(pair.client.phase, SSPI_FINAL);
		assert_int_equal(pair.server.phase, SSPI_FINAL);
		assert_true(pair.client.flags & ISC_RET_ALLOCATED_MEMORY);
		assert_true(pair.server.flags & ASC_RET_ALLOCATED_MEMORY);
		disconnect(NULL);
	}
}

static void test_refusal_allocates_nothing(void** state)
{
	(void)state;
	uint8_t garbage[32] = { 'x' };
	const struct sspi_setup setup = asking("Negotiate", 0, ASC_REQ_ALLOCATE_MEMORY);
	assert_true(sspi_pair_open(&pair, &setup));
	SecBuffer in = { sizeof(garbage), SECBUFFER_TOKEN, garbage };
	SecBuffer out = { 0, SECBUFFER_TOKEN, NULL };
	SecBufferDesc input = { SECBUFFER_VERSION, 1, &in };
	SecBufferDesc output = { SECBUFFER_VERSION, 1, &out };
	assert_true(pair.server.table.a->AcceptSecurityContext(
	                &pair.server.credential, NULL, &input, ASC_REQ_ALLOCATE_MEMORY,
	                SECURITY_NATIVE_DREP, &pair.server.context, &output, NULL, NULL) < 0);
	assert_null(out.pvBuffer);
	assert_int_equal(out.cbBuffer, 0);
}

static void test_datagrams_are_refused_in_both_roles(void** state)
{
	(void)state;
	static const char* const packages[] = { "Negotiate", "NTLM" };
	for (size_t i = 0; i < 2; i++)
	{
		struct sspi_setup setup = asking(packages[i], ISC_REQ_DATAGRAM, 0);
		assert_false(sspi_pair_connect(&pair, &setup));
		expect_refused(&pair.client, SEC_E_UNSUPPORTED_FUNCTION);
		disconnect(NULL);
		setup = asking(packages[i], 0, ASC_REQ_DATAGRAM);
		assert_false(sspi_pair_connect(&pair, &setup));
		expect_refused(&pair.server, SEC_E_UNSUPPORTED_FUNCTION);
		disconnect(NULL);
	}
	assert_true(log_capture_count(WLOG_WARN, "datagram", NULL) >= 4);
}

#define closing(test) cmocka_unit_test_teardown(test, disconnect)

int main(void)
{
	const struct CMUnitTest tests[] = {
		closing(test_nothing_asked_is_integrity_all_the_same),
		closing(test_integrity_replay_and_sequence_detection),
		closing(test_confidentiality_is_the_clients_to_ask_for),
		closing(test_confidentiality_only_the_server_wants_is_refused),
		closing(test_mutual_authentication_is_never_claimed_by_ntlm),
		closing(test_delegation_is_never_claimed_by_ntlm),
		closing(test_extended_error_is_not_claimed),
		closing(test_session_key_connection_and_dce_style_are_granted_where_asked),
		closing(test_identify_of_the_client_reaches_the_server),
		closing(test_flags_of_nla),
		closing(test_flags_of_the_rpc_gateways_bind),
		closing(test_first_request_counts),
		closing(test_memory_of_every_leg_is_brought_when_asked_for),
		closing(test_refusal_allocates_nothing),
		closing(test_datagrams_are_refused_in_both_roles),
	};
	return cmocka_run_group_tests(tests, box_open, box_close);
}
