/* SPDX-License-Identifier: Apache-2.0
 *
 * What results and CredSSP's error codes are called. A result's name is the one that result.h has
 * for its number, and no other number has one; a code means the same in all of its writings; and
 * what a server tells of a refusal is no more than the client may know.
 */
#include <ctype.h>
#include <string.h>

#include "base/result.h"
#include "credssp/error_code.h"
#include "input.h"

#define RESULTS_MAX 64
#define LOGON_FAILURE 0xC000006Du

static char names[RESULTS_MAX][32];
static size_t name_count;

/* The enumerators of RESULT_H, in their order, which begins with 0. */
int LLVMFuzzerInitialize(int* argc, char*** argv)
{
	FILE* const header = fopen(RESULT_H, "re");
	char line[256];

	(void)argc;
	(void)argv;
	JUDGE(header, "result.h is where it was built from");
	while (fgets(line, sizeof(line), header))
	{
		const char* const at = strncmp(line, "\tRESULT_", 8) == 0 ? line + 8 : "";
		size_t len = 0;

		while (isupper((unsigned char)at[len]) || at[len] == '_')
			len++;
		if (len == 0)
			continue;
		JUDGE(name_count < RESULTS_MAX && len < sizeof(names[0]), "more results than expected");
		memcpy(names[name_count++], at, len);
	}
	(void)fclose(header);
	JUDGE(name_count > 20 && strcmp(names[0], "OK") == 0, "the results of result.h");
	return 0;
}

/* What MS-ERREF says in both ways: 2.3 (NTSTATUS), 2.2 (Win32). */
static const struct
{
	uint32_t status;
	uint32_t win32;
} pairs[] = { { LOGON_FAILURE, 1326 }, { 0xC0000071u, 1330 }, { 0xC0000072u, 1331 },
	          { 0xC0000224u, 1907 },   { 0xC0000234u, 1909 }, { 0xC0000193u, 1793 },
	          { 0xC000006Eu, 1327 },   { 0xC000006Fu, 1328 }, { 0xC0000070u, 1329 },
	          { 0xC000015Bu, 1385 },   { 0xC000005Eu, 1311 }, { 0xC0000022u, 5 },
	          { 0xC0000133u, 1398 } };

/* Of the account and certain only after the right proof: this much the client may be told. */
static const struct
{
	enum result result;
	uint32_t status;
} told[] = { { RESULT_ACCOUNT_DISABLED, 0xC0000072u },     { RESULT_PASSWORD_EXPIRED, 0xC0000071u },
	         { RESULT_PASSWORD_MUST_CHANGE, 0xC0000224u }, { RESULT_ACCOUNT_EXPIRED, 0xC0000193u },
	         { RESULT_LOGON_HOURS, 0xC000006Fu },          { RESULT_WORKSTATION, 0xC0000070u },
	         { RESULT_NOT_ADMITTED, 0xC000015Bu } };

static void judge_result(uint32_t number)
{
	const char* const name = result_name((enum result)number);
	uint32_t expected = LOGON_FAILURE;

	JUDGE(strcmp(name, number < name_count ? names[number] : "UNKNOWN") == 0, "another name");
	for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++)
		if ((uint32_t)told[i].result == number)
			expected = told[i].status;
	JUDGE(error_code_of((enum result)number) == expected, "the client is told something else");
}

static void judge_code(uint32_t code)
{
	static const char unknown[] = "a reason that is not known here";
	const char* const words = error_code_words(code);
	const char* const win32 = error_code_words(0x80070000u | (code & 0xFFFFu));

	JUDGE(words && words[0] && strlen(words) < 80, "words");
	for (uint32_t top = 0; top < 16; top++)
		JUDGE(strcmp(error_code_words(top << 28 | 0x00070000u | (code & 0xFFFFu)), win32) == 0,
		      "a Win32 code depends on how it is dressed");
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
	{
		if (pairs[i].status == code)
			JUDGE(strcmp(words, error_code_words(0xC0070000u | pairs[i].win32)) == 0 &&
			          strcmp(words, unknown) != 0,
			      "NTSTATUS and Win32 mean different things");
		if (pairs[i].win32 == (code & 0xFFFFu))
			JUDGE(strcmp(win32, error_code_words(pairs[i].status)) == 0, "and the other way round");
	}
}

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
	struct bytes input = bytes_make(data, size);

	while (input.len > 0)
	{
		judge_result(take(&input));
		const uint32_t code = take_u32(&input);
		judge_result(code);
		judge_code(code);
		judge_code(pairs[code % (sizeof(pairs) / sizeof(pairs[0]))].status);
	}
	return 0;
}
