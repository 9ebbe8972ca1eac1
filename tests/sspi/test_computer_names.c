/* SPDX-License-Identifier: Apache-2.0
 *
 * Names of computers: the attributes 1108 to 1118 of WinPR from 3.27 and 3.31, got and set, and
 * where the names come from: the machine, WinPR's settings of 3.31, the caller.
 */
#include "expect.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <winpr/error.h>
#include <winpr/string.h>
#include <winpr/winpr.h>

#include "host/layouts.h"

#define HOSTNAME 1108u
#define HOSTNAME_LENGTH 1110u
/* Each is followed by the number of its length. */
static const ULONG own_names[] = { 1111, 1113, 1115, 1117 };

static struct sspi_pair pair;

static SECURITY_STATUS set_name(struct sspi_end* end, ULONG attribute, const void* name, ULONG size)
{
	union
	{
		const void* in;
		void* out;
	} unconst = { name };
	SetLastError(SSPI_STALE_ERROR);
	const SECURITY_STATUS status =
	    end->table.a
	        ? end->table.a->SetContextAttributesA(&end->context, attribute, unconst.out, size)
	        : end->table.w->SetContextAttributesW(&end->context, attribute, unconst.out, size);
	assert_int_not_equal(GetLastError(), SSPI_STALE_ERROR);
	return status;
}

/* Sets it in the table's character set. */
static SECURITY_STATUS set_text(struct sspi_end* end, ULONG attribute, const char* name)
{
	if (end->table.a)
		return set_name(end, attribute, name, (ULONG)strlen(name));
	size_t count = 0;
	WCHAR* wide = ConvertUtf8ToWCharAlloc(name, &count);
	const SECURITY_STATUS status = set_name(end, attribute, wide, (ULONG)(count * sizeof(WCHAR)));
	free(wide);
	return status;
}

/* The name, asked for as FreeRDP does: the length, then the text into memory of exactly that size,
 * so that a sanitizer sees one byte more. */
static void expect_name(struct sspi_end* end, ULONG attribute, const char* expected)
{
	const ULONG length_attribute = attribute == HOSTNAME ? HOSTNAME_LENGTH : attribute + 1;
	const size_t unit = end->table.a ? 1 : sizeof(WCHAR);
	ULONG length = 4711;
	char text[1024] = "";

	expect_status(sspi_query(&end->table, &end->context, length_attribute, &length), SEC_E_OK);
	char* exact = malloc(length ? length * unit : 1);
	assert_non_null(exact);
	memset(exact, 0xA5, length * unit);
	expect_status(sspi_query(&end->table, &end->context, attribute, exact), SEC_E_OK);
	if (end->table.a)
		memcpy(text, exact, length);
	else if (length)
	{
		WCHAR wide[512];
		memcpy(wide, exact, length * unit);
		assert_true(ConvertWCharNToUtf8(wide, length, text, sizeof(text)) > 0);
	}
	free(exact);
	assert_string_equal(text, expected);
}

static struct sspi_setup setup_of(bool wide)
{
	struct sspi_setup setup = sspi_setup_nla("user", NULL, "Password", box.sam);
	if (wide)
		setup.client_table = setup.server_table = sspi_module_w();
	return setup;
}

/* NEGOTIATE and CHALLENGE, which the client is to get next. */
static struct sspi_token begin(const struct sspi_setup* setup)
{
	struct sspi_token first = { NULL, 0 };
	struct sspi_token second = { NULL, 0 };
	assert_true(sspi_pair_open(&pair, setup));
	expect_status(sspi_end_step(&pair.client, NULL, &first), SEC_I_CONTINUE_NEEDED);
	expect_status(sspi_end_step(&pair.server, &first, &second), SEC_I_CONTINUE_NEEDED);
	sspi_token_free(&first);
	return second;
}

/* AUTHENTICATE and what follows. */
static void finish(struct sspi_token* challenge)
{
	struct sspi_token third = { NULL, 0 };
	struct sspi_token last = { NULL, 0 };
	assert_true(sspi_end_step(&pair.client, challenge, &third) >= 0);
	expect_status(sspi_end_step(&pair.server, &third, &last), SEC_E_OK);
	if (last.len)
		expect_status(sspi_end_step(&pair.client, &last, challenge), SEC_E_OK);
	sspi_token_free(challenge);
	sspi_token_free(&third);
	sspi_token_free(&last);
	assert_null(sspi_pair_chat(&pair, 1));
}

static int disconnect(void** state)
{
	(void)state;
	sspi_pair_close(&pair);
	memset(&pair, 0, sizeof(pair));
	return 0;
}

static void test_hostname_that_is_set_goes_to_the_server(void** state)
{
	(void)state;
	static const char* const names[] = { "A", "ELSEWHERE", "w\xc3\xb6rk.example.org" };
	for (size_t i = 0; i < 6; i++)
	{
		const bool wide = i % 2;
		const struct sspi_setup setup = setup_of(wide);
		struct sspi_token challenge = begin(&setup);
		expect_status(set_text(&pair.client, HOSTNAME, names[i / 2]), SEC_E_OK);
		expect_name(&pair.client, HOSTNAME, names[i / 2]);
		finish(&challenge);
		expect_name(&pair.server, HOSTNAME, names[i / 2]);
		expect_name(&pair.client, HOSTNAME, names[i / 2]);
		/* FreeRDP sets it once more when all is over. */
		expect_status(set_text(&pair.client, HOSTNAME, names[i / 2]), SEC_E_OK);
		disconnect(NULL);
	}
}

static void test_hostname_is_the_machines_where_none_is_set(void** state)
{
	(void)state;
	char host[256] = "";
	const struct sspi_setup setup = setup_of(false);
	assert_int_equal(gethostname(host, sizeof(host) - 1), 0);
	host[strcspn(host, ".")] = '\0';
	host[15] = '\0'; /* NetBIOS names end there */
	assert_true(sspi_pair_connect(&pair, &setup));
	ULONG length = 0;
	expect_status(sspi_query(&pair.server.table, &pair.server.context, HOSTNAME_LENGTH, &length),
	              SEC_E_OK);
	char name[64] = "";
	assert_true(length < sizeof(name));
	expect_status(sspi_query(&pair.server.table, &pair.server.context, HOSTNAME, name), SEC_E_OK);
	assert_true(strcasecmp(name, host) == 0);
	expect_name(&pair.client, HOSTNAME, name);
}

static void test_hostname_of_the_client_counts_at_the_server(void** state)
{
	(void)state;
	const struct sspi_setup setup = setup_of(false);
	struct sspi_token challenge = begin(&setup);
	expect_status(set_text(&pair.client, HOSTNAME, "CLIENT"), SEC_E_OK);
	expect_status(set_text(&pair.server, HOSTNAME, "SERVER"), SEC_E_OK);
	expect_name(&pair.server, HOSTNAME, "SERVER"); /* until the client has said it */
	finish(&challenge);
	expect_name(&pair.server, HOSTNAME, "CLIENT");
}

static void test_own_names_are_kept_as_set(void** state)
{
	(void)state;
	/* TestSspiNTLM of FreeRDP 3.31 sets and gets these five names in the same way. */
	static const char* const values[] = { "foobar", "gaga", "gag", "a" };
	for (unsigned wide = 0; wide < 2; wide++)
	{
		const struct sspi_setup setup = setup_of(wide);
		assert_true(sspi_pair_connect(&pair, &setup));
		struct sspi_end* ends[] = { &pair.client, &pair.server };
		for (size_t i = 0; i < 2; i++)
		{
			for (size_t value = 0; value < 4; value++)
			{
				for (size_t name = 0; name < 4; name++)
				{
					expect_status(set_text(ends[i], own_names[name], values[(value + name) % 4]),
					              SEC_E_OK);
				}
				for (size_t name = 0; name < 4; name++)
					expect_name(ends[i], own_names[name], values[(value + name) % 4]);
			}
		}
		disconnect(NULL);
	}
}

static void test_names_that_are_none_are_refused(void** state)
{
	(void)state;
	static const ULONG all[] = { HOSTNAME, 1111, 1113, 1115, 1117 };
	static const uint8_t longest[1024];
	static const uint8_t odd[3] = { 'A', 0, 'B' };
	static const uint8_t bad_utf8[] = { 'A', 0xFF, 'B' };
	char letters[256];
	memset(letters, 'x', sizeof(letters));
	for (unsigned wide = 0; wide < 2; wide++)
	{
		const struct sspi_setup setup = setup_of(wide);
		struct sspi_token challenge = begin(&setup);
		for (size_t i = 0; i < 5; i++)
		{
			struct sspi_end* end = &pair.client;
			expect_status(set_text(end, all[i], "BEFORE"), SEC_E_OK);
			expect_status(set_name(end, all[i], NULL, 8), SEC_E_INVALID_PARAMETER);
			expect_status(set_name(end, all[i], longest, 0), SEC_E_INVALID_PARAMETER);
			/* NUL characters alone */
			expect_status(set_name(end, all[i], longest, 4), SEC_E_INVALID_PARAMETER);
			expect_status(wide ? set_name(end, all[i], odd, sizeof(odd))
			                   : set_name(end, all[i], bad_utf8, sizeof(bad_utf8)),
			              SEC_E_INVALID_PARAMETER);
			if (!wide)
			{
				expect_status(set_name(end, all[i], letters, 256), SEC_E_INVALID_PARAMETER);
				expect_status(set_name(end, all[i], letters, 255), SEC_E_OK);
				expect_status(set_text(end, all[i], "BEFORE"), SEC_E_OK);
			}
			expect_name(end, all[i], "BEFORE");
			/* A length is nobody's to set. */
			expect_status(set_name(end, i ? all[i] + 1 : HOSTNAME_LENGTH, letters, sizeof(ULONG)),
			              SEC_E_UNSUPPORTED_FUNCTION);
		}
		finish(&challenge);
		expect_name(&pair.server, HOSTNAME, "BEFORE");
		disconnect(NULL);
	}
}

static void test_name_of_a_failed_exchange_is_not_set(void** state)
{
	(void)state;
	const struct sspi_setup setup = setup_of(false);
	struct sspi_token challenge = begin(&setup);
	struct sspi_token out = { NULL, 0 };
	challenge.data[challenge.len / 2] ^= 0xFF;
	challenge.len /= 2;
	assert_true(sspi_end_step(&pair.client, &challenge, &out) < 0);
	expect_status(set_text(&pair.client, HOSTNAME, "LATE"), SEC_E_OUT_OF_SEQUENCE);
	sspi_token_free(&challenge);
}

/* Credentials as FreeRDP 3.31 gives them to a server. */
static SECURITY_STATUS acquire_with_names(const SecurityFunctionTableA* table, UINT32 size,
                                          const char* dns_domain, CredHandle* credential)
{
	struct layout_ntlm ntlm = { .size = size,
		                        .sam_file = box.sam,
		                        .target_name = "TARGET",
		                        .netbios_computer = "SHADOW",
		                        .netbios_domain = "REALM",
		                        .dns_computer = "shadow.realm.example",
		                        .dns_domain = dns_domain };
	struct layout_identity data = {
		.identity = { .Version = SEC_WINNT_AUTH_IDENTITY_VERSION,
		              .Length = sizeof(SEC_WINNT_AUTH_IDENTITY_EXW),
		              .Flags = SEC_WINNT_AUTH_IDENTITY_UNICODE | 0x200 },
		.revision = LAYOUT_REVISION_1,
		.ntlm = &ntlm,
	};
	char package[] = "Negotiate";
	return table->AcquireCredentialsHandleA(NULL, package, SECPKG_CRED_INBOUND, NULL, &data, NULL,
	                                        NULL, credential, NULL);
}

/* TargetName of the CHALLENGE (MS-NLMP 2.2.1.2) in the token. */
static void expect_target_name(const struct sspi_token* token, const char* expected)
{
	const uint8_t* const challenge = memmem(token->data, token->len, "NTLMSSP\0\2\0\0\0", 12);
	char text[64] = "";
	WCHAR wide[32];
	assert_non_null(challenge);
	const size_t left = token->len - (size_t)(challenge - token->data);
	const size_t len = challenge[12] | (size_t)challenge[13] << 8;
	const size_t offset = challenge[16] | (size_t)challenge[17] << 8;
	assert_true(len <= sizeof(wide) && offset + len <= left);
	memcpy(wide, challenge + offset, len);
	assert_true(ConvertWCharNToUtf8(wide, len / sizeof(WCHAR), text, sizeof(text)) >= 0);
	assert_string_equal(text, expected);
}

/* WinPR's own acceptor is given the same, where it knows these settings. */
static void test_target_name_is_where_WinPRs_is(void** state)
{
	(void)state;
	struct sspi_setup setup = setup_of(false);
	int major = 0;
	int minor = 0;
	int revision = 0;
	winpr_get_version(&major, &minor, &revision);
	for (int builtin = 0; builtin <= (minor >= 31); builtin++)
	{
		struct sspi_token first = { NULL, 0 };
		struct sspi_token second = { NULL, 0 };
		if (builtin)
			setup.server_table = sspi_builtin();
		assert_true(sspi_pair_open(&pair, &setup));
		expect_status(pair.server.table.a->FreeCredentialsHandle(&pair.server.credential),
		              SEC_E_OK);
		expect_status(acquire_with_names(pair.server.table.a, sizeof(struct layout_ntlm),
		                                 "realm.example", &pair.server.credential),
		              SEC_E_OK);
		expect_status(sspi_end_step(&pair.client, NULL, &first), SEC_I_CONTINUE_NEEDED);
		expect_status(sspi_end_step(&pair.server, &first, &second), SEC_I_CONTINUE_NEEDED);
		expect_target_name(&second, "TARGET");
		sspi_token_free(&first);
		sspi_token_free(&second);
		disconnect(NULL);
	}
}

static void test_names_of_the_settings_of_3_31(void** state)
{
	(void)state;
	const struct sspi_setup setup = setup_of(false);
	assert_true(sspi_pair_open(&pair, &setup));
	expect_status(pair.server.table.a->FreeCredentialsHandle(&pair.server.credential), SEC_E_OK);
	expect_status(acquire_with_names(sspi_module_a().a, sizeof(struct layout_ntlm), "realm.example",
	                                 &pair.server.credential),
	              SEC_E_OK);
	assert_true(sspi_pair_run(&pair));
	expect_name(&pair.server, 1111, "SHADOW");
	expect_name(&pair.server, 1113, "REALM");
	expect_name(&pair.server, 1115, "shadow.realm.example");
	expect_name(&pair.server, 1117, "realm.example");
	/* CHALLENGE says them, so the client knows the server's name; and the target name, which is
	 * none of them. */
	expect_target_name(&pair.legs[1], "TARGET");
	SecPkgContext_NativeNames names = { NULL, NULL };
	expect_status(
	    sspi_query(&pair.client.table, &pair.client.context, SECPKG_ATTR_NATIVE_NAMES, &names),
	    SEC_E_OK);
	assert_string_equal(names.sServerName, "SHADOW");
	expect_status(pair.client.table.a->FreeContextBuffer(names.sClientName), SEC_E_OK);
	expect_status(pair.client.table.a->FreeContextBuffer(names.sServerName), SEC_E_OK);
}

static void test_settings_of_3_31_cut_short_have_no_names(void** state)
{
	(void)state;
	CredHandle credential = { 0 };
	/* A release between: the callback's argument is the last that it knows. */
	const UINT32 until_names = offsetof(struct layout_ntlm, target_name);
	expect_status(acquire_with_names(sspi_module_a().a, until_names, "realm.example", &credential),
	              SEC_E_OK);
	expect_status(sspi_module_a().a->FreeCredentialsHandle(&credential), SEC_E_OK);
	for (UINT32 size = 0; size < until_names; size += 4)
	{
		if (size < offsetof(struct layout_ntlm, hash_callback_argument) + sizeof(void*))
			expect_status(acquire_with_names(sspi_module_a().a, size, NULL, &credential),
			              SEC_E_INVALID_PARAMETER);
	}
}

static void test_settings_of_3_31_with_a_name_that_is_no_text_go_on_without_it(void** state)
{
	(void)state;
	CredHandle credential = { 0 };
	log_capture_clear();
	expect_status(
	    acquire_with_names(sspi_module_a().a, sizeof(struct layout_ntlm), "A\xFF", &credential),
	    SEC_E_OK);
	assert_non_null(log_capture_find(WLOG_WARN, "a name in the caller's settings", "not UTF-8"));
	expect_status(sspi_module_a().a->FreeCredentialsHandle(&credential), SEC_E_OK);
}

#define closing(test) cmocka_unit_test_teardown(test, disconnect)

int main(void)
{
	const struct CMUnitTest tests[] = {
		closing(test_hostname_that_is_set_goes_to_the_server),
		closing(test_target_name_is_where_WinPRs_is),
		closing(test_hostname_is_the_machines_where_none_is_set),
		closing(test_hostname_of_the_client_counts_at_the_server),
		closing(test_own_names_are_kept_as_set),
		closing(test_names_that_are_none_are_refused),
		closing(test_name_of_a_failed_exchange_is_not_set),
		closing(test_names_of_the_settings_of_3_31),
		cmocka_unit_test(test_settings_of_3_31_cut_short_have_no_names),
		cmocka_unit_test(test_settings_of_3_31_with_a_name_that_is_no_text_go_on_without_it),
	};
	return cmocka_run_group_tests(tests, box_open, box_close);
}
