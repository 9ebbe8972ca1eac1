/* SPDX-License-Identifier: Apache-2.0
 *
 * The content of a SAM file with an account more, changed or less. Every other byte stays as it is.
 */
#ifndef NEGOSSP_SAM_EDIT_H
#define NEGOSSP_SAM_EDIT_H

#include "base/secret.h"

/* An account's names, as they are written and as they are compared (UTF-16LE in upper case). */
struct account
{
	struct bytes user;
	struct bytes domain; /* empty: any */
	struct blob user_upper;
	struct blob domain_upper;
};

/* RESULT_INVALID_ARGUMENT, and *problem in words, when these are no names for a SAM file. To be
 * freed with account_free() in any case. */
MUST_USE enum result account_make(const char* user, const char* domain, struct account* account,
                                  const char** problem);
void account_free(struct account* account);

/* The account's line with this hash takes the place of the line that counted, if there was one
 * (*changed), or stands at the end. RESULT_INTERNAL when a server would not find it there. */
MUST_USE enum result edit_add(struct bytes content, const struct account* account,
                              const struct key* nt_hash, struct blob* edited, bool* changed);
/* Without all its lines; *count of them. */
MUST_USE enum result edit_remove(struct bytes content, const struct account* account,
                                 struct blob* edited, size_t* count);

#endif
