/* SPDX-License-Identifier: Apache-2.0
 *
 * The one line about each exchange: there is exactly one per side, at INFO when it went well and at
 * WARN when it did not, it names what an administrator needs, and nothing that is logged at any
 * level holds a password, a hash or a key.
 */
#include "expect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <winpr/ntlm.h>
#include <winpr/string.h>

static const char* only_line(DWORD level, const char* ending, const char* role)
{
	char key[64];
	snprintf(key, sizeof(key), "exchange=%s", ending);
	if (log_capture_count(level, key, role) != 1)
		log_capture_print();
	assert_int_equal(log_capture_count(level, key, role), 1);
	return log_capture_find(level, key, role);
}

static void says(const char* line, const char* text)
{
	if (!strstr(line, text))
		fail_msg("\"%s\" is not in: %s", text, line);
}

static void run(const char* user, const char* domain, const char* password)
{
	struct sspi_pair pair;
	const struct sspi_setup setup = sspi_setup_nla(user, domain, password, box.sam);
	log_capture_clear();
	(void)sspi_pair_connect(&pair, &setup);
	sspi_pair_close(&pair);
}

static void test_good_exchange_is_one_info_line_per_side(void** state)
{
	(void)state;
	run("user", "CORP", "Tr0ub4dor&3");
	assert_int_equal(log_capture_count(WLOG_WARN, NULL, NULL), 0);
	assert_int_equal(log_capture_count(WLOG_INFO, "exchange=", NULL), 2);
	const char* server = only_line(WLOG_INFO, "complete", "role=acceptor");
	const char* client = only_line(WLOG_INFO, "complete", "role=initiator");
	static const char* const both[] = { "framing=spnego",     "chosen=NTLM",     "legs=4",
		                                "user=\"user\"",      "domain=\"CORP\"", "ntlm=v2",
		                                "mechlistmic=sent/ok" };
	for (size_t i = 0; i < sizeof(both) / sizeof(both[0]); i++)
	{
		says(server, both[i]);
		says(client, both[i]);
	}
	says(server, "ntproofstr=ok");
	says(server, "mic=ok");
	says(server, "source=\"SAM file\"");
	says(server, "user_found=yes");
	says(server, "TERMSRV/server.example");
}

static void test_exchange_without_spnego_is_called_bare(void** state)
{
	(void)state;
	struct sspi_pair pair;
	struct sspi_setup setup = sspi_setup_nla("user", "CORP", "Tr0ub4dor&3", box.sam);
	setup.client_package = setup.server_package = "NTLM";
	log_capture_clear();
	assert_true(sspi_pair_connect(&pair, &setup));
	sspi_pair_close(&pair);
	says(only_line(WLOG_INFO, "complete", "role=acceptor"), " framing=bare ");
	says(only_line(WLOG_INFO, "complete", "role=initiator"), " framing=bare ");
}

static void test_wrong_password_is_one_warning_that_says_so(void** state)
{
	(void)state;
	run("user", "CORP", "tr0ub4dor&3");
	assert_int_equal(log_capture_count(WLOG_WARN, "exchange=", "role=acceptor"), 1);
	const char* line = only_line(WLOG_WARN, "failed", "role=acceptor");
	says(line, "user=\"user\"");
	says(line, "ntproofstr=FAILED");
	says(line, "user_found=yes");
	says(line, "SEC_E_LOGON_DENIED");
	says(line, "reason=\"");
	says(line, "password");
}

static void test_unknown_user_is_one_warning_that_says_so(void** state)
{
	(void)state;
	run("nobody", NULL, "Tr0ub4dor&3");
	assert_int_equal(log_capture_count(WLOG_WARN, "exchange=", "role=acceptor"), 1);
	const char* line = only_line(WLOG_WARN, "failed", "role=acceptor");
	says(line, "user=\"nobody\"");
	says(line, "user_found=no");
	says(line, "SEC_E_LOGON_DENIED");
	says(line, "reason=\"");
}

static void test_client_that_is_left_alone_says_what_may_be_wrong(void** state)
{
	(void)state;
	struct sspi_pair pair;
	struct sspi_token out = { NULL, 0 };
	const struct sspi_setup setup = sspi_setup_nla("user", NULL, "Tr0ub4dor&3", box.sam);
	log_capture_clear();
	assert_true(sspi_pair_open(&pair, &setup));
	expect_status(sspi_end_step(&pair.client, NULL, &out), SEC_I_CONTINUE_NEEDED);
	sspi_token_free(&out);
	sspi_pair_close(&pair);
	/* The server that knows no SPNEGO: the remedy must be named. */
	const char* line = only_line(WLOG_WARN, "abandoned", "role=initiator");
	says(line, "framing=raw");
}

/* The program deletes the context when an errorCode comes, which the module never sees. */
static void test_client_is_advised_by_what_it_had_sent(void** state)
{
	static const struct
	{
		const char* package;
		unsigned legs;
		const char* advice;
		const char* no_advice;
	} rows[] = {
		{ "Negotiate", 1, "framing=raw", "are wrong" },
		{ "NTLM", 1, "may refuse NTLM", "framing=raw" },
		{ "Negotiate", 3, "user name, domain or password are wrong", "framing=raw" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
	{
		struct sspi_pair pair;
		struct sspi_token tokens[4] = { { NULL, 0 } };
		struct sspi_setup setup = sspi_setup_nla("user", "CORP", "Tr0ub4dor&3", box.sam);
		setup.client_package = setup.server_package = rows[i].package;
		assert_true(sspi_pair_open(&pair, &setup));
		for (unsigned leg = 0; leg < rows[i].legs; leg++)
			expect_status(sspi_end_step(leg % 2 ? &pair.server : &pair.client,
			                            leg ? &tokens[leg] : NULL, &tokens[leg + 1]),
			              SEC_I_CONTINUE_NEEDED);
		log_capture_clear();
		sspi_pair_close(&pair);
		const char* line = only_line(WLOG_WARN, "abandoned", "role=initiator");
		says(line, rows[i].advice);
		says(line, "the program's own error line tells what the server answered");
		assert_null(strstr(line, rows[i].no_advice));
		assert_null(strstr(line, "went away"));
		for (size_t j = 0; j < 4; j++)
			sspi_token_free(&tokens[j]);
	}
}

static void test_malformed_first_token_is_one_line(void** state)
{
	(void)state;
	struct sspi_pair pair;
	struct sspi_token bad = { NULL, 0 };
	struct sspi_token out = { NULL, 0 };
	const struct sspi_setup setup = sspi_setup_nla("user", NULL, "Tr0ub4dor&3", box.sam);
	assert_true(sspi_pair_open(&pair, &setup));
	log_capture_clear();
	sspi_token_set(&bad, "garbage", 7);
	(void)sspi_end_step(&pair.server, &bad, &out);
	expect_failed(&pair.server);
	sspi_token_free(&bad);
	sspi_pair_close(&pair);
	says(only_line(WLOG_WARN, "failed", "role=acceptor"), "SEC_E_INVALID_TOKEN");
}

static void test_names_of_an_attacker_are_escaped(void** state)
{
	(void)state;
	run("x\r\nexchange=complete user=\"root\" \x1b[2J%n%s", "\xe2\x80\xae", "Tr0ub4dor&3");
	const char* line = only_line(WLOG_WARN, "failed", "role=acceptor");
	assert_null(strpbrk(line, "\r\n\x1b"));
	assert_null(strstr(line, "\xe2\x80\xae")); /* right-to-left override */
	assert_null(strstr(line, "user=\"root\""));
	assert_int_equal(log_capture_count(WLOG_WARN, NULL, "role=acceptor"), 1);
}

static int set_up(void** state)
{
	(void)state;
	sandbox_open(&box);
	log_capture_start(true);
	sandbox_sam_user(&box, "user", NULL, "Tr0ub4dor&3");
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good_exchange_is_one_info_line_per_side),
		cmocka_unit_test(test_exchange_without_spnego_is_called_bare),
		cmocka_unit_test(test_wrong_password_is_one_warning_that_says_so),
		cmocka_unit_test(test_unknown_user_is_one_warning_that_says_so),
		cmocka_unit_test(test_client_that_is_left_alone_says_what_may_be_wrong),
		cmocka_unit_test(test_client_is_advised_by_what_it_had_sent),
		cmocka_unit_test(test_malformed_first_token_is_one_line),
		cmocka_unit_test(test_names_of_an_attacker_are_escaped),
	};
	return cmocka_run_group_tests(tests, set_up, box_close);
}
