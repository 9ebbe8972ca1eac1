/* SPDX-License-Identifier: Apache-2.0
 *
 * The list of what was said.
 */
#include "log/once.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#define ONCE_MAX 32
#define ONCE_SIZE 128

bool log_first_time(const char* subject, const char* text)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	static char said[ONCE_MAX][ONCE_SIZE];
	char now[ONCE_SIZE];
	bool first = false;

	(void)snprintf(now, sizeof(now), "%s=%s", subject, text);
	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < ONCE_MAX && strcmp(said[i], now) != 0; i++)
	{
		if (said[i][0] != '\0')
			continue;
		(void)snprintf(said[i], sizeof(said[i]), "%s", now);
		first = true;
		break;
	}
	pthread_mutex_unlock(&lock);
	return first;
}
