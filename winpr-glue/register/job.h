/* SPDX-License-Identifier: Apache-2.0
 *
 * The registry files of all FreeRDP installations as one piece of work: read together, changed
 * together or not at all.
 */
#ifndef NEGOSSP_REGISTER_JOB_H
#define NEGOSSP_REGISTER_JOB_H

#include "file_change.h"
#include "freerdp_find.h"
#include "report.h"

/* `changes` are the distinct files; `change_of` says which one a FreeRDP has. */
struct job
{
	const struct options* options;
	int root;
	struct freerdp_list found;
	struct file_change changes[FREERDP_MOST];
	size_t change_count;
	size_t change_of[FREERDP_MOST];
};

/* Finds the installations and reads their files. NULL, with the exit code set and the reason named,
 * when there are none, a file cannot be read, or memory is short. */
struct job* job_open(const struct options* options, int* exit_code);
void job_close(struct job* job);

/* The registry file's text for the FreeRDP of that number, as it was read. */
struct reg_slice job_text(const struct job* job, size_t number);

/* Sets every new text to what `edit` makes of the old one for the key of each FreeRDP that has it.
 */
enum report_exit job_edit(struct job* job,
                          void (*edit)(struct file_change* change, struct reg_slice text,
                                       const char* key, const char* module, struct textbuf* out));

/* Changes the files, or with --dry-run says what would be changed. */
enum report_exit job_commit(struct job* job);

#endif
