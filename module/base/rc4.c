/* SPDX-License-Identifier: Apache-2.0
 *
 * RC4, as NTLM seals messages and wraps the session key with it (MS-NLMP 3.4.3, 3.4.4). Held to
 * the vectors of RFC 6229 by a test.
 */
#include "crypto.h"

static void rc4_swap(uint8_t* a, uint8_t* b)
{
	const uint8_t kept = *a;

	*a = *b;
	*b = kept;
}

void rc4_init(struct rc4* rc4, struct bytes key)
{
	uint8_t j = 0;

	for (size_t i = 0; i < sizeof(rc4->s); i++)
		rc4->s[i] = (uint8_t)i;
	for (size_t i = 0; i < sizeof(rc4->s); i++)
	{
		/* RC4 has no empty key. One is taken as a zero octet, so that nothing divides by zero. */
		const uint8_t octet = key.len > 0 ? key.data[i % key.len] : 0;

		j = (uint8_t)(j + rc4->s[i] + octet);
		rc4_swap(&rc4->s[i], &rc4->s[j]);
	}
	rc4->i = 0;
	rc4->j = 0;
}

void rc4_apply(struct rc4* rc4, const uint8_t* from, uint8_t* to, size_t len)
{
	for (size_t n = 0; n < len; n++)
	{
		rc4->i = (uint8_t)(rc4->i + 1);
		rc4->j = (uint8_t)(rc4->j + rc4->s[rc4->i]);
		rc4_swap(&rc4->s[rc4->i], &rc4->s[rc4->j]);
		to[n] = from[n] ^ rc4->s[(uint8_t)(rc4->s[rc4->i] + rc4->s[rc4->j])];
	}
}

void rc4_wipe(struct rc4* rc4)
{
	secret_wipe(rc4, sizeof(*rc4));
}
