/* SPDX-License-Identifier: Apache-2.0
 *
 * The line about an exchange, of reports that are made up: each fact has its word there, and what
 * is not known has none. Lines of real exchanges: test_summary.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "log/log.h"
#include "log_capture.h"

static const char* line_of(const struct negossp_report* report, enum log_ending ending)
{
	log_capture_clear();
	log_exchange(report, ending, SEC_E_OK);
	const char* const line = log_capture_find(WLOG_INFO, "exchange=", NULL);
	assert_non_null(line);
	return line;
}

static void expect_word(const struct negossp_report* report, const char* word, bool there)
{
	if ((strstr(line_of(report, LOG_FAILED), word) != NULL) != there)
		fail_msg("\"%s\" %s in: %s", word, there ? "is not" : "is", line_of(report, LOG_FAILED));
}

static void test_the_version_of_ntlm_is_told_where_it_is_known(void** state)
{
	struct negossp_report report = { .role = MECH_ACCEPTOR, .result = RESULT_POLICY };
	(void)state;
	expect_word(&report, " ntlm=", false);
	report.mech.ntlm_version = 1;
	expect_word(&report, " ntlm=v1 ", true);
	report.mech.ntlm_version = 2;
	expect_word(&report, " ntlm=v2 ", true);
}

static void test_each_check_has_its_word(void** state)
{
	static const char* const words[] = { "none", "not-looked-at", "ok", "FAILED" };
	(void)state;
	for (int i = MECH_CHECK_NONE; i <= MECH_CHECK_FAILED; i++)
	{
		const enum mech_check check = (enum mech_check)i;
		const struct negossp_report report = {
			.result = RESULT_ALTERED,
			.mic_peer = check,
			.mech = { .proof = check, .mic = check, .bindings = check, .target_name = check }
		};
		char expected[64];
		(void)snprintf(expected, sizeof(expected), " ntproofstr=%s mic=%s ", words[i], words[i]);
		expect_word(&report, expected, true);
		(void)snprintf(expected, sizeof(expected), " mechlistmic=not-sent/%s bindings=%s ",
		               words[i], words[i]);
		expect_word(&report, expected, true);
		(void)snprintf(expected, sizeof(expected), " target_check=%s ", words[i]);
		expect_word(&report, expected, true);
	}
}

static void test_the_clock_is_told_where_it_is_known(void** state)
{
	struct negossp_report report = { .mech = { .clock_difference = -75 } };
	(void)state;
	expect_word(&report, "clock=", false);
	report.mech.clock_known = true;
	expect_word(&report, " clock=-75s ", true);
}

static int set_up(void** state)
{
	(void)state;
	log_capture_start(false);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_version_of_ntlm_is_told_where_it_is_known),
		cmocka_unit_test(test_each_check_has_its_word),
		cmocka_unit_test(test_the_clock_is_told_where_it_is_known),
	};
	return cmocka_run_group_tests(tests, set_up, NULL);
}
