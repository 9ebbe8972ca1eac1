/* SPDX-License-Identifier: Apache-2.0
 *
 * A callback appender of WLog on the root logger, so that children log there as well. Nothing is
 * allocated: tests count what is, and what is said when memory is short is to be caught too.
 */
#include "log_capture.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_LINES 4096
#define MAX_TEXT (4u << 20)
#define MODULE_PREFIX "com.winpr.sspi.negossp"

struct line
{
	DWORD level;
	const char* text; /* in `texts` */
};

static struct line lines[MAX_LINES];
static size_t line_count;
static char texts[MAX_TEXT];
static size_t text_used;
static bool levels_as_is;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static BOOL catch_message(const wLogMessage* message)
{
	/* The prefix is the logger's name, set so below. */
	if (!message->PrefixString || !message->TextString ||
	    strncmp(message->PrefixString, MODULE_PREFIX, strlen(MODULE_PREFIX)) != 0)
		return TRUE;
	const size_t size = strlen(message->TextString) + 1;
	pthread_mutex_lock(&lock);
	if (line_count < MAX_LINES && size <= MAX_TEXT - text_used)
	{
		char* const text = memcpy(texts + text_used, message->TextString, size);
		const bool held_back = message->Level == WLOG_DEBUG && !levels_as_is;
		lines[line_count++] = (struct line){ held_back ? WLOG_WARN : message->Level, text };
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
	pthread_mutex_unlock(&lock);
}

static bool matches(const struct line* line, DWORD level, const char* text, const char* also)
{
	return line->level >= level && (!text || strstr(line->text, text)) &&
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

bool log_capture_leaks(const char* text)
{
	bool found = false;
	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < line_count && !found; i++)
		found = strcasestr(lines[i].text, text) != NULL;
	pthread_mutex_unlock(&lock);
	return found;
}

void log_capture_print(void)
{
	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < line_count; i++)
		fprintf(stderr, "log %u: %s\n", (unsigned)lines[i].level, lines[i].text);
	pthread_mutex_unlock(&lock);
}
