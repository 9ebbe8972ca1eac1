/* SPDX-License-Identifier: Apache-2.0
 *
 * A registry file as WinPR reads it; see reg_text.h.
 */
#include "reg_text.h"

#include <string.h>
#include <strings.h>

#define HIVE "HKEY_LOCAL_MACHINE\\"
/* regsz_length() of winpr/libwinpr/registry/registry.c cuts what is longer. */
#define WINPR_LONGEST_STRING 16382

static bool reg_slice_begins(struct reg_slice slice, const char* string)
{
	const size_t length = strlen(string);

	return slice.length >= length && memcmp(slice.bytes, string, length) == 0;
}

bool reg_slice_equals(struct reg_slice slice, const char* string)
{
	return slice.length == strlen(string) && reg_slice_begins(slice, string);
}

static bool reg_line_opens(struct reg_slice text, const char* key)
{
	const char* const last = memrchr(text.bytes, ']', text.length);

	if (!last)
		return false;
	const struct reg_slice name = { text.bytes + 1, (size_t)(last - text.bytes) - 1 };
	if (!reg_slice_begins(name, HIVE))
		return false;
	const size_t hive = strlen(HIVE);
	return name.length - hive == strlen(key) &&
	       strncasecmp(name.bytes + hive, key, strlen(key)) == 0;
}

bool reg_reader_next(struct reg_reader* reader, struct reg_line* line)
{
	if (reader->at == reader->end)
		return false;
	const size_t left = (size_t)(reader->end - reader->at);
	const char* const newline = memchr(reader->at, '\n', left);
	const size_t length = newline ? (size_t)(newline - reader->at) : left;
	line->text = (struct reg_slice){ reader->at, length };
	line->whole = (struct reg_slice){ reader->at, newline ? length + 1 : length };
	line->place = reader->inside ? REG_INSIDE : REG_ELSEWHERE;
	if (length > 0 && line->text.bytes[0] == '[')
	{
		reader->inside = !reader->found && reg_line_opens(line->text, reader->key);
		reader->found = reader->found || reader->inside;
		line->place = reader->inside ? REG_HEADER : REG_ELSEWHERE;
	}
	reader->at += line->whole.length;
	return true;
}

/* The string behind `from`, as WinPR takes it: the next mark but one must end the line. */
static struct reg_value reg_string_value(struct reg_slice data)
{
	struct reg_value value = { REG_VALUE_DROPPED, { data.bytes, 0 } };
	const char* const end = data.bytes + data.length;
	const char* const open = memchr(data.bytes, '"', data.length);
	if (!open)
		return value;
	const char* const close = memchr(open + 1, '"', (size_t)(end - open) - 1);
	if (close && close + 1 == end)
	{
		value.kind = REG_VALUE_STRING;
		value.text = (struct reg_slice){ open + 1, (size_t)(close - open) - 1 };
	}
	return value;
}

/* For people: what stands between the first and the last mark of a line that WinPR drops. */
static struct reg_slice reg_string_meant(struct reg_slice behind)
{
	const char* const open = memchr(behind.bytes, '"', behind.length);
	const char* const close = memrchr(behind.bytes, '"', behind.length);

	if (!open || open == close)
		return (struct reg_slice){ behind.bytes, 0 };
	return (struct reg_slice){ open + 1, (size_t)(close - open) - 1 };
}

struct reg_value reg_line_value(const struct reg_line* line, const char* name)
{
	const struct reg_value none = { REG_VALUE_NONE, { line->text.bytes, 0 } };
	struct reg_slice rest = line->text;
	const size_t length = strlen(name);

	if (line->place != REG_INSIDE || rest.length < length + 3 || rest.bytes[0] != '"' ||
	    memcmp(rest.bytes + 1, name, length) != 0 || memcmp(rest.bytes + 1 + length, "\"=", 2) != 0)
		return none;
	rest = (struct reg_slice){ rest.bytes + length + 3, rest.length - length - 3 };

	const bool plain = reg_slice_begins(rest, "\"");
	struct reg_value value = { REG_VALUE_DROPPED, reg_string_meant(rest) };
	const char* const colon = memchr(rest.bytes, plain ? '"' : ':', rest.length);
	if (!colon)
		return value;
	if (!plain && !reg_slice_begins(rest, "str:\""))
	{
		/* Numbers, and types that WinPR keeps and cannot give back. */
		value.kind = REG_VALUE_OTHER;
		return value;
	}
	const size_t skipped = (size_t)(colon - rest.bytes) + 1;
	const struct reg_value read =
	    reg_string_value((struct reg_slice){ rest.bytes + skipped, rest.length - skipped });
	return read.kind == REG_VALUE_STRING ? read : value;
}

struct reg_value reg_text_find(struct reg_slice text, const char* key, const char* name)
{
	struct reg_reader reader = { .at = text.bytes, .end = text.bytes + text.length, .key = key };
	struct reg_value found = { REG_VALUE_NONE, { text.bytes, 0 } };
	struct reg_line line;

	while (reg_reader_next(&reader, &line))
	{
		const struct reg_value value = reg_line_value(&line, name);
		if (value.kind > REG_VALUE_DROPPED)
			return value;
		if (found.kind == REG_VALUE_NONE)
			found = value;
	}
	return found;
}

const char* reg_text_unreadable(struct reg_slice text)
{
	if (text.length > 0 && memchr(text.bytes, '\0', text.length))
		return "it has zero bytes in it (UTF-16?), and WinPR reads UTF-8 only";
	return NULL;
}

bool reg_text_can_hold(const char* string)
{
	const size_t length = strlen(string);

	if (length == 0 || length > WINPR_LONGEST_STRING)
		return false;
	for (size_t i = 0; i < length; i++)
		if ((unsigned char)string[i] < 0x20 || string[i] == 0x7F || string[i] == '"')
			return false;
	return true;
}
