/* SPDX-License-Identifier: Apache-2.0
 *
 * The FreeRDP installations of a system; see freerdp_find.h.
 */
#include "freerdp_find.h"

#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "root_path.h"
#include "winpr_ask.h"

#define WINPR_LIBRARY "libwinpr3.so.3"
#define FREERDP_LIBRARY "libfreerdp3.so.3"
#define LARGEST_LIBRARY (64U << 20)

/* Of distributions (with and without a folder per architecture), of `make install`, and of packages
 * that bring everything along. */
static const char* const folders[] = { "/usr/lib",       "/usr/lib64",       "/usr/lib/*-*",
	                                   "/lib",           "/lib64",           "/lib/*-*",
	                                   "/usr/local/lib", "/usr/local/lib64", "/usr/local/lib/*-*",
	                                   "/opt/*/lib",     "/opt/*/lib64",     "/opt/*/lib/*-*" };

static bool freerdp_read(int root, const char* path, struct textbuf* content, struct stat* status)
{
	const int file = root_open_path(root, path, O_RDONLY | O_NONBLOCK);

	if (file < 0)
		return false;
	const bool read = fstat(file, status) == 0 && root_read(file, LARGEST_LIBRARY, content);
	(void)close(file);
	return read;
}

static bool freerdp_is_known(const struct freerdp_list* list, const struct stat* status)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].device == status->st_dev && list->items[i].inode == status->st_ino)
			return true;
	return false;
}

/* libfreerdp3 lies beside libwinpr3. */
static void freerdp_beside(const char* library, char* path, size_t size)
{
	const int folder = (int)(strrchr(library, '/') - library);

	(void)snprintf(path, size, "%.*s/" FREERDP_LIBRARY, folder, library);
}

static void freerdp_add(int root, const char* library, bool ask, struct freerdp_list* list)
{
	struct freerdp* const item = &list->items[list->count];
	struct textbuf winpr = { 0 };
	struct textbuf freerdp = { 0 };
	struct stat status;
	char beside[PATH_MAX];

	if (list->count == FREERDP_MOST || strlen(library) + sizeof(FREERDP_LIBRARY) >= PATH_MAX)
		return;
	freerdp_beside(library, beside, sizeof(beside));
	struct stat ignored;
	if (freerdp_read(root, library, &winpr, &status) && !freerdp_is_known(list, &status))
	{
		(void)freerdp_read(root, beside, &freerdp, &ignored);
		(void)snprintf(item->library, sizeof(item->library), "%s", library);
		item->device = status.st_dev;
		item->inode = status.st_ino;
		if (library_look((struct reg_slice){ winpr.bytes, winpr.length },
		                 (struct reg_slice){ freerdp.bytes, freerdp.length }, &item->facts))
		{
			if (ask)
				winpr_ask_places(library, item->facts.key_is_built_in ? NULL : beside,
				                 item->facts.file, item->facts.key, sizeof(item->facts.key));
			list->count++;
		}
	}
	textbuf_free(&winpr);
	textbuf_free(&freerdp);
}

/* The root's own name may have characters that mean something in a pattern. */
static bool freerdp_pattern(const char* root, const char* folder, bool literal, char* pattern,
                            size_t size)
{
	const char* const parts[] = { root, folder };
	size_t used = 0;

	for (size_t i = 0; i < 2; i++)
		for (const char* c = parts[i]; *c && used + 2 < size; c++)
		{
			if (strchr("*?[\\", *c) && (i == 0 || literal))
				pattern[used++] = '\\';
			pattern[used++] = *c;
		}
	const size_t room = size - used;
	return (size_t)snprintf(pattern + used, room, "/" WINPR_LIBRARY) < room;
}

static void freerdp_find_in(int root, const char* prefix, const char* folder, bool literal,
                            bool ask, struct freerdp_list* list)
{
	char pattern[PATH_MAX];
	glob_t found;

	if (!freerdp_pattern(prefix, folder, literal, pattern, sizeof(pattern)) ||
	    glob(pattern, 0, NULL, &found) != 0)
		return;
	for (size_t i = 0; i < found.gl_pathc; i++)
		freerdp_add(root, found.gl_pathv[i] + strlen(prefix), ask, list);
	globfree(&found);
}

void freerdp_find(int root, const struct options* options, struct freerdp_list* list)
{
	const char* const prefix = options->root ? options->root : "";
	const bool ask = !options->root;

	list->count = 0;
	for (size_t i = 0; i < options->folder_count; i++)
		freerdp_find_in(root, prefix, options->folders[i], true, ask, list);
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		freerdp_find_in(root, prefix, folders[i], false, ask, list);
}
