/* SPDX-License-Identifier: Apache-2.0
 *
 * Text as the C library has it: what is well formed, and which names are the same.
 */
#ifndef NEGOSSP_FUZZ_NAIVE_TEXT_H
#define NEGOSSP_FUZZ_NAIVE_TEXT_H

#include <iconv.h>

#include "base/bytes.h"

/* False where it is not well formed; blob_free() what was made in either case. */
bool naive_convert(iconv_t how, struct bytes from, struct blob* to);
/* From UTF-8, without a NUL behind. */
bool naive_utf16(struct bytes utf8, struct blob* to);
unsigned naive_upper(unsigned unit);
/* UTF-16LE, in upper case. */
bool naive_same_name(struct bytes a, struct bytes b);

#endif
