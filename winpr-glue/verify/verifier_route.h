/* SPDX-License-Identifier: Apache-2.0
 *
 * A verifier over two: the server's own accounts (SAM file or hash callback) and a domain.
 *
 * Which domain a client names: beside the user, or in the name itself (DOMAIN\user, user@realm).
 * One that is "." or this computer's own name is none.
 *
 *   the client names      own accounts judge                       then the domain
 *   no domain             if they know the user                    if bare names are set to it
 *   a domain              if they know the user of this domain     always
 *
 * Whom the own accounts know they judge, rightly or wrongly, however the client spells the domain:
 * whom the domain lets in is looked for in the SAM file once more, under the domain's own name of
 * the account. (A hash callback can say whom it knows of whoever asks alone, and is asked once.) A
 * SAM file that is there and cannot be read may know anybody: nobody gets past it. An own account
 * that is good for any domain does not catch who names one; a hash callback has to compare the
 * domain itself.
 */
#ifndef NEGOSSP_GLUE_VERIFIER_ROUTE_H
#define NEGOSSP_GLUE_VERIFIER_ROUTE_H

#include "verify.h"

struct verifier_route
{
	struct verifier verifier;
	const struct verifier* own;
	const struct verifier* domain;
	struct bytes netbios_computer; /* borrowed, all three */
	struct bytes dns_computer;
	struct bytes netbios_domain;
	bool bare_is_domain;
	bool own_is_file; /* and no callback */
};

/* Fills in `verifier`; the rest is the caller's, and *route must stay where it is. */
void verifier_route_init(struct verifier_route* route);

#endif
