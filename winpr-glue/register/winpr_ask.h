/* SPDX-License-Identifier: Apache-2.0
 *
 * Asking an installed WinPR itself, through the functions that a server uses: where its registry
 * file is, and what it reads there. Its libraries are loaded in a process of their own, so that
 * every FreeRDP of the machine can be asked, and each with nothing read before.
 */
#ifndef NEGOSSP_REGISTER_WINPR_ASK_H
#define NEGOSSP_REGISTER_WINPR_ASK_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

/* `file` (PATH_MAX bytes) gets the registry file's path and `key` (of `size` bytes) the servers'
 * key below HKEY_LOCAL_MACHINE; each is left alone when the library does not say. `freerdp` is the
 * path of libfreerdp3, or NULL when the key is known. */
void winpr_ask_places(const char* winpr, const char* freerdp, char* file, char* key, size_t size);

enum winpr_answer
{
	WINPR_CANNOT_ASK, /* its library cannot be loaded */
	WINPR_NO_KEY,     /* RegOpenKeyExA does not find it */
	WINPR_NO_VALUE,   /* RegQueryValueExA does not find it */
	WINPR_NO_STRING,  /* it is of another type, or longer than a path can be */
	WINPR_STRING
};

/* What a server would read; `value` has PATH_MAX bytes. */
enum winpr_answer winpr_ask_value(const char* winpr, const char* key, const char* name,
                                  char* value);

#endif
