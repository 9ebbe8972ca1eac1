/* SPDX-License-Identifier: Apache-2.0
 *
 * No secret is in any line of the log, WinPR's own too, with every logger at TRACE: exchanges of
 * every kind, and each secret in every form that it might be printed in.
 */
#include "ntlm_flows.h"

#include <string.h>

static void expect_unsaid(const char* flow, const char* what, const void* secret, size_t len)
{
	const char* const form = log_capture_leak(secret, len);

	if (form)
		fail_msg("%s: %s is in the log, %s", flow, what, form);
}

static void expect_no_leak(const struct flow_run* run)
{
	const char* const flow = run->flow->name;
	struct ntlm_secrets secrets;
	const struct key* const keys = (const struct key*)&secrets;

	expect_unsaid(flow, "the password", flow_password_utf8, sizeof(flow_password_utf8) - 1);
	expect_unsaid(flow, "the password in UTF-16", flow_password, sizeof(flow_password));
	expect_unsaid(flow, "the wrong password", flow_wrong_password_utf8,
	              sizeof(flow_wrong_password_utf8) - 1);
	expect_unsaid(flow, "the wrong password in UTF-16", flow_wrong_password,
	              sizeof(flow_wrong_password));
	expect_unsaid(flow, "the NT hash", &flow_nt_hash, sizeof(flow_nt_hash));
	expect_unsaid(flow, "the hash in UTF-16", flow_hash_utf16, sizeof(flow_hash_utf16));
	assert_true(flow_secrets(run, &secrets));
	for (size_t i = 0; i < NTLM_SECRETS; i++)
		expect_unsaid(flow, ntlm_secret_names[i], &keys[i], sizeof(keys[i]));
}

static void test_the_search_finds_each_form(void** state)
{
	static const char base64[] = "f6RHuuincHgGk6npPBzntA==";
	wLog* const ours = WLog_Get("com.winpr.sspi.negossp");
	wLog* const theirs = WLog_Get("com.winpr.utils");
	static const struct
	{
		const char* line;
		const char* form;
	} rows[] = {
		{ "hash=7FA447BAE8A770780693A9E93C1CE7B4", "in hexadecimal" },
		{ "7f a4 47 ba e8 a7 70 78  06 93 a9 e9 3c 1c e7 b4", "in hexadecimal" },
		{ "{ 0x7f, 0xa4, 0x47, 0xba, 0xe8, 0xa7, 0x70, 0x78, 0x06, 0x93, 0xa9, 0xe9, 0x3c, "
		  "0x1c, 0xe7, 0xb4 }",
		  "in hexadecimal" },
		{ base64, "in base64" }
	};

	(void)state;
	for (size_t i = 0; i < 2 * sizeof(rows) / sizeof(rows[0]); i++)
	{
		const size_t row = i / 2;

		log_capture_clear();
		assert_null(log_capture_leak(&flow_nt_hash, sizeof(flow_nt_hash)));
		WLog_Print(i % 2 ? ours : theirs, WLOG_TRACE, "%s", rows[row].line);
		assert_string_equal(log_capture_leak(&flow_nt_hash, sizeof(flow_nt_hash)), rows[row].form);
	}
	log_capture_clear();
	WLog_Print(ours, WLOG_TRACE, "the %s is", flow_password_utf8);
	assert_string_equal(log_capture_leak(flow_password_utf8, 8), "as it is");
	log_capture_clear();
}

static void test_no_secret_is_in_any_line(void** state)
{
	(void)state;
	for (size_t i = 0; i < FLOWS; i++)
	{
		struct flow_run run = { .flow = &flows[i] };

		log_capture_clear();
		(void)flow_run(&run);
		sspi_end_close(&run.pair.client);
		sspi_end_close(&run.pair.server);
		assert_true(log_capture_count(0, "role=initiator", NULL) > 0);
		assert_true(log_capture_count(0, "role=acceptor", NULL) > 0);
		expect_no_leak(&run);
		sspi_pair_close(&run.pair);
	}
}

static int set_up(void** state)
{
	(void)state;
	log_capture_start(true);
	return flow_sandbox() ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_search_finds_each_form),
		cmocka_unit_test(test_no_secret_is_in_any_line),
	};
	return cmocka_run_group_tests(tests, set_up, box_close);
}
