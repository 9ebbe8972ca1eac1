/* SPDX-License-Identifier: Apache-2.0
 *
 * Four buffers in turn, so that a test can name several values in one expression.
 */
#include "hex.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint8_t hex_nibble(char digit)
{
	static const char digits[] = "0123456789abcdef";
	const char* found = digit ? strchr(digits, digit) : NULL;

	if (!found)
	{
		(void)fprintf(stderr, "not a lower-case hexadecimal digit: '%c'\n", digit);
		abort();
	}
	return (uint8_t)(found - digits);
}

struct bytes hex_bytes(const char* digits)
{
	static uint8_t memory[4][128];
	static size_t turn;
	uint8_t* to = memory[turn++ % 4];
	const size_t len = (strlen(digits) + 1) / 2;

	if (len > sizeof(memory[0]))
		abort();
	for (size_t i = 0; i < len; i++)
		to[i] = (uint8_t)(hex_nibble(digits[2 * i]) << 4 | hex_nibble(digits[2 * i + 1]));
	return bytes_make(to, len);
}
