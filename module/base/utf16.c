/* SPDX-License-Identifier: Apache-2.0
 *
 * UTF-16LE to and from UTF-8 (RFC 3629, RFC 2781), upper case, and text for log lines.
 *
 * Upper case decides whether a logon works: the user name goes upper-cased into NTOWFv2 (MS-NLMP
 * 3.3.2), and both sides must agree on every unit. Windows maps unit by unit with a table of its
 * own, in which a letter has an upper case only if that leads back to the letter. The C library's
 * tables, asked for the round trip, give the same but for the exceptions below: so dotless i, long
 * s and the micro sign stay as they are. The locale is our own object, so setlocale() in the host
 * changes nothing.
 */
#include "utf16.h"

#include <locale.h>
#include <wctype.h>

#define SURROGATE_HIGH 0xD800u
#define SURROGATE_LOW 0xDC00u
#define SURROGATE_END 0xE000u
#define SUPPLEMENTARY 0x10000u
#define CODE_POINT_MAX 0x10FFFFu

static _Atomic(locale_t) utf16_locale;

/* --- code points ----------------------------------------------------------------------------- */

static bool utf16_is_surrogate(uint32_t unit)
{
	return unit >= SURROGATE_HIGH && unit < SURROGATE_END;
}

/* Reads one code point; RESULT_MALFORMED (and nothing read) at an odd octet or lone surrogate. */
static enum result utf16_read(struct reader* reader, uint32_t* code_point)
{
	struct reader ahead = *reader;
	uint16_t high;
	uint16_t low;

	TRY(reader_u16le(&ahead, &high));
	if (!utf16_is_surrogate(high))
		*code_point = high;
	else
	{
		REQUIRE(high < SURROGATE_LOW, RESULT_MALFORMED);
		TRY(reader_u16le(&ahead, &low));
		REQUIRE(low >= SURROGATE_LOW && low < SURROGATE_END, RESULT_MALFORMED);
		*code_point = SUPPLEMENTARY + ((high - SURROGATE_HIGH) << 10) + (low - SURROGATE_LOW);
	}
	*reader = ahead;
	return RESULT_OK;
}

/* The two halves of a supplementary code point (RFC 2781 2.1). */
static uint16_t utf16_high(uint32_t code_point)
{
	return (uint16_t)(SURROGATE_HIGH + ((code_point - SUPPLEMENTARY) >> 10));
}

static uint16_t utf16_low(uint32_t code_point)
{
	return (uint16_t)(SURROGATE_LOW + ((code_point - SUPPLEMENTARY) & 0x3FF));
}

static void utf16_write(struct writer* writer, uint32_t code_point)
{
	if (code_point < SUPPLEMENTARY)
	{
		writer_u16le(writer, (uint16_t)code_point);
		return;
	}
	writer_u16le(writer, utf16_high(code_point));
	writer_u16le(writer, utf16_low(code_point));
}

/* The least code point that needs 0, 1, 2 and 3 continuation octets (RFC 3629 3). */
static const uint32_t utf8_least[] = { 0, 0x80, 0x800, SUPPLEMENTARY };

/* Reads one code point of strict UTF-8: no overlong form, no surrogate, nothing above U+10FFFF
 * (RFC 3629 3 and 4). */
static enum result utf8_read(struct reader* reader, uint32_t* code_point)
{
	uint8_t lead;
	uint8_t octet;
	uint32_t value;
	size_t more;

	TRY(reader_u8(reader, &lead));
	if (lead < 0x80)
	{
		*code_point = lead;
		return RESULT_OK;
	}
	REQUIRE(lead >= 0xC0 && lead < 0xF8, RESULT_MALFORMED);
	more = lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : 3;
	value = lead & (0x3Fu >> more);
	for (size_t i = 0; i < more; i++)
	{
		TRY(reader_u8(reader, &octet));
		REQUIRE((octet & 0xC0) == 0x80, RESULT_MALFORMED);
		value = (value << 6) | (octet & 0x3Fu);
	}
	REQUIRE(value >= utf8_least[more] && value <= CODE_POINT_MAX, RESULT_MALFORMED);
	REQUIRE(!utf16_is_surrogate(value), RESULT_MALFORMED);
	*code_point = value;
	return RESULT_OK;
}

/* Writes a code point as UTF-8 into up to four octets and returns how many. */
static size_t utf8_encode(uint32_t code_point, uint8_t octets[4])
{
	size_t more = 0;

	while (more < 3 && code_point >= utf8_least[more + 1])
		more++;
	for (size_t i = more; i > 0; i--, code_point >>= 6)
		octets[i] = (uint8_t)(0x80 | (code_point & 0x3F));
	/* The lead octet: `more` + 1 one bits, a zero, and what is left of the code point. */
	octets[0] = (uint8_t)(more == 0 ? code_point : ((0xF00u >> (more + 1)) | code_point));
	return more + 1;
}

/* --- conversion ------------------------------------------------------------------------------ */

enum result utf16_from_utf8(struct bytes utf8, struct blob* utf16)
{
	struct reader reader = reader_make(utf8);
	struct writer writer;
	enum result result;

	/* No code point takes more units in UTF-16 than octets in UTF-8. */
	REQUIRE(utf8.len <= SIZE_MAX / 2, RESULT_NO_MEMORY);
	writer = writer_make(utf8.len * 2);
	while (reader_left(&reader) > 0)
	{
		uint32_t code_point;

		if ((result = utf8_read(&reader, &code_point)) != RESULT_OK)
			goto out;
		utf16_write(&writer, code_point);
	}
	result = writer_take(&writer, utf16);
out:
	writer_drop(&writer);
	return result;
}

enum result utf16_to_utf8(struct bytes utf16, struct blob* utf8)
{
	struct reader reader = reader_make(utf16);
	struct writer writer;
	enum result result;

	/* At most three octets for a unit. */
	REQUIRE(utf16.len <= SIZE_MAX / 3, RESULT_NO_MEMORY);
	writer = writer_make(utf16.len / 2 * 3);
	while (reader_left(&reader) > 0)
	{
		uint8_t octets[4];
		uint32_t code_point;

		if ((result = utf16_read(&reader, &code_point)) != RESULT_OK)
			goto out;
		writer_bytes(&writer, bytes_make(octets, utf8_encode(code_point, octets)));
	}
	result = writer_take(&writer, utf8);
out:
	writer_drop(&writer);
	return result;
}

/* --- upper case ------------------------------------------------------------------------------ */

enum result utf16_init(void)
{
	/* Where the C library has no such locale, upper case is ASCII's: most names are, and a logon
	 * that fails for the others is better than a provider that does not start. */
	if (!utf16_locale)
		utf16_locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	return RESULT_OK;
}

/* Letters that were given an upper case only after Windows' table was made, which is Windows 8's
 * (MS-UCODEREF 3.1.5.3): Georgian (Unicode 11) and Cherokee (Unicode 8). They stay. */
static bool utf16_is_newer_case(uint16_t unit)
{
	return (unit >= 0x10D0 && unit <= 0x10FF) || (unit >= 0x13F8 && unit <= 0x13FD) ||
	       (unit >= 0xAB70 && unit <= 0xABBF);
}

static uint16_t utf16_upper_unit(uint16_t unit)
{
	wint_t upper;

	if (unit < 0x80)
		return unit >= 'a' && unit <= 'z' ? (uint16_t)(unit - 'a' + 'A') : unit;
	if (!utf16_locale || utf16_is_surrogate(unit) || utf16_is_newer_case(unit))
		return unit;
	/* Final sigma is the one letter that Windows maps although the way back is another's. */
	if (unit == 0x03C2)
		return 0x03A3;
	upper = towupper_l(unit, utf16_locale);
	if (upper > UINT16_MAX || towlower_l(upper, utf16_locale) != unit)
		return unit;
	return (uint16_t)upper;
}

enum result utf16_upper(struct bytes utf16, struct blob* upper)
{
	struct reader reader = reader_make(utf16);
	struct writer writer = writer_make(utf16.len);
	uint16_t unit;

	REQUIRE(utf16.len % 2 == 0, RESULT_MALFORMED);
	while (reader_u16le(&reader, &unit) == RESULT_OK)
		writer_u16le(&writer, utf16_upper_unit(unit));
	return writer_take(&writer, upper);
}

bool utf16_equal_ignoring_case(struct bytes a, struct bytes b)
{
	struct reader left = reader_make(a);
	struct reader right = reader_make(b);
	uint16_t unit_a;
	uint16_t unit_b;

	if (a.len != b.len || a.len % 2 != 0)
		return false;
	while (reader_u16le(&left, &unit_a) == RESULT_OK && reader_u16le(&right, &unit_b) == RESULT_OK)
	{
		if (utf16_upper_unit(unit_a) != utf16_upper_unit(unit_b))
			return false;
	}
	return true;
}

size_t utf16_find(struct bytes text, size_t from, uint16_t unit)
{
	for (size_t at = from; at < text.len && text.len - at >= 2; at += 2)
	{
		if (little_endian_get(text.data + at, 2) == unit)
			return at;
	}
	return text.len;
}

bool utf16_has(struct bytes text, uint16_t unit)
{
	return utf16_find(text, 0, unit) < text.len;
}

/* --- text for a log line ---------------------------------------------------------------------- */

#define ESCAPE_SIZE_MIN 16
#define ESCAPE_PIECE_MAX 12 /* two units as \uNNNN */
#define ESCAPE_CUT "..."

/* Characters that would end the line or the quotes around the text, command a terminal, turn the
 * direction of what follows, or not be seen at all. */
static bool utf16_is_unprintable(uint32_t code_point)
{
	static const struct
	{
		uint32_t first;
		uint32_t last;
	} ranges[] = {
		{ 0x0000, 0x001F },    { '"', '"' },       { '\\', '\\' },     { 0x007F, 0x009F },
		{ 0x00AD, 0x00AD },    { 0x061C, 0x061C }, { 0x180E, 0x180E }, { 0x200B, 0x200F },
		{ 0x2028, 0x202E },    { 0x2060, 0x206F }, { 0xFE00, 0xFE0F }, { 0xFEFF, 0xFEFF },
		{ 0xFFF0, 0xFFFB },    { 0xFFFE, 0xFFFF }, { 0xE000, 0xF8FF }, { 0xE0000, 0xE0FFF },
		{ 0xF0000, 0x10FFFF },
	};

	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
	{
		if (code_point >= ranges[i].first && code_point <= ranges[i].last)
			return true;
	}
	return false;
}

/* Writes \xNN, or \uNNNN if the value needs more than two digits, and returns how many octets. */
static size_t utf16_escape_number(uint32_t value, uint8_t* piece)
{
	static const char digits[] = "0123456789ABCDEF";
	const size_t count = value <= 0xFF ? 2 : 4;

	piece[0] = '\\';
	piece[1] = count == 2 ? 'x' : 'u';
	for (size_t i = 0; i < count; i++)
		piece[2 + i] = (uint8_t)digits[(value >> (4 * (count - 1 - i))) & 0xF];
	return 2 + count;
}

/* Takes what comes next, a character, a lone unit or the odd last octet, and returns how many
 * octets of `piece` show it. The reader is not at its end. */
static size_t utf16_escape_next(struct reader* reader, uint8_t piece[ESCAPE_PIECE_MAX])
{
	uint32_t code_point;
	uint16_t unit;
	uint8_t octet;
	size_t len;

	if (utf16_read(reader, &code_point) == RESULT_OK)
	{
		if (!utf16_is_unprintable(code_point))
			return utf8_encode(code_point, piece);
		if (code_point < SUPPLEMENTARY)
			return utf16_escape_number(code_point, piece);
		len = utf16_escape_number(utf16_high(code_point), piece);
		return len + utf16_escape_number(utf16_low(code_point), piece + len);
	}
	if (reader_u16le(reader, &unit) == RESULT_OK)
		return utf16_escape_number(unit, piece);
	if (reader_u8(reader, &octet) == RESULT_OK)
		return utf16_escape_number(octet, piece);
	return 0;
}

void utf16_escape(struct bytes utf16, char* text, size_t size)
{
	struct reader reader = reader_make(utf16);
	uint8_t* out = (uint8_t*)text;
	size_t len = 0;
	size_t cut = 0; /* the last end of a character behind which the dots still fit */

	if (size < ESCAPE_SIZE_MIN)
	{
		if (size > 0)
			text[0] = '\0';
		return;
	}
	while (reader_left(&reader) > 0)
	{
		uint8_t piece[ESCAPE_PIECE_MAX];
		const size_t count = utf16_escape_next(&reader, piece);

		if (count > size - 1 - len)
		{
			bytes_copy(out + cut, BYTES_LITERAL(ESCAPE_CUT));
			len = cut + sizeof(ESCAPE_CUT) - 1;
			break;
		}
		bytes_copy(out + len, bytes_make(piece, count));
		len += count;
		if (len + sizeof(ESCAPE_CUT) <= size)
			cut = len;
	}
	text[len] = '\0';
}
