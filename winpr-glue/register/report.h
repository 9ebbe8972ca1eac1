/* SPDX-License-Identifier: Apache-2.0
 *
 * What the command says. Paths and values come from files that anybody may have written, so control
 * characters in them are printed as '?' and never reach a terminal.
 */
#ifndef NEGOSSP_REGISTER_REPORT_H
#define NEGOSSP_REGISTER_REPORT_H

/* Exit codes; the manual page says the same. */
enum report_exit
{
	EXIT_DONE = 0,         /* done; `status`: every FreeRDP found loads this module */
	EXIT_NOT = 1,          /* status: not so; unregister: another module is still named */
	EXIT_USAGE = 2,        /* the command line is wrong */
	EXIT_NO_FREERDP = 3,   /* no FreeRDP 3 was found */
	EXIT_BAD_MODULE = 4,   /* the module cannot be loaded by a server */
	EXIT_NOT_CHANGED = 5,  /* a registry file cannot be read or written; nothing was changed */
	EXIT_NOT_READABLE = 6, /* written, but WinPR does not read it */
	EXIT_HALF_CHANGED = 7  /* writing failed in the middle, and so did putting it back */
};

/* To standard output. */
void report(const char* format, ...) __attribute__((format(printf, 1, 2)));
/* To standard error, behind the program's name. */
void report_error(const char* format, ...) __attribute__((format(printf, 1, 2)));

#endif
