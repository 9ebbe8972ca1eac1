/* SPDX-License-Identifier: Apache-2.0
 *
 * Asking an installed WinPR itself; see winpr_ask.h.
 */
#include "winpr_ask.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include <winpr/error.h>

#include "child.h"
#include "host/registry_api.h"

#define KEY_SIZE 512

struct winpr_places
{
	const char* winpr;
	const char* freerdp;
	char file[PATH_MAX];
	char key[KEY_SIZE];
};

/* Programs can give themselves a vendor and a product since 3.23; a server that does not has those
 * that its libfreerdp was built with. */
static void winpr_places_key(void* freerdp, char* key)
{
	const char* (*vendor)(void);
	const char* (*product)(void);
	SSIZE_T (*version)(void);
	void* const symbols[] = { dlsym(freerdp, "freerdp_getApplicationDetailsVendor"),
		                      dlsym(freerdp, "freerdp_getApplicationDetailsProduct"),
		                      dlsym(freerdp, "freerdp_getApplicationDetailsVersion") };

	if (!symbols[0] || !symbols[1] || !symbols[2])
		return;
	memcpy(&vendor, &symbols[0], sizeof(vendor));
	memcpy(&product, &symbols[1], sizeof(product));
	memcpy(&version, &symbols[2], sizeof(version));
	char number[24] = "";
	if (version() >= 0)
		(void)snprintf(number, sizeof(number), "%lld", (long long)version());
	(void)snprintf(key, KEY_SIZE, "Software\\%s\\%s%s\\Server", vendor(), product(), number);
}

static void winpr_places(void* context)
{
	struct winpr_places* const places = context;
	void* const winpr = dlopen(places->winpr, RTLD_LAZY | RTLD_GLOBAL);
	void* const symbol = winpr ? dlsym(winpr, "winpr_GetConfigFilePath") : NULL;
	char* (*path)(BOOL, const char*);

	if (!symbol)
		return;
	memcpy(&path, &symbol, sizeof(path));
	const char* const file = path(TRUE, "HKLM.reg");
	if (file && strlen(file) < sizeof(places->file))
		(void)snprintf(places->file, sizeof(places->file), "%s", file);
	void* const freerdp = places->freerdp ? dlopen(places->freerdp, RTLD_LAZY | RTLD_LOCAL) : NULL;
	if (freerdp)
		winpr_places_key(freerdp, places->key);
}

void winpr_ask_places(const char* winpr, const char* freerdp, char* file, char* key, size_t size)
{
	struct winpr_places places = { .winpr = winpr, .freerdp = freerdp };

	if (!child_run(winpr_places, &places, sizeof(places)))
		return;
	if (places.file[0] == '/')
		(void)snprintf(file, PATH_MAX, "%s", places.file);
	if (places.key[0])
		(void)snprintf(key, size, "%s", places.key);
}

struct winpr_value
{
	const char* winpr;
	const char* key;
	const char* name;
	enum winpr_answer answer;
	char value[PATH_MAX];
};

static enum winpr_answer winpr_value_read(struct winpr_value* read, const struct registry_api* api)
{
	HANDLE key = NULL;
	DWORD type = REGISTRY_TYPE_NONE;
	DWORD length = 0;

	if (api->open(REGISTRY_LOCAL_MACHINE, read->key, 0, REGISTRY_ACCESS_READ, &key) !=
	    ERROR_SUCCESS)
		return WINPR_NO_KEY;
	if (api->query(key, read->name, NULL, &type, NULL, &length) != ERROR_SUCCESS)
		return WINPR_NO_VALUE;
	/* The length does not count the NUL that is written behind the string. */
	if (type != REGISTRY_TYPE_STRING || length >= sizeof(read->value) ||
	    api->query(key, read->name, NULL, &type, (BYTE*)read->value, &length) != ERROR_SUCCESS)
		return WINPR_NO_STRING;
	return WINPR_STRING;
}

static void winpr_value(void* context)
{
	struct winpr_value* const read = context;
	void* const winpr = dlopen(read->winpr, RTLD_LAZY | RTLD_LOCAL);
	struct registry_api api;

	if (winpr && registry_api_find(winpr, &api))
		read->answer = winpr_value_read(read, &api);
}

enum winpr_answer winpr_ask_value(const char* winpr, const char* key, const char* name, char* value)
{
	struct winpr_value read = { .winpr = winpr, .key = key, .name = name };

	if (!child_run(winpr_value, &read, sizeof(read)))
		return WINPR_CANNOT_ASK;
	(void)snprintf(value, PATH_MAX, "%s", read.value);
	return read.answer;
}
