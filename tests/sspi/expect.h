/* SPDX-License-Identifier: Apache-2.0
 *
 * What the SSPI tests assert over and over, with messages that name the status. Each macro fails
 * the running CMocka test at the caller's line.
 */
#ifndef NEGOSSP_TESTS_EXPECT_H
#define NEGOSSP_TESTS_EXPECT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "log_capture.h"
#include "sandbox.h"
#include "sspi_pair.h"

/* The status is this one. */
#define expect_status(actual, expected) expect_status_((actual), (expected), __FILE__, __LINE__)
/* The last step of `end` was refused with this status, gave no output token, left the caller's
 * buffer where it was, and replaced the stale last error. */
#define expect_refused(end, expected) expect_refused_((end), (expected), __FILE__, __LINE__)
/* Refused as above, with whatever status. */
#define expect_failed(end) expect_failed_((end), __FILE__, __LINE__)
/* sspi_pair_connect succeeds in `legs` legs and sealed messages flow both ways. */
#define expect_connects(pair, setup, legs)                                                         \
	expect_connects_((pair), (setup), (legs), __FILE__, __LINE__)
/* The context of `end`, whose last step failed, can be used for nothing but deletion. */
#define expect_dead(end) expect_dead_((end), __FILE__, __LINE__)

/* The sandbox of the running program, and CMocka's fixtures of a group: a SAM file in which "user"
 * has the password "Password", and the log captured. */
extern struct sandbox box;
int box_open(void** state);
int box_close(void** state);

void expect_status_(SECURITY_STATUS actual, SECURITY_STATUS expected, const char* file, int line);
void expect_refused_(const struct sspi_end* end, SECURITY_STATUS expected, const char* file,
                     int line);
void expect_failed_(const struct sspi_end* end, const char* file, int line);
void expect_connects_(struct sspi_pair* pair, const struct sspi_setup* setup, unsigned legs,
                      const char* file, int line);
void expect_dead_(struct sspi_end* end, const char* file, int line);

#endif
