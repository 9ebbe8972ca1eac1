/* SPDX-License-Identifier: Apache-2.0
 *
 * register, status and unregister; see commands.h.
 */
#include "commands.h"

#include <stdio.h>
#include <string.h>

#include "job.h"
#include "module_check.h"
#include "reg_edit.h"
#include "winpr_ask.h"

#define HIVE "HKEY_LOCAL_MACHINE\\"

static void command_name(const struct job* job, size_t number)
{
	const struct freerdp* const item = &job->found.items[number];

	report("FreeRDP %s (%s)\n", item->facts.version[0] ? item->facts.version : "3", item->library);
	report("  file:       %s%s\n", job->options->root ? job->options->root : "", item->facts.file);
	report("  key:        " HIVE "%s\n", item->facts.key);
}

/* What stands in the file. Returns whether WinPR would load this module because of it. */
static bool command_show_value(const struct job* job, size_t number)
{
	const struct reg_slice text = job_text(job, number);
	const char* const key = job->found.items[number].facts.key;
	const struct reg_value value = reg_text_find(text, key, REG_VALUE_NAME);
	const int length = (int)value.text.length;

	switch (value.kind)
	{
		case REG_VALUE_NONE:
			report("  registered: nothing\n");
			return false;
		case REG_VALUE_DROPPED:
			report("  registered: nothing: WinPR drops the line that names \"%.*s\"; it reads\n"
			       "              \"" REG_VALUE_NAME
			       "\"=str:\"...\" with nothing behind it, not even a "
			       "carriage return\n",
			       length, value.text.bytes);
			return false;
		case REG_VALUE_OTHER:
			report("  registered: nothing: the value is no string\n");
			return false;
		case REG_VALUE_STRING:
			break;
	}
	report("  registered: %.*s (%s)\n", length, value.text.bytes,
	       reg_edit_is_ours(text, key) ? "by negossp-register" : "by hand");
	return reg_slice_equals(value.text, job->options->module);
}

/* What WinPR itself reads; `value` has PATH_MAX bytes. */
static enum winpr_answer command_show_answer(const struct freerdp* item, char* value)
{
	static const char* const words[] = { "cannot be asked: its library does not load here",
		                                 "reads nothing: it finds no such key",
		                                 "reads nothing: it finds no such value",
		                                 "reads something that is no path", NULL };
	const enum winpr_answer answer =
	    winpr_ask_value(item->library, item->facts.key, REG_VALUE_NAME, value);

	report("  WinPR:      %s%s\n", answer == WINPR_STRING ? "reads " : words[answer],
	       answer == WINPR_STRING ? value : "");
	return answer;
}

static enum report_exit command_status(struct job* job)
{
	bool all = true;
	char value[PATH_MAX];

	for (size_t i = 0; i < job->found.count; i++)
	{
		command_name(job, i);
		all = command_show_value(job, i) && all;
		if (job->options->root)
			continue;
		const enum winpr_answer answer = command_show_answer(&job->found.items[i], value);
		if (answer != WINPR_CANNOT_ASK)
			all = all && answer == WINPR_STRING && strcmp(value, job->options->module) == 0;
	}
	if (job->options->root)
		report("(WinPR was not asked: these are the libraries of another root)\n");
	return all ? EXIT_DONE : EXIT_NOT;
}

static enum report_exit command_check_module(const struct job* job)
{
	const char* const path = job->options->module;
	char why[1024] = "";

	if (path[0] != '/' || !reg_text_can_hold(path))
	{
		report_error("%s: %s\n", path,
		             path[0] != '/' ? "the module's path must be absolute"
		                            : "this path cannot stand in a registry file");
		return EXIT_BAD_MODULE;
	}
	enum module_verdict verdict = module_check(job->root, path, why, sizeof(why));
	if (verdict == MODULE_GOOD && !job->options->root && !module_loads(path, why, sizeof(why)))
		verdict = MODULE_BAD;
	if (verdict == MODULE_GOOD)
		return EXIT_DONE;
	const bool refused = verdict == MODULE_BAD && !job->options->force;
	report_error("%s%s%s: %s\n",
	             refused ? "" : "warning: ", job->options->root ? job->options->root : "", path,
	             why);
	if (!refused)
		return EXIT_DONE;
	report_error(
	    "a server that is told to load it refuses every logon; nothing was changed (--force "
	    "registers it all the same)\n");
	return EXIT_BAD_MODULE;
}

static void command_edit_register(struct file_change* change, struct reg_slice text,
                                  const char* key, const char* module, struct textbuf* out)
{
	reg_edit_register(text, !change->existed && text.length == 0, key, module, out);
}

/* After writing: can the servers see it? */
static enum report_exit command_verify(const struct job* job)
{
	enum report_exit outcome = EXIT_DONE;
	char value[PATH_MAX];

	for (size_t i = 0; i < job->found.count; i++)
	{
		const struct freerdp* const item = &job->found.items[i];
		command_name(job, i);
		report("  registered: %s\n", job->options->module);
		if (job->options->root)
			continue;
		const enum winpr_answer answer = command_show_answer(item, value);
		if (answer == WINPR_CANNOT_ASK ||
		    (answer == WINPR_STRING && strcmp(value, job->options->module) == 0))
			continue;
		report_error(
		    "%s was written, but this WinPR does not read the value from it. See that every "
		    "user can read the file and the folders it is in, and that no program changes "
		    "it; then try `negossp-register status`.\n",
		    item->facts.file);
		outcome = EXIT_NOT_READABLE;
	}
	if (job->options->root)
		report("(WinPR was not asked: these are the libraries of another root)\n");
	report("Servers that run already have to be started again.\n");
	return outcome;
}

static enum report_exit command_register(struct job* job)
{
	enum report_exit outcome = command_check_module(job);

	if (outcome == EXIT_DONE)
		outcome = job_edit(job, command_edit_register);
	if (outcome == EXIT_DONE)
		outcome = job_commit(job);
	if (outcome == EXIT_DONE && !job->options->dry_run)
		outcome = command_verify(job);
	return outcome;
}

static void command_edit_unregister(struct file_change* change, struct reg_slice text,
                                    const char* key, const char* module, struct textbuf* out)
{
	/* Once for each FreeRDP that has the file. */
	if (reg_edit_unregister(text, key, module, out) == REG_LEFT_NO_FILE)
		change->remove = true;
}

static enum report_exit command_unregister(struct job* job)
{
	enum report_exit outcome = job_edit(job, command_edit_unregister);
	bool another = false;

	if (outcome == EXIT_DONE)
		outcome = job_commit(job);
	if (outcome != EXIT_DONE || job->options->dry_run)
		return outcome;
	for (size_t i = 0; i < job->found.count; i++)
	{
		const struct file_change* const change = &job->changes[job->change_of[i]];
		const struct reg_value left =
		    reg_text_find((struct reg_slice){ change->new_text.bytes, change->new_text.length },
		                  job->found.items[i].facts.key, REG_VALUE_NAME);
		command_name(job, i);
		if (left.kind == REG_VALUE_STRING)
			report("  registered: %.*s, which is not negossp and stays\n", (int)left.text.length,
			       left.text.bytes);
		else
			report("  registered: nothing\n");
		another = another || left.kind == REG_VALUE_STRING;
	}
	report("Servers that run already have to be started again.\n");
	return another ? EXIT_NOT : EXIT_DONE;
}

enum report_exit command_run(const struct options* options)
{
	static enum report_exit (*const commands[])(struct job*) = {
		[COMMAND_REGISTER] = command_register,
		[COMMAND_STATUS] = command_status,
		[COMMAND_UNREGISTER] = command_unregister,
	};
	int outcome = EXIT_DONE;
	struct job* const job = job_open(options, &outcome);

	if (!job)
		return (enum report_exit)outcome;
	outcome = (int)commands[options->command](job);
	job_close(job);
	return (enum report_exit)outcome;
}
