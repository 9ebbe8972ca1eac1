/* SPDX-License-Identifier: Apache-2.0
 *
 * Threads that end, and processes that part, in the middle: a thread that made a context is gone
 * when it is used on; one is cancelled in each call, which is carried out all the same, and while a
 * Kerberos worker works for it; a child is forked while the KDC is asked; the clock is set back
 * while the process ends. No lock stays taken, nothing is left behind, and the next exchange works.
 * Built twice, as test_kerberos.c.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fake_registry.h"
#include "host/layouts.h"
#include "host/worker.h"
#include "kerberos/u2u.h"
#include "kerberos_pair.h"
#include "sspi/table.h"
#include "u2u_keytab.h"

#define HOURS 3
#define SLOW_S 40 /* that a worker takes which nobody can interrupt; far less than a test may */

/* CLOCK_REALTIME as the glue sees it (the linker's --wrap): seconds ahead of the kernel's. */
static _Atomic time_t ahead;
int __real_clock_gettime(clockid_t clock, struct timespec* now);
int __wrap_clock_gettime(clockid_t clock, struct timespec* now);
int __wrap_clock_gettime(clockid_t clock, struct timespec* now)
{
	const int rc = __real_clock_gettime(clock, now);
	if (clock == CLOCK_REALTIME)
		now->tv_sec += ahead;
	return rc;
}

/* The test's own threads are none of the workers that are waited for (u2u_keytab.c). */
int __real_pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*run)(void*),
                          void* argument);

/* Each test waits for what never comes at most that long. */
static void give_up_after(unsigned seconds)
{
	(void)alarm(seconds);
}

static struct sspi_setup ntlm_only(void)
{
	struct sspi_setup setup = setup_new();
	setup.package_list = "!kerberos";
	return setup;
}

static void expect_next_exchange(void)
{
	struct sspi_setup setup = setup_new();
	assert_true(sspi_pair_connect(&pair, &setup));
	assert_null(sspi_pair_chat(&pair, 2));
	sspi_pair_close(&pair);
	setup = ntlm_only();
	assert_true(sspi_pair_connect(&pair, &setup));
	assert_null(sspi_pair_chat(&pair, 2));
	sspi_pair_close(&pair);
	expect_all_freed();
}

static void* in_thread(void* (*run)(void*), void* argument)
{
	pthread_t thread;
	void* result = NULL;
	assert_int_equal(__real_pthread_create(&thread, NULL, run, argument), 0);
	assert_int_equal(pthread_join(thread, &result), 0);
	return result;
}

/* --- between two calls -------------------------------------------------------------------------
 */

static void* step_and_end(void* opaque)
{
	struct sspi_token* const token = opaque;
	struct sspi_token out = { NULL, 0 };
	(void)sspi_end_step(token->len ? &pair.server : &pair.client, token, &out);
	sspi_token_free(token);
	*token = out;
	pthread_exit(NULL);
}

/* Each step in a thread of its own, which ends before the next; messages in yet others. */
static void test_context_outlives_the_threads_that_made_it(void** state)
{
	const struct sspi_setup setups[] = { setup_new(), ntlm_only() };
	(void)state;
	for (size_t i = 0; i < 2; i++)
	{
		struct sspi_token token = { NULL, 0 };
		assert_true(sspi_pair_open(&pair, &setups[i]));
		for (int j = 0; j < 2; j++)
			(void)in_thread(step_and_end, &token);
		assert_true(token.len > 0);
		/* The rest in this thread. */
		struct sspi_end* end = &pair.client;
		for (int j = 0; j < 6 && token.len > 0; j++)
		{
			struct sspi_token out = { NULL, 0 };
			assert_true(sspi_end_step(end, &token, &out) >= 0);
			sspi_token_free(&token);
			token = out;
			end = end == &pair.client ? &pair.server : &pair.client;
		}
		assert_int_equal(pair.client.phase, SSPI_FINAL);
		assert_int_equal(pair.server.phase, SSPI_FINAL);
		assert_null(sspi_pair_chat(&pair, 2));
		sspi_pair_close(&pair);
	}
	expect_next_exchange();
}

/* --- in a call ---------------------------------------------------------------------------------
 */

static const char* list_packages(void)
{
	SecPkgInfoA* infos = NULL;
	ULONG count = 0;
	return table_a()->EnumerateSecurityPackagesA(&count, &infos) == SEC_E_OK &&
	               table_a()->FreeContextBuffer(infos) == SEC_E_OK
	           ? NULL
	           : "not listed";
}

/* Asked to end before it begins, it ends where it is cancelled first: not in one of our calls. */
static void* do_all_and_end(void* opaque)
{
	const char** const done = opaque;
	*done = "it was ended in a call";
	(void)pthread_cancel(pthread_self());
	const struct sspi_setup setups[] = { setup_new(), ntlm_only() };
	const char* failed = list_packages();
	for (size_t i = 0; i < 2 && !failed; i++)
	{
		failed = sspi_pair_connect(&pair, &setups[i]) ? sspi_pair_chat(&pair, 1) : "not connected";
		sspi_pair_close(&pair);
	}
	*done = failed;
	pthread_testcancel();
	*done = "it was not ended at all";
	return NULL;
}

static void test_thread_is_cancelled_after_the_call(void** state)
{
	const char* done = NULL;
	(void)state;
	give_up_after(50);
	setenv("NEGOSSP_FRAMING", "what?", 1); /* there is something to log */
	for (unsigned wait = 0; wait < 2; wait++)
	{
		setenv("NEGOSSP_KERBEROS_WAIT", wait ? "20000" : "0", 1);
		assert_ptr_equal(in_thread(do_all_and_end, &done), PTHREAD_CANCELED);
		if (done)
			fail_msg("%s", done);
	}
	unsetenv("NEGOSSP_FRAMING");
	expect_next_exchange();
	give_up_after(0);
}

static void* wait_for_worker(void* opaque)
{
	struct sspi_token out = { NULL, 0 };
	(void)opaque;
	(void)sspi_end_step(&pair.client, NULL, &out);
	sspi_token_free(&out);
	pthread_testcancel();
	return NULL;
}

static void test_thread_is_cancelled_while_a_worker_works_for_it(void** state)
{
	const struct sspi_setup setup = setup_new();
	pthread_t thread;
	void* result = NULL;
	(void)state;
	give_up_after(50);
	fake.delay_ms = 100;
	assert_true(sspi_pair_open(&pair, &setup));
	const unsigned before = fake.calls;
	assert_int_equal(__real_pthread_create(&thread, NULL, wait_for_worker, NULL), 0);
	for (int i = 0; i < 20000 && !fake_winpr_has_been_called(before); i++)
		usleep(500);
	assert_int_equal(pthread_cancel(thread), 0);
	assert_int_equal(pthread_join(thread, &result), 0);
	assert_ptr_equal(result, PTHREAD_CANCELED);
	/* The call was carried out, and the context can be used on and deleted. */
	expect_status(pair.client.status, SEC_I_CONTINUE_NEEDED);
	assert_int_equal(pair.client.phase, SSPI_IN_PROGRESS);
	sspi_pair_close(&pair);
	fake.delay_ms = 0;
	wait_for_workers();
	expect_next_exchange();
	give_up_after(0);
}

/* --- processes ---------------------------------------------------------------------------------
 */

/* How a child ended that ran `run`: what that returned, or -1. */
static int in_child(int (*run)(void))
{
	int status = 0;
	const pid_t child = fork();
	if (child == 0)
	{
		give_up_after(20);
		exit(run()); /* with all that is to be done at the end of a process */
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

#ifndef __SANITIZE_THREAD__ /* a child of a process with threads cannot have any of its own there  \
                             */

static int ask_again(void);

/* Here and below without what is done at the end of a process: a sanitizer's look for leaks waits
 * for threads that the parent alone has, and finds what they held. */
static int ask_again_and_end(void)
{
	_exit(ask_again());
}

static int ask_again(void)
{
	const struct sspi_setup setup = ntlm_only();
	/* Nobody is there who would have answered the parent's question. */
	fake.kdc_delay_ms = 0;
	for (int i = 0; i < 5000 && !u2u_is_offered(KEYTAB); i++)
		usleep(1000);
	if (!u2u_is_offered(KEYTAB))
		return 1;
	if (worker_is_full(WORKER_KDC))
		return 2;
	return sspi_pair_connect(&pair, &setup) && !sspi_pair_chat(&pair, 1) ? 0 : 3;
}

static void test_child_asks_the_kdc_for_itself(void** state)
{
	(void)state;
	fake.minor = CARRIED ? 33 : 30;
	fake.kdc_delay_ms = 300;
	keytab_of(SERVICE);
	assert_false(u2u_is_offered(KEYTAB));
	assert_int_equal(in_child(ask_again_and_end), 0);
	wait_for_workers();
	assert_true(u2u_is_offered(KEYTAB));
	expect_next_exchange();
}

static _Atomic bool enough;

static void* look_at_workers(void* opaque)
{
	while (!enough)
		(void)worker_is_full(WORKER_KDC);
	return opaque;
}

static int look_once(void)
{
	_exit(worker_is_full(WORKER_KDC));
}

/* Whatever other threads of the parent are doing with the list of workers meanwhile. */
static void test_child_finds_no_lock_taken(void** state)
{
	pthread_t threads[2];
	int wrong = 0;
	(void)state;
	enough = false;
	for (int i = 0; i < 2; i++)
		assert_int_equal(__real_pthread_create(&threads[i], NULL, look_at_workers, NULL), 0);
	for (int i = 0; i < 40 && wrong == 0; i++)
		wrong = in_child(look_once);
	enough = true;
	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	assert_int_equal(wrong, 0);
}

#endif

static void work_on(void* argument)
{
	(void)argument;
	(void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
	(void)sleep(SLOW_S);
}

static int end_beside_a_worker(void)
{
	static const struct worker_kind kind = { .about = WORKER_KDC, .run = work_on };
	if (!worker_leave(&kind, NULL))
		return 1;
	/* The clock is set back while the process ends. */
	ahead = HOURS * 3600;
	return 0;
}

static void test_end_does_not_wait_for_a_clock_that_was_set_back(void** state)
{
	(void)state;
	assert_int_equal(in_child(end_beside_a_worker), 0);
}

static int fresh_registry(void** state)
{
	fake_registry_clear();
	return fresh(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_context_outlives_the_threads_that_made_it, fresh_registry),
		cmocka_unit_test_setup(test_thread_is_cancelled_after_the_call, fresh_registry),
		cmocka_unit_test_setup(test_thread_is_cancelled_while_a_worker_works_for_it,
		                       fresh_registry),
#ifndef __SANITIZE_THREAD__
		cmocka_unit_test_setup(test_child_asks_the_kdc_for_itself, fresh_registry),
		cmocka_unit_test_setup(test_child_finds_no_lock_taken, fresh_registry),
#endif
		cmocka_unit_test_setup(test_end_does_not_wait_for_a_clock_that_was_set_back,
		                       fresh_registry),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
