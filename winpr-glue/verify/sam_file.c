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
	/* As secret_alloc(), but for the zeros, which would be written over. */
	uint8_t* const data = malloc((size_t)status.st_size + 1);
	REQUIRE(data, RESULT_NO_MEMORY);
	*content = (struct secret){ data, (size_t)status.st_size };
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

	if (bytes_starts_with(content, BYTES_LITERAL("\xFF\xFE")) ||
	    bytes_starts_with(content, BYTES_LITERAL("\xFE\xFF")))
		return true;
	if (content.len == 0 || !memchr(content.data, 0, content.len))
		return false;
	for (size_t i = 0; i < content.len; i++)
		zeros[i % 2] += content.data[i] == 0;
	return zeros[0] > content.len / 4 + zeros[1] || zeros[1] > content.len / 4 + zeros[0];
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

/* --- names ------------------------------------------------------------------------------------ */

/* Text that is not ASCII; what is not UTF-8 is no name. */
static enum result sam_name_is_wide(struct bytes text, struct bytes name, bool* is)
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

/* Whether the text in the file is the name asked for, which is in upper case already. ASCII is
 * compared where it stands. It takes as long for a name that differs in its first letter as for one
 * that differs in its last or not at all. */
static enum result sam_name_is(struct bytes text, struct bytes name, bool* is)
{
	const size_t units = name.len / 2;
	const size_t both = text.len < units ? text.len : units;
	unsigned differs = text.len != units;
	uint8_t every = 0;

	for (size_t i = 0; i < text.len; i++)
		every |= text.data[i];
	if (every >= 0x80)
		return sam_name_is_wide(text, name, is);
	for (size_t i = 0; i < both; i++)
	{
		const unsigned byte = text.data[i];
		const unsigned small = byte - 'a' < 26;

		differs |= (byte ^ (small << 5) ^ name.data[2 * i]) | name.data[2 * i + 1];
	}
	*is = differs == 0;
	return RESULT_OK;
}

/* --- lines ------------------------------------------------------------------------------------ */

/* Everything up to `end`, which is dropped; the rest is what remains. False, and everything, where
 * there is no `end`. */
static inline bool sam_cut(struct bytes* rest, uint8_t end, struct bytes* cut)
{
	const uint8_t* const found = rest->len > 0 ? memchr(rest->data, end, rest->len) : NULL;
	const size_t len = found ? (size_t)(found - rest->data) : rest->len;

	*cut = bytes_make(rest->data, len);
	*rest = bytes_make(rest->data + len + (found ? 1 : 0), rest->len - len - (found ? 1 : 0));
	return found != NULL;
}

enum sam_field
{
	SAM_USER,
	SAM_DOMAIN,
	SAM_LM_HASH,
	SAM_NT_HASH,
	SAM_FIELDS
};

/* False for what is no line. Behind the last field there may be others. */
static bool sam_line_parse(struct bytes line, struct bytes fields[SAM_FIELDS])
{
	bool more = line.len > 0 && line.len <= SAM_LINE_MAX && line.data[0] != '#';
	size_t count = 0;

	while (more && count < SAM_FIELDS)
		more = sam_cut(&line, ':', &fields[count++]);
	return count == SAM_FIELDS && fields[SAM_USER].len > 0;
}

static bool sam_hash_parse(struct bytes digits, struct key* hash)
{
	return digits.len == SAM_HASH_DIGITS && bytes_from_hex(digits, hash->bytes) == RESULT_OK &&
	       !key_is_zero(hash);
}

/* smbpasswd and pwdump have the account's number where the domain belongs. */
static bool sam_is_number(struct bytes text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.data[i] < '0' || text.data[i] > '9')
			return false;
	return text.len > 0;
}

/* --- looking for a user ----------------------------------------------------------------------- */

/* All of it is done whoever the user is, so that the time it takes does not say that there is such
 * a user. */
struct sam_search
{
	struct bytes user; /* UTF-16LE in upper case, both */
	struct bytes domain;
	bool any_line;
	unsigned best;          /* what sam_line_fits() said of the best line */
	struct bytes digits[2]; /* of the hash: of any line, and of the best */
};

/* What a line says of this user, the more the better it fits: nothing, that it is another format's,
 * or the hash for any domain or for just this one. */
static enum result sam_line_fits(const struct sam_search* search,
                                 const struct bytes fields[SAM_FIELDS], unsigned* fits)
{
	struct bytes account = fields[SAM_USER]; /* without the domain that secretsdump puts in front */
	struct bytes prefix;
	bool user_is;
	bool domain_is;
	bool account_is;

	(void)sam_cut(&account, '\\', &prefix);
	TRY(sam_name_is(fields[SAM_USER], search->user, &user_is));
	TRY(sam_name_is(fields[SAM_DOMAIN], search->domain, &domain_is));
	TRY(sam_name_is(account, search->user, &account_is));
	const unsigned here = domain_is ? 3 : 2;
	const unsigned known = user_is & (domain_is | (fields[SAM_DOMAIN].len == 0)) ? here : 0;
	const unsigned other = (user_is | account_is) & sam_is_number(fields[SAM_DOMAIN]);
	*fits = known > other ? known : other;
	return RESULT_OK;
}

/* Of lines that fit alike the first counts. */
static enum result sam_search_line(struct sam_search* search, struct bytes line)
{
	struct bytes fields[SAM_FIELDS];
	unsigned fits;

	if (!sam_line_parse(line, fields))
		return RESULT_OK;
	TRY(sam_line_fits(search, fields, &fits));
	const bool better = fits > search->best;
	search->any_line = true;
	search->digits[better] = fields[SAM_NT_HASH];
	search->best = better ? fits : search->best;
	return RESULT_OK;
}

/* A line ends with a newline, a carriage return or both. */
static enum result sam_search_file(struct sam_search* search, struct bytes content)
{
	const struct bytes mark = BYTES_LITERAL("\xEF\xBB\xBF");

	if (bytes_starts_with(content, mark))
		content = bytes_make(content.data + mark.len, content.len - mark.len);
	while (content.len > 0)
	{
		struct bytes lines;

		(void)sam_cut(&content, '\n', &lines);
		while (lines.len > 0)
		{
			struct bytes line;

			(void)sam_cut(&lines, '\r', &line);
			TRY(sam_search_line(search, line));
		}
	}
	return RESULT_OK;
}

/* *nt_hash stays zeros unless it is the user's. */
static enum sam_match sam_search_end(const struct sam_search* search, struct key* nt_hash)
{
	struct key hash = { { 0 } };
	const bool usable = sam_hash_parse(search->digits[search->best > 0], &hash);
	enum sam_match match = search->any_line ? SAM_NO_MATCH : SAM_NO_LINE;

	if (search->best > 0)
		match = search->best == 1 ? SAM_NUMBERED : usable ? SAM_FOUND : SAM_BROKEN;
	for (size_t i = 0; i < sizeof(hash.bytes); i++)
		nt_hash->bytes[i] = match == SAM_FOUND ? hash.bytes[i] : 0;
	key_wipe(&hash);
	return match;
}

enum result sam_file_find(struct bytes content, struct bytes user, struct bytes domain,
                          enum sam_match* match, struct key* nt_hash)
{
	struct sam_search search = { .best = 0 };
	struct blob upper_user = BLOB_EMPTY;
	struct blob upper_domain = BLOB_EMPTY;

	enum result result = utf16_upper(user, &upper_user);
	if (result == RESULT_OK)
		result = utf16_upper(domain, &upper_domain);
	if (result == RESULT_OK)
	{
		search.user = blob_bytes(&upper_user);
		search.domain = blob_bytes(&upper_domain);
		result = sam_search_file(&search, content);
	}
	*match = result == RESULT_OK ? sam_search_end(&search, nt_hash) : SAM_NO_MATCH;
	blob_free(&upper_user);
	blob_free(&upper_domain);
	return result;
}
