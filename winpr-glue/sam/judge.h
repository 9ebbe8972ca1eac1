/* SPDX-License-Identifier: Apache-2.0
 *
 * What a server makes of each line of a SAM file.
 */
#ifndef NEGOSSP_SAM_JUDGE_H
#define NEGOSSP_SAM_JUDGE_H

#include "base/bytes.h"

struct judged
{
	size_t number; /* of the line, from 1 */
	/* Both empty where the line is none. */
	struct bytes user;
	struct bytes domain;
	const char* problem; /* NULL: it lets its user in; otherwise why it does not */
};

typedef void (*judge_line)(void* state, const struct judged* judged);

/* Each line but comments and empty ones, in their order. RESULT_NO_MEMORY. */
MUST_USE enum result judge_lines(struct bytes content, judge_line line, void* state);

#endif
