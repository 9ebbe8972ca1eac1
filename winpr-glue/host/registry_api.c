/* SPDX-License-Identifier: Apache-2.0
 *
 * dlsym() gives pointers to objects, which ISO C does not let become pointers to functions: their
 * bytes are copied.
 */
#include "host/registry_api.h"

#include <dlfcn.h>
#include <string.h>

bool registry_api_find(void* library, struct registry_api* api)
{
	void* const symbols[] = { dlsym(library, "RegOpenKeyExA"), dlsym(library, "RegQueryValueExA"),
		                      dlsym(library, "RegCloseKey") };

	if (!symbols[0] || !symbols[1] || !symbols[2])
		return false;
	memcpy(&api->open, &symbols[0], sizeof(api->open));
	memcpy(&api->query, &symbols[1], sizeof(api->query));
	memcpy(&api->close, &symbols[2], sizeof(api->close));
	return true;
}
