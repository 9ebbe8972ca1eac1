/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading the SAM file; the rules are in verifier_sam.h.
 *
 * WinPR's own reader is not used: it compares names byte by byte, takes an empty hash for sixteen
 * zero bytes, and keeps to itself why a file could not be opened.
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

#define SAM_LINE_MAX 4096u
#define SAM_HASH_DIGITS (2 * KEY_SIZE)
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

static enum result sam_read_fd(int fd, struct secret* content, const char** problem, bool* again)
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
	TRY(secret_alloc(content, (size_t)status.st_size));
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
                                 bool* again)
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
	const enum result result = sam_read_fd(fd, content, problem, again);
	(void)close(fd);
	if (result != RESULT_OK)
		secret_free(content);
	return result;
}

/* With a mark or without: of text that is ASCII for the most part every other byte is a zero then.
 */
static bool sam_is_utf16(struct bytes content)
{
	size_t zeros[2] = { 0, 0 };

	for (size_t i = 0; i < content.len; i++)
		zeros[i % 2] += content.data[i] == 0;
	return bytes_starts_with(content, BYTES_LITERAL("\xFF\xFE")) ||
	       bytes_starts_with(content, BYTES_LITERAL("\xFE\xFF")) ||
	       zeros[0] > content.len / 4 + zeros[1] || zeros[1] > content.len / 4 + zeros[0];
}

enum result sam_file_read(const char* path, struct secret* content, const char** problem)
{
	static const struct timespec moment = { .tv_nsec = SAM_MOMENT };
	bool again = false;
	enum result result = sam_read_once(path, content, problem, &again);

	for (int i = 1; i < SAM_TRIES && again; i++)
	{
		secret_free(content);
		(void)nanosleep(&moment, NULL);
		result = sam_read_once(path, content, problem, &again);
	}
	if (result != RESULT_OK || !sam_is_utf16(secret_bytes(content)))
		return result;
	*problem = "it is UTF-16: save it as UTF-8";
	secret_free(content);
	return RESULT_NO_CREDENTIALS;
}

/* --- lines ------------------------------------------------------------------------------------ */

struct sam_line
{
	struct bytes user;
	struct bytes domain;
	struct bytes nt_hash;
};

/* Everything up to `end` or `or_end`, which is dropped; the rest is what remains. */
static struct bytes sam_cut(struct bytes* rest, uint8_t end, uint8_t or_end)
{
	size_t len = 0;

	while (len < rest->len && rest->data[len] != end && rest->data[len] != or_end)
		len++;
	const struct bytes cut = bytes_make(rest->data, len);
	const size_t used = len < rest->len ? len + 1 : len;
	*rest = bytes_make(rest->data + used, rest->len - used);
	return cut;
}

static bool sam_line_parse(struct bytes line, struct sam_line* parsed)
{
	size_t colons = 0;

	for (size_t i = 0; i < line.len; i++)
		colons += line.data[i] == ':';
	if (colons < 3 || line.len > SAM_LINE_MAX || line.data[0] == '#')
		return false;
	parsed->user = sam_cut(&line, ':', ':');
	parsed->domain = sam_cut(&line, ':', ':');
	(void)sam_cut(&line, ':', ':');
	parsed->nt_hash = sam_cut(&line, ':', ':');
	return parsed->user.len > 0;
}

static bool sam_hash_parse(struct bytes digits, struct key* hash)
{
	return digits.len == SAM_HASH_DIGITS && bytes_from_hex(digits, hash->bytes) == RESULT_OK &&
	       !key_is_zero(hash);
}

/* Whether the UTF-8 text in the file is the name asked for, which is in upper case already; text
 * that is not UTF-8 is no name. Takes as long for a name that differs in its first letter as for
 * one that differs in its last. */
static enum result sam_name_is(struct bytes text, struct bytes name, bool* is)
{
	struct blob utf16 = BLOB_EMPTY;
	struct blob upper = BLOB_EMPTY;

	enum result result = utf16_from_utf8(text, &utf16);
	if (result == RESULT_OK)
		result = utf16_upper(blob_bytes(&utf16), &upper);
	*is = result == RESULT_OK && secret_equal(blob_bytes(&upper), name);
	blob_free(&utf16);
	blob_free(&upper);
	return result == RESULT_NO_MEMORY ? result : RESULT_OK;
}

/* smbpasswd and pwdump have the account's number where the domain belongs. */
static bool sam_is_number(struct bytes text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.data[i] < '0' || text.data[i] > '9')
			return false;
	return text.len > 0;
}

/* What a line says of this user, the more the better it fits: nothing, that it is another format's,
 * or the hash for any domain or for just this one. Everything is compared whoever the user is, so
 * that the time it takes does not say that there is such a user. */
static enum result sam_line_fits(const struct sam_line* line, struct bytes user,
                                 struct bytes domain, int* fits)
{
	struct bytes account = line->user; /* without the domain that secretsdump puts in front */
	bool user_is;
	bool domain_is;
	bool account_is;

	(void)sam_cut(&account, '\\', '\\');
	TRY(sam_name_is(line->user, user, &user_is));
	TRY(sam_name_is(line->domain, domain, &domain_is));
	TRY(sam_name_is(account, user, &account_is));
	if (user_is && (domain_is || line->domain.len == 0))
		*fits = domain_is ? 3 : 2;
	else
		*fits = (user_is || account_is) && sam_is_number(line->domain);
	return RESULT_OK;
}

/* The names are in upper case. A line ends with a newline, a carriage return or both. */
static enum result sam_walk(struct bytes content, struct bytes user, struct bytes domain,
                            enum sam_match* match, struct key* nt_hash)
{
	const struct bytes mark = BYTES_LITERAL("\xEF\xBB\xBF");
	int best = 0;

	*match = SAM_NO_LINE;
	if (bytes_starts_with(content, mark))
		content = bytes_make(content.data + mark.len, content.len - mark.len);
	while (content.len > 0)
	{
		struct sam_line line;
		struct key hash = { { 0 } };
		int fits;

		if (!sam_line_parse(sam_cut(&content, '\n', '\r'), &line))
			continue;
		TRY(sam_line_fits(&line, user, domain, &fits));
		const bool usable = sam_hash_parse(line.nt_hash, &hash);
		if (*match == SAM_NO_LINE)
			*match = SAM_NO_MATCH;
		if (fits > best)
		{
			best = fits;
			*match = fits == 1 ? SAM_NUMBERED : usable ? SAM_FOUND : SAM_BROKEN;
			*nt_hash = hash;
		}
		key_wipe(&hash);
	}
	return RESULT_OK;
}

enum result sam_file_find(struct bytes content, struct bytes user, struct bytes domain,
                          enum sam_match* match, struct key* nt_hash)
{
	struct blob upper_user = BLOB_EMPTY;
	struct blob upper_domain = BLOB_EMPTY;

	enum result result = utf16_upper(user, &upper_user);
	if (result == RESULT_OK)
		result = utf16_upper(domain, &upper_domain);
	if (result == RESULT_OK)
		result =
		    sam_walk(content, blob_bytes(&upper_user), blob_bytes(&upper_domain), match, nt_hash);
	blob_free(&upper_user);
	blob_free(&upper_domain);
	if (result != RESULT_OK)
	{
		*match = SAM_NO_MATCH;
		key_wipe(nt_hash);
	}
	return result;
}
