/* SPDX-License-Identifier: Apache-2.0
 *
 * The second, and the count.
 */
#include "log/scans.h"

#include <pthread.h>
#include <stdint.h>
#include <time.h>

#define SECOND_NS INT64_C(1000000000)

bool scans_tell(unsigned* untold)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	static int64_t next; /* when one may be told again */
	static unsigned count;
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	const int64_t ns = now.tv_sec * SECOND_NS + now.tv_nsec;
	pthread_mutex_lock(&lock);
	const bool may = ns >= next;
	*untold = count;
	count = may ? 0 : count + 1;
	if (may)
		next = ns + SECOND_NS;
	pthread_mutex_unlock(&lock);
	return may;
}
