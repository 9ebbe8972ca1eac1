/* SPDX-License-Identifier: Apache-2.0
 *
 * The scripted table. Handles are pointers, as WinPR's are; what is freed twice is counted.
 */
#include "fake_winpr.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <winpr/string.h>

#include "fake_object.h"
#include "fake_token.h"
#include "host/foreign.h"
#include "host/layouts.h"
#include "host/version.h"

struct fake_winpr fake = { .minor = 10 };
pthread_mutex_t fake_lock = PTHREAD_MUTEX_INITIALIZER;

struct fake_object* fake_object_of(const SecHandle* handle, unsigned magic)
{
	struct fake_object* const object = handle ? (struct fake_object*)handle->dwLower : NULL;
	return object && object->magic == magic ? object : NULL;
}

void fake_count(void)
{
	pthread_mutex_lock(&fake_lock);
	fake.calls++;
	pthread_mutex_unlock(&fake_lock);
}

bool fake_winpr_is_idle(unsigned acquired)
{
	pthread_mutex_lock(&fake_lock);
	const bool idle = fake.acquired >= acquired && fake.credentials == 0 && fake.contexts == 0;
	pthread_mutex_unlock(&fake_lock);
	return idle;
}

void fake_winpr_reset(void)
{
	const bool carried = fake.carried;
	fake = (struct fake_winpr){ .carried = carried,
		                        .minor = carried ? 33 : 10,
		                        .library = KRB5_YES,
		                        .ticket = KRB5_YES,
		                        .keytab = KRB5_YES,
		                        .realm = KRB5_YES };
}

static void note(char* to, size_t size, const void* wide, size_t units)
{
	const uint16_t* const text = wide;
	size_t i = 0;
	for (; text && i < units && i + 1 < size; i++)
		to[i] = (char)text[i];
	to[i] = '\0';
}

static size_t wide_units(const WCHAR* wide)
{
	size_t units = 0;
	while (wide && wide[units])
		units++;
	return units;
}

static struct fake_object* object_new(unsigned magic, SecHandle* handle)
{
	struct fake_object* const object = calloc(1, sizeof(*object));
	if (!object)
		abort();
	object->magic = magic;
	handle->dwLower = (ULONG_PTR)object;
	handle->dwUpper = 1;
	return object;
}

/* 3.31 and later: only Negotiate's handles are found. */
static bool is_found(const struct fake_object* object)
{
	return !fake.carried || object->carrier;
}

/* --- credentials ------------------------------------------------------------------------------ */

static SECURITY_STATUS acquire(const char* package, ULONG use, void* auth_data, CredHandle* handle)
{
	const SEC_WINNT_AUTH_IDENTITY_EXW* const identity = auth_data;
	fake_count();
	if (fake.delay_ms && (use & SECPKG_CRED_OUTBOUND))
		usleep(1000 * fake.delay_ms);
	pthread_mutex_lock(&fake_lock);
	fake.acquired++;
	snprintf(fake.package, sizeof(fake.package), "%s", package);
	if (identity)
	{
		note(fake.list, sizeof(fake.list), identity->PackageList, identity->PackageListLength);
		note(fake.user, sizeof(fake.user), identity->User, identity->UserLength);
		note(fake.password, sizeof(fake.password), identity->Password, identity->PasswordLength);
		fake.identity_flags = identity->Flags;
	}
	if (fake.acquire == SEC_E_OK)
	{
		struct fake_object* const made = object_new(FAKE_CREDENTIAL, handle);
		made->carrier = strcmp(package, "Negotiate") == 0;
		made->u2u = strstr(fake.list, "u2u") != NULL;
		fake.credentials++;
	}
	pthread_mutex_unlock(&fake_lock);
	return fake.acquire;
}

static SECURITY_STATUS acquire_a(LPSTR principal, LPSTR package, ULONG use, void* logon,
                                 void* auth_data, SEC_GET_KEY_FN key, void* argument,
                                 PCredHandle handle, PTimeStamp expiry)
{
	(void)logon, (void)key, (void)argument, (void)expiry;
	snprintf(fake.principal, sizeof(fake.principal), "%s", principal ? principal : "");
	return acquire(package, use, auth_data, handle);
}

static SECURITY_STATUS acquire_w(LPWSTR principal, LPWSTR package, ULONG use, void* logon,
                                 void* auth_data, SEC_GET_KEY_FN key, void* argument,
                                 PCredHandle handle, PTimeStamp expiry)
{
	char name[16];
	(void)logon, (void)key, (void)argument, (void)expiry;
	pthread_mutex_lock(&fake_lock);
	note(fake.principal, sizeof(fake.principal), principal, wide_units(principal));
	pthread_mutex_unlock(&fake_lock);
	note(name, sizeof(name), package, wide_units(package));
	return acquire(name, use, auth_data, handle);
}

static SECURITY_STATUS free_object(SecHandle* handle, unsigned magic, int* live)
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
	else if (!is_found(object) && !numbered)
		status = SEC_E_SECPKG_NOT_FOUND;
	else
	{
		(*live)--;
		object->magic = 0;
		free(object);
		handle->dwLower = handle->dwUpper = 0;
		status = SEC_E_OK;
	}
	pthread_mutex_unlock(&fake_lock);
	return status;
}

static SECURITY_STATUS free_credential(PCredHandle handle)
{
	return free_object(handle, FAKE_CREDENTIAL, &fake.credentials);
}

static SECURITY_STATUS query_credential(PCredHandle handle, ULONG attribute, void* buffer)
{
	static char name[] = "WinPR's user";
	const struct fake_object* const object = fake_object_of(handle, FAKE_CREDENTIAL);
	fake_count();
	if (!object || !is_found(object))
		return SEC_E_SECPKG_NOT_FOUND;
	if (attribute != SECPKG_CRED_ATTR_NAMES || fake.query != SEC_E_OK)
		return fake.query ? fake.query : SEC_E_UNSUPPORTED_FUNCTION;
	((SecPkgCredentials_NamesA*)buffer)->sUserName = name;
	return SEC_E_OK;
}

static SECURITY_STATUS set_credential(PCredHandle handle, ULONG attribute, void* buffer, ULONG size)
{
	const SecPkgCredentials_KdcProxySettingsW* const proxy = buffer;
	fake_count();
	if (!fake_object_of(handle, FAKE_CREDENTIAL) ||
	    attribute != SECPKG_CRED_ATTR_KDC_PROXY_SETTINGS ||
	    size < sizeof(*proxy) + proxy->ProxyServerLength)
		return SEC_E_INVALID_PARAMETER;
	note(fake.proxy, sizeof(fake.proxy), (const BYTE*)buffer + proxy->ProxyServerOffset,
	     proxy->ProxyServerLength / 2u);
	return fake.set;
}

/* --- contexts --------------------------------------------------------------------------------- */

static struct fake_object* context_of(PCredHandle credential, PCtxtHandle handle,
                                      PCtxtHandle new_handle, bool initiator)
{
	struct fake_object* const with = fake_object_of(credential, FAKE_CREDENTIAL);
	if (!with || !is_found(with))
		return NULL;
	with->uses++;
	if (handle && handle->dwLower)
		return fake_object_of(handle, FAKE_CONTEXT);
	struct fake_object* const made = object_new(FAKE_CONTEXT, new_handle);
	made->carrier = with->carrier;
	made->u2u = with->u2u;
	made->initiator = initiator;
	made->owner_uses = &with->uses;
	pthread_mutex_lock(&fake_lock);
	fake.contexts++;
	pthread_mutex_unlock(&fake_lock);
	return made;
}

static SECURITY_STATUS fail(struct fake_object* context, PCtxtHandle new_handle,
                            SECURITY_STATUS status)
{
	/* As WinPR's packages do: a first call that fails leaves nothing. */
	if (context && context->steps == 0)
		(void)free_object(new_handle, FAKE_CONTEXT, &fake.contexts);
	return status;
}

static SECURITY_STATUS initiate(PCredHandle credential, PCtxtHandle handle, const char* target,
                                ULONG request, PSecBufferDesc input, PCtxtHandle new_handle,
                                PSecBufferDesc output, PULONG attributes)
{
	bool completed = true;
	fake_count();
	const bool first = !handle || !handle->dwLower;
	if (first && fake.delay_ms)
		usleep(1000 * fake.delay_ms);
	struct fake_object* const context = context_of(credential, handle, new_handle, true);
	if (!context)
		return SEC_E_INVALID_HANDLE;
	pthread_mutex_lock(&fake_lock);
	snprintf(fake.target, sizeof(fake.target), "%s", target);
	fake.flags = request;
	for (ULONG i = 0; first && input && i < input->cBuffers; i++)
	{
		const SecBuffer* const buffer = &input->pBuffers[i];
		if (buffer->BufferType != SECBUFFER_CHANNEL_BINDINGS ||
		    buffer->cbBuffer > sizeof(fake.bindings))
			continue;
		memcpy(fake.bindings, buffer->pvBuffer, buffer->cbBuffer);
		fake.bindings_len = buffer->cbBuffer;
	}
	pthread_mutex_unlock(&fake_lock);
	const SECURITY_STATUS scripted = first ? fake.initiate : fake.later;
	if (scripted != SEC_E_OK)
		return fail(context, new_handle, scripted);
	if (request & ISC_REQ_USE_SESSION_KEY)
		context->u2u = true;
	*attributes = request;
	if (first)
	{
		const struct text token =
		    context->u2u ? fake_token_make(true, 4, 0) : fake_token_make(false, 1, 0);
		const SECURITY_STATUS status = fake_token_put(output, token, context->carrier, true);
		context->steps = 1;
		/* Negotiate always waits for negState; Kerberos itself knows when it is done. */
		return status == SEC_E_OK && (context->carrier || !fake.no_mutual) ? SEC_I_CONTINUE_NEEDED
		                                                                   : status;
	}
	const unsigned id = fake_token_id(input, context->carrier, &completed);
	if (id == 0x0401)
		return completed && context->carrier ? SEC_E_INVALID_TOKEN
		       : fake_token_put(output, fake_token_make(true, 1, 0), context->carrier, false) ==
		               SEC_E_OK
		           ? SEC_I_CONTINUE_NEEDED
		           : SEC_E_BUFFER_TOO_SMALL;
	if (id != 0x0200 || !completed)
		return SEC_E_INVALID_TOKEN;
	output->pBuffers[0].cbBuffer = 0;
	return SEC_E_OK;
}

static SECURITY_STATUS initiate_a(PCredHandle credential, PCtxtHandle handle, SEC_CHAR* target,
                                  ULONG request, ULONG reserved1, ULONG rep, PSecBufferDesc input,
                                  ULONG reserved2, PCtxtHandle new_handle, PSecBufferDesc output,
                                  PULONG attributes, PTimeStamp expiry)
{
	(void)reserved1, (void)reserved2, (void)rep, (void)expiry;
	return initiate(credential, handle, target ? target : "", request, input, new_handle, output,
	                attributes);
}

static SECURITY_STATUS initiate_w(PCredHandle credential, PCtxtHandle handle, SEC_WCHAR* target,
                                  ULONG request, ULONG reserved1, ULONG rep, PSecBufferDesc input,
                                  ULONG reserved2, PCtxtHandle new_handle, PSecBufferDesc output,
                                  PULONG attributes, PTimeStamp expiry)
{
	char name[64];
	(void)reserved1, (void)reserved2, (void)rep, (void)expiry;
	note(name, sizeof(name), target, wide_units(target));
	return initiate(credential, handle, name, request, input, new_handle, output, attributes);
}

static SECURITY_STATUS accept_call(PCredHandle credential, PCtxtHandle handle, PSecBufferDesc input,
                                   ULONG request, ULONG rep, PCtxtHandle new_handle,
                                   PSecBufferDesc output, PULONG attributes, PTimeStamp expiry)
{
	bool ignored = true;
	(void)request, (void)rep, (void)expiry;
	fake_count();
	struct fake_object* const context = context_of(credential, handle, new_handle, false);
	if (!context)
		return SEC_E_INVALID_HANDLE;
	if (fake.accept != SEC_E_OK)
		return fail(context, new_handle, fake.accept);
	const unsigned id = fake_token_id(input, false, &ignored);
	context->steps++;
	if (attributes)
		*attributes = ASC_RET_CONFIDENTIALITY | ASC_RET_INTEGRITY | ASC_RET_MUTUAL_AUTH;
	if (id == 0x0400)
	{
		context->u2u = true;
		return fake_token_put(output, fake_token_make(true, 4, 1), false, false) == SEC_E_OK
		           ? SEC_I_CONTINUE_NEEDED
		           : SEC_E_BUFFER_TOO_SMALL;
	}
	if (id != 0x0100)
		return SEC_E_INVALID_TOKEN;
	if (fake.no_mutual)
	{
		output->pBuffers[0].cbBuffer = 0;
		return SEC_E_OK;
	}
	return fake_token_put(output, fake_token_make(context->u2u, 2, 0), false, false);
}

static SECURITY_STATUS delete_context(PCtxtHandle handle)
{
	return free_object(handle, FAKE_CONTEXT, &fake.contexts);
}

static SECURITY_STATUS query_context(PCtxtHandle handle, ULONG attribute, void* buffer)
{
	fake_count();
	if (!fake_object_of(handle, FAKE_CONTEXT))
		return SEC_E_INVALID_HANDLE;
	if (fake.query != SEC_E_OK)
		return fake.query;
	if (attribute == SECPKG_ATTR_SIZES)
		*(SecPkgContext_Sizes*)buffer =
		    (SecPkgContext_Sizes){ .cbMaxToken = 12256,
			                       .cbMaxSignature = FAKE_SIGNATURE_SIZE,
			                       .cbBlockSize = 1,
			                       .cbSecurityTrailer = FAKE_TRAILER_SIZE };
	else
		*(ULONG*)buffer = attribute;
	return SEC_E_OK;
}

static SECURITY_STATUS set_context(PCtxtHandle handle, ULONG attribute, void* buffer, ULONG size)
{
	(void)attribute, (void)buffer, (void)size;
	fake_count();
	return fake_object_of(handle, FAKE_CONTEXT) ? fake.set : SEC_E_INVALID_HANDLE;
}

static SECURITY_STATUS plain_context(PCtxtHandle handle)
{
	fake_count();
	return fake_object_of(handle, FAKE_CONTEXT) ? fake.other : SEC_E_INVALID_HANDLE;
}

static SECURITY_STATUS complete_context(PCtxtHandle handle, PSecBufferDesc token)
{
	(void)token;
	return plain_context(handle);
}

/* --- packages --------------------------------------------------------------------------------- */

/* Lists that are out: WinPR's own table of them has no lock either. */
static unsigned lists_out;

static SECURITY_STATUS enumerate(ULONG* found, PSecPkgInfoA* infos)
{
	static char names[][10] = { "NTLM", "Kerberos", "Negotiate", "CREDSSP", "Schannel" };
	static char comment[] = "a package of WinPR's";
	SecPkgInfoA* const list = calloc(5, sizeof(*list));
	fake_count();
	if (!list || fake.other != SEC_E_OK)
	{
		free(list);
		return fake.other ? fake.other : SEC_E_INSUFFICIENT_MEMORY;
	}
	for (size_t i = 0; i < 5; i++)
		list[i] = (SecPkgInfoA){ .cbMaxToken = 1000, .Name = names[i], .Comment = comment };
	lists_out++;
	*found = 5;
	*infos = list;
	return SEC_E_OK;
}

static SECURITY_STATUS free_buffer(void* buffer)
{
	fake_count();
	lists_out--;
	free(buffer);
	return SEC_E_OK;
}

/* --- what the glue links ---------------------------------------------------------------------- */

const SecurityFunctionTableA* foreign_table_a(void)
{
	static const SecurityFunctionTableA none;
	static const SecurityFunctionTableA table = { .dwVersion = 3,
		                                          .EnumerateSecurityPackagesA = enumerate,
		                                          .QueryCredentialsAttributesA = query_credential,
		                                          .AcquireCredentialsHandleA = acquire_a,
		                                          .FreeCredentialsHandle = free_credential,
		                                          .InitializeSecurityContextA = initiate_a,
		                                          .AcceptSecurityContext = accept_call,
		                                          .CompleteAuthToken = complete_context,
		                                          .DeleteSecurityContext = delete_context,
		                                          .QueryContextAttributesA = query_context,
		                                          .ImpersonateSecurityContext = plain_context,
		                                          .RevertSecurityContext = plain_context,
		                                          .MakeSignature = fake_sign,
		                                          .VerifySignature = fake_verify,
		                                          .FreeContextBuffer = free_buffer,
		                                          .EncryptMessage = fake_encrypt,
		                                          .DecryptMessage = fake_decrypt,
		                                          .SetContextAttributesA = set_context,
		                                          .SetCredentialsAttributesA = set_credential };
	return fake.no_table ? &none : &table;
}

const SecurityFunctionTableW* foreign_table_w(void)
{
	static const SecurityFunctionTableW none;
	static const SecurityFunctionTableW table = { .dwVersion = 3,
		                                          .QueryCredentialsAttributesW = query_credential,
		                                          .AcquireCredentialsHandleW = acquire_w,
		                                          .FreeCredentialsHandle = free_credential,
		                                          .InitializeSecurityContextW = initiate_w,
		                                          .AcceptSecurityContext = accept_call,
		                                          .DeleteSecurityContext = delete_context,
		                                          .QueryContextAttributesW = query_context,
		                                          .MakeSignature = fake_sign,
		                                          .VerifySignature = fake_verify,
		                                          .EncryptMessage = fake_encrypt,
		                                          .DecryptMessage = fake_decrypt,
		                                          .SetContextAttributesW = set_context,
		                                          .SetCredentialsAttributesW = set_credential };
	return fake.no_table ? &none : &table;
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
	(void)cache;
	return fake.ticket;
}

enum krb5_answer krb5_probe_keytab(const char* keytab)
{
	(void)keytab;
	return fake.keytab;
}

enum krb5_answer krb5_probe_default_realm(void)
{
	return fake.realm;
}
