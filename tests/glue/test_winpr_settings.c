/* SPDX-License-Identifier: Apache-2.0
 *
 * WinPR's own values (docs/settings.md) mean what they mean there: each with and without.
 */
#include <stdio.h>
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
	fake_winpr_offer_u2u();
	expect_legs(&setup, 5); /* TGT-REQ, TGT-REP, AP-REQ, AP-REP and a mechListMIC, another */
	assert_true(fake.flags & ISC_REQ_USE_SESSION_KEY);
	sspi_pair_close(&pair);
	fresh(NULL);
	fake.ticket = fake.keytab = KRB5_YES;
	fake_registry_number(WINPR_NEGOTIATE, "kerberos", 0);
	fake_registry_number(WINPR_NEGOTIATE, "ntlm", 1);
	expect_legs(&setup, 4);
	assert_int_equal(fake.acquired, 0);
	sspi_pair_close(&pair);
	/* A switch of another type decides nothing that anybody may rely on. */
	for (int i = 0; i < 3; i++)
	{
		static const char* const names[] = { "ntlm", "kerberos", "u2u" };
		fresh(NULL);
		fake_registry_string(WINPR_NEGOTIATE, names[i], "0");
		expect_status(sspi_end_acquire(&pair.server, &setup, true), SEC_E_UNSUPPORTED_FUNCTION);
		assert_int_equal(log_capture_count(WLOG_WARN, names[i], "(no number)"), 1);
		expect_status(sspi_end_acquire(&pair.client, &setup, false), SEC_E_OK);
		sspi_end_close(&pair.client);
	}
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

/* --- the host name -----------------------------------------------------------------------------
 */

static const char* host_name = "server"; /* NULL: it cannot be had */

/* In the place of the C library's. */
int gethostname(char* name, size_t size)
{
	if (!host_name)
		return -1;
	(void)snprintf(name, size, "%s", host_name);
	return 0;
}

/* MsvAv pairs of CHALLENGE by number (MS-NLMP 2.2.2.1), as text in which a unit above ASCII is "?".
 */
static void av_pair(unsigned wanted, char* text, size_t size)
{
	const struct sspi_token* const challenge = &pair.legs[1];
	const uint8_t* at = challenge->data + challenge->data[44];
	text[0] = '\0';
	while (at + 4 <= challenge->data + challenge->len && at[0] != 0)
	{
		const size_t len = at[2] | (size_t)at[3] << 8;
		for (size_t i = 0; at[0] == wanted && i + 1 < len && i / 2 + 1 < size; i += 2)
		{
			text[i / 2] = at[4 + i + 1] ? '?' : (char)at[4 + i];
			text[i / 2 + 1] = '\0';
		}
		at += 4 + len;
	}
}

static void test_no_name_is_ever_empty_or_cut_in_half(void** state)
{
	/* host name; NbComputerName and NbDomainName, DnsComputerName, DnsDomainName; is it warned of
	 */
	static const struct
	{
		const char* host;
		const char* netbios;
		const char* computer;
		const char* domain;
		bool warned;
	} rows[] = {
		{ "server", "SERVER", "server", "", false },
		{ "s", "S", "s", "", false },
		{ "server.corp.example", "SERVER", "server.corp.example", "corp.example", false },
		{ "server.corp.example.", "SERVER", "server.corp.example", "corp.example", false },
		{ "a-name-of-20-letters", "A-NAME-OF-20-LE", "a-name-of-20-letters", "", false },
		{ "fifteen-letters", "FIFTEEN-LETTERS", "fifteen-letters", "", false },
		/* A character beyond the BMP at units 14 and 15, where the cut would be. */
		{ "abcdefghijklmn\xF0\x9F\x98\x80x", "ABCDEFGHIJKLMN", "abcdefghijklmn??x", "", false },
		{ "abcdefghijklmn\xF0\x90\x80\x80x", "ABCDEFGHIJKLMN", "abcdefghijklmn??x", "", false },
		{ "abcdefghijklmn\xF4\x8F\xBF\xBFx", "ABCDEFGHIJKLMN", "abcdefghijklmn??x", "", false },
		{ "abcdefghijklm\xF0\x9F\x98\x80x", "ABCDEFGHIJKLM??", "abcdefghijklm??x", "", false },
		{ ".corp.example", "LOCALHOST", "localhost", "", true },
		{ "...", "LOCALHOST", "localhost", "", true },
		{ "a..b", "LOCALHOST", "localhost", "", true },
		{ "b\xFC"
		  "cher",
		  "LOCALHOST", "localhost", "", true }, /* Latin-1 */
		{ "", "LOCALHOST", "localhost", "", true },
		{ NULL, "LOCALHOST", "localhost", "", true },
	};
	const struct sspi_setup setup = setup_new("NTLM");
	char text[64];
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
	{
		host_name = rows[i].host;
		log_capture_clear();
		expect_legs(&setup, 3);
		av_pair(1, text, sizeof(text));
		assert_string_equal(text, rows[i].netbios);
		av_pair(2, text, sizeof(text));
		assert_string_equal(text, rows[i].netbios);
		av_pair(3, text, sizeof(text));
		assert_string_equal(text, rows[i].computer);
		av_pair(4, text, sizeof(text));
		assert_string_equal(text, rows[i].domain);
		/* It is said once; and the empty name and the missing one are the same. */
		sspi_pair_close(&pair);
		expect_legs(&setup, 3);
		if (rows[i].host)
			assert_int_equal(log_capture_count(WLOG_WARN, "host name", "is no name"),
			                 rows[i].warned);
		assert_int_equal(log_capture_count(WLOG_INFO, "role=initiator", "clock="), 2);
		sspi_pair_close(&pair);
	}
	host_name = "server";
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_winprs_negotiate, fresh),
		cmocka_unit_test_setup(test_winprs_version_info, fresh),
		cmocka_unit_test_setup(test_winprs_workstation, fresh),
		cmocka_unit_test_setup(test_winprs_computer_names, fresh),
		cmocka_unit_test_setup(test_no_name_is_ever_empty_or_cut_in_half, fresh),
		cmocka_unit_test_setup(test_lsa_suppresses_bindings_and_target, fresh),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
