/* SPDX-License-Identifier: Apache-2.0
 *
 * MD4 (RFC 1320), which turns a password into the NT hash (MS-NLMP 3.3.1) and has no other use
 * here. The message is a password, so everything derived from it on the stack is wiped.
 */
#include "crypto.h"

#define MD4_BLOCK_SIZE 64
#define MD4_WORDS 16
#define MD4_LENGTH_SIZE 8

static uint32_t md4_rotate(uint32_t value, unsigned bits)
{
	return (value << bits) | (value >> (32 - bits));
}

/* The three round functions of RFC 1320 3.4: F selects, G is the majority, H the parity. */
static uint32_t md4_mix(unsigned round, uint32_t x, uint32_t y, uint32_t z)
{
	if (round == 0)
		return (x & y) | (~x & z);
	if (round == 1)
		return (x & y) | (x & z) | (y & z);
	return x ^ y ^ z;
}

static void md4_block(uint32_t state[4], const uint8_t* block)
{
	static const uint32_t constants[3] = { 0, 0x5A827999, 0x6ED9EBA1 };
	static const uint8_t shifts[3][4] = { { 3, 7, 11, 19 }, { 3, 5, 9, 13 }, { 3, 9, 11, 15 } };
	/* Which word of the block each step takes. */
	static const uint8_t order[3][MD4_WORDS] = {
		{ 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 },
		{ 0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15 },
		{ 0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15 }
	};
	uint32_t words[MD4_WORDS];
	uint32_t v[4] = { state[0], state[1], state[2], state[3] };

	for (size_t i = 0; i < MD4_WORDS; i++)
		words[i] = (uint32_t)little_endian_get(block + 4 * i, 4);

	for (unsigned round = 0; round < 3; round++)
	{
		for (unsigned step = 0; step < MD4_WORDS; step++)
		{
			const uint32_t sum = v[0] + md4_mix(round, v[1], v[2], v[3]) +
			                     words[order[round][step]] + constants[round];

			/* The RFC's [ABCD k s], then [DABC k s] and so on: the registers turn. */
			v[0] = v[3];
			v[3] = v[2];
			v[2] = v[1];
			v[1] = md4_rotate(sum, shifts[round][step % 4]);
		}
	}
	for (size_t i = 0; i < 4; i++)
		state[i] += v[i];
	secret_wipe(words, sizeof(words));
	secret_wipe(v, sizeof(v));
}

void crypto_md4(struct bytes message, uint8_t* digest)
{
	uint32_t state[4] = { 0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476 };
	const size_t tail = message.len % MD4_BLOCK_SIZE;
	const size_t full = message.len - tail;
	const uint64_t bits = (uint64_t)message.len << 3;
	uint8_t last[2 * MD4_BLOCK_SIZE] = { 0 };
	size_t padded = MD4_BLOCK_SIZE;

	for (size_t done = 0; done < full; done += MD4_BLOCK_SIZE)
		md4_block(state, message.data + done);

	/* RFC 1320 3.1 and 3.2: a one bit, zeros, the length in bits in the last eight octets. */
	if (tail + 1 + MD4_LENGTH_SIZE > MD4_BLOCK_SIZE)
		padded = 2 * MD4_BLOCK_SIZE;
	if (tail > 0)
		bytes_copy(last, bytes_make(message.data + full, tail));
	last[tail] = 0x80;
	little_endian_put(last + padded - MD4_LENGTH_SIZE, MD4_LENGTH_SIZE, bits);
	for (size_t done = 0; done < padded; done += MD4_BLOCK_SIZE)
		md4_block(state, last + done);

	for (size_t i = 0; i < CRYPTO_DIGEST_SIZE / 4; i++)
		little_endian_put(digest + 4 * i, 4, state[i]);
	secret_wipe(last, sizeof(last));
	secret_wipe(state, sizeof(state));
}
