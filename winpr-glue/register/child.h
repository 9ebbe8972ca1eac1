/* SPDX-License-Identifier: Apache-2.0
 *
 * Running foreign code in a process of its own: another FreeRDP's libraries, a module that is not
 * yet trusted. What it prints is lost, what it breaks is broken there only, and root has no rights
 * in it: what it can read there every user can.
 */
#ifndef NEGOSSP_REGISTER_CHILD_H
#define NEGOSSP_REGISTER_CHILD_H

#include <stdbool.h>
#include <stddef.h>

/* Calls `work` with `context` in a child; the `size` bytes of the context as the child left them
 * are copied back. False, and the context as it was, when the child crashed, could not give up
 * root's rights, or took over 20 seconds. */
bool child_run(void (*work)(void* context), void* context, size_t size);

#endif
