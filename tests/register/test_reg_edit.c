/* SPDX-License-Identifier: Apache-2.0
 *
 * What registering and taking back do to a registry file's text: after the one WinPR reads the
 * module, after the other every byte is as it was, and nothing else is touched by either.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "reg_edit.h"

#define KEY "Software\\FreeRDP\\FreeRDP\\Server"
#define HEADER "[HKEY_LOCAL_MACHINE\\" KEY "]\n"
#define MODULE "/usr/lib/freerdp3/negossp.so"
#define VALUE "\"SspiModule\"=str:\"" MODULE "\"\n"
#define ADDED "; negossp-register added the next line\n"
#define SECTION "; negossp-register added this section\n"
#define REPLACED "; negossp-register replaced: "

/* Hand-written files of every kind. None names negossp. */
static const char* const files[] = {
	"",
	"\n",
	"; only a comment\n",
	"; only a comment, without a newline",
	HEADER,
	"[HKEY_LOCAL_MACHINE\\" KEY "]",
	HEADER "\"SspiModule\"=str:\"/other.so\"\n",
	HEADER "\"SspiModule\"=str:\"/other.so\"",
	HEADER "\"SspiModule\"=\"/other.so\"\n",
	HEADER "\"SspiModule\"=\"/other.so\"",
	HEADER "\"SspiModule\"=dword:1\n\"SspiModule\"=str:\"/other.so\"\n",
	HEADER "; a\n\"SspiModule\"=str:\"/a\"\n\"Other\"=dword:1\n\"SspiModule\"=str:\"/b\"\n; b\n",
	HEADER "\"SspiModule2\"=str:\"/x\"\n\"sspimodule\"=str:\"/y\"\n",
	HEADER
	"\"Other\"=dword:1\n\n[HKEY_LOCAL_MACHINE\\Software\\Other]\n\"SspiModule\"=str:\"/x\"\n",
	HEADER "[x]\n" HEADER "\"SspiModule\"=str:\"/second.so\"\n",
	"[HKEY_LOCAL_MACHINE\\SOFTWARE\\freerdp\\FREERDP\\server]\n; mine\n",
	"[hkey_local_machine\\" KEY "]\n\"SspiModule\"=str:\"/x\"\n",
	"; CRLF\r\n[HKEY_LOCAL_MACHINE\\" KEY "]\r\n\"Other\"=dword:1\r\n",
	"; CRLF\r\n[HKEY_LOCAL_MACHINE\\" KEY "]\r\n\"SspiModule\"=str:\"/other.so\"\r\n; end\r\n",
	"; CRLF\r\n[HKEY_LOCAL_MACHINE\\" KEY "]\r\n\"SspiModule\"=str:\"/other.so\"",
	"; CRLF\r\n[HKEY_LOCAL_MACHINE\\Other]\r\n; no newline\r",
	"\xEF\xBB\xBF; a byte order mark, and "
	"\xC3\xA4\xFF\n[HKEY_LOCAL_MACHINE\\Other]\n\"a\"=str:\"b\"\n",
	"[HKEY_LOCAL_MACHINE\\" KEY "\n; a header that does not end\n",
	"; negossp-register wrote nothing here\n\n\n",
};

static struct reg_slice slice(const struct textbuf* text)
{
	return (struct reg_slice){ text->bytes, text->length };
}

static struct textbuf registered(const char* text, bool new_file, const char* module)
{
	struct textbuf out = { 0 };

	reg_edit_register((struct reg_slice){ text, strlen(text) }, new_file, KEY, module, &out);
	assert_false(out.failed);
	return out;
}

static enum reg_left taken_back(const struct textbuf* text, struct textbuf* out)
{
	*out = (struct textbuf){ 0 };
	return reg_edit_unregister(slice(text), KEY, MODULE, out);
}

static void expect_text(const struct textbuf* text, const char* expected)
{
	if (text->length != strlen(expected) || memcmp(text->bytes, expected, text->length) != 0)
		fail_msg("is\n%.*s\nand not\n%s", (int)text->length, text->bytes, expected);
}

/* Registering `before` gives `after`, and taking back gives `before`. */
static void expect_change(const char* before, const char* after)
{
	struct textbuf text = registered(before, false, MODULE);
	struct textbuf back;

	expect_text(&text, after);
	(void)taken_back(&text, &back);
	expect_text(&back, before);
	textbuf_free(&text);
	textbuf_free(&back);
}

static void test_registered_module_is_read(void** state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
	{
		struct textbuf text = registered(files[i], false, MODULE);
		const struct reg_value value = reg_text_find(slice(&text), KEY, REG_VALUE_NAME);
		assert_int_equal(value.kind, REG_VALUE_STRING);
		assert_true(reg_slice_equals(value.text, MODULE));
		assert_true(reg_edit_is_ours(slice(&text), KEY));
		textbuf_free(&text);
	}
}

static void test_taking_back_restores_every_byte(void** state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
	{
		struct textbuf text = registered(files[i], false, MODULE);
		struct textbuf back;
		assert_int_not_equal(taken_back(&text, &back), REG_LEFT_NO_FILE);
		assert_int_equal(back.length, strlen(files[i]));
		assert_memory_equal(back.bytes ? back.bytes : "", files[i], back.length);
		textbuf_free(&text);
		textbuf_free(&back);
	}
}

static void test_registering_again_changes_nothing(void** state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
	{
		struct textbuf text = registered(files[i], false, MODULE);
		struct textbuf again = registered(text.bytes, false, MODULE);
		expect_text(&again, text.bytes);
		textbuf_free(&text);
		textbuf_free(&again);
	}
}

static void test_another_path_replaces_ours(void** state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
	{
		struct textbuf first = registered(files[i], false, "/opt/old/negossp-test.so");
		struct textbuf then = registered(first.bytes, false, MODULE);
		struct textbuf direct = registered(files[i], false, MODULE);
		expect_text(&then, direct.bytes);
		textbuf_free(&first);
		textbuf_free(&then);
		textbuf_free(&direct);
	}
}

static void test_taking_back_what_is_not_there_changes_nothing(void** state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
	{
		struct textbuf text = { 0 };
		struct textbuf back;
		textbuf_add_string(&text, files[i]);
		assert_int_not_equal(taken_back(&text, &back), REG_LEFT_NO_FILE);
		assert_int_equal(back.length, strlen(files[i]));
		assert_memory_equal(back.bytes ? back.bytes : "", files[i], back.length);
		textbuf_free(&text);
		textbuf_free(&back);
	}
}

static void test_new_file_is_made_and_goes_again(void** state)
{
	struct textbuf text = registered("", true, MODULE);
	struct textbuf back;

	(void)state;
	expect_text(&text, "; negossp-register made this file\n" SECTION HEADER ADDED VALUE);
	assert_int_equal(taken_back(&text, &back), REG_LEFT_NO_FILE);
	textbuf_free(&back);

	/* What someone added meanwhile stays, in our section or behind it. */
	textbuf_add_string(&text, "\"Mine\"=dword:1\n");
	assert_int_equal(taken_back(&text, &back), REG_LEFT_NOTHING);
	expect_text(&back, HEADER "\"Mine\"=dword:1\n");
	textbuf_free(&back);
	textbuf_free(&text);
	text = registered("", true, MODULE);
	textbuf_add_string(&text, "\n[HKEY_LOCAL_MACHINE\\Mine]\n");
	assert_int_equal(taken_back(&text, &back), REG_LEFT_NOTHING);
	expect_text(&back, "\n[HKEY_LOCAL_MACHINE\\Mine]\n");
	textbuf_free(&text);
	textbuf_free(&back);
}

static void test_section_is_added_at_the_end(void** state)
{
	(void)state;
	expect_change(
	    "; mine\n[HKEY_LOCAL_MACHINE\\Other]\n\"a\"=dword:1\n",
	    "; mine\n[HKEY_LOCAL_MACHINE\\Other]\n\"a\"=dword:1\n" SECTION HEADER ADDED VALUE);
	expect_change("; no newline",
	              "; no newline\n" SECTION HEADER ADDED "\"SspiModule\"=str:\"" MODULE "\"");
}

static void test_value_is_added_below_its_header(void** state)
{
	(void)state;
	expect_change("; a\n" HEADER "; b\n\"Other\"=dword:1\n",
	              "; a\n" HEADER ADDED VALUE "; b\n\"Other\"=dword:1\n");
}

static void test_value_is_replaced_in_place(void** state)
{
	(void)state;
	expect_change(HEADER "; b\n\"SspiModule\"=\"/x\"\n; c\n",
	              HEADER "; b\n" REPLACED "\"SspiModule\"=\"/x\"\n" ADDED VALUE "; c\n");
	expect_change(HEADER "\"SspiModule\"=str:\"/x\"\n\"O\"=dword:1\n\"SspiModule\"=dword:2\n",
	              HEADER REPLACED "\"SspiModule\"=str:\"/x\"\n" ADDED VALUE
	                              "\"O\"=dword:1\n" REPLACED "\"SspiModule\"=dword:2\n");
}

static void test_value_in_crlf_file_ends_in_newline_alone(void** state)
{
	(void)state;
	expect_change("[HKEY_LOCAL_MACHINE\\" KEY "]\r\n\"SspiModule\"=str:\"/x\"\r\n; end\r\n",
	              "[HKEY_LOCAL_MACHINE\\" KEY "]\r\n" REPLACED "\"SspiModule\"=str:\"/x\"\r\n"
	              "; negossp-register added the next line\r\n" VALUE "; end\r\n");
}

static void test_hand_written_registration_is_known(void** state)
{
	static const char text[] = "; mine\n" HEADER VALUE "; end\n";
	struct textbuf same = registered(text, false, MODULE);
	struct textbuf back;

	(void)state;
	expect_text(&same, text);
	assert_false(reg_edit_is_ours(slice(&same), KEY));
	assert_int_equal(taken_back(&same, &back), REG_LEFT_NOTHING);
	expect_text(&back, "; mine\n" HEADER "; end\n");
	textbuf_free(&same);
	textbuf_free(&back);
}

static void test_taking_back_leaves_no_negossp(void** state)
{
	static const char text[] = HEADER "\"SspiModule\"=str:\"/old/negossp.so\"\n"
	                                  "\"SspiModule\"=str:\"negossp.so\"\n"
	                                  "\"SspiModule\"=\"/plain/negossp.so\"\n";
	struct textbuf new_text = registered(text, false, MODULE);
	struct textbuf back;

	(void)state;
	assert_int_equal(taken_back(&new_text, &back), REG_LEFT_NOTHING);
	expect_text(&back, HEADER);
	textbuf_free(&new_text);
	textbuf_free(&back);
}

static void test_taking_back_leaves_another_module(void** state)
{
	static const char text[] = HEADER "\"SspiModule\"=str:\"/x/notnegossp.so\"\n";
	struct textbuf new_text = registered(text, false, MODULE);
	struct textbuf back;

	(void)state;
	assert_int_equal(taken_back(&new_text, &back), REG_LEFT_ANOTHER);
	expect_text(&back, text);
	textbuf_free(&new_text);
	textbuf_free(&back);
}

static void test_two_keys_share_a_file(void** state)
{
	static const char other[] = "Software\\FreeRDP\\FreeRDP3\\Server";
	struct textbuf first = registered("", true, MODULE);
	struct textbuf both = { 0 };
	struct textbuf one = { 0 };
	struct textbuf none = { 0 };

	(void)state;
	reg_edit_register(slice(&first), false, other, MODULE, &both);
	assert_int_equal(reg_text_find(slice(&both), KEY, REG_VALUE_NAME).kind, REG_VALUE_STRING);
	assert_int_equal(reg_text_find(slice(&both), other, REG_VALUE_NAME).kind, REG_VALUE_STRING);

	assert_int_equal(reg_edit_unregister(slice(&both), other, MODULE, &one), REG_LEFT_NOTHING);
	expect_text(&one, first.bytes);
	textbuf_free(&one);
	assert_int_equal(reg_edit_unregister(slice(&both), KEY, MODULE, &one), REG_LEFT_NOTHING);
	assert_int_equal(reg_text_find(slice(&one), other, REG_VALUE_NAME).kind, REG_VALUE_STRING);
	assert_int_equal(reg_edit_unregister(slice(&one), other, MODULE, &none), REG_LEFT_NO_FILE);
	textbuf_free(&first);
	textbuf_free(&both);
	textbuf_free(&one);
	textbuf_free(&none);
}

static void test_very_long_lines_survive(void** state)
{
	const size_t length = 3U << 20;
	char* const text = malloc(length + 1);

	(void)state;
	assert_non_null(text);
	memset(text, 'x', length);
	text[length] = '\0';
	struct textbuf before = { 0 };
	textbuf_add_string(&before, "\"Long\"=str:\"");
	textbuf_add_string(&before, text);
	textbuf_add_string(&before, "\"\n" HEADER "\"SspiModule\"=\"");
	textbuf_add_string(&before, text);
	textbuf_add_string(&before, "\"\n");
	free(text);
	struct textbuf changed = registered(before.bytes, false, MODULE);
	struct textbuf back;
	assert_true(reg_edit_is_ours(slice(&changed), KEY));
	(void)taken_back(&changed, &back);
	assert_int_equal(back.length, before.length);
	assert_memory_equal(back.bytes, before.bytes, before.length);
	textbuf_free(&before);
	textbuf_free(&changed);
	textbuf_free(&back);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_registered_module_is_read),
		cmocka_unit_test(test_taking_back_restores_every_byte),
		cmocka_unit_test(test_registering_again_changes_nothing),
		cmocka_unit_test(test_another_path_replaces_ours),
		cmocka_unit_test(test_taking_back_what_is_not_there_changes_nothing),
		cmocka_unit_test(test_new_file_is_made_and_goes_again),
		cmocka_unit_test(test_section_is_added_at_the_end),
		cmocka_unit_test(test_value_is_added_below_its_header),
		cmocka_unit_test(test_value_is_replaced_in_place),
		cmocka_unit_test(test_value_in_crlf_file_ends_in_newline_alone),
		cmocka_unit_test(test_hand_written_registration_is_known),
		cmocka_unit_test(test_taking_back_leaves_no_negossp),
		cmocka_unit_test(test_taking_back_leaves_another_module),
		cmocka_unit_test(test_two_keys_share_a_file),
		cmocka_unit_test(test_very_long_lines_survive),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
