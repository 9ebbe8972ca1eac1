/* SPDX-License-Identifier: Apache-2.0
 *
 * Where a password comes from: the terminal, which shows nothing of it, or one line of standard
 * input. Never the command line, which every user of a machine can read.
 */
#ifndef NEGOSSP_SAM_PASSWORD_H
#define NEGOSSP_SAM_PASSWORD_H

#include "base/secret.h"

/* In UTF-8, without the line's end. NULL, or why there is none, as a literal or what errno says. */
const char* password_read(const char* user, struct secret* password);

#endif
