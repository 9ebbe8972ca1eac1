/* SPDX-License-Identifier: Apache-2.0
 *
 * Files below a root folder; see root_path.h.
 */
#include "root_path.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/openat2.h>

#define MOST_LINKS 40

int root_open(const char* root)
{
	return open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

static bool root_is_machines(int root)
{
	struct stat here;
	struct stat top;

	return fstat(root, &here) == 0 && stat("/", &top) == 0 && here.st_dev == top.st_dev &&
	       here.st_ino == top.st_ino;
}

int root_open_path(int root, const char* path, int flags)
{
	const struct open_how how = { .flags = (unsigned)flags | O_CLOEXEC,
		                          .resolve = RESOLVE_IN_ROOT };
	const long file = syscall(SYS_openat2, root, path, &how, sizeof(how));

	/* Old kernels do not know the call, old containers forbid it. */
	if (file < 0 && (errno == ENOSYS || errno == EPERM) && root_is_machines(root))
		return open(path, flags | O_CLOEXEC);
	return (int)file;
}

/* Splits an absolute path at its last '/'. */
static bool root_split(const char* path, char* folder, char* name)
{
	const char* const slash = strrchr(path, '/');

	if (path[0] != '/' || strlen(path) >= PATH_MAX || strlen(slash + 1) > NAME_MAX || !slash[1])
	{
		errno = path[0] == '/' && slash[1] ? ENAMETOOLONG : EINVAL;
		return false;
	}
	(void)snprintf(folder, PATH_MAX, "%.*s", slash == path ? 1 : (int)(slash - path), path);
	(void)snprintf(name, NAME_MAX + 1, "%s", slash + 1);
	return true;
}

bool root_resolve(int root, const char* path, char* folder, char* name)
{
	char now[PATH_MAX];
	char target[PATH_MAX];

	if ((size_t)snprintf(now, sizeof(now), "%s", path) >= sizeof(now))
	{
		errno = ENAMETOOLONG;
		return false;
	}
	for (int links = 0; links < MOST_LINKS; links++)
	{
		if (!root_split(now, folder, name))
			return false;
		const int dir = root_open_path(root, folder, O_PATH | O_DIRECTORY);
		if (dir < 0)
			return errno == ENOENT;
		const ssize_t length = readlinkat(dir, name, target, sizeof(target) - 1);
		(void)close(dir);
		if (length < 0)
			return errno == EINVAL || errno == ENOENT; /* no link, or nothing there */
		target[length] = '\0';
		const bool absolute = target[0] == '/';
		if ((size_t)snprintf(now, sizeof(now), "%s%s%s", absolute ? "" : folder,
		                     absolute ? "" : "/", target) >= sizeof(now))
		{
			errno = ENAMETOOLONG;
			return false;
		}
	}
	errno = ELOOP;
	return false;
}

/* One folder whose parent is there. False and errno. */
static bool root_make_one(int root, const char* path, bool* made)
{
	char parent[PATH_MAX];
	char name[NAME_MAX + 1];
	const int there = root_open_path(root, path, O_PATH | O_DIRECTORY);

	*made = false;
	if (there >= 0)
		return close(there) == 0;
	if (errno != ENOENT || !root_split(path, parent, name))
		return false;
	const int above = root_open_path(root, parent, O_PATH | O_DIRECTORY);
	if (above < 0)
		return false;
	*made = mkdirat(above, name, 0755) == 0;
	const int why = errno;
	(void)close(above);
	errno = why;
	return *made;
}

bool root_make_folder(int root, const char* folder, unsigned* made)
{
	char part[PATH_MAX] = "/";

	*made = 0;
	for (size_t end = 1; folder[end - 1] && end < sizeof(part); end++)
	{
		if (folder[end] && folder[end] != '/')
			continue;
		bool one = false;
		char before[PATH_MAX];
		memcpy(before, part, sizeof(before));
		(void)snprintf(part, sizeof(part), "%.*s", (int)end, folder);
		if (!root_make_one(root, part, &one))
		{
			const int why = errno;
			root_remove_folders(root, before, *made);
			errno = why;
			return false;
		}
		*made += one;
	}
	return true;
}

void root_remove_folders(int root, const char* folder, unsigned count)
{
	char path[PATH_MAX];
	char parent[PATH_MAX];
	char name[NAME_MAX + 1];

	(void)snprintf(path, sizeof(path), "%s", folder);
	for (; count > 0 && root_split(path, parent, name); count--)
	{
		const int above = root_open_path(root, parent, O_PATH | O_DIRECTORY);
		if (above >= 0)
		{
			(void)unlinkat(above, name, AT_REMOVEDIR);
			(void)close(above);
		}
		(void)snprintf(path, sizeof(path), "%s", parent);
	}
}

bool root_read(int file, size_t most, struct textbuf* content)
{
	char part[16384];
	struct stat status;

	if (fstat(file, &status) != 0)
		return false;
	if (!S_ISREG(status.st_mode) || (unsigned long long)status.st_size > most)
	{
		errno = S_ISREG(status.st_mode) ? EFBIG : EINVAL;
		return false;
	}
	for (;;)
	{
		const ssize_t got = read(file, part, sizeof(part));
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return false;
		if (got == 0)
			break;
		textbuf_add(content, part, (size_t)got);
		if (content->failed || content->length > most)
		{
			errno = content->failed ? ENOMEM : EFBIG;
			return false;
		}
	}
	return true;
}
