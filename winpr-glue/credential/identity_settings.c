/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading WinPR's settings: no further than a structure's own size reaches.
 */
#include "credential/identity_settings.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "config/computer_names.h"

static enum result settings_copy_string(const char* from, char** to)
{
	if (!from || !from[0])
		return RESULT_OK;
	*to = strdup(from);
	return *to ? RESULT_OK : RESULT_NO_MEMORY;
}

enum result identity_settings_v1(const void* auth_data, struct identity_settings* settings)
{
	const struct layout_identity_v1* const winpr = auth_data;
	const struct layout_ntlm_v1* const ntlm = winpr->ntlm;

	if (winpr->kerberos)
		layout_kerberos_from_v1(winpr->kerberos, &settings->kerberos);
	if (!ntlm)
		return RESULT_OK;
	settings->hash_callback = ntlm->hash_callback;
	settings->hash_callback_argument = ntlm->hash_callback_argument;
	return settings_copy_string(ntlm->sam_file, &settings->sam_file);
}

/* Copies as much of a sized structure as it says it has into `to`, whose rest stays zero. Who calls
 * asks the size for what is needed. */
static void settings_read_sized(const void* from, void* to, size_t to_size)
{
	UINT32 size;

	memcpy(&size, from, sizeof(size));
	memset(to, 0, to_size);
	memcpy(to, from, size < to_size ? size : to_size);
}

static enum result settings_names(const struct layout_ntlm* from, struct blob names[NAME_COUNT])
{
	const char* const given[NAME_COUNT] = {
		[NAME_NETBIOS_COMPUTER] = from->netbios_computer,
		[NAME_NETBIOS_DOMAIN] = from->netbios_domain,
		[NAME_DNS_COMPUTER] = from->dns_computer,
		[NAME_DNS_DOMAIN] = from->dns_domain,
		[NAME_TARGET] = from->target_name,
	};

	for (size_t i = 0; i < NAME_COUNT; i++)
		TRY(computer_name_read("a name in the caller's settings", given[i], &names[i]));
	return RESULT_OK;
}

/* A pointer that the size cuts in half is not there; settings_read_sized() left a part of it. */
#define LAYOUT_HAS(layout, member)                                                                 \
	((layout).size >= offsetof(__typeof__(layout), member) + sizeof((layout).member))

static enum result settings_ntlm_v2(const void* from, struct identity_settings* to)
{
	struct layout_ntlm ntlm;

	settings_read_sized(from, &ntlm, sizeof(ntlm));
	REQUIRE(LAYOUT_HAS(ntlm, hash_callback_argument), RESULT_INVALID_ARGUMENT);
	to->hash_callback = ntlm.hash_callback;
	to->hash_callback_argument = ntlm.hash_callback_argument;
	TRY(settings_copy_string(ntlm.sam_file, &to->sam_file));
	return LAYOUT_HAS(ntlm, dns_domain) ? settings_names(&ntlm, to->names) : RESULT_OK;
}

static enum result settings_kerberos_v2(const void* from, struct kerberos_settings* to)
{
	settings_read_sized(from, to, sizeof(*to));
	return LAYOUT_HAS(*to, cert_sha1) ? RESULT_OK : RESULT_INVALID_ARGUMENT;
}

enum result identity_settings_v2(const void* auth_data, struct identity_settings* settings,
                                 const char** reason)
{
	const struct layout_identity* const winpr = auth_data;

	*reason = "the caller's settings have a revision or a size that no FreeRDP release has";
	REQUIRE(winpr->revision >= LAYOUT_REVISION_1, RESULT_INVALID_ARGUMENT);
	if (winpr->ntlm)
		TRY(settings_ntlm_v2(winpr->ntlm, settings));
	if (winpr->kerberos)
		TRY(settings_kerberos_v2(winpr->kerberos, &settings->kerberos));
	return RESULT_OK;
}

void identity_settings_free(struct identity_settings* settings)
{
	free(settings->sam_file);
	for (size_t i = 0; i < NAME_COUNT; i++)
		blob_free(&settings->names[i]);
}
