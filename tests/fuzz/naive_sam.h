/* SPDX-License-Identifier: Apache-2.0
 *
 * A SAM file read naively.
 */
#ifndef NEGOSSP_FUZZ_NAIVE_SAM_H
#define NEGOSSP_FUZZ_NAIVE_SAM_H

#include "base/bytes.h"

enum match
{
	NONE,     /* nobody of that name */
	NUMBERED, /* a line of another format's */
	ANY,      /* a line for every domain */
	EXACT     /* a line for this one */
};

struct found
{
	enum match match;
	bool usable;
	uint8_t hash[16];
};

/* Who is found in the text; the names are UTF-16LE. */
struct found naive_sam_read(struct bytes text, struct bytes user, struct bytes domain);
/* Whether the text is no SAM file, but UTF-16. */
bool naive_sam_is_utf16(struct bytes text);

/* What is behind the first mark, or nothing; what is before it, or all. */
struct bytes naive_behind(struct bytes text, uint8_t mark);
struct bytes naive_before(struct bytes text, uint8_t mark);

#endif
