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

#include "alloc_watch.h"
#include "json_edit.h"
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
	"[HKEY_LOCAL_MACHINE\\Other]\r\n\"Last\"=str:\"no newline\"",
	"; a carriage return at the end\r",
	HEADER "\"SspiModule\"=hex:00\n\"SspiModule\"=str:\"/other.so\"\n",
	"\xEF\xBB\xBF; a byte order mark, and "
	"\xC3\xA4\xFF\n[HKEY_LOCAL_MACHINE\\Other]\n\"a\"=str:\"b\"\n",
	"[HKEY_LOCAL_MACHINE\\" KEY "\n; a header that does not end\n",
	"; negossp-register wrote nothing here\n\n\n",
	"[HKEY_LOCAL_MACHINE\\HKEY_LOCAL_MACHINE\\" KEY "]\n\"SspiModule\"=\x89str:\"/second.so\"\n",
};

static struct blob registered_again(struct bytes text, bool new_file, const char* key,
                                    const char* module)
{
	struct blob out = BLOB_EMPTY;

	assert_int_equal(blob_set(&out, text), RESULT_OK);
	assert_int_equal(reg_edit_register(&out, new_file, key, module), RESULT_OK);
	return out;
}

static struct blob registered(const char* text, bool new_file, const char* module)
{
	return registered_again(text_bytes(text), new_file, KEY, module);
}

/* Whether the file goes. */
static bool taken_back_from(const struct blob* text, const char* key, struct blob* out)
{
	bool no_file = false;

	*out = BLOB_EMPTY;
	assert_int_equal(blob_set(out, blob_bytes(text)), RESULT_OK);
	assert_int_equal(reg_edit_unregister(out, key, MODULE, &no_file), RESULT_OK);
	return no_file;
}

static bool taken_back(const struct blob* text, struct blob* out)
{
	return taken_back_from(text, KEY, out);
}

static enum reg_kind kind_of(const struct blob* text, const char* key)
{
	return reg_text_find(blob_bytes(text), key, VALUE_NAME).kind;
}

static void append(struct blob* text, const char* more)
{
	struct writer writer = writer_make(8u << 20);

	writer_bytes(&writer, blob_bytes(text));
	writer_bytes(&writer, text_bytes(more));
	assert_int_equal(writer_take(&writer, text), RESULT_OK);
}

static void expect_text(const struct blob* text, const char* expected)
{
	if (!bytes_equal(blob_bytes(text), text_bytes(expected)))
		fail_msg("is\n%.*s\nand not\n%s", (int)text->len, (const char*)text->data, expected);
}

static void expect_same(const struct blob* text, const struct blob* expected)
{
	assert_true(bytes_equal(blob_bytes(text), blob_bytes(expected)));
}

/* Registering `before` gives `after`, and taking back gives `before`. */
static void expect_change(const char* before, const char* after)
{
	struct blob text = registered(before, false, MODULE);
	struct blob back;

	expect_text(&text, after);
	(void)taken_back(&text, &back);
	expect_text(&back, before);
	blob_free(&text);
	blob_free(&back);
}

static void test_registered_module_is_read(void** state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
	{
		struct blob text = registered(files[i], false, MODULE);
		const struct reg_value value = reg_text_find(blob_bytes(&text), KEY, VALUE_NAME);
		assert_int_equal(value.kind, REG_VALUE_STRING);
		assert_true(bytes_equal(value.text, text_bytes(MODULE)));
		assert_true(reg_edit_is_ours(blob_bytes(&text), KEY));
		blob_free(&text);
	}
}

static void test_taking_back_restores_every_byte(void** state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
	{
		struct blob text = registered(files[i], false, MODULE);
		struct blob back;
		assert_false(taken_back(&text, &back));
		expect_text(&back, files[i]);
		blob_free(&text);
		blob_free(&back);
	}
}

/* A last line without an end leaves none behind, not even where nothing else is left. */
static void test_taking_back_a_line_without_an_end_leaves_none(void** state)
{
	struct blob text = registered("\n", false, MODULE);
	struct blob back;

	(void)state;
	assert_int_equal(text.data[text.len - 1], '\n');
	text.len--;
	(void)taken_back(&text, &back);
	expect_text(&back, "");
	blob_free(&text);
	blob_free(&back);
}

static void test_registering_again_changes_nothing(void** state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
	{
		struct blob text = registered(files[i], false, MODULE);
		struct blob again = registered_again(blob_bytes(&text), false, KEY, MODULE);
		expect_same(&again, &text);
		blob_free(&text);
		blob_free(&again);
	}
}

static void test_another_path_replaces_ours(void** state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
	{
		struct blob first = registered(files[i], false, "/opt/old/negossp-test.so");
		struct blob then = registered_again(blob_bytes(&first), false, KEY, MODULE);
		struct blob direct = registered(files[i], false, MODULE);
		expect_same(&then, &direct);
		blob_free(&first);
		blob_free(&then);
		blob_free(&direct);
	}
}

static void test_taking_back_what_is_not_there_changes_nothing(void** state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
	{
		struct blob text = BLOB_EMPTY;
		struct blob back;
		append(&text, files[i]);
		assert_false(taken_back(&text, &back));
		expect_text(&back, files[i]);
		blob_free(&text);
		blob_free(&back);
	}
}

static void test_new_file_is_made_and_goes_again(void** state)
{
	struct blob text = registered("", true, MODULE);
	struct blob back;

	(void)state;
	expect_text(&text, "; negossp-register made this file\n" SECTION HEADER ADDED VALUE);
	assert_true(taken_back(&text, &back));
	blob_free(&back);

	/* What someone added meanwhile stays, in our section or behind it. */
	append(&text, "\"Mine\"=dword:1\n");
	assert_false(taken_back(&text, &back));
	assert_true(kind_of(&back, KEY) < REG_VALUE_NUMBER);
	expect_text(&back, HEADER "\"Mine\"=dword:1\n");
	blob_free(&back);
	blob_free(&text);
	text = registered("", true, MODULE);
	append(&text, "\n[HKEY_LOCAL_MACHINE\\Mine]\n");
	assert_false(taken_back(&text, &back));
	assert_true(kind_of(&back, KEY) < REG_VALUE_NUMBER);
	expect_text(&back, "\n[HKEY_LOCAL_MACHINE\\Mine]\n");
	blob_free(&text);
	blob_free(&back);
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
	              "[HKEY_LOCAL_MACHINE\\" KEY "]\r\n" REPLACED
	              "\"SspiModule\"=str:\"/x\"\r\n" ADDED VALUE "; end\r\n");
	/* The file's last value is read after it as before. */
	expect_change(
	    "[x]\r\n[HKEY_LOCAL_MACHINE\\SSPI\\Negossp]\r\n\"ChannelBindings\"=str:\"required\"",
	    "[x]\r\n[HKEY_LOCAL_MACHINE\\SSPI\\Negossp]\r\n\"ChannelBindings\"=str:"
	    "\"required\"\n" SECTION HEADER ADDED "\"SspiModule\"=str:\"" MODULE "\"");
}

static void test_hand_written_registration_is_known(void** state)
{
	static const char text[] = "; mine\n" HEADER VALUE "; end\n";
	struct blob same = registered(text, false, MODULE);
	struct blob back;

	(void)state;
	expect_text(&same, text);
	assert_false(reg_edit_is_ours(blob_bytes(&same), KEY));
	assert_false(taken_back(&same, &back));
	expect_text(&back, "; mine\n" HEADER "; end\n");
	blob_free(&same);
	blob_free(&back);
}

static void test_taking_back_leaves_no_negossp(void** state)
{
	static const char text[] = HEADER "\"SspiModule\"=str:\"/old/negossp.so\"\n"
	                                  "\"SspiModule\"=str:\"negossp.so\"\n"
	                                  "\"SspiModule\"=\"/plain/negossp.so\"\n";
	struct blob new_text = registered(text, false, MODULE);
	struct blob back;

	(void)state;
	assert_false(taken_back(&new_text, &back));
	expect_text(&back, HEADER);
	blob_free(&new_text);
	blob_free(&back);
}

static void test_taking_back_leaves_another_module(void** state)
{
	static const char text[] = HEADER "\"SspiModule\"=str:\"/x/notnegossp.so\"\n";
	struct blob new_text = registered(text, false, MODULE);
	struct blob back;

	(void)state;
	assert_false(taken_back(&new_text, &back));
	assert_int_equal(kind_of(&back, KEY), REG_VALUE_STRING);
	expect_text(&back, text);
	blob_free(&new_text);
	blob_free(&back);
}

static void test_two_keys_share_a_file(void** state)
{
	static const char other[] = "Software\\FreeRDP\\FreeRDP3\\Server";
	struct blob first = registered("", true, MODULE);
	struct blob both = registered_again(blob_bytes(&first), false, other, MODULE);
	struct blob one;
	struct blob none;

	(void)state;
	assert_int_equal(kind_of(&both, KEY), REG_VALUE_STRING);
	assert_int_equal(kind_of(&both, other), REG_VALUE_STRING);
	assert_false(taken_back_from(&both, other, &one));
	expect_same(&one, &first);
	blob_free(&one);
	assert_false(taken_back(&both, &one));
	assert_int_equal(kind_of(&one, other), REG_VALUE_STRING);
	assert_true(taken_back_from(&one, other, &none));
	blob_free(&first);
	blob_free(&both);
	blob_free(&one);
	blob_free(&none);
}

static void test_very_long_lines_survive(void** state)
{
	const size_t length = 3U << 20;
	char* const text = malloc(length + 1);

	(void)state;
	assert_non_null(text);
	memset(text, 'x', length);
	text[length] = '\0';
	struct blob before = BLOB_EMPTY;
	append(&before, "\"Long\"=str:\"");
	append(&before, text);
	append(&before, "\"\n" HEADER "\"SspiModule\"=\"");
	append(&before, text);
	append(&before, "\"\n");
	free(text);
	struct blob changed = registered_again(blob_bytes(&before), false, KEY, MODULE);
	struct blob back;
	assert_true(reg_edit_is_ours(blob_bytes(&changed), KEY));
	(void)taken_back(&changed, &back);
	expect_same(&back, &before);
	blob_free(&before);
	blob_free(&changed);
	blob_free(&back);
}

/* In both formats, registering and taking back, whichever allocation it is that fails. */
static void test_memory_that_is_short_is_told(void** state)
{
	size_t made = 0;

	(void)state;
	for (unsigned json = 0; json < 2; json++)
	{
		size_t nth = 0;
		do
		{
			struct blob text = BLOB_EMPTY;
			bool no_file = false;
			assert_int_equal(blob_set(&text, text_bytes(json ? "{\"SspiModule\":\"/x\"}" : HEADER)),
			                 RESULT_OK);
			alloc_watch_fail(++nth);
			enum result result = json ? json_edit_register(&text, false, MODULE)
			                          : reg_edit_register(&text, false, KEY, MODULE);
			if (result == RESULT_OK)
				result = json ? json_edit_unregister(&text, MODULE, &no_file)
				              : reg_edit_unregister(&text, KEY, MODULE, &no_file);
			made = alloc_watch_count();
			alloc_watch_fail(0);
			assert_int_equal(result, made >= nth ? RESULT_NO_MEMORY : RESULT_OK);
			blob_free(&text);
		} while (made >= nth);
		assert_true(nth > 2);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_registered_module_is_read),
		cmocka_unit_test(test_taking_back_restores_every_byte),
		cmocka_unit_test(test_taking_back_a_line_without_an_end_leaves_none),
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
		cmocka_unit_test(test_memory_that_is_short_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
