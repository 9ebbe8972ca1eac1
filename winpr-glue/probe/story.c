/* SPDX-License-Identifier: Apache-2.0
 *
 * First what happened in its order, then what is known, then how it ended.
 */
#include "story.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "decode.h"
#include "ntlm/challenge.h"
#include "ntlm/response.h"

static unsigned story_now(const struct story* story)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (unsigned)((now.tv_sec - story->begun.tv_sec) * 1000LL +
	                  (now.tv_nsec - story->begun.tv_nsec) / 1000000);
}

void story_add(struct story* story, char direction, const char* format, ...)
{
	va_list arguments;

	if (story->event_count == STORY_EVENTS)
		return;
	struct story_event* const event = &story->events[story->event_count++];
	event->milliseconds = story_now(story);
	event->direction = direction;
	va_start(arguments, format);
	(void)vsnprintf(event->text, sizeof(event->text), format, arguments);
	va_end(arguments);
}

void story_end(struct story* story, enum probe_exit outcome, const char* remedy, const char* format,
               ...)
{
	va_list arguments;

	if (story->cause[0])
		return;
	story->outcome = outcome;
	story->remedy = remedy;
	va_start(arguments, format);
	(void)vsnprintf(story->cause, sizeof(story->cause), format, arguments);
	va_end(arguments);
}

void story_free(struct story* story)
{
	connection_certificate_free(&story->certificate);
	blob_free(&story->challenge);
}

/* --- telling ---------------------------------------------------------------------------------- */

static void tell_events(const struct story* story, struct outline* outline)
{
	if (outline->json)
		outline_begin_list(outline, "events");
	for (size_t i = 0; i < story->event_count; i++)
	{
		const struct story_event* const event = &story->events[i];
		const char* const arrow = event->direction == '>'   ? "-->"
		                          : event->direction == '<' ? "<--"
		                                                    : "   ";
		if (!outline->json)
		{
			(void)fprintf(outline->to, "%6u ms  %s  %s\n", event->milliseconds, arrow, event->text);
			continue;
		}
		outline_begin(outline, "event");
		outline_number(outline, "milliseconds", event->milliseconds);
		outline_value(outline, "direction",
		              event->direction == '>'   ? "sent"
		              : event->direction == '<' ? "received"
		                                        : "none");
		outline_value(outline, "text", event->text);
		outline_end(outline);
	}
	if (outline->json)
		outline_end(outline);
}

static void tell_certificate(const struct story* story, struct outline* outline)
{
	const struct connection_certificate* const certificate = &story->certificate;

	if (!certificate->fingerprint[0])
		return;
	outline_begin(outline, "certificate");
	outline_value(outline, "subject", certificate->subject);
	outline_value(outline, "issuer", certificate->issuer);
	outline_value(outline, "not before", certificate->not_before);
	outline_value(outline, "not after", certificate->not_after);
	outline_value(outline, "SHA-256", certificate->fingerprint);
	outline_value(outline, "trusted", certificate->untrusted ? certificate->untrusted : "yes");
	outline_end(outline);
}

/* What CHALLENGE says of the server (MS-NLMP 2.2.1.2), and how its clock differs from ours. */
static void tell_challenge(const struct story* story, struct outline* outline)
{
	struct ntlm_challenge challenge;
	struct ntlm_av_list pairs;
	uint64_t timestamp;
	char text[64];

	if (story->challenge.len == 0)
		return;
	outline_begin(outline, "NTLM");
	(void)decode_ntlm(outline, blob_bytes(&story->challenge));
	if (ntlm_challenge_parse(blob_bytes(&story->challenge), &challenge, NULL) == RESULT_OK &&
	    ntlm_av_parse(challenge.target_info, &pairs, NULL) == RESULT_OK &&
	    ntlm_av_timestamp(&pairs, &timestamp))
	{
		(void)snprintf(text, sizeof(text), "%+lld s",
		               (long long)ntlm_time_difference(timestamp, ntlm_time_now()));
		outline_value(outline, "server's clock", text);
	}
	outline_end(outline);
}

static void tell_facts(const struct story* story, struct outline* outline)
{
	if (story->security)
		outline_value(outline, "security protocol", story->security);
	if (story->tls_only)
		outline_value(outline, "TLS without NLA", story->tls_only);
	if (story->rdp_only)
		outline_value(outline, "RDP's own security", story->rdp_only);
	if (story->tls_version)
		outline_value(outline, "TLS version", story->tls_version);
	tell_certificate(story, outline);
	if (story->credssp_version)
		outline_number(outline, "CredSSP version", story->credssp_version);
	if (story->mechanism[0])
		outline_value(outline, "mechanism", story->mechanism);
	tell_challenge(story, outline);
}

/* On a terminal that knows them, unless its user wants none (no-color.org). */
static bool colours_are_seen(FILE* to)
{
	const char* const terminal = secure_getenv("TERM");
	const char* const none = secure_getenv("NO_COLOR");

	return isatty(fileno(to)) && terminal && strcmp(terminal, "dumb") != 0 && !(none && *none);
}

void story_tell(const struct story* story, const char* server, enum story_form form, FILE* to)
{
	struct outline outline;

	if (form == STORY_CHECK)
	{
		(void)fprintf(to, "RDP %s %s: %s\n", story->outcome == EXIT_RIGHT ? "OK" : "CRITICAL",
		              server, story->cause);
		return;
	}
	outline_open(&outline, to, form == STORY_JSON);
	outline_value(&outline, "server", server);
	tell_events(story, &outline);
	tell_facts(story, &outline);
	const bool coloured = form == STORY_TEXT_FORM && colours_are_seen(to);
	if (coloured)
		(void)fputs(story->outcome == EXIT_RIGHT ? "\033[32m" : "\033[31m", to);
	outline_value(&outline, "outcome", story->cause);
	if (coloured)
		(void)fputs("\033[0m", to);
	if (story->remedy)
		outline_value(&outline, "what to do", story->remedy);
	outline_close(&outline);
}
