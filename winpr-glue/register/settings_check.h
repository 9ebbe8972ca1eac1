/* SPDX-License-Identifier: Apache-2.0
 *
 * Settings in a registry file that WinPR drops before anybody sees them: then a policy that
 * somebody wrote does not hold, and nothing says so. Which settings there are: docs/settings.md.
 */
#ifndef NEGOSSP_REGISTER_SETTINGS_CHECK_H
#define NEGOSSP_REGISTER_SETTINGS_CHECK_H

#include <stdbool.h>

#include "base/bytes.h"

/* Reports each line that means to be one of our settings, or of those of WinPR's that we obey, and
 * is not read as such. Returns whether there is none. `server_key` is the key of the servers' own
 * value, "Software\\FreeRDP\\FreeRDP\\Server", beside which the others stand; where the product has
 * none, those of FreeRDP's usual products count (host/registry.c). */
bool settings_check(struct bytes text, const char* server_key);
/* Reports a file that is there and that not every user can read: servers seldom run as root, and
 * one that cannot open it takes no logons. */
bool settings_check_open(const char* file);
/* Likewise of the JSON files beside the registry file, which FreeRDP reads from 3.33 on: names in
 * another case, or twice, and texts that are no JSON. */
bool settings_check_json(const char* registry_file);

#endif
