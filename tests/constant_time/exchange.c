/* SPDX-License-Identifier: Apache-2.0
 *
 *     constant_time_exchange SOURCE PACKAGE [compare-stops|rc4-watched]
 *
 * Under memcheck: logons and messages, right ones and such that are refused, with everything secret
 * marked. Tokens and sealed messages are public once they are made. SOURCE is where the server's
 * secret comes from: `hash` (of the application), `callback`, `sam`; `password` and `utf8` are the
 * client's, in UTF-16 and UTF-8, with a server that has the hash.
 *
 * Ends with 0 when what should work worked, what should be refused was, and secrets were compared.
 */
#include "log_capture.h"
#include "sandbox.h"
#include "sspi_pair.h"
#include "taint.h"
#include "wide.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <winpr/custom-crypto.h>
#include <winpr/winpr.h>

#define ATTRIBUTE_HASH 1003u
#define HASH_VERSION_NT 1
#define WHOLE 0u
#define CHALLENGE 2u /* legs */
#define AUTHENTICATE 3u
#define LAST 4u

static struct sandbox box;
static const char* source;
static const char* package;
static uint8_t nt_hash[16];
static uint8_t ntowfv2[16];
static char digits[33];
/* Of one, two and four octets in UTF-8. */
#define PASSWORD "Pass\xC3\xB6\xF0\x9F\x94\x91"
static UINT16 password[] = { WIDE('P'),    WIDE('a'),    WIDE('s'),   WIDE('s'),
	                         WIDE(0x00F6), WIDE(0xD83D), WIDE(0xDD11) };
static BYTE password_utf8[] = PASSWORD;

static void must(bool right, const char* what)
{
	if (right)
		return;
	(void)fprintf(stderr, "constant_time_exchange: not so: %s (%s, %s)\n", what, source, package);
	exit(1);
}

static bool source_is(const char* name)
{
	return strcmp(source, name) == 0;
}

static bool client_is_watched(void)
{
	return source_is("password") || source_is("utf8");
}

/* --- both ends -------------------------------------------------------------------------------- */

static SECURITY_STATUS answer_with_hash(void* argument, const SEC_WINNT_AUTH_IDENTITY* identity,
                                        const SecBuffer* proof_input, const BYTE* random_key,
                                        const BYTE* mic, const SecBuffer* mic_input, BYTE* hash)
{
	int major = 0, minor = 0, revision = 0;

	(void)argument, (void)identity, (void)proof_input, (void)random_key, (void)mic, (void)mic_input;
	winpr_get_version(&major, &minor, &revision);
	memcpy(hash, ntowfv2, sizeof(ntowfv2));
	taint_secret(hash, sizeof(ntowfv2));
	return minor >= 24 ? SEC_E_OK : 1;
}

/* A server that the application gives the hash to, which needs a context for it. */
static void give_hash(struct sspi_end* server)
{
	SecPkgContext_AuthNtlmHash hash = { .Version = HASH_VERSION_NT };

	memcpy(hash.NtlmHash, nt_hash, sizeof(nt_hash));
	taint_secret(hash.NtlmHash, sizeof(nt_hash));
	must(server->table.a->SetContextAttributesA(&server->context, ATTRIBUTE_HASH, &hash,
	                                            sizeof(hash)) == SEC_E_OK,
	     "the hash was taken");
}

struct wire
{
	struct sspi_pair pair;
	unsigned leg;    /* which is changed; WHOLE: none */
	size_t from_end; /* at which byte */
};

/* On the wire all is public. */
static void deliver(unsigned leg, struct sspi_token* token, void* argument)
{
	struct wire* const wire = argument;

	taint_public(token->data, token->len);
	if (leg == wire->leg)
		token->data[token->len - 1 - wire->from_end] ^= 1;
	if (leg == CHALLENGE && (source_is("hash") || client_is_watched()))
		give_hash(&wire->pair.server);
}

static bool connect_over(struct wire* wire, const char* user, bool right)
{
	struct sspi_setup setup = sspi_setup_nla(user, NULL, "another", box.sam);

	setup.client_package = setup.server_package = package;
	setup.package_list = "!kerberos,!u2u";
	setup.tamper = deliver;
	setup.tamper_arg = wire;
	/* As libraries give it that know no UTF-16. */
	setup.identity_flags = source_is("utf8") ? SEC_WINNT_AUTH_IDENTITY_ANSI : 0;
	if (right && source_is("utf8"))
	{
		setup.password_as_is = password_utf8;
		setup.password_as_is_len = sizeof(password_utf8) - 1;
	}
	else if (right)
	{
		setup.password_as_is = password;
		setup.password_as_is_len = sizeof(password) / sizeof(password[0]);
	}
	if (source_is("callback"))
		setup.hash_callback = answer_with_hash;
	must(sspi_pair_open(&wire->pair, &setup), "credentials were had");
	return sspi_pair_run(&wire->pair);
}

/* --- what is done ----------------------------------------------------------------------------- */

static void send_message(struct sspi_end* from, struct sspi_end* to, bool altered)
{
	static const char text[] = "a message of some length, which is longer than a block of MD5's 64";
	struct sspi_token sealed = { NULL, 0 };
	struct sspi_token plain = { NULL, 0 };

	must(sspi_end_seal(from, text, sizeof(text), &sealed) == SEC_E_OK, "it was sealed");
	taint_public(sealed.data, sealed.len);
	sealed.data[sealed.len / 2] ^= altered;
	must((sspi_end_unseal(to, &sealed, &plain) == SEC_E_OK) == !altered, "it was judged rightly");
	if (!altered)
	{
		taint_public(plain.data, plain.len);
		must(plain.len == sizeof(text) && memcmp(plain.data, text, sizeof(text)) == 0,
		     "it arrived");
	}
	sspi_token_free(&sealed);
	sspi_token_free(&plain);
}

static void sign_message(struct sspi_end* from, struct sspi_end* to, bool altered)
{
	char text[] = "only signed";
	uint8_t trailer[16] = { 0 };
	SecBuffer parts[] = { { sizeof(text), SECBUFFER_DATA, text },
		                  { sizeof(trailer), SECBUFFER_TOKEN, trailer } };
	SecBufferDesc message = { SECBUFFER_VERSION, 2, parts };
	ULONG qop = 0;

	must(from->table.a->MakeSignature(&from->context, 0, &message, 0) == SEC_E_OK, "it was signed");
	taint_public(trailer, sizeof(trailer));
	trailer[7] ^= altered;
	must((to->table.a->VerifySignature(&to->context, &message, 0, &qop) == SEC_E_OK) == !altered,
	     "its signature was judged rightly");
}

static void log_on(void)
{
	struct wire wire = { .leg = WHOLE };
	struct sspi_end* const client = &wire.pair.client;
	struct sspi_end* const server = &wire.pair.server;

	must(connect_over(&wire, "user", true), "a logon with the right password completes");
	for (int i = 0; i < 2; i++)
	{
		send_message(client, server, false);
		sign_message(server, client, false);
		send_message(server, client, false);
	}
	send_message(client, server, true);
	sign_message(server, client, true);
	sspi_pair_close(&wire.pair);
}

static void be_refused(const char* user, bool right, unsigned leg, size_t from_end)
{
	struct wire wire = { .leg = leg, .from_end = from_end };

	must(!connect_over(&wire, user, right), "what is wrong is refused");
	sspi_pair_close(&wire.pair);
}

static void compute_secrets(void)
{
	static const uint8_t user[] = { 'U', 0, 'S', 0, 'E', 0, 'R', 0 };

	sandbox_nt_hash(PASSWORD, nt_hash);
	sandbox_hex(nt_hash, sizeof(nt_hash), digits);
	must(winpr_HMAC(WINPR_MD_MD5, nt_hash, sizeof(nt_hash), user, sizeof(user), ntowfv2,
	                sizeof(ntowfv2)),
	     "NTOWFv2 was computed");
	taint.random_keys = true;
	if (source_is("sam"))
		taint.sam_digits = digits;
	if (client_is_watched())
	{
		taint_secret(password, sizeof(password));
		taint_secret(password_utf8, sizeof(password_utf8));
	}
}

int main(int count, char** arguments)
{
	source = count > 1 ? arguments[1] : "";
	package = count > 2 ? arguments[2] : "";
	must(count > 2, "usage: SOURCE PACKAGE [compare-stops|rc4-watched]");
	taint.compare_stops = count > 3 && strcmp(arguments[3], "compare-stops") == 0;
	taint.rc4_is_watched = count > 3 && strcmp(arguments[3], "rc4-watched") == 0;
	sandbox_open(&box);
	log_capture_start(true); /* to print a secret would be to branch on it */
	sandbox_sam_user(&box, "user", NULL, PASSWORD);
	compute_secrets();

	log_on();
	be_refused("user", false, WHOLE, 0);
	/* In SPNEGO mechListMIC, then EncryptedRandomSessionKey, which the MIC is over; bare the
	 * latter, then a byte that NTProofStr is over. */
	be_refused("user", true, AUTHENTICATE, 8);
	be_refused("user", true, AUTHENTICATE, 24);
	if (strcmp(package, "Negotiate") == 0)
		be_refused("user", true, LAST, 8);
	if (source_is("sam"))
		be_refused("nobody", true, WHOLE, 0);
	sandbox_close(&box);
	must(taint.compared > 0, "secrets were compared");
	must(taint.keyed > 0 && taint.keyed == taint.keys, "all of RC4's keys were secret");
	(void)printf("%u comparisons, %u RC4 keys\n", taint.compared, taint.keyed);
	return 0;
}
