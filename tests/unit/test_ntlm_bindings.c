/* SPDX-License-Identifier: Apache-2.0
 *
 * module/ntlm: bindings. The hash, and the acceptor's decisions on bindings and target names.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/crypto.h"
#include "base/utf16.h"
#include "ntlm/bindings.h"
#include "vector.h"

static int setup(void** state)
{
	(void)state;
	return crypto_init() == RESULT_OK && utf16_init() == RESULT_OK ? 0 : -1;
}

static void test_hash_covers_types_lengths_and_data(void** state)
{
	/* RFC 2744 3.11 without pointers: five numbers with the data behind their lengths. */
	static const uint8_t flat[] = "\1\0\0\0"
	                              "\2\0\0\0"
	                              "ab"
	                              "\3\0\0\0"
	                              "\1\0\0\0"
	                              "c"
	                              "\7\0\0\0"
	                              "tls-foo";
	const struct bytes whole = { flat, sizeof(flat) - 1 };
	const struct channel_bindings bindings = { 1, BYTES_LITERAL("ab"), 3, BYTES_LITERAL("c"),
		                                       BYTES_LITERAL("tls-foo") };
	struct ntlm_bindings hashed = { .given = false };
	uint8_t expected[16];

	(void)state;
	assert_int_equal(crypto_md5(&whole, 1, expected), RESULT_OK);
	assert_int_equal(ntlm_bindings_hash(&bindings, &hashed), RESULT_OK);
	assert_true(hashed.given);
	assert_memory_equal(hashed.hash, expected, sizeof(expected));
}

static void test_hash_of_a_known_channel(void** state)
{
	/* tls-server-end-point with application data alone, recomputed with Python's hashlib. */
	const struct channel_bindings bindings = { .application =
		                                           BYTES_LITERAL("tls-server-end-point:abc") };
	struct blob expected = test_hex("feb0fffbc725957540b287e8c838dfd9");
	struct ntlm_bindings hashed = { .given = false };

	(void)state;
	assert_int_equal(ntlm_bindings_hash(&bindings, &hashed), RESULT_OK);
	assert_memory_equal(hashed.hash, expected.data, 16);
	blob_free(&expected);
}

static void test_no_bindings_keep_what_was_given_before(void** state)
{
	struct ntlm_bindings hashed = { true, { 5 } };

	(void)state;
	assert_int_equal(ntlm_bindings_hash(NULL, &hashed), RESULT_OK);
	assert_true(hashed.given);
	assert_int_equal(hashed.hash[0], 5);
}

enum presence
{
	ABSENT,
	ZEROS,
	RIGHT,
	WRONG
};

static void test_CVE_2021_36942_bindings_by_policy(void** state)
{
	static const uint8_t right[16] = { 1, 2, 3 };
	static const uint8_t wrong[16] = { 1, 2, 3, [15] = 1 };
	static const uint8_t zeros[16] = { 0 };
	static const struct
	{
		enum ntlm_check_policy policy;
		bool given;
		enum presence received;
		enum result result;
		enum mech_check check;
	} cases[] = {
		{ NTLM_CHECK_OFF, true, WRONG, RESULT_OK, MECH_CHECK_NONE },
		{ NTLM_CHECK_OFF, true, ABSENT, RESULT_OK, MECH_CHECK_NONE },
		{ NTLM_CHECK_WHEN_PRESENT, false, ABSENT, RESULT_OK, MECH_CHECK_NONE },
		{ NTLM_CHECK_WHEN_PRESENT, false, WRONG, RESULT_OK, MECH_CHECK_NONE },
		{ NTLM_CHECK_WHEN_PRESENT, true, ABSENT, RESULT_OK, MECH_CHECK_NONE },
		{ NTLM_CHECK_WHEN_PRESENT, true, ZEROS, RESULT_OK, MECH_CHECK_NONE },
		{ NTLM_CHECK_WHEN_PRESENT, true, RIGHT, RESULT_OK, MECH_CHECK_OK },
		{ NTLM_CHECK_WHEN_PRESENT, true, WRONG, RESULT_BAD_BINDINGS, MECH_CHECK_FAILED },
		{ NTLM_CHECK_REQUIRED, false, ABSENT, RESULT_BAD_BINDINGS, MECH_CHECK_FAILED },
		{ NTLM_CHECK_REQUIRED, false, WRONG, RESULT_BAD_BINDINGS, MECH_CHECK_FAILED },
		{ NTLM_CHECK_REQUIRED, true, ABSENT, RESULT_BAD_BINDINGS, MECH_CHECK_FAILED },
		{ NTLM_CHECK_REQUIRED, true, ZEROS, RESULT_BAD_BINDINGS, MECH_CHECK_FAILED },
		{ NTLM_CHECK_REQUIRED, true, RIGHT, RESULT_OK, MECH_CHECK_OK },
		{ NTLM_CHECK_REQUIRED, true, WRONG, RESULT_BAD_BINDINGS, MECH_CHECK_FAILED },
	};
	const struct bytes values[] = { BYTES_EMPTY, BYTES_OF(zeros), BYTES_OF(right),
		                            BYTES_OF(wrong) };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
	{
		struct ntlm_bindings ours = { .given = cases[i].given };
		enum mech_check check = MECH_CHECK_NONE;
		const char* reason = NULL;
		if (ours.given)
			bytes_copy(ours.hash, BYTES_OF(right));
		assert_int_equal(
		    ntlm_bindings_check(cases[i].policy, &ours, values[cases[i].received], &check, &reason),
		    cases[i].result);
		assert_int_equal(check, cases[i].check);
		assert_true((reason != NULL) == (cases[i].result != RESULT_OK));
	}
}

static void test_CVE_2025_55234_target_by_policy(void** state)
{
	static const struct
	{
		enum ntlm_check_policy policy;
		const char* accepted;
		const char* received;
		enum result result;
		enum mech_check check;
	} cases[] = {
		{ NTLM_CHECK_OFF, "a", "TERMSRV/b", RESULT_OK, MECH_CHECK_NONE },
		{ NTLM_CHECK_WHEN_PRESENT, "", "TERMSRV/b", RESULT_OK, MECH_CHECK_NONE },
		{ NTLM_CHECK_WHEN_PRESENT, "a", "", RESULT_OK, MECH_CHECK_NONE },
		{ NTLM_CHECK_WHEN_PRESENT, "a", "TERMSRV/b", RESULT_WRONG_TARGET, MECH_CHECK_FAILED },
		{ NTLM_CHECK_WHEN_PRESENT, "a", "TERMSRV/a", RESULT_OK, MECH_CHECK_OK },
		{ NTLM_CHECK_WHEN_PRESENT, "a.Example", "HTTP/A.example", RESULT_OK, MECH_CHECK_OK },
		{ NTLM_CHECK_WHEN_PRESENT, "a", "a", RESULT_OK, MECH_CHECK_OK },
		{ NTLM_CHECK_WHEN_PRESENT, "TERMSRV/a", "termsrv/A", RESULT_OK, MECH_CHECK_OK },
		{ NTLM_CHECK_WHEN_PRESENT, "TERMSRV/a", "HTTP/a", RESULT_WRONG_TARGET, MECH_CHECK_FAILED },
		{ NTLM_CHECK_WHEN_PRESENT, "TERMSRV/a", "a", RESULT_WRONG_TARGET, MECH_CHECK_FAILED },
		{ NTLM_CHECK_WHEN_PRESENT, "a", "x/TERMSRV/a", RESULT_WRONG_TARGET, MECH_CHECK_FAILED },
		{ NTLM_CHECK_WHEN_PRESENT, "TERMSRV/a", "x/TERMSRV/a", RESULT_WRONG_TARGET,
		  MECH_CHECK_FAILED },
		{ NTLM_CHECK_WHEN_PRESENT, "a", "TERMSRV/", RESULT_WRONG_TARGET, MECH_CHECK_FAILED },
		{ NTLM_CHECK_WHEN_PRESENT, "a", "TERMSRV/aa", RESULT_WRONG_TARGET, MECH_CHECK_FAILED },
		{ NTLM_CHECK_REQUIRED, "", "TERMSRV/a", RESULT_WRONG_TARGET, MECH_CHECK_FAILED },
		{ NTLM_CHECK_REQUIRED, "a", "", RESULT_WRONG_TARGET, MECH_CHECK_FAILED },
		{ NTLM_CHECK_REQUIRED, "a", "TERMSRV/a", RESULT_OK, MECH_CHECK_OK },
		{ NTLM_CHECK_REQUIRED, "müller", "TERMSRV/MÜLLER", RESULT_OK, MECH_CHECK_OK },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
	{
		struct blob accepted = test_utf16(cases[i].accepted);
		struct blob received = test_utf16(cases[i].received);
		enum mech_check check = MECH_CHECK_NONE;
		const char* reason = NULL;
		assert_int_equal(ntlm_target_check(cases[i].policy, blob_bytes(&accepted),
		                                   blob_bytes(&received), false, &check, &reason),
		                 cases[i].result);
		assert_int_equal(check, cases[i].check);
		assert_true((reason != NULL) == (cases[i].result != RESULT_OK));
		blob_free(&accepted);
		blob_free(&received);
	}
}

/* Of a name that the client does not trust nothing but a wrong one counts. */
static void test_untrusted_target_by_policy(void** state)
{
	static const struct
	{
		enum ntlm_check_policy policy;
		const char* received;
		enum result result;
		enum mech_check check;
	} cases[] = {
		{ NTLM_CHECK_REQUIRED, "TERMSRV/a", RESULT_WRONG_TARGET, MECH_CHECK_FAILED },
		{ NTLM_CHECK_WHEN_PRESENT, "TERMSRV/a", RESULT_OK, MECH_CHECK_NONE },
		{ NTLM_CHECK_WHEN_PRESENT, "TERMSRV/b", RESULT_WRONG_TARGET, MECH_CHECK_FAILED },
		{ NTLM_CHECK_OFF, "TERMSRV/b", RESULT_OK, MECH_CHECK_NONE },
	};
	struct blob accepted = test_utf16("a");

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
	{
		struct blob received = test_utf16(cases[i].received);
		enum mech_check check = MECH_CHECK_NONE;
		const char* reason = NULL;
		assert_int_equal(ntlm_target_check(cases[i].policy, blob_bytes(&accepted),
		                                   blob_bytes(&received), true, &check, &reason),
		                 cases[i].result);
		assert_int_equal(check, cases[i].check);
		assert_true((reason != NULL) == (cases[i].result != RESULT_OK));
		blob_free(&received);
	}
	blob_free(&accepted);
}

static void test_target_of_odd_length_matches_nothing(void** state)
{
	struct blob accepted = test_utf16("a");
	static const uint8_t odd[] = { 'a', 0, '/', 0, 'a' };
	enum mech_check check = MECH_CHECK_NONE;
	const char* reason = NULL;

	(void)state;
	assert_int_equal(ntlm_target_check(NTLM_CHECK_WHEN_PRESENT, blob_bytes(&accepted),
	                                   BYTES_OF(odd), false, &check, &reason),
	                 RESULT_WRONG_TARGET);
	blob_free(&accepted);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hash_covers_types_lengths_and_data),
		cmocka_unit_test(test_hash_of_a_known_channel),
		cmocka_unit_test(test_no_bindings_keep_what_was_given_before),
		cmocka_unit_test(test_CVE_2021_36942_bindings_by_policy),
		cmocka_unit_test(test_CVE_2025_55234_target_by_policy),
		cmocka_unit_test(test_untrusted_target_by_policy),
		cmocka_unit_test(test_target_of_odd_length_matches_nothing),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
