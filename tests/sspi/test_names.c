/* SPDX-License-Identifier: Apache-2.0
 *
 * Who may log on under which spelling: names and passwords that are long, empty, not ASCII, in
 * another case, with the domain in either place; and the SAM file's ways of writing a user.
 */
#include "expect.h"
#include "winpr_v1.h"
#include "wide.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char long_password[257];
static char long_name[257];
static char longest_name[4001];

static void connects_as(const char* user, const char* domain, const char* password)
{
	struct sspi_pair pair;
	const struct sspi_setup setup = sspi_setup_nla(user, domain, password, box.sam);
	expect_connects(&pair, &setup, 4);
	sspi_pair_close(&pair);
}

static void refused_as(const char* user, const char* domain, const char* password)
{
	struct sspi_pair pair;
	const struct sspi_setup setup = sspi_setup_nla(user, domain, password, box.sam);
	assert_false(sspi_pair_connect(&pair, &setup));
	expect_refused(&pair.server, SEC_E_LOGON_DENIED);
	sspi_pair_close(&pair);
}

static void test_entry_without_domain_serves_every_domain(void** state)
{
	(void)state;
	connects_as("user", NULL, "Password");
	connects_as("user", "", "Password");
	connects_as("user", "ANYWHERE", "Password");
}

static void test_entry_with_domain_serves_that_domain(void** state)
{
	(void)state;
	connects_as("member", "CORP", "of corp");
	connects_as("member", "corp", "of corp");
	refused_as("member", "OTHER", "of corp");
	/* Two users of one name: each domain has its own password. */
	connects_as("twin", "LEFT", "left password");
	connects_as("twin", "RIGHT", "right password");
	refused_as("twin", "LEFT", "right password");
}

static void test_user_at_domain_and_domain_backslash_user(void** state)
{
	(void)state;
	connects_as("member@CORP", NULL, "of corp");
	connects_as("member@corp", "", "of corp");
	connects_as("CORP\\member", NULL, "of corp");
	refused_as("member@OTHER", NULL, "of corp");
	refused_as("OTHER\\member", NULL, "of corp");
	connects_as("user@example.com", NULL, "Password");
}

static void test_case_of_the_user_name_does_not_matter(void** state)
{
	(void)state;
	connects_as("USER", NULL, "Password");
	connects_as("uSeR", NULL, "Password");
	refused_as("user", NULL, "PASSWORD");
	/* Beyond ASCII, one code unit to one (MS-NLMP 3.3.2). */
	connects_as("J\xc3\x9cRGEN", NULL,
	            "Gr\xc3\xbc\xc3\x9f"
	            "e");
	connects_as("\xd0\xbe\xd0\xbb\xd1\x8c\xd0\xb3\xd0\xb0", NULL, "\xd0\xbf\xd0\xb0\xd1\x80");
}

static void test_names_and_passwords_beyond_ascii(void** state)
{
	(void)state;
	connects_as("j\xc3\xbcrgen", NULL,
	            "Gr\xc3\xbc\xc3\x9f"
	            "e");
	connects_as("\xd0\x9e\xd0\x9b\xd0\xac\xd0\x93\xd0\x90", NULL, "\xd0\xbf\xd0\xb0\xd1\x80");
	/* Outside the basic plane: surrogate pairs in UTF-16. */
	connects_as("\xf0\x9f\x90\xa7", NULL, "\xf0\x9f\x94\x91 key");
	refused_as("\xf0\x9f\x90\xa7", NULL, "\xf0\x9f\x94\x92 key");
}

static void test_long_names_and_passwords(void** state)
{
	(void)state;
	connects_as("longpass", NULL, long_password);
	connects_as(long_name, NULL, "Password");
	connects_as(longest_name, NULL, "Password");
	char almost[257];
	memcpy(almost, long_password, sizeof(almost));
	almost[255] = '!';
	refused_as("longpass", NULL, almost);
}

static void test_empty_password_is_a_password(void** state)
{
	(void)state;
	connects_as("empty", NULL, "");
	refused_as("empty", NULL, "x");
	refused_as("user", NULL, "");
}

static void test_redirected_password_may_end_in_nul(void** state)
{
	(void)state;
	/* FreeRDP 3.0 to 3.15 counts the NULs of a redirected password into its length. The driver
	 * takes the length from the text, so the NULs are put in by asking for more characters. */
	UINT16 user[] = { WIDE('u'), WIDE('s'), WIDE('e'), WIDE('r') };
	UINT16 password[] = { WIDE('P'), WIDE('a'), WIDE('s'), WIDE('s'), WIDE('w'),
		                  WIDE('o'), WIDE('r'), WIDE('d'), 0,         0 };
	winpr_identity_v1 data = { 0 };
	data.identity.Version = SEC_WINNT_AUTH_IDENTITY_VERSION;
	data.identity.Length = sizeof(data.identity);
	data.identity.User = user;
	data.identity.UserLength = 4;
	data.identity.Password = password;
	data.identity.PasswordLength = 10;
	data.identity.Flags = SEC_WINNT_AUTH_IDENTITY_UNICODE | SEC_WINNT_AUTH_IDENTITY_EXTENDED;
	struct sspi_pair pair;
	const struct sspi_setup setup = sspi_setup_nla("user", NULL, "not this", box.sam);
	assert_true(sspi_pair_open(&pair, &setup));
	sspi_end_close(&pair.client);
	char package[] = "Negotiate";
	expect_status(pair.client.table.a->AcquireCredentialsHandleA(
	                  NULL, package, SECPKG_CRED_OUTBOUND, NULL, &data, NULL, NULL,
	                  &pair.client.credential, NULL),
	              SEC_E_OK);
	pair.client.phase = SSPI_CREDENTIAL;
	assert_true(sspi_pair_run(&pair));
	sspi_pair_close(&pair);
}

static void connects_with_plain(void* identity)
{
	struct sspi_pair pair;
	const struct sspi_setup setup = sspi_setup_nla("user", NULL, "not this", box.sam);
	assert_true(sspi_pair_open(&pair, &setup));
	sspi_end_close(&pair.client);
	char package[] = "Negotiate";
	expect_status(pair.client.table.a->AcquireCredentialsHandleA(
	                  NULL, package, SECPKG_CRED_OUTBOUND, NULL, identity, NULL, NULL,
	                  &pair.client.credential, NULL),
	              SEC_E_OK);
	pair.client.phase = SSPI_CREDENTIAL;
	assert_true(sspi_pair_run(&pair));
	assert_null(sspi_pair_chat(&pair, 1));
	sspi_pair_close(&pair);
}

static void test_plain_identities_of_other_callers(void** state)
{
	(void)state;
	UINT16 wide_user[] = { WIDE('u'), WIDE('s'), WIDE('e'), WIDE('r') };
	UINT16 wide_password[] = { WIDE('P'), WIDE('a'), WIDE('s'), WIDE('s'),
		                       WIDE('w'), WIDE('o'), WIDE('r'), WIDE('d') };
	SEC_WINNT_AUTH_IDENTITY_W wide = { .User = wide_user,
		                               .UserLength = 4,
		                               .Password = wide_password,
		                               .PasswordLength = 8,
		                               .Flags = SEC_WINNT_AUTH_IDENTITY_UNICODE };
	connects_with_plain(&wide);
	BYTE user[] = { 'u', 's', 'e', 'r' };
	BYTE password[] = { 'P', 'a', 's', 's', 'w', 'o', 'r', 'd' };
	SEC_WINNT_AUTH_IDENTITY_A narrow = { .User = user,
		                                 .UserLength = 4,
		                                 .Password = password,
		                                 .PasswordLength = 8,
		                                 .Flags = SEC_WINNT_AUTH_IDENTITY_ANSI };
	connects_with_plain(&narrow);
	SEC_WINNT_AUTH_IDENTITY_EXW wide_ex = { .Version = SEC_WINNT_AUTH_IDENTITY_VERSION,
		                                    .Length = sizeof(wide_ex),
		                                    .User = wide_user,
		                                    .UserLength = 4,
		                                    .Password = wide_password,
		                                    .PasswordLength = 8,
		                                    .Flags = SEC_WINNT_AUTH_IDENTITY_UNICODE };
	connects_with_plain(&wide_ex);
}

static void test_sam_file_may_have_comments_and_other_line_ends(void** state)
{
	(void)state;
	connects_as("dos", NULL, "line end");
	connects_as("after", NULL, "the garbage");
}

static void write_sam(void)
{
	for (size_t i = 0; i < 256; i++)
	{
		long_password[i] = (char)('!' + (i * 31) % 90);
		long_name[i] = (char)('a' + i % 26);
	}
	memset(longest_name, 'n', sizeof(longest_name) - 1);
	sandbox_sam_line(&box, "# user:domain:LM:NT:::");
	sandbox_sam_user(&box, "user", NULL, "Password");
	sandbox_sam_user(&box, "member", "CORP", "of corp");
	sandbox_sam_user(&box, "twin", "LEFT", "left password");
	sandbox_sam_user(&box, "twin", "RIGHT", "right password");
	sandbox_sam_user(&box, "j\xc3\xbcrgen", NULL,
	                 "Gr\xc3\xbc\xc3\x9f"
	                 "e");
	sandbox_sam_user(&box, "\xd0\x9e\xd0\x9b\xd0\xac\xd0\x93\xd0\x90", NULL,
	                 "\xd0\xbf\xd0\xb0\xd1\x80");
	sandbox_sam_user(&box, "\xf0\x9f\x90\xa7", NULL, "\xf0\x9f\x94\x91 key");
	sandbox_sam_user(&box, "longpass", NULL, long_password);
	sandbox_sam_user(&box, long_name, NULL, "Password");
	sandbox_sam_user(&box, longest_name, NULL, "Password");
	sandbox_sam_user(&box, "empty", NULL, "");
	sandbox_sam_line(&box, "");
	uint8_t hash[16];
	char hex[33];
	char line[128];
	sandbox_nt_hash("line end", hash);
	sandbox_hex(hash, sizeof(hash), hex);
	snprintf(line, sizeof(line), "dos:::%s\r", hex);
	sandbox_sam_line(&box, line);
	sandbox_sam_line(&box, "this line is no entry at all");
	sandbox_sam_user(&box, "after", NULL, "the garbage");
}

static int set_up(void** state)
{
	(void)state;
	sandbox_open(&box);
	log_capture_start(false);
	write_sam();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_entry_without_domain_serves_every_domain),
		cmocka_unit_test(test_entry_with_domain_serves_that_domain),
		cmocka_unit_test(test_user_at_domain_and_domain_backslash_user),
		cmocka_unit_test(test_case_of_the_user_name_does_not_matter),
		cmocka_unit_test(test_names_and_passwords_beyond_ascii),
		cmocka_unit_test(test_long_names_and_passwords),
		cmocka_unit_test(test_empty_password_is_a_password),
		cmocka_unit_test(test_redirected_password_may_end_in_nul),
		cmocka_unit_test(test_plain_identities_of_other_callers),
		cmocka_unit_test(test_sam_file_may_have_comments_and_other_line_ends),
	};
	return cmocka_run_group_tests(tests, set_up, box_close);
}
