/* SPDX-License-Identifier: Apache-2.0
 *
 * Running foreign code in a process of its own: another FreeRDP's libraries, a module that is not
 * yet trusted. What it prints is lost, what it breaks is broken there only, and root has no rights
 * in it: what it can read there every user can.
 */
#ifndef NEGOSSP_REGISTER_CHILD_H
#define NEGOSSP_REGISTER_CHILD_H

#include <stddef.h>

enum child_end
{
	CHILD_DONE,
	CHILD_GAVE_UP, /* the work itself ended it with EXIT_FAILURE */
	CHILD_LOST     /* not made, could not give up root's rights, crashed, took over 20 seconds */
};

/* Calls `work` with `context` in a child; the `size` bytes of the context as the child left them
 * are copied back when it is done. Otherwise the context stays as it was. */
enum child_end child_run(void (*work)(void* context), void* context, size_t size);

#endif
