/* SPDX-License-Identifier: Apache-2.0
 *
 * What would be changed, for people; see diff.h.
 */
#include "diff.h"

#include <stdio.h>
#include <string.h>

#define CONTEXT 3

/* A text's lines, from front and back. */
struct diff_lines
{
	const char* at;
	const char* end;
};

static struct reg_slice diff_first(struct diff_lines lines)
{
	const size_t left = (size_t)(lines.end - lines.at);
	const char* const newline = left > 0 ? memchr(lines.at, '\n', left) : NULL;

	return (struct reg_slice){ lines.at, newline ? (size_t)(newline - lines.at) + 1 : left };
}

static struct reg_slice diff_last(struct diff_lines lines)
{
	const size_t left = (size_t)(lines.end - lines.at);
	const char* const newline = left > 1 ? memrchr(lines.at, '\n', left - 1) : NULL;
	const char* const start = newline ? newline + 1 : lines.at;

	return (struct reg_slice){ start, (size_t)(lines.end - start) };
}

static bool diff_same(struct reg_slice a, struct reg_slice b)
{
	return a.length == b.length && a.length > 0 && memcmp(a.bytes, b.bytes, a.length) == 0;
}

static size_t diff_count(struct reg_slice part)
{
	struct diff_lines lines = { part.bytes, part.bytes + part.length };
	size_t count = 0;

	for (; lines.at < lines.end; count++)
		lines.at += diff_first(lines).length;
	return count;
}

static void diff_put(struct textbuf* out, const char* mark, struct reg_slice part)
{
	struct diff_lines lines = { part.bytes, part.bytes + part.length };

	while (lines.at < lines.end)
	{
		const struct reg_slice line = diff_first(lines);
		textbuf_add_string(out, mark);
		textbuf_add(out, line.bytes, line.length);
		if (line.bytes[line.length - 1] != '\n')
			textbuf_add_string(out, "\n\\ No newline at end of file\n");
		lines.at += line.length;
	}
}

static void diff_names(struct textbuf* out, const char* name, bool old_exists, bool new_exists)
{
	textbuf_add_string(out, "--- ");
	textbuf_add_string(out, old_exists ? name : "/dev/null");
	textbuf_add_string(out, "\n+++ ");
	textbuf_add_string(out, new_exists ? name : "/dev/null");
	textbuf_add_string(out, "\n");
}

/* The hunk's place: the number of the first line, or of the one before where there is none. */
static void diff_place(struct textbuf* out, const char* sign, size_t before, size_t lines)
{
	char text[64];

	(void)snprintf(text, sizeof(text), "%s%zu,%zu", sign, lines > 0 ? before + 1 : before, lines);
	textbuf_add_string(out, text);
}

void diff_write(struct textbuf* out, const char* name, struct reg_slice old_text, bool old_exists,
                struct reg_slice new_text, bool new_exists)
{
	struct diff_lines a = { old_text.bytes, old_text.bytes + old_text.length };
	struct diff_lines b = { new_text.bytes, new_text.bytes + new_text.length };
	size_t skipped = 0;

	for (; diff_same(diff_first(a), diff_first(b)); skipped++)
	{
		const size_t length = diff_first(a).length;
		a.at += length;
		b.at += length;
	}
	while (diff_same(diff_last(a), diff_last(b)))
	{
		const size_t length = diff_last(a).length;
		a.end -= length;
		b.end -= length;
	}
	if (a.at == a.end && b.at == b.end)
		return;

	struct diff_lines above = { old_text.bytes, a.at };
	struct diff_lines below = { a.end, old_text.bytes + old_text.length };
	size_t context = 0;
	const char* from = a.at;
	for (; context < CONTEXT && above.at < above.end; context++)
	{
		from = diff_last(above).bytes;
		above.end = from;
	}
	for (int i = 0; i < CONTEXT && below.at < below.end; i++)
		below.at += diff_first(below).length;
	const struct reg_slice head = { from, (size_t)(a.at - from) };
	const struct reg_slice gone = { a.at, (size_t)(a.end - a.at) };
	const struct reg_slice come = { b.at, (size_t)(b.end - b.at) };
	const struct reg_slice tail = { a.end, (size_t)(below.at - a.end) };

	const size_t around = context + diff_count(tail);
	diff_names(out, name, old_exists, new_exists);
	diff_place(out, "@@ -", skipped - context, around + diff_count(gone));
	diff_place(out, " +", skipped - context, around + diff_count(come));
	textbuf_add_string(out, " @@\n");
	diff_put(out, " ", head);
	diff_put(out, "-", gone);
	diff_put(out, "+", come);
	diff_put(out, " ", tail);
}
