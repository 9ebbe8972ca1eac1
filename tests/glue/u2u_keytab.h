/* SPDX-License-Identifier: Apache-2.0
 *
 * Keytabs and what becomes of them: whether user-to-user is offered.
 */
#ifndef NEGOSSP_TESTS_U2U_KEYTAB_H
#define NEGOSSP_TESTS_U2U_KEYTAB_H

#include <stdbool.h>

#define KEYTAB "/a/keytab"
#define SERVICE "TERMSRV/server.example@REALM.EXAMPLE"

/* From now on the scripted keytab has these principals (separated by spaces), in a state that
 * nobody has asked about. NULL: it cannot be read. */
void keytab_of(const char* principals);
/* Until the workers that were started have come to their end. */
void wait_for_workers(void);
/* Whether user-to-user is offered once the KDC has answered; at once it is not. */
bool offered_in_the_end(void);

#endif
