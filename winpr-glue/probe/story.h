/* SPDX-License-Identifier: Apache-2.0
 *
 * What a probe learned of a server, and how it is told.
 */
#ifndef NEGOSSP_PROBE_STORY_H
#define NEGOSSP_PROBE_STORY_H

#include <stdio.h>
#include <time.h>

#include "connection.h"
#include "probe_exit.h"

#define STORY_EVENTS 32
#define STORY_TEXT 512

struct story_event
{
	unsigned milliseconds; /* since the beginning */
	char direction;        /* '>' to the server, '<' from it, '-' neither */
	char text[STORY_TEXT];
};

struct story
{
	struct timespec begun;
	struct story_event events[STORY_EVENTS];
	size_t event_count;
	const char* security; /* the protocol that was agreed on, or NULL */
	const char* tls_only; /* what came of asking for TLS alone, or NULL */
	const char* rdp_only;
	const char* tls_version;
	struct connection_certificate certificate; /* empty subject: none was seen */
	uint32_t credssp_version;                  /* the server's; 0: none was seen */
	char mechanism[64];                        /* what the server chose */
	struct blob challenge;                     /* NTLM's */
	enum probe_exit outcome;
	char cause[STORY_TEXT];
	const char* remedy; /* or NULL */
};

/* What happens, as printf() would write it; what does not fit is cut. */
void story_add(struct story* story, char direction, const char* format, ...)
    __attribute__((format(printf, 3, 4)));
/* How it ends. The first ending stands. */
void story_end(struct story* story, enum probe_exit outcome, const char* remedy, const char* format,
               ...) __attribute__((format(printf, 4, 5)));
void story_free(struct story* story);

enum story_form
{
	STORY_TEXT_FORM,
	STORY_JSON,
	STORY_CHECK /* one line, for monitoring systems */
};

void story_tell(const struct story* story, const char* server, enum story_form form, FILE* to);

#endif
