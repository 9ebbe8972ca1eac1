/* SPDX-License-Identifier: Apache-2.0
 *
 * winpr-glue/verify: which line of the SAM file counts, and that looking for it takes the same work
 * whoever it is. One logon: test_sam_logon.c; reading the file: test_sam_file.c; names through the
 * exported tables: test_accounts.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/crypto.h"
#include "base/utf16.h"
#include "sam_hashes.h"
#include "vector.h"
#include "verify/sam_file.h"
#include "verify/sam_lines.h"

/* --- what is done (the linker's --wrap) ------------------------------------------------------ */

static unsigned names_read;
static unsigned names_raised;
static unsigned names_compared;
static unsigned bytes_looked_for;

enum result __real_utf16_upper(struct bytes from, struct blob* to);
enum result __wrap_utf16_upper(struct bytes from, struct blob* to);
enum result __real_utf16_from_utf8(struct bytes from, struct blob* to);
enum result __wrap_utf16_from_utf8(struct bytes from, struct blob* to);
void* __real_memchr(const void* in, int byte, size_t len);
void* __wrap_memchr(const void* in, int byte, size_t len);
bool __real_secret_equal(struct bytes a, struct bytes b);
bool __wrap_secret_equal(struct bytes a, struct bytes b);

enum result __wrap_utf16_upper(struct bytes from, struct blob* to)
{
	names_raised++;
	return __real_utf16_upper(from, to);
}

enum result __wrap_utf16_from_utf8(struct bytes from, struct blob* to)
{
	names_read++;
	return __real_utf16_from_utf8(from, to);
}

void* __wrap_memchr(const void* in, int byte, size_t len)
{
	bytes_looked_for++;
	return __real_memchr(in, byte, len);
}

bool __wrap_secret_equal(struct bytes a, struct bytes b)
{
	names_compared++;
	return __real_secret_equal(a, b);
}

/* --- finding a line -------------------------------------------------------------------------- */

static enum sam_match find(const char* content, const char* user, const char* domain,
                           struct key* hash)
{
	struct blob wide_user = test_utf16(user);
	struct blob wide_domain = test_utf16(domain);

	names_read = names_raised = names_compared = bytes_looked_for = 0;
	*hash = (struct key){ { 0 } };
	enum sam_match match = SAM_FOUND;
	assert_int_equal(sam_file_find(bytes_make((const uint8_t*)content, strlen(content)),
	                               blob_bytes(&wide_user), blob_bytes(&wide_domain), false, &match,
	                               hash),
	                 RESULT_OK);
	blob_free(&wide_user);
	blob_free(&wide_domain);
	return match;
}

/* The line with the hash of this byte is the one that counts. */
static void assert_found(const char* content, const char* user, const char* domain, uint8_t byte)
{
	struct key hash;

	assert_int_equal(find(content, user, domain, &hash), SAM_FOUND);
	assert_int_equal(hash.bytes[0], byte);
	assert_int_equal(hash.bytes[15], byte);
}

static void test_of_lines_that_fit_alike_the_first_counts(void** state)
{
	static const char same[] = "a:::" ONES ":::\na:::" TWOS ":::\n";
	static const char domains[] = "a:d::" ONES ":::\na:D::" TWOS ":::\n";
	static const char any[] = "b:::" ONES ":::\na:::" TWOS ":::\na:::" OTHERS ":::\n";

	(void)state;
	assert_found(same, "a", "", 0x11);
	assert_found(same, "A", "anywhere", 0x11);
	assert_found(domains, "a", "d", 0x11);
	assert_found(any, "a", "", 0x22);
}

static void test_the_line_of_the_domain_counts_wherever_it_stands(void** state)
{
	static const char before[] = "a:d::" ONES ":::\na:::" TWOS ":::\n";
	static const char after[] = "a:::" TWOS ":::\na:e::" OTHERS ":::\na:d::" ONES ":::\n";

	(void)state;
	assert_found(before, "a", "d", 0x11);
	assert_found(before, "a", "e", 0x22);
	assert_found(after, "a", "d", 0x11);
	assert_found(after, "a", "e", 0xCC);
	assert_found(after, "a", "f", 0x22);
	/* Without a domain only the line without one fits. */
	assert_found(before, "a", "", 0x22);
}

static void test_a_broken_line_counts_as_much_as_a_whole_one(void** state)
{
	static const char broken[] = "a:d::zz:::\na:::" ONES ":::\n";
	struct key hash;

	(void)state;
	assert_int_equal(find(broken, "a", "d", &hash), SAM_BROKEN);
	assert_true(key_is_zero(&hash));
	assert_found(broken, "a", "e", 0x11);
	assert_int_equal(find(broken, "b", "d", &hash), SAM_NO_MATCH);
}

/* Nothing of it is taken for a hash: neither its first 32 digits nor its last. */
static void test_a_hash_of_another_length_is_none(void** state)
{
	static const char* const lines[] = { "a:::" ONES "11:::\n", "a:::" ONES TWOS ":::\n",
		                                 "a:::111111111111111111111111111111:::\n", "a::::::\n" };
	struct key hash;

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		assert_int_equal(find(lines[i], "a", "", &hash), SAM_BROKEN);
}

/* --- the same work for everyone -------------------------------------------------------------- */

static void test_every_line_is_looked_at_whoever_is_found(void** state)
{
	static const char* const users[] = { "first",       "middle", "f\xC3\xAFrst",
		                                 "l\xC3\xA4st", "nobody", "x" };
	static const char* const domains[] = { "", "corp", "\xC3\xA9lsewhere" };
	/* Of the names that are not ASCII each is read whoever is asked for, "f\u00EFrst" and
	 * "l\u00E4st" in "\u00E9lsewhere"; and so are the ends of lines and fields. */
	static const char content[] =
	    "first:::" ONES ":::\nmiddle:corp::" ONES ":::\nCORP\\x:1103::" ONES
	    ":::\nf\xC3\xAFrst:::" ONES ":::\nl\xC3\xA4st:\xC3\xA9lsewhere::" ONES ":::\n";
	struct key hash;

	(void)state;
	for (size_t i = 0; i < sizeof(users) / sizeof(users[0]); i++)
	{
		for (size_t j = 0; j < sizeof(domains) / sizeof(domains[0]); j++)
		{
			(void)find(content, users[i], domains[j], &hash);
			assert_int_equal(names_read, 3);
			assert_int_equal(names_raised, 2 + 3); /* the two that were asked for among them */
			assert_int_equal(names_compared, 3);
			/* the ends of a line, of four fields, and of a domain in front of the user */
			assert_int_equal(bytes_looked_for, 5 * (2 + 4 + 1));
		}
	}
}

/* ASCII is not converted, and nothing is allocated for it. */
static void test_ascii_is_compared_where_it_stands(void** state)
{
	static const char content[] = "A-z[`{@:Dom-z[`{@::" ONES ":::\n";
	struct key hash;

	(void)state;
	assert_int_equal(find(content, "a-Z[`{@", "dOM-Z[`{@", &hash), SAM_FOUND);
	assert_int_equal(names_read + names_compared, 0);
	assert_int_equal(names_raised, 2);
	/* Neighbours of letters have no case, and a name is as long as it is. */
	assert_int_equal(find(content, "a-Z{`{@", "dom-z[`{@", &hash), SAM_NO_MATCH);
	assert_int_equal(find(content, "a-Z[@{@", "dom-z[`{@", &hash), SAM_NO_MATCH);
	assert_int_equal(find(content, "a-Z[`{`", "dom-z[`{@", &hash), SAM_NO_MATCH);
	assert_int_equal(find(content, "a-Z[`{", "dom-z[`{@", &hash), SAM_NO_MATCH);
	assert_int_equal(find(content, "a-Z[`{@@", "dom-z[`{@", &hash), SAM_NO_MATCH);
	assert_int_equal(find(content, "", "dom-z[`{@", &hash), SAM_NO_MATCH);
	/* U+0141 is no "A", though its low byte is. */
	assert_int_equal(find(content, "\xC5\x81-Z[`{@", "dom-z[`{@", &hash), SAM_NO_MATCH);
	/* In either case, on both sides. */
	assert_found("\xC3\xA4"
	             "b:::" ONES ":::\n",
	             "\xC3\x84"
	             "B",
	             "", 0x11);
}

/* --- files as they come
 * --------------------------------------------------------------------------- */

static void test_every_editors_line_ends_and_mark_are_read(void** state)
{
	static const char* const files[] = { "\xEF\xBB\xBF"
		                                 "a:::" ONES ":::\nb:::" TWOS ":::\n",
		                                 "a:::" ONES ":::\r\nb:::" TWOS ":::\r\n",
		                                 "a:::" ONES ":::\rb:::" TWOS ":::\r",
		                                 "a:::" ONES ":::\rb:::" TWOS ":::",
		                                 "\xEF\xBB\xBF"
		                                 "a:::" ONES ":::\r\nb:::" TWOS };

	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
	{
		assert_found(files[i], "a", "", 0x11);
		assert_found(files[i], "b", "", 0x22);
	}
}

static void test_other_formats_are_told_as_such(void** state)
{
	static const char smb[] = "a:500:" TWOS ":" ONES ":::\n";
	struct key hash;

	(void)state;
	assert_int_equal(find(smb, "a", "", &hash), SAM_NUMBERED);
	assert_int_equal(find(smb, "a", "corp", &hash), SAM_NUMBERED);
	assert_int_equal(find(smb, "b", "", &hash), SAM_NO_MATCH);
	assert_found("a:500:" TWOS ":" TWOS ":::\na:::" ONES ":::\n", "a", "", 0x11);
	assert_int_equal(find("CORP\\a:1103:" TWOS ":" ONES ":::\n", "a", "corp", &hash), SAM_NUMBERED);
	assert_int_equal(find("CORP\\a:1103:" TWOS ":" ONES ":::\n", "corp\\a", "", &hash),
	                 SAM_NUMBERED);
	assert_int_equal(find("CORP\\a:1103:" TWOS ":" ONES ":::\n", "b", "corp", &hash), SAM_NO_MATCH);
	assert_int_equal(find("CORP\\a:x:" TWOS ":" ONES ":::\n", "a", "corp", &hash), SAM_NO_MATCH);
	assert_true(key_is_zero(&hash));
	/* A domain may be called so. */
	assert_found(smb, "a", "500", 0x11);
	assert_int_equal(find("", "a", "", &hash), SAM_NO_LINE);
	assert_int_equal(find("# a comment\n\na\na:b:c\n:::\n", "a", "", &hash), SAM_NO_LINE);
}

static int set_up(void** state)
{
	(void)state;
	return crypto_init() == RESULT_OK && utf16_init() == RESULT_OK ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_of_lines_that_fit_alike_the_first_counts),
		cmocka_unit_test(test_the_line_of_the_domain_counts_wherever_it_stands),
		cmocka_unit_test(test_a_broken_line_counts_as_much_as_a_whole_one),
		cmocka_unit_test(test_a_hash_of_another_length_is_none),
		cmocka_unit_test(test_every_line_is_looked_at_whoever_is_found),
		cmocka_unit_test(test_ascii_is_compared_where_it_stands),
		cmocka_unit_test(test_every_editors_line_ends_and_mark_are_read),
		cmocka_unit_test(test_other_formats_are_told_as_such),
	};
	return cmocka_run_group_tests(tests, set_up, NULL);
}
