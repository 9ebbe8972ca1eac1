/* SPDX-License-Identifier: Apache-2.0
 *
 * NEGOSSP_MODULE_FOLDER is relative to the folder of programs.
 */
#include "installed.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool installed_self(char* path)
{
	return realpath("/proc/self/exe", path) != NULL;
}

bool installed_file(const char* name, char* path)
{
	char self[PATH_MAX];
	char looked_for[PATH_MAX];

	path[0] = '\0';
	if (!installed_self(self))
		return false;
	*strrchr(self, '/') = '\0';
	errno = ENAMETOOLONG;
	if (snprintf(looked_for, sizeof(looked_for), "%s/" NEGOSSP_MODULE_FOLDER "/%s", self, name) >=
	    PATH_MAX)
		return false;
	if (realpath(looked_for, path))
		return true;
	(void)snprintf(path, PATH_MAX, "%s", looked_for);
	return false;
}

bool installed_is_plain(const char* path)
{
	/* ld.so(8), and the Desktop Entry Specification's list for Exec. */
	return strpbrk(path, " \t\n:;$%\"'\\`<>~|&*?#()") == NULL;
}
