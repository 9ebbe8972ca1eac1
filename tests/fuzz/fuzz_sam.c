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
#include "naive_sam.h"
#include "naive_text.h"
#include "reached.h"

enum
{
	/* those of enum match, then */
	IN_PARTS = EXACT + 1,
	WITHOUT_HASH,
	NOT_READ
};
static const char* const kinds[] = { "of nobody",
	                                 "in another format's line",
	                                 "in a line for every domain",
	                                 "in a line for that domain",
	                                 "by the parts of the name",
	                                 "without a hash",
	                                 "in a file that is not read",
	                                 NULL };

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
	reached_start(kinds);
	log_capture_start(false);
	file = memfd_create("SAM", MFD_CLOEXEC);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
	return file < 0 || utf16_init() != RESULT_OK || verifier_sam_new(path, &sam) != RESULT_OK;
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
	struct found found = naive_sam_read(text, user, domain);
	bool in_parts = false;

	if (found.match < ANY && domain.len == 0 && split(user, &part_user, &part_domain))
	{
		const struct found parts = naive_sam_read(text, part_user, part_domain);
		in_parts = parts.match > found.match;
		found = in_parts ? parts : found;
	}
	asked_with_hash = false;
	const enum result result = verifier->verify(verifier->state, &request, &answer);
	JUDGE(result == (naive_sam_is_utf16(text) ? RESULT_NO_CREDENTIALS : RESULT_OK), "read or not");
	if (naive_sam_is_utf16(text))
	{
		JUDGE(!asked_with_hash, "a hash of a file that is not read");
		reached(NOT_READ);
		return;
	}
	reached(found.match);
	if (in_parts)
		reached(IN_PARTS);
	if (found.match >= ANY && !found.usable)
		reached(WITHOUT_HASH);
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
	const struct bytes name = naive_before(text, '\n');
	const struct bytes place = naive_before(naive_behind(text, '\n'), '\n');

	reached_input();
	text = naive_behind(naive_behind(text, '\n'), '\n');
	/* A user is never empty, and whoever sends no text is not asked about. */
	if (naive_utf16(name, &user) && naive_utf16(place, &domain) && user.len > 0)
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
