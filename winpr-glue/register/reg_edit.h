/* SPDX-License-Identifier: Apache-2.0
 *
 * What registering and taking back do to the text of a registry file.
 *
 * Every byte that is not about the value SspiModule of the one key stays as it is. What registering
 * does is written beside it in comment lines, so that taking back needs nothing but the file: lines
 * that were added are announced by the line above them, and a line that had to make room is kept
 * behind a prefix. So taking back gives the very bytes there were before, unless someone changed
 * those lines meanwhile.
 *
 * Our value line ends in '\n' even in a file whose lines end in "\r\n": WinPR drops a string that
 * is followed by a carriage return.
 */
#ifndef NEGOSSP_REGISTER_REG_EDIT_H
#define NEGOSSP_REGISTER_REG_EDIT_H

#include "reg_text.h"
#include "textbuf.h"

#define REG_VALUE_NAME "SspiModule"

enum reg_left
{
	REG_LEFT_NOTHING, /* the key names no module any more */
	REG_LEFT_ANOTHER, /* it names one that is not negossp, which was there before */
	REG_LEFT_NO_FILE  /* nothing is left of a file that registering had made: delete it */
};

/* Writes to `out` the text that makes WinPR read `module` for the key; the text as it is when WinPR
 * reads that already. `new_file` says that there was no file. Only out->failed can go wrong. */
void reg_edit_register(struct reg_slice text, bool new_file, const char* key, const char* module,
                       struct textbuf* out);

/* Writes to `out` the text without what registering added, and without any other line that names
 * `module` or a file called negossp.so for the key. */
enum reg_left reg_edit_unregister(struct reg_slice text, const char* key, const char* module,
                                  struct textbuf* out);

/* Whether the value was put there by reg_edit_register (and not by hand). */
bool reg_edit_is_ours(struct reg_slice text, const char* key);

#endif
