/* SPDX-License-Identifier: Apache-2.0
 *
 * The provider goes before its context, as OpenSSL wants it.
 */
#include "legacy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <openssl/provider.h>

void with_legacy_provider(void (*compare)(OSSL_LIB_CTX* lib))
{
	OSSL_LIB_CTX* lib = OSSL_LIB_CTX_new();
	OSSL_PROVIDER* legacy;

	assert_non_null(lib);
	legacy = OSSL_PROVIDER_load(lib, "legacy");
	if (!legacy)
	{
		OSSL_LIB_CTX_free(lib);
		print_message("OpenSSL's legacy provider is not installed\n");
		skip();
	}
	compare(lib);
	(void)OSSL_PROVIDER_unload(legacy);
	OSSL_LIB_CTX_free(lib);
}
