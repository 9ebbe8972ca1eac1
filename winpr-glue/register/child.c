/* SPDX-License-Identifier: Apache-2.0
 *
 * Running foreign code in a process of its own; see child.h.
 */
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define SECONDS 20

static void child_work(int pipe, void (*work)(void* context), void* context, size_t size)
{
	const int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);

	(void)alarm(SECONDS);
	for (int i = 0; i <= STDERR_FILENO && nothing >= 0; i++)
		(void)dup2(nothing, i);
	work(context);
	const char* at = context;
	while (size > 0)
	{
		const ssize_t wrote = write(pipe, at, size);
		if (wrote <= 0)
			_exit(EXIT_FAILURE);
		at += wrote;
		size -= (size_t)wrote;
	}
	_exit(EXIT_SUCCESS);
}

static size_t child_read(int pipe, char* answer, size_t size)
{
	size_t got = 0;

	while (got < size)
	{
		const ssize_t part = read(pipe, answer + got, size - got);
		if (part < 0 && errno == EINTR)
			continue;
		if (part <= 0)
			break;
		got += (size_t)part;
	}
	return got;
}

bool child_run(void (*work)(void* context), void* context, size_t size)
{
	int ends[2];
	char* const answer = malloc(size);

	if (!answer || pipe2(ends, O_CLOEXEC) != 0)
	{
		free(answer);
		return false;
	}
	const pid_t child = fork();
	if (child == 0)
		child_work(ends[1], work, context, size);
	(void)close(ends[1]);
	const bool whole = child > 0 && child_read(ends[0], answer, size) == size;
	(void)close(ends[0]);
	int status = -1;
	while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
		continue;
	const bool done = whole && status == 0;
	if (done)
		memcpy(context, answer, size);
	free(answer);
	return done;
}
