/* SPDX-License-Identifier: Apache-2.0
 *
 * The text of a desktop entry (Desktop Entry Specification 1.5).
 */
#ifndef NEGOSSP_RUN_ENTRY_H
#define NEGOSSP_RUN_ENTRY_H

#include <stdbool.h>

#include "base/bytes.h"

/* Whether it is a copy that was made here. */
bool entry_is_ours(struct bytes text);
/* Whether one of its commands has the program, by its file's name. */
bool entry_starts(struct bytes text, const char* program);
/* Why its program cannot be started through negossp-run, as what comes behind "it is", or NULL. */
const char* entry_refusal(struct bytes text);
/* A copy whose commands begin with the program `self` and which is not activated over D-Bus;
 * `source` is where it is from. False and errno: ENOEXEC when it has no command. */
bool entry_copy(struct bytes text, const char* self, const char* source, struct blob* copy);

#endif
