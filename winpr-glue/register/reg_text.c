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

/* Behind the last part of the name that is the hive's: WinPR takes each one for the beginning. */
static bool reg_line_opens(struct bytes text, const char* key)
{
	const size_t opening = strlen(REG_HIVE) + strlen(key);
	const uint8_t* const last = memrchr(text.data, ']', text.len);

	if (!last)
		return false;
	struct bytes name = text_part(text, 1, (size_t)(last - text.data));
	if (name.len < opening || (name.len > opening && name.data[name.len - opening - 1] != '\\'))
		return false;
	name = text_behind(name, name.len - opening);
	return text_begins(name, REG_HIVE) &&
	       strncasecmp((const char*)name.data + strlen(REG_HIVE), key, strlen(key)) == 0;
}

struct reg_reader reg_reader_make(struct bytes text, const char* key)
{
	return (struct reg_reader){ .rest = text, .key = key };
}

bool reg_reader_next(struct reg_reader* reader, struct reg_line* line)
{
	if (reader->rest.len == 0)
		return false;
	line->whole = text_line(&reader->rest);
	line->text = line->whole;
	line->text.len -= line->whole.data[line->whole.len - 1] == '\n';
	line->place = reader->inside ? REG_INSIDE : REG_ELSEWHERE;
	if (text_begins(line->text, "["))
	{
		reader->inside = !reader->found && reg_line_opens(line->text, reader->key);
		reader->found = reader->found || reader->inside;
		line->place = reader->inside ? REG_HEADER : REG_ELSEWHERE;
	}
	return true;
}

/* Between the first and the last quotation mark; empty where there are not two. */
static struct bytes reg_quoted(struct bytes text)
{
	const uint8_t* const open = text_first(text, '"');
	const uint8_t* const close = open ? memrchr(text.data, '"', text.len) : NULL;

	return open == close ? BYTES_EMPTY : bytes_make(open + 1, (size_t)(close - open) - 1);
}

/* A number that fits its type, as strtoul(, , 0) takes it: no digits at all are 0. */
static bool reg_is_number(struct bytes behind)
{
	const size_t prefix = strlen("dword:");
	char digits[24] = "";

	if (!text_begins(behind, "dword:"))
		return text_begins(behind, "hex(b):\"");
	/* What is longer than a number can be is none, or has zeros in front that nobody writes. */
	(void)strncat(digits, (const char*)behind.data + prefix,
	              behind.len - prefix < sizeof(digits) ? behind.len - prefix : sizeof(digits) - 1);
	return strtoull(digits, NULL, 0) <= UINT32_MAX;
}

struct reg_value reg_line_value(const struct reg_line* line, const char* name)
{
	struct reg_value value = { REG_VALUE_NONE, BYTES_EMPTY };
	struct bytes rest = line->text;

	if (line->place != REG_INSIDE || !text_begins(rest, "\"") ||
	    !text_begins(rest = text_behind(rest, 1), name) ||
	    !text_begins(rest = text_behind(rest, strlen(name)), "\"="))
		return value;
	rest = text_behind(rest, 2);
	if (reg_is_number(rest))
	{
		value.kind = REG_VALUE_NUMBER;
		return value;
	}
	value = (struct reg_value){ REG_VALUE_DROPPED, reg_quoted(rest) };
	if (!text_begins(rest, "\"") && !text_begins(rest, "str:\""))
		return value;
	/* The next mark but one must end the line. */
	const uint8_t* const end = rest.data + rest.len;
	const struct bytes data = text_behind(rest, text_begins(rest, "\"") ? 1 : strlen("str:"));
	const uint8_t* const open = text_first(data, '"');
	if (!open)
		return value;
	const uint8_t* const close = text_first(bytes_make(open + 1, (size_t)(end - open) - 1), '"');
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
	const struct bytes text = text_bytes(string);

	for (size_t i = 0; i < text.len; i++)
		if (text.data[i] < 0x20 || text.data[i] == 0x7F || text.data[i] == '"')
			return false;
	return text.len > 0 && text.len <= WINPR_LONGEST_STRING;
}
