/* SPDX-License-Identifier: Apache-2.0
 *
 * credssp.json: the input as it is, with WinPR's own parser as the judge.
 */
#include "json_judge.h"

#include "input.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
	bool edited;
	const char* const wrong = json_judge(bytes_make(data, size), &edited);

	JUDGE(!wrong, wrong);
	return 0;
}
