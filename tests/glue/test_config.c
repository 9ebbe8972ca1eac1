/* SPDX-License-Identifier: Apache-2.0
 *
 * winpr-glue/config: what config_load() makes of single values, at the ends of what they may be,
 * and that with memory running out it gives all of them or none. What comes of them in exchanges:
 * test_settings.c and its neighbours.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "alloc_watch.h"
#include "base/utf16.h"
#include "config/config.h"
#include "fake_registry.h"
#include "host/text.h"
#include "log_capture.h"

#define OWN "SSPI\\Negossp"
#define WINPR_NTLM "WinPR\\NTLM"

static struct config loaded(bool acceptor)
{
	struct config config;
	assert_int_equal(config_load(&config, acceptor, NULL), RESULT_OK);
	return config;
}

static void test_how_long_a_kdc_may_take(void** state)
{
	static const struct
	{
		const char* value;
		unsigned wait;
	} rows[] = {
		{ "0", 0 },        { "1", 1 },      { "600000", 600000 }, { " 20\t", 20 },
		{ "600001", 150 }, { "-1", 150 },   { "+1", 150 },        { "1s", 150 },
		{ "", 150 },       { "0x10", 150 }, { "9x", 150 },        { "99999999999999999999", 150 },
		{ ":", 150 },      { "/1", 150 },   { "9", 9 },           { "\t7", 7 },
		{ "\r7", 7 },      { "\n7", 7 },    { "7\t", 7 },         { "7\r", 7 },
		{ "7\n", 7 },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
	{
		setenv("NEGOSSP_KERBEROS_WAIT", rows[i].value, 1);
		struct config config = loaded(true);
		if (config.kerberos_wait_ms != rows[i].wait)
			fail_msg("\"%s\": %u", rows[i].value, config.kerberos_wait_ms);
		config_free(&config);
	}
}

/* As long as it takes is no answer: each question would leave a thread behind. */
static void test_how_long_a_domain_may_take(void** state)
{
	static const struct
	{
		const char* value;
		unsigned wait;
	} rows[] = {
		{ "0", 5000 }, { "000", 5000 }, { "1", 1 }, { "600000", 600000 }, { "600001", 5000 }
	};
	(void)state;
	for (size_t i = 0; i < 2 * sizeof(rows) / sizeof(rows[0]); i++)
	{
		const char* const value = rows[i / 2].value;
		fake_registry_clear();
		fake_registry_string(OWN, "Domain", "named");
		if (i % 2)
			fake_registry_string(OWN, "DomainWait", value);
		else
			setenv("NEGOSSP_DOMAIN_WAIT", value, 1);
		struct config config = loaded(true);
		if (config.domain_wait_ms != rows[i / 2].wait)
			fail_msg("\"%s\": %u", value, config.domain_wait_ms);
		config_free(&config);
		unsetenv("NEGOSSP_DOMAIN_WAIT");
	}
}

/* An acceptor's environment makes stricter what the registry says, and nothing laxer. */
static void test_checks_are_tightened_only(void** state)
{
	static const char* const values[] = { "off", "when-present", "required" };
	(void)state;
	for (int acceptor = 0; acceptor < 2; acceptor++)
	{
		for (unsigned i = 0; i < 9; i++)
		{
			const unsigned before = i / 3;
			const unsigned after = i % 3;
			fake_registry_clear();
			fake_registry_string(OWN, "ChannelBindings", values[before]);
			fake_registry_string(OWN, "TargetCheck", values[before]);
			setenv("NEGOSSP_CHANNEL_BINDINGS", values[after], 1);
			setenv("NEGOSSP_TARGET_CHECK", values[after], 1);
			struct config config = loaded(acceptor);
			const unsigned expected = acceptor && before > after ? before : after;
			assert_int_equal(config.policy.bindings, NTLM_CHECK_OFF + expected);
			assert_int_equal(config.policy.target, NTLM_CHECK_OFF + expected);
			assert_int_equal(config_is_strict(&config), expected == 2);
			config_free(&config);
		}
	}
}

static void test_a_string_has_511_characters_at_most(void** state)
{
	char name[513];
	(void)state;
	memset(name, 'n', sizeof(name));
	name[512] = '\0';
	setenv("NEGOSSP_TARGET_NAME", name, 1);
	struct config config;
	assert_int_equal(config_load(&config, true, NULL), RESULT_POLICY);
	config_free(&config);
	name[511] = '\0';
	setenv("NEGOSSP_TARGET_NAME", name, 1);
	config = loaded(true);
	assert_int_equal(config.accepted_target.len, 2 * 511);
	config_free(&config);
}

static void test_any_number_but_zero_is_a_yes(void** state)
{
	(void)state;
	for (uint32_t value = 0; value < 3; value++)
	{
		fake_registry_clear();
		fake_registry_number(WINPR_NTLM, "SendVersionInfo", value);
		fake_registry_number(WINPR_NTLM, "SendWorkstationName", value);
		fake_registry_number("System\\CurrentControlSet\\Control\\LSA",
		                     "SuppressExtendedProtection", value);
		fake_registry_number("SSPI\\Negotiate", "kerberos", value);
		struct config config = loaded(false);
		assert_int_equal(config.policy.send_version, value != 0);
		assert_int_equal(config.policy.send_workstation, value != 0);
		assert_int_equal(config.policy.send_bindings_and_target, value == 0);
		assert_int_equal(config.packages.kerberos, value != 0);
		config_free(&config);
	}
}

/* What the caller's list replaces is not asked for, readable or not. */
static void test_the_callers_list_takes_the_place_of_settings(void** state)
{
	static const uint8_t list[] = { 'n', 0, 't', 0, 'l', 0, 'm', 0 };
	const struct bytes text = BYTES_OF(list);
	(void)state;
	for (unsigned i = 0; i < 2; i++)
	{
		struct config config;
		fake_registry_clear();
		fake_registry_string(i ? OWN : "SSPI\\Negotiate", i ? "Packages" : "ntlm", "what?");
		assert_int_equal(config_load(&config, true, NULL), RESULT_POLICY);
		config_free(&config);
		assert_int_equal(config_load(&config, true, &text), RESULT_OK);
		assert_true(config.packages.ntlm);
		config_free(&config);
	}
}

/* A list that cannot be read is not an empty one, which would allow everything. */
static void test_a_list_that_is_no_text_is_refused(void** state)
{
	static const uint8_t surrogate[] = { '!', 0, 'n', 0, 0x00, 0xD8 };
	/* What stands behind a NUL would not be looked at. */
	static const uint8_t nul[] = { ',', 0, 0, 0, '!', 0, 'n', 0, 't', 0, 'l', 0, 'm', 0 };
	const struct bytes lists[] = { BYTES_OF(surrogate), BYTES_OF(nul) };
	(void)state;
	for (unsigned i = 0; i < 4; i++)
	{
		struct config config;
		assert_int_equal(config_load(&config, i & 1, &lists[i / 2]), RESULT_MALFORMED);
		config_free(&config);
	}
}

/* What stands behind a space would not be looked at: the second name would stay allowed. */
static void test_a_list_without_its_commas_is_refused(void** state)
{
	static const char* const lists[] = { "!ntlm !kerberos", "!ntlm\t!kerberos", "none ntlm" };
	(void)state;
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
	{
		struct config config;
		fake_registry_clear();
		fake_registry_string(OWN, "Packages", lists[i]);
		assert_int_equal(config_load(&config, true, NULL), RESULT_POLICY);
		config_free(&config);
	}
	fake_registry_clear();
	fake_registry_string(OWN, "Packages", "\t!ntlm\t , !kerberos ");
	struct config config = loaded(true);
	assert_false(config.packages.ntlm || config.packages.kerberos || config.packages.u2u);
	config_free(&config);
}

/* A name that could not be kept must not be another name. */
static void test_settings_are_whole_or_none(void** state)
{
	size_t nth = 0;
	size_t made;
	(void)state;
	fake_registry_string(WINPR_NTLM, "NbComputerName", "REGISTRY");
	fake_registry_string(WINPR_NTLM, "NbDomainName", "CORP");
	fake_registry_string(WINPR_NTLM, "DnsComputerName", "registry.example");
	fake_registry_string(WINPR_NTLM, "DnsDomainName", "example");
	fake_registry_string(OWN, "TargetName", "TERMSRV/server");
	setenv("NEGOSSP_PACKAGES", "ntlm", 1);
	do
	{
		static const char* const names[NAME_COUNT] = { [NAME_NETBIOS_COMPUTER] = "REGISTRY",
			                                           [NAME_NETBIOS_DOMAIN] = "CORP",
			                                           [NAME_DNS_COMPUTER] = "registry.example",
			                                           [NAME_DNS_DOMAIN] = "example",
			                                           [NAME_TARGET] = "" };
		struct config config;
		alloc_watch_fail(++nth);
		const enum result result = config_load(&config, true, NULL);
		made = alloc_watch_count();
		alloc_watch_fail(0);
		assert_int_equal(result, made >= nth ? RESULT_NO_MEMORY : RESULT_OK);
		for (size_t i = 0; i < NAME_COUNT && result == RESULT_OK; i++)
			assert_true(text_is_ascii(blob_bytes(&config.names[i]), names[i]));
		config_free(&config);
	} while (made >= nth && nth < 1000);
	assert_true(nth > 8);
}

static int fresh(void** state)
{
	static const char* const names[] = { "NEGOSSP_KERBEROS_WAIT", "NEGOSSP_CHANNEL_BINDINGS",
		                                 "NEGOSSP_TARGET_CHECK", "NEGOSSP_TARGET_NAME",
		                                 "NEGOSSP_PACKAGES" };
	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unsetenv(names[i]);
	fake_registry_clear();
	log_capture_clear();
	return 0;
}

static int set_up(void** state)
{
	(void)state;
	log_capture_start(false);
	return utf16_init() == RESULT_OK ? 0 : -1;
}

/* What WinPR's values turn off stays off at a server, whatever ours list; a client's list counts.
 */
static void test_a_servers_list_turns_nothing_on(void** state)
{
	(void)state;
	for (int acceptor = 0; acceptor < 2; acceptor++)
	{
		fake_registry_clear();
		fake_registry_number("SSPI\\Negotiate", "ntlm", 0);
		fake_registry_string(OWN, "Packages", "!u2u");
		struct config config = loaded(acceptor);
		assert_int_equal(config.packages.ntlm, !acceptor);
		assert_true(config.packages.kerberos);
		assert_false(config.packages.u2u);
		config_free(&config);
	}
}

/* WinPR's own, none of which decides who may log on, of the other type. */
static void test_winprs_value_of_another_type_is_named_once(void** state)
{
	static const char* const strings[] = { "NbComputerName", "NbDomainName", "DnsComputerName",
		                                   "DnsDomainName" };
	static const char* const numbers[] = { "SendVersionInfo", "SendWorkstationName" };
	static const char lsa[] = "System\\CurrentControlSet\\Control\\LSA";
	struct config config;
	(void)state;
	for (size_t i = 0; i < 4; i++)
		fake_registry_number(WINPR_NTLM, strings[i], 1);
	for (size_t i = 0; i < 2; i++)
		fake_registry_string(WINPR_NTLM, numbers[i], "0");
	fake_registry_string(lsa, "SuppressExtendedProtection", "1");
	for (int again = 0; again < 2; again++)
	{
		assert_int_equal(config_load(&config, true, NULL), RESULT_OK);
		assert_true(config.policy.send_version && config.policy.send_workstation &&
		            config.policy.send_bindings_and_target);
		assert_false(config.names_given[NAME_NETBIOS_DOMAIN]);
		config_free(&config);
	}
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(log_capture_count(WLOG_WARN, strings[i], "\"(no string)\""), 1);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(log_capture_count(WLOG_WARN, numbers[i], "\"(no number)\""), 1);
	assert_int_equal(log_capture_count(WLOG_WARN, lsa, "SuppressExtendedProtection"), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_a_servers_list_turns_nothing_on, fresh),
		cmocka_unit_test_setup(test_winprs_value_of_another_type_is_named_once, fresh),
		cmocka_unit_test_setup(test_how_long_a_kdc_may_take, fresh),
		cmocka_unit_test_setup(test_how_long_a_domain_may_take, fresh),
		cmocka_unit_test_setup(test_checks_are_tightened_only, fresh),
		cmocka_unit_test_setup(test_a_string_has_511_characters_at_most, fresh),
		cmocka_unit_test_setup(test_any_number_but_zero_is_a_yes, fresh),
		cmocka_unit_test_setup(test_the_callers_list_takes_the_place_of_settings, fresh),
		cmocka_unit_test_setup(test_a_list_that_is_no_text_is_refused, fresh),
		cmocka_unit_test_setup(test_a_list_without_its_commas_is_refused, fresh),
		cmocka_unit_test_setup(test_settings_are_whole_or_none, fresh),
	};
	return cmocka_run_group_tests(tests, set_up, NULL);
}
