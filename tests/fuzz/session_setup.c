/* SPDX-License-Identifier: Apache-2.0
 *
 * All settings zero are those of NLA. Kerberos is the scripted WinPR's, which answers at once, so
 * that no thread and no clock decides anything.
 */
#include "session_setup.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <winpr/string.h>

#include "fake_registry.h"
#include "fake_winpr.h"
#include "log_capture.h"
#include "sandbox.h"
#include "sspi/table.h"

#define OWN "SSPI\\Negossp"
#define WINPR_NTLM "WinPR\\NTLM"

static struct sandbox box;

/* --- text ------------------------------------------------------------------------------------- */

/* For as long as the process. */
static struct part wide(const char* text)
{
	size_t count = 0;
	WCHAR* made = text ? ConvertUtf8ToWCharAlloc(text, &count) : NULL;
	return made ? (struct part){ (const uint8_t*)made, 2 * count } : (struct part){ NULL, 0 };
}

/* --- accounts and identities ------------------------------------------------------------------ */

static const struct
{
	const char* user;
	const char* domain;
	const char* password;
} people[] = { { "user", "CORP", "Password" },     { "user", NULL, "Password" },
	           { "carol", "CORP", "Carol-1" },     { "carol@corp", NULL, "Carol-1" },
	           { "corp\\carol", NULL, "Carol-1" }, { "", NULL, "" },
	           { "user", "CORP", "wrong" },        { "\xc3\x85sa", "x", "Sesam" } },
  in_sam[] = { { "user", NULL, "Password" },
	           { "Carol", "CORP", "Carol-1" },
	           { "\xc3\xa5sa", NULL, "Sesam" } };
#define PEOPLE 8
#define ACCOUNTS 3

static struct oracle_account identities[PEOPLE];
static struct oracle_account accounts[ACCOUNTS];

/* --- channel bindings ------------------------------------------------------------------------- */

static struct
{
	uint8_t given[128]; /* SEC_CHANNEL_BINDINGS */
	UINT32 given_len;
	uint8_t hashed[128]; /* RFC 2744 3.11 */
	size_t hashed_len;
} bindings[3];

static void put32(uint8_t* to, size_t value)
{
	for (unsigned i = 0; i < 4; i++)
		to[i] = (uint8_t)(value >> (8 * i));
}

static void make_bindings(unsigned which, const char* initiator, const char* acceptor,
                          const char* application)
{
	const char* const parts[3] = { initiator, acceptor, application };
	uint8_t* given = bindings[which].given;
	uint8_t* hashed = bindings[which].hashed;
	size_t at = 32;
	size_t from = 0;
	for (unsigned i = 0; i < 3; i++)
	{
		const size_t len = strlen(parts[i]);
		const unsigned type = i == 2 || !len ? 0 : 2;
		if (i < 2)
		{
			put32(given + 12 * i, type);
			put32(hashed + from, type);
			from += 4;
		}
		put32(given + 12 * i + (i < 2 ? 4 : 0), len);
		put32(given + 12 * i + (i < 2 ? 8 : 4), at);
		put32(hashed + from, len);
		memcpy(given + at, parts[i], len);
		memcpy(hashed + from + 4, parts[i], len);
		at += len;
		from += 4 + len;
	}
	bindings[which].given_len = (UINT32)at;
	bindings[which].hashed_len = from;
}

/* --- once ------------------------------------------------------------------------------------- */

static void clean_up(void)
{
	sandbox_close(&box);
}

void setup_start(void)
{
	/* Long ago: what has just been written is read twice. */
	const struct timespec past[2] = { { 1, 0 }, { 1, 0 } };
	sandbox_open(&box);
	atexit(clean_up);
	for (size_t i = 0; i < ACCOUNTS; i++)
	{
		sandbox_sam_user(&box, in_sam[i].user, in_sam[i].domain, in_sam[i].password);
		sandbox_nt_hash(in_sam[i].password, accounts[i].nt_hash);
		accounts[i].user = wide(in_sam[i].user);
		accounts[i].domain = wide(in_sam[i].domain);
	}
	for (size_t i = 0; i < PEOPLE; i++)
	{
		sandbox_nt_hash(people[i].password, identities[i].nt_hash);
		/* A client takes DOMAIN\user apart itself. */
		const char* back = strchr(people[i].user, '\\');
		identities[i].user = wide(back ? back + 1 : people[i].user);
		identities[i].domain = wide(back ? "corp" : people[i].domain);
	}
	if (utimensat(AT_FDCWD, box.sam, past, 0) != 0)
		abort();
	make_bindings(0, "", "", "tls-server-end-point:xxx");
	make_bindings(1, "", "", "tls-server-end-point:yyy");
	make_bindings(2, "\1\2\3\4", "\5\6\7\10", "tls-unique:z");
	log_capture_start(false);
}

/* --- settings --------------------------------------------------------------------------------- */

static const char* const lists[] = { NULL,    "ntlm", "none,ntlm",     "!kerberos,!u2u",
	                                 "!ntlm", "!u2u", "kerberos,ntlm", "bogus" };
static const char* const targets[] = { NULL, "TERMSRV/server.example", "SERVER.example",
	                                   "other.example" };

/* What docs/settings.md has each of `lists` exclude; one that cannot be read excludes nothing of a
 * client's, and a server has no credentials. */
static const unsigned lists_exclude[] = {
	0, 0, ORACLE_KERBEROS | ORACLE_U2U, ORACLE_KERBEROS | ORACLE_U2U, ORACLE_NTLM, ORACLE_U2U, 0, 0
};

/* Of Negotiate; whoever asks for the package NTLM by name has NTLM alone, whatever is listed. A
 * caller's list stands in the place of SSPI\Negotiate. Where a server requires what Kerberos does
 * not look at it takes none. */
static unsigned excluded(const char* package, unsigned list, bool kerberos_offered, bool strict)
{
	unsigned mechs = lists_exclude[list];
	if (package[1] == 'T')
		return ORACLE_KERBEROS | ORACLE_U2U;
	if ((!lists[list] && !kerberos_offered) || strict)
		mechs |= ORACLE_KERBEROS | ORACLE_U2U;
	return mechs;
}

/* Kerberos is offered where the settings say so, and then it answers before the call returns. */
static void set_kerberos(bool offered, const uint8_t* settings)
{
	fake_winpr_reset();
	fake.keytab = settings[7] & 8 ? KRB5_YES : KRB5_NO;
	fake.ticket = KRB5_NO;
	fake.no_mutual = (settings[7] & 4) != 0;
	fake_registry_string(OWN, "KerberosWait", "0");
	fake_registry_number("SSPI\\Negotiate", "kerberos", offered);
	fake_registry_number("SSPI\\Negotiate", "u2u", offered);
}

static void set_client(const uint8_t* settings, struct sspi_setup* setup,
                       struct oracle_setup* known)
{
	static const char* const framings[] = { NULL, "spnego", "raw", "auto" };
	static const ULONG flags[] = { SSPI_NLA_CLIENT_FLAGS,
		                           0,
		                           ISC_REQ_INTEGRITY,
		                           ISC_REQ_INTEGRITY | ISC_REQ_CONFIDENTIALITY,
		                           ISC_REQ_INTEGRITY | ISC_REQ_IDENTIFY,
		                           ISC_REQ_CONFIDENTIALITY | ISC_REQ_USE_DCE_STYLE,
		                           ISC_REQ_REPLAY_DETECT | ISC_REQ_SEQUENCE_DETECT,
		                           ISC_REQ_CONNECTION | ISC_REQ_USE_SESSION_KEY };
	const uint8_t bits = settings[0];
	const unsigned given = settings[4] & 3;
	setup->client_package = bits & 1 ? "NTLM" : "Negotiate";
	setup->target = settings[1] & 128 ? NULL
	                : bits & 16       ? "HTTP/gateway.example"
	                                  : "TERMSRV/server.example";
	setup->client_flags = flags[settings[3] & 7];
	setup->package_list = lists[settings[6] & 7];
	if (framings[bits >> 1 & 3])
		fake_registry_string(OWN, "Framing", framings[bits >> 1 & 3]);
	fake_registry_number(WINPR_NTLM, "SendVersionInfo", !(bits & 32));
	fake_registry_number(WINPR_NTLM, "SendWorkstationName", !(bits & 64));
	fake_registry_number("System\\CurrentControlSet\\Control\\LSA", "SuppressExtendedProtection",
	                     bits >> 7);
	known->suppresses = bits >> 7;
	known->refuses_reflection = (settings[1] & 8) != 0;
	known->target = wide(NULL);
	if (given)
	{
		setup->client_bindings =
		    (const SEC_CHANNEL_BINDINGS*)(const void*)bindings[given - 1].given;
		setup->client_bindings_len = bindings[given - 1].given_len;
		known->bindings =
		    (struct part){ bindings[given - 1].hashed, bindings[given - 1].hashed_len };
	}
	known->seals = (setup->client_flags & ISC_REQ_CONFIDENTIALITY) != 0;
	known->signs = known->seals || setup->client_flags & ISC_REQ_INTEGRITY;
}

static void set_server(const uint8_t* settings, struct sspi_setup* setup,
                       struct oracle_setup* known)
{
	static const char* const checks[] = { NULL, "required", "off", "when-present" };
	static const enum oracle_check known_checks[] = { CHECK_WHEN_PRESENT, CHECK_REQUIRED, CHECK_OFF,
		                                              CHECK_WHEN_PRESENT };
	static const ULONG flags[] = { SSPI_NLA_SERVER_FLAGS,
		                           0,
		                           ASC_REQ_INTEGRITY,
		                           ASC_REQ_CONFIDENTIALITY,
		                           ASC_REQ_INTEGRITY | ASC_REQ_IDENTIFY,
		                           ASC_REQ_CONNECTION,
		                           ASC_REQ_ALLOW_NULL_SESSION,
		                           ASC_REQ_INTEGRITY | ASC_REQ_CONFIDENTIALITY };
	const uint8_t bits = settings[1];
	const unsigned given = settings[4] >> 2 & 3;
	const char* const names[2] = { checks[settings[2] & 3], checks[settings[2] >> 2 & 3] };
	setup->server_package = bits & 1 ? "NTLM" : "Negotiate";
	setup->server_flags = flags[settings[3] >> 3 & 7];
	setup->package_list = lists[settings[6] >> 3 & 7];
	known->bindings_check = known_checks[settings[2] & 3];
	known->target_check = known_checks[settings[2] >> 2 & 3];
	known->allows_anonymous = (bits & 2) != 0;
	known->refuses_reflection = (bits & 4) != 0;
	if (names[0])
		fake_registry_string(OWN, "ChannelBindings", names[0]);
	if (names[1])
		fake_registry_string(OWN, "TargetCheck", names[1]);
	if (targets[settings[2] >> 4 & 3])
		fake_registry_string(OWN, "TargetName", targets[settings[2] >> 4 & 3]);
	if (bits & 2)
		fake_registry_string(OWN, "Anonymous", "allow");
	fake_registry_number(WINPR_NTLM, "SendVersionInfo", !(bits & 16));
	if (settings[7] & 1)
		fake_registry_string(WINPR_NTLM, "NbComputerName", "FUZZ");
	if (settings[7] & 2)
		fake_registry_string(WINPR_NTLM, "DnsDomainName", "corp.example");
	if (given)
	{
		setup->server_bindings =
		    (const SEC_CHANNEL_BINDINGS*)(const void*)bindings[given - 1].given;
		setup->server_bindings_len = bindings[given - 1].given_len;
		known->bindings =
		    (struct part){ bindings[given - 1].hashed, bindings[given - 1].hashed_len };
	}
	known->seals = (setup->server_flags & ASC_REQ_CONFIDENTIALITY) != 0;
	known->signs = known->seals || setup->server_flags & ASC_REQ_INTEGRITY;
}

bool setup_end(const uint8_t settings[INPUT_SETTINGS], unsigned session, bool acceptor,
               struct sspi_setup* setup, struct oracle_setup* known, struct sspi_end* end)
{
	static struct part wide_targets[4];
	static struct part wide_spns[2];
	const unsigned person = settings[5] >> (3 * session) & 7;
	const bool refuses = settings[1] & (acceptor ? 4 : 8);
	const bool offered = acceptor ? settings[7] & 8 : settings[0] & 8;
	if (!wide_spns[0].data)
	{
		for (unsigned i = 0; i < 4; i++)
			wide_targets[i] = wide(targets[i]);
		wide_spns[0] = wide("TERMSRV/server.example");
		wide_spns[1] = wide("HTTP/gateway.example");
	}
	const struct sspi_table a = { .a = table_a() };
	const struct sspi_table w = { .w = table_w() };
	*setup = (struct sspi_setup){ .client_table = settings[1] & 32 ? w : a,
		                          .server_table = settings[1] & 64 ? w : a,
		                          .user = people[person].user,
		                          .domain = people[person].domain,
		                          .password = people[person].password,
		                          .sam_file = box.sam };
	*known = (struct oracle_setup){ .initiator = !acceptor,
		                            .identity = identities[person],
		                            .anonymous = person == 5,
		                            .accounts = accounts,
		                            .account_count = ACCOUNTS };
	fake_registry_clear();
	set_kerberos(offered, settings);
	known->no_mutual = (settings[7] & 4) != 0;
	if (refuses)
		fake_registry_string(OWN, "Reflection", "refuse");
	if (acceptor)
		set_server(settings, setup, known);
	else
		set_client(settings, setup, known);
	known->excluded = acceptor ? excluded(setup->server_package, settings[6] >> 3 & 7, offered,
	                                      known->bindings_check == CHECK_REQUIRED ||
	                                          known->target_check == CHECK_REQUIRED)
	                           : excluded(setup->client_package, settings[6] & 7, offered, false);
	known->accepted_target = wide_targets[settings[2] >> 4 & 3];
	if (setup->target)
		known->target = wide_spns[settings[0] >> 4 & 1];
	return sspi_end_acquire(end, setup, acceptor) == SEC_E_OK;
}
