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

/* What we call it, its name there, its arguments. */
#define KRB5_FUNCTIONS(FUNCTION)                                                                   \
	FUNCTION(int32_t, context_new, "krb5_init_context", (void** context))                          \
	FUNCTION(void, context_free, "krb5_free_context", (void* context))                             \
	FUNCTION(int32_t, cache_resolve, "krb5_cc_resolve",                                            \
	         (void* context, const char* name, void** cache))                                      \
	FUNCTION(int32_t, cache_close, "krb5_cc_close", (void* context, void* cache))                  \
	FUNCTION(int32_t, cache_principal, "krb5_cc_get_principal",                                    \
	         (void* context, void* cache, void** principal))                                       \
	FUNCTION(void, principal_free, "krb5_free_principal", (void* context, void* principal))        \
	FUNCTION(int32_t, collection_have_content, "krb5_cccol_have_content", (void* context))         \
	FUNCTION(int32_t, keytab_resolve, "krb5_kt_resolve",                                           \
	         (void* context, const char* name, void** keytab))                                     \
	FUNCTION(int32_t, keytab_default, "krb5_kt_default", (void* context, void** keytab))           \
	FUNCTION(int32_t, keytab_close, "krb5_kt_close", (void* context, void* keytab))                \
	FUNCTION(int32_t, keytab_have_content, "krb5_kt_have_content", (void* context, void* keytab))  \
	FUNCTION(int32_t, default_realm, "krb5_get_default_realm", (void* context, char** realm))      \
	FUNCTION(void, default_realm_free, "krb5_free_default_realm", (void* context, char* realm))

static struct
{
	bool loaded;
	bool usable;
#define KRB5_MEMBER(type, member, name, arguments) type(*member) arguments;
	KRB5_FUNCTIONS(KRB5_MEMBER)
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
		krb5.usable = true;
#define KRB5_FIND(type, member, name, arguments)                                                   \
	krb5.usable = symbol(library, name, (void*)&krb5.member) && krb5.usable;
		KRB5_FUNCTIONS(KRB5_FIND)
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
