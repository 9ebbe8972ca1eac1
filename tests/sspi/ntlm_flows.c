/* SPDX-License-Identifier: Apache-2.0
 *
 * What is given to the module is given where it stands.
 */
#include "ntlm_flows.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <winpr/winpr.h>

#include "wide.h"

#define ATTRIBUTE_HASH 1003u
#define CHALLENGE 2u /* legs */
#define AUTHENTICATE 3u

/* A password and another, as UTF-16LE and UTF-8; the NT hashes, and NTOWFv2 of "user" without a
 * domain. A word of its own: OpenSSL's settings speak of passwords. */
const UINT16 flow_password[8] = { WIDE('Z'), WIDE('w'), WIDE('i'), WIDE('e'),
	                              WIDE('b'), WIDE('a'), WIDE('c'), WIDE('k') };
const char flow_password_utf8[9] = "Zwieback";
const struct key flow_nt_hash = { { 0x7f, 0xa4, 0x47, 0xba, 0xe8, 0xa7, 0x70, 0x78, 0x06, 0x93,
	                                0xa9, 0xe9, 0x3c, 0x1c, 0xe7, 0xb4 } };
static const struct key ntowfv2 = { { 0x98, 0xa1, 0x2d, 0xfb, 0xf4, 0x33, 0x7e, 0x0e, 0x52, 0xb2,
	                                  0x74, 0x4d, 0x90, 0xd7, 0x05, 0x6d } };
const char flow_hash_digits[33] = "7fa447bae8a770780693a9e93c1ce7b4";
const UINT16 flow_hash_utf16[32] = {
	WIDE('7'), WIDE('f'), WIDE('a'), WIDE('4'), WIDE('4'), WIDE('7'), WIDE('b'), WIDE('a'),
	WIDE('e'), WIDE('8'), WIDE('a'), WIDE('7'), WIDE('7'), WIDE('0'), WIDE('7'), WIDE('8'),
	WIDE('0'), WIDE('6'), WIDE('9'), WIDE('3'), WIDE('a'), WIDE('9'), WIDE('e'), WIDE('9'),
	WIDE('3'), WIDE('c'), WIDE('1'), WIDE('c'), WIDE('e'), WIDE('7'), WIDE('b'), WIDE('4')
};
const UINT16 flow_wrong_password[8] = { WIDE('z'), WIDE('W'), WIDE('I'), WIDE('E'),
	                                    WIDE('B'), WIDE('A'), WIDE('C'), WIDE('K') };
const char flow_wrong_password_utf8[9] = "zWIEBACK";
static const struct key wrong_hash = { { 0xf4, 0xa7, 0x8f, 0x96, 0x9d, 0x39, 0x4a, 0x40, 0x89, 0xee,
	                                     0xa9, 0xb5, 0x50, 0x5e, 0x84, 0x1a } };

static const void* const passwords[][2] = { { flow_password, flow_password_utf8 },
	                                        { flow_wrong_password, flow_wrong_password_utf8 },
	                                        { flow_hash_utf16, flow_hash_digits } };

const struct flow flows[FLOWS] = {
	{ .name = "four legs", .package = "Negotiate" },
	{ .name = "bare", .package = "NTLM" },
	{ .name = "pass the hash", .package = "Negotiate", .by_hash = true },
	{ .name = "hash callback", .package = "Negotiate", .source = FROM_CALLBACK },
	{ .name = "hash of the application", .package = "NTLM", .source = FROM_APPLICATION },
	{ .name = "wrong password", .package = "Negotiate", .wrong = true },
	{ .name = "wrong password, bare, callback",
	  .package = "NTLM",
	  .source = FROM_CALLBACK,
	  .wrong = true },
	{ .name = "wrong MIC", .package = "NTLM", .altered = AUTHENTICATE },
	{ .name = "wrong mechListMIC", .package = "Negotiate", .altered = AUTHENTICATE },
	{ .name = "wrong mechListMIC of the server", .package = "Negotiate", .altered = 4 },
	{ .name = "the client goes away",
	  .package = "NTLM",
	  .source = FROM_APPLICATION,
	  .last = AUTHENTICATE },
	{ .name = "in UTF-8", .package = "Negotiate", .utf8 = true },
	{ .name = "pass the hash in UTF-8", .package = "NTLM", .by_hash = true, .utf8 = true },
};

static SECURITY_STATUS answer_with_hash(void* argument, const SEC_WINNT_AUTH_IDENTITY* identity,
                                        const SecBuffer* proof_input, const BYTE* random_key,
                                        const BYTE* mic, const SecBuffer* mic_input, BYTE* hash)
{
	int major = 0, minor = 0, revision = 0;

	(void)argument, (void)identity, (void)proof_input, (void)random_key, (void)mic, (void)mic_input;
	winpr_get_version(&major, &minor, &revision);
	memcpy(hash, ntowfv2.bytes, sizeof(ntowfv2.bytes));
	return minor >= 24 ? SEC_E_OK : 1;
}

static void give_hash(struct sspi_end* server)
{
	SecPkgContext_AuthNtlmHash hash = { .Version = 1 };

	memcpy(hash.NtlmHash, flow_nt_hash.bytes, sizeof(flow_nt_hash.bytes));
	expect_status(server->table.a->SetContextAttributesA(&server->context, ATTRIBUTE_HASH, &hash,
	                                                     sizeof(hash)),
	              SEC_E_OK);
	explicit_bzero(&hash, sizeof(hash));
}

static void deliver(unsigned leg, struct sspi_token* token, void* argument)
{
	struct flow_run* const run = argument;

	if (leg == run->flow->altered)
		token->data[token->len - 1] ^= 1;
	if (leg == CHALLENGE && run->flow->source == FROM_APPLICATION)
		give_hash(&run->pair.server);
	if (leg == run->flow->last)
		sspi_token_set(token, "", 1); /* no message: what follows is refused */
}

void* flow_run(void* argument)
{
	struct flow_run* const run = argument;
	const struct flow* const flow = run->flow;
	struct sspi_setup setup = sspi_setup_nla("user", NULL, NULL, box.sam);

	setup.client_package = setup.server_package = flow->package;
	setup.password_as_is = passwords[flow->by_hash ? 2 : flow->wrong][flow->utf8];
	setup.password_as_is_len = flow->by_hash ? 32 : 8;
	setup.identity_flags = flow->utf8 ? SEC_WINNT_AUTH_IDENTITY_ANSI : 0;
	setup.password_length_extra = flow->by_hash ? 512 : 0;
	setup.tamper = deliver;
	setup.tamper_arg = run;
	setup.hash_callback = flow->source == FROM_CALLBACK ? answer_with_hash : NULL;
	assert_true(sspi_pair_open(&run->pair, &setup));
	run->connected = sspi_pair_run(&run->pair);
	if (run->connected)
	{
		SecPkgContext_SessionKey key = { 0, NULL };
		const struct sspi_end* const client = &run->pair.client;
		CtxtHandle context = client->context;

		assert_null(sspi_pair_chat(&run->pair, 3));
		expect_status(sspi_query(&client->table, &context, SECPKG_ATTR_SESSION_KEY, &key),
		              SEC_E_OK);
		expect_status(SSPI_ENTRY(client->table, FreeContextBuffer)(key.SessionKey), SEC_E_OK);
	}
	assert_true(run->connected == !(flow->wrong || flow->altered || flow->last));
	return NULL;
}

static struct bytes token_bytes(const struct sspi_token* token)
{
	return bytes_make(token->data, token->len);
}

bool flow_secrets(const struct flow_run* run, struct ntlm_secrets* secrets)
{
	return ntlm_secrets_of(run->flow->wrong ? &wrong_hash : &flow_nt_hash,
	                       token_bytes(&run->pair.legs[CHALLENGE - 1]),
	                       token_bytes(&run->pair.legs[AUTHENTICATE - 1]), secrets);
}

bool flow_sandbox(void)
{
	sandbox_open(&box);
	const int file = open(box.sam, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	const bool written = write(file, "user:::", 7) == 7 &&
	                     write(file, flow_hash_digits, 32) == 32 && write(file, ":::\n", 4) == 4;
	return close(file) == 0 && written;
}
