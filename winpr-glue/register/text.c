/* SPDX-License-Identifier: Apache-2.0
 *
 * An empty text may have no address to count from.
 */
#include "text.h"

#include <string.h>

struct bytes text_bytes(const char* string)
{
	return bytes_make((const uint8_t*)string, strlen(string));
}

struct bytes text_part(struct bytes text, size_t from, size_t to)
{
	return from < to ? bytes_make(text.data + from, to - from) : BYTES_EMPTY;
}

struct bytes text_behind(struct bytes text, size_t from)
{
	return text_part(text, from, text.len);
}

bool text_begins(struct bytes text, const char* start)
{
	return bytes_starts_with(text, text_bytes(start));
}

const uint8_t* text_first(struct bytes text, char c)
{
	return text.len > 0 ? memchr(text.data, c, text.len) : NULL;
}

struct bytes text_line(struct bytes* text)
{
	const uint8_t* const newline = text_first(*text, '\n');
	const struct bytes line =
	    bytes_make(text->data, newline ? (size_t)(newline - text->data) + 1 : text->len);

	*text = text_behind(*text, line.len);
	return line;
}

void text_add(struct writer* out, const char* string)
{
	writer_bytes(out, text_bytes(string));
}

bool text_names_us(struct bytes path, const char* module)
{
	static const char name[] = "/negossp.so";
	const size_t len = sizeof(name) - 1;

	return path.len > 0 &&
	       (bytes_equal(path, text_bytes(module)) || bytes_equal(path, text_bytes(name + 1)) ||
	        (path.len > len && text_begins(text_behind(path, path.len - len), name)));
}
