/* SPDX-License-Identifier: Apache-2.0
 *
 * The FreeRDP installations of this machine: the one that the loader finds, and those in folders
 * that were named. Each is asked itself, through the functions that a server uses, where it reads
 * which module to load, and what it reads there; it is loaded in a process of its own, so that each
 * is asked with nothing read before.
 */
#ifndef NEGOSSP_REGISTER_FREERDP_H
#define NEGOSSP_REGISTER_FREERDP_H

#include <stddef.h>

#include "child.h"
#include "options.h"
#include "place.h"

#define FREERDP_MOST (1 + OPTIONS_MOST_FOLDERS)

enum freerdp_answer
{
	FREERDP_NO_KEY,    /* no JSON names a module, and RegOpenKeyExA finds no key */
	FREERDP_NO_VALUE,  /* nor RegQueryValueExA a value */
	FREERDP_NO_STRING, /* it is of another type, or longer than a path can be */
	FREERDP_STRING
};

struct freerdp
{
	char library[PATH_MAX]; /* its libwinpr3.so.3 */
	char version[32];       /* "3.10.3" */
	struct place place;     /* where it reads the module first */
	struct place registry;  /* where it reads it then; the same up to 3.32 */
	enum freerdp_answer answer;
	char value[PATH_MAX]; /* what a server would load */
};

struct freerdp_list
{
	struct freerdp items[FREERDP_MOST];
	size_t count;
};

/* Asks the loader's FreeRDP and those of the folders. False, after naming it, when a folder has
 * none, or one that others than root can change, or when the loader's cannot be asked. */
bool freerdp_find(const char* const* folders, size_t count, struct freerdp_list* list);

/* Asks for the value again. CHILD_GAVE_UP: this is no FreeRDP. */
enum child_end freerdp_ask(struct freerdp* item);

#endif
