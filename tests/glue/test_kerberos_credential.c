/* SPDX-License-Identifier: Apache-2.0
 *
 * Kerberos' credentials over a scripted WinPR: the caller's settings on their way into WinPR's own
 * structure, what the Kerberos library is asked before WinPR is, one credential of WinPR's for each
 * use, and the KDC proxy. Built twice, as test_kerberos.c.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kerberos_pair.h"
#include "sspi/table.h"
#include "winpr_v1.h"
#include "wide.h"

/* --- what a caller gives -----------------------------------------------------------------------
 */

static const char* const names[6] = { "http://kdc",  "FILE:/a/keytab",    "FILE:/a/cache",
	                                  "FILE:/armor", "FILE:/anchors.pem", "FILE:/identity.pem" };

/* The structure of FreeRDP up to 3.30, and that of 3.31 and later with a member every eight bytes.
 */
static union
{
	winpr_identity_v1 v1;
	UINT64 v2[16];
} caller;
static winpr_ntlm_v1 ntlm_v1;
static winpr_kerberos_v1 kerberos_v1;
static UINT64 ntlm_v2[9] = { sizeof(ntlm_v2) };
static UINT64 kerberos_v2[14];

static void* caller_make(bool newer)
{
	static WCHAR user[] = { WIDE('u'), WIDE('s'), WIDE('e'), WIDE('r') };
	static WCHAR domain[] = { WIDE('c'), WIDE('o'), WIDE('r'), WIDE('p'), WIDE('.'), WIDE('e'),
		                      WIDE('x'), WIDE('a'), WIDE('m'), WIDE('p'), WIDE('l'), WIDE('e') };
	static WCHAR password[] = { WIDE('s'), WIDE('e'), WIDE('c'), WIDE('r'), WIDE('e'), WIDE('t') };
	SEC_WINNT_AUTH_IDENTITY_EXW* const identity = &caller.v1.identity;
	char* const* const strings = (char* const*)(uintptr_t)names;
	memset(&caller, 0, sizeof(caller));
	*identity = (SEC_WINNT_AUTH_IDENTITY_EXW){ .Version = SEC_WINNT_AUTH_IDENTITY_VERSION,
		                                       .Length = sizeof(*identity),
		                                       .User = user,
		                                       .UserLength = 4,
		                                       .Domain = domain,
		                                       .DomainLength = 12,
		                                       .Password = password,
		                                       .PasswordLength = 6,
		                                       .Flags = SEC_WINNT_AUTH_IDENTITY_UNICODE |
		                                                (newer ? 0x200u : 0x100u) };
	if (!newer)
	{
		kerberos_v1 = (winpr_kerberos_v1){ strings[0], strings[1], strings[2], strings[3],
			                               strings[4], strings[5], TRUE,       11,
			                               22,         33,         { 1, 2, 3 } };
		kerberos_v1.certSha1[19] = 20;
		caller.v1.ntlmSettings = &ntlm_v1;
		caller.v1.kerberosSettings = &kerberos_v1;
		return &caller;
	}
	const size_t own = (sizeof(*identity) + 7) / 8;
	caller.v2[own] = 1; /* revision; little-endian machines and big-endian ones read 32 bits */
	memcpy(&caller.v2[own], &(UINT32){ 1 }, 4);
	memcpy(&caller.v2[own + 1], &(void*){ ntlm_v2 }, sizeof(void*));
	memcpy(&caller.v2[own + 2], &(void*){ kerberos_v2 }, sizeof(void*));
	memset(kerberos_v2, 0, sizeof(kerberos_v2));
	memcpy(&kerberos_v2[0], &(UINT32){ sizeof(kerberos_v2) }, 4);
	memcpy(&ntlm_v2[0], &(UINT32){ sizeof(ntlm_v2) }, 4);
	for (size_t i = 0; i < 6; i++)
		memcpy(&kerberos_v2[1 + i], &strings[i], sizeof(char*));
	memcpy(&kerberos_v2[7], &(INT32){ TRUE }, 4);
	for (size_t i = 0; i < 3; i++)
		memcpy(&kerberos_v2[8 + i], &(INT32){ (INT32)(11 * (i + 1)) }, 4);
	memcpy(&kerberos_v2[11], (BYTE[20]){ 1, 2, 3, [19] = 20 }, 20);
	return &caller;
}

static SECURITY_STATUS acquire(ULONG use, void* auth_data, struct sspi_end* end)
{
	static struct sspi_setup setup;
	static char package[] = "Negotiate";
	setup = setup_new();
	*end = (struct sspi_end){ .setup = &setup,
		                      .table = { .a = table_a() },
		                      .is_server = (use & SECPKG_CRED_OUTBOUND) == 0,
		                      .flags = SSPI_NLA_CLIENT_FLAGS,
		                      .output_room = 12256 };
	const SECURITY_STATUS status = table_a()->AcquireCredentialsHandleA(
	    NULL, package, use, NULL, auth_data, NULL, NULL, &end->credential, NULL);
	if (status == SEC_E_OK)
		end->phase = SSPI_CREDENTIAL;
	return status;
}

/* The first step of an initiator, which acquires WinPR's credential. */
static void first_step(struct sspi_end* end)
{
	struct sspi_token out = { NULL, 0 };
	expect_status(sspi_end_step(end, NULL, &out), SEC_I_CONTINUE_NEEDED);
	sspi_token_free(&out);
}

/* A bare AP-REQ for an acceptor. */
static SECURITY_STATUS accept_ap_req(struct sspi_end* end)
{
	static const uint8_t ap_req[] = { 0x60, 0x0F, 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7,
		                              0x12, 0x01, 0x02, 0x02, 0x01, 0x00, 'b',  'o' };
	struct sspi_token in = { NULL, 0 };
	struct sspi_token out = { NULL, 0 };
	sspi_token_set(&in, ap_req, sizeof(ap_req));
	const SECURITY_STATUS status = sspi_end_step(end, &in, &out);
	sspi_token_free(&in);
	sspi_token_free(&out);
	return status;
}

static void expect_all_settings(void)
{
	for (size_t i = 0; i < 6; i++)
		assert_string_equal(fake.settings[i], names[i]);
	assert_int_equal(fake.numbers[0], TRUE);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(fake.numbers[1 + i], 11 * (i + 1));
	assert_memory_equal(fake.cert_sha1, ((BYTE[20]){ 1, 2, 3, [19] = 20 }), 20);
	assert_string_equal(fake.user, "user");
	assert_string_equal(fake.domain, "corp.example");
	assert_string_equal(fake.password, "secret");
}

/* From the layout that the caller has to the one that WinPR reads, each way: the release decides
 * the second, never the first. */
static void test_settings_reach_winpr_in_its_own_layout(void** state)
{
	static const int minors[2][3] = { { 0, 10, 30 }, { 31, 32, 33 } };
	struct sspi_end end;
	(void)state;
	for (size_t i = 0; i < 6; i++)
	{
		fresh(NULL);
		fake.minor = minors[CARRIED][i / 2];
		expect_status(acquire(SECPKG_CRED_OUTBOUND, caller_make(i % 2), &end), SEC_E_OK);
		/* The caller's structure may go now. */
		memset(&caller, 0xA5, sizeof(caller));
		first_step(&end);
		assert_int_equal(fake.acquired, 1);
		expect_all_settings();
		assert_int_equal(fake.use, SECPKG_CRED_OUTBOUND);
		sspi_end_close(&end);
		expect_status(acquire(SECPKG_CRED_INBOUND, caller_make(i % 2), &end), SEC_E_OK);
		expect_status(accept_ap_req(&end), SEC_E_OK);
		assert_int_equal(fake.use, SECPKG_CRED_INBOUND);
		expect_all_settings();
		sspi_end_close(&end);
		expect_all_freed();
	}
}

static void test_settings_of_a_size_that_is_none_are_refused(void** state)
{
	static const UINT32 sizes[] = { 0, 3, 107 };
	const size_t own = (sizeof(SEC_WINNT_AUTH_IDENTITY_EXW) + 7) / 8;
	struct sspi_end end;
	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
	{
		void* const data = caller_make(true);
		memcpy(&kerberos_v2[0], &sizes[i], 4);
		expect_status(acquire(SECPKG_CRED_OUTBOUND, data, &end), SEC_E_INVALID_PARAMETER);
	}
	void* const data = caller_make(true);
	memcpy(&ntlm_v2[0], &(UINT32){ 3 }, 4);
	expect_status(acquire(SECPKG_CRED_OUTBOUND, data, &end), SEC_E_INVALID_PARAMETER);
	caller_make(true);
	memset(&caller.v2[own], 0, 8);
	expect_status(acquire(SECPKG_CRED_OUTBOUND, data, &end), SEC_E_INVALID_PARAMETER);
	assert_int_equal(log_capture_count(WLOG_WARN, "a revision or a size that no FreeRDP", NULL), 5);
	/* What a later release adds at the end is not read. */
	caller_make(true);
	memcpy(&kerberos_v2[0], &(UINT32){ 4096 }, 4);
	expect_status(acquire(SECPKG_CRED_OUTBOUND, data, &end), SEC_E_OK);
	first_step(&end);
	expect_all_settings();
	sspi_end_close(&end);
	expect_all_freed();
}

/* --- what is asked before ----------------------------------------------------------------------
 */

static void test_the_library_is_asked_for_the_callers_files(void** state)
{
	struct sspi_end end;
	(void)state;
	caller_make(false);
	/* No realm and no certificate, so that the ticket and then the keytab decide. */
	caller.v1.identity.Domain = NULL;
	kerberos_v1.pkinitX509Identity = NULL;
	fake.ticket = fake.realm = KRB5_NO;
	expect_status(acquire(SECPKG_CRED_OUTBOUND, &caller, &end), SEC_E_OK);
	first_step(&end);
	assert_string_equal(fake.asked_cache, names[2]);
	assert_string_equal(fake.asked_keytab, names[1]);
	assert_int_equal(fake.acquired, 1);
	sspi_end_close(&end);
	expect_status(acquire(SECPKG_CRED_INBOUND, caller_make(false), &end), SEC_E_OK);
	fake.asked_keytab[0] = '\0';
	expect_status(accept_ap_req(&end), SEC_E_OK);
	assert_string_equal(fake.asked_keytab, names[1]);
	sspi_end_close(&end);
	expect_all_freed();
}

/* Each of these alone is worth a try, and what the library cannot answer is WinPR's to find out;
 * the machine's own keytab and a realm for nobody's password are not. */
static void test_what_makes_kerberos_worth_trying(void** state)
{
	static const struct
	{
		enum krb5_answer ticket, keytab, realm;
		bool own_keytab, password, certificate, tried;
	} rows[] = {
		{ KRB5_NO, KRB5_NO, KRB5_NO, true, true, false, false },
		{ KRB5_YES, KRB5_NO, KRB5_NO, true, true, false, true },
		{ KRB5_UNKNOWN, KRB5_NO, KRB5_NO, true, true, false, true },
		{ KRB5_NO, KRB5_YES, KRB5_NO, true, true, false, true },
		{ KRB5_NO, KRB5_UNKNOWN, KRB5_NO, true, true, false, true },
		{ KRB5_NO, KRB5_YES, KRB5_NO, false, true, false, false },
		{ KRB5_NO, KRB5_NO, KRB5_YES, true, true, false, true },
		{ KRB5_NO, KRB5_NO, KRB5_UNKNOWN, true, true, false, true },
		{ KRB5_NO, KRB5_NO, KRB5_YES, true, false, false, false },
		{ KRB5_NO, KRB5_NO, KRB5_NO, true, true, true, true },
	};
	struct sspi_end end;
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
	{
		fresh(NULL);
		fake.ticket = rows[i].ticket;
		fake.keytab = rows[i].keytab;
		fake.realm = rows[i].realm;
		caller_make(false);
		caller.v1.identity.Domain = NULL;
		if (!rows[i].own_keytab)
			kerberos_v1.keytab = NULL;
		if (!rows[i].password)
			caller.v1.identity.Password = NULL;
		if (!rows[i].certificate)
			kerberos_v1.pkinitX509Identity = NULL;
		expect_status(acquire(SECPKG_CRED_OUTBOUND, &caller, &end), SEC_E_OK);
		first_step(&end);
		if ((fake.acquired > 0) != rows[i].tried)
			fail_msg("row %zu", i);
		sspi_end_close(&end);
		expect_all_freed();
	}
	/* Of an acceptor's keytab, and of the library itself, likewise. */
	fresh(NULL);
	fake.keytab = fake.library = KRB5_UNKNOWN;
	expect_status(acquire(SECPKG_CRED_INBOUND, caller_make(false), &end), SEC_E_OK);
	expect_status(accept_ap_req(&end), SEC_E_OK);
	sspi_end_close(&end);
	expect_all_freed();
}

/* --- WinPR's credentials -----------------------------------------------------------------------
 */

/* One of WinPR's for each role, and where it carries for each mechanism; none is acquired twice. */
static void test_one_credential_for_each_use(void** state)
{
	struct sspi_end end;
	struct sspi_end server;
	(void)state;
	expect_status(acquire(SECPKG_CRED_BOTH, caller_make(false), &end), SEC_E_OK);
	for (int i = 0; i < 2; i++)
	{
		first_step(&end);
		sspi_end_reset(&end);
		assert_int_equal(fake.acquired, 1);
		assert_int_equal(fake.use, SECPKG_CRED_OUTBOUND);
		assert_string_equal(fake.password, "secret");
	}
	memset(fake.password, 0, sizeof(fake.password));
	server = end;
	server.is_server = true;
	for (int i = 0; i < 2; i++)
	{
		expect_status(accept_ap_req(&server), SEC_E_OK);
		sspi_end_reset(&server);
		assert_int_equal(fake.acquired, 2);
		assert_int_equal(fake.use, SECPKG_CRED_INBOUND);
		assert_string_equal(fake.password, "secret");
	}
	end.phase = SSPI_CREDENTIAL;
	sspi_end_close(&end);
	expect_all_freed();
}

/* Kerberos that WinPR has no credentials for is no reason to leave user-to-user out where each has
 * its own; where both share one, it is asked for once. */
static void test_a_refusal_is_of_one_mechanism(void** state)
{
	struct sspi_setup setup = setup_new();
	struct sspi_token out = { NULL, 0 };
	(void)state;
	fake.acquire = SEC_E_NO_CREDENTIALS;
	expect_status(sspi_end_acquire(&pair.client, &setup, false), SEC_E_OK);
	expect_status(sspi_end_step(&pair.client, NULL, &out), SEC_I_CONTINUE_NEEDED);
	assert_int_equal(fake.acquired, CARRIED ? 2 : 1);
	sspi_end_reset(&pair.client);
	/* Both are remembered. */
	expect_status(sspi_end_step(&pair.client, NULL, &out), SEC_I_CONTINUE_NEEDED);
	assert_int_equal(fake.acquired, CARRIED ? 2 : 1);
	assert_int_equal(
	    log_capture_count(WLOG_INFO, "Kerberos is not used: WinPR's Kerberos package", NULL), 2);
	sspi_token_free(&out);
	sspi_end_close(&pair.client);
	expect_all_freed();
}

static void test_credentials_are_for_the_use_they_were_acquired_for(void** state)
{
	struct sspi_token out = { NULL, 0 };
	struct sspi_end end;
	(void)state;
	expect_status(acquire(SECPKG_CRED_INBOUND, caller_make(false), &end), SEC_E_OK);
	end.is_server = false;
	expect_status(sspi_end_step(&end, NULL, &out), SEC_E_NO_CREDENTIALS);
	sspi_end_close(&end);
	expect_status(acquire(SECPKG_CRED_OUTBOUND, caller_make(false), &end), SEC_E_OK);
	end.is_server = true;
	expect_status(accept_ap_req(&end), SEC_E_NO_CREDENTIALS);
	assert_int_equal(fake.acquired, 0);
	sspi_end_close(&end);
	expect_all_freed();
}

/* --- the KDC proxy -----------------------------------------------------------------------------
 */

static struct
{
	SecPkgCredentials_KdcProxySettingsW settings;
	WCHAR server[9];
} proxy;

#define PROXY_SIZE ((ULONG)(offsetof(__typeof__(proxy), server) + sizeof(proxy.server)))

static SECURITY_STATUS set_proxy(struct sspi_end* end, char last, bool wide)
{
	static const WCHAR server[9] = { WIDE('h'), WIDE('t'), WIDE('t'), WIDE('p'),
		                             WIDE('s'), WIDE(':'), WIDE('/'), WIDE('/') };
	memset(&proxy, 0, sizeof(proxy));
	proxy.settings =
	    (SecPkgCredentials_KdcProxySettingsW){ .Version = KDC_PROXY_SETTINGS_V1,
		                                       .ProxyServerOffset = sizeof(proxy.settings),
		                                       .ProxyServerLength = sizeof(proxy.server) };
	memcpy(proxy.server, server, sizeof(server));
	proxy.server[8] = WIDE((WCHAR)last);
	return wide ? table_w()->SetCredentialsAttributesW(
	                  &end->credential, SECPKG_CRED_ATTR_KDC_PROXY_SETTINGS, &proxy, PROXY_SIZE)
	            : table_a()->SetCredentialsAttributesA(
	                  &end->credential, SECPKG_CRED_ATTR_KDC_PROXY_SETTINGS, &proxy, PROXY_SIZE);
}

/* Before WinPR's credential is acquired and after it, in A and in W; each goes to WinPR once, with
 * the next context. */
static void test_kdc_proxy_is_handed_on_with_the_next_context(void** state)
{
	struct sspi_end end;
	(void)state;
	expect_status(acquire(SECPKG_CRED_OUTBOUND, caller_make(false), &end), SEC_E_OK);
	expect_status(set_proxy(&end, '0', false), SEC_E_OK);
	expect_status(set_proxy(&end, '1', true), SEC_E_OK);
	memset(&proxy, 0xA5, sizeof(proxy));
	assert_int_equal(fake.acquired, 0);
	first_step(&end);
	assert_string_equal(fake.proxy, "https://1");
	assert_int_equal(fake.proxies, 1);
	sspi_end_reset(&end);
	first_step(&end);
	assert_int_equal(fake.proxies, 1);
	sspi_end_reset(&end);
	expect_status(set_proxy(&end, '2', false), SEC_E_OK);
	assert_string_equal(fake.proxy, "https://1");
	first_step(&end);
	assert_string_equal(fake.proxy, "https://2");
	assert_int_equal(fake.proxies, 2);
	assert_int_equal(fake.acquired, 1);
	assert_int_equal(log_capture_count(WLOG_WARN, "KDC proxy", NULL), 0);
	sspi_end_reset(&end);
	/* WinPR does not take it: the logon goes on, and the log says so. */
	fake.set = SEC_E_INTERNAL_ERROR;
	expect_status(set_proxy(&end, '3', false), SEC_E_OK);
	first_step(&end);
	assert_int_equal(log_capture_count(WLOG_WARN, "did not take the KDC proxy", NULL), 1);
	sspi_end_close(&end);
	expect_all_freed();
}

static void test_what_is_no_kdc_proxy_is_refused(void** state)
{
	struct sspi_end end;
	(void)state;
	expect_status(acquire(SECPKG_CRED_OUTBOUND, caller_make(false), &end), SEC_E_OK);
	expect_status(set_proxy(&end, 'k', false), SEC_E_OK);
	const SecPkgCredentials_KdcProxySettingsW right = proxy.settings;
	const ULONG attribute = SECPKG_CRED_ATTR_KDC_PROXY_SETTINGS;
	const struct
	{
		ULONG attribute;
		void* buffer;
		ULONG size;
		ULONG version, offset, length;
		SECURITY_STATUS expected;
	} rows[] = {
		{ SECPKG_CRED_ATTR_NAMES, &proxy, PROXY_SIZE, right.Version, right.ProxyServerOffset,
		  right.ProxyServerLength, SEC_E_UNSUPPORTED_FUNCTION },
		{ attribute, NULL, PROXY_SIZE, right.Version, right.ProxyServerOffset,
		  right.ProxyServerLength, SEC_E_INVALID_PARAMETER },
		{ attribute, &proxy, sizeof(proxy.settings) - 1, right.Version, right.ProxyServerOffset, 0,
		  SEC_E_INVALID_PARAMETER },
		{ attribute, &proxy, PROXY_SIZE, right.Version + 1, right.ProxyServerOffset,
		  right.ProxyServerLength, SEC_E_INVALID_PARAMETER },
		{ attribute, &proxy, PROXY_SIZE, right.Version, right.ProxyServerOffset - 2,
		  right.ProxyServerLength, SEC_E_INVALID_PARAMETER },
		{ attribute, &proxy, PROXY_SIZE, right.Version, 0xFFFE, right.ProxyServerLength,
		  SEC_E_INVALID_PARAMETER },
		{ attribute, &proxy, PROXY_SIZE, right.Version, right.ProxyServerOffset, 0xFFFE,
		  SEC_E_INVALID_PARAMETER },
		{ attribute, &proxy, PROXY_SIZE - 2, right.Version, right.ProxyServerOffset,
		  right.ProxyServerLength, SEC_E_INVALID_PARAMETER },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
	{
		proxy.settings = right;
		proxy.settings.Version = rows[i].version;
		proxy.settings.ProxyServerOffset = (UINT16)rows[i].offset;
		proxy.settings.ProxyServerLength = (UINT16)rows[i].length;
		expect_status(table_a()->SetCredentialsAttributesA(&end.credential, rows[i].attribute,
		                                                   rows[i].buffer, rows[i].size),
		              rows[i].expected);
	}
	/* None of them took the place of the one that was right. */
	first_step(&end);
	assert_string_equal(fake.proxy, "https://k");
	sspi_end_close(&end);
	/* Where there is no Kerberos there is nothing to set it for. */
	fake.library = KRB5_NO;
	expect_status(acquire(SECPKG_CRED_OUTBOUND, caller_make(false), &end), SEC_E_OK);
	expect_status(set_proxy(&end, 'k', false), SEC_E_UNSUPPORTED_FUNCTION);
	sspi_end_close(&end);
	expect_all_freed();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_settings_reach_winpr_in_its_own_layout, fresh),
		cmocka_unit_test_setup(test_settings_of_a_size_that_is_none_are_refused, fresh),
		cmocka_unit_test_setup(test_the_library_is_asked_for_the_callers_files, fresh),
		cmocka_unit_test_setup(test_what_makes_kerberos_worth_trying, fresh),
		cmocka_unit_test_setup(test_one_credential_for_each_use, fresh),
		cmocka_unit_test_setup(test_a_refusal_is_of_one_mechanism, fresh),
		cmocka_unit_test_setup(test_credentials_are_for_the_use_they_were_acquired_for, fresh),
		cmocka_unit_test_setup(test_kdc_proxy_is_handed_on_with_the_next_context, fresh),
		cmocka_unit_test_setup(test_what_is_no_kdc_proxy_is_refused, fresh),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
