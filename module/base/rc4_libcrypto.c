/* SPDX-License-Identifier: Apache-2.0
 *
 * RC4 by libcrypto's own function, which takes half of what rc4.c does. It is deprecated and needs
 * no provider; CMake takes this file where the libcrypto that is built against exports it, and
 * rc4.c where it does not.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "crypto.h"

#include <openssl/rc4.h>

_Static_assert(sizeof(RC4_KEY) <= sizeof(struct rc4), "libcrypto's state has room in ours");

static RC4_KEY* rc4_key(struct rc4* rc4)
{
	return (RC4_KEY*)rc4->state;
}

void rc4_init(struct rc4* rc4, struct bytes key)
{
	static const uint8_t empty[1];

	if (sizeof(RC4_KEY) < sizeof(*rc4)) /* what libcrypto leaves of ours is zero, too */
		*rc4 = (struct rc4){ { 0 } };
	RC4_set_key(rc4_key(rc4), key.len > 0 ? (int)key.len : 1, key.len > 0 ? key.data : empty);
}

void rc4_apply(struct rc4* rc4, const uint8_t* from, uint8_t* to, size_t len)
{
	if (len > 0)
		RC4(rc4_key(rc4), len, from, to);
}
