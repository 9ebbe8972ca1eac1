/* SPDX-License-Identifier: Apache-2.0
 *
 * Files below a root folder, which is "/" or what --root names.
 *
 * Symbolic links are followed as a process would that has the folder for its root: an absolute one
 * starts at it, and no ".." leads out of it (openat2 with RESOLVE_IN_ROOT, Linux 5.6; without it
 * only "/" can be used).
 */
#ifndef NEGOSSP_REGISTER_ROOT_PATH_H
#define NEGOSSP_REGISTER_ROOT_PATH_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

#include "textbuf.h"

/* -1 and errno. */
int root_open(const char* root);
/* Opens an absolute path below the root; -1 and errno. */
int root_open_path(int root, const char* path, int flags);

/* Follows `path` to the file that it stands for, which need not exist: `folder` and `name`
 * (PATH_MAX and NAME_MAX + 1 bytes) are where to create it. False and errno. */
bool root_resolve(int root, const char* path, char* folder, char* name);

/* Makes the folder with those that it is in (mode 0755); `made` gets the number of those that were
 * not there. What was made before a failure is removed again. False and errno. */
bool root_make_folder(int root, const char* folder, unsigned* made);
/* Removes the innermost `count` folders of a path if they are empty. */
void root_remove_folders(int root, const char* folder, unsigned count);

/* The content of an open regular file of at most `most` bytes. False and errno. */
bool root_read(int file, size_t most, struct textbuf* content);

#endif
