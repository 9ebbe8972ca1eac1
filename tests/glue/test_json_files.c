/* SPDX-License-Identifier: Apache-2.0
 *
 * JSON files as they come: beside a registry value by value, broken in every way, and not there.
 * What decides who may log on fails an acceptor where it cannot be read; a client goes on.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "settings_pair.h"

/* The test's own, in WinPR's place. */
char* winpr_GetConfigFilePath(int system, const char* name);

static void expect_acceptor(SECURITY_STATUS status, const char* words)
{
	const struct sspi_setup setup = setup_new("Negotiate");
	log_capture_clear();
	const SECURITY_STATUS actual = sspi_end_acquire(&pair.server, &setup, true);
	if (actual != status || (words && log_capture_count(WLOG_WARN, words, NULL) == 0))
	{
		log_capture_print();
		fail_msg("%08x, and not %08x with \"%s\"", (unsigned)actual, (unsigned)status,
		         words ? words : "");
	}
	if (actual == SEC_E_OK)
		sspi_end_close(&pair.server);
}

static void test_false_turns_a_mechanism_off(void** state)
{
	const struct sspi_setup setup = setup_new("Negotiate");
	(void)state;
	fake_json_file("negotiate.json", "{\"ntlm\": false, \"kerberos\": false}");
	expect_acceptor(SEC_E_UNSUPPORTED_FUNCTION, "no mechanism is left");
	fake_json_file("negotiate.json", "{\"ntlm\": true, \"kerberos\": 0}");
	expect_legs(&setup, 4);
	sspi_pair_close(&pair);
}

/* The kind of thing that stands in a file's place, and what is said of it. */
static void test_a_broken_file_fails_an_acceptor(void** state)
{
	static const char* const broken[] = { "", "{", "[]", "\"required\"",
		                                  "{\"ChannelBindings\": }" };
	const struct sspi_setup setup = setup_new("Negotiate");
	(void)state;
	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++)
	{
		fresh(NULL);
		fake_json_file("negossp.json", broken[i]);
		expect_acceptor(SEC_E_UNSUPPORTED_FUNCTION, "negossp.json: it is no JSON object");
		expect_status(sspi_end_acquire(&pair.client, &setup, false), SEC_E_OK);
		sspi_end_close(&pair.client);
	}
	fresh(NULL);
	fake_json_file("negotiate.json", "{");
	expect_acceptor(SEC_E_UNSUPPORTED_FUNCTION, "negotiate.json: it is no JSON object");
}

static void test_a_file_whose_path_is_not_known_fails_an_acceptor(void** state)
{
	const struct sspi_setup setup = setup_new("Negotiate");
	(void)state;
	fake_json_path_missing();
	expect_acceptor(SEC_E_UNSUPPORTED_FUNCTION, "negotiate.json: not enough memory for its path");
	expect_status(sspi_end_acquire(&pair.client, &setup, false), SEC_E_OK);
	sspi_end_close(&pair.client);
}

static void test_a_file_that_cannot_be_read_is_said_to_be(void** state)
{
	char path[4096];
	(void)state;
	fake_json_file("negossp.json", "{}");
	char* const negossp = winpr_GetConfigFilePath(1, "negossp.json");
	(void)snprintf(path, sizeof(path), "%s", negossp);
	free(negossp);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	expect_acceptor(SEC_E_UNSUPPORTED_FUNCTION, "negossp.json: it is no file of at most 1 MiB");
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(symlink("negossp.json", path), 0);
	expect_acceptor(SEC_E_UNSUPPORTED_FUNCTION, "negossp.json: it cannot be opened");
	assert_int_equal(unlink(path), 0);
}

static void test_a_member_of_another_type_fails_an_acceptor(void** state)
{
	static const char* const rows[][2] = { { "negossp.json", "{\"ChannelBindings\": true}" },
		                                   { "negossp.json", "{\"TargetName\": [\"x\"]}" },
		                                   { "negossp.json", "{\"Anonymous\": null}" },
		                                   { "negotiate.json", "{\"ntlm\": \"false\"}" },
		                                   { "negotiate.json", "{\"kerberos\": -1}" },
		                                   { "negotiate.json", "{\"u2u\": {}}" },
		                                   { "negotiate.json", "{\"ntlm\": 4294967296}" } };
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
	{
		fresh(NULL);
		fake_json_file(rows[i][0], rows[i][1]);
		expect_acceptor(SEC_E_UNSUPPORTED_FUNCTION, rows[i][0]);
	}
	/* Names know case: this one is nobody's. */
	fresh(NULL);
	fake_json_file("negossp.json", "{\"channelbindings\": true}");
	expect_acceptor(SEC_E_OK, NULL);
}

static void test_files_of_before_3_33_are_not_read(void** state)
{
	(void)state;
	fake.minor = 32;
	fake_json_file("negossp.json", "{");
	fake_json_file("negotiate.json", "{\"ntlm\": false, \"kerberos\": false}");
	expect_acceptor(SEC_E_OK, NULL);
}

/* Of a program without a standard input the first file has its number. */
static void test_a_file_is_read_whatever_its_number_is(void** state)
{
	(void)state;
	fake_json_file("negotiate.json", "{\"ntlm\": false, \"kerberos\": false}");
	const int input = dup(STDIN_FILENO);
	assert_true(input > STDIN_FILENO);
	assert_int_equal(close(STDIN_FILENO), 0);
	expect_acceptor(SEC_E_UNSUPPORTED_FUNCTION, "no mechanism is left");
	assert_int_equal(dup2(input, STDIN_FILENO), STDIN_FILENO);
	assert_int_equal(close(input), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_false_turns_a_mechanism_off, fresh),
		cmocka_unit_test_setup(test_a_broken_file_fails_an_acceptor, fresh),
		cmocka_unit_test_setup(test_a_file_whose_path_is_not_known_fails_an_acceptor, fresh),
		cmocka_unit_test_setup(test_a_file_that_cannot_be_read_is_said_to_be, fresh),
		cmocka_unit_test_setup(test_a_member_of_another_type_fails_an_acceptor, fresh),
		cmocka_unit_test_setup(test_files_of_before_3_33_are_not_read, fresh),
		cmocka_unit_test_setup(test_a_file_is_read_whatever_its_number_is, fresh),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
