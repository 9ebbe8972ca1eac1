/* SPDX-License-Identifier: Apache-2.0
 *
 * A libwinpr3.so.3 that answers negossp-register: its version, its registry file and its
 * credssp.json are the lines of the file "facts" beside it; with a fourth line it reads no key, or
 * that line when it is a path. It reads the one value that it is asked for wherever it stands; how
 * WinPR itself reads is shown with the real one (server_tests.py). As WinPR does, it could be a
 * module too: it has the entry point of one.
 */
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))
#define BEGIN "\"SspiModule\"=str:\""

EXPORT void* InitSecurityInterfaceA(void);
EXPORT const char* winpr_get_version_string(void);
EXPORT char* winpr_GetConfigFilePath(int system, const char* name);
EXPORT char* freerdp_GetConfigFilePath(int system, const char* name);
EXPORT void* WINPR_JSON_ParseFromFile(const char* path);
EXPORT void* WINPR_JSON_GetObjectItemCaseSensitive(void* object, const char* name);
EXPORT const char* WINPR_JSON_GetStringValue(void* value);
EXPORT int32_t RegOpenKeyExA(void* key, const char* path, uint32_t options, uint32_t access,
                             void** opened);
EXPORT int32_t RegQueryValueExA(void* key, const char* name, uint32_t* reserved, uint32_t* type,
                                uint8_t* data, uint32_t* size);
EXPORT int32_t RegCloseKey(void* key);

static char facts[4][4096];

static void read_lines(const char* path, char (*lines)[4096], size_t count)
{
	FILE* const file = fopen(path, "r");

	for (size_t i = 0; file && i < count && fgets(lines[i], sizeof(lines[i]), file); i++)
		lines[i][strcspn(lines[i], "\n")] = '\0';
	if (file)
		(void)fclose(file);
}

static void read_facts(void)
{
	char path[4096];
	Dl_info info;

	if (dladdr(facts, &info) == 0)
		return;
	(void)snprintf(path, sizeof(path), "%.*s/facts",
	               (int)(strrchr(info.dli_fname, '/') - info.dli_fname), info.dli_fname);
	read_lines(path, facts, 4);
}

void* InitSecurityInterfaceA(void)
{
	return facts;
}

const char* winpr_get_version_string(void)
{
	read_facts();
	return facts[0];
}

char* winpr_GetConfigFilePath(int system, const char* name)
{
	(void)system;
	(void)name;
	read_facts();
	return strdup(facts[1]);
}

char* freerdp_GetConfigFilePath(int system, const char* name)
{
	(void)system;
	(void)name;
	read_facts();
	return strdup(facts[2]);
}

/* The string behind the member's name, wherever that stands. */
void* WINPR_JSON_ParseFromFile(const char* path)
{
	static char text[65536];
	FILE* const file = fopen(path, "r");

	if (!file)
		return NULL;
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	(void)fclose(file);
	return text;
}

void* WINPR_JSON_GetObjectItemCaseSensitive(void* object, const char* name)
{
	char* const member = strstr(object, name);

	return member ? member + strlen(name) + 1 : NULL;
}

const char* WINPR_JSON_GetStringValue(void* value)
{
	char* const open = strchr(value, '"');

	if (!open)
		return NULL;
	open[strcspn(open + 1, "\"") + 1] = '\0';
	return open + 1;
}

int32_t RegOpenKeyExA(void* key, const char* path, uint32_t options, uint32_t access, void** opened)
{
	FILE* file;

	(void)key;
	(void)path;
	(void)options;
	(void)access;
	read_facts();
	if ((facts[3][0] && facts[3][0] != '/') || !(file = fopen(facts[1], "r")))
		return 2;
	(void)fclose(file);
	*opened = facts;
	return 0;
}

int32_t RegQueryValueExA(void* key, const char* name, uint32_t* reserved, uint32_t* type,
                         uint8_t* data, uint32_t* size)
{
	static char lines[64][4096];

	(void)key;
	(void)name;
	(void)reserved;
	read_lines(facts[1], lines, 64);
	for (size_t i = 0; i < 64; i++)
	{
		const size_t len = strlen(lines[i]);
		if (strncmp(lines[i], BEGIN, strlen(BEGIN)) != 0 || lines[i][len - 1] != '"')
			continue;
		const char* const value = facts[3][0] ? facts[3] : lines[i] + strlen(BEGIN);
		*type = 1;
		*size = (uint32_t)(facts[3][0] ? strlen(value) : len - strlen(BEGIN) - 1);
		if (data)
			(void)snprintf((char*)data, *size + 1, "%s", value);
		return 0;
	}
	return 2;
}

int32_t RegCloseKey(void* key)
{
	(void)key;
	return 0;
}
