/* SPDX-License-Identifier: Apache-2.0
 *
 * Our credentials as WinPR's pAuthData.
 */
#include "kerberos/auth_data.h"

#include <stdlib.h>
#include <string.h>

#include "host/text.h"
#include "host/version.h"

/* NUL-terminated UTF-16 of our own, because WinPR converts some of these up to the NUL. */
static bool text_copy(struct bytes utf16, UINT16** copy)
{
	return utf16.len == 0 || (*copy = text_wide_new(utf16));
}

/* The members that both layouts begin with. */
static SEC_WINNT_AUTH_IDENTITY_EXW* auth_data_layout(struct auth_data* data,
                                                     const struct kerberos_settings* settings)
{
	if (version_at_least(31))
	{
		data->kerberos_v2 = *settings;
		data->kerberos_v2.size = sizeof(data->kerberos_v2);
		data->ntlm_v2.size = sizeof(data->ntlm_v2);
		data->winpr.v2.revision = LAYOUT_REVISION_1;
		data->winpr.v2.ntlm = &data->ntlm_v2;
		data->winpr.v2.kerberos = &data->kerberos_v2;
		data->winpr.v2.identity.Flags = LAYOUT_FLAG_V2;
		return &data->winpr.v2.identity;
	}
	layout_kerberos_to_v1(settings, &data->kerberos_v1);
	data->winpr.v1.ntlm = &data->ntlm_v1;
	data->winpr.v1.kerberos = &data->kerberos_v1;
	data->winpr.v1.identity.Flags = LAYOUT_FLAG_V1;
	return &data->winpr.v1.identity;
}

enum result auth_data_make(struct auth_data* data, struct bytes user, struct bytes domain,
                           struct bytes password, const struct kerberos_settings* settings,
                           const char* packages)
{
	memset(data, 0, sizeof(*data));
	if (!text_copy(user, &data->user) || !text_copy(domain, &data->domain) ||
	    !text_copy(password, &data->password))
	{
		auth_data_wipe(data);
		return RESULT_NO_MEMORY;
	}
	data->password_size = password.len;

	SEC_WINNT_AUTH_IDENTITY_EXW* const identity = auth_data_layout(data, settings);
	identity->Version = SEC_WINNT_AUTH_IDENTITY_VERSION;
	identity->Length = sizeof(SEC_WINNT_AUTH_IDENTITY_EXW);
	identity->User = data->user;
	identity->UserLength = (UINT32)(user.len / sizeof(UINT16));
	identity->Domain = data->domain;
	identity->DomainLength = (UINT32)(domain.len / sizeof(UINT16));
	identity->Password = data->password;
	identity->PasswordLength = (UINT32)(password.len / sizeof(UINT16));
	identity->Flags |= SEC_WINNT_AUTH_IDENTITY_UNICODE;
	if (packages)
	{
		identity->PackageList = data->packages;
		identity->PackageListLength = (UINT32)strlen(packages);
		for (size_t i = 0; packages[i]; i++)
			data->packages[i] = TEXT_WIDE(packages[i]);
	}
	return RESULT_OK;
}

void auth_data_wipe(struct auth_data* data)
{
	if (data->password)
		secret_wipe(data->password, data->password_size);
	free(data->user);
	free(data->domain);
	free(data->password);
	secret_wipe(data, sizeof(*data));
}
