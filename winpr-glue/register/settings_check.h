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
 * none, those of REGISTRY_PRODUCTS count. */
bool settings_check(struct bytes text, const char* server_key);
/* Reports a file that is there and that not every user can read: servers seldom run as root. And
 * one that others than root can change: they choose what servers load and whom they let in. */
bool settings_check_access(const char* file);
/* Reports settings in a registry file that no FreeRDP here reads, as after an upgrade to a release
 * that has it elsewhere: they do not hold. */
bool settings_check_left(const char* file, struct bytes text, const char* server_key);
/* Likewise of the JSON files beside the registry file, which FreeRDP reads from 3.33 on: names in
 * another case, or twice, and texts that are no JSON. */
bool settings_check_json(const char* registry_file);
/* And where no FreeRDP here reads any, files that are there. */
bool settings_check_json_left(const char* registry_file);

#endif
