/* SPDX-License-Identifier: Apache-2.0
 *
 * WinPR's registry functions, looked up at run time: the headers of FreeRDP 3.33 call them
 * deprecated, those of FreeRDP 4 (and of 3.33 with WITHOUT_WINPR_3x_DEPRECATED) do not declare
 * them, and which of them a process has is its libwinpr's to say.
 */
#ifndef NEGOSSP_GLUE_REGISTRY_API_H
#define NEGOSSP_GLUE_REGISTRY_API_H

#include <stdbool.h>

#include <winpr/wtypes.h>

#define REGISTRY_LOCAL_MACHINE ((HANDLE)(LONG_PTR)(LONG)0x80000002)
#define REGISTRY_ACCESS_READ 0x00020119u /* KEY_READ | KEY_WOW64_64KEY */
#define REGISTRY_TYPE_NONE 0u
#define REGISTRY_TYPE_STRING 1u
#define REGISTRY_TYPE_NUMBER 4u

/* Below whose keys in Software settings are looked for where the program's own has none, in this
 * order: Debian's and upstream's, the second with versioned resources. */
#define REGISTRY_PRODUCTS "FreeRDP\\FreeRDP", "FreeRDP\\FreeRDP3"

/* RegOpenKeyExA, RegQueryValueExA and RegCloseKey, all of which return 0 on success. */
typedef LONG (*registry_open_function)(HANDLE key, const char* path, DWORD options, DWORD access,
                                       HANDLE* opened);
typedef LONG (*registry_query_function)(HANDLE key, const char* name, DWORD* reserved, DWORD* type,
                                        BYTE* data, DWORD* size);
typedef LONG (*registry_close_function)(HANDLE key);

struct registry_api
{
	registry_open_function open;
	registry_query_function query;
	registry_close_function close;
};

/* Those of a library, a handle of dlopen's or RTLD_DEFAULT. False, and nothing changed, if one of
 * them is not there. */
bool registry_api_find(void* library, struct registry_api* api);

#endif
