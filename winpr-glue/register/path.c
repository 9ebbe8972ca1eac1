/* SPDX-License-Identifier: Apache-2.0
 *
 * A path is walked from "/" on. At a link the walk begins anew, with what the link says in its
 * place.
 */
#include "path.h"

#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#define MOST_LINKS 40

typedef bool (*entry_check)(const char* entry, const struct stat* status);

static bool entry_is_any(const char* entry, const struct stat* status)
{
	(void)entry;
	(void)status;
	return true;
}

static bool entry_is_guarded(const char* entry, const struct stat* status)
{
	const bool owner = status->st_uid == 0 || status->st_uid == geteuid();
	/* A user's own group, of the user's number, has nobody else in it. With an access list the bit
	 * says that somebody can write, and not who. */
	const bool group =
	    (status->st_mode & S_IWGRP) == 0 ||
	    ((status->st_gid == 0 || (status->st_gid == getegid() && status->st_gid == geteuid())) &&
	     getxattr(entry, ACCESS_LIST, NULL, 0) < 0);
	const bool sticky = S_ISDIR(status->st_mode) && (status->st_mode & S_ISVTX) != 0;

	return owner && ((group && (status->st_mode & S_IWOTH) == 0) || sticky);
}

static bool entry_is_open(const char* entry, const struct stat* status)
{
	(void)entry;
	return (status->st_mode & (S_ISDIR(status->st_mode) ? S_IXOTH : S_IROTH)) != 0;
}

/* Puts a link's target in its place: `now` is the path, `entry` the part of it up to the link. */
static bool path_splice(char* now, char* entry)
{
	char target[PATH_MAX];
	char whole[3 * PATH_MAX];
	const ssize_t len = readlink(entry, target, sizeof(target) - 1);

	if (len < 0)
		return false;
	target[len] = '\0';
	const char* const behind = now + strlen(entry);
	const bool absolute = target[0] == '/';
	if (snprintf(whole, sizeof(whole), "%s%s%s%s", absolute ? "" : dirname(entry),
	             absolute ? "" : "/", target, behind) >= PATH_MAX)
	{
		errno = ENAMETOOLONG;
		return false;
	}
	(void)strcpy(now, whole);
	return true;
}

/* Takes "." and ".." out of the path, with what they take back: `entry` is the part of it that ends
 * in them. Whether it does; a link is never before it. */
static bool path_shorten(char* now, char* entry)
{
	const char* const behind = now + strlen(entry);
	char* name = strrchr(entry, '/');

	if (strcmp(name, "/..") == 0 && name > entry)
	{
		*name = '\0';
		name = strrchr(entry, '/');
	}
	else if (strcmp(name, "/..") != 0 && strcmp(name, "/.") != 0 && (name[1] || name == entry))
		return false;
	*name = '\0';
	(void)memmove(now + (name - entry), *behind || name > entry ? behind : "/",
	              (*behind || name > entry ? strlen(behind) : 1) + 1);
	return true;
}

/* Whether each entry that is there passes; `entry` is the one that does not, or the whole path
 * without links. False and errno. */
static bool path_walk(const char* path, entry_check passes, char* entry)
{
	char now[PATH_MAX];
	struct stat status;
	int links = 0;

	(void)snprintf(entry, PATH_MAX, "%s", path);
	if ((size_t)snprintf(now, sizeof(now), "%s", path) >= sizeof(now) || now[0] != '/')
	{
		errno = now[0] == '/' ? ENAMETOOLONG : EINVAL;
		return false;
	}
	for (size_t end = 1; now[end - 1]; end++)
	{
		if (end > 1 && now[end] && now[end] != '/')
			continue;
		(void)snprintf(entry, PATH_MAX, "%.*s", (int)end, now);
		if (path_shorten(now, entry))
		{
			end = 0;
			continue;
		}
		if (lstat(entry, &status) != 0)
		{
			if (errno != ENOENT)
				return false;
			break;
		}
		if (S_ISLNK(status.st_mode))
		{
			errno = ELOOP;
			if (++links > MOST_LINKS || !path_splice(now, entry))
				return false;
			end = 0;
			continue;
		}
		errno = EACCES;
		if (!passes(entry, &status))
			return false;
	}
	(void)strcpy(entry, now);
	return true;
}

bool path_follow(const char* path, char* followed)
{
	return path_walk(path, entry_is_any, followed);
}

bool path_is_guarded(const char* path, char* culprit)
{
	return path_walk(path, entry_is_guarded, culprit);
}

bool path_is_open(const char* path, char* culprit)
{
	return path_walk(path, entry_is_open, culprit);
}
