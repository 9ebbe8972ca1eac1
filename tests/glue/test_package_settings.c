/* SPDX-License-Identifier: Apache-2.0
 *
 * Which mechanisms a credential has: every way to say so (docs/settings.md), which of them counts
 * where there are several, and what framing and policies make of it.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fake_token.h"
#include "settings_pair.h"

static const uint8_t oid_kerberos[] = { 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86,
	                                    0xF7, 0x12, 0x01, 0x02, 0x02 };
static const uint8_t oid_u2u[] = { 0x06, 0x0A, 0x2A, 0x86, 0x48, 0x86,
	                               0xF7, 0x12, 0x01, 0x02, 0x02, 0x03 };
static const uint8_t oid_ntlm[] = { 0x06, 0x0A, 0x2B, 0x06, 0x01, 0x04,
	                                0x01, 0x82, 0x37, 0x02, 0x02, 0x0A };

static bool token_has(const struct sspi_token* token, const void* bytes, size_t len)
{
	return memmem(token->data, token->len, bytes, len) != NULL;
}

static int kerberos_too(void** state)
{
	(void)fresh(state);
	fake.ticket = fake.keytab = fake.realm = KRB5_YES;
	/* A busy machine must not look like a slow KDC. */
	setenv("NEGOSSP_KERBEROS_WAIT", "20000", 1);
	return 0;
}

/* "k", "u" and "n", as they stand in the client's list; "" where nothing is acquired. */
static const char* offered(const char* package_list)
{
	static char letters[4];
	struct sspi_setup setup = setup_new("Negotiate");
	struct sspi_token out = { NULL, 0 };
	setup.package_list = package_list;
	letters[0] = '\0';
	if (sspi_end_acquire(&pair.client, &setup, false) == SEC_E_OK)
	{
		expect_status(sspi_end_step(&pair.client, NULL, &out), SEC_I_CONTINUE_NEEDED);
		snprintf(letters, sizeof(letters), "%s%s%s",
		         token_has(&out, oid_kerberos, sizeof(oid_kerberos)) ? "k" : "",
		         token_has(&out, oid_u2u, sizeof(oid_u2u)) ? "u" : "",
		         token_has(&out, oid_ntlm, sizeof(oid_ntlm)) ? "n" : "");
	}
	sspi_token_free(&out);
	sspi_end_close(&pair.client);
	return letters;
}

/* --- lists -------------------------------------------------------------------------------------
 */

static void test_list_changes_a_default_of_all_on(void** state)
{
	static const char* const rows[][2] = {
		{ "", "kun" },
		{ "ntlm", "kun" },
		{ "kerberos", "kun" },
		{ "!ntlm", "ku" },
		{ "!u2u", "kn" },
		{ "!kerberos", "n" },      /* means both, as up to 3.15, */
		{ "!kerberos,u2u", "un" }, /* unless the other is named */
		{ "u2u,!kerberos", "un" },
		{ "!kerberos,!u2u", "n" },
		{ "!kerberos,!ntlm", "" },
		{ "!kerberos,!ntlm,u2u", "u" },
		{ "none", "" },
		{ "none,ntlm", "n" },
		{ "none,kerberos", "k" },
		{ "none,u2u", "u" },
		{ "NONE, Kerberos ,\tNTLM", "kn" },
		{ "ntlm,!ntlm", "ku" }, /* the last counts */
		{ "!ntlm,ntlm", "kun" },
		{ "!ntlm,,", "ku" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
	{
		/* From the registry, the environment and the caller. */
		for (int from = 0; from < 3; from++)
		{
			kerberos_too(NULL);
			if (from == 0)
				fake_registry_string(OWN, "Packages", rows[i][0]);
			if (from == 1)
				setenv("NEGOSSP_PACKAGES", rows[i][0], 1);
			const char* const got = offered(from == 2 ? rows[i][0] : NULL);
			if (strcmp(got, rows[i][1]) != 0)
				fail_msg("list \"%s\" from %d: %s", rows[i][0], from, got);
		}
	}
}

/* The caller's list replaces what the registry says, ours and WinPR's; the environment comes last.
 */
static void test_which_list_counts(void** state)
{
	(void)state;
	fake_registry_string(OWN, "Packages", "!ntlm");
	assert_string_equal(offered(NULL), "ku");
	assert_string_equal(offered("!u2u"), "kn");
	setenv("NEGOSSP_PACKAGES", "none,ntlm", 1);
	assert_string_equal(offered(NULL), "n");
	assert_string_equal(offered("!u2u"), "n");
	kerberos_too(NULL);
	fake_registry_number(WINPR_NEGOTIATE, "ntlm", 0);
	assert_string_equal(offered(NULL), "ku");
	assert_string_equal(offered("!u2u"), "kn");
	/* Ours stands above WinPR's. */
	fake_registry_string(OWN, "Packages", "!kerberos");
	assert_string_equal(offered(NULL), "n");
}

static void test_winprs_values_turn_each_off_and_on(void** state)
{
	static const struct
	{
		int ntlm, kerberos, u2u; /* -1: no value */
		const char* offered;
	} rows[] = {
		{ -1, -1, -1, "kun" }, { 0, -1, -1, "ku" }, { 1, -1, -1, "kun" }, { -1, 0, -1, "n" },
		{ -1, 0, 1, "un" },    { -1, 0, 0, "n" },   { -1, 1, 0, "kn" },   { -1, -1, 0, "kn" },
		{ 0, 0, -1, "" },      { 0, 0, 1, "u" },    { 7, 7, 7, "kun" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
	{
		kerberos_too(NULL);
		if (rows[i].ntlm >= 0)
			fake_registry_number(WINPR_NEGOTIATE, "ntlm", (uint32_t)rows[i].ntlm);
		if (rows[i].kerberos >= 0)
			fake_registry_number(WINPR_NEGOTIATE, "kerberos", (uint32_t)rows[i].kerberos);
		if (rows[i].u2u >= 0)
			fake_registry_number(WINPR_NEGOTIATE, "u2u", (uint32_t)rows[i].u2u);
		assert_string_equal(offered(NULL), rows[i].offered);
	}
}

/* An acceptor takes what both its registry and its environment leave; of each mechanism alone. */
static void test_environment_takes_each_from_an_acceptor(void** state)
{
	static const uint8_t ap_req[] = { 0x60, 0x0F, 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7,
		                              0x12, 0x01, 0x02, 0x02, 0x01, 0x00, 'b',  'o' };
	const struct text tgt_req = fake_tgt_req("TERMSRV", "server.example");
	static const uint8_t negotiate[40] = { 'N', 'T', 'L', 'M', 'S',  'S',  'P',  0,
		                                   1,   0,   0,   0,   0x35, 0x82, 0x08, 0xE0 };
	static const struct
	{
		const char* registry;
		const char* environment;
		bool takes[3];
	} rows[] = {
		{ NULL, NULL, { true, true, true } },
		{ "!ntlm", "ntlm,kerberos,u2u", { true, true, false } },
		{ "none,u2u,ntlm", "ntlm,kerberos,u2u", { false, true, true } },
		{ "none,kerberos,ntlm", "ntlm,kerberos,u2u", { true, false, true } },
		{ "none,kerberos,ntlm", "!kerberos,u2u", { false, false, true } },
		{ NULL, "none,u2u", { false, true, false } },
		{ NULL, "!u2u", { true, false, true } },
	};
	const struct sspi_setup setup = setup_new("Negotiate");
	struct sspi_token out = { NULL, 0 };
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
	{
		kerberos_too(NULL);
		fake_winpr_offer_u2u();
		if (rows[i].registry)
			fake_registry_string(OWN, "Packages", rows[i].registry);
		if (rows[i].environment)
			setenv("NEGOSSP_PACKAGES", rows[i].environment, 1);
		expect_status(sspi_end_acquire(&pair.server, &setup, true), SEC_E_OK);
		for (size_t j = 0; j < 3; j++)
		{
			struct sspi_token in = { NULL, 0 };
			sspi_token_set(&in,
			               j == 0   ? ap_req
			               : j == 1 ? tgt_req.data
			                        : negotiate,
			               j == 0   ? sizeof(ap_req)
			               : j == 1 ? tgt_req.len
			                        : sizeof(negotiate));
			if ((sspi_end_step(&pair.server, &in, &out) >= 0) != rows[i].takes[j])
				fail_msg("row %zu, token %zu", i, j);
			sspi_token_free(&in);
			sspi_end_reset(&pair.server);
		}
		sspi_end_close(&pair.server);
	}
	sspi_token_free(&out);
}

/* --- what else decides -------------------------------------------------------------------------
 */

static void expect_first(const char* package_list, const char* target, const char* begins)
{
	struct sspi_setup setup = setup_new("Negotiate");
	struct sspi_token out = { NULL, 0 };
	setup.package_list = package_list;
	setup.target = target;
	expect_status(sspi_end_acquire(&pair.client, &setup, false), SEC_E_OK);
	expect_status(sspi_end_step(&pair.client, NULL, &out), SEC_I_CONTINUE_NEEDED);
	const char* const is = memcmp(out.data, "NTLMSSP", 8) == 0               ? "ntlm"
	                       : !token_has(&out, "\x2B\x06\x01\x05\x05\x02", 6) ? "bare"
	                       : token_has(&out, oid_kerberos, sizeof(oid_kerberos)) ||
	                               token_has(&out, oid_u2u, sizeof(oid_u2u))
	                           ? "spnego with Kerberos"
	                           : "spnego";
	if (strcmp(is, begins) != 0)
		fail_msg("%s to %s: %s", package_list ? package_list : "(no list)", target, is);
	sspi_token_free(&out);
	sspi_end_close(&pair.client);
}

/* auto: SPNEGO, but bare NTLM for HTTP/ targets unless Kerberos is asked for by name. */
static void test_framing_and_kerberos(void** state)
{
	(void)state;
	expect_first(NULL, "TERMSRV/server.example", "spnego with Kerberos");
	expect_first(NULL, "HTTP/server.example", "ntlm");
	expect_first("ntlm", "HTTP/server.example", "ntlm");
	expect_first("!kerberos", "HTTP/server.example", "ntlm");
	expect_first("kerberos", "HTTP/server.example", "spnego with Kerberos");
	expect_first("u2u", "HTTP/server.example", "spnego with Kerberos");
	expect_first("kerberos,!kerberos", "HTTP/server.example", "ntlm");
	/* Without NTLM there is nothing that would be bare. */
	expect_first("!ntlm", "HTTP/server.example", "spnego with Kerberos");
	expect_first(NULL, "http/server.example", "ntlm");
	expect_first(NULL, "HTTPS/server.example", "spnego with Kerberos");
	setenv("NEGOSSP_FRAMING", "raw", 1);
	expect_first(NULL, "TERMSRV/server.example", "ntlm");
	expect_first("!ntlm", "TERMSRV/server.example", "bare");
	setenv("NEGOSSP_FRAMING", "spnego", 1);
	expect_first(NULL, "HTTP/server.example", "spnego with Kerberos");
	/* The package NTLM is bare whatever is set. */
	struct sspi_setup setup = setup_new("NTLM");
	expect_legs(&setup, 3);
	assert_memory_equal(pair.legs[0].data, "NTLMSSP", 8);
	sspi_pair_close(&pair);
}

/* Lists are Negotiate's: whoever asks for NTLM gets NTLM. */
static void test_lists_say_nothing_of_the_package_ntlm(void** state)
{
	struct sspi_setup setup = setup_new("NTLM");
	(void)state;
	fake_registry_string(OWN, "Packages", "none,kerberos");
	expect_legs(&setup, 3);
	assert_int_equal(fake.acquired, 0);
	sspi_pair_close(&pair);
}

/* Whoever gives no identity has a ticket, or nothing. */
static void test_nobody_has_no_ntlm(void** state)
{
	struct sspi_setup setup = setup_new("Negotiate");
	struct sspi_token out = { NULL, 0 };
	(void)state;
	setup.user = NULL;
	expect_status(sspi_end_acquire(&pair.client, &setup, false), SEC_E_OK);
	expect_status(sspi_end_step(&pair.client, NULL, &out), SEC_I_CONTINUE_NEEDED);
	assert_true(token_has(&out, oid_kerberos, sizeof(oid_kerberos)));
	assert_false(token_has(&out, oid_ntlm, sizeof(oid_ntlm)));
	sspi_end_close(&pair.client);
	fake.ticket = KRB5_NO;
	expect_status(sspi_end_acquire(&pair.client, &setup, false), SEC_E_OK);
	expect_status(sspi_end_step(&pair.client, NULL, &out), SEC_E_NO_CREDENTIALS);
	expect_failed(&pair.client);
	sspi_end_close(&pair.client);
	setup.client_package = "NTLM";
	log_capture_clear();
	expect_status(sspi_end_acquire(&pair.client, &setup, false), SEC_E_OK);
	expect_status(sspi_end_step(&pair.client, NULL, &out), SEC_E_NO_CREDENTIALS);
	assert_int_equal(log_capture_count(WLOG_WARN, "give a user and a password", NULL), 1);
	sspi_token_free(&out);
	sspi_end_close(&pair.client);
}

/* With `required` for bindings or target name, or a domain's members, a server takes no Kerberos,
 * and says so when it starts; a client that has both goes on with NTLM and is held to it. An
 * environment that says `off` brings it not back. */
static void test_what_is_required_excludes_kerberos(void** state)
{
	static const char* const rows[][3] = {
		{ "ChannelBindings", "required", "NEGOSSP_CHANNEL_BINDINGS" },
		{ "TargetCheck", "required", "NEGOSSP_TARGET_CHECK" },
		{ "Domain", "named", "NEGOSSP_DOMAIN" }, /* WinPR's Kerberos does not say who is a member */
	};
	static const char* const said[] = { "channel bindings are required",
		                                "a target name is required", NULL };
	const size_t count = sizeof(rows) / sizeof(rows[0]);
	struct sspi_setup setup = setup_new("Negotiate");
	(void)state;
	for (size_t k = 0; k < 2 * count; k++)
	{
		const size_t i = k % count;
		kerberos_too(NULL);
		fake_registry_string(OWN, rows[i][0], rows[i][1]);
		if (k >= count)
			setenv(rows[i][2], "off", 1);
		fake_registry_string(OWN, "TargetName", "TERMSRV/server.example");
		bindings_make(&setup, true, false);
		setup.package_list = NULL;
		setup.domain = NULL;
		expect_legs(&setup, 6);                /* it offers Kerberos first */
		assert_int_equal(fake.credentials, 1); /* the client's own */
		/* Said once in the life of the process. */
		if (said[i])
			assert_int_equal(log_capture_count(WLOG_INFO, said[i], NULL), k < count);
		assert_int_equal(log_capture_count(WLOG_INFO, "Kerberos is not accepted", NULL), k == 0);
		sspi_pair_close(&pair);
		setup.package_list = "!ntlm";
		assert_false(sspi_pair_connect(&pair, &setup));
		assert_true(pair.server.status < 0);
		sspi_pair_close(&pair);
		/* A client demands nothing, and offers Kerberos under the same settings. */
		assert_string_equal(offered(NULL), "kun");
	}
	kerberos_too(NULL);
	setup = setup_new("Negotiate");
	fake_registry_string(OWN, "ChannelBindings", "when-present");
	expect_legs(&setup, 2);
	sspi_pair_close(&pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_list_changes_a_default_of_all_on, kerberos_too),
		cmocka_unit_test_setup(test_which_list_counts, kerberos_too),
		cmocka_unit_test_setup(test_winprs_values_turn_each_off_and_on, kerberos_too),
		cmocka_unit_test_setup(test_environment_takes_each_from_an_acceptor, kerberos_too),
		cmocka_unit_test_setup(test_framing_and_kerberos, kerberos_too),
		cmocka_unit_test_setup(test_lists_say_nothing_of_the_package_ntlm, kerberos_too),
		cmocka_unit_test_setup(test_nobody_has_no_ntlm, kerberos_too),
		cmocka_unit_test_setup(test_what_is_required_excludes_kerberos, kerberos_too),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
