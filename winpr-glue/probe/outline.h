/* SPDX-License-Identifier: Apache-2.0
 *
 * A tree of named values, written as it is walked: indented lines for people, or JSON (RFC 8259).
 *
 * Whatever came over the wire is an attacker's bytes: what is handed to outline_value() is escaped
 * by its caller so that no control character is in it (utf16_escape(), outline_oem()). JSON's own
 * escapes are made here. Failures of the stream stay with it: ask ferror() in the end.
 */
#ifndef NEGOSSP_PROBE_OUTLINE_H
#define NEGOSSP_PROBE_OUTLINE_H

#include <stdio.h>

#include "base/bytes.h"

#define OUTLINE_DEPTH 31

struct outline
{
	FILE* to;
	bool json;
	unsigned depth;
	uint32_t filled; /* bit n: what is open at depth n has something in it (JSON's commas) */
	uint32_t lists;  /* bit n: what is open at depth n is a list, whose members have no names */
};

/* The whole: what is written in between is in it. */
void outline_open(struct outline* outline, FILE* to, bool json);
void outline_close(struct outline* outline);
/* A group of named members, or a list of members whose names JSON leaves out. At most OUTLINE_DEPTH
 * deep. Both end with outline_end(). */
void outline_begin(struct outline* outline, const char* name);
void outline_begin_list(struct outline* outline, const char* name);
void outline_end(struct outline* outline);

void outline_value(struct outline* outline, const char* name, const char* value);
void outline_number(struct outline* outline, const char* name, uint64_t value);
/* Short values under one name. */
void outline_list(struct outline* outline, const char* name, const char* const* values,
                  size_t count);
/* Hexadecimal digits, in whole. */
void outline_hex(struct outline* outline, const char* name, struct bytes value);
/* Bytes of an unknown 8-bit character set, fit for outline_value(): everything but printable ASCII
 * as \xNN. At most `size` bytes with the NUL; what does not fit is cut. */
void outline_oem(struct bytes from, char* text, size_t size);

#endif
