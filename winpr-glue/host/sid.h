/* SPDX-License-Identifier: Apache-2.0
 *
 * Security identifiers (MS-DTYP 2.4.2).
 */
#ifndef NEGOSSP_GLUE_SID_H
#define NEGOSSP_GLUE_SID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SID_MAX_SUB 15u
#define SID_TEXT_SIZE 192u /* "S-1-", 15 digits, 15 times "-" and ten digits, a NUL */

/* As libwbclient lays it out. */
struct sid
{
	uint8_t revision;
	uint8_t count;
	uint8_t authority[6]; /* the highest byte first */
	uint32_t sub[SID_MAX_SUB];
};

/* "S-1-5-21-...", the whole text; an authority of 32 bits at most, and one part behind it at
 * least. */
bool sid_parse(const char* text, struct sid* sid);
/* `count` is SID_MAX_SUB at most, here and below. */
void sid_format(const struct sid* sid, char text[SID_TEXT_SIZE]);
bool sid_equal(const struct sid* a, const struct sid* b);

#endif
