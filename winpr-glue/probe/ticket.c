/* SPDX-License-Identifier: Apache-2.0
 *
 * The first code that was logged is the cause; later ones are of what it led to.
 */
#include "ticket.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <winpr/wlog.h>

#include "outline.h"

#define CODES 0x96C73A00u /* the protocol's and the library's own: krb5.h, RFC 4120 7.5.9 */
#define TEXT_SIZE 256u    /* more of a line of the library's is cut */
#define NTLM_DOES_WITHOUT "; --mechanism ntlm does without Kerberos"

static struct
{
	pthread_mutex_t lock;   /* who waits in vain for a KDC goes on to log */
	int32_t code;           /* 0: none yet */
	char text[TEXT_SIZE];   /* what the library says to it, escaped */
	char reason[TEXT_SIZE]; /* the mechanism's own words */
} seen = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* --- WinPR's log ------------------------------------------------------------------------------ */

/* "what was called (what it means [-1765328228])". What it means may be a KDC's own words. */
static bool code_read(const char* line, int32_t* code, struct bytes* words)
{
	const char* const bracket = strrchr(line, '[');
	const char* const begin = strchr(line, '(');
	char* end;

	if (!bracket || !begin || begin > bracket)
		return false;
	*code = (int32_t)strtol(bracket + 1, &end, 10);
	*words = bytes_make((const uint8_t*)begin + 1, (size_t)(bracket - begin) - 1);
	return end != bracket + 1 && strcmp(end, "])") == 0 && *code != 0;
}

static BOOL log_take(const wLogMessage* message)
{
	static const char unused[] = "Kerberos is not used: ";
	const char* const line = message->TextString;
	struct bytes words;
	int32_t code;

	if (!line)
		return TRUE;
	pthread_mutex_lock(&seen.lock);
	if (strncmp(line, unused, sizeof(unused) - 1) == 0)
		(void)snprintf(seen.reason, sizeof(seen.reason), "%s", line + sizeof(unused) - 1);
	else if (message->Level >= WLOG_ERROR && seen.code == 0 && code_read(line, &code, &words))
	{
		seen.code = code;
		while (words.len > 0 && words.data[words.len - 1] == ' ')
			words.len--;
		outline_oem(words, seen.text, sizeof(seen.text));
	}
	pthread_mutex_unlock(&seen.lock);
	return TRUE;
}

static BOOL log_drop(const wLogMessage* message)
{
	(void)message;
	return TRUE;
}

bool ticket_watch(void)
{
	wLogCallbacks callbacks = {
		.data = log_drop, .image = log_drop, .message = log_take, .package = log_drop
	};
	wLog* const root = WLog_GetRoot();

	return WLog_SetLogAppenderType(root, WLOG_APPENDER_CALLBACK) &&
	       WLog_ConfigureAppender(WLog_GetLogAppender(root), "callbacks", &callbacks) &&
	       WLog_OpenAppender(root) && WLog_SetLogLevel(root, WLOG_INFO);
}

/* --- words ------------------------------------------------------------------------------------ */

static const char get_a_ticket[] =
    "get a ticket with kinit, or give the password too" NTLM_DOES_WITHOUT;
static const char see_the_user[] = "try user, realm and password again";
static const char see_the_kdc[] = "look into the KDC's log" NTLM_DOES_WITHOUT;
static const char see_the_name[] = "name the server as its keytab does, or add that name to the "
                                   "realm and the keytab" NTLM_DOES_WITHOUT;
static const char see_the_realm[] =
    "give -u the user as USER@REALM; krb5.conf or DNS must say where the realm's KDC "
    "is" NTLM_DOES_WITHOUT;
static const char see_the_way[] =
    "look whether the KDC runs, and whether something on the way drops packets to port "
    "88" NTLM_DOES_WITHOUT;
static const char set_the_clocks[] = "set the clocks of this machine and the KDC, with NTP";

static const struct
{
	uint8_t number; /* of CODES */
	enum probe_exit outcome;
	const char* words;
	const char* remedy;
} causes[] = {
	{ 1, EXIT_DENIED, "the user's account has expired", see_the_user },
	{ 6, EXIT_DENIED, "the KDC knows no such user", see_the_user },
	{ 7, EXIT_NO_TICKET, "the KDC knows no service of the server's name", see_the_name },
	{ 12, EXIT_DENIED, "the KDC's policy forbids it", see_the_kdc },
	{ 14, EXIT_NO_TICKET, "KDC and this machine have no encryption in common",
	  "look for permitted_enctypes in krb5.conf, here and at the KDC" NTLM_DOES_WITHOUT },
	{ 18, EXIT_DENIED, "the user's account is locked or revoked", "have it unlocked at the KDC" },
	{ 23, EXIT_DENIED, "the user's password has expired", "change it with kpasswd" },
	{ 24, EXIT_DENIED, "the KDC says that the password is wrong", see_the_user },
	{ 31, EXIT_DENIED, "the password is wrong", see_the_user },
	{ 32, EXIT_NO_TICKET, "the ticket has expired", get_a_ticket },
	{ 37, EXIT_NO_TICKET, "the clocks of this machine and the KDC differ by too much",
	  set_the_clocks },
	{ 68, EXIT_NO_TICKET, "the user is of another realm", see_the_realm },
	{ 148, EXIT_NO_TICKET, "the clocks of this machine and the KDC differ by too much",
	  set_the_clocks },
	{ 154, EXIT_NO_TICKET, "nobody knows a KDC of the realm", see_the_realm },
	{ 156, EXIT_NO_TICKET, "the realm's KDC is not reached", see_the_way },
	{ 217, EXIT_NO_TICKET, "nobody knows which realm the server is in", see_the_realm },
	{ 220, EXIT_NO_TICKET, "the KDC's own name has no address", see_the_realm },
	{ 224, EXIT_NO_TICKET, "nobody knows the realm", see_the_realm },
};

/* Behind the reason is what the module's users can do, which is not what the probe's can. */
static void end_without_code(struct story* story)
{
	story_end(
	    story, EXIT_NO_TICKET,
	    strstr(seen.reason, "KDC")
	        ? see_the_way
	        : "name the server by its host name, and have a ticket (kinit) or give USER@REALM "
	          "and the password" NTLM_DOES_WITHOUT,
	    "Kerberos got no ticket: %.*s", (int)strcspn(seen.reason, ":;"), seen.reason);
}

void ticket_end(struct story* story)
{
	pthread_mutex_lock(&seen.lock);
	const uint32_t number = (uint32_t)seen.code - CODES;
	size_t i = 0;

	while (i < sizeof(causes) / sizeof(causes[0]) && causes[i].number != number)
		i++;
	if (seen.code == 0)
		end_without_code(story);
	else if (i < sizeof(causes) / sizeof(causes[0]))
		story_end(story, causes[i].outcome, causes[i].remedy, "Kerberos got no ticket: %s",
		          causes[i].words);
	else
		story_end(story, EXIT_NO_TICKET, see_the_kdc, "Kerberos got no ticket: %s", seen.text);
	pthread_mutex_unlock(&seen.lock);
}
