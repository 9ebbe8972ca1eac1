/* SPDX-License-Identifier: Apache-2.0
 *
 * The SAM file as such: where it is, and reading it whole. For verifier_sam.c and negossp-sam.
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
 * *problem is a literal, or what errno says. *exposed: its mode lets everybody read or change it.
 */
MUST_USE enum result sam_file_read(const char* path, struct secret* content, const char** problem,
                                   bool* exposed);
/* With a mark or without: of text that is ASCII for the most part every other byte is a zero then.
 */
bool sam_file_is_utf16(struct bytes content);

#endif
