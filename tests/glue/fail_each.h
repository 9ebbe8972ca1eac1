/* SPDX-License-Identifier: Apache-2.0
 *
 * One job, done again and again, with the next of its allocations failing each time: alone, and
 * with all that follow it. What comes of it is what comes of it otherwise, or that memory was
 * short; nothing is left behind of ours or of the scripted WinPR, and afterwards it is done as
 * before.
 */
#ifndef NEGOSSP_TESTS_FAIL_EACH_H
#define NEGOSSP_TESTS_FAIL_EACH_H

#include <stddef.h>

#include <winpr/sspi.h>

#define FAIL_EACH_STRIPES 16 /* of the handle table */

/* Does one thing and undoes it. What it says is a SECURITY_STATUS or an enum result. */
typedef int fail_each_job(const void* job);

void fail_each(fail_each_job* run, const void* job, int usual, int short_of_memory);
/* A server that had no memory to read what its settings file demands refuses in words of its own;
 * that is SEC_E_INSUFFICIENT_MEMORY here, and every other status what it is. */
SECURITY_STATUS fail_each_status(SECURITY_STATUS status);
/* So many were made to fail elsewhere. */
void fail_each_add(size_t more);
/* Prints the sum, and fails where there were fewer of them, or at fewer places of the program: no
 * test may pass by trying nothing. */
void fail_each_expect(size_t at_least, size_t places);

#endif
