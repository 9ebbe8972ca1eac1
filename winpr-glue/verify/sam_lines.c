/* SPDX-License-Identifier: Apache-2.0
 *
 * The lines of a SAM file; the rules are in verifier_sam.h.
 *
 * WinPR's own reader is not used: it compares names byte by byte and takes an empty hash for
 * sixteen zero bytes.
 */
#include "verify/sam_lines.h"

#include <string.h>

#define SAM_HASH_DIGITS (2 * KEY_SIZE)

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

enum result sam_name_is(struct bytes text, struct bytes name, bool* is)
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

struct sam_walk sam_walk_make(struct bytes content)
{
	const struct bytes mark = BYTES_LITERAL("\xEF\xBB\xBF");

	if (bytes_starts_with(content, mark))
		content = bytes_make(content.data + mark.len, content.len - mark.len);
	return (struct sam_walk){ .rest = content };
}

bool sam_line_parse(struct bytes line, struct bytes fields[SAM_FIELDS])
{
	bool more = line.len > 0 && line.len <= SAM_LINE_MAX && line.data[0] != '#';
	size_t count = 0;

	while (more && count < SAM_FIELDS)
		more = sam_cut(&line, ':', &fields[count++]);
	return count == SAM_FIELDS && fields[SAM_USER].len > 0;
}

bool sam_hash_parse(struct bytes digits, struct key* hash)
{
	return digits.len == SAM_HASH_DIGITS && bytes_from_hex(digits, hash->bytes) == RESULT_OK &&
	       !key_is_zero(hash);
}

bool sam_is_number(struct bytes text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.data[i] < '0' || text.data[i] > '9')
			return false;
	return text.len > 0;
}

/* --- looking for a user ----------------------------------------------------------------------- */

/* All of it is done whoever the user is, so that the time it takes does not say that there is such
 * a user; and what differs is looked up or computed, since a branch is as long as it is taken. */
struct sam_search
{
	struct bytes user; /* UTF-16LE in upper case, both */
	struct bytes domain;
	size_t any_domain; /* a line whose domain has this length is good for any */
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
	const bool known = user_is & (domain_is | (fields[SAM_DOMAIN].len == search->any_domain));
	const bool other = (user_is | account_is) & sam_is_number(fields[SAM_DOMAIN]);
	*fits = known * (2U + domain_is) + (other & !known);
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
	const unsigned both[] = { search->best, fits };
	const bool better = fits > search->best;
	search->any_line = true;
	search->digits[better] = fields[SAM_NT_HASH];
	search->best = both[better];
	return RESULT_OK;
}

static enum result sam_search_file(struct sam_search* search, struct bytes content)
{
	struct sam_walk walk = sam_walk_make(content);
	struct bytes line;

	while (sam_walk_next(&walk, &line))
		TRY(sam_search_line(search, line));
	return RESULT_OK;
}

/* *nt_hash stays zeros unless it is the user's. */
static enum sam_match sam_search_end(const struct sam_search* search, struct key* nt_hash)
{
	/* By what the best line said, and whether its hash can be used. */
	static const enum sam_match matches[][2] = { { SAM_NO_MATCH, SAM_NO_MATCH },
		                                         { SAM_NUMBERED, SAM_NUMBERED },
		                                         { SAM_BROKEN, SAM_FOUND },
		                                         { SAM_BROKEN, SAM_FOUND } };
	struct key hashes[2] = { { { 0 } }, { { 0 } } };
	const bool usable = sam_hash_parse(search->digits[search->best > 0], &hashes[1]);
	const enum sam_match match = matches[search->best][usable];

	*nt_hash = hashes[match == SAM_FOUND];
	key_wipe(&hashes[1]);
	return search->any_line ? match : SAM_NO_LINE;
}

enum result sam_file_find(struct bytes content, struct bytes user, struct bytes domain, bool exact,
                          enum sam_match* match, struct key* nt_hash)
{
	struct sam_search search = { .any_domain = exact ? SIZE_MAX : 0 };
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
