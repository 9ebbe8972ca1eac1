/* SPDX-License-Identifier: Apache-2.0
 *
 * UTF-16LE text (module/base/utf16.h).
 *
 * This file is ASCII: other characters are written as code units or as octets.
 */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "alloc_watch.h"
#include "base/utf16.h"

#define UNITS_MAX 64

/* Code units as UTF-16LE, in memory of which there is enough for 32 texts at a time. */
static struct bytes units(const uint16_t* from, size_t count)
{
	static uint8_t memory[32][2 * UNITS_MAX];
	static size_t turn;
	uint8_t* to = memory[turn++ % 32];

	assert_true(count <= UNITS_MAX);
	for (size_t i = 0; i < count; i++)
	{
		to[2 * i] = (uint8_t)from[i];
		to[2 * i + 1] = (uint8_t)(from[i] >> 8);
	}
	return bytes_make(to, 2 * count);
}

#define UNITS(...)                                                                                 \
	units((const uint16_t[]){ __VA_ARGS__ },                                                       \
	      sizeof((const uint16_t[]){ __VA_ARGS__ }) / sizeof(uint16_t))

static int setup(void** state)
{
	(void)state;
	return utf16_init() == RESULT_OK ? 0 : -1;
}

/* --- conversion ------------------------------------------------------------------------------ */

static void test_utf16_converts_both_ways(void** state)
{
	const struct
	{
		struct bytes utf8;
		struct bytes utf16;
	} cases[] = {
		{ BYTES_LITERAL("User"), BYTES_LITERAL("U\0s\0e\0r\0") },
		{ BYTES_EMPTY, BYTES_EMPTY },
		{ BYTES_LITERAL("a\0b"), BYTES_LITERAL("a\0\0\0b\0") },
		/* The ends of each length of UTF-8. */
		{ BYTES_LITERAL("\x7F\xC2\x80"), BYTES_LITERAL("\x7F\x00\x80\x00") },
		{ BYTES_LITERAL("\xDF\xBF\xE0\xA0\x80"), BYTES_LITERAL("\xFF\x07\x00\x08") },
		{ BYTES_LITERAL("\xED\x9F\xBF\xEE\x80\x80"), BYTES_LITERAL("\xFF\xD7\x00\xE0") },
		{ BYTES_LITERAL("\xEF\xBF\xBF"), BYTES_LITERAL("\xFF\xFF") },
		{ BYTES_LITERAL("\xF0\x90\x80\x80"), BYTES_LITERAL("\x00\xD8\x00\xDC") },
		{ BYTES_LITERAL("\xF0\x9F\x98\x80"), BYTES_LITERAL("\x3D\xD8\x00\xDE") },
		{ BYTES_LITERAL("\xF4\x8F\xBF\xBF"), BYTES_LITERAL("\xFF\xDB\xFF\xDF") },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
	{
		struct blob blob = BLOB_EMPTY;

		assert_int_equal(utf16_from_utf8(cases[i].utf8, &blob), RESULT_OK);
		assert_true(bytes_equal(blob_bytes(&blob), cases[i].utf16));
		assert_int_equal(utf16_to_utf8(cases[i].utf16, &blob), RESULT_OK);
		assert_true(bytes_equal(blob_bytes(&blob), cases[i].utf8));
		blob_free(&blob);
	}
}

static void test_CVE_2023_25564_utf8_that_is_bad_writes_nothing(void** state)
{
	static const struct bytes bad[] = {
		{ (const uint8_t*)"\x80", 1 },             /* continuation alone */
		{ (const uint8_t*)"a\xBF", 2 },            /* likewise */
		{ (const uint8_t*)"\xC0\x80", 2 },         /* overlong NUL */
		{ (const uint8_t*)"\xC1\xBF", 2 },         /* overlong U+007F */
		{ (const uint8_t*)"\xE0\x9F\xBF", 3 },     /* overlong U+07FF */
		{ (const uint8_t*)"\xF0\x8F\xBF\xBF", 4 }, /* overlong U+FFFF */
		{ (const uint8_t*)"\xED\xA0\x80", 3 },     /* U+D800 */
		{ (const uint8_t*)"\xED\xBF\xBF", 3 },     /* U+DFFF */
		{ (const uint8_t*)"\xF4\x90\x80\x80", 4 }, /* U+110000 */
		{ (const uint8_t*)"\xF7\xBF\xBF\xBF", 4 },
		{ (const uint8_t*)"\xF8\x88\x80\x80\x80", 5 },
		{ (const uint8_t*)"\xF8\x90\x80\x80", 4 }, /* no lead octet, before what could follow one */
		{ (const uint8_t*)"\xFE", 1 },
		{ (const uint8_t*)"\xFF", 1 },
		{ (const uint8_t*)"\xC3(", 2 },
		{ (const uint8_t*)"\xE2\x82", 2 }, /* truncations */
		{ (const uint8_t*)"\xE2", 1 },
		{ (const uint8_t*)"\xF0\x9F\x98", 3 },
		{ (const uint8_t*)"\xC3\xC3\xA9", 3 },
		{ (const uint8_t*)"good\xFF", 5 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
	{
		struct blob blob = BLOB_EMPTY;

		assert_int_equal(blob_set(&blob, BYTES_LITERAL("old")), RESULT_OK);
		assert_int_equal(utf16_from_utf8(bad[i], &blob), RESULT_MALFORMED);
		assert_true(bytes_equal(blob_bytes(&blob), BYTES_LITERAL("old")));
		blob_free(&blob);
	}
}

static void test_CVE_2023_25564_utf16_that_is_bad_writes_nothing(void** state)
{
	const struct bytes bad[] = {
		BYTES_LITERAL("a"),    BYTES_LITERAL("a\0b"),   BYTES_LITERAL("\x3D\xD8"),
		UNITS(0xDC00, 0xDC00), UNITS(0xDC00),           UNITS(0xDC00, 0xD800),
		UNITS(0xD800, 0xD800), UNITS('a', 0xD83D, 'b'),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
	{
		struct blob blob = BLOB_EMPTY;

		assert_int_equal(blob_set(&blob, BYTES_LITERAL("old")), RESULT_OK);
		assert_int_equal(utf16_to_utf8(bad[i], &blob), RESULT_MALFORMED);
		assert_true(bytes_equal(blob_bytes(&blob), BYTES_LITERAL("old")));
		blob_free(&blob);
	}
}

static void test_utf16_reports_lack_of_memory(void** state)
{
	struct blob blob = BLOB_EMPTY;

	(void)state;
	alloc_watch_fail(1);
	assert_int_equal(utf16_from_utf8(BYTES_LITERAL("a"), &blob), RESULT_NO_MEMORY);
	alloc_watch_fail(1);
	assert_int_equal(utf16_to_utf8(UNITS('a'), &blob), RESULT_NO_MEMORY);
	alloc_watch_fail(1);
	assert_int_equal(utf16_upper(UNITS('a'), &blob), RESULT_NO_MEMORY);
	alloc_watch_fail(0);
	/* Nothing is read of what there would be no room for. */
	assert_int_equal(utf16_from_utf8(bytes_make(NULL, SIZE_MAX / 2 + 1), &blob), RESULT_NO_MEMORY);
	assert_int_equal(utf16_to_utf8(bytes_make(NULL, SIZE_MAX / 3 + 1), &blob), RESULT_NO_MEMORY);
	assert_null(blob.data);
}

static void test_utf16_leaves_no_copy_of_a_password_that_is_bad(void** state)
{
	static const uint8_t needle[] = { 'p', 0, 'a', 0, 's', 0, 's', 0, 'w', 0 };
	struct blob blob = BLOB_EMPTY;

	(void)state;
	alloc_watch_needle(needle, sizeof(needle));
	assert_int_equal(utf16_from_utf8(BYTES_LITERAL("password\xFF"), &blob), RESULT_MALFORMED);
	assert_int_equal(alloc_watch_found(), 0);
	alloc_watch_needle(NULL, 0);
}

/* --- upper case ------------------------------------------------------------------------------ */

static uint16_t upper_of(uint16_t unit)
{
	struct blob blob = BLOB_EMPTY;
	uint16_t upper;

	assert_int_equal(utf16_upper(units(&unit, 1), &blob), RESULT_OK);
	assert_int_equal(blob.len, 2);
	upper = (uint16_t)(blob.data[0] | blob.data[1] << 8);
	blob_free(&blob);
	return upper;
}

static void test_utf16_upper_maps_ascii(void** state)
{
	(void)state;
	for (uint16_t unit = 0; unit < 0x80; unit++)
		assert_int_equal(upper_of(unit), unit >= 'a' && unit <= 'z' ? unit - 32 : unit);
}

static void test_utf16_upper_maps_what_windows_maps(void** state)
{
	static const uint16_t pairs[][2] = {
		{ 0x00E9, 0x00C9 }, /* e acute */
		{ 0x00FC, 0x00DC }, /* u diaeresis */
		{ 0x00FF, 0x0178 }, /* y diaeresis, whose upper case is not in Latin-1 */
		{ 0x0153, 0x0152 }, /* oe */
		{ 0x01C6, 0x01C4 }, /* dz with caron */
		{ 0x03B1, 0x0391 }, /* alpha */
		{ 0x03C3, 0x03A3 }, /* sigma */
		{ 0x03C2, 0x03A3 }, /* final sigma */
		{ 0x044F, 0x042F }, /* ya */
		{ 0x0451, 0x0401 }, /* yo */
		{ 0x0561, 0x0531 }, /* Armenian ayb */
		{ 0x1EA1, 0x1EA0 }, /* a with dot below */
		{ 0x24D0, 0x24B6 }, /* circled a */
		{ 0xFF41, 0xFF21 }, /* fullwidth a */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		assert_int_equal(upper_of(pairs[i][0]), pairs[i][1]);
}

static void test_utf16_upper_keeps_what_windows_keeps(void** state)
{
	static const uint16_t kept[] = {
		0x00C9, 0x03A9,         /* upper case already: E acute, Omega */
		0x00DF, 0x1E9E,         /* sharp s, small and capital */
		0x0131, 0x0130,         /* dotless i, dotted I */
		0x017F,                 /* long s */
		0x00B5,                 /* micro sign */
		0x01C5, 0x01C8,         /* title case */
		0x03D0, 0x1FBE,         /* beta symbol, prosgegrammeni */
		0x10D0, 0x13F8, 0xAB70, /* Georgian and Cherokee: upper case since Unicode 11 and 8 */
		0x4E2D, 0x05D0, 0x3042, /* no case at all */
		0xD83D, 0xDE00, 0xD801, 0xDC28, /* surrogates */
		0xFFFF,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		assert_int_equal(upper_of(kept[i]), kept[i]);
}

static void test_utf16_upper_maps_every_unit_to_a_unit_that_stays(void** state)
{
	(void)state;
	for (uint32_t unit = 0; unit <= UINT16_MAX; unit++)
	{
		const uint16_t upper = upper_of((uint16_t)unit);

		assert_int_equal(upper_of(upper), upper);
	}
}

static void test_utf16_upper_does_not_ask_the_locale_of_the_host(void** state)
{
	static const char* const names[] = { "C", "C.UTF-8", "tr_TR.UTF-8", "en_US.UTF-8" };

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
	{
		/* Where the machine lacks the locale the one before stays, which is as good a host. */
		(void)setlocale(LC_ALL, names[i]);
		assert_int_equal(upper_of('i'), 'I');
		assert_int_equal(upper_of(0x0131), 0x0131);
		assert_int_equal(upper_of(0x00E9), 0x00C9);
	}
	(void)setlocale(LC_ALL, "C");
}

static void test_utf16_upper_refuses_an_odd_length(void** state)
{
	struct blob blob = BLOB_EMPTY;

	(void)state;
	assert_int_equal(blob_set(&blob, BYTES_LITERAL("old")), RESULT_OK);
	assert_int_equal(utf16_upper(BYTES_LITERAL("a\0b"), &blob), RESULT_MALFORMED);
	assert_true(bytes_equal(blob_bytes(&blob), BYTES_LITERAL("old")));
	assert_int_equal(utf16_upper(BYTES_EMPTY, &blob), RESULT_OK);
	assert_int_equal(blob.len, 0);
}

static void test_utf16_equal_ignoring_case(void** state)
{
	(void)state;
	assert_true(utf16_equal_ignoring_case(UNITS('U', 's', 0xE9), UNITS('u', 'S', 0xC9)));
	assert_true(utf16_equal_ignoring_case(BYTES_EMPTY, BYTES_EMPTY));
	assert_false(utf16_equal_ignoring_case(UNITS('a', 'b'), UNITS('a', 'c')));
	assert_false(utf16_equal_ignoring_case(UNITS('a', 'b'), UNITS('a')));
	assert_false(utf16_equal_ignoring_case(UNITS('a'), BYTES_EMPTY));
	/* Dotless i is another letter, and so another user. */
	assert_false(utf16_equal_ignoring_case(UNITS('i'), UNITS(0x0131)));
	assert_false(utf16_equal_ignoring_case(BYTES_LITERAL("a"), BYTES_LITERAL("a")));
	assert_false(utf16_equal_ignoring_case(BYTES_LITERAL("a\0b"), BYTES_LITERAL("a\0b")));
}

/* --- text for a log line ---------------------------------------------------------------------- */

static void expect_escaped(struct bytes utf16, const char* expected)
{
	char text[256];

	memset(text, 'X', sizeof(text));
	utf16_escape(utf16, text, sizeof(text));
	assert_string_equal(text, expected);
}

static void test_utf16_find_sees_whole_units_only(void** state)
{
	/* a, U+2F00 (the second octet is a slash), U+002F, a, and half a slash. */
	static const uint8_t text[] = { 'a', 0, 0x00, 0x2F, 0x2F, 0x00, 'a', 0, 0x2F };
	(void)state;

	assert_int_equal(utf16_find(BYTES_OF(text), 0, 'a'), 0);
	assert_int_equal(utf16_find(BYTES_OF(text), 2, 'a'), 6);
	assert_int_equal(utf16_find(BYTES_OF(text), 0, '/'), 4);
	assert_int_equal(utf16_find(BYTES_OF(text), 6, '/'), sizeof(text));
	assert_int_equal(utf16_find(BYTES_OF(text), 0, 0x2F00), 2);
	assert_int_equal(utf16_find(BYTES_OF(text), 12, 'a'), sizeof(text));
	assert_int_equal(utf16_find(BYTES_EMPTY, 0, 0), 0);
	assert_true(utf16_has(BYTES_OF(text), '/'));
	assert_false(utf16_has(BYTES_OF(text), 0));
	assert_false(utf16_has(BYTES_EMPTY, 0));
}

static void test_utf16_escape_keeps_what_is_printable(void** state)
{
	(void)state;
	expect_escaped(BYTES_EMPTY, "");
	expect_escaped(UNITS('O', '\'', 'B', ' ', '~'), "O'B ~");
	expect_escaped(UNITS(0xE9, 0x4E2D, 0xD83D, 0xDE00), "\xC3\xA9\xE4\xB8\xAD\xF0\x9F\x98\x80");
}

static void test_utf16_escape_shows_what_could_deceive(void** state)
{
	/* The ends of each range, with their neighbours outside where those are printable. */
	static const uint16_t escaped[] = { 0x200B, 0x200F, 0x2028, 0x202A, 0x202E,
		                                0x2060, 0x2066, 0x2069, 0xFEFF, 0x061C,
		                                0xE000, 0xFFFE, 0xFFFF, 0xD800, 0xDFFF };
	static const uint16_t kept[] = { 0x200A, 0x2010, 0x2027, 0x202F, 0x205F, 0x2070, 0x00A0 };

	(void)state;
	expect_escaped(UNITS('a', '\n', '\r', 0, 0x1B, 0x1F), "a\\x0A\\x0D\\x00\\x1B\\x1F");
	expect_escaped(UNITS(0x7F, 0x80, 0x85, 0x9F), "\\x7F\\x80\\x85\\x9F");
	expect_escaped(UNITS('"', '\\'), "\\x22\\x5C");
	for (size_t i = 0; i < sizeof(escaped) / sizeof(escaped[0]); i++)
	{
		char expected[8];

		(void)snprintf(expected, sizeof(expected), "\\u%04X", escaped[i]);
		expect_escaped(units(&escaped[i], 1), expected);
	}
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
	{
		char text[16];

		utf16_escape(units(&kept[i], 1), text, sizeof(text));
		assert_int_not_equal(text[0], '\\');
	}
	/* A tag character: invisible, and above the BMP. */
	expect_escaped(UNITS(0xDB40, 0xDC41), "\\uDB40\\uDC41");
}

static void test_utf16_escape_shows_what_is_no_text(void** state)
{
	(void)state;
	expect_escaped(UNITS(0xD83D, 'a'), "\\uD83Da");
	expect_escaped(UNITS(0xDE00, 0xD83D), "\\uDE00\\uD83D");
	expect_escaped(BYTES_LITERAL("a\0z"), "a\\x7A");
	expect_escaped(BYTES_LITERAL("\xFF"), "\\xFF");
	expect_escaped(BYTES_LITERAL("\x3D\xD8\x00"), "\\uD83D\\x00");
}

static void test_utf16_escape_cuts_at_whole_characters(void** state)
{
	static const uint16_t text16[] = { 'a', 0xE9,   0x4E2D, 0xD83D, 0xDE00, '\n', 0x202E, 'b',
		                               'c', 0xDB40, 0xDC41, 'd',    0xE9,   0xE9, 0x4E2D, 'e' };
	/* Where a character of the whole text ends. */
	static const char* const pieces[] = { "a",
		                                  "\xC3\xA9",
		                                  "\xE4\xB8\xAD",
		                                  "\xF0\x9F\x98\x80",
		                                  "\\x0A",
		                                  "\\u202E",
		                                  "b",
		                                  "c",
		                                  "\\uDB40\\uDC41",
		                                  "d",
		                                  "\xC3\xA9",
		                                  "\xC3\xA9",
		                                  "\xE4\xB8\xAD",
		                                  "e" };
	const struct bytes utf16 = units(text16, sizeof(text16) / sizeof(text16[0]));
	char whole[128];

	(void)state;
	utf16_escape(utf16, whole, sizeof(whole));
	for (size_t size = 16; size <= strlen(whole) + 2; size++)
	{
		/* A block of just this size, so that the sanitizer sees a write past it. */
		char* text = malloc(size);
		char expected[128] = "";

		assert_non_null(text);
		memset(text, 'X', size);
		utf16_escape(utf16, text, size);
		if (size > strlen(whole))
			(void)snprintf(expected, sizeof(expected), "%s", whole);
		else
		{
			for (size_t i = 0; strlen(expected) + strlen(pieces[i]) + 4 <= size; i++)
				strcat(expected, pieces[i]);
			strcat(expected, "...");
		}
		assert_string_equal(text, expected);
		free(text);
	}
}

static void test_utf16_escape_of_a_tiny_buffer_is_empty(void** state)
{
	char text[15];

	(void)state;
	memset(text, 'X', sizeof(text));
	utf16_escape(UNITS('a'), text, 0);
	assert_int_equal(text[0], 'X');
	utf16_escape(UNITS('a'), text, sizeof(text));
	assert_string_equal(text, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_utf16_converts_both_ways),
		cmocka_unit_test(test_CVE_2023_25564_utf8_that_is_bad_writes_nothing),
		cmocka_unit_test(test_CVE_2023_25564_utf16_that_is_bad_writes_nothing),
		cmocka_unit_test(test_utf16_reports_lack_of_memory),
		cmocka_unit_test(test_utf16_leaves_no_copy_of_a_password_that_is_bad),
		cmocka_unit_test(test_utf16_upper_maps_ascii),
		cmocka_unit_test(test_utf16_upper_maps_what_windows_maps),
		cmocka_unit_test(test_utf16_upper_keeps_what_windows_keeps),
		cmocka_unit_test(test_utf16_upper_maps_every_unit_to_a_unit_that_stays),
		cmocka_unit_test(test_utf16_upper_does_not_ask_the_locale_of_the_host),
		cmocka_unit_test(test_utf16_upper_refuses_an_odd_length),
		cmocka_unit_test(test_utf16_equal_ignoring_case),
		cmocka_unit_test(test_utf16_find_sees_whole_units_only),
		cmocka_unit_test(test_utf16_escape_keeps_what_is_printable),
		cmocka_unit_test(test_utf16_escape_shows_what_could_deceive),
		cmocka_unit_test(test_utf16_escape_shows_what_is_no_text),
		cmocka_unit_test(test_utf16_escape_cuts_at_whole_characters),
		cmocka_unit_test(test_utf16_escape_of_a_tiny_buffer_is_empty),
	};
	return cmocka_run_group_tests(tests, setup, NULL);
}
