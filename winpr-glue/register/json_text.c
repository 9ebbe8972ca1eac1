/* SPDX-License-Identifier: Apache-2.0
 *
 * RFC 8259's grammar, from top to bottom; each function reads one of its rules and leaves `at`
 * behind it, or at 0 when the text is none.
 */
#include "json_text.h"

#include <string.h>

#define MOST_DEPTH 64

static size_t skip_white(struct bytes text, size_t at)
{
	while (at < text.len && strchr(" \t\n\r", text.data[at]) && text.data[at] != '\0')
		at++;
	return at;
}

static bool is_at(struct bytes text, size_t at, char c)
{
	return at < text.len && text.data[at] == (uint8_t)c;
}

/* A character of a string; *value is its code point, of a \u escape the code unit. 0: none. */
static size_t skip_char(struct bytes text, size_t at, uint32_t* value)
{
	static const char escapes[] = "\"\\/bfnrt";
	static const char meanings[] = "\"\\/\b\f\n\r\t";

	if (at >= text.len || text.data[at] < 0x20)
		return 0;
	*value = text.data[at];
	if (text.data[at] != '\\')
		return at + 1;
	if (++at >= text.len)
		return 0;
	const char* const escape = strchr(escapes, text.data[at]);
	if (escape && text.data[at])
	{
		*value = (uint8_t)meanings[escape - escapes];
		return at + 1;
	}
	uint8_t unit[2];
	if (text.data[at] != 'u' || text.len - at < 5 ||
	    bytes_from_hex(text_part(text, at + 1, at + 5), unit) != RESULT_OK)
		return 0;
	*value = (uint32_t)unit[0] << 8 | unit[1];
	return at + 5;
}

static size_t skip_string(struct bytes text, size_t at)
{
	uint32_t value;

	if (!is_at(text, at, '"'))
		return 0;
	for (at++; at > 0 && !is_at(text, at, '"');)
		at = skip_char(text, at, &value);
	return at > 0 ? at + 1 : 0;
}

static size_t skip_digits(struct bytes text, size_t at)
{
	const size_t from = at;

	while (at < text.len && text.data[at] >= '0' && text.data[at] <= '9')
		at++;
	return at > from ? at : 0;
}

static size_t skip_number(struct bytes text, size_t at)
{
	at += is_at(text, at, '-');
	const bool zero = is_at(text, at, '0');
	at = zero ? at + 1 : skip_digits(text, at);
	if (at > 0 && is_at(text, at, '.'))
		at = skip_digits(text, at + 1);
	if (at > 0 && (is_at(text, at, 'e') || is_at(text, at, 'E')))
	{
		at++;
		at += is_at(text, at, '+') || is_at(text, at, '-');
		at = skip_digits(text, at);
	}
	return at;
}

static size_t skip_literal(struct bytes text, size_t at)
{
	static const char* const literals[] = { "true", "false", "null" };

	for (size_t i = 0; i < 3; i++)
		if (text_begins(text_behind(text, at), literals[i]))
			return at + strlen(literals[i]);
	return 0;
}

static size_t skip_value(struct bytes text, size_t at, unsigned depth);

/* An object or an array, whose bounds and whose items' form `close` tells. */
static size_t skip_items(struct bytes text, size_t at, char close, unsigned depth)
{
	if (depth == 0)
		return 0;
	at = skip_white(text, at + 1);
	if (is_at(text, at, close))
		return at + 1;
	for (;;)
	{
		if (close == '}')
		{
			at = skip_string(text, skip_white(text, at));
			at = at > 0 ? skip_white(text, at) : 0;
			if (at == 0 || !is_at(text, at, ':'))
				return 0;
			at++;
		}
		at = skip_value(text, skip_white(text, at), depth - 1);
		at = at > 0 ? skip_white(text, at) : 0;
		if (at == 0 || is_at(text, at, close))
			return at > 0 ? at + 1 : 0;
		if (!is_at(text, at, ','))
			return 0;
		at++;
	}
}

static size_t skip_value(struct bytes text, size_t at, unsigned depth)
{
	if (at >= text.len)
		return 0;
	switch (text.data[at])
	{
		case '{':
			return skip_items(text, at, '}', depth);
		case '[':
			return skip_items(text, at, ']', depth);
		case '"':
			return skip_string(text, at);
		case 't':
		case 'f':
		case 'n':
			return skip_literal(text, at);
		default:
			return skip_number(text, at);
	}
}

const char* json_text_problem(struct bytes text)
{
	const size_t from = skip_white(text, 0);

	if (!is_at(text, from, '{'))
		return "it is no JSON object";
	const size_t end = skip_value(text, from, MOST_DEPTH);
	if (end == 0)
		return "it is no well-formed JSON";
	return skip_white(text, end) < text.len ? "there is something behind its JSON object" : NULL;
}

struct json_reader json_reader_make(struct bytes text)
{
	return (struct json_reader){ text, skip_white(text, 0) + 1, true };
}

bool json_reader_next(struct json_reader* reader, struct json_member* member)
{
	const struct bytes text = reader->text;
	const size_t name = skip_white(text, reader->at);

	if (!is_at(text, name, '"'))
		return false;
	const size_t behind = skip_string(text, name);
	const size_t value = skip_white(text, skip_white(text, behind) + 1);
	const size_t end = skip_value(text, value, MOST_DEPTH);
	const size_t comma = skip_white(text, end);
	*member = (struct json_member){ .name = { text.data + name + 1, behind - name - 2 },
		                            .value = { text.data + value, end - value },
		                            .from = reader->at,
		                            .comma = is_at(text, comma, ',') ? comma : 0 };
	reader->at = comma + 1;
	if (!member->comma)
		reader->at = text.len;
	return true;
}

static bool name_is(struct bytes name, const char* ascii)
{
	uint32_t value = 0;
	size_t at = 0;

	for (; *ascii && at < name.len; ascii++)
	{
		at = skip_char(name, at, &value);
		if (value != (uint8_t)*ascii)
			return false;
	}
	return !*ascii && at == name.len;
}

size_t json_find(struct bytes text, const char* name, struct json_member* member)
{
	struct json_reader reader = json_reader_make(text);
	struct json_member next;
	size_t count = 0;

	while (json_reader_next(&reader, &next))
		if (name_is(next.name, name) && count++ == 0)
			*member = next;
	return count;
}

bool json_string(struct bytes value, char* string, size_t size)
{
	size_t used = 0;
	uint32_t unit = 0;

	if (!is_at(value, 0, '"'))
		return false;
	for (size_t at = 1; at + 1 < value.len;)
	{
		const bool escaped = value.data[at] == '\\';
		at = skip_char(value, at, &unit);
		/* Escapes of more than ASCII stay what nobody writes a path with: a question mark. */
		if (unit == 0 || used + 1 >= size)
			return false;
		string[used++] = escaped && unit > 0x7F ? '?' : (char)unit;
	}
	string[used] = '\0';
	return true;
}
