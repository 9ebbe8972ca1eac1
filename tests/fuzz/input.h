/* SPDX-License-Identifier: Apache-2.0
 *
 * What every fuzz target has: its input taken from the front, and a judge that ends the program
 * where what it was told is not so.
 */
#ifndef NEGOSSP_FUZZ_INPUT_H
#define NEGOSSP_FUZZ_INPUT_H

#include <stdio.h>
#include <stdlib.h>

#include "base/bytes.h"

int LLVMFuzzerInitialize(int* argc, char*** argv);
int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

/* An input that has ended goes on with zeros. */
static inline unsigned take(struct bytes* input)
{
	if (!input->len)
		return 0;
	input->len--;
	return *input->data++;
}

static inline uint32_t take_u32(struct bytes* input)
{
	uint32_t value = 0;

	for (int i = 0; i < 4; i++)
		value = value << 8 | take(input);
	return value;
}

/* So many bytes, or what is left. */
static inline struct bytes take_bytes(struct bytes* input, size_t len)
{
	const struct bytes taken = bytes_make(input->data, len < input->len ? len : input->len);

	*input = bytes_make(taken.len ? input->data + taken.len : input->data, input->len - taken.len);
	return taken;
}

#define JUDGE(so, what)                                                                            \
	do                                                                                             \
	{                                                                                              \
		if (!(so))                                                                                 \
		{                                                                                          \
			(void)fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, what);                        \
			abort();                                                                               \
		}                                                                                          \
	} while (0)

#endif
