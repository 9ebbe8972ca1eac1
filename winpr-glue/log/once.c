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

/* Whether that is this pair, as far as there was room for it. */
static bool once_is(const char said[ONCE_SIZE], const char* subject, const char* text)
{
	const size_t len = strlen(subject);

	return strncmp(said, subject, len) == 0 && said[len] == '=' &&
	       strncmp(said + len + 1, text, ONCE_SIZE - len - 2) == 0;
}

bool log_first_time(const char* subject, const char* text)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	static char said[ONCE_MAX][ONCE_SIZE];
	bool first = false;

	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < ONCE_MAX && !once_is(said[i], subject, text); i++)
	{
		if (said[i][0] != '\0')
			continue;
		(void)snprintf(said[i], sizeof(said[i]), "%s=%s", subject, text);
		first = true;
		break;
	}
	pthread_mutex_unlock(&lock);
	return first;
}
