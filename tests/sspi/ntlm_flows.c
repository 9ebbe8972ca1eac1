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

/* "Password" and another: as UTF-16LE, the NT hash (MS-NLMP 4.2.2.1.2), and NTOWFv2 of "user"
 * without a domain. */
const UINT16 flow_password[8] = { WIDE('P'), WIDE('a'), WIDE('s'), WIDE('s'),
	                              WIDE('w'), WIDE('o'), WIDE('r'), WIDE('d') };
const struct key flow_nt_hash = { { 0xa4, 0xf4, 0x9c, 0x40, 0x65, 0x10, 0xbd, 0xca, 0xb6, 0x82,
	                                0x4e, 0xe7, 0xc3, 0x0f, 0xd8, 0x52 } };
static const struct key ntowfv2 = { { 0x4c, 0xf8, 0x6d, 0xa4, 0x3b, 0x3c, 0xd4, 0x78, 0x5a, 0xb2,
	                                  0x6b, 0xce, 0xe1, 0xe1, 0x88, 0x4b } };
const char flow_hash_digits[33] = "a4f49c406510bdcab6824ee7c30fd852";
const UINT16 flow_hash_utf16[32] = {
	WIDE('a'), WIDE('4'), WIDE('f'), WIDE('4'), WIDE('9'), WIDE('c'), WIDE('4'), WIDE('0'),
	WIDE('6'), WIDE('5'), WIDE('1'), WIDE('0'), WIDE('b'), WIDE('d'), WIDE('c'), WIDE('a'),
	WIDE('b'), WIDE('6'), WIDE('8'), WIDE('2'), WIDE('4'), WIDE('e'), WIDE('e'), WIDE('7'),
	WIDE('c'), WIDE('3'), WIDE('0'), WIDE('f'), WIDE('d'), WIDE('8'), WIDE('5'), WIDE('2')
};
const UINT16 flow_wrong_password[8] = { WIDE('p'), WIDE('A'), WIDE('S'), WIDE('S'),
	                                    WIDE('W'), WIDE('O'), WIDE('R'), WIDE('D') };
static const struct key wrong_hash = { { 0x7c, 0xfb, 0x13, 0x64, 0x94, 0x16, 0x2c, 0x30, 0x5d, 0x99,
	                                     0x12, 0x99, 0xcb, 0x45, 0x5f, 0x59 } };

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
	setup.password_utf16 = flow->by_hash ? flow_hash_utf16
	                       : flow->wrong ? flow_wrong_password
	                                     : flow_password;
	setup.password_utf16_len = flow->by_hash ? 32 : 8;
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
