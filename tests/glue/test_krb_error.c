/* SPDX-License-Identifier: Apache-2.0
 *
 * KRB-ERROR: its code in words, alone and beside SPNEGO's reject; and that words are all that come
 * of it, since nobody vouches for one. Real ones of MIT's acceptor: tests/kerberos/test_errors.py.
 */
#include <stdlib.h>
#include <string.h>

#include "forge.h"
#include "kerberos/krb_error.h"
#include "kerberos_pair.h"

/* RFC 4121 4.1 and RFC 4120 5.9.1, by hand: stime at TIME_AT, error-code at CODE_AT. */
static const uint8_t whole[] = "\x60\x54\x06\x09\x2a\x86\x48\x86\xf7\x12\x01\x02\x02\x03\x00"
                               "\x7e\x45\x30\x43\xa0\x03\x02\x01\x05\xa1\x03\x02\x01\x1e"
                               "\xa4\x11\x18\x0f"
                               "20260101000000Z"
                               "\xa5\x03\x02\x01\x00"
                               "\xa6\x03\x02\x01\x25"
                               "\xa9\x06\x1b\x04R.EX"
                               "\xaa\x12\x30\x10\xa0\x03\x02\x01\x02\xa1\x09\x30\x07\x1b\x05"
                               "a/b.c";
#define TOKEN_SIZE (sizeof(whole) - 1)
#define TIME_AT 33u
#define CODE_AT 57u
#define NEW_YEAR INT64_C(1767225600) /* 2026-01-01T00:00:00Z */

static void make(uint8_t* token, uint8_t code)
{
	memcpy(token, whole, TOKEN_SIZE);
	token[CODE_AT] = code;
}

static void words_of(const uint8_t* token, enum mech_role role, int64_t now, char* text)
{
	struct krb_error error;

	assert_int_equal(krb_error_parse(bytes_make(token, TOKEN_SIZE), &error), RESULT_OK);
	krb_error_words(&error, role, now, text, KRB_ERROR_TEXT_SIZE);
	/* nothing was cut off */
	assert_true(strlen(text) < KRB_ERROR_TEXT_SIZE - 1);
}

static void test_codes_are_said_in_words(void** state)
{
	/* RFC 4120 7.5.9 */
	static const struct
	{
		uint8_t code;
		const char* name;
		const char* advice;
	} rows[] = {
		{ 31, "KRB_AP_ERR_BAD_INTEGRITY", "another key than the keytab has" },
		{ 32, "KRB_AP_ERR_TKT_EXPIRED", "expired" },
		{ 33, "KRB_AP_ERR_TKT_NYV", "not valid yet" },
		{ 34, "KRB_AP_ERR_REPEAT", "seen before" },
		{ 35, "KRB_AP_ERR_NOT_US", "for another name" },
		{ 37, "KRB_AP_ERR_SKEW", "with NTP" },
		{ 41, "KRB_AP_ERR_MODIFIED", "another key than the keytab has" },
		{ 44, "KRB_AP_ERR_BADKEYVER", "an older or a newer key" },
		{ 45, "KRB_AP_ERR_NOKEY", "no key for this service" },
		{ 60, "KRB_ERR_GENERIC", "see the log of the program there" },
		{ 67, "KRB_AP_ERR_NO_TGT", "user-to-user" },
		{ 69, "KRB_AP_ERR_USER_TO_USER_REQUIRED", "user-to-user alone" },
		{ 99, "Kerberos error 99", "see the log of the program there" },
	};
	uint8_t token[TOKEN_SIZE];
	char text[KRB_ERROR_TEXT_SIZE];
	char number[32];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
	{
		make(token, rows[i].code);
		words_of(token, MECH_INITIATOR, NEW_YEAR, text);
		snprintf(number, sizeof(number), "Kerberos error %u,", rows[i].code);
		assert_non_null(strstr(text, rows[i].name));
		assert_non_null(strstr(text, rows[i].advice));
		assert_non_null(strstr(text, number));
		assert_non_null(strstr(text, "the server answers, unauthenticated,"));
		assert_non_null(strstr(text, "!kerberos"));
		words_of(token, MECH_ACCEPTOR, NEW_YEAR, text);
		assert_non_null(strstr(text, "the client answers, unauthenticated,"));
	}
}

static void test_clock_skew_says_by_how_much(void** state)
{
	uint8_t token[TOKEN_SIZE];
	char text[KRB_ERROR_TEXT_SIZE];

	(void)state;
	make(token, 37);
	words_of(token, MECH_INITIATOR, NEW_YEAR - 421, text);
	assert_non_null(strstr(text, "(the server's is 421 s ahead of ours)"));
	words_of(token, MECH_INITIATOR, NEW_YEAR + 3600, text);
	assert_non_null(strstr(text, "(the server's is 3600 s behind ours)"));
	words_of(token, MECH_INITIATOR, NEW_YEAR, text);
	assert_non_null(strstr(text, "(the server's is as ours is now)"));
	/* without a time that can be read the code is said all the same */
	for (size_t at = TIME_AT; at < TIME_AT + strlen("20260101000000Z"); at++)
	{
		make(token, 37);
		token[at] = at % 2 ? '/' : ':'; /* what stands beside the digits */
		words_of(token, MECH_INITIATOR, NEW_YEAR, text);
		assert_non_null(strstr(text, "KRB_AP_ERR_SKEW: the clocks differ"));
	}
	/* no other code has to do with clocks that way */
	make(token, 41);
	words_of(token, MECH_INITIATOR, NEW_YEAR - 421, text);
	assert_null(strstr(text, "421"));
}

static void test_what_is_no_error_token_says_nothing(void** state)
{
	uint8_t token[TOKEN_SIZE];
	struct krb_error error = { .code = 7 };

	(void)state;
	make(token, 37);
	for (size_t len = 0; len < TOKEN_SIZE; len++)
	{
		/* of its own size, so that a sanitizer sees each byte that is read behind it */
		uint8_t* const cut = malloc(len + 1);
		assert_non_null(cut);
		memcpy(cut, token, len);
		uint8_t* const exact = realloc(cut, len ? len : 1);
		assert_non_null(exact);
		assert_int_equal(krb_error_parse(bytes_make(exact, len), &error), RESULT_MALFORMED);
		free(exact);
	}
	token[13] = 0x02; /* AP-REP */
	assert_int_equal(krb_error_parse(BYTES_OF(token), &error), RESULT_MALFORMED);
	make(token, 37);
	token[15] = 0x6f; /* AP-REP inside */
	assert_int_equal(krb_error_parse(BYTES_OF(token), &error), RESULT_MALFORMED);
	make(token, 37);
	token[CODE_AT - 4] = 0xa7; /* no error-code at all */
	assert_int_equal(krb_error_parse(BYTES_OF(token), &error), RESULT_MALFORMED);
	assert_int_equal(error.code, 7);
}

static void test_any_byte_may_be_anything(void** state)
{
	uint8_t token[TOKEN_SIZE];
	char text[KRB_ERROR_TEXT_SIZE];
	struct krb_error error;

	(void)state;
	for (size_t at = 0; at < TOKEN_SIZE; at++)
	{
		for (unsigned value = 0; value < 256; value++)
		{
			make(token, 37);
			token[at] = (uint8_t)value;
			if (krb_error_parse(BYTES_OF(token), &error) == RESULT_OK)
				krb_error_words(&error, MECH_INITIATOR, NEW_YEAR, text, sizeof(text));
		}
	}
}

/* --- in an exchange --------------------------------------------------------------------------- */

struct answer
{
	enum neg_state neg_state;
	const uint8_t* token;
	size_t len;
};

static void answer_with(unsigned leg, struct sspi_token* token, void* arg)
{
	const struct answer* const answer = arg;

	if (leg == 2)
		forge_resp(token, answer->neg_state, NULL, answer->token, answer->len, NULL);
}

/* The status with which the client refuses what the server's answer was replaced by. */
static SECURITY_STATUS refusal_of(enum neg_state neg_state, const uint8_t* token, size_t len)
{
	struct answer answer = { neg_state, token, len };
	struct sspi_setup setup = setup_new();

	fresh(NULL);
	setup.tamper = answer_with;
	setup.tamper_arg = &answer;
	assert_false(sspi_pair_connect(&pair, &setup));
	const SECURITY_STATUS status = pair.client.status;
	expect_refused(&pair.client, status);
	expect_dead(&pair.client);
	sspi_pair_close(&pair);
	expect_all_freed();
	return status;
}

static void test_reject_with_an_error_is_a_reject_in_other_words(void** state)
{
	(void)state;
	const SECURITY_STATUS plain = refusal_of(REJECT, NULL, 0);
	assert_int_equal(plain, SEC_E_LOGON_DENIED);
	assert_int_equal(log_capture_count(WLOG_WARN, "exchange=failed", "negState reject"), 1);
	assert_int_equal(refusal_of(REJECT, whole, TOKEN_SIZE), plain);
	assert_int_equal(log_capture_count(WLOG_WARN, "exchange=failed", "KRB_AP_ERR_SKEW"), 1);
	/* and what is none leaves it as it was */
	assert_int_equal(refusal_of(REJECT, whole, TOKEN_SIZE - 1), plain);
	assert_int_equal(log_capture_count(WLOG_WARN, "exchange=failed", "negState reject"), 1);
}

/* It ends the exchange whoever reads it. */
static void test_error_instead_of_an_answer_is_a_refusal_that_winpr_does_not_see(void** state)
{
	static const enum neg_state states[] = { ACCEPT_INCOMPLETE, ACCEPT_COMPLETED };

	(void)state;
	for (size_t i = 0; i < 2; i++)
	{
		assert_int_equal(refusal_of(states[i], whole, TOKEN_SIZE), SEC_E_LOGON_DENIED);
		assert_int_equal(log_capture_count(WLOG_WARN, "exchange=failed", "KRB_AP_ERR_SKEW"), 1);
		assert_int_equal(fake.initiated, 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_codes_are_said_in_words),
		cmocka_unit_test(test_clock_skew_says_by_how_much),
		cmocka_unit_test(test_what_is_no_error_token_says_nothing),
		cmocka_unit_test(test_any_byte_may_be_anything),
		cmocka_unit_test_setup(test_reject_with_an_error_is_a_reject_in_other_words, fresh),
		cmocka_unit_test_setup(test_error_instead_of_an_answer_is_a_refusal_that_winpr_does_not_see,
		                       fresh),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
