/* SPDX-License-Identifier: Apache-2.0
 *
 * The question to the KDC, the answers to it, and the names that WinPR answers to.
 */
#include "kerberos/u2u.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "host/version.h"
#include "host/worker.h"
#include "kerberos/keytab_entries.h"
#include "kerberos/krb5_probe.h"
#include "log/log.h"
#include "log/once.h"

#define HOSTS_MAX 8 /* that a keytab may name, for the KDC to be asked about each */
#define ANSWERS_MAX 4
#define ANSWER_MS 600000
#define QUESTION_MS 2000

/* The minor of FreeRDP 3 from which WinPR's acceptor
 * - survives a name that is not in the keytab (defect D25);
 * - answers for "service/host" with a ticket of "host$", the computer's account in Active
 * Directory;
 * - tries what was named before that. Up to then it is one of the two. */
#define SURVIVES 13
#define ANSWERS_AS_COMPUTER 15
#define TRIES_BOTH 17

/* --- whom WinPR answers as -------------------------------------------------------------------- */

/* Whether the keytab has that name, in that realm or, when none is named, in any. */
static bool find(struct bytes entries, const char* name, struct bytes realm,
                 char principal[TGT_REQ_NAME_SIZE])
{
	const struct bytes wanted = bytes_make((const uint8_t*)name, strlen(name));
	struct reader reader = reader_make(entries);
	struct bytes entry;

	while (keytab_entry_next(&reader, &entry))
	{
		if (entry.len <= wanted.len || entry.len >= TGT_REQ_NAME_SIZE ||
		    !bytes_starts_with(entry, wanted) || entry.data[wanted.len] != '@')
			continue;
		const size_t before = wanted.len + 1;
		if (realm.len > 0 &&
		    !bytes_equal(bytes_make(entry.data + before, entry.len - before), realm))
			continue;
		bytes_copy((uint8_t*)principal, entry);
		principal[entry.len] = '\0';
		return true;
	}
	return false;
}

/* The principal of the keytab that this WinPR answers with in its first or its second try when
 * asked for the name; false when it has none. */
static bool answers_as(struct bytes entries, const char* name, struct bytes realm, bool second,
                       char principal[TGT_REQ_NAME_SIZE])
{
	const char* const slash = strchr(name, '/');
	char computer[TGT_REQ_NAME_SIZE + 1];

	if (!second)
		return (!version_at_least(ANSWERS_AS_COMPUTER) || version_at_least(TRIES_BOTH)) &&
		       find(entries, name, realm, principal);
	if (!slash || !version_at_least(ANSWERS_AS_COMPUTER))
		return false;
	(void)snprintf(computer, sizeof(computer), "%s$", slash + 1);
	return find(entries, computer, realm, principal);
}

bool u2u_is_known(const char* keytab, const struct tgt_req* request)
{
	const struct bytes realm = bytes_make((const uint8_t*)request->realm, strlen(request->realm));
	struct blob entries = BLOB_EMPTY;
	char principal[TGT_REQ_NAME_SIZE];

	if (krb5_probe_entries(keytab, &entries) != KRB5_YES)
		return false;
	const bool known = answers_as(blob_bytes(&entries), request->name, realm, false, principal) ||
	                   answers_as(blob_bytes(&entries), request->name, realm, true, principal);
	blob_free(&entries);
	return known;
}

/* --- the question ----------------------------------------------------------------------------- */

struct question
{
	char* keytab; /* NULL: the default one */
	struct blob entries;
};

/* "host@REALM" of a service that clients may ask for: those of FreeRDP name TERMSRV, which Active
 * Directory takes for the computer's "host" where nobody has registered it. */
static bool host_of(struct bytes principal, struct bytes* host)
{
	static const char* const services[] = { "TERMSRV/", "host/" };

	for (size_t i = 0; i < sizeof(services) / sizeof(services[0]); i++)
	{
		const struct bytes service = bytes_make((const uint8_t*)services[i], strlen(services[i]));
		if (bytes_starts_with(principal, service) && principal.len < TGT_REQ_NAME_SIZE)
		{
			*host = bytes_make(principal.data + service.len, principal.len - service.len);
			return true;
		}
	}
	return false;
}

/* The keytab's hosts, each once; HOSTS_MAX + 1 when there are more. */
static size_t find_hosts(struct bytes entries, struct bytes hosts[HOSTS_MAX])
{
	struct reader reader = reader_make(entries);
	struct bytes principal;
	struct bytes host;
	size_t count = 0;

	while (keytab_entry_next(&reader, &principal))
	{
		size_t i = 0;
		if (!host_of(principal, &host))
			continue;
		while (i < count && !bytes_equal(hosts[i], host))
			i++;
		if (i < count)
			continue;
		if (count == HOSTS_MAX)
			return HOSTS_MAX + 1;
		hosts[count++] = host;
	}
	return count;
}

/* Whether a client that asks for TERMSRV on this host gets an answer. */
static bool ask_about(const struct question* question, struct bytes host)
{
	char name[TGT_REQ_NAME_SIZE + sizeof("TERMSRV/")];
	char principal[TGT_REQ_NAME_SIZE];

	(void)snprintf(name, sizeof(name), "TERMSRV/%.*s", (int)host.len, (const char*)host.data);
	char* const at = strchr(name, '@');
	if (!at)
		return false;
	*at = '\0';
	const struct bytes realm = bytes_make((const uint8_t*)at + 1, strlen(at + 1));
	for (unsigned turn = 0; turn < 2; turn++)
	{
		if (answers_as(blob_bytes(&question->entries), name, realm, turn == 1, principal) &&
		    krb5_ask_ticket(question->keytab, principal) == KRB5_YES)
			return true;
	}
	return false;
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Why not; NULL: it is offered. */
static const char* ask(const struct question* question)
{
	struct bytes hosts[HOSTS_MAX];
	const size_t count = find_hosts(blob_bytes(&question->entries), hosts);
	const int64_t until = now_ms() + QUESTION_MS;

	if (count == 0)
		return "the keytab has no TERMSRV/ and no host/ principal";
	if (count > HOSTS_MAX)
		return "the keytab has principals of more than eight hosts";
	for (size_t i = 0; i < count; i++)
	{
		const bool answered = ask_about(question, hosts[i]);
		if (now_ms() > until)
			return "the KDC did not answer within two seconds";
		if (!answered)
			return "the KDC has no ticket for what this FreeRDP would answer with for each host of "
			       "the keytab";
	}
	return NULL;
}

/* --- the answers ------------------------------------------------------------------------------ */

struct answer
{
	struct blob entries; /* the state of the keytab */
	bool offered;
	int64_t until;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct answer answers[ANSWERS_MAX];
static size_t oldest;
static pid_t asker; /* the process that asks, one question at a time; a child of it has no answer */

static void tell(const char* why)
{
	if (!log_first_time("user-to-user", why ? why : ""))
		return;
	if (why)
		log_info("Kerberos user-to-user is not offered: %s", why);
	else
		log_info("Kerberos user-to-user is offered");
}

/* `question` may be NULL. */
static void question_end(struct question* question, bool answered, bool offered)
{
	pthread_mutex_lock(&lock);
	asker = 0;
	if (answered)
	{
		struct answer* const answer = &answers[oldest];
		blob_free(&answer->entries);
		*answer = (struct answer){ question->entries, offered, now_ms() + ANSWER_MS };
		question->entries = BLOB_EMPTY;
		oldest = (oldest + 1) % ANSWERS_MAX;
	}
	pthread_mutex_unlock(&lock);
	if (!question)
		return;
	free(question->keytab);
	blob_free(&question->entries);
	free(question);
}

static void question_run(void* opaque)
{
	struct question* const question = opaque;
	const char* const why = ask(question);

	question_end(question, true, !why);
	tell(why); /* by now it holds */
}

/* Takes the entries. */
static void question_start(const char* keytab, struct blob* entries)
{
	static const struct worker_kind kind = { .about = WORKER_KDC, .run = question_run };
	struct question* const question = calloc(1, sizeof(*question));
	bool asked = false;

	if (question)
	{
		question->entries = *entries;
		*entries = BLOB_EMPTY;
		question->keytab = keytab ? strdup(keytab) : NULL;
		if ((question->keytab || !keytab) && !worker_is_full(WORKER_KDC))
			asked = worker_leave(&kind, question);
	}
	if (!asked)
		question_end(question, false, false);
}

static const struct answer* recall(struct bytes entries)
{
	for (size_t i = 0; i < ANSWERS_MAX; i++)
	{
		if (answers[i].until > now_ms() && bytes_equal(blob_bytes(&answers[i].entries), entries))
			return &answers[i];
	}
	return NULL;
}

bool u2u_is_offered(const char* keytab)
{
	struct blob entries = BLOB_EMPTY;

	if (!version_at_least(SURVIVES))
	{
		tell("this FreeRDP's ends the process at a name that it does not know (mended in 3.13)");
		return false;
	}
	if (krb5_probe_entries(keytab, &entries) != KRB5_YES)
		return false;
	pthread_mutex_lock(&lock);
	const struct answer* const answer = recall(blob_bytes(&entries));
	const bool offered = answer && answer->offered;
	const bool ask_now = !answer && asker != getpid();
	if (ask_now)
		asker = getpid();
	pthread_mutex_unlock(&lock);
	if (ask_now)
		question_start(keytab, &entries);
	blob_free(&entries);
	return offered;
}
