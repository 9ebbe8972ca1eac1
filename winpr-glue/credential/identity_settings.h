/* SPDX-License-Identifier: Apache-2.0
 *
 * WinPR's NTLM and Kerberos settings behind an extended identity; for identity.c only.
 */
#ifndef NEGOSSP_GLUE_IDENTITY_SETTINGS_H
#define NEGOSSP_GLUE_IDENTITY_SETTINGS_H

#include "credential/identity.h"

/* `auth_data` is the whole structure: flag 0x100's or flag 0x200's. Results as identity_parse(). */
MUST_USE enum result identity_settings_v1(const void* auth_data, struct identity* identity);
MUST_USE enum result identity_settings_v2(const void* auth_data, struct identity* identity,
                                          const char** reason);

#endif
