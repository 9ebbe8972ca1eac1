/* SPDX-License-Identifier: Apache-2.0
 *
 * Users of a domain beside the server's own, through the exported tables: who judges whom, with a
 * SAM file, without one, and with a hash callback.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "domain_logon.h"

#include <winpr/error.h>

static void test_who_judges(void** state)
{
	(void)state;
	/* A line of this domain judges alone; one without a domain catches nobody who names one. */
	expect_nobody("alice", "LAB", SAM_SAYS);
	expect_nobody("ALICE", "lab", SAM_SAYS);
	expect_nobody("alice@LAB", NULL, SAM_SAYS);
	assert_int_equal(fake_wbclient.logons, 0);
	expect_in("anybody", "LAB", DOMAIN_SAYS);
	expect_in("anybody@lab.test", NULL, DOMAIN_SAYS);
	expect_in("LAB\\anybody", NULL, DOMAIN_SAYS);
	expect_in("a@b@c", NULL, DOMAIN_SAYS);
	expect_in("bare", "LAB", DOMAIN_SAYS);
	expect_in("stranger", "lab.test", DOMAIN_SAYS);
	assert_int_equal(fake_wbclient.logons, 6);
	/* Who names none, or this computer, is the server's own or nobody. */
	expect_in("bare", NULL, SAM_SAYS);
	expect_in("bare", ".", SAM_SAYS);
	expect_in("bare", "joined", SAM_SAYS);
	expect_in("JOINED\\bare", NULL, SAM_SAYS);
	expect_nobody("anybody", NULL, SAM_SAYS);
	expect_nobody("stranger", NULL, SAM_SAYS);
	expect_nobody("stranger", ".", SAM_SAYS);
	assert_int_equal(fake_wbclient.logons, 6);
}

static void expect_not_admitted(const struct sspi_setup* setup)
{
	expect_full(expect_out(setup, ERROR_LOGON_TYPE_NOT_GRANTED, "has a line in the SAM file"));
}

/* Whatever the client calls the account: alice's line is LAB's, and she has another password at the
 * domain. */
static void test_line_judges_however_the_account_is_spelt(void** state)
{
	static const char* const spellings[][2] = { { "alice", "lab.test" },
		                                        { "alice@lab.test", NULL },
		                                        { "lab.test\\alice", NULL },
		                                        { "renamed", "LAB" } };
	const size_t count = sizeof(spellings) / sizeof(spellings[0]);
	(void)state;
	for (size_t i = 0; i < 2 * count; i++)
	{
		/* However the domain spells it. */
		strcpy(account, i < count ? "alice" : "ALICE");
		const struct sspi_setup setup =
		    setup_of(spellings[i % count][0], spellings[i % count][1], "Password");
		expect_not_admitted(&setup);
		assert_non_null(
		    log_capture_find(WLOG_WARN, DOMAIN_SAYS " LAB\" user_found=yes", "ntproofstr=ok"));
		assert_null(log_capture_find(WLOG_WARN, "role=acceptor", "member="));
	}
	assert_int_equal(fake_wbclient.logons, 2 * count);
	/* A line that has no usable hash locks the account out. */
	struct sspi_setup locked = setup_of("locked", "lab.test", "Password");
	strcpy(account, "locked");
	expect_not_admitted(&locked);
	/* One that has no domain is no line of it. */
	strcpy(account, "anybody");
	expect_in("stranger", "LAB", DOMAIN_SAYS);
	assert_int_equal(fake_wbclient.memory, 0);
}

/* The SAM file that the domain's judgement leaves behind. */
static void (*leave_file)(const char* path);
static char other_sam[300];

static int judge_meanwhile(const struct wbc_question* question, uint8_t key[16])
{
	leave_file(other_sam);
	return judge(question, key);
}

static void make_other_sam(void)
{
	sandbox_file(&box, "other", "alice:LAB:::::\n", other_sam, sizeof(other_sam));
}

static void leave_none(const char* path)
{
	assert_int_equal(unlink(path), 0);
}

static void leave_folder(const char* path)
{
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkdir(path, 0700), 0);
}

/* Before the domain's yes it could be. */
static void test_file_that_cannot_be_read_any_more_lets_nobody_past(void** state)
{
	struct sspi_setup setup = setup_of("stranger", "LAB", "Password");
	(void)state;
	make_other_sam();
	setup.sam_file = other_sam;
	fake_wbclient.judge = judge_meanwhile;
	leave_file = leave_folder;
	assert_true(sspi_pair_open(&pair, &setup));
	assert_false(sspi_pair_run(&pair));
	expect_refused(&pair.server, SEC_E_NO_CREDENTIALS);
	assert_non_null(log_capture_find(WLOG_WARN, DOMAIN_SAYS, "the SAM file cannot be read"));
	sspi_pair_close(&pair);
	assert_int_equal(fake_wbclient.logons, 1);
	/* Where it is not there nobody has a line in it. */
	assert_int_equal(rmdir(other_sam), 0);
	make_other_sam();
	leave_file = leave_none;
	expect_legs(&setup, 3);
	sspi_pair_close(&pair);
	assert_int_equal(fake_wbclient.logons, 2);
}

/* Where a domain stands behind no file is needed. */
static void test_file_that_is_not_there_is_told_once_and_not_waited_for(void** state)
{
	struct sspi_setup setup = setup_of("stranger", "LAB", "Password");
	static const char* const own[][2] = { { "alice", NULL }, { "alice", "." } };
	(void)state;
	setup.sam_file = "/nonexistent/once";
	waits = 0;
	expect_legs(&setup, 3);
	assert_int_equal(log_capture_count(WLOG_WARN, "SAM file \"/nonexistent/once\"", NULL), 1);
	sspi_pair_close(&pair);
	for (size_t i = 0; i < 2; i++)
	{
		setup.user = own[i][0];
		setup.domain = own[i][1];
		expect_full(expect_out(&setup, ERROR_LOGON_FAILURE, "there is no SAM file"));
		assert_non_null(log_capture_find(WLOG_WARN, "user_found=no", "ntproofstr=not-looked-at"));
		assert_int_equal(log_capture_count(WLOG_WARN, "SAM file \"", NULL), 0);
	}
	assert_int_equal(waits, 0);
	assert_int_equal(fake_wbclient.logons, 1);
	/* One that was there is. */
	make_other_sam();
	setup = setup_of("stranger", "LAB", "Password");
	setup.sam_file = other_sam;
	assert_true(sspi_pair_open(&pair, &setup));
	leave_none(other_sam);
	assert_true(sspi_pair_run(&pair));
	sspi_pair_close(&pair);
	assert_true(waits > 0);
	/* Without a domain it is as ever. */
	settings_are("off", GROUP_SID);
	setup.sam_file = "/nonexistent/once";
	assert_false(sspi_pair_connect(&pair, &setup));
	expect_refused(&pair.server, SEC_E_NO_CREDENTIALS);
	sspi_pair_close(&pair);
}

static void test_bare_names_may_be_the_domains(void** state)
{
	(void)state;
	settings_are("default", GROUP_SID);
	expect_in("bare", NULL, SAM_SAYS);
	expect_nobody("anybody", NULL, SAM_SAYS);
	expect_nobody("stranger", ".", SAM_SAYS);
	expect_nobody("JOINED\\stranger", NULL, SAM_SAYS);
	assert_int_equal(fake_wbclient.logons, 0);
	expect_in("stranger", NULL, DOMAIN_SAYS);
	/* Not even a file is needed. */
	struct sspi_setup setup = setup_of("stranger", NULL, "Password");
	setup.sam_file = "/nonexistent/sam";
	expect_legs(&setup, 3);
	sspi_pair_close(&pair);
}

/* In a file that is there and cannot be read anybody may have an account. */
static void test_file_that_cannot_be_read_lets_nobody_past(void** state)
{
	struct sspi_setup setup = setup_of("stranger", "LAB", "Password");
	(void)state;
	setup.sam_file = "/";
	assert_true(sspi_pair_open(&pair, &setup));
	assert_false(sspi_pair_run(&pair));
	expect_refused(&pair.server, SEC_E_NO_CREDENTIALS);
	sspi_pair_close(&pair);
	assert_int_equal(fake_wbclient.logons, 0);
	setup.sam_file = "/nonexistent/sam";
	expect_legs(&setup, 3);
	sspi_pair_close(&pair);
	assert_int_equal(fake_wbclient.logons, 1);
}

static unsigned callback_calls;
static bool callback_knows;

static int answer(void* client, const SEC_WINNT_AUTH_IDENTITY* identity,
                  const SecBuffer* ntproofvalue, const BYTE* randkey, const BYTE* mic,
                  const SecBuffer* micvalue, BYTE* ntlmhash)
{
	(void)client;
	(void)identity;
	(void)ntproofvalue;
	(void)randkey;
	(void)mic;
	(void)micvalue;
	memset(ntlmhash, 1, 16);
	callback_calls++;
	return callback_knows ? 0 : 1; /* 0 is success from 3.24 on */
}

static void test_callback_that_knows_a_user_judges(void** state)
{
	struct sspi_setup setup = setup_of("anybody", "LAB", "Password");
	(void)state;
	fake.minor = fake.minor < 24 ? 24 : fake.minor;
	setup.sam_file = NULL;
	setup.hash_callback = answer;
	callback_knows = true;
	expect_full(expect_out(&setup, ERROR_LOGON_FAILURE, "source=\"hash callback\""));
	assert_int_equal(fake_wbclient.logons, 0);
}

/* It may count, and lock. */
static void test_callback_is_asked_once(void** state)
{
	struct sspi_setup setup = setup_of("stranger", "LAB", "Password");
	(void)state;
	fake.minor = fake.minor < 24 ? 24 : fake.minor;
	setup.sam_file = NULL;
	setup.hash_callback = answer;
	callback_knows = false;
	callback_calls = 0;
	expect_legs(&setup, 3);
	sspi_pair_close(&pair);
	assert_int_equal(callback_calls, 1);
	assert_int_equal(fake_wbclient.logons, 1);
}

static void expect_challenge(const char* name, bool told)
{
	const struct sspi_setup setup = setup_new("NTLM");
	expect_legs(&setup, 3);
	assert_int_equal(leg_has(1, name), told);
	sspi_pair_close(&pair);
}

/* All of it, and in CHALLENGE too, where the host name is its first label alone. */
static void test_full_name_is_this_computers(void** state)
{
	static const char long_name[] = "a-computers-long-name";
	(void)state;
	expect_challenge("ws1.lab.test", true);
	expect_in("bare", "ws1.lab.test", SAM_SAYS);
	expect_in("bare@WS1.LAB.TEST", NULL, SAM_SAYS);
	expect_in("bare", "WS1", SAM_SAYS);
	assert_int_equal(fake_wbclient.logons, 0);
	expect_in("bare", "ws1.lab", DOMAIN_SAYS);
	host_name = long_name;
	expect_in("bare", long_name, SAM_SAYS);
	expect_in("bare", "a-computers-long-name.lab.test", SAM_SAYS);
	/* A host name that is whole stays, and what somebody configured. */
	host_name = "ws1.other.test";
	expect_challenge("ws1.other.test", true);
	expect_challenge("ws1.other.test.", false);
	expect_in("bare", "ws1.other.test", SAM_SAYS);
	expect_in("bare", "ws1.lab.test", DOMAIN_SAYS);
	/* A first label that is the domain's own name means the domain. */
	host_name = "lab.lab.test";
	expect_in("bare", "LAB", DOMAIN_SAYS);
	expect_in("bare", "lab.lab.test", SAM_SAYS);
	host_name = "ws1";
	fake_registry_string(WINPR_NTLM, "DnsComputerName", "given");
	expect_challenge("given.", false);
	expect_in("bare", "given", SAM_SAYS);
	expect_in("bare", "ws1.lab.test", DOMAIN_SAYS);
	/* Where winbindd is not asked. */
	settings_are("named", GROUP_SID);
	setenv("NEGOSSP_DOMAIN", "off", 1);
	expect_challenge("ws1.", false);
	settings_are("off", GROUP_SID);
	expect_challenge("ws1.", false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_who_judges, fresh_domain),
		cmocka_unit_test_setup(test_line_judges_however_the_account_is_spelt, fresh_domain),
		cmocka_unit_test_setup(test_file_that_cannot_be_read_any_more_lets_nobody_past,
		                       fresh_domain),
		cmocka_unit_test_setup(test_file_that_is_not_there_is_told_once_and_not_waited_for,
		                       fresh_domain),
		cmocka_unit_test_setup(test_bare_names_may_be_the_domains, fresh_domain),
		cmocka_unit_test_setup(test_file_that_cannot_be_read_lets_nobody_past, fresh_domain),
		cmocka_unit_test_setup(test_callback_that_knows_a_user_judges, fresh_domain),
		cmocka_unit_test_setup(test_callback_is_asked_once, fresh_domain),
		cmocka_unit_test_setup(test_full_name_is_this_computers, fresh_domain),
		cmocka_unit_test(test_refusals_were_told_at_full_times),
	};
	return cmocka_run_group_tests(tests, accounts, tear_down);
}
