/* SPDX-License-Identifier: Apache-2.0
 *
 * The Kerberos library that WinPR loaded, reached by name. The handful of functions used has kept
 * its ABI in MIT krb5 since 1.11; every handle is an opaque pointer to us.
 */
#include "kerberos/krb5_probe.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef int32_t (*context_new_fn)(void** context);
typedef void (*context_free_fn)(void* context);
typedef int32_t (*resolve_fn)(void* context, const char* name, void** handle);
typedef int32_t (*default_fn)(void* context, void** handle);
typedef int32_t (*close_fn)(void* context, void* handle);
typedef int32_t (*have_content_fn)(void* context, void* handle);
typedef int32_t (*collection_fn)(void* context);
typedef int32_t (*principal_fn)(void* context, void* cache, void** principal);
typedef void (*principal_free_fn)(void* context, void* principal);
typedef int32_t (*realm_fn)(void* context, char** realm);
typedef void (*realm_free_fn)(void* context, char* realm);

static struct
{
	bool loaded;
	bool usable;
	context_new_fn context_new;
	context_free_fn context_free;
	resolve_fn cache_resolve;
	close_fn cache_close;
	principal_fn cache_principal;
	principal_free_fn principal_free;
	collection_fn collection_have_content;
	resolve_fn keytab_resolve;
	default_fn keytab_default;
	close_fn keytab_close;
	have_content_fn keytab_have_content;
	realm_fn default_realm;
	realm_free_fn default_realm_free;
} krb5;

static pthread_once_t krb5_once = PTHREAD_ONCE_INIT;

/* POSIX promises that dlsym's result can become a function pointer; ISO C knows no such cast. */
static bool symbol(void* library, const char* name, void* function)
{
	void* found = dlsym(library, name);

	memcpy(function, &found, sizeof(found));
	return found != NULL;
}

static void krb5_look_up(void)
{
	static const char* const names[] = { "libkrb5.so.3", "libkrb5.so.26" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
	{
		/* NOLOAD: only what WinPR brought with it counts. */
		void* library = dlopen(names[i], RTLD_LAZY | RTLD_NOLOAD);

		if (!library)
			continue;
		krb5.loaded = true;
		krb5.usable =
		    symbol(library, "krb5_init_context", (void*)&krb5.context_new) &&
		    symbol(library, "krb5_free_context", (void*)&krb5.context_free) &&
		    symbol(library, "krb5_cc_resolve", (void*)&krb5.cache_resolve) &&
		    symbol(library, "krb5_cc_close", (void*)&krb5.cache_close) &&
		    symbol(library, "krb5_cc_get_principal", (void*)&krb5.cache_principal) &&
		    symbol(library, "krb5_free_principal", (void*)&krb5.principal_free) &&
		    symbol(library, "krb5_cccol_have_content", (void*)&krb5.collection_have_content) &&
		    symbol(library, "krb5_kt_resolve", (void*)&krb5.keytab_resolve) &&
		    symbol(library, "krb5_kt_default", (void*)&krb5.keytab_default) &&
		    symbol(library, "krb5_kt_close", (void*)&krb5.keytab_close) &&
		    symbol(library, "krb5_kt_have_content", (void*)&krb5.keytab_have_content) &&
		    symbol(library, "krb5_get_default_realm", (void*)&krb5.default_realm) &&
		    symbol(library, "krb5_free_default_realm", (void*)&krb5.default_realm_free);
		return;
	}
}

enum krb5_answer krb5_probe_library(void)
{
	pthread_once(&krb5_once, krb5_look_up);
	if (!krb5.loaded)
		return KRB5_NO;
	return krb5.usable ? KRB5_YES : KRB5_UNKNOWN;
}

/* A library context for one question, or the answer when there is none to be had. */
static enum krb5_answer krb5_open(void** context)
{
	const enum krb5_answer library = krb5_probe_library();

	if (library != KRB5_YES)
		return library;
	/* A krb5.conf that cannot be read makes this fail, and WinPR's own start likewise. */
	return krb5.context_new(context) == 0 ? KRB5_YES : KRB5_NO;
}

static enum krb5_answer cache_has_principal(void* context, const char* name)
{
	void* cache = NULL;
	void* principal = NULL;
	enum krb5_answer answer = KRB5_NO;

	if (krb5.cache_resolve(context, name, &cache) != 0)
		return KRB5_NO;
	if (krb5.cache_principal(context, cache, &principal) == 0)
	{
		krb5.principal_free(context, principal);
		answer = KRB5_YES;
	}
	krb5.cache_close(context, cache);
	return answer;
}

enum krb5_answer krb5_probe_ticket(const char* cache)
{
	void* context = NULL;
	enum krb5_answer answer = krb5_open(&context);

	if (answer != KRB5_YES)
		return answer;
	if (cache)
		answer = cache_has_principal(context, cache);
	else
		answer = krb5.collection_have_content(context) == 0 ? KRB5_YES : KRB5_NO;
	krb5.context_free(context);
	return answer;
}

enum krb5_answer krb5_probe_keytab(const char* keytab)
{
	void* context = NULL;
	void* handle = NULL;
	enum krb5_answer answer = krb5_open(&context);

	if (answer != KRB5_YES)
		return answer;
	answer = KRB5_NO;
	if ((keytab ? krb5.keytab_resolve(context, keytab, &handle)
	            : krb5.keytab_default(context, &handle)) == 0)
	{
		if (krb5.keytab_have_content(context, handle) == 0)
			answer = KRB5_YES;
		krb5.keytab_close(context, handle);
	}
	krb5.context_free(context);
	return answer;
}

enum krb5_answer krb5_probe_default_realm(void)
{
	void* context = NULL;
	char* realm = NULL;
	enum krb5_answer answer = krb5_open(&context);

	if (answer != KRB5_YES)
		return answer;
	answer = KRB5_NO;
	if (krb5.default_realm(context, &realm) == 0)
	{
		krb5.default_realm_free(context, realm);
		answer = KRB5_YES;
	}
	krb5.context_free(context);
	return answer;
}
