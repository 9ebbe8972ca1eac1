/* SPDX-License-Identifier: Apache-2.0
 *
 * Where a FreeRDP reads which module its servers load: a value in a registry file (reg_edit.h), or,
 * from 3.33 on, a member of credssp.json (json_edit.h), which comes before it.
 */
#ifndef NEGOSSP_REGISTER_PLACE_H
#define NEGOSSP_REGISTER_PLACE_H

#include <limits.h>
#include <stdbool.h>

#include "base/bytes.h"

enum place_kind
{
	PLACE_REGISTRY,
	PLACE_JSON
};

struct place
{
	enum place_kind kind;
	char file[PATH_MAX];
	char key[512]; /* of a registry file, below HKEY_LOCAL_MACHINE */
};

/* What a text names at a place, as WinPR reads it. */
struct place_value
{
	bool named;            /* there is a string */
	bool ours;             /* put there by registering, not by hand */
	char string[PATH_MAX]; /* the path; where none is named, what somebody probably meant */
	const char* problem;   /* why WinPR reads nothing although there is something, or NULL */
};

bool place_is_same(const struct place* a, const struct place* b);

/* NULL, or why this text can neither be read nor edited, in plain words. */
const char* place_problem(const struct place* place, struct bytes text);
void place_find(const struct place* place, struct bytes text, struct place_value* value);

/* See reg_edit.h. */
MUST_USE enum result place_register(const struct place* place, struct blob* text, bool new_file,
                                    const char* module);
MUST_USE enum result place_unregister(const struct place* place, struct blob* text,
                                      const char* module, bool* no_file);

#define PLACE_MOST 8
#define USUAL_KEY "Software\\FreeRDP\\FreeRDP\\Server"

/* Every place that any FreeRDP 3 reads or has read below the configuration folder that `known` is
 * in; returns how many it filled in, none when `known` is in no usual one. */
size_t place_all(const struct place* known, struct place places[PLACE_MOST]);

#endif
