/* SPDX-License-Identifier: Apache-2.0
 *
 * The terminal is as it was before again, whichever way the reading ends: a signal waits until
 * then.
 */
#include "password.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define PASSWORD_MAX 1024u /* bytes; with more a terminal cuts off what it hands over */

static const int ending_signals[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP };
#define ENDING_SIGNALS (sizeof(ending_signals) / sizeof(ending_signals[0]))

static volatile sig_atomic_t came;

static void remember_signal(int signal_number)
{
	came = signal_number;
}

static const char* const interrupted = "it was interrupted";

/* One byte; 0 at the end of the input, -1 and errno, EINTR when a signal came. `during`: what may
 * come while it waits. */
static ssize_t read_byte(char* byte, const sigset_t* during)
{
	struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };

	for (;;)
	{
		if (ppoll(&input, 1, NULL, during) < 0)
		{
			if (errno == EINTR && !came)
				continue;
			return -1;
		}
		const ssize_t got = read(STDIN_FILENO, byte, 1);
		if (got >= 0 || errno != EINTR)
			return got;
	}
}

/* A line, byte by byte: what stands behind it is another reader's. */
static const char* read_line(const sigset_t* during, struct secret* line)
{
	size_t len = 0;
	char byte = '\0';
	ssize_t got;

	if (secret_alloc(line, PASSWORD_MAX) != RESULT_OK)
		return strerror(ENOMEM);
	while ((got = read_byte(&byte, during)) == 1 && byte != '\n' && len < PASSWORD_MAX)
		line->data[len++] = (uint8_t)byte;
	const bool too_long = got == 1 && byte != '\n';
	secret_wipe(&byte, 1);
	if (got < 0)
		return errno == EINTR ? interrupted : strerror(errno);
	if (too_long)
		return "it is longer than 1024 bytes";
	if (len > 0 && line->data[len - 1] == '\r')
		line->data[--len] = 0;
	line->len = len; /* what is behind is zeros */
	if (len == 0)
		return "it is empty";
	return memchr(line->data, 0, len) ? "there is a NUL in it" : NULL;
}

static void say(const char* text)
{
	(void)fputs(text, stderr);
	(void)fflush(stderr);
}

static const char* ask_twice(const char* user, const sigset_t* during, struct secret* password)
{
	struct secret again = SECRET_EMPTY;
	char question[256];

	(void)snprintf(question, sizeof(question), "Password for %s: ", user);
	say(question);
	const char* problem = read_line(during, password);
	say("\n");
	if (problem)
		return problem;
	say("Once more: ");
	problem = read_line(during, &again);
	say("\n");
	if (problem != interrupted && !secret_equal(secret_bytes(password), secret_bytes(&again)))
		problem = "the two are not the same";
	secret_free(&again);
	return problem;
}

/* Without echo. Signals that would end or stop the program do so when the terminal shows again what
 * is typed. */
static const char* ask(const char* user, struct secret* password)
{
	struct sigaction then[ENDING_SIGNALS];
	const struct sigaction remember = { .sa_handler = remember_signal };
	struct termios shown;
	sigset_t blocked;
	sigset_t before;

	if (tcgetattr(STDIN_FILENO, &shown) != 0)
		return strerror(errno);
	struct termios hidden = shown;
	hidden.c_lflag &= ~(tcflag_t)ECHO;
	hidden.c_lflag |= ICANON;
	(void)sigemptyset(&blocked);
	for (size_t i = 0; i < ENDING_SIGNALS; i++)
		(void)sigaddset(&blocked, ending_signals[i]);
	(void)sigprocmask(SIG_BLOCK, &blocked, &before);
	for (size_t i = 0; i < ENDING_SIGNALS; i++)
		(void)sigaction(ending_signals[i], &remember, &then[i]);
	const char* problem = strerror(errno);
	if (tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden) == 0)
		problem = ask_twice(user, &before, password);
	(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
	for (size_t i = 0; i < ENDING_SIGNALS; i++)
		(void)sigaction(ending_signals[i], &then[i], NULL);
	if (came)
		(void)raise(came);
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	return problem;
}

const char* password_read(const char* user, struct secret* password)
{
	sigset_t none;

	if (isatty(STDIN_FILENO))
		return ask(user, password);
	(void)sigemptyset(&none);
	return read_line(&none, password);
}
