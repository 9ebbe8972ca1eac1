/* SPDX-License-Identifier: Apache-2.0
 *
 * What may be printed of a text that anybody may have written.
 */
#ifndef NEGOSSP_REGISTER_TERMINAL_H
#define NEGOSSP_REGISTER_TERMINAL_H

#include <stdbool.h>
#include <string.h>

/* The octets at *c that are a control character: 0; 1 for one below U+0020 and DEL; 2 for U+0080 to
 * U+009F in UTF-8, which a terminal may take for the beginning of a sequence as it does ESC. */
static inline unsigned terminal_control(const char* c)
{
	const unsigned char first = (unsigned char)c[0];

	if (first == 0xC2)
		return (unsigned char)c[1] >= 0x80 && (unsigned char)c[1] < 0xA0 ? 2 : 0;
	return (first > 0 && first < 0x20) || first == 0x7F;
}

/* Puts '?' in their place; a line's end may stay. */
static inline void terminal_mask(char* text, bool lines)
{
	for (unsigned len = 0; *text; text += len ? len : 1)
		if ((len = lines && *text == '\n' ? 0 : terminal_control(text)) > 0)
			memset(text, '?', len);
}

#endif
