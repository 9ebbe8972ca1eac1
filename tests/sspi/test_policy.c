/* SPDX-License-Identifier: Apache-2.0
 *
 * Settings by environment, as they act on an exchange: framing, packages, channel bindings, target
 * name, anonymous logon, reflection. They are read anew for each credential, so each test sets its
 * own; for an acceptor they may only tighten.
 */
#include "expect.h"

#include <stdlib.h>
#include <string.h>

static struct sspi_setup nla(void)
{
	return sspi_setup_nla("user", NULL, "Password", box.sam);
}

static int clear_settings(void** state)
{
	static const char* const names[] = { "NEGOSSP_FRAMING",          "NEGOSSP_PACKAGES",
		                                 "NEGOSSP_CHANNEL_BINDINGS", "NEGOSSP_TARGET_CHECK",
		                                 "NEGOSSP_TARGET_NAME",      "NEGOSSP_REFLECTION",
		                                 "NEGOSSP_ANONYMOUS" };
	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unsetenv(names[i]);
	log_capture_clear();
	return 0;
}

static void refused_by_server(const struct sspi_setup* setup, SECURITY_STATUS status)
{
	struct sspi_pair pair;
	assert_false(sspi_pair_connect(&pair, setup));
	expect_refused(&pair.server, status);
	sspi_pair_close(&pair);
}

static void connects(const struct sspi_setup* setup, unsigned legs)
{
	struct sspi_pair pair;
	expect_connects(&pair, setup, legs);
	sspi_pair_close(&pair);
}

static void test_framing_raw_sends_bare_ntlm(void** state)
{
	(void)state;
	struct sspi_setup setup = nla();
	setenv("NEGOSSP_FRAMING", "raw", 1);
	connects(&setup, 3);
	setenv("NEGOSSP_FRAMING", "RAW", 1);
	connects(&setup, 3);
	setenv("NEGOSSP_FRAMING", "auto", 1);
	connects(&setup, 4);
}

static void test_framing_spnego_holds_for_http_targets_too(void** state)
{
	(void)state;
	struct sspi_setup setup = nla();
	setup.target = "HTTP/gateway.example";
	connects(&setup, 3);
	setenv("NEGOSSP_FRAMING", "spnego", 1);
	connects(&setup, 4);
}

static void test_value_that_cannot_be_read_is_reported_once_and_ignored(void** state)
{
	(void)state;
	struct sspi_setup setup = nla();
	setenv("NEGOSSP_FRAMING", "sideways", 1);
	for (unsigned i = 0; i < 3; i++)
		connects(&setup, 4);
	assert_int_equal(log_capture_count(WLOG_WARN, "NEGOSSP_FRAMING", "sideways"), 1);
}

static void test_packages_without_ntlm_do_not_log_on(void** state)
{
	(void)state;
	struct sspi_pair pair;
	struct sspi_setup setup = nla();
	setenv("NEGOSSP_PACKAGES", "none", 1);
	assert_false(sspi_pair_open(&pair, &setup));
	assert_true(pair.client.acquired < 0 && pair.server.acquired < 0);
	sspi_pair_close(&pair);
	setenv("NEGOSSP_PACKAGES", "none,ntlm", 1);
	connects(&setup, 4);
}

static void test_environment_cannot_give_a_server_packages_back(void** state)
{
	(void)state;
	struct sspi_pair pair;
	struct sspi_setup setup = nla();
	setup.package_list = "!ntlm,!kerberos,!u2u";
	setenv("NEGOSSP_PACKAGES", "ntlm", 1);
	(void)sspi_pair_open(&pair, &setup);
	assert_true(pair.server.acquired < 0);
	sspi_pair_close(&pair);
}

struct bindings
{
	SEC_CHANNEL_BINDINGS head;
	uint8_t data[27];
};

/* Without the padding that the compiler adds at the end. */
#define BINDINGS_SIZE (offsetof(struct bindings, data) + 27)

static void test_CVE_2021_36942_required_channel_bindings(void** state)
{
	(void)state;
	struct bindings same = { .head = { .cbApplicationDataLength = sizeof(same.data),
		                               .dwApplicationDataOffset = sizeof(same.head) } };
	memcpy(same.data, "tls-server-end-point:\1\2\3\4\5", 26);
	struct sspi_setup setup = nla();
	setup.client_bindings_len = setup.server_bindings_len = BINDINGS_SIZE;
	setenv("NEGOSSP_CHANNEL_BINDINGS", "required", 1);
	refused_by_server(&setup, SEC_E_BAD_BINDINGS);
	setup.server_bindings = &same.head;
	refused_by_server(&setup, SEC_E_BAD_BINDINGS);
	setup.client_bindings = &same.head;
	connects(&setup, 4);
	/* Given once they stay. */
	setup.server_bindings_until = 1;
	connects(&setup, 4);
	setup.client_package = "NTLM";
	connects(&setup, 3);
	setup.client_bindings = NULL;
	refused_by_server(&setup, SEC_E_BAD_BINDINGS);
}

static void test_environment_cannot_switch_channel_bindings_off(void** state)
{
	(void)state;
	struct bindings mine = { .head = { .cbApplicationDataLength = sizeof(mine.data),
		                               .dwApplicationDataOffset = sizeof(mine.head) } };
	struct bindings theirs = mine;
	theirs.data[3] = 1;
	struct sspi_setup setup = nla();
	setup.client_bindings = &mine.head;
	setup.server_bindings = &theirs.head;
	setup.client_bindings_len = setup.server_bindings_len = BINDINGS_SIZE;
	setenv("NEGOSSP_CHANNEL_BINDINGS", "off", 1);
	refused_by_server(&setup, SEC_E_BAD_BINDINGS);
}

static void test_CVE_2025_55234_required_target_name(void** state)
{
	(void)state;
	struct sspi_setup setup = nla();
	setenv("NEGOSSP_TARGET_CHECK", "required", 1);
	setenv("NEGOSSP_TARGET_NAME", "TERMSRV/other.example", 1);
	refused_by_server(&setup, SEC_E_WRONG_PRINCIPAL);
	setenv("NEGOSSP_TARGET_NAME", "TERMSRV/server.example", 1);
	connects(&setup, 4);
	setenv("NEGOSSP_TARGET_NAME", "termsrv/SERVER.EXAMPLE", 1);
	connects(&setup, 4);
	setup.target = NULL;
	refused_by_server(&setup, SEC_E_WRONG_PRINCIPAL);
}

static void test_wrong_target_name_is_refused_when_present(void** state)
{
	(void)state;
	struct sspi_setup setup = nla();
	setenv("NEGOSSP_TARGET_NAME", "TERMSRV/other.example", 1);
	setenv("NEGOSSP_TARGET_CHECK", "when-present", 1);
	refused_by_server(&setup, SEC_E_WRONG_PRINCIPAL);
	setup.target = NULL;
	connects(&setup, 4);
}

static void test_environment_cannot_allow_anonymous_logons(void** state)
{
	(void)state;
	struct sspi_pair pair;
	struct sspi_setup setup = sspi_setup_nla("", NULL, "", box.sam);
	setenv("NEGOSSP_ANONYMOUS", "allow", 1);
	assert_false(sspi_pair_connect(&pair, &setup));
	assert_int_not_equal(pair.server.phase, SSPI_FINAL);
	sspi_pair_close(&pair);
}

static void test_CVE_2025_33073_reflection_is_refused_when_configured(void** state)
{
	(void)state;
	/* Client and server of one process: what a reflecting attacker's exchange looks like. */
	struct sspi_pair pair;
	struct sspi_setup setup = nla();
	expect_connects(&pair, &setup, 4);
	/* The server's setting alone, then the client's too, which notices first. */
	sspi_pair_reset(&pair);
	sspi_end_close(&pair.server);
	setenv("NEGOSSP_REFLECTION", "refuse", 1);
	expect_status(sspi_end_acquire(&pair.server, &pair.setup, true), SEC_E_OK);
	assert_false(sspi_pair_run(&pair));
	expect_refused(&pair.server, SEC_E_LOGON_DENIED);
	sspi_pair_close(&pair);
	assert_false(sspi_pair_connect(&pair, &setup));
	expect_refused(&pair.client, SEC_E_UNSUPPORTED_FUNCTION);
	sspi_pair_close(&pair);
	/* A client of another implementation is none of ours. */
	setup.client_table = sspi_builtin();
	connects(&setup, 3);
}

#define alone(test) cmocka_unit_test_setup_teardown(test, clear_settings, clear_settings)

int main(void)
{
	const struct CMUnitTest tests[] = {
		alone(test_framing_raw_sends_bare_ntlm),
		alone(test_framing_spnego_holds_for_http_targets_too),
		alone(test_value_that_cannot_be_read_is_reported_once_and_ignored),
		alone(test_packages_without_ntlm_do_not_log_on),
		alone(test_environment_cannot_give_a_server_packages_back),
		alone(test_CVE_2021_36942_required_channel_bindings),
		alone(test_environment_cannot_switch_channel_bindings_off),
		alone(test_CVE_2025_55234_required_target_name),
		alone(test_wrong_target_name_is_refused_when_present),
		alone(test_environment_cannot_allow_anonymous_logons),
		alone(test_CVE_2025_33073_reflection_is_refused_when_configured),
	};
	return cmocka_run_group_tests(tests, box_open, box_close);
}
