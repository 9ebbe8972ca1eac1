/* SPDX-License-Identifier: Apache-2.0
 *
 * winpr-glue/verify: one logon against the SAM file. What the answer is and the words for it, that
 * nothing of the file stays in memory, and memory that is short. Which line counts: test_sam.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "alloc_watch.h"
#include "base/crypto.h"
#include "base/utf16.h"
#include "log_capture.h"
#include "ntlm/keys.h"
#include "sam_hashes.h"
#include "sandbox.h"
#include "vector.h"
#include "verify/verifier_sam.h"
#include "wipe_watch.h"

static struct sandbox box;

/* How many names were brought into upper case (the linker's --wrap). */
static unsigned names_raised;
enum result __real_utf16_upper(struct bytes from, struct blob* to);
enum result __wrap_utf16_upper(struct bytes from, struct blob* to);
enum result __wrap_utf16_upper(struct bytes from, struct blob* to)
{
	names_raised++;
	return __real_utf16_upper(from, to);
}

/* --- one logon ------------------------------------------------------------------------------- */

static const uint8_t challenge[8] = { 1 };
static uint8_t response[16 + 48] = { 1 }; /* NTProofStr, temp */

static enum result verify(const char* user, const char* domain, struct verify_answer* answer)
{
	struct verifier_sam* sam = NULL;
	struct blob wide_user = test_utf16(user);
	struct blob wide_domain = test_utf16(domain);
	const struct verify_request request = { .user = blob_bytes(&wide_user),
		                                    .domain = blob_bytes(&wide_domain),
		                                    .server_challenge = BYTES_OF(challenge),
		                                    .nt_response = BYTES_OF(response) };

	names_raised = 0;
	*answer = (struct verify_answer){ .user_found = MECH_USER_NOT_ASKED };
	assert_int_equal(verifier_sam_new(box.sam, &sam), RESULT_OK);
	const struct verifier* const verifier = verifier_sam_verifier(sam);
	const enum result result = verifier->verify(verifier->state, &request, answer);
	answer->user = answer->domain = BYTES_EMPTY; /* they lie in the request */
	static char reason[1024];                    /* and this may be the verifier's */
	(void)snprintf(reason, sizeof(reason), "%s", answer->reason ? answer->reason : "");
	answer->reason = reason;
	verifier_sam_free(sam);
	blob_free(&wide_user);
	blob_free(&wide_domain);
	return result;
}

static void test_a_name_that_is_found_whole_is_looked_for_in_its_parts_too(void** state)
{
	struct verify_answer answer;

	(void)state;
	assert_int_equal(verify("whole@name", "", &answer), RESULT_LOGON_DENIED);
	assert_int_equal(answer.user_found, MECH_USER_FOUND);
	const unsigned found = names_raised;
	/* More separators than one part nothing, whatever stands behind the last. */
	assert_int_equal(verify("a@b\\member", "", &answer), RESULT_LOGON_DENIED);
	assert_int_equal(answer.user_found, MECH_USER_NOT_FOUND);
	assert_int_equal(verify("x\\y\\member", "", &answer), RESULT_LOGON_DENIED);
	assert_int_equal(answer.user_found, MECH_USER_NOT_FOUND);
	assert_int_equal(verify("member@x@", "", &answer), RESULT_LOGON_DENIED);
	assert_int_equal(answer.user_found, MECH_USER_NOT_FOUND);
	assert_int_equal(verify("x\\member", "", &answer), RESULT_LOGON_DENIED);
	assert_int_equal(answer.user_found, MECH_USER_FOUND);
	assert_int_equal(verify("other@name", "", &answer), RESULT_LOGON_DENIED);
	assert_int_equal(answer.user_found, MECH_USER_NOT_FOUND);
	assert_int_equal(names_raised, found);
}

/* The proof that who knows this hash makes. */
static void prove(uint8_t digit, const char* user, const char* domain)
{
	struct blob wide_user = test_utf16(user);
	struct blob wide_domain = test_utf16(domain);
	struct key nt_hash;
	struct key ntowfv2;

	memset(nt_hash.bytes, digit, sizeof(nt_hash.bytes));
	assert_int_equal(
	    ntlm_ntowfv2(&nt_hash, blob_bytes(&wide_user), blob_bytes(&wide_domain), &ntowfv2),
	    RESULT_OK);
	assert_int_equal(ntlm_proof(&ntowfv2, BYTES_OF(challenge),
	                            bytes_make(response + 16, sizeof(response) - 16), response),
	                 RESULT_OK);
	blob_free(&wide_user);
	blob_free(&wide_domain);
}

static void test_the_right_proof_has_no_reason(void** state)
{
	struct verify_answer answer;

	(void)state;
	prove(0x11, "whole@name", "");
	assert_int_equal(verify("whole@name", "", &answer), RESULT_OK);
	assert_int_equal(answer.user_found, MECH_USER_FOUND);
	assert_string_equal(answer.reason, "");
	/* Who is let in by it is who proved it. */
	assert_int_equal(verify("member", "", &answer), RESULT_LOGON_DENIED);
	assert_non_null(strstr(answer.reason, "wrong password"));
	response[0] ^= 1;
	assert_int_equal(verify("whole@name", "", &answer), RESULT_LOGON_DENIED);
}

/* Neither "there is no such user" nor "wrong password" is said of whom nobody looked for. */
static void test_memory_that_is_short_is_no_refusal(void** state)
{
	static const struct verify_request request = {
		.user = BYTES_LITERAL("m\0e\0m\0b\0e\0r\0@\0c\0"),
		.server_challenge = { challenge, sizeof(challenge) },
		.nt_response = { response, sizeof(response) }
	};
	struct verifier_sam* sam = NULL;
	size_t nth = 0;

	(void)state;
	alloc_watch_fail(1);
	assert_int_equal(verifier_sam_new(box.sam, &sam), RESULT_NO_MEMORY);
	alloc_watch_fail(0);
	assert_null(sam);
	assert_int_equal(verifier_sam_new(box.sam, &sam), RESULT_OK);
	const struct verifier* const verifier = verifier_sam_verifier(sam);
	for (size_t made = 1; made >= nth;)
	{
		struct verify_answer answer = { .user_found = MECH_USER_NOT_ASKED };
		log_capture_clear();
		alloc_watch_fail(++nth);
		const enum result result = verifier->verify(verifier->state, &request, &answer);
		made = alloc_watch_count();
		alloc_watch_fail(0);
		if (made < nth)
		{
			assert_int_equal(result, RESULT_LOGON_DENIED);
			assert_int_equal(answer.user_found, MECH_USER_FOUND);
			continue;
		}
		assert_int_equal(result, RESULT_NO_MEMORY);
		assert_int_equal(answer.user_found, MECH_USER_NOT_ASKED);
		/* A file that cannot be read for it is told as such. */
		assert_int_equal(answer.reason != NULL, log_capture_count(WLOG_WARN, "SAM file", "memory"));
	}
	assert_true(nth > 8);
	verifier_sam_free(sam);
}

/* --- nothing stays --------------------------------------------------------------------------- */

static void test_the_file_and_its_hashes_are_wiped(void** state)
{
	struct verify_answer answer;
	struct key hash;

	(void)state;
	assert_int_equal(bytes_from_hex(BYTES_LITERAL(OTHERS), hash.bytes), RESULT_OK);
	wipe_watch_start();
	assert_int_equal(verify("member", "", &answer), RESULT_LOGON_DENIED);
	assert_int_equal(wipe_watch_count(BYTES_LITERAL(OTHERS)), 1);
	/* The line's, ours, and the verifier's of module/. */
	assert_int_equal(wipe_watch_count(key_bytes(&hash)), 3);
	wipe_watch_start();
	assert_int_equal(verify("member@corp", "", &answer), RESULT_LOGON_DENIED);
	assert_int_equal(answer.user_found, MECH_USER_FOUND);
	/* In its parts it is a copy more. */
	assert_int_equal(wipe_watch_count(key_bytes(&hash)), 4);
}

static void expect_reason(const char* content, const char* user, enum result expected,
                          const char* words)
{
	struct verify_answer answer;

	assert_int_equal(truncate(box.sam, 0), 0);
	sandbox_sam_line(&box, content);
	log_capture_clear();
	assert_int_equal(verify(user, "", &answer), expected);
	/* Who is refused for what the file says has no line of its own here: its time would tell. */
	assert_int_equal(log_capture_count(WLOG_TRACE, NULL, NULL), expected == RESULT_NO_CREDENTIALS);
	if (!strstr(answer.reason, words) && log_capture_count(WLOG_WARN, words, NULL) == 0)
	{
		log_capture_print();
		fail_msg("neither \"%s\" nor the log says \"%s\"", answer.reason, words);
	}
}

static void test_the_reason_says_what_to_do(void** state)
{
	(void)state;
	expect_reason("a:::" ONES ":::", "b", RESULT_LOGON_DENIED, "grdctl rdp set-credentials");
	expect_reason("a:::" ONES ":::", "b", RESULT_LOGON_DENIED, box.sam);
	expect_reason("a:500:" TWOS ":" ONES ":::", "a", RESULT_LOGON_DENIED, "smbpasswd");
	expect_reason("D\\a:1103:" TWOS ":" ONES ":::", "D\\a", RESULT_LOGON_DENIED, "secretsdump");
	expect_reason("a@b:500:" TWOS ":" ONES ":::", "a@b", RESULT_LOGON_DENIED, "smbpasswd");
	/* Something has to stand on both sides of a separator, and U+0140 and U+015C are none. */
	expect_reason("a:::" ONES ":::", "a@", RESULT_LOGON_DENIED, "no such user");
	expect_reason("a:::" ONES ":::", "\\a", RESULT_LOGON_DENIED, "no such user");
	expect_reason("a:500:" TWOS ":" ONES ":::", "@500", RESULT_LOGON_DENIED, "no such user");
	expect_reason("a:500:" TWOS ":" ONES ":::", "500\\", RESULT_LOGON_DENIED, "no such user");
	expect_reason("a:b::" ONES ":::",
	              "a\xC5\x80"
	              "b",
	              RESULT_LOGON_DENIED, "no such user");
	expect_reason("a:b::" ONES ":::",
	              "b\xC5\x9C"
	              "a",
	              RESULT_LOGON_DENIED, "no such user");
	expect_reason("a:b::" ONES ":::", "a@b", RESULT_LOGON_DENIED, "wrong password");
	expect_reason("a:b::" ONES ":::", "b\\a", RESULT_LOGON_DENIED, "wrong password");
	/* The whole name's line counts, broken or not. */
	expect_reason("a@b:::zz:::\na:b::" ONES ":::", "a@b", RESULT_LOGON_DENIED, "no usable NT hash");
	expect_reason("not a line", "a", RESULT_LOGON_DENIED, "no line of the SAM file could be read");
	expect_reason("a:::zz:::", "a", RESULT_LOGON_DENIED, "no usable NT hash");
	expect_reason("a:::" ONES ":::", "a", RESULT_LOGON_DENIED, "wrong password");
	expect_reason("\xFF\xFE"
	              "a",
	              "a", RESULT_NO_CREDENTIALS, "UTF-16: save it as UTF-8");
}

/* A line that is there is a user, whatever is wrong with it; another format's is not. */
static void test_whose_line_is_broken_is_known(void** state)
{
	static const struct
	{
		const char* user;
		enum mech_user found;
	} rows[] = { { "whole", MECH_USER_FOUND },
		         { "broken", MECH_USER_FOUND },
		         { "numbered", MECH_USER_NOT_FOUND },
		         { "nobody", MECH_USER_NOT_FOUND } };
	struct verify_answer answer;

	(void)state;
	assert_int_equal(truncate(box.sam, 0), 0);
	sandbox_sam_line(&box, "whole:::" ONES ":::");
	sandbox_sam_line(&box, "broken:::zz:::");
	sandbox_sam_line(&box, "numbered:500:" TWOS ":" ONES ":::");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
	{
		assert_int_equal(verify(rows[i].user, "", &answer), RESULT_LOGON_DENIED);
		assert_int_equal(answer.user_found, rows[i].found);
	}
}

/* The same file, its path as long as there is room. */
static void lengthen(char* path, size_t size, const char* name)
{
	const size_t folder = (size_t)(strrchr(path, '/') - path);

	memset(path + folder, '/', size - 1 - folder);
	(void)snprintf(path + size - 1 - strlen(name), strlen(name) + 1, "%s", name);
}

/* 255 characters with the dots: in the reason where the user is unknown, and in a line of its own
 * where it cannot be read. */
static void test_a_long_path_is_told_in_part(void** state)
{
	char kept[sizeof(box.sam)];
	char words[400];
	struct verify_answer answer;

	(void)state;
	memcpy(kept, box.sam, sizeof(kept));
	lengthen(box.sam, sizeof(box.sam), strrchr(kept, '/') + 1);
	(void)snprintf(words, sizeof(words), "SAM file %.252s...: where", box.sam);
	assert_int_equal(verify("nobody", "", &answer), RESULT_LOGON_DENIED);
	assert_non_null(strstr(answer.reason, words));
	lengthen(box.sam, sizeof(box.sam), "none");
	(void)snprintf(words, sizeof(words), "SAM file \"%.252s...\": ", box.sam);
	log_capture_clear();
	assert_int_equal(verify("nobody", "", &answer), RESULT_NO_CREDENTIALS);
	assert_int_equal(log_capture_count(WLOG_WARN, words, NULL), 1);
	memcpy(box.sam, kept, sizeof(kept));
}

/* Once, whoever asks and as whom; a file that its group reads is somebody's will. */
static void test_a_file_that_everybody_can_read_is_told_once(void** state)
{
	static const char words[] = "lets every user of this machine read or change it";
	static const mode_t closed[] = { 0600, 0640, 0670, 0710 };
	static const mode_t open_modes[] = { 0604, 0602 };
	char kept[sizeof(box.sam)];
	struct verify_answer answer;

	(void)state;
	log_capture_clear();
	for (size_t i = 0; i < sizeof(closed) / sizeof(closed[0]); i++)
	{
		assert_int_equal(chmod(box.sam, closed[i]), 0);
		assert_int_equal(verify("nobody", "", &answer), RESULT_LOGON_DENIED);
		assert_int_equal(log_capture_count(WLOG_WARN, words, NULL), 0);
	}
	memcpy(kept, box.sam, sizeof(kept));
	for (size_t i = 0; i < sizeof(open_modes) / sizeof(open_modes[0]); i++)
	{
		/* Of each path once. */
		(void)strcat(box.sam, "x");
		assert_int_equal(link(kept, box.sam), 0);
		assert_int_equal(chmod(box.sam, open_modes[i]), 0);
		for (int again = 0; again < 3; again++)
			assert_int_equal(verify(again ? "member" : "nobody", "", &answer), RESULT_LOGON_DENIED);
		assert_int_equal(log_capture_count(WLOG_WARN, words, box.sam), 1);
		assert_int_equal(log_capture_count(WLOG_WARN, words, NULL), i + 1);
		assert_int_equal(unlink(box.sam), 0);
	}
	memcpy(box.sam, kept, sizeof(kept));
	assert_int_equal(chmod(box.sam, 0600), 0);
}

static int set_up(void** state)
{
	static const struct timespec long_ago[2];
	(void)state;
	log_capture_start(false);
	sandbox_open(&box);
	sandbox_sam_line(&box, "member:::" OTHERS ":::");
	sandbox_sam_line(&box, "whole@name:::" ONES ":::");
	sandbox_sam_line(&box, "\xC3\xA9lie:::" ONES ":::"); /* whose name is converted */
	assert_int_equal(utimensat(AT_FDCWD, box.sam, long_ago, 0), 0);
	return crypto_init() == RESULT_OK && utf16_init() == RESULT_OK ? 0 : -1;
}

static int tear_down(void** state)
{
	(void)state;
	sandbox_close(&box);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_name_that_is_found_whole_is_looked_for_in_its_parts_too),
		cmocka_unit_test(test_the_right_proof_has_no_reason),
		cmocka_unit_test(test_memory_that_is_short_is_no_refusal),
		cmocka_unit_test(test_the_file_and_its_hashes_are_wiped),
		cmocka_unit_test(test_the_reason_says_what_to_do),
		cmocka_unit_test(test_whose_line_is_broken_is_known),
		cmocka_unit_test(test_a_long_path_is_told_in_part),
		cmocka_unit_test(test_a_file_that_everybody_can_read_is_told_once),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
