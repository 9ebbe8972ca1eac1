/* SPDX-License-Identifier: Apache-2.0
 *
 * OpenSSL failing: each call that module/base makes into it, or each allocation that it makes for
 * itself, is counted, and a chosen one fails, leaving an error in OpenSSL's queue as a real failure
 * does.
 *
 * Calls are seen by the linker's --wrap (the CMake function negossp_openssl_faults), those of
 * OpenSSL's provider in the table that it hands out, allocations by CRYPTO_set_mem_functions().
 * Threads may call, but not fail by number.
 */
#ifndef NEGOSSP_TESTS_OPENSSL_FAULTS_H
#define NEGOSSP_TESTS_OPENSSL_FAULTS_H

#include <stddef.h>

enum openssl_fault
{
	OPENSSL_CALL,
	OPENSSL_ALLOCATION
};

/* The `nth` from now on (1 is the next) fails; 0 ends it. */
void openssl_faults_fail(enum openssl_fault of, size_t nth);
/* Each call of this function (of a provider: "digest_update") fails from now on; NULL ends it. */
void openssl_faults_fail_named(const char* name);
/* How many there were since then. */
size_t openssl_faults_count(enum openssl_fault of);
/* Which call the last failure was, by name. */
const char* openssl_faults_last(void);
/* Of how many functions a call was made to fail, since the program started. */
size_t openssl_faults_functions(void);
/* Blocks of OpenSSL's that are out. Its queue of errors is filled with others first, and emptied:
 * the texts of the last sixteen are kept, and count. */
size_t openssl_faults_live(void);

#endif
