/* SPDX-License-Identifier: Apache-2.0
 *
 * The SAM file as such: where it is, reading it whole, and finding a line. For verifier_sam.c.
 */
#ifndef NEGOSSP_GLUE_SAM_FILE_H
#define NEGOSSP_GLUE_SAM_FILE_H

#include "mech.h"

/* A larger file is no SAM file. */
#define SAM_FILE_MAX (16u * 1024u * 1024u)

/* WinPR's default path: heap memory, or NULL when memory is short. */
char* sam_file_default_path(void);
/* The whole content; a file that may be half written, or is not there between two of its lives, is
 * read again, after 20 ms at the most. On failure RESULT_NO_CREDENTIALS (or RESULT_NO_MEMORY) and
 * *problem is a literal, or what errno says. */
MUST_USE enum result sam_file_read(const char* path, struct secret* content, const char** problem);

enum sam_match
{
	SAM_NO_MATCH,
	SAM_NO_LINE,  /* and there is no line at all that could be read */
	SAM_NUMBERED, /* but a line for the user has a number in the domain's place, as smbpasswd's and
	                 secretsdump's */
	SAM_BROKEN,   /* there is a line, but it has no usable hash */
	SAM_FOUND
};

/* Looks for a user (UTF-16LE). Every line is read whether one matched before or not, so that the
 * time it takes says nothing about the user. On SAM_FOUND *nt_hash is the line's. RESULT_NO_MEMORY:
 * nobody is found, since a line that could not be compared might have been the one. */
MUST_USE enum result sam_file_find(struct bytes content, struct bytes user, struct bytes domain,
                                   enum sam_match* match, struct key* nt_hash);

#endif
