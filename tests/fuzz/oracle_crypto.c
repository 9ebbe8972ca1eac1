/* SPDX-License-Identifier: Apache-2.0 */
#include "oracle_crypto.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

void oracle_md5(const struct part* parts, size_t count, uint8_t out[16])
{
	static EVP_MD* md5;
	static EVP_MD_CTX* context;
	if (!md5 && (!(md5 = EVP_MD_fetch(NULL, "MD5", NULL)) || !(context = EVP_MD_CTX_new())))
		abort();
	if (EVP_DigestInit_ex(context, md5, NULL) != 1)
		abort();
	for (size_t i = 0; i < count; i++)
		if (parts[i].len && EVP_DigestUpdate(context, parts[i].data, parts[i].len) != 1)
			abort();
	if (EVP_DigestFinal_ex(context, out, NULL) != 1)
		abort();
}

void oracle_hmac(const uint8_t key[16], const struct part* parts, size_t count, uint8_t out[16])
{
	uint8_t inner[64];
	uint8_t outer[64];
	struct part all[9] = { { inner, sizeof(inner) } };
	memset(inner, 0x36, sizeof(inner));
	memset(outer, 0x5c, sizeof(outer));
	for (size_t i = 0; i < 16; i++)
	{
		inner[i] ^= key[i];
		outer[i] ^= key[i];
	}
	if (count >= sizeof(all) / sizeof(all[0]))
		abort();
	memcpy(all + 1, parts, count * sizeof(*parts));
	oracle_md5(all, count + 1, out);
	oracle_md5((struct part[]){ { outer, sizeof(outer) }, { out, 16 } }, 2, out);
}

void oracle_rc4_key(struct oracle_rc4* rc4, const uint8_t key[16])
{
	*rc4 = (struct oracle_rc4){ .i = 0 };
	for (unsigned i = 0; i < 256; i++)
		rc4->s[i] = (uint8_t)i;
	for (unsigned i = 0, j = 0; i < 256; i++)
	{
		const uint8_t old = rc4->s[i];
		j = (j + old + key[i % 16]) & 0xff;
		rc4->s[i] = rc4->s[j];
		rc4->s[j] = old;
	}
}

void oracle_rc4(struct oracle_rc4* rc4, const uint8_t* in, size_t len, uint8_t* out)
{
	uint8_t* s = rc4->s;
	for (size_t k = 0; k < len; k++)
	{
		const uint8_t a = s[++rc4->i];
		rc4->j = (uint8_t)(rc4->j + a);
		const uint8_t b = s[rc4->j];
		s[rc4->i] = b;
		s[rc4->j] = a;
		out[k] = in[k] ^ s[(uint8_t)(a + b)];
	}
}

unsigned oracle_upper(unsigned unit)
{
	const bool ascii = unit >= 'a' && unit <= 'z';
	const bool latin = unit >= 0xe0 && unit <= 0xfe && unit != 0xf7;
	return ascii || latin ? unit - 0x20 : unit;
}

void oracle_ntowfv2(const uint8_t nt_hash[16], struct part user, struct part domain,
                    uint8_t out[16])
{
	static uint8_t upper[1u << 16];
	for (size_t i = 0; i + 1 < user.len; i += 2)
	{
		const unsigned unit = oracle_upper(user.data[i] | (unsigned)user.data[i + 1] << 8);
		upper[i] = (uint8_t)unit;
		upper[i + 1] = (uint8_t)(unit >> 8);
	}
	oracle_hmac(nt_hash, (struct part[]){ { upper, user.len }, domain }, 2, out);
}

static void derive(const uint8_t session_key[16], const char* magic, uint8_t out[16])
{
	const struct part parts[] = { { session_key, 16 },
		                          { (const uint8_t*)magic, strlen(magic) + 1 } };
	oracle_md5(parts, 2, out);
}

void oracle_direction(struct oracle_direction* direction, const uint8_t session_key[16],
                      bool by_initiator)
{
	uint8_t sealing[16];
	derive(session_key,
	       by_initiator ? "session key to client-to-server signing key magic constant"
	                    : "session key to server-to-client signing key magic constant",
	       direction->signing);
	derive(session_key,
	       by_initiator ? "session key to client-to-server sealing key magic constant"
	                    : "session key to server-to-client sealing key magic constant",
	       sealing);
	oracle_rc4_key(&direction->sealing, sealing);
	direction->sequence = 0;
}

static void put_le32(uint8_t* at, uint32_t value)
{
	for (unsigned i = 0; i < 4; i++)
		at[i] = (uint8_t)(value >> (8 * i));
}

void oracle_sign(struct oracle_direction* direction, uint32_t flags, const struct part* parts,
                 size_t count, struct oracle_rc4* sealing, uint8_t signature[16])
{
	uint8_t number[4];
	uint8_t sum[16];
	struct part all[8] = { { number, 4 } };
	if (count >= sizeof(all) / sizeof(all[0]))
		abort();
	put_le32(number, direction->sequence);
	memcpy(all + 1, parts, count * sizeof(*parts));
	oracle_hmac(direction->signing, all, count + 1, sum);
	if (flags & NTLM_KEY_EXCH)
		oracle_rc4(sealing, sum, 8, sum);
	put_le32(signature, 1);
	memcpy(signature + 4, sum, 8);
	memcpy(signature + 12, number, 4);
}
