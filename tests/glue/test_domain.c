/* SPDX-License-Identifier: Apache-2.0
 *
 * The domain as a verifier, over a scripted libwbclient: what is asked, every status, who is let
 * in, and garbage.
 */
#include "domain_fixture.h"

#include <stdlib.h>

/* --- what is wiped (the linker's --wrap) ------------------------------------------------------ */

static _Atomic bool stack_was_wiped;
void __real_secret_wipe(void* memory, size_t len);
void __wrap_secret_wipe(void* memory, size_t len);
void __wrap_secret_wipe(void* memory, size_t len)
{
	const uintptr_t key = (uintptr_t)fake_wbclient.key_on_stack;
	const uintptr_t from = (uintptr_t)memory;
	if (key >= from && key - from + KEY_SIZE <= len)
		stack_was_wiped = memcmp((const void*)key, FAKE_KEY, KEY_SIZE) == 0;
	__real_secret_wipe(memory, len);
}

/* Else AddressSanitizer may keep what is on the stack elsewhere. */
const char* __asan_default_options(void);
const char* __asan_default_options(void)
{
	return "detect_stack_use_after_return=0";
}

/* --- an answer ---------------------------------------------------------------------------------
 */

static void test_right_answer_gives_key_and_account(void** state)
{
	static const char* const names[] = { "A\0l\0i\0c\0e\0", "L\0A\0B\0" };
	struct verify_answer answer;
	(void)state;
	assert_int_equal(ask(GROUP_SID, &answer), RESULT_OK);
	assert_memory_equal(answer.session_base_key.bytes, FAKE_KEY, KEY_SIZE);
	assert_int_equal(answer.user_found, MECH_USER_FOUND);
	assert_null(answer.reason);
	assert_string_equal(answer.source, "domain LAB");
	assert_string_equal(answer.sid, USER_SID);
	assert_string_equal(answer.member, GROUP_SID);
	assert_true(bytes_equal(answer.user, bytes_make((const uint8_t*)names[0], 10)));
	assert_true(bytes_equal(answer.domain, bytes_make((const uint8_t*)names[1], 6)));
	blob_free(&answer.words);
}

/* On the stack of the thread that asks. */
static void test_key_that_libwbclient_leaves_is_wiped(void** state)
{
	(void)state;
	stack_was_wiped = false;
	expect(GROUP_SID, RESULT_OK, NULL);
	assert_non_null(fake_wbclient.key_on_stack);
	assert_true(stack_was_wiped);
}

static void test_question_is_what_was_received(void** state)
{
	const struct fake_wbclient* const fake = &fake_wbclient;
	(void)state;
	expect(GROUP_SID, RESULT_OK, NULL);
	assert_string_equal(fake->account, "alice");
	assert_string_equal(fake->domain, "lab");
	assert_string_equal(fake->workstation, "PC");
	assert_int_equal(fake->level, WBC_LEVEL_RESPONSE);
	assert_int_equal(fake->flags, 0);
	assert_int_equal(fake->parameter_control, 0);
	assert_int_equal(fake->lm_len, 0);
	assert_memory_equal(fake->challenge, "challeng", 8);
	assert_int_equal(fake->response_len, sizeof(nt_response));
	assert_memory_equal(fake->response, nt_response, sizeof(nt_response));
}

static void test_what_cannot_be_passed_on_is_not_asked(void** state)
{
	static const uint8_t lone[] = { 0x00, 0xD8 };
	struct verifier_domain* const domain = domain_made(GROUP_SID, WAIT_MS);
	const struct verifier* const verifier = verifier_domain_verifier(domain);
	struct verify_request bad[4] = { request_made(), request_made(), request_made(),
		                             request_made() };
	(void)state;
	bad[0].user = BYTES_OF(lone);
	bad[1].domain = BYTES_OF(lone);
	bad[2].workstation = BYTES_OF(lone);
	bad[3].nt_response.len = 65536; /* is not read */
	for (size_t i = 0; i < 4; i++)
	{
		struct verify_answer answer = { .reason = NULL };
		assert_int_equal(verifier->verify(verifier->state, &bad[i], &answer), RESULT_NOT_JUDGED);
		assert_non_null(strstr(answer.reason, "cannot be passed on"));
	}
	assert_int_equal(fake_wbclient.logons, 0);
	verifier_domain_free(domain);
}

static void test_every_status(void** state)
{
	static const struct
	{
		uint32_t status;
		enum result result;
		enum mech_user user;
		const char* reason;
	} rows[] = {
		{ 0xC000006A, RESULT_LOGON_DENIED, MECH_USER_FOUND, "wrong password" },
		{ 0xC0000064, RESULT_LOGON_DENIED, MECH_USER_NOT_FOUND, "no such user" },
		{ 0xC000006D, RESULT_LOGON_DENIED, MECH_USER_NOT_ASKED, "other names" },
		{ 0xC0000072, RESULT_ACCOUNT_DISABLED, MECH_USER_FOUND, "disabled" },
		{ 0xC0000071, RESULT_PASSWORD_EXPIRED, MECH_USER_FOUND, "password has expired" },
		{ 0xC0000224, RESULT_PASSWORD_MUST_CHANGE, MECH_USER_FOUND, "must be changed" },
		{ 0xC0000193, RESULT_ACCOUNT_EXPIRED, MECH_USER_FOUND, "account has expired" },
		{ 0xC000006F, RESULT_LOGON_HOURS, MECH_USER_FOUND, "other hours" },
		{ 0xC0000070, RESULT_WORKSTATION, MECH_USER_FOUND, "other computers" },
		{ 0xC000015B, RESULT_NOT_ADMITTED, MECH_USER_FOUND, "over the network" },
		{ 0xC0000234, RESULT_ACCOUNT_LOCKED, MECH_USER_FOUND, "locked out" },
		{ 0xC000006E, RESULT_NOT_JUDGED, MECH_USER_FOUND, "Protected Users" },
		{ 0xC00002FA, RESULT_NOT_JUDGED, MECH_USER_FOUND, "smart card" },
		{ 0xC0000413, RESULT_NOT_JUDGED, MECH_USER_FOUND, "authentication policy" },
		{ 0xC0000418, RESULT_NOT_JUDGED, MECH_USER_NOT_ASKED, "does not allow NTLM" },
		{ 0xC000005E, RESULT_NOT_JUDGED, MECH_USER_NOT_ASKED, "no domain controller" },
		{ 0xC00000B5, RESULT_NOT_JUDGED, MECH_USER_NOT_ASKED, "did not answer winbindd" },
		{ 0xC0000022, RESULT_NOT_JUDGED, MECH_USER_NOT_ASKED, "denies this computer" },
		{ 0xC000018A, RESULT_NOT_JUDGED, MECH_USER_NOT_ASKED, "secret" },
		{ 0xC000018B, RESULT_NOT_JUDGED, MECH_USER_NOT_ASKED, "no account in the domain" },
		{ 0xC000018D, RESULT_NOT_JUDGED, MECH_USER_NOT_ASKED, "does not trust" },
		{ 0xC0000199, RESULT_NOT_JUDGED, MECH_USER_NOT_ASKED, "NTSTATUS" },
		{ 1, RESULT_NOT_JUDGED, MECH_USER_NOT_ASKED, "NTSTATUS" },
	};
	(void)state;
	fake_wbclient.error = WBC_AUTH_ERROR;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
	{
		struct verify_answer answer;
		fake_wbclient.nt_status = rows[i].status;
		assert_int_equal(ask(GROUP_SID, &answer), rows[i].result);
		assert_int_equal(answer.user_found, rows[i].user);
		assert_non_null(strstr(answer.reason, rows[i].reason));
		assert_true(key_is_zero(&answer.session_base_key));
		assert_null(answer.words.data);
	}
	assert_int_equal(log_capture_count(WLOG_WARN, "0xC0000199", NULL), 1);
}

static void test_what_libwbclient_does_not_manage(void** state)
{
	(void)state;
	fake_wbclient.error = WBC_NOT_AVAILABLE;
	expect(GROUP_SID, RESULT_NOT_JUDGED, "winbindd_priv");
	fake_wbclient.details_error = WBC_NOT_AVAILABLE;
	expect(GROUP_SID, RESULT_NOT_JUDGED, "winbindd is not running");
	fake_wbclient.details_error = WBC_OK;
	fake_wbclient.error = WBC_NO_MEMORY;
	expect(GROUP_SID, RESULT_NO_MEMORY, NULL);
	fake_wbclient.error = 8; /* WBC_ERR_INVALID_RESPONSE */
	expect(GROUP_SID, RESULT_NOT_JUDGED, "makes no sense");
	assert_int_equal(log_capture_count(WLOG_WARN, "libwbclient fails with error 8", NULL), 1);
	fake_wbclient.error = WBC_AUTH_ERROR;
	fake_wbclient.no_failure = true;
	expect(GROUP_SID, RESULT_NOT_JUDGED, "makes no sense");
	fake_wbclient.no_failure = false;
	fake_wbclient.nt_status = 0;
	expect(GROUP_SID, RESULT_NOT_JUDGED, "makes no sense");
	fake_wbclient.no_context = true;
	expect(GROUP_SID, RESULT_NO_MEMORY, NULL);
}

static void test_garbage_lets_nobody_in(void** state)
{
	struct wbc_user* const user = &fake_wbclient.user;
	const struct wbc_user right = *user;
	static char empty[] = "";
	static char not_text[] = "\xFF";
	(void)state;
	fake_wbclient.no_user = true;
	expect(GROUP_SID, RESULT_NOT_JUDGED, "makes no sense");
	fake_wbclient.no_user = false;
	user->sids = NULL;
	expect(GROUP_SID, RESULT_NOT_JUDGED, "makes no sense");
	*user = right;
	user->sid_count = 0;
	expect(GROUP_SID, RESULT_NOT_JUDGED, "makes no sense");
	*user = right;
	user->sid_count = UINT32_MAX;
	expect(GROUP_SID, RESULT_NOT_JUDGED, "makes no sense");
	*user = right;
	char** const names[] = { &user->account_name, &user->domain_name };
	char* const values[] = { NULL, empty, not_text };
	for (size_t i = 0; i < 6; i++)
	{
		*names[i % 2] = values[i / 2];
		expect(GROUP_SID, RESULT_NOT_JUDGED, "makes no sense");
		*user = right;
	}
	fake_wbclient.sids[0].sid.count = 0;
	expect(GROUP_SID, RESULT_NOT_JUDGED, "makes no sense");
	fake_wbclient.sids[0].sid.count = 255;
	expect(GROUP_SID, RESULT_NOT_JUDGED, "makes no sense");
	fake_wbclient.sids[0].sid = sid_of(USER_SID);
	/* A group of a length that no SID has is nobody's. */
	fake_wbclient.sids[2].sid.count = 255;
	expect(GROUP_SID, RESULT_NOT_ADMITTED, "DomainMembers");
	fake_wbclient.sids[2].sid = sid_of(GROUP_SID);
	memset(user->user_session_key, 0, sizeof(user->user_session_key));
	expect(GROUP_SID, RESULT_NOT_JUDGED, "no session key");
}

static void test_only_enabled_sids_count(void** state)
{
	uint32_t* const attributes = &fake_wbclient.sids[2].attributes;
	(void)state;
	expect(BASE "1121", RESULT_NOT_ADMITTED, "DomainMembers");
	expect("S-1-5-21-1-2-4-1120", RESULT_NOT_ADMITTED, "DomainMembers");
	expect("S-1-6-21-1-2-3-1120", RESULT_NOT_ADMITTED, "DomainMembers");
	expect("S-1-5-21-1-2-3", RESULT_NOT_ADMITTED, "DomainMembers");
	/* The user's own SID has no attributes; the primary group's are in its second place. */
	expect(USER_SID, RESULT_OK, NULL);
	expect(BASE "513", RESULT_NOT_ADMITTED, "DomainMembers");
	*attributes = 0x3;
	expect(GROUP_SID, RESULT_NOT_ADMITTED, "DomainMembers");
	*attributes = 0x10;
	expect(GROUP_SID, RESULT_NOT_ADMITTED, "DomainMembers");
	*attributes = ENABLED | 0x10;
	expect(GROUP_SID, RESULT_NOT_ADMITTED, "DomainMembers");
	*attributes = 0x4;
	expect(GROUP_SID, RESULT_OK, NULL);
	expect(BASE "7,  " GROUP_SID "\t," BASE "8", RESULT_OK, NULL);
	/* One that is not admitted is told to the log all the same. */
	struct verify_answer answer;
	assert_int_equal(ask(BASE "1121", &answer), RESULT_NOT_ADMITTED);
	assert_string_equal(answer.sid, USER_SID);
	assert_null(answer.member);
	blob_free(&answer.words);
}

static void test_guests_and_computers_are_refused(void** state)
{
	struct wbc_user* const user = &fake_wbclient.user;
	static char robot[] = "robot$";
	(void)state;
	/* Whoever it does not know: no password of his was right, so he is told what others are. */
	struct verify_answer answer;
	user->user_flags = 0x1;
	expect(GROUP_SID, RESULT_LOGON_DENIED, "guest");
	assert_int_equal(ask(GROUP_SID, &answer), RESULT_LOGON_DENIED);
	assert_true(answer.unproven);
	assert_int_equal(answer.user_found, MECH_USER_NOT_ASKED);
	assert_null(answer.sid);
	user->user_flags = 0x20;
	expect(GROUP_SID, RESULT_OK, NULL);
	fake_wbclient.sids[0].sid = sid_of(BASE "501");
	expect(GROUP_SID, RESULT_NOT_ADMITTED, "guest");
	fake_wbclient.sids[0].sid = sid_of(USER_SID);
	for (uint32_t flag = 0x40; flag <= 0x100; flag <<= 1)
	{
		user->account_flags = flag | 0x10;
		expect(GROUP_SID, RESULT_NOT_ADMITTED, "computer");
	}
	user->account_flags = 0x10;
	user->account_name = robot;
	expect(GROUP_SID, RESULT_NOT_ADMITTED, "computer");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_right_answer_gives_key_and_account, domain_fresh),
		cmocka_unit_test_setup(test_key_that_libwbclient_leaves_is_wiped, domain_fresh),
		cmocka_unit_test_setup(test_question_is_what_was_received, domain_fresh),
		cmocka_unit_test_setup(test_what_cannot_be_passed_on_is_not_asked, domain_fresh),
		cmocka_unit_test_setup(test_every_status, domain_fresh),
		cmocka_unit_test_setup(test_what_libwbclient_does_not_manage, domain_fresh),
		cmocka_unit_test_setup(test_garbage_lets_nobody_in, domain_fresh),
		cmocka_unit_test_setup(test_only_enabled_sids_count, domain_fresh),
		cmocka_unit_test_setup(test_guests_and_computers_are_refused, domain_fresh),
	};
	return cmocka_run_group_tests(tests, domain_start, NULL);
}
