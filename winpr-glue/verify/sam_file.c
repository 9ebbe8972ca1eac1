/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading the SAM file whole; the rules are in verifier_sam.h. WinPR's own reader keeps to itself
 * why a file could not be opened.
 */
#include "verify/sam_file.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <winpr/wtypes.h>

#define SAM_TRIES 3         /* at a file that is being written */
#define SAM_MOMENT 10000000 /* ns: between them, and the longest tick of a file's time */

/* --- where it is ------------------------------------------------------------------------------ */

char* sam_file_default_path(void)
{
	/* Debian up to 3.15, Debian from 3.32, upstream with versioned resources. */
	static const char* const paths[] = { "/etc/winpr/SAM", "/etc/FreeRDP/FreeRDP/SAM",
		                                 "/etc/FreeRDP/FreeRDP3/SAM" };
	char* (*config_path)(BOOL system, const char* filename);
	void* const symbol = dlsym(RTLD_DEFAULT, "winpr_GetConfigFilePath");

	/* Releases before 3.9 do not have it. */
	if (symbol)
	{
		memcpy(&config_path, &symbol, sizeof(config_path));
		char* const path = config_path(TRUE, "SAM");
		if (path)
			return path;
	}
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
	{
		if (access(paths[i], F_OK) == 0)
			return strdup(paths[i]);
	}
	return strdup(paths[0]);
}

/* --- the whole file --------------------------------------------------------------------------- */

static const char problem_changing[] = "it was rewritten while it was read, each time";

static enum result sam_read_all(int fd, struct secret* content, const char** problem)
{
	size_t done = 0;

	while (done < content->len)
	{
		const ssize_t got = read(fd, content->data + done, content->len - done);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
		{
			*problem = got < 0 ? strerror(errno) : problem_changing;
			return RESULT_NO_CREDENTIALS;
		}
		done += (size_t)got;
	}
	return RESULT_OK;
}

static bool sam_has_changed(int fd, const struct stat* before)
{
	struct stat now;

	return fstat(fd, &now) != 0 || now.st_size != before->st_size ||
	       now.st_mtim.tv_sec != before->st_mtim.tv_sec ||
	       now.st_mtim.tv_nsec != before->st_mtim.tv_nsec;
}

/* Whether the file may be half written, though nothing changes while it is read: emptied and not
 * filled yet, or changed within the tick in which one more change would leave its time as it is. */
static bool sam_is_fresh(const struct stat* status)
{
	const struct timespec changed = status->st_mtim;
	struct timespec now = { 0 };

	(void)clock_gettime(CLOCK_REALTIME, &now);
	if (status->st_size == 0)
		return true;
	const double apart =
	    difftime(now.tv_sec, changed.tv_sec) * 1e9 + (double)(now.tv_nsec - changed.tv_nsec);
	return apart < SAM_MOMENT && apart > -SAM_MOMENT;
}

static enum result sam_read_fd(int fd, struct secret* content, const char** problem, bool* exposed,
                               bool* again)
{
	struct stat status;

	if (fstat(fd, &status) != 0)
	{
		*problem = strerror(errno);
		return RESULT_NO_CREDENTIALS;
	}
	*problem = "it is not a regular file";
	REQUIRE(S_ISREG(status.st_mode), RESULT_NO_CREDENTIALS);
	*problem = "it is larger than 16 MiB";
	REQUIRE(status.st_size <= (off_t)SAM_FILE_MAX, RESULT_NO_CREDENTIALS);
	*problem = "there is not enough memory";
	/* As secret_alloc(), but for the zeros, which would be written over. */
	uint8_t* const data = malloc((size_t)status.st_size + 1);
	REQUIRE(data, RESULT_NO_MEMORY);
	*content = (struct secret){ data, (size_t)status.st_size };
	*exposed = (status.st_mode & (S_IROTH | S_IWOTH)) != 0;
	*again = sam_is_fresh(&status);
	enum result result = sam_read_all(fd, content, problem);
	if (result == RESULT_OK && sam_has_changed(fd, &status))
	{
		*problem = problem_changing;
		result = RESULT_NO_CREDENTIALS;
	}
	*again = *again || *problem == problem_changing;
	return result;
}

/* *again when another try may come to something else. */
static enum result sam_read_once(const char* path, struct secret* content, const char** problem,
                                 bool* exposed, bool* again)
{
	/* O_NONBLOCK: a FIFO in its place must not hold the server up. */
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
	{
		*again = errno == ENOENT; /* some delete it before they write it */
		*problem = strerror(errno);
		return RESULT_NO_CREDENTIALS;
	}
	*again = false;
	const enum result result = sam_read_fd(fd, content, problem, exposed, again);
	(void)close(fd);
	if (result != RESULT_OK)
		secret_free(content);
	return result;
}

bool sam_file_is_utf16(struct bytes content)
{
	size_t zeros[2] = { 0, 0 };

	if (bytes_starts_with(content, BYTES_LITERAL("\xFF\xFE")) ||
	    bytes_starts_with(content, BYTES_LITERAL("\xFE\xFF")))
		return true;
	if (content.len == 0 || !memchr(content.data, 0, content.len))
		return false;
	for (size_t i = 0; i < content.len; i++)
		zeros[i % 2] += content.data[i] == 0;
	return zeros[0] > content.len / 4 + zeros[1] || zeros[1] > content.len / 4 + zeros[0];
}

enum result sam_file_read(const char* path, struct secret* content, const char** problem,
                          bool* exposed)
{
	static const struct timespec moment = { .tv_nsec = SAM_MOMENT };
	bool again = false;

	*exposed = false;
	enum result result = sam_read_once(path, content, problem, exposed, &again);

	for (int i = 1; i < SAM_TRIES && again; i++)
	{
		secret_free(content);
		(void)nanosleep(&moment, NULL);
		result = sam_read_once(path, content, problem, exposed, &again);
	}
	if (result != RESULT_OK || !sam_file_is_utf16(secret_bytes(content)))
		return result;
	*problem = "it is UTF-16: save it as UTF-8";
	secret_free(content);
	return RESULT_NO_CREDENTIALS;
}
