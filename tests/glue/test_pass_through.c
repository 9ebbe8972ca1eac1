/* SPDX-License-Identifier: Apache-2.0
 *
 * WinPR's other packages, acquired by their names, over a scripted WinPR: every entry goes through
 * to it with what the caller gave, in A and in W, and its handles are freed. Built twice:
 * FAKE_CARRIED is the WinPR of 3.31 and later, whose packages nobody can use by their handles.
 */
#include <stdlib.h>
#include <string.h>

#include "expect.h"
#include "fake_winpr.h"
#include "host/foreign_reach.h"
#include "sspi/table.h"
#include "wide.h"

static CredHandle client, server;
static CtxtHandle client_context, server_context;

static int fresh(void** state)
{
	(void)state;
	fake_winpr_reset();
	log_capture_clear();
	client = server = (CredHandle){ 0, 0 };
	client_context = server_context = (CtxtHandle){ 0, 0 };
	return 0;
}

static void get_key(void* argument, void* principal, UINT32 version, void** key,
                    SECURITY_STATUS* status)
{
	(void)argument, (void)principal, (void)version, (void)key, (void)status;
}

/* What a caller can give beside the package's name; WinPR gets all of it. */
static int logon_id, key_argument;
static SEC_WINNT_AUTH_IDENTITY_EXW identity = { .Version = SEC_WINNT_AUTH_IDENTITY_VERSION,
	                                            .Length = sizeof(identity),
	                                            .Flags = SEC_WINNT_AUTH_IDENTITY_UNICODE };

static SECURITY_STATUS acquire_named(bool wide, const char* package, ULONG use, CredHandle* handle)
{
	static WCHAR wide_principal[] = { WIDE('s'), WIDE('o'), WIDE('m'), WIDE('e'), WIDE('b'),
		                              WIDE('o'), WIDE('d'), WIDE('y'), 0 };
	static char principal[] = "somebody";
	WCHAR wide_name[16] = { 0 };
	char name[16];
	TimeStamp expiry = { 0, 0 };
	strcpy(name, package);
	for (size_t i = 0; package[i]; i++)
		wide_name[i] = WIDE((WCHAR)package[i]);
	const SECURITY_STATUS status =
	    wide ? table_w()->AcquireCredentialsHandleW(wide_principal, wide_name, use, &logon_id,
	                                                &identity, get_key, &key_argument, handle,
	                                                &expiry)
	         : table_a()->AcquireCredentialsHandleA(principal, name, use, &logon_id, &identity,
	                                                get_key, &key_argument, handle, &expiry);
	if (status == SEC_E_OK)
		assert_int_equal(expiry.LowPart, FAKE_EXPIRY);
	return status;
}

static SECURITY_STATUS acquire(bool wide, ULONG use, CredHandle* handle)
{
	return acquire_named(wide, "Kerberos", use, handle);
}

#ifndef FAKE_CARRIED

static BYTE room[2][300];

static SECURITY_STATUS initiate(bool wide, ULONG in_len, SecBuffer* out)
{
	static char target[] = "host/target";
	static WCHAR wide_target[] = { WIDE('h'), WIDE('o'), WIDE('s'), WIDE('t'), WIDE('/'), WIDE('t'),
		                           WIDE('a'), WIDE('r'), WIDE('g'), WIDE('e'), WIDE('t'), 0 };
	SecBuffer in = { in_len, SECBUFFER_TOKEN, room[1] };
	SecBufferDesc in_desc = { SECBUFFER_VERSION, 1, &in };
	SecBufferDesc out_desc = { SECBUFFER_VERSION, 1, out };
	CtxtHandle* const old = in_len ? &client_context : NULL;
	TimeStamp expiry = { 0, 0 };
	ULONG attributes = 0;
	*out = (SecBuffer){ sizeof(room[0]), SECBUFFER_TOKEN, room[0] };
	const SECURITY_STATUS status =
	    wide ? table_w()->InitializeSecurityContextW(
	               &client, old, wide_target, ISC_REQ_MUTUAL_AUTH, 3, SECURITY_NATIVE_DREP,
	               &in_desc, 4, &client_context, &out_desc, &attributes, &expiry)
	         : table_a()->InitializeSecurityContextA(
	               &client, old, target, ISC_REQ_MUTUAL_AUTH, 3, SECURITY_NATIVE_DREP, &in_desc, 4,
	               &client_context, &out_desc, &attributes, &expiry);
	if (status == SEC_I_CONTINUE_NEEDED)
	{
		assert_int_equal(attributes, ISC_REQ_MUTUAL_AUTH);
		assert_int_equal(expiry.LowPart, FAKE_EXPIRY);
	}
	return status;
}

static SECURITY_STATUS accept_token(ULONG in_len, SecBuffer* out)
{
	SecBuffer in = { in_len, SECBUFFER_TOKEN, room[0] };
	SecBufferDesc in_desc = { SECBUFFER_VERSION, 1, &in };
	SecBufferDesc out_desc = { SECBUFFER_VERSION, 1, out };
	TimeStamp expiry = { 0, 0 };
	ULONG attributes = 0;
	*out = (SecBuffer){ sizeof(room[1]), SECBUFFER_TOKEN, room[1] };
	const SECURITY_STATUS status = table_a()->AcceptSecurityContext(
	    &server, NULL, &in_desc, ASC_REQ_MUTUAL_AUTH, SECURITY_NATIVE_DREP, &server_context,
	    &out_desc, &attributes, &expiry);
	if (status == SEC_E_OK)
	{
		assert_true(attributes & ASC_RET_MUTUAL_AUTH);
		assert_int_equal(expiry.LowPart, FAKE_EXPIRY);
	}
	return status;
}

static void expect_call(ULONG flags, ULONG reserved1, ULONG reserved2)
{
	assert_int_equal(fake.flags, flags);
	assert_int_equal(fake.representation, SECURITY_NATIVE_DREP);
	assert_int_equal(fake.reserved[0], reserved1);
	assert_int_equal(fake.reserved[1], reserved2);
}

static void connect_both(bool wide)
{
	SecBuffer first;
	SecBuffer answer;
	SecBuffer last;
	expect_status(acquire(wide, SECPKG_CRED_OUTBOUND, &client), SEC_E_OK);
	expect_status(acquire(wide, SECPKG_CRED_INBOUND, &server), SEC_E_OK);
	expect_status(initiate(wide, 0, &first), SEC_I_CONTINUE_NEEDED);
	assert_int_equal(fake.wide, wide);
	assert_string_equal(fake.target, "host/target");
	expect_call(ISC_REQ_MUTUAL_AUTH, 3, 4);
	assert_true(first.cbBuffer > 0 && first.cbBuffer < sizeof(room[0]));
	expect_status(accept_token(first.cbBuffer, &answer), SEC_E_OK);
	expect_call(ASC_REQ_MUTUAL_AUTH, 0, 0);
	expect_status(initiate(wide, answer.cbBuffer, &last), SEC_E_OK);
	assert_int_equal(last.cbBuffer, 0);
}

static void close_all(void)
{
	expect_status(table_a()->DeleteSecurityContext(&client_context), SEC_E_OK);
	expect_status(table_a()->DeleteSecurityContext(&server_context), SEC_E_OK);
	expect_status(table_a()->FreeCredentialsHandle(&client), SEC_E_OK);
	expect_status(table_a()->FreeCredentialsHandle(&server), SEC_E_OK);
	assert_int_equal(fake.credentials, 0);
	assert_int_equal(fake.contexts, 0);
	assert_int_equal(fake.freed_twice, 0);
}

static void test_contexts_and_messages_go_through(void** state)
{
	(void)state;
	for (int wide = 0; wide < 2; wide++)
	{
		BYTE trailer[FAKE_TRAILER_SIZE];
		BYTE data[] = "goes through";
		SecBuffer buffers[2] = { { sizeof(trailer), SECBUFFER_TOKEN, trailer },
			                     { sizeof(data), SECBUFFER_DATA, data } };
		SecBufferDesc desc = { SECBUFFER_VERSION, 2, buffers };
		fresh(NULL);
		connect_both(wide);
		/* The caller's own message number, unlike ours. */
		expect_status(table_a()->EncryptMessage(&client_context, 9, &desc, 41), SEC_E_OK);
		assert_int_equal(fake.sent, 41);
		assert_int_equal(fake.qop, 9);
		assert_memory_not_equal(data, "goes through", sizeof(data));
		ULONG qop = 0;
		expect_status(table_a()->DecryptMessage(&server_context, &desc, 41, &qop), SEC_E_OK);
		assert_int_equal(qop, FAKE_QOP);
		assert_string_equal((const char*)data, "goes through");
		buffers[0].cbBuffer = sizeof(trailer);
		expect_status(table_a()->MakeSignature(&server_context, 8, &desc, 7), SEC_E_OK);
		assert_int_equal(buffers[0].cbBuffer, FAKE_SIGNATURE_SIZE);
		assert_int_equal(fake.qop, 8);
		assert_string_equal((const char*)data, "goes through");
		qop = 0;
		expect_status(table_a()->VerifySignature(&client_context, &desc, 7, &qop), SEC_E_OK);
		assert_int_equal(qop, FAKE_QOP);
		assert_string_equal((const char*)data, "goes through");
		assert_int_equal(fake.received, 7);
		data[0] ^= 1;
		expect_status(table_a()->VerifySignature(&client_context, &desc, 7, NULL),
		              SEC_E_MESSAGE_ALTERED);
		close_all();
	}
}

static void test_acquiring_hands_on_everything_by_any_name(void** state)
{
	static const char* const names[] = { "Kerberos", "CREDSSP", "Schannel", "kerberos" };
	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
	{
		for (int wide = 0; wide < 2; wide++)
		{
			fresh(NULL);
			expect_status(acquire_named(wide, names[i], SECPKG_CRED_OUTBOUND, &client), SEC_E_OK);
			assert_int_equal(fake.wide, wide);
			assert_string_equal(fake.package, names[i]);
			assert_string_equal(fake.principal, "somebody");
			assert_int_equal(fake.use, SECPKG_CRED_OUTBOUND);
			assert_ptr_equal(fake.logon, &logon_id);
			assert_ptr_equal(fake.auth_data, &identity);
			assert_true(fake.key == get_key);
			assert_ptr_equal(fake.key_argument, &key_argument);
			expect_status(table_w()->FreeCredentialsHandle(&client), SEC_E_OK);
			assert_int_equal(fake.credentials, 0);
			/* The handle is ours, and is not one twice. */
			expect_status(table_w()->FreeCredentialsHandle(&client), SEC_E_INVALID_HANDLE);
			assert_int_equal(fake.freed_twice, 0);
		}
	}
	/* What no package is asked for. */
	fresh(NULL);
	expect_status(acquire(false, 0, &client), SEC_E_INVALID_PARAMETER);
	expect_status(acquire(true, SECPKG_CRED_OUTBOUND | 0x100, &client), SEC_E_INVALID_PARAMETER);
	expect_status(acquire(false, SECPKG_CRED_OUTBOUND, NULL), SEC_E_INVALID_PARAMETER);
	assert_int_equal(fake.acquired, 0);
}

static void test_attributes_go_through(void** state)
{
	ULONG value = 0;
	(void)state;
	connect_both(false);
	expect_status(table_a()->QueryContextAttributesA(&client_context, 4711, &value), SEC_E_OK);
	assert_int_equal(value, 4711);
	assert_false(fake.wide);
	expect_status(table_w()->QueryContextAttributesW(&client_context, 815, &value), SEC_E_OK);
	assert_int_equal(value, 815);
	assert_true(fake.wide);
	expect_status(table_a()->SetContextAttributesA(&client_context, 815, &value, 4), SEC_E_OK);
	assert_false(fake.wide);
	fake.set = SEC_E_UNSUPPORTED_FUNCTION;
	expect_status(table_w()->SetContextAttributesW(&client_context, 815, &value, 4),
	              SEC_E_UNSUPPORTED_FUNCTION);
	assert_true(fake.wide);
	close_all();
}

static void test_attributes_of_credentials_go_through(void** state)
{
	SecPkgCredentials_NamesA names = { NULL };
	struct
	{
		SecPkgCredentials_KdcProxySettingsW settings;
		WCHAR server[3];
		SecPkgCredentials_KdcProxySettingsW again; /* defect D12 */
	} proxy = { .settings = { .ProxyServerOffset = sizeof(proxy.settings),
		                      .ProxyServerLength = sizeof(proxy.server) },
		        .server = { WIDE('k'), WIDE('d'), WIDE('c') } };
	(void)state;
	fake.minor = 15;
	expect_status(acquire(false, SECPKG_CRED_BOTH, &client), SEC_E_OK);
	expect_status(table_a()->QueryCredentialsAttributesA(&client, SECPKG_CRED_ATTR_NAMES, &names),
	              SEC_E_OK);
	assert_string_equal(names.sUserName, "WinPR's user");
	assert_false(fake.wide);
	names.sUserName = NULL;
	expect_status(table_w()->QueryCredentialsAttributesW(&client, SECPKG_CRED_ATTR_NAMES, &names),
	              SEC_E_OK);
	assert_non_null(names.sUserName);
	assert_true(fake.wide);
	for (int wide = 0; wide < 2; wide++)
	{
		fake.proxy[0] = '\0';
		expect_status(
		    wide ? table_w()->SetCredentialsAttributesW(
		               &client, SECPKG_CRED_ATTR_KDC_PROXY_SETTINGS, &proxy, sizeof(proxy))
		         : table_a()->SetCredentialsAttributesA(
		               &client, SECPKG_CRED_ATTR_KDC_PROXY_SETTINGS, &proxy, sizeof(proxy)),
		    SEC_E_OK);
		assert_string_equal(fake.proxy, "kdc");
		assert_int_equal(fake.wide, wide);
	}
	expect_status(table_w()->SetCredentialsAttributesW(&client, SECPKG_CRED_ATTR_NAMES, &proxy,
	                                                   sizeof(proxy)),
	              SEC_E_INVALID_PARAMETER);
	expect_status(table_a()->FreeCredentialsHandle(&client), SEC_E_OK);
}

static void test_the_rest_goes_through(void** state)
{
	SecBufferDesc token = { SECBUFFER_VERSION, 0, NULL };
	(void)state;
	connect_both(false);
	for (int i = 0; i < 2; i++)
	{
		fake.other = i ? SEC_E_NO_IMPERSONATION : SEC_E_OK;
		expect_status(table_a()->ImpersonateSecurityContext(&server_context), fake.other);
		assert_true(fake.impersonated);
		expect_status(table_a()->RevertSecurityContext(&server_context), fake.other);
		assert_false(fake.impersonated);
		expect_status(table_a()->CompleteAuthToken(&server_context, &token), fake.other);
		assert_ptr_equal(fake.completed_with, &token);
	}
	expect_status(table_a()->ApplyControlToken(&server_context, NULL), SEC_E_UNSUPPORTED_FUNCTION);
	/* A context belongs to its role and to its credential, whoever's it is. */
	SecBuffer out;
	const CtxtHandle kept = client_context;
	client_context = server_context;
	expect_status(initiate(false, 20, &out), SEC_E_INVALID_HANDLE);
	assert_int_equal(out.cbBuffer, 0);
	client_context = kept;
	const CredHandle own = client;
	client = server;
	expect_status(initiate(true, 20, &out), SEC_E_WRONG_CREDENTIAL_HANDLE);
	client = own;
	close_all();
}

static void test_failures_leave_nothing_behind(void** state)
{
	SecBuffer out;
	(void)state;
	fake.acquire = SEC_E_NO_CREDENTIALS;
	expect_status(acquire(false, SECPKG_CRED_OUTBOUND, &client), SEC_E_NO_CREDENTIALS);
	fake.acquire = SEC_E_OK;
	expect_status(acquire(true, SECPKG_CRED_BOTH, &client), SEC_E_OK);
	server = client;
	fake.initiate = SEC_E_WRONG_PRINCIPAL;
	expect_status(initiate(false, 0, &out), SEC_E_WRONG_PRINCIPAL);
	assert_int_equal(out.cbBuffer, 0);
	assert_int_equal(client_context.dwLower, 0);
	fake.accept = SEC_E_INVALID_TOKEN;
	expect_status(accept_token(20, &out), SEC_E_INVALID_TOKEN);
	assert_int_equal(out.cbBuffer, 0);
	assert_int_equal(fake.contexts, 0);
	fake.initiate = fake.accept = SEC_E_OK;
	expect_status(initiate(false, 0, &out), SEC_I_CONTINUE_NEEDED);
	fake.later = SEC_E_LOGON_DENIED;
	expect_status(initiate(true, 20, &out), SEC_E_LOGON_DENIED);
	assert_int_equal(out.cbBuffer, 0);
	assert_int_equal(fake.contexts, 1); /* for its owner to delete */
	expect_status(table_a()->DeleteSecurityContext(&client_context), SEC_E_OK);
	expect_status(table_a()->FreeCredentialsHandle(&client), SEC_E_OK);
	assert_int_equal(fake.credentials, 0);
	assert_int_equal(fake.contexts, 0);
	assert_int_equal(fake.freed_twice, 0);
}

#define ENTRY(name) offsetof(SecurityFunctionTableA, name)

static void test_missing_entry_is_not_called(void** state)
{
	static const size_t of_contexts[] = {
		ENTRY(EncryptMessage),          ENTRY(DecryptMessage),
		ENTRY(MakeSignature),           ENTRY(VerifySignature),
		ENTRY(QueryContextAttributesA), ENTRY(SetContextAttributesA),
		ENTRY(CompleteAuthToken),       ENTRY(ImpersonateSecurityContext),
		ENTRY(RevertSecurityContext)
	};
	SecBuffer buffers[2] = { { sizeof(room[0]), SECBUFFER_TOKEN, room[0] },
		                     { 4, SECBUFFER_DATA, room[1] } };
	SecBufferDesc desc = { SECBUFFER_VERSION, 2, buffers };
	ULONG value = 0;
	SecBuffer out;
	(void)state;
	connect_both(false);
	for (size_t i = 0; i < sizeof(of_contexts) / sizeof(of_contexts[0]); i++)
	{
		fake.missing = of_contexts[i];
		const unsigned calls = fake.calls;
		const SECURITY_STATUS statuses[] = {
			table_a()->EncryptMessage(&client_context, 0, &desc, 0),
			table_a()->DecryptMessage(&server_context, &desc, 0, NULL),
			table_a()->MakeSignature(&client_context, 0, &desc, 0),
			table_a()->VerifySignature(&server_context, &desc, 0, NULL),
			table_a()->QueryContextAttributesA(&client_context, 7, &value),
			table_a()->SetContextAttributesA(&client_context, 7, &value, 4),
			table_a()->CompleteAuthToken(&server_context, &desc),
			table_a()->ImpersonateSecurityContext(&server_context),
			table_a()->RevertSecurityContext(&server_context)
		};
		for (size_t j = 0; j < sizeof(statuses) / sizeof(statuses[0]); j++)
			assert_int_equal(statuses[j] == SEC_E_UNSUPPORTED_FUNCTION, i == j);
		assert_int_equal(fake.calls, calls + 8);
	}
	fake.missing = 0;
	close_all();

	fake.missing = ENTRY(InitializeSecurityContextA);
	expect_status(acquire(false, SECPKG_CRED_BOTH, &client), SEC_E_OK);
	for (int wide = 0; wide < 2; wide++)
		expect_status(initiate(wide, 0, &out), SEC_E_UNSUPPORTED_FUNCTION);
	server = client;
	fake.missing = ENTRY(AcceptSecurityContext);
	expect_status(accept_token(20, &out), SEC_E_UNSUPPORTED_FUNCTION);
	fake.missing = ENTRY(QueryCredentialsAttributesA);
	expect_status(table_a()->QueryCredentialsAttributesA(&client, 1, &value),
	              SEC_E_UNSUPPORTED_FUNCTION);
	fake.missing = ENTRY(SetCredentialsAttributesA);
	expect_status(table_a()->SetCredentialsAttributesA(&client, 1, &value, 4),
	              SEC_E_UNSUPPORTED_FUNCTION);
	fake.missing = 0;
	expect_status(table_a()->FreeCredentialsHandle(&client), SEC_E_OK);
	assert_int_equal(fake.credentials, 0);
	assert_int_equal(fake.contexts, 0);
	for (int wide = 0; wide < 2; wide++)
	{
		fake.no_table = true;
		expect_status(acquire(wide, SECPKG_CRED_OUTBOUND, &client), SEC_E_UNSUPPORTED_FUNCTION);
	}
}

#endif

/* What the one trial of a process acquired is freed, whatever it found out. */
static void test_trial_leaves_nothing_behind(void** state)
{
	(void)state;
	assert_int_equal(fake.credentials, 0);
	if (fake.carried)
	{
		expect_status(acquire(false, SECPKG_CRED_OUTBOUND, &client), SEC_E_SECPKG_NOT_FOUND);
		expect_status(acquire(true, SECPKG_CRED_INBOUND, &client), SEC_E_SECPKG_NOT_FOUND);
		assert_int_equal(fake.acquired, 0);
		/* Why is said once in the life of the process, before this test or in it. */
		assert_true(log_capture_count(WLOG_WARN, "use Negotiate", NULL) <= 1);
		log_capture_clear();
		expect_status(acquire(true, SECPKG_CRED_INBOUND, &client), SEC_E_SECPKG_NOT_FOUND);
		assert_int_equal(log_capture_count(WLOG_WARN, "use Negotiate", NULL), 0);
	}
	assert_int_equal(fake.credentials, 0);
	assert_int_equal(fake.freed_twice, 0);
}

static int set_up(void** state)
{
	(void)state;
	log_capture_start(false);
#ifdef FAKE_CARRIED
	fake.carried = true;
#endif
	fake_winpr_reset();
	assert_int_equal(foreign_is_reachable(), !fake.carried);
	/* The trial itself says nothing, and leaves nothing. */
	assert_int_equal(log_capture_count(WLOG_INFO, NULL, NULL), 0);
	assert_int_equal(fake.credentials, 0);
	assert_int_equal(fake.lists_out, 0);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#ifndef FAKE_CARRIED
		cmocka_unit_test_setup(test_contexts_and_messages_go_through, fresh),
		cmocka_unit_test_setup(test_acquiring_hands_on_everything_by_any_name, fresh),
		cmocka_unit_test_setup(test_attributes_go_through, fresh),
		cmocka_unit_test_setup(test_attributes_of_credentials_go_through, fresh),
		cmocka_unit_test_setup(test_the_rest_goes_through, fresh),
		cmocka_unit_test_setup(test_failures_leave_nothing_behind, fresh),
		cmocka_unit_test_setup(test_missing_entry_is_not_called, fresh),
#endif
		cmocka_unit_test_setup(test_trial_leaves_nothing_behind, fresh),
	};
	return cmocka_run_group_tests(tests, set_up, NULL);
}
