/* SPDX-License-Identifier: Apache-2.0 */
#include "naive_sam.h"

#include <stdlib.h>
#include <string.h>

#include "naive_text.h"

static bool is_name(struct bytes text, struct bytes name)
{
	struct blob utf16 = BLOB_EMPTY;
	const bool is = naive_utf16(text, &utf16) && naive_same_name(blob_bytes(&utf16), name);

	blob_free(&utf16);
	return is;
}

static bool is_number(struct bytes text)
{
	size_t digits = 0;

	while (digits < text.len && text.data[digits] >= '0' && text.data[digits] <= '9')
		digits++;
	return text.len > 0 && digits == text.len;
}

struct bytes naive_behind(struct bytes text, uint8_t mark)
{
	const uint8_t* const at = text.len ? memchr(text.data, mark, text.len) : NULL;

	return at ? bytes_make(at + 1, text.len - (size_t)(at + 1 - text.data)) : BYTES_EMPTY;
}

struct bytes naive_before(struct bytes text, uint8_t mark)
{
	const uint8_t* const at = text.len ? memchr(text.data, mark, text.len) : NULL;

	return at ? bytes_make(text.data, (size_t)(at - text.data)) : text;
}

static bool read_hash(struct bytes digits, uint8_t hash[16])
{
	char text[33] = "";
	uint8_t all = 0;

	if (digits.len != 32)
		return false;
	memcpy(text, digits.data, 32);
	if (strspn(text, "0123456789abcdefABCDEF") != 32)
		return false;
	for (size_t i = 0; i < 16; i++)
	{
		const char octet[] = { text[2 * i], text[2 * i + 1], 0 };
		hash[i] = (uint8_t)strtoul(octet, NULL, 16);
		all |= hash[i];
	}
	return all != 0;
}

static void read_line(struct bytes line, struct bytes user, struct bytes domain,
                      struct found* found)
{
	const struct bytes name = naive_before(line, ':');
	const struct bytes place = naive_before(naive_behind(line, ':'), ':');
	const struct bytes third = naive_behind(naive_behind(line, ':'), ':');
	const struct bytes hash = naive_before(naive_behind(third, ':'), ':');
	size_t colons = 0;
	enum match match = NONE;

	for (size_t i = 0; i < line.len; i++)
		colons += line.data[i] == ':';
	if (colons < 3 || line.len > 4096 || line.data[0] == '#' || name.len == 0)
		return;
	if (is_name(name, user) && is_name(place, domain))
		match = EXACT;
	else if (is_name(name, user) && place.len == 0)
		match = ANY;
	else if (is_number(place) && (is_name(name, user) || (naive_behind(name, '\\').data &&
	                                                      is_name(naive_behind(name, '\\'), user))))
		match = NUMBERED;
	if (match <= found->match)
		return;
	found->match = match;
	found->usable = match != NUMBERED && read_hash(hash, found->hash);
}

struct found naive_sam_read(struct bytes text, struct bytes user, struct bytes domain)
{
	struct found found = { .match = NONE };

	if (text.len >= 3 && memcmp(text.data, "\xEF\xBB\xBF", 3) == 0)
		text = bytes_make(text.data + 3, text.len - 3);
	for (size_t end = 0; text.len > 0; end = 0)
	{
		while (end < text.len && text.data[end] != '\n' && text.data[end] != '\r')
			end++;
		read_line(bytes_make(text.data, end), user, domain, &found);
		end += end < text.len;
		text = bytes_make(text.data + end, text.len - end);
	}
	return found;
}

bool naive_sam_is_utf16(struct bytes text)
{
	size_t zeros[2] = { 0, 0 };

	for (size_t i = 0; i < text.len; i++)
		zeros[i & 1] += !text.data[i];
	return (text.len >= 2 && text.data[0] + text.data[1] == 0xFF + 0xFE &&
	        (text.data[0] == 0xFF || text.data[1] == 0xFF)) ||
	       zeros[0] > text.len / 4 + zeros[1] || zeros[1] > text.len / 4 + zeros[0];
}
