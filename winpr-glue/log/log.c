/* SPDX-License-Identifier: Apache-2.0
 *
 * Single log lines, cut where they are too long. The line about an exchange is made in
 * log_summary.c.
 */
#include "log/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <winpr/wlog.h>

#define LOG_TAG "com.winpr.sspi.negossp"
#define LOG_LINE_SIZE 4096 /* a longer line is cut */

static const DWORD log_levels[] = {
	[LOG_DEBUG] = WLOG_DEBUG, [LOG_INFO] = WLOG_INFO, [LOG_WARN] = WLOG_WARN
};

/* WLog takes a name apart and looks for it each time; what it finds stays as long as WinPR does. */
static wLog* log_get(void)
{
	static _Atomic(wLog*) found;
	wLog* log = found;

	if (!log)
		found = log = WLog_Get(LOG_TAG);
	return log;
}

bool log_is_wanted(enum log_level level)
{
	wLog* const log = log_get();

	return log && WLog_IsLevelActive(log, log_levels[level]);
}

void log_line(enum log_level level, const char* text)
{
	WLog_Print(log_get(), log_levels[level], "%s", text);
}

__attribute__((format(printf, 2, 0))) static void log_write(enum log_level level,
                                                            const char* format, va_list arguments)
{
	char line[LOG_LINE_SIZE];

	if (!log_is_wanted(level))
		return;
	(void)vsnprintf(line, sizeof(line), format, arguments);
	log_line(level, line);
}

void log_info(const char* format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	log_write(LOG_INFO, format, arguments);
	va_end(arguments);
}

void log_warn(const char* format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	log_write(LOG_WARN, format, arguments);
	va_end(arguments);
}

void log_escape(const char* string, char* text, size_t size)
{
	struct blob utf16 = BLOB_EMPTY;

	if (utf16_from_utf8(bytes_make((const uint8_t*)string, strlen(string)), &utf16) == RESULT_OK)
		utf16_escape(blob_bytes(&utf16), text, size);
	else
		(void)snprintf(text, size, "(not UTF-8)");
	blob_free(&utf16);
}
