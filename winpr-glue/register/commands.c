/* SPDX-License-Identifier: Apache-2.0
 *
 * What is said of each FreeRDP has one form, whichever command says it.
 */
#include "commands.h"

#include <stdio.h>
#include <string.h>

#include "job.h"
#include "module_check.h"
#include "reg_text.h"
#include "settings_check.h"

static void command_name(const struct freerdp* item)
{
	report("FreeRDP %s (%s)\n"
	       "  file:       %s\n",
	       item->version, item->library, item->place.file);
	if (item->place.kind == PLACE_REGISTRY)
		report("  key:        " REG_HIVE "%s\n", item->place.key);
}

static void command_show_value(const struct place_value* value)
{
	if (value->named)
		report("  registered: %s (%s)\n", value->string,
		       value->ours ? "by negossp-register" : "by hand");
	else if (value->problem)
		report("  registered: nothing, although there is \"%s\": %s\n", value->string,
		       value->problem);
	else
		report("  registered: nothing\n");
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

/* A place that no FreeRDP reads any more, or not first. Returns whether it is free of negossp. */
static bool command_show_leftover(const struct job* job, const struct job_spot* spot)
{
	struct place_value value;

	job_find(spot, false, &value);
	if (!value.ours && !(value.named && strcmp(value.string, job->options->module) == 0))
		return true;
	if (spot->later)
		report("%s: registered where this FreeRDP reads it only after %s, and warns: run "
		       "register\n",
		       spot->place.file, spot->later->place.file);
	else
		report("%s: registered for a FreeRDP that is gone: run %s\n", spot->place.file,
		       job->found.count > 0 ? "register" : "unregister");
	return false;
}

/* Whether the spot's file is read by some FreeRDP here, for this spot's sake or another's. */
static bool command_file_is_read(const struct job* job, const struct job_spot* spot)
{
	for (size_t i = 0; i < job->spot_count; i++)
		if (job->spots[i].change == spot->change && (job->spots[i].reader || job->spots[i].later))
			return true;
	return false;
}

/* Whether every setting that somebody wrote is where it is read, and as it is read. */
static bool command_show_settings(const struct job* job, const struct job_spot* spot)
{
	const struct bytes text = blob_bytes(&spot->change->old_text);
	const bool is_read = spot->reader || spot->later;
	bool fine = true;

	if (is_read)
		fine = settings_check_access(spot->place.file);
	if (spot->place.kind == PLACE_REGISTRY && is_read)
		fine = settings_check(text, spot->place.key) && fine;
	if (spot->place.kind == PLACE_REGISTRY && !command_file_is_read(job, spot))
		fine = settings_check_left(spot->place.file, text, spot->place.key) && fine;
	if (spot->reader)
		fine = (spot->place.kind == PLACE_JSON
		            ? settings_check_json(spot->reader->registry.file)
		            : job_reads_json(job) || settings_check_json_left(spot->place.file)) &&
		       fine;
	return fine;
}

static enum report_exit command_status(struct job* job)
{
	enum report_exit outcome = job->found.count == 0 ? EXIT_NO_FREERDP
	                           : job->unread         ? EXIT_NOT
	                                                 : EXIT_DONE;
	struct place_value value;
	char why[1024] = "";
	char version[32];

	for (size_t i = 0; i < job->spot_count; i++)
	{
		const struct job_spot* const spot = &job->spots[i];
		if (!spot->reader)
		{
			outcome = command_show_settings(job, spot) ? outcome : EXIT_NOT;
			outcome = command_show_leftover(job, spot) ? outcome : EXIT_NOT;
			continue;
		}
		command_name(spot->reader);
		outcome = command_show_settings(job, spot) ? outcome : EXIT_NOT;
		job_find(spot, false, &value);
		command_show_value(&value);
		if (!command_show_answer(job->options, spot->reader))
			outcome = EXIT_NOT;
	}
	module_version(job->options->module, version, sizeof(version));
	if (version[0])
		report("%s: negossp %s\n", job->options->module, version);
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

/* Sets every new text, for a file of several spots by one after the other. Registering takes back
 * what stands where it is not read, or not first. */
static enum report_exit command_edit(struct job* job, bool registers)
{
	enum result result = RESULT_OK;

	for (size_t i = 0; i < job->change_count && result == RESULT_OK; i++)
		result = blob_set(&job->changes[i].new_text, blob_bytes(&job->changes[i].old_text));
	for (size_t i = 0; i < job->spot_count && result == RESULT_OK; i++)
	{
		const struct job_spot* const spot = &job->spots[i];
		struct file_change* const change = spot->change;
		bool no_file = false;
		if (registers && spot->reader)
			result =
			    place_register(&spot->place, &change->new_text,
			                   !change->existed && change->new_text.len == 0, job->options->module);
		else
			result =
			    place_unregister(&spot->place, &change->new_text, job->options->module, &no_file);
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
		outcome = command_edit(job, true);
	if (outcome != EXIT_DONE || job->options->dry_run)
		return outcome;
	/* Can the servers see it? */
	for (size_t i = 0; i < job->found.count; i++)
	{
		struct freerdp* const item = &job->found.items[i];
		command_name(item);
		report("  registered: %s\n", job->options->module);
		if (freerdp_ask(item) == CHILD_DONE && command_show_answer(job->options, item))
			continue;
		report_error(
		    "%s was written, but this WinPR does not read the value from it. See that every "
		    "user can read the file and the folders it is in, and that no program changes "
		    "it; then try `negossp-register status`.\n",
		    item->place.file);
		outcome = EXIT_NOT_READABLE;
	}
	/* What an upgrade has left behind: the servers that load the module now do not obey it. */
	for (size_t i = 0; i < job->spot_count; i++)
		if (!job->spots[i].reader && !job->spots[i].later)
			(void)command_show_settings(job, &job->spots[i]);
	report("Servers that run already have to be started again.\n");
	return outcome;
}

static enum report_exit command_unregister(struct job* job)
{
	const enum report_exit edited = command_edit(job, false);
	enum report_exit outcome = edited;
	struct place_value left;

	for (size_t i = 0; edited == EXIT_DONE && !job->options->dry_run && i < job->spot_count; i++)
	{
		if (!job->spots[i].reader)
			continue;
		job_find(&job->spots[i], true, &left);
		command_name(job->spots[i].reader);
		command_show_value(&left);
		if (left.named)
			outcome = EXIT_NOT;
	}
	if (edited == EXIT_DONE && !job->options->dry_run)
		report("%sServers that run already have to be started again.\n",
		       outcome == EXIT_NOT ? "A module that is not negossp stays.\n" : "");
	return outcome;
}

/* What registering put somewhere is registered anew, under the path that stands there. */
static enum report_exit command_refresh(struct job* job)
{
	struct options options = *job->options;
	struct place_value value;

	for (size_t i = 0; i < job->spot_count; i++)
	{
		job_find(&job->spots[i], false, &value);
		if (!value.ours || !value.named)
			continue;
		options.module = value.string;
		job->options = &options;
		return command_register(job);
	}
	report("nothing is registered\n");
	return EXIT_DONE;
}

enum report_exit command_run(const struct options* options)
{
	static enum report_exit (*const commands[])(struct job*) = {
		[COMMAND_REGISTER] = command_register,
		[COMMAND_STATUS] = command_status,
		[COMMAND_UNREGISTER] = command_unregister,
		[COMMAND_REFRESH] = command_refresh,
	};
	static struct job job; /* larger than a stack should bear */
	enum report_exit outcome = job_open(&job, options);

	if (outcome == EXIT_DONE)
		outcome = commands[options->command](&job);
	job_close(&job);
	return outcome;
}
