/* SPDX-License-Identifier: Apache-2.0
 *
 * Names are literals of ours and need no escapes.
 */
#include "outline.h"

#include <inttypes.h>
#include <stdlib.h>

static uint32_t outline_bit(const struct outline* outline)
{
	return UINT32_C(1) << outline->depth;
}

/* What stands before a member: JSON's comma and name, or the indented name. */
static void outline_lead(struct outline* outline, const char* name)
{
	const bool first = (outline->filled & outline_bit(outline)) == 0;

	outline->filled |= outline_bit(outline);
	if (!outline->json)
	{
		(void)fprintf(outline->to, "%*s%s", (int)(2 * outline->depth), "", name);
		return;
	}
	(void)fprintf(outline->to, "%s\n%*s", first ? "" : ",", (int)(2 * outline->depth + 2), "");
	if ((outline->lists & outline_bit(outline)) == 0)
		(void)fprintf(outline->to, "\"%s\": ", name);
}

static void outline_deeper(struct outline* outline, const char* name, bool list)
{
	outline_lead(outline, name);
	(void)fputs(!outline->json ? "\n" : list ? "[" : "{", outline->to);
	if (outline->depth == OUTLINE_DEPTH)
		abort(); /* a defect of ours: what a peer nests is bounded by who walks it */
	outline->depth++;
	outline->filled &= ~outline_bit(outline);
	outline->lists &= ~outline_bit(outline);
	if (list)
		outline->lists |= outline_bit(outline);
}

void outline_open(struct outline* outline, FILE* to, bool json)
{
	*outline = (struct outline){ .to = to, .json = json };
	if (json)
		(void)fputs("{", to);
}

void outline_close(struct outline* outline)
{
	if (outline->json)
		(void)fputs("\n}\n", outline->to);
}

void outline_begin(struct outline* outline, const char* name)
{
	outline_deeper(outline, name, false);
}

void outline_begin_list(struct outline* outline, const char* name)
{
	outline_deeper(outline, name, true);
}

void outline_end(struct outline* outline)
{
	const bool empty = (outline->filled & outline_bit(outline)) == 0;
	const bool list = (outline->lists & outline_bit(outline)) != 0;

	outline->depth--;
	if (outline->json && !empty)
		(void)fprintf(outline->to, "\n%*s", (int)(2 * outline->depth + 2), "");
	if (outline->json)
		(void)fputs(list ? "]" : "}", outline->to);
}

static void outline_string(const struct outline* outline, const char* value)
{
	(void)fputc('"', outline->to);
	for (; *value; value++)
		(void)fprintf(outline->to, *value == '"' || *value == '\\' ? "\\%c" : "%c", *value);
	(void)fputc('"', outline->to);
}

void outline_value(struct outline* outline, const char* name, const char* value)
{
	outline_lead(outline, name);
	if (outline->json)
		outline_string(outline, value);
	else
		(void)fprintf(outline->to, ": %s\n", value);
}

void outline_list(struct outline* outline, const char* name, const char* const* values,
                  size_t count)
{
	outline_lead(outline, name);
	(void)fputs(outline->json ? "[" : ": ", outline->to);
	for (size_t i = 0; i < count; i++)
	{
		(void)fputs(i > 0 ? ", " : "", outline->to);
		if (outline->json)
			outline_string(outline, values[i]);
		else
			(void)fputs(values[i], outline->to);
	}
	(void)fputs(outline->json ? "]" : "\n", outline->to);
}

void outline_number(struct outline* outline, const char* name, uint64_t value)
{
	outline_lead(outline, name);
	(void)fprintf(outline->to, outline->json ? "%" PRIu64 : ": %" PRIu64 "\n", value);
}

void outline_hex(struct outline* outline, const char* name, struct bytes value)
{
	outline_lead(outline, name);
	(void)fputs(outline->json ? "\"" : ": ", outline->to);
	for (size_t i = 0; i < value.len; i++)
		(void)fprintf(outline->to, "%02x", value.data[i]);
	(void)fputs(outline->json ? "\"" : "\n", outline->to);
}

void outline_oem(struct bytes from, char* text, size_t size)
{
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; i < from.len && used + 4 < size; i++)
	{
		const uint8_t c = from.data[i];
		const bool plain = c >= 0x20 && c < 0x7F && c != '\\' && c != '"';
		used += (size_t)snprintf(text + used, size - used, plain ? "%c" : "\\x%02X", c);
	}
}
