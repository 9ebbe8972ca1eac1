/* SPDX-License-Identifier: Apache-2.0
 *
 * Credentials of the scripted WinPR. What is handed over is taken apart by hand, as each release
 * reads it: V1 is the structure of its headers, V2 (from 3.31) has a member every eight bytes.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fake_object.h"
#include "fake_winpr.h"
#include "winpr_v1.h"

#define FLAG_V1 0x100u
#define FLAG_V2 0x200u
#define NTLM_V2_SIZE 72u
#define KERBEROS_V2_SIZE 112u

static void text(char* to, size_t size, const char* from)
{
	snprintf(to, size, "%s", from ? from : "");
}

static void* pointer_at(const BYTE* from, size_t slot)
{
	void* pointer = NULL;
	memcpy(&pointer, from + 8 * slot, sizeof(pointer));
	return pointer;
}

static UINT32 number_at(const BYTE* from, size_t slot)
{
	UINT32 number = 0;
	memcpy(&number, from + 8 * slot, sizeof(number));
	return number;
}

static bool read_v1(const void* auth_data)
{
	const winpr_identity_v1* const identity = auth_data;
	const winpr_kerberos_v1* const from = identity->kerberosSettings;
	if (!from || !identity->ntlmSettings)
		return false;
	const char* const strings[6] = { from->kdcUrl,
		                             from->keytab,
		                             from->cache,
		                             from->armorCache,
		                             from->pkinitX509Anchors,
		                             from->pkinitX509Identity };
	for (size_t i = 0; i < 6; i++)
		text(fake.settings[i], sizeof(fake.settings[i]), strings[i]);
	fake.numbers[0] = from->withPac;
	fake.numbers[1] = from->startTime;
	fake.numbers[2] = from->renewLifeTime;
	fake.numbers[3] = from->lifeTime;
	memcpy(fake.cert_sha1, from->certSha1, sizeof(fake.cert_sha1));
	return true;
}

static bool read_v2(const void* auth_data)
{
	const BYTE* const own =
	    (const BYTE*)auth_data + (sizeof(SEC_WINNT_AUTH_IDENTITY_EXW) + 7) / 8 * 8;
	const BYTE* const ntlm = pointer_at(own, 1);
	const BYTE* const from = pointer_at(own, 2);
	if (number_at(own, 0) != 1 || !ntlm || number_at(ntlm, 0) != NTLM_V2_SIZE || !from ||
	    number_at(from, 0) != KERBEROS_V2_SIZE)
		return false;
	for (size_t i = 0; i < 6; i++)
		text(fake.settings[i], sizeof(fake.settings[i]), pointer_at(from, 1 + i));
	for (size_t i = 0; i < 4; i++)
		fake.numbers[i] = (INT32)number_at(from, 7 + i);
	memcpy(fake.cert_sha1, from + 8 * 11, sizeof(fake.cert_sha1));
	return true;
}

/* False for what WinPR would take for something else, or run into. */
static bool read_identity(const SEC_WINNT_AUTH_IDENTITY_EXW* identity)
{
	if (identity->Version != SEC_WINNT_AUTH_IDENTITY_VERSION ||
	    identity->Length != sizeof(*identity) ||
	    !(identity->Flags & SEC_WINNT_AUTH_IDENTITY_UNICODE))
		return false;
	fake_note(fake.list, sizeof(fake.list), identity->PackageList, identity->PackageListLength);
	fake_note(fake.user, sizeof(fake.user), identity->User, identity->UserLength);
	fake_note(fake.domain, sizeof(fake.domain), identity->Domain, identity->DomainLength);
	fake_note(fake.password, sizeof(fake.password), identity->Password, identity->PasswordLength);
	fake.identity_flags = identity->Flags;
	switch (identity->Flags & (FLAG_V1 | FLAG_V2))
	{
		case 0:
			return true;
		case FLAG_V1:
			return fake.minor < 31 && read_v1(identity);
		case FLAG_V2:
			return fake.minor >= 31 && read_v2(identity);
		default:
			return false;
	}
}

static SECURITY_STATUS acquire(const char* package, ULONG use, const void* auth_data,
                               CredHandle* handle, PTimeStamp expiry)
{
	SECURITY_STATUS status = fake.acquire;
	fake_count();
	if (fake.delay_ms && (use & SECPKG_CRED_OUTBOUND))
		usleep(1000 * fake.delay_ms);
	pthread_mutex_lock(&fake_lock);
	fake.acquired++;
	fake.use = use;
	fake.auth_data = auth_data;
	text(fake.package, sizeof(fake.package), package);
	if (auth_data && !read_identity(auth_data))
		status = SEC_E_INVALID_PARAMETER;
	if (status == SEC_E_OK)
	{
		struct fake_object* const made = fake_object_new(FAKE_CREDENTIAL, handle);
		if (made)
		{
			made->carrier = strcmp(package, "Negotiate") == 0;
			made->u2u = strstr(fake.list, "u2u") != NULL;
			fake.credentials++;
		}
		else
			status = SEC_E_INSUFFICIENT_MEMORY;
	}
	if (expiry)
		expiry->LowPart = FAKE_EXPIRY;
	pthread_mutex_unlock(&fake_lock);
	return status;
}

static void note_acquire(bool wide, const void* logon, SEC_GET_KEY_FN key, const void* argument)
{
	fake.wide = wide;
	fake.logon = logon;
	fake.key = key;
	fake.key_argument = argument;
}

SECURITY_STATUS fake_acquire_a(LPSTR principal, LPSTR package, ULONG use, void* logon,
                               void* auth_data, SEC_GET_KEY_FN key, void* argument,
                               PCredHandle handle, PTimeStamp expiry)
{
	pthread_mutex_lock(&fake_lock);
	note_acquire(false, logon, key, argument);
	text(fake.principal, sizeof(fake.principal), principal);
	pthread_mutex_unlock(&fake_lock);
	return acquire(package, use, auth_data, handle, expiry);
}

SECURITY_STATUS fake_acquire_w(LPWSTR principal, LPWSTR package, ULONG use, void* logon,
                               void* auth_data, SEC_GET_KEY_FN key, void* argument,
                               PCredHandle handle, PTimeStamp expiry)
{
	char name[16];
	pthread_mutex_lock(&fake_lock);
	note_acquire(true, logon, key, argument);
	fake_note(fake.principal, sizeof(fake.principal), principal, fake_units(principal));
	pthread_mutex_unlock(&fake_lock);
	fake_note(name, sizeof(name), package, fake_units(package));
	return acquire(name, use, auth_data, handle, expiry);
}

SECURITY_STATUS fake_free_credential(PCredHandle handle)
{
	return fake_object_free(handle, FAKE_CREDENTIAL, &fake.credentials);
}

/* 3.10's W looks a handle's package up by its name in the wrong character set. */
static bool form_finds(bool wide)
{
	fake_count_form(wide);
	return !wide || fake.minor > 10;
}

static SECURITY_STATUS query(bool wide, PCredHandle handle, ULONG attribute, void* buffer)
{
	static char name[] = "WinPR's user";
	const struct fake_object* const object = fake_object_of(handle, FAKE_CREDENTIAL);
	if (!form_finds(wide) || !object || !fake_object_is_found(object))
		return SEC_E_SECPKG_NOT_FOUND;
	if (attribute != SECPKG_CRED_ATTR_NAMES || fake.query != SEC_E_OK)
		return fake.query ? fake.query : SEC_E_UNSUPPORTED_FUNCTION;
	((SecPkgCredentials_NamesA*)buffer)->sUserName = name;
	return SEC_E_OK;
}

SECURITY_STATUS fake_query_credential_a(PCredHandle handle, ULONG attribute, void* buffer)
{
	return query(false, handle, attribute, buffer);
}

SECURITY_STATUS fake_query_credential_w(PCredHandle handle, ULONG attribute, void* buffer)
{
	return query(true, handle, attribute, buffer);
}

static SECURITY_STATUS set(bool wide, PCredHandle handle, ULONG attribute, void* buffer, ULONG size)
{
	const SecPkgCredentials_KdcProxySettingsW* const proxy = buffer;
	const struct fake_object* const object = fake_object_of(handle, FAKE_CREDENTIAL);
	if (!form_finds(wide) || !object || !fake_object_is_found(object))
		return SEC_E_SECPKG_NOT_FOUND;
	/* WinPR counts its structure twice (defect D12). */
	if (attribute != SECPKG_CRED_ATTR_KDC_PROXY_SETTINGS || size < sizeof(*proxy) ||
	    size < 2 * sizeof(*proxy) + proxy->ProxyServerLength)
		return SEC_E_INVALID_PARAMETER;
	pthread_mutex_lock(&fake_lock);
	fake_note(fake.proxy, sizeof(fake.proxy), (const BYTE*)buffer + proxy->ProxyServerOffset,
	          proxy->ProxyServerLength / 2u);
	fake.proxies++;
	pthread_mutex_unlock(&fake_lock);
	return fake.set;
}

SECURITY_STATUS fake_set_credential_a(PCredHandle handle, ULONG attribute, void* buffer, ULONG size)
{
	return set(false, handle, attribute, buffer, size);
}

SECURITY_STATUS fake_set_credential_w(PCredHandle handle, ULONG attribute, void* buffer, ULONG size)
{
	return set(true, handle, attribute, buffer, size);
}
