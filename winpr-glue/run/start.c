/* SPDX-License-Identifier: Apache-2.0 */
#include "start.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "installed.h"
#include "program.h"
#include "register/module_check.h"
#include "register/path.h"
#include "register/report.h"

/* A client that is told of a module which does not load refuses every server. */
static bool start_has_module(const char* chosen, char* path)
{
	char culprit[PATH_MAX];
	char why[512];

	if (chosen ? !realpath(chosen, path) : !installed_file(INSTALLED_MODULE, path))
		report_error("%s: %s\n", chosen ? chosen : path, strerror(errno));
	else if (!path_is_guarded(path, culprit))
		report_error("%s: others can change it: see %s\n", path, culprit);
	else if (!module_loads(path, why, sizeof(why)))
		report_error("%s: %s\n", path, why);
	else
		return true;
	return false;
}

static bool start_has_library(char* path)
{
	if (!installed_file(INSTALLED_LIBRARY, path))
		report_error("%s: %s\n", path, strerror(errno));
	else if (!installed_is_plain(path))
		report_error("%s: the loader would not understand this path; install negossp elsewhere\n",
		             path);
	else
		return true;
	return false;
}

/* The library comes first, before what others have the loader put into programs. */
static bool start_hand_over(const char* module, const char* library)
{
	const char* const others = secure_getenv(HANDOVER_LOADER);
	char* list = NULL;
	char* told = NULL;

	const bool done =
	    asprintf(&list, "%s%s%s", library, others ? ":" : "", others ? others : "") >= 0 &&
	    asprintf(&told, "%ld:%s", (long)getpid(), module) >= 0 &&
	    setenv(HANDOVER_LOADER, list, 1) == 0 && setenv(HANDOVER_VARIABLE, told, 1) == 0;
	if (!done)
		report_error("%s\n", strerror(ENOMEM));
	free(list);
	free(told);
	return done;
}

enum handover_exit start(char* const* command, const char* module)
{
	char path[PATH_MAX];
	char module_path[PATH_MAX];
	char library_path[PATH_MAX];

	if (!program_find(command[0], path))
	{
		report_error("%s: there is no such program\n", command[0]);
		return EXIT_NOT_FOUND;
	}
	const char* const refusal = program_refusal(path);
	if (refusal)
	{
		report_error("%s is not started. It is %s.\n", path, refusal);
		return EXIT_REFUSED;
	}
	if (!start_has_module(module, module_path) || !start_has_library(library_path) ||
	    !start_hand_over(module_path, library_path))
		return EXIT_REFUSED;
	(void)execv(path, command);
	report_error("%s: %s\n", path, strerror(errno));
	return EXIT_NOT_STARTED;
}
