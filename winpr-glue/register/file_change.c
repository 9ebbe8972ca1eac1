/* SPDX-License-Identifier: Apache-2.0
 *
 * Replacing a file's content all at once; see file_change.h.
 */
#include "file_change.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "root_path.h"

/* A registry file has a few lines. */
#define LARGEST_FILE (4U << 20)
#define MOST_TEMPORARIES 100

bool file_change_open(struct file_change* change, int root, const char* path)
{
	*change = (struct file_change){ .root = root, .dir = -1 };
	if (!root_resolve(root, path, change->folder, change->name))
		return false;
	char whole[PATH_MAX + NAME_MAX + 2];
	(void)snprintf(whole, sizeof(whole), "%s/%s", change->folder, change->name);
	const int file = root_open_path(root, whole, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
	if (file < 0)
		return errno == ENOENT;
	change->existed = true;
	const bool done =
	    fstat(file, &change->before) == 0 && root_read(file, LARGEST_FILE, &change->old_text);
	const int why = errno;
	(void)close(file);
	errno = why;
	return done;
}

bool file_change_differs(const struct file_change* change)
{
	if (change->remove)
		return change->existed;
	if (!change->existed)
		return change->new_text.length > 0;
	return change->old_text.length != change->new_text.length ||
	       (change->old_text.length > 0 &&
	        memcmp(change->old_text.bytes, change->new_text.bytes, change->old_text.length) != 0);
}

/* Whether the file is still the one that was read. */
static bool file_change_is_current(const struct file_change* change)
{
	const struct stat* const before = &change->before;
	struct stat now;

	errno = 0;
	if (fstatat(change->dir, change->name, &now, AT_SYMLINK_NOFOLLOW) != 0)
	{
		if (!change->existed && errno == ENOENT)
			return true;
	}
	else if (change->existed && now.st_dev == before->st_dev && now.st_ino == before->st_ino &&
	         now.st_size == before->st_size && now.st_mtim.tv_sec == before->st_mtim.tv_sec &&
	         now.st_mtim.tv_nsec == before->st_mtim.tv_nsec)
		return true;
	errno = EBUSY;
	return false;
}

static bool file_change_write_all(int file, const struct textbuf* text)
{
	for (size_t done = 0; done < text->length;)
	{
		const ssize_t wrote = write(file, text->bytes + done, text->length - done);
		if (wrote < 0 && errno != EINTR)
			return false;
		if (wrote > 0)
			done += (size_t)wrote;
	}
	return true;
}

static int file_change_create(struct file_change* change)
{
	for (int i = 0; i < MOST_TEMPORARIES; i++)
	{
		(void)snprintf(change->temporary, sizeof(change->temporary), ".negossp-%d-%d",
		               (int)getpid(), i);
		const int file = openat(change->dir, change->temporary,
		                        O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (file >= 0 || errno != EEXIST)
			return file;
	}
	return -1;
}

/* A file beside it with this content, the owner and the mode of before, safely on the disk. */
static bool file_change_write(struct file_change* change, const struct textbuf* text)
{
	const mode_t mode = change->existed ? change->before.st_mode & 07777 : 0644;
	const int file = file_change_create(change);

	if (file < 0)
	{
		change->temporary[0] = '\0';
		return false;
	}
	bool done = file_change_write_all(file, text);
	struct stat now;
	/* Who is not root can keep an owner only by being it. */
	if (done && change->existed && fstat(file, &now) == 0 &&
	    (now.st_uid != change->before.st_uid || now.st_gid != change->before.st_gid))
		done = fchown(file, change->before.st_uid, change->before.st_gid) == 0;
	done = done && fchmod(file, mode) == 0 && fsync(file) == 0;
	int why = errno;
	if (close(file) != 0 && done)
	{
		done = false;
		why = errno;
	}
	if (!done)
	{
		(void)unlinkat(change->dir, change->temporary, 0);
		change->temporary[0] = '\0';
		errno = why;
	}
	return done;
}

bool file_change_prepare(struct file_change* change)
{
	if (!change->remove && !root_make_folder(change->root, change->folder, &change->made_folders))
		return false;
	change->dir = root_open_path(change->root, change->folder, O_RDONLY | O_DIRECTORY);
	if (change->dir < 0 || !file_change_is_current(change))
		return false;
	if (change->remove)
		return faccessat(change->dir, ".", W_OK, AT_EACCESS) == 0;
	return file_change_write(change, &change->new_text);
}

bool file_change_commit(struct file_change* change)
{
	if (!file_change_is_current(change))
		return false;
	if (change->remove)
		change->committed = unlinkat(change->dir, change->name, 0) == 0;
	else
		change->committed =
		    renameat(change->dir, change->temporary, change->dir, change->name) == 0;
	if (!change->committed)
		return false;
	change->temporary[0] = '\0';
	(void)fsync(change->dir);
	return true;
}

bool file_change_undo(struct file_change* change)
{
	if (!change->committed)
		return true;
	if (change->existed)
	{
		if (!file_change_write(change, &change->old_text) ||
		    renameat(change->dir, change->temporary, change->dir, change->name) != 0)
			return false;
		change->temporary[0] = '\0';
	}
	else if (unlinkat(change->dir, change->name, 0) != 0)
		return false;
	change->committed = false;
	(void)fsync(change->dir);
	return true;
}

void file_change_close(struct file_change* change)
{
	if (change->dir >= 0)
	{
		if (change->temporary[0])
			(void)unlinkat(change->dir, change->temporary, 0);
		(void)close(change->dir);
	}
	if (!change->committed)
		root_remove_folders(change->root, change->folder, change->made_folders);
	textbuf_free(&change->old_text);
	textbuf_free(&change->new_text);
	change->dir = -1;
}
