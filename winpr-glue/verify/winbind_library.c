/* SPDX-License-Identifier: Apache-2.0
 *
 * Loading libwbclient.
 */
#include "verify/winbind_library.h"

#include <dlfcn.h>
#include <pthread.h>
#include <string.h>

static struct winbind_library library;

static bool library_load(void)
{
	static const struct
	{
		const char* name;
		void* function;
	} symbols[] = { { "wbcCtxCreate", (void*)&library.ctx_create },
		            { "wbcCtxFree", (void*)&library.ctx_free },
		            { "wbcCtxAuthenticateUserEx", (void*)&library.authenticate },
		            { "wbcCtxInterfaceDetails", (void*)&library.details },
		            { "wbcCtxLookupName", (void*)&library.lookup_name },
		            { "wbcFreeMemory", (void*)&library.free_memory } };
	/* NODELETE: it registers a handler for fork. */
	void* const handle = dlopen("libwbclient.so.0", RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);

	bool usable = handle != NULL;
	for (size_t i = 0; usable && i < sizeof(symbols) / sizeof(symbols[0]); i++)
	{
		/* POSIX promises that dlsym's result can become a function; ISO C knows no such cast. */
		void* const found = dlsym(handle, symbols[i].name);

		memcpy(symbols[i].function, &found, sizeof(found));
		usable = found != NULL;
	}
	return usable;
}

const struct winbind_library* winbind_library(void)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	static bool usable;

	/* What is not there is looked for again: the process may have had no descriptor left. */
	pthread_mutex_lock(&lock);
	usable = usable || library_load();
	const bool is = usable;
	pthread_mutex_unlock(&lock);
	return is ? &library : NULL;
}
