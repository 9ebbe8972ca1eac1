/* SPDX-License-Identifier: Apache-2.0
 *
 * Catches what the process logs through WLog, instead of printing it. Lines of the module are those
 * whose logger begins with com.winpr.sspi.negossp. Thread-safe; the oldest lines are kept when the
 * store is full.
 */
#ifndef NEGOSSP_TESTS_LOG_CAPTURE_H
#define NEGOSSP_TESTS_LOG_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>

#include <winpr/wlog.h>

/* Installs the catcher for every logger of the process, at WLOG_TRACE when `everything`, else at
 * WLOG_INFO. Once per process. */
void log_capture_start(bool everything);
/* What the module holds back to DEBUG, clients of a server that named no user and come faster than
 * one a second, counts as WARN, so that tests need not wait; `as_is`: not so. */
void log_capture_levels(bool as_is);
/* Forgets the lines caught so far. */
void log_capture_clear(void);
/* Lines of the module at `level` or above that contain every one of the two texts (NULL: any). */
size_t log_capture_count(DWORD level, const char* text, const char* also);
/* The first such line, or NULL; valid until the next clear. */
const char* log_capture_find(DWORD level, const char* text, const char* also);
/* How a secret of 3 to 64 bytes stands in any line, WinPR's own too: as it is, in hexadecimal of
 * either case however separated, in base64; or NULL. */
const char* log_capture_leak(const void* secret, size_t len);
/* Prints the module's lines to standard error, for a test that is about to fail. */
void log_capture_print(void);

#endif
