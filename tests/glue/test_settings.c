/* SPDX-License-Identifier: Apache-2.0
 *
 * Every setting of our own (docs/settings.md), from the registry (built again: from JSON) and from
 * the environment, in both directions: what it allows and what it refuses, seen in exchanges
 * through the exported tables.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "settings_pair.h"

static void test_framing(void** state)
{
	struct sspi_setup setup = setup_new("Negotiate");
	(void)state;
	for (int environment = 0; environment < 2; environment++)
	{
		set(environment, "NEGOSSP_FRAMING", "Framing", "raw");
		setup.target = "TERMSRV/server.example";
		expect_legs(&setup, 3);
		assert_memory_equal(pair.legs[0].data, "NTLMSSP", 8);
		sspi_pair_close(&pair);
		set(environment, "NEGOSSP_FRAMING", "Framing", "SPNEGO");
		setup.target = "HTTP/server.example";
		expect_legs(&setup, 4);
		sspi_pair_close(&pair);
		set(environment, "NEGOSSP_FRAMING", "Framing", "auto");
		expect_legs(&setup, 3);
		sspi_pair_close(&pair);
		setup.target = "TERMSRV/server.example";
		expect_legs(&setup, 4);
		sspi_pair_close(&pair);
	}
	/* The environment comes before the registry. */
	fake_registry_string(OWN, "Framing", "raw");
	setenv("NEGOSSP_FRAMING", "spnego", 1);
	expect_legs(&setup, 4);
	sspi_pair_close(&pair);
}

static void test_packages(void** state)
{
	const struct sspi_setup setup = setup_new("Negotiate");
	(void)state;
	for (int environment = 0; environment < 2; environment++)
	{
		set(environment, "NEGOSSP_PACKAGES", "Packages", "!ntlm,!kerberos");
		expect_status(sspi_end_acquire(&pair.client, &setup, false), SEC_E_UNSUPPORTED_FUNCTION);
		assert_int_equal(log_capture_count(WLOG_WARN, "no mechanism is left", "exclude it"), 1);
		set(environment, "NEGOSSP_PACKAGES", "Packages", "none, ntlm");
		expect_legs(&setup, 4);
		assert_int_equal(fake.acquired, 0);
		sspi_pair_close(&pair);
		set(environment, "NEGOSSP_PACKAGES", "Packages", "!ntlm");
		fake.ticket = fake.keytab = KRB5_YES;
		expect_legs(&setup, 2);
		sspi_pair_close(&pair);
	}
	/* A server's environment takes away and gives nothing back. */
	fresh(NULL);
	fake_registry_string(OWN, "Packages", "!ntlm,!kerberos");
	setenv("NEGOSSP_PACKAGES", "ntlm", 1);
	expect_status(sspi_end_acquire(&pair.server, &setup, true), SEC_E_UNSUPPORTED_FUNCTION);
	expect_status(sspi_end_acquire(&pair.client, &setup, false), SEC_E_OK);
	sspi_end_close(&pair.client);
}

static void test_channel_bindings(void** state)
{
	/* value, what becomes of none, of wrong ones, of right ones */
	static const struct
	{
		const char* value;
		SECURITY_STATUS none, wrong;
	} rows[] = { { "off", SEC_E_OK, SEC_E_OK },
		         { "when-present", SEC_E_OK, SEC_E_BAD_BINDINGS },
		         { "required", SEC_E_BAD_BINDINGS, SEC_E_BAD_BINDINGS } };
	struct sspi_setup setup = setup_new("NTLM");
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
	{
		for (int attempt = 0; attempt < 3; attempt++)
		{
			const SECURITY_STATUS expected = attempt == 0   ? rows[i].none
			                                 : attempt == 1 ? rows[i].wrong
			                                                : SEC_E_OK;
			set(false, NULL, "ChannelBindings", rows[i].value);
			bindings_make(&setup, attempt > 0, attempt == 1);
			if (expected != SEC_E_OK)
				expect_refusal(&setup, expected);
			else
			{
				expect_legs(&setup, 3);
				sspi_pair_close(&pair);
			}
		}
	}
	/* A server's environment tightens, and loosens nothing. */
	set(true, "NEGOSSP_CHANNEL_BINDINGS", NULL, "required");
	bindings_make(&setup, false, false);
	expect_refusal(&setup, SEC_E_BAD_BINDINGS);
	fake_registry_string(OWN, "ChannelBindings", "required");
	setenv("NEGOSSP_CHANNEL_BINDINGS", "off", 1);
	expect_refusal(&setup, SEC_E_BAD_BINDINGS);
}

static void test_target_check_and_name(void** state)
{
	struct sspi_setup setup = setup_new("NTLM");
	(void)state;
	fake_registry_string(OWN, "TargetName", "TERMSRV/server.example");
	expect_legs(&setup, 3);
	sspi_pair_close(&pair);
	setup.target = "TERMSRV/other.example";
	expect_refusal(&setup, SEC_E_WRONG_PRINCIPAL);
	setup.target = NULL;
	expect_legs(&setup, 3);
	sspi_pair_close(&pair);
	/* An acceptor's environment does not replace a name that is set, */
	setup.target = "TERMSRV/other.example";
	setenv("NEGOSSP_TARGET_NAME", "TERMSRV/other.example", 1);
	expect_refusal(&setup, SEC_E_WRONG_PRINCIPAL);
	/* but sets one where none is. */
	set(true, "NEGOSSP_TARGET_NAME", NULL, "other.example");
	expect_legs(&setup, 3);
	sspi_pair_close(&pair);
	setup.target = "TERMSRV/server.example";
	expect_refusal(&setup, SEC_E_WRONG_PRINCIPAL);

	/* Nor where one is required and none is set, which lets nobody in. */
	fresh(NULL);
	fake_registry_string(OWN, "TargetCheck", "required");
	expect_refusal(&setup, SEC_E_WRONG_PRINCIPAL);
	setenv("NEGOSSP_TARGET_NAME", "TERMSRV/server.example", 1);
	expect_refusal(&setup, SEC_E_WRONG_PRINCIPAL);
	fresh(NULL);
	setenv("NEGOSSP_TARGET_CHECK", "required", 1);
	setenv("NEGOSSP_TARGET_NAME", "TERMSRV/server.example", 1);
	expect_legs(&setup, 3);
	sspi_pair_close(&pair);

	fresh(NULL);
	fake_registry_string(OWN, "TargetName", "TERMSRV/server.example");
	fake_registry_string(OWN, "TargetCheck", "required");
	expect_legs(&setup, 3);
	sspi_pair_close(&pair);
	setup.target = NULL;
	expect_refusal(&setup, SEC_E_WRONG_PRINCIPAL);
	setenv("NEGOSSP_TARGET_CHECK", "off", 1);
	expect_refusal(&setup, SEC_E_WRONG_PRINCIPAL);
	fresh(NULL);
	fake_registry_string(OWN, "TargetName", "TERMSRV/server.example");
	fake_registry_string(OWN, "TargetCheck", "off");
	setup.target = "TERMSRV/other.example";
	expect_legs(&setup, 3);
	sspi_pair_close(&pair);
	setenv("NEGOSSP_TARGET_CHECK", "required", 1);
	expect_refusal(&setup, SEC_E_WRONG_PRINCIPAL);
}

static void test_reflection(void** state)
{
	const struct sspi_setup setup = setup_new("NTLM");
	(void)state;
	for (int environment = 0; environment < 2; environment++)
	{
		set(environment, "NEGOSSP_REFLECTION", "Reflection", "refuse");
		assert_false(sspi_pair_connect(&pair, &setup));
		sspi_pair_close(&pair);
		set(environment, "NEGOSSP_REFLECTION", "Reflection", "allow");
		expect_legs(&setup, 3);
		sspi_pair_close(&pair);
	}
	fake_registry_string(OWN, "Reflection", "refuse");
	assert_false(sspi_pair_connect(&pair, &setup));
	sspi_pair_close(&pair);
}

static void test_anonymous(void** state)
{
	struct sspi_setup setup = setup_new("NTLM");
	(void)state;
	setup.user = "";
	setup.password = "";
	expect_refusal(&setup, SEC_E_LOGON_DENIED);
	fake_registry_string(OWN, "Anonymous", "allow");
	expect_legs(&setup, 3);
	sspi_pair_close(&pair);
	setenv("NEGOSSP_ANONYMOUS", "refuse", 1);
	expect_refusal(&setup, SEC_E_LOGON_DENIED);
	set(true, "NEGOSSP_ANONYMOUS", NULL, "allow");
	expect_refusal(&setup, SEC_E_LOGON_DENIED);
}

static void test_kerberos_wait(void** state)
{
	struct sspi_setup setup = setup_new("Negotiate");
	(void)state;
	for (int environment = 0; environment < 2; environment++)
	{
		set(environment, "NEGOSSP_KERBEROS_WAIT", "KerberosWait", "10");
		fake.ticket = fake.keytab = KRB5_YES;
		fake.delay_ms = 150;
		expect_legs(&setup, 4);
		sspi_pair_close(&pair);
		for (int i = 0; i < 1000 && !fake_winpr_is_idle(1); i++)
			usleep(10000);
		set(environment, "NEGOSSP_KERBEROS_WAIT", "KerberosWait", "0");
		fake.ticket = fake.keytab = KRB5_YES;
		fake.delay_ms = 20;
		expect_legs(&setup, 2);
		sspi_pair_close(&pair);
	}
}

/* What decides who may log on fails closed: the acceptor's credentials are not acquired, and the
 * line names place, value and what is allowed. A client, which it does not protect, is told once.
 */
static void test_policy_that_cannot_be_read_fails_closed(void** state)
{
	static const char* const rows[][4] = {
		{ "NEGOSSP_CHANNEL_BINDINGS", "ChannelBindings", "require", "off, when-present, required" },
		{ "NEGOSSP_CHANNEL_BINDINGS", "ChannelBindings", "1", "off, when-present, required" },
		{ "NEGOSSP_TARGET_CHECK", "TargetCheck", "", "off, when-present, required" },
		{ "NEGOSSP_TARGET_NAME", "TargetName",
		  "b\xFC"
		  "cher",
		  "in UTF-8" },
		{ "NEGOSSP_REFLECTION", "Reflection", "deny", "allow, refuse" },
		{ "NEGOSSP_ANONYMOUS", "Anonymous", "yes", "allow, refuse" },
		{ "NEGOSSP_PACKAGES", "Packages", "!ntml", "ntlm, kerberos, u2u" },
		{ "NEGOSSP_PACKAGES", "Packages", "kerberos,none", "none as the first" },
	};
	const struct sspi_setup setup = setup_new("Negotiate");
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
	{
		for (int environment = 0; environment < 2; environment++)
		{
			const char* const name = rows[i][environment ? 0 : 1];
			set(environment, rows[i][0], rows[i][1], rows[i][2]);
			expect_status(sspi_end_acquire(&pair.server, &setup, true), SEC_E_UNSUPPORTED_FUNCTION);
			if (log_capture_count(WLOG_WARN, name, rows[i][3]) != 1 ||
			    log_capture_count(WLOG_WARN, environment ? "environment" : PLACE,
			                      "nobody can log on until that is mended") != 1)
			{
				log_capture_print();
				fail_msg("not named: %s %s", name, rows[i][2]);
			}
			log_capture_clear();
			for (int again = 0; again < 2; again++)
			{
				expect_status(sspi_end_acquire(&pair.client, &setup, false), SEC_E_OK);
				sspi_end_close(&pair.client);
			}
			assert_int_equal(log_capture_count(WLOG_WARN, name, ": ignored"), 1);
		}
	}
	/* Of another type, and longer than any value. */
	fresh(NULL);
	fake_registry_number(OWN, "ChannelBindings", 1);
	expect_status(sspi_end_acquire(&pair.server, &setup, true), SEC_E_UNSUPPORTED_FUNCTION);
	assert_int_equal(log_capture_count(WLOG_WARN, "(no string)", "511 characters"), 1);
	char longest[600];
	memset(longest, 'k', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	fresh(NULL);
	setenv("NEGOSSP_PACKAGES", longest, 1);
	expect_status(sspi_end_acquire(&pair.server, &setup, true), SEC_E_UNSUPPORTED_FUNCTION);
	/* The list that the caller gives, FreeRDP's /auth-pkg-list, is no other. */
	struct sspi_setup listed = setup;
	fresh(NULL);
	listed.package_list = "!ntml";
	expect_status(sspi_end_acquire(&pair.server, &listed, true), SEC_E_UNSUPPORTED_FUNCTION);
}

static void test_white_space_around_a_value_is_no_part_of_it(void** state)
{
	struct sspi_setup setup = setup_new("NTLM");
	(void)state;
	set(false, NULL, "ChannelBindings", " Required\t");
	bindings_make(&setup, false, false);
	expect_refusal(&setup, SEC_E_BAD_BINDINGS);
	set(true, "NEGOSSP_CHANNEL_BINDINGS", NULL, "required \r");
	expect_refusal(&setup, SEC_E_BAD_BINDINGS);
}

static void test_other_value_that_cannot_be_read_is_named_once(void** state)
{
	static const char* const rows[][3] = {
		{ "Framing", "bare", "auto, spnego, raw" },
		{ "KerberosWait", "soon", "0 to 600000 milliseconds" },
		{ "KerberosWait", "600001", "0 to 600000 milliseconds" },
	};
	const struct sspi_setup setup = setup_new("Negotiate");
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
	{
		set(false, NULL, rows[i][0], rows[i][1]);
		expect_legs(&setup, 4);
		sspi_pair_close(&pair);
		if (log_capture_count(WLOG_WARN, rows[i][0], rows[i][2]) != 1)
		{
			log_capture_print();
			fail_msg("not named once: %s %s", rows[i][0], rows[i][1]);
		}
	}
}

static void test_registry_that_cannot_be_read_lets_no_acceptor_be(void** state)
{
	const struct sspi_setup setup = setup_new("Negotiate");
	(void)state;
	fake_registry_lose();
	expect_status(sspi_end_acquire(&pair.server, &setup, true), SEC_E_UNSUPPORTED_FUNCTION);
	assert_int_equal(log_capture_count(WLOG_WARN, "HKLM.reg", "cannot be read"), 1);
	expect_status(sspi_end_acquire(&pair.client, &setup, false), SEC_E_OK);
	sspi_pair_close(&pair);
}

static void test_registry_file_that_cannot_be_opened_lets_no_acceptor_be(void** state)
{
	const struct sspi_setup setup = setup_new("Negotiate");
	(void)state;
	fake_registry_unread();
	expect_status(sspi_end_acquire(&pair.server, &setup, true), SEC_E_UNSUPPORTED_FUNCTION);
	assert_int_equal(log_capture_count(WLOG_WARN, "HKLM.reg cannot be opened", "nobody can log on"),
	                 1);
	expect_status(sspi_end_acquire(&pair.client, &setup, false), SEC_E_OK);
	sspi_pair_close(&pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_framing, fresh),
		cmocka_unit_test_setup(test_packages, fresh),
		cmocka_unit_test_setup(test_channel_bindings, fresh),
		cmocka_unit_test_setup(test_target_check_and_name, fresh),
		cmocka_unit_test_setup(test_reflection, fresh),
		cmocka_unit_test_setup(test_anonymous, fresh),
		cmocka_unit_test_setup(test_kerberos_wait, fresh),
		cmocka_unit_test_setup(test_policy_that_cannot_be_read_fails_closed, fresh),
		cmocka_unit_test_setup(test_white_space_around_a_value_is_no_part_of_it, fresh),
		cmocka_unit_test_setup(test_other_value_that_cannot_be_read_is_named_once, fresh),
		cmocka_unit_test_setup(test_registry_that_cannot_be_read_lets_no_acceptor_be, fresh),
		cmocka_unit_test_setup(test_registry_file_that_cannot_be_opened_lets_no_acceptor_be, fresh),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
