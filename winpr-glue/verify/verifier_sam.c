/* SPDX-License-Identifier: Apache-2.0
 *
 * One logon against the SAM file: read it whole, find the line, check the proof, say what was
 * wrong.
 */
#include "verify/verifier_sam.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/text.h"
#include "log/log.h"
#include "log/once.h"
#include "verify/sam_file.h"
#include "verify/sam_lines.h"

struct verifier_sam
{
	struct verifier verifier;
	char* path;
	char* no_user; /* why a user is not found, where the program gave the file; else NULL */
	bool may_be_missing;
	bool was_missing; /* before the first logon: not between two of its lives */
	/* Why a logon is refused, by what was found: looked up, since choosing takes its time. */
	const char* reasons[SAM_FOUND + 1];
};

static const char reason_no_file[] =
    "the SAM file cannot be read, so nobody can log on: see the log line before this one";
static const char reason_no_user[] =
    "no such user in the SAM file: add a line with negossp-sam, or mind the domain";
static const char reason_missing[] =
    "no such user: there is no SAM file, and the client named no domain, or this computer";
/* Of a file that the program gave: its path is in the one line there is, for a second line would
 * tell by the time it takes that there is no such user. */
#define REASON_NO_USER_GIVEN                                                                       \
	"no such user in the program's SAM file %s: where the program wrote it, set the user there "   \
	"(gnome-remote-desktop: grdctl rdp set-credentials; krdp: its page in System Settings), "      \
	"otherwise add a line with negossp-sam, or mind the domain"
static const char reason_no_line[] = "no line of the SAM file could be read: a line is "
                                     "user:domain:LM hash:NT hash:::, as negossp-sam "
                                     "makes it";
static const char reason_numbered[] =
    "the user's line in the SAM file is smbpasswd's, pwdump's or secretsdump's, with a number "
    "where "
    "the domain belongs: write user:domain:LM hash:NT hash:::, or make it anew with negossp-sam";
static const char reason_no_hash[] =
    "the user's line in the SAM file has no usable NT hash: make it anew with negossp-sam";
static const char reason_password[] =
    "wrong password, or the user's line in the SAM file has another password's hash";

struct sam_found
{
	enum sam_match match;
	struct key nt_hash;
	struct bytes user; /* the parts of a name that is in the file in its parts; else empty */
	struct bytes domain;
};

/* The whole user name first, then, without a domain beside it, its two parts, which are what the
 * answer tells then. The same is done for a name that is found as for one that is not. */
static enum result sam_find(struct bytes content, const struct verify_request* request,
                            struct sam_found* found)
{
	struct sam_found split = { .match = SAM_NO_MATCH };
	const struct sam_found* const both[] = { found, &split };

	TRY(sam_file_find(content, request->user, request->domain, request->exact, &found->match,
	                  &found->nt_hash));
	if (request->domain.len > 0 || !text_split(request->user, &split.user, &split.domain))
		return RESULT_OK;
	const enum result result = sam_file_find(content, split.user, split.domain, request->exact,
	                                         &split.match, &split.nt_hash);
	const bool better = (found->match < SAM_BROKEN) & (split.match > found->match);
	*found = *both[better];
	key_wipe(&split.nt_hash);
	return result;
}

static void sam_report_file(const char* path, const char* problem)
{
	char shown[256];

	log_escape(path, shown, sizeof(shown));
	log_warn("SAM file \"%s\": %s", shown, problem);
}

/* Once: whoever the user is. */
static void sam_report_exposed(const char* path)
{
	char shown[256];

	if (!log_first_time("exposed", path))
		return;
	log_escape(path, shown, sizeof(shown));
	log_warn("SAM file \"%s\": its mode lets every user of this machine read or change it, and who "
	         "has a hash needs no password: chmod o= it",
	         shown);
}

static bool sam_is_missing(const struct verifier_sam* sam)
{
	return access(sam->path, F_OK) != 0 && errno == ENOENT;
}

static enum result sam_read(const struct verifier_sam* sam, struct secret* content,
                            const char** problem, bool* exposed)
{
	if (!sam->was_missing || !sam_is_missing(sam))
		return sam_file_read(sam->path, content, problem, exposed);
	*problem = strerror(ENOENT);
	return RESULT_NO_CREDENTIALS;
}

/* Where there is no file nobody has an account in it; in one that cannot be read anybody may. */
static enum result sam_refuse(const struct verifier_sam* sam, enum result result,
                              const char* problem, struct verify_answer* answer)
{
	const bool missing = result == RESULT_NO_CREDENTIALS && sam_is_missing(sam);
	const bool is_fine = missing && sam->may_be_missing;

	if (!is_fine || log_first_time("missing", sam->path))
		sam_report_file(sam->path, problem);
	if (missing)
		answer->user_found = MECH_USER_NOT_FOUND;
	answer->unproven = is_fine;
	answer->reason = is_fine ? reason_missing : reason_no_file;
	return is_fine ? RESULT_LOGON_DENIED : result;
}

static const enum mech_user user_found[] = { [SAM_NO_MATCH] = MECH_USER_NOT_FOUND,
	                                         [SAM_NO_LINE] = MECH_USER_NOT_FOUND,
	                                         [SAM_NUMBERED] = MECH_USER_NOT_FOUND,
	                                         [SAM_BROKEN] = MECH_USER_FOUND,
	                                         [SAM_FOUND] = MECH_USER_FOUND };

static enum result sam_verify(void* state, const struct verify_request* request,
                              struct verify_answer* answer)
{
	const struct verifier_sam* const sam = state;
	struct secret content = SECRET_EMPTY;
	struct sam_found found = { .match = SAM_NO_MATCH };
	const char* problem = NULL;
	bool exposed = false;

	const enum result read = sam_read(sam, &content, &problem, &exposed);
	if (read != RESULT_OK)
		return sam_refuse(sam, read, problem, answer);
	if (exposed)
		sam_report_exposed(sam->path);
	enum result result = sam_find(secret_bytes(&content), request, &found);
	secret_free(&content);

	/* The same work for everyone, so that nothing tells users apart. Who was not found has a hash
	 * of zeros, which lets nobody in. */
	if (result == RESULT_OK)
		result = ntlm_verify_nt_hash(request, &found.nt_hash, answer);
	key_wipe(&found.nt_hash);
	if (result == RESULT_NO_MEMORY)
		return result;
	answer->user = found.user;
	answer->domain = found.domain;
	answer->user_found = user_found[found.match];
	answer->reason = result == RESULT_LOGON_DENIED ? sam->reasons[found.match] : NULL;
	return result;
}

/* Once for all logons: false when memory is short. */
static bool sam_name_file(struct verifier_sam* sam)
{
	char shown[256];

	log_escape(sam->path, shown, sizeof(shown));
	return asprintf(&sam->no_user, REASON_NO_USER_GIVEN, shown) >= 0;
}

enum result verifier_sam_new(const char* path, struct verifier_sam** sam)
{
	struct verifier_sam* const made = calloc(1, sizeof(*made));

	REQUIRE(made, RESULT_NO_MEMORY);
	made->path = path ? strdup(path) : sam_file_default_path();
	if (!made->path || (path && !sam_name_file(made)))
	{
		verifier_sam_free(made);
		return RESULT_NO_MEMORY;
	}
	made->verifier = (struct verifier){ .name = "SAM file", .verify = sam_verify, .state = made };
	made->reasons[SAM_NO_LINE] = reason_no_line;
	made->reasons[SAM_NO_MATCH] = made->no_user ? made->no_user : reason_no_user;
	made->reasons[SAM_NUMBERED] = reason_numbered;
	made->reasons[SAM_BROKEN] = reason_no_hash;
	made->reasons[SAM_FOUND] = reason_password;
	*sam = made;
	return RESULT_OK;
}

void verifier_sam_may_be_missing(struct verifier_sam* sam)
{
	sam->may_be_missing = true;
	sam->was_missing = sam_is_missing(sam);
}

void verifier_sam_free(struct verifier_sam* sam)
{
	if (!sam)
		return;
	free(sam->path);
	free(sam->no_user);
	free(sam);
}

const struct verifier* verifier_sam_verifier(const struct verifier_sam* sam)
{
	return &sam->verifier;
}
