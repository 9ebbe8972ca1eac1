/* SPDX-License-Identifier: Apache-2.0
 *
 * Where WinPR's keys lie, and one lock around its registry, which has none.
 */
#include "host/registry.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <winpr/error.h>

#include "host/registry_api.h"
#include "host/version.h"

#define REGISTRY_PATH_SIZE 512

static pthread_mutex_t registry_lock = PTHREAD_MUTEX_INITIALIZER;

struct registry_key
{
	struct registry_api winpr;
	HANDLE handle; /* NULL: WinPR could not open the file */
};

/* One key is open at a time, under the lock. */
static struct registry_key registry_opened;

static LONG registry_try(const char* path)
{
	registry_opened.handle = NULL;
	return registry_opened.winpr.open(REGISTRY_LOCAL_MACHINE, path, 0, REGISTRY_ACCESS_READ,
	                                  &registry_opened.handle);
}

/* WinPR says who the program is only in newer releases, so its functions are looked for at run
 * time. False when it does not. */
static bool registry_application(char* text, size_t size)
{
	const char* (*vendor)(void);
	const char* (*product)(void);
	SSIZE_T (*version)(void);
	void* const symbols[] = { dlsym(RTLD_DEFAULT, "winpr_getApplicationDetailsVendor"),
		                      dlsym(RTLD_DEFAULT, "winpr_getApplicationDetailsProduct"),
		                      dlsym(RTLD_DEFAULT, "winpr_getApplicationDetailsVersion") };

	if (!symbols[0] || !symbols[1] || !symbols[2])
		return false;
	memcpy(&vendor, &symbols[0], sizeof(vendor));
	memcpy(&product, &symbols[1], sizeof(product));
	memcpy(&version, &symbols[2], sizeof(version));
	const SSIZE_T number = version();
	if (number < 0)
		(void)snprintf(text, size, "%s\\%s", vendor(), product());
	else
		(void)snprintf(text, size, "%s\\%s%lld", vendor(), product(), (long long)number);
	return true;
}

static LONG registry_try_product(const char* path)
{
	static const char* const products[] = { REGISTRY_PRODUCTS };
	char product[REGISTRY_PATH_SIZE / 2];
	char whole[REGISTRY_PATH_SIZE];
	LONG answer = ERROR_FILE_NOT_FOUND;

	if (registry_application(product, sizeof(product)))
	{
		(void)snprintf(whole, sizeof(whole), "Software\\%s\\%s", product, path);
		answer = registry_try(whole);
	}
	for (size_t i = 0; i < sizeof(products) / sizeof(products[0]) && answer == ERROR_FILE_NOT_FOUND;
	     i++)
	{
		(void)snprintf(whole, sizeof(whole), "Software\\%s\\%s", products[i], path);
		answer = registry_try(whole);
	}
	return answer;
}

/* To WinPR a file that is not there and one that it could not open are the same. */
static bool registry_file_is_there(void)
{
	char* (*config_path)(BOOL system, const char* filename);
	void* const symbol = dlsym(RTLD_DEFAULT, "winpr_GetConfigFilePath");

	/* Releases before 3.9 do not have it, and the file in one place. */
	if (!symbol)
		return access("/etc/winpr/HKLM.reg", F_OK) == 0 || errno != ENOENT;
	memcpy(&config_path, &symbol, sizeof(config_path));
	char* const path = config_path(TRUE, "HKLM.reg");
	const bool there = !path || access(path, F_OK) == 0 || errno != ENOENT;
	free(path);
	return there;
}

bool registry_is_lost(void)
{
	struct registry_api winpr;

	return !version_at_least(VERSION_4) && !registry_api_find(RTLD_DEFAULT, &winpr);
}

struct registry_key* registry_open(const char* path, bool whole)
{
	pthread_mutex_lock(&registry_lock);
	if (registry_api_find(RTLD_DEFAULT, &registry_opened.winpr))
	{
		const LONG answer = whole ? registry_try(path) : registry_try_product(path);
		if (answer == ERROR_SUCCESS || (answer != ERROR_FILE_NOT_FOUND && registry_file_is_there()))
			return &registry_opened;
	}
	pthread_mutex_unlock(&registry_lock);
	return NULL;
}

void registry_close(struct registry_key* key)
{
	if (!key)
		return;
	if (key->handle)
		(void)key->winpr.close(key->handle);
	key->handle = NULL;
	pthread_mutex_unlock(&registry_lock);
}

bool registry_is_unread(const struct registry_key* key)
{
	return key && !key->handle;
}

enum registry_answer registry_number(struct registry_key* key, const char* name, uint32_t* value)
{
	DWORD number = 0;
	DWORD type = REGISTRY_TYPE_NONE;
	DWORD size = sizeof(number);

	if (registry_is_unread(key))
		return REGISTRY_UNREADABLE;
	if (!key || key->winpr.query(key->handle, name, NULL, &type, NULL, &size) != ERROR_SUCCESS)
		return REGISTRY_NONE;
	size = sizeof(number);
	if (type != REGISTRY_TYPE_NUMBER ||
	    key->winpr.query(key->handle, name, NULL, &type, (BYTE*)&number, &size) != ERROR_SUCCESS)
		return REGISTRY_UNREADABLE;
	*value = number;
	return REGISTRY_FOUND;
}

enum registry_answer registry_string(struct registry_key* key, const char* name, char* value,
                                     size_t size)
{
	DWORD type = REGISTRY_TYPE_NONE;
	DWORD length = 0;

	if (registry_is_unread(key))
		return REGISTRY_UNREADABLE;
	/* The length WinPR gives does not count the NUL that it writes. */
	if (!key || key->winpr.query(key->handle, name, NULL, &type, NULL, &length) != ERROR_SUCCESS)
		return REGISTRY_NONE;
	if (type != REGISTRY_TYPE_STRING || length >= size)
		return REGISTRY_UNREADABLE;
	memset(value, 0, size);
	return key->winpr.query(key->handle, name, NULL, &type, (BYTE*)value, &length) == ERROR_SUCCESS
	           ? REGISTRY_FOUND
	           : REGISTRY_UNREADABLE;
}
