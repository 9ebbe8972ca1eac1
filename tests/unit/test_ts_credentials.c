/* SPDX-License-Identifier: Apache-2.0
 *
 * TSCredentials and its three kinds (MS-CSSP 2.2.1.2), read and written.
 *
 * The password's are what an authInfo of the test data of Devolutions/sspi-rs says when decrypted;
 * the smart card's are the example of MS-CSSP section 4.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "alloc_watch.h"
#include "credssp/ts_credentials.h"
#include "vector.h"

#define SMART_CARD "ms-cssp-4-smart-card-credentials.json"

static const uint8_t by_password[] = { 0x30, 0x1b, 0xa0, 0x03, 0x02, 0x01, 0x01, 0xa1, 0x14, 0x04,
	                                   0x12, 0x30, 0x10, 0xa0, 0x02, 0x04, 0x00, 0xa1, 0x04, 0x04,
	                                   0x02, 0x61, 0x00, 0xa2, 0x04, 0x04, 0x02, 0x31, 0x00 };
#define PASSWORD_CREDS_AT 11 /* TSPasswordCreds in it */

static void assert_same(struct bytes is, struct bytes expected)
{
	assert_int_equal(is.len, expected.len);
	if (is.len > 0)
		assert_memory_equal(is.data, expected.data, is.len);
}

/* What is written, and freed. */
static void assert_written(struct secret written, struct bytes expected)
{
	assert_same(secret_bytes(&written), expected);
	secret_free(&written);
}

static void assert_fault(struct bytes plain, const char* words)
{
	struct fault fault = { NULL, NULL, NULL };
	char text[FAULT_TEXT_SIZE];

	assert_int_equal(ts_credentials_check(plain, &fault), RESULT_MALFORMED);
	fault_text(&fault, text, sizeof(text));
	assert_string_equal(text, words);
}

static void test_a_password(void** state)
{
	struct ts_credentials outer = { 0, BYTES_EMPTY };
	struct ts_password_creds inner = { BYTES_EMPTY, BYTES_EMPTY, BYTES_EMPTY };
	struct secret written = SECRET_EMPTY;

	(void)state;
	assert_int_equal(ts_credentials_check(BYTES_OF(by_password), NULL), RESULT_OK);
	assert_int_equal(ts_credentials_parse(BYTES_OF(by_password), &outer, NULL), RESULT_OK);
	assert_int_equal(outer.type, TS_CREDENTIALS_PASSWORD);
	assert_int_equal(ts_password_creds_parse(outer.credentials, &inner, NULL), RESULT_OK);
	assert_int_equal(inner.domain.len, 0);
	assert_ptr_equal(inner.user.data, by_password + 21);
	assert_same(inner.user, BYTES_LITERAL("a\0"));
	assert_same(inner.password, BYTES_LITERAL("1\0"));
	assert_int_equal(ts_password_creds_write(&inner, &written), RESULT_OK);
	assert_written(written, BYTES_OF(by_password));
}

static void test_a_smart_card_as_the_specification_shows_it(void** state)
{
	struct vector vector = vector_open(SMART_CARD);
	struct blob plain = vector_hex(&vector, NULL, "ts_credentials");
	struct blob texts[4] = { vector_utf16(&vector, NULL, "pin"),
		                     vector_utf16(&vector, NULL, "reader_name"),
		                     vector_utf16(&vector, NULL, "container_name"),
		                     vector_utf16(&vector, NULL, "csp_name") };
	struct ts_credentials outer = { 0, BYTES_EMPTY };
	struct ts_smart_card_creds inner = { .key_spec = 0 };
	struct secret written = SECRET_EMPTY;

	(void)state;
	assert_int_equal(ts_credentials_check(blob_bytes(&plain), NULL), RESULT_OK);
	assert_int_equal(ts_credentials_parse(blob_bytes(&plain), &outer, NULL), RESULT_OK);
	assert_int_equal(outer.type, TS_CREDENTIALS_SMART_CARD);
	assert_int_equal(ts_smart_card_creds_parse(outer.credentials, &inner, NULL), RESULT_OK);
	assert_int_equal(inner.key_spec, 1);
	assert_same(inner.pin, blob_bytes(&texts[0]));
	assert_int_equal(inner.card_name.len, 0);
	assert_same(inner.reader_name, blob_bytes(&texts[1]));
	assert_same(inner.container_name, blob_bytes(&texts[2]));
	assert_same(inner.csp_name, blob_bytes(&texts[3]));
	assert_int_equal(inner.user_hint.len, 0);
	assert_int_equal(inner.domain_hint.len, 0);
	assert_int_equal(ts_smart_card_creds_write(&inner, &written), RESULT_OK);
	assert_written(written, blob_bytes(&plain));
	for (size_t i = 0; i < 4; i++)
		blob_free(&texts[i]);
	blob_free(&plain);
	vector_close(&vector);
}

/* All optional fields. */
static const struct ts_smart_card_creds full_card = {
	.pin = { (const uint8_t*)"pin", 3 },
	.key_spec = 0x80000002,
	.card_name = { (const uint8_t*)"card", 4 },
	.reader_name = { (const uint8_t*)"reader", 6 },
	.container_name = { (const uint8_t*)"container", 9 },
	.csp_name = { (const uint8_t*)"csp", 3 },
	.user_hint = { (const uint8_t*)"user", 4 },
	.domain_hint = { (const uint8_t*)"domain", 6 },
};

static struct secret write_full_card(void)
{
	struct secret written = SECRET_EMPTY;

	assert_int_equal(ts_smart_card_creds_write(&full_card, &written), RESULT_OK);
	return written;
}

static void test_a_smart_card_with_everything(void** state)
{
	struct secret written = write_full_card();
	struct ts_credentials outer = { 0, BYTES_EMPTY };
	struct ts_smart_card_creds inner = { .key_spec = 0 };

	(void)state;
	assert_int_equal(ts_credentials_parse(secret_bytes(&written), &outer, NULL), RESULT_OK);
	assert_int_equal(ts_smart_card_creds_parse(outer.credentials, &inner, NULL), RESULT_OK);
	assert_same(inner.pin, full_card.pin);
	assert_int_equal(inner.key_spec, full_card.key_spec);
	assert_same(inner.card_name, full_card.card_name);
	assert_same(inner.reader_name, full_card.reader_name);
	assert_same(inner.container_name, full_card.container_name);
	assert_same(inner.csp_name, full_card.csp_name);
	assert_same(inner.user_hint, full_card.user_hint);
	assert_same(inner.domain_hint, full_card.domain_hint);
	secret_free(&written);
}

static struct ts_remote_guard_creds guard_with(size_t supplemental)
{
	struct ts_remote_guard_creds creds = { .logon = { BYTES_LITERAL("K\0e\0r\0b\0e\0r\0o\0s\0"),
		                                              BYTES_LITERAL("ticket") },
		                                   .supplemental_count = supplemental };

	for (size_t i = 0; i < supplemental && i < TS_MAX_SUPPLEMENTAL; i++)
		creds.supplemental[i] =
		    (struct ts_package_cred){ BYTES_LITERAL("N\0T\0L\0M\0"), BYTES_LITERAL("hash") };
	return creds;
}

static struct secret write_guard(size_t supplemental)
{
	const struct ts_remote_guard_creds creds = guard_with(supplemental);
	struct secret written = SECRET_EMPTY;

	assert_int_equal(ts_remote_guard_creds_write(&creds, &written), RESULT_OK);
	return written;
}

/* In DER by hand: MS-CSSP 2.2.1.2.3. */
static void test_remote_guard_bytes(void** state)
{
	struct blob none = test_hex("302da003020106a126042430"
	                            "22a020301ea01204104b0065007200620065007200"
	                            "6f007300a10804067469636b6574");
	/* and supplementalCreds [1] SEQUENCE OF */
	struct blob one = test_hex("3047a003020106a140043e303ca020"
	                           "301ea01204104b00650072006200650072006f007300a10804067469636b6574"
	                           "a11830163014a00a04084e0054004c004d00a106040468617368");

	(void)state;
	assert_written(write_guard(0), blob_bytes(&none));
	assert_written(write_guard(1), blob_bytes(&one));
	blob_free(&none);
	blob_free(&one);
}

static void test_remote_guard_is_read_as_it_was_written(void** state)
{
	(void)state;
	for (size_t count = 0; count <= TS_MAX_SUPPLEMENTAL; count++)
	{
		const struct ts_remote_guard_creds expected = guard_with(count);
		struct secret written = write_guard(count);
		struct ts_credentials outer = { 0, BYTES_EMPTY };
		struct ts_remote_guard_creds inner = { .supplemental_count = 77 };

		assert_int_equal(ts_credentials_parse(secret_bytes(&written), &outer, NULL), RESULT_OK);
		assert_int_equal(outer.type, TS_CREDENTIALS_REMOTE_GUARD);
		assert_int_equal(ts_remote_guard_creds_parse(outer.credentials, &inner, NULL), RESULT_OK);
		assert_int_equal(inner.supplemental_count, count);
		assert_same(inner.logon.package_name, expected.logon.package_name);
		assert_same(inner.logon.cred_buffer, expected.logon.cred_buffer);
		for (size_t i = 0; i < count; i++)
		{
			assert_same(inner.supplemental[i].package_name, expected.supplemental[i].package_name);
			assert_same(inner.supplemental[i].cred_buffer, expected.supplemental[i].cred_buffer);
		}
		secret_free(&written);
	}
}

static void test_more_supplemental_credentials_than_there_is_room_for(void** state)
{
	const struct ts_remote_guard_creds many = guard_with(TS_MAX_SUPPLEMENTAL + 1);
	struct secret written = SECRET_EMPTY;
	/* Nine of the smallest: packageName and credBuffer empty. */
	struct writer list = writer_make(256);
	struct blob items = BLOB_EMPTY;

	(void)state;
	assert_int_equal(ts_remote_guard_creds_write(&many, &written), RESULT_INVALID_ARGUMENT);
	for (unsigned i = 0; i < TS_MAX_SUPPLEMENTAL + 1; i++)
		writer_bytes(&list, BYTES_LITERAL("\x30\x08\xa0\x02\x04\x00\xa1\x02\x04\x00"));
	assert_int_equal(writer_take(&list, &items), RESULT_OK);
	struct writer whole = writer_make(256);
	writer_bytes(&whole, BYTES_LITERAL("\x30\x75\xa0\x03\x02\x01\x06\xa1\x6e\x04\x6c\x30\x6a"
	                                   "\xa0\x0a\x30\x08\xa0\x02\x04\x00\xa1\x02\x04\x00"
	                                   "\xa1\x5c\x30\x5a"));
	writer_bytes(&whole, blob_bytes(&items));
	assert_fault(writer_written(&whole), "TSRemoteGuardCreds: supplementalCreds are too many");
	writer_drop(&whole);
	blob_free(&items);
}

static void assert_cut_and_lengthened_is_malformed(struct bytes plain)
{
	struct blob longer = BLOB_EMPTY;

	for (size_t len = 0; len < plain.len; len++)
	{
		struct blob cut = test_exact(bytes_make(plain.data, len));

		assert_int_equal(ts_credentials_check(blob_bytes(&cut), NULL), RESULT_MALFORMED);
		blob_free(&cut);
	}
	struct writer writer = writer_make(1024);
	writer_bytes(&writer, plain);
	writer_u8(&writer, 0);
	assert_int_equal(writer_take(&writer, &longer), RESULT_OK);
	assert_int_equal(ts_credentials_check(blob_bytes(&longer), NULL), RESULT_MALFORMED);
	blob_free(&longer);
}

static void test_credentials_cut_anywhere_or_lengthened_are_malformed(void** state)
{
	struct secret card = write_full_card();
	struct secret guard = write_guard(2);

	(void)state;
	assert_cut_and_lengthened_is_malformed(BYTES_OF(by_password));
	assert_cut_and_lengthened_is_malformed(secret_bytes(&card));
	assert_cut_and_lengthened_is_malformed(secret_bytes(&guard));
	secret_free(&card);
	secret_free(&guard);
}

/* Behind the structure's SEQUENCE, and inside of it behind its last field. */
static void test_bytes_after_a_password_are_malformed(void** state)
{
	(void)state;
	for (uint8_t inside = 0; inside <= 2; inside = (uint8_t)(inside + 2))
	{
		struct ts_password_creds inner = { BYTES_EMPTY, BYTES_EMPTY, BYTES_EMPTY };
		uint8_t longer[sizeof(by_password) - PASSWORD_CREDS_AT + 2] = { 0 };
		const size_t len = sizeof(by_password) - PASSWORD_CREDS_AT;

		bytes_copy(longer, bytes_make(by_password + PASSWORD_CREDS_AT, len));
		longer[len] = 0x05; /* NULL */
		longer[1] = (uint8_t)(longer[1] + inside);
		assert_int_equal(ts_password_creds_parse(BYTES_OF(longer), &inner, NULL), RESULT_MALFORMED);
	}
}

/* The words name structure and field, and hold nothing of the secret. */
static void test_malformed_credentials_say_where(void** state)
{
	static const struct
	{
		const char* hex;
		const char* words;
	} cases[] = {
		{ "00", "TSCredentials: its SEQUENCE is not well formed, or bytes follow it" },
		{ "3000", "TSCredentials: credType is missing or not well formed" },
		{ "3005a003020101", "TSCredentials: credentials is missing or not well formed" },
		{ "300da003020101a10204"
		  "00a2020400",
		  "TSCredentials: a field is unknown, doubled or out of its order" },
		{ "3009a003020103a1020400", "TSCredentials: credType is none of 1, 2 and 6" },
		{ "3009a003020101a1020400",
		  "TSPasswordCreds: its SEQUENCE is not well formed, or bytes follow it" },
		{ "300ba003020101a10404023000",
		  "TSPasswordCreds: domainName is missing or not well formed" },
		{ "300fa003020101a10804063004a0020400",
		  "TSPasswordCreds: userName is missing or not well formed" },
		{ "3013a003020101a10c040a3008a0020400a1020400",
		  "TSPasswordCreds: password is missing or not well formed" },
		{ "300ba003020102a10404023000", "TSSmartCardCreds: pin is missing or not well formed" },
		{ "300fa003020102a10804063004a0020400",
		  "TSSmartCardCreds: cspData is missing or not well formed" },
		{ "3013a003020102a10c040a3008a0020400a1023000",
		  "TSSmartCardCreds: keySpec is missing or not well formed" },
		{ "300ba003020106a10404023000",
		  "TSRemoteGuardCreds: logonCred is missing or not well formed" },
		{ "300fa003020106a10804063004a0023000",
		  "TSRemoteGuardCreds: packageName is missing or not well formed" },
		{ "301ba003020106a11404123010a00a3008a0020400a1020400a1023000"
		  "00",
		  "TSCredentials: its SEQUENCE is not well formed, or bytes follow it" },
		{ "301da003020106a11604143012a00a3008a0020400a1020400a10430020500",
		  "TSRemoteGuardCreds: supplementalCreds are not well formed" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
	{
		struct blob plain = test_hex(cases[i].hex);

		assert_fault(blob_bytes(&plain), cases[i].words);
		blob_free(&plain);
	}
}

static void test_credentials_past_the_limit_are_not_written(void** state)
{
	static const uint8_t huge[65536];
	const struct ts_password_creds creds = { BYTES_EMPTY, BYTES_EMPTY, BYTES_OF(huge) };
	struct secret written = SECRET_EMPTY;

	(void)state;
	assert_int_equal(secret_set(&written, BYTES_LITERAL("as it was")), RESULT_OK);
	assert_int_equal(ts_password_creds_write(&creds, &written), RESULT_BUFFER_TOO_SMALL);
	assert_written(written, BYTES_LITERAL("as it was"));
}

/* The writer grows on its way, and its blocks are given back without the password in them. */
static void test_nothing_of_a_password_stays_in_freed_memory(void** state)
{
	static const uint8_t needle[] = "p\0a\0s\0s\0w\0o\0r\0d";
	static const uint8_t user[200];
	const struct ts_password_creds creds = { BYTES_OF(needle), BYTES_OF(user), BYTES_OF(needle) };
	struct secret written = SECRET_EMPTY;

	(void)state;
	alloc_watch_needle(needle, sizeof(needle));
	assert_int_equal(ts_password_creds_write(&creds, &written), RESULT_OK);
	secret_free(&written);
	for (size_t nth = 1; nth <= 4; nth++)
	{
		alloc_watch_fail(nth);
		const enum result result = ts_password_creds_write(&creds, &written);
		assert_true(result == RESULT_NO_MEMORY || result == RESULT_OK);
		alloc_watch_fail(0);
		secret_free(&written);
	}
	assert_int_equal(alloc_watch_found(), 0);
	alloc_watch_needle(NULL, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_password),
		cmocka_unit_test(test_a_smart_card_as_the_specification_shows_it),
		cmocka_unit_test(test_a_smart_card_with_everything),
		cmocka_unit_test(test_remote_guard_bytes),
		cmocka_unit_test(test_remote_guard_is_read_as_it_was_written),
		cmocka_unit_test(test_more_supplemental_credentials_than_there_is_room_for),
		cmocka_unit_test(test_credentials_cut_anywhere_or_lengthened_are_malformed),
		cmocka_unit_test(test_bytes_after_a_password_are_malformed),
		cmocka_unit_test(test_malformed_credentials_say_where),
		cmocka_unit_test(test_credentials_past_the_limit_are_not_written),
		cmocka_unit_test(test_nothing_of_a_password_stays_in_freed_memory),
	};
	return cmocka_run_group_tests_name("ts_credentials", tests, NULL, NULL);
}
