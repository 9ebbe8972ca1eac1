/* SPDX-License-Identifier: Apache-2.0
 *
 * Only what the loader would pass over without a word, or with one that helps nobody, is refused
 * here. What cannot be read is left to execve().
 */
#include "program.h"

#include <elf.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#define CAPABILITIES "security.capability"
#define DEFAULT_PATH "/usr/local/bin:/usr/bin:/bin"

static bool program_is_there(const char* path)
{
	struct stat status;

	return stat(path, &status) == 0 && S_ISREG(status.st_mode) && access(path, X_OK) == 0;
}

bool program_find(const char* name, char* path)
{
	const char* folders = secure_getenv("PATH");

	if (strchr(name, '/'))
		return snprintf(path, PATH_MAX, "%s", name) < PATH_MAX && program_is_there(path);
	for (folders = folders ? folders : DEFAULT_PATH; *name; folders++)
	{
		const int len = (int)strcspn(folders, ":");
		/* No folder at all is the one that we are in. */
		if (snprintf(path, PATH_MAX, "%.*s%s%s", len, folders, len > 0 ? "/" : "./", name) <
		        PATH_MAX &&
		    program_is_there(path))
			return true;
		folders += len;
		if (!*folders)
			break;
	}
	return false;
}

static bool program_is_called(const char* path, const char* name)
{
	const char* const slash = strrchr(path, '/');

	return strcmp(slash ? slash + 1 : path, name) == 0;
}

const char* program_box(const char* path)
{
	if (program_is_called(path, "flatpak") || strstr(path, "/flatpak/exports/"))
		return "Flatpak's: it runs in a box with a FreeRDP of its own, which nothing is put into "
		       "from "
		       "here; take the program of your distribution";
	if (program_is_called(path, "snap") || strncmp(path, "/snap/", strlen("/snap/")) == 0)
		return "Snap's: it runs in a box with a FreeRDP of its own, which nothing is put into from "
		       "here; take the program of your distribution";
	return NULL;
}

/* Programs that get rights of others' than the user's: the kernel tells the loader. */
static bool program_is_privileged(const char* path)
{
	struct stat status;

	if (stat(path, &status) != 0)
		return false;
	return ((status.st_mode & S_ISUID) != 0 && status.st_uid != geteuid()) ||
	       ((status.st_mode & S_ISGID) != 0 && status.st_gid != getegid()) ||
	       (geteuid() != 0 && getxattr(path, CAPABILITIES, NULL, 0) > 0);
}

/* The first `size` bytes at a place of the file; false where there are fewer. */
static bool program_read(int file, size_t at, void* bytes, size_t size)
{
	return pread(file, bytes, size, (off_t)at) == (ssize_t)size;
}

/* Of an ELF file for this machine: whether the loader comes into it at all. */
static bool program_has_loader(int file, const ElfW(Ehdr) * header)
{
	ElfW(Phdr) segment;

	for (size_t i = 0; i < header->e_phnum; i++)
		if (program_read(file, header->e_phoff + i * header->e_phentsize, &segment,
		                 sizeof(segment)) &&
		    segment.p_type == PT_INTERP)
			return true;
	return false;
}

static const char* program_format(const char* path)
{
	const int file = open(path, O_RDONLY | O_CLOEXEC);
	const int own = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	const char* refusal = NULL;
	ElfW(Ehdr) header;
	ElfW(Ehdr) ours;

	if (file >= 0 && own >= 0 && program_read(own, 0, &ours, sizeof(ours)) &&
	    program_read(file, 0, &header, sizeof(header)) &&
	    memcmp(header.e_ident, ELFMAG, SELFMAG) == 0)
	{
		if (header.e_ident[EI_CLASS] != ours.e_ident[EI_CLASS] ||
		    header.e_ident[EI_DATA] != ours.e_ident[EI_DATA] || header.e_machine != ours.e_machine)
			refusal = "a program for another machine than negossp";
		else if (!program_has_loader(file, &header))
			refusal = "linked statically: it has its FreeRDP inside, and no loader puts anything "
			          "before that";
	}
	if (file >= 0)
		(void)close(file);
	if (own >= 0)
		(void)close(own);
	return refusal;
}

const char* program_refusal(const char* path)
{
	char followed[PATH_MAX];
	const char* refusal = program_box(path);

	if (!refusal && realpath(path, followed))
		refusal = program_box(followed);
	if (!refusal && program_is_privileged(path))
		refusal =
		    "set-user-ID or set-group-ID, or has capabilities: the loader lets nothing into such "
		    "a program";
	return refusal ? refusal : program_format(path);
}
