/* SPDX-License-Identifier: Apache-2.0
 *
 * Credentials in the structure that the WinPR of this process reads as pAuthData: until 3.30
 * SEC_WINNT_AUTH_IDENTITY_WINPR, from 3.31 SEC_WINNT_AUTH_IDENTITY_WINPR_V2, told apart by WinPR's
 * version at run time.
 */
#ifndef NEGOSSP_GLUE_AUTH_DATA_H
#define NEGOSSP_GLUE_AUTH_DATA_H

#include "mech.h"

#include "host/layouts.h"

struct auth_data
{
	union
	{
		struct layout_identity_v1 v1;
		struct layout_identity v2;
	} winpr; /* what to pass as pAuthData */
	struct layout_ntlm_v1 ntlm_v1;
	struct layout_kerberos_v1 kerberos_v1;
	struct layout_ntlm ntlm_v2;
	struct kerberos_settings kerberos_v2;
	UINT16* user;
	UINT16* domain;
	UINT16* password;
	size_t password_size; /* bytes */
	UINT16 packages[16];
};

/* Fills *data, which points into itself: it must not be moved. The strings of `settings` are
 * borrowed and must outlive it. Empty text becomes NULL. `packages` is a package list of less than
 * 16 characters, or NULL. RESULT_NO_MEMORY leaves nothing behind. */
MUST_USE enum result auth_data_make(struct auth_data* data, struct bytes user, struct bytes domain,
                                    struct bytes password, const struct kerberos_settings* settings,
                                    const char* packages);
/* Frees and wipes. */
void auth_data_wipe(struct auth_data* data);

#endif
