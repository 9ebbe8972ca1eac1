/* SPDX-License-Identifier: Apache-2.0
 *
 * Strings of the JSON text are found by their quotes; what is between two of them is never looked
 * at as structure.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/utf16.h"
#include "vector.h"

struct vector vector_open(const char* file)
{
	struct vector vector = { BLOB_EMPTY };
	struct writer writer = writer_make(1 << 20);
	char path[1024];
	uint8_t chunk[4096];
	size_t got = 0;

	const int len = snprintf(path, sizeof(path), "%s/%s", TEST_VECTORS, file);
	assert_true(len > 0 && (size_t)len < sizeof(path));
	FILE* const stream = fopen(path, "rb");
	if (!stream)
		fail_msg("cannot open %s", path);
	while ((got = fread(chunk, 1, sizeof(chunk), stream)) > 0)
		writer_bytes(&writer, bytes_make(chunk, got));
	(void)fclose(stream);
	assert_int_equal(writer_take(&writer, &vector.text), RESULT_OK);
	return vector;
}

void vector_close(struct vector* vector)
{
	blob_free(&vector->text);
}

/* The next string token, without its quotes. The vectors hold no escapes but in notes, and those
 * are stepped over, not decoded. */
static bool next_string(struct bytes text, size_t* at, struct bytes* string)
{
	size_t i = *at;

	while (i < text.len && text.data[i] != '"')
		i++;
	const size_t start = ++i;
	while (i < text.len && text.data[i] != '"')
		i += text.data[i] == '\\' ? 2 : 1;
	if (i >= text.len)
		return false;
	*string = bytes_make(text.data + start, i - start);
	*at = i + 1;
	return true;
}

static bool colon_follows(struct bytes text, size_t at)
{
	while (at < text.len && (text.data[at] == ' ' || text.data[at] == '\n'))
		at++;
	return at < text.len && text.data[at] == ':';
}

static bool is_text(struct bytes string, const char* text)
{
	return bytes_equal(string, bytes_make((const uint8_t*)text, strlen(text)));
}

static struct bytes find(const struct vector* vector, const char* scope, const char* key)
{
	const struct bytes text = blob_bytes(&vector->text);
	struct bytes string = BYTES_EMPTY;
	size_t at = 0;
	bool inside = scope == NULL;

	while (next_string(text, &at, &string))
	{
		const bool is_key = colon_follows(text, at);
		if (!inside)
			inside = is_text(string, scope);
		else if (is_key && is_text(string, key))
		{
			if (!next_string(text, &at, &string))
				break;
			return string;
		}
		else if (is_key && scope && is_text(string, "case"))
			break;
	}
	fail_msg("no %s / %s in the vectors", scope ? scope : "-", key);
	return BYTES_EMPTY;
}

static struct blob hex_decode(struct bytes hex)
{
	struct writer writer = writer_make(1 << 16);
	struct blob decoded = BLOB_EMPTY;
	static const char digits[] = "0123456789abcdef";

	assert_true(hex.len % 2 == 0);
	for (size_t i = 0; i < hex.len; i += 2)
	{
		const char* const high = strchr(digits, hex.data[i]);
		const char* const low = strchr(digits, hex.data[i + 1]);
		assert_non_null(high);
		assert_non_null(low);
		writer_u8(&writer, (uint8_t)(((high - digits) << 4) | (low - digits)));
	}
	assert_int_equal(writer_take(&writer, &decoded), RESULT_OK);
	return decoded;
}

struct blob vector_text(const struct vector* vector, const char* scope, const char* key)
{
	struct blob text = BLOB_EMPTY;

	assert_int_equal(blob_set(&text, find(vector, scope, key)), RESULT_OK);
	return text;
}

struct blob vector_hex(const struct vector* vector, const char* scope, const char* key)
{
	return hex_decode(find(vector, scope, key));
}

struct blob vector_utf16(const struct vector* vector, const char* scope, const char* key)
{
	struct blob text = BLOB_EMPTY;

	assert_int_equal(utf16_from_utf8(find(vector, scope, key), &text), RESULT_OK);
	return text;
}

bool vector_element(const struct vector* vector, unsigned element, const char* key,
                    struct blob* value)
{
	const struct bytes text = blob_bytes(&vector->text);
	struct bytes string = BYTES_EMPTY;
	size_t at = 0;
	unsigned begun = 0; /* elements, the one that is being read included */

	while (next_string(text, &at, &string))
	{
		if (!colon_follows(text, at))
			continue;
		begun += is_text(string, "role");
		if (begun <= element || !is_text(string, key))
			continue;
		if (begun > element + 1 || !next_string(text, &at, &string))
			break;
		assert_int_equal(blob_set(value, string), RESULT_OK);
		return true;
	}
	return false;
}

struct blob test_utf16(const char* utf8)
{
	struct blob text = BLOB_EMPTY;

	assert_int_equal(utf16_from_utf8(bytes_make((const uint8_t*)utf8, strlen(utf8)), &text),
	                 RESULT_OK);
	return text;
}

struct blob test_hex(const char* hex)
{
	return hex_decode(bytes_make((const uint8_t*)hex, strlen(hex)));
}

struct blob test_hex_bytes(struct bytes hex)
{
	return hex_decode(hex);
}

size_t test_find(struct bytes whole, struct bytes part)
{
	for (size_t i = 0; part.len <= whole.len && i <= whole.len - part.len; i++)
	{
		if (bytes_equal(bytes_make(whole.data + i, part.len), part))
			return i;
	}
	return SIZE_MAX;
}

struct blob test_server2016(const char* key)
{
	struct vector vector = vector_open("ntlm-server2016-challenge.json");
	struct blob message = vector_hex(&vector, NULL, key);

	vector_close(&vector);
	return message;
}

struct blob test_exact(struct bytes from)
{
	struct blob copy = BLOB_EMPTY;

	assert_int_equal(blob_set(&copy, from), RESULT_OK);
	return copy;
}

void test_assert_text(struct bytes text, const char* utf8)
{
	struct blob expected = test_utf16(utf8);

	assert_true(bytes_equal(text, blob_bytes(&expected)));
	blob_free(&expected);
}
