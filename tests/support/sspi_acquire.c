/* SPDX-License-Identifier: Apache-2.0
 *
 * Function tables and credentials for sspi_pair.h: dlopen as FreeRDP's LoadLibrary does it, and
 * AcquireCredentialsHandle with the structure of FreeRDP 3.0 to 3.30
 * (SEC_WINNT_AUTH_IDENTITY_WINPR, flag 0x100).
 */
#include "sspi_pair.h"
#include "winpr_v1.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <winpr/error.h>
#include <winpr/ssl.h>
#include <winpr/string.h>

static void* module_symbol(const char* name)
{
	/* FreeRDP never closes the module either. */
	static void* module;
	if (!module)
		module = dlopen(NEGOSSP_MODULE_PATH, RTLD_LAZY | RTLD_LOCAL);
	void* symbol = module ? dlsym(module, name) : NULL;
	if (!symbol)
	{
		fprintf(stderr, "%s\n", dlerror());
		abort();
	}
	return symbol;
}

struct sspi_table sspi_module_a(void)
{
	union
	{
		void* symbol;
		INIT_SECURITY_INTERFACE_A function;
	} init = { module_symbol("InitSecurityInterfaceA") };
	return (struct sspi_table){ .a = init.function() };
}

struct sspi_table sspi_module_w(void)
{
	union
	{
		void* symbol;
		INIT_SECURITY_INTERFACE_W function;
	} init = { module_symbol("InitSecurityInterfaceW") };
	return (struct sspi_table){ .w = init.function() };
}

struct sspi_table sspi_builtin(void)
{
	/* FreeRDP does this before it uses the table; WinPR's MD4 and RC4 come from it. */
	if (!winpr_InitializeSSL(WINPR_SSL_INIT_DEFAULT))
		abort();
	return (struct sspi_table){ .a = InitSecurityInterfaceExA(0) };
}

bool sspi_builtin_is_reachable(void)
{
	const SecurityFunctionTableA* const winpr = sspi_builtin().a;
	SecPkgCredentials_NamesA names = { NULL };
	CredHandle handle = { 0, 0 };
	char package[] = "Kerberos";

	if (winpr->AcquireCredentialsHandleA(NULL, package, SECPKG_CRED_INBOUND, NULL, NULL, NULL, NULL,
	                                     &handle, NULL) != SEC_E_OK)
		return true;
	const bool found = winpr->QueryCredentialsAttributesA(&handle, SECPKG_CRED_ATTR_NAMES,
	                                                      &names) != SEC_E_SECPKG_NOT_FOUND;
	(void)winpr->FreeCredentialsHandle(&handle);
	return found;
}

SECURITY_STATUS sspi_query(const struct sspi_table* table, CtxtHandle* context, ULONG attribute,
                           void* buffer)
{
	return table->a ? table->a->QueryContextAttributesA(context, attribute, buffer)
	                : table->w->QueryContextAttributesW(context, attribute, buffer);
}

struct sspi_setup sspi_setup_nla(const char* user, const char* domain, const char* password,
                                 const char* sam_file)
{
	const struct sspi_table table = sspi_module_a();
	return (struct sspi_setup){ .client_table = table,
		                        .server_table = table,
		                        .client_package = "Negotiate",
		                        .server_package = "Negotiate",
		                        .target = "TERMSRV/server.example",
		                        .user = user,
		                        .domain = domain,
		                        .password = password,
		                        .sam_file = sam_file,
		                        .client_flags = SSPI_NLA_CLIENT_FLAGS,
		                        .server_flags = SSPI_NLA_SERVER_FLAGS };
}

static bool package_max_token(const struct sspi_table* table, const char* package, ULONG* max)
{
	char name[32];
	snprintf(name, sizeof(name), "%s", package);
	if (table->a)
	{
		SecPkgInfoA* info = NULL;
		if (table->a->QuerySecurityPackageInfoA(name, &info) != SEC_E_OK)
			return false;
		*max = info->cbMaxToken;
		return table->a->FreeContextBuffer(info) == SEC_E_OK;
	}
	WCHAR* wide = ConvertUtf8ToWCharAlloc(name, NULL);
	SecPkgInfoW* info = NULL;
	const SECURITY_STATUS status = table->w->QuerySecurityPackageInfoW(wide, &info);
	free(wide);
	if (status != SEC_E_OK)
		return false;
	*max = info->cbMaxToken;
	return table->w->FreeContextBuffer(info) == SEC_E_OK;
}

static SECURITY_STATUS call_acquire(struct sspi_end* end, const char* package, void* auth_data)
{
	const ULONG use = end->is_server ? SECPKG_CRED_INBOUND : SECPKG_CRED_OUTBOUND;
	SECURITY_STATUS status = SEC_E_INTERNAL_ERROR;
	if (end->table.a)
	{
		char* name = strdup(package);
		status = end->table.a->AcquireCredentialsHandleA(NULL, name, use, NULL, auth_data, NULL,
		                                                 NULL, &end->credential, NULL);
		free(name);
	}
	else
	{
		WCHAR* name = ConvertUtf8ToWCharAlloc(package, NULL);
		status = end->table.w->AcquireCredentialsHandleW(NULL, name, use, NULL, auth_data, NULL,
		                                                 NULL, &end->credential, NULL);
		free(name);
	}
	return status;
}

/* ICU, which WinPR converts with, leaves a copy on the stack; tests search memory for it. */
static __attribute__((noinline)) void stack_spoil(void)
{
	uint8_t frames[4096];
	explicit_bzero(frames, sizeof(frames));
}

/* A compiler leaves out what is written to memory that is then freed; this it does not. */
static void spoil(void* text, size_t size)
{
	if (text)
		explicit_bzero(text, size);
	free(text);
}

/* UTF-8 as UTF-16 on the heap without a terminating NUL that anyone may rely on. */
static UINT16* wide_exact(const char* text, UINT32* length)
{
	*length = 0;
	if (!text)
		return NULL;
	size_t count = 0;
	WCHAR* wide = ConvertUtf8ToWCharAlloc(text, &count);
	if (!wide)
		abort();
	UINT16* exact = calloc(count ? count : 1, sizeof(UINT16));
	if (!exact)
		abort();
	memcpy(exact, wide, count * sizeof(UINT16));
	spoil(wide, count * sizeof(WCHAR));
	*length = (UINT32)count;
	return exact;
}

static void* narrow_exact(const char* text, UINT32* length)
{
	*length = text ? (UINT32)strlen(text) : 0;
	if (!text)
		return NULL;
	char* exact = malloc(*length ? *length : 1);
	if (!exact)
		abort();
	memcpy(exact, text, *length);
	return exact;
}

static bool is_ansi(const SEC_WINNT_AUTH_IDENTITY_EXW* identity)
{
	return identity->Flags & SEC_WINNT_AUTH_IDENTITY_ANSI;
}

static void* text_exact(const SEC_WINNT_AUTH_IDENTITY_EXW* identity, const char* text,
                        UINT32* length)
{
	return is_ansi(identity) ? narrow_exact(text, length) : wide_exact(text, length);
}

static void spoil_text(const SEC_WINNT_AUTH_IDENTITY_EXW* identity, void* text, UINT32 length)
{
	spoil(text, length * (is_ansi(identity) ? 1 : sizeof(UINT16)));
}

static void password_as_it_stands(SEC_WINNT_AUTH_IDENTITY_EXW* identity,
                                  const struct sspi_setup* setup)
{
	union
	{
		const void* in;
		void* out;
	} unconst = { setup->password_as_is };
	spoil_text(identity, identity->Password, identity->PasswordLength);
	identity->Password = unconst.out;
	identity->PasswordLength = setup->password_as_is_len;
}

static void spoil_string(char* text)
{
	spoil(text, text ? strlen(text) : 0);
}

SECURITY_STATUS sspi_end_acquire(struct sspi_end* end, const struct sspi_setup* setup,
                                 bool is_server)
{
	*end = (struct sspi_end){ .setup = setup,
		                      .table = is_server ? setup->server_table : setup->client_table,
		                      .is_server = is_server,
		                      .flags = is_server ? setup->server_flags : setup->client_flags };
	const char* package = is_server ? setup->server_package : setup->client_package;
	if (!package_max_token(&end->table, package, &end->max_token))
		return end->acquired = SEC_E_SECPKG_NOT_FOUND;
	end->output_room = end->max_token;

	winpr_ntlm_v1 ntlm = { 0 };
	winpr_kerberos_v1 kerberos = { 0 };
	winpr_identity_v1 data = { .ntlmSettings = &ntlm, .kerberosSettings = &kerberos };
	SEC_WINNT_AUTH_IDENTITY_EXW* identity = &data.identity;
	identity->Version = SEC_WINNT_AUTH_IDENTITY_VERSION;
	identity->Length = sizeof(SEC_WINNT_AUTH_IDENTITY_EXW);
	identity->Flags = SEC_WINNT_AUTH_IDENTITY_EXTENDED | (is_server ? 0 : setup->identity_flags);
	if (!is_ansi(identity))
		identity->Flags |= SEC_WINNT_AUTH_IDENTITY_UNICODE;
	bool given = false;
	if (is_server)
	{
		ntlm.samFile = setup->sam_file ? strdup(setup->sam_file) : NULL;
		ntlm.hashCallback = setup->hash_callback;
		ntlm.hashCallbackArg = setup->hash_callback_arg;
		kerberos.keytab = setup->keytab ? strdup(setup->keytab) : NULL;
		given = setup->sam_file || setup->hash_callback || setup->keytab;
	}
	else if (setup->user)
	{
		identity->User = text_exact(identity, setup->user, &identity->UserLength);
		identity->Domain = text_exact(identity, setup->domain, &identity->DomainLength);
		identity->Password = text_exact(identity, setup->password, &identity->PasswordLength);
		stack_spoil();
		if (setup->password_as_is)
			password_as_it_stands(identity, setup);
		kerberos.cache = setup->ccache ? strdup(setup->ccache) : NULL;
		kerberos.keytab = setup->client_keytab ? strdup(setup->client_keytab) : NULL;
		kerberos.pkinitX509Identity = setup->certificate ? strdup(setup->certificate) : NULL;
		given = true;
	}
	if (given)
		identity->PackageList =
		    text_exact(identity, setup->package_list, &identity->PackageListLength);
	const UINT32 password_length = identity->PasswordLength;
	identity->PasswordLength += setup->password_length_extra;

	SetLastError(SSPI_STALE_ERROR);
	end->acquired = call_acquire(end, package, given ? &data : NULL);
	end->last_error = GetLastError();
	if (end->acquired == SEC_E_OK)
		end->phase = SSPI_CREDENTIAL;

	/* FreeRDP's structure is on its stack and its strings may go: nothing may be borrowed. */
	spoil_text(identity, identity->User, identity->UserLength);
	spoil_text(identity, identity->Domain, identity->DomainLength);
	if (!setup->password_as_is)
		spoil_text(identity, identity->Password, password_length);
	spoil_text(identity, identity->PackageList, identity->PackageListLength);
	spoil_string(ntlm.samFile);
	spoil_string(kerberos.keytab);
	spoil_string(kerberos.cache);
	spoil_string(kerberos.pkinitX509Identity);
	memset(&data, 0xA5, sizeof(data));
	return end->acquired;
}
