/* SPDX-License-Identifier: Apache-2.0
 *
 * Text between SSPI callers (8-bit strings in UTF-8, WCHAR strings) and the module (UTF-16LE).
 */
#ifndef NEGOSSP_GLUE_TEXT_H
#define NEGOSSP_GLUE_TEXT_H

#include <winpr/wtypes.h>

#include "mech.h"

/* An ASCII letter as WinPR's WCHAR, which is little-endian everywhere. */
#define TEXT_WIDE(ascii) ((WCHAR)(__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? (ascii) << 8 : (ascii)))

/* `units` WCHARs into *text (replaced). NULL with 0 units is the empty text. */
MUST_USE enum result text_from_wide(const WCHAR* wide, size_t units, struct blob* text);
/* A NUL-terminated string into *text; NULL is the empty text. Entries that exist in A and W have
 * one of WCHARs where they are `wide`, one of UTF-8 otherwise. */
MUST_USE enum result text_from_string(const char* string, struct blob* text);
MUST_USE enum result text_from_either(const void* string, bool wide, struct blob* text);
/* The same for a secret: nothing of it stays anywhere but in *secret. */
MUST_USE enum result text_secret_from_wide(const WCHAR* wide, size_t units, struct secret* secret);

/* The slice without the NUL characters at its end. */
struct bytes text_strip(struct bytes text);
/* Whether the UTF-16LE text is the ASCII string, in any case. */
bool text_is_ascii(struct bytes text, const char* ascii);
bool text_starts_with_ascii(struct bytes text, const char* ascii);

/* The text's WCHARs, without a NUL, into memory that has room for them. */
void text_to_wide(struct bytes text, WCHAR* wide);
/* A NUL-terminated copy on the heap, or NULL when memory is short. */
WCHAR* text_wide_new(struct bytes text);
/* A NUL-terminated copy, `wide` or UTF-8, in memory that FreeContextBuffer frees.
 * RESULT_MALFORMED when the text has no UTF-8, or a NUL in it, at which it would seem to end. */
MUST_USE enum result text_to_memory(struct bytes text, bool wide, void** string);
/* "DOMAIN\user", or "user" when there is no domain. */
MUST_USE enum result text_account(struct bytes user, struct bytes domain, struct blob* account);
/* Takes "user@domain" and "DOMAIN\user" apart; false for a name that has not exactly one separator
 * with something on both sides of it: "a@b\user" says nobody's name. */
bool text_split(struct bytes name, struct bytes* user, struct bytes* domain);

#endif
