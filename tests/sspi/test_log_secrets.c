/* SPDX-License-Identifier: Apache-2.0
 *
 * No secret is in any line of the log, WinPR's own too, with every logger at TRACE: exchanges of
 * every kind, and each secret in every form that it might be printed in.
 */
#include "ntlm_flows.h"

#include <string.h>

static const char password_utf8[] = "Password";
static const char wrong_utf8[] = "pASSWORD";

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

	expect_unsaid(flow, "the password", password_utf8, sizeof(password_utf8) - 1);
	expect_unsaid(flow, "the password in UTF-16", flow_password, sizeof(flow_password));
	expect_unsaid(flow, "the wrong password", wrong_utf8, sizeof(wrong_utf8) - 1);
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
	static const char base64[] = "pPScQGUQvcq2gk7nww/YUg==";
	wLog* const ours = WLog_Get("com.winpr.sspi.negossp");
	wLog* const theirs = WLog_Get("com.winpr.utils");
	static const struct
	{
		const char* line;
		const char* form;
	} rows[] = {
		{ "hash=A4F49C406510BDCAB6824EE7C30FD852", "in hexadecimal" },
		{ "a4 f4 9c 40 65 10 bd ca  b6 82 4e e7 c3 0f d8 52", "in hexadecimal" },
		{ "{ 0xa4, 0xf4, 0x9c, 0x40, 0x65, 0x10, 0xbd, 0xca, 0xb6, 0x82, 0x4e, 0xe7, 0xc3, "
		  "0x0f, 0xd8, 0x52 }",
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
	WLog_Print(ours, WLOG_TRACE, "the Password is");
	assert_string_equal(log_capture_leak(password_utf8, 8), "as it is");
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
