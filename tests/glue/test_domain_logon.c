/* SPDX-License-Identifier: Apache-2.0
 *
 * Users of a domain beside the server's own, through the exported tables: who judges whom, what the
 * settings say, which names CHALLENGE tells, what clients are told of a refusal and when.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "fake_wbclient.h"
#include "settings_pair.h"

#include <winpr/error.h>

#include "host/text.h"
#include "ntlm.h"
#include "verify/verifier_domain.h"

#define GROUP_SID "S-1-5-21-1-2-3-1120"
#define FULL_MS 50
#define PATIENCE_MS 40 /* that a busy machine may be late, below a full time */

static uid_t uid;
uid_t __wrap_geteuid(void);
uid_t __wrap_geteuid(void)
{
	return uid;
}

static const char* host_name;

/* In the place of the C library's. */
int gethostname(char* name, size_t size)
{
	(void)snprintf(name, size, "%s", host_name);
	return 0;
}

/* How often a SAM file was waited for. */
static unsigned waits;
int __real_nanosleep(const struct timespec* time, struct timespec* left);
int __wrap_nanosleep(const struct timespec* time, struct timespec* left);
int __wrap_nanosleep(const struct timespec* time, struct timespec* left)
{
	waits++;
	return __real_nanosleep(time, left);
}

/* The domain's own judgement: whoever knows "Password" gets in, with the right key. */
static int judge(const struct wbc_question* question, uint8_t key[16])
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

static void settings_are(const char* domain, const char* members)
{
	fake_registry_clear();
	fake_registry_string(OWN, "Domain", domain);
	if (members)
		fake_registry_string(OWN, "DomainMembers", members);
}

/* Whom the domain knows under whatever name; fresh_domain() writes it anew. */
static char account[16];

static int fresh_domain(void** state)
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

static struct sspi_setup setup_of(const char* user, const char* domain, const char* password)
{
	struct sspi_setup setup = setup_new("NTLM");
	setup.user = user;
	setup.domain = domain;
	setup.password = password;
	return setup;
}

/* Somebody with "Password" is let in by this source. */
static void expect_in(const char* user, const char* domain, const char* source)
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

static long ms_since(const struct timespec* start)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec - start->tv_sec) * 1000 + (now.tv_nsec - start->tv_nsec) / 1000000;
}

/* Refused by this source: what the client is told, and that it is told at a full 50 ms. Returns how
 * long the refusal took. */
static long expect_out(const struct sspi_setup* setup, DWORD last_error, const char* source)
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

static void expect_full(long took)
{
	if (took < FULL_MS || took % FULL_MS > PATIENCE_MS)
		fail_msg("refused after %ld ms", took);
}

static void expect_nobody(const char* user, const char* domain, const char* source)
{
	const struct sspi_setup setup = setup_of(user, domain, "Password");
	expect_full(expect_out(&setup, ERROR_LOGON_FAILURE, source));
}

/* SAM: alice of LAB and "anybody" with "Own", bare with "Password", locked of LAB (accounts()). */
#define SAM_SAYS "source=\"SAM file\""
#define DOMAIN_SAYS "source=\"domain"

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

static int no_hash(void* client, const SEC_WINNT_AUTH_IDENTITY* identity,
                   const SecBuffer* ntproofvalue, const BYTE* randkey, const BYTE* mic,
                   const SecBuffer* micvalue, BYTE* ntlmhash)
{
	(void)client;
	(void)identity;
	(void)ntproofvalue;
	(void)randkey;
	(void)mic;
	(void)micvalue;
	(void)ntlmhash;
	callback_calls++;
	return 1; /* no success from 3.24 on */
}

static int own_hash(void* client, const SEC_WINNT_AUTH_IDENTITY* identity,
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
	return 0; /* a success from 3.24 on */
}

static void test_callback_that_knows_a_user_judges(void** state)
{
	struct sspi_setup setup = setup_of("anybody", "LAB", "Password");
	(void)state;
	fake.minor = fake.minor < 24 ? 24 : fake.minor;
	setup.sam_file = NULL;
	setup.hash_callback = own_hash;
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
	setup.hash_callback = no_hash;
	callback_calls = 0;
	expect_legs(&setup, 3);
	sspi_pair_close(&pair);
	assert_int_equal(callback_calls, 1);
	assert_int_equal(fake_wbclient.logons, 1);
}

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

static int accounts(void** state)
{
	set_up(state);
	sandbox_sam_user(&box, "alice", "LAB", "Own");
	sandbox_sam_user(&box, "anybody", NULL, "Own");
	sandbox_sam_user(&box, "bare", NULL, "Password");
	sandbox_sam_user(&box, "user", NULL, "Password");
	sandbox_sam_line(&box, "locked:LAB:::::");
	return 0;
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
		cmocka_unit_test_setup(test_what_is_told_of_who_is_let_in, fresh_domain),
		cmocka_unit_test_setup(test_what_clients_are_told_of_refusals, fresh_domain),
		cmocka_unit_test_setup(test_refusals_leave_at_full_times, fresh_domain),
		cmocka_unit_test_setup(test_off_by_default_and_mandatory_members, fresh_domain),
		cmocka_unit_test_setup(test_what_cannot_be_read_lets_nobody_log_on, fresh_domain),
		cmocka_unit_test_setup(test_environment_only_tightens, fresh_domain),
		cmocka_unit_test_setup(test_wait_is_the_settings, fresh_domain),
		cmocka_unit_test_setup(test_names_of_challenge_are_winbinds, fresh_domain),
		cmocka_unit_test_setup(test_full_name_is_this_computers, fresh_domain),
	};
	return cmocka_run_group_tests(tests, accounts, tear_down);
}
