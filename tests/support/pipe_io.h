/* SPDX-License-Identifier: Apache-2.0
 *
 * The line protocol of the test programs that are one end of an exchange (sspi_pipe, gss_peer).
 *
 * One command per line on standard input, a verb and up to PIPE_ARGS arguments separated by single
 * spaces; one line of answer each on what was standard output. Binary values are base64; an empty
 * one is written "-". Libraries that log to standard output cannot disturb the protocol:
 * pipe_open() keeps that channel for answers alone and sends everything else to standard error.
 */
#ifndef TESTS_PIPE_IO_H
#define TESTS_PIPE_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PIPE_ARGS 2

struct pipe_command
{
	char* line; /* owned: pipe_command_free() wipes it, for it may hold a password */
	size_t size;
	const char* verb;
	const char* arg[PIPE_ARGS]; /* never NULL; empty when not given */
};

struct pipe_bytes
{
	uint8_t* data; /* owned, free(); never NULL after a success, even when len is 0 */
	size_t len;
};

/* Takes standard output for the answers. False if descriptors cannot be had. */
bool pipe_open(void);

/* The next command; false at the end of input. */
bool pipe_command_read(struct pipe_command* command);
void pipe_command_free(struct pipe_command* command);

/* Decodes a base64 argument; `out` is untouched unless it is right. */
bool pipe_decode(const char* text, struct pipe_bytes* out);

/* "set NAME VALUE": a copy of the value takes the place of the setting that was; answers. */
void pipe_set(const struct pipe_command* command, const char* const* names, char** settings,
              size_t count);

/* Answers a line of text: "ok", "error ...", "bad ...". */
void pipe_answer(const char* format, ...) __attribute__((format(printf, 1, 2)));
/* Answers a word and binary values in base64. */
void pipe_answer_bytes(const char* word, const void* data, size_t len);

#endif
