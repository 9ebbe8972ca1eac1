/* SPDX-License-Identifier: Apache-2.0
 *
 * As kerberos/krb5_probe.c the library that WinPR loaded is asked by name; what nobody but the
 * probe asks is not in negossp.so.
 */
#include "user_ticket.h"

#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define MATCH_TIMES 1         /* KRB5_TC_MATCH_TIMES: one that lasts as long as is asked for */
#define STILL_GOOD_SECONDS 60 /* what WinPR wants of a ticket that it does not get anew */
#define NAME_SIZE 1024

union credentials /* krb5_creds, and room for four */
{
	void* room[64];
	struct
	{
		int32_t magic;
		void* client;
		void* server;
		struct
		{
			int32_t magic;
			int32_t type;
			unsigned len;
			void* content;
		} key;
		int32_t authtime;
		int32_t starttime;
		int32_t endtime;
	} known;
};

/* What we call it, its name there, its arguments. */
#define FUNCTIONS(FUNCTION)                                                                        \
	FUNCTION(int32_t, context_new, "krb5_init_context", (void** context))                          \
	FUNCTION(void, context_free, "krb5_free_context", (void* context))                             \
	FUNCTION(int32_t, name_parse, "krb5_parse_name",                                               \
	         (void* context, const char* name, void** principal))                                  \
	FUNCTION(int32_t, name_write, "krb5_unparse_name",                                             \
	         (void* context, const void* principal, char** name))                                  \
	FUNCTION(void, name_free, "krb5_free_unparsed_name", (void* context, char* name))              \
	FUNCTION(void, principal_free, "krb5_free_principal", (void* context, void* principal))        \
	FUNCTION(int32_t, cache_match, "krb5_cc_cache_match",                                          \
	         (void* context, void* principal, void** cache))                                       \
	FUNCTION(int32_t, cache_retrieve, "krb5_cc_retrieve_cred",                                     \
	         (void* context, void* cache, int32_t flags, union credentials* match,                 \
	          union credentials* found))                                                           \
	FUNCTION(int32_t, cache_close, "krb5_cc_close", (void* context, void* cache))                  \
	FUNCTION(void, credentials_free, "krb5_free_cred_contents",                                    \
	         (void* context, union credentials* credentials))

static struct
{
#define MEMBER(type, member, name, arguments) type(*member) arguments;
	FUNCTIONS(MEMBER)
} krb5;

static bool look_up(void)
{
	/* NOLOAD: only what WinPR brought with it counts. */
	void* const library = dlopen("libkrb5.so.3", RTLD_LAZY | RTLD_NOLOAD);
	bool found = library != NULL;
	void* symbol;

#define FIND(type, member, name, arguments)                                                        \
	symbol = found ? dlsym(library, name) : NULL;                                                  \
	memcpy((void*)&krb5.member, &symbol, sizeof(symbol));                                          \
	found = symbol != NULL;
	FUNCTIONS(FIND)
	return found;
}

/* The ticket-granting service of the principal's realm. */
static bool granting_service(void* context, const void* principal, void** service)
{
	char text[NAME_SIZE];
	char* name = NULL;

	if (krb5.name_write(context, principal, &name) != 0)
		return false;
	const char* const at = strrchr(name, '@');
	const int len = at ? snprintf(text, sizeof(text), "krbtgt/%s%s", at + 1, at) : -1;
	krb5.name_free(context, name);
	return len > 0 && (size_t)len < sizeof(text) && krb5.name_parse(context, text, service) == 0;
}

static bool cache_holds(void* context, void* cache, void* principal)
{
	union credentials wanted = { { NULL } };
	union credentials found = { { NULL } };

	wanted.known.client = principal;
	wanted.known.endtime = (int32_t)(time(NULL) + STILL_GOOD_SECONDS);
	if (!granting_service(context, principal, &wanted.known.server))
		return false;
	const bool holds = krb5.cache_retrieve(context, cache, MATCH_TIMES, &wanted, &found) == 0;
	if (holds)
		krb5.credentials_free(context, &found);
	krb5.principal_free(context, wanted.known.server);
	return holds;
}

static bool principal_has_ticket(void* context, void* principal)
{
	void* cache = NULL;

	if (krb5.cache_match(context, principal, &cache) != 0)
		return false;
	const bool holds = cache_holds(context, cache, principal);
	(void)krb5.cache_close(context, cache);
	return holds;
}

bool user_ticket_is_there(const char* user, const char* domain)
{
	char name[NAME_SIZE];
	void* context = NULL;
	void* principal = NULL;
	bool there = false;

	(void)snprintf(name, sizeof(name), "%s%s%s", user, *domain ? "@" : "", domain);
	/* WinPR writes realms large. */
	for (char* at = strchr(name, '@'); at && *at; at++)
		*at = (char)(*at >= 'a' && *at <= 'z' ? *at - 'a' + 'A' : *at);
	if (!look_up() || krb5.context_new(&context) != 0)
		return false;
	if (krb5.name_parse(context, name, &principal) == 0)
	{
		there = principal_has_ticket(context, principal);
		krb5.principal_free(context, principal);
	}
	krb5.context_free(context);
	return there;
}
