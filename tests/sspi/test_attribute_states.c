/* SPDX-License-Identifier: Apache-2.0
 *
 * Every attribute that docs/attributes.md names, at every point of an exchange, through both
 * tables: whether QueryContextAttributes answers, and with which status it does not. A refusal
 * leaves the caller's memory and the context as they were.
 */
#include "expect.h"
#include "forge.h"

#include <string.h>

#include <winpr/error.h>

/* How what an answer holds is given back. */
enum answer
{
	ANSWER_PLAIN,
	ANSWER_POINTER,      /* the first member, to FreeContextBuffer */
	ANSWER_TWO_POINTERS, /* the first two */
	ANSWER_COUNTED,      /* a count, then a pointer */
	ANSWER_SEC_BUFFER    /* to sspi_SecBufferFree */
};

#define OK SEC_E_OK
#define LATER SEC_E_OUT_OF_SEQUENCE
#define NEVER SEC_E_UNSUPPORTED_FUNCTION

static const struct row
{
	const char* name;
	ULONG attribute;
	enum answer answer;
	/* The client after its first call, complete, and after a failed call; the server after its
	 * first call, complete, and after it refused a wrong password. */
	SECURITY_STATUS client[3];
	SECURITY_STATUS server[3];
} rows[] = {
	{ "SIZES", 0, ANSWER_PLAIN, { OK, OK, LATER }, { OK, OK, LATER } },
	{ "NAMES", 1, ANSWER_POINTER, { OK, OK, LATER }, { LATER, OK, LATER } },
	{ "LIFESPAN", 2, ANSWER_PLAIN, { OK, OK, LATER }, { OK, OK, LATER } },
	{ "DCE_INFO", 3, ANSWER_PLAIN, { NEVER, NEVER, NEVER }, { NEVER, NEVER, NEVER } },
	{ "STREAM_SIZES", 4, ANSWER_PLAIN, { NEVER, NEVER, NEVER }, { NEVER, NEVER, NEVER } },
	{ "KEY_INFO", 5, ANSWER_TWO_POINTERS, { LATER, OK, LATER }, { LATER, OK, LATER } },
	{ "PASSWORD_EXPIRY", 8, ANSWER_PLAIN, { NEVER, NEVER, NEVER }, { NEVER, NEVER, NEVER } },
	{ "SESSION_KEY", 9, ANSWER_COUNTED, { LATER, OK, LATER }, { LATER, OK, LATER } },
	{ "PACKAGE_INFO", 10, ANSWER_POINTER, { OK, OK, OK }, { OK, OK, OK } },
	{ "NEGOTIATION_INFO", 12, ANSWER_POINTER, { OK, OK, OK }, { OK, OK, OK } },
	{ "NATIVE_NAMES", 13, ANSWER_TWO_POINTERS, { OK, OK, LATER }, { LATER, OK, LATER } },
	{ "FLAGS", 14, ANSWER_PLAIN, { OK, OK, LATER }, { OK, OK, LATER } },
	{ "TARGET_INFORMATION", 17, ANSWER_COUNTED, { LATER, OK, LATER }, { OK, OK, OK } },
	{ "ACCESS_TOKEN", 18, ANSWER_PLAIN, { NEVER, NEVER, NEVER }, { NEVER, NEVER, NEVER } },
	{ "UNIQUE_BINDINGS", 25, ANSWER_PLAIN, { NEVER, NEVER, NEVER }, { NEVER, NEVER, NEVER } },
	{ "ENDPOINT_BINDINGS", 26, ANSWER_PLAIN, { NEVER, NEVER, NEVER }, { NEVER, NEVER, NEVER } },
	{ "CLIENT_SPECIFIED_TARGET",
	  27,
	  ANSWER_POINTER,
	  { NEVER, NEVER, LATER },
	  { LATER, OK, LATER } },
	{ "LAST_CLIENT_TOKEN_STATUS", 30, ANSWER_PLAIN, { NEVER, NEVER, LATER }, { OK, OK, LATER } },
	{ "AUTH_IDENTITY", 1001, ANSWER_PLAIN, { OK, OK, LATER }, { LATER, OK, LATER } },
	{ "AUTH_PASSWORD", 1002, ANSWER_PLAIN, { NEVER, NEVER, NEVER }, { NEVER, NEVER, NEVER } },
	{ "AUTH_NTLM_HASH", 1003, ANSWER_PLAIN, { NEVER, NEVER, NEVER }, { NEVER, NEVER, NEVER } },
	{ "NTLM_MESSAGE", 1100, ANSWER_PLAIN, { NEVER, NEVER, NEVER }, { NEVER, NEVER, NEVER } },
	{ "NTLM_TIMESTAMP", 1101, ANSWER_PLAIN, { NEVER, NEVER, NEVER }, { NEVER, NEVER, NEVER } },
	{ "CLIENT_CHALLENGE", 1102, ANSWER_PLAIN, { NEVER, NEVER, NEVER }, { NEVER, NEVER, NEVER } },
	{ "SERVER_CHALLENGE", 1103, ANSWER_PLAIN, { NEVER, NEVER, NEVER }, { NEVER, NEVER, NEVER } },
	{ "NTPROOF_VALUE", 1104, ANSWER_SEC_BUFFER, { LATER, OK, LATER }, { LATER, OK, OK } },
	{ "RANDKEY", 1105, ANSWER_SEC_BUFFER, { LATER, OK, LATER }, { LATER, OK, OK } },
	{ "MIC", 1106, ANSWER_SEC_BUFFER, { LATER, OK, LATER }, { LATER, OK, OK } },
	{ "MIC_VALUE", 1107, ANSWER_SEC_BUFFER, { LATER, OK, LATER }, { LATER, OK, OK } },
	{ "HOSTNAME", 1108, ANSWER_PLAIN, { OK, OK, OK }, { OK, OK, OK } },
	{ "1109", 1109, ANSWER_PLAIN, { NEVER, NEVER, NEVER }, { NEVER, NEVER, NEVER } },
	{ "HOSTNAME_LEN", 1110, ANSWER_PLAIN, { OK, OK, OK }, { OK, OK, OK } },
	{ "NB_COMPUTER_NAME", 1111, ANSWER_PLAIN, { OK, OK, OK }, { OK, OK, OK } },
	{ "NB_COMPUTER_NAME_LEN", 1112, ANSWER_PLAIN, { OK, OK, OK }, { OK, OK, OK } },
	{ "NB_DOMAIN_NAME", 1113, ANSWER_PLAIN, { OK, OK, OK }, { OK, OK, OK } },
	{ "NB_DOMAIN_NAME_LEN", 1114, ANSWER_PLAIN, { OK, OK, OK }, { OK, OK, OK } },
	{ "DNS_COMPUTER_NAME", 1115, ANSWER_PLAIN, { OK, OK, OK }, { OK, OK, OK } },
	{ "DNS_COMPUTER_NAME_LEN", 1116, ANSWER_PLAIN, { OK, OK, OK }, { OK, OK, OK } },
	{ "DNS_DOMAIN_NAME", 1117, ANSWER_PLAIN, { OK, OK, OK }, { OK, OK, OK } },
	{ "DNS_DOMAIN_NAME_LEN", 1118, ANSWER_PLAIN, { OK, OK, OK }, { OK, OK, OK } },
	{ "TICKET_LOGON", 1200, ANSWER_PLAIN, { NEVER, NEVER, NEVER }, { NEVER, NEVER, NEVER } },
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))
enum point
{
	POINT_STARTED,
	POINT_COMPLETE,
	POINT_FAILED
};

/* As large as the largest structure, and so aligned. */
union room
{
	void* pointers[2];
	SecPkgContext_SessionKey counted;
	SecPkgContext_TargetInformation also_counted;
	SecPkgContext_KeyInfo key_info;
	SecBuffer buffer;
	uint8_t bytes[1024];
};

static void give_back(struct sspi_end* end, union room* room, enum answer answer)
{
	switch (answer)
	{
		case ANSWER_PLAIN:
			break;
		case ANSWER_TWO_POINTERS:
			expect_status(SSPI_ENTRY(end->table, FreeContextBuffer)(room->pointers[1]), SEC_E_OK);
			/* Fallthrough: the first is there as well. */
			__attribute__((fallthrough));
		case ANSWER_POINTER:
			expect_status(SSPI_ENTRY(end->table, FreeContextBuffer)(room->pointers[0]), SEC_E_OK);
			break;
		case ANSWER_COUNTED:
			assert_true(room->counted.SessionKeyLength > 0);
			expect_status(SSPI_ENTRY(end->table, FreeContextBuffer)(room->counted.SessionKey),
			              SEC_E_OK);
			break;
		case ANSWER_SEC_BUFFER:
			assert_true(room->buffer.cbBuffer > 0);
			sspi_SecBufferFree(&room->buffer);
			break;
	}
}

static void ask_one(struct sspi_end* end, const struct row* row, enum point point)
{
	const SECURITY_STATUS expected = end->is_server ? row->server[point] : row->client[point];
	union room room;
	union room before;

	memset(&room, 0xA5, sizeof(room));
	before = room;
	SetLastError(SSPI_STALE_ERROR);
	const SECURITY_STATUS status = sspi_query(&end->table, &end->context, row->attribute, &room);
	if (status != expected)
		print_error("%s, %s, point %d, %s table:\n", row->name,
		            end->is_server ? "server" : "client", point, end->table.a ? "A" : "W");
	expect_status(status, expected);
	assert_int_not_equal(GetLastError(), SSPI_STALE_ERROR);
	if (status == SEC_E_OK)
		give_back(end, &room, row->answer);
	else
		assert_memory_equal(&room, &before, sizeof(room));
	/* Without memory there is no answer, whatever the attribute. */
	assert_true(sspi_query(&end->table, &end->context, row->attribute, NULL) < 0);
}

static void ask_all(struct sspi_end* end, enum point point)
{
	for (size_t i = 0; i < ROWS; i++)
		ask_one(end, &rows[i], point);
}

static struct sspi_setup setup_of(bool wide, const char* package, const char* password)
{
	struct sspi_setup setup = sspi_setup_nla("user", "CORP", password, box.sam);
	if (wide)
		setup.client_table = setup.server_table = sspi_module_w();
	setup.client_package = setup.server_package = package;
	return setup;
}

static void walk(bool wide, const char* package)
{
	const struct sspi_setup setup = setup_of(wide, package, "Password");
	const struct sspi_setup wrong = setup_of(wide, package, "wrong");
	struct sspi_token first = { NULL, 0 };
	struct sspi_token second = { NULL, 0 };
	struct sspi_pair pair;

	assert_true(sspi_pair_open(&pair, &setup));
	expect_status(sspi_end_step(&pair.client, NULL, &first), SEC_I_CONTINUE_NEEDED);
	ask_all(&pair.client, POINT_STARTED);
	expect_status(sspi_end_step(&pair.server, &first, &second), SEC_I_CONTINUE_NEEDED);
	ask_all(&pair.server, POINT_STARTED);
	/* The client's own first token is no answer to it. */
	assert_true(sspi_end_step(&pair.client, &first, &second) < 0);
	ask_all(&pair.client, POINT_FAILED);
	sspi_token_free(&first);
	sspi_token_free(&second);

	sspi_pair_reset(&pair);
	assert_true(sspi_pair_run(&pair));
	ask_all(&pair.client, POINT_COMPLETE);
	ask_all(&pair.server, POINT_COMPLETE);
	assert_null(sspi_pair_chat(&pair, 2));
	sspi_pair_close(&pair);

	assert_false(sspi_pair_connect(&pair, &wrong));
	expect_refused(&pair.server, SEC_E_LOGON_DENIED);
	ask_all(&pair.server, POINT_FAILED);
	sspi_pair_close(&pair);
}

static void test_every_attribute_of_negotiate(void** state)
{
	(void)state;
	walk(false, "Negotiate");
}

static void test_every_attribute_of_negotiate_wide(void** state)
{
	(void)state;
	walk(true, "Negotiate");
}

static void test_every_attribute_of_ntlm(void** state)
{
	(void)state;
	walk(false, "NTLM");
}

static void test_every_attribute_of_ntlm_wide(void** state)
{
	(void)state;
	walk(true, "NTLM");
}

/* NTLM has its key once AUTHENTICATE is written, but until the server's mechListMIC has come nobody
 * has said that NTLM is what both wanted (RFC 4178 5). */
static void test_session_key_is_not_told_before_the_servers_mech_list_mic(void** state)
{
	(void)state;
	const struct sspi_setup setup = setup_of(false, "Negotiate", "Password");
	struct sspi_token client = { NULL, 0 };
	struct sspi_token server = { NULL, 0 };
	SecPkgContext_SessionKey key = { 0, NULL };
	struct sspi_pair pair;

	assert_true(sspi_pair_open(&pair, &setup));
	struct sspi_end* const end = &pair.client;
	expect_status(sspi_end_step(end, NULL, &client), SEC_I_CONTINUE_NEEDED);
	expect_status(sspi_end_step(&pair.server, &client, &server), SEC_I_CONTINUE_NEEDED);
	sspi_token_free(&client);
	expect_status(sspi_end_step(end, &server, &client), SEC_I_CONTINUE_NEEDED);
	sspi_token_free(&server);
	expect_status(sspi_query(&end->table, &end->context, SECPKG_ATTR_SESSION_KEY, &key),
	              SEC_E_OUT_OF_SEQUENCE);
	assert_null(key.SessionKey);
	expect_status(sspi_end_step(&pair.server, &client, &server), SEC_E_OK);
	sspi_token_free(&client);
	expect_status(sspi_end_step(end, &server, &client), SEC_E_OK);
	expect_status(sspi_query(&end->table, &end->context, SECPKG_ATTR_SESSION_KEY, &key), SEC_E_OK);
	expect_status(end->table.a->FreeContextBuffer(key.SessionKey), SEC_E_OK);
	sspi_token_free(&client);
	sspi_token_free(&server);
	sspi_pair_close(&pair);
}

/* Opens the pair; *token becomes the client's AUTHENTICATE, for the server's last step. */
static struct sspi_end* up_to_authenticate(struct sspi_pair* pair, struct sspi_token* token)
{
	const struct sspi_setup setup = setup_of(false, "Negotiate", "Password");
	struct sspi_token challenge = { NULL, 0 };

	assert_true(sspi_pair_open(pair, &setup));
	expect_status(sspi_end_step(&pair->client, NULL, token), SEC_I_CONTINUE_NEEDED);
	expect_status(sspi_end_step(&pair->server, token, &challenge), SEC_I_CONTINUE_NEEDED);
	sspi_token_free(token);
	expect_status(sspi_end_step(&pair->client, &challenge, token), SEC_I_CONTINUE_NEEDED);
	sspi_token_free(&challenge);
	return &pair->server;
}

/* The proof is right by then, but who is in between may still be found out. */
static void test_nothing_of_the_client_is_told_before_its_mech_list_mic(void** state)
{
	static const ULONG of_the_client[] = { SECPKG_ATTR_NAMES, SECPKG_ATTR_NATIVE_NAMES,
		                                   SECPKG_ATTR_SESSION_KEY,
		                                   SECPKG_ATTR_CLIENT_SPECIFIED_TARGET, 1001 };
	(void)state;
	struct sspi_token client = { NULL, 0 };
	struct sspi_token server = { NULL, 0 };
	struct sspi_pair pair;
	size_t len = 0;

	struct sspi_end* const end = up_to_authenticate(&pair, &client);
	const uint8_t* const authenticate = forge_find_ntlm(&client, &len);
	forge_resp(&client, NO_STATE, NULL, authenticate, len, NULL);
	expect_status(sspi_end_step(end, &client, &server), SEC_I_CONTINUE_NEEDED);
	for (size_t i = 0; i < sizeof(of_the_client) / sizeof(of_the_client[0]); i++)
	{
		union room room;
		expect_status(sspi_query(&end->table, &end->context, of_the_client[i], &room),
		              SEC_E_OUT_OF_SEQUENCE);
	}
	sspi_token_free(&client);
	sspi_token_free(&server);
	sspi_pair_close(&pair);
}

/* The last token had no room: the context has failed, whatever it was worked out to be. */
static void test_negotiation_that_failed_at_its_output_is_not_complete(void** state)
{
	(void)state;
	struct sspi_token client = { NULL, 0 };
	struct sspi_token server = { NULL, 0 };
	SecPkgContext_NegotiationInfo info = { NULL, 0 };
	struct sspi_pair pair;

	struct sspi_end* const end = up_to_authenticate(&pair, &client);
	end->output_room = 4;
	assert_true(sspi_end_step(end, &client, &server) < 0);
	expect_status(sspi_query(&end->table, &end->context, SECPKG_ATTR_NEGOTIATION_INFO, &info),
	              SEC_E_OK);
	assert_int_equal(info.NegotiationState, 2);
	expect_status(end->table.a->FreeContextBuffer(info.PackageInfo), SEC_E_OK);
	sspi_token_free(&client);
	sspi_token_free(&server);
	sspi_pair_close(&pair);
}

/* The one structure that has arrays: 256 bytes and a NUL each. */
static void test_auth_identity_has_room_for_256_bytes(void** state)
{
	(void)state;
	char user[258];
	for (size_t length = 255; length <= 257; length++)
	{
		SecPkgContext_AuthIdentity identity;
		struct sspi_pair pair;
		struct sspi_token first = { NULL, 0 };
		memset(user, 'u', sizeof(user));
		user[length] = '\0';
		memset(&identity, 0xA5, sizeof(identity));
		const struct sspi_setup setup = sspi_setup_nla(user, NULL, "Password", box.sam);
		assert_true(sspi_pair_open(&pair, &setup));
		expect_status(sspi_end_step(&pair.client, NULL, &first), SEC_I_CONTINUE_NEEDED);
		expect_status(sspi_query(&pair.client.table, &pair.client.context, 1001, &identity),
		              length <= 256 ? SEC_E_OK : SEC_E_BUFFER_TOO_SMALL);
		if (length <= 256)
			assert_string_equal(identity.User, user);
		else
			assert_int_equal((uint8_t)identity.User[0], 0xA5);
		sspi_token_free(&first);
		sspi_pair_close(&pair);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_attribute_of_negotiate),
		cmocka_unit_test(test_every_attribute_of_negotiate_wide),
		cmocka_unit_test(test_every_attribute_of_ntlm),
		cmocka_unit_test(test_every_attribute_of_ntlm_wide),
		cmocka_unit_test(test_session_key_is_not_told_before_the_servers_mech_list_mic),
		cmocka_unit_test(test_nothing_of_the_client_is_told_before_its_mech_list_mic),
		cmocka_unit_test(test_negotiation_that_failed_at_its_output_is_not_complete),
		cmocka_unit_test(test_auth_identity_has_room_for_256_bytes),
	};
	return cmocka_run_group_tests(tests, box_open, box_close);
}
