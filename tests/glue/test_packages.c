/* SPDX-License-Identifier: Apache-2.0
 *
 * The list of packages over a scripted WinPR: ours and those of WinPR's that can be used, in A and
 * in W, and whose buffer is whose. Built twice, as test_pass_through.c.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "expect.h"
#include "fake_winpr.h"
#include "host/foreign_reach.h"
#include "sspi/table.h"
#include "wide.h"

static int fresh(void** state)
{
	(void)state;
	fake_winpr_reset();
	return 0;
}

static bool wide_is(const WCHAR* wide, const char* text)
{
	size_t i = 0;
	while (text[i] && wide[i] == WIDE((WCHAR)text[i]))
		i++;
	return wide[i] == 0 && text[i] == '\0';
}

static void* take_lists(void* taken)
{
	foreign_buffers_lock();
	*(_Atomic bool*)taken = true;
	usleep(50000);
	*(_Atomic bool*)taken = false;
	foreign_buffers_unlock();
	return NULL;
}

/* The first question is how WinPR's packages are reached, for which it lists them: not while
 * another thread has its lists. */
static void test_lists_are_nobody_elses_meanwhile(void** state)
{
	pthread_t thread;
	SecPkgInfoA* infos = NULL;
	ULONG count = 0;
	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, take_lists, &fake.lists_are_taken), 0);
	while (!fake.lists_are_taken)
		usleep(100);
	expect_status(table_a()->EnumerateSecurityPackagesA(&count, &infos), SEC_E_OK);
	assert_false(fake.lists_were_taken);
	expect_status(table_a()->FreeContextBuffer(infos), SEC_E_OK);
	assert_int_equal(pthread_join(thread, NULL), 0);
}

/* Ours come first, and WinPR's own of the same names are left out. */
static void test_packages_are_listed_where_they_can_be_used(void** state)
{
	static const char* const names[] = { "Negotiate", "NTLM", "Kerberos", "CREDSSP", "Schannel" };
	SecPkgInfoA* infos = NULL;
	SecPkgInfoW* wide = NULL;
	ULONG count = 0;
	(void)state;
	expect_status(table_a()->EnumerateSecurityPackagesA(&count, &infos), SEC_E_OK);
	assert_int_equal(count, fake.carried ? 2 : 5);
	expect_status(table_w()->EnumerateSecurityPackagesW(&count, &wide), SEC_E_OK);
	assert_int_equal(count, fake.carried ? 2 : 5);
	for (ULONG i = 0; i < count; i++)
	{
		assert_int_equal(infos[i].cbMaxToken == 1000, i >= 2);
		assert_int_equal(wide[i].cbMaxToken, infos[i].cbMaxToken);
		assert_string_equal(infos[i].Name, names[i]);
		assert_true(wide_is(wide[i].Name, names[i]));
		assert_int_equal(strcmp(infos[i].Comment, "a package of WinPR's") == 0, i >= 2);
		assert_true(wide_is(wide[i].Comment, infos[i].Comment));
	}
	/* They are copies: WinPR has its lists back. */
	assert_int_equal(fake.lists_out, 0);
	expect_status(table_a()->FreeContextBuffer(infos), SEC_E_OK);
	expect_status(table_w()->FreeContextBuffer(wide), SEC_E_OK);
	assert_int_equal(fake.lists_out, 0);
	/* A list that is longer than anybody has use for is cut. */
	fake.more_packages = 50;
	expect_status(table_a()->EnumerateSecurityPackagesA(&count, &infos), SEC_E_OK);
	assert_int_equal(count, fake.carried ? 2 : 32);
	expect_status(table_a()->FreeContextBuffer(infos), SEC_E_OK);
	/* WinPR's list is not to be had: ours is. */
	fake.other = SEC_E_INTERNAL_ERROR;
	expect_status(table_a()->EnumerateSecurityPackagesA(&count, &infos), SEC_E_OK);
	assert_int_equal(count, 2);
	expect_status(table_a()->FreeContextBuffer(infos), SEC_E_OK);
}

static void test_one_package_is_asked_for_by_name(void** state)
{
	static char name[] = "schannel";
	static char nobody[] = "Digest";
	static WCHAR wide_name[] = { WIDE('C'), WIDE('r'), WIDE('e'), WIDE('d'),
		                         WIDE('S'), WIDE('S'), WIDE('P'), 0 };
	SecPkgInfoA* info = NULL;
	SecPkgInfoW* wide = NULL;
	(void)state;
	const SECURITY_STATUS expected = fake.carried ? SEC_E_SECPKG_NOT_FOUND : SEC_E_OK;
	expect_status(table_a()->QuerySecurityPackageInfoA(name, &info), expected);
	expect_status(table_w()->QuerySecurityPackageInfoW(wide_name, &wide), expected);
	if (expected == SEC_E_OK)
	{
		assert_string_equal(info->Name, "Schannel");
		assert_true(wide_is(wide->Name, "CREDSSP"));
		expect_status(table_a()->FreeContextBuffer(info), SEC_E_OK);
		expect_status(table_w()->FreeContextBuffer(wide), SEC_E_OK);
	}
	expect_status(table_a()->QuerySecurityPackageInfoA(nobody, &info), SEC_E_SECPKG_NOT_FOUND);
	assert_null(info);
	assert_int_equal(fake.lists_out, 0);
}

static void test_winpr_without_a_table_is_done_without(void** state)
{
	SecPkgInfoA* infos = NULL;
	ULONG count = 0;
	(void)state;
	fake.no_table = true;
	expect_status(table_a()->FreeContextBuffer(&count), SEC_E_UNSUPPORTED_FUNCTION);
	expect_status(table_a()->EnumerateSecurityPackagesA(&count, &infos), SEC_E_OK);
	assert_int_equal(count, 2);
	expect_status(table_a()->FreeContextBuffer(infos), SEC_E_OK);
}

static void test_buffers_of_winprs_are_freed_by_winpr(void** state)
{
	void* const buffer = malloc(8);
	const unsigned before = fake.calls;
	(void)state;
	expect_status(table_a()->FreeContextBuffer(buffer), SEC_E_OK);
	assert_int_equal(fake.calls, before + 1);
	expect_status(table_w()->FreeContextBuffer(NULL), SEC_E_INVALID_HANDLE);
}

static int set_up(void** state)
{
	log_capture_start(false);
#ifdef FAKE_CARRIED
	fake.carried = true;
#endif
	return fresh(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		/* before anything is asked in this process */
		cmocka_unit_test_setup(test_lists_are_nobody_elses_meanwhile, fresh),
		cmocka_unit_test_setup(test_packages_are_listed_where_they_can_be_used, fresh),
		cmocka_unit_test_setup(test_one_package_is_asked_for_by_name, fresh),
		cmocka_unit_test_setup(test_winpr_without_a_table_is_done_without, fresh),
		cmocka_unit_test_setup(test_buffers_of_winprs_are_freed_by_winpr, fresh),
	};
	return cmocka_run_group_tests(tests, set_up, NULL);
}
