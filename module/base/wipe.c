/* SPDX-License-Identifier: Apache-2.0
 *
 * OpenSSL's cleansing, which no optimiser removes.
 */
#include "base/wipe.h"

#include <openssl/crypto.h>

void secret_wipe(void* memory, size_t len)
{
	if (len > 0)
		OPENSSL_cleanse(memory, len);
}
