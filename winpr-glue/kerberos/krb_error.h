/* SPDX-License-Identifier: Apache-2.0
 *
 * KRB-ERROR (RFC 4120 5.9.1) in words. Nothing protects one: whoever is on the way can make or
 * change it. So it explains a failure that has happened anyway, and decides nothing.
 */
#ifndef NEGOSSP_GLUE_KRB_ERROR_H
#define NEGOSSP_GLUE_KRB_ERROR_H

#include "mech.h"

/* What krb_error_words() needs at most, its NUL included. */
#define KRB_ERROR_TEXT_SIZE 320

struct krb_error
{
	uint32_t code; /* RFC 4120 7.5.9 */
	bool timed;
	int64_t time; /* the sender's clock, in seconds since 1970; 0 unless timed */
};

/* `token` is a Kerberos token whose TOK_ID says that it holds a KRB-ERROR. RESULT_MALFORMED for
 * every other, and changes nothing. */
MUST_USE enum result krb_error_parse(struct bytes token, struct krb_error* error);
/* What it means and what to do, in one sentence; the sender is the peer of this role's end, whose
 * clock says `now`. */
void krb_error_words(const struct krb_error* error, enum mech_role role, int64_t now, char* text,
                     size_t size);

#endif
