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

#include <winpr/wlog.h>

#include "log/log.h"
#include "log_capture.h"

#define LINE_MOST 3071

/* Names are the dearest part of a line, and each is escaped once (the linker's --wrap). */
static unsigned names_escaped;

void __real_utf16_escape(struct bytes utf16, char* text, size_t size);
void __wrap_utf16_escape(struct bytes utf16, char* text, size_t size);

void __wrap_utf16_escape(struct bytes utf16, char* text, size_t size)
{
	names_escaped++;
	__real_utf16_escape(utf16, text, size);
}

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
	expect_word(&report, " version=", true); /* ours is always */
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

static void test_each_name_and_word_is_told(void** state)
{
	struct negossp_report report = { .role = MECH_INITIATOR, .framing = NEGOSSP_FRAMING_SPNEGO };
	(void)state;
	expect_word(&report, " role=initiator framing=spnego offered=- chosen=- legs=0 user=\"\" ",
	            true);
	expect_word(&report, " source=\"-\" user_found=not-asked ", true);
	report = (struct negossp_report){ .role = MECH_ACCEPTOR,
		                              .framing = NEGOSSP_FRAMING_BARE,
		                              .offered = "Kerberos,NTLM",
		                              .chosen = "NTLM",
		                              .legs = 3,
		                              .mic_sent = true,
		                              .mech = { .user = BYTES_LITERAL("u\0"),
		                                        .domain = BYTES_LITERAL("d\0"),
		                                        .workstation = BYTES_LITERAL("w\0"),
		                                        .target = BYTES_LITERAL("t\0"),
		                                        .source = "SAM file",
		                                        .user_found = MECH_USER_FOUND } };
	expect_word(&report, " role=acceptor framing=bare offered=Kerberos,NTLM chosen=NTLM legs=3 ",
	            true);
	expect_word(&report, " user=\"u\" domain=\"d\" workstation=\"w\" ", true);
	expect_word(&report, " mechlistmic=sent/none bindings=none target=\"t\" target_check=none ",
	            true);
	expect_word(&report, " source=\"SAM file\" user_found=yes ", true);
	report.mech.user_found = MECH_USER_NOT_FOUND;
	expect_word(&report, " user_found=no ", true);
}

/* What the program can do about it differs by who we are and what was sent last, and by what. */
static void test_who_is_left_alone_is_advised_by_what_was_sent(void** state)
{
	static const struct
	{
		struct negossp_report report;
		const char* advice;
	} rows[] = {
		{ { .role = MECH_ACCEPTOR, .chosen = "NTLM" }, "the client went away" },
		{ { .chosen = "NTLM", .legs = 1 }, "our first token, in which there is no password yet" },
		{ { .chosen = "NTLM", .legs = 1 }, "otherwise, if it knows no SPNEGO, set framing=raw" },
		{ { .chosen = "NTLM", .legs = 1, .framing = NEGOSSP_FRAMING_BARE },
		  "our first token, in which there is no password yet" },
		{ { .chosen = "NTLM", .legs = 1, .framing = NEGOSSP_FRAMING_BARE },
		  "otherwise the server may refuse NTLM" },
		{ { .chosen = "NTLM", .legs = 2 }, "our NEGOTIATE" },
		{ { .chosen = "NTLM", .legs = 3, .mech = { .sent = MECH_SENT_PROOF } },
		  "our AUTHENTICATE: " },
		{ { .chosen = "Kerberos", .mech = { .sent = MECH_SENT_OPENING } }, "our TGT-REQ" },
		{ { .chosen = "Kerberos", .mech = { .sent = MECH_SENT_PROOF } }, "our Kerberos ticket" },
		{ { .mech = { .sent = MECH_SENT_PROOF } }, "our Kerberos ticket" },
		/* What was refused here needs no guess. */
		{ { .reason = "a reason", .mech = { .reason = "the mechanism's" } }, "\"a reason\"" },
		{ { .mech = { .reason = "the mechanism's" } }, "the mechanism's" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
	{
		const char* const line = line_of(&rows[i].report, LOG_ABANDONED);
		if (!strstr(line, rows[i].advice))
			fail_msg("\"%s\" is not in: %s", rows[i].advice, line);
	}
	const struct negossp_report refused = { .result = RESULT_NO_MEMORY };
	assert_non_null(strstr(line_of(&refused, LOG_FAILED), result_name(RESULT_NO_MEMORY)));
}

/* In the middle, so that there is more to be told behind it. */
static void test_a_line_that_is_too_long_is_cut_at_its_end(void** state)
{
	static char source[2 * LINE_MOST];
	const struct negossp_report report = { .reason = "no room is left for it",
		                                   .mech = { .source = source } };
	(void)state;
	memset(source, 'x', sizeof(source) - 1);
	const char* const line = line_of(&report, LOG_FAILED);
	assert_int_equal(strlen(line), LINE_MOST);
	assert_int_equal(line[LINE_MOST - 1], 'x');
	assert_non_null(strstr(line, " source=\"xxx"));
}

static void test_a_line_that_nobody_sees_is_not_made(void** state)
{
	static const DWORD levels[] = { WLOG_INFO, WLOG_WARN, WLOG_ERROR, WLOG_OFF };
	const struct negossp_report report = { .role = MECH_ACCEPTOR,
		                                   .mech = { .user = BYTES_LITERAL("u\0") } };
	wLog* const log = WLog_Get("com.winpr.sspi.negossp");
	(void)state;
	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++)
	{
		assert_true(WLog_SetLogLevel(log, levels[i]));
		log_capture_clear();
		names_escaped = 0;
		log_exchange(&report, LOG_COMPLETE, SEC_E_OK);
		assert_int_equal(log_capture_count(WLOG_INFO, "exchange=", NULL), levels[i] == WLOG_INFO);
		assert_int_equal(names_escaped > 0, levels[i] == WLOG_INFO);
		names_escaped = 0;
		log_exchange(&report, LOG_FAILED, SEC_E_OK);
		assert_int_equal(log_capture_count(WLOG_WARN, "exchange=", NULL), levels[i] <= WLOG_WARN);
		assert_int_equal(names_escaped > 0, levels[i] <= WLOG_WARN);
	}
	assert_true(WLog_SetLogLevel(log, WLOG_INFO));
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
		cmocka_unit_test(test_each_name_and_word_is_told),
		cmocka_unit_test(test_who_is_left_alone_is_advised_by_what_was_sent),
		cmocka_unit_test(test_a_line_that_is_too_long_is_cut_at_its_end),
		cmocka_unit_test(test_a_line_that_nobody_sees_is_not_made),
	};
	return cmocka_run_group_tests(tests, set_up, NULL);
}
