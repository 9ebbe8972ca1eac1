/* SPDX-License-Identifier: Apache-2.0
 *
 * Users of a domain beside the server's own, through the exported tables: what the settings say,
 * which names CHALLENGE tells, what clients are told of a refusal and when.
 */
#include <stdlib.h>
#include <string.h>

#include "domain_logon.h"

#include <winpr/error.h>

static void test_what_is_told_of_who_is_let_in(void** state)
{
	const struct sspi_setup setup = setup_of("robert@lab.test", NULL, "Password");
	SecPkgContext_AuthIdentity identity = { 0 };
	(void)state;
	expect_legs(&setup, 3);
	expect_status(sspi_query(&pair.server.table, &pair.server.context, 1001, &identity), SEC_E_OK);
	assert_string_equal(identity.User, "member");
	assert_string_equal(identity.Domain, "LAB");
	const char* const line = log_capture_find(WLOG_INFO, "role=acceptor", "source=\"domain LAB\"");
	assert_non_null(line);
	assert_non_null(strstr(line, "user=\"member\" domain=\"LAB\""));
	assert_non_null(strstr(line, "ntproofstr=ok mic=ok"));
	assert_non_null(
	    strstr(line, "user_found=yes sid=S-1-5-21-1-2-3-1104 member=\"" GROUP_SID "\""));
	sspi_pair_close(&pair);
	assert_int_equal(fake_wbclient.memory, 0);
	assert_false(fake_wbclient.key_was_left);
}

static void test_what_clients_are_told_of_refusals(void** state)
{
	static const struct
	{
		uint32_t status;
		DWORD last_error;
		const char* proof;
	} rows[] = { { 0xC000006A, ERROR_LOGON_FAILURE, "ntproofstr=FAILED" },
		         { 0xC0000064, ERROR_LOGON_FAILURE, "ntproofstr=FAILED" },
		         { 0xC000006D, ERROR_LOGON_FAILURE, "ntproofstr=FAILED" },
		         { 0xC0000234, ERROR_LOGON_FAILURE, "ntproofstr=not-looked-at" },
		         { 0xC000006E, ERROR_LOGON_FAILURE, "ntproofstr=not-looked-at" },
		         { 0xC000005E, ERROR_LOGON_FAILURE, "ntproofstr=not-looked-at" },
		         { 0xC0000123, ERROR_LOGON_FAILURE, "ntproofstr=not-looked-at" },
		         { 0xC0000072, ERROR_ACCOUNT_DISABLED, "ntproofstr=ok" },
		         { 0xC0000071, ERROR_PASSWORD_EXPIRED, "ntproofstr=ok" },
		         { 0xC0000224, ERROR_PASSWORD_MUST_CHANGE, "ntproofstr=ok" },
		         { 0xC0000193, ERROR_ACCOUNT_EXPIRED, "ntproofstr=ok" },
		         { 0xC000006F, ERROR_INVALID_LOGON_HOURS, "ntproofstr=ok" },
		         { 0xC0000070, ERROR_INVALID_WORKSTATION, "ntproofstr=ok" },
		         { 0xC000015B, ERROR_LOGON_TYPE_NOT_GRANTED, "ntproofstr=ok" } };
	const struct sspi_setup setup = setup_of("stranger", "LAB", "Password");
	(void)state;
	fake_wbclient.judge = NULL;
	fake_wbclient.error = WBC_AUTH_ERROR;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
	{
		fake_wbclient.nt_status = rows[i].status;
		expect_full(expect_out(&setup, rows[i].last_error, rows[i].proof));
	}
}

/* Whoever is refused, and by whom. */
static void test_refusals_leave_at_full_times(void** state)
{
	const struct sspi_setup wrong = setup_of("alice", "LAB", "Password");
	const struct sspi_setup strange = setup_of("stranger", "LAB", "wrong");
	struct sspi_setup bound = setup_of("bare", NULL, "Password");
	(void)state;
	expect_full(expect_out(&wrong, ERROR_LOGON_FAILURE, SAM_SAYS));
	fake_wbclient.delay_ms = 60;
	const long took = expect_out(&strange, ERROR_LOGON_FAILURE, DOMAIN_SAYS);
	assert_true(took >= 2 * FULL_MS);
	expect_full(took);
	/* Also where the proof was right. */
	bindings_make(&bound, true, true);
	assert_true(sspi_pair_open(&pair, &bound));
	struct timespec start;
	clock_gettime(CLOCK_MONOTONIC, &start);
	assert_false(sspi_pair_run(&pair));
	expect_refused(&pair.server, SEC_E_BAD_BINDINGS);
	assert_true(ms_since(&start) >= FULL_MS);
	sspi_pair_close(&pair);
	/* Without a domain nothing is held back. */
	settings_are("off", GROUP_SID);
	long least = 1000;
	for (int i = 0; i < 20; i++)
	{
		const long now = expect_out(&wrong, ERROR_LOGON_FAILURE, SAM_SAYS);
		least = now < least ? now : least;
	}
	assert_true(least < FULL_MS);
	assert_int_equal(fake_wbclient.logons, 1);
}

static void test_off_by_default_and_mandatory_members(void** state)
{
	(void)state;
	fake_registry_clear();
	fake_registry_string(OWN, "DomainMembers", GROUP_SID);
	expect_in("bare", "LAB", SAM_SAYS); /* as ever: its line has no domain */
	assert_int_equal(fake_wbclient.details + fake_wbclient.logons, 0);
	settings_are("named", NULL);
	expect_nobody("stranger", "LAB", "DomainMembers is not");
	/* Not even then does a line without a domain catch who names one. */
	expect_nobody("bare", "LAB", DOMAIN_SAYS);
	expect_in("bare", NULL, SAM_SAYS);
	assert_int_equal(fake_wbclient.logons, 0);
}

static void expect_policy(const char* name, const char* value, const char* said)
{
	const struct sspi_setup setup = setup_new("NTLM");
	fresh_domain(NULL);
	fake_registry_clear();
	if (strcmp(name, "Domain") != 0)
		fake_registry_string(OWN, "Domain", "off");
	fake_registry_string(OWN, name, value);
	expect_status(sspi_end_acquire(&pair.server, &setup, true), SEC_E_UNSUPPORTED_FUNCTION);
	assert_int_equal(log_capture_count(WLOG_WARN, name, said), 1);
}

static void test_what_cannot_be_read_lets_nobody_log_on(void** state)
{
	char many[33 * 9 + 1] = "";
	(void)state;
	expect_policy("Domain", "on", "off, named, default");
	expect_policy("DomainUserDaemon", "yes", "allow, refuse");
	static const char* const lists[] = { "",
		                                 "users",
		                                 "LAB\\",
		                                 "\\users",
		                                 "S-1-5",
		                                 "S-1-5-x",
		                                 "S-1-5-1-2-3-4-5-6-7-8-9-10-11-12-13-14-15-16",
		                                 "S-1-5-4294967296",
		                                 "S-2-5-32-544",
		                                 GROUP_SID ",",
		                                 "," GROUP_SID,
		                                 GROUP_SID " S-1-5-32-545" };
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		expect_policy("DomainMembers", lists[i], "SIDs and DOMAIN");
	for (int i = 0; i < 33; i++)
		strcat(many, i < 32 ? "S-1-5-11," : "S-1-5-11");
	expect_policy("DomainMembers", many, "32 at most");
	/* What does not decide is passed over. */
	fresh_domain(NULL);
	fake_registry_string(OWN, "DomainWait", "0");
	expect_in("anybody", "LAB", DOMAIN_SAYS);
	assert_int_equal(log_capture_count(WLOG_WARN, "DomainWait: \"0\"", "1 to 600000"), 1);
	/* A client's are not looked at. */
	const struct sspi_setup setup = setup_new("NTLM");
	settings_are("on", NULL);
	expect_status(sspi_end_acquire(&pair.client, &setup, false), SEC_E_OK);
	sspi_end_close(&pair.client);
}

static void test_environment_only_tightens(void** state)
{
	(void)state;
	setenv("NEGOSSP_DOMAIN", "default", 1);
	expect_nobody("stranger", NULL, SAM_SAYS);
	setenv("NEGOSSP_DOMAIN", "off", 1);
	expect_nobody("bare", "LAB", "NEGOSSP_DOMAIN in this server's environment");
	expect_nobody("stranger", "LAB", DOMAIN_SAYS);
	expect_nobody("stranger", NULL, SAM_SAYS);
	expect_in("bare", NULL, SAM_SAYS);
	assert_int_equal(fake_wbclient.logons + fake_wbclient.details, 0);
	fresh_domain(NULL);
	settings_are("default", GROUP_SID);
	setenv("NEGOSSP_DOMAIN", "named", 1);
	expect_nobody("stranger", NULL, SAM_SAYS);
	expect_in("stranger", "LAB", DOMAIN_SAYS);
	/* Who may is no environment's to say. */
	fresh_domain(NULL);
	settings_are("named", "S-1-5-21-1-2-3-1");
	setenv("NEGOSSP_DOMAIN_MEMBERS", GROUP_SID, 1);
	const struct sspi_setup setup = setup_of("stranger", "LAB", "Password");
	expect_full(expect_out(&setup, ERROR_LOGON_TYPE_NOT_GRANTED, "DomainMembers"));
	fresh_domain(NULL);
	uid = 1000;
	setenv("NEGOSSP_DOMAIN_USER_DAEMON", "allow", 1);
	expect_nobody("stranger", "LAB", "DomainUserDaemon");
	fake_registry_string(OWN, "DomainUserDaemon", "allow");
	expect_in("stranger", "LAB", DOMAIN_SAYS);
}

static void test_wait_is_the_settings(void** state)
{
	const struct sspi_setup setup = setup_of("stranger", "LAB", "Password");
	(void)state;
	fake_registry_string(OWN, "DomainWait", "120");
	fake_wbclient.hangs = true;
	const long took = expect_out(&setup, ERROR_LOGON_FAILURE, "DomainWait");
	assert_true(took >= 3 * FULL_MS && took < 5000);
	fake_wbclient.hangs = false;
	for (int i = 0; i < 20000 && fake_wbclient.contexts + fake_wbclient.memory > 0; i++)
		usleep(1000);
	assert_int_equal(fake_wbclient.memory, 0);
	assert_false(fake_wbclient.key_was_left);
}

/* CHALLENGE is the second leg. */
static void test_names_of_challenge_are_winbinds(void** state)
{
	const struct sspi_setup setup = setup_new("NTLM");
	(void)state;
	expect_legs(&setup, 3);
	assert_true(leg_has(1, "JOINED"));
	assert_true(leg_has(1, "LAB"));
	assert_true(leg_has(1, "lab.test"));
	sspi_pair_close(&pair);
	/* What somebody configured wins. */
	fake_registry_string(WINPR_NTLM, "NbDomainName", "ELSEWHERE");
	expect_legs(&setup, 3);
	assert_true(leg_has(1, "JOINED"));
	assert_true(leg_has(1, "ELSEWHERE"));
	assert_false(leg_has(1, "LAB"));
	sspi_pair_close(&pair);
	/* Without a domain they are the host's. */
	settings_are("off", GROUP_SID);
	expect_legs(&setup, 3);
	assert_false(leg_has(1, "JOINED"));
	sspi_pair_close(&pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_what_is_told_of_who_is_let_in, fresh_domain),
		cmocka_unit_test_setup(test_what_clients_are_told_of_refusals, fresh_domain),
		cmocka_unit_test_setup(test_refusals_leave_at_full_times, fresh_domain),
		cmocka_unit_test_setup(test_off_by_default_and_mandatory_members, fresh_domain),
		cmocka_unit_test_setup(test_what_cannot_be_read_lets_nobody_log_on, fresh_domain),
		cmocka_unit_test_setup(test_environment_only_tightens, fresh_domain),
		cmocka_unit_test_setup(test_wait_is_the_settings, fresh_domain),
		cmocka_unit_test_setup(test_names_of_challenge_are_winbinds, fresh_domain),
		cmocka_unit_test(test_refusals_were_told_at_full_times),
	};
	return cmocka_run_group_tests(tests, accounts, tear_down);
}
