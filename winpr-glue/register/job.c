/* SPDX-License-Identifier: Apache-2.0
 *
 * The registry files of all FreeRDP installations as one piece of work; see job.h.
 */
#include "job.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "diff.h"
#include "root_path.h"

static void job_complain(const char* doing, const struct file_change* change, int why)
{
	const bool permission = why == EACCES || why == EPERM || why == EROFS;

	report_error("cannot %s %s/%s: %s%s\n", doing, change->folder, change->name,
	             why == EBUSY    ? "it was changed meanwhile; try again"
	             : why == EINVAL ? "it is no ordinary file"
	                             : strerror(why),
	             permission && geteuid() != 0 ? "; only root can do that: use sudo" : "");
}

static bool job_same_file(const struct file_change* a, const struct file_change* b)
{
	if (a->existed != b->existed)
		return false;
	if (a->existed)
		return a->before.st_dev == b->before.st_dev && a->before.st_ino == b->before.st_ino;
	return strcmp(a->folder, b->folder) == 0 && strcmp(a->name, b->name) == 0;
}

/* Reads one FreeRDP's file, unless another has it too. */
static bool job_read(struct job* job, size_t number)
{
	struct file_change* const change = &job->changes[job->change_count];

	if (!file_change_open(change, job->root, job->found.items[number].facts.file))
	{
		job_complain("read", change, errno);
		file_change_close(change);
		return false;
	}
	const char* const why =
	    reg_text_unreadable((struct reg_slice){ change->old_text.bytes, change->old_text.length });
	if (why)
	{
		report_error("%s/%s: %s; write it anew as UTF-8\n", change->folder, change->name, why);
		file_change_close(change);
		return false;
	}
	for (size_t i = 0; i < job->change_count; i++)
		if (job_same_file(&job->changes[i], change))
		{
			file_change_close(change);
			job->change_of[number] = i;
			return true;
		}
	job->change_of[number] = job->change_count++;
	return true;
}

struct job* job_open(const struct options* options, int* exit_code)
{
	struct job* const job = calloc(1, sizeof(*job));

	*exit_code = EXIT_NOT_CHANGED;
	if (!job)
	{
		report_error("%s\n", strerror(errno));
		return NULL;
	}
	job->options = options;
	job->root = root_open(options->root ? options->root : "/");
	if (job->root < 0)
	{
		report_error("%s: %s\n", options->root, strerror(errno));
		*exit_code = EXIT_USAGE;
		free(job);
		return NULL;
	}
	freerdp_find(job->root, options, &job->found);
	bool fine = job->found.count > 0;
	if (!fine)
	{
		report_error(
		    "no FreeRDP 3 found%s%s (no libwinpr3.so.3 in the usual folders; --libdir names "
		    "another)\n",
		    options->root ? " below " : "", options->root ? options->root : "");
		*exit_code = EXIT_NO_FREERDP;
	}
	for (size_t i = 0; i < job->found.count && fine; i++)
		fine = job_read(job, i);
	if (fine)
		return job;
	job_close(job);
	return NULL;
}

void job_close(struct job* job)
{
	for (size_t i = 0; i < job->change_count; i++)
		file_change_close(&job->changes[i]);
	(void)close(job->root);
	free(job);
}

struct reg_slice job_text(const struct job* job, size_t number)
{
	const struct textbuf* const text = &job->changes[job->change_of[number]].old_text;

	return (struct reg_slice){ text->bytes, text->length };
}

enum report_exit job_edit(struct job* job,
                          void (*edit)(struct file_change* change, struct reg_slice text,
                                       const char* key, const char* module, struct textbuf* out))
{
	bool edited[FREERDP_MOST] = { false };
	bool failed = false;

	for (size_t i = 0; i < job->found.count && !failed; i++)
	{
		const size_t number = job->change_of[i];
		struct file_change* const change = &job->changes[number];
		const struct textbuf* const from = edited[number] ? &change->new_text : &change->old_text;
		struct textbuf out = { 0 };
		edit(change, (struct reg_slice){ from->bytes, from->length }, job->found.items[i].facts.key,
		     job->options->module, &out);
		failed = out.failed;
		textbuf_free(&change->new_text);
		change->new_text = out;
		edited[number] = true;
	}
	if (failed)
		report_error("%s\n", strerror(ENOMEM));
	return failed ? EXIT_NOT_CHANGED : EXIT_DONE;
}

static enum report_exit job_show(const struct job* job)
{
	struct textbuf out = { 0 };

	for (size_t i = 0; i < job->change_count; i++)
	{
		const struct file_change* const change = &job->changes[i];
		char name[PATH_MAX + NAME_MAX + 2];
		(void)snprintf(name, sizeof(name), "%s/%s", change->folder, change->name);
		diff_write(
		    &out, name, (struct reg_slice){ change->old_text.bytes, change->old_text.length },
		    change->existed, (struct reg_slice){ change->new_text.bytes, change->new_text.length },
		    !change->remove);
	}
	if (out.failed)
	{
		report_error("%s\n", strerror(ENOMEM));
		textbuf_free(&out);
		return EXIT_NOT_CHANGED;
	}
	if (out.length > 0)
		(void)fwrite(out.bytes, 1, out.length, stdout);
	else
		report("nothing to change\n");
	textbuf_free(&out);
	return EXIT_DONE;
}

static enum report_exit job_roll_back(struct job* job)
{
	enum report_exit outcome = EXIT_NOT_CHANGED;

	for (size_t i = 0; i < job->change_count; i++)
		if (!file_change_undo(&job->changes[i]))
		{
			job_complain("put back", &job->changes[i], errno);
			outcome = EXIT_HALF_CHANGED;
		}
	return outcome;
}

enum report_exit job_commit(struct job* job)
{
	if (job->options->dry_run)
		return job_show(job);
	for (size_t i = 0; i < job->change_count; i++)
		if (file_change_differs(&job->changes[i]) && !file_change_prepare(&job->changes[i]))
		{
			job_complain("write", &job->changes[i], errno);
			return EXIT_NOT_CHANGED;
		}
	for (size_t i = 0; i < job->change_count; i++)
		if (file_change_differs(&job->changes[i]) && !file_change_commit(&job->changes[i]))
		{
			job_complain("write", &job->changes[i], errno);
			return job_roll_back(job);
		}
	return EXIT_DONE;
}
