/* SPDX-License-Identifier: Apache-2.0
 *
 * From winbindd's answer to a verdict. What libwbclient hands out is not trusted to make sense.
 */
#include "verify/verifier_domain.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/text.h"
#include "log/log.h"
#include "log/once.h"
#include "verify/domain_facts.h"
#include "verify/domain_status.h"

#define SIDS_MAX 4096u            /* more groups than a token can have (MS-KILE, MaxTokenSize) */
#define NETLOGON_GUEST 0x00000001 /* MS-NRPC 2.2.1.4.11, UserFlags: anybody was taken for Guest */
#define RID_GUEST 501u
/* MS-SAMR 2.2.1.12 as winbindd has it: trusts, workstations, servers. */
#define ACCOUNT_OF_COMPUTER 0x000001C0
/* MS-PAC 2.2.1: SE_GROUP_ENABLED, SE_GROUP_USE_FOR_DENY_ONLY. */
#define GROUP_ENABLED 0x00000004
#define GROUP_DENY_ONLY 0x00000010

/* Accounts with uids below this one, and those that systemd makes for a while, are services'. */
#define UID_USERS 1000
#define UID_DYNAMIC_FIRST 61184
#define UID_DYNAMIC_LAST 65519

struct verifier_domain
{
	struct verifier verifier;
	unsigned wait_ms;
	const char* why_not; /* why nobody can log on; or NULL */
	struct domain_members members;
};

/* --- who may -----------------------------------------------------------------------------------
 */

static bool is_computer(const struct wbc_user* user)
{
	const size_t len = user->account_name ? strlen(user->account_name) : 0;

	return (user->account_flags & ACCOUNT_OF_COMPUTER) ||
	       (len > 0 && user->account_name[len - 1] == '$');
}

static bool is_guest(const struct wbc_user* user)
{
	const struct sid* const sid = &user->sids[0].sid;

	return sid->sub[sid->count - 1] == RID_GUEST;
}

/* The entry of DomainMembers that lets the user in, or NULL. The user's own SID comes first and has
 * no attributes. */
static const char* admitted_by(const struct verifier_domain* domain, const struct wbc_user* user)
{
	for (uint32_t i = 0; i < user->sid_count; i++)
	{
		const uint32_t attributes = user->sids[i].attributes;

		if (i > 0 && (!(attributes & GROUP_ENABLED) || (attributes & GROUP_DENY_ONLY)))
			continue;
		for (size_t k = 0; k < domain->members.count; k++)
		{
			if (sid_equal(&user->sids[i].sid, &domain->members.sid[k]))
				return domain->members.entry[k];
		}
	}
	return NULL;
}

static bool makes_sense(const struct wbc_user* user)
{
	return user && user->sids && user->sid_count > 0 && user->sid_count <= SIDS_MAX &&
	       user->sids[0].sid.count > 0 && user->sids[0].sid.count <= SID_MAX_SUB &&
	       user->account_name && user->account_name[0] && user->domain_name && user->domain_name[0];
}

/* --- what is told ------------------------------------------------------------------------------
 */

/* The account as the domain calls it, and the words for the log: one after the other in
 * answer->words. */
static enum result tell(const struct wbc_user* user, const char* entry,
                        struct verify_answer* answer)
{
	char texts[3][256] = { "domain " }; /* source, SID, member */
	struct blob names[2] = { BLOB_EMPTY, BLOB_EMPTY };
	struct writer writer = writer_make(65536);

	log_escape(user->domain_name, texts[0] + strlen(texts[0]), 80);
	sid_format(&user->sids[0].sid, texts[1]);
	log_escape(entry ? entry : "", texts[2], sizeof(texts[2]));
	enum result result = text_from_string(user->account_name, &names[0]);
	if (result == RESULT_OK)
		result = text_from_string(user->domain_name, &names[1]);
	const size_t lens[] = { names[0].len, names[1].len };
	writer_bytes(&writer, bytes_make((const uint8_t*)texts, sizeof(texts)));
	writer_bytes(&writer, blob_bytes(&names[0]));
	writer_bytes(&writer, blob_bytes(&names[1]));
	blob_free(&names[0]);
	blob_free(&names[1]);
	if (result == RESULT_OK)
		result = writer_take(&writer, &answer->words);
	writer_drop(&writer);
	REQUIRE(result == RESULT_OK, result);
	const uint8_t* const words = answer->words.data;
	answer->source = (const char*)words;
	answer->sid = (const char*)words + sizeof(texts[0]);
	answer->member = entry ? (const char*)words + 2 * sizeof(texts[0]) : NULL;
	answer->user = bytes_make(words + sizeof(texts), lens[0]);
	answer->domain = bytes_make(words + sizeof(texts) + lens[0], lens[1]);
	return RESULT_OK;
}

/* --- the verdict -------------------------------------------------------------------------------
 */

static enum result refuse(struct verify_answer* answer, enum result result, const char* reason)
{
	answer->reason = reason;
	return result;
}

static const char reason_garbage[] =
    "winbindd's answer makes no sense: are it and libwbclient of the same Samba?";

/* The domain says that the proof was right, or that it took for its guest whoever it did not know
 * (MS-NRPC 2.2.1.4.11, LOGON_GUEST): a refusal like that of a wrong password. */
static enum result domain_admit(const struct verifier_domain* domain, const struct wbc_user* user,
                                struct verify_answer* answer)
{
	if (!makes_sense(user))
		return refuse(answer, RESULT_NOT_JUDGED, reason_garbage);
	if (user->user_flags & NETLOGON_GUEST)
	{
		answer->unproven = true;
		return refuse(answer, RESULT_LOGON_DENIED,
		              "the domain took the client for its guest, and looked at no password");
	}
	const char* const entry = admitted_by(domain, user);
	const enum result told = tell(user, entry, answer);
	if (told != RESULT_OK)
		return told == RESULT_NO_MEMORY ? told : refuse(answer, RESULT_NOT_JUDGED, reason_garbage);
	answer->user_found = MECH_USER_FOUND;
	if (is_guest(user))
		return refuse(answer, RESULT_NOT_ADMITTED, "the account is the guests' one");
	if (is_computer(user))
		return refuse(answer, RESULT_NOT_ADMITTED, "the account is a computer's, or a domain's");
	if (!entry)
		return refuse(answer, RESULT_NOT_ADMITTED,
		              "the password is right, but the user has none of the SIDs that may log on "
		              "here (DomainMembers)");
	bytes_copy(answer->session_base_key.bytes, BYTES_OF(user->user_session_key));
	if (key_is_zero(&answer->session_base_key))
		return refuse(answer, RESULT_NOT_JUDGED, "the domain gave no session key");
	return RESULT_OK;
}

static enum result domain_judge(const struct verifier_domain* domain,
                                const struct winbind_answer* told, struct verify_answer* answer)
{
	switch (told->error)
	{
		case WBC_OK:
			return domain_admit(domain, told->user, answer);
		case WBC_AUTH_ERROR:
			if (told->failure && told->failure->nt_status)
				return domain_status_result(told->failure->nt_status, answer);
			return refuse(answer, RESULT_NOT_JUDGED, reason_garbage);
		case WBC_NO_MEMORY:
			return RESULT_NO_MEMORY;
		case WBC_NOT_AVAILABLE:
			return refuse(answer, RESULT_NOT_JUDGED,
			              told->others_answered
			                  ? "winbindd does not let this server's user ask: add it to the group "
			                    "of winbindd's privileged pipe (winbindd_priv) and start it anew"
			                  : "winbindd is not running, so the domain cannot be asked");
		default:
			log_warn("libwbclient fails with error %d", told->error);
			return refuse(answer, RESULT_NOT_JUDGED, reason_garbage);
	}
}

static enum result domain_verify(void* state, const struct verify_request* request,
                                 struct verify_answer* answer)
{
	const struct verifier_domain* const domain = state;

	if (domain->why_not)
		return refuse(answer, RESULT_NOT_JUDGED, domain->why_not);
	struct winbind_answer* const told =
	    winbind_ask_logon(request, domain->wait_ms, &answer->reason);
	REQUIRE(told, RESULT_NOT_JUDGED);
	const enum result result = domain_judge(domain, told, answer);
	winbind_answer_free(told);
	return result;
}

/* --- life --------------------------------------------------------------------------------------
 */

/* Not root's, nor a service's own account: some user's, who has let nobody in but himself. */
static bool is_user_daemon(void)
{
	const uid_t uid = geteuid();

	return uid >= UID_USERS && !(uid >= UID_DYNAMIC_FIRST && uid <= UID_DYNAMIC_LAST);
}

static const char* why_not(const struct domain_config* config)
{
	if (config->turned_off)
		return "NEGOSSP_DOMAIN in this server's environment turns the domain off, which the "
		       "system's file has on";
	if (!config->members)
		return "Domain is set and DomainMembers is not: name the groups whose members may log on";
	if (is_user_daemon() && !config->user_daemon)
		return "this server runs as some user and not as a service: DomainUserDaemon, set to "
		       "\"allow\" in the system's file, would let the domain's users in";
	if (!winbind_library())
		return "libwbclient.so.0 is not there: install winbind's client library";
	return NULL;
}

enum result verifier_domain_new(const struct domain_config* config, const bool wanted[NAME_COUNT],
                                struct blob names[NAME_COUNT], struct verifier_domain** domain)
{
	struct verifier_domain* const made = calloc(1, sizeof(*made));

	REQUIRE(made, RESULT_NO_MEMORY);
	made->wait_ms = config->wait_ms;
	made->verifier = (struct verifier){ .name = "domain", .verify = domain_verify, .state = made };
	made->why_not = why_not(config);
	if (!made->why_not)
		(void)domain_facts(config->members, config->wait_ms, &made->members, wanted, names,
		                   &made->why_not);
	if (made->why_not && log_first_time("domain", made->why_not))
		log_warn("nobody of a domain can log on: %s", made->why_not);
	*domain = made;
	return RESULT_OK;
}

void verifier_domain_free(struct verifier_domain* domain)
{
	if (!domain)
		return;
	domain_members_free(&domain->members);
	free(domain);
}

const struct verifier* verifier_domain_verifier(const struct verifier_domain* domain)
{
	return &domain->verifier;
}
