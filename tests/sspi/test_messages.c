/* SPDX-License-Identifier: Apache-2.0
 *
 * Messages after the handshake: sealed in FreeRDP's way, signed, and in the RPC gateway's way with
 * parts that are signed and not sealed; and what happens to a message that was changed, came twice
 * or in the wrong order.
 */
#include "expect.h"

#include <stdlib.h>
#include <string.h>

#include <winpr/error.h>

static struct sspi_pair pair;

static int connect_framed(void** state)
{
	(void)state;
	const struct sspi_setup setup = sspi_setup_nla("user", NULL, "Password", box.sam);
	return sspi_pair_connect(&pair, &setup) ? 0 : -1;
}

static int connect_bare(void** state)
{
	(void)state;
	struct sspi_setup setup = sspi_setup_nla("user", NULL, "Password", box.sam);
	setup.client_package = "NTLM";
	return sspi_pair_connect(&pair, &setup) ? 0 : -1;
}

static int disconnect(void** state)
{
	(void)state;
	sspi_pair_close(&pair);
	return 0;
}

static void test_many_sealed_messages_in_turn(void** state)
{
	(void)state;
	const char* wrong = sspi_pair_chat(&pair, 100);
	if (wrong)
		fail_msg("%s", wrong);
}

static void test_many_sealed_messages_one_way_before_the_other(void** state)
{
	(void)state;
	struct sspi_token sealed[20] = { { NULL, 0 } };
	struct sspi_token plain = { NULL, 0 };
	for (uint8_t i = 0; i < 20; i++)
		expect_status(sspi_end_seal(&pair.client, &i, 1, &sealed[i]), SEC_E_OK);
	for (uint8_t i = 0; i < 20; i++)
	{
		expect_status(sspi_end_unseal(&pair.server, &sealed[i], &plain), SEC_E_OK);
		assert_int_equal(plain.len, 1);
		assert_int_equal(plain.data[0], i);
		sspi_token_free(&sealed[i]);
	}
	sspi_token_free(&plain);
	assert_null(sspi_pair_chat(&pair, 2));
}

static void test_first_message_number_counts_the_mic(void** state)
{
	(void)state;
	/* MS-SPNG 3.3.5.1: the mechListMIC had number 0, so MessageSeqNo 0 is number 1 on the wire. */
	struct sspi_token sealed = { NULL, 0 };
	expect_status(sspi_end_seal(&pair.client, "x", 1, &sealed), SEC_E_OK);
	const uint8_t one[4] = { 1, 0, 0, 0 };
	assert_memory_equal(sealed.data, one, 4); /* NTLMSSP_MESSAGE_SIGNATURE's version */
	assert_memory_equal(sealed.data + 12, one, 4);
	sspi_token_free(&sealed);
}

static void test_first_message_number_of_bare_ntlm_is_zero(void** state)
{
	(void)state;
	struct sspi_token sealed = { NULL, 0 };
	expect_status(sspi_end_seal(&pair.server, "x", 1, &sealed), SEC_E_OK);
	const uint8_t zero[4] = { 0, 0, 0, 0 };
	assert_memory_equal(sealed.data + 12, zero, 4);
	sspi_token_free(&sealed);
}

static void test_every_flipped_bit_of_a_sealed_message_is_refused(void** state)
{
	(void)state;
	struct sspi_token sealed = { NULL, 0 };
	struct sspi_token plain = { NULL, 0 };
	const char text[] = "a message of some length, sealed";
	expect_status(sspi_end_seal(&pair.client, text, sizeof(text), &sealed), SEC_E_OK);
	for (size_t bit = 0; bit < sealed.len * 8; bit++)
	{
		sealed.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
		SetLastError(SSPI_STALE_ERROR);
		expect_status(sspi_end_unseal(&pair.server, &sealed, &plain), SEC_E_MESSAGE_ALTERED);
		assert_int_not_equal(GetLastError(), SSPI_STALE_ERROR);
		sealed.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	/* Nothing of all that used up the key stream or the sequence number. */
	expect_status(sspi_end_unseal(&pair.server, &sealed, &plain), SEC_E_OK);
	assert_int_equal(plain.len, sizeof(text));
	assert_memory_equal(plain.data, text, sizeof(text));
	sspi_token_free(&sealed);
	sspi_token_free(&plain);
}

static void test_truncated_sealed_messages_are_refused(void** state)
{
	(void)state;
	struct sspi_token sealed = { NULL, 0 };
	struct sspi_token plain = { NULL, 0 };
	expect_status(sspi_end_seal(&pair.client, "0123456789abcdef", 16, &sealed), SEC_E_OK);
	for (size_t len = 0; len < sealed.len; len++)
	{
		struct sspi_token cut = { NULL, 0 };
		sspi_token_set(&cut, sealed.data, len);
		const SECURITY_STATUS status = sspi_end_unseal(&pair.server, &cut, &plain);
		assert_true(status == SEC_E_MESSAGE_ALTERED || status == SEC_E_INVALID_TOKEN);
		sspi_token_free(&cut);
	}
	expect_status(sspi_end_unseal(&pair.server, &sealed, &plain), SEC_E_OK);
	sspi_token_free(&sealed);
	sspi_token_free(&plain);
}

static void test_FreeRDP_41b719a89_short_signature_buffer_is_refused(void** state)
{
	(void)state;
	for (ULONG len = 0; len < 16; len++)
	{
		uint8_t* trailer = malloc(len ? len : 1);
		uint8_t data[8] = { 0 };
		SecBuffer buffers[2] = { { len, SECBUFFER_TOKEN, trailer },
			                     { sizeof(data), SECBUFFER_DATA, data } };
		SecBufferDesc message = { SECBUFFER_VERSION, 2, buffers };
		ULONG qop = 0;
		memset(trailer, 0, len ? len : 1);
		assert_true(pair.server.table.a->DecryptMessage(&pair.server.context, &message, 0, &qop) <
		            0);
		assert_true(pair.server.table.a->VerifySignature(&pair.server.context, &message, 0, &qop) <
		            0);
		expect_status(pair.server.table.a->EncryptMessage(&pair.server.context, 0, &message, 0),
		              SEC_E_BUFFER_TOO_SMALL);
		expect_status(pair.server.table.a->MakeSignature(&pair.server.context, 0, &message, 0),
		              SEC_E_BUFFER_TOO_SMALL);
		free(trailer);
	}
	assert_null(sspi_pair_chat(&pair, 1));
}

static void test_message_again_or_out_of_order_is_refused(void** state)
{
	(void)state;
	struct sspi_token first = { NULL, 0 };
	struct sspi_token second = { NULL, 0 };
	struct sspi_token plain = { NULL, 0 };
	expect_status(sspi_end_seal(&pair.client, "first", 5, &first), SEC_E_OK);
	expect_status(sspi_end_seal(&pair.client, "second", 6, &second), SEC_E_OK);
	assert_true(sspi_end_unseal(&pair.server, &second, &plain) < 0);
	expect_status(sspi_end_unseal(&pair.server, &first, &plain), SEC_E_OK);
	assert_true(sspi_end_unseal(&pair.server, &first, &plain) < 0);
	expect_status(sspi_end_unseal(&pair.server, &second, &plain), SEC_E_OK);
	/* Reflected to the one who sealed it. */
	pair.client.receive_sequence = 0;
	assert_true(sspi_end_unseal(&pair.client, &first, &plain) < 0);
	sspi_token_free(&first);
	sspi_token_free(&second);
	sspi_token_free(&plain);
}

/* A message of buffers: a trailer, a head that is only signed, a sealed body, a sealed tail. */
struct rpc
{
	uint8_t head[24];
	uint8_t body[100];
	uint8_t tail[12];
	uint8_t trailer[16];
	SecBuffer buffers[4];
	SecBufferDesc desc;
};

static void rpc_make(struct rpc* rpc, ULONG head_flag)
{
	memset(rpc, 0, sizeof(*rpc));
	memset(rpc->head, 'h', sizeof(rpc->head));
	memset(rpc->body, 'b', sizeof(rpc->body));
	memset(rpc->tail, 't', sizeof(rpc->tail));
	rpc->buffers[0] = (SecBuffer){ sizeof(rpc->head), SECBUFFER_DATA | head_flag, rpc->head };
	rpc->buffers[1] = (SecBuffer){ sizeof(rpc->body), SECBUFFER_DATA, rpc->body };
	rpc->buffers[2] = (SecBuffer){ sizeof(rpc->tail), SECBUFFER_DATA, rpc->tail };
	rpc->buffers[3] = (SecBuffer){ sizeof(rpc->trailer), SECBUFFER_TOKEN, rpc->trailer };
	rpc->desc = (SecBufferDesc){ SECBUFFER_VERSION, 4, rpc->buffers };
}

static void rpc_round_trip(ULONG flag)
{
	struct rpc rpc;
	struct rpc plain;
	ULONG qop = 0;
	rpc_make(&rpc, flag);
	rpc_make(&plain, flag);
	const SecurityFunctionTableA* table = pair.client.table.a;
	expect_status(
	    table->EncryptMessage(&pair.client.context, 0, &rpc.desc, pair.client.send_sequence++),
	    SEC_E_OK);
	assert_memory_equal(rpc.head, plain.head, sizeof(rpc.head));
	assert_memory_not_equal(rpc.body, plain.body, sizeof(rpc.body));
	assert_memory_not_equal(rpc.tail, plain.tail, sizeof(rpc.tail));
	assert_int_equal(rpc.buffers[3].cbBuffer, 16);
	/* The head is in the clear, and covered all the same. */
	rpc.head[3] ^= 1;
	expect_status(
	    table->DecryptMessage(&pair.server.context, &rpc.desc, pair.server.receive_sequence, &qop),
	    SEC_E_MESSAGE_ALTERED);
	rpc.head[3] ^= 1;
	expect_status(table->DecryptMessage(&pair.server.context, &rpc.desc,
	                                    pair.server.receive_sequence++, &qop),
	              SEC_E_OK);
	assert_memory_equal(rpc.head, plain.head, sizeof(rpc.head));
	assert_memory_equal(rpc.body, plain.body, sizeof(rpc.body));
	assert_memory_equal(rpc.tail, plain.tail, sizeof(rpc.tail));
}

static void test_readonly_parts_are_signed_and_not_sealed(void** state)
{
	(void)state;
	for (unsigned i = 0; i < 3; i++)
	{
		rpc_round_trip(SECBUFFER_READONLY);
		rpc_round_trip(SECBUFFER_READONLY_WITH_CHECKSUM);
	}
	assert_null(sspi_pair_chat(&pair, 2));
}

static void test_rpc_bind_signs_without_having_asked_for_integrity(void** state)
{
	(void)state;
	/* FreeRDP's RPC gateway: these flags, then sealed with everything READONLY (rpc_client.c). */
	const ULONG request =
	    ISC_REQ_USE_DCE_STYLE | ISC_REQ_DELEGATE | ISC_REQ_REPLAY_DETECT | ISC_REQ_SEQUENCE_DETECT;
	struct sspi_setup setup = sspi_setup_nla("user", NULL, "Password", box.sam);
	setup.client_package = setup.server_package = "NTLM";
	setup.target = "gateway.example";
	setup.client_flags = request;
	setup.server_flags = 0;
	assert_true(sspi_pair_connect(&pair, &setup));
	const SecurityFunctionTableA* table = pair.client.table.a;
	for (ULONG i = 0; i < 3; i++)
	{
		char text[] = "a PDU in clear";
		uint8_t trailer[16] = { 0 };
		SecBuffer buffers[2] = { { sizeof(trailer), SECBUFFER_TOKEN, trailer },
			                     { sizeof(text), SECBUFFER_DATA | SECBUFFER_READONLY, text } };
		SecBufferDesc message = { SECBUFFER_VERSION, 2, buffers };
		ULONG qop = 0;
		expect_status(table->EncryptMessage(&pair.client.context, 0, &message, i), SEC_E_OK);
		assert_string_equal(text, "a PDU in clear");
		text[4] ^= 1;
		expect_status(table->DecryptMessage(&pair.server.context, &message, i, &qop),
		              SEC_E_MESSAGE_ALTERED);
		text[4] ^= 1;
		expect_status(table->DecryptMessage(&pair.server.context, &message, i, &qop), SEC_E_OK);
	}
	/* What is to be sealed never goes out in clear instead. */
	struct sspi_token sealed = { NULL, 0 };
	assert_true(sspi_end_seal(&pair.client, "secret", 6, &sealed) < 0 ||
	            !memmem(sealed.data, sealed.len, "secret", 6));
	sspi_token_free(&sealed);
}

static void test_signatures_cover_and_leave_the_data(void** state)
{
	(void)state;
	const SecurityFunctionTableA* table = pair.client.table.a;
	for (ULONG i = 0; i < 5; i++)
	{
		char text[] = "signed, not sealed";
		uint8_t trailer[16] = { 0 };
		SecBuffer buffers[2] = { { sizeof(text), SECBUFFER_DATA, text },
			                     { sizeof(trailer), SECBUFFER_TOKEN, trailer } };
		SecBufferDesc message = { SECBUFFER_VERSION, 2, buffers };
		ULONG qop = 0;
		expect_status(table->MakeSignature(&pair.client.context, 0, &message, i), SEC_E_OK);
		assert_string_equal(text, "signed, not sealed");
		assert_int_equal(buffers[1].cbBuffer, 16);
		text[0] ^= 1;
		expect_status(table->VerifySignature(&pair.server.context, &message, i, &qop),
		              SEC_E_MESSAGE_ALTERED);
		text[0] ^= 1;
		trailer[5] ^= 1;
		expect_status(table->VerifySignature(&pair.server.context, &message, i, &qop),
		              SEC_E_MESSAGE_ALTERED);
		trailer[5] ^= 1;
		expect_status(table->VerifySignature(&pair.server.context, &message, i, &qop), SEC_E_OK);
	}
}

static void test_messages_without_their_buffers_are_refused(void** state)
{
	(void)state;
	const SecurityFunctionTableA* table = pair.client.table.a;
	uint8_t memory[16] = { 0 };
	SecBuffer only[1] = { { sizeof(memory), SECBUFFER_DATA, memory } };
	SecBufferDesc none = { SECBUFFER_VERSION, 0, NULL };
	SecBufferDesc lacking = { SECBUFFER_VERSION, 1, only };
	SecBufferDesc null_buffers = { SECBUFFER_VERSION, 2, NULL };
	SecBufferDesc* bad[] = { NULL, &none, &lacking, &null_buffers };
	ULONG qop = 0;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
	{
		assert_true(table->EncryptMessage(&pair.client.context, 0, bad[i], 0) < 0);
		assert_true(table->DecryptMessage(&pair.client.context, bad[i], 0, &qop) < 0);
		assert_true(table->MakeSignature(&pair.client.context, 0, bad[i], 0) < 0);
		assert_true(table->VerifySignature(&pair.client.context, bad[i], 0, &qop) < 0);
	}
	assert_null(sspi_pair_chat(&pair, 1));
}

static void test_empty_message_is_a_message(void** state)
{
	(void)state;
	struct sspi_token sealed = { NULL, 0 };
	struct sspi_token plain = { NULL, 0 };
	expect_status(sspi_end_seal(&pair.client, "", 0, &sealed), SEC_E_OK);
	assert_int_equal(sealed.len, 16);
	expect_status(sspi_end_unseal(&pair.server, &sealed, &plain), SEC_E_OK);
	assert_int_equal(plain.len, 0);
	sspi_token_free(&sealed);
	sspi_token_free(&plain);
	assert_null(sspi_pair_chat(&pair, 1));
}

#define framed(test) cmocka_unit_test_setup_teardown(test, connect_framed, disconnect)
#define bare(test) cmocka_unit_test_setup_teardown(test, connect_bare, disconnect)

int main(void)
{
	const struct CMUnitTest tests[] = {
		framed(test_many_sealed_messages_in_turn),
		framed(test_many_sealed_messages_one_way_before_the_other),
		framed(test_first_message_number_counts_the_mic),
		bare(test_first_message_number_of_bare_ntlm_is_zero),
		framed(test_every_flipped_bit_of_a_sealed_message_is_refused),
		framed(test_truncated_sealed_messages_are_refused),
		framed(test_FreeRDP_41b719a89_short_signature_buffer_is_refused),
		framed(test_message_again_or_out_of_order_is_refused),
		framed(test_readonly_parts_are_signed_and_not_sealed),
		cmocka_unit_test_teardown(test_rpc_bind_signs_without_having_asked_for_integrity,
		                          disconnect),
		bare(test_signatures_cover_and_leave_the_data),
		framed(test_messages_without_their_buffers_are_refused),
		framed(test_empty_message_is_a_message),
	};
	return cmocka_run_group_tests(tests, box_open, box_close);
}
