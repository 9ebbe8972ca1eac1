/* SPDX-License-Identifier: Apache-2.0
 *
 * Masks of values, for expectations of a whole range of facts at once: 0 stands for any value,
 * VALUE(x) is the mask of one, to be or-ed.
 */
#ifndef NEGOSSP_TESTS_ROWS_H
#define NEGOSSP_TESTS_ROWS_H

#include <stdbool.h>

#define VALUE(x) (1U << (unsigned)(x))
#define NO 1U
#define YES 2U

static inline bool in_mask(unsigned mask, unsigned value)
{
	return mask == 0 || (mask & VALUE(value)) != 0;
}

#endif
