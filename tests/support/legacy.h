/* SPDX-License-Identifier: Apache-2.0
 *
 * OpenSSL's legacy provider, in a library context of the test's own.
 */
#ifndef NEGOSSP_TESTS_LEGACY_H
#define NEGOSSP_TESTS_LEGACY_H

#include <openssl/crypto.h>

/* Calls `compare` with it; skips the running test where it is not installed. */
void with_legacy_provider(void (*compare)(OSSL_LIB_CTX* lib));

#endif
