/* SPDX-License-Identifier: Apache-2.0
 *
 * The scripted tables, and what else the glue asks this process for. Handles are pointers, as
 * WinPR's are; what is freed twice is counted.
 */
#include "fake_winpr.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fake_object.h"
#include "host/foreign.h"
#include "host/version.h"
#include "kerberos/keytab_entries.h"
#include "kerberos/u2u.h"
#include "wide.h"

struct fake_winpr fake = { .minor = 10 };
pthread_mutex_t fake_lock = PTHREAD_MUTEX_INITIALIZER;

void fake_winpr_reset(void)
{
	const bool carried = fake.carried;
	fake = (struct fake_winpr){ .carried = carried,
		                        .minor = carried ? 33 : 10,
		                        .granted = ASC_RET_CONFIDENTIALITY | ASC_RET_INTEGRITY |
		                                   ASC_RET_MUTUAL_AUTH,
		                        .library = KRB5_YES,
		                        .ticket = KRB5_YES,
		                        .keytab = KRB5_YES,
		                        .realm = KRB5_YES };
}

void fake_winpr_offer_u2u(void)
{
	static unsigned version; /* another state of the keytab each time */
	if (fake.minor < 30)
		fake.minor = 30;
	fake.principals = "TERMSRV/server.example@REALM.EXAMPLE";
	fake.key_version = ++version;
	for (int i = 0; i < 1000 && !u2u_is_offered("/a/keytab"); i++)
		usleep(10000);
}

bool fake_winpr_is_idle(unsigned acquired)
{
	pthread_mutex_lock(&fake_lock);
	const bool idle = fake.acquired >= acquired && fake.credentials == 0 && fake.contexts == 0;
	pthread_mutex_unlock(&fake_lock);
	return idle;
}

bool fake_winpr_has_been_called(unsigned calls)
{
	pthread_mutex_lock(&fake_lock);
	const bool more = fake.calls > calls;
	pthread_mutex_unlock(&fake_lock);
	return more;
}

/* --- objects ---------------------------------------------------------------------------------- */

static struct fake_object* objects;
static pthread_mutex_t objects_lock = PTHREAD_MUTEX_INITIALIZER;

struct fake_object* fake_object_new(unsigned magic, SecHandle* handle)
{
	struct fake_object* const object = calloc(1, sizeof(*object));
	if (!object)
		return NULL;
	object->magic = magic;
	pthread_mutex_lock(&objects_lock);
	object->next = objects;
	objects = object;
	pthread_mutex_unlock(&objects_lock);
	handle->dwLower = (ULONG_PTR)object;
	handle->dwUpper = 1;
	return object;
}

struct fake_object* fake_object_of(const SecHandle* handle, unsigned magic)
{
	struct fake_object* const object = handle ? (struct fake_object*)handle->dwLower : NULL;
	return object && object->magic == magic ? object : NULL;
}

/* 3.31 and later: only Negotiate's handles are found. */
bool fake_object_is_found(const struct fake_object* object)
{
	return !fake.carried || object->carrier;
}

SECURITY_STATUS fake_object_free(SecHandle* handle, unsigned magic, int* live)
{
	struct fake_object* const object = fake_object_of(handle, magic);
	SECURITY_STATUS status = SEC_E_INVALID_HANDLE;
	fake_count();
	pthread_mutex_lock(&fake_lock);
	/* The number in place of the name, as the functions of 3.31 look for it: ~(place in the list).
	 */
	const bool numbered = handle->dwUpper == ~(ULONG_PTR)2;
	if (!object)
		fake.freed_twice++;
	else if (!fake_object_is_found(object) && !numbered)
		status = SEC_E_SECPKG_NOT_FOUND;
	else
	{
		(*live)--;
		object->magic = 0;
		pthread_mutex_lock(&objects_lock);
		struct fake_object** link = &objects;
		while (*link != object)
			link = &(*link)->next;
		*link = object->next;
		pthread_mutex_unlock(&objects_lock);
		free(object);
		handle->dwLower = handle->dwUpper = 0;
		status = SEC_E_OK;
	}
	pthread_mutex_unlock(&fake_lock);
	return status;
}

void fake_count(void)
{
	pthread_mutex_lock(&fake_lock);
	fake.calls++;
	pthread_mutex_unlock(&fake_lock);
}

void fake_count_form(bool wide)
{
	pthread_mutex_lock(&fake_lock);
	fake.calls++;
	fake.wide = wide;
	pthread_mutex_unlock(&fake_lock);
}

void fake_note(char* to, size_t size, const void* wide, size_t units)
{
	const uint16_t* const text = wide;
	size_t i = 0;
	for (; text && i < units && i + 1 < size; i++)
		to[i] = (char)WIDE(text[i]);
	to[i] = '\0';
}

size_t fake_units(const WCHAR* wide)
{
	size_t units = 0;
	while (wide && wide[units])
		units++;
	return units;
}

/* --- packages --------------------------------------------------------------------------------- */

/* Without a lock, as WinPR's own table of the lists that are out. */
static SECURITY_STATUS enumerate(ULONG* found, PSecPkgInfoA* infos)
{
	static char names[][10] = { "NTLM", "Kerberos", "Negotiate", "CREDSSP", "Schannel" };
	static char comment[] = "a package of WinPR's";
	const ULONG many = 5 + fake.more_packages;
	SecPkgInfoA* const list = calloc(many, sizeof(*list));
	fake_count();
	if (!list || fake.other != SEC_E_OK)
	{
		free(list);
		return fake.other ? fake.other : SEC_E_INSUFFICIENT_MEMORY;
	}
	for (size_t i = 0; i < many; i++)
		list[i] =
		    (SecPkgInfoA){ .cbMaxToken = 1000, .Name = names[i < 5 ? i : 4], .Comment = comment };
	fake.lists_out++;
	fake.lists_were_taken |= fake.lists_are_taken;
	*found = many;
	*infos = list;
	return SEC_E_OK;
}

static SECURITY_STATUS free_buffer(void* buffer)
{
	fake_count();
	fake.lists_out--;
	free(buffer);
	return SEC_E_OK;
}

/* --- what the glue links ---------------------------------------------------------------------- */

#define TABLE_COMMON                                                                               \
	.dwVersion = 3, .FreeCredentialsHandle = fake_free_credential,                                 \
	.AcceptSecurityContext = fake_accept, .CompleteAuthToken = fake_complete,                      \
	.DeleteSecurityContext = fake_delete, .ImpersonateSecurityContext = fake_impersonate,          \
	.RevertSecurityContext = fake_revert, .MakeSignature = fake_sign,                              \
	.VerifySignature = fake_verify, .FreeContextBuffer = free_buffer,                              \
	.EncryptMessage = fake_encrypt, .DecryptMessage = fake_decrypt

/* The table as scripted: whole, empty, or a copy that lacks one entry (in one thread alone). */
static void* scripted(void* table, void* copy, size_t size)
{
	if (!fake.no_table && !fake.missing)
		return table;
	memcpy(copy, table, size);
	if (fake.no_table)
		memset(copy, 0, size);
	else
		memset((char*)copy + fake.missing, 0, sizeof(void (*)(void)));
	return copy;
}

SecurityFunctionTableA* foreign_table_a(void)
{
	static SecurityFunctionTableA copy;
	static SecurityFunctionTableA table = {
		TABLE_COMMON,
		.EnumerateSecurityPackagesA = enumerate,
		.QueryCredentialsAttributesA = fake_query_credential_a,
		.AcquireCredentialsHandleA = fake_acquire_a,
		.InitializeSecurityContextA = fake_initiate_a,
		.QueryContextAttributesA = fake_query_a,
		.SetContextAttributesA = fake_set_a,
		.SetCredentialsAttributesA = fake_set_credential_a,
	};
	return scripted(&table, &copy, sizeof(table));
}

SecurityFunctionTableW* foreign_table_w(void)
{
	static SecurityFunctionTableW copy;
	static SecurityFunctionTableW table = {
		TABLE_COMMON,
		.QueryCredentialsAttributesW = fake_query_credential_w,
		.AcquireCredentialsHandleW = fake_acquire_w,
		.InitializeSecurityContextW = fake_initiate_w,
		.QueryContextAttributesW = fake_query_w,
		.SetContextAttributesW = fake_set_w,
		.SetCredentialsAttributesW = fake_set_credential_w,
	};
	return scripted(&table, &copy, sizeof(table));
}

bool version_at_least(int minor)
{
	return fake.minor >= minor;
}

enum krb5_answer krb5_probe_library(void)
{
	return fake.library;
}

enum krb5_answer krb5_probe_ticket(const char* cache)
{
	pthread_mutex_lock(&fake_lock);
	snprintf(fake.asked_cache, sizeof(fake.asked_cache), "%s", cache ? cache : "");
	pthread_mutex_unlock(&fake_lock);
	return fake.ticket;
}

enum krb5_answer krb5_probe_keytab(const char* keytab)
{
	pthread_mutex_lock(&fake_lock);
	snprintf(fake.asked_keytab, sizeof(fake.asked_keytab), "%s", keytab ? keytab : "");
	pthread_mutex_unlock(&fake_lock);
	fake.keytab_opened++;
	return fake.keytab;
}

enum krb5_answer krb5_probe_entries(const char* keytab, struct blob* entries)
{
	struct writer writer = writer_make(KEYTAB_ENTRIES_MAX);
	char principals[256];
	char* rest = principals;
	(void)keytab;
	fake.keytab_opened++;
	if (!fake.principals)
		return KRB5_UNKNOWN;
	snprintf(principals, sizeof(principals), "%s", fake.principals);
	for (const char* one = NULL; (one = strsep(&rest, " "));)
		keytab_entry_write(&writer, one, fake.key_version, 0);
	return writer_take(&writer, entries) == RESULT_OK ? KRB5_YES : KRB5_UNKNOWN;
}

enum krb5_answer krb5_ask_ticket(const char* keytab, const char* principal)
{
	(void)keytab;
	pthread_mutex_lock(&fake_lock);
	const size_t used = strlen(fake.asked_kdc);
	snprintf(fake.asked_kdc + used, sizeof(fake.asked_kdc) - used, "%s%s", used ? " " : "",
	         principal);
	pthread_mutex_unlock(&fake_lock);
	if (fake.kdc_delay_ms)
		usleep(1000 * fake.kdc_delay_ms);
	fake.clock_ahead_ms += fake.kdc_takes_ms;
	fake.kdc_asked++;
	return fake.refused && strcmp(fake.refused, principal) == 0 ? KRB5_NO : KRB5_YES;
}

enum krb5_answer krb5_probe_default_realm(void)
{
	return fake.realm;
}
