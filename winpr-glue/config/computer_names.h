/* SPDX-License-Identifier: Apache-2.0
 *
 * The names that this computer goes by in NTLM (MS-NLMP 2.2.2.1).
 */
#ifndef NEGOSSP_GLUE_COMPUTER_NAMES_H
#define NEGOSSP_GLUE_COMPUTER_NAMES_H

#include "mech.h"

#include "host/names.h"

/* From the host name: NetBIOS names and a DNS name always, a DNS domain where the host name has
 * one. A host name that cannot be had or is none (not UTF-8, an empty label) is replaced by
 * "localhost" with one warning, so that a logon goes on. UTF-16LE; RESULT_NO_MEMORY. */
MUST_USE enum result computer_names_default(struct blob names[NAME_COUNT]);
/* A name that somebody configured, into *name, which keeps what it was where `text` is NULL, empty
 * or not UTF-8; the last is warned of once, with `where` it stands. RESULT_NO_MEMORY. */
MUST_USE enum result computer_name_read(const char* where, const char* text, struct blob* name);

#endif
