/* SPDX-License-Identifier: Apache-2.0
 *
 * What would be changed, for people: a unified diff of one hunk, which patch(1) takes.
 */
#ifndef NEGOSSP_REGISTER_DIFF_H
#define NEGOSSP_REGISTER_DIFF_H

#include <stdbool.h>

#include "reg_text.h"
#include "textbuf.h"

/* Writes nothing when both are the same. A text that is not there (`old_exists`, `new_exists`) is
 * empty and is called /dev/null. */
void diff_write(struct textbuf* out, const char* name, struct reg_slice old_text, bool old_exists,
                struct reg_slice new_text, bool new_exists);

#endif
