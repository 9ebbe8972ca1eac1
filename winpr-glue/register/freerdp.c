/* SPDX-License-Identifier: Apache-2.0
 *
 * What of this runs foreign code runs in a child (child.h).
 */
#include "freerdp.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "child.h"
#include "host/registry_api.h"
#include "path.h"
#include "report.h"
#include "text.h"

#define WINPR_LIBRARY "libwinpr3.so.3"
#define FREERDP_LIBRARY "libfreerdp3.so.3"

/* What dlsym() finds is a pointer to an object, which ISO C does not let become one to a function:
 * its bytes are copied. False, and `function` is NULL, when there is none. */
static bool freerdp_function(void* library, const char* name, void* function)
{
	void* const symbol = dlsym(library, name);

	memcpy(function, &symbol, sizeof(symbol));
	return symbol != NULL;
}

static const char* freerdp_text(void* library, const char* name)
{
	const char* (*function)(void) = NULL;

	return freerdp_function(library, name, &function) ? function() : NULL;
}

/* Since 3.23 programs can give themselves a vendor and a product; a server that does not has those
 * that its libfreerdp was built with. Before it is always this key. */
static void freerdp_ask_key(void* library, struct freerdp* item)
{
	const char* const vendor = freerdp_text(library, "freerdp_getApplicationDetailsVendor");
	const char* const product = freerdp_text(library, "freerdp_getApplicationDetailsProduct");
	ssize_t (*version)(void) = NULL;
	char number[24] = "";

	if (freerdp_function(library, "freerdp_getApplicationDetailsVersion", &version) &&
	    version() >= 0)
		(void)snprintf(number, sizeof(number), "%zd", version());
	(void)snprintf(item->registry.key, sizeof(item->registry.key), "Software\\%s\\%s%s\\Server",
	               vendor ? vendor : "FreeRDP", product ? product : "FreeRDP", number);
}

/* False when the library has no such function. */
static bool freerdp_config_path(void* library, const char* function, const char* name, char* file)
{
	char* (*path)(int system, const char* name) = NULL;
	char* const found = freerdp_function(library, function, &path) ? path(1, name) : NULL;

	if (found)
		(void)snprintf(file, PATH_MAX, "%s", found);
	free(found);
	return found != NULL;
}

/* JSON comes before the registry from 3.33 on. */
static void freerdp_ask_places(void* winpr, void* freerdp, struct freerdp* item)
{
	int major = 0;
	int minor = 0;

	if (!freerdp_config_path(winpr, "winpr_GetConfigFilePath", "HKLM.reg", item->registry.file))
		(void)snprintf(item->registry.file, sizeof(item->registry.file), "/etc/winpr/HKLM.reg");
	item->place = item->registry;
	if (sscanf(item->version, "%d.%d", &major, &minor) == 2 && (major > 3 || minor >= 33) &&
	    freerdp_config_path(freerdp, "freerdp_GetConfigFilePath", "credssp.json", item->place.file))
	{
		item->place.kind = PLACE_JSON;
		item->place.key[0] = '\0';
	}
}

/* WinPR would wait for a pipe to be written. */
static bool freerdp_has_file(const char* file)
{
	struct stat status;

	return stat(file, &status) == 0 && S_ISREG(status.st_mode);
}

static bool freerdp_read_json(void* library, struct freerdp* item)
{
	void* (*parse)(const char* file) = NULL;
	void* (*get)(void* object, const char* name) = NULL;
	const char* (*string)(void* value) = NULL;

	if (!freerdp_function(library, "WINPR_JSON_ParseFromFile", &parse) ||
	    !freerdp_function(library, "WINPR_JSON_GetObjectItemCaseSensitive", &get) ||
	    !freerdp_function(library, "WINPR_JSON_GetStringValue", &string) ||
	    !freerdp_has_file(item->place.file))
		return false;
	void* const object = parse(item->place.file);
	void* const member = object ? get(object, VALUE_NAME) : NULL;
	const char* const value = member ? string(member) : NULL;
	if (value)
		(void)snprintf(item->value, sizeof(item->value), "%s", value);
	return value != NULL;
}

static enum freerdp_answer freerdp_read_value(void* library, struct freerdp* item)
{
	HANDLE key = NULL;
	DWORD type = REGISTRY_TYPE_NONE;
	DWORD len = 0;
	struct registry_api api;

	if (item->place.kind == PLACE_JSON && freerdp_read_json(library, item))
		return FREERDP_STRING;
	if (!registry_api_find(library, &api) || !freerdp_has_file(item->registry.file) ||
	    api.open(REGISTRY_LOCAL_MACHINE, item->registry.key, 0, REGISTRY_ACCESS_READ, &key) != 0)
		return FREERDP_NO_KEY;
	if (api.query(key, VALUE_NAME, NULL, &type, NULL, &len) != 0)
		return FREERDP_NO_VALUE;
	/* The length does not count the NUL that is written behind the string. */
	if (type != REGISTRY_TYPE_STRING || len >= sizeof(item->value) ||
	    api.query(key, VALUE_NAME, NULL, &type, (BYTE*)item->value, &len) != 0)
		return FREERDP_NO_STRING;
	return FREERDP_STRING;
}

/* The library's path is what the loader made of its name. */
static void freerdp_ask_here(void* context)
{
	struct freerdp* const item = context;
	void* const winpr = dlopen(item->library, RTLD_LAZY | RTLD_GLOBAL);
	void* const symbol = winpr ? dlsym(winpr, "winpr_get_version_string") : NULL;
	char beside[PATH_MAX + sizeof(FREERDP_LIBRARY)];
	Dl_info info;

	if (!symbol || dladdr(symbol, &info) == 0)
		_exit(EXIT_FAILURE);
	/* There is one, and it must not pass for none. */
	if (!realpath(info.dli_fname, item->library))
		abort();
	(void)snprintf(beside, sizeof(beside), "%s", info.dli_fname);
	(void)strcpy(strrchr(beside, '/') + 1, FREERDP_LIBRARY);
	void* const freerdp = dlopen(beside, RTLD_LAZY | RTLD_LOCAL);
	(void)snprintf(item->version, sizeof(item->version), "%s",
	               freerdp_text(winpr, "winpr_get_version_string"));
	freerdp_ask_key(freerdp ? freerdp : winpr, item);
	freerdp_ask_places(winpr, freerdp ? freerdp : winpr, item);
	item->answer = freerdp_read_value(winpr, item);
}

enum child_end freerdp_ask(struct freerdp* item)
{
	return child_run(freerdp_ask_here, item, sizeof(*item));
}

/* Adds it unless it does not answer, or another name of it is known. */
static enum child_end freerdp_add(const char* library, struct freerdp_list* list)
{
	struct freerdp* const item = &list->items[list->count];

	*item = (struct freerdp){ .answer = FREERDP_NO_KEY };
	(void)snprintf(item->library, sizeof(item->library), "%s", library);
	const enum child_end end = freerdp_ask(item);
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->items[i].library, item->library) == 0)
			return end;
	list->count += end == CHILD_DONE;
	return end;
}

/* Both libraries of a folder are loaded. */
static bool freerdp_is_guarded(const char* folder, char* culprit)
{
	static const char* const names[] = { WINPR_LIBRARY, FREERDP_LIBRARY };
	char path[PATH_MAX];

	for (size_t i = 0; i < 2; i++)
		if ((size_t)snprintf(path, sizeof(path), "%s/%s", folder, names[i]) < sizeof(path) &&
		    access(path, R_OK) == 0 && !path_is_guarded(path, culprit))
			return false;
	return true;
}

bool freerdp_find(const char* const* folders, size_t count, struct freerdp_list* list)
{
	char path[PATH_MAX];
	char culprit[PATH_MAX];

	list->count = 0;
	if (freerdp_add(WINPR_LIBRARY, list) == CHILD_LOST)
	{
		report_error("the loader's " WINPR_LIBRARY
		             " cannot be asked: the process that loads it ends "
		             "or cannot be made\n");
		return false;
	}
	for (size_t i = 0; i < count; i++)
	{
		const bool whole =
		    (size_t)snprintf(path, sizeof(path), "%s/" WINPR_LIBRARY, folders[i]) < sizeof(path);
		if (!freerdp_is_guarded(folders[i], culprit))
			report_error("%s is not loaded: others can change %s\n", folders[i], culprit);
		else if (whole && freerdp_add(path, list) == CHILD_DONE)
			continue;
		else
			report_error("--libdir %s: no FreeRDP 3 there (" WINPR_LIBRARY " does not load)\n",
			             folders[i]);
		return false;
	}
	return true;
}
