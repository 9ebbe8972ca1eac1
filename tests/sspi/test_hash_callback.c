/* SPDX-License-Identifier: Apache-2.0
 *
 * Servers that know no password but answer FreeRDP's hash callback with an NTLMv2 hash
 * (psSspiNtlmHashCallback), and clients that have no password but its hash. The callback's
 * convention is that of the WinPR at hand: non-zero is success up to 3.23, SEC_E_OK from 3.24.
 */
#include "expect.h"

#include <stdlib.h>
#include <string.h>

#include <winpr/custom-crypto.h>
#include <winpr/error.h>
#include <winpr/ntlm.h>
#include <winpr/string.h>
#include <winpr/winpr.h>

/* What the callback does, and what it saw. */
struct oracle
{
	const char* password;
	bool fail;
	DWORD set_error;
	unsigned calls;
	char user[128];
	char domain[128];
	SecPkgContext_AuthIdentity after;
	uint8_t proof_input[2048];
	size_t proof_input_len;
	uint8_t random_key[16];
	uint8_t mic[16];
	bool mic_given;
	bool mic_is_right;
	struct sspi_end* server; /* whose context it asks something, or NULL */
	SECURITY_STATUS asked;
};

static SECURITY_STATUS answer_for(bool success)
{
	int major = 0;
	int minor = 0;
	int revision = 0;
	winpr_get_version(&major, &minor, &revision);
	const bool zero_is_success = major > 3 || (major == 3 && minor >= 24);
	return success == zero_is_success ? SEC_E_OK : 1;
}

/* MS-NLMP 3.1.5.1.2 and 3.2.5.1.2, from what the callback was given and the hash alone: the session
 * base key decrypts EncryptedRandomSessionKey, and the result made the MIC. */
static bool check_mic(const uint8_t* ntowfv2, const SecBuffer* proof_input, const BYTE* random_key,
                      const BYTE* mic, const SecBuffer* mic_input)
{
	BYTE proof[16];
	BYTE base_key[16];
	BYTE exported[16];
	BYTE expected[16];
	WINPR_RC4_CTX* rc4 = NULL;
	if (!winpr_HMAC(WINPR_MD_MD5, ntowfv2, 16, proof_input->pvBuffer, proof_input->cbBuffer, proof,
	                sizeof(proof)) ||
	    !winpr_HMAC(WINPR_MD_MD5, ntowfv2, 16, proof, sizeof(proof), base_key, sizeof(base_key)))
		return false;
	rc4 = winpr_RC4_New(base_key, sizeof(base_key));
	const bool right = rc4 && winpr_RC4_Update(rc4, sizeof(exported), random_key, exported) &&
	                   winpr_HMAC(WINPR_MD_MD5, exported, sizeof(exported), mic_input->pvBuffer,
	                              mic_input->cbBuffer, expected, sizeof(expected)) &&
	                   memcmp(expected, mic, sizeof(expected)) == 0;
	winpr_RC4_Free(rc4);
	return right;
}

static SECURITY_STATUS answer_with_hash(void* arg, const SEC_WINNT_AUTH_IDENTITY* identity,
                                        const SecBuffer* proof_input, const BYTE* random_key,
                                        const BYTE* mic, const SecBuffer* mic_input, BYTE* hash)
{
	struct oracle* oracle = arg;
	oracle->calls++;
	(void)ConvertWCharNToUtf8(identity->User, identity->UserLength, oracle->user,
	                          sizeof(oracle->user));
	if (identity->DomainLength)
		(void)ConvertWCharNToUtf8(identity->Domain, identity->DomainLength, oracle->domain,
		                          sizeof(oracle->domain));
	oracle->proof_input_len = proof_input->cbBuffer;
	if (proof_input->cbBuffer <= sizeof(oracle->proof_input))
		memcpy(oracle->proof_input, proof_input->pvBuffer, proof_input->cbBuffer);
	memcpy(oracle->random_key, random_key, sizeof(oracle->random_key));
	if (oracle->set_error)
		SetLastError(oracle->set_error);
	if (oracle->server)
	{
		SecPkgContext_Sizes sizes;
		oracle->asked =
		    sspi_query(&oracle->server->table, &oracle->server->context, SECPKG_ATTR_SIZES, &sizes);
	}
	if (oracle->fail)
		return answer_for(false);

	size_t count = 0;
	WCHAR* password = ConvertUtf8ToWCharAlloc(oracle->password, &count);
	const BOOL made =
	    NTOWFv2W(password, (UINT32)count * 2, identity->User, identity->UserLength * 2,
	             identity->Domain, identity->DomainLength * 2, hash);
	free(password);
	oracle->mic_given = mic != NULL;
	if (mic)
	{
		memcpy(oracle->mic, mic, sizeof(oracle->mic));
		oracle->mic_is_right = check_mic(hash, proof_input, random_key, mic, mic_input);
	}
	return answer_for(made);
}

static struct sspi_setup asking(struct oracle* oracle)
{
	struct sspi_setup setup = sspi_setup_nla("J\xc3\xb6rg", "CORP", "Password", NULL);
	setup.hash_callback = answer_with_hash;
	setup.hash_callback_arg = oracle;
	return setup;
}

static void test_callback_with_the_right_hash_lets_in(void** state)
{
	(void)state;
	struct oracle oracle = { .password = "Password" };
	struct sspi_pair pair;
	const struct sspi_setup setup = asking(&oracle);
	expect_connects(&pair, &setup, 4);
	assert_int_equal(oracle.calls, 1);
	assert_string_equal(oracle.user, "J\xc3\xb6rg");
	assert_string_equal(oracle.domain, "CORP");
	SecPkgContext_AuthIdentity identity = { 0 };
	expect_status(
	    sspi_query(&pair.server.table, &pair.server.context, SECPKG_ATTR_AUTH_IDENTITY, &identity),
	    SEC_E_OK);
	assert_string_equal(identity.User, "J\xc3\xb6rg");
	assert_string_equal(identity.Domain, "CORP");
	sspi_pair_close(&pair);
}

static void test_callback_is_given_all_it_needs_to_verify_by_itself(void** state)
{
	(void)state;
	struct oracle oracle = { .password = "Password" };
	struct sspi_pair pair;
	const struct sspi_setup setup = asking(&oracle);
	expect_connects(&pair, &setup, 4);
	assert_true(oracle.mic_given);
	assert_true(oracle.mic_is_right);
	/* The attributes say the same afterwards. */
	static const ULONG attributes[] = { SECPKG_ATTR_AUTH_NTLM_NTPROOF_VALUE,
		                                SECPKG_ATTR_AUTH_NTLM_RANDKEY, SECPKG_ATTR_AUTH_NTLM_MIC };
	const void* expected[] = { oracle.proof_input, oracle.random_key, oracle.mic };
	const size_t sizes[] = { oracle.proof_input_len, 16, 16 };
	for (size_t i = 0; i < 3; i++)
	{
		SecBuffer buffer = { 0 };
		expect_status(sspi_query(&pair.server.table, &pair.server.context, attributes[i], &buffer),
		              SEC_E_OK);
		assert_int_equal(buffer.cbBuffer, sizes[i]);
		assert_memory_equal(buffer.pvBuffer, expected[i], sizes[i]);
		sspi_SecBufferFree(&buffer);
	}
	sspi_pair_close(&pair);
}

static void test_callback_with_another_hash_does_not_let_in(void** state)
{
	(void)state;
	struct oracle oracle = { .password = "another" };
	struct sspi_pair pair;
	struct sspi_setup setup = asking(&oracle);
	assert_false(sspi_pair_connect(&pair, &setup));
	expect_refused(&pair.server, SEC_E_LOGON_DENIED);
	assert_int_equal(oracle.calls, 1);
	assert_false(oracle.mic_is_right);
	sspi_pair_close(&pair);
}

static void test_failing_callback_does_not_let_in(void** state)
{
	(void)state;
	struct oracle oracle = { .password = "Password", .fail = true };
	struct sspi_pair pair;
	struct sspi_setup setup = asking(&oracle);
	assert_false(sspi_pair_connect(&pair, &setup));
	expect_refused(&pair.server, SEC_E_LOGON_DENIED);
	assert_int_equal(pair.server.last_error, ERROR_LOGON_FAILURE);
	sspi_pair_close(&pair);
}

static void test_last_error_of_the_callback_reaches_freerdp(void** state)
{
	(void)state;
	static const DWORD errors[] = { ERROR_ACCOUNT_DISABLED, ERROR_PASSWORD_EXPIRED,
		                            ERROR_PASSWORD_MUST_CHANGE };
	static const char* const words[] = { "the account is disabled", "the password has expired",
		                                 "the password must be changed" };
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
	{
		struct oracle oracle = { .fail = true, .set_error = errors[i] };
		struct sspi_pair pair;
		struct sspi_setup setup = asking(&oracle);
		assert_false(sspi_pair_connect(&pair, &setup));
		expect_refused(&pair.server, SEC_E_LOGON_DENIED);
		assert_int_equal(pair.server.last_error, errors[i]);
		assert_int_equal(log_capture_count(WLOG_WARN, words[i], "role=acceptor"), 1);
		assert_int_equal(log_capture_count(WLOG_WARN, words[i], "ntproofstr=not-looked-at"), 1);
		sspi_pair_close(&pair);
	}
}

/* Which its own call has locked: freerdp_nla_QueryContextAttributes() is at hand there. */
static void test_callback_that_asks_its_own_context_does_not_wait_for_itself(void** state)
{
	(void)state;
	struct sspi_pair pair;
	struct oracle oracle = { .password = "Password", .server = &pair.server };
	const struct sspi_setup setup = asking(&oracle);
	expect_connects(&pair, &setup, 4);
	assert_int_equal(oracle.calls, 1);
	expect_status(oracle.asked, SEC_E_INVALID_HANDLE);
	assert_null(sspi_pair_chat(&pair, 1));
	sspi_pair_close(&pair);
}

static void test_callback_on_a_bare_exchange(void** state)
{
	(void)state;
	struct oracle oracle = { .password = "Password" };
	struct sspi_pair pair;
	struct sspi_setup setup = asking(&oracle);
	setup.client_package = setup.server_package = "NTLM";
	expect_connects(&pair, &setup, 3);
	assert_true(oracle.mic_is_right);
	sspi_pair_close(&pair);
	setup.client_table = sspi_builtin();
	expect_connects(&pair, &setup, 3);
	assert_true(oracle.mic_is_right);
	sspi_pair_close(&pair);
}

static void passes_the_hash(ULONG extra_length, UINT32 flag)
{
	struct sspi_pair pair;
	/* The NT hash of "Password" (MS-NLMP 4.2.2.1.2), in digits of both cases. */
	static const char* const digits[] = { "a4f49c406510bdcab6824ee7c30fd852",
		                                  "A4F49C406510BDCAB6824EE7C30FD852" };
	for (size_t i = 0; i < 2; i++)
	{
		struct sspi_setup setup = sspi_setup_nla("user", NULL, digits[i], box.sam);
		setup.password_length_extra = extra_length;
		setup.identity_flags = flag;
		expect_connects(&pair, &setup, 4);
		sspi_pair_close(&pair);
		setup.client_package = "NTLM";
		expect_connects(&pair, &setup, 3);
		sspi_pair_close(&pair);
	}
	/* The digits are no password, and another hash is another hash. */
	struct sspi_setup setup = sspi_setup_nla("user", NULL, digits[0], box.sam);
	assert_false(sspi_pair_connect(&pair, &setup));
	expect_refused(&pair.server, SEC_E_LOGON_DENIED);
	sspi_pair_close(&pair);
	setup.password = "b4f49c406510bdcab6824ee7c30fd852";
	setup.password_length_extra = extra_length;
	setup.identity_flags = flag;
	assert_false(sspi_pair_connect(&pair, &setup));
	expect_refused(&pair.server, SEC_E_LOGON_DENIED);
	sspi_pair_close(&pair);
}

static void test_hash_in_place_of_the_password_by_length(void** state)
{
	(void)state;
	passes_the_hash(512, 0);
}

static void test_hash_in_place_of_the_password_by_flag(void** state)
{
	(void)state;
	passes_the_hash(0, 0x00800000);
}

/* Until 3.26 a length of more than 512 says that the password is a hash, and that only so many
 * characters are there. Since then it is a length, which the characters must be there for. */
static bool length_is_a_mark(void)
{
	int major = 0;
	int minor = 0;
	int revision = 0;

	winpr_get_version(&major, &minor, &revision);
	return major == 3 && minor < 27;
}

static void hash_is_refused(const char* digits, ULONG extra_length, UINT32 flag, const char* why)
{
	struct sspi_pair pair;
	struct sspi_setup setup = sspi_setup_nla("user", NULL, digits, box.sam);
	setup.password_length_extra = extra_length;
	setup.identity_flags = flag;
	log_capture_clear();
	assert_false(sspi_pair_connect(&pair, &setup));
	assert_int_not_equal(pair.client.acquired, SEC_E_OK);
	assert_int_equal(log_capture_count(WLOG_WARN, "credentials are not acquired", why), 1);
	sspi_pair_close(&pair);
}

static void test_hash_that_is_none_is_refused(void** state)
{
	static const char no_digits[] = "the password hash is not 32 hexadecimal digits";
	static const struct
	{
		const char *digits, *why;
	} bad[] = { { "a4f49c406510bdcab6824ee7c30fd85", no_digits },
		        { "a4f49c406510bdcab6824ee7c30fd8522", no_digits },
		        { "g4f49c406510bdcab6824ee7c30fd852", no_digits },
		        { "00000000000000000000000000000000", "the password hash is all zeros" } };
	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
	{
		hash_is_refused(bad[i].digits, 0, 0x00800000, bad[i].why);
		if (length_is_a_mark())
			hash_is_refused(bad[i].digits, 512, 0, bad[i].why);
	}
}

/* As long as a hash with the mark, and digits for as many as a hash has, but one. */
static void test_very_long_password_is_a_hash_only_to_older_releases(void** state)
{
	(void)state;
	char text[512 + 32 + 1];
	struct sspi_pair pair;
	memset(text, 'a', sizeof(text) - 1);
	text[31] = 'x';
	text[sizeof(text) - 1] = '\0';
	const struct sspi_setup setup = sspi_setup_nla("user", NULL, text, box.sam);
	assert_false(sspi_pair_connect(&pair, &setup));
	if (length_is_a_mark())
		assert_int_not_equal(pair.client.acquired, SEC_E_OK);
	else
		expect_refused(&pair.server, SEC_E_LOGON_DENIED);
	sspi_pair_close(&pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_callback_with_the_right_hash_lets_in),
		cmocka_unit_test(test_callback_is_given_all_it_needs_to_verify_by_itself),
		cmocka_unit_test(test_callback_with_another_hash_does_not_let_in),
		cmocka_unit_test(test_failing_callback_does_not_let_in),
		cmocka_unit_test(test_last_error_of_the_callback_reaches_freerdp),
		cmocka_unit_test(test_callback_that_asks_its_own_context_does_not_wait_for_itself),
		cmocka_unit_test(test_callback_on_a_bare_exchange),
		cmocka_unit_test(test_hash_in_place_of_the_password_by_length),
		cmocka_unit_test(test_hash_in_place_of_the_password_by_flag),
		cmocka_unit_test(test_hash_that_is_none_is_refused),
		cmocka_unit_test(test_very_long_password_is_a_hash_only_to_older_releases),
	};
	return cmocka_run_group_tests(tests, box_open, box_close);
}
