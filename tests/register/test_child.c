/* SPDX-License-Identifier: Apache-2.0
 *
 * Foreign code in a process of its own: what comes back of it, however it ends.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "child.h"

struct task
{
	int signal; /* with which it ends, or 0 */
	int code;   /* likewise, or EXIT_SUCCESS */
	int answer;
	uid_t user;
	pid_t process;
	char room[4 << 20];
};

static struct task task;

static void work(void* context)
{
	struct task* const mine = context;

	mine->answer++;
	mine->user = geteuid();
	mine->process = getpid();
	if (mine->signal)
		(void)raise(mine->signal);
	if (mine->code != EXIT_SUCCESS)
		_exit(mine->code);
}

static void task_set(int signal, int code)
{
	task.signal = signal;
	task.code = code;
	task.answer = 41;
}

/* The parent's waiting is over at once (the linker's --wrap). */
static bool is_over;
int __real_poll(struct pollfd* files, nfds_t count, int milliseconds);
int __wrap_poll(struct pollfd* files, nfds_t count, int milliseconds);
int __wrap_poll(struct pollfd* files, nfds_t count, int milliseconds)
{
	return is_over ? 0 : __real_poll(files, count, milliseconds);
}

/* Its own alarm is none while it is stopped, which whoever else is nobody can do. */
static void test_child_that_is_stopped_is_not_waited_for(void** state)
{
	(void)state;
	task_set(SIGSTOP, EXIT_SUCCESS);
	is_over = true;
	assert_int_equal(child_run(work, &task, sizeof(task)), CHILD_LOST);
	is_over = false;
}

static void test_what_the_child_left_is_had_when_it_is_done(void** state)
{
	(void)state;
	task_set(0, EXIT_SUCCESS);
	assert_int_equal(child_run(work, &task, sizeof(task)), CHILD_DONE);
	assert_int_equal(task.answer, 42);
	assert_int_not_equal(task.process, getpid());
	assert_int_not_equal(task.user, 0);
}

static void test_a_child_that_ends_early_changes_nothing(void** state)
{
	static const struct
	{
		int signal, code;
		enum child_end end;
	} rows[] = { { 0, EXIT_FAILURE, CHILD_GAVE_UP },
		         { 0, EXIT_FAILURE + 1, CHILD_LOST },
		         { SIGKILL, 0, CHILD_LOST } };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
	{
		task_set(rows[i].signal, rows[i].code);
		assert_int_equal(child_run(work, &task, sizeof(task)), rows[i].end);
		assert_int_equal(task.answer, 41);
	}
}

/* Pages. */
static unsigned long address_space(void)
{
	unsigned long pages = 0;
	FILE* const file = fopen("/proc/self/statm", "r");

	assert_non_null(file);
	assert_int_equal(fscanf(file, "%lu", &pages), 1);
	assert_int_equal(fclose(file), 0);
	return pages;
}

static void test_what_was_shared_with_the_child_is_given_back(void** state)
{
	const unsigned long before = address_space();

	(void)state;
	for (int i = 0; i < 16; i++)
	{
		task_set(0, i % 2);
		assert_int_equal(child_run(work, &task, sizeof(task)), i % 2 ? CHILD_GAVE_UP : CHILD_DONE);
	}
	assert_true(address_space() < before + 4 * sizeof(task) / (unsigned long)sysconf(_SC_PAGESIZE));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_child_that_is_stopped_is_not_waited_for),
		cmocka_unit_test(test_what_the_child_left_is_had_when_it_is_done),
		cmocka_unit_test(test_a_child_that_ends_early_changes_nothing),
		cmocka_unit_test(test_what_was_shared_with_the_child_is_given_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
