/* SPDX-License-Identifier: Apache-2.0
 *
 * Registry files: the input as it is, with WinPR's own reader as the judge.
 */
#include "reg_judge.h"

#include <string.h>

#include "input.h"
#include "reached.h"

static const char* const kinds[] = { "refused", "registered", "registered with other keys in it",
	                                 NULL };

int LLVMFuzzerInitialize(int* argc, char*** argv)
{
	(void)argc;
	(void)argv;
	reached_start(kinds);
	return setenv("WLOG_LEVEL", "OFF", 1);
}

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
	bool edited;
	const char* const wrong = reg_judge(bytes_make(data, size), &edited);

	reached_input();
	JUDGE(!wrong, wrong);
	reached(edited);
	if (edited && size && memchr(data, '[', size))
		reached(2);
	return 0;
}
