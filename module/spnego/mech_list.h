/* SPDX-License-Identifier: Apache-2.0
 *
 * MechTypeList (RFC 4178 4.2.1): SEQUENCE OF OBJECT IDENTIFIER, the initiator's mechanisms in
 * order of preference.
 *
 * The list is kept and passed around as its raw bytes (the `30 ..` SEQUENCE as on the wire), since
 * those are what the mechListMIC covers; it is walked with mech_list_at(). A list read from a peer
 * has between 1 and MECH_LIST_MAX entries, whatever they name: an OID that nobody here knows is
 * skipped by its length, and so are NEGOEX and PKU2U, whose payloads are never looked at.
 */
#ifndef NEGOSSP_SPNEGO_MECH_LIST_H
#define NEGOSSP_SPNEGO_MECH_LIST_H

#include "base/fault.h"
#include "mech.h"

#define MECH_LIST_MAX 32

/* The number of entries of a raw list, each checked for its form. RESULT_MALFORMED for an empty
 * list, more than MECH_LIST_MAX, anything that is not an OID, or trailing bytes. */
MUST_USE enum result mech_list_check(struct bytes list, size_t* count, struct fault* fault);
/* The entry at `index`: its OID's content, borrowed. RESULT_MALFORMED past the end. */
MUST_USE enum result mech_list_at(struct bytes list, size_t index, struct bytes* oid);
/* A raw list of `count` OIDs (1 to MECH_LIST_MAX), replacing *list. */
MUST_USE enum result mech_list_write(const struct bytes* oids, size_t count, struct blob* list);

/* Whether one of the mechanism's OIDs is this one. */
bool mech_has_oid(const struct mech* mech, struct bytes oid);

/* The name of a mechanism seen in the field, a literal; NULL if the OID is not known. */
const char* mech_oid_name(struct bytes oid);
/* The list for a log line: names, and dotted numbers where there is none, comma separated. At most
 * `size` bytes with the NUL; what does not fit is left out and shown as "...". `size` is at least
 * 8. A list that does not parse gives what was read of it. */
void mech_list_describe(struct bytes list, char* text, size_t size);

#endif
