/* SPDX-License-Identifier: Apache-2.0
 *
 * Registry files made up at random, with WinPR's own reader as the judge: after registering it
 * reads the module and every other value as before, reg_text says the same as it of every value,
 * and taking back gives the very bytes there were.
 *
 * WinPR reads its file once in a process, so each text is read in a child, to which fopen() gives
 * it in the place of the file.
 *
 *   register_reg_property [SEED FILES]
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/registry_api.h"
#include "generator.h"
#include "reg_edit.h"

#define MODULE "/usr/lib/freerdp3/negossp.so"
#define SERVER "Software\\FreeRDP\\FreeRDP\\Server"

static const char* const keys[] = { SERVER, "SSPI\\Negossp", "WinPR\\NTLM",
	                                "Software\\FreeRDP\\FreeRDP3\\Server" };
static const char* const names[] = { VALUE_NAME, "ChannelBindings", "ntlm" };
#define KEYS (sizeof(keys) / sizeof(keys[0]))
#define NAMES (sizeof(names) / sizeof(names[0]))

/* What WinPR reads of each value: its type, and the first bytes of it. */
struct reading
{
	DWORD type[KEYS][NAMES];
	char data[KEYS][NAMES][64];
};

static struct bytes text_for_winpr;
static struct reading* shared;
static unsigned files = 1000;

/* --- WinPR --------------------------------------------------------------------------------------
 */

FILE* fopen(const char* path, const char* mode);
FILE* fopen64(const char* path, const char* mode);

__attribute__((visibility("default"))) FILE* fopen64(const char* path, const char* mode)
{
	(void)path;
	return fmemopen((void*)(uintptr_t)text_for_winpr.data, text_for_winpr.len, mode);
}

__attribute__((visibility("default"))) FILE* fopen(const char* path, const char* mode)
{
	return fopen64(path, mode);
}

static void winpr_reads_value(const struct registry_api* api, HANDLE key, size_t i, size_t j)
{
	char data[4096] = "";
	DWORD size = sizeof(data) - 1;

	if (api->query(key, names[j], NULL, &shared->type[i][j], (BYTE*)data, &size) != 0)
		shared->type[i][j] = REGISTRY_TYPE_NONE;
	else
		memcpy(shared->data[i][j], data, sizeof(shared->data[i][j]));
}

static void winpr_reads_all(void)
{
	struct registry_api api;

	if (!registry_api_find(RTLD_DEFAULT, &api))
		_exit(2);
	for (size_t i = 0; i < KEYS; i++)
	{
		HANDLE key = NULL;
		if (api.open(REGISTRY_LOCAL_MACHINE, keys[i], 0, REGISTRY_ACCESS_READ, &key) != 0)
			continue;
		for (size_t j = 0; j < NAMES; j++)
			winpr_reads_value(&api, key, i, j);
	}
	_exit(0);
}

static struct reading winpr_reads(struct bytes text)
{
	int status = -1;

	memset(shared, 0, sizeof(*shared));
	text_for_winpr = text;
	const pid_t child = fork();
	if (child == 0)
	{
		(void)alarm(20);
		winpr_reads_all();
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	return *shared;
}

/* --- files ---------------------------------------------------------------------------------------
 */

static void add_header(struct writer* out)
{
	static const char* const ends[] = { "]", "]", "]", "]", "] ; mine", "", "\\Sub]", "] ]" };
	static const char* const hives[] = { "[" REG_HIVE,  "[" REG_HIVE,
		                                 "[" REG_HIVE,  "[hkey_local_machine\\",
		                                 " [" REG_HIVE, "[" };
	const char* const key = ONE_OF(keys);

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
	static const char* const texts[] = { "required", "/other.so", "/x/negossp.so",
		                                 "",         "1",         "0x1ffffffff",
		                                 "a\"b",     MODULE,      "\xC3\xA4\xFF",
		                                 ":" };
	static const char* const ends[] = { "\"", "\"", "\"", "", "\" ", "\"\t; c", "\"\r" };
	static const char* const fronts[] = {
		"", "", "", "", ";", " ", "; negossp-register replaced: "
	};

	text_add(out, ONE_OF(fronts));
	text_add(out, "\"");
	text_add(out, ONE_OF(names));
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

/* --- what holds ----------------------------------------------------------------------------------
 */

static void show(const char* what, struct bytes text)
{
	print_error("%s, after %u more numbers of this seed:\n%.*s\n<end>\n", what, files,
	            (int)text.len, (const char*)text.data);
}

static void expect_our_reader_agrees(struct bytes text, const struct reading* reading)
{
	for (size_t i = 0; i < KEYS; i++)
		for (size_t j = 0; j < NAMES; j++)
		{
			const struct reg_value ours = reg_text_find(text, keys[i], names[j]);
			const bool string = ours.kind == REG_VALUE_STRING;
			const bool agrees =
			    (reading->type[i][j] == REGISTRY_TYPE_STRING) == string &&
			    (reading->type[i][j] == REGISTRY_TYPE_NONE) == (ours.kind < REG_VALUE_NUMBER) &&
			    (!string || bytes_equal(ours.text, text_bytes(reading->data[i][j])));
			if (!agrees)
				show("read differently", text);
			assert_true(agrees);
		}
}

/* All but the one value, which is the module. */
static void expect_only_the_module_is_new(struct bytes text, const struct reading* before,
                                          const struct reading* after)
{
	struct reading expected = *before;

	memset(expected.data[0][0], 0, sizeof(expected.data[0][0]));
	memcpy(expected.data[0][0], MODULE, sizeof(MODULE));
	expected.type[0][0] = REGISTRY_TYPE_STRING;
	if (memcmp(&expected, after, sizeof(expected)) != 0)
		show("registering changed what is read", text);
	assert_memory_equal(&expected, after, sizeof(expected));
}

static bool names_negossp(struct bytes text)
{
	return memmem(text.data ? text.data : (const uint8_t*)"", text.len, "negossp", 7) != NULL;
}

static void one_file(void)
{
	struct blob text = made_up();
	struct blob edited = BLOB_EMPTY;
	struct blob back = BLOB_EMPTY;
	bool no_file = false;
	const struct reading before = winpr_reads(blob_bytes(&text));

	expect_our_reader_agrees(blob_bytes(&text), &before);
	assert_int_equal(blob_set(&edited, blob_bytes(&text)), RESULT_OK);
	assert_int_equal(reg_edit_register(&edited, false, SERVER, MODULE), RESULT_OK);
	const struct reading after = winpr_reads(blob_bytes(&edited));
	expect_only_the_module_is_new(blob_bytes(&text), &before, &after);
	assert_int_equal(blob_set(&back, blob_bytes(&edited)), RESULT_OK);
	assert_int_equal(reg_edit_unregister(&back, SERVER, MODULE, &no_file), RESULT_OK);
	/* Of a file that names negossp already, more is taken out than was put in. */
	if (!names_negossp(blob_bytes(&text)) && !bytes_equal(blob_bytes(&text), blob_bytes(&back)))
		show("taking back left something", blob_bytes(&text));
	assert_true(names_negossp(blob_bytes(&text)) ||
	            bytes_equal(blob_bytes(&text), blob_bytes(&back)));
	blob_free(&text);
	blob_free(&edited);
	blob_free(&back);
}

static void test_generated_files(void** state)
{
	(void)state;
	for (; files > 0; files--)
		one_file();
}

int main(int argc, char** argv)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_generated_files) };

	read_arguments(argc, argv, &files);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	(void)setenv("WLOG_LEVEL", "OFF", 1);
	return shared == MAP_FAILED ? 2 : cmocka_run_group_tests(tests, NULL, NULL);
}
