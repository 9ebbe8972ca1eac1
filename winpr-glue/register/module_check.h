/* SPDX-License-Identifier: Apache-2.0
 *
 * Whether a file is something that a FreeRDP server can load as its SSPI module. A server that is
 * told to load anything else refuses every logon, so this is asked before anything is written.
 */
#ifndef NEGOSSP_REGISTER_MODULE_CHECK_H
#define NEGOSSP_REGISTER_MODULE_CHECK_H

#include <stdbool.h>
#include <stddef.h>

enum module_verdict
{
	MODULE_GOOD,
	MODULE_DOUBTFUL, /* it may fail for some servers */
	MODULE_BAD
};

/* `path` is absolute below the root; `why` gets a sentence for people unless it is good. The file
 * is read, not loaded: an ELF shared object for this kind of machine that defines
 * InitSecurityInterfaceA and that every user can read. */
enum module_verdict module_check(int root, const char* path, char* why, size_t size);

/* Loads it as a server would, in a process of its own. False, with the loader's words, if that
 * fails. */
bool module_loads(const char* path, char* why, size_t size);

#endif
