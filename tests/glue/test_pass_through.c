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

static SECURITY_STATUS acquire(bool wide, ULONG use, CredHandle* handle)
{
	static char name[] = "Kerberos";
	static char principal[] = "somebody";
	static WCHAR wide_name[] = { 'K', 'e', 'r', 'b', 'e', 'r', 'o', 's', 0 };
	static WCHAR wide_principal[] = { 's', 'o', 'm', 'e', 'b', 'o', 'd', 'y', 0 };
	return wide ? table_w()->AcquireCredentialsHandleW(wide_principal, wide_name, use, NULL, NULL,
	                                                   NULL, NULL, handle, NULL)
	            : table_a()->AcquireCredentialsHandleA(principal, name, use, NULL, NULL, NULL, NULL,
	                                                   handle, NULL);
}

#ifndef FAKE_CARRIED

static BYTE room[2][300];

static SECURITY_STATUS initiate(bool wide, ULONG in_len, SecBuffer* out)
{
	static char target[] = "host/target";
	static WCHAR wide_target[] = { 'h', 'o', 's', 't', '/', 't', 'a', 'r', 'g', 'e', 't', 0 };
	SecBuffer in = { in_len, SECBUFFER_TOKEN, room[1] };
	SecBufferDesc in_desc = { SECBUFFER_VERSION, 1, &in };
	SecBufferDesc out_desc = { SECBUFFER_VERSION, 1, out };
	CtxtHandle* const old = in_len ? &client_context : NULL;
	ULONG attributes = 0;
	*out = (SecBuffer){ sizeof(room[0]), SECBUFFER_TOKEN, room[0] };
	return wide ? table_w()->InitializeSecurityContextW(
	                  &client, old, wide_target, ISC_REQ_MUTUAL_AUTH, 0, 0, &in_desc, 0,
	                  &client_context, &out_desc, &attributes, NULL)
	            : table_a()->InitializeSecurityContextA(&client, old, target, ISC_REQ_MUTUAL_AUTH,
	                                                    0, 0, &in_desc, 0, &client_context,
	                                                    &out_desc, &attributes, NULL);
}

static SECURITY_STATUS accept_token(ULONG in_len, SecBuffer* out)
{
	SecBuffer in = { in_len, SECBUFFER_TOKEN, room[0] };
	SecBufferDesc in_desc = { SECBUFFER_VERSION, 1, &in };
	SecBufferDesc out_desc = { SECBUFFER_VERSION, 1, out };
	ULONG attributes = 0;
	*out = (SecBuffer){ sizeof(room[1]), SECBUFFER_TOKEN, room[1] };
	return table_a()->AcceptSecurityContext(&server, NULL, &in_desc, 0, 0, &server_context,
	                                        &out_desc, &attributes, NULL);
}

static void connect_both(bool wide)
{
	SecBuffer first;
	SecBuffer answer;
	SecBuffer last;
	expect_status(acquire(wide, SECPKG_CRED_OUTBOUND, &client), SEC_E_OK);
	assert_string_equal(fake.principal, "somebody");
	expect_status(acquire(wide, SECPKG_CRED_INBOUND, &server), SEC_E_OK);
	expect_status(initiate(wide, 0, &first), SEC_I_CONTINUE_NEEDED);
	assert_string_equal(fake.target, "host/target");
	assert_true(first.cbBuffer > 0 && first.cbBuffer < sizeof(room[0]));
	expect_status(accept_token(first.cbBuffer, &answer), SEC_E_OK);
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
		expect_status(table_a()->EncryptMessage(&client_context, 0, &desc, 41), SEC_E_OK);
		assert_int_equal(fake.sent, 41);
		assert_memory_not_equal(data, "goes through", sizeof(data));
		expect_status(table_a()->DecryptMessage(&server_context, &desc, 41, NULL), SEC_E_OK);
		assert_string_equal((const char*)data, "goes through");
		buffers[0].cbBuffer = sizeof(trailer);
		expect_status(table_a()->MakeSignature(&server_context, 0, &desc, 7), SEC_E_OK);
		expect_status(table_a()->VerifySignature(&client_context, &desc, 7, NULL), SEC_E_OK);
		assert_int_equal(fake.received, 7);
		data[0] ^= 1;
		expect_status(table_a()->VerifySignature(&client_context, &desc, 7, NULL),
		              SEC_E_MESSAGE_ALTERED);
		close_all();
	}
}

static void test_attributes_and_the_rest_go_through(void** state)
{
	ULONG value = 0;
	SecPkgCredentials_NamesA names = { NULL };
	struct
	{
		SecPkgCredentials_KdcProxySettingsW settings;
		WCHAR server[3];
	} proxy = { .settings = { .ProxyServerOffset = sizeof(proxy.settings),
		                      .ProxyServerLength = sizeof(proxy.server) },
		        .server = { 'k', 'd', 'c' } };
	(void)state;
	connect_both(false);
	expect_status(table_a()->QueryContextAttributesA(&client_context, 4711, &value), SEC_E_OK);
	assert_int_equal(value, 4711);
	expect_status(table_w()->QueryContextAttributesW(&client_context, 815, &value), SEC_E_OK);
	assert_int_equal(value, 815);
	expect_status(table_a()->SetContextAttributesA(&client_context, 4711, &value, 4), SEC_E_OK);
	fake.set = SEC_E_UNSUPPORTED_FUNCTION;
	expect_status(table_w()->SetContextAttributesW(&client_context, 4711, &value, 4),
	              SEC_E_UNSUPPORTED_FUNCTION);
	fake.set = SEC_E_OK;
	expect_status(table_a()->QueryCredentialsAttributesA(&client, SECPKG_CRED_ATTR_NAMES, &names),
	              SEC_E_OK);
	assert_string_equal(names.sUserName, "WinPR's user");
	names.sUserName = NULL;
	expect_status(table_w()->QueryCredentialsAttributesW(&client, SECPKG_CRED_ATTR_NAMES, &names),
	              SEC_E_OK);
	assert_non_null(names.sUserName);
	expect_status(table_a()->SetCredentialsAttributesA(&client, SECPKG_CRED_ATTR_KDC_PROXY_SETTINGS,
	                                                   &proxy, sizeof(proxy)),
	              SEC_E_OK);
	assert_string_equal(fake.proxy, "kdc");
	expect_status(table_w()->SetCredentialsAttributesW(&client, SECPKG_CRED_ATTR_NAMES, &proxy,
	                                                   sizeof(proxy)),
	              SEC_E_INVALID_PARAMETER);
	for (int i = 0; i < 2; i++)
	{
		fake.other = i ? SEC_E_NO_IMPERSONATION : SEC_E_OK;
		expect_status(table_a()->ImpersonateSecurityContext(&server_context), fake.other);
		expect_status(table_a()->RevertSecurityContext(&server_context), fake.other);
		expect_status(table_a()->CompleteAuthToken(&server_context, NULL), fake.other);
	}
	expect_status(table_a()->ApplyControlToken(&server_context, NULL), SEC_E_UNSUPPORTED_FUNCTION);
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
	expect_status(table_a()->DeleteSecurityContext(&client_context), SEC_E_OK);
	expect_status(table_a()->FreeCredentialsHandle(&client), SEC_E_OK);
	assert_int_equal(fake.credentials, 0);
	assert_int_equal(fake.contexts, 0);
	assert_int_equal(fake.freed_twice, 0);
}

static void test_missing_entry_is_not_called(void** state)
{
	SecPkgInfoA* infos = NULL;
	ULONG count = 0;
	(void)state;
	fake.no_table = true;
	expect_status(acquire(false, SECPKG_CRED_OUTBOUND, &client), SEC_E_UNSUPPORTED_FUNCTION);
	expect_status(acquire(true, SECPKG_CRED_OUTBOUND, &client), SEC_E_UNSUPPORTED_FUNCTION);
	expect_status(table_a()->FreeContextBuffer(&count), SEC_E_UNSUPPORTED_FUNCTION);
	expect_status(table_a()->EnumerateSecurityPackagesA(&count, &infos), SEC_E_OK);
	assert_int_equal(count, 2);
	expect_status(table_a()->FreeContextBuffer(infos), SEC_E_OK);
}

static void test_buffers_of_winprs_are_freed_by_winpr(void** state)
{
	void* const buffer = malloc(8);
	const unsigned before = fake.calls;
	(void)state;
	expect_status(table_a()->FreeContextBuffer(buffer), SEC_E_OK);
	assert_int_equal(fake.calls, before + 1);
	expect_status(table_w()->FreeContextBuffer(NULL), SEC_E_INVALID_HANDLE);
}

#endif

static void test_packages_are_listed_where_they_can_be_used(void** state)
{
	static char name[] = "schannel";
	SecPkgInfoA* infos = NULL;
	ULONG count = 0;
	(void)state;
	expect_status(table_a()->EnumerateSecurityPackagesA(&count, &infos), SEC_E_OK);
	assert_int_equal(count, fake.carried ? 2 : 5);
	for (ULONG i = 0; i < count; i++)
		assert_int_equal(infos[i].cbMaxToken == 1000, i >= 2);
	expect_status(table_a()->FreeContextBuffer(infos), SEC_E_OK);
	expect_status(table_a()->QuerySecurityPackageInfoA(name, &infos),
	              fake.carried ? SEC_E_SECPKG_NOT_FOUND : SEC_E_OK);
	if (!fake.carried)
	{
		assert_string_equal(infos->Name, "Schannel");
		expect_status(table_a()->FreeContextBuffer(infos), SEC_E_OK);
		/* WinPR's list is not to be had: ours is. */
		fake.other = SEC_E_INTERNAL_ERROR;
		expect_status(table_a()->EnumerateSecurityPackagesA(&count, &infos), SEC_E_OK);
		assert_int_equal(count, 2);
		expect_status(table_a()->FreeContextBuffer(infos), SEC_E_OK);
	}
}

/* What the one trial of a process acquired is freed, whatever it found out. */
static void test_trial_leaves_nothing_behind(void** state)
{
	(void)state;
	assert_int_equal(fake.credentials, 0);
	if (fake.carried)
	{
		expect_status(acquire(false, SECPKG_CRED_OUTBOUND, &client), SEC_E_SECPKG_NOT_FOUND);
		expect_status(acquire(true, SECPKG_CRED_INBOUND, &client), SEC_E_SECPKG_NOT_FOUND);
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
	assert_false(foreign_is_reachable() && fake.carried);
	if (fake.carried && log_capture_count(WLOG_WARN, NULL, NULL) != 0)
		fail();
	assert_int_equal(fake.credentials, 0);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#ifndef FAKE_CARRIED
		cmocka_unit_test_setup(test_contexts_and_messages_go_through, fresh),
		cmocka_unit_test_setup(test_attributes_and_the_rest_go_through, fresh),
		cmocka_unit_test_setup(test_failures_leave_nothing_behind, fresh),
		cmocka_unit_test_setup(test_missing_entry_is_not_called, fresh),
		cmocka_unit_test_setup(test_buffers_of_winprs_are_freed_by_winpr, fresh),
#endif
		cmocka_unit_test_setup(test_packages_are_listed_where_they_can_be_used, fresh),
		cmocka_unit_test_setup(test_trial_leaves_nothing_behind, fresh),
	};
	return cmocka_run_group_tests(tests, set_up, NULL);
}
