/* SPDX-License-Identifier: Apache-2.0
 *
 * What WinPR's log says of Kerberos while the story ends: a thread that waits in vain for a KDC
 * goes on to log. The lines come as WinPR would hand them over, but not through it, since what
 * races there is not looked at (tests/kerberos/winpr-races.supp).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include <winpr/wlog.h>

#include "ticket.h"

#define MANY 1000

static wLogCallbackMessage_t take;

BOOL __wrap_WLog_ConfigureAppender(wLogAppender* appender, const char* setting, void* value);
BOOL __wrap_WLog_ConfigureAppender(wLogAppender* appender, const char* setting, void* value)
{
	(void)appender;
	assert_string_equal(setting, "callbacks");
	take = ((const wLogCallbacks*)value)->message;
	return TRUE;
}

static BOOL log_line(DWORD level, const char* text)
{
	const wLogMessage message = { .Level = level, .TextString = text };
	return take(&message);
}

static struct story ended(void)
{
	struct story story = { .begun = { 0, 0 } };
	ticket_end(&story);
	assert_int_equal(story.outcome, EXIT_NO_TICKET);
	assert_non_null(story.remedy);
	return story;
}

static atomic_bool done;

/* NULL if all lines were taken. */
static void* log_many(void* opaque)
{
	BOOL taken = TRUE;
	for (int i = 0; i < MANY; i++)
		taken = log_line(WLOG_INFO, "Kerberos is not used: no ticket: see the log") && taken;
	taken =
	    log_line(WLOG_ERROR, "krb5_get_credentials (Clock skew too great [-1765328347])") && taken;
	for (int i = 0; i < MANY; i++)
		taken =
		    log_line(WLOG_ERROR, "krb5_get_init_creds (Password incorrect [-1765328353])") && taken;
	done = true;
	return taken ? NULL : opaque;
}

/* ThreadSanitizer says where a lock is missing. */
static void test_first_code_is_the_cause_while_others_come(void** state)
{
	static const char without[] = "Kerberos got no ticket: no ticket";
	static const char cause[] = "Kerberos got no ticket: the clocks of this machine and the KDC "
	                            "differ by too much";
	pthread_t thread;
	void* failed = NULL;
	bool odd = false;
	(void)state;
	assert_true(ticket_watch());
	assert_true(log_line(WLOG_INFO, "Kerberos is not used: no ticket: see the log"));
	assert_true(log_line(WLOG_ERROR, "no code here"));
	assert_string_equal(ended().cause, without);
	assert_int_equal(pthread_create(&thread, NULL, log_many, &failed), 0);
	while (!done)
	{
		const struct story story = ended();
		odd = odd || (strcmp(story.cause, cause) != 0 && strcmp(story.cause, without) != 0);
	}
	assert_int_equal(pthread_join(thread, &failed), 0);
	assert_null(failed);
	assert_false(odd);
	assert_string_equal(ended().cause, cause);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_code_is_the_cause_while_others_come),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
