/* SPDX-License-Identifier: Apache-2.0
 *
 * Logons that must be refused: wrong password, unknown user (which must look the same), nothing to
 * check against, a SAM file that cannot be read or holds no hash, NTLM switched off. Each fails
 * closed and says why in the log.
 */
#include "expect.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <winpr/error.h>
#include <winpr/ntlm.h>

/* The server refuses AUTHENTICATE of this logon with `expected`, and a line says so. */
static DWORD refused_with(const struct sspi_setup* setup, SECURITY_STATUS expected)
{
	struct sspi_pair pair;
	log_capture_clear();
	assert_false(sspi_pair_connect(&pair, setup));
	assert_int_equal(pair.leg_count, 3);
	expect_refused(&pair.server, expected);
	const DWORD error = pair.server.last_error;
	expect_dead(&pair.server);
	assert_int_not_equal(log_capture_count(WLOG_WARN, NULL, NULL), 0);
	sspi_pair_close(&pair);
	return error;
}

static struct sspi_setup with_sam(const char* sam)
{
	return sspi_setup_nla("user", NULL, "Password", sam);
}

static void test_wrong_password_and_unknown_user_look_the_same(void** state)
{
	(void)state;
	const struct sspi_setup wrong = sspi_setup_nla("user", NULL, "password", box.sam);
	const struct sspi_setup unknown = sspi_setup_nla("nobody", NULL, "Password", box.sam);
	const DWORD for_wrong = refused_with(&wrong, SEC_E_LOGON_DENIED);
	const DWORD for_unknown = refused_with(&unknown, SEC_E_LOGON_DENIED);
	assert_int_equal(for_wrong, for_unknown);
	assert_int_equal(for_wrong, ERROR_LOGON_FAILURE);
}

static void test_rubyntlm_0_6_6_wrong_blank_password_is_refused(void** state)
{
	(void)state;
	const struct sspi_setup blank = sspi_setup_nla("user", NULL, "", box.sam);
	refused_with(&blank, SEC_E_LOGON_DENIED);
	const struct sspi_setup both = sspi_setup_nla("nobody", NULL, "", box.sam);
	refused_with(&both, SEC_E_LOGON_DENIED);
}

static void test_anonymous_is_refused(void** state)
{
	(void)state;
	struct sspi_pair pair;
	const struct sspi_setup setup = sspi_setup_nla("", NULL, "", box.sam);
	assert_false(sspi_pair_connect(&pair, &setup));
	assert_int_not_equal(pair.server.phase, SSPI_FINAL);
	assert_int_not_equal(pair.client.phase, SSPI_FINAL);
	sspi_pair_close(&pair);
}

static void test_CVE_2022_24883_missing_sam_file_fails_closed(void** state)
{
	(void)state;
	char path[320];
	snprintf(path, sizeof(path), "%s/there-is-none", box.folder);
	const struct sspi_setup setup = with_sam(path);
	refused_with(&setup, SEC_E_NO_CREDENTIALS);
	assert_non_null(log_capture_find(WLOG_WARN, "SAM", "there-is-none"));
}

static void test_sam_file_that_is_a_folder_or_leads_nowhere_fails_closed(void** state)
{
	(void)state;
	char path[320];
	const struct sspi_setup folder = with_sam(box.folder);
	refused_with(&folder, SEC_E_NO_CREDENTIALS);
	snprintf(path, sizeof(path), "%s/dangling", box.folder);
	assert_int_equal(symlink("nowhere-at-all", path), 0);
	const struct sspi_setup dangling = with_sam(path);
	refused_with(&dangling, SEC_E_NO_CREDENTIALS);
}

static void test_sam_file_that_is_a_pipe_does_not_hang(void** state)
{
	(void)state;
	char path[320];
	snprintf(path, sizeof(path), "%s/pipe", box.folder);
	assert_int_equal(mkfifo(path, 0600), 0);
	const struct sspi_setup setup = with_sam(path);
	alarm(30);
	refused_with(&setup, SEC_E_NO_CREDENTIALS);
	alarm(0);
}

static void test_sam_file_without_permission_fails_closed(void** state)
{
	(void)state;
	char path[320];
	sandbox_file(&box, "locked", "", path, sizeof(path));
	assert_int_equal(chmod(path, 0), 0);
	struct sspi_setup setup = with_sam(path);
	/* Root may read it all the same, and finds nobody in it. */
	if (geteuid() == 0)
		refused_with(&setup, SEC_E_LOGON_DENIED);
	else
		refused_with(&setup, SEC_E_NO_CREDENTIALS);
}

static void test_CVE_2022_24883_no_file_descriptors_left(void** state)
{
	(void)state;
	struct sspi_pair pair;
	const struct sspi_setup setup = with_sam(box.sam);
	assert_true(sspi_pair_open(&pair, &setup));
	assert_true(sspi_pair_run(&pair));
	sspi_pair_reset(&pair);
	struct rlimit saved;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &saved), 0);
	const struct rlimit none = { 0, saved.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	const bool done = sspi_pair_run(&pair);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &saved), 0);
	assert_false(done);
	expect_refused(&pair.server, SEC_E_NO_CREDENTIALS);
	/* And the next one works again. */
	sspi_pair_reset(&pair);
	assert_true(sspi_pair_run(&pair));
	sspi_pair_close(&pair);
}

static void test_CVE_2022_24882_entry_without_hash_lets_nobody_in(void** state)
{
	(void)state;
	static const char* const passwords[] = { "", "Password", "00000000000000000000000000000000" };
	static const char* const users[] = { "nohash", "zerohash", "shorthash", "badhash", "lmonly" };
	for (size_t i = 0; i < sizeof(users) / sizeof(users[0]); i++)
		for (size_t j = 0; j < sizeof(passwords) / sizeof(passwords[0]); j++)
		{
			const struct sspi_setup setup = sspi_setup_nla(users[i], NULL, passwords[j], box.sam);
			refused_with(&setup, SEC_E_LOGON_DENIED);
		}
}

/* A stock client that knows an NT hash and no password, brought to the server's verdict. */
static SECURITY_STATUS log_on_with_hash(const char* user, const uint8_t* nt_hash)
{
	struct sspi_pair pair;
	struct sspi_token tokens[3] = { { NULL, 0 } };
	struct sspi_token last = { NULL, 0 };
	SecPkgContext_AuthNtlmHash hash = { .Version = 2 };
	struct sspi_setup setup = sspi_setup_nla(user, NULL, "not this", box.sam);
	setup.client_table = sspi_builtin();
	setup.client_package = "NTLM";
	char name[32];
	char domain[] = "";
	uint8_t copy[16];
	snprintf(name, sizeof(name), "%s", user);
	memcpy(copy, nt_hash, sizeof(copy));
	assert_true(NTOWFv2FromHashA(copy, name, (UINT32)strlen(name), domain, 0, hash.NtlmHash));

	assert_true(sspi_pair_open(&pair, &setup));
	expect_status(sspi_end_step(&pair.client, NULL, &tokens[0]), SEC_I_CONTINUE_NEEDED);
	expect_status(pair.client.table.a->SetContextAttributesA(
	                  &pair.client.context, SECPKG_ATTR_AUTH_NTLM_HASH, &hash, sizeof(hash)),
	              SEC_E_OK);
	expect_status(sspi_end_step(&pair.server, &tokens[0], &tokens[1]), SEC_I_CONTINUE_NEEDED);
	expect_status(sspi_end_step(&pair.client, &tokens[1], &tokens[2]), SEC_E_OK);
	const SECURITY_STATUS verdict = sspi_end_step(&pair.server, &tokens[2], &last);
	for (size_t i = 0; i < 3; i++)
		sspi_token_free(&tokens[i]);
	sspi_token_free(&last);
	sspi_pair_close(&pair);
	return verdict;
}

static void test_CVE_2022_24882_zero_hash_does_not_open_an_entry_without_hash(void** state)
{
	(void)state;
	static const char* const users[] = { "nohash", "zerohash", "shorthash", "badhash", "lmonly" };
	static const uint8_t zero[16];
	uint8_t right[16];
	sandbox_nt_hash("Password", right);
	expect_status(log_on_with_hash("user", right), SEC_E_OK);
	expect_status(log_on_with_hash("user", zero), SEC_E_LOGON_DENIED);
	for (size_t i = 0; i < sizeof(users) / sizeof(users[0]); i++)
		expect_status(log_on_with_hash(users[i], zero), SEC_E_LOGON_DENIED);
}

static void test_empty_sam_file_knows_nobody(void** state)
{
	(void)state;
	char path[320];
	sandbox_file(&box, "empty", "", path, sizeof(path));
	const struct sspi_setup setup = with_sam(path);
	refused_with(&setup, SEC_E_LOGON_DENIED);
}

static void test_garbage_sam_file_lets_nobody_in(void** state)
{
	(void)state;
	char path[320];
	snprintf(path, sizeof(path), "%s/garbage", box.folder);
	FILE* file = fopen(path, "w");
	assert_non_null(file);
	uint32_t x = 88172645u;
	for (unsigned i = 0; i < 100000; i++)
	{
		x ^= x << 13;
		x ^= x >> 17;
		x ^= x << 5;
		fputc((int)(x & 0xFF), file);
	}
	assert_int_equal(fclose(file), 0);
	struct sspi_pair pair;
	const struct sspi_setup setup = with_sam(path);
	assert_false(sspi_pair_connect(&pair, &setup));
	expect_failed(&pair.server);
	sspi_pair_close(&pair);
}

static void test_sam_file_changed_between_logons_is_read_again(void** state)
{
	(void)state;
	char path[320];
	sandbox_file(&box, "changing", "", path, sizeof(path));
	struct sspi_pair pair;
	const struct sspi_setup setup = with_sam(path);
	assert_true(sspi_pair_open(&pair, &setup));
	assert_false(sspi_pair_run(&pair));
	sandbox_file(&box, "changing", "user:::a4f49c406510bdcab6824ee7c30fd852:::\n", path,
	             sizeof(path));
	sspi_pair_reset(&pair);
	assert_true(sspi_pair_run(&pair)); /* the NT hash of MS-NLMP 4.2.2.1.2 */
	sspi_pair_close(&pair);
}

static void test_all_mechanisms_excluded_is_refused_at_acquire(void** state)
{
	(void)state;
	static const char* const lists[] = { "!ntlm,!kerberos,!u2u", "!kerberos,!u2u,!ntlm" };
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
	{
		struct sspi_pair pair;
		struct sspi_setup setup = with_sam(box.sam);
		setup.package_list = lists[i];
		log_capture_clear();
		assert_false(sspi_pair_open(&pair, &setup));
		assert_true(pair.client.acquired < 0);
		assert_true(pair.server.acquired < 0);
		assert_int_not_equal(pair.client.last_error, SSPI_STALE_ERROR);
		assert_int_not_equal(log_capture_count(WLOG_WARN, NULL, NULL), 0);
		sspi_pair_close(&pair);
	}
}

static void test_ntlm_excluded_is_not_offered(void** state)
{
	(void)state;
	struct sspi_pair pair;
	struct sspi_setup setup = with_sam(box.sam);
	setup.package_list = "!ntlm";
	assert_false(sspi_pair_connect(&pair, &setup));
	for (unsigned i = 0; i < pair.leg_count; i++)
		assert_null(memmem(pair.legs[i].data, pair.legs[i].len, "NTLMSSP", 8));
	sspi_pair_close(&pair);
	setup.package_list = "!kerberos,!u2u"; /* NTLM is what is left */
	expect_connects(&pair, &setup, 4);
	sspi_pair_close(&pair);
}

static int set_up(void** state)
{
	(void)box_open(state);
	sandbox_sam_line(&box, "nohash:::::::");
	sandbox_sam_line(&box, "zerohash:::00000000000000000000000000000000:::");
	sandbox_sam_line(&box, "shorthash:::a4f49c406510bdcab6824ee7c30fd8:::");
	sandbox_sam_line(&box, "badhash:::zzf49c406510bdcab6824ee7c30fd852:::");
	sandbox_sam_line(&box, "lmonly::e52cac67419a9a224a3b108f3fa6cb6d::::");
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wrong_password_and_unknown_user_look_the_same),
		cmocka_unit_test(test_rubyntlm_0_6_6_wrong_blank_password_is_refused),
		cmocka_unit_test(test_anonymous_is_refused),
		cmocka_unit_test(test_CVE_2022_24883_missing_sam_file_fails_closed),
		cmocka_unit_test(test_sam_file_that_is_a_folder_or_leads_nowhere_fails_closed),
		cmocka_unit_test(test_sam_file_that_is_a_pipe_does_not_hang),
		cmocka_unit_test(test_sam_file_without_permission_fails_closed),
		cmocka_unit_test(test_CVE_2022_24883_no_file_descriptors_left),
		cmocka_unit_test(test_CVE_2022_24882_entry_without_hash_lets_nobody_in),
		cmocka_unit_test(test_CVE_2022_24882_zero_hash_does_not_open_an_entry_without_hash),
		cmocka_unit_test(test_empty_sam_file_knows_nobody),
		cmocka_unit_test(test_garbage_sam_file_lets_nobody_in),
		cmocka_unit_test(test_sam_file_changed_between_logons_is_read_again),
		cmocka_unit_test(test_all_mechanisms_excluded_is_refused_at_acquire),
		cmocka_unit_test(test_ntlm_excluded_is_not_offered),
	};
	return cmocka_run_group_tests(tests, set_up, box_close);
}
