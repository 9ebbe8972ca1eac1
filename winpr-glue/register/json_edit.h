/* SPDX-License-Identifier: Apache-2.0
 *
 * What registering and taking back do to the text of credssp.json, as reg_edit.h says it of a
 * registry file: every byte that is not about the member SspiModule stays. JSON has no comments, so
 * a member of our own, which nobody else reads, says what was done: that the file was made,
 * or was empty, that the next member was added, or which value had to make room.
 */
#ifndef NEGOSSP_REGISTER_JSON_EDIT_H
#define NEGOSSP_REGISTER_JSON_EDIT_H

#include "json_text.h"

/* NULL, or why a text can neither be read nor edited, in plain words. An empty one can. */
const char* json_edit_problem(struct bytes text);

/* As reg_edit_register() and reg_edit_unregister(), for a text without a problem. */
MUST_USE enum result json_edit_register(struct blob* text, bool new_file, const char* module);
MUST_USE enum result json_edit_unregister(struct blob* text, const char* module, bool* no_file);

/* Whether the member was put there by json_edit_register(). */
bool json_edit_is_ours(struct bytes text);

#endif
