/* SPDX-License-Identifier: Apache-2.0
 *
 * The module's random numbers and its time, put in the place of the real ones by the linker
 * (--wrap): the same for the same input, so that what was found is found again.
 */
#include "fixed.h"

#include <stdint.h>

int __wrap_RAND_bytes(unsigned char* to, int len);
uint64_t __wrap_ntlm_time_now(void);

static uint64_t drawn;

void fixed_restart(void)
{
	drawn = 1;
}

int __wrap_RAND_bytes(unsigned char* to, int len)
{
	for (int i = 0; i < len; i++)
	{
		drawn = drawn * 6364136223846793005u + 1442695040888963407u;
		to[i] = (unsigned char)(drawn >> 56);
	}
	return 1;
}

/* 2026-01-01, FILETIME. */
uint64_t __wrap_ntlm_time_now(void)
{
	return UINT64_C(134116992000000000);
}
