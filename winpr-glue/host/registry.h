/* SPDX-License-Identifier: Apache-2.0
 *
 * WinPR's registry (HKLM.reg), read only.
 *
 * Its keys lie below Software\<vendor>\<product>; which those are depends on how the FreeRDP of
 * this process was built and, from 3.27 on, on what the program says of itself.
 */
#ifndef NEGOSSP_GLUE_REGISTRY_H
#define NEGOSSP_GLUE_REGISTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* True where settings may be in a registry that nobody can read: a FreeRDP before 4, which alone
 * has none, whose libwinpr has no functions for it. There every key seems not to be there. */
bool registry_is_lost(void);

struct registry_key; /* opaque: one opened key */

/* A key below the product's, "SSPI\\Negossp"; or, `whole`, a path of its own. NULL if there is
 * none. Where the file is there and could not be opened (its mode, too many descriptors) each
 * value of it is unreadable. Between open and close no other thread of ours is in WinPR's registry,
 * which has no locks: close soon. */
struct registry_key* registry_open(const char* path, bool whole);
void registry_close(struct registry_key* key);
bool registry_is_unread(const struct registry_key* key);

enum registry_answer
{
	REGISTRY_NONE,
	REGISTRY_FOUND,
	REGISTRY_UNREADABLE /* of another type, a string that does not fit, a file not opened */
};

/* `key` may be NULL. *value is changed by REGISTRY_FOUND alone; `size` counts the NUL. */
enum registry_answer registry_number(struct registry_key* key, const char* name, uint32_t* value);
enum registry_answer registry_string(struct registry_key* key, const char* name, char* value,
                                     size_t size);

#endif
