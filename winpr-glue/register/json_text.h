/* SPDX-License-Identifier: Apache-2.0
 *
 * A JSON text as RFC 8259 has it, read strictly and in place: WinPR's parsers (cJSON or json-c) can
 * neither replace nor remove a member, and read what the RFC leaves open differently. So what is
 * unclear is refused here: a text that is no object, a name that matters twice, bytes behind the
 * end.
 */
#ifndef NEGOSSP_REGISTER_JSON_TEXT_H
#define NEGOSSP_REGISTER_JSON_TEXT_H

#include "text.h"

/* A member of the outermost object; slices of the text. */
struct json_member
{
	struct bytes name;  /* between the quotation marks, not unescaped */
	struct bytes value; /* the whole of it */
	size_t from;        /* where it and the white space before it begin: behind '{' or ',' */
	size_t comma;       /* where the comma behind it is; 0 for the last */
};

struct json_reader
{
	struct bytes text;
	size_t at;
	bool first;
};

/* NULL, or what is wrong with a text, in plain words. */
const char* json_text_problem(struct bytes text);

/* Goes through the members of a text without a problem; false at the end. */
struct json_reader json_reader_make(struct bytes text);
bool json_reader_next(struct json_reader* reader, struct json_member* member);

/* How many members have a name (ASCII, however it is written); *member is the first of them. An
 * empty text has none. */
size_t json_find(struct bytes text, const char* name, struct json_member* member);

/* A string value, unescaped, with a NUL: false when it is no string, has a NUL in it, or is longer
 * than `size` bytes. */
bool json_string(struct bytes value, char* string, size_t size);

#endif
