/* SPDX-License-Identifier: Apache-2.0
 *
 * Many threads in one process. Each test passes without a lock as well, most of the time: it is
 * ThreadSanitizer (the preset tsan, part of tests/run.sh) that sees one that is missing.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kerberos_pair.h"
#include "log/once.h"
#include "sspi/table.h"

#define THREADS 8
#define ROUNDS 12

static pthread_barrier_t start;
static struct sspi_pair shared; /* its two credentials are everybody's */

struct thread
{
	pthread_t id;
	void (*run)(struct thread* thread);
	unsigned number;
	const char* failed;
};

static void* thread_main(void* opaque)
{
	struct thread* const thread = opaque;
	(void)pthread_barrier_wait(&start);
	thread->run(thread);
	return NULL;
}

/* CMocka's assertions belong to the main thread, so the others say what failed. */
static void run_threads(void (*run)(struct thread* thread), void (*meanwhile)(void))
{
	struct thread threads[THREADS];
	assert_int_equal(pthread_barrier_init(&start, NULL, THREADS), 0);
	for (unsigned i = 0; i < THREADS; i++)
	{
		threads[i] = (struct thread){ .run = run, .number = i };
		assert_int_equal(pthread_create(&threads[i].id, NULL, thread_main, &threads[i]), 0);
	}
	if (meanwhile)
		meanwhile();
	for (unsigned i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(threads[i].id, NULL), 0);
	(void)pthread_barrier_destroy(&start);
	for (unsigned i = 0; i < THREADS; i++)
	{
		if (threads[i].failed)
			fail_msg("thread %u: %s", i, threads[i].failed);
	}
}

static struct sspi_setup ntlm_only(void)
{
	struct sspi_setup setup = setup_new();
	setup.package_list = "!kerberos";
	return setup;
}

/* --- credentials, contexts and handles ----------------------------------------------------------
 */

/* Contexts of a thread's own, made with the credentials that all share. */
static void logons(struct thread* thread)
{
	for (unsigned i = 0; i < ROUNDS && !thread->failed; i++)
	{
		struct sspi_pair* const own = calloc(1, sizeof(*own));
		own->setup = shared.setup;
		own->client = shared.client;
		own->server = shared.server;
		if (!sspi_pair_run(own))
			thread->failed = "not connected";
		else
			thread->failed = sspi_pair_chat(own, 1);
		sspi_pair_reset(own);
		free(own);
	}
}

static void test_one_credential_in_many_threads(void** state)
{
	const struct sspi_setup setup = ntlm_only();
	(void)state;
	assert_true(sspi_pair_open(&shared, &setup));
	run_threads(logons, NULL);
	sspi_pair_close(&shared);
}

/* Replaces the SAM file as an editor does, whole, while it is read. */
static void rewrite_sam(void)
{
	char text[4096] = "";
	char next[400];
	FILE* const old = fopen(box.sam, "r");
	const size_t len = old ? fread(text, 1, sizeof(text) - 1, old) : 0;
	if (old)
		(void)fclose(old);
	(void)snprintf(next, sizeof(next), "%s.next", box.sam);
	for (unsigned i = 0; i < 200; i++)
	{
		FILE* const file = fopen(next, "w");
		fprintf(file, "# %u\n%.*s", i, (int)len, text);
		(void)fclose(file);
		(void)rename(next, box.sam);
		usleep(500);
	}
}

static void test_sam_file_is_rewritten_meanwhile(void** state)
{
	const struct sspi_setup setup = ntlm_only();
	(void)state;
	assert_true(sspi_pair_open(&shared, &setup));
	run_threads(logons, rewrite_sam);
	sspi_pair_close(&shared);
}

static void acquire_and_free(struct thread* thread)
{
	const struct sspi_setup setup = ntlm_only();
	for (unsigned i = 0; i < ROUNDS && !thread->failed; i++)
	{
		struct sspi_end end;
		if (sspi_end_acquire(&end, &setup, thread->number % 2) != SEC_E_OK)
			thread->failed = "not acquired";
		sspi_end_close(&end);
	}
}

/* The setting that cannot be read makes every thread ask whether it was said already. */
static void test_credentials_come_and_go(void** state)
{
	(void)state;
	setenv("NEGOSSP_FRAMING", "no framing at all", 1);
	run_threads(acquire_and_free, NULL);
	unsetenv("NEGOSSP_FRAMING");
	assert_int_equal(log_capture_count(WLOG_WARN, "no framing at all", NULL), 1);
}

static void say_once(struct thread* thread)
{
	char text[16];
	for (unsigned i = 0; i < ROUNDS; i++)
	{
		(void)snprintf(text, sizeof(text), "%u", (thread->number + i) % 4);
		(void)log_first_time("a thread", text);
	}
}

/* Asked by itself: what comes before it in a credential's life has locks that would hide one that
 * is missing here. */
static void test_what_was_said_is_said_once(void** state)
{
	(void)state;
	run_threads(say_once, NULL);
	assert_false(log_first_time("a thread", "0"));
	assert_true(log_first_time("a thread", "4"));
}

/* --- lists -------------------------------------------------------------------------------------
 */

static void list_packages(struct thread* thread)
{
	for (unsigned i = 0; i < 4 * ROUNDS && !thread->failed; i++)
	{
		SecPkgInfoA* infos = NULL;
		ULONG count = 0;
		if (table_a()->EnumerateSecurityPackagesA(&count, &infos) != SEC_E_OK || count != 5 ||
		    table_a()->FreeContextBuffer(infos) != SEC_E_OK)
			thread->failed = "not listed";
	}
}

static void test_packages_are_listed(void** state)
{
	(void)state;
	run_threads(list_packages, NULL);
}

/* --- Kerberos ----------------------------------------------------------------------------------
 */

static void test_one_kerberos_credential_in_many_threads(void** state)
{
	const struct sspi_setup setup = setup_new();
	(void)state;
	assert_true(sspi_pair_open(&shared, &setup));
	run_threads(logons, NULL);
	sspi_pair_close(&shared);
	expect_all_freed();
}

/* Each time for all of WinPR's credentials, which logons acquire and use. */
static void set_proxies(void)
{
	struct
	{
		SecPkgCredentials_KdcProxySettingsW settings;
		WCHAR server[4];
	} proxy = { .settings = { .Version = KDC_PROXY_SETTINGS_V1,
		                      .ProxyServerOffset = sizeof(proxy.settings),
		                      .ProxyServerLength = sizeof(proxy.server) } };
	for (unsigned i = 0; i < 200; i++)
	{
		expect_status(table_a()->SetCredentialsAttributesA(&shared.client.credential,
		                                                   SECPKG_CRED_ATTR_KDC_PROXY_SETTINGS,
		                                                   &proxy, sizeof(proxy)),
		              SEC_E_OK);
		usleep(500);
	}
}

static void test_kdc_proxy_is_set_meanwhile(void** state)
{
	const struct sspi_setup setup = setup_new();
	(void)state;
	assert_true(sspi_pair_open(&shared, &setup));
	run_threads(logons, set_proxies);
	assert_true(fake.proxies > 0);
	sspi_pair_close(&shared);
	expect_all_freed();
}

static void slow_logon(struct thread* thread)
{
	const struct sspi_setup setup = setup_new();
	struct sspi_end end;
	struct sspi_token out = { NULL, 0 };
	if (sspi_end_acquire(&end, &setup, false) != SEC_E_OK ||
	    sspi_end_step(&end, NULL, &out) != SEC_I_CONTINUE_NEEDED)
		thread->failed = "no first token";
	sspi_token_free(&out);
	sspi_end_close(&end);
}

static void test_workers_are_given_up_on(void** state)
{
	(void)state;
	setenv("NEGOSSP_KERBEROS_WAIT", "5", 1);
	fake.delay_ms = 60;
	run_threads(slow_logon, NULL);
	for (int i = 0; i < 1000 && !fake_winpr_is_idle(THREADS); i++)
		usleep(10000);
	expect_all_freed();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_one_credential_in_many_threads, fresh),
		cmocka_unit_test_setup(test_sam_file_is_rewritten_meanwhile, fresh),
		cmocka_unit_test_setup(test_credentials_come_and_go, fresh),
		cmocka_unit_test_setup(test_what_was_said_is_said_once, fresh),
		cmocka_unit_test_setup(test_packages_are_listed, fresh),
		cmocka_unit_test_setup(test_one_kerberos_credential_in_many_threads, fresh),
		cmocka_unit_test_setup(test_kdc_proxy_is_set_meanwhile, fresh),
		cmocka_unit_test_setup(test_workers_are_given_up_on, fresh),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
