/* SPDX-License-Identifier: Apache-2.0
 *
 * A client and a server of the glue over the scripted WinPR, both with Kerberos and NTLM.
 */
#ifndef NEGOSSP_TESTS_KERBEROS_PAIR_H
#define NEGOSSP_TESTS_KERBEROS_PAIR_H

#include "expect.h"
#include "fake_winpr.h"

#ifdef FAKE_CARRIED
#define CARRIED true
#else
#define CARRIED false
#endif

extern struct sspi_pair pair;

/* Negotiate, the client through the A table, the server through the W table. */
struct sspi_setup setup_new(void);
/* CMocka fixtures: of each test, and of the group. */
int fresh(void** state);
int set_up(void** state);
int tear_down(void** state);
/* Nothing of WinPR's is left, once workers that were given up on have come to their end. */
void expect_all_freed(void);
/* SECPKG_ATTR_PACKAGE_INFO says this name. */
void expect_package(struct sspi_end* end, const char* name);
/* The pair completes with Kerberos in so many legs, and messages flow. */
void expect_kerberos(const struct sspi_setup* setup, unsigned legs);

#endif
