/* SPDX-License-Identifier: Apache-2.0
 *
 * Hexadecimal digits, as specifications print their vectors, to bytes.
 */
#ifndef NEGOSSP_TESTS_HEX_H
#define NEGOSSP_TESTS_HEX_H

#include "base/bytes.h"

/* Up to 256 digits without spaces. The slice is good until the fourth call after this one; anything
 * that is no digit, or an odd count, ends the program. */
struct bytes hex_bytes(const char* digits);

#endif
