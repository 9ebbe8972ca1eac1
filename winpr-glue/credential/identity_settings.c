/* SPDX-License-Identifier: Apache-2.0
 *
 * WinPR's settings structures; see identity.h for which is which.
 */
#include "credential/identity_settings.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "host/text.h"
#include "host/winpr_v1.h"
#include "host/winpr_v2.h"

static enum result settings_copy_string(const char* from, char** to)
{
	if (!from || !from[0])
		return RESULT_OK;
	*to = strdup(from);
	return *to ? RESULT_OK : RESULT_NO_MEMORY;
}

static void settings_kerberos_v1(const winpr_kerberos_v1* from, struct kerberos_settings* to)
{
	to->kdc_url = from->kdcUrl;
	to->keytab = from->keytab;
	to->cache = from->cache;
	to->armor_cache = from->armorCache;
	to->pkinit_anchors = from->pkinitX509Anchors;
	to->pkinit_identity = from->pkinitX509Identity;
	to->with_pac = from->withPac != FALSE;
	to->start_time = from->startTime;
	to->renew_time = from->renewLifeTime;
	to->life_time = from->lifeTime;
	bytes_copy(to->cert_sha1, BYTES_OF(from->certSha1));
}

enum result identity_settings_v1(const void* auth_data, struct identity* identity)
{
	const winpr_identity_v1* const winpr = auth_data;
	const winpr_ntlm_v1* const ntlm = winpr->ntlmSettings;

	if (winpr->kerberosSettings)
		settings_kerberos_v1(winpr->kerberosSettings, &identity->kerberos);
	if (!ntlm)
		return RESULT_OK;
	identity->hash_callback = ntlm->hashCallback;
	identity->hash_callback_argument = ntlm->hashCallbackArg;
	return settings_copy_string(ntlm->samFile, &identity->sam_file);
}

/* Copies as much of a sized structure as it says it has into `to`, whose rest stays zero. */
static enum result settings_read_sized(const void* from, void* to, size_t to_size)
{
	UINT32 size;

	memcpy(&size, from, sizeof(size));
	REQUIRE(size >= sizeof(size), RESULT_INVALID_ARGUMENT);
	memset(to, 0, to_size);
	memcpy(to, from, size < to_size ? size : to_size);
	return RESULT_OK;
}

static enum result settings_names(const struct layout_ntlm* from, struct identity* to)
{
	/* TargetName in CHALLENGE is the domain, or the computer where there is none (MS-NLMP
	 * 3.2.5.1.1): so a target name without a domain name stands for both. */
	const char* const domain = from->netbios_domain ? from->netbios_domain : from->target_name;

	TRY(text_from_string(from->netbios_computer, &to->netbios_computer));
	TRY(text_from_string(domain, &to->netbios_domain));
	TRY(text_from_string(from->dns_computer, &to->dns_computer));
	return text_from_string(from->dns_domain, &to->dns_domain);
}

/* A pointer that the size cuts in half is not there; settings_read_sized() left a part of it. */
#define LAYOUT_HAS(layout, member)                                                                 \
	((layout).size >= offsetof(__typeof__(layout), member) + sizeof((layout).member))

static enum result settings_ntlm_v2(const void* from, struct identity* to)
{
	struct layout_ntlm ntlm;

	TRY(settings_read_sized(from, &ntlm, sizeof(ntlm)));
	REQUIRE(LAYOUT_HAS(ntlm, hash_callback_argument), RESULT_INVALID_ARGUMENT);
	to->hash_callback = ntlm.hash_callback;
	to->hash_callback_argument = ntlm.hash_callback_argument;
	TRY(settings_copy_string(ntlm.sam_file, &to->sam_file));
	return LAYOUT_HAS(ntlm, dns_domain) ? settings_names(&ntlm, to) : RESULT_OK;
}

static enum result settings_kerberos_v2(const void* from, struct kerberos_settings* to)
{
	struct layout_kerberos kerberos;

	TRY(settings_read_sized(from, &kerberos, sizeof(kerberos)));
	REQUIRE(LAYOUT_HAS(kerberos, cert_sha1), RESULT_INVALID_ARGUMENT);
	to->kdc_url = kerberos.kdc_url;
	to->keytab = kerberos.keytab;
	to->cache = kerberos.cache;
	to->armor_cache = kerberos.armor_cache;
	to->pkinit_anchors = kerberos.pkinit_anchors;
	to->pkinit_identity = kerberos.pkinit_identity;
	to->with_pac = kerberos.with_pac != FALSE;
	to->start_time = kerberos.start_time;
	to->renew_time = kerberos.renew_time;
	to->life_time = kerberos.life_time;
	bytes_copy(to->cert_sha1, BYTES_OF(kerberos.cert_sha1));
	return RESULT_OK;
}

enum result identity_settings_v2(const void* auth_data, struct identity* identity,
                                 const char** reason)
{
	const struct layout_identity* const winpr = auth_data;
	enum result result = RESULT_OK;

	if (winpr->revision < LAYOUT_REVISION_1)
		result = RESULT_INVALID_ARGUMENT;
	if (result == RESULT_OK && winpr->ntlm)
		result = settings_ntlm_v2(winpr->ntlm, identity);
	if (result == RESULT_OK && winpr->kerberos)
		result = settings_kerberos_v2(winpr->kerberos, &identity->kerberos);
	if (result == RESULT_INVALID_ARGUMENT)
		*reason = "the caller's settings have a revision or a size that no FreeRDP release has";
	return result;
}
