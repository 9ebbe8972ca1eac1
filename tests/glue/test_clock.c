/* SPDX-License-Identifier: Apache-2.0
 *
 * The clock is set, hours and years forward and back, before each call of a logon: it completes all
 * the same, by NTLM bare and with four legs and by Kerberos, and each end's line says how far the
 * other's clock was off.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kerberos_pair.h"

#define HOUR ((time_t)3600)
#define YEAR (365 * 24 * HOUR)
#define RUNS_MIN 100u /* no test may pass by trying nothing */

/* The time as the glue and the module see it (the linker's --wrap): seconds ahead of the kernel's.
 */
static time_t ahead;
int __real_clock_gettime(clockid_t clock, struct timespec* now);
int __wrap_clock_gettime(clockid_t clock, struct timespec* now);
int __wrap_clock_gettime(clockid_t clock, struct timespec* now)
{
	const int rc = __real_clock_gettime(clock, now);
	if (clock == CLOCK_REALTIME)
		now->tv_sec += ahead;
	return rc;
}

time_t __real_time(time_t* to);
time_t __wrap_time(time_t* to);
time_t __wrap_time(time_t* to)
{
	const time_t now = __real_time(NULL) + ahead;
	if (to)
		*to = now;
	return now;
}

/* Before which call it is set, counted from that which acquires the server's credentials. */
static unsigned at;
static time_t by;

static void count_call(unsigned call)
{
	if (call == at)
		ahead = by;
}

static void on_the_way(unsigned leg, struct sspi_token* token, void* argument)
{
	(void)token;
	(void)argument;
	count_call(leg + 1);
}

static void log_on(struct sspi_setup setup)
{
	ahead = 0;
	setup.tamper = on_the_way;
	pair = (struct sspi_pair){ .setup = setup };
	expect_status(sspi_end_acquire(&pair.client, &pair.setup, false), SEC_E_OK);
	count_call(0);
	expect_status(sspi_end_acquire(&pair.server, &pair.setup, true), SEC_E_OK);
	count_call(1);
	assert_true(sspi_pair_run(&pair));
	count_call(6);
	assert_null(sspi_pair_chat(&pair, 2));
	sspi_pair_close(&pair);
	ahead = 0;
}

static void test_clock_is_set_before_each_call(void** state)
{
	static const time_t sets[] = { HOUR, -HOUR, 30 * HOUR, -30 * HOUR, 8 * YEAR, -40 * YEAR };
	struct sspi_setup setups[3] = { setup_new(), setup_new(), setup_new() };
	unsigned runs = 0;
	(void)state;
	setups[1].package_list = "!kerberos";
	setups[2].client_package = "NTLM";
	for (size_t i = 0; i < 3; i++)
		for (size_t j = 0; j < sizeof(sets) / sizeof(sets[0]); j++)
			for (at = 0; at <= 6; at++, runs++)
			{
				by = sets[j];
				log_on(setups[i]);
			}
	print_message("%u logons with a clock that was set meanwhile\n", runs);
	assert_true(runs >= RUNS_MIN);
	expect_all_freed();
}

/* The client's clock is set before it reads CHALLENGE, which has the server's time: its line says
 * so. */
static void test_difference_is_told(void** state)
{
	struct sspi_setup setup = setup_new();
	(void)state;
	setup.client_package = "NTLM";
	at = 3;
	by = 5 * HOUR;
	log_capture_clear();
	log_on(setup);
	/* 18,000 seconds, or, on a slow machine, one or two more or less. */
	assert_true(log_capture_find(WLOG_INFO, "role=initiator", "clock=-180") ||
	            log_capture_find(WLOG_INFO, "role=initiator", "clock=-179"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_clock_is_set_before_each_call, fresh),
		cmocka_unit_test_setup(test_difference_is_told, fresh),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
