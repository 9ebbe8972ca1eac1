/* SPDX-License-Identifier: Apache-2.0
 *
 * Whether a file is something that a FreeRDP server can load as its SSPI module, and may. A server
 * that is told to load anything else refuses every logon, so this is asked before anything is
 * written.
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

/* `why` (of `size` bytes) gets a sentence for people unless the verdict is good. The module is
 * loaded as a server would, in a process of its own that has no rights. */
enum module_verdict module_check(const char* path, char* why, size_t size);
/* Only whether it loads, tried in this very process, where it stays. */
bool module_loads(const char* path, char* why, size_t size);
/* The version that stands in a module's file, or "" where none does. */
void module_version(const char* path, char* version, size_t size);

#endif
