/* SPDX-License-Identifier: Apache-2.0
 *
 * Wiping, below everything that may hold a secret.
 */
#ifndef NEGOSSP_BASE_WIPE_H
#define NEGOSSP_BASE_WIPE_H

#include <stddef.h>

/* Wipes memory in a way that the compiler may not skip. NULL with a length of 0 is fine. */
void secret_wipe(void* memory, size_t len);

#endif
