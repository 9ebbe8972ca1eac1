/* SPDX-License-Identifier: Apache-2.0
 *
 * winpr-glue/kerberos/target.c: the host of a target name, in memory that held something else.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/utf16.h"
#include "kerberos/target.h"

/* The host of `target` in a buffer of `size`, whose neighbours and rest must stay as they were. */
static void expect_host_in(size_t size, const char* target, const char* expected)
{
	struct blob name = BLOB_EMPTY;
	char memory[64];

	memset(memory, 0x5A, sizeof(memory));
	assert_int_equal(utf16_from_utf8(bytes_make((const uint8_t*)target, strlen(target)), &name),
	                 RESULT_OK);
	target_host(blob_bytes(&name), memory + 8, size);
	assert_string_equal(memory + 8, expected);
	for (size_t i = 0; i < 8; i++)
		assert_int_equal(memory[i], 0x5A);
	for (size_t i = 8 + size; i < sizeof(memory); i++)
		assert_int_equal(memory[i], 0x5A);
	blob_free(&name);
}

static void expect_host(const char* target, const char* expected)
{
	expect_host_in(48, target, expected);
}

static void test_the_host_stands_behind_the_service_and_before_the_port(void** state)
{
	(void)state;
	expect_host("TERMSRV/server.example", "server.example");
	expect_host("TERMSRV/server.example:3389", "server.example");
	expect_host("server.example", "server.example");
	expect_host("server:3389", "server");
	expect_host("s", "s");
	expect_host("TERMSRV/", "");
	expect_host("TERMSRV/:3389", "");
	expect_host("", "");
}

static void test_colons_of_an_IPv6_literal_are_its_own(void** state)
{
	(void)state;
	expect_host("TERMSRV/fe80::1", "fe80::1");
	expect_host("a:b:c", "a:b:c");
	expect_host("TERMSRV/[fe80::1]", "[fe80::1]");
	expect_host("TERMSRV/[fe80::1]:3389", "[fe80::1]");
	expect_host("[::1]:3389", "[::1]");
	expect_host("[::1", "[::1");
}

static void test_what_is_not_ASCII_or_does_not_fit_is_no_host(void** state)
{
	(void)state;
	expect_host("TERMSRV/m\xc3\xbcller", "");
	expect_host("TERMSRV/a\x7f", "a\x7f");
	expect_host("TERMSRV/a\xc2\x80", "");
	expect_host_in(5, "TERMSRV/four", "four");
	expect_host_in(4, "TERMSRV/four", "");
	expect_host_in(4, "TERMSRV/much-longer", "");
	expect_host_in(1, "TERMSRV/", "");
}

/* A name cut short by a NUL names somebody else. */
static void test_a_NUL_in_it_makes_it_none(void** state)
{
	static const uint8_t name[] = { 'a', 0, 0, 0, 'b', 0 };
	char host[8];

	(void)state;
	memset(host, 0x5A, sizeof(host));
	target_host(BYTES_OF(name), host, sizeof(host));
	assert_string_equal(host, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_host_stands_behind_the_service_and_before_the_port),
		cmocka_unit_test(test_colons_of_an_IPv6_literal_are_its_own),
		cmocka_unit_test(test_what_is_not_ASCII_or_does_not_fit_is_no_host),
		cmocka_unit_test(test_a_NUL_in_it_makes_it_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
