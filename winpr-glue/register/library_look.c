/* SPDX-License-Identifier: Apache-2.0
 *
 * Which registry file and key a FreeRDP uses; see library_look.h.
 */
#include "library_look.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define REGISTRY_NAME "HKLM.reg"
#define DEFAULT_PRODUCT "FreeRDP\\FreeRDP"

/* The next NUL-ended string at or behind `at` that has `part` in it: from the NUL before it to the
 * one behind it. */
static bool library_string(struct reg_slice bytes, const char* part, const char** at,
                           struct reg_slice* string)
{
	const char* const end = bytes.bytes + bytes.length;
	const char* const hit = *at < end ? memmem(*at, (size_t)(end - *at), part, strlen(part)) : NULL;

	if (!hit)
		return false;
	const char* const stop = memchr(hit, '\0', (size_t)(end - hit));
	const char* const before = memrchr(bytes.bytes, '\0', (size_t)(hit - bytes.bytes));
	if (!stop)
		return false;
	const char* const start = before ? before + 1 : bytes.bytes;
	*string = (struct reg_slice){ start, (size_t)(stop - start) };
	*at = stop;
	return true;
}

static bool library_has(struct reg_slice bytes, const char* whole)
{
	const char* at = bytes.bytes;
	struct reg_slice string;

	while (library_string(bytes, whole, &at, &string))
		if (reg_slice_equals(string, whole))
			return true;
	return false;
}

static bool library_ends(struct reg_slice string, const char* with)
{
	const size_t length = strlen(with);

	return string.length >= length &&
	       memcmp(string.bytes + string.length - length, with, length) == 0;
}

/* An absolute path of printable characters. */
static bool library_is_path(struct reg_slice string)
{
	if (string.length == 0 || string.bytes[0] != '/')
		return false;
	for (size_t i = 0; i < string.length; i++)
		if (!isgraph((unsigned char)string.bytes[i]))
			return false;
	return true;
}

/* The first path that ends so. */
static bool library_path(struct reg_slice bytes, const char* with, char* path, size_t size)
{
	const char* at = bytes.bytes;
	struct reg_slice string;

	while (library_string(bytes, with, &at, &string))
		if (library_ends(string, with) && library_is_path(string) && string.length < size)
		{
			memcpy(path, string.bytes, string.length);
			path[string.length] = '\0';
			return true;
		}
	return false;
}

/* "3.10.3" or "3.31.0-dev0". */
static bool library_is_version(struct reg_slice string)
{
	size_t dots = 0;

	if (string.length < 5 || string.length >= LIBRARY_VERSION_SIZE)
		return false;
	for (size_t i = 0; i < string.length; i++)
	{
		const unsigned char c = (unsigned char)string.bytes[i];
		if (c == '-' && dots == 2)
			break;
		dots += c == '.';
		if (c != '.' && !isdigit(c))
			return false;
	}
	for (size_t i = 0; i < string.length; i++)
		if (!isgraph((unsigned char)string.bytes[i]))
			return false;
	return dots == 2 && isdigit((unsigned char)string.bytes[2]);
}

static void library_version(struct reg_slice bytes, char* version)
{
	const char* at = bytes.bytes;
	struct reg_slice string;

	version[0] = '\0';
	while (library_string(bytes, "3.", &at, &string))
		if (string.bytes[0] == '3' && string.bytes[1] == '.' && library_is_version(string))
		{
			memcpy(version, string.bytes, string.length);
			version[string.length] = '\0';
			return;
		}
}

/* Software\<vendor>\<product>\Server as it stands in the library. */
static bool library_key(struct reg_slice freerdp, char* key, size_t size)
{
	static const char begin[] = "Software\\";
	const char* at = freerdp.bytes;
	struct reg_slice string;

	while (library_string(freerdp, begin, &at, &string))
	{
		const char* const start = memmem(string.bytes, string.length, begin, sizeof(begin) - 1);
		const size_t length = string.length - (size_t)(start - string.bytes);
		const struct reg_slice whole = { start, length };
		if (library_ends(whole, "\\Server") && !memchr(start, '%', length) && length < size)
		{
			memcpy(key, start, length);
			key[length] = '\0';
			return true;
		}
	}
	return false;
}

/* The vendor's and the product's part of a key as parts of a path, with the product's version. */
static void library_folders(const char* key, bool versioned, char* folders, size_t size)
{
	const char* const first = strchr(key, '\\') + 1;
	const char* const last = strrchr(key, '\\');

	(void)snprintf(folders, size, "%.*s%s", (int)(last - first), first, versioned ? "3" : "");
	for (char* c = folders; *c; c++)
		if (*c == '\\')
			*c = '/';
}

bool library_look(struct reg_slice winpr, struct reg_slice freerdp, struct library_facts* facts)
{
	static const char versioning[] = "WITH_RESOURCE_VERSIONING=ON";
	char etc[LIBRARY_PATH_SIZE / 2] = "/etc";
	char folders[LIBRARY_KEY_SIZE] = "winpr";
	const bool versioned = freerdp.length > 0 && memmem(freerdp.bytes, freerdp.length, versioning,
	                                                    sizeof(versioning) - 1);

	if (winpr.length == 0 ||
	    !memmem(winpr.bytes, winpr.length, REGISTRY_NAME, strlen(REGISTRY_NAME)))
		return false;
	library_version(winpr, facts->version);
	(void)library_path(winpr, "/etc", etc, sizeof(etc));

	if (library_has(winpr, "winpr_getApplicationDetailsVendor"))
	{
		facts->key_is_built_in = false;
		(void)snprintf(facts->key, sizeof(facts->key), "Software\\%s%s\\Server", DEFAULT_PRODUCT,
		               versioned ? "3" : "");
		library_folders(facts->key, false, folders, sizeof(folders));
	}
	else
	{
		facts->key_is_built_in = library_key(freerdp, facts->key, sizeof(facts->key));
		if (!facts->key_is_built_in)
			(void)snprintf(facts->key, sizeof(facts->key), "Software\\%s\\Server", DEFAULT_PRODUCT);
		if (!library_has(winpr, "winpr"))
			library_folders(facts->key, versioned, folders, sizeof(folders));
	}
	if (library_path(winpr, "/" REGISTRY_NAME, facts->file, sizeof(facts->file)))
		return true;
	(void)snprintf(facts->file, sizeof(facts->file), "%s/%s/" REGISTRY_NAME, etc, folders);
	return true;
}
