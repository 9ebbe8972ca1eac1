/* SPDX-License-Identifier: Apache-2.0
 *
 * The module against WinPR's own Negotiate and NTLM packages of the installed release, in both
 * roles: what a stock FreeRDP on the other end is.
 */
#include "expect.h"

#include <string.h>

/* For LeakSanitizer: the stock acceptor of 3.10.3 leaks what it read of an AUTHENTICATE that it
 * refuses. What the module allocates never has a frame of WinPR's above it here. */
__attribute__((visibility("default"))) const char* __lsan_default_suppressions(void);

const char* __lsan_default_suppressions(void)
{
	return "leak:libwinpr3.so";
}

static struct sspi_setup client_is_ours(void)
{
	struct sspi_setup setup = sspi_setup_nla("user", NULL, "Password", box.sam);
	setup.server_table = sspi_builtin();
	return setup;
}

static struct sspi_setup server_is_ours(void)
{
	struct sspi_setup setup = sspi_setup_nla("user", NULL, "Password", box.sam);
	setup.client_table = sspi_builtin();
	return setup;
}

static void test_our_client_with_stock_negotiate_server(void** state)
{
	(void)state;
	struct sspi_pair pair;
	const struct sspi_setup setup = client_is_ours();
	expect_connects(&pair, &setup, 4);
	assert_int_equal(pair.legs[0].data[0], 0x60);
	assert_int_equal(pair.legs[3].data[0], 0xa1);
	assert_null(sspi_pair_chat(&pair, 50));
	sspi_pair_close(&pair);
}

static void test_our_client_with_stock_server_and_domain(void** state)
{
	(void)state;
	struct sspi_pair pair;
	struct sspi_setup setup = client_is_ours();
	setup.user = "member";
	setup.domain = "CORP";
	setup.password = "of corp";
	expect_connects(&pair, &setup, 4);
	sspi_pair_close(&pair);
}

static void test_our_bare_client_with_stock_servers(void** state)
{
	(void)state;
	struct sspi_pair pair;
	struct sspi_setup setup = client_is_ours();
	setup.client_package = "NTLM";
	expect_connects(&pair, &setup, 3);
	sspi_pair_close(&pair);
	setup.server_package = "NTLM";
	expect_connects(&pair, &setup, 3);
	sspi_pair_close(&pair);
	setup.client_package = "Negotiate";
	setup.target = "HTTP/gateway.example";
	expect_connects(&pair, &setup, 3);
	assert_null(sspi_pair_chat(&pair, 50));
	sspi_pair_close(&pair);
}

static void test_stock_client_with_our_negotiate_server(void** state)
{
	(void)state;
	struct sspi_pair pair;
	const struct sspi_setup setup = server_is_ours();
	/* Without a ticket it falls back to NTLM and sends that bare (D10). */
	expect_connects(&pair, &setup, 3);
	assert_memory_equal(pair.legs[0].data, "NTLMSSP", 8);
	expect_status(pair.server.status, SEC_E_OK);
	assert_int_equal(pair.server.output_len, 0);
	assert_null(sspi_pair_chat(&pair, 50));
	sspi_pair_close(&pair);
}

static void test_stock_ntlm_client_with_our_ntlm_server(void** state)
{
	(void)state;
	struct sspi_pair pair;
	struct sspi_setup setup = server_is_ours();
	setup.client_package = setup.server_package = "NTLM";
	expect_connects(&pair, &setup, 3);
	sspi_pair_close(&pair);
	setup.server_table = sspi_module_w();
	expect_connects(&pair, &setup, 3);
	sspi_pair_close(&pair);
}

struct bindings
{
	SEC_CHANNEL_BINDINGS head;
	uint8_t data[27];
};

/* Without the padding at the end: WinPR hashes all that comes after the head. */
#define BINDINGS_SIZE (offsetof(struct bindings, data) + 27)

static void test_stock_client_with_bindings_and_our_server(void** state)
{
	(void)state;
	struct bindings theirs = { .head = { .cbApplicationDataLength = sizeof(theirs.data),
		                                 .dwApplicationDataOffset = sizeof(theirs.head) } };
	memcpy(theirs.data, "tls-server-end-point:\1\2\3\4\5\6", sizeof(theirs.data));
	struct bindings ours = theirs;
	struct sspi_pair pair;
	struct sspi_setup setup = server_is_ours();
	setup.client_bindings = &theirs.head;
	setup.server_bindings = &ours.head;
	setup.client_bindings_len = setup.server_bindings_len = BINDINGS_SIZE;
	expect_connects(&pair, &setup, 3);
	sspi_pair_close(&pair);
	/* Their hash is ours: other bindings of a stock client are noticed. */
	ours.data[26] ^= 1;
	assert_false(sspi_pair_connect(&pair, &setup));
	expect_refused(&pair.server, SEC_E_BAD_BINDINGS);
	sspi_pair_close(&pair);
}

static void test_stock_client_with_wrong_password_or_name(void** state)
{
	(void)state;
	struct sspi_pair pair;
	struct sspi_setup setup = server_is_ours();
	setup.password = "wrong";
	assert_false(sspi_pair_connect(&pair, &setup));
	expect_refused(&pair.server, SEC_E_LOGON_DENIED);
	const DWORD error = pair.server.last_error;
	sspi_pair_close(&pair);
	setup.user = "nobody";
	assert_false(sspi_pair_connect(&pair, &setup));
	expect_refused(&pair.server, SEC_E_LOGON_DENIED);
	assert_int_equal(pair.server.last_error, error);
	sspi_pair_close(&pair);
}

static void test_our_client_with_wrong_password_at_stock_server(void** state)
{
	(void)state;
	struct sspi_pair pair;
	struct sspi_setup setup = client_is_ours();
	setup.password = "wrong";
	assert_false(sspi_pair_connect(&pair, &setup));
	assert_true(pair.server.status < 0);
	assert_int_equal(pair.client.phase, SSPI_IN_PROGRESS);
	sspi_pair_close(&pair);
}

static void test_other_packages_of_winpr_stay_where_they_can_be_used(void** state)
{
	(void)state;
	const SecurityFunctionTableA* table = sspi_module_a().a;
	static const char* const names[] = { "Kerberos", "CREDSSP", "Schannel" };
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
	{
		char name[16];
		SecPkgInfoA* ours = NULL;
		SecPkgInfoA* theirs = NULL;
		strcpy(name, names[i]);
		expect_status(sspi_builtin().a->QuerySecurityPackageInfoA(name, &theirs), SEC_E_OK);
		if (!sspi_builtin_is_reachable())
		{
			/* Nothing is listed that nobody could use (D24). */
			expect_status(table->QuerySecurityPackageInfoA(name, &ours), SEC_E_SECPKG_NOT_FOUND);
			expect_status(sspi_builtin().a->FreeContextBuffer(theirs), SEC_E_OK);
			continue;
		}
		expect_status(table->QuerySecurityPackageInfoA(name, &ours), SEC_E_OK);
		assert_string_equal(ours->Name, theirs->Name);
		assert_int_equal(ours->cbMaxToken, theirs->cbMaxToken);
		expect_status(table->FreeContextBuffer(ours), SEC_E_OK);
		expect_status(sspi_builtin().a->FreeContextBuffer(theirs), SEC_E_OK);
	}
}

static int set_up(void** state)
{
	(void)box_open(state);
	sandbox_sam_user(&box, "member", "CORP", "of corp");
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_our_client_with_stock_negotiate_server),
		cmocka_unit_test(test_our_client_with_stock_server_and_domain),
		cmocka_unit_test(test_our_bare_client_with_stock_servers),
		cmocka_unit_test(test_stock_client_with_our_negotiate_server),
		cmocka_unit_test(test_stock_ntlm_client_with_our_ntlm_server),
		cmocka_unit_test(test_stock_client_with_bindings_and_our_server),
		cmocka_unit_test(test_stock_client_with_wrong_password_or_name),
		cmocka_unit_test(test_our_client_with_wrong_password_at_stock_server),
		cmocka_unit_test(test_other_packages_of_winpr_stay_where_they_can_be_used),
	};
	return cmocka_run_group_tests(tests, set_up, box_close);
}
