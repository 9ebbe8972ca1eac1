/* SPDX-License-Identifier: Apache-2.0
 *
 * Values by path and name, case and all; one key is open at a time, as in the glue's own.
 */
#include "fake_registry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/registry.h"

#define VALUES_MAX 16

static struct value
{
	const char* path;
	const char* name;
	const char* string; /* NULL: a number */
	uint32_t number;
} values[VALUES_MAX];
static size_t value_count;
static bool lost;
static bool unread;

struct registry_key
{
	const char* path;
};

static struct registry_key opened;

#ifdef FAKE_JSON

static const char* const places[][2] = { { "SSPI\\Negossp", "negossp.json" },
	                                     { "SSPI\\Negotiate", "negotiate.json" },
	                                     { "WinPR\\NTLM", "ntlm.json" } };
#define PLACES (sizeof(places) / sizeof(places[0]))

static char folder[] = "/tmp/negossp-json-XXXXXX";

static void file_path(const char* name, char* path, size_t size)
{
	(void)snprintf(path, size, "%s/%s", folder, name);
}

static bool path_missing;

void fake_json_path_missing(void)
{
	path_missing = true;
}

/* The glue looks it up by name, and finds the program's before WinPR's. */
char* winpr_GetConfigFilePath(int system, const char* name);
__attribute__((visibility("default"))) char* winpr_GetConfigFilePath(int system, const char* name)
{
	char path[256];

	(void)system;
	file_path(name, path, sizeof(path));
	return path_missing ? NULL : strdup(path);
}

void fake_json_file(const char* name, const char* content)
{
	char path[256];

	file_path(name, path, sizeof(path));
	(void)unlink(path);
	FILE* const file = content ? fopen(path, "w") : NULL;
	if (file)
	{
		(void)fputs(content, file);
		(void)fclose(file);
	}
}

static void files_remove(void)
{
	for (size_t i = 0; i < PLACES; i++)
		fake_json_file(places[i][1], NULL);
	(void)rmdir(folder);
}

static void files_write(void)
{
	static bool made;

	path_missing = false;

	if (!made && (!mkdtemp(folder) || atexit(files_remove) != 0))
		abort();
	made = true;
	for (size_t i = 0; i < PLACES; i++)
	{
		char text[8192] = "{";
		for (size_t j = 0; j < value_count; j++)
		{
			const size_t len = strlen(text);
			char* const at = text + len;
			const size_t room = sizeof(text) - len;
			const char* const comma = len > 1 ? "," : "";
			/* The first of a name counts, as in a registry file. */
			bool again = false;
			for (size_t k = 0; k < j; k++)
				again = again || (strcmp(values[k].path, values[j].path) == 0 &&
				                  strcmp(values[k].name, values[j].name) == 0);
			if (again || strcmp(values[j].path, places[i][0]) != 0)
				continue;
			if (values[j].string)
				(void)snprintf(at, room, "%s\"%s\":\"%s\"", comma, values[j].name,
				               values[j].string);
			else
				(void)snprintf(at, room, "%s\"%s\":%u", comma, values[j].name, values[j].number);
		}
		(void)strcat(text, "}");
		fake_json_file(places[i][1], strlen(text) > 2 ? text : NULL);
	}
}

static bool is_json(const char* path)
{
	return strncmp(path, "System\\", 7) != 0;
}

#else

static void files_write(void)
{
}

static bool is_json(const char* path)
{
	(void)path;
	return false;
}

#endif

void fake_registry_clear(void)
{
	value_count = 0;
	lost = false;
	unread = false;
	files_write();
}

void fake_registry_lose(void)
{
	lost = true;
}

void fake_registry_unread(void)
{
	unread = true;
}

bool registry_is_lost(void)
{
	return lost;
}

bool registry_is_unread(const struct registry_key* key)
{
	return key && unread;
}

static void add(struct value value)
{
	if (value_count == VALUES_MAX)
		abort();
	values[value_count++] = value;
	files_write();
}

void fake_registry_string(const char* path, const char* name, const char* value)
{
	add((struct value){ path, name, value, 0 });
}

void fake_registry_number(const char* path, const char* name, uint32_t value)
{
	add((struct value){ path, name, NULL, value });
}

struct registry_key* registry_open(const char* path, bool whole)
{
	/* Only LSA's key is not below the product's. */
	if (whole != (strncmp(path, "System\\", 7) == 0) || opened.path)
		abort();
	for (size_t i = 0; i < value_count && !opened.path; i++)
	{
		if (strcmp(values[i].path, path) == 0 && !is_json(path))
			opened.path = path;
	}
	if (unread)
		opened.path = path;
	return opened.path ? &opened : NULL;
}

void registry_close(struct registry_key* key)
{
	if (key)
		key->path = NULL;
}

static const struct value* find(const struct registry_key* key, const char* name)
{
	for (size_t i = 0; key && i < value_count; i++)
	{
		if (strcmp(values[i].path, key->path) == 0 && strcmp(values[i].name, name) == 0)
			return &values[i];
	}
	return NULL;
}

enum registry_answer registry_number(struct registry_key* key, const char* name, uint32_t* value)
{
	const struct value* const found = find(key, name);

	if (registry_is_unread(key))
		return REGISTRY_UNREADABLE;
	if (!found || found->string)
		return found ? REGISTRY_UNREADABLE : REGISTRY_NONE;
	*value = found->number;
	return REGISTRY_FOUND;
}

enum registry_answer registry_string(struct registry_key* key, const char* name, char* value,
                                     size_t size)
{
	const struct value* const found = find(key, name);

	if (registry_is_unread(key))
		return REGISTRY_UNREADABLE;
	if (!found || !found->string || strlen(found->string) >= size)
		return found ? REGISTRY_UNREADABLE : REGISTRY_NONE;
	snprintf(value, size, "%s", found->string);
	return REGISTRY_FOUND;
}
