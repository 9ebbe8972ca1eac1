/* SPDX-License-Identifier: Apache-2.0
 *
 * All files are prepared before the first is changed, so that what then fails is rare; if it does,
 * those that were changed are put back.
 */
#include "job.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "path.h"
#include "text.h"

static enum report_exit job_complain(const char* doing, const char* path, const char* why)
{
	report_error("cannot %s %s: %s\n", doing, path, why);
	return EXIT_NOT_CHANGED;
}

/* Reads a spot's file, unless another spot has it too. What nobody reads has to be fit to be read
 * to be of any interest. */
static bool job_read(struct job* job, struct job_spot* spot)
{
	struct file_change* const change = &job->changes[job->change_count];
	const bool read = file_change_open(change, spot->place.file);
	const char* const why = read ? place_problem(&spot->place, blob_bytes(&change->old_text))
	                             : file_change_reason(errno);

	if (why && (spot->reader || spot->later))
		(void)job_complain("read", spot->place.file, why);
	job->unread = job->unread || (why && spot->later);
	spot->change = why ? NULL : change;
	for (size_t i = 0; i < job->change_count && spot->change; i++)
		if (strcmp(job->changes[i].path, change->path) == 0)
			spot->change = &job->changes[i];
	if (spot->change == change)
		job->change_count++;
	else
		file_change_close(change);
	return !why || !spot->reader;
}

/* False when it cannot be read and somebody reads it first. */
static bool job_add(struct job* job, const struct place* place, const struct freerdp* reader,
                    const struct freerdp* later)
{
	struct job_spot* const spot = &job->spots[job->spot_count];

	for (size_t i = 0; i < job->spot_count && !reader; i++)
		if (place_is_same(&job->spots[i].place, place))
		{
			job->spots[i].later = later ? later : job->spots[i].later;
			return true;
		}
	*spot = (struct job_spot){ .place = *place, .reader = reader, .later = later };
	if (!job_read(job, spot))
		return false;
	job->spot_count += spot->change != NULL;
	return true;
}

static bool job_add_all(struct job* job)
{
	static const struct place usual = { PLACE_REGISTRY, "/etc/winpr/HKLM.reg", USUAL_KEY };
	struct place places[PLACE_MOST];

	for (size_t i = 0; i < job->found.count; i++)
		if (!job_add(job, &job->found.items[i].place, &job->found.items[i], NULL))
			return false;
	for (size_t i = 0; i == 0 || i < job->found.count; i++)
	{
		const struct freerdp* const item = job->found.count > 0 ? &job->found.items[i] : NULL;
		const struct place* const known = item ? &item->registry : &usual;
		const size_t count = place_all(known, places);
		(void)job_add(job, known, NULL, item);
		for (size_t j = 0; j < count; j++)
			(void)job_add(job, &places[j], NULL, NULL);
	}
	return true;
}

void job_find(const struct job_spot* spot, bool edited, struct place_value* value)
{
	place_find(&spot->place, blob_bytes(edited ? &spot->change->new_text : &spot->change->old_text),
	           value);
}

bool job_reads_json(const struct job* job)
{
	for (size_t i = 0; i < job->found.count; i++)
		if (job->found.items[i].place.kind == PLACE_JSON)
			return true;
	return false;
}

enum report_exit job_open(struct job* job, const struct options* options)
{
	job->options = options;
	if (!freerdp_find(options->folders, options->folder_count, &job->found))
		return EXIT_NO_FREERDP;
	if (job->found.count == 0)
		report_error("no FreeRDP 3 found (the loader knows no libwinpr3.so.3; --libdir names a "
		             "folder)\n");
	/* What was registered for it can be seen and taken back all the same. */
	if (job->found.count == 0 && options->command != COMMAND_STATUS &&
	    options->command != COMMAND_UNREGISTER)
		return EXIT_NO_FREERDP;
	return job_add_all(job) ? EXIT_DONE : EXIT_NOT_CHANGED;
}

void job_close(struct job* job)
{
	for (size_t i = 0; i < job->change_count; i++)
		file_change_close(&job->changes[i]);
}

/* The lines that go and those that come; lines that registering adds or takes back are whole. */
static void job_show(const struct file_change* change)
{
	struct bytes old_rest = blob_bytes(&change->old_text);
	struct bytes new_rest = change->remove ? BYTES_EMPTY : blob_bytes(&change->new_text);

	report("%s%s:\n", change->path,
	       change->remove    ? " would be removed"
	       : change->existed ? ""
	                         : " would be made");
	while (old_rest.len > 0 || new_rest.len > 0)
	{
		struct bytes new_behind = new_rest;
		struct bytes old_behind = old_rest;
		const struct bytes new_line = text_line(&new_behind);
		const struct bytes old_line = text_line(&old_behind);
		const bool same = bytes_equal(new_line, old_line);
		/* Another line than the old one was added before it, or has taken its place. */
		const bool adds =
		    !same && new_line.len > 0 && (old_line.len == 0 || new_rest.len > old_rest.len);
		const struct bytes shown = adds ? new_line : old_line;
		if (!same)
			report("%c %.*s%s", adds ? '+' : '-', (int)shown.len, (const char*)shown.data,
			       shown.data[shown.len - 1] == '\n' ? "" : "\n");
		new_rest = same || adds ? new_behind : new_rest;
		old_rest = same || !adds ? old_behind : old_rest;
	}
}

/* A file that others can change says nothing about what servers load tomorrow. */
static bool job_is_guarded(const struct job* job, const char* path)
{
	char culprit[PATH_MAX];

	if (job->options->force || path_is_guarded(path, culprit))
		return true;
	report_error(
	    "%s is not changed: others than root can change %s (--force does it all the same)\n", path,
	    culprit);
	return false;
}

static enum report_exit job_roll_back(struct job* job)
{
	enum report_exit outcome = EXIT_NOT_CHANGED;

	for (size_t i = 0; i < job->change_count; i++)
		if (!file_change_undo(&job->changes[i]))
		{
			(void)job_complain("put back", job->changes[i].path, file_change_reason(errno));
			outcome = EXIT_HALF_CHANGED;
		}
	return outcome;
}

static void job_show_all(const struct job* job)
{
	bool some = false;

	for (size_t i = 0; i < job->change_count; i++)
		if (file_change_differs(&job->changes[i]))
		{
			job_show(&job->changes[i]);
			some = true;
		}
	if (!some)
		report("nothing to change\n");
}

enum report_exit job_commit(struct job* job)
{
	struct file_change* const changes = job->changes;
	const size_t count = job->change_count;

	if (job->options->dry_run)
	{
		job_show_all(job);
		return EXIT_DONE;
	}
	for (size_t i = 0; i < job->spot_count; i++)
	{
		const struct job_spot* const spot = &job->spots[i];
		const bool is_read = spot->reader && job->options->command != COMMAND_UNREGISTER;

		if ((file_change_differs(spot->change) || is_read) &&
		    !job_is_guarded(job, spot->place.file))
			return EXIT_NOT_CHANGED;
	}
	for (size_t i = 0; i < count; i++)
		if (!file_change_prepare(&changes[i]))
			return job_complain("write", changes[i].path, file_change_reason(errno));
	for (size_t i = 0; i < count; i++)
		if (!file_change_commit(&changes[i]))
		{
			(void)job_complain("write", changes[i].path, file_change_reason(errno));
			return job_roll_back(job);
		}
	return EXIT_DONE;
}
