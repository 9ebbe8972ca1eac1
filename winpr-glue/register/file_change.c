/* SPDX-License-Identifier: Apache-2.0
 *
 * The new content is complete, on the disk, and as accessible as the old one, before it takes the
 * old one's name.
 */
#include "file_change.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/wipe.h"
#include "path.h"

#define LARGEST_FILE (16U << 20) /* these files have a few lines, but for a SAM file */

/* Beside the file there are for a while the new content before it takes the name, and a second name
 * of the old file until all the files are changed. No name is as long as a path may be. */
static void change_name(struct file_change* change)
{
	const char* const name = strrchr(change->path, '/') + 1;

	(void)snprintf(change->folder_path, PATH_MAX, "%.*s", (int)(name - change->path), change->path);
	(void)snprintf(change->name, PATH_MAX, "%s", name);
	(void)snprintf(change->new_name, PATH_MAX, ".%s.negossp.new", name);
	(void)snprintf(change->old_name, PATH_MAX, ".%s.negossp.old", name);
	(void)snprintf(change->lock_name, PATH_MAX, ".%s.negossp.lock", name);
}

static bool change_read(struct file_change* change, int file)
{
	char part[16384];
	ssize_t got;
	struct writer text = writer_make(LARGEST_FILE);

	if (fstat(file, &change->before) != 0)
		return false;
	if (!S_ISREG(change->before.st_mode))
	{
		errno = EINVAL;
		return false;
	}
	if (change->secret && change->before.st_nlink > 1)
	{
		errno = EMLINK;
		return false;
	}
	while ((got = read(file, part, sizeof(part))) > 0)
		writer_bytes(&text, bytes_make((const uint8_t*)part, (size_t)got));
	secret_wipe(part, sizeof(part));
	const enum result result = writer_take(&text, &change->old_text);
	if (result != RESULT_OK)
		errno = result == RESULT_NO_MEMORY ? ENOMEM : EFBIG;
	return result == RESULT_OK && got == 0;
}

/* The links of the folder alone: what one in the file's place leads to is not what was meant. */
static bool change_follow_folder(const char* path, char* followed)
{
	const char* const name = strrchr(path, '/');
	char folder[PATH_MAX];

	errno = EINVAL;
	if (!name || name[1] == '\0' || strcmp(name, "/.") == 0 || strcmp(name, "/..") == 0)
		return false;
	errno = ENAMETOOLONG;
	if (snprintf(folder, PATH_MAX, "%.*s/", (int)(name - path), path) >= PATH_MAX)
		return false;
	if (!path_follow_own(folder, followed))
		return false;
	const size_t len = followed[1] ? strlen(followed) : 0;
	errno = ENAMETOOLONG;
	return snprintf(followed + len, PATH_MAX - len, "%s", name) < (int)(PATH_MAX - len);
}

static bool change_open(struct file_change* change)
{
	change_name(change);
	const int file = open(change->path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (file < 0)
		return errno == ENOENT;
	change->existed = true;
	const bool done = change_read(change, file);
	const int why = errno;
	(void)close(file);
	errno = why;
	return done;
}

bool file_change_open(struct file_change* change, const char* path)
{
	*change = (struct file_change){ .folder = -1, .lock = -1 };
	return path_follow(path, change->path) && change_open(change);
}

bool file_change_open_secret(struct file_change* change, const char* path)
{
	*change = (struct file_change){ .folder = -1, .lock = -1, .secret = true };
	return change_follow_folder(path, change->path) && change_open(change);
}

bool file_change_differs(const struct file_change* change)
{
	if (change->remove)
		return change->existed;
	/* A secret that everybody can read is another file when nobody can. */
	if (change->secret && change->existed && (change->before.st_mode & (S_IROTH | S_IWOTH)) != 0)
		return true;
	return !bytes_equal(blob_bytes(&change->old_text), blob_bytes(&change->new_text));
}

/* Makes the folders that are not there, mode 0755 whatever the umask. */
static bool change_make_folders(struct file_change* change)
{
	char folder[PATH_MAX];

	for (const char* slash = strchr(change->path + 1, '/'); slash; slash = strchr(slash + 1, '/'))
	{
		const size_t len = (size_t)(slash - change->path);
		(void)snprintf(folder, sizeof(folder), "%.*s", (int)len, change->path);
		if (mkdir(folder, 0755) != 0)
		{
			if (errno != EEXIST)
				return false;
		}
		else if (change->made_from == 0)
			change->made_from = len;
	}
	return true;
}

static void change_remove_folders(struct file_change* change)
{
	char folder[PATH_MAX];

	(void)strcpy(folder, change->path);
	while (change->made_from > 0 && strlen(folder) > change->made_from)
	{
		*strrchr(folder, '/') = '\0';
		(void)rmdir(folder);
	}
}

/* Whether the file is still the one that was read. */
static bool change_is_current(const struct file_change* change)
{
	const struct stat* const before = &change->before;
	struct stat now;

	if (fstatat(change->folder, change->name, &now, AT_SYMLINK_NOFOLLOW) != 0)
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

static bool change_write_all(int file, struct bytes text)
{
	while (text.len > 0)
	{
		const ssize_t wrote = write(file, text.data, text.len);
		if (wrote < 0 && errno != EINTR)
			return false;
		if (wrote > 0)
			text = bytes_make(text.data + wrote, text.len - (size_t)wrote);
	}
	return true;
}

/* Access lists and labels. Some file systems have none. */
static bool change_copy_attributes(int from, int to)
{
	char names[4096];
	char value[4096];
	const ssize_t len = flistxattr(from, names, sizeof(names));

	for (const char* name = names; len > 0 && name < names + len; name += strlen(name) + 1)
	{
		const ssize_t size = fgetxattr(from, name, value, sizeof(value));
		if (size < 0 || fsetxattr(to, name, value, (size_t)size, 0) != 0)
			return false;
	}
	return len >= 0 || errno == ENOTSUP;
}

/* The owner first: whoever may use the mode's bits is settled before they are set. */
static bool change_copy_access(const struct file_change* change, int file)
{
	const struct stat* const before = &change->before;

	const mode_t mode = before->st_mode & (change->secret ? 07770 : 07777);

	if (!change->existed)
		return fchmod(file, change->secret ? 0600 : 0644) == 0;
	const int old = openat(change->folder, change->name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	struct stat now;
	/* A folder can give new files an access list that the old one does not have. */
	(void)fremovexattr(file, ACCESS_LIST);
	const bool done = old >= 0 && fstat(file, &now) == 0 &&
	                  ((now.st_uid == before->st_uid && now.st_gid == before->st_gid) ||
	                   fchown(file, before->st_uid, before->st_gid) == 0) &&
	                  /* Until the access list is there its mask is the group's own right. */
	                  fchmod(file, change->secret ? mode & S_IRWXU : mode) == 0 &&
	                  change_copy_attributes(old, file) &&
	                  /* An access list says what everybody may as well. */
	                  (!change->secret || fchmod(file, mode) == 0);
	if (old >= 0)
		(void)close(old);
	if (!done)
		errno = ENOTSUP;
	return done;
}

/* The new content beside the file, safely on the disk. */
static bool change_write(struct file_change* change)
{
	const int file = openat(change->folder, change->new_name,
	                        O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (file < 0)
		return false;
	bool done = change_write_all(file, blob_bytes(&change->new_text)) &&
	            change_copy_access(change, file) && fsync(file) == 0;
	const int why = errno;
	done = close(file) == 0 && done;
	errno = why;
	return done;
}

/* Ours, and what a run that was killed has left. */
static bool change_tidy(const struct file_change* change)
{
	return (unlinkat(change->folder, change->new_name, 0) == 0 || errno == ENOENT) &&
	       (unlinkat(change->folder, change->old_name, 0) == 0 || errno == ENOENT);
}

/* Whoever was before may have removed the file that was opened and locked. */
static bool change_lock_file(struct file_change* change)
{
	struct stat opened;
	struct stat now;

	change->lock =
	    openat(change->folder, change->lock_name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (change->lock < 0)
		return false;
	if (flock(change->lock, LOCK_EX | LOCK_NB) == 0 && fstat(change->lock, &opened) == 0 &&
	    fstatat(change->folder, change->lock_name, &now, AT_SYMLINK_NOFOLLOW) == 0 &&
	    opened.st_dev == now.st_dev && opened.st_ino == now.st_ino)
		return true;
	(void)close(change->lock);
	change->lock = -1;
	errno = EBUSY;
	return false;
}

static bool change_lock(struct file_change* change)
{
	change->folder = open(change->folder_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (change->folder < 0)
		return false;
	if (change_lock_file(change))
		return true;
	const int why = errno;
	(void)close(change->folder);
	change->folder = -1;
	errno = why;
	return false;
}

bool file_change_prepare(struct file_change* change)
{
	if (!file_change_differs(change))
	{
		/* What a killed run has left goes all the same. */
		(void)change_lock(change);
		return true;
	}
	if (!change->remove && !change_make_folders(change))
		return false;
	if (!change_lock(change))
		return false;
	if (!change_is_current(change) || !change_tidy(change))
		return false;
	return change->remove ? faccessat(change->folder, ".", W_OK, AT_EACCESS) == 0
	                      : change_write(change);
}

bool file_change_commit(struct file_change* change)
{
	const int folder = change->folder;

	if (!file_change_differs(change))
		return true;
	if (!change_is_current(change) ||
	    (change->existed && !change->secret &&
	     linkat(folder, change->name, folder, change->old_name, 0) != 0))
		return false;
	change->committed = change->remove
	                        ? unlinkat(folder, change->name, 0) == 0
	                        : renameat(folder, change->new_name, folder, change->name) == 0;
	(void)fsync(folder);
	return change->committed;
}

bool file_change_undo(struct file_change* change)
{
	const int folder = change->folder;

	if (change->committed && !change->secret)
		change->committed = change->existed
		                        ? renameat(folder, change->old_name, folder, change->name) != 0
		                        : unlinkat(folder, change->name, 0) != 0;
	return !change->committed;
}

void file_change_close(struct file_change* change)
{
	if (change->folder >= 0)
	{
		(void)change_tidy(change);
		if (change->lock >= 0)
			(void)unlinkat(change->folder, change->lock_name, 0);
		(void)close(change->folder);
	}
	if (change->lock >= 0)
		(void)close(change->lock);
	if (!change->committed)
		change_remove_folders(change);
	secret_wipe(change->old_text.data, change->old_text.len);
	secret_wipe(change->new_text.data, change->new_text.len);
	blob_free(&change->old_text);
	blob_free(&change->new_text);
	change->folder = change->lock = -1;
}

const char* file_change_reason(int why)
{
	switch (why)
	{
		case EBUSY:
			return "it was changed meanwhile, or another run is at work; try again";
		case EINVAL:
			return "it is no ordinary file";
		case EMLINK:
			return "it has a second name (a hard link), which would keep the old content";
		case ENOTSUP:
			return "its owner, its group or its access list could not be kept";
		case EACCES:
		case EPERM:
			return geteuid() != 0 ? "only root can do that: use sudo" : strerror(why);
		default:
			return strerror(why);
	}
}
