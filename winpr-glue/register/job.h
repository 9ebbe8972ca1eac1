/* SPDX-License-Identifier: Apache-2.0
 *
 * The files of all FreeRDP installations, and those that another release of FreeRDP would read, as
 * one piece of work: read together, changed together or not at all.
 */
#ifndef NEGOSSP_REGISTER_JOB_H
#define NEGOSSP_REGISTER_JOB_H

#include "file_change.h"
#include "freerdp.h"
#include "options.h"
#include "report.h"

/* Of each FreeRDP where it reads first, where then, and where others would. */
#define JOB_MOST (FREERDP_MOST * (2 + PLACE_MOST))

struct job_spot
{
	struct place place;
	const struct freerdp* reader; /* who reads it first, or NULL */
	const struct freerdp* later;  /* who reads it only after another place, or NULL */
	struct file_change* change;   /* several spots may share one */
};

struct job
{
	const struct options* options;
	struct freerdp_list found;
	struct job_spot spots[JOB_MOST]; /* the first are those of the found ones, in their order */
	size_t spot_count;
	struct file_change changes[JOB_MOST];
	size_t change_count;
	bool unread; /* a file that a FreeRDP reads, but not first, could not be read */
};

/* Finds the installations and reads their files. Not EXIT_DONE, with the reason named, when there
 * are none and the command needs one, or a file cannot be read. Can be closed in any case. */
enum report_exit job_open(struct job* job, const struct options* options);
/* Whether a FreeRDP that was found reads JSON. */
bool job_reads_json(const struct job* job);
void job_close(struct job* job);

/* What a spot's text names: the old text, or the one that is to come. */
void job_find(const struct job_spot* spot, bool edited, struct place_value* value);

/* Changes the files, or with --dry-run says what would be changed. */
enum report_exit job_commit(struct job* job);

#endif
