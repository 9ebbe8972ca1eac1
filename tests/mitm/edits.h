/* SPDX-License-Identifier: Apache-2.0
 *
 * What somebody in between changes in a mechanism's token: in NTLM's messages a flag, a field, an
 * AV pair (MS-NLMP 2.2.1); in any other its last byte, or that there is one.
 */
#ifndef NEGOSSP_TESTS_MITM_EDITS_H
#define NEGOSSP_TESTS_MITM_EDITS_H

#include "base/bytes.h"

/* How many there are for this token. */
unsigned edits_of(struct bytes token);
/* The changed token; the caller's to free. A token that has nothing to be changed there comes out
 * as it was. */
struct blob edit_apply(unsigned edit, struct bytes token);
/* In words, for who reads what a run did. */
const char* edit_name(unsigned edit, struct bytes token);

/* NTLM messages of nobody's: anyone can make these. */
#define OWN_TOKENS 3u
struct bytes own_token(unsigned number);

#endif
