/* SPDX-License-Identifier: Apache-2.0
 *
 * A client of the FreeRDP that is installed, as a program's code or as a plugin's (host.c): client
 * WORD...
 *
 * connect: connects, says which module it is to use when the connection begins, and ends it there
 * again: the same once more with the same settings
 * module=PATH: from here on its user has chosen a module
 * child: what a program sees that it starts
 * fork: a copy of it goes on in its place
 * wait: until its standard input is closed
 */
#include <freerdp/freerdp.h>
#include <freerdp/settings.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client.h"

/* What preload.c knows of FreeRDP's structures. */
_Static_assert(offsetof(freerdp, context) == 0, "the context comes first");
_Static_assert(offsetof(rdpContext, settings) == 40 * sizeof(UINT64),
               "forty places before settings");

static BOOL client_begins(freerdp* instance)
{
	const char* const module =
	    freerdp_settings_get_string(instance->context->settings, FreeRDP_SspiModule);

	(void)printf("module=%s\n", module ? module : "");
	return FALSE;
}

static freerdp* client_new(const char* module)
{
	freerdp* const instance = freerdp_new();

	if (!instance || !freerdp_context_new(instance) ||
	    (module &&
	     !freerdp_settings_set_string(instance->context->settings, FreeRDP_SspiModule, module)))
		abort();
	instance->PreConnect = client_begins;
	return instance;
}

int client_run(int count, char** words)
{
	static const char chosen[] = "module=";
	const char* module = NULL;
	freerdp* instance = NULL;

	for (int i = 0; i < count; i++)
	{
		if (strncmp(words[i], chosen, strlen(chosen)) == 0)
			module = words[i] + strlen(chosen);
		else if (strcmp(words[i], "child") == 0)
			(void)!system("env");
		else if (strcmp(words[i], "fork") == 0)
		{
			if (fork() != 0)
				_exit(7);
		}
		else if (strcmp(words[i], "wait") == 0)
			(void)!read(STDIN_FILENO, (char[1]){ 0 }, 1);
		else
		{
			if (!instance || strcmp(words[i], "again") != 0)
				instance = client_new(module);
			(void)printf("connected=%d\n", freerdp_connect(instance));
		}
		(void)fflush(stdout);
	}
	return 7;
}
