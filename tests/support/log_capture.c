/* SPDX-License-Identifier: Apache-2.0
 *
 * A callback appender of WLog on the root logger, so that children log there as well. Nothing is
 * allocated: tests count what is, and what is said when memory is short is to be caught too.
 */
#include "log_capture.h"

#include <ctype.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_LINES 4096
#define MAX_TEXT (4u << 20)
#define MODULE_PREFIX "com.winpr.sspi.negossp"

struct line
{
	bool ours; /* not WinPR's own */
	DWORD level;
	const char* text; /* in `texts` */
};

static struct line lines[MAX_LINES];
static size_t line_count;
static char texts[MAX_TEXT];
static size_t text_used;
static bool full;
static bool levels_as_is;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static BOOL catch_message(const wLogMessage* message)
{
	if (!message->PrefixString || !message->TextString)
		return TRUE;
	/* The prefix is the logger's name, set so below. */
	const bool ours = strncmp(message->PrefixString, MODULE_PREFIX, strlen(MODULE_PREFIX)) == 0;
	const size_t size = strlen(message->TextString) + 1;
	pthread_mutex_lock(&lock);
	full = full || line_count == MAX_LINES || size > MAX_TEXT - text_used;
	if (!full)
	{
		char* const text = memcpy(texts + text_used, message->TextString, size);
		const bool held_back = ours && message->Level == WLOG_DEBUG && !levels_as_is;
		lines[line_count++] = (struct line){ ours, held_back ? WLOG_WARN : message->Level, text };
		text_used += size;
	}
	pthread_mutex_unlock(&lock);
	return TRUE;
}

static BOOL drop_message(const wLogMessage* message)
{
	(void)message;
	return TRUE;
}

void log_capture_start(bool everything)
{
	wLogCallbacks callbacks = { .data = drop_message,
		                        .image = drop_message,
		                        .message = catch_message,
		                        .package = drop_message };
	wLog* root = WLog_GetRoot();
	if (!WLog_SetLogAppenderType(root, WLOG_APPENDER_CALLBACK) ||
	    !WLog_ConfigureAppender(WLog_GetLogAppender(root), "callbacks", &callbacks) ||
	    !WLog_Layout_SetPrefixFormat(root, WLog_GetLogLayout(root), "%mn") ||
	    !WLog_OpenAppender(root) || !WLog_SetLogLevel(root, everything ? WLOG_TRACE : WLOG_INFO) ||
	    !WLog_SetLogLevel(WLog_Get(MODULE_PREFIX), everything ? WLOG_TRACE : WLOG_DEBUG))
		abort();
}

void log_capture_levels(bool as_is)
{
	levels_as_is = as_is;
}

void log_capture_clear(void)
{
	pthread_mutex_lock(&lock);
	line_count = 0;
	text_used = 0;
	full = false;
	pthread_mutex_unlock(&lock);
}

static bool matches(const struct line* line, DWORD level, const char* text, const char* also)
{
	return line->ours && line->level >= level && (!text || strstr(line->text, text)) &&
	       (!also || strstr(line->text, also));
}

size_t log_capture_count(DWORD level, const char* text, const char* also)
{
	size_t count = 0;
	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < line_count; i++)
		count += matches(&lines[i], level, text, also);
	pthread_mutex_unlock(&lock);
	return count;
}

const char* log_capture_find(DWORD level, const char* text, const char* also)
{
	const char* found = NULL;
	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < line_count && !found; i++)
		if (matches(&lines[i], level, text, also))
			found = lines[i].text;
	pthread_mutex_unlock(&lock);
	return found;
}

/* --- secrets ---------------------------------------------------------------------------------- */

#define MAX_SECRET 64

/* A secret as text, without separators; base64 without what would depend on the byte behind it. */
struct forms
{
	char hex[2 * MAX_SECRET + 1];
	char base64[MAX_SECRET / 3 * 4 + 1];
};

static void forms_make(struct forms* forms, const uint8_t* secret, size_t len)
{
	static const char letters[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	char* base64 = forms->base64;

	for (size_t i = 0; i < len; i++)
		snprintf(forms->hex + 2 * i, 3, "%02x", secret[i]);
	for (size_t i = 0; i + 3 <= len; i += 3)
	{
		const unsigned group =
		    (unsigned)secret[i] << 16 | (unsigned)secret[i + 1] << 8 | secret[i + 2];

		for (int shift = 18; shift >= 0; shift -= 6)
			*base64++ = letters[group >> shift & 63];
	}
	*base64 = '\0';
}

/* The line's hexadecimal digits and no more, without the 0x in front of some. */
static void digits_of(const char* line, char* digits)
{
	for (; *line; line++)
	{
		if (line[0] == '0' && (line[1] == 'x' || line[1] == 'X'))
			line++;
		else if (isxdigit((unsigned char)*line))
			*digits++ = *line;
	}
	*digits = '\0';
}

const char* log_capture_leak(const void* secret, size_t len)
{
	static char digits[1 << 16];
	struct forms forms;
	const char* form = NULL;

	if (len < 3 || len > MAX_SECRET)
		abort();
	forms_make(&forms, secret, len);
	pthread_mutex_lock(&lock);
	if (full)
		form = "perhaps, in a line that was not caught";
	for (size_t i = 0; i < line_count && !form; i++)
	{
		const char* const text = lines[i].text;

		if (strlen(text) >= sizeof(digits))
			abort();
		digits_of(text, digits);
		if (memmem(text, strlen(text), secret, len))
			form = "as it is";
		else if (strcasestr(digits, forms.hex))
			form = "in hexadecimal";
		else if (strstr(text, forms.base64))
			form = "in base64";
	}
	pthread_mutex_unlock(&lock);
	return form;
}

void log_capture_print(void)
{
	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < line_count; i++)
		if (lines[i].ours)
			fprintf(stderr, "log %u: %s\n", (unsigned)lines[i].level, lines[i].text);
	pthread_mutex_unlock(&lock);
}
