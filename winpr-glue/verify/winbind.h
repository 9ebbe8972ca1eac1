/* SPDX-License-Identifier: Apache-2.0
 *
 * Questions to winbindd, each asked in a thread of its own and waited for only so long:
 * libwbclient itself waits for minutes and cannot be interrupted.
 */
#ifndef NEGOSSP_GLUE_WINBIND_H
#define NEGOSSP_GLUE_WINBIND_H

#include "verify.h"
#include "verify/winbind_library.h"

#define WINBIND_MAX_NAMES 32u

struct winbind_names /* DOMAIN\name, and what they are */
{
	size_t count;
	const char* text[WINBIND_MAX_NAMES]; /* NULL: the SID is known */
	struct sid sid[WINBIND_MAX_NAMES];
};

/* A question that was answered: memory of libwbclient's, which may hold anything. */
struct winbind_answer
{
	int error;            /* enum wbc_error */
	bool others_answered; /* WBC_NOT_AVAILABLE, but anybody may ask what is no secret */
	struct wbc_user* user;
	struct wbc_failure* failure;
	struct wbc_details* details;
	struct winbind_names* names; /* with the SIDs of those that were found */
};

/* NULL, and *reason is a literal, when there is no answer. `library` is there. */
struct winbind_answer* winbind_ask_logon(const struct verify_request* request, unsigned wait_ms,
                                         const char** reason);
/* This computer's names in the domain, and whose SIDs those names are: each that is found becomes
 * NULL. */
struct winbind_answer* winbind_ask_names(const struct winbind_names* names, unsigned wait_ms,
                                         const char** reason);
/* Wipes and frees. */
void winbind_answer_free(struct winbind_answer* answer);

#endif
