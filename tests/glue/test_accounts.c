/* SPDX-License-Identifier: Apache-2.0
 *
 * Who a server lets in, and who it says that was: lines of the SAM file against names as clients
 * send them, through the exported tables.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "settings_pair.h"

#include "host/memory.h"
#include "host/text.h"
#include "ntlm.h"

/* Counted in the place of the module's: every attempt asks it once, whoever it is. */
static unsigned proofs;
enum result __real_ntlm_verify_nt_hash(const struct verify_request* request,
                                       const struct key* nt_hash, struct verify_answer* answer);
enum result __wrap_ntlm_verify_nt_hash(const struct verify_request* request,
                                       const struct key* nt_hash, struct verify_answer* answer);
enum result __wrap_ntlm_verify_nt_hash(const struct verify_request* request,
                                       const struct key* nt_hash, struct verify_answer* answer)
{
	proofs++;
	return __real_ntlm_verify_nt_hash(request, nt_hash, answer);
}

/* A client that sends these two names as they are, with the password "Password". */
static bool logs_on(const char* user, const char* domain, char* told)
{
	struct sspi_setup setup = setup_new("NTLM");
	SecPkgContext_AuthIdentity identity = { 0 };
	setup.user = user;
	setup.domain = domain;
	proofs = 0;
	const bool connected = sspi_pair_connect(&pair, &setup);
	assert_int_equal(proofs, 1);
	if (connected)
	{
		expect_status(sspi_query(&pair.server.table, &pair.server.context, 1001, &identity),
		              SEC_E_OK);
		snprintf(told, 600, "%s|%s", identity.Domain, identity.User);
	}
	sspi_pair_close(&pair);
	return connected;
}

static void expect_account(const char* user, const char* domain, const char* expected)
{
	char told[600] = "";
	if (!logs_on(user, domain, told))
		fail_msg("%s, %s: refused", user, domain ? domain : "(none)");
	assert_string_equal(told, expected);
}

static void expect_nobody(const char* user, const char* domain)
{
	char told[600] = "";
	if (logs_on(user, domain, told))
		fail_msg("%s, %s: accepted as %s", user, domain ? domain : "(none)", told);
}

static void test_what_is_told_is_what_was_proven(void** state)
{
	(void)state;
	expect_account("User", NULL, "|User");
	expect_account("uSER", "anywhere", "anywhere|uSER");
	/* One separator with something on both sides is taken apart, and told in its parts. */
	expect_account("member@corp", NULL, "corp|member");
	expect_account("User@anywhere", NULL, "anywhere|User");
	/* A line that stands so is found whole, and told whole. */
	expect_account("me@corp.example", "AzureAD", "AzureAD|me@corp.example");
	expect_account("whole@name", NULL, "|whole@name");
	/* Everything else is nobody. */
	expect_nobody("a@b@User", NULL);
	expect_nobody("User@", NULL);
	expect_nobody("@User", NULL);
	expect_nobody("@", NULL);
	expect_nobody("User@b@c", NULL);
	/* A name beside a domain is not split. */
	expect_nobody("member@corp", "corp");
	expect_nobody("member@corp", "other");
	expect_nobody("member", "other");
	expect_nobody("stranger", NULL);
}

/* The last of several lines may be the one that fits best: the walk goes on to the end. */
static void test_line_of_the_domain_wins_wherever_it_stands(void** state)
{
	(void)state;
	expect_account("twice", "corp", "corp|twice");
	expect_nobody("twice", "other");
	expect_nobody("twice", NULL);
}

static void test_hash_of_another_length_is_none(void** state)
{
	struct sspi_setup setup = setup_new("NTLM");
	char digits[40];
	uint8_t hash[16];
	(void)state;
	sandbox_nt_hash("Password", hash);
	sandbox_hex(hash, sizeof(hash), digits);
	setup.user = "User";
	setup.password = digits;
	setup.identity_flags = 0x00800000;
	expect_legs(&setup, 3);
	sspi_pair_close(&pair);
	strcat(digits, "0");
	expect_status(sspi_end_acquire(&pair.client, &setup, false), SEC_E_INVALID_PARAMETER);
	digits[31] = '\0';
	expect_status(sspi_end_acquire(&pair.client, &setup, false), SEC_E_INVALID_PARAMETER);
}

/* A name that a peer made up is handed out whole or not at all. */
static void test_text_with_a_NUL_is_not_cut(void** state)
{
	static const uint8_t text[] = { 'a', 0, 0, 0, 'b', 0 };
	(void)state;
	for (int wide = 0; wide < 2; wide++)
	{
		void* string = NULL;
		assert_int_equal(text_to_memory(BYTES_OF(text), wide, &string), RESULT_MALFORMED);
		assert_null(string);
		assert_int_equal(text_to_memory(bytes_make(text, 2), wide, &string), RESULT_OK);
		assert_true(memory_free(string));
	}
}

static int accounts(void** state)
{
	(void)state;
	set_up(NULL);
	sandbox_sam_user(&box, "User", NULL, "Password");
	sandbox_sam_user(&box, "member", "corp", "Password");
	sandbox_sam_user(&box, "me@corp.example", "AzureAD", "Password");
	sandbox_sam_user(&box, "whole@name", NULL, "Password");
	sandbox_sam_user(&box, "twice", NULL, "another one");
	sandbox_sam_user(&box, "twice", "corp", "Password");
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_what_is_told_is_what_was_proven, fresh),
		cmocka_unit_test_setup(test_line_of_the_domain_wins_wherever_it_stands, fresh),
		cmocka_unit_test_setup(test_hash_of_another_length_is_none, fresh),
		cmocka_unit_test_setup(test_text_with_a_NUL_is_not_cut, fresh),
	};
	return cmocka_run_group_tests(tests, accounts, tear_down);
}
