/* SPDX-License-Identifier: Apache-2.0
 *
 * WinPR's JSON functions are looked up at run time. The file is opened here, so that one that is
 * not there and one that is broken are told apart.
 */
#include "host/settings.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <winpr/wtypes.h>

#include "host/version.h"

#define JSON_FILE_MAX (1u << 20)
#define JSON_SINCE 33

/* What we call it, its name, its arguments; their signatures are the same since FreeRDP 3.7. */
#define JSON_FUNCTIONS(FUNCTION)                                                                   \
	FUNCTION(void*, parse, "WINPR_JSON_ParseWithLength", (const char* text, size_t len))           \
	FUNCTION(void, free, "WINPR_JSON_Delete", (void* item))                                        \
	FUNCTION(BOOL, is_object, "WINPR_JSON_IsObject", (const void* item))                           \
	FUNCTION(void*, get_in_any_case, "WINPR_JSON_GetObjectItem",                                   \
	         (const void* object, const char* name))                                               \
	FUNCTION(BOOL, has, "WINPR_JSON_HasObjectItem", (const void* object, const char* name))        \
	FUNCTION(void*, get, "WINPR_JSON_GetObjectItemCaseSensitive",                                  \
	         (const void* object, const char* name))                                               \
	FUNCTION(BOOL, is_bool, "WINPR_JSON_IsBool", (const void* item))                               \
	FUNCTION(BOOL, is_true, "WINPR_JSON_IsTrue", (const void* item))                               \
	FUNCTION(BOOL, is_number, "WINPR_JSON_IsNumber", (const void* item))                           \
	FUNCTION(double, number, "WINPR_JSON_GetNumberValue", (const void* item))                      \
	FUNCTION(BOOL, is_string, "WINPR_JSON_IsString", (const void* item))                           \
	FUNCTION(const char*, string, "WINPR_JSON_GetStringValue", (void* item))                       \
	FUNCTION(char*, path, "winpr_GetConfigFilePath", (BOOL system, const char* name))

struct json_api
{
#define JSON_MEMBER(type, member, name, arguments) type(*member) arguments;
	JSON_FUNCTIONS(JSON_MEMBER)
};

static bool json_symbol(const char* name, void* function)
{
	void* const found = dlsym(RTLD_DEFAULT, name);

	memcpy(function, &found, sizeof(found));
	return found != NULL;
}

static bool json_api_find(struct json_api* api)
{
	bool found = true;

#define JSON_FIND(type, member, name, arguments)                                                   \
	found = json_symbol(name, (void*)&api->member) && found;
	JSON_FUNCTIONS(JSON_FIND)
	return found;
}

/* The whole file, with a NUL behind it; NULL and *problem, which stays NULL where there is none. */
static char* json_read(const char* path, size_t* len, const char** problem)
{
	const int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat status;
	char* text = NULL;

	if (file < 0)
	{
		*problem = errno == ENOENT ? NULL : "it cannot be opened";
		return NULL;
	}
	*problem = "it cannot be read";
	if (fstat(file, &status) == 0)
	{
		*len = (size_t)status.st_size;
		if (!S_ISREG(status.st_mode) || status.st_size > (off_t)JSON_FILE_MAX)
			*problem = "it is no file of at most 1 MiB";
		else if ((text = calloc(*len + 1, 1)) != NULL && read(file, text, *len) == (ssize_t)*len)
			*problem = NULL;
	}
	(void)close(file);
	return text;
}

static void json_load(struct settings* settings, const char* name)
{
	struct json_api api;
	const char* problem = "not enough memory for its path";
	size_t len = 0;

	if (!version_at_least(JSON_SINCE) || !json_api_find(&api))
		return;
	char* const path = api.path(TRUE, name);
	char* const text = path ? json_read(path, &len, &problem) : NULL;
	if (text && !problem)
	{
		settings->object = api.parse(text, len);
		if (!settings->object || !api.is_object(settings->object))
			problem = "it is no JSON object";
	}
	settings->broken = problem != NULL;
	(void)snprintf(settings->file_words, sizeof(settings->file_words), "%s%s%s", path ? path : name,
	               problem ? ": " : "", problem ? problem : "");
	free(path);
	free(text);
}

void settings_open(struct settings* settings, enum settings_place place)
{
	static const char* const keys[] = { "SSPI\\Negossp", "SSPI\\Negotiate", "WinPR\\NTLM" };
	static const char* const files[] = { "negossp.json", "negotiate.json", "ntlm.json" };

	*settings = (struct settings){ .broken = false };
	json_load(settings, files[place]);
	settings->key = registry_open(keys[place], false);
	(void)snprintf(settings->key_words, sizeof(settings->key_words), "registry, %s%s", keys[place],
	               registry_is_unread(settings->key) ? ": HKLM.reg cannot be opened" : "");
}

void settings_close(struct settings* settings)
{
	struct json_api api;

	registry_close(settings->key);
	settings->key = NULL;
	if (settings->object && json_api_find(&api))
		api.free(settings->object);
	settings->object = NULL;
}

/* A null is no item with json-c, and only then is there a name without one; cJSON has names in any
 * case there. */
static bool json_is_null(const struct json_api* api, const void* object, const char* name)
{
	return api->has(object, name) && !api->get_in_any_case(object, name);
}

/* Whether JSON answers, be it that nothing of it can be read; *member is then its member, or NULL.
 */
static bool settings_in_json(const struct settings* settings, struct json_api* api,
                             const char* name, const char** where, void** member)
{
	const bool readable = settings->object && !settings->broken && json_api_find(api);

	*member = readable ? api->get(settings->object, name) : NULL;
	const bool answers =
	    settings->broken || *member || (readable && json_is_null(api, settings->object, name));
	*where = answers ? settings->file_words : settings->key_words;
	return answers;
}

enum registry_answer settings_number(const struct settings* settings, const char* name,
                                     uint32_t* value, const char** where)
{
	struct json_api api;
	void* member;

	if (!settings_in_json(settings, &api, name, where, &member))
		return registry_number(settings->key, name, value);
	const double number = !member                 ? -1
	                      : api.is_bool(member)   ? (api.is_true(member) ? 1 : 0)
	                      : api.is_number(member) ? api.number(member)
	                                              : -1;
	if (!(number >= 0 && number <= UINT32_MAX))
		return REGISTRY_UNREADABLE;
	*value = (uint32_t)number;
	return REGISTRY_FOUND;
}

enum registry_answer settings_string(const struct settings* settings, const char* name, char* value,
                                     size_t size, const char** where)
{
	struct json_api api;
	void* member;

	if (!settings_in_json(settings, &api, name, where, &member))
		return registry_string(settings->key, name, value, size);
	const char* const string = member && api.is_string(member) ? api.string(member) : NULL;
	if (!string || strlen(string) >= size)
		return REGISTRY_UNREADABLE;
	(void)snprintf(value, size, "%s", string);
	return REGISTRY_FOUND;
}
