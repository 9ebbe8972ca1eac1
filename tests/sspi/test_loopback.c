/* SPDX-License-Identifier: Apache-2.0
 *
 * The module against itself through its exported tables, the way FreeRDP calls them: four legs of
 * Negotiate, three of bare NTLM, both character sets, channel bindings, many in a row, many at
 * once.
 */
#include "expect.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <winpr/string.h>

static bool contains(const struct sspi_token* token, const void* bytes, size_t len)
{
	return memmem(token->data, token->len, bytes, len) != NULL;
}

/* NTLM message type, wherever the message lies in the token; 0 when there is none. */
static unsigned ntlm_type(const struct sspi_token* token)
{
	const uint8_t* at = memmem(token->data, token->len, "NTLMSSP", 8);
	return at ? at[8] : 0;
}

/* A mechListMIC of NTLM: [3] OCTET STRING of 16 bytes that begins with version 1. */
static bool has_mic(const struct sspi_token* token)
{
	static const uint8_t head[] = { 0xa3, 0x12, 0x04, 0x10, 0x01, 0x00, 0x00, 0x00 };
	return contains(token, head, sizeof(head));
}

static struct sspi_setup nla(void)
{
	return sspi_setup_nla("user", NULL, "Password", box.sam);
}

static void check_four_legs(const struct sspi_pair* pair)
{
	static const uint8_t ntlm_oid[] = { 0x06, 0x0a, 0x2b, 0x06, 0x01, 0x04,
		                                0x01, 0x82, 0x37, 0x02, 0x02, 0x0a };
	static const uint8_t accept_completed[] = { 0xa0, 0x03, 0x0a, 0x01, 0x00 };
	static const uint8_t accept_incomplete[] = { 0xa0, 0x03, 0x0a, 0x01, 0x01 };
	const struct sspi_token* legs = pair->legs;
	assert_int_equal(legs[0].data[0], 0x60);
	assert_true(contains(&legs[0], ntlm_oid, sizeof(ntlm_oid)));
	assert_int_equal(ntlm_type(&legs[0]), 1);
	assert_int_equal(legs[1].data[0], 0xa1);
	assert_true(contains(&legs[1], accept_incomplete, sizeof(accept_incomplete)));
	assert_true(contains(&legs[1], ntlm_oid, sizeof(ntlm_oid)));
	assert_int_equal(ntlm_type(&legs[1]), 2);
	assert_false(has_mic(&legs[1]));
	assert_int_equal(legs[2].data[0], 0xa1);
	assert_false(contains(&legs[2], accept_completed, sizeof(accept_completed)));
	assert_int_equal(ntlm_type(&legs[2]), 3);
	assert_true(has_mic(&legs[2]));
	assert_int_equal(legs[3].data[0], 0xa1);
	assert_true(contains(&legs[3], accept_completed, sizeof(accept_completed)));
	assert_int_equal(ntlm_type(&legs[3]), 0);
	assert_true(has_mic(&legs[3]));
}

static void test_negotiate_takes_four_legs_with_a_mic_both_ways(void** state)
{
	(void)state;
	struct sspi_pair pair;
	const struct sspi_setup setup = nla();
	expect_connects(&pair, &setup, 4);
	check_four_legs(&pair);
	sspi_pair_close(&pair);
}

static void test_negotiate_statuses_are_those_freerdp_needs(void** state)
{
	(void)state;
	struct sspi_pair pair;
	const struct sspi_setup setup = nla();
	assert_true(sspi_pair_open(&pair, &setup));
	struct sspi_token tokens[4] = { { NULL, 0 } };
	struct sspi_token last = { NULL, 0 };
	expect_status(sspi_end_step(&pair.client, NULL, &tokens[0]), SEC_I_CONTINUE_NEEDED);
	assert_true(pair.client.context.dwLower || pair.client.context.dwUpper);
	expect_status(sspi_end_step(&pair.server, &tokens[0], &tokens[1]), SEC_I_CONTINUE_NEEDED);
	assert_true(pair.server.context.dwLower || pair.server.context.dwUpper);
	expect_status(sspi_end_step(&pair.client, &tokens[1], &tokens[2]), SEC_I_CONTINUE_NEEDED);
	expect_status(sspi_end_step(&pair.server, &tokens[2], &tokens[3]), SEC_E_OK);
	assert_int_not_equal(tokens[3].len, 0);
	expect_status(sspi_end_step(&pair.client, &tokens[3], &last), SEC_E_OK);
	assert_int_equal(pair.client.output_len, 0);
	assert_false(pair.client.output_moved);
	assert_int_equal(pair.client.sizes.cbMaxSignature, 16);
	assert_int_equal(pair.client.sizes.cbSecurityTrailer, 16);
	assert_int_equal(pair.server.sizes.cbSecurityTrailer, 16);
	expect_status(SSPI_ENTRY(pair.server.table, ImpersonateSecurityContext)(&pair.server.context),
	              SEC_E_OK);
	expect_status(SSPI_ENTRY(pair.server.table, RevertSecurityContext)(&pair.server.context),
	              SEC_E_OK);
	for (size_t i = 0; i < 4; i++)
		sspi_token_free(&tokens[i]);
	sspi_pair_close(&pair);
}

static void test_ntlm_package_takes_three_bare_legs(void** state)
{
	(void)state;
	struct sspi_pair pair;
	struct sspi_setup setup = nla();
	setup.client_package = setup.server_package = "NTLM";
	expect_connects(&pair, &setup, 3);
	for (unsigned i = 0; i < 3; i++)
		assert_memory_equal(pair.legs[i].data, "NTLMSSP", 8);
	/* OK with a token would make FreeRDP wait for a message that never comes. */
	expect_status(pair.server.status, SEC_E_OK);
	assert_int_equal(pair.server.output_len, 0);
	expect_status(pair.client.status, SEC_E_OK);
	sspi_pair_close(&pair);
}

static void test_ntlm_client_meets_negotiate_server(void** state)
{
	(void)state;
	struct sspi_pair pair;
	struct sspi_setup setup = nla();
	setup.client_package = "NTLM";
	expect_connects(&pair, &setup, 3);
	assert_int_equal(pair.server.output_len, 0);
	sspi_pair_close(&pair);
}

static void test_http_target_is_bare_ntlm(void** state)
{
	(void)state;
	struct sspi_pair pair;
	struct sspi_setup setup = nla();
	setup.target = "HTTP/gateway.example";
	expect_connects(&pair, &setup, 3);
	assert_memory_equal(pair.legs[0].data, "NTLMSSP", 8);
	sspi_pair_close(&pair);
}

static void test_wide_table_does_the_same(void** state)
{
	(void)state;
	struct sspi_pair pair;
	struct sspi_setup setup = nla();
	setup.client_table = setup.server_table = sspi_module_w();
	expect_connects(&pair, &setup, 4);
	check_four_legs(&pair);
	sspi_pair_close(&pair);
	setup.server_table = sspi_module_a();
	expect_connects(&pair, &setup, 4);
	sspi_pair_close(&pair);
	setup.client_package = setup.server_package = "NTLM";
	expect_connects(&pair, &setup, 3);
	sspi_pair_close(&pair);
}

struct bindings
{
	SEC_CHANNEL_BINDINGS head;
	uint8_t data[27];
};

/* Without the padding that the compiler adds at the end. */
#define BINDINGS_SIZE (offsetof(struct bindings, data) + 27)

static struct bindings bindings_make(uint8_t variation)
{
	struct bindings made = { .head = { .cbApplicationDataLength = sizeof(made.data),
		                               .dwApplicationDataOffset = sizeof(made.head) } };
	memcpy(made.data, "tls-server-end-point:\1\2\3\4\5", 26);
	made.data[26] = variation;
	return made;
}

static void give_bindings(struct sspi_setup* setup, const struct bindings* client,
                          const struct bindings* server)
{
	setup->client_bindings = client ? &client->head : NULL;
	setup->client_bindings_len = BINDINGS_SIZE;
	setup->server_bindings = server ? &server->head : NULL;
	setup->server_bindings_len = BINDINGS_SIZE;
}

static void test_channel_bindings_of_one_or_both_sides_connect(void** state)
{
	(void)state;
	struct sspi_pair pair;
	const struct bindings same = bindings_make(1);
	for (unsigned i = 0; i < 8; i++)
	{
		struct sspi_setup setup = nla();
		if (i & 4)
			setup.target = "HTTP/gateway.example";
		give_bindings(&setup, i & 1 ? &same : NULL, i & 2 ? &same : NULL);
		expect_connects(&pair, &setup, i & 4 ? 3 : 4);
		sspi_pair_close(&pair);
	}
	/* Bindings that come with a later call only, as a gateway may. */
	struct sspi_setup setup = nla();
	give_bindings(&setup, &same, &same);
	setup.client_bindings_from = 1;
	expect_connects(&pair, &setup, 4);
	sspi_pair_close(&pair);
}

static void test_different_channel_bindings_are_refused(void** state)
{
	(void)state;
	struct sspi_pair pair;
	const struct bindings mine = bindings_make(1);
	const struct bindings theirs = bindings_make(2);
	struct sspi_setup setup = nla();
	give_bindings(&setup, &mine, &theirs);
	assert_false(sspi_pair_connect(&pair, &setup));
	expect_refused(&pair.server, SEC_E_BAD_BINDINGS);
	sspi_pair_close(&pair);
	setup.client_package = "NTLM";
	assert_false(sspi_pair_connect(&pair, &setup));
	expect_refused(&pair.server, SEC_E_BAD_BINDINGS);
	sspi_pair_close(&pair);
}

static void test_channel_bindings_outside_their_buffer_are_refused(void** state)
{
	(void)state;
	struct sspi_pair pair;
	for (unsigned i = 0; i < 4; i++)
	{
		struct bindings broken = bindings_make(1);
		struct sspi_setup setup = nla();
		if (i == 0)
			broken.head.cbApplicationDataLength++;
		else if (i == 1)
			broken.head.dwApplicationDataOffset = 0xFFFFFFF0u;
		else if (i == 2)
			broken.head.cbInitiatorLength = 0xFFFFFFFFu;
		give_bindings(&setup, &broken, NULL);
		if (i == 3)
			setup.client_bindings_len = sizeof(SEC_CHANNEL_BINDINGS) - 1;
		assert_false(sspi_pair_connect(&pair, &setup));
		expect_failed(&pair.client);
		sspi_pair_close(&pair);
	}
}

/* A refused call changes nothing: those of the first call are there still. */
static void test_channel_bindings_stay_where_others_are_refused(void** state)
{
	(void)state;
	struct sspi_pair pair;
	struct sspi_setup setup = nla();
	const struct bindings right = bindings_make(1);
	struct bindings broken = right;
	struct sspi_token tokens[2] = { { NULL, 0 }, { NULL, 0 } };
	broken.head.cbApplicationDataLength++;
	give_bindings(&setup, &right, &right);
	assert_true(sspi_pair_open(&pair, &setup));
	expect_status(sspi_end_step(&pair.client, NULL, &tokens[0]), SEC_I_CONTINUE_NEEDED);
	expect_status(sspi_end_step(&pair.server, &tokens[0], &tokens[1]), SEC_I_CONTINUE_NEEDED);
	pair.setup.client_bindings = &broken.head;
	expect_status(sspi_end_step(&pair.client, &tokens[1], &tokens[0]), SEC_E_INVALID_PARAMETER);
	pair.setup.client_bindings = NULL;
	expect_status(sspi_end_step(&pair.client, &tokens[1], &tokens[0]), SEC_I_CONTINUE_NEEDED);
	expect_status(sspi_end_step(&pair.server, &tokens[0], &tokens[1]), SEC_E_OK);
	expect_status(sspi_end_step(&pair.client, &tokens[1], &tokens[0]), SEC_E_OK);
	sspi_token_free(&tokens[0]);
	sspi_token_free(&tokens[1]);
	sspi_pair_close(&pair);
}

static void test_two_hundred_handshakes_with_one_credential(void** state)
{
	(void)state;
	struct sspi_pair pair;
	const struct sspi_setup setup = nla();
	assert_true(sspi_pair_open(&pair, &setup));
	for (unsigned i = 0; i < 200; i++)
	{
		sspi_pair_reset(&pair);
		assert_true(sspi_pair_run(&pair));
		assert_null(sspi_pair_chat(&pair, 1));
	}
	sspi_pair_close(&pair);
}

/* Assertions of CMocka are for the main thread: a thread only says what went wrong. */
static void* connect_many(void* arg)
{
	const char* wrong = NULL;
	const struct sspi_setup setup = *(const struct sspi_setup*)arg;
	for (unsigned i = 0; i < 25 && !wrong; i++)
	{
		struct sspi_pair pair;
		if (!sspi_pair_connect(&pair, &setup))
			wrong = "a handshake failed";
		else
			wrong = sspi_pair_chat(&pair, 4);
		sspi_pair_close(&pair);
	}
	union
	{
		const char* text;
		void* result;
	} unconst = { wrong };
	return unconst.result;
}

static void test_eight_threads_at_once(void** state)
{
	(void)state;
	struct sspi_setup setups[8];
	pthread_t threads[8];
	for (unsigned i = 0; i < 8; i++)
	{
		setups[i] = nla();
		if (i % 2)
			setups[i].client_package = "NTLM";
		assert_int_equal(pthread_create(&threads[i], NULL, connect_many, &setups[i]), 0);
	}
	const char* wrong = NULL;
	for (unsigned i = 0; i < 8; i++)
	{
		void* result = NULL;
		assert_int_equal(pthread_join(threads[i], &result), 0);
		if (result)
			wrong = result;
	}
	if (wrong)
		fail_msg("%s", wrong);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_negotiate_takes_four_legs_with_a_mic_both_ways),
		cmocka_unit_test(test_negotiate_statuses_are_those_freerdp_needs),
		cmocka_unit_test(test_ntlm_package_takes_three_bare_legs),
		cmocka_unit_test(test_ntlm_client_meets_negotiate_server),
		cmocka_unit_test(test_http_target_is_bare_ntlm),
		cmocka_unit_test(test_wide_table_does_the_same),
		cmocka_unit_test(test_channel_bindings_of_one_or_both_sides_connect),
		cmocka_unit_test(test_different_channel_bindings_are_refused),
		cmocka_unit_test(test_channel_bindings_outside_their_buffer_are_refused),
		cmocka_unit_test(test_channel_bindings_stay_where_others_are_refused),
		cmocka_unit_test(test_two_hundred_handshakes_with_one_credential),
		cmocka_unit_test(test_eight_threads_at_once),
	};
	return cmocka_run_group_tests(tests, box_open, box_close);
}
