/* SPDX-License-Identifier: Apache-2.0
 *
 * What is said of each FreeRDP has one form, whichever command says it.
 */
#include "commands.h"

#include <string.h>

#include "job.h"
#include "module_check.h"
#include "reg_edit.h"

static void command_name(const struct freerdp* item)
{
	report("FreeRDP %s (%s)\n"
	       "  file:       %s\n"
	       "  key:        " REG_HIVE "%s\n",
	       item->version, item->library, item->file, item->key);
}

/* What stands in a text. Returns whether WinPR would load this module because of it. */
static bool command_show_value(const struct options* options, struct bytes text, const char* key)
{
	const struct reg_value value = reg_text_find(text, key, REG_VALUE_NAME);
	const int len = (int)value.text.len;
	const char* const shown = (const char*)value.text.data;

	switch (value.kind)
	{
		case REG_VALUE_NONE:
			report("  registered: nothing\n");
			break;
		case REG_VALUE_DROPPED:
			report("  registered: nothing: WinPR drops the line that names \"%.*s\"; it reads\n"
			       "              \"" REG_VALUE_NAME "\"=str:\"...\" with nothing behind it, not "
			       "even a carriage return\n",
			       len, len > 0 ? shown : "");
			break;
		case REG_VALUE_NUMBER:
			report("  registered: nothing: the value is a number\n");
			break;
		case REG_VALUE_STRING:
			report("  registered: %.*s (%s)\n", len, shown,
			       reg_edit_is_ours(text, key) ? "by negossp-register" : "by hand");
			break;
	}
	return value.kind == REG_VALUE_STRING && bytes_equal(value.text, reg_bytes(options->module));
}

/* Returns whether WinPR itself reads this module. */
static bool command_show_answer(const struct options* options, const struct freerdp* item)
{
	static const char* const words[] = { "reads nothing: it finds no such key",
		                                 "reads nothing: it finds no such value",
		                                 "reads something that is no path", "reads " };

	report("  WinPR:      %s%s\n", words[item->answer],
	       item->answer == FREERDP_STRING ? item->value : "");
	return item->answer == FREERDP_STRING && strcmp(item->value, options->module) == 0;
}

static enum report_exit command_status(struct job* job)
{
	enum report_exit outcome = EXIT_DONE;
	char why[1024] = "";

	for (size_t i = 0; i < job->found.count; i++)
	{
		const struct freerdp* const item = &job->found.items[i];
		command_name(item);
		const bool stands =
		    command_show_value(job->options, blob_bytes(&job->change_of[i]->old_text), item->key);
		if (!command_show_answer(job->options, item) || !stands)
			outcome = EXIT_NOT;
	}
	if (module_check(job->options->module, why, sizeof(why)) != MODULE_GOOD)
	{
		report("%s: %s\n", job->options->module, why);
		outcome = EXIT_NOT;
	}
	return outcome;
}

static enum report_exit command_check_module(const struct options* options)
{
	const char* const path = options->module;
	char why[1024] = "";

	if (path[0] != '/' || !reg_text_can_hold(path))
	{
		report_error("%s: %s\n", path,
		             path[0] != '/' ? "the module's path must be absolute"
		                            : "this path cannot stand in a registry file");
		return EXIT_BAD_MODULE;
	}
	const enum module_verdict verdict = module_check(path, why, sizeof(why));
	const bool refused = verdict == MODULE_BAD && !options->force;
	if (verdict != MODULE_GOOD)
		report_error("%s%s: %s\n", refused ? "" : "warning: ", path, why);
	if (refused)
		report_error(
		    "a server that is told to load what it cannot load refuses every logon; nothing "
		    "was changed (--force registers it all the same)\n");
	return refused ? EXIT_BAD_MODULE : EXIT_DONE;
}

/* Sets every new text: for a file of several FreeRDPs by one after the other. */
static enum report_exit command_edit(struct job* job)
{
	const struct options* const options = job->options;
	enum result result = RESULT_OK;

	for (size_t i = 0; i < job->change_count && result == RESULT_OK; i++)
		result = blob_set(&job->changes[i].new_text, blob_bytes(&job->changes[i].old_text));
	for (size_t i = 0; i < job->found.count && result == RESULT_OK; i++)
	{
		struct file_change* const change = job->change_of[i];
		const struct bytes text = blob_bytes(&change->new_text);
		const char* const key = job->found.items[i].key;
		bool no_file = false;
		result = options->command == COMMAND_REGISTER
		             ? reg_edit_register(text, !change->existed && text.len == 0, key,
		                                 options->module, &change->new_text)
		             : reg_edit_unregister(text, key, options->module, &change->new_text, &no_file);
		change->remove = change->remove || no_file;
	}
	if (result != RESULT_OK)
		report_error("%s\n", result_name(result));
	return result == RESULT_OK ? job_commit(job) : EXIT_NOT_CHANGED;
}

static enum report_exit command_register(struct job* job)
{
	enum report_exit outcome = command_check_module(job->options);

	if (outcome == EXIT_DONE)
		outcome = command_edit(job);
	if (outcome != EXIT_DONE || job->options->dry_run)
		return outcome;
	/* Can the servers see it? */
	for (size_t i = 0; i < job->found.count; i++)
	{
		struct freerdp* const item = &job->found.items[i];
		command_name(item);
		report("  registered: %s\n", job->options->module);
		if (freerdp_ask(item) && command_show_answer(job->options, item))
			continue;
		report_error(
		    "%s was written, but this WinPR does not read the value from it. See that every "
		    "user can read the file and the folders it is in, and that no program changes "
		    "it; then try `negossp-register status`.\n",
		    item->file);
		outcome = EXIT_NOT_READABLE;
	}
	report("Servers that run already have to be started again.\n");
	return outcome;
}

static enum report_exit command_unregister(struct job* job)
{
	const enum report_exit edited = command_edit(job);
	enum report_exit outcome = edited;

	for (size_t i = 0; edited == EXIT_DONE && !job->options->dry_run && i < job->found.count; i++)
	{
		const struct freerdp* const item = &job->found.items[i];
		const struct bytes left = blob_bytes(&job->change_of[i]->new_text);
		command_name(item);
		(void)command_show_value(job->options, left, item->key);
		if (reg_text_find(left, item->key, REG_VALUE_NAME).kind == REG_VALUE_STRING)
			outcome = EXIT_NOT;
	}
	if (edited == EXIT_DONE && !job->options->dry_run)
		report("%sServers that run already have to be started again.\n",
		       outcome == EXIT_NOT ? "A module that is not negossp stays.\n" : "");
	return outcome;
}

enum report_exit command_run(const struct options* options)
{
	static enum report_exit (*const commands[])(struct job*) = {
		[COMMAND_REGISTER] = command_register,
		[COMMAND_STATUS] = command_status,
		[COMMAND_UNREGISTER] = command_unregister,
	};
	enum report_exit outcome = EXIT_DONE;
	struct job* const job = job_open(options, &outcome);

	if (job)
		outcome = commands[options->command](job);
	job_close(job);
	return outcome;
}
