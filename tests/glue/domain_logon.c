/* SPDX-License-Identifier: Apache-2.0
 *
 * The domain and the computer that joined it, and logons at a server there.
 */
#include "domain_logon.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <winpr/error.h>

#include "host/text.h"
#include "ntlm.h"

#define LATE_MS 15 /* behind a full time */

uid_t uid;
uid_t __wrap_geteuid(void);
uid_t __wrap_geteuid(void)
{
	return uid;
}

const char* host_name;

/* In the place of the C library's. */
int gethostname(char* name, size_t size)
{
	(void)snprintf(name, size, "%s", host_name);
	return 0;
}

/* How often a SAM file was waited for. */
unsigned waits;
int __real_nanosleep(const struct timespec* time, struct timespec* left);
int __wrap_nanosleep(const struct timespec* time, struct timespec* left);
int __wrap_nanosleep(const struct timespec* time, struct timespec* left)
{
	waits++;
	return __real_nanosleep(time, left);
}

/* The domain's own judgement: whoever knows "Password" gets in, with the right key. */
int judge(const struct wbc_question* question, uint8_t key[16])
{
	const struct verify_request blank = { .exact = false };
	struct verify_request request = blank;
	struct verify_answer answer = { .reason = NULL };
	struct blob user = BLOB_EMPTY;
	struct blob domain = BLOB_EMPTY;
	struct key nt_hash;
	enum result result = RESULT_INTERNAL;
	sandbox_nt_hash("Password", nt_hash.bytes);
	if (text_from_string(question->account_name, &user) == RESULT_OK &&
	    text_from_string(question->domain_name, &domain) == RESULT_OK)
	{
		request.user = blob_bytes(&user);
		request.domain = blob_bytes(&domain);
		request.server_challenge = bytes_make(question->password.response.challenge, 8);
		request.nt_response =
		    bytes_make(question->password.response.nt_data, question->password.response.nt_length);
		result = ntlm_verify_nt_hash(&request, &nt_hash, &answer);
	}
	if (result == RESULT_OK)
		memcpy(key, answer.session_base_key.bytes, 16);
	blob_free(&user);
	blob_free(&domain);
	fake_wbclient.nt_status = 0xC000006A;
	return result == RESULT_OK ? WBC_OK : WBC_AUTH_ERROR;
}

void settings_are(const char* domain, const char* members)
{
	fake_registry_clear();
	fake_registry_string(OWN, "Domain", domain);
	if (members)
		fake_registry_string(OWN, "DomainMembers", members);
}

/* Whom the domain knows under whatever name; fresh_domain() writes it anew. */
char account[16];

int fresh_domain(void** state)
{
	struct fake_wbclient* const fake_domain = &fake_wbclient;
	static char domain[] = "LAB";
	fresh(state);
	strcpy(account, "member");
	host_name = "ws1";
	uid = 0;
	unsetenv("NEGOSSP_DOMAIN");
	unsetenv("NEGOSSP_DOMAIN_WAIT");
	unsetenv("NEGOSSP_DOMAIN_MEMBERS");
	unsetenv("NEGOSSP_DOMAIN_USER_DAEMON");
	memset(fake_domain, 0, sizeof(*fake_domain));
	assert_true(sid_parse("S-1-5-21-1-2-3-1104", &fake_domain->sids[0].sid));
	assert_true(sid_parse(GROUP_SID, &fake_domain->sids[1].sid));
	fake_domain->sids[1].attributes = 7;
	fake_domain->user = (struct wbc_user){ .account_name = account,
		                                   .domain_name = domain,
		                                   .account_flags = 0x10,
		                                   .sid_count = 2,
		                                   .sids = fake_domain->sids };
	fake_domain->judge = judge;
	fake_domain->netbios_name = "JOINED";
	fake_domain->netbios_domain = "LAB";
	fake_domain->dns_domain = "lab.test";
	settings_are("named", GROUP_SID);
	return 0;
}

struct sspi_setup setup_of(const char* user, const char* domain, const char* password)
{
	struct sspi_setup setup = setup_new("NTLM");
	setup.user = user;
	setup.domain = domain;
	setup.password = password;
	return setup;
}

/* Somebody with "Password" is let in by this source. */
void expect_in(const char* user, const char* domain, const char* source)
{
	const struct sspi_setup setup = setup_of(user, domain, "Password");
	log_capture_clear();
	expect_legs(&setup, 3);
	if (log_capture_count(WLOG_INFO, "role=acceptor", source) != 1)
	{
		log_capture_print();
		fail_msg("%s, %s: not by %s", user, domain ? domain : "(none)", source);
	}
	assert_null(sspi_pair_chat(&pair, 1));
	sspi_pair_close(&pair);
}

long ms_since(const struct timespec* start)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec - start->tv_sec) * 1000 + (now.tv_nsec - start->tv_nsec) / 1000000;
}

/* Refused by this source, and what the client is told. Returns how long the refusal took. */
long expect_out(const struct sspi_setup* setup, DWORD last_error, const char* source)
{
	struct sspi_token negotiate = { 0 };
	struct sspi_token challenge = { 0 };
	struct sspi_token authenticate = { 0 };
	struct sspi_token none = { 0 };
	struct timespec start;
	log_capture_clear();
	assert_true(sspi_pair_open(&pair, setup));
	expect_status(sspi_end_step(&pair.client, NULL, &negotiate), SEC_I_CONTINUE_NEEDED);
	expect_status(sspi_end_step(&pair.server, &negotiate, &challenge), SEC_I_CONTINUE_NEEDED);
	expect_status(sspi_end_step(&pair.client, &challenge, &authenticate), SEC_E_OK);
	clock_gettime(CLOCK_MONOTONIC, &start);
	expect_status(sspi_end_step(&pair.server, &authenticate, &none), SEC_E_LOGON_DENIED);
	const long took = ms_since(&start);
	assert_int_equal(pair.server.last_error, last_error);
	if (log_capture_count(WLOG_WARN, "role=acceptor", source) != 1)
	{
		log_capture_print();
		fail_msg("not by %s", source);
	}
	sspi_token_free(&negotiate);
	sspi_token_free(&challenge);
	sspi_token_free(&authenticate);
	sspi_token_free(&none);
	sspi_pair_close(&pair);
	return took;
}

static unsigned refusals;
static unsigned late;

void expect_full(long took)
{
	if (took < FULL_MS)
		fail_msg("refused after %ld ms", took);
	refusals++;
	late += took % FULL_MS > LATE_MS;
}

/* A busy machine may be late at some; at any time it would be at two of three. */
void test_refusals_were_told_at_full_times(void** state)
{
	(void)state;
	assert_true(refusals > 5);
	if (late * 2 > refusals)
		fail_msg("%u of %u refusals were late", late, refusals);
}

void expect_nobody(const char* user, const char* domain, const char* source)
{
	const struct sspi_setup setup = setup_of(user, domain, "Password");
	expect_full(expect_out(&setup, ERROR_LOGON_FAILURE, source));
}

int accounts(void** state)
{
	set_up(state);
	sandbox_sam_user(&box, "alice", "LAB", "Own");
	sandbox_sam_user(&box, "anybody", NULL, "Own");
	sandbox_sam_user(&box, "bare", NULL, "Password");
	sandbox_sam_user(&box, "user", NULL, "Password");
	sandbox_sam_line(&box, "locked:LAB:::::");
	return 0;
}
