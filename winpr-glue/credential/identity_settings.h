/* SPDX-License-Identifier: Apache-2.0
 *
 * WinPR's NTLM and Kerberos settings behind an extended identity, in either layout
 * (host/layouts.h). All of them are optional.
 */
#ifndef NEGOSSP_GLUE_IDENTITY_SETTINGS_H
#define NEGOSSP_GLUE_IDENTITY_SETTINGS_H

#include "mech.h"

#include "host/layouts.h"
#include "host/names.h"

struct identity_settings
{
	char* sam_file;
	psSspiNtlmHashCallback hash_callback;
	void* hash_callback_argument;
	struct blob names[NAME_COUNT];     /* UTF-16LE; empty where none is given */
	struct kerberos_settings kerberos; /* strings are the caller's: gone after the call */
};

/* `auth_data` is the whole structure: flag 0x100's or flag 0x200's. Results as identity_parse();
 * whatever the outcome, identity_settings_free(). */
MUST_USE enum result identity_settings_v1(const void* auth_data,
                                          struct identity_settings* settings);
MUST_USE enum result identity_settings_v2(const void* auth_data, struct identity_settings* settings,
                                          const char** reason);
void identity_settings_free(struct identity_settings* settings);

#endif
