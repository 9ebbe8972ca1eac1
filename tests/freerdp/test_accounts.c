/* SPDX-License-Identifier: Apache-2.0
 *
 * Accounts out of the ordinary: those of a server that answers through FreeRDP's hash callback, and
 * names and passwords at the edges of what an account may have.
 */
#include "nla_check.h"

#include <string.h>

#include <freerdp/error.h>
#include <winpr/error.h>

#define USER "carol"
#define PASSWORD "Tr0ub4dor&3"

static char long_name[200 + 1];
static char long_password[250 + 1];

/* UTF-8 of two, three and four bytes; the name is its own upper case. */
#define FOREIGN_NAME "\u00c4\u00d6\u00dc-\u0416\u0423\u041a-\u6f22\u5b57"
#define FOREIGN_NAME_IN_LOWER_CASE "\u00e4\u00f6\u00fc-\u0436\u0443\u043a-\u6f22\u5b57"
#define FOREIGN_PASSWORD "gr\u00fc\u00df-\u0433\u043e\u0434-\u5bc6\u7801-\U0001f511"

static int open_with_accounts(void** state)
{
	memset(long_name, 'n', sizeof(long_name) - 1);
	memset(long_password, 'p', sizeof(long_password) - 1);
	const struct nla_account accounts[] = {
		{ USER, "", PASSWORD },
		{ "empty", "", "" },
		{ long_name, "", long_password },
		{ FOREIGN_NAME, "", FOREIGN_PASSWORD },
		{ FOREIGN_NAME_IN_LOWER_CASE, "", FOREIGN_PASSWORD },
		{ "dora", "\u0414\u041e\u041c", PASSWORD },
	};

	if (nla_lab_open(state) != 0)
		return -1;
	return nla_lab_write_sam("sam", accounts, sizeof(accounts) / sizeof(accounts[0])) ? 0 : -1;
}

static void logon_from_sam(enum nla_pairing pairing, const char* user, const char* domain,
                           const char* password)
{
	const struct nla_options options = {
		.pairing = pairing, .user = user, .domain = domain, .password = password, .sam = "sam"
	};
	struct nla_result result;

	nla_run(&options, &result);
	nla_assert_logon(&options, &result);
	nla_result_clear(&result);
}

static void test_empty_password(void** state)
{
	logon_from_sam(nla_pairing_of(state), "empty", "", "");
}

static void test_long_name_and_password(void** state)
{
	logon_from_sam(nla_pairing_of(state), long_name, "", long_password);
}

static void test_foreign_name_and_password(void** state)
{
	logon_from_sam(nla_pairing_of(state), FOREIGN_NAME, "", FOREIGN_PASSWORD);
}

static void test_foreign_name_in_lower_case(void** state)
{
	logon_from_sam(nla_pairing_of(state), FOREIGN_NAME_IN_LOWER_CASE, "", FOREIGN_PASSWORD);
}

static void test_foreign_domain(void** state)
{
	logon_from_sam(nla_pairing_of(state), "dora", "\u0414\u041e\u041c", PASSWORD);
}

static void test_hash_callback(void** state)
{
	const struct nla_options options = { .pairing = nla_pairing_of(state),
		                                 .user = USER,
		                                 .domain = "EXAMPLE",
		                                 .password = PASSWORD,
		                                 .callback = { .password = PASSWORD } };
	struct nla_result result;

	nla_run(&options, &result);
	nla_assert_logon(&options, &result);
	assert_int_equal(result.callback_calls, 1);
	nla_result_clear(&result);
}

static void test_hash_callback_with_another_password(void** state)
{
	const struct nla_options options = { .pairing = nla_pairing_of(state),
		                                 .user = USER,
		                                 .domain = "",
		                                 .password = PASSWORD,
		                                 .callback = { .password = "another" } };
	struct nla_result result;

	nla_run(&options, &result);
	nla_assert_no_logon(&result);
	nla_result_clear(&result);
}

/* What the host says about the account in its callback is what the user of the client is told. */
static void refusal_reaches_client(enum nla_pairing pairing, uint32_t last_error,
                                   uint32_t client_error)
{
	const struct nla_options options = { .pairing = pairing,
		                                 .user = USER,
		                                 .domain = "",
		                                 .password = PASSWORD,
		                                 .callback = { .last_error = last_error } };
	struct nla_result result;

	nla_run(&options, &result);
	nla_assert_no_logon(&result);
	assert_int_equal(result.client_error, client_error);
	assert_int_equal(result.callback_calls, 1);
	nla_result_clear(&result);
}

static void test_disabled_account(void** state)
{
	refusal_reaches_client(nla_pairing_of(state), ERROR_ACCOUNT_DISABLED,
	                       FREERDP_ERROR_CONNECT_ACCOUNT_DISABLED);
}

static void test_expired_password(void** state)
{
	refusal_reaches_client(nla_pairing_of(state), ERROR_PASSWORD_EXPIRED,
	                       FREERDP_ERROR_CONNECT_PASSWORD_EXPIRED);
}

static void test_password_must_change(void** state)
{
	refusal_reaches_client(nla_pairing_of(state), ERROR_PASSWORD_MUST_CHANGE,
	                       FREERDP_ERROR_CONNECT_PASSWORD_MUST_CHANGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		NLA_EACH(test_empty_password),
		NLA_EACH(test_long_name_and_password),
		NLA_EACH(test_foreign_name_and_password),
		NLA_EACH(test_foreign_name_in_lower_case),
		NLA_EACH(test_foreign_domain),
		NLA_EACH(test_hash_callback),
		NLA_EACH(test_hash_callback_with_another_password),
		NLA_EACH(test_disabled_account),
		NLA_EACH(test_expired_password),
		NLA_EACH(test_password_must_change),
	};
	return cmocka_run_group_tests_name("freerdp_accounts", tests, open_with_accounts,
	                                   nla_lab_close);
}
