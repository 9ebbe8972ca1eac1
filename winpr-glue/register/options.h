/* SPDX-License-Identifier: Apache-2.0
 *
 * What the command line asks for. The strings are main's.
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
	COMMAND_UNREGISTER,
	COMMAND_REFRESH
};

struct options
{
	enum command command;
	const char* module;                        /* checked by register alone */
	const char* folders[OPTIONS_MOST_FOLDERS]; /* --libdir */
	size_t folder_count;
	bool dry_run;
	bool force;
};

#endif
