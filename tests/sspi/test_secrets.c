/* SPDX-License-Identifier: Apache-2.0
 *
 * What stays in the process's memory once contexts and credentials are freed: no password, no hash,
 * no session key. Every writable mapping of the process is searched, dead stack and freed heap
 * included. What is searched for lies in read-only memory, or in one place that is left out.
 */
#include "expect.h"
#include "memory_scan.h"
#include "winpr_v1.h"
#include "wide.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* "Password": as UTF-16LE, its NT hash (MS-NLMP 4.2.2.1.2), and the hash as a SAM line has it. */
static const UINT16 password_utf16[] = { WIDE('P'), WIDE('a'), WIDE('s'), WIDE('s'),
	                                     WIDE('w'), WIDE('o'), WIDE('r'), WIDE('d') };
static const uint8_t nt_hash[16] = { 0xa4, 0xf4, 0x9c, 0x40, 0x65, 0x10, 0xbd, 0xca,
	                                 0xb6, 0x82, 0x4e, 0xe7, 0xc3, 0x0f, 0xd8, 0x52 };
static const char hash_digits[] = "a4f49c406510bdcab6824ee7c30fd852";
static const UINT16 hash_utf16[] = {
	WIDE('a'), WIDE('4'), WIDE('f'), WIDE('4'), WIDE('9'), WIDE('c'), WIDE('4'), WIDE('0'),
	WIDE('6'), WIDE('5'), WIDE('1'), WIDE('0'), WIDE('b'), WIDE('d'), WIDE('c'), WIDE('a'),
	WIDE('b'), WIDE('6'), WIDE('8'), WIDE('2'), WIDE('4'), WIDE('e'), WIDE('e'), WIDE('7'),
	WIDE('c'), WIDE('3'), WIDE('0'), WIDE('f'), WIDE('d'), WIDE('8'), WIDE('5'), WIDE('2')
};

static uint8_t session_key[16]; /* left out of the search */

static void replace_client_credential(struct sspi_pair* pair, const UINT16* text, UINT32 length,
                                      UINT32 extra)
{
	static const UINT16 user[] = { WIDE('u'), WIDE('s'), WIDE('e'), WIDE('r') };
	union
	{
		const UINT16* in;
		UINT16* out;
	} name = { user }, secret = { text };
	winpr_ntlm_v1 ntlm = { 0 };
	winpr_kerberos_v1 kerberos = { 0 };
	winpr_identity_v1 data = { .ntlmSettings = &ntlm, .kerberosSettings = &kerberos };
	data.identity.Version = SEC_WINNT_AUTH_IDENTITY_VERSION;
	data.identity.Length = sizeof(data.identity);
	data.identity.User = name.out;
	data.identity.UserLength = 4;
	data.identity.Password = secret.out;
	data.identity.PasswordLength = length + extra;
	data.identity.Flags = SEC_WINNT_AUTH_IDENTITY_UNICODE | SEC_WINNT_AUTH_IDENTITY_EXTENDED;
	char package[] = "Negotiate";
	sspi_end_close(&pair->client);
	expect_status(pair->client.table.a->AcquireCredentialsHandleA(
	                  NULL, package, SECPKG_CRED_OUTBOUND, NULL, &data, NULL, NULL,
	                  &pair->client.credential, NULL),
	              SEC_E_OK);
	pair->client.phase = SSPI_CREDENTIAL;
}

static void log_on_and_off(const UINT16* text, UINT32 length, UINT32 extra, bool right)
{
	struct sspi_pair pair;
	const struct sspi_setup setup = sspi_setup_nla("user", NULL, "another", box.sam);
	assert_true(sspi_pair_open(&pair, &setup));
	replace_client_credential(&pair, text, length, extra);
	assert_int_equal(sspi_pair_run(&pair), right);
	if (right)
	{
		SecPkgContext_SessionKey key = { 0, NULL };
		expect_status(
		    sspi_query(&pair.client.table, &pair.client.context, SECPKG_ATTR_SESSION_KEY, &key),
		    SEC_E_OK);
		assert_int_equal(key.SessionKeyLength, sizeof(session_key));
		memcpy(session_key, key.SessionKey, sizeof(session_key));
		explicit_bzero(key.SessionKey, sizeof(session_key));
		expect_status(SSPI_ENTRY(pair.client.table, FreeContextBuffer)(key.SessionKey), SEC_E_OK);
		assert_null(sspi_pair_chat(&pair, 3));
	}
	sspi_pair_close(&pair);
}

static void nothing_is_left(void)
{
	assert_int_equal(memory_scan(password_utf16, sizeof(password_utf16)), 0);
	assert_int_equal(memory_scan(nt_hash, sizeof(nt_hash)), 0);
	assert_int_equal(memory_scan(hash_digits, sizeof(hash_digits) - 1), 0);
	assert_int_equal(memory_scan(hash_utf16, sizeof(hash_utf16)), 0);
	assert_int_equal(memory_scan(session_key, sizeof(session_key)), 0);
}

static void test_the_search_finds_what_is_there(void** state)
{
	(void)state;
	uint8_t* heap = malloc(100);
	uint8_t stack[sizeof(nt_hash)];
	assert_non_null(heap);
	assert_int_equal(memory_scan(nt_hash, sizeof(nt_hash)), 0);
	memcpy(heap + 7, nt_hash, sizeof(nt_hash));
	memcpy(stack, nt_hash, sizeof(stack));
	assert_int_equal(memory_scan(nt_hash, sizeof(nt_hash)), 2);
	assert_memory_equal(stack, nt_hash, sizeof(stack));
	explicit_bzero(heap, 100);
	explicit_bzero(stack, sizeof(stack));
	free(heap);
	assert_int_equal(memory_scan(nt_hash, sizeof(nt_hash)), 0);
}

static void test_no_secret_is_left_after_a_logon(void** state)
{
	(void)state;
	log_on_and_off(password_utf16, 8, 0, true);
	nothing_is_left();
}

static void test_no_secret_is_left_after_a_refused_logon(void** state)
{
	(void)state;
	static const UINT16 wrong[] = { WIDE('p'), WIDE('A'), WIDE('S'), WIDE('S'),
		                            WIDE('W'), WIDE('O'), WIDE('R'), WIDE('d') };
	log_on_and_off(wrong, 8, 0, false);
	nothing_is_left();
	assert_int_equal(memory_scan(wrong, sizeof(wrong)), 0);
}

static void test_no_hash_is_left_after_passing_the_hash(void** state)
{
	(void)state;
	log_on_and_off(hash_utf16, 32, 512, true);
	nothing_is_left();
}

static int set_up(void** state)
{
	(void)state;
	sandbox_open(&box);
	log_capture_start(false);
	memory_scan_leave_out(session_key, sizeof(session_key));
	/* Written without a buffer that would keep the digits. */
	const int file = open(box.sam, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	const bool written = write(file, "user:::", 7) == 7 && write(file, hash_digits, 32) == 32 &&
	                     write(file, ":::\n", 4) == 4;
	return close(file) == 0 && written ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_search_finds_what_is_there),
		cmocka_unit_test(test_no_secret_is_left_after_a_logon),
		cmocka_unit_test(test_no_secret_is_left_after_a_refused_logon),
		cmocka_unit_test(test_no_hash_is_left_after_passing_the_hash),
	};
	return cmocka_run_group_tests(tests, set_up, box_close);
}
