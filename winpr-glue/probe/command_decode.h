/* SPDX-License-Identifier: Apache-2.0
 *
 * `negossp-probe decode`: tokens from files or standard input, as a tree on standard output.
 */
#ifndef NEGOSSP_PROBE_COMMAND_DECODE_H
#define NEGOSSP_PROBE_COMMAND_DECODE_H

#include <stdbool.h>
#include <stddef.h>

/* What the program ends with; negossp-probe(1) says so. */
enum probe_exit
{
	EXIT_RIGHT = 0,
	EXIT_WRONG = 1, /* a token is malformed, or a judgement is not "right" */
	EXIT_USAGE = 2,
	EXIT_UNREAD = 3 /* a file cannot be read, or holds no tokens; or nothing can be written */
};

struct decode_options
{
	bool json;
	const char* password_file; /* NULL: nothing is judged */
	char** files;              /* none: standard input */
	size_t file_count;
};

enum probe_exit command_decode(const struct decode_options* options);

#endif
