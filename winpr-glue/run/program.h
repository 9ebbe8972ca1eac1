/* SPDX-License-Identifier: Apache-2.0
 *
 * The program that is to be started: where it is, and whether the loader takes a library into it.
 */
#ifndef NEGOSSP_RUN_PROGRAM_H
#define NEGOSSP_RUN_PROGRAM_H

#include <stdbool.h>

/* The path of the program as a shell would find it; PATH_MAX bytes. False when there is none. */
bool program_find(const char* name, char* path);
/* Why nothing can be put into it, as what comes behind "it is", or NULL. */
const char* program_refusal(const char* path);
/* The same of a command of which only the words are known: Flatpak's and Snap's. */
const char* program_box(const char* path);

#endif
