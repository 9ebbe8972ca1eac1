/* SPDX-License-Identifier: Apache-2.0
 *
 * UTF-16LE to and from UTF-8 beside the C library's iconv(), which knows what is well formed; upper
 * case, unit by unit; and the text of log lines, from which the input can be had back.
 */
#include "base/utf16.h"

#include <string.h>

#include "input.h"
#include "naive_text.h"

static iconv_t to_utf16;
static iconv_t to_utf8;

int LLVMFuzzerInitialize(int* argc, char*** argv)
{
	(void)argc;
	(void)argv;
	to_utf16 = iconv_open("UTF-16LE", "UTF-8");
	to_utf8 = iconv_open("UTF-8", "UTF-16LE");
	return utf16_init() == RESULT_OK && to_utf16 != (iconv_t)-1 && to_utf8 != (iconv_t)-1 ? 0 : 1;
}

static void read_both_ways(struct bytes text, iconv_t how,
                           enum result (*module)(struct bytes, struct blob*),
                           enum result (*back)(struct bytes, struct blob*))
{
	struct blob expected = BLOB_EMPTY;
	struct blob made = BLOB_EMPTY;
	struct blob again = BLOB_EMPTY;
	const bool is = naive_convert(how, text, &expected);
	const enum result result = module(text, &made);

	JUDGE(result == (is ? RESULT_OK : RESULT_MALFORMED), "well formed or not");
	if (is)
	{
		JUDGE(bytes_equal(blob_bytes(&made), blob_bytes(&expected)), "another text");
		JUDGE(back(blob_bytes(&made), &again) == RESULT_OK, "no way back");
		JUDGE(bytes_equal(blob_bytes(&again), text), "another text comes back");
	}
	else
		JUDGE(made.data == NULL, "something of what is not well formed");
	blob_free(&expected);
	blob_free(&made);
	blob_free(&again);
}

static struct blob upper_of(struct bytes text)
{
	struct blob upper = BLOB_EMPTY;

	JUDGE((utf16_upper(text, &upper) == RESULT_OK) == (text.len % 2 == 0), "odd or not");
	JUDGE(upper.len == (text.len % 2 ? 0 : text.len), "another length");
	return upper;
}

static void upper_case(struct bytes text)
{
	struct blob upper = upper_of(text);
	struct blob again = upper_of(blob_bytes(&upper));

	JUDGE(bytes_equal(blob_bytes(&upper), blob_bytes(&again)), "upper case has an upper case");
	JUDGE(utf16_equal_ignoring_case(text, blob_bytes(&upper)) == (text.len % 2 == 0),
	      "another than in upper case");
	for (size_t i = 0; i + 1 < upper.len; i += 2)
	{
		struct blob alone = upper_of(bytes_make(text.data + i, 2));
		const unsigned expected = naive_upper(text.data[i] | (unsigned)text.data[i + 1] << 8);

		JUDGE(memcmp(alone.data, upper.data + i, 2) == 0, "it depends on a neighbour");
		JUDGE((upper.data[i] | (unsigned)upper.data[i + 1] << 8) == expected, "another letter");
		blob_free(&alone);
	}
	blob_free(&upper);
	blob_free(&again);
}

static void compare(struct bytes text)
{
	const struct bytes a = bytes_make(text.data, text.len / 2);
	const struct bytes b = bytes_make(a.len ? text.data + a.len : NULL, a.len);
	const bool equal = utf16_equal_ignoring_case(a, b);
	struct blob upper_a = upper_of(a);
	struct blob upper_b = upper_of(b);

	JUDGE(equal == utf16_equal_ignoring_case(b, a), "who comes first");
	JUDGE(equal == naive_same_name(a, b), "the same name or not");
	JUDGE(equal == (a.len % 2 == 0 && bytes_equal(blob_bytes(&upper_a), blob_bytes(&upper_b))),
	      "equal or not");
	blob_free(&upper_a);
	blob_free(&upper_b);
}

static void find(struct bytes text, uint16_t unit, size_t from)
{
	size_t place = text.len;

	for (size_t i = text.len / 2 * 2; i >= from + 2; i -= 2)
		if (text.data[i - 2] == (unit & 0xFF) && text.data[i - 1] == unit >> 8)
			place = i - 2;
	JUDGE(utf16_find(text, from, unit) == place, "found elsewhere");
	JUDGE(utf16_has(text, unit) == (utf16_find(text, 0, unit) < text.len), "there or not");
}

/* What a log line's text came from: \uNNNN and \xNN are a unit each, the last one of an odd length
 * an octet, all else is UTF-8. */
static void unescape(struct bytes shown, bool odd, struct writer* out)
{
	while (shown.len > 0)
	{
		const uint8_t* const end = memchr(shown.data, '\\', shown.len);
		const size_t plain = end ? (size_t)(end - shown.data) : shown.len;
		struct blob units = BLOB_EMPTY;

		JUDGE(naive_convert(to_utf16, bytes_make(shown.data, plain), &units), "shown as no UTF-8");
		writer_bytes(out, blob_bytes(&units));
		blob_free(&units);
		shown = bytes_make(shown.data + plain, shown.len - plain);
		if (shown.len == 0)
			return;
		uint8_t octets[2] = { 0, 0 };
		const size_t len = shown.len >= 4 && shown.data[1] == 'x' ? 4 : 6;
		JUDGE(shown.len >= len && bytes_from_hex(bytes_make(shown.data + 2, len - 2),
		                                         octets + (len == 4)) == RESULT_OK,
		      "an escape");
		shown = bytes_make(shown.data + len, shown.len - len);
		writer_u8(out, octets[1]);
		if (shown.len > 0 || !odd)
			writer_u8(out, octets[0]);
	}
}

static void escape(struct bytes text, size_t size)
{
	struct writer out = writer_make(4 * text.len + 64);
	char* const shown = malloc(size);

	utf16_escape(text, shown, size);
	const size_t len = strnlen(shown, size);
	JUDGE(len < size, "no end");
	for (size_t i = 0; i < len; i++)
		JUDGE(shown[i] != '"' && shown[i] != 0x7F && (unsigned char)shown[i] >= 0x20,
		      "unprintable");
	const bool cut = size < 12 * text.len + 4 && len >= 3 && strcmp(shown + len - 3, "...") == 0;
	unescape(bytes_make((uint8_t*)shown, cut ? len - 3 : len), text.len % 2 && !cut, &out);
	const struct bytes back = writer_written(&out);
	JUDGE(cut ? bytes_starts_with(text, back) : bytes_equal(back, text), "shown as another");
	writer_drop(&out);
	free(shown);
}

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
	struct bytes text = bytes_make(data, size);

	read_both_ways(text, to_utf16, utf16_from_utf8, utf16_to_utf8);
	read_both_ways(text, to_utf8, utf16_to_utf8, utf16_from_utf8);
	upper_case(text);
	compare(text);
	const size_t room = take(&text) + 16;
	const uint16_t unit = (uint16_t)(take(&text) | take(&text) << 8);
	find(text, unit, take(&text) % 16 / 2 * 2);
	escape(text, room);
	return 0;
}
