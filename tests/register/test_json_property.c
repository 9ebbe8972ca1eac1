/* SPDX-License-Identifier: Apache-2.0
 *
 * JSON texts made up at random, with WinPR's own parser as the judge (json_judge.h).
 *
 *   register_json_property [SEED TEXTS]
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <string.h>

#include "generator.h"
#include "json_edit.h"
#include "json_judge.h"

#define MODULE JSON_JUDGE_MODULE

static unsigned texts = 20000;
static unsigned edited_texts;

static const char* const names[] = { "SspiModule",       "sspimodule", "Other",
	                                 "\\u0053spiModule", "a\\\"b",     "" };

static void add_value(struct writer* out, unsigned depth);

static void add_items(struct writer* out, unsigned depth, bool object)
{
	static const char* const white[] = { "", "", " ", "\n", "\r\n\t" };
	const unsigned count = below(4);

	text_add(out, object ? "{" : "[");
	text_add(out, ONE_OF(white));
	for (unsigned i = 0; i < count; i++)
	{
		if (object)
		{
			text_add(out, "\"");
			text_add(out, ONE_OF(names));
			text_add(out, below(20) ? "\"" : "");
			text_add(out, ONE_OF(white));
			text_add(out, below(20) ? ":" : "=");
			text_add(out, ONE_OF(white));
		}
		add_value(out, depth + 1);
		text_add(out, ONE_OF(white));
		text_add(out, i + 1 < count || below(30) == 0 ? "," : "");
		text_add(out, ONE_OF(white));
	}
	text_add(out, below(30) ? (object ? "}" : "]") : "");
}

static void add_value(struct writer* out, unsigned depth)
{
	static const char* const values[] = { "1",
		                                  "-0.5e+3",
		                                  "true",
		                                  "null",
		                                  "false",
		                                  "\"/other.so\"",
		                                  "\"\"",
		                                  "\"\\u00e4\\/\\n\"",
		                                  "\"\xC3\xA4\"",
		                                  "01",
		                                  "nul",
		                                  "\"\t\"",
		                                  "-",
		                                  "1.",
		                                  "\"\\x\"" };

	if (depth < 4 && below(3) == 0)
		add_items(out, depth, below(2) != 0);
	else
		text_add(out, below(4) ? values[below(9)] : ONE_OF(values));
}

static struct blob made_up(void)
{
	struct writer out = writer_make(1u << 16);
	struct blob text = BLOB_EMPTY;

	text_add(&out, below(4) ? "" : " \n");
	add_items(&out, 0, below(12) != 0);
	text_add(&out, below(4) ? "\n" : below(10) ? "" : " x");
	assert_int_equal(writer_take(&out, &text), RESULT_OK);
	return text;
}

static void one_text(void)
{
	struct blob text = made_up();
	bool edited;
	const char* const wrong = json_judge(blob_bytes(&text), &edited);

	edited_texts += edited;
	if (wrong)
		fail_msg("%s:\n%.*s\n<end>", wrong, (int)text.len, (const char*)text.data);
	blob_free(&text);
}

static void test_generated_texts(void** state)
{
	const unsigned count = texts;

	(void)state;
	for (; texts > 0; texts--)
		one_text();
	assert_true(edited_texts > count / 20);
}

static void expect_change(const char* before, const char* after)
{
	struct blob edited = BLOB_EMPTY;
	struct blob back = BLOB_EMPTY;
	bool no_file = false;

	assert_int_equal(blob_set(&edited, text_bytes(before)), RESULT_OK);
	assert_int_equal(json_edit_register(&edited, !*before, MODULE), RESULT_OK);
	assert_int_equal(edited.len, strlen(after));
	assert_memory_equal(edited.data, after, edited.len);
	assert_true(json_edit_is_ours(blob_bytes(&edited)));
	assert_int_equal(blob_set(&back, blob_bytes(&edited)), RESULT_OK);
	assert_int_equal(json_edit_unregister(&back, MODULE, &no_file), RESULT_OK);
	assert_int_equal(no_file, !*before);
	if (*before)
		assert_memory_equal(back.data, before, back.len);
	blob_free(&edited);
	blob_free(&back);
}

static void test_what_is_written(void** state)
{
	(void)state;
	expect_change("", "{\n  \"negossp-register\": \"made this file\",\n  \"SspiModule\": \"" MODULE
	                  "\"\n}\n");
	expect_change(
	    "{\"a\": 1}",
	    "{\n  \"negossp-register\": \"added the next member\",\n  \"SspiModule\": \"" MODULE
	    "\",\"a\": 1}");
	expect_change("{ \"SspiModule\" : \"/x\" }",
	              "{\n  \"negossp-register\": {\"replaced\": \"/x\"}, "
	              "\"SspiModule\" : \"" MODULE "\" }");
}

/* Somebody took the value out by hand: what was said of it is not said twice. */
static void test_note_without_its_value_makes_room(void** state)
{
	struct blob text = BLOB_EMPTY;
	bool no_file = true;

	(void)state;
	assert_int_equal(blob_set(&text, text_bytes("{\"negossp-register\": {\"replaced\": \"/x\"}}")),
	                 RESULT_OK);
	assert_int_equal(json_edit_register(&text, false, MODULE), RESULT_OK);
	assert_null(json_edit_problem(blob_bytes(&text)));
	assert_true(json_edit_is_ours(blob_bytes(&text)));
	assert_int_equal(json_edit_unregister(&text, MODULE, &no_file), RESULT_OK);
	assert_true(bytes_equal(blob_bytes(&text), text_bytes("{}")));
	assert_false(no_file);
	/* Nor is anything kept by a note that says nothing. */
	assert_int_equal(blob_set(&text, text_bytes("{\"negossp-register\":{},\"SspiModule\":\"/x\"}")),
	                 RESULT_OK);
	assert_int_equal(json_edit_unregister(&text, MODULE, &no_file), RESULT_OK);
	assert_true(bytes_equal(blob_bytes(&text), text_bytes("{}")));
	blob_free(&text);
}

/* What somebody has put in beside it stays, though the file was made for the value. */
static void test_file_with_more_in_it_stays(void** state)
{
	(void)state;
	for (unsigned made = 0; made < 2; made++)
	{
		struct blob text = BLOB_EMPTY;
		struct writer more = writer_make(1000);
		bool no_file = true;
		assert_int_equal(json_edit_register(&text, made, MODULE), RESULT_OK);
		text_add(&more, "{\"a\":1,");
		writer_bytes(&more, text_behind(blob_bytes(&text), 1));
		assert_int_equal(writer_take(&more, &text), RESULT_OK);
		assert_int_equal(json_edit_unregister(&text, MODULE, &no_file), RESULT_OK);
		assert_false(no_file);
		assert_true(bytes_equal(blob_bytes(&text), text_bytes("{\"a\":1\n}\n")));
		blob_free(&text);
	}
}

static void test_a_path_with_a_backslash_is_that_path(void** state)
{
	static const char path[] = "/of\\it/negossp.so";
	struct json_member member;
	struct blob text = BLOB_EMPTY;
	char string[64] = "";

	(void)state;
	assert_int_equal(json_edit_register(&text, true, path), RESULT_OK);
	assert_int_equal(json_find(blob_bytes(&text), "SspiModule", &member), 1);
	assert_true(json_string(member.value, string, sizeof(string)));
	assert_string_equal(string, path);
	blob_free(&text);
}

/* What is missing at the second byte is not made up for by what stands there. */
static void test_members_and_items_have_to_be_there(void** state)
{
	static const char* const malformed[] = { "{:1}", "{,}", "[,1]", "{\"a\":[,1]}" };

	(void)state;
	for (size_t i = 0; i < sizeof(malformed) / sizeof(malformed[0]); i++)
		if (!json_edit_problem(text_bytes(malformed[i])))
			fail_msg("%s was taken", malformed[i]);
}

static void test_string_fits_with_its_end(void** state)
{
	char string[4] = "";

	(void)state;
	assert_true(json_string(text_bytes("\"abc\""), string, 4));
	assert_string_equal(string, "abc");
	assert_false(json_string(text_bytes("\"abc\""), string, 3));
}

int main(int argc, char** argv)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_generated_texts),
		                                cmocka_unit_test(test_what_is_written),
		                                cmocka_unit_test(test_note_without_its_value_makes_room),
		                                cmocka_unit_test(test_file_with_more_in_it_stays),
		                                cmocka_unit_test(test_a_path_with_a_backslash_is_that_path),
		                                cmocka_unit_test(test_members_and_items_have_to_be_there),
		                                cmocka_unit_test(test_string_fits_with_its_end) };

	read_arguments(argc, argv, &texts);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
