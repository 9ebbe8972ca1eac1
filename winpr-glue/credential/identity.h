/* SPDX-License-Identifier: Apache-2.0
 *
 * What a caller passes as pAuthData, told apart at run time and copied.
 *
 *   SEC_WINNT_AUTH_IDENTITY        A or W by its ANSI and UNICODE flags, without a version
 *   SEC_WINNT_AUTH_IDENTITY_EX     version 0x200 in front, and a package list
 *   SEC_WINNT_AUTH_IDENTITY_WINPR  EXW with flag 0x100, then pointers to WinPR's NTLM and Kerberos
 *                                  settings (FreeRDP up to 3.30)
 *   ... _WINPR_V2                  EXW with flag 0x200, a revision, then pointers to settings that
 *                                  begin with their own size (FreeRDP from 3.31)
 *
 * Nothing past what the flags, the revision and the sizes promise is ever read.
 */
#ifndef NEGOSSP_GLUE_IDENTITY_H
#define NEGOSSP_GLUE_IDENTITY_H

#include <winpr/sspi.h>

#include "mech.h"

#include "credential/identity_settings.h"

/* NT hashes instead of passwords: FreeRDP's flag from 3.27 on. */
#define IDENTITY_FLAG_PASSWORD_HASH 0x00800000u

struct identity
{
	bool given; /* pAuthData was not NULL */
	struct blob user;
	struct blob domain;
	struct secret password;
	bool has_hash;
	struct key nt_hash;
	bool has_package_list;
	struct blob package_list;

	struct identity_settings settings;
};

/* Fills *identity, which starts out zeroed, from `auth_data`, which may be NULL.
 * RESULT_INVALID_ARGUMENT for a structure that contradicts itself and for a hash that is not 32 hex
 * digits, RESULT_UNSUPPORTED for packed credentials (version 0x201): then *reason is a literal in
 * plain words. RESULT_NO_MEMORY. Whatever the outcome, identity_free() it. */
MUST_USE enum result identity_parse(const void* auth_data, struct identity* identity,
                                    const char** reason);
/* Wipes and frees. */
void identity_free(struct identity* identity);

#endif
