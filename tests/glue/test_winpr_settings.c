/* SPDX-License-Identifier: Apache-2.0
 *
 * WinPR's own values (docs/settings.md) mean what they mean there: each with and without.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "settings_pair.h"

static void test_winprs_negotiate(void** state)
{
	const struct sspi_setup setup = setup_new("Negotiate");
	(void)state;
	fake_registry_number(WINPR_NEGOTIATE, "ntlm", 0);
	fake.ticket = fake.keytab = KRB5_YES;
	expect_legs(&setup, 2);
	sspi_pair_close(&pair);
	fake_registry_number(WINPR_NEGOTIATE, "kerberos", 0);
	expect_status(sspi_end_acquire(&pair.client, &setup, false), SEC_E_UNSUPPORTED_FUNCTION);
	fresh(NULL);
	fake.ticket = fake.keytab = KRB5_YES;
	fake_registry_number(WINPR_NEGOTIATE, "kerberos", 0);
	fake_registry_number(WINPR_NEGOTIATE, "u2u", 1);
	expect_legs(&setup, 4); /* TGT-REQ, TGT-REP, AP-REQ, AP-REP */
	assert_true(fake.flags & ISC_REQ_USE_SESSION_KEY);
	sspi_pair_close(&pair);
	fresh(NULL);
	fake.ticket = fake.keytab = KRB5_YES;
	fake_registry_number(WINPR_NEGOTIATE, "kerberos", 0);
	fake_registry_number(WINPR_NEGOTIATE, "ntlm", 1);
	expect_legs(&setup, 4);
	assert_int_equal(fake.acquired, 0);
	sspi_pair_close(&pair);
	/* A value of another type is none. */
	fresh(NULL);
	fake_registry_string(WINPR_NEGOTIATE, "ntlm", "0");
	expect_legs(&setup, 4);
	sspi_pair_close(&pair);
}

static void test_winprs_version_info(void** state)
{
	const struct sspi_setup setup = setup_new("NTLM");
	(void)state;
	for (unsigned value = 0; value < 2; value++)
	{
		static const uint8_t zero[8];
		fresh(NULL);
		fake_registry_number(WINPR_NTLM, "SendVersionInfo", value);
		expect_legs(&setup, 3);
		/* MS-NLMP 2.2.1.1 and 2.2.1.2: Version stands at 32 and at 48. */
		if (value)
		{
			assert_memory_not_equal(pair.legs[0].data + 32, zero, 8);
			assert_memory_not_equal(pair.legs[1].data + 48, zero, 8);
		}
		else
		{
			assert_memory_equal(pair.legs[0].data + 32, zero, 8);
			assert_memory_equal(pair.legs[1].data + 48, zero, 8);
		}
		sspi_pair_close(&pair);
	}
}

static void test_winprs_workstation(void** state)
{
	const struct sspi_setup setup = setup_new("NTLM");
	(void)state;
	fake_registry_string(WINPR_NTLM, "WorkstationName", "DESK7");
	expect_told(&setup, "workstation=\"DESK7\"");
	/* The server has no use for it: its own names are others'. */
	expect_legs(&setup, 3);
	assert_false(leg_has(1, "DESK7"));
	assert_true(leg_has(2, "DESK7"));
	sspi_pair_close(&pair);
	fake_registry_number(WINPR_NTLM, "SendWorkstationName", 0);
	expect_told(&setup, "workstation=\"\"");
	fresh(NULL);
	fake_registry_string(WINPR_NTLM, "WorkstationName", "DESK7");
	fake_registry_number(WINPR_NTLM, "SendWorkstationName", 1);
	expect_told(&setup, "workstation=\"DESK7\"");
}

static void test_winprs_computer_names(void** state)
{
	static const char* const names[][2] = { { "NbComputerName", "NBCOMPUTER" },
		                                    { "NbDomainName", "NBDOMAIN" },
		                                    { "DnsComputerName", "pc.dns.example" },
		                                    { "DnsDomainName", "the.dns.domain" } };
	const struct sspi_setup setup = setup_new("NTLM");
	(void)state;
	for (size_t i = 0; i < 4; i++)
	{
		fresh(NULL);
		expect_legs(&setup, 3);
		assert_false(leg_has(1, names[i][1]));
		sspi_pair_close(&pair);
		fake_registry_string(WINPR_NTLM, names[i][0], names[i][1]);
		expect_legs(&setup, 3);
		for (size_t j = 0; j < 4; j++)
			assert_int_equal(leg_has(1, names[j][1]), i == j);
		sspi_pair_close(&pair);
		/* What is no text, or no value, changes nothing. */
		fresh(NULL);
		fake_registry_string(WINPR_NTLM, names[i][0], i % 2 ? "\xFF\xFE" : "");
		expect_legs(&setup, 3);
		sspi_pair_close(&pair);
	}
}

static void test_lsa_suppresses_bindings_and_target(void** state)
{
	struct sspi_setup setup = setup_new("NTLM");
	(void)state;
	bindings_make(&setup, true, false);
	for (unsigned value = 0; value < 2; value++)
	{
		fresh(NULL);
		fake_registry_number(LSA, "SuppressExtendedProtection", value);
		expect_told(&setup, value ? "target=\"\"" : "target=\"TERMSRV/server.example\"");
		expect_told(&setup, value ? "bindings=none" : "bindings=ok");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_winprs_negotiate, fresh),
		cmocka_unit_test_setup(test_winprs_version_info, fresh),
		cmocka_unit_test_setup(test_winprs_workstation, fresh),
		cmocka_unit_test_setup(test_winprs_computer_names, fresh),
		cmocka_unit_test_setup(test_lsa_suppresses_bindings_and_target, fresh),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
