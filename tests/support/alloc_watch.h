/* SPDX-License-Identifier: Apache-2.0
 *
 * The heap under observation: makes a chosen allocation fail, and looks into every block on its way
 * back to the heap for bytes that had to be wiped.
 *
 * Works by the linker's --wrap for malloc, calloc, realloc and free, so it sees the calls of the
 * test program and of the static libraries in it, and none of the C library's own. Not for threads.
 */
#ifndef NEGOSSP_TESTS_ALLOC_WATCH_H
#define NEGOSSP_TESTS_ALLOC_WATCH_H

#include <stddef.h>
#include <stdint.h>

/* The `nth` allocation from now on (1 is the next) returns NULL; 0 ends it. */
void alloc_watch_fail(size_t nth);
/* Allocations since the last alloc_watch_fail(). */
size_t alloc_watch_count(void);
/* From now on counts blocks that are freed while they hold `needle`, which must outlive the watch.
 * NULL ends it. */
void alloc_watch_needle(const uint8_t* needle, size_t len);
/* How many there were since the last alloc_watch_needle(). */
size_t alloc_watch_found(void);

#endif
