/* SPDX-License-Identifier: Apache-2.0
 *
 * What an absolute path leads to, links followed; who can change that, and who can read it.
 */
#ifndef NEGOSSP_REGISTER_PATH_H
#define NEGOSSP_REGISTER_PATH_H

#include <limits.h>
#include <stdbool.h>

/* The extended attribute that holds a file's access list (acl(5)). */
#define ACCESS_LIST "system.posix_acl_access"

/* The path without links, "." and ".." of a file that need not be there, nor the folders above it;
 * PATH_MAX bytes. False and errno. */
bool path_follow(const char* path, char* followed);

/* The same; a link that neither root nor the user who runs this owns is ELOOP. */
bool path_follow_own(const char* path, char* followed);

/* Whether only root, and the user who runs this, can change what the path leads to: the file, the
 * folders above it, and the same of each link on the way. Otherwise `culprit` (PATH_MAX bytes) is
 * what others can change. In a folder with the sticky bit nobody can replace what is another's. */
bool path_is_guarded(const char* path, char* culprit);

/* Whether every user can read the file. Otherwise `culprit` is what shuts them out. */
bool path_is_open(const char* path, char* culprit);

#endif
