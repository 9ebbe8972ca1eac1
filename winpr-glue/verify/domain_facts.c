/* SPDX-License-Identifier: Apache-2.0
 *
 * The facts that are known, and how they are asked for.
 */
#include "verify/domain_facts.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "host/text.h"
#include "log/log.h"
#include "log/once.h"

#define HOUR_S 3600
#define AUTHORITY_NT 5 /* MS-DTYP 2.4.2.4: S-1-5-32-... is BUILTIN */
#define SUB_BUILTIN 32u

/* Of this process. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct
{
	char* list; /* of which the SIDs are known; NULL: of none yet */
	struct sid sid[WINBIND_MAX_NAMES];
	bool named; /* the names below were told, at that time */
	time_t at;
	struct blob names[NAME_COUNT];
} known;

void domain_members_free(struct domain_members* members)
{
	free(members->text);
	*members = (struct domain_members){ .count = 0 };
}

static void member_warn(const char* entry, const char* what)
{
	char shown[256];

	if (!log_first_time("DomainMembers", entry))
		return;
	log_escape(entry, shown, sizeof(shown));
	log_warn("DomainMembers: \"%s\": %s", shown, what);
}

static bool is_name_of(const char* entry, const char* domain)
{
	const size_t len = domain ? strlen(domain) : 0;

	return len > 0 && strncasecmp(entry, domain, len) == 0 && entry[len] == '\\';
}

/* Why no user of a domain is ever said to be in it, or NULL: BUILTIN's groups are each computer's
 * own, and so are those of `computer` (or NULL), which is this one. */
static const char* member_local(const char* entry, const struct sid* sid, const char* computer)
{
	static const uint8_t nt[6] = { [5] = AUTHORITY_NT };
	const bool is_builtin =
	    sid->count > 0 && sid->sub[0] == SUB_BUILTIN && memcmp(sid->authority, nt, sizeof(nt)) == 0;

	if (!is_builtin && !is_name_of(entry, "BUILTIN") && !is_name_of(entry, computer))
		return NULL;
	member_warn(entry, "this computer's own, of which no controller says who is in it: name a "
	                   "group of the domain");
	return "DomainMembers has an entry of this computer's own, in which no controller says that a "
	       "user is: the log said which, once";
}

/* The entries, and the SIDs of those that are SIDs; the others into *unknown. */
static const char* members_parse(const char* list, struct domain_members* members,
                                 struct winbind_names* unknown)
{
	members->text = strdup(list);
	char* rest = members->text;

	if (!rest)
		return "out of memory";
	for (char* entry = strsep(&rest, ","); entry; entry = strsep(&rest, ","))
	{
		entry += strspn(entry, " \t");
		for (size_t len = strlen(entry); len > 0 && strchr(" \t", entry[len - 1]); len--)
			entry[len - 1] = '\0';
		if (members->count == WINBIND_MAX_NAMES)
			return "DomainMembers has more than 32 entries";
		members->entry[members->count] = entry;
		const bool is_sid = sid_parse(entry, &members->sid[members->count]);
		if (!is_sid && !strchr(entry, '\\'))
			return "DomainMembers has an entry that is neither a SID nor DOMAIN\\group";
		const char* const why = member_local(entry, &members->sid[members->count], NULL);
		if (why)
			return why;
		unknown->text[members->count++] = is_sid ? NULL : entry;
	}
	unknown->count = members->count;
	return NULL;
}

/* Takes what is known; whether that is all. */
static bool facts_recall(const char* list, struct domain_members* members,
                         struct winbind_names* unknown)
{
	struct timespec now;
	bool all = true;

	clock_gettime(CLOCK_MONOTONIC, &now);
	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < members->count; i++)
	{
		if (unknown->text[i] && known.list && strcmp(known.list, list) == 0)
		{
			members->sid[i] = known.sid[i];
			unknown->text[i] = NULL;
		}
		all = all && !unknown->text[i];
	}
	all = all && known.named && now.tv_sec - known.at < HOUR_S;
	pthread_mutex_unlock(&lock);
	return all;
}

static void facts_keep_names(const struct wbc_details* details)
{
	const char* const told[NAME_COUNT] = { [NAME_NETBIOS_COMPUTER] = details->netbios_name,
		                                   [NAME_NETBIOS_DOMAIN] = details->netbios_domain,
		                                   [NAME_DNS_DOMAIN] = details->dns_domain };
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	pthread_mutex_lock(&lock);
	known.named = true;
	known.at = now.tv_sec;
	for (size_t i = 0; i < NAME_COUNT; i++)
	{
		if (told[i] && told[i][0] && text_from_string(told[i], &known.names[i]) != RESULT_OK)
			known.named = false;
	}
	pthread_mutex_unlock(&lock);
}

static void member_tell(const char* entry, const struct sid* sid)
{
	char shown[256];
	char text[SID_TEXT_SIZE];

	log_escape(entry, shown, sizeof(shown));
	sid_format(sid, text);
	log_info("DomainMembers: \"%s\" is %s", shown, text);
}

/* The SIDs, if all of them are known now. */
static const char* members_take(struct domain_members* members, const struct winbind_names* asked,
                                const struct winbind_answer* answer)
{
	const struct winbind_names* const found = answer->names;
	const char* why = NULL;

	for (size_t i = 0; i < members->count; i++)
	{
		const char* const entry = members->entry[i];

		if (!asked->text[i])
			continue;
		members->sid[i] = found->sid[i];
		const char* const local =
		    member_local(entry, &found->sid[i], answer->details->netbios_name);
		if (local)
			why = local;
		else if (found->text[i])
		{
			member_warn(entry, "the domain knows no such name, or no controller could be asked");
			why = "DomainMembers has a name that the domain does not know, or no controller could "
			      "be asked: the log said which, once";
		}
	}
	return why;
}

/* For those who come after; tells those that were names. */
static const char* members_keep(const char* list, const struct domain_members* members,
                                const struct winbind_names* asked)
{
	char* const copy = strdup(list);

	if (!copy)
		return "out of memory";
	for (size_t i = 0; i < members->count; i++)
	{
		if (asked->text[i])
			member_tell(members->entry[i], &members->sid[i]);
	}
	pthread_mutex_lock(&lock);
	free(known.list);
	known.list = copy;
	memcpy(known.sid, members->sid, sizeof(known.sid));
	pthread_mutex_unlock(&lock);
	return NULL;
}

static bool has_unknown(const struct winbind_names* names)
{
	for (size_t i = 0; i < names->count; i++)
		if (names->text[i])
			return true;
	return false;
}

static const char* facts_ask(const char* list, unsigned wait_ms, struct domain_members* members,
                             const struct winbind_names* unknown)
{
	const char* reason = NULL;
	struct winbind_answer* const answer = winbind_ask_names(unknown, wait_ms, &reason);
	const char* why = NULL;

	if (answer && answer->error == WBC_OK && answer->details)
	{
		facts_keep_names(answer->details);
		why = members_take(members, unknown, answer);
		if (!why)
			why = members_keep(list, members, unknown);
	}
	else
	{
		if (has_unknown(unknown))
			why = "winbindd did not say who the names in DomainMembers are: is it running?";
		if (log_first_time("domain", "names"))
			log_warn("winbindd does not tell this computer's names in the domain: %s",
			         reason ? reason : "it is not running, or this computer has joined none");
	}
	winbind_answer_free(answer);
	return why;
}

bool domain_facts(const char* list, unsigned wait_ms, struct domain_members* members,
                  const bool wanted[NAME_COUNT], struct blob names[NAME_COUNT], const char** why)
{
	struct winbind_names unknown = { .count = 0 };

	*why = members_parse(list, members, &unknown);
	if (!*why && !facts_recall(list, members, &unknown))
		*why = facts_ask(list, wait_ms, members, &unknown);
	pthread_mutex_lock(&lock);
	for (size_t i = 0; !*why && i < NAME_COUNT; i++)
	{
		if (wanted[i] && known.names[i].len > 0 &&
		    blob_set(&names[i], blob_bytes(&known.names[i])) != RESULT_OK)
			*why = "out of memory";
	}
	pthread_mutex_unlock(&lock);
	if (*why)
		domain_members_free(members);
	return !*why;
}
