/* SPDX-License-Identifier: Apache-2.0
 *
 * Standard output is given to standard error at the start; answers go to a copy of what it was.
 */
#include "pipe_io.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static FILE* answers;

bool pipe_open(void)
{
	const int fd = dup(STDOUT_FILENO);
	if (fd < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
		return false;
	/* What is logged there is to be read while the program runs. */
	(void)setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
	answers = fdopen(fd, "w");
	return answers != NULL;
}

bool pipe_command_read(struct pipe_command* command)
{
	const ssize_t len = getline(&command->line, &command->size, stdin);
	if (len <= 0)
		return false;
	command->line[strcspn(command->line, "\n")] = '\0';

	/* The last argument takes the rest of the line, so that it may contain spaces. */
	char* rest = command->line;
	command->verb = strsep(&rest, " ");
	for (size_t i = 0; i < PIPE_ARGS; i++)
	{
		const char* arg = (i + 1 < PIPE_ARGS) ? strsep(&rest, " ") : rest;
		command->arg[i] = arg ? arg : "";
	}
	return true;
}

void pipe_command_free(struct pipe_command* command)
{
	if (command->line)
		explicit_bzero(command->line, command->size);
	free(command->line);
	memset(command, 0, sizeof(*command));
}

bool pipe_decode(const char* text, struct pipe_bytes* out)
{
	if (strcmp(text, "-") == 0)
		text = "";
	const size_t len = strlen(text);
	uint8_t* const data = malloc(len / 4 * 3 + 1);
	if (!data || len % 4 != 0)
		goto fail;

	size_t used = 0;
	for (size_t i = 0; i < len; i += 4)
	{
		uint32_t group = 0;
		size_t padding = 0;
		for (size_t j = 0; j < 4; j++)
		{
			const char* const digit = strchr(digits, text[i + j]);
			if (text[i + j] == '=' && i + 4 == len && j >= 2)
				padding++;
			else if (!digit || padding > 0)
				goto fail;
			group = group << 6 | (padding > 0 ? 0 : (uint32_t)(digit - digits));
		}
		for (size_t j = 0; j < 3 - padding; j++)
			data[used++] = (uint8_t)(group >> (16 - 8 * j));
	}
	*out = (struct pipe_bytes){ data, used };
	return true;

fail:
	free(data);
	return false;
}

void pipe_answer(const char* format, ...)
{
	va_list args;
	va_start(args, format);
	(void)vfprintf(answers, format, args);
	va_end(args);
	(void)fputc('\n', answers);
	(void)fflush(answers);
}

void pipe_answer_bytes(const char* word, const void* data, size_t len)
{
	const uint8_t* const bytes = data;
	(void)fprintf(answers, "%s ", word);
	if (len == 0)
		(void)fputc('-', answers);
	for (size_t i = 0; i < len; i += 3)
	{
		const size_t have = (len - i < 3) ? len - i : 3;
		uint32_t group = 0;
		for (size_t j = 0; j < 3; j++)
			group = group << 8 | (j < have ? bytes[i + j] : 0u);
		for (size_t j = 0; j < 4; j++)
			(void)fputc(j <= have ? digits[(group >> (18 - 6 * j)) & 63] : '=', answers);
	}
	(void)fputc('\n', answers);
	(void)fflush(answers);
}

void pipe_set(const struct pipe_command* command, const char* const* names, char** settings,
              size_t count)
{
	for (size_t i = 0; i < count; i++)
	{
		if (strcmp(names[i], command->arg[0]) != 0)
			continue;
		free(settings[i]);
		settings[i] = strdup(command->arg[1]);
		pipe_answer(settings[i] ? "ok" : "bad out of memory");
		return;
	}
	pipe_answer("bad no such setting");
}
