/* SPDX-License-Identifier: Apache-2.0
 *
 * Replacing a file's content so that it is the old or the new one at every moment, and so that
 * several files change together or not at all.
 *
 * open reads it; prepare writes the new content to a file beside it, after which only a rename is
 * left to do; commit renames; undo puts the old content back. close may come at any time and leaves
 * nothing lying about.
 */
#ifndef NEGOSSP_REGISTER_FILE_CHANGE_H
#define NEGOSSP_REGISTER_FILE_CHANGE_H

#include <limits.h>
#include <stdbool.h>
#include <sys/stat.h>

#include "textbuf.h"

struct file_change
{
	int root;
	char folder[PATH_MAX]; /* of the file itself, links followed */
	char name[NAME_MAX + 1];
	bool existed;
	struct stat before;
	struct textbuf old_text;
	struct textbuf new_text; /* set by the caller between open and prepare */
	bool remove;             /* delete the file; also the caller's */

	int dir;
	char temporary[NAME_MAX + 1];
	unsigned made_folders;
	bool committed;
};

/* `path` is absolute, below the root. A file that is not there is an empty one. False and errno;
 * EINVAL when it is no regular file. The struct can be closed in any case. */
bool file_change_open(struct file_change* change, int root, const char* path);
/* Whether there is anything to do. */
bool file_change_differs(const struct file_change* change);
/* False and errno: EBUSY when the file was changed since it was opened. */
bool file_change_prepare(struct file_change* change);
bool file_change_commit(struct file_change* change);
bool file_change_undo(struct file_change* change);
void file_change_close(struct file_change* change);

#endif
