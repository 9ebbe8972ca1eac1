/* SPDX-License-Identifier: Apache-2.0
 *
 * The FreeRDP installations of a system: every libwinpr3.so.3 in the usual library folders, with
 * the registry file and the key that servers on it read.
 */
#ifndef NEGOSSP_REGISTER_FREERDP_FIND_H
#define NEGOSSP_REGISTER_FREERDP_FIND_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "library_look.h"
#include "options.h"

#define FREERDP_MOST 16

/* Paths are absolute, below the root. */
struct freerdp
{
	char library[PATH_MAX]; /* its libwinpr3.so.3 */
	dev_t device;
	ino_t inode;
	struct library_facts facts;
};

struct freerdp_list
{
	struct freerdp items[FREERDP_MOST];
	size_t count;
};

/* Looks below `root`, the open folder of options->root. On this machine each WinPR is asked where
 * its registry is (winpr_ask); below another root that is read from the libraries' bytes. */
void freerdp_find(int root, const struct options* options, struct freerdp_list* list);

#endif
