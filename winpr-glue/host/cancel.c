/* SPDX-License-Identifier: Apache-2.0
 *
 * The thread's own switch.
 */
#include "host/cancel.h"

#include <pthread.h>

int cancel_hold(void)
{
	int before = PTHREAD_CANCEL_ENABLE;

	(void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before);
	return before;
}

void cancel_allow(int before)
{
	(void)pthread_setcancelstate(before, &before);
}
