/* SPDX-License-Identifier: Apache-2.0
 *
 * `negossp-probe decode`: tokens from files or standard input, as a tree on standard output.
 */
#ifndef NEGOSSP_PROBE_COMMAND_DECODE_H
#define NEGOSSP_PROBE_COMMAND_DECODE_H

#include <stdbool.h>
#include <stddef.h>

#include "probe_exit.h"

struct decode_options
{
	bool json;
	const char* password_file; /* NULL: nothing is judged */
	char** files;              /* none: standard input */
	size_t file_count;
};

enum probe_exit command_decode(const struct decode_options* options);

#endif
