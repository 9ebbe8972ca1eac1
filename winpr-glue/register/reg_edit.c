/* SPDX-License-Identifier: Apache-2.0
 *
 * Each line of the text has a part in what registering did, or none; registering and taking back
 * write the lines anew by their parts.
 */
#include "reg_edit.h"

#include <string.h>

#define MADE_FILE "; negossp-register made this file"
#define MADE_SECTION "; negossp-register added this section"
#define MADE_VALUE "; negossp-register added the next line"
#define REPLACED "; negossp-register replaced: "

enum part
{
	PART_NONE,
	PART_MADE_SECTION, /* announces that the next line opens a section that was added */
	PART_HEADER,       /* opens the key */
	PART_MADE_VALUE,   /* announces that the next line is our value */
	PART_OURS,
	PART_VALUE,   /* another line for the value's name */
	PART_REPLACED /* keeps a line that made room */
};

struct edit_reader
{
	struct reg_reader lines;
	struct reg_line line;
	enum part part;
};

static struct edit_reader edit_reader_make(struct bytes text, const char* key)
{
	return (struct edit_reader){ .lines = reg_reader_make(text, key) };
}

static bool edit_is(const struct reg_line* line, const char* marker)
{
	return bytes_equal(line->text, text_bytes(marker));
}

static enum part edit_part(const struct reg_line* line, enum part before)
{
	if (edit_is(line, MADE_SECTION))
		return PART_MADE_SECTION;
	if (line->place != REG_INSIDE)
		return line->place == REG_HEADER ? PART_HEADER : PART_NONE;
	if (edit_is(line, MADE_VALUE))
		return PART_MADE_VALUE;
	if (reg_line_value(line, VALUE_NAME).kind != REG_VALUE_NONE)
		return before == PART_MADE_VALUE ? PART_OURS : PART_VALUE;
	return text_begins(line->text, REPLACED) ? PART_REPLACED : PART_NONE;
}

static bool edit_next(struct edit_reader* reader)
{
	if (!reg_reader_next(&reader->lines, &reader->line))
		return false;
	reader->part = edit_part(&reader->line, reader->part);
	return true;
}

/* Whether the text has such a line. */
static bool edit_has(struct bytes text, const char* key, enum part part)
{
	struct edit_reader reader = edit_reader_make(text, key);

	while (edit_next(&reader))
		if (reader.part == part)
			return true;
	return false;
}

static bool edit_ends_line(struct bytes text)
{
	return text.len == 0 || text.data[text.len - 1] == '\n';
}

bool reg_edit_is_ours(struct bytes text, const char* key)
{
	return edit_has(text, key, PART_OURS);
}

/* Our value below what is written already. A text that ended without a newline ends without one
 * again, from which taking back knows that it has to remove the newline added here. */
static void edit_add_value(struct writer* out, const char* module, bool ended)
{
	text_add(out, "\"" VALUE_NAME "\"=str:\"");
	text_add(out, module);
	text_add(out, ended ? "\"\n" : "\"");
}

static void edit_add_announced(struct writer* out, const char* module, bool ended)
{
	text_add(out, ended ? MADE_VALUE "\n" : "\n" MADE_VALUE "\n");
	edit_add_value(out, module, ended);
}

static void edit_add_section(struct writer* out, const char* key, const char* module, bool new_file)
{
	const bool ended = edit_ends_line(writer_written(out));

	text_add(out, ended ? "" : "\n");
	text_add(out, new_file ? MADE_FILE "\n" : "");
	text_add(out, MADE_SECTION "\n[" REG_HIVE);
	text_add(out, key);
	text_add(out, "]\n" MADE_VALUE "\n");
	edit_add_value(out, module, ended);
}

enum result reg_edit_register(struct blob* blob, bool new_file, const char* key, const char* module)
{
	const struct bytes text = blob_bytes(blob);
	const struct reg_value read = reg_text_find(text, key, VALUE_NAME);
	const bool has_values = edit_has(text, key, PART_VALUE);
	bool added = reg_edit_is_ours(text, key);
	struct edit_reader reader = edit_reader_make(text, key);
	struct writer out = writer_make(4 * text.len + TEXT_ADDED_MOST);

	if (read.kind == REG_VALUE_STRING && bytes_equal(read.text, text_bytes(module)))
		return RESULT_OK;
	while (edit_next(&reader))
	{
		const struct bytes whole = reader.line.whole;
		if (reader.part == PART_OURS)
		{
			edit_add_value(&out, module, edit_ends_line(whole));
			continue;
		}
		text_add(&out, reader.part == PART_VALUE ? REPLACED : "");
		writer_bytes(&out, whole);
		if (!added && reader.part == (has_values ? PART_VALUE : PART_HEADER))
		{
			edit_add_announced(&out, module, edit_ends_line(whole));
			added = true;
		}
	}
	if (!edit_has(text, key, PART_HEADER))
		edit_add_section(&out, key, module, new_file);
	return writer_take(&out, blob);
}

/* What is left of a line when all is taken back: nothing, the line that it keeps, or itself. */
static struct bytes edit_left(const struct edit_reader* reader, const char* module)
{
	struct reg_line line = reader->line;

	if (reader->part == PART_MADE_VALUE || reader->part == PART_OURS)
		return BYTES_EMPTY;
	if (reader->part == PART_REPLACED)
	{
		const size_t prefix = strlen(REPLACED);
		line.text = text_behind(line.text, prefix);
		line.whole = text_behind(line.whole, prefix);
	}
	return text_names_us(reg_line_value(&line, VALUE_NAME).text, module) ? BYTES_EMPTY : line.whole;
}

/* Whether the key's section was added, and nobody has put anything into it since. Empty lines only
 * keep sections apart, and an announcement belongs to the section behind it. */
static bool edit_section_goes(struct bytes text, const char* key, const char* module)
{
	struct edit_reader reader = edit_reader_make(text, key);
	enum part before = PART_NONE;
	bool ours = false;

	while (edit_next(&reader))
	{
		ours = ours || (reader.part == PART_HEADER && before == PART_MADE_SECTION);
		before = reader.part;
		const struct bytes left = edit_left(&reader, module);
		if (reader.line.place == REG_INSIDE && reader.part != PART_MADE_SECTION && left.len > 0 &&
		    left.data[0] != '\n' && left.data[0] != '\r')
			return false;
	}
	return ours;
}

/* Writes what is left. False when our value was the last line and had no newline, so that the one
 * before it had none either. */
static bool edit_write_left(struct writer* out, struct bytes text, const char* key,
                            const char* module)
{
	const bool section_goes = edit_section_goes(text, key, module);
	struct edit_reader reader = edit_reader_make(text, key);
	struct bytes announcement = BYTES_EMPTY;
	bool ended = true;

	while (edit_next(&reader))
	{
		if (reader.part != PART_HEADER)
			writer_bytes(out, announcement);
		announcement = reader.part == PART_MADE_SECTION ? reader.line.whole : BYTES_EMPTY;
		if (announcement.len > 0 || (reader.part == PART_HEADER && section_goes))
			continue;
		writer_bytes(out, edit_left(&reader, module));
		ended = reader.part != PART_OURS || edit_ends_line(reader.line.whole);
	}
	writer_bytes(out, announcement);
	return ended;
}

/* The note that the file was made goes when nothing else of ours is left. */
static struct bytes edit_without_file_note(struct bytes text)
{
	struct reg_reader reader = reg_reader_make(text, "");
	struct reg_line line;

	if (!reg_reader_next(&reader, &line) || !edit_is(&line, MADE_FILE))
		return text;
	const struct bytes rest = reader.rest;
	while (reg_reader_next(&reader, &line))
		if (edit_is(&line, MADE_VALUE))
			return text;
	return rest;
}

enum result reg_edit_unregister(struct blob* text, const char* key, const char* module,
                                bool* no_file)
{
	struct writer out = writer_make(text->len);
	const bool ended = edit_write_left(&out, blob_bytes(text), key, module);
	struct bytes left = writer_written(&out);

	if (!ended && left.len > 0 && edit_ends_line(left))
		left.len--;
	const bool some = left.len > 0;
	left = edit_without_file_note(left);
	*no_file = some && left.len == 0;
	const enum result result = out.error == RESULT_OK ? blob_set(text, left) : out.error;
	writer_drop(&out);
	return result;
}
