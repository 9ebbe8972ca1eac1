/* SPDX-License-Identifier: Apache-2.0
 *
 * Text that grows. Adding never fails at the call: when memory is short `failed` is set, stays set,
 * and nothing more is added, so that a writer checks once at its end.
 */
#ifndef NEGOSSP_REGISTER_TEXTBUF_H
#define NEGOSSP_REGISTER_TEXTBUF_H

#include <stdbool.h>
#include <stddef.h>

/* All zero is an empty one. `bytes` is NULL or has a NUL behind its `length` bytes. */
struct textbuf
{
	char* bytes;
	size_t length;
	size_t room;
	bool failed;
};

void textbuf_add(struct textbuf* text, const char* bytes, size_t length);
void textbuf_add_string(struct textbuf* text, const char* string);
/* Removes `length` bytes at `from`; both must lie inside. */
void textbuf_cut(struct textbuf* text, size_t from, size_t length);
/* Frees the bytes; the struct is an empty one again. */
void textbuf_free(struct textbuf* text);

#endif
