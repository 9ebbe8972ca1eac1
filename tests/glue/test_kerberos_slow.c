/* SPDX-License-Identifier: Apache-2.0
 *
 * A KDC that takes its time, over a scripted WinPR: how long a logon waits for it, and what is left
 * behind. Built twice, as test_kerberos.c.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kerberos_pair.h"

static bool no_thread;

int __real_pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*run)(void*),
                          void* argument);
int __wrap_pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*run)(void*),
                          void* argument);
int __wrap_pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*run)(void*),
                          void* argument)
{
	return no_thread ? EAGAIN : __real_pthread_create(thread, attributes, run, argument);
}

static void test_slow_kdc_delays_a_logon_by_the_wait_only(void** state)
{
	const struct sspi_setup setup = setup_new();
	(void)state;
	setenv("NEGOSSP_KERBEROS_WAIT", "20", 1);
	fake.delay_ms = 300;
	log_capture_clear();
	assert_true(sspi_pair_connect(&pair, &setup));
	expect_package(&pair.client, "NTLM");
	assert_int_equal(log_capture_count(WLOG_INFO, "the KDC did not answer in time", NULL), 1);
	/* While the worker holds the credential nobody waits for it again. */
	sspi_end_reset(&pair.client);
	log_capture_clear();
	struct sspi_token out = { NULL, 0 };
	expect_status(sspi_end_step(&pair.client, NULL, &out), SEC_I_CONTINUE_NEEDED);
	assert_int_equal(log_capture_count(WLOG_INFO, "the KDC has not answered yet", NULL), 1);
	sspi_token_free(&out);
	/* The worker outlives both, and throws away what it comes to. */
	sspi_pair_close(&pair);
	for (int i = 0; i < 1000 && !fake_winpr_is_idle(1); i++)
		usleep(10000);
	assert_int_equal(fake.acquired, 1);
	expect_all_freed();
}

/* A KDC that never answers leaves eight workers behind at the most; the ninth logon does not ask.
 */
static void test_silent_kdc_leaves_eight_workers_at_the_most(void** state)
{
	const struct sspi_setup setup = setup_new();
	(void)state;
	setenv("NEGOSSP_KERBEROS_WAIT", "1", 1);
	fake.delay_ms = 1500;
	log_capture_clear();
	for (unsigned i = 0; i < 12; i++)
	{
		struct sspi_end end;
		struct sspi_token out = { NULL, 0 };
		expect_status(sspi_end_acquire(&end, &setup, false), SEC_E_OK);
		expect_status(sspi_end_step(&end, NULL, &out), SEC_I_CONTINUE_NEEDED);
		sspi_token_free(&out);
		sspi_end_close(&end);
	}
	assert_int_equal(log_capture_count(WLOG_INFO, "the KDC did not answer in time", NULL), 8);
	assert_int_equal(log_capture_count(WLOG_INFO, "eight questions of this process", NULL), 4);
	for (int i = 0; i < 1000 && !fake_winpr_is_idle(8); i++)
		usleep(10000);
	expect_all_freed();
	assert_int_equal(fake.acquired, 8);
	/* It answers again, and is asked again. */
	fake.delay_ms = 0;
	setenv("NEGOSSP_KERBEROS_WAIT", "20000", 1);
	usleep(100000);
	expect_kerberos(&setup, 2);
	sspi_pair_close(&pair);
	expect_all_freed();
}

/* What the worker came to in the end is of use: the credential that it acquired, for the next. */
static void test_kdc_that_answers_late_is_asked_again(void** state)
{
	struct sspi_setup setup = setup_new();
	struct sspi_token out = { NULL, 0 };
	bool kerberos = false;
	(void)state;
	setenv("NEGOSSP_KERBEROS_WAIT", "20", 1);
	setup.package_list = "!u2u";
	fake.delay_ms = 150;
	expect_status(sspi_end_acquire(&pair.client, &setup, false), SEC_E_OK);
	for (int i = 0; i < 1000 && !kerberos; i++)
	{
		static const uint8_t ap_req[] = { 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7,
			                              0x12, 0x01, 0x02, 0x02, 0x01, 0x00 };
		expect_status(sspi_end_step(&pair.client, NULL, &out), SEC_I_CONTINUE_NEEDED);
		kerberos = memmem(out.data, out.len, ap_req, sizeof(ap_req)) != NULL;
		sspi_end_reset(&pair.client);
		fake.delay_ms = 0;
		usleep(10000);
	}
	assert_true(kerberos);
	assert_int_equal(fake.acquired, 1);
	sspi_token_free(&out);
	sspi_end_close(&pair.client);
	expect_all_freed();
}

static void test_kdc_asked_for_by_name_is_waited_for(void** state)
{
	struct sspi_setup setup = setup_new();
	(void)state;
	setenv("NEGOSSP_KERBEROS_WAIT", "20", 1);
	fake.delay_ms = 150;
	setup.package_list = "kerberos,!u2u";
	expect_kerberos(&setup, 2);
	sspi_pair_close(&pair);
	expect_all_freed();
}

/* Nobody could wait for it then but the caller, without an end. */
static void test_kdc_is_not_asked_without_a_thread(void** state)
{
	const struct sspi_setup setup = setup_new();
	(void)state;
	setenv("NEGOSSP_KERBEROS_WAIT", "20", 1);
	no_thread = true;
	log_capture_clear();
	const bool connected = sspi_pair_connect(&pair, &setup);
	no_thread = false;
	assert_true(connected);
	expect_package(&pair.client, "NTLM");
	assert_int_equal(log_capture_count(WLOG_INFO, "no thread to be had", NULL), 1);
	assert_int_equal(fake.acquired, 0);
	sspi_pair_close(&pair);
	expect_all_freed();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_slow_kdc_delays_a_logon_by_the_wait_only, fresh),
		cmocka_unit_test_setup(test_silent_kdc_leaves_eight_workers_at_the_most, fresh),
		cmocka_unit_test_setup(test_kdc_that_answers_late_is_asked_again, fresh),
		cmocka_unit_test_setup(test_kdc_asked_for_by_name_is_waited_for, fresh),
		cmocka_unit_test_setup(test_kdc_is_not_asked_without_a_thread, fresh),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
