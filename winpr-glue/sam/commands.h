/* SPDX-License-Identifier: Apache-2.0
 *
 * What the program is asked for, and doing it.
 */
#ifndef NEGOSSP_SAM_COMMANDS_H
#define NEGOSSP_SAM_COMMANDS_H

#include "register/report.h"

enum sam_command
{
	SAM_COMMAND_ADD,
	SAM_COMMAND_LIST,
	SAM_COMMAND_REMOVE,
	SAM_COMMAND_CHECK
};

struct sam_options
{
	enum sam_command command;
	const char* user;   /* NULL: all of them */
	const char* domain; /* NULL: none; an account for any domain */
	const char* file;   /* NULL: WinPR's own */
};

enum report_exit sam_command_run(const struct sam_options* options);

#endif
