/* SPDX-License-Identifier: Apache-2.0
 *
 * A registry file as WinPR reads it, which is not quite how Windows would.
 *
 * The same in FreeRDP 3.0 to 3.33 (winpr/libwinpr/registry): lines end at '\n' alone; a line that
 * begins with '[' opens a key, whose name ends at the line's LAST ']'; a line that begins with '"'
 * is a value; every other line is passed over, so a comment is whatever begins with ';'. Of two
 * sections for one key only the first is ever looked into. The hive's name is compared exactly, the
 * rest of the key without regard to case, the value's name exactly.
 *
 * Nothing is escaped: a string runs from the first quotation mark behind the type to the next,
 * which must be the last character of the line. A carriage return behind it is therefore fatal, and
 * so is the spelling that Windows writes, "name"="text": WinPR takes the first mark for the type
 * and drops the value. What it does read is "name"=str:"text".
 */
#ifndef NEGOSSP_REGISTER_REG_TEXT_H
#define NEGOSSP_REGISTER_REG_TEXT_H

#include "text.h"

#define REG_HIVE "HKEY_LOCAL_MACHINE\\"

enum reg_place
{
	REG_ELSEWHERE, /* not below the key that is looked for */
	REG_HEADER,    /* the line that opens it */
	REG_INSIDE     /* a line of its section */
};

struct reg_line
{
	struct bytes text;  /* without the '\n' */
	struct bytes whole; /* with it; only the last line of a text may be without */
	enum reg_place place;
};

/* Goes through a text line by line, with regard to one key below the hive. */
struct reg_reader
{
	struct bytes rest;
	const char* key;
	bool found;
	bool inside;
};

enum reg_kind
{
	REG_VALUE_NONE,    /* no line for this name */
	REG_VALUE_DROPPED, /* there is one, but WinPR drops it, or passes its type over, and reads on */
	REG_VALUE_NUMBER,  /* it is read, but it is no string; nothing behind it counts */
	REG_VALUE_STRING
};

struct reg_value
{
	enum reg_kind kind;
	/* STRING: what WinPR reads. DROPPED: what was probably meant, between the outermost quotation
	 * marks. Empty otherwise. */
	struct bytes text;
};

struct reg_reader reg_reader_make(struct bytes text, const char* key);
/* False at the end. */
bool reg_reader_next(struct reg_reader* reader, struct reg_line* line);

/* What a line gives for a value's name; REG_VALUE_NONE when it is no line for it. */
struct reg_value reg_line_value(const struct reg_line* line, const char* name);

/* What WinPR finds for key and name. When it finds nothing, the first dropped line is given. */
struct reg_value reg_text_find(struct bytes text, const char* key, const char* name);

/* Whether a string can stand in a registry file: no quotation mark and no control character, and
 * short enough for WinPR (16382 bytes). */
bool reg_text_can_hold(const char* string);

#endif
