/* SPDX-License-Identifier: Apache-2.0
 *
 * credssp.json: the input as it is, with WinPR's own parser as the judge.
 */
#include "json_judge.h"

#include <string.h>

#include "input.h"
#include "reached.h"

int LLVMFuzzerInitialize(int* argc, char*** argv)
{
	static const char* const kinds[] = { "refused", "registered", "registered beside others",
		                                 NULL };

	(void)argc;
	(void)argv;
	reached_start(kinds);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
	bool edited;
	const char* const wrong = json_judge(bytes_make(data, size), &edited);

	reached_input();
	JUDGE(!wrong, wrong);
	reached(edited);
	if (edited && size && memchr(data, ':', size))
		reached(2);
	return 0;
}
