/* SPDX-License-Identifier: Apache-2.0
 *
 * What winbindd says once for all logons of the process: under which names this computer joined its
 * domain, and whose SIDs the names in DomainMembers are.
 */
#ifndef NEGOSSP_GLUE_DOMAIN_FACTS_H
#define NEGOSSP_GLUE_DOMAIN_FACTS_H

#include "host/names.h"
#include "verify/winbind.h"

struct domain_members /* who may log on: entries as they are written, and their SIDs */
{
	char* text; /* of all: the entries are inside */
	size_t count;
	const char* entry[WINBIND_MAX_NAMES];
	struct sid sid[WINBIND_MAX_NAMES];
};

/* `list` has SIDs and DOMAIN\name with commas between. Names are asked for once and stand as long
 * as the process lives; this computer's, into those of `names` whose `wanted` is true, are asked
 * for again after an hour, or where there was no answer the last time. False, and *why is a
 * literal, when nobody of the domain may log on: an entry is nothing, or is not known. */
bool domain_facts(const char* list, unsigned wait_ms, struct domain_members* members,
                  const bool wanted[NAME_COUNT], struct blob names[NAME_COUNT], const char** why);
void domain_members_free(struct domain_members* members);

#endif
