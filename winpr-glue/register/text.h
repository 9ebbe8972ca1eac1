/* SPDX-License-Identifier: Apache-2.0
 *
 * What the two formats, JSON and registry file, have in common: a text is a slice, its parts are
 * slices of it, and what stands in both is one value that names a module.
 */
#ifndef NEGOSSP_REGISTER_TEXT_H
#define NEGOSSP_REGISTER_TEXT_H

#include <stdbool.h>

#include "base/bytes.h"

/* The value's name in a registry file and the member's in credssp.json. */
#define VALUE_NAME "SspiModule"

/* More than is ever added to a text. */
#define TEXT_ADDED_MOST 65536u

/* A string's bytes, without its NUL. */
struct bytes text_bytes(const char* string);
/* From one place to another, the second not counted; within it. */
struct bytes text_part(struct bytes text, size_t from, size_t to);
struct bytes text_behind(struct bytes text, size_t from);
bool text_begins(struct bytes text, const char* start);
/* NULL when there is none. */
const uint8_t* text_first(struct bytes text, char c);
/* The first line of a text, its newline included; the text goes on behind it. */
struct bytes text_line(struct bytes* text);

void text_add(struct writer* out, const char* string);

/* Whether a path is negossp's: the given module's, or any of its file name. */
bool text_names_us(struct bytes path, const char* module);

#endif
