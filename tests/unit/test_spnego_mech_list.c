/* SPDX-License-Identifier: Apache-2.0
 *
 * MechTypeLists: walked within their bounds, written, and named for the log.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "spnego/mech_list.h"
#include "spnego_pair.h"
#include "vector.h"

static enum result check_hex(const char* hex, size_t* count)
{
	struct blob list = test_hex(hex);
	const enum result result = mech_list_check(blob_bytes(&list), count, NULL);
	blob_free(&list);
	return result;
}

static void test_a_list_is_written_and_walked_in_order(void** state)
{
	struct blob list = spnego_make_list("XkKUNP?");
	struct bytes oid;
	size_t count = 0;
	(void)state;
	assert_int_equal(mech_list_check(blob_bytes(&list), &count, NULL), RESULT_OK);
	assert_int_equal(count, 7);
	for (size_t i = 0; i < count; i++)
	{
		assert_int_equal(mech_list_at(blob_bytes(&list), i, &oid), RESULT_OK);
		assert_true(bytes_equal(oid, spnego_oid("XkKUNP?"[i])));
	}
	assert_int_equal(mech_list_at(blob_bytes(&list), count, &oid), RESULT_MALFORMED);
	assert_int_equal(mech_list_at(blob_bytes(&list), SIZE_MAX, &oid), RESULT_MALFORMED);
	blob_free(&list);
}

static void test_the_bytes_of_a_written_list_are_der(void** state)
{
	struct blob list = spnego_make_list("KN");
	struct blob expected = test_hex("301706092a864886f712010202060a2b06010401823702020a");
	(void)state;
	assert_true(bytes_equal(blob_bytes(&list), blob_bytes(&expected)));
	blob_free(&expected);
	blob_free(&list);
}

static void test_what_is_no_list_is_refused(void** state)
{
	size_t count = 77;
	(void)state;
	assert_int_equal(check_hex("", &count), RESULT_MALFORMED);
	assert_int_equal(check_hex("3000", &count), RESULT_MALFORMED);
	assert_int_equal(check_hex("30020600", &count), RESULT_MALFORMED);   /* empty OID */
	assert_int_equal(check_hex("30030403ff", &count), RESULT_MALFORMED); /* past the end */
	assert_int_equal(check_hex("300304012a", &count), RESULT_MALFORMED); /* no OID */
	assert_int_equal(check_hex("300806032a0304040100", &count), RESULT_MALFORMED); /* one that is */
	assert_int_equal(check_hex("300506032a030400", &count), RESULT_MALFORMED);     /* trailing */
	assert_int_equal(check_hex("310506032a0304", &count), RESULT_MALFORMED);       /* SET */
	assert_int_equal(count, 77);
	assert_int_equal(check_hex("300506032a0304", &count), RESULT_OK);
	assert_int_equal(count, 1);
}

static void test_the_number_of_entries_is_bounded(void** state)
{
	struct blob most = spnego_make_list("????????????????????????????????");
	struct bytes oids[MECH_LIST_MAX + 1];
	size_t count = 0;
	(void)state;
	assert_int_equal(mech_list_check(blob_bytes(&most), &count, NULL), RESULT_OK);
	assert_int_equal(count, MECH_LIST_MAX);
	/* one more: 33 times 06 04 2a 03 04 05 behind 30 81 c6 */
	uint8_t raw[3 + 33 * 6] = { 0x30, 0x81, 0xC6 };
	for (size_t i = 0; i < 33; i++)
		bytes_copy(raw + 3 + i * 6, BYTES_LITERAL("\x06\x04\x2A\x03\x04\x05"));
	assert_int_equal(mech_list_check(BYTES_OF(raw), &count, NULL), RESULT_MALFORMED);
	assert_int_equal(mech_list_at(BYTES_OF(raw), 31, &oids[0]), RESULT_OK);
	assert_int_equal(mech_list_at(BYTES_OF(raw), 32, &oids[0]), RESULT_MALFORMED);
	for (size_t i = 0; i <= MECH_LIST_MAX; i++)
		oids[i] = spnego_oid('N');
	assert_int_equal(mech_list_write(oids, MECH_LIST_MAX + 1, &most), RESULT_INVALID_ARGUMENT);
	assert_int_equal(mech_list_write(oids, 0, &most), RESULT_INVALID_ARGUMENT);
	blob_free(&most);
}

static void test_mechanisms_are_known_by_name(void** state)
{
	(void)state;
	assert_string_equal(mech_oid_name(spnego_oid('N')), "NTLM");
	assert_string_equal(mech_oid_name(spnego_oid('K')), "Kerberos");
	assert_string_equal(mech_oid_name(spnego_oid('k')), "MS-Kerberos");
	assert_string_equal(mech_oid_name(spnego_oid('U')), "Kerberos U2U");
	assert_string_equal(mech_oid_name(spnego_oid('X')), "NEGOEX");
	assert_string_equal(mech_oid_name(spnego_oid('P')), "PKU2U");
	assert_string_equal(mech_oid_name(BYTES_LITERAL("\x2B\x06\x01\x05\x02\x05")), "IAKERB");
	assert_string_equal(mech_oid_name(BYTES_LITERAL("\x2B\x06\x01\x04\x01\x82\x37\x02\x02\x28")),
	                    "Windows fallback");
	assert_null(mech_oid_name(spnego_oid('?')));
	assert_null(mech_oid_name(BYTES_EMPTY));
}

static void expect_described(const char* hex, size_t size, const char* expected)
{
	char text[200];
	struct blob list = test_hex(hex);
	memset(text, 'x', sizeof(text));
	mech_list_describe(blob_bytes(&list), text, size);
	assert_string_equal(text, expected);
	assert_true(text[size] == 'x');
	blob_free(&list);
}

static void test_a_list_is_described_within_its_room(void** state)
{
	static const char kn[] = "301706092a864886f712010202060a2b06010401823702020a";
	(void)state;
	expect_described(kn, 160, "Kerberos,NTLM");
	expect_described(kn, 17, "Kerberos,NTLM");
	expect_described(kn, 16, "Kerberos...");
	expect_described(kn, 12, "Kerberos...");
	expect_described(kn, 11, "...");
	expect_described(kn, 8, "...");
	/* 1.3.6.1.4.1.99999.1, 2.999.3 (X.690 8.19.5), arcs above 32 bits, a cut one, nonsense */
	expect_described("300b06092b06010401868d1f01", 160, "1.3.6.1.4.1.99999.1");
	expect_described("30050603883703", 160, "2.999.3");
	expect_described("300806062a8fffffff7f", 160, "1.2.4294967295");
	expect_described("300806062a9080808000", 160, "1.2?");
	expect_described("300b06092affffffffffffff7f", 160, "1.2?");
	expect_described("300406022a86", 160, "1.2");
	expect_described("3003060186", 160, "");
	expect_described("0500", 160, "");
}

static void test_a_mechanism_knows_all_its_oids(void** state)
{
	(void)state;
	assert_true(mech_has_oid(fake_kerberos(), spnego_oid('K')));
	assert_true(mech_has_oid(fake_kerberos(), spnego_oid('k')));
	assert_false(mech_has_oid(fake_kerberos(), spnego_oid('U')));
	assert_false(mech_has_oid(fake_ntlm(), spnego_oid('X')));
	assert_false(mech_has_oid(fake_ntlm(), BYTES_EMPTY));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_list_is_written_and_walked_in_order),
		cmocka_unit_test(test_the_bytes_of_a_written_list_are_der),
		cmocka_unit_test(test_what_is_no_list_is_refused),
		cmocka_unit_test(test_the_number_of_entries_is_bounded),
		cmocka_unit_test(test_mechanisms_are_known_by_name),
		cmocka_unit_test(test_a_list_is_described_within_its_room),
		cmocka_unit_test(test_a_mechanism_knows_all_its_oids),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
