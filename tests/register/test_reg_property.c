/* SPDX-License-Identifier: Apache-2.0
 *
 * Registry files made up at random, with WinPR's own reader as the judge (reg_judge.h).
 *
 *   register_reg_property [SEED FILES]
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "generator.h"
#include "reg_edit.h"
#include "reg_judge.h"

static unsigned files = 1000;
static unsigned edited_files;

/* --- files ---------------------------------------------------------------------------------------
 */

static void add_header(struct writer* out)
{
	static const char* const ends[] = { "]", "]", "]", "]", "] ; mine", "", "\\Sub]", "] ]" };
	static const char* const hives[] = { "[" REG_HIVE,
		                                 "[" REG_HIVE,
		                                 "[" REG_HIVE,
		                                 "[hkey_local_machine\\",
		                                 " [" REG_HIVE,
		                                 "[" REG_HIVE REG_HIVE,
		                                 "[" REG_HIVE "\\",
		                                 "[x\\" REG_HIVE,
		                                 "[" };
	const char* const key = ONE_OF(reg_judge_keys);

	text_add(out, ONE_OF(hives));
	for (const char* c = key; *c; c++)
	{
		const uint8_t other =
		    below(12) == 0 && *c >= 'a' && *c <= 'z' ? (uint8_t)(*c - 32) : (uint8_t)*c;
		writer_u8(out, other);
	}
	text_add(out, ONE_OF(ends));
}

static void add_value(struct writer* out)
{
	static const char* const types[] = { "str:\"", "str:\"", "str:\"",    "\"",
		                                 "dword:", "hex:",   "str(2):\"", "hex(b):\"",
		                                 "none:",  "str:",   "dword:0x" };
	static const char* const texts[] = {
		"required", "/other.so",      "/x/negossp.so", "", "1", "0x1ffffffff",
		"a\"b",     REG_JUDGE_MODULE, "\xC3\xA4\xFF",  ":"
	};
	static const char* const ends[] = { "\"", "\"", "\"", "", "\" ", "\"\t; c", "\"\r" };
	static const char* const fronts[] = {
		"", "", "", "", ";", " ", "; negossp-register replaced: "
	};

	text_add(out, ONE_OF(fronts));
	text_add(out, "\"");
	text_add(out, ONE_OF(reg_judge_names));
	text_add(out, below(12) == 0 ? "\" = " : "\"=");
	text_add(out, ONE_OF(types));
	text_add(out, ONE_OF(texts));
	text_add(out, ONE_OF(ends));
}

static void add_line(struct writer* out)
{
	static const char* const others[] = {
		"",   "", "; a comment", "\t", "\r", "nonsense", "; negossp-register wrote this", "[",
		"\"", "]"
	};

	switch (below(8))
	{
		case 0:
		case 1:
			add_header(out);
			break;
		case 2:
			text_add(out, ONE_OF(others));
			break;
		default:
			add_value(out);
	}
}

static struct blob made_up(void)
{
	struct writer out = writer_make(1u << 16);
	struct blob text = BLOB_EMPTY;
	const char* const end = below(2) ? "\r\n" : "\n";
	const unsigned lines = below(12);

	for (unsigned i = 0; i < lines; i++)
	{
		add_line(&out);
		/* The last line may have no end, or a part of one. */
		if (i + 1 < lines || below(2))
			text_add(&out, below(8) ? end : "\n");
		else if (below(3) == 0)
			text_add(&out, "\r");
	}
	assert_int_equal(writer_take(&out, &text), RESULT_OK);
	return text;
}

static void one_file(void)
{
	struct blob text = made_up();
	bool edited;
	const char* const wrong = reg_judge(blob_bytes(&text), &edited);

	edited_files += edited;
	if (wrong)
		fail_msg("%s, after %u more numbers of this seed:\n%.*s\n<end>", wrong, files,
		         (int)text.len, (const char*)text.data);
	blob_free(&text);
}

static void test_generated_files(void** state)
{
	const unsigned count = files;

	(void)state;
	for (; files > 0; files--)
		one_file();
	assert_true(edited_files > count / 20);
}

int main(int argc, char** argv)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_generated_files) };

	read_arguments(argc, argv, &files);
	(void)setenv("WLOG_LEVEL", "OFF", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
