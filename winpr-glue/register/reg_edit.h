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
 * Every line end that is added is '\n' alone, even in a file whose lines end in "\r\n": WinPR drops
 * a string that is followed by a carriage return, ours as well as the file's last one.
 */
#ifndef NEGOSSP_REGISTER_REG_EDIT_H
#define NEGOSSP_REGISTER_REG_EDIT_H

#include "reg_text.h"

/* Makes of `text` one with which WinPR reads `module` for the key; it stays as it is when WinPR
 * reads that already. `new_file` says that there was no file. Only memory can be short; the text is
 * good for nothing then. */
MUST_USE enum result reg_edit_register(struct blob* text, bool new_file, const char* key,
                                       const char* module);

/* Makes of `text` one without what registering added, and without any other line that names
 * `module` or a file called negossp.so for the key. *no_file: nothing is left of a file that
 * registering had made. */
MUST_USE enum result reg_edit_unregister(struct blob* text, const char* key, const char* module,
                                         bool* no_file);

/* Whether the value was put there by reg_edit_register (and not by hand). */
bool reg_edit_is_ours(struct bytes text, const char* key);

#endif
