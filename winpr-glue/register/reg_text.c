/* SPDX-License-Identifier: Apache-2.0
 *
 * How WinPR cuts a registry file into lines, keys and values: registry_reg.c's rules, one by one.
 */
#include "reg_text.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* regsz_length() of winpr/libwinpr/registry/registry.c cuts what is longer. */
#define WINPR_LONGEST_STRING 16382

struct bytes reg_bytes(const char* string)
{
	return bytes_make((const uint8_t*)string, strlen(string));
}

/* What is behind the first `count` bytes. */
static struct bytes reg_behind(struct bytes text, size_t count)
{
	return bytes_make(text.data + count, text.len - count);
}

static bool reg_begins(struct bytes text, const char* start)
{
	return bytes_starts_with(text, reg_bytes(start));
}

static const uint8_t* reg_first(struct bytes text, char c)
{
	return text.len > 0 ? memchr(text.data, c, text.len) : NULL;
}

static bool reg_line_opens(struct bytes text, const char* key)
{
	const uint8_t* const last = memrchr(text.data, ']', text.len);

	if (!last)
		return false;
	struct bytes name = bytes_make(text.data + 1, (size_t)(last - text.data) - 1);
	if (!reg_begins(name, REG_HIVE))
		return false;
	name = reg_behind(name, strlen(REG_HIVE));
	return name.len == strlen(key) && strncasecmp((const char*)name.data, key, name.len) == 0;
}

struct reg_reader reg_reader_make(struct bytes text, const char* key)
{
	return (struct reg_reader){ .rest = text, .key = key };
}

bool reg_reader_next(struct reg_reader* reader, struct reg_line* line)
{
	if (reader->rest.len == 0)
		return false;
	const uint8_t* const newline = reg_first(reader->rest, '\n');
	const size_t len = newline ? (size_t)(newline - reader->rest.data) : reader->rest.len;
	line->text = bytes_make(reader->rest.data, len);
	line->whole = bytes_make(reader->rest.data, newline ? len + 1 : len);
	line->place = reader->inside ? REG_INSIDE : REG_ELSEWHERE;
	if (reg_begins(line->text, "["))
	{
		reader->inside = !reader->found && reg_line_opens(line->text, reader->key);
		reader->found = reader->found || reader->inside;
		line->place = reader->inside ? REG_HEADER : REG_ELSEWHERE;
	}
	reader->rest = reg_behind(reader->rest, line->whole.len);
	return true;
}

/* Between the first and the last quotation mark; empty where there are not two. */
static struct bytes reg_quoted(struct bytes text)
{
	const uint8_t* const open = reg_first(text, '"');
	const uint8_t* const close = open ? memrchr(text.data, '"', text.len) : NULL;

	return open == close ? BYTES_EMPTY : bytes_make(open + 1, (size_t)(close - open) - 1);
}

/* A number that fits its type, as strtoul(, , 0) takes it: no digits at all are 0. */
static bool reg_is_number(struct bytes behind)
{
	const size_t prefix = strlen("dword:");
	char digits[24] = "";

	if (!reg_begins(behind, "dword:"))
		return reg_begins(behind, "hex(b):\"");
	/* What is longer than a number can be is none, or has zeros in front that nobody writes. */
	(void)strncat(digits, (const char*)behind.data + prefix,
	              behind.len - prefix < sizeof(digits) ? behind.len - prefix : sizeof(digits) - 1);
	return strtoull(digits, NULL, 0) <= UINT32_MAX;
}

struct reg_value reg_line_value(const struct reg_line* line, const char* name)
{
	struct reg_value value = { REG_VALUE_NONE, BYTES_EMPTY };
	struct bytes rest = line->text;

	if (line->place != REG_INSIDE || !reg_begins(rest, "\"") ||
	    !reg_begins(rest = reg_behind(rest, 1), name) ||
	    !reg_begins(rest = reg_behind(rest, strlen(name)), "\"="))
		return value;
	rest = reg_behind(rest, 2);
	if (reg_is_number(rest))
	{
		value.kind = REG_VALUE_NUMBER;
		return value;
	}
	value = (struct reg_value){ REG_VALUE_DROPPED, reg_quoted(rest) };
	if (!reg_begins(rest, "\"") && !reg_begins(rest, "str:\""))
		return value;
	/* The next mark but one must end the line. */
	const uint8_t* const end = rest.data + rest.len;
	const struct bytes data = reg_behind(rest, reg_begins(rest, "\"") ? 1 : strlen("str:"));
	const uint8_t* const open = reg_first(data, '"');
	if (!open)
		return value;
	const uint8_t* const close = reg_first(bytes_make(open + 1, (size_t)(end - open) - 1), '"');
	if (close && close + 1 == end)
		value = (struct reg_value){ REG_VALUE_STRING,
			                        bytes_make(open + 1, (size_t)(close - open) - 1) };
	return value;
}

struct reg_value reg_text_find(struct bytes text, const char* key, const char* name)
{
	struct reg_reader reader = reg_reader_make(text, key);
	struct reg_value found = { REG_VALUE_NONE, BYTES_EMPTY };
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

bool reg_text_can_hold(const char* string)
{
	const struct bytes text = reg_bytes(string);

	for (size_t i = 0; i < text.len; i++)
		if (text.data[i] < 0x20 || text.data[i] == 0x7F || text.data[i] == '"')
			return false;
	return text.len > 0 && text.len <= WINPR_LONGEST_STRING;
}
