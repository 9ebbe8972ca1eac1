/* SPDX-License-Identifier: Apache-2.0
 *
 * All of it may be a password, so all of it is kept in memory that is wiped, and read past stdio's
 * buffers, which are not.
 */
#include "input.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define PASSWORD_MOST 4096u /* bytes of what it stands in */
#define PASSWORD_VARIABLE "NEGOSSP_PROBE_PASSWORD"

static const char no_memory[] = "there is not enough memory";

void input_complain(const char* name, const char* problem)
{
	(void)fprintf(stderr, "negossp-probe: %s: %s\n", name, problem);
}

/* Until the end, or one byte more than there may be. */
static const char* descriptor_read(int descriptor, size_t limit, struct secret* content)
{
	size_t used = 0;

	if (secret_alloc(content, limit + 1) != RESULT_OK)
		return no_memory;
	while (used <= limit)
	{
		const ssize_t got = read(descriptor, content->data + used, limit + 1 - used);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return strerror(errno);
		if (got == 0)
			break;
		used += (size_t)got;
	}
	if (used > limit)
		return "it is too long";
	content->len = used;
	return NULL;
}

const char* input_file(const char* name, size_t limit, struct secret* content)
{
	const bool standard = strcmp(name, "-") == 0;
	const int descriptor = standard ? STDIN_FILENO : open(name, O_RDONLY | O_CLOEXEC);

	if (descriptor < 0)
		return strerror(errno);
	const char* const problem = descriptor_read(descriptor, limit, content);
	if (!standard)
		(void)close(descriptor);
	return problem;
}

/* --- the terminal ----------------------------------------------------------------------------- */

static volatile sig_atomic_t interrupted; /* the signal's number */

static void on_signal(int number)
{
	interrupted = number;
}

static const int ending[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP };
#define ENDING_COUNT (sizeof(ending) / sizeof(ending[0]))

struct signals
{
	sigset_t mask; /* as it was, like the others */
	struct sigaction actions[ENDING_COUNT];
};

/* They are let through in line_wait() alone, so that none is missed in front of it. */
static void signals_catch(struct signals* kept)
{
	const struct sigaction own = { .sa_handler = on_signal };
	sigset_t blocked;

	interrupted = 0;
	(void)sigemptyset(&blocked);
	for (size_t i = 0; i < ENDING_COUNT; i++)
		(void)sigaddset(&blocked, ending[i]);
	(void)sigprocmask(SIG_BLOCK, &blocked, &kept->mask);
	for (size_t i = 0; i < ENDING_COUNT; i++)
		(void)sigaction(ending[i], &own, &kept->actions[i]);
}

/* And what came in between is done now. */
static void signals_leave(const struct signals* kept)
{
	for (size_t i = 0; i < ENDING_COUNT; i++)
		(void)sigaction(ending[i], &kept->actions[i], NULL);
	(void)sigprocmask(SIG_SETMASK, &kept->mask, NULL);
	if (interrupted)
		(void)raise(interrupted);
}

static bool line_wait(int terminal, const struct signals* kept)
{
	struct pollfd poll_on = { .fd = terminal, .events = POLLIN };

	return ppoll(&poll_on, 1, NULL, &kept->mask) > 0;
}

static const char* line_read(int terminal, const struct signals* kept, struct secret* content)
{
	static const char prompt[] = "Password: ";

	if (secret_alloc(content, PASSWORD_MOST) != RESULT_OK)
		return no_memory;
	if (write(terminal, prompt, sizeof(prompt) - 1) < 0 || !line_wait(terminal, kept))
		return strerror(errno);
	const ssize_t got = read(terminal, content->data, content->len);
	content->len = got > 0 ? (size_t)got : 0;
	return got < 0 ? strerror(errno) : NULL;
}

/* One line that is not shown. Whatever ends it, the terminal is left as it was. */
static const char* terminal_read(struct secret* content)
{
	struct termios shown;
	struct termios hidden;
	struct signals kept;
	const int terminal = open("/dev/tty", O_RDWR | O_CLOEXEC);

	if (terminal < 0 || tcgetattr(terminal, &shown) != 0)
	{
		if (terminal >= 0)
			(void)close(terminal);
		return "there is no terminal to ask at; use --password-file or " PASSWORD_VARIABLE;
	}
	hidden = shown;
	hidden.c_lflag &= ~(tcflag_t)ECHO;
	signals_catch(&kept);
	const char* const problem = tcsetattr(terminal, TCSAFLUSH, &hidden) == 0
	                                ? line_read(terminal, &kept, content)
	                                : strerror(errno);
	(void)tcsetattr(terminal, TCSAFLUSH, &shown);
	(void)!write(terminal, "\n", 1);
	(void)close(terminal);
	signals_leave(&kept);
	return problem;
}

const char* input_password(const char* file, bool ask, struct secret* content,
                           struct bytes* password)
{
	const char* const variable = file ? NULL : secure_getenv(PASSWORD_VARIABLE);
	const char* problem = NULL;

	if (file)
		problem = input_file(file, PASSWORD_MOST, content);
	else if (!variable && ask)
		problem = terminal_read(content);
	else if (variable && secret_set(content, bytes_make((const uint8_t*)variable,
	                                                    strlen(variable))) != RESULT_OK)
		problem = no_memory;
	size_t len = 0;
	while (!problem && len < content->len && content->data[len] != '\n' &&
	       content->data[len] != '\r')
		len++;
	*password = bytes_make(content->data, len);
	return problem;
}
