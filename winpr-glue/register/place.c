/* SPDX-License-Identifier: Apache-2.0
 *
 * The two formats behind one face, and the places there ever were.
 */
#include "place.h"

#include <stdio.h>
#include <string.h>

#include "json_edit.h"
#include "reg_edit.h"

bool place_is_same(const struct place* a, const struct place* b)
{
	return a->kind == b->kind && strcmp(a->file, b->file) == 0 && strcmp(a->key, b->key) == 0;
}

const char* place_problem(const struct place* place, struct bytes text)
{
	if (place->kind == PLACE_JSON)
		return json_edit_problem(text);
	return text_first(text, '\0')
	           ? "it has zero bytes in it (UTF-16?), and WinPR reads UTF-8 only; write it anew as "
	             "UTF-8"
	           : NULL;
}

static void place_find_json(struct bytes text, struct place_value* value)
{
	struct json_member member;

	if (json_find(text, VALUE_NAME, &member) == 0)
		return;
	value->ours = json_edit_is_ours(text);
	value->named = json_string(member.value, value->string, sizeof(value->string));
	if (!value->named)
		value->problem = "the member is no string";
}

void place_find(const struct place* place, struct bytes text, struct place_value* value)
{
	*value = (struct place_value){ .named = false };
	if (place->kind == PLACE_JSON)
	{
		place_find_json(text, value);
		return;
	}
	const struct reg_value read = reg_text_find(text, place->key, VALUE_NAME);
	value->named = read.kind == REG_VALUE_STRING;
	value->ours = reg_edit_is_ours(text, place->key);
	(void)snprintf(value->string, sizeof(value->string), "%.*s", (int)read.text.len,
	               (const char*)read.text.data);
	if (read.kind == REG_VALUE_NUMBER)
		value->problem = "the value is a number";
	else if (read.kind == REG_VALUE_DROPPED)
		value->problem = "WinPR drops its line: it reads \"" VALUE_NAME
		                 "\"=str:\"...\" with nothing behind it, not even a carriage return";
}

enum result place_register(const struct place* place, struct blob* text, bool new_file,
                           const char* module)
{
	return place->kind == PLACE_JSON ? json_edit_register(text, new_file, module)
	                                 : reg_edit_register(text, new_file, place->key, module);
}

enum result place_unregister(const struct place* place, struct blob* text, const char* module,
                             bool* no_file)
{
	return place->kind == PLACE_JSON ? json_edit_unregister(text, module, no_file)
	                                 : reg_edit_unregister(text, place->key, module, no_file);
}

/* docs/registration.md says which releases these are of. */
static const struct
{
	enum place_kind kind;
	const char* file;
	const char* key;
} every[PLACE_MOST] = {
	{ PLACE_REGISTRY, "/winpr/HKLM.reg", USUAL_KEY },
	{ PLACE_REGISTRY, "/FreeRDP/FreeRDP/HKLM.reg", USUAL_KEY },
	{ PLACE_REGISTRY, "/FreeRDP/FreeRDP3/HKLM.reg", USUAL_KEY },
	{ PLACE_REGISTRY, "/FreeRDP/FreeRDP3/HKLM.reg", "Software\\FreeRDP\\FreeRDP3\\Server" },
	{ PLACE_JSON, "/FreeRDP/credssp.json", "" },
	{ PLACE_JSON, "/FreeRDP3/credssp.json", "" },
	{ PLACE_JSON, "/FreeRDP/FreeRDP/credssp.json", "" },
	{ PLACE_JSON, "/FreeRDP/FreeRDP3/credssp.json", "" },
};

size_t place_all(const struct place* known, struct place places[PLACE_MOST])
{
	const size_t len = strlen(known->file);
	size_t folder = 0;
	size_t count = 0;

	for (size_t i = 0; i < PLACE_MOST; i++)
	{
		const size_t behind = strlen(every[i].file);
		if (len > behind && strcmp(known->file + len - behind, every[i].file) == 0)
			folder = len - behind;
	}
	for (size_t i = 0; folder > 0 && i < PLACE_MOST; i++)
	{
		struct place* const place = &places[count++];
		place->kind = every[i].kind;
		(void)snprintf(place->file, sizeof(place->file), "%.*s%s", (int)folder, known->file,
		               every[i].file);
		(void)snprintf(place->key, sizeof(place->key), "%s", every[i].key);
	}
	return count;
}
