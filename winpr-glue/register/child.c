/* SPDX-License-Identifier: Apache-2.0
 *
 * The child works on memory that it shares with its parent.
 */
#include "child.h"

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define SECONDS 20
#define NOBODY 65534

static void child_work(void (*work)(void* context), void* context)
{
	const int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (geteuid() == 0 && (setgroups(0, NULL) != 0 || setgid(NOBODY) != 0 || setuid(NOBODY) != 0))
		abort();
	(void)alarm(SECONDS);
	for (int i = 0; i <= STDERR_FILENO && nothing >= 0; i++)
		(void)dup2(nothing, i);
	work(context);
	_exit(EXIT_SUCCESS);
}

/* Its end, for which nobody waits longer than its own alarm takes, a bit apart: who has the same
 * rights as nobody can have stopped it. */
static int child_wait(pid_t child)
{
	const int end = (int)syscall(SYS_pidfd_open, child, 0); /* Linux 5.3 */
	struct pollfd ended = { .fd = end, .events = POLLIN };
	int status = -1;

	if (end >= 0 && poll(&ended, 1, (SECONDS + 2) * 1000) == 0)
		(void)kill(child, SIGKILL);
	if (end >= 0)
		(void)close(end);
	(void)waitpid(child, &status, 0);
	return status;
}

enum child_end child_run(void (*work)(void* context), void* context, size_t size)
{
	void* const shared =
	    mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int status = -1;

	if (shared == MAP_FAILED)
		return CHILD_LOST;
	memcpy(shared, context, size);
	const pid_t child = fork();
	if (child == 0)
		child_work(work, shared);
	if (child > 0)
		status = child_wait(child);
	if (status == 0)
		memcpy(context, shared, size);
	(void)munmap(shared, size);
	if (status == 0)
		return CHILD_DONE;
	return WIFEXITED(status) && WEXITSTATUS(status) == EXIT_FAILURE ? CHILD_GAVE_UP : CHILD_LOST;
}
