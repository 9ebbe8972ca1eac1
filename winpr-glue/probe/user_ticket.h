/* SPDX-License-Identifier: Apache-2.0
 *
 * Whether there is a ticket of one user's.
 */
#ifndef NEGOSSP_PROBE_USER_TICKET_H
#define NEGOSSP_PROBE_USER_TICKET_H

#include <stdbool.h>

/* Whether a cache of the default collection holds a ticket-granting ticket of the user's that is
 * good for a minute still; without a domain, and in a user without '@', it is of the default realm.
 * Contacts nobody. False also where the Kerberos library is not MIT's, whose structure it takes. */
bool user_ticket_is_there(const char* user, const char* domain);

#endif
