/* SPDX-License-Identifier: Apache-2.0
 *
 * What registering and taking back do to the text of a registry file; see reg_edit.h.
 */
#include "reg_edit.h"

#include <string.h>

#define MADE_FILE "; negossp-register made this file"
#define MADE_SECTION "; negossp-register added this section"
#define MADE_VALUE "; negossp-register added the next line"
#define REPLACED "; negossp-register replaced: "

static struct reg_reader reg_edit_reader(struct reg_slice text, const char* key)
{
	return (struct reg_reader){ .at = text.bytes, .end = text.bytes + text.length, .key = key };
}

/* How the text ends its lines; the first one decides. */
static const char* reg_edit_eol(struct reg_slice text)
{
	const char* const newline = text.length > 0 ? memchr(text.bytes, '\n', text.length) : NULL;

	return newline && newline > text.bytes && newline[-1] == '\r' ? "\r\n" : "\n";
}

static bool reg_edit_ends(struct reg_slice whole)
{
	return whole.length > 0 && whole.bytes[whole.length - 1] == '\n';
}

static bool reg_edit_is_marker(const struct reg_line* line, const char* marker)
{
	struct reg_slice text = line->text;

	if (text.length > 0 && text.bytes[text.length - 1] == '\r')
		text.length--;
	return reg_slice_equals(text, marker);
}

static bool reg_edit_is_value(const struct reg_line* line)
{
	return reg_line_value(line, REG_VALUE_NAME).kind != REG_VALUE_NONE;
}

bool reg_edit_is_ours(struct reg_slice text, const char* key)
{
	struct reg_reader reader = reg_edit_reader(text, key);
	struct reg_line line;
	bool announced = false;

	while (reg_reader_next(&reader, &line))
	{
		if (announced && reg_edit_is_value(&line))
			return true;
		announced = line.place == REG_INSIDE && reg_edit_is_marker(&line, MADE_VALUE);
	}
	return false;
}

/* What is there before registering. */
struct reg_edit_state
{
	bool section; /* the key has a section */
	bool values;  /* with a line for the name in it */
	bool ours;    /* of which one is announced as ours */
};

static struct reg_edit_state reg_edit_look(struct reg_slice text, const char* key)
{
	struct reg_reader reader = reg_edit_reader(text, key);
	struct reg_edit_state state = { .ours = reg_edit_is_ours(text, key) };
	struct reg_line line;

	while (reg_reader_next(&reader, &line))
	{
		state.section = state.section || line.place == REG_HEADER;
		state.values = state.values || reg_edit_is_value(&line);
	}
	return state;
}

static void reg_edit_add_line(struct textbuf* out, const char* line, const char* eol)
{
	textbuf_add_string(out, line);
	textbuf_add_string(out, eol);
}

static void reg_edit_add_value(struct textbuf* out, const char* module, bool ended)
{
	textbuf_add_string(out, "\"" REG_VALUE_NAME "\"=str:\"");
	textbuf_add_string(out, module);
	textbuf_add_string(out, ended ? "\"\n" : "\"");
}

/* Our value below a line that is already written. A text that ended without a newline ends without
 * one again, from which taking back knows that it has to remove the newline added here. */
static void reg_edit_add_below(struct textbuf* out, const char* module, bool ended, const char* eol)
{
	if (!ended)
		textbuf_add_string(out, eol);
	reg_edit_add_line(out, MADE_VALUE, eol);
	reg_edit_add_value(out, module, ended);
}

static void reg_edit_add_section(struct textbuf* out, const char* key, const char* module,
                                 bool new_file, const char* eol)
{
	const bool ended = out->length == 0 || out->bytes[out->length - 1] == '\n';

	if (!ended)
		textbuf_add_string(out, eol);
	if (new_file)
		reg_edit_add_line(out, MADE_FILE, eol);
	reg_edit_add_line(out, MADE_SECTION, eol);
	textbuf_add_string(out, "[HKEY_LOCAL_MACHINE\\");
	textbuf_add_string(out, key);
	reg_edit_add_line(out, "]", eol);
	reg_edit_add_line(out, MADE_VALUE, eol);
	reg_edit_add_value(out, module, ended);
}

void reg_edit_register(struct reg_slice text, bool new_file, const char* key, const char* module,
                       struct textbuf* out)
{
	const struct reg_value read = reg_text_find(text, key, REG_VALUE_NAME);
	const struct reg_edit_state before = reg_edit_look(text, key);
	const char* const eol = reg_edit_eol(text);
	struct reg_reader reader = reg_edit_reader(text, key);
	struct reg_line line;
	bool announced = false;
	bool added = before.ours;

	if (read.kind == REG_VALUE_STRING && reg_slice_equals(read.text, module))
	{
		textbuf_add(out, text.bytes, text.length);
		return;
	}
	while (reg_reader_next(&reader, &line))
	{
		const bool value = reg_edit_is_value(&line);
		if (value && announced)
			reg_edit_add_value(out, module, reg_edit_ends(line.whole));
		else if (value)
			textbuf_add_string(out, REPLACED);
		if (!value || !announced)
			textbuf_add(out, line.whole.bytes, line.whole.length);
		if (!added && (value || (line.place == REG_HEADER && !before.values)))
		{
			reg_edit_add_below(out, module, reg_edit_ends(line.whole), eol);
			added = true;
		}
		announced = line.place == REG_INSIDE && reg_edit_is_marker(&line, MADE_VALUE);
	}
	if (!before.section)
		reg_edit_add_section(out, key, module, new_file, eol);
}

/* Whether a line's value is negossp: the given module, or any file of its name. */
static bool reg_edit_names_us(const struct reg_line* line, const char* module)
{
	static const char name[] = "negossp.so";
	const struct reg_slice text = reg_line_value(line, REG_VALUE_NAME).text;
	const size_t length = sizeof(name) - 1;

	if (reg_slice_equals(text, module))
		return true;
	if (text.length < length || memcmp(text.bytes + text.length - length, name, length) != 0)
		return false;
	return text.length == length || text.bytes[text.length - length - 1] == '/';
}

/* The line that a REPLACED comment keeps; false when it is none. */
static bool reg_edit_kept(const struct reg_line* line, struct reg_line* kept)
{
	const size_t prefix = strlen(REPLACED);

	if (line->place != REG_INSIDE || line->text.length < prefix ||
	    memcmp(line->text.bytes, REPLACED, prefix) != 0)
		return false;
	*kept = *line;
	kept->text = (struct reg_slice){ line->text.bytes + prefix, line->text.length - prefix };
	kept->whole = (struct reg_slice){ line->whole.bytes + prefix, line->whole.length - prefix };
	return true;
}

/* Taking back, as it goes along. */
struct reg_undo
{
	struct textbuf* out;
	const char* module;
	bool announced;       /* the line before said that this one is ours */
	bool section_ours;    /* the key's section was added */
	bool section_used;    /* by lines that are not ours */
	bool cut_last_eol;    /* our value was the last line and had no newline */
	size_t marker_length; /* of the line before, when it said that a section was added */
	size_t header;        /* where the section's header is in `out` */
	size_t header_length;
};

/* A line of the key's section. */
static void reg_undo_inside(struct reg_undo* undo, const struct reg_line* line)
{
	struct reg_line kept = *line;
	const bool announced = undo->announced;

	undo->announced = reg_edit_is_marker(line, MADE_VALUE);
	if (undo->announced)
		return;
	if (announced && reg_edit_is_value(line))
	{
		undo->cut_last_eol = !reg_edit_ends(line->whole);
		return;
	}
	(void)reg_edit_kept(line, &kept);
	if (reg_edit_is_value(&kept) && reg_edit_names_us(&kept, undo->module))
		return;
	/* Empty lines only keep sections apart, and the marker belongs to the section behind it. */
	if (kept.text.length > 0 && kept.text.bytes[0] != '\r' &&
	    !reg_edit_is_marker(&kept, MADE_SECTION))
		undo->section_used = true;
	textbuf_add(undo->out, kept.whole.bytes, kept.whole.length);
}

static void reg_undo_line(struct reg_undo* undo, const struct reg_line* line)
{
	const size_t marker = undo->marker_length;

	undo->marker_length = reg_edit_is_marker(line, MADE_SECTION) ? line->whole.length : 0;
	if (line->place == REG_INSIDE)
	{
		reg_undo_inside(undo, line);
		return;
	}
	if (line->place == REG_HEADER)
	{
		undo->section_ours = marker > 0;
		textbuf_cut(undo->out, undo->out->length - marker, marker);
		undo->header = undo->out->length;
		undo->header_length = line->whole.length;
	}
	textbuf_add(undo->out, line->whole.bytes, line->whole.length);
}

/* Removes the first line's note that the file was made, once nothing else of ours is left. */
static bool reg_undo_file(struct textbuf* out)
{
	struct reg_reader reader = reg_edit_reader((struct reg_slice){ out->bytes, out->length }, "");
	struct reg_line first;
	struct reg_line line;

	if (!reg_reader_next(&reader, &first) || !reg_edit_is_marker(&first, MADE_FILE))
		return false;
	while (reg_reader_next(&reader, &line))
		if (reg_edit_is_marker(&line, MADE_VALUE))
			return false;
	textbuf_cut(out, 0, first.whole.length);
	return out->length == 0;
}

enum reg_left reg_edit_unregister(struct reg_slice text, const char* key, const char* module,
                                  struct textbuf* out)
{
	struct reg_reader reader = reg_edit_reader(text, key);
	struct reg_undo undo = { .out = out, .module = module };
	const char* const eol = reg_edit_eol(text);
	const size_t eol_length = strlen(eol);
	struct reg_line line;

	while (reg_reader_next(&reader, &line))
		reg_undo_line(&undo, &line);
	if (out->failed)
		return REG_LEFT_NOTHING;
	if (undo.section_ours && !undo.section_used)
		textbuf_cut(out, undo.header, undo.header_length);
	if (undo.cut_last_eol && out->length >= eol_length &&
	    memcmp(out->bytes + out->length - eol_length, eol, eol_length) == 0)
		textbuf_cut(out, out->length - eol_length, eol_length);
	if (reg_undo_file(out))
		return REG_LEFT_NO_FILE;
	return reg_text_find((struct reg_slice){ out->bytes, out->length }, key, REG_VALUE_NAME).kind >=
	               REG_VALUE_OTHER
	           ? REG_LEFT_ANOTHER
	           : REG_LEFT_NOTHING;
}
