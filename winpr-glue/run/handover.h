/* SPDX-License-Identifier: Apache-2.0
 *
 * What negossp-run tells the library that it has the loader put into the program (preload.c).
 */
#ifndef NEGOSSP_RUN_HANDOVER_H
#define NEGOSSP_RUN_HANDOVER_H

/* The environment variable that says "PROCESS:MODULE", the process being the one that was started.
 * Without it the library does nothing. */
#define HANDOVER_VARIABLE "NEGOSSP_RUN"
/* The library comes first in it, so that it can be taken out again. */
#define HANDOVER_LOADER "LD_PRELOAD"

/* How a program is refused. Its own exit codes are its own; these are as env(1) has them. */
enum handover_exit
{
	EXIT_REFUSED = 125,
	EXIT_NOT_STARTED = 126,
	EXIT_NOT_FOUND = 127
};

#endif
