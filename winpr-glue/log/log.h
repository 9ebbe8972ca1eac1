/* SPDX-License-Identifier: Apache-2.0
 *
 * Logging through WLog, under the tag com.winpr.sspi.negossp.
 *
 * Names and paths in a line are someone else's bytes: they go through utf16_escape() or
 * log_escape() first. No function here takes a secret. Logging may change the Win32 last error: an
 * entry of the tables leaves through status_leave(), which sets it, after its last line.
 */
#ifndef NEGOSSP_GLUE_LOG_H
#define NEGOSSP_GLUE_LOG_H

#include "negossp.h"

#include <winpr/sspi.h>

enum log_level
{
	LOG_DEBUG,
	LOG_INFO,
	LOG_WARN
};

/* Whether a line of this level would be seen: what is long to make is not made for nobody. */
bool log_is_wanted(enum log_level level);
/* One that is wanted. */
void log_line(enum log_level level, const char* text);

__attribute__((format(printf, 1, 2))) void log_info(const char* format, ...);
__attribute__((format(printf, 1, 2))) void log_warn(const char* format, ...);

/* An 8-bit string (a path, a setting) made fit for a log line; see utf16_escape(). */
void log_escape(const char* string, char* text, size_t size);

/* How an exchange came to its end. */
enum log_ending
{
	LOG_COMPLETE,
	LOG_FAILED,
	LOG_ABANDONED /* the caller deleted the context before it was complete */
};

/* Whether the line about an exchange that ends so would be seen. */
bool log_exchange_is_wanted(enum log_ending ending);
/* The one line about an exchange, if it is wanted: INFO when complete, else WARN. Of a server's
 * clients that named no user one a second, which says how many there were before it; DEBUG has
 * them all. */
void log_exchange(const struct negossp_report* report, enum log_ending ending,
                  SECURITY_STATUS status);

#endif
