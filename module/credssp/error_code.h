/* SPDX-License-Identifier: Apache-2.0
 *
 * What a server says in errorCode, an NTSTATUS (MS-CSSP 2.2.1, MS-ERREF 2.3), and what that means.
 */
#ifndef NEGOSSP_CREDSSP_ERROR_CODE_H
#define NEGOSSP_CREDSSP_ERROR_CODE_H

#include <stdint.h>

#include "base/result.h"

/* What a server tells a client whose logon came to this: of what is not about the account no more
 * than that it failed. */
uint32_t error_code_of(enum result result);
/* The cause in plain words: a literal, never NULL. Servers also send what Windows calls an HRESULT
 * or a Win32 code in an NTSTATUS' clothes; those are known as well. */
const char* error_code_words(uint32_t code);

#endif
