/* SPDX-License-Identifier: Apache-2.0
 *
 * The domain that is asked.
 */
#include "domain_fixture.h"

#include <stdatomic.h>
#include <time.h>

#define W(text)                                                                                    \
	{                                                                                              \
		(const uint8_t*)(text), sizeof(text) - 1                                                   \
	}
static const struct bytes alice = W("a\0l\0i\0c\0e\0");
static const struct bytes lab = W("l\0a\0b\0");
static const struct bytes station = W("P\0C\0");
uint8_t nt_response[600];

bool library_missing;
void* __real_dlopen(const char* name, int flags);
void* __wrap_dlopen(const char* name, int flags);
void* __wrap_dlopen(const char* name, int flags)
{
	return library_missing ? NULL : __real_dlopen(name, flags);
}

uid_t uid;
uid_t __wrap_geteuid(void);
uid_t __wrap_geteuid(void)
{
	return uid;
}

time_t ahead;
int __real_clock_gettime(clockid_t clock, struct timespec* now);
int __wrap_clock_gettime(clockid_t clock, struct timespec* now);
int __wrap_clock_gettime(clockid_t clock, struct timespec* now)
{
	const int rc = __real_clock_gettime(clock, now);
	now->tv_sec += ahead;
	return rc;
}

struct sid sid_of(const char* text)
{
	struct sid sid;
	assert_true(sid_parse(text, &sid));
	return sid;
}

/* A user that is in GROUP_SID, and a domain that knows it. */
int domain_fresh(void** state)
{
	struct fake_wbclient* const fake = &fake_wbclient;
	static char account[] = "Alice";
	static char domain[] = "LAB";
	(void)state;
	memset(fake, 0, sizeof(*fake));
	memset(nt_response, 0x5A, sizeof(nt_response));
	fake->sids[0] = (struct wbc_membership){ sid_of(USER_SID), 0 };
	fake->sids[1] = (struct wbc_membership){ sid_of(BASE "513"), 0 };
	fake->sids[2] = (struct wbc_membership){ sid_of(GROUP_SID), ENABLED };
	fake->user = (struct wbc_user){ .account_name = account,
		                            .domain_name = domain,
		                            .account_flags = 0x10,
		                            .user_session_key = FAKE_KEY,
		                            .lm_session_key = { 0x4C, 0x4D },
		                            .sid_count = 3,
		                            .sids = fake->sids };
	fake->netbios_name = "WS1";
	fake->netbios_domain = "LAB";
	fake->dns_domain = "lab.test";
	uid = 0;
	ahead = 0;
	log_capture_clear();
	return 0;
}

struct verifier_domain* domain_made(const char* members, unsigned wait_ms)
{
	const struct domain_config config = { .members = members, .wait_ms = wait_ms };
	const bool wanted[NAME_COUNT] = { false };
	struct blob names[NAME_COUNT] = { BLOB_EMPTY };
	struct verifier_domain* domain = NULL;
	assert_int_equal(verifier_domain_new(&config, wanted, names, &domain), RESULT_OK);
	return domain;
}

struct verify_request request_made(void)
{
	return (struct verify_request){ .user = alice,
		                            .domain = lab,
		                            .workstation = station,
		                            .server_challenge = bytes_make((const uint8_t*)"challeng", 8),
		                            .nt_response = bytes_make(nt_response, sizeof(nt_response)) };
}

/* Nothing of a question is left, but where its worker is. */
void expect_nothing_left(void)
{
	assert_int_equal(fake_wbclient.contexts, 0);
	assert_int_equal(fake_wbclient.memory, 0);
	assert_false(fake_wbclient.key_was_left);
}

enum result judge(struct verifier_domain* domain, struct verify_answer* answer)
{
	const struct verifier* const verifier = verifier_domain_verifier(domain);
	const struct verify_request request = request_made();
	*answer = (struct verify_answer){ .user_found = MECH_USER_NOT_ASKED };
	return verifier->verify(verifier->state, &request, answer);
}

/* One logon of a domain with these members. */
enum result ask(const char* members, struct verify_answer* answer)
{
	struct verifier_domain* const domain = domain_made(members, WAIT_MS);
	const enum result result = judge(domain, answer);
	verifier_domain_free(domain);
	expect_nothing_left();
	return result;
}

void expect(const char* members, enum result result, const char* reason)
{
	struct verify_answer answer;
	const enum result got = ask(members, &answer);
	if (got != result || (reason && (!answer.reason || !strstr(answer.reason, reason))))
		fail_msg("%s and not %s: %s", result_name(got), result_name(result),
		         answer.reason ? answer.reason : "-");
	assert_true(result == RESULT_OK || key_is_zero(&answer.session_base_key));
	blob_free(&answer.words);
}

int domain_start(void** state)
{
	(void)state;
	log_capture_start(false);
	return 0;
}
