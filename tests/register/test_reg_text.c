/* SPDX-License-Identifier: Apache-2.0
 *
 * A registry file as WinPR reads it. Each expectation is what winpr/libwinpr/registry of 3.10.3
 * does with the text; test_server.py asks the real one the same.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "reg_text.h"

#define KEY "Software\\FreeRDP\\FreeRDP\\Server"
#define HEADER "[HKEY_LOCAL_MACHINE\\" KEY "]\n"

static void expect(const char* text, enum reg_kind kind, const char* value)
{
	const struct reg_value found = reg_text_find(text_bytes(text), KEY, "SspiModule");

	if (found.kind != kind || !bytes_equal(found.text, text_bytes(value)))
		fail_msg("%s\ngives kind %d, \"%.*s\"", text, (int)found.kind, (int)found.text.len,
		         (const char*)found.text.data);
}

static void test_string_with_type_is_read(void** state)
{
	(void)state;
	expect(HEADER "\"SspiModule\"=str:\"/p.so\"\n", REG_VALUE_STRING, "/p.so");
	expect(HEADER "\"SspiModule\"=str:\"/p.so\"", REG_VALUE_STRING, "/p.so");
	expect(HEADER "\"SspiModule\"=str:\"\"\n", REG_VALUE_STRING, "");
	expect(HEADER "\"SspiModule\"=str:\"C:\\\\p.so\"\n", REG_VALUE_STRING, "C:\\\\p.so");
}

static void test_plain_string_is_dropped(void** state)
{
	(void)state;
	expect(HEADER "\"SspiModule\"=\"/p.so\"\n", REG_VALUE_DROPPED, "/p.so");
	/* The first mark is taken for the type, so a mark too many makes it readable. */
	expect(HEADER "\"SspiModule\"=\"x\"/p.so\"\n", REG_VALUE_STRING, "/p.so");
}

static void test_string_must_end_its_line(void** state)
{
	(void)state;
	expect(HEADER "\"SspiModule\"=str:\"/p.so\"\r\n", REG_VALUE_DROPPED, "/p.so");
	expect(HEADER "\"SspiModule\"=str:\"/p.so\" \n", REG_VALUE_DROPPED, "/p.so");
	expect(HEADER "\"SspiModule\"=str:\"/p.so\" ; mine\n", REG_VALUE_DROPPED, "/p.so");
	expect(HEADER "\"SspiModule\"=str:\"/p\"q.so\"\n", REG_VALUE_DROPPED, "/p\"q.so");
	expect(HEADER "\"SspiModule\"=str:\"/p.so\n", REG_VALUE_DROPPED, "");
}

static void test_numbers_are_read_and_other_types_are_passed_over(void** state)
{
	(void)state;
	expect(HEADER "\"SspiModule\"=dword:1\n", REG_VALUE_NUMBER, "");
	expect(HEADER "\"SspiModule\"=dword:nonsense\n", REG_VALUE_NUMBER, "");
	expect(HEADER "\"SspiModule\"=hex(b):\"01\n", REG_VALUE_NUMBER, "");
	expect(HEADER "\"SspiModule\"=dword:1\n\"SspiModule\"=str:\"/p.so\"\n", REG_VALUE_NUMBER, "");
	expect(HEADER "\"SspiModule\"=dword:0x1ffffffff\n\"SspiModule\"=str:\"/p.so\"\n",
	       REG_VALUE_STRING, "/p.so");
	expect(HEADER "\"SspiModule\"=nonsense:\n\"SspiModule\"=str:\"/p.so\"\n", REG_VALUE_STRING,
	       "/p.so");
	expect(HEADER
	       "\"SspiModule\"=hex:01\n\"SspiModule\"=str(2):\"/q\"\n\"SspiModule\"=str:\"/p\"\n",
	       REG_VALUE_STRING, "/p");
	expect(HEADER "\"SspiModule\"=nothing\n", REG_VALUE_DROPPED, "");
	expect(HEADER "\"SspiModule\"=\n", REG_VALUE_DROPPED, "");
}

static void test_value_name_is_exact(void** state)
{
	(void)state;
	expect(HEADER "\"SspiModule2\"=str:\"/p.so\"\n", REG_VALUE_NONE, "");
	expect(HEADER "\"ASspiModule\"=str:\"/p.so\"\n", REG_VALUE_NONE, "");
	expect(HEADER "\"SspiModul\"=str:\"/p.so\"\n", REG_VALUE_NONE, "");
	expect(HEADER "\"sspimodule\"=str:\"/p.so\"\n", REG_VALUE_NONE, "");
	expect(HEADER "\"SspiModule\" = str:\"/p.so\"\n", REG_VALUE_NONE, "");
	expect(HEADER " \"SspiModule\"=str:\"/p.so\"\n", REG_VALUE_NONE, "");
	expect(HEADER ";\"SspiModule\"=str:\"/p.so\"\n", REG_VALUE_NONE, "");
}

static void test_key_is_found_without_regard_to_case(void** state)
{
	(void)state;
	expect("[HKEY_LOCAL_MACHINE\\SOFTWARE\\freerdp\\FREERDP\\server]\n"
	       "\"SspiModule\"=str:\"/p.so\"\n",
	       REG_VALUE_STRING, "/p.so");
	expect("[hkey_local_machine\\" KEY "]\n\"SspiModule\"=str:\"/p.so\"\n", REG_VALUE_NONE, "");
	expect("[HKEY_LOCAL_MACHINE\\" KEY "]\r\n\"SspiModule\"=str:\"/p.so\"\n", REG_VALUE_STRING,
	       "/p.so");
	expect("[HKEY_LOCAL_MACHINE\\" KEY "] ; mine\n\"SspiModule\"=str:\"/p.so\"\n", REG_VALUE_STRING,
	       "/p.so");
}

static void test_other_keys_are_passed_over(void** state)
{
	(void)state;
	/* The name ends at the last bracket of the line. */
	expect("[HKEY_LOCAL_MACHINE\\" KEY "] ; [x]\n\"SspiModule\"=str:\"/p.so\"\n", REG_VALUE_NONE,
	       "");
	expect("\"SspiModule\"=str:\"/p.so\"\n", REG_VALUE_NONE, "");
	expect("[HKEY_LOCAL_MACHINE\\" KEY "\\Sub]\n\"SspiModule\"=str:\"/p.so\"\n", REG_VALUE_NONE,
	       "");
	expect("[HKEY_LOCAL_MACHINE\\Software\\FreeRDP\\FreeRDP]\n\"SspiModule\"=str:\"/p.so\"\n",
	       REG_VALUE_NONE, "");
	expect("[HKEY_CURRENT_USER\\" KEY "]\n\"SspiModule\"=str:\"/p.so\"\n", REG_VALUE_NONE, "");
	expect(HEADER "[other]\n\"SspiModule\"=str:\"/p.so\"\n", REG_VALUE_NONE, "");
	expect("[HKEY_LOCAL_MACHINE\\" KEY " \n\"SspiModule\"=str:\"/p.so\"\n", REG_VALUE_NONE, "");
	expect(" " HEADER "\"SspiModule\"=str:\"/p.so\"\n", REG_VALUE_NONE, "");
	expect("[]\n[\n", REG_VALUE_NONE, "");
}

static void test_key_begins_behind_the_last_hive_in_the_name(void** state)
{
	static const char value[] = "\"SspiModule\"=str:\"/p.so\"\n";
	static const char* const same[] = { "HKEY_LOCAL_MACHINE\\HKEY_LOCAL_MACHINE\\" KEY,
		                                "Mine\\HKEY_LOCAL_MACHINE\\" KEY,
		                                "\\HKEY_LOCAL_MACHINE\\" KEY,
		                                "[HKEY_LOCAL_MACHINE\\HKEY_LOCAL_MACHINE\\" KEY };
	static const char* const others[] = { "MY_HKEY_LOCAL_MACHINE\\" KEY,
		                                  "[HKEY_LOCAL_MACHINE\\" KEY,
		                                  "HKEY_LOCAL_MACHINE\\\\" KEY,
		                                  "HKEY_LOCAL_MACHINE\\hkey_local_machine\\" KEY,
		                                  "HKEY_LOCAL_MACHINE\\" KEY "\\HKEY_LOCAL_MACHINE",
		                                  "HKEY_LOCAL_MACHINE\\" KEY "\\",
		                                  KEY,
		                                  "Server" };
	char text[256];

	(void)state;
	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
	{
		(void)snprintf(text, sizeof(text), "[%s]\n%s", same[i], value);
		expect(text, REG_VALUE_STRING, "/p.so");
	}
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
	{
		(void)snprintf(text, sizeof(text), "[%s]\n%s", others[i], value);
		expect(text, REG_VALUE_NONE, "");
	}
}

static void test_first_section_and_first_value_count(void** state)
{
	(void)state;
	expect(HEADER "\"SspiModule\"=str:\"/a\"\n\"SspiModule\"=str:\"/b\"\n", REG_VALUE_STRING, "/a");
	expect(HEADER "\"SspiModule\"=\"/a\"\n\"SspiModule\"=str:\"/b\"\n", REG_VALUE_STRING, "/b");
	expect(HEADER "[x]\n" HEADER "\"SspiModule\"=str:\"/b\"\n", REG_VALUE_NONE, "");
	expect(HEADER "\n; comment\n\"Other\"=dword:1\n\n\"SspiModule\"=str:\"/a\"\n", REG_VALUE_STRING,
	       "/a");
}

static void test_empty_text_has_nothing(void** state)
{
	(void)state;
	const struct reg_value found = reg_text_find(BYTES_EMPTY, KEY, "SspiModule");
	assert_int_equal(found.kind, REG_VALUE_NONE);
	expect("", REG_VALUE_NONE, "");
	expect("\n\n", REG_VALUE_NONE, "");
}

static void test_what_a_string_can_hold(void** state)
{
	static char longest[16384];

	(void)state;
	assert_true(reg_text_can_hold("/usr/lib/freerdp3/negossp.so"));
	assert_true(reg_text_can_hold("/with blank/\xC3\xA4\\b.so"));
	assert_false(reg_text_can_hold(""));
	assert_false(reg_text_can_hold("/a\"b"));
	assert_false(reg_text_can_hold("\""));
	assert_false(reg_text_can_hold("/a\nb"));
	assert_false(reg_text_can_hold("/a\rb"));
	assert_false(reg_text_can_hold("/a\x7F"));
	memset(longest, 'a', 16382);
	assert_true(reg_text_can_hold(longest));
	longest[16382] = 'a';
	assert_false(reg_text_can_hold(longest));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_string_with_type_is_read),
		cmocka_unit_test(test_plain_string_is_dropped),
		cmocka_unit_test(test_string_must_end_its_line),
		cmocka_unit_test(test_numbers_are_read_and_other_types_are_passed_over),
		cmocka_unit_test(test_value_name_is_exact),
		cmocka_unit_test(test_key_is_found_without_regard_to_case),
		cmocka_unit_test(test_other_keys_are_passed_over),
		cmocka_unit_test(test_key_begins_behind_the_last_hive_in_the_name),
		cmocka_unit_test(test_first_section_and_first_value_count),
		cmocka_unit_test(test_empty_text_has_nothing),
		cmocka_unit_test(test_what_a_string_can_hold),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
