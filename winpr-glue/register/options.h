/* SPDX-License-Identifier: Apache-2.0
 *
 * The command line.
 */
#ifndef NEGOSSP_REGISTER_OPTIONS_H
#define NEGOSSP_REGISTER_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#define OPTIONS_MOST_FOLDERS 16

enum command
{
	COMMAND_REGISTER,
	COMMAND_STATUS,
	COMMAND_UNREGISTER
};

struct options
{
	enum command command;
	const char* module; /* never NULL */
	const char* root;   /* NULL: this machine */
	const char* folders[OPTIONS_MOST_FOLDERS];
	size_t folder_count;
	bool dry_run;
	bool force;
};

/* True when there is something to do; otherwise *exit_code is what to end with, after help was
 * given or the mistake was named. The strings are the caller's own. */
bool options_parse(int argc, char** argv, struct options* options, int* exit_code);

#endif
