/* SPDX-License-Identifier: Apache-2.0
 *
 * What a domain needs before it can be asked: its library, names that become SIDs, the computer's
 * own names, who the server runs as; and a winbindd that hangs.
 */
#include "domain_fixture.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "host/worker.h"

/* In a child, for a library is looked for once. */
static void test_without_the_library_nobody_logs_on(void** state)
{
	int status = -1;
	(void)state;
	const pid_t child = fork();
	if (child == 0)
	{
		struct verify_answer answer;
		library_missing = true;
		const bool right = ask(GROUP_SID, &answer) == RESULT_NOT_JUDGED &&
		                   strstr(answer.reason, "libwbclient") &&
		                   log_capture_count(WLOG_WARN, "nobody of a domain", "libwbclient") == 1;
		_exit(right ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static void group(size_t which, const char* name, const char* sid, int type)
{
	fake_wbclient.groups[which].domain = "LAB";
	fake_wbclient.groups[which].name = name;
	fake_wbclient.groups[which].sid = sid_of(sid);
	fake_wbclient.groups[which].type = type;
}

static void test_names_become_sids_once(void** state)
{
	struct verify_answer answer;
	(void)state;
	group(0, "rdp users", GROUP_SID, WBC_NAME_GROUP);
	group(1, "Alice", USER_SID, WBC_NAME_USER);
	group(2, "aliases", GROUP_SID, WBC_NAME_ALIAS);
	assert_int_equal(ask("LAB\\rdp users, " BASE "9", &answer), RESULT_OK);
	assert_string_equal(answer.member, "LAB\\x5Crdp users");
	blob_free(&answer.words);
	assert_int_equal(log_capture_count(WLOG_INFO, "DomainMembers:", "is " GROUP_SID), 1);
	assert_int_equal(fake_wbclient.lookups, 1);
	/* Whatever the name is now. */
	group(0, "rdp users", BASE "1", WBC_NAME_GROUP);
	expect("LAB\\rdp users, " BASE "9", RESULT_OK, NULL);
	assert_int_equal(fake_wbclient.lookups, 1);
	/* Another list is asked for. */
	expect("LAB\\Alice", RESULT_OK, NULL);
	expect("LAB\\aliases", RESULT_OK, NULL);
	assert_int_equal(fake_wbclient.lookups, 3);
}

static void test_name_that_is_not_known_refuses_the_domain(void** state)
{
	static const int types[] = { 0, 3, 5, 6, 7, 8, 9, 10 };
	char name[16];
	(void)state;
	expect("LAB\\nobody knows," GROUP_SID, RESULT_NOT_JUDGED,
	       "does not know, or no controller could be asked");
	expect("LAB\\nobody knows," GROUP_SID, RESULT_NOT_JUDGED, "does not know");
	assert_int_equal(log_capture_count(WLOG_WARN, "nobody knows\": the domain knows no such name",
	                                   "or no controller could be asked"),
	                 1);
	expect("OTHER\\rdp users," GROUP_SID, RESULT_NOT_JUDGED, "does not know");
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
	{
		group(0, "thing", GROUP_SID, types[i]);
		expect("LAB\\thing", RESULT_NOT_JUDGED, "does not know");
	}
	/* It is asked for again, and then it stands. */
	group(0, "thing", GROUP_SID, WBC_NAME_GROUP);
	expect("LAB\\thing", RESULT_OK, NULL);
	fake_wbclient.details_error = WBC_NOT_AVAILABLE;
	expect("LAB\\thing", RESULT_OK, NULL);
	expect("LAB\\Thing", RESULT_NOT_JUDGED, "did not say who");
	assert_int_equal(log_capture_count(WLOG_WARN, "does not tell this computer's names", NULL), 1);
	assert_int_equal(fake_wbclient.logons, 2);
	/* No list at all. */
	fake_wbclient.details_error = WBC_OK;
	expect(NULL, RESULT_NOT_JUDGED, "DomainMembers is not");
	expect("", RESULT_NOT_JUDGED, "neither a SID nor");
	expect("S-1-5-21-x", RESULT_NOT_JUDGED, "neither a SID nor");
	expect(GROUP_SID ",", RESULT_NOT_JUDGED, "neither a SID nor");
	expect("rdp users", RESULT_NOT_JUDGED, "neither a SID nor");
	char many[33 * 12 + 1] = "";
	for (int i = 0; i < 33; i++)
	{
		snprintf(name, sizeof(name), "S-1-5-%d,", 100 + i);
		strcat(many, name);
	}
	many[strlen(many) - 1] = '\0';
	expect(many, RESULT_NOT_JUDGED, "more than 32");
	*strrchr(many, ',') = '\0';
	expect(many, RESULT_NOT_ADMITTED, "DomainMembers");
	assert_int_equal(fake_wbclient.logons, 3);
}

/* Of which no controller says who is in it: it would let nobody in, and look right. */
static void test_what_is_this_computers_own_refuses_the_domain(void** state)
{
	static const char* const before[] = { "S-1-5-32-555", "S-1-5-32",
		                                  "BUILTIN\\Remote Desktop Users", "builtin\\users" };
	static const char* const after[] = { "WS1\\local", "ws1\\local", "LAB\\Administrators" };
	(void)state;
	group(0, "Administrators", "S-1-5-32-544", WBC_NAME_ALIAS);
	group(1, "local", BASE "1", WBC_NAME_ALIAS);
	for (size_t i = 0; i < sizeof(before) / sizeof(before[0]); i++)
	{
		expect(before[i], RESULT_NOT_JUDGED, "this computer's own");
		assert_int_equal(fake_wbclient.lookups, 0);
	}
	fake_wbclient.groups[1].domain = "WS1";
	for (size_t i = 0; i < sizeof(after) / sizeof(after[0]); i++)
	{
		char list[64];
		snprintf(list, sizeof(list), GROUP_SID ", %s", after[i]);
		expect(list, RESULT_NOT_JUDGED, "this computer's own");
		assert_int_equal(fake_wbclient.lookups, i + 1);
	}
	assert_int_equal(fake_wbclient.logons, 0);
	assert_int_equal(log_capture_count(WLOG_WARN, "DomainMembers: ", "name a group of the domain"),
	                 7);
	assert_int_equal(log_capture_count(WLOG_INFO, "DomainMembers: ", " is S-1-"), 0);
	/* Others that look like them are a domain's. */
	fake_wbclient.netbios_name = NULL;
	group(1, "local", GROUP_SID, WBC_NAME_ALIAS);
	fake_wbclient.groups[1].domain = "WS10";
	expect("WS10\\local", RESULT_OK, NULL);
	fake_wbclient.netbios_name = "WS1";
	fake_wbclient.groups[1].domain = "WS100";
	expect("WS100\\local", RESULT_OK, NULL);
	expect("S-1-5-33-1," GROUP_SID ",S-1-6-32-1", RESULT_OK, NULL);
}

static void expect_names(const char* computer, const char* domain, const char* dns)
{
	const struct domain_config config = { .members = GROUP_SID, .wait_ms = WAIT_MS };
	bool wanted[NAME_COUNT] = { [NAME_NETBIOS_COMPUTER] = computer != NULL,
		                        [NAME_NETBIOS_DOMAIN] = domain != NULL,
		                        [NAME_DNS_DOMAIN] = dns != NULL };
	const char* const told[NAME_COUNT] = { computer, domain, NULL, dns, NULL };
	struct blob names[NAME_COUNT] = { BLOB_EMPTY };
	struct verifier_domain* made = NULL;
	assert_int_equal(verifier_domain_new(&config, wanted, names, &made), RESULT_OK);
	for (size_t i = 0; i < NAME_COUNT; i++)
	{
		struct blob utf8 = BLOB_EMPTY;
		assert_int_equal(utf16_to_utf8(blob_bytes(&names[i]), &utf8), RESULT_OK);
		const char* const expected = told[i] ? told[i] : "";
		assert_int_equal(utf8.len, strlen(expected));
		assert_memory_equal(utf8.data ? utf8.data : (const uint8_t*)"", expected, utf8.len);
		blob_free(&utf8);
		blob_free(&names[i]);
	}
	verifier_domain_free(made);
}

static void test_names_are_asked_for_after_an_hour_or_a_failure(void** state)
{
	(void)state;
	ahead += 3601;
	expect_names("WS1", "LAB", "lab.test");
	assert_int_equal(fake_wbclient.details, 1);
	fake_wbclient.netbios_name = "WS2";
	ahead += 3500;
	expect_names("WS1", NULL, "lab.test");
	assert_int_equal(fake_wbclient.details, 1);
	ahead += 101;
	expect_names("WS2", "LAB", NULL);
	assert_int_equal(fake_wbclient.details, 2);
	/* While they cannot be had the old ones stand, and each one asks. */
	fake_wbclient.details_error = WBC_NOT_AVAILABLE;
	ahead += 3601;
	expect_names("WS2", "LAB", "lab.test");
	expect_names("WS2", "LAB", "lab.test");
	assert_int_equal(fake_wbclient.details, 4);
	/* What is not told stays. */
	fake_wbclient.details_error = WBC_OK;
	fake_wbclient.netbios_name = NULL;
	fake_wbclient.netbios_domain = "";
	fake_wbclient.dns_domain = "new.test";
	expect_names("WS2", "LAB", "new.test");
	assert_int_equal(fake_wbclient.details, 5);
}

static void test_daemon_of_some_user_asks_nobody(void** state)
{
	static const struct
	{
		uid_t uid;
		bool service;
	} rows[] = { { 0, true },      { 1, true },      { 999, true },   { 1000, false },
		         { 61183, false }, { 61184, true },  { 65519, true }, { 65520, false },
		         { 65534, false }, { 100000, false } };
	struct domain_config config = { .members = GROUP_SID, .wait_ms = WAIT_MS };
	const bool wanted[NAME_COUNT] = { false };
	struct blob names[NAME_COUNT] = { BLOB_EMPTY };
	struct verifier_domain* domain = NULL;
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
	{
		uid = rows[i].uid;
		expect(GROUP_SID, rows[i].service ? RESULT_OK : RESULT_NOT_JUDGED,
		       rows[i].service ? NULL : "DomainUserDaemon");
	}
	assert_int_equal(fake_wbclient.logons, 5);
	config.user_daemon = true;
	struct verify_answer answer;
	assert_int_equal(verifier_domain_new(&config, wanted, names, &domain), RESULT_OK);
	assert_int_equal(judge(domain, &answer), RESULT_OK);
	blob_free(&answer.words);
	verifier_domain_free(domain);
}

#define THREADS 4

static void* make_domains(void* opaque)
{
	const bool wanted[NAME_COUNT] = { [NAME_DNS_DOMAIN] = true };
	char members[64];
	for (int i = 0; i < 10; i++)
	{
		const struct domain_config config = { .members = members, .wait_ms = WAIT_MS };
		struct blob names[NAME_COUNT] = { BLOB_EMPTY };
		struct verifier_domain* domain = NULL;
		snprintf(members, sizeof(members), "LAB\\users,S-1-5-21-8-%d", i);
		assert_int_equal(verifier_domain_new(&config, wanted, names, &domain), RESULT_OK);
		assert_true(names[NAME_DNS_DOMAIN].len > 0);
		blob_free(&names[NAME_DNS_DOMAIN]);
		verifier_domain_free(domain);
	}
	return opaque;
}

/* ThreadSanitizer says where a lock is missing. */
static void test_facts_are_asked_for_in_several_threads(void** state)
{
	pthread_t threads[THREADS];
	(void)state;
	group(0, "users", GROUP_SID, WBC_NAME_GROUP);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, make_domains, NULL), 0);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	expect("LAB\\users,S-1-5-21-8-0", RESULT_OK, NULL);
	expect_nothing_left();
}

static void wait_until_left(void)
{
	for (int i = 0; i < 20000 && fake_wbclient.contexts + fake_wbclient.memory > 0; i++)
		usleep(1000);
	expect_nothing_left();
}

static void test_winbindd_that_hangs_is_left(void** state)
{
	struct verifier_domain* const domain = domain_made(GROUP_SID, 30);
	struct verify_answer answer;
	(void)state;
	fake_wbclient.hangs = true;
	for (unsigned i = 0; i < WORKERS_LEFT; i++)
	{
		assert_int_equal(judge(domain, &answer), RESULT_NOT_JUDGED);
		assert_non_null(strstr(answer.reason, "DomainWait"));
	}
	assert_int_equal(judge(domain, &answer), RESULT_NOT_JUDGED);
	assert_non_null(strstr(answer.reason, "eight questions"));
	assert_int_equal(fake_wbclient.logons, WORKERS_LEFT);
	/* It answers all of them at last: nobody wants that, and nothing of it stays. */
	fake_wbclient.hangs = false;
	wait_until_left();
	while (worker_is_full(WORKER_WINBIND))
		usleep(1000);
	verifier_domain_free(domain);
	expect(GROUP_SID, RESULT_OK, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_without_the_library_nobody_logs_on, domain_fresh),
		cmocka_unit_test_setup(test_names_become_sids_once, domain_fresh),
		cmocka_unit_test_setup(test_name_that_is_not_known_refuses_the_domain, domain_fresh),
		cmocka_unit_test_setup(test_what_is_this_computers_own_refuses_the_domain, domain_fresh),
		cmocka_unit_test_setup(test_names_are_asked_for_after_an_hour_or_a_failure, domain_fresh),
		cmocka_unit_test_setup(test_daemon_of_some_user_asks_nobody, domain_fresh),
		cmocka_unit_test_setup(test_facts_are_asked_for_in_several_threads, domain_fresh),
		cmocka_unit_test_setup(test_winbindd_that_hangs_is_left, domain_fresh),
	};
	return cmocka_run_group_tests(tests, domain_start, NULL);
}
