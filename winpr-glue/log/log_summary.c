/* SPDX-License-Identifier: Apache-2.0
 *
 * The one line about an exchange: key=value pairs, names in quotes and escaped, then in plain words
 * the likely cause and what to do. It is what someone with a failing logon sends to whoever is to
 * help, so it says every fact that decides, and never a secret.
 */
#include "log/log.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "log/scans.h"

#define SUMMARY_SIZE 3072
#define SUMMARY_NAME_SIZE 288 /* 256 characters of plain ASCII, the longest a Windows name is */

/* What what(1), strings(1) and negossp-register find in the file as well. */
#define VERSION_MARK "@(#)negossp "
static const char marked_version[] = VERSION_MARK NEGOSSP_VERSION;

struct summary
{
	char text[SUMMARY_SIZE];
	size_t len;
};

__attribute__((format(printf, 2, 3))) static void summary_add(struct summary* summary,
                                                              const char* format, ...)
{
	const size_t room = sizeof(summary->text) - summary->len;
	va_list arguments;

	va_start(arguments, format);
	const int written = vsnprintf(summary->text + summary->len, room, format, arguments);
	va_end(arguments);
	if (written > 0)
		summary->len += (size_t)written < room ? (size_t)written : room - 1;
}

/* Most of a line: printf takes ten times as long. */
static void summary_add_text(struct summary* summary, const char* text)
{
	const size_t len = strnlen(text, sizeof(summary->text) - 1 - summary->len);

	memcpy(summary->text + summary->len, text, len);
	summary->len += len;
	summary->text[summary->len] = '\0';
}

static void summary_add_word(struct summary* summary, const char* key, const char* word)
{
	summary_add_text(summary, key);
	summary_add_text(summary, word ? word : "-");
}

static void summary_add_name(struct summary* summary, const char* key, struct bytes name)
{
	char text[SUMMARY_NAME_SIZE];

	utf16_escape(name, text, sizeof(text));
	summary_add_word(summary, key, text);
	summary_add_text(summary, "\"");
}

static const char* const check_words[] = { [MECH_CHECK_NONE] = "none",
	                                       [MECH_CHECK_NOT_LOOKED_AT] = "not-looked-at",
	                                       [MECH_CHECK_OK] = "ok",
	                                       [MECH_CHECK_FAILED] = "FAILED" };
static const char* const user_words[] = {
	[MECH_USER_NOT_ASKED] = "not-asked", [MECH_USER_FOUND] = "yes", [MECH_USER_NOT_FOUND] = "no"
};
static const char* const ending_words[] = {
	[LOG_COMPLETE] = "complete", [LOG_FAILED] = "failed", [LOG_ABANDONED] = "abandoned"
};

static void summary_add_framing(struct summary* summary, const struct negossp_report* report)
{
	const bool spnego = report->framing == NEGOSSP_FRAMING_SPNEGO;

	summary_add_word(summary, " role=", report->role == MECH_INITIATOR ? "initiator" : "acceptor");
	summary_add_word(summary, " framing=", spnego ? "spnego" : "bare");
	summary_add_word(summary, " offered=", report->offered[0] ? report->offered : NULL);
	summary_add_word(summary, " chosen=", report->chosen);
	summary_add(summary, " legs=%u", report->legs);
}

static void summary_add_mech(struct summary* summary, const struct negossp_report* report)
{
	const struct mech_report* const mech = &report->mech;

	summary_add_name(summary, " user=\"", mech->user);
	summary_add_name(summary, " domain=\"", mech->domain);
	summary_add_name(summary, " workstation=\"", mech->workstation);
	if (mech->ntlm_version > 0)
		summary_add(summary, " ntlm=v%u", mech->ntlm_version);
	summary_add_word(summary, " ntproofstr=", check_words[mech->proof]);
	summary_add_word(summary, " mic=", check_words[mech->mic]);
	summary_add_word(summary, " mechlistmic=", report->mic_sent ? "sent" : "not-sent");
	summary_add_word(summary, "/", check_words[report->mic_peer]);
	summary_add_word(summary, " bindings=", check_words[mech->bindings]);
	summary_add_name(summary, " target=\"", mech->target);
	summary_add_word(summary, " target_check=", check_words[mech->target_name]);
	summary_add_word(summary, " source=\"", mech->source);
	summary_add_word(summary, "\" user_found=", user_words[mech->user_found]);
	if (mech->sid)
		summary_add_word(summary, " sid=", mech->sid);
	if (mech->member)
	{
		summary_add_word(summary, " member=\"", mech->member);
		summary_add_text(summary, "\"");
	}
	if (mech->clock_known)
		summary_add(summary, " clock=%+" PRId64 "s", mech->clock_difference);
}

/* A server's errorCode goes to the program and never comes here (MS-CSSP 2.2.1). */
#define ASK_PROGRAM "the program's own error line tells what the server answered, if it did"

static const char* summary_abandoned_ntlm(const struct negossp_report* report)
{
	if (report->mech.sent == MECH_SENT_PROOF)
		return "the logon ended after our AUTHENTICATE: " ASK_PROGRAM
		       "; if it names no other reason, user name, domain or password are wrong";
	if (report->legs > 1)
		return "the logon ended after our NEGOTIATE, in which there is no password "
		       "yet: " ASK_PROGRAM "; otherwise the server may refuse NTLM";
	if (report->framing == NEGOSSP_FRAMING_SPNEGO)
		return "the logon ended after our first token, in which there is no password "
		       "yet: " ASK_PROGRAM "; otherwise, if it knows no SPNEGO, set framing=raw for it";
	return "the logon ended after our first token, in which there is no password yet: " ASK_PROGRAM
	       "; otherwise the server may refuse NTLM";
}

/* Why an exchange that nobody refused here came to nothing: what we had sent last, and by which
 * mechanism, says what it can be about. */
static const char* summary_abandoned_reason(const struct negossp_report* report)
{
	if (report->role == MECH_ACCEPTOR)
		return "the client went away before the logon was complete";
	if (report->chosen != NULL && strcmp(report->chosen, "NTLM") == 0)
		return summary_abandoned_ntlm(report);
	if (report->mech.sent == MECH_SENT_OPENING)
		return "the logon ended after our TGT-REQ, in which there is no ticket yet: " ASK_PROGRAM
		       "; otherwise, if the server takes no user-to-user, !u2u in the package list does "
		       "without it";
	return "the logon ended after our Kerberos ticket: " ASK_PROGRAM
	       "; if it takes no ticket of ours, !kerberos in the package list does without Kerberos";
}

static const char* summary_reason(const struct negossp_report* report, enum log_ending ending)
{
	if (ending == LOG_COMPLETE)
		return NULL;
	if (ending == LOG_FAILED && report->result == RESULT_OK)
		return "the token was made but could not be handed out: see the log line before this one";
	if (report->reason)
		return report->reason;
	if (report->mech.reason)
		return report->mech.reason;
	return ending == LOG_ABANDONED ? summary_abandoned_reason(report) : result_name(report->result);
}

static enum log_level ending_level(enum log_ending ending)
{
	return ending == LOG_COMPLETE ? LOG_INFO : LOG_WARN;
}

/* A server's, of a client that went or was sent away before it named a user. */
static bool is_scan(const struct negossp_report* report, enum log_ending ending)
{
	return ending != LOG_COMPLETE && report->role == MECH_ACCEPTOR && report->mech.user.len == 0;
}

bool log_exchange_is_wanted(enum log_ending ending)
{
	return log_is_wanted(ending_level(ending));
}

void log_exchange(const struct negossp_report* report, enum log_ending ending,
                  SECURITY_STATUS status)
{
	if (!log_exchange_is_wanted(ending))
		return;
	unsigned untold = 0;
	enum log_level level = ending_level(ending);

	if (is_scan(report, ending) && !scans_tell(&untold))
		level = LOG_DEBUG;
	if (!log_is_wanted(level))
		return;
	struct summary summary = { .len = 0 };
	const char* const reason = summary_reason(report, ending);

	summary_add_word(&summary, "exchange=", ending_words[ending]);
	summary_add_framing(&summary, report);
	summary_add_mech(&summary, report);
	summary_add_word(&summary, " status=", GetSecurityStatusString(status));
	summary_add(&summary, " (0x%08" PRIX32 ")", (uint32_t)status);
	summary_add_word(&summary, " version=", marked_version + sizeof(VERSION_MARK) - 1);
	if (untold > 0 && level != LOG_DEBUG)
		summary_add(&summary, " untold=%u", untold);
	if (reason)
	{
		summary_add_word(&summary, " reason=\"", reason);
		summary_add_text(&summary, "\"");
	}
	log_line(level, summary.text);
}
