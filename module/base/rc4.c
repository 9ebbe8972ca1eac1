/* SPDX-License-Identifier: Apache-2.0
 *
 * RC4, as NTLM seals messages and wraps the session key with it (MS-NLMP 3.4.3, 3.4.4), for a
 * libcrypto that has none (rc4_libcrypto.c). Held to the vectors of RFC 6229 by a test.
 */
#include "crypto.h"

#define I 256 /* behind the 256 of S stand the two indices */
#define J 257

void rc4_init(struct rc4* rc4, struct bytes key)
{
	uint32_t* const s = rc4->state;
	uint32_t j = 0;

	for (uint32_t i = 0; i < 256; i++)
		s[i] = i;
	for (size_t i = 0; i < 256; i++)
	{
		/* RC4 has no empty key. One is taken as a zero octet, so that nothing divides by zero. */
		const uint32_t octet = key.len > 0 ? key.data[i % key.len] : 0;
		const uint32_t kept = s[i];

		j = (j + kept + octet) & 0xFF;
		s[i] = s[j];
		s[j] = kept;
	}
	s[I] = 0;
	s[J] = 0;
}

void rc4_apply(struct rc4* rc4, const uint8_t* from, uint8_t* to, size_t len)
{
	uint32_t* const s = rc4->state;
	uint32_t i = s[I];
	uint32_t j = s[J];

	for (size_t n = 0; n < len; n++)
	{
		i = (i + 1) & 0xFF;
		const uint32_t a = s[i];
		j = (j + a) & 0xFF;
		const uint32_t b = s[j];
		s[i] = b;
		s[j] = a;
		to[n] = from[n] ^ (uint8_t)s[(a + b) & 0xFF];
	}
	s[I] = i;
	s[J] = j;
}
