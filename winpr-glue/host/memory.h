/* SPDX-License-Identifier: Apache-2.0
 *
 * Memory that callers give back with FreeContextBuffer: package infos, names, session keys, tokens
 * made under ISC_REQ_ALLOCATE_MEMORY. Each is one block, so freeing it frees everything in it.
 */
#ifndef NEGOSSP_GLUE_MEMORY_H
#define NEGOSSP_GLUE_MEMORY_H

#include <winpr/sspi.h>

#include "mech.h"

/* `size` zero bytes aligned for any type, or NULL. */
void* memory_alloc(size_t size);
/* Wipes and frees a block of ours. False, and nothing touched, when it is none. */
bool memory_free(void* block);

#endif
