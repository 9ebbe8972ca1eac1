/* SPDX-License-Identifier: Apache-2.0
 *
 * What is added stands in front, behind the object's brace, so that taking it out leaves the rest
 * as it was.
 */
#include "json_edit.h"

#include <limits.h>
#include <string.h>

#define NAME "SspiModule"
#define NOTE "negossp-register"
#define MADE_FILE "made this file"
#define FILLED "filled this file"
#define ADDED "added the next member"
#define REPLACED "replaced"

#define ADDED_MOST 65536u

const char* json_edit_problem(struct bytes text)
{
	const char* const problem = text.len > 0 ? json_text_problem(text) : NULL;
	struct json_member member;

	if (problem || text.len == 0)
		return problem;
	return json_find(text, NAME, &member) > 1 || json_find(text, NOTE, &member) > 1
	           ? "it has two members of one name"
	           : NULL;
}

static void json_add(struct writer* out, const char* text)
{
	writer_bytes(out, bytes_make((const uint8_t*)text, strlen(text)));
}

static void json_add_path(struct writer* out, const char* path)
{
	json_add(out, "\"");
	for (; *path; path++)
	{
		json_add(out, *path == '\\' ? "\\" : "");
		writer_u8(out, (uint8_t)*path);
	}
	json_add(out, "\"");
}

static struct bytes json_part(struct bytes text, size_t from, size_t to)
{
	/* An empty text may have no address to count from. */
	return to > from ? bytes_make(text.data + from, to - from) : BYTES_EMPTY;
}

/* The text with what stands between two places replaced. */
static enum result json_replace(struct bytes text, size_t from, size_t to, struct bytes by,
                                struct blob* edited)
{
	struct writer out = writer_make(text.len + by.len);

	writer_bytes(&out, json_part(text, 0, from));
	writer_bytes(&out, by);
	writer_bytes(&out, json_part(text, to, text.len));
	return writer_take(&out, edited);
}

/* What is between the brace and the first member that was there. */
static void json_add_members(struct writer* out, const char* note, const char* module)
{
	json_add(out, "\n  \"" NOTE "\": \"");
	json_add(out, note);
	json_add(out, "\",\n  \"" NAME "\": ");
	json_add_path(out, module);
}

static enum result json_add_new(struct bytes text, bool new_file, const char* module,
                                struct blob* edited)
{
	struct writer out = writer_make(ADDED_MOST);
	struct blob added = BLOB_EMPTY;
	struct json_reader reader = json_reader_make(text);
	struct json_member first;
	const size_t at = text.len > 0 ? reader.at : 0;

	json_add(&out, text.len > 0 ? "" : "{");
	json_add_members(&out, text.len > 0 ? ADDED : new_file ? MADE_FILE : FILLED, module);
	json_add(&out, text.len > 0 ? (json_reader_next(&reader, &first) ? "," : "") : "\n}\n");
	TRY(writer_take(&out, &added));
	const enum result result = json_replace(text, at, at, blob_bytes(&added), edited);
	blob_free(&added);
	return result;
}

/* The value makes room; where ours is in its place already the note stays as it is. */
static enum result json_replace_value(struct bytes text, const struct json_member* member,
                                      const char* module, struct blob* edited)
{
	struct writer out = writer_make(2 * text.len + ADDED_MOST);
	const size_t from = (size_t)(member->value.data - text.data);
	const size_t front = json_reader_make(text).at;

	writer_bytes(&out, json_part(text, 0, front));
	if (!json_edit_is_ours(text))
	{
		json_add(&out, "\n  \"" NOTE "\": {\"" REPLACED "\": ");
		writer_bytes(&out, member->value);
		json_add(&out, "},");
	}
	writer_bytes(&out, json_part(text, front, from));
	json_add_path(&out, module);
	writer_bytes(&out, json_part(text, from + member->value.len, text.len));
	return writer_take(&out, edited);
}

static bool json_is(struct bytes value, const char* expected)
{
	char string[PATH_MAX];

	return json_string(value, string, sizeof(string)) && strcmp(string, expected) == 0;
}

bool json_edit_is_ours(struct bytes text)
{
	struct json_member member;

	return text.len > 0 && json_find(text, NOTE, &member) > 0 && json_find(text, NAME, &member) > 0;
}

enum result json_edit_register(struct bytes text, bool new_file, const char* module,
                               struct blob* edited)
{
	struct json_member member;

	if (text.len == 0 || json_find(text, NAME, &member) == 0)
		return json_add_new(text, new_file, module, edited);
	return json_is(member.value, module) ? blob_set(edited, text)
	                                     : json_replace_value(text, &member, module, edited);
}

/* With the comma that goes with it. */
static enum result json_remove(const char* name, struct blob* edited)
{
	const struct bytes text = blob_bytes(edited);
	struct json_member member;

	if (json_find(text, name, &member) == 0)
		return RESULT_OK;
	const size_t end = (size_t)(member.value.data - text.data) + member.value.len;
	const bool first = member.from == json_reader_make(text).at;
	return json_replace(text, member.from - (!member.comma && !first),
	                    member.comma ? member.comma + 1 : end, BYTES_EMPTY, edited);
}

/* Whether a value is negossp: the given module, or any file of its name. */
static bool json_names_us(struct bytes value, const char* module)
{
	static const char name[] = "/negossp.so";
	char path[PATH_MAX];

	if (!json_string(value, path, sizeof(path)))
		return false;
	const size_t len = strlen(path);
	return strcmp(path, module) == 0 || strcmp(path, name + 1) == 0 ||
	       (len >= sizeof(name) && strcmp(path + len - sizeof(name) + 1, name) == 0);
}

/* What a note keeps: the value that made room, or nothing. */
static struct bytes json_kept(struct bytes note)
{
	struct json_member kept;

	return note.data[0] == '{' && json_find(note, REPLACED, &kept) > 0 ? kept.value : BYTES_EMPTY;
}

static bool json_is_empty(struct bytes text)
{
	struct json_reader reader = json_reader_make(text);
	struct json_member member;

	return !json_reader_next(&reader, &member);
}

enum result json_edit_unregister(struct bytes text, const char* module, struct blob* edited,
                                 bool* no_file)
{
	struct json_member value;
	struct json_member note;

	*no_file = false;
	TRY(blob_set(edited, text));
	if (text.len == 0)
		return RESULT_OK;
	const bool noted = json_find(text, NOTE, &note) > 0;
	const struct bytes kept = noted ? json_kept(note.value) : BYTES_EMPTY;
	const bool made = noted && json_is(note.value, MADE_FILE);
	const bool filled = noted && json_is(note.value, FILLED);
	if (json_find(text, NAME, &value) > 0 && kept.len > 0 && !json_names_us(kept, module))
	{
		const size_t from = (size_t)(value.value.data - text.data);
		TRY(json_replace(text, from, from + value.value.len, kept, edited));
	}
	else if (json_find(text, NAME, &value) > 0 && (noted || json_names_us(value.value, module)))
		TRY(json_remove(NAME, edited));
	TRY(json_remove(NOTE, edited));
	*no_file = made && json_is_empty(blob_bytes(edited));
	return filled && json_is_empty(blob_bytes(edited)) ? blob_set(edited, BYTES_EMPTY) : RESULT_OK;
}
