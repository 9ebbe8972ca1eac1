/* SPDX-License-Identifier: Apache-2.0
 *
 * What is wiped, and how often: every secret_wipe() of the program leaves what it was given in a
 * log that a test can search. A secret that was in three places must have been wiped three times;
 * looking for it in memory afterwards would depend on what has been written over it since.
 *
 * Works by the linker's --wrap=secret_wipe. Not for threads.
 */
#ifndef NEGOSSP_TESTS_WIPE_WATCH_H
#define NEGOSSP_TESTS_WIPE_WATCH_H

#include "base/bytes.h"

/* Forgets what was wiped so far, and goes on. */
void wipe_watch_start(void);
/* What is wiped in between is not looked at: for the test's own computing. */
void wipe_watch_stop(void);
void wipe_watch_resume(void);
/* How many of the ranges that were wiped meanwhile held `secret` at that moment. */
size_t wipe_watch_count(struct bytes secret);

#endif
