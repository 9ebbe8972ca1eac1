/* SPDX-License-Identifier: Apache-2.0
 *
 * WinPR's WCHARs are UTF-16LE on machines of either byte order ("even on big endian systems", says
 * its unicode_builtin.c, and so it converts), as the module's text is: here memory of one becomes
 * the other.
 */
#include "host/text.h"

#include <stdlib.h>
#include <string.h>

#include "host/memory.h"

/* Far above any name or password, far below where a length overflows. */
#define TEXT_MAX_UNITS 65536u

static struct bytes wide_bytes(const WCHAR* wide, size_t units)
{
	return bytes_make((const uint8_t*)wide, 2 * units);
}

enum result text_from_wide(const WCHAR* wide, size_t units, struct blob* text)
{
	REQUIRE(wide || units == 0, RESULT_INVALID_ARGUMENT);
	REQUIRE(units <= TEXT_MAX_UNITS, RESULT_INVALID_ARGUMENT);
	struct writer writer = writer_make(2 * (size_t)TEXT_MAX_UNITS);

	writer_bytes(&writer, wide_bytes(wide, units));
	return writer_take(&writer, text);
}

enum result text_from_string(const char* string, struct blob* text)
{
	const size_t len = string ? strlen(string) : 0;

	REQUIRE(len <= TEXT_MAX_UNITS, RESULT_INVALID_ARGUMENT);
	return utf16_from_utf8(bytes_make((const uint8_t*)string, len), text);
}

enum result text_from_either(const void* string, bool wide, struct blob* text)
{
	const WCHAR* const units = string;
	size_t count = 0;

	if (!wide)
		return text_from_string(string, text);
	while (units && units[count])
		count++;
	return text_from_wide(units, count, text);
}

enum result text_secret_from_wide(const WCHAR* wide, size_t units, struct secret* secret)
{
	REQUIRE(wide || units == 0, RESULT_INVALID_ARGUMENT);
	REQUIRE(units <= TEXT_MAX_UNITS, RESULT_INVALID_ARGUMENT);
	secret_free(secret);
	TRY(secret_alloc(secret, 2 * units));
	bytes_copy(secret->data, wide_bytes(wide, units));
	return RESULT_OK;
}

struct bytes text_strip(struct bytes text)
{
	while (text.len >= 2 && text.data[text.len - 1] == 0 && text.data[text.len - 2] == 0)
		text.len -= 2;
	return text;
}

bool text_starts_with_ascii(struct bytes text, const char* ascii)
{
	const size_t len = strlen(ascii);

	return text.len >= 2 * len && text_is_ascii(bytes_make(text.data, 2 * len), ascii);
}

bool text_is_ascii(struct bytes text, const char* ascii)
{
	const size_t len = strlen(ascii);

	if (text.len != 2 * len)
		return false;
	for (size_t i = 0; i < len; i++)
	{
		uint8_t is = text.data[2 * i];
		uint8_t want = (uint8_t)ascii[i];

		if (is >= 'A' && is <= 'Z')
			is = (uint8_t)(is + 0x20);
		if (want >= 'A' && want <= 'Z')
			want = (uint8_t)(want + 0x20);
		if (text.data[2 * i + 1] != 0 || is != want)
			return false;
	}
	return true;
}

void text_to_wide(struct bytes text, WCHAR* wide)
{
	bytes_copy((uint8_t*)wide, bytes_make(text.data, text.len / 2 * 2));
}

WCHAR* text_wide_new(struct bytes text)
{
	WCHAR* const wide = calloc(text.len / 2 + 1, sizeof(*wide));

	if (wide)
		text_to_wide(text, wide);
	return wide;
}

enum result text_to_memory(struct bytes text, bool wide, void** string)
{
	REQUIRE(!utf16_has(text, 0), RESULT_MALFORMED);
	struct blob utf8 = BLOB_EMPTY;

	if (!wide)
		TRY(utf16_to_utf8(text, &utf8));
	void* const memory = memory_alloc(wide ? text.len + sizeof(WCHAR) : utf8.len + 1);
	if (memory && wide)
		text_to_wide(text, memory);
	else if (memory)
		bytes_copy(memory, blob_bytes(&utf8));
	blob_free(&utf8);
	REQUIRE(memory, RESULT_NO_MEMORY);
	*string = memory;
	return RESULT_OK;
}

enum result text_account(struct bytes user, struct bytes domain, struct blob* account)
{
	struct writer writer = writer_make(user.len + domain.len + 2);

	if (domain.len > 0)
	{
		writer_bytes(&writer, domain);
		writer_u16le(&writer, '\\');
	}
	writer_bytes(&writer, user);
	return writer_take(&writer, account);
}

bool text_split(struct bytes name, struct bytes* user, struct bytes* domain)
{
	size_t separators = 0;

	for (size_t i = 0; i + 1 < name.len; i += 2)
	{
		const bool at = name.data[i] == '@' && name.data[i + 1] == 0;
		const struct bytes left = bytes_make(name.data, i);
		const struct bytes right = bytes_make(name.data + i + 2, name.len - i - 2);

		if (!at && !(name.data[i] == '\\' && name.data[i + 1] == 0))
			continue;
		separators++;
		*user = at ? left : right;
		*domain = at ? right : left;
	}
	return separators == 1 && user->len > 0 && domain->len > 0;
}
