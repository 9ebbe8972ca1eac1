/* SPDX-License-Identifier: Apache-2.0
 *
 * The C library's cleansing, which no optimiser removes (explicit_bzero(3)); a vector at a time.
 */
#include "base/wipe.h"

#include <string.h>

void secret_wipe(void* memory, size_t len)
{
	if (len > 0)
		explicit_bzero(memory, len);
}
