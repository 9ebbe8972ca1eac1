/* SPDX-License-Identifier: Apache-2.0
 *
 * Pass-the-hash: the client has no password but its NT hash (MS-NLMP 3.3.1), which FreeRDP takes in
 * restricted admin mode and hands to the security package in the place of the password.
 *
 * Only against a FreeRDP whose client survives it: see CMakeLists.txt.
 */
#include "nla_check.h"

#include <stdlib.h>

#include <winpr/ntlm.h>
#include <winpr/string.h>

#define USER "grace"
#define DOMAIN "EXAMPLE"
#define PASSWORD "Hash-Me-Not-12"

static char right_hash[33];
static char wrong_hash[33];

/* NTOWFv1 in hexadecimal; one digit is changed in the wrong one. */
static bool hashes_make(void)
{
	static const char digits[] = "0123456789abcdef";
	BYTE hash[16] = { 0 };
	size_t units = 0;
	WCHAR* const password = ConvertUtf8ToWCharAlloc(PASSWORD, &units);
	const bool made = password && NTOWFv1W(password, (UINT32)(units * sizeof(WCHAR)), hash);

	free(password);
	for (size_t i = 0; i < sizeof(hash); i++)
	{
		right_hash[2 * i] = wrong_hash[2 * i] = digits[hash[i] >> 4];
		right_hash[2 * i + 1] = wrong_hash[2 * i + 1] = digits[hash[i] & 15];
	}
	wrong_hash[31] = digits[(hash[15] & 15) ^ 1];
	return made;
}

static int open_with_accounts(void** state)
{
	static const struct nla_account accounts[] = { { USER, "", PASSWORD },
		                                           { USER, DOMAIN, PASSWORD } };

	if (nla_lab_open(state) != 0)
		return -1;
	return hashes_make() && nla_lab_write_sam("sam", accounts, 2) ? 0 : -1;
}

static struct nla_options with_hash(enum nla_pairing pairing, const char* domain, const char* hash)
{
	return (struct nla_options){ .pairing = pairing,
		                         .user = USER,
		                         .domain = domain,
		                         .password = "",
		                         .password_hash = hash,
		                         .sam = "sam" };
}

/* The flow is that of any logon. What the server is left with is FreeRDP's choice: the names and no
 * password once it is patched, and nothing at all in 3.32, as restricted admin mode has it. */
static void require_logon(const struct nla_options* options)
{
	struct nla_options expected = *options;
	struct nla_result result;

	if (!nla_lab_is_patched())
		expected.user = expected.domain = "";
	nla_run(options, &result);
	nla_assert_logon(&expected, &result);
	nla_result_clear(&result);
}

static void test_hash_instead_of_password(void** state)
{
	const struct nla_options options = with_hash(nla_pairing_of(state), "", right_hash);

	require_logon(&options);
}

/* The domain goes into NTOWFv2, after the hash. */
static void test_hash_with_domain(void** state)
{
	const struct nla_options options = with_hash(nla_pairing_of(state), DOMAIN, right_hash);

	require_logon(&options);
}

static void test_wrong_hash(void** state)
{
	const enum nla_pairing pairing = nla_pairing_of(state);
	const struct nla_options options = with_hash(pairing, "", wrong_hash);
	struct nla_result result;

	nla_run(&options, &result);
	nla_assert_no_logon(&result);
	nla_assert_exchange_begins(&result, nla_flow_until_verdict(pairing));
	const struct recorded* const verdict = recorder_find(&result.recorder, FROM_SERVER, 2);
	assert_non_null(verdict);
	assert_int_not_equal(verdict->request.fields & TS_ERROR_CODE, 0);
	assert_int_not_equal(verdict->request.error_code, 0);
	nla_result_clear(&result);
}

/* The hash is not taken for a password: whoever has only the password "<hash>" is not let in. */
static void test_hash_as_password(void** state)
{
	struct nla_options options = with_hash(nla_pairing_of(state), "", NULL);
	struct nla_result result;

	options.password = right_hash;
	nla_run(&options, &result);
	nla_assert_no_logon(&result);
	nla_result_clear(&result);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		NLA_EACH(test_hash_instead_of_password),
		NLA_EACH(test_hash_with_domain),
		NLA_EACH(test_wrong_hash),
		NLA_EACH(test_hash_as_password),
	};
	return cmocka_run_group_tests_name("freerdp_hash", tests, open_with_accounts, nla_lab_close);
}
