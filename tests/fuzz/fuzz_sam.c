/* SPDX-License-Identifier: Apache-2.0
 *
 * SAM files beside a naive reader: who is found, with which hash, and as whom. The input's first
 * line is the user who wants in, the second the domain beside it, all else is the file, which the
 * verifier reads from a file in memory.
 */
#include "verify/verifier_sam.h"

#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "base/utf16.h"
#include "input.h"
#include "log_capture.h"

static int file;
static struct verifier_sam* sam;

/* The hash that the verifier compares with (the linker's --wrap), and no time passes. */
static struct key asked;
static bool asked_with_hash;
enum result __wrap_ntlm_verify_nt_hash(const struct verify_request* request,
                                       const struct key* nt_hash, struct verify_answer* answer);
enum result __wrap_ntlm_verify_nt_hash(const struct verify_request* request,
                                       const struct key* nt_hash, struct verify_answer* answer)
{
	(void)request;
	(void)answer;
	/* A hash of zeros is nobody's, as none is. */
	asked_with_hash = nt_hash && !key_is_zero(nt_hash);
	if (nt_hash)
		asked = *nt_hash;
	return RESULT_OK;
}

int __wrap_nanosleep(const struct timespec* time, struct timespec* left);
int __wrap_nanosleep(const struct timespec* time, struct timespec* left)
{
	(void)time;
	(void)left;
	return 0;
}

int LLVMFuzzerInitialize(int* argc, char*** argv)
{
	char path[64];

	(void)argc;
	(void)argv;
	log_capture_start(false);
	file = memfd_create("SAM", MFD_CLOEXEC);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
	return file < 0 || utf16_init() != RESULT_OK || verifier_sam_new(path, &sam) != RESULT_OK;
}

/* --- the naive reader ------------------------------------------------------------------------- */

enum match
{
	NONE,     /* nobody of that name */
	NUMBERED, /* a line of another format's */
	ANY,      /* a line for every domain */
	EXACT     /* a line for this one */
};

struct found
{
	enum match match;
	bool usable;
	uint8_t hash[16];
};

static bool is_name(struct bytes text, struct bytes name)
{
	struct blob utf16 = BLOB_EMPTY;
	const bool is = utf16_from_utf8(text, &utf16) == RESULT_OK &&
	                utf16_equal_ignoring_case(blob_bytes(&utf16), name);

	blob_free(&utf16);
	return is;
}

static bool is_number(struct bytes text)
{
	size_t digits = 0;

	while (digits < text.len && text.data[digits] >= '0' && text.data[digits] <= '9')
		digits++;
	return text.len > 0 && digits == text.len;
}

static struct bytes behind(struct bytes text, uint8_t mark)
{
	const uint8_t* const at = text.len ? memchr(text.data, mark, text.len) : NULL;

	return at ? bytes_make(at + 1, text.len - (size_t)(at + 1 - text.data)) : BYTES_EMPTY;
}

static struct bytes before(struct bytes text, uint8_t mark)
{
	const uint8_t* const at = text.len ? memchr(text.data, mark, text.len) : NULL;

	return at ? bytes_make(text.data, (size_t)(at - text.data)) : text;
}

static bool read_hash(struct bytes digits, uint8_t hash[16])
{
	char text[33] = "";
	uint8_t all = 0;

	if (digits.len != 32)
		return false;
	memcpy(text, digits.data, 32);
	if (strspn(text, "0123456789abcdefABCDEF") != 32)
		return false;
	for (size_t i = 0; i < 16; i++)
	{
		const char octet[] = { text[2 * i], text[2 * i + 1], 0 };
		hash[i] = (uint8_t)strtoul(octet, NULL, 16);
		all |= hash[i];
	}
	return all != 0;
}

static void read_line(struct bytes line, struct bytes user, struct bytes domain,
                      struct found* found)
{
	const struct bytes name = before(line, ':');
	const struct bytes place = before(behind(line, ':'), ':');
	const struct bytes third = behind(behind(line, ':'), ':');
	const struct bytes hash = before(behind(third, ':'), ':');
	size_t colons = 0;
	enum match match = NONE;

	for (size_t i = 0; i < line.len; i++)
		colons += line.data[i] == ':';
	if (colons < 3 || line.len > 4096 || line.data[0] == '#' || name.len == 0)
		return;
	if (is_name(name, user) && is_name(place, domain))
		match = EXACT;
	else if (is_name(name, user) && place.len == 0)
		match = ANY;
	else if (is_number(place) && (is_name(name, user) ||
	                              (behind(name, '\\').data && is_name(behind(name, '\\'), user))))
		match = NUMBERED;
	if (match <= found->match)
		return;
	found->match = match;
	found->usable = match != NUMBERED && read_hash(hash, found->hash);
}

static struct found read_file(struct bytes text, struct bytes user, struct bytes domain)
{
	struct found found = { .match = NONE };

	if (text.len >= 3 && memcmp(text.data, "\xEF\xBB\xBF", 3) == 0)
		text = bytes_make(text.data + 3, text.len - 3);
	for (size_t end = 0; text.len > 0; end = 0)
	{
		while (end < text.len && text.data[end] != '\n' && text.data[end] != '\r')
			end++;
		read_line(bytes_make(text.data, end), user, domain, &found);
		end += end < text.len;
		text = bytes_make(text.data + end, text.len - end);
	}
	return found;
}

static bool is_utf16(struct bytes text)
{
	size_t zeros[2] = { 0, 0 };

	for (size_t i = 0; i < text.len; i++)
		zeros[i & 1] += !text.data[i];
	return (text.len >= 2 && text.data[0] + text.data[1] == 0xFF + 0xFE &&
	        (text.data[0] == 0xFF || text.data[1] == 0xFF)) ||
	       zeros[0] > text.len / 4 + zeros[1] || zeros[1] > text.len / 4 + zeros[0];
}

/* --- both ------------------------------------------------------------------------------------- */

/* "user@domain" and "DOMAIN\user"; false unless it is just one of them. */
static bool split(struct bytes name, struct bytes* user, struct bytes* domain)
{
	unsigned marks = 0;

	for (size_t i = 0; i < name.len; i += 2)
	{
		const bool at = name.data[i] == '@' && !name.data[i + 1];
		const struct bytes front = bytes_make(name.data, i);
		const struct bytes back = bytes_make(name.data + i + 2, name.len - i - 2);

		if (!at && (name.data[i] != '\\' || name.data[i + 1]))
			continue;
		marks++;
		*user = at ? front : back;
		*domain = at ? back : front;
	}
	return marks == 1 && user->len > 0 && domain->len > 0;
}

static void judge(struct bytes text, struct bytes user, struct bytes domain)
{
	const struct verifier* const verifier = verifier_sam_verifier(sam);
	const struct verify_request request = { .user = user, .domain = domain };
	struct verify_answer answer = { .user_found = MECH_USER_NOT_ASKED };
	struct bytes part_user = BYTES_EMPTY;
	struct bytes part_domain = BYTES_EMPTY;
	struct found found = read_file(text, user, domain);
	bool in_parts = false;

	if (found.match < ANY && domain.len == 0 && split(user, &part_user, &part_domain))
	{
		const struct found parts = read_file(text, part_user, part_domain);
		in_parts = parts.match > found.match;
		found = in_parts ? parts : found;
	}
	asked_with_hash = false;
	const enum result result = verifier->verify(verifier->state, &request, &answer);
	JUDGE(result == (is_utf16(text) ? RESULT_NO_CREDENTIALS : RESULT_OK), "read or not");
	if (is_utf16(text))
	{
		JUDGE(!asked_with_hash, "a hash of a file that is not read");
		return;
	}
	JUDGE((answer.user_found == MECH_USER_FOUND) == (found.match >= ANY), "found or not");
	JUDGE(asked_with_hash == (found.match >= ANY && found.usable), "a hash or none");
	JUDGE(!asked_with_hash || memcmp(asked.bytes, found.hash, 16) == 0, "another hash");
	JUDGE(in_parts ? answer.user.data == part_user.data && answer.domain.data == part_domain.data
	               : answer.user.len == 0,
	      "as somebody else");
}

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
	struct bytes text = bytes_make(data, size);
	struct blob user = BLOB_EMPTY;
	struct blob domain = BLOB_EMPTY;
	const struct bytes name = before(text, '\n');
	const struct bytes place = before(behind(text, '\n'), '\n');

	text = behind(behind(text, '\n'), '\n');
	/* A user is never empty, and whoever sends no text is not asked about. */
	if (utf16_from_utf8(name, &user) == RESULT_OK && utf16_from_utf8(place, &domain) == RESULT_OK &&
	    user.len > 0)
	{
		JUDGE(ftruncate(file, 0) == 0 &&
		          (text.len == 0 || pwrite(file, text.data, text.len, 0) == (ssize_t)text.len),
		      "the file");
		judge(text, blob_bytes(&user), blob_bytes(&domain));
	}
	blob_free(&user);
	blob_free(&domain);
	log_capture_clear();
	return 0;
}
