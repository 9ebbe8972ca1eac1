/* SPDX-License-Identifier: Apache-2.0
 *
 * How long the clear password is kept, for Kerberos: not where nothing could come of it, and only
 * until WinPR has it. The process's memory is searched; what WinPR and a Kerberos library copy is
 * not here. Built twice, as test_kerberos.c.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kerberos_pair.h"
#include "memory_scan.h"
#include "wide.h"

#define PASSWORD "Three-Heads-13"
static const UINT16 password[] = { WIDE('T'), WIDE('h'), WIDE('r'), WIDE('e'), WIDE('e'),
	                               WIDE('-'), WIDE('H'), WIDE('e'), WIDE('a'), WIDE('d'),
	                               WIDE('s'), WIDE('-'), WIDE('1'), WIDE('3') };

static size_t copies(void)
{
	return memory_scan(password, sizeof(password));
}

static struct sspi_setup setup_with_password(void)
{
	struct sspi_setup setup = setup_new();
	setup.password = PASSWORD;
	return setup;
}

static void expect_kept(const struct sspi_setup* setup, size_t expected)
{
	struct sspi_end end;
	expect_status(sspi_end_acquire(&end, setup, false), SEC_E_OK);
	assert_int_equal(copies(), expected);
	sspi_end_close(&end);
	assert_int_equal(copies(), 0);
}

static void test_nothing_is_kept_where_ntlm_alone_will_do(void** state)
{
	struct sspi_setup setup = setup_with_password();
	(void)state;
	expect_kept(&setup, 1);
	setup.package_list = "!kerberos,!u2u";
	expect_kept(&setup, 0);
	setup.package_list = NULL;
	setup.client_package = "NTLM";
	expect_kept(&setup, 0);
	setup.client_package = "Negotiate";
	fake.library = KRB5_NO;
	expect_kept(&setup, 0);
	/* Nothing that could be a realm, and none in krb5.conf. */
	fake.library = KRB5_YES;
	fake.realm = fake.ticket = fake.keytab = KRB5_NO;
	setup.domain = NULL;
	expect_kept(&setup, 0);
	fake.realm = KRB5_YES;
	expect_kept(&setup, 1);
}

static void test_it_goes_when_winpr_has_it(void** state)
{
	struct sspi_setup setup = setup_with_password();
	struct sspi_end end;
	struct sspi_token out = { NULL, 0 };
	(void)state;
	setup.package_list = "!u2u";
	expect_status(sspi_end_acquire(&end, &setup, false), SEC_E_OK);
	assert_int_equal(copies(), 1);
	expect_status(sspi_end_step(&end, NULL, &out), SEC_I_CONTINUE_NEEDED);
	assert_int_equal(fake.acquired, 1);
	assert_string_equal(fake.password, PASSWORD);
	assert_int_equal(copies(), 0);
	sspi_token_free(&out);
	/* The next context has WinPR's credential. */
	sspi_end_reset(&end);
	expect_status(sspi_end_step(&end, NULL, &out), SEC_I_CONTINUE_NEEDED);
	assert_int_equal(fake.acquired, 1);
	sspi_token_free(&out);
	sspi_end_close(&end);
	expect_all_freed();
}

static void test_user_to_user_may_need_it_until_the_exchange_is_complete(void** state)
{
	struct sspi_setup setup = setup_with_password();
	struct sspi_token out = { NULL, 0 };
	(void)state;
	assert_true(sspi_pair_open(&pair, &setup));
	expect_status(sspi_end_step(&pair.client, NULL, &out), SEC_I_CONTINUE_NEEDED);
	assert_int_equal(copies(), CARRIED ? 1 : 0);
	sspi_token_free(&out);
	sspi_pair_close(&pair);
	expect_kerberos(&setup, 2);
	assert_int_equal(copies(), 0);
	sspi_pair_close(&pair);
	expect_all_freed();
}

static void test_it_goes_when_winpr_refuses_it(void** state)
{
	struct sspi_setup setup = setup_with_password();
	struct sspi_end end;
	struct sspi_token out = { NULL, 0 };
	(void)state;
	setup.package_list = "!u2u";
	fake.acquire = SEC_E_NO_CREDENTIALS;
	expect_status(sspi_end_acquire(&end, &setup, false), SEC_E_OK);
	expect_status(sspi_end_step(&end, NULL, &out), SEC_I_CONTINUE_NEEDED);
	assert_int_equal(copies(), 0);
	sspi_token_free(&out);
	sspi_end_close(&end);
}

/* A worker that nobody waits for any more has WinPR's copy, and no other. */
static void test_a_worker_that_is_given_up_on_has_one_copy(void** state)
{
	struct sspi_setup setup = setup_with_password();
	struct sspi_end end;
	struct sspi_token out = { NULL, 0 };
	(void)state;
	setenv("NEGOSSP_KERBEROS_WAIT", "50", 1);
	setup.package_list = "!u2u";
	fake.delay_ms = 600;
	expect_status(sspi_end_acquire(&end, &setup, false), SEC_E_OK);
	expect_status(sspi_end_step(&end, NULL, &out), SEC_I_CONTINUE_NEEDED);
	sspi_token_free(&out);
	sspi_end_close(&end);
	assert_int_equal(copies(), 1);
	for (int i = 0; i < 1000 && !fake_winpr_is_idle(1); i++)
		usleep(10000);
	expect_all_freed();
	assert_int_equal(copies(), 0);
}

/* Whoever made UTF-8 of it would have to wipe that as well. */
static void test_nobody_but_winpr_has_it_in_utf8(void** state)
{
	const struct sspi_setup setup = setup_with_password();
	struct sspi_token out = { NULL, 0 };
	struct sspi_end end;
	(void)state;
	expect_status(sspi_end_acquire(&end, &setup, false), SEC_E_OK);
	assert_int_equal(memory_scan(PASSWORD, strlen(PASSWORD)), 0);
	expect_status(sspi_end_step(&end, NULL, &out), SEC_I_CONTINUE_NEEDED);
	assert_string_equal(fake.password, PASSWORD);
	assert_int_equal(memory_scan(PASSWORD, strlen(PASSWORD)), 1);
	sspi_token_free(&out);
	sspi_end_close(&end);
	explicit_bzero(fake.password, sizeof(fake.password));
	assert_int_equal(memory_scan(PASSWORD, strlen(PASSWORD)), 0);
}

/* As TSCredentials have it: WinPR unseals a copy. */
static void test_a_message_with_it_leaves_no_copy(void** state)
{
	static uint8_t memory[FAKE_TRAILER_SIZE + sizeof(password)];
	const struct sspi_setup setup = setup_new();
	SecBuffer parts[] = { { FAKE_TRAILER_SIZE, SECBUFFER_TOKEN, memory },
		                  { sizeof(password), SECBUFFER_DATA, memory + FAKE_TRAILER_SIZE } };
	SecBufferDesc message = { SECBUFFER_VERSION, 2, parts };
	ULONG qop = 0;
	(void)state;
	expect_kerberos(&setup, 2);
	memcpy(parts[1].pvBuffer, password, sizeof(password));
	assert_int_equal(copies(), 1);
	memory_scan_leave_out(memory, sizeof(memory));
	expect_status(SSPI_ENTRY(pair.client.table, EncryptMessage)(&pair.client.context, 0, &message,
	                                                            pair.client.send_sequence),
	              SEC_E_OK);
	expect_status(SSPI_ENTRY(pair.server.table, DecryptMessage)(&pair.server.context, &message,
	                                                            pair.server.receive_sequence, &qop),
	              SEC_E_OK);
	assert_memory_equal(parts[1].pvBuffer, password, sizeof(password));
	assert_int_equal(copies(), 0);
	memory_scan_leave_out(NULL, 0);
	explicit_bzero(memory, sizeof(memory));
	sspi_pair_close(&pair);
}

static void test_it_is_in_no_log(void** state)
{
	static const SECURITY_STATUS acquired[] = { SEC_E_OK, SEC_E_NO_CREDENTIALS };
	static const char* const certificates[] = { NULL, "FILE:/a/certificate" };
	struct sspi_setup setup = setup_with_password();
	(void)state;
	assert_true(WLog_SetLogLevel(WLog_GetRoot(), WLOG_TRACE));
	assert_true(WLog_SetLogLevel(WLog_Get("com.winpr.sspi.negossp"), WLOG_TRACE));
	for (size_t i = 0; i < 4; i++)
	{
		log_capture_clear();
		fake.acquire = acquired[i % 2];
		setup.certificate = certificates[i / 2]; /* and the password is its PIN */
		(void)sspi_pair_connect(&pair, &setup);
		sspi_pair_close(&pair);
		assert_true(log_capture_count(0, "role=initiator", NULL) > 0);
		assert_null(log_capture_leak(PASSWORD, strlen(PASSWORD)));
		assert_null(log_capture_leak(password, sizeof(password)));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_nothing_is_kept_where_ntlm_alone_will_do, fresh),
		cmocka_unit_test_setup(test_it_goes_when_winpr_has_it, fresh),
		cmocka_unit_test_setup(test_user_to_user_may_need_it_until_the_exchange_is_complete, fresh),
		cmocka_unit_test_setup(test_it_goes_when_winpr_refuses_it, fresh),
		cmocka_unit_test_setup(test_a_worker_that_is_given_up_on_has_one_copy, fresh),
		cmocka_unit_test_setup(test_nobody_but_winpr_has_it_in_utf8, fresh),
		cmocka_unit_test_setup(test_a_message_with_it_leaves_no_copy, fresh),
		cmocka_unit_test_setup(test_it_is_in_no_log, fresh),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
