/* SPDX-License-Identifier: Apache-2.0
 *
 * host PLUGIN WORD...: a program that loads its client for itself alone, as Remmina does.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include "client.h"

int main(int argc, char** argv)
{
	int (*run)(int count, char** words) = NULL;
	void* const plugin = argc > 1 ? dlopen(argv[1], RTLD_NOW | RTLD_LOCAL) : NULL;
	void* const symbol = plugin ? dlsym(plugin, CLIENT_RUN) : NULL;

	(void)printf("started\n");
	memcpy(&run, &symbol, sizeof(run));
	return run ? run(argc - 2, argv + 2) : 1;
}
