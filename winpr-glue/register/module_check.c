/* SPDX-License-Identifier: Apache-2.0
 *
 * The loader's own words are the reason where it fails.
 */
#include "module_check.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "child.h"
#include "path.h"

#define ENTRY_POINT "InitSecurityInterfaceA"

struct module_load
{
	const char* path;
	char why[512];
};

bool module_loads(const char* path, char* why, size_t size)
{
	void* const module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	void* const entry = module ? dlsym(module, ENTRY_POINT) : NULL;
	Dl_info info;

	why[0] = '\0';
	if (!module)
		(void)snprintf(why, size, "%s", dlerror());
	/* Not that of a library it uses. */
	else if (!entry || dladdr(entry, &info) == 0 || strcmp(info.dli_fname, path) != 0)
		(void)snprintf(why, size, "it does not define " ENTRY_POINT ", so it is no SSPI module");
	return !why[0];
}

static void module_load(void* context)
{
	struct module_load* const load = context;

	(void)module_loads(load->path, load->why, sizeof(load->why));
}

enum module_verdict module_check(const char* path, char* why, size_t size)
{
	struct module_load load = { .path = path };
	char culprit[PATH_MAX];

	if (access(path, R_OK) != 0)
	{
		(void)snprintf(why, size, "%s", strerror(errno));
		return MODULE_BAD;
	}
	if (!path_is_guarded(path, culprit))
	{
		(void)snprintf(why, size, "others than root can change it: see %s", culprit);
		return MODULE_BAD;
	}
	if (!path_is_open(path, culprit))
	{
		(void)snprintf(why, size,
		               "servers that do not run as root cannot read it: see the mode of %s",
		               culprit);
		return MODULE_DOUBTFUL;
	}
	if (child_run(module_load, &load, sizeof(load)) != CHILD_DONE)
		(void)snprintf(load.why, sizeof(load.why),
		               "loading it ends the process, or none can be made");
	(void)snprintf(why, size, "%s", load.why);
	return why[0] ? MODULE_BAD : MODULE_GOOD;
}

void module_version(const char* path, char* version, size_t size)
{
	static const char mark[] = "@(#)negossp "; /* log/log_summary.c puts it there */
	const int file = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	struct stat status;
	const char* found = NULL;

	version[0] = '\0';
	if (file < 0 || fstat(file, &status) != 0 || !S_ISREG(status.st_mode) || status.st_size <= 0)
		status.st_size = 0;
	const size_t len = (size_t)status.st_size;
	char* const content = len > 0 ? mmap(NULL, len, PROT_READ, MAP_PRIVATE, file, 0) : MAP_FAILED;
	if (content != MAP_FAILED)
	{
		found = memmem(content, len, mark, sizeof(mark) - 1);
		if (found)
			(void)snprintf(version, size, "%.*s",
			               (int)strnlen(found + sizeof(mark) - 1,
			                            len - (size_t)(found + sizeof(mark) - 1 - content)),
			               found + sizeof(mark) - 1);
		(void)munmap(content, len);
	}
	if (file >= 0)
		(void)close(file);
}
