/* SPDX-License-Identifier: Apache-2.0
 *
 * Loading libwbclient.
 */
#include "verify/winbind_library.h"

#include <dlfcn.h>
#include <pthread.h>
#include <string.h>

static struct winbind_library library;
static bool library_usable;
static pthread_once_t library_once = PTHREAD_ONCE_INIT;

static void library_load(void)
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

	library_usable = handle != NULL;
	for (size_t i = 0; library_usable && i < sizeof(symbols) / sizeof(symbols[0]); i++)
	{
		/* POSIX promises that dlsym's result can become a function; ISO C knows no such cast. */
		void* const found = dlsym(handle, symbols[i].name);

		memcpy(symbols[i].function, &found, sizeof(found));
		library_usable = found != NULL;
	}
}

const struct winbind_library* winbind_library(void)
{
	pthread_once(&library_once, library_load);
	return library_usable ? &library : NULL;
}
