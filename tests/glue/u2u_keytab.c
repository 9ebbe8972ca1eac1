/* SPDX-License-Identifier: Apache-2.0 */
#include "u2u_keytab.h"

#include <pthread.h>
#include <stdlib.h>
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

/* --- workers that run (the linker's --wrap) --------------------------------------------------- */

struct worker
{
	void* (*run)(void* argument);
	void* argument;
};

static _Atomic unsigned workers;

int __real_pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*run)(void*),
                          void* argument);
int __wrap_pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*run)(void*),
                          void* argument);

static void* worker_run(void* opaque)
{
	const struct worker worker = *(struct worker*)opaque;
	free(opaque);
	void* const result = worker.run(worker.argument);
	workers--;
	return result;
}

int __wrap_pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*run)(void*),
                          void* argument)
{
	struct worker* const worker = malloc(sizeof(*worker));
	if (!worker)
		return -1;
	*worker = (struct worker){ run, argument };
	workers++;
	const int error = __real_pthread_create(thread, attributes, worker_run, worker);
	if (error)
	{
		workers--;
		free(worker);
	}
	return error;
}

void wait_for_workers(void)
{
	for (int i = 0; i < 20000 && workers > 0; i++)
		usleep(500);
	assert_int_equal(workers, 0);
}

bool offered_in_the_end(void)
{
	assert_false(u2u_is_offered(KEYTAB));
	wait_for_workers();
	return u2u_is_offered(KEYTAB);
}
