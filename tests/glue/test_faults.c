/* SPDX-License-Identifier: Apache-2.0
 *
 * The glue when memory is short: every allocation of whole exchanges is made to fail, by
 * Kerberos in both roles, by NTLM after it, and of WinPR's packages by name. Whatever comes of it,
 * each of WinPR's handles and lists is given back once, a call that fails leaves no token and no
 * handle, and an exchange that completes all the same can be used. Where nothing else can take
 * over, what the caller is told is that memory was short, and not, say, that the password is wrong.
 * Built twice, as test_kerberos.c.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc_watch.h"
#include "fail_each.h"
#include "fake_registry.h"
#include "kerberos_pair.h"
#include "host/layouts.h"
#include "sspi/attributes.h"
#include "sspi/table.h"
#include "winpr_v1.h"
#include "wide.h"

#define ROOM 12256

/* Everything is static here, so that only the glue's allocations are counted. */
struct end
{
	bool server, acquired, opened, complete;
	CredHandle credential;
	CtxtHandle context;
	BYTE token[ROOM];
	ULONG len;
};

static struct end client, server;
static bool names_given, memory_asked_for;
static SECURITY_STATUS refusal; /* the first of the exchange */
static WCHAR target[] = { WIDE('T'), WIDE('E'), WIDE('R'), WIDE('M'), WIDE('S'),
	                      WIDE('R'), WIDE('V'), WIDE('/'), WIDE('s'), WIDE('e'),
	                      WIDE('r'), WIDE('v'), WIDE('e'), WIDE('r'), 0 };
static WCHAR user[] = { WIDE('u'), WIDE('s'), WIDE('e'), WIDE('r') };
static WCHAR domain[] = { WIDE('c'), WIDE('.'), WIDE('d') };
static WCHAR password[] = { WIDE('P'), WIDE('a'), WIDE('s'), WIDE('s'),
	                        WIDE('w'), WIDE('o'), WIDE('r'), WIDE('d') };
static char keytab[] = "FILE:/a/keytab";
static char proxy_url[] = "k\0d\0c";

/* --- calls -------------------------------------------------------------------------------------
 */

static SECURITY_STATUS noted(SECURITY_STATUS status)
{
	if (status < 0 && refusal == SEC_E_OK)
		refusal = fail_each_status(status);
	return status;
}

static bool acquire(struct end* end, const char* package)
{
	static char name[16];
	static WCHAR wide_name[16];
	static winpr_ntlm_v1 ntlm;
	static winpr_kerberos_v1 kerberos;
	static winpr_identity_v1 data;
	strcpy(name, package);
	for (size_t i = 0; i < sizeof(name); i++)
		wide_name[i] = WIDE((WCHAR)name[i]);
	ntlm = (winpr_ntlm_v1){ .samFile = box.sam };
	kerberos = (winpr_kerberos_v1){ .keytab = keytab };
	data = (winpr_identity_v1){ .ntlmSettings = &ntlm, .kerberosSettings = &kerberos };
	data.identity = (SEC_WINNT_AUTH_IDENTITY_EXW){ .Version = SEC_WINNT_AUTH_IDENTITY_VERSION,
		                                           .Length = sizeof(data.identity),
		                                           .Flags = SEC_WINNT_AUTH_IDENTITY_UNICODE |
		                                                    SEC_WINNT_AUTH_IDENTITY_EXTENDED };
	if (!end->server)
	{
		data.identity.User = user;
		data.identity.UserLength = 4;
		data.identity.Domain = domain;
		data.identity.DomainLength = 3;
		data.identity.Password = password;
		data.identity.PasswordLength = 8;
	}
	/* FreeRDP from 3.31 can give a server's names. */
	static struct layout_ntlm newer_ntlm = { .size = sizeof(newer_ntlm),
		                                     .netbios_computer = "HERE" };
	static struct layout_identity newer = { .revision = LAYOUT_REVISION_1, .ntlm = &newer_ntlm };
	newer_ntlm.sam_file = box.sam;
	newer.identity = data.identity;
	newer.identity.Flags |= LAYOUT_FLAG_V2;
	void* const server_data = names_given ? (void*)&newer : (void*)&data;
	const ULONG use = end->server ? SECPKG_CRED_INBOUND : SECPKG_CRED_OUTBOUND;
	const SECURITY_STATUS status =
	    end->server ? table_w()->AcquireCredentialsHandleW(NULL, wide_name, use, NULL, server_data,
	                                                       NULL, NULL, &end->credential, NULL)
	                : table_a()->AcquireCredentialsHandleA(NULL, name, use, NULL, &data, NULL, NULL,
	                                                       &end->credential, NULL);
	end->acquired = status == SEC_E_OK;
	noted(status);
	if (!end->acquired)
		assert_int_equal(end->credential.dwLower, 0);
	return end->acquired;
}

static void set_proxy(struct end* end)
{
	struct
	{
		SecPkgCredentials_KdcProxySettingsW settings;
		BYTE url[6];
	} proxy = { .settings = { .Version = KDC_PROXY_SETTINGS_V1,
		                      .ProxyServerOffset = sizeof(proxy.settings),
		                      .ProxyServerLength = sizeof(proxy.url) } };
	memcpy(proxy.url, proxy_url, sizeof(proxy.url));
	(void)table_a()->SetCredentialsAttributesA(
	    &end->credential, SECPKG_CRED_ATTR_KDC_PROXY_SETTINGS, &proxy, sizeof(proxy));
}

static SECURITY_STATUS step(struct end* end, const struct end* peer)
{
	static struct
	{
		SEC_CHANNEL_BINDINGS header;
		BYTE data[8];
	} bindings = { .header = { .cbApplicationDataLength = 8, .dwApplicationDataOffset = 32 } };
	SecBuffer in[2] = { { peer->len, SECBUFFER_TOKEN, (void*)(uintptr_t)peer->token },
		                { sizeof(bindings), SECBUFFER_CHANNEL_BINDINGS, &bindings } };
	SecBuffer out = { ROOM, SECBUFFER_TOKEN, end->token };
	SecBufferDesc in_desc = { SECBUFFER_VERSION, 2, in };
	SecBufferDesc out_desc = { SECBUFFER_VERSION, 1, &out };
	const ULONG allocate = memory_asked_for ? ISC_REQ_ALLOCATE_MEMORY : 0;
	static_assert(ISC_REQ_ALLOCATE_MEMORY == ASC_REQ_ALLOCATE_MEMORY, "one bit for both");
	if (memory_asked_for)
		out = (SecBuffer){ 0, SECBUFFER_TOKEN, NULL };
	CtxtHandle* const old = end->opened ? &end->context : NULL;
	ULONG attributes = 0;
	const SECURITY_STATUS status =
	    end->server ? table_w()->AcceptSecurityContext(&end->credential, old, &in_desc,
	                                                   SSPI_NLA_SERVER_FLAGS | allocate, 0,
	                                                   &end->context, &out_desc, &attributes, NULL)
	                : table_w()->InitializeSecurityContextW(
	                      &end->credential, old, target, SSPI_NLA_CLIENT_FLAGS | allocate, 0, 0,
	                      &in_desc, 0, &end->context, &out_desc, &attributes, NULL);
	end->len = out.cbBuffer;
	if (memory_asked_for && out.pvBuffer)
	{
		memcpy(end->token, out.pvBuffer, out.cbBuffer);
		expect_status(table_a()->FreeContextBuffer(out.pvBuffer), SEC_E_OK);
	}
	if (noted(status) < 0)
	{
		assert_int_equal(out.cbBuffer, 0);
		if (!end->opened)
			assert_int_equal(end->context.dwLower, 0);
		return status;
	}
	end->opened = true;
	end->complete = status == SEC_E_OK;
	return status;
}

/* Questions whose answers are memory. */
static void ask(struct end* end)
{
	static const ULONG attributes[] = { SECPKG_ATTR_PACKAGE_INFO, SECPKG_ATTR_NAMES,
		                                SECPKG_ATTR_NEGOTIATION_INFO };
	for (size_t i = 0; i < sizeof(attributes) / sizeof(attributes[0]); i++)
	{
		SecPkgContext_NegotiationInfo answer = { NULL, 0 };
		if (table_w()->QueryContextAttributesW(&end->context, attributes[i], &answer) == SEC_E_OK)
			expect_status(table_w()->FreeContextBuffer(answer.PackageInfo), SEC_E_OK);
	}
}

/* An answer is whole, or there is none. */
static void ask_for_text(struct end* end)
{
	SecPkgContext_KeyInfo info = { NULL, NULL, 0, 0, 0 };
	char name[64] = "";
	if (end->complete && noted(table_a()->QueryContextAttributesA(
	                         &end->context, SECPKG_ATTR_KEY_INFO, &info)) == SEC_E_OK)
	{
		assert_true(info.sSignatureAlgorithmName[0] && info.sEncryptAlgorithmName[0]);
		expect_status(table_a()->FreeContextBuffer(info.sSignatureAlgorithmName), SEC_E_OK);
		expect_status(table_a()->FreeContextBuffer(info.sEncryptAlgorithmName), SEC_E_OK);
	}
	if (noted(table_a()->QueryContextAttributesA(&end->context, ATTRIBUTE_NTLM_NETBIOS_COMPUTER,
	                                             name)) == SEC_E_OK)
		assert_string_equal(name, "HERE");
}

static bool say(struct end* from, struct end* to, const char* text)
{
	static BYTE trailer[128];
	static BYTE data[16];
	SecPkgContext_Sizes sizes = { 0 };
	if (noted(table_a()->QueryContextAttributesA(&from->context, SECPKG_ATTR_SIZES, &sizes)) < 0)
		return false;
	SecBuffer buffers[2] = { { sizes.cbSecurityTrailer, SECBUFFER_TOKEN, trailer },
		                     { 16, SECBUFFER_DATA, data } };
	SecBufferDesc message = { SECBUFFER_VERSION, 2, buffers };
	(void)snprintf((char*)data, sizeof(data), "%s", text);
	if (noted(table_a()->EncryptMessage(&from->context, 0, &message, 0)) < 0)
		return false;
	if (noted(table_a()->DecryptMessage(&to->context, &message, 0, NULL)) < 0)
		return false;
	return strncmp((const char*)data, text, sizeof(data)) == 0;
}

static void close_end(struct end* end)
{
	if (end->opened)
		expect_status(table_a()->DeleteSecurityContext(&end->context), SEC_E_OK);
	if (end->acquired)
		expect_status(table_a()->FreeCredentialsHandle(&end->credential), SEC_E_OK);
	memset(end, 0, sizeof(*end));
}

/* --- exchanges ---------------------------------------------------------------------------------
 */

/* Whether it completed; messages are tried where it did. */
static bool exchange(const char* package, bool* flows)
{
	client.server = false;
	server.server = true;
	*flows = false;
	refusal = SEC_E_OK;
	if (!acquire(&client, package) || !acquire(&server, package))
		return false;
	set_proxy(&client);
	for (unsigned i = 0; i < 8 && !(client.complete && server.complete); i++)
	{
		struct end* const end = i % 2 ? &server : &client;
		if (step(end, i % 2 ? &client : &server) < 0)
			return false;
	}
	if (strcmp(package, "Kerberos") != 0)
	{
		ask(&client);
		ask(&server);
	}
	if (names_given)
		ask_for_text(&server);
	*flows = client.complete && server.complete && say(&client, &server, "there") &&
	         say(&server, &client, "and back");
	return client.complete && server.complete;
}

static void exchange_that_works(const char* package)
{
	bool flows = false;
	assert_true(exchange(package, &flows));
	assert_true(flows);
	close_end(&client);
	close_end(&server);
	log_capture_clear();
	expect_all_freed();
}

/* Again and again, with the next allocation failing, until none is left to fail. */
static void fail_each_allocation(const char* package, void (*begin)(size_t nth))
{
	bool flows = false;
	size_t completed = 0;
	size_t nth = 0;
	size_t made;
	/* Whatever is made once in a process is made now, and once in a stripe of the handle table. */
	for (size_t i = 0; i < FAIL_EACH_STRIPES; i++)
		exchange_that_works(package);
	const size_t live = alloc_watch_live();
	do
	{
		begin(++nth);
		completed += exchange(package, &flows);
		made = alloc_watch_count();
		alloc_watch_fail(0);
		close_end(&client);
		close_end(&server);
		if (strcmp(package, "NTLM") == 0)
			assert_true(flows || refusal == SEC_E_INSUFFICIENT_MEMORY);
		log_capture_clear();
		expect_all_freed();
		assert_int_equal(fake.lists_out, 0);
		assert_int_equal(alloc_watch_live(), live);
	} while (made >= nth && nth < 5000);
	/* Most end the exchange; those that cost Kerberos, an answer or a message alone do not. */
	print_message("%s: %zu allocations, %zu exchanges completed\n", package, nth - 1,
	              completed - 1);
	assert_true(made < nth && nth > 10 && completed < nth / 2);
	fail_each_add(nth - 1);
	/* Nothing of it stays. */
	exchange_that_works(package);
}

/* Each alone, and with all that follow it. */
static void fail_exchanges(const char* package)
{
	fail_each_allocation(package, alloc_watch_fail);
	fail_each_allocation(package, alloc_watch_fail_from);
}

static void test_kerberos(void** state)
{
	(void)state;
	/* In this thread, and in one of its own. */
	setenv("NEGOSSP_KERBEROS_WAIT", "0", 1);
	fail_exchanges("Negotiate");
	setenv("NEGOSSP_KERBEROS_WAIT", "20000", 1);
	fail_exchanges("Negotiate");
}

static void test_user_to_user(void** state)
{
	(void)state;
	setenv("NEGOSSP_KERBEROS_WAIT", "0", 1);
	fake_registry_number("SSPI\\Negotiate", "kerberos", 0);
	fake_registry_number("SSPI\\Negotiate", "u2u", 1);
	fake_winpr_offer_u2u();
	fail_exchanges("Negotiate");
}

static void test_ntlm_after_kerberos(void** state)
{
	(void)state;
	setenv("NEGOSSP_KERBEROS_WAIT", "0", 1);
	fake.keytab = KRB5_NO;
	fake_registry_string("SSPI\\Negossp", "TargetName", "TERMSRV/server");
	fake_registry_string("WinPR\\NTLM", "WorkstationName", "DESK");
	fake_registry_string("WinPR\\NTLM", "DnsDomainName", "d.example");
	fail_exchanges("Negotiate");
}

static void test_ntlm_says_that_memory_is_short(void** state)
{
	(void)state;
	fail_exchanges("NTLM");
	names_given = true;
	fail_exchanges("NTLM");
	names_given = false;
	memory_asked_for = true;
	fail_exchanges("NTLM");
	memory_asked_for = false;
}

static void test_packages_of_winprs(void** state)
{
	SecPkgInfoW* infos = NULL;
	ULONG count = 0;
	(void)state;
#ifndef FAKE_CARRIED
	fail_exchanges("Kerberos");
#endif
	for (size_t nth = 1; nth < 40; nth++)
	{
		alloc_watch_fail(nth);
		const SECURITY_STATUS status = table_w()->EnumerateSecurityPackagesW(&count, &infos);
		alloc_watch_fail(0);
		assert_int_equal(status == SEC_E_OK, infos != NULL && count >= 2);
		if (status == SEC_E_OK)
			expect_status(table_w()->FreeContextBuffer(infos), SEC_E_OK);
		else
			expect_status(status, SEC_E_INSUFFICIENT_MEMORY);
		infos = NULL;
		assert_int_equal(fake.lists_out, 0);
	}
}

static void test_enough_was_tried(void** state)
{
	(void)state;
	fail_each_expect(1000, 20);
}

static int fresh_registry(void** state)
{
	fake_registry_clear();
	return fresh(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_kerberos, fresh_registry),
		cmocka_unit_test_setup(test_user_to_user, fresh_registry),
		cmocka_unit_test_setup(test_ntlm_after_kerberos, fresh_registry),
		cmocka_unit_test_setup(test_ntlm_says_that_memory_is_short, fresh_registry),
		cmocka_unit_test_setup(test_packages_of_winprs, fresh_registry),
		cmocka_unit_test(test_enough_was_tried),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
