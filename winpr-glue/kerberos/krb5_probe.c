/* SPDX-License-Identifier: Apache-2.0
 *
 * The Kerberos library that WinPR loaded, reached by name. The handful of functions used has kept
 * its ABI in MIT krb5 since 1.11; every handle is an opaque pointer to us. Two structures are the
 * caller's there, and Heimdal has others: what needs them is asked of MIT's library alone.
 */
#include "kerberos/krb5_probe.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "kerberos/keytab_entries.h"

struct mit_keytab_entry /* krb5_keytab_entry */
{
	int32_t magic;
	void* principal;
	int32_t timestamp;
	uint32_t version;
	void* key[4]; /* krb5_keyblock has three of them */
};

struct mit_credentials /* krb5_creds, which is a quarter of this */
{
	void* room[64];
};

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
	FUNCTION(int32_t, keytab_start, "krb5_kt_start_seq_get",                                       \
	         (void* context, void* keytab, void** cursor))                                         \
	FUNCTION(int32_t, keytab_next, "krb5_kt_next_entry",                                           \
	         (void* context, void* keytab, struct mit_keytab_entry* entry, void** cursor))         \
	FUNCTION(int32_t, keytab_end, "krb5_kt_end_seq_get",                                           \
	         (void* context, void* keytab, void** cursor))                                         \
	FUNCTION(int32_t, entry_free, "krb5_free_keytab_entry_contents",                               \
	         (void* context, struct mit_keytab_entry* entry))                                      \
	FUNCTION(int32_t, name_write, "krb5_unparse_name",                                             \
	         (void* context, const void* principal, char** name))                                  \
	FUNCTION(void, name_free, "krb5_free_unparsed_name", (void* context, char* name))              \
	FUNCTION(int32_t, name_parse, "krb5_parse_name",                                               \
	         (void* context, const char* name, void** principal))                                  \
	FUNCTION(int32_t, ticket_get, "krb5_get_init_creds_keytab",                                    \
	         (void* context, struct mit_credentials* credentials, void* client, void* keytab,      \
	          int32_t start, const char* service, void* options))                                  \
	FUNCTION(void, ticket_free, "krb5_free_cred_contents",                                         \
	         (void* context, struct mit_credentials* credentials))                                 \
	FUNCTION(int32_t, default_realm, "krb5_get_default_realm", (void* context, char** realm))      \
	FUNCTION(void, default_realm_free, "krb5_free_default_realm", (void* context, char* realm))

static struct
{
	bool loaded;
	bool usable;
	bool mit;
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
		krb5.mit = i == 0;
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

/* What is done with an open keytab. */
typedef enum krb5_answer keytab_use(void* context, void* keytab, void* with);

static enum krb5_answer with_keytab(const char* name, keytab_use* use, void* with)
{
	void* context = NULL;
	void* keytab = NULL;
	enum krb5_answer answer = krb5_open(&context);

	if (answer != KRB5_YES)
		return answer;
	answer = KRB5_NO;
	if ((name ? krb5.keytab_resolve(context, name, &keytab)
	          : krb5.keytab_default(context, &keytab)) == 0)
	{
		answer = use(context, keytab, with);
		krb5.keytab_close(context, keytab);
	}
	krb5.context_free(context);
	return answer;
}

static enum krb5_answer have_content(void* context, void* keytab, void* with)
{
	(void)with;
	return krb5.keytab_have_content(context, keytab) == 0 ? KRB5_YES : KRB5_NO;
}

enum krb5_answer krb5_probe_keytab(const char* keytab)
{
	return with_keytab(keytab, have_content, NULL);
}

/* --- a keytab's entries ----------------------------------------------------------------------- */

static enum krb5_answer read_entries(void* context, void* keytab, void* with)
{
	struct writer writer = writer_make(KEYTAB_ENTRIES_MAX);
	struct mit_keytab_entry entry = { 0 };
	void* cursor = NULL;
	char* name = NULL;

	if (!krb5.mit)
		return KRB5_UNKNOWN;
	if (krb5.keytab_start(context, keytab, &cursor) != 0)
		return KRB5_NO;
	while (krb5.keytab_next(context, keytab, &entry, &cursor) == 0)
	{
		if (krb5.name_write(context, entry.principal, &name) == 0)
		{
			keytab_entry_write(&writer, name, entry.version, (uint32_t)entry.timestamp);
			krb5.name_free(context, name);
		}
		(void)krb5.entry_free(context, &entry);
	}
	(void)krb5.keytab_end(context, keytab, &cursor);
	return writer_take(&writer, with) == RESULT_OK ? KRB5_YES : KRB5_UNKNOWN;
}

enum krb5_answer krb5_probe_entries(const char* keytab, struct blob* entries)
{
	return with_keytab(keytab, read_entries, entries);
}

/* --- the KDC ---------------------------------------------------------------------------------- */

static enum krb5_answer ask(void* context, void* keytab, void* with)
{
	struct mit_credentials credentials = { { NULL } };
	void* principal = NULL;
	enum krb5_answer answer = KRB5_NO;

	if (!krb5.mit)
		return KRB5_UNKNOWN;
	if (krb5.name_parse(context, with, &principal) != 0)
		return KRB5_NO;
	if (krb5.ticket_get(context, &credentials, principal, keytab, 0, NULL, NULL) == 0)
	{
		krb5.ticket_free(context, &credentials);
		answer = KRB5_YES;
	}
	krb5.principal_free(context, principal);
	return answer;
}

enum krb5_answer krb5_ask_ticket(const char* keytab, const char* principal)
{
	return with_keytab(keytab, ask, (void*)(uintptr_t)principal);
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
