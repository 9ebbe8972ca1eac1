/* SPDX-License-Identifier: Apache-2.0
 *
 * Registry files: the input as it is, with WinPR's own reader as the judge.
 */
#include "reg_judge.h"

#include "input.h"

int LLVMFuzzerInitialize(int* argc, char*** argv)
{
	(void)argc;
	(void)argv;
	return setenv("WLOG_LEVEL", "OFF", 1);
}

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
	const char* const wrong = reg_judge(bytes_make(data, size));

	JUDGE(!wrong, wrong);
	return 0;
}
