/* SPDX-License-Identifier: Apache-2.0
 *
 * Text that grows; see textbuf.h.
 */
#include "textbuf.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_ROOM 512

static bool textbuf_make_room(struct textbuf* text, size_t more)
{
	if (more > SIZE_MAX / 4 - text->length)
		return false;
	size_t room = text->room ? text->room : FIRST_ROOM;
	while (room < text->length + more + 1)
		room *= 2;
	if (room == text->room)
		return true;
	char* const bytes = realloc(text->bytes, room);
	if (!bytes)
		return false;
	text->bytes = bytes;
	text->room = room;
	return true;
}

void textbuf_add(struct textbuf* text, const char* bytes, size_t length)
{
	if (text->failed)
		return;
	if (!textbuf_make_room(text, length))
	{
		text->failed = true;
		return;
	}
	if (length > 0)
		memcpy(text->bytes + text->length, bytes, length);
	text->length += length;
	text->bytes[text->length] = '\0';
}

void textbuf_add_string(struct textbuf* text, const char* string)
{
	textbuf_add(text, string, strlen(string));
}

void textbuf_cut(struct textbuf* text, size_t from, size_t length)
{
	if (text->failed || length == 0)
		return;
	memmove(text->bytes + from, text->bytes + from + length, text->length - from - length);
	text->length -= length;
	text->bytes[text->length] = '\0';
}

void textbuf_free(struct textbuf* text)
{
	free(text->bytes);
	*text = (struct textbuf){ 0 };
}
