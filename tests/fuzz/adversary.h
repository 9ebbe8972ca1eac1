/* SPDX-License-Identifier: Apache-2.0
 *
 * What somebody on the wire who knows every password can do to a token.
 */
#ifndef NEGOSSP_FUZZ_ADVERSARY_H
#define NEGOSSP_FUZZ_ADVERSARY_H

#include "oracle.h"
#include "session_input.h"

/* The edits that need nothing but the token; any other operation does nothing. */
void adversary_edit(struct sspi_token* wire, const struct record* record);
/* Makes what it finds in the token right for the end that will read it. Whether anything changed:
 * it does where nobody else did, too, if the sender has another password. */
bool adversary_repair(struct sspi_token* wire, const struct oracle_setup* reader,
                      const struct oracle_view* view, unsigned what);

#endif
