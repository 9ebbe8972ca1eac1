/* SPDX-License-Identifier: Apache-2.0
 *
 * The registry files of all FreeRDP installations as one piece of work: read together, changed
 * together or not at all.
 */
#ifndef NEGOSSP_REGISTER_JOB_H
#define NEGOSSP_REGISTER_JOB_H

#include "file_change.h"
#include "freerdp.h"
#include "options.h"
#include "report.h"

/* Several FreeRDPs may have one file: change_of says which of the changes is whose. */
struct job
{
	const struct options* options;
	struct freerdp_list found;
	struct file_change changes[FREERDP_MOST];
	size_t change_count;
	struct file_change* change_of[FREERDP_MOST];
};

/* Finds the installations and reads their files. NULL, with the exit code set and the reason named,
 * when there are none, a file cannot be read, or memory is short. */
struct job* job_open(const struct options* options, enum report_exit* outcome);
void job_close(struct job* job);

/* Changes the files, or with --dry-run says what would be changed. */
enum report_exit job_commit(struct job* job);

/* Says why a file cannot be read, written, or the like. */
enum report_exit job_complain(const char* doing, const char* path, const char* why);

#endif
