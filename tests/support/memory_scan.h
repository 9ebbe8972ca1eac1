/* SPDX-License-Identifier: Apache-2.0
 *
 * What stands in the process's memory: every writable mapping is searched, dead stack and freed
 * heap included. Static, so that searching leaves no copy of what is searched for.
 */
#ifndef NEGOSSP_TESTS_MEMORY_SCAN_H
#define NEGOSSP_TESTS_MEMORY_SCAN_H

#include <stddef.h>

/* One place is not searched: where a test keeps what it searches for, if that is not read-only. */
void memory_scan_leave_out(const void* from, size_t len);
/* How often the pattern, of 64 bytes at most, stands there. */
size_t memory_scan(const void* pattern, size_t len);
/* How many states of RC4 do, whatever their keys: 256 words of 32 bits, as libcrypto has them and
 * module/base/rc4.c. */
size_t memory_scan_rc4(void);

#endif
