/* SPDX-License-Identifier: Apache-2.0
 *
 * The heap under observation: makes a chosen allocation fail, counts what is not given back, and
 * looks into every block on its way back to the heap for bytes that had to be wiped.
 *
 * Works by the linker's --wrap (the CMake function negossp_watch_heap) for malloc, calloc, realloc,
 * free, strdup, strndup and asprintf, so it sees the calls of the test program and of the static
 * libraries in it, and none that the C library makes for itself. Threads may allocate meanwhile;
 * which of theirs is the nth nobody can say.
 */
#ifndef NEGOSSP_TESTS_ALLOC_WATCH_H
#define NEGOSSP_TESTS_ALLOC_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The `nth` allocation from now on (1 is the next) returns NULL; 0 ends it. */
void alloc_watch_fail(size_t nth);
/* So do all that follow it. */
void alloc_watch_fail_from(size_t nth);
/* Allocations since the last of these two. */
size_t alloc_watch_count(void);
/* At how many places of the program an allocation was made to fail, since it started. */
size_t alloc_watch_places(void);
/* Blocks that are out. */
size_t alloc_watch_live(void);
/* Counts one more allocation, of a function that is wrapped elsewhere; whether it is to fail. */
bool alloc_watch_fails(const void* place);
/* From now on counts blocks that are freed while they hold `needle`, which must outlive the watch.
 * NULL ends it. */
void alloc_watch_needle(const uint8_t* needle, size_t len);
/* How many there were since the last alloc_watch_needle(). */
size_t alloc_watch_found(void);

#endif
