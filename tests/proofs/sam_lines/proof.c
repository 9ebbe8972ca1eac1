/* SPDX-License-Identifier: Apache-2.0
 *
 * Lines of the SAM file, whose every byte is whatever somebody wrote there: the fields of a line of
 * any length lie inside of it, a hash has its sixteen bytes, a name that is compared ends where it
 * ends, and who walks through a file comes to its end inside of it.
 */
#include "proof.h"

struct sam_walk;
static void prove_begin(struct sam_walk* walk);
static void prove_round(const struct sam_walk* walk);

#include "verify/sam_lines.c"

#define TEXT_MAX 64
#define NAME_UNITS 32

/* glibc's, which CBMC does not know. */
void explicit_bzero(void* data, size_t len)
{
	PROVE(len == 0 || __CPROVER_w_ok(data, len));
}

/* OpenSSL's. */
int CRYPTO_memcmp(const void* a, const void* b, size_t len)
{
	int differs = 0;

	PROVE(__CPROVER_r_ok(a, len) && __CPROVER_r_ok(b, len));
	for (size_t i = 0; i < len; i++)
		differs |= ((const uint8_t*)a)[i] ^ ((const uint8_t*)b)[i];
	return differs;
}

/* glibc's, as it is described: any place where the byte is, or none. */
void* memchr(const void* data, int byte, size_t len)
{
	const size_t at = nondet_size();

	PROVE(__CPROVER_r_ok(data, len));
	if (at >= len)
		return NULL;
	__CPROVER_assume(((const uint8_t*)data)[at] == (uint8_t)byte);
	return (uint8_t*)data + at;
}

/* What text that is not ASCII becomes is not this proof's. */
static bool wide;

enum result utf16_from_utf8(struct bytes utf8, struct blob* utf16)
{
	(void)utf8;
	(void)utf16;
	wide = true;
	return nondet_bool() ? RESULT_OK : RESULT_MALFORMED;
}

enum result utf16_upper(struct bytes text, struct blob* upper)
{
	(void)text;
	(void)upper;
	return nondet_bool() ? RESULT_OK : RESULT_NO_MEMORY;
}

void prove_cut(void)
{
	const struct bytes whole = any_bytes(PROOF_ANY_LENGTH);
	struct bytes rest = whole;
	struct bytes cut;
	const bool ended = sam_cut(&rest, (uint8_t)nondet_u16(), &cut);

	PROVE(is_part(cut, whole, 0) && is_part(rest, whole, whole.len - rest.len));
	PROVE(cut.len + rest.len + ended == whole.len);
}

void prove_line(void)
{
	const struct bytes line = any_bytes(PROOF_ANY_LENGTH);
	struct bytes fields[SAM_FIELDS];

	if (!sam_line_parse(line, fields))
		return;
	for (size_t i = 0; i < SAM_FIELDS; i++)
		PROVE(is_inside(fields[i], line));
	PROVE(line.len <= SAM_LINE_MAX && fields[SAM_USER].len > 0 &&
	      fields[SAM_USER].data == line.data);
}

void prove_hash(void)
{
	const struct bytes digits = any_bytes(PROOF_ANY_LENGTH);
	struct key hash = { { 0 } };

	if (sam_hash_parse(digits, &hash))
		PROVE(digits.len == 2 * sizeof(hash.bytes) && !key_is_zero(&hash));
}

void prove_name(void)
{
	uint8_t memory[TEXT_MAX];
	uint8_t units[2 * NAME_UNITS];
	const struct bytes text = any_bytes_in(memory, sizeof(memory));
	struct bytes name = any_bytes_in(units, sizeof(units));
	bool is = false;

	name.len &= ~(size_t)1;
	if (sam_name_is(text, name, &is) == RESULT_OK && is && !wide)
		PROVE(2 * text.len == name.len);
}

/* A file of any length by induction: proof.txt has the loop that passes over empty lines begin with
 * prove_begin() and each round end with prove_round(). What holds of the walk as it is made, and is
 * kept by one round and by one line out of any state in which it holds, is true of every line. */

static struct bytes file;
static size_t before; /* of its bytes were left when the round began */

static bool holds(const struct sam_walk* walk)
{
	return walk->rest.len <= file.len && is_part(walk->rest, file, file.len - walk->rest.len) &&
	       is_inside(walk->lines, file);
}

/* Any state in which it holds. */
static void prove_begin(struct sam_walk* walk)
{
	const size_t at = any_size(file.len);

	PROVE(holds(walk));
	before = any_size(file.len);
	if (file.len == 0)
		return;
	walk->rest = bytes_make(file.data + (file.len - before), before);
	walk->lines = bytes_make(file.data + at, any_size(file.len - at));
}

/* It still holds, and less is left: so there is a last round. */
static void prove_round(const struct sam_walk* walk)
{
	PROVE(holds(walk));
	PROVE(walk->rest.len < before);
	__CPROVER_assume(false);
}

void prove_walk(void)
{
	file = any_bytes(PROOF_ANY_LENGTH);

	struct sam_walk walk = sam_walk_make(file);
	struct bytes line;

	if (sam_walk_next(&walk, &line))
		PROVE(is_inside(line, file) && holds(&walk));
}
