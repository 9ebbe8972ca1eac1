/* SPDX-License-Identifier: Apache-2.0
 *
 * Tokens as people have them: hexadecimal digits, base64, a file's bytes, or a log with WLog's
 * dumps in it (winpr_HexDump: sixteen bytes a line behind their decimal offset).
 */
#ifndef NEGOSSP_PROBE_TOKEN_TEXT_H
#define NEGOSSP_PROBE_TOKEN_TEXT_H

#include "base/bytes.h"

#define TOKENS_MOST 64
#define TOKEN_TEXT_LIMIT (4u << 20) /* bytes of a text, and of a token */

struct tokens
{
	struct blob token[TOKENS_MOST];
	size_t count;
};

/* The tokens of a file's content, added to *tokens. Where there is a dump of WLog's in it, all of
 * its dumps; where it begins like a token, itself; else text: one token a line, in either writing,
 * with blanks and colons between its digits if need be, or broken into lines of which the first
 * alone begins like a token. Empty lines, and lines that begin with #, are passed over.
 *
 * NULL, or in plain words why not; *line is then the line's number from 1, or 0. What was added
 * before stays. */
const char* tokens_read(struct tokens* tokens, struct bytes content, size_t* line);
void tokens_free(struct tokens* tokens);

#endif
