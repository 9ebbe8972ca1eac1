/* SPDX-License-Identifier: Apache-2.0
 *
 * module/ntlm: seal. Signatures and sealing against MS-NLMP 4.2.4, message numbers, the
 * mechListMIC, and that nothing changes when a message is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/crypto.h"
#include "ntlm/flags.h"
#include "ntlm/seal.h"
#include "vector.h"

#define FULL (NTLM_NEGOTIATE_SIGN | NTLM_NEGOTIATE_SEAL | NTLM_NEGOTIATE_KEY_EXCH)

static const struct key test_key = { { 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55,
	                                   0x55, 0x55, 0x55, 0x55, 0x55, 0x55 } };

static int setup(void** state)
{
	(void)state;
	return crypto_init() == RESULT_OK ? 0 : -1;
}

struct ends
{
	struct ntlm_seal client;
	struct ntlm_seal server;
};

static struct ends ends_make(uint32_t flags)
{
	struct ends ends;

	ntlm_seal_init(&ends.client, &test_key, flags, MECH_INITIATOR);
	ntlm_seal_init(&ends.server, &test_key, flags, MECH_ACCEPTOR);
	return ends;
}

static void ends_close(struct ends* ends)
{
	ntlm_seal_wipe(&ends->client);
	ntlm_seal_wipe(&ends->server);
}

/* Everything a refused message must leave as it was. */
struct standing
{
	uint32_t sequence;
	struct rc4 stream;
};

static struct standing standing_of(const struct ntlm_direction* direction)
{
	assert_non_null(direction->stream);
	return (struct standing){ direction->sequence, *direction->stream };
}

static bool direction_is(const struct standing* before, const struct ntlm_direction* direction)
{
	return before->sequence == direction->sequence &&
	       memcmp(&before->stream, direction->stream, sizeof(before->stream)) == 0;
}

static uint32_t number_in(const uint8_t* signature)
{
	return (uint32_t)signature[12] | (uint32_t)signature[13] << 8 | (uint32_t)signature[14] << 16 |
	       (uint32_t)signature[15] << 24;
}

static void test_sealed_message_of_MS_NLMP_4_2_4(void** state)
{
	struct vector vector = vector_open("ms-nlmp-4.2.4-ntlmv2.json");
	struct blob plain = vector_hex(&vector, "inputs", "plaintext_utf16le");
	struct blob sealed = vector_hex(&vector, "outputs", "SealedData");
	struct blob signature = vector_hex(&vector, "outputs", "Signature");
	struct ends ends = ends_make(FULL);
	struct blob data = BLOB_EMPTY;
	uint8_t trailer[20] = { 0 };
	size_t trailer_len = sizeof(trailer);

	(void)state;
	assert_int_equal(blob_set(&data, blob_bytes(&plain)), RESULT_OK);
	struct mech_part part = { data.data, data.len, false };
	assert_int_equal(ntlm_seal_wrap(&ends.client, true, &part, 1, trailer, &trailer_len),
	                 RESULT_OK);
	assert_memory_equal(data.data, sealed.data, sealed.len);
	assert_int_equal(trailer_len, 16);
	assert_memory_equal(trailer, signature.data, 16);
	assert_int_equal(
	    ntlm_seal_unwrap(&ends.server, true, &part, 1, bytes_make(trailer, trailer_len)),
	    RESULT_OK);
	assert_memory_equal(data.data, plain.data, plain.len);
	blob_free(&plain);
	blob_free(&sealed);
	blob_free(&signature);
	blob_free(&data);
	vector_close(&vector);
	ends_close(&ends);
}

static void test_messages_flow_both_ways_with_numbers_of_their_own(void** state)
{
	static const uint32_t flags[] = { FULL, FULL & ~NTLM_NEGOTIATE_KEY_EXCH,
		                              FULL & ~NTLM_NEGOTIATE_SEAL, NTLM_NEGOTIATE_SIGN };

	(void)state;
	for (size_t f = 0; f < 4; f++)
	{
		struct ends ends = ends_make(flags[f]);
		for (uint32_t i = 0; i < 600; i++)
		{
			const bool up = i % 3 != 0;
			uint8_t data[32] = "text";
			uint8_t trailer[16];
			size_t trailer_len = sizeof(trailer);
			struct mech_part part = { data, sizeof(data), false };
			assert_int_equal(ntlm_seal_wrap(up ? &ends.client : &ends.server, true, &part, 1,
			                                trailer, &trailer_len),
			                 RESULT_OK);
			assert_int_equal(number_in(trailer), up ? i - i / 3 - 1 : i / 3);
			assert_true((strcmp((const char*)data, "text") == 0) ==
			            !(flags[f] & NTLM_NEGOTIATE_SEAL));
			assert_int_equal(ntlm_seal_unwrap(up ? &ends.server : &ends.client, true, &part, 1,
			                                  BYTES_OF(trailer)),
			                 RESULT_OK);
			assert_string_equal((const char*)data, "text");
		}
		ends_close(&ends);
	}
}

static void test_KEY_EXCH_decides_whether_the_checksum_is_sealed(void** state)
{
	struct ends with = ends_make(NTLM_NEGOTIATE_SIGN | NTLM_NEGOTIATE_KEY_EXCH);
	struct ends without = ends_make(NTLM_NEGOTIATE_SIGN);
	uint8_t data[] = "text";
	uint8_t first[16];
	uint8_t second[16];
	size_t len = 16;
	struct mech_part part = { data, sizeof(data), false };

	(void)state;
	assert_int_equal(ntlm_seal_wrap(&with.client, false, &part, 1, first, &len), RESULT_OK);
	assert_int_equal(ntlm_seal_wrap(&without.client, false, &part, 1, second, &len), RESULT_OK);
	assert_memory_not_equal(first + 4, second + 4, 8);
	/* Without, the stream stands where it began. */
	struct rc4 begin;
	rc4_init(&begin, key_bytes(&without.client.send.sealing));
	assert_memory_equal(&begin, without.client.send.stream, sizeof(begin));
	assert_memory_not_equal(&begin, with.client.send.stream, sizeof(begin));
	ends_close(&with);
	ends_close(&without);
}

static void test_several_parts_are_one_message(void** state)
{
	struct ends ends = ends_make(FULL);
	struct ends twin = ends_make(FULL);
	uint8_t head[] = "header";
	uint8_t one[] = "one";
	uint8_t two[] = "two";
	uint8_t tail[] = "trailer";
	uint8_t joined[] = "one\0two";
	uint8_t trailer[16];
	uint8_t other[16];
	size_t len = 16;
	struct mech_part parts[] = { { head, sizeof(head), true },
		                         { one, sizeof(one), false },
		                         { NULL, 0, false },
		                         { two, sizeof(two), false },
		                         { tail, sizeof(tail), true } };
	struct mech_part whole = { joined, sizeof(joined), false };

	(void)state;
	assert_int_equal(ntlm_seal_wrap(&ends.client, true, parts, 5, trailer, &len), RESULT_OK);
	assert_string_equal((const char*)head, "header");
	assert_string_equal((const char*)tail, "trailer");
	/* One RC4 stream runs through the sealed parts in their order. */
	assert_int_equal(ntlm_seal_wrap(&twin.client, true, &whole, 1, other, &len), RESULT_OK);
	assert_memory_equal(one, joined, 4);
	assert_memory_equal(two, joined + 4, 4);
	/* The parts that stay readable are signed all the same. */
	head[0] ^= 1;
	assert_int_equal(ntlm_seal_unwrap(&ends.server, true, parts, 5, BYTES_OF(trailer)),
	                 RESULT_ALTERED);
	head[0] ^= 1;
	assert_int_equal(ntlm_seal_unwrap(&ends.server, true, parts, 5, BYTES_OF(trailer)), RESULT_OK);
	assert_string_equal((const char*)one, "one");
	assert_string_equal((const char*)two, "two");
	ends_close(&ends);
	ends_close(&twin);
}

static void test_every_bit_flip_of_a_sealed_message_is_refused_and_changes_nothing(void** state)
{
	struct ends ends = ends_make(FULL);
	uint8_t wire[8 + 16] = "secret!";
	size_t len = 16;
	struct mech_part part = { wire, 8, false };

	(void)state;
	/* One message that is right, so that the stream has moved. */
	assert_int_equal(ntlm_seal_wrap(&ends.client, true, &part, 1, wire + 8, &len), RESULT_OK);
	assert_int_equal(ntlm_seal_unwrap(&ends.server, true, &part, 1, bytes_make(wire + 8, 16)),
	                 RESULT_OK);
	assert_int_equal(ntlm_seal_wrap(&ends.client, true, &part, 1, wire + 8, &len), RESULT_OK);
	const struct standing before = standing_of(&ends.server.receive);
	for (size_t bit = 0; bit < sizeof(wire) * 8; bit++)
	{
		uint8_t copy[sizeof(wire)];
		uint8_t sent[sizeof(wire)];
		bytes_copy(copy, BYTES_OF(wire));
		copy[bit / 8] ^= (uint8_t)(1U << (bit % 8));
		bytes_copy(sent, BYTES_OF(copy));
		struct mech_part flipped = { copy, 8, false };
		assert_int_equal(
		    ntlm_seal_unwrap(&ends.server, true, &flipped, 1, bytes_make(copy + 8, 16)),
		    RESULT_ALTERED);
		assert_memory_equal(copy, sent, sizeof(copy));
		assert_true(direction_is(&before, &ends.server.receive));
	}
	assert_int_equal(ntlm_seal_unwrap(&ends.server, true, &part, 1, bytes_make(wire + 8, 16)),
	                 RESULT_OK);
	assert_string_equal((const char*)wire, "secret!");
	ends_close(&ends);
}

static void test_FreeRDP_41b719a89_signature_of_another_size(void** state)
{
	struct ends ends = ends_make(FULL);
	uint8_t data[] = "text";
	uint8_t trailer[17] = { 0 };
	size_t len = 16;
	struct mech_part part = { data, sizeof(data), false };

	(void)state;
	assert_int_equal(ntlm_seal_wrap(&ends.client, true, &part, 1, trailer, &len), RESULT_OK);
	for (size_t size = 0; size <= 17; size++)
	{
		if (size == 16)
			continue;
		assert_int_equal(ntlm_seal_unwrap(&ends.server, true, &part, 1, bytes_make(trailer, size)),
		                 RESULT_MALFORMED);
		assert_int_equal(
		    ntlm_seal_mic_verify(&ends.server, BYTES_LITERAL("list"), bytes_make(trailer, size)),
		    RESULT_MALFORMED);
	}
	assert_int_equal(ntlm_seal_unwrap(&ends.server, true, &part, 1, bytes_make(trailer, 16)),
	                 RESULT_OK);
	ends_close(&ends);
}

static void test_shortened_and_lengthened_messages_are_refused(void** state)
{
	struct ends ends = ends_make(FULL);
	uint8_t data[16] = "0123456789";
	uint8_t trailer[16];
	size_t len = 16;
	struct mech_part part = { data, 10, false };

	(void)state;
	assert_int_equal(ntlm_seal_wrap(&ends.client, true, &part, 1, trailer, &len), RESULT_OK);
	for (size_t size = 0; size < sizeof(data); size++)
	{
		struct mech_part other = { data, size, false };
		if (size != 10)
			assert_int_equal(ntlm_seal_unwrap(&ends.server, true, &other, 1, BYTES_OF(trailer)),
			                 RESULT_ALTERED);
	}
	assert_int_equal(ntlm_seal_unwrap(&ends.server, true, &part, 1, BYTES_OF(trailer)), RESULT_OK);
	ends_close(&ends);
}

static void test_replayed_reordered_and_reflected_messages_are_refused(void** state)
{
	struct ends ends = ends_make(FULL);
	uint8_t data[2][8] = { "first", "second" };
	uint8_t trailer[2][16];
	uint8_t saved[8];
	size_t len = 16;
	struct mech_part parts[2] = { { data[0], 8, false }, { data[1], 8, false } };

	(void)state;
	for (int i = 0; i < 2; i++)
		assert_int_equal(ntlm_seal_wrap(&ends.client, true, &parts[i], 1, trailer[i], &len),
		                 RESULT_OK);
	bytes_copy(saved, BYTES_OF(data[0]));
	assert_int_equal(ntlm_seal_unwrap(&ends.client, true, &parts[0], 1, BYTES_OF(trailer[0])),
	                 RESULT_ALTERED);
	assert_int_equal(ntlm_seal_unwrap(&ends.server, true, &parts[1], 1, BYTES_OF(trailer[1])),
	                 RESULT_ALTERED);
	assert_int_equal(ntlm_seal_unwrap(&ends.server, true, &parts[0], 1, BYTES_OF(trailer[0])),
	                 RESULT_OK);
	bytes_copy(data[0], BYTES_OF(saved));
	assert_int_equal(ntlm_seal_unwrap(&ends.server, true, &parts[0], 1, BYTES_OF(trailer[0])),
	                 RESULT_ALTERED);
	assert_int_equal(ntlm_seal_unwrap(&ends.server, true, &parts[1], 1, BYTES_OF(trailer[1])),
	                 RESULT_OK);
	ends_close(&ends);
}

static void test_small_trailer_changes_nothing(void** state)
{
	struct ends ends = ends_make(FULL);
	uint8_t data[] = "text";
	uint8_t trailer[16];
	size_t len = 16;
	struct mech_part part = { data, sizeof(data), false };

	(void)state;
	assert_int_equal(ntlm_seal_wrap(&ends.client, true, NULL, 0, trailer, &len), RESULT_OK);
	const struct standing before = standing_of(&ends.client.send);
	for (size_t room = 0; room < 16; room++)
	{
		len = room;
		assert_int_equal(ntlm_seal_wrap(&ends.client, true, &part, 1, trailer, &len),
		                 RESULT_BUFFER_TOO_SMALL);
		assert_int_equal(len, room);
	}
	assert_string_equal((const char*)data, "text");
	assert_true(direction_is(&before, &ends.client.send));
	ends_close(&ends);
}

static void test_too_many_parts_are_refused(void** state)
{
	struct ends ends = ends_make(FULL);
	struct mech_part parts[NTLM_MAX_PARTS + 1] = { { NULL, 0, false } };
	uint8_t trailer[16];
	size_t len = 16;

	(void)state;
	assert_int_equal(ntlm_seal_wrap(&ends.client, true, parts, NTLM_MAX_PARTS + 1, trailer, &len),
	                 RESULT_INVALID_ARGUMENT);
	assert_int_equal(ntlm_seal_wrap(&ends.client, true, parts, NTLM_MAX_PARTS, trailer, &len),
	                 RESULT_OK);
	assert_int_equal(
	    ntlm_seal_unwrap(&ends.server, true, parts, NTLM_MAX_PARTS + 1, BYTES_OF(trailer)),
	    RESULT_INVALID_ARGUMENT);
	assert_int_equal(ntlm_seal_unwrap(&ends.server, true, parts, NTLM_MAX_PARTS, BYTES_OF(trailer)),
	                 RESULT_OK);
	ends_close(&ends);
}

static void test_without_SIGN_nothing_is_protected_and_nothing_accepted(void** state)
{
	struct ends ends = ends_make(NTLM_NEGOTIATE_KEY_EXCH);
	uint8_t data[] = "text";
	uint8_t trailer[16] = { 0 };
	size_t len = 16;
	struct mech_part part = { data, sizeof(data), false };
	struct blob mic = BLOB_EMPTY;

	(void)state;
	assert_int_equal(ntlm_seal_wrap(&ends.client, false, &part, 1, trailer, &len),
	                 RESULT_UNSUPPORTED);
	assert_int_equal(ntlm_seal_unwrap(&ends.server, false, &part, 1, BYTES_OF(trailer)),
	                 RESULT_UNSUPPORTED);
	assert_int_equal(ntlm_seal_mic_make(&ends.client, BYTES_LITERAL("list"), &mic),
	                 RESULT_UNSUPPORTED);
	assert_null(mic.data);
	ends_close(&ends);
}

/* --- the mechListMIC: MS-SPNG 3.3.5.1 -------------------------------------------------------- */

static void test_mic_has_number_0_and_the_next_message_number_1(void** state)
{
	/* Which directions carry a MIC: each by itself. */
	for (unsigned which = 0; which < 4; which++)
	{
		struct ends ends = ends_make(FULL);
		struct ntlm_seal* const side[2] = { &ends.client, &ends.server };
		for (unsigned i = 0; i < 2; i++)
		{
			struct blob mic = BLOB_EMPTY;
			if (!(which & (1U << i)))
				continue;
			assert_int_equal(ntlm_seal_mic_make(side[i], BYTES_LITERAL("list"), &mic), RESULT_OK);
			assert_int_equal(number_in(mic.data), 0);
			assert_int_equal(
			    ntlm_seal_mic_verify(side[1 - i], BYTES_LITERAL("list"), blob_bytes(&mic)),
			    RESULT_OK);
			assert_int_equal(side[i]->send.sequence + side[1 - i]->receive.sequence, 2);
			blob_free(&mic);
		}
		for (unsigned i = 0; i < 2; i++)
		{
			uint8_t data[] = "text";
			uint8_t trailer[16];
			size_t len = 16;
			struct mech_part part = { data, sizeof(data), false };
			assert_int_equal(ntlm_seal_wrap(side[i], true, &part, 1, trailer, &len), RESULT_OK);
			assert_int_equal(number_in(trailer), (which >> i) & 1U);
			assert_int_equal(ntlm_seal_unwrap(side[1 - i], true, &part, 1, BYTES_OF(trailer)),
			                 RESULT_OK);
		}
		ends_close(&ends);
	}
	(void)state;
}

static void test_mic_comes_first_in_its_direction_and_once(void** state)
{
	struct ends ends = ends_make(FULL);
	struct ends late = ends_make(FULL);
	struct blob mic = BLOB_EMPTY;
	struct blob again = BLOB_EMPTY;
	uint8_t trailer[16];
	size_t len = 16;

	(void)state;
	assert_int_equal(ntlm_seal_mic_make(&ends.client, BYTES_LITERAL("list"), &mic), RESULT_OK);
	assert_int_equal(ntlm_seal_mic_make(&ends.client, BYTES_LITERAL("list"), &again),
	                 RESULT_OUT_OF_SEQUENCE);
	assert_null(again.data);
	assert_int_equal(ntlm_seal_mic_verify(&ends.server, BYTES_LITERAL("list"), blob_bytes(&mic)),
	                 RESULT_OK);
	assert_int_equal(ntlm_seal_mic_verify(&ends.server, BYTES_LITERAL("list"), blob_bytes(&mic)),
	                 RESULT_OUT_OF_SEQUENCE);
	assert_int_equal(ntlm_seal_wrap(&late.client, true, NULL, 0, trailer, &len), RESULT_OK);
	assert_int_equal(ntlm_seal_mic_make(&late.client, BYTES_LITERAL("list"), &again),
	                 RESULT_OUT_OF_SEQUENCE);
	blob_free(&mic);
	ends_close(&ends);
	ends_close(&late);
}

static void test_wrong_mic_is_refused_and_the_right_one_still_taken(void** state)
{
	struct ends ends = ends_make(FULL);
	struct blob mic = BLOB_EMPTY;

	(void)state;
	assert_int_equal(ntlm_seal_mic_make(&ends.client, BYTES_LITERAL("list"), &mic), RESULT_OK);
	for (size_t bit = 0; bit < 128; bit++)
	{
		mic.data[bit / 8] ^= (uint8_t)(1U << (bit % 8));
		assert_int_equal(
		    ntlm_seal_mic_verify(&ends.server, BYTES_LITERAL("list"), blob_bytes(&mic)),
		    RESULT_ALTERED);
		mic.data[bit / 8] ^= (uint8_t)(1U << (bit % 8));
	}
	assert_int_equal(ntlm_seal_mic_verify(&ends.server, BYTES_LITERAL("lisu"), blob_bytes(&mic)),
	                 RESULT_ALTERED);
	assert_int_equal(ntlm_seal_mic_verify(&ends.client, BYTES_LITERAL("list"), blob_bytes(&mic)),
	                 RESULT_ALTERED);
	assert_int_equal(ntlm_seal_mic_verify(&ends.server, BYTES_LITERAL("list"), blob_bytes(&mic)),
	                 RESULT_OK);
	blob_free(&mic);
	ends_close(&ends);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sealed_message_of_MS_NLMP_4_2_4),
		cmocka_unit_test(test_messages_flow_both_ways_with_numbers_of_their_own),
		cmocka_unit_test(test_KEY_EXCH_decides_whether_the_checksum_is_sealed),
		cmocka_unit_test(test_several_parts_are_one_message),
		cmocka_unit_test(test_every_bit_flip_of_a_sealed_message_is_refused_and_changes_nothing),
		cmocka_unit_test(test_FreeRDP_41b719a89_signature_of_another_size),
		cmocka_unit_test(test_shortened_and_lengthened_messages_are_refused),
		cmocka_unit_test(test_replayed_reordered_and_reflected_messages_are_refused),
		cmocka_unit_test(test_small_trailer_changes_nothing),
		cmocka_unit_test(test_too_many_parts_are_refused),
		cmocka_unit_test(test_without_SIGN_nothing_is_protected_and_nothing_accepted),
		cmocka_unit_test(test_mic_has_number_0_and_the_next_message_number_1),
		cmocka_unit_test(test_mic_comes_first_in_its_direction_and_once),
		cmocka_unit_test(test_wrong_mic_is_refused_and_the_right_one_still_taken),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
