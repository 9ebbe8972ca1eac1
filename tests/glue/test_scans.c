/* SPDX-License-Identifier: Apache-2.0
 *
 * Clients that name no user: whoever scans a network. One line a second at WARN, all of them at
 * DEBUG; whoever names a user has a line each time, for others count on it (fail2ban).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <time.h>

#include "log/log.h"
#include "log_capture.h"

#define SECOND_MS 1000
#define THREADS 4
#define MANY 50

static const struct negossp_report scan = { .role = MECH_ACCEPTOR, .result = RESULT_MALFORMED };

static int64_t now_ms;
int __wrap_clock_gettime(clockid_t clock, struct timespec* now);

int __wrap_clock_gettime(clockid_t clock, struct timespec* now)
{
	(void)clock;
	*now = (struct timespec){ .tv_sec = (time_t)(now_ms / SECOND_MS),
		                      .tv_nsec = (long)(now_ms % SECOND_MS) * 1000000L };
	return 0;
}

/* The dearest part of a line. */
static _Atomic unsigned names_escaped;
void __wrap_utf16_escape(struct bytes utf16, char* text, size_t size);

void __wrap_utf16_escape(struct bytes utf16, char* text, size_t size)
{
	(void)utf16;
	(void)size;
	names_escaped++;
	*text = '\0';
}

/* Each test begins where nothing was said for a while, and nothing is left to be counted. */
static int begin(void** state)
{
	(void)state;
	now_ms += 60 * (int64_t)SECOND_MS;
	log_exchange(&scan, LOG_FAILED, SEC_E_INVALID_TOKEN);
	now_ms += 60 * (int64_t)SECOND_MS;
	log_capture_clear();
	return 0;
}

static void end(struct negossp_report report, enum log_ending ending)
{
	log_exchange(&report, ending, ending == LOG_COMPLETE ? SEC_E_OK : SEC_E_INVALID_TOKEN);
}

static void test_one_a_second_is_told(void** state)
{
	(void)state;
	for (int i = 0; i < MANY; i++)
		end(scan, i % 2 ? LOG_FAILED : LOG_ABANDONED);
	assert_int_equal(log_capture_count(WLOG_WARN, "exchange=", NULL), 1);
	assert_int_equal(log_capture_count(WLOG_WARN, "untold=", NULL), 0);
	assert_int_equal(log_capture_count(WLOG_DEBUG, "exchange=", NULL), MANY);
	now_ms += SECOND_MS - 1;
	end(scan, LOG_FAILED);
	assert_int_equal(log_capture_count(WLOG_WARN, "exchange=", NULL), 1);
	now_ms += 1;
	end(scan, LOG_FAILED);
	assert_int_equal(log_capture_count(WLOG_WARN, "exchange=", NULL), 2);
	assert_int_equal(log_capture_count(WLOG_WARN, " untold=50 reason=", NULL), 1);
	now_ms += SECOND_MS;
	end(scan, LOG_FAILED);
	assert_int_equal(log_capture_count(WLOG_WARN, "exchange=", NULL), 3);
	assert_int_equal(log_capture_count(WLOG_DEBUG, "untold=", NULL), 1);
}

static void test_whoever_names_a_user_is_told_each_time(void** state)
{
	struct negossp_report named = scan;
	struct negossp_report initiator = scan;
	(void)state;
	named.mech.user = BYTES_LITERAL("u\0");
	initiator.role = MECH_INITIATOR;
	for (int i = 0; i < MANY; i++)
	{
		end(named, LOG_FAILED);
		end(named, LOG_ABANDONED);
		end(initiator, LOG_FAILED);
		end(scan, LOG_COMPLETE);
	}
	assert_int_equal(log_capture_count(WLOG_WARN, "exchange=", NULL), 3 * MANY);
	assert_int_equal(log_capture_count(WLOG_INFO, "exchange=complete", NULL), MANY);
	/* They take no scan's place. */
	end(scan, LOG_FAILED);
	assert_int_equal(log_capture_count(WLOG_WARN, "exchange=", NULL), 3 * MANY + 1);
	assert_int_equal(log_capture_count(WLOG_DEBUG, "untold=", NULL), 0);
}

static void test_debug_that_nobody_reads_is_not_made(void** state)
{
	wLog* const log = WLog_Get("com.winpr.sspi.negossp");
	const DWORD before = WLog_GetLogLevel(log);
	(void)state;
	assert_true(WLog_SetLogLevel(log, WLOG_INFO));
	end(scan, LOG_FAILED);
	names_escaped = 0;
	for (int i = 0; i < MANY; i++)
		end(scan, LOG_FAILED);
	assert_true(WLog_SetLogLevel(log, before));
	assert_int_equal(names_escaped, 0);
	assert_int_equal(log_capture_count(WLOG_DEBUG, "exchange=", NULL), 1);
}

static void* scan_many(void* opaque)
{
	for (int i = 0; i < MANY; i++)
		end(scan, LOG_FAILED);
	return opaque;
}

/* ThreadSanitizer says where a lock is missing. */
static void test_threads_share_the_second(void** state)
{
	pthread_t threads[THREADS];
	(void)state;
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, scan_many, NULL), 0);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	assert_int_equal(log_capture_count(WLOG_WARN, "exchange=", NULL), 1);
	now_ms += SECOND_MS;
	end(scan, LOG_FAILED);
	assert_int_equal(log_capture_count(WLOG_WARN, " untold=199 ", NULL), 1);
}

static int start(void** state)
{
	(void)state;
	log_capture_start(false);
	log_capture_levels(true);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_one_a_second_is_told, begin),
		cmocka_unit_test_setup(test_whoever_names_a_user_is_told_each_time, begin),
		cmocka_unit_test_setup(test_debug_that_nobody_reads_is_not_made, begin),
		cmocka_unit_test_setup(test_threads_share_the_second, begin),
	};
	return cmocka_run_group_tests(tests, start, NULL);
}
