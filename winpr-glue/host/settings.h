/* SPDX-License-Identifier: Apache-2.0
 *
 * Settings where FreeRDP itself reads them: from 3.33 on JSON files of the system's configuration
 * folder, then, value by value, WinPR's registry, which is all there is before. So what an old
 * HKLM.reg demands does not vanish with an upgrade.
 */
#ifndef NEGOSSP_GLUE_SETTINGS_H
#define NEGOSSP_GLUE_SETTINGS_H

#include <limits.h>

#include "host/registry.h"

enum settings_place
{
	SETTINGS_OWN,       /* negossp.json; SSPI\Negossp */
	SETTINGS_NEGOTIATE, /* negotiate.json; SSPI\Negotiate */
	SETTINGS_NTLM       /* ntlm.json; WinPR\NTLM */
};

struct settings
{
	struct registry_key* key; /* NULL: there is no such key */
	void* object;             /* of the file; NULL: it is not there, or broken */
	bool broken;              /* the file is there: every value is unreadable */
	/* For a log line; these two outlive settings_close(). */
	char key_words[64];
	char file_words[PATH_MAX + 64];
};

/* Opens both. The registry's lock is held until settings_close(): see host/registry.h. */
void settings_open(struct settings* settings, enum settings_place place);
void settings_close(struct settings* settings);

/* As registry_number() and registry_string(). In JSON a number may also be true or false. Where a
 * file is broken, or a member of another type, it is REGISTRY_UNREADABLE. *where becomes one of the
 * two texts above: the place that answered. */
enum registry_answer settings_number(const struct settings* settings, const char* name,
                                     uint32_t* value, const char** where);
enum registry_answer settings_string(const struct settings* settings, const char* name, char* value,
                                     size_t size, const char** where);

#endif
