/* SPDX-License-Identifier: Apache-2.0
 *
 * A keytab's entries as one run of bytes, which stays the same for as long as nothing in the keytab
 * changes.
 */
#ifndef NEGOSSP_GLUE_KEYTAB_ENTRIES_H
#define NEGOSSP_GLUE_KEYTAB_ENTRIES_H

#include "mech.h"

#define KEYTAB_ENTRIES_MAX 65536 /* bytes */

/* The next entry: principal as krb5_unparse_name() spells it, key version number and time. A name
 * of more than 65,535 bytes is left out. */
void keytab_entry_write(struct writer* writer, const char* principal, uint32_t version,
                        uint32_t time);
/* The next entry's principal, borrowed; false at the end. */
bool keytab_entry_next(struct reader* entries, struct bytes* principal);

#endif
