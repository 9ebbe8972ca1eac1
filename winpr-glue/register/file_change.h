/* SPDX-License-Identifier: Apache-2.0
 *
 * Replacing a file's content so that it is the old or the new one at every moment, and so that
 * several files change together or not at all.
 *
 * open reads it; prepare keeps other runs out and writes the new content to a file beside it, after
 * which only a rename is left to do; commit renames; undo puts the old content back. close may come
 * at any time and leaves nothing lying about of what was locked, nor what a run that was killed has
 * left.
 *
 * Other runs are kept out by a file beside it, which only its owner can lock, not by its folder,
 * which everybody can.
 *
 * A file of secrets is made 0600, and keeps no rights for everybody; a link in its place is
 * refused, and one of another user's on the way. Its content is wiped. Its old content gets no
 * second name, so that its change cannot be undone.
 */
#ifndef NEGOSSP_REGISTER_FILE_CHANGE_H
#define NEGOSSP_REGISTER_FILE_CHANGE_H

#include <limits.h>
#include <stdbool.h>
#include <sys/stat.h>

#include "base/bytes.h"

struct file_change
{
	char path[PATH_MAX]; /* of the file itself, links followed */
	/* Its parts, and the names of what is beside it for a while. */
	char folder_path[PATH_MAX];
	char name[PATH_MAX];
	char new_name[PATH_MAX];
	char old_name[PATH_MAX];
	char lock_name[PATH_MAX];
	bool secret;
	bool existed;
	struct stat before;
	struct blob old_text;
	struct blob new_text; /* set by the caller between open and prepare */
	bool remove;          /* delete the file; also the caller's */

	int folder;       /* -1, or where it is */
	int lock;         /* -1, or what is locked against another run */
	size_t made_from; /* the length of the path of the first folder that was made, or 0 */
	bool committed;
};

/* `path` is absolute. A file that is not there is an empty one, and a link to nothing stands for
 * its target. False and errno; EINVAL when it is no regular file. Can be closed in any case. */
bool file_change_open(struct file_change* change, const char* path);
/* Of a file of secrets: also ELOOP when it is a link or another's link leads to it, EMLINK when it
 * has a second name. */
bool file_change_open_secret(struct file_change* change, const char* path);
/* Whether there is anything to do. */
bool file_change_differs(const struct file_change* change);
/* False and errno: EBUSY when another run is at it, or the file was changed since it was opened;
 * ENOTSUP when the new file cannot have the owner, the group or the access list of the old one.
 * Where there is nothing to do, neither this nor commit fails. */
bool file_change_prepare(struct file_change* change);
bool file_change_commit(struct file_change* change);
bool file_change_undo(struct file_change* change);
void file_change_close(struct file_change* change);
/* What an errno of these means to a user. */
const char* file_change_reason(int why);

#endif
