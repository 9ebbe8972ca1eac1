/* SPDX-License-Identifier: Apache-2.0
 *
 * Lines are found by the server's own reader, and what was made is shown to it before it is
 * written.
 */
#include "edit.h"

#include <string.h>

#include "base/utf16.h"
#include "register/terminal.h"
#include "verify/sam_file.h"
#include "verify/sam_lines.h"

/* --- names ------------------------------------------------------------------------------------ */

static enum result name_make(const char* text, struct bytes* name, struct blob* upper,
                             const char** problem)
{
	struct blob utf16 = BLOB_EMPTY;

	*name = bytes_make((const uint8_t*)text, strlen(text));
	*problem = "a name has no colon in it, and no control character";
	for (const char* c = text; *c; c++)
		REQUIRE(*c != ':' && !terminal_control(c), RESULT_INVALID_ARGUMENT);
	enum result result = utf16_from_utf8(*name, &utf16);
	if (result == RESULT_OK)
		result = utf16_upper(blob_bytes(&utf16), upper);
	blob_free(&utf16);
	*problem = result == RESULT_MALFORMED ? "a name has to be UTF-8" : "there is not enough memory";
	return result == RESULT_MALFORMED ? RESULT_INVALID_ARGUMENT : result;
}

/* NULL, or what is wrong with names that are text. */
static const char* names_problem(const struct account* account)
{
	const struct bytes user = account->user;

	if (user.len == 0)
		return "a user has a name";
	if (user.data[0] == '#')
		return "a line that begins with # is a comment";
	if (memchr(user.data, '\\', user.len))
		return "give the domain with --domain, and the user's name alone";
	if (sam_is_number(account->domain))
		return "a number in the domain's place is what smbpasswd and secretsdump write, and no "
		       "domain";
	if (user.len + account->domain.len > SAM_LINE_MAX / 2)
		return "the names are longer than a line can be";
	return NULL;
}

enum result account_make(const char* user, const char* domain, struct account* account,
                         const char** problem)
{
	*account = (struct account){ .user_upper = BLOB_EMPTY };
	TRY(name_make(user, &account->user, &account->user_upper, problem));
	TRY(name_make(domain ? domain : "", &account->domain, &account->domain_upper, problem));
	*problem = names_problem(account);
	return *problem ? RESULT_INVALID_ARGUMENT : RESULT_OK;
}

void account_free(struct account* account)
{
	blob_free(&account->user_upper);
	blob_free(&account->domain_upper);
}

/* --- lines ------------------------------------------------------------------------------------ */

static enum result line_is_of(struct bytes line, const struct account* account, bool* is)
{
	struct bytes fields[SAM_FIELDS];
	bool user_is;
	bool domain_is;

	*is = false;
	if (!sam_line_parse(line, fields))
		return RESULT_OK;
	TRY(sam_name_is(fields[SAM_USER], blob_bytes(&account->user_upper), &user_is));
	TRY(sam_name_is(fields[SAM_DOMAIN], blob_bytes(&account->domain_upper), &domain_is));
	*is = user_is && domain_is;
	return RESULT_OK;
}

static struct bytes part(struct bytes content, size_t from, size_t to)
{
	return from < to ? bytes_make(content.data + from, to - from) : BYTES_EMPTY;
}

/* The end of the line that ends at `at`: one of the three, or nothing at the end of the file. */
static struct bytes line_end(struct bytes content, size_t at)
{
	const struct bytes rest = part(content, at, content.len);

	if (bytes_starts_with(rest, BYTES_LITERAL("\r\n")))
		return bytes_make(rest.data, 2);
	return bytes_make(rest.data, rest.len > 0);
}

/* How the file's last line ends, which the next is to end with too. */
static struct bytes last_line_end(struct bytes content)
{
	const size_t len = content.len;

	if (len > 1 && content.data[len - 2] == '\r' && content.data[len - 1] == '\n')
		return bytes_make(content.data + len - 2, 2);
	if (len > 0 && content.data[len - 1] == '\r')
		return bytes_make(content.data + len - 1, 1);
	return BYTES_LITERAL("\n");
}

static void write_line(struct writer* out, const struct account* account, const struct key* nt_hash)
{
	static const char digits[] = "0123456789abcdef";

	writer_bytes(out, account->user);
	writer_u8(out, ':');
	writer_bytes(out, account->domain);
	writer_bytes(out, BYTES_LITERAL("::"));
	for (size_t i = 0; i < sizeof(nt_hash->bytes); i++)
	{
		writer_u8(out, (uint8_t)digits[nt_hash->bytes[i] >> 4]);
		writer_u8(out, (uint8_t)digits[nt_hash->bytes[i] & 15]);
	}
	writer_bytes(out, BYTES_LITERAL(":::"));
}

static void write_added(struct writer* out, struct bytes content, const struct account* account,
                        const struct key* nt_hash)
{
	const struct bytes end = last_line_end(content);
	const uint8_t last = content.len > 0 ? content.data[content.len - 1] : '\n';

	writer_bytes(out, content);
	if (last != '\n' && last != '\r')
		writer_bytes(out, end);
	write_line(out, account, nt_hash);
	writer_bytes(out, end);
}

static enum result find_line(struct bytes content, const struct account* account,
                             struct bytes* line, bool* found)
{
	struct sam_walk walk = sam_walk_make(content);

	*found = false;
	while (!*found && sam_walk_next(&walk, line))
		TRY(line_is_of(*line, account, found));
	return RESULT_OK;
}

/* What a server will find. */
static enum result edit_prove(struct bytes content, const struct account* account,
                              const struct key* nt_hash)
{
	enum sam_match match = SAM_NO_MATCH;
	struct key found = { { 0 } };

	enum result result = sam_file_find(content, blob_bytes(&account->user_upper),
	                                   blob_bytes(&account->domain_upper), false, &match, &found);
	if (result == RESULT_OK &&
	    (match != SAM_FOUND || !secret_equal(key_bytes(&found), key_bytes(nt_hash))))
		result = RESULT_INTERNAL;
	key_wipe(&found);
	return result;
}

enum result edit_add(struct bytes content, const struct account* account, const struct key* nt_hash,
                     struct blob* edited, bool* changed)
{
	struct writer out = writer_make(SAM_FILE_MAX);
	struct bytes line;

	TRY(find_line(content, account, &line, changed));
	if (*changed)
	{
		const size_t from = (size_t)(line.data - content.data);
		writer_bytes(&out, part(content, 0, from));
		write_line(&out, account, nt_hash);
		writer_bytes(&out, part(content, from + line.len, content.len));
	}
	else
		write_added(&out, content, account, nt_hash);
	TRY(writer_take(&out, edited));
	return edit_prove(blob_bytes(edited), account, nt_hash);
}

enum result edit_remove(struct bytes content, const struct account* account, struct blob* edited,
                        size_t* count)
{
	struct writer out = writer_make(SAM_FILE_MAX);
	struct sam_walk walk = sam_walk_make(content);
	struct bytes line;
	size_t kept = 0; /* up to here it was copied, or goes */
	enum result result = RESULT_OK;

	*count = 0;
	while (result == RESULT_OK && sam_walk_next(&walk, &line))
	{
		const size_t from = (size_t)(line.data - content.data);
		bool is = false;

		result = line_is_of(line, account, &is);
		if (!is)
			continue;
		(*count)++;
		writer_bytes(&out, part(content, kept, from));
		kept = from + line.len + line_end(content, from + line.len).len;
	}
	writer_bytes(&out, part(content, kept, content.len));
	if (result == RESULT_OK)
		return writer_take(&out, edited);
	writer_drop(&out);
	return result;
}
