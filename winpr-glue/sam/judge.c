/* SPDX-License-Identifier: Apache-2.0
 *
 * Of the lines for one user and one domain the first counts, and the others are never looked at:
 * names that were seen are kept as they are compared.
 */
#include "judge.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "base/utf16.h"
#include "verify/sam_lines.h"

/* --- names that were seen --------------------------------------------------------------------- */

static int compare_blobs(const void* a, const void* b)
{
	const struct blob* const left = a;
	const struct blob* const right = b;

	if (left->len != right->len)
		return left->len < right->len ? -1 : 1;
	return left->len > 0 ? memcmp(left->data, right->data, left->len) : 0;
}

static void free_blob(void* node)
{
	blob_free(node);
	free(node);
}

/* user:domain in UTF-16LE and upper case; RESULT_MALFORMED for what is not UTF-8. */
static enum result make_key(const struct bytes fields[SAM_FIELDS], struct blob* key)
{
	/* They lie side by side in the line. */
	const size_t len =
	    (size_t)(fields[SAM_DOMAIN].data - fields[SAM_USER].data) + fields[SAM_DOMAIN].len;
	struct blob utf16 = BLOB_EMPTY;

	TRY(utf16_from_utf8(bytes_make(fields[SAM_USER].data, len), &utf16));
	const enum result result = utf16_upper(blob_bytes(&utf16), key);
	blob_free(&utf16);
	return result;
}

/* Whether it was there before; now it is, and is owned by `seen`. */
static enum result see(void** seen, struct blob* key, bool* before)
{
	struct blob* const own = malloc(sizeof(*own));

	REQUIRE(own, RESULT_NO_MEMORY);
	*own = *key;
	struct blob** const place = tsearch(own, seen, compare_blobs);
	*before = place && *place != own;
	if (!place || *before)
		free(own);
	else
		*key = BLOB_EMPTY;
	return place ? RESULT_OK : RESULT_NO_MEMORY;
}

/* --- lines ------------------------------------------------------------------------------------ */

static const char* problem_of_hash(const struct bytes fields[SAM_FIELDS])
{
	struct key hash = { { 0 } };
	const bool usable = sam_hash_parse(fields[SAM_NT_HASH], &hash);

	key_wipe(&hash);
	if (!usable)
		return "it has no usable NT hash (32 hexadecimal digits, not all zeros), and lets nobody "
		       "in";
	if (sam_is_number(fields[SAM_DOMAIN]))
		return "a number stands in the domain's place, as in smbpasswd's, pwdump's and "
		       "secretsdump's lines: it lets nobody in, unless the domain is called so";
	return NULL;
}

static enum result judge_one(void** seen, struct bytes line, struct judged* judged)
{
	struct bytes fields[SAM_FIELDS];
	struct blob key = BLOB_EMPTY;
	bool before = false;

	judged->problem = line.len > SAM_LINE_MAX
	                      ? "it is longer than 4096 bytes, and no line"
	                      : "it is no line: a line is user:domain:LM hash:NT hash:::";
	if (!sam_line_parse(line, fields))
		return RESULT_OK;
	judged->user = fields[SAM_USER];
	judged->domain = fields[SAM_DOMAIN];
	enum result result = make_key(fields, &key);
	if (result == RESULT_OK)
		result = see(seen, &key, &before);
	blob_free(&key);
	judged->problem = result == RESULT_MALFORMED ? "its names are not UTF-8, and nobody's"
	                  : before ? "a line above is for the same user and domain, and counts alone"
	                           : problem_of_hash(fields);
	return result == RESULT_MALFORMED ? RESULT_OK : result;
}

/* The ends of lines in between; CR LF is one. */
static size_t count_ends(const uint8_t* from, const uint8_t* to)
{
	size_t count = 0;

	for (; from < to; from++)
		count += *from == '\n' || (*from == '\r' && !(from + 1 < to && from[1] == '\n'));
	return count;
}

enum result judge_lines(struct bytes content, judge_line line, void* state)
{
	struct sam_walk walk = sam_walk_make(content);
	const uint8_t* counted = content.data;
	struct judged judged = { .number = 1 };
	struct bytes text;
	void* seen = NULL;
	enum result result = RESULT_OK;

	while (result == RESULT_OK && sam_walk_next(&walk, &text))
	{
		judged = (struct judged){ .number = judged.number + count_ends(counted, text.data) };
		counted = text.data;
		if (text.len == 0 || text.data[0] == '#')
			continue;
		result = judge_one(&seen, text, &judged);
		if (result == RESULT_OK)
			line(state, &judged);
	}
	tdestroy(seen, free_blob);
	return result;
}
