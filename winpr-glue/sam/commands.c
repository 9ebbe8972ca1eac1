/* SPDX-License-Identifier: Apache-2.0
 *
 * A file that another run has changed meanwhile is read again, and changed as it is then.
 */
#include "commands.h"

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/utf16.h"
#include "edit.h"
#include "judge.h"
#include "ntlm/keys.h"
#include "password.h"
#include "register/file_change.h"
#include "register/path.h"
#include "verify/sam_file.h"

#define WRITE_TRIES 200 /* fifty milliseconds each */

/* --- where it is ------------------------------------------------------------------------------ */

/* An absolute path; false where there is no memory or no folder that we are in. */
static bool command_path(const struct sam_options* options, char* path)
{
	char folder[PATH_MAX] = "";
	char* own = NULL;

	/* As in a server, which has WinPR in it. Without one the usual places are looked at. */
	if (!options->file)
	{
		(void)dlopen("libwinpr3.so.3", RTLD_NOW | RTLD_GLOBAL);
		own = sam_file_default_path();
	}
	const char* const file = options->file ? options->file : own;
	const bool relative = file && file[0] != '/';
	errno = ENOMEM;
	bool found = file && (!relative || getcwd(folder, sizeof(folder)));
	if (found && snprintf(path, PATH_MAX, "%s%s%s", folder, relative ? "/" : "", file) >= PATH_MAX)
	{
		errno = ENAMETOOLONG;
		found = false;
	}
	if (!found)
		report_error("%s: %s\n", file ? file : "the SAM file", strerror(errno));
	free(own);
	return found;
}

static enum report_exit command_unreadable(const char* path, const char* why)
{
	report_error("%s: %s\n", path, why);
	return EXIT_NOT_CHANGED;
}

/* --- changing it ------------------------------------------------------------------------------ */

/* What is to be done; the hash is of an account that is added. */
struct change_of
{
	const struct account* account;
	const struct key* nt_hash; /* NULL: it is removed */
	bool changed;              /* a line that was there */
	size_t removed;
	mode_t mode_before;
};

static enum result change_edit(struct change_of* of, struct file_change* change)
{
	const struct bytes content = blob_bytes(&change->old_text);

	if (of->nt_hash)
		return edit_add(content, of->account, of->nt_hash, &change->new_text, &of->changed);
	return edit_remove(content, of->account, &change->new_text, &of->removed);
}

static const char* change_reason(int why)
{
	return why == ELOOP ? "it is a link: give the file's own path" : file_change_reason(why);
}

/* NULL, or why nothing was changed; *again when it may go another time. */
static const char* change_once(struct change_of* of, const char* path, bool* again)
{
	struct file_change change;
	const char* why = NULL;

	*again = false;
	errno = 0;
	if (!file_change_open_secret(&change, path))
		why = change_reason(errno);
	else if (sam_file_is_utf16(blob_bytes(&change.old_text)))
		why = "it is UTF-16: save it as UTF-8";
	else if (change_edit(of, &change) != RESULT_OK)
		why = "there is not enough memory, or the file would be larger than 16 MiB";
	else if (!file_change_prepare(&change) || !file_change_commit(&change))
	{
		*again = errno == EBUSY;
		why = change_reason(errno);
	}
	of->mode_before = change.existed ? change.before.st_mode : 0;
	file_change_close(&change);
	return why;
}

static const char* change_file(struct change_of* of, const char* path)
{
	static const struct timespec moment = { .tv_nsec = 50 * 1000 * 1000 };
	bool again = true;
	const char* why = NULL;

	for (int i = 0; i < WRITE_TRIES && again; i++)
	{
		if (i > 0)
			(void)nanosleep(&moment, NULL);
		why = change_once(of, path, &again);
	}
	if (!why && (of->mode_before & (S_IROTH | S_IWOTH)) != 0)
		report_error(
		    "%s: every user of this machine could read or change it, and no longer can; a "
		    "server that runs as another user than its owner needs its group, or an access "
		    "list (setfacl -m u:USER:r)\n",
		    path);
	return why;
}

/* "alice", or "alice of EXAMPLE". */
static void report_account(const struct account* account, const char* behind)
{
	report("%.*s%s%.*s%s", (int)account->user.len, (const char*)account->user.data,
	       account->domain.len > 0 ? " of " : "", (int)account->domain.len,
	       (const char*)account->domain.data, behind);
}

static enum report_exit command_add(const struct sam_options* options, const char* path,
                                    const struct account* account)
{
	struct secret password = SECRET_EMPTY;
	struct blob utf16 = BLOB_EMPTY;
	struct key nt_hash = { { 0 } };
	struct change_of of = { .account = account, .nt_hash = &nt_hash };
	enum report_exit outcome = EXIT_NOT;

	const char* problem = password_read(options->user, &password);
	if (!problem && utf16_from_utf8(secret_bytes(&password), &utf16) != RESULT_OK)
		problem = "it is not UTF-8";
	if (problem)
		report_error("the password: %s\n", problem);
	else
	{
		ntlm_ntowfv1(blob_bytes(&utf16), &nt_hash);
		problem = change_file(&of, path);
		outcome = problem ? command_unreadable(path, problem) : EXIT_DONE;
		if (!problem)
		{
			report_account(account, of.changed ? " has a new password in " : " was added to ");
			report("%s\n", path);
		}
	}
	secret_wipe(utf16.data, utf16.len);
	blob_free(&utf16);
	secret_free(&password);
	key_wipe(&nt_hash);
	return outcome;
}

static enum report_exit command_remove(const char* path, const struct account* account)
{
	struct change_of of = { .account = account };
	const char* const problem = change_file(&of, path);

	if (problem)
		return command_unreadable(path, problem);
	if (of.removed == 0)
	{
		report_account(account, "");
		report(" is not in %s%s\n", path,
		       account->domain.len == 0 ? " (where the line has a domain: --domain)" : "");
		return EXIT_NOT;
	}
	report_account(account, " was removed from ");
	report("%s\n", path);
	return EXIT_DONE;
}

/* --- looking at it ---------------------------------------------------------------------------- */

struct shown
{
	const struct account* account; /* NULL: all of them */
	bool domain_matters;
	size_t good;
	size_t bad;
};

/* Of whom all are asked for, or these. */
static bool show_is_wanted(const struct shown* shown, const struct judged* judged)
{
	struct blob user = BLOB_EMPTY;
	struct blob domain = BLOB_EMPTY;
	bool wanted = true;

	if (!shown->account)
		return true;
	wanted =
	    utf16_from_utf8(judged->user, &user) == RESULT_OK &&
	    utf16_from_utf8(judged->domain, &domain) == RESULT_OK &&
	    utf16_equal_ignoring_case(blob_bytes(&user), blob_bytes(&shown->account->user_upper)) &&
	    (!shown->domain_matters ||
	     utf16_equal_ignoring_case(blob_bytes(&domain), blob_bytes(&shown->account->domain_upper)));
	blob_free(&user);
	blob_free(&domain);
	return wanted;
}

static void list_line(void* state, const struct judged* judged)
{
	struct shown* const shown = state;

	if (judged->problem || !show_is_wanted(shown, judged))
		return;
	shown->good++;
	report("%.*s:%.*s\n", (int)judged->user.len, (const char*)judged->user.data,
	       (int)judged->domain.len, (const char*)judged->domain.data);
}

static void check_line(void* state, const struct judged* judged)
{
	struct shown* const shown = state;
	const char* const problem = judged->problem;

	if (!show_is_wanted(shown, judged))
		return;
	shown->good += problem == NULL;
	shown->bad += problem != NULL;
	report("line %zu", judged->number);
	/* Of what is no line nothing is shown: a hash may be in it. */
	if (judged->user.len > 0)
		report(", %.*s %s%.*s", (int)judged->user.len, (const char*)judged->user.data,
		       judged->domain.len > 0 ? "of " : "of any domain", (int)judged->domain.len,
		       (const char*)judged->domain.data);
	report(": %s\n", problem ? problem : "lets the user in");
}

/* Whether others than the owner may use the file; only what everybody may is wrong. */
static bool check_access(const char* path)
{
	struct stat status;

	if (stat(path, &status) != 0)
		return true; /* it was read, and is gone now */
	char culprit[PATH_MAX];

	if (!path_is_guarded(path, culprit) && strcmp(culprit, path) != 0)
		report("%s: others than root and you can change %s, and so let anybody in\n", path,
		       culprit);
	else if (status.st_uid != 0 && status.st_uid != geteuid())
		report("%s: its owner, who is neither root nor you, can let anybody in\n", path);
	const bool everybody = (status.st_mode & (S_IROTH | S_IWOTH)) != 0;
	if (everybody)
		report("%s: every user of this machine can read or change it, and who has a hash needs no "
		       "password: chmod o= %s\n",
		       path, path);
	else if ((status.st_mode & (S_IRGRP | S_IWGRP)) != 0)
		report("%s: beside its owner its group, or whom its access list names, can %s it (getfacl "
		       "shows them)\n",
		       path, status.st_mode & S_IWGRP ? "read and change" : "read");
	return !everybody;
}

static enum report_exit command_show(const struct sam_options* options, const char* path,
                                     const struct account* account)
{
	struct shown shown = { .account = account, .domain_matters = options->domain != NULL };
	const bool check = options->command == SAM_COMMAND_CHECK;
	struct secret content = SECRET_EMPTY;
	const char* problem = NULL;
	bool exposed;

	if (sam_file_read(path, &content, &problem, &exposed) != RESULT_OK)
		return command_unreadable(path, problem);
	const enum result result =
	    judge_lines(secret_bytes(&content), check ? check_line : list_line, &shown);
	secret_free(&content);
	if (result != RESULT_OK)
		return command_unreadable(path, strerror(ENOMEM));
	if (shown.good == 0 && check)
		report("%s: it lets nobody in%s\n", path, account ? " of that name" : "");
	const bool safe = !check || check_access(path);
	return safe && shown.bad == 0 && (shown.good > 0 || (!check && !account)) ? EXIT_DONE
	                                                                          : EXIT_NOT;
}

enum report_exit sam_command_run(const struct sam_options* options)
{
	struct account account;
	char path[PATH_MAX];
	enum report_exit outcome = EXIT_NOT_CHANGED;

	const char* problem = "there is not enough memory";
	enum result named = utf16_init();

	account = (struct account){ .user_upper = BLOB_EMPTY };
	if (named == RESULT_OK && options->user)
		named = account_make(options->user, options->domain, &account, &problem);
	if (named != RESULT_OK)
	{
		report_error("%s\n", problem);
		outcome = named == RESULT_INVALID_ARGUMENT ? EXIT_USAGE : EXIT_NOT_CHANGED;
	}
	else if (command_path(options, path))
	{
		const struct account* const of = options->user ? &account : NULL;
		if (options->command == SAM_COMMAND_ADD)
			outcome = command_add(options, path, of);
		else if (options->command == SAM_COMMAND_REMOVE)
			outcome = command_remove(path, of);
		else
			outcome = command_show(options, path, of);
	}
	account_free(&account);
	return outcome;
}
