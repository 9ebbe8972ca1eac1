/* SPDX-License-Identifier: Apache-2.0
 *
 * Where user-to-user is offered: the question to a scripted KDC about a scripted keytab, and how
 * long its answer holds. With a real one: tests/kerberos.
 */
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "host/worker.h"
#include "kerberos/u2u.h"
#include "kerberos_pair.h"
#include "u2u_keytab.h"

#define COMPUTER "server.example$@REALM.EXAMPLE"

/* Of CLOCK_MONOTONIC as the module sees it. */
int __real_clock_gettime(clockid_t clock, struct timespec* now);
int __wrap_clock_gettime(clockid_t clock, struct timespec* now);

int __wrap_clock_gettime(clockid_t clock, struct timespec* now)
{
	const int rc = __real_clock_gettime(clock, now);
	if (clock == CLOCK_MONOTONIC)
	{
		now->tv_sec += (time_t)(fake.clock_ahead_ms / 1000);
		now->tv_nsec += (long)(fake.clock_ahead_ms % 1000) * 1000000L;
		now->tv_sec += now->tv_nsec / 1000000000L;
		now->tv_nsec %= 1000000000L;
	}
	return rc;
}

/* --- where it is offered ---------------------------------------------------------------------- */

static void test_offered_where_the_kdc_has_a_ticket_for_whom_winpr_answers_as(void** state)
{
	static const struct
	{
		int minor;
		const char* principals;
		const char* refused; /* by the KDC */
		const char* asked;
		bool offered;
	} rows[] = {
		/* up to 3.12 it ends the process, from 3.15 on it answers as the computer, from 3.17 on as
		 * both */
		{ 10, SERVICE, NULL, "", false },
		{ 12, SERVICE " " COMPUTER, NULL, "", false },
		{ 13, SERVICE, NULL, SERVICE, true },
		{ 14, SERVICE " " COMPUTER, SERVICE, SERVICE, false },
		{ 15, SERVICE, NULL, "", false },
		{ 15, SERVICE " " COMPUTER, NULL, COMPUTER, true },
		{ 16, SERVICE " " COMPUTER, COMPUTER, COMPUTER, false },
		{ 17, SERVICE, NULL, SERVICE, true },
		{ 17, SERVICE " " COMPUTER, SERVICE, SERVICE " " COMPUTER, true },
		{ 17, SERVICE, SERVICE, SERVICE, false },
		/* Active Directory's, whose SPNs get no tickets of their own: by its short name alone the
		 * computer would be found, and not by the other. */
		{ 33, "host/pc@R host/pc.r@R pc$@R", "host/pc@R", "pc$@R", false },
		{ 33, "host/pc@R pc$@R", NULL, "pc$@R", true },
		/* each host once, in its own realm, whatever its services are */
		{ 33, "TERMSRV/a@R TERMSRV/a@R host/a@R TERMSRV/b@R", NULL, "TERMSRV/a@R TERMSRV/b@R",
		  true },
		{ 33, "TERMSRV/a@R TERMSRV/b@R TERMSRV/c@R", "TERMSRV/b@R", "TERMSRV/a@R TERMSRV/b@R",
		  false },
		{ 33, "TERMSRV/a@R TERMSRV/a@S", "TERMSRV/a@S", "TERMSRV/a@R TERMSRV/a@S", false },
		{ 33, "TERMSRV/a@R a$@S", "TERMSRV/a@R", "TERMSRV/a@R", false },
		/* nobody asks for others */
		{ 33, "HTTP/server.example@R user@R server.example$@R", NULL, "", false },
		{ 33, "", NULL, "", false },
		{ 33, NULL, NULL, "", false },
		{ 33, "host/1@R host/2@R host/3@R host/4@R host/5@R host/6@R host/7@R host/8@R host/9@R",
		  NULL, "", false },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
	{
		fresh(NULL);
		fake.minor = rows[i].minor;
		fake.refused = rows[i].refused;
		keytab_of(rows[i].principals);
		if (offered_in_the_end() != rows[i].offered || strcmp(fake.asked_kdc, rows[i].asked) != 0)
			fail_msg("row %zu: offered %d, asked for \"%s\"", i, !rows[i].offered, fake.asked_kdc);
	}
}

/* An answer holds for ten minutes, and for one state of the keytab. */
static void test_answer_is_kept_for_ten_minutes_and_one_keytab(void** state)
{
	(void)state;
	fake.minor = 33;
	keytab_of(SERVICE);
	assert_true(offered_in_the_end());
	assert_int_equal(fake.kdc_asked, 1);
	fake.clock_ahead_ms += 599000;
	assert_true(u2u_is_offered(KEYTAB));
	wait_for_workers();
	assert_int_equal(fake.kdc_asked, 1);
	/* What is too old is not known. */
	fake.clock_ahead_ms += 2000;
	fake.refused = SERVICE;
	assert_false(offered_in_the_end());
	assert_int_equal(fake.kdc_asked, 2);
	/* A no holds as long. */
	fake.refused = NULL;
	fake.clock_ahead_ms += 599000;
	assert_false(u2u_is_offered(KEYTAB));
	wait_for_workers();
	assert_int_equal(fake.kdc_asked, 2);
	fake.clock_ahead_ms += 2000;
	assert_true(offered_in_the_end());
	assert_int_equal(fake.kdc_asked, 3);
	/* Another key, another question. */
	const unsigned old = fake.key_version;
	keytab_of(SERVICE);
	assert_true(offered_in_the_end());
	assert_int_equal(fake.kdc_asked, 4);
	/* The old keytab's answer is still there. */
	fake.key_version = old;
	assert_true(u2u_is_offered(KEYTAB));
	assert_int_equal(fake.kdc_asked, 4);
	/* Of four states answers are kept, and an old one makes room. */
	for (int i = 0; i < 4; i++)
	{
		keytab_of(SERVICE);
		assert_true(offered_in_the_end());
	}
	fake.key_version = old;
	assert_true(offered_in_the_end());
	assert_int_equal(fake.kdc_asked, 9);
}

static void test_kdc_that_takes_longer_than_two_seconds_counts_for_nothing(void** state)
{
	(void)state;
	fake.minor = 33;
	fake.kdc_takes_ms = 1999;
	keytab_of(SERVICE);
	assert_true(offered_in_the_end());
	fake.kdc_takes_ms = 2002;
	keytab_of(SERVICE);
	assert_false(offered_in_the_end());
	assert_int_equal(log_capture_count(WLOG_INFO, "did not answer within two seconds", NULL), 1);
	/* All of them together. */
	fake.kdc_takes_ms = 1100;
	keytab_of("TERMSRV/a@R TERMSRV/b@R TERMSRV/c@R");
	assert_false(offered_in_the_end());
	assert_int_equal(fake.kdc_asked, 4);
}

static _Atomic bool let_go;

static void work_until_let_go(void* argument)
{
	(void)argument;
	while (!let_go)
		usleep(1000);
}

/* Neither beside another question nor beside eight that were given up on. */
static void test_questions_are_few(void** state)
{
	(void)state;
	fake.minor = 33;
	fake.kdc_delay_ms = 100;
	keytab_of(SERVICE);
	assert_false(u2u_is_offered(KEYTAB));
	for (int i = 0; i < 5; i++)
		assert_false(u2u_is_offered(KEYTAB));
	const unsigned first = fake.key_version;
	keytab_of(SERVICE);
	assert_false(u2u_is_offered(KEYTAB));
	wait_for_workers();
	assert_int_equal(fake.kdc_asked, 1);
	fake.key_version = first;
	assert_true(u2u_is_offered(KEYTAB));
	/* Its turn comes. */
	fake.kdc_delay_ms = 0;
	fake.key_version++;
	assert_true(offered_in_the_end());

	let_go = false;
	static const struct worker_kind kind = { .about = WORKER_KDC, .run = work_until_let_go };
	for (int i = 0; i < WORKERS_LEFT; i++)
		assert_true(worker_leave(&kind, NULL));
	keytab_of(SERVICE);
	for (int i = 0; i < 20; i++)
	{
		assert_false(u2u_is_offered(KEYTAB));
		usleep(2000);
	}
	assert_int_equal(fake.kdc_asked, 2);
	let_go = true;
	wait_for_workers();
	assert_true(offered_in_the_end());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_offered_where_the_kdc_has_a_ticket_for_whom_winpr_answers_as),
		cmocka_unit_test_setup(test_answer_is_kept_for_ten_minutes_and_one_keytab, fresh),
		cmocka_unit_test_setup(test_kdc_that_takes_longer_than_two_seconds_counts_for_nothing,
		                       fresh),
		cmocka_unit_test_setup(test_questions_are_few, fresh),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
