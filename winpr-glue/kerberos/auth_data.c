/* SPDX-License-Identifier: Apache-2.0
 *
 * Our credentials as WinPR's pAuthData.
 */
#include "kerberos/auth_data.h"

#include <stdlib.h>
#include <string.h>

#include "credential/identity.h"

/* NUL-terminated UTF-16 of our own, because WinPR converts some of these up to the NUL. */
static bool text_copy(struct bytes utf16, UINT16** copy)
{
	if (utf16.len == 0)
		return true;
	*copy = calloc(1, utf16.len + sizeof(UINT16));
	if (!*copy)
		return false;
	memcpy(*copy, utf16.data, utf16.len);
	return true;
}

/* The structures' members are not const; WinPR does not write to them. */
static char* borrowed(const char* text)
{
	return (char*)(uintptr_t)text;
}

static void settings_to_v1(winpr_kerberos_v1* to, const struct kerberos_settings* from)
{
	to->kdcUrl = borrowed(from->kdc_url);
	to->keytab = borrowed(from->keytab);
	to->cache = borrowed(from->cache);
	to->armorCache = borrowed(from->armor_cache);
	to->pkinitX509Anchors = borrowed(from->pkinit_anchors);
	to->pkinitX509Identity = borrowed(from->pkinit_identity);
	to->withPac = from->with_pac;
	to->startTime = from->start_time;
	to->renewLifeTime = from->renew_time;
	to->lifeTime = from->life_time;
	bytes_copy(to->certSha1, BYTES_OF(from->cert_sha1));
}

static void settings_to_v2(struct layout_kerberos* to, const struct kerberos_settings* from)
{
	to->size = sizeof(*to);
	to->kdc_url = from->kdc_url;
	to->keytab = from->keytab;
	to->cache = from->cache;
	to->armor_cache = from->armor_cache;
	to->pkinit_anchors = from->pkinit_anchors;
	to->pkinit_identity = from->pkinit_identity;
	to->with_pac = from->with_pac;
	to->start_time = from->start_time;
	to->renew_time = from->renew_time;
	to->life_time = from->life_time;
	bytes_copy(to->cert_sha1, BYTES_OF(from->cert_sha1));
}

enum result auth_data_make(struct auth_data* data, struct bytes user, struct bytes domain,
                           struct bytes password, const struct kerberos_settings* settings,
                           const char* packages)
{
	const bool v2 = identity_winpr_at_least(31);
	SEC_WINNT_AUTH_IDENTITY_EXW* identity;

	memset(data, 0, sizeof(*data));
	if (!text_copy(user, &data->user) || !text_copy(domain, &data->domain) ||
	    !text_copy(password, &data->password))
	{
		auth_data_wipe(data);
		return RESULT_NO_MEMORY;
	}
	data->password_size = password.len;

	if (v2)
	{
		settings_to_v2(&data->kerberos_v2, settings);
		data->ntlm_v2.size = sizeof(data->ntlm_v2);
		data->winpr.v2.revision = LAYOUT_REVISION_1;
		data->winpr.v2.ntlm = &data->ntlm_v2;
		data->winpr.v2.kerberos = &data->kerberos_v2;
		identity = &data->winpr.v2.identity;
	}
	else
	{
		settings_to_v1(&data->kerberos_v1, settings);
		data->winpr.v1.ntlmSettings = &data->ntlm_v1;
		data->winpr.v1.kerberosSettings = &data->kerberos_v1;
		identity = &data->winpr.v1.identity;
	}
	identity->Version = SEC_WINNT_AUTH_IDENTITY_VERSION;
	identity->Length = sizeof(SEC_WINNT_AUTH_IDENTITY_EXW);
	identity->User = data->user;
	identity->UserLength = (UINT32)(user.len / sizeof(UINT16));
	identity->Domain = data->domain;
	identity->DomainLength = (UINT32)(domain.len / sizeof(UINT16));
	identity->Password = data->password;
	identity->PasswordLength = (UINT32)(password.len / sizeof(UINT16));
	if (packages)
	{
		identity->PackageList = data->packages;
		identity->PackageListLength = (UINT32)strlen(packages);
		for (size_t i = 0; packages[i]; i++)
			data->packages[i] = (UINT16)packages[i];
	}
	identity->Flags = SEC_WINNT_AUTH_IDENTITY_UNICODE |
	                  (v2 ? IDENTITY_FLAG_EXTENDED_V2 : IDENTITY_FLAG_EXTENDED_V1);
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
