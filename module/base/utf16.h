/* SPDX-License-Identifier: Apache-2.0
 *
 * UTF-16LE, the text of NTLM (MS-NLMP 2.2) and of the SSPI structures, as bytes: never as an array
 * of 16-bit numbers, so that alignment and byte order do not matter.
 */
#ifndef NEGOSSP_BASE_UTF16_H
#define NEGOSSP_BASE_UTF16_H

#include "bytes.h"
#include "secret.h"

/* Prepares upper-casing: by one thread at a time. Called by negossp_init(). */
MUST_USE enum result utf16_init(void);
/* UTF-8 to UTF-16LE into *utf16 (replaced). RESULT_MALFORMED for bad UTF-8; nothing is written
 * then. Embedded NULs are kept. */
MUST_USE enum result utf16_from_utf8(struct bytes utf8, struct blob* utf16);
/* UTF-16LE to UTF-8. RESULT_MALFORMED for an odd length or a lone surrogate. No NUL is added. */
MUST_USE enum result utf16_to_utf8(struct bytes utf16, struct blob* utf8);
/* Upper case as Windows does it for user names (MS-NLMP 3.3.2, Uppercase): one code unit to one,
 * independent of the locale; units without a one-to-one upper case stay. */
MUST_USE enum result utf16_upper(struct bytes utf16, struct blob* upper);
/* Equal when upper-cased. Odd lengths are never equal. */
bool utf16_equal_ignoring_case(struct bytes a, struct bytes b);
/* Where the unit stands in the text for the first time at or after `from`, in bytes from the text's
 * start; text.len when it does not. Only whole units count; `from` is even. */
size_t utf16_find(struct bytes text, size_t from, uint16_t unit);
bool utf16_has(struct bytes text, uint16_t unit);
/* Text from the wire made fit for a log line: UTF-8 where valid and printable; everything else,
 * the backslash and the quote included, as \xNN or \uNNNN. At most `size` bytes with the NUL;
 * what does not fit is cut and ends in "...". `size` is at least 16. */
void utf16_escape(struct bytes utf16, char* text, size_t size);

#endif
