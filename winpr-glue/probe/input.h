/* SPDX-License-Identifier: Apache-2.0
 *
 * What the program is given to read: files, and a password that is never an argument.
 */
#ifndef NEGOSSP_PROBE_INPUT_H
#define NEGOSSP_PROBE_INPUT_H

#include "base/secret.h"

/* What a complaint about such a file begins with: not with its name, which may be a password that
 * somebody gave in its place. */
#define INPUT_PASSWORD_FILE "--password-file (a file, never the password itself)"

/* The whole file, or standard input for "-", of at most `limit` bytes. NULL, or why not, in plain
 * words; *content is then empty, or the caller's to free all the same. */
const char* input_file(const char* name, size_t limit, struct secret* content);
/* The first line of the file, without its end; or, where `file` is NULL, of the environment's
 * NEGOSSP_PROBE_PASSWORD, or else what is typed at the terminal, which is empty unless to `ask` is
 * right. *content owns it. As above. */
const char* input_password(const char* file, bool ask, struct secret* content,
                           struct bytes* password);
void input_complain(const char* name, const char* problem);

#endif
