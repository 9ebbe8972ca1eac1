/* SPDX-License-Identifier: Apache-2.0
 *
 * The client of FreeRDP issue 13168: Windows 11 on an Entra machine lists NEGOEX first, sends a
 * NEGOEX token along, and goes on with NTLM when the server asks for it. It is played by hand: a
 * bare NTLM client makes the messages, the test puts SPNEGO around them.
 */
#include "expect.h"
#include "forge.h"

#include <string.h>

#define NEGOEX_OID "\x06\x0a\x2b\x06\x01\x04\x01\x82\x37\x02\x02\x1e"

/* MechTypeList as it stands on the wire, which is what the mechListMIC covers. */
static uint8_t mech_types[] = "\x30\x18" NEGOEX_OID NTLM_OID;

/* NegTokenInit [NEGOEX, NTLM] with the beginning of a NEGOEX message ("NEGOEXTS", initiator nego)
 * that nobody here may look into. */
static const uint8_t first_token[] =
    "\x60\x3e\x06\x06\x2b\x06\x01\x05\x05\x02\xa0\x34\x30\x32"
    "\xa0\x1a\x30\x18" NEGOEX_OID NTLM_OID
    "\xa2\x14\x04\x12NEGOEXTS\x00\x00\x00\x00\x00\x00\x00\x00\xff\xff";

static void give(struct sspi_end* server, const struct sspi_token* token, struct sspi_token* answer,
                 SECURITY_STATUS expected)
{
	assert_int_equal(sspi_end_step(server, token, answer), expected);
}

/* Up to AUTHENTICATE, which is left in *token, bare. */
static void reach_authenticate(struct sspi_pair* pair, struct sspi_token* token)
{
	struct sspi_token answer = { NULL, 0 };
	struct sspi_token challenge = { NULL, 0 };
	size_t len = 0;

	sspi_token_set(token, first_token, sizeof(first_token) - 1);
	give(&pair->server, token, &answer, SEC_I_CONTINUE_NEEDED);
	/* request-mic, NTLM, and nothing for the mechanism (RFC 4178 4.2.2). */
	assert_int_equal(answer.len, 23);
	assert_memory_equal(answer.data, "\xa1\x15\x30\x13\xa0\x03\x0a\x01\x03\xa1\x0c" NTLM_OID, 23);

	assert_int_equal(sspi_end_step(&pair->client, NULL, token), SEC_I_CONTINUE_NEEDED);
	forge_resp(token, NO_STATE, NULL, token->data, token->len, NULL);
	give(&pair->server, token, &answer, SEC_I_CONTINUE_NEEDED);
	const uint8_t* message = forge_find_ntlm(&answer, &len);
	assert_non_null(message);
	sspi_token_set(&challenge, message, len);
	assert_int_equal(sspi_end_step(&pair->client, &challenge, token), SEC_E_OK);
	sspi_token_free(&challenge);
	sspi_token_free(&answer);
}

static SECURITY_STATUS list_signature(struct sspi_pair* pair, uint8_t* signature, bool verify)
{
	SecBuffer buffers[2] = { { sizeof(mech_types) - 1, SECBUFFER_DATA, mech_types },
		                     { 16, SECBUFFER_TOKEN, signature } };
	SecBufferDesc message = { SECBUFFER_VERSION, 2, buffers };
	const struct sspi_table* table = &pair->client.table;
	ULONG qop = 0;

	return verify ? table->a->VerifySignature(&pair->client.context, &message, 0, &qop)
	              : table->a->MakeSignature(&pair->client.context, 0, &message, 0);
}

static void open_pair(struct sspi_pair* pair)
{
	struct sspi_setup setup = sspi_setup_nla("User", NULL, "Password", box.sam);

	setup.client_package = "NTLM";
	assert_true(sspi_pair_open(pair, &setup));
}

static void test_client_with_NEGOEX_first_completes_with_NTLM(void** state)
{
	struct sspi_pair pair;
	struct sspi_token token = { NULL, 0 };
	struct sspi_token answer = { NULL, 0 };
	uint8_t signature[16];

	(void)state;
	open_pair(&pair);
	reach_authenticate(&pair, &token);
	assert_int_equal(list_signature(&pair, signature, false), SEC_E_OK);
	forge_resp(&token, ACCEPT_INCOMPLETE, NULL, token.data, token.len, signature);
	give(&pair.server, &token, &answer, SEC_E_OK);
	assert_memory_equal(answer.data + 4, "\xa0\x03\x0a\x01\x00", 5); /* accept-completed */
	const uint8_t* mic = forge_find_mic(&answer);
	assert_non_null(mic);
	memcpy(signature, mic, sizeof(signature));
	assert_int_equal(list_signature(&pair, signature, true), SEC_E_OK);
	sspi_token_free(&token);
	sspi_token_free(&answer);
	sspi_pair_close(&pair);
}

/* The mechanism is not the client's first, so its MIC is owed, and must be over the whole list. */
static void test_client_with_NEGOEX_first_and_a_wrong_MIC_is_refused(void** state)
{
	struct sspi_pair pair;
	struct sspi_token token = { NULL, 0 };
	struct sspi_token answer = { NULL, 0 };
	uint8_t signature[16];

	(void)state;
	open_pair(&pair);
	reach_authenticate(&pair, &token);
	assert_int_equal(list_signature(&pair, signature, false), SEC_E_OK);
	signature[4] ^= 1;
	forge_resp(&token, ACCEPT_INCOMPLETE, NULL, token.data, token.len, signature);
	give(&pair.server, &token, &answer, SEC_E_MESSAGE_ALTERED);
	assert_int_equal(pair.server.output_len, 0);
	sspi_token_free(&token);
	sspi_token_free(&answer);
	sspi_pair_close(&pair);
}

/* Puts a tag and a length of three bytes before what fills the buffer from *at to its end. */
static void put_before(uint8_t* buffer, size_t size, size_t* at, uint8_t tag)
{
	const size_t len = size - *at;

	*at -= 5;
	const uint8_t header[5] = { tag, 0x83, (uint8_t)(len >> 16), (uint8_t)(len >> 8),
		                        (uint8_t)len };
	memcpy(buffer + *at, header, sizeof(header));
}

/* The limits of NTLM's messages are not those of SPNEGO's: NEGOEX tokens are larger. */
static void test_CVE_2022_37958_and_CVE_2025_21295_NEGOEX_token_of_60000_bytes(void** state)
{
	static uint8_t buffer[61000];
	struct sspi_pair pair;
	struct sspi_token token = { NULL, 0 };
	struct sspi_token answer = { NULL, 0 };
	size_t at = sizeof(buffer) - 60000;

	(void)state;
	memcpy(buffer + at, "NEGOEXTS", 8);
	put_before(buffer, sizeof(buffer), &at, 0x04);
	put_before(buffer, sizeof(buffer), &at, 0xa2);
	at -= sizeof(mech_types) - 1;
	memcpy(buffer + at, mech_types, sizeof(mech_types) - 1);
	at -= 2;
	memcpy(buffer + at, "\xa0\x1a", 2);
	put_before(buffer, sizeof(buffer), &at, 0x30);
	put_before(buffer, sizeof(buffer), &at, 0xa0);
	at -= 8;
	memcpy(buffer + at, "\x06\x06\x2b\x06\x01\x05\x05\x02", 8);
	put_before(buffer, sizeof(buffer), &at, 0x60);

	open_pair(&pair);
	sspi_token_set(&token, buffer + at, sizeof(buffer) - at);
	give(&pair.server, &token, &answer, SEC_I_CONTINUE_NEEDED);
	assert_memory_equal(answer.data, "\xa1\x15\x30\x13\xa0\x03\x0a\x01\x03\xa1\x0c" NTLM_OID, 23);
	sspi_token_free(&token);
	sspi_token_free(&answer);
	sspi_pair_close(&pair);
}

static int set_up(void** state)
{
	(void)state;
	sandbox_open(&box);
	log_capture_start(false);
	sandbox_sam_user(&box, "User", NULL, "Password");
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_client_with_NEGOEX_first_completes_with_NTLM),
		cmocka_unit_test(test_CVE_2022_37958_and_CVE_2025_21295_NEGOEX_token_of_60000_bytes),
		cmocka_unit_test(test_client_with_NEGOEX_first_and_a_wrong_MIC_is_refused),
	};

	return cmocka_run_group_tests(tests, set_up, box_close);
}
