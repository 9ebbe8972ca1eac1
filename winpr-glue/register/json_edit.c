/* SPDX-License-Identifier: Apache-2.0
 *
 * What is added stands in front, behind the object's brace, so that taking it out leaves the rest
 * as it was.
 */
#include "json_edit.h"

#include <limits.h>
#include <string.h>

#define NOTE "negossp-register"
#define MADE_FILE "made this file"
#define FILLED "filled this file"
#define ADDED "added the next member"
#define REPLACED "replaced"

const char* json_edit_problem(struct bytes text)
{
	const char* const problem = text.len > 0 ? json_text_problem(text) : NULL;
	struct json_member member;

	if (problem)
		return problem;
	return json_find(text, VALUE_NAME, &member) > 1 || json_find(text, NOTE, &member) > 1
	           ? "it has two members of one name"
	           : NULL;
}

bool json_edit_is_ours(struct bytes text)
{
	struct json_member member;

	return json_find(text, NOTE, &member) > 0 && json_find(text, VALUE_NAME, &member) > 0;
}

static void json_add_path(struct writer* out, const char* path)
{
	text_add(out, "\"");
	for (; *path; path++)
	{
		text_add(out, *path == '\\' ? "\\" : "");
		writer_u8(out, (uint8_t)*path);
	}
	text_add(out, "\"");
}

static bool json_is(struct bytes value, const char* expected)
{
	char string[PATH_MAX];

	return json_string(value, string, sizeof(string)) && strcmp(string, expected) == 0;
}

/* The text with what stands between two places replaced. */
static enum result json_replace(struct blob* blob, size_t from, size_t to, struct bytes by)
{
	const struct bytes text = blob_bytes(blob);
	struct writer out = writer_make(text.len + by.len);

	writer_bytes(&out, text_part(text, 0, from));
	writer_bytes(&out, by);
	writer_bytes(&out, text_behind(text, to));
	return writer_take(&out, blob);
}

/* With the comma that goes with it. */
static enum result json_remove(struct blob* blob, const char* name)
{
	const struct bytes text = blob_bytes(blob);
	struct json_member member;

	if (json_find(text, name, &member) == 0)
		return RESULT_OK;
	const size_t end = (size_t)(member.value.data - text.data) + member.value.len;
	const bool first = member.from == json_reader_make(text).at;
	return json_replace(blob, member.from - (!member.comma && !first),
	                    member.comma ? member.comma + 1 : end, BYTES_EMPTY);
}

static bool json_is_empty(struct bytes text)
{
	struct json_reader reader = json_reader_make(text);
	struct json_member member;

	return !json_reader_next(&reader, &member);
}

/* Both members in front; the braces too where there is no text. */
static enum result json_add(struct blob* blob, bool new_file, const char* module)
{
	const struct bytes text = blob_bytes(blob);
	struct writer out = writer_make(text.len + TEXT_ADDED_MOST);
	const size_t front = text.len > 0 ? json_reader_make(text).at : 0;
	const char* const note = text.len > 0 ? ADDED : new_file ? MADE_FILE : FILLED;

	writer_bytes(&out, text.len > 0 ? text_part(text, 0, front) : BYTES_LITERAL("{"));
	text_add(&out, "\n  \"" NOTE "\": \"");
	text_add(&out, note);
	text_add(&out, "\",\n  \"" VALUE_NAME "\": ");
	json_add_path(&out, module);
	text_add(&out, text.len == 0 ? "\n}\n" : json_is_empty(text) ? "" : ",");
	writer_bytes(&out, text_behind(text, front));
	return writer_take(&out, blob);
}

/* The value makes room; where ours is in its place already the note stays as it is. */
static enum result json_replace_value(struct blob* blob, struct bytes value, const char* module)
{
	const struct bytes text = blob_bytes(blob);
	struct writer out = writer_make(2 * text.len + TEXT_ADDED_MOST);
	const size_t from = (size_t)(value.data - text.data);
	const size_t front = json_reader_make(text).at;

	writer_bytes(&out, text_part(text, 0, front));
	if (!json_edit_is_ours(text))
	{
		text_add(&out, "\n  \"" NOTE "\": {\"" REPLACED "\": ");
		writer_bytes(&out, value);
		text_add(&out, "},");
	}
	writer_bytes(&out, text_part(text, front, from));
	json_add_path(&out, module);
	writer_bytes(&out, text_behind(text, from + value.len));
	return writer_take(&out, blob);
}

enum result json_edit_register(struct blob* text, bool new_file, const char* module)
{
	struct json_member member;

	if (json_find(blob_bytes(text), VALUE_NAME, &member) > 0)
		return json_is(member.value, module) ? RESULT_OK
		                                     : json_replace_value(text, member.value, module);
	TRY(json_remove(text, NOTE)); /* of a value that somebody has taken out */
	return json_add(text, new_file, module);
}

static bool json_names_us(struct bytes value, const char* module)
{
	char path[PATH_MAX];

	return json_string(value, path, sizeof(path)) && text_names_us(text_bytes(path), module);
}

/* What a note keeps: the value that made room, or nothing. */
static struct bytes json_kept(struct bytes note)
{
	struct json_member kept = { .value = BYTES_EMPTY };

	if (text_begins(note, "{"))
		(void)json_find(note, REPLACED, &kept);
	return kept.value;
}

enum result json_edit_unregister(struct blob* text, const char* module, bool* no_file)
{
	struct json_member value;
	struct json_member note = { .from = 0 };
	const bool noted = json_find(blob_bytes(text), NOTE, &note) > 0;
	const bool made = json_is(note.value, MADE_FILE);
	const bool filled = json_is(note.value, FILLED);
	const struct bytes kept = json_kept(note.value);

	if (json_find(blob_bytes(text), VALUE_NAME, &value) > 0)
	{
		const size_t from = (size_t)(value.value.data - text->data);
		if (kept.len > 0 && !json_names_us(kept, module))
			TRY(json_replace(text, from, from + value.value.len, kept));
		else if (noted || json_names_us(value.value, module))
			TRY(json_remove(text, VALUE_NAME));
	}
	TRY(json_remove(text, NOTE));
	const bool empty = json_is_empty(blob_bytes(text));
	*no_file = made && empty;
	return filled && empty ? blob_set(text, BYTES_EMPTY) : RESULT_OK;
}
