/* SPDX-License-Identifier: Apache-2.0
 *
 * Folders are those of the XDG Base Directory Specification: an entry in an earlier one stands for
 * those of the same name in later ones, and the user's own is the first.
 */
#include "desktop.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "entry.h"
#include "installed.h"
#include "register/file_change.h"

#define DEFAULT_FOLDERS "/usr/local/share:/usr/share"
#define ENTRIES "applications"
#define SUFFIX ".desktop"
#define MOST_FOLDERS 32

struct search
{
	const char* name;
	char self[PATH_MAX];
	char folders[MOST_FOLDERS][PATH_MAX]; /* of entries; the first is the user's */
	size_t count;
	size_t done;
	size_t failed;
};

/* Folders that are not absolute are none, and the user's own is no other. */
static void search_add_folder(struct search* search, const char* folder, size_t len)
{
	char* const path = search->folders[search->count];

	while (len > 1 && folder[len - 1] == '/')
		len--;
	if (len > 0 && folder[0] == '/' && search->count + 1 < MOST_FOLDERS &&
	    snprintf(path, PATH_MAX, "%.*s/" ENTRIES, (int)len, folder) < PATH_MAX &&
	    (search->count == 0 || strcmp(path, search->folders[0]) != 0))
		search->count++;
}

/* False, with a message, when the user has no folder. */
static bool search_begin(struct search* search, const char* name)
{
	const char* const own = secure_getenv("XDG_DATA_HOME");
	const char* const home = secure_getenv("HOME");
	const char* system = secure_getenv("XDG_DATA_DIRS");
	char folder[PATH_MAX];

	*search = (struct search){ .name = name };
	if (own && own[0] == '/')
		search_add_folder(search, own, strlen(own));
	else if (home && home[0] == '/' &&
	         snprintf(folder, sizeof(folder), "%s/.local/share", home) < PATH_MAX)
		search_add_folder(search, folder, strlen(folder));
	if (search->count == 0 || !installed_self(search->self))
	{
		report_error("HOME is not the absolute path of your folder\n");
		return false;
	}
	for (system = system && *system ? system : DEFAULT_FOLDERS; *system; system += *system == ':')
	{
		const size_t len = strcspn(system, ":");
		search_add_folder(search, system, len);
		system += len;
	}
	return true;
}

static void search_failed(struct search* search, const char* path, const char* why)
{
	report_error("%s: %s\n", path, why);
	search->failed++;
}

static bool search_is_name(const struct search* search, const char* id)
{
	const size_t len = strlen(search->name);

	return strncmp(id, search->name, len) == 0 && (!id[len] || strcmp(id + len, SUFFIX) == 0);
}

static bool search_fits(const struct search* search, const char* id, struct bytes text)
{
	return search_is_name(search, id) || entry_starts(text, search->name);
}

static bool search_path(const struct search* search, size_t folder, const char* id, char* path)
{
	return snprintf(path, PATH_MAX, "%s/%s", search->folders[folder], id) < PATH_MAX;
}

/* Whether an entry in a folder before this one stands in its place. Copies of ours do not. */
static bool search_is_hidden(const struct search* search, size_t folder, const char* id)
{
	char path[PATH_MAX];

	for (size_t i = 1; i < folder; i++)
		if (search_path(search, i, id, path) && access(path, F_OK) == 0)
			return true;
	return false;
}

static void search_write(struct search* search, struct file_change* target, const char* path)
{
	if (file_change_prepare(target) && file_change_commit(target))
	{
		report("%s: %s\n", path, target->remove ? "removed" : "made");
		search->done++;
	}
	else
		search_failed(search, path, file_change_reason(errno));
}

static void add_one(struct search* search, size_t folder, const char* id, struct bytes text)
{
	char source[PATH_MAX];
	char path[PATH_MAX];
	struct file_change target;
	const char* const refusal = entry_refusal(text);

	if (!search_path(search, folder, id, source) || !search_path(search, 0, id, path))
		return;
	if (!file_change_open(&target, path))
		search_failed(search, path, file_change_reason(errno));
	else if (target.existed && !entry_is_ours(blob_bytes(&target.old_text)))
		search_failed(
		    search, path,
		    "it is your own and is not changed; put negossp-run in front of its commands");
	else if (refusal)
	{
		report_error("%s: its program is not for negossp-run. It is %s.\n", source, refusal);
		search->failed++;
	}
	else if (!entry_copy(text, search->self, source, &target.new_text))
		search_failed(search, source,
		              errno == ENOEXEC ? "it has no command (Exec=)" : strerror(errno));
	else
		search_write(search, &target, path);
	file_change_close(&target);
}

static void remove_one(struct search* search, const char* id)
{
	char path[PATH_MAX];
	struct file_change target;

	if (!search_path(search, 0, id, path))
		return;
	if (!file_change_open(&target, path))
		search_failed(search, path, file_change_reason(errno));
	else if (entry_is_ours(blob_bytes(&target.old_text)) &&
	         search_fits(search, id, blob_bytes(&target.old_text)))
	{
		target.remove = true;
		search_write(search, &target, path);
	}
	file_change_close(&target);
}

static void add_if_it_fits(struct search* search, size_t folder, const char* id)
{
	char path[PATH_MAX];
	struct file_change entry;

	if (search_is_hidden(search, folder, id) || !search_path(search, folder, id, path))
		return;
	if (file_change_open(&entry, path))
	{
		const struct bytes text = blob_bytes(&entry.old_text);
		if (!entry_is_ours(text) && search_fits(search, id, text))
			add_one(search, folder, id, text);
	}
	file_change_close(&entry);
}

static void search_folder(struct search* search, size_t folder, bool add)
{
	DIR* const entries = opendir(search->folders[folder]);
	const struct dirent* entry;

	while (entries && (entry = readdir(entries)))
	{
		const size_t len = strlen(entry->d_name);
		if (len < sizeof(SUFFIX) || strcmp(entry->d_name + len + 1 - sizeof(SUFFIX), SUFFIX) != 0)
			continue;
		if (add)
			add_if_it_fits(search, folder, entry->d_name);
		else
			remove_one(search, entry->d_name);
	}
	if (entries)
		(void)closedir(entries);
}

static enum report_exit search_end(const struct search* search, const char* nothing)
{
	if (search->done == 0 && search->failed == 0)
		report_error("%s: %s\n", search->name, nothing);
	return search->done > 0 && search->failed == 0 ? EXIT_DONE : EXIT_NOT;
}

enum report_exit desktop_add(const char* name)
{
	static struct search search;

	if (!search_begin(&search, name))
		return EXIT_NOT;
	if (!installed_is_plain(search.self))
	{
		report_error("%s: desktop entries do not take this path; install negossp elsewhere\n",
		             search.self);
		return EXIT_NOT;
	}
	for (size_t i = 0; i < search.count; i++)
		search_folder(&search, i, true);
	if (search.done > 0)
		report("What runs already goes on without negossp until it is ended.\n");
	return search_end(&search, "no desktop entry has this name, or starts a program of this name");
}

enum report_exit desktop_remove(const char* name)
{
	static struct search search;

	if (!search_begin(&search, name))
		return EXIT_NOT;
	search_folder(&search, 0, false);
	return search_end(&search,
	                  "there is no copy of ours with this name, or that starts a program of "
	                  "this name");
}
