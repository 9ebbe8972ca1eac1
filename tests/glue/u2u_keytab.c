/* SPDX-License-Identifier: Apache-2.0 */
#include "u2u_keytab.h"

#include <sys/stat.h>
#include <unistd.h>

#include "expect.h"
#include "fake_winpr.h"
#include "kerberos/u2u.h"

void keytab_of(const char* principals)
{
	static unsigned version = 1000;
	fake.principals = principals;
	fake.key_version = ++version;
}

void wait_for_workers(void)
{
	for (int i = 0; i < 20000; i++)
	{
		struct stat tasks;
		assert_int_equal(stat("/proc/self/task", &tasks), 0);
		if (tasks.st_nlink <= 3) /* "." and ".." and one */
			return;
		usleep(500);
	}
	fail_msg("a worker does not come to its end");
}

bool offered_in_the_end(void)
{
	assert_false(u2u_is_offered(KEYTAB));
	wait_for_workers();
	return u2u_is_offered(KEYTAB);
}
