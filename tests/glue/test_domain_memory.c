/* SPDX-License-Identifier: Apache-2.0
 *
 * Every allocation fails in turn (fail_each.h): of a logon at a domain, and of asking who the names
 * in DomainMembers are. Nobody is let in for it, and nothing stays.
 */
#include "domain_fixture.h"

#include <stdio.h>

#include "fail_each.h"
#include "kerberos_pair.h"

/* Whoever had no memory says so, or that he could not ask. */
static int short_of(enum result result)
{
	return (int)(result == RESULT_NOT_JUDGED ? RESULT_NO_MEMORY : result);
}

static int make_and_ask(const char* members)
{
	const struct domain_config config = { .members = members, .wait_ms = WAIT_MS };
	const bool wanted[NAME_COUNT] = { [NAME_NETBIOS_DOMAIN] = true };
	struct blob names[NAME_COUNT] = { BLOB_EMPTY };
	struct verifier_domain* domain = NULL;
	struct verify_answer answer = { .reason = NULL };
	enum result result = verifier_domain_new(&config, wanted, names, &domain);
	if (result == RESULT_OK)
		result = judge(domain, &answer);
	blob_free(&answer.words);
	blob_free(&names[NAME_NETBIOS_DOMAIN]);
	verifier_domain_free(domain);
	expect_nothing_left();
	return short_of(result);
}

static int log_on(const void* job)
{
	return make_and_ask(job);
}

/* Another list each time, so that it is asked for. */
static int log_on_by_name(const void* job)
{
	static unsigned number;
	char members[64];
	snprintf(members, sizeof(members), "%s,S-1-5-21-9-%u", (const char*)job, ++number);
	return make_and_ask(members);
}

static void test_memory_of_a_logon(void** state)
{
	(void)state;
	fail_each(log_on, GROUP_SID, RESULT_OK, RESULT_NO_MEMORY);
}

static void test_memory_of_names(void** state)
{
	(void)state;
	fake_wbclient.groups[0].domain = "LAB";
	fake_wbclient.groups[0].name = "users";
	fake_wbclient.groups[0].sid = sid_of(GROUP_SID);
	fake_wbclient.groups[0].type = WBC_NAME_GROUP;
	fail_each(log_on_by_name, "LAB\\users", RESULT_OK, RESULT_NO_MEMORY);
	fail_each_expect(60, 6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_memory_of_a_logon, domain_fresh),
		cmocka_unit_test_setup(test_memory_of_names, domain_fresh),
	};
	return cmocka_run_group_tests(tests, domain_start, NULL);
}
