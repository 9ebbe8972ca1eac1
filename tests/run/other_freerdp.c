/* SPDX-License-Identifier: Apache-2.0
 *
 * A FreeRDP that is not to be had where this is built: OTHER_MAJOR is its version, and its settings
 * take nothing.
 */
#include <stdio.h>
#include <sys/types.h>

#define EXPORT __attribute__((visibility("default")))

EXPORT int freerdp_connect(void* instance);
EXPORT void freerdp_get_version(int* major, int* minor, int* revision);
EXPORT ssize_t freerdp_settings_get_key_for_name(const char* name);
EXPORT const char* freerdp_settings_get_string(const void* settings, size_t key);
EXPORT int freerdp_settings_set_string(void* settings, size_t key, const char* value);

int freerdp_connect(void* instance)
{
	(void)instance;
	(void)printf("module=\n");
	return 1;
}

void freerdp_get_version(int* major, int* minor, int* revision)
{
	*major = OTHER_MAJOR;
	*minor = *revision = 1;
}

ssize_t freerdp_settings_get_key_for_name(const char* name)
{
	(void)name;
	return 1106;
}

const char* freerdp_settings_get_string(const void* settings, size_t key)
{
	(void)settings;
	(void)key;
	return NULL;
}

int freerdp_settings_set_string(void* settings, size_t key, const char* value)
{
	(void)settings;
	(void)key;
	(void)value;
	return 0;
}
