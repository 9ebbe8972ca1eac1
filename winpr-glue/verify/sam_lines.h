/* SPDX-License-Identifier: Apache-2.0
 *
 * The lines of a SAM file: what each of them says, and finding the one that counts. For
 * verifier_sam.c, and for negossp-sam, which so takes no line for another than a server does.
 */
#ifndef NEGOSSP_GLUE_SAM_LINES_H
#define NEGOSSP_GLUE_SAM_LINES_H

#include <string.h>

#include "mech.h"

/* A longer line is none. */
#define SAM_LINE_MAX 4096u

/* Line by line, without their ends (a newline, a carriage return or both), empty ones passed over,
 * and without a byte order mark. The lines are slices of the content. */
struct sam_walk
{
	struct bytes rest;
	struct bytes lines; /* up to the next newline */
};

struct sam_walk sam_walk_make(struct bytes content);

/* Everything up to `end`, which is dropped; the rest is what remains. False, and everything, where
 * there is no `end`. */
static inline bool sam_cut(struct bytes* rest, uint8_t end, struct bytes* cut)
{
	const uint8_t* const found = rest->len > 0 ? memchr(rest->data, end, rest->len) : NULL;
	const struct bytes whole = *rest;

	if (!found)
	{
		*cut = whole;
		*rest = BYTES_EMPTY;
		return false;
	}
	*cut = bytes_make(whole.data, (size_t)(found - whole.data));
	*rest = bytes_make(found + 1, whole.len - cut->len - 1);
	return true;
}

/* Inline: a file may have ten thousand lines. */
static inline bool sam_walk_next(struct sam_walk* walk, struct bytes* line)
{
	while (walk->lines.len == 0)
	{
		if (walk->rest.len == 0)
			return false;
		(void)sam_cut(&walk->rest, '\n', &walk->lines);
	}
	(void)sam_cut(&walk->lines, '\r', line);
	return true;
}

enum sam_field
{
	SAM_USER,
	SAM_DOMAIN,
	SAM_LM_HASH,
	SAM_NT_HASH,
	SAM_FIELDS
};

/* False for what is no line. Behind the last field there may be others. */
bool sam_line_parse(struct bytes line, struct bytes fields[SAM_FIELDS]);
/* False for digits that are no usable hash. */
bool sam_hash_parse(struct bytes digits, struct key* hash);
/* smbpasswd and pwdump have the account's number where the domain belongs. */
bool sam_is_number(struct bytes text);
/* Whether the text in the file is the name asked for, which is UTF-16LE in upper case already.
 * ASCII is compared where it stands. It takes as long for a name that differs in its first letter
 * as for one that differs in its last or not at all. */
MUST_USE enum result sam_name_is(struct bytes text, struct bytes name, bool* is);

enum sam_match
{
	SAM_NO_MATCH,
	SAM_NO_LINE,  /* and there is no line at all that could be read */
	SAM_NUMBERED, /* but a line for the user has a number in the domain's place, as smbpasswd's and
	                 secretsdump's */
	SAM_BROKEN,   /* there is a line, but it has no usable hash */
	SAM_FOUND
};

/* Looks for a user (UTF-16LE), `exact` among the lines of just this domain alone. Every line is
 * read whether one matched before or not, so that the time it takes says nothing about the user. On
 * SAM_FOUND *nt_hash is the line's. RESULT_NO_MEMORY: nobody is found, since a line that could not
 * be compared might have been the one. */
MUST_USE enum result sam_file_find(struct bytes content, struct bytes user, struct bytes domain,
                                   bool exact, enum sam_match* match, struct key* nt_hash);

#endif
