/* SPDX-License-Identifier: Apache-2.0
 *
 * A path is walked from "/" on, name by name. At a link what it says comes before what is left, and
 * the walk goes on at the link's folder, or anew.
 */
#include "path.h"

#include <errno.h>
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

/* Of a link its folder says who can put another into its place, and where that is sticky its owner
 * can. */
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

	return owner &&
	       (S_ISLNK(status->st_mode) || (group && (status->st_mode & S_IWOTH) == 0) || sticky);
}

/* Nobody else has said where it leads to. */
static bool entry_is_own(const char* entry, const struct stat* status)
{
	(void)entry;
	return !S_ISLNK(status->st_mode) || status->st_uid == 0 || status->st_uid == geteuid();
}

static bool entry_is_open(const char* entry, const struct stat* status)
{
	(void)entry;
	return S_ISLNK(status->st_mode) ||
	       (status->st_mode & (S_ISDIR(status->st_mode) ? S_IXOTH : S_IROTH)) != 0;
}

/* Takes the last name off; "/" stays. */
static void path_cut(char* entry)
{
	char* const last = strrchr(entry, '/');

	last[last == entry] = '\0';
}

/* What is left of a path to be walked: in `text`, from `at` on, which is a slash or the end. */
struct walk
{
	char text[PATH_MAX];
	const char* at;
};

/* Puts what a link says before what is left; `entry` is the link, and then where that goes on from.
 * False and errno. */
static bool walk_splice(struct walk* left, char* entry)
{
	char target[PATH_MAX];
	char behind[PATH_MAX];
	const ssize_t len = readlink(entry, target, sizeof(target) - 1);

	if (len < 0)
		return false;
	target[len] = '\0';
	path_cut(entry);
	if (target[0] == '/')
		entry[1] = '\0';
	(void)strcpy(behind, left->at);
	left->at = left->text;
	errno = ENAMETOOLONG;
	return snprintf(left->text, PATH_MAX, "%s%s", target, behind) < PATH_MAX;
}

/* Moves the first name of what is left to the end of `entry`. False and errno. */
static bool walk_step(struct walk* left, char* entry)
{
	const char* const name = left->at + strspn(left->at, "/");
	const size_t len = strcspn(name, "/");
	const size_t before = entry[1] ? strlen(entry) : 0;

	errno = ENAMETOOLONG;
	if (before + 1 + len >= PATH_MAX)
		return false;
	if (len == 2 && strncmp(name, "..", len) == 0)
		path_cut(entry);
	else if (len > 0 && !(len == 1 && name[0] == '.'))
		(void)snprintf(entry + before, len + 2, "/%s", name); /* cut where the name ends */
	left->at = name + len;
	return true;
}

/* Whether each entry that is there passes, from "/" on; `entry` is the one that does not, or the
 * whole path without links. False and errno. */
static bool path_walk(const char* path, entry_check passes, char* entry)
{
	struct walk left = { .at = left.text };
	struct stat status;
	int links = 0;

	(void)snprintf(entry, PATH_MAX, "%s", path);
	errno = path[0] == '/' ? ENAMETOOLONG : EINVAL;
	if (path[0] != '/' || snprintf(left.text, PATH_MAX, "%s", path) >= PATH_MAX)
		return false;
	entry[1] = '\0';
	do
	{
		if (lstat(entry, &status) != 0)
		{
			if (errno != ENOENT)
				return false;
		}
		else if (!passes(entry, &status))
		{
			errno = EACCES;
			return false;
		}
		else if (S_ISLNK(status.st_mode))
		{
			errno = ELOOP;
			if (++links > MOST_LINKS || !walk_splice(&left, entry))
				return false;
		}
	} while (*left.at && walk_step(&left, entry));
	return !*left.at;
}

bool path_follow(const char* path, char* followed)
{
	return path_walk(path, entry_is_any, followed);
}

bool path_follow_own(const char* path, char* followed)
{
	if (path_walk(path, entry_is_own, followed))
		return true;
	errno = errno == EACCES ? ELOOP : errno;
	return false;
}

bool path_is_guarded(const char* path, char* culprit)
{
	return path_walk(path, entry_is_guarded, culprit);
}

bool path_is_open(const char* path, char* culprit)
{
	return path_walk(path, entry_is_open, culprit);
}
