/* SPDX-License-Identifier: Apache-2.0
 *
 * What QueryContextAttributes tells, through both tables; what the packages say of themselves.
 */
#include "expect.h"

#include <stdlib.h>
#include <string.h>

#include <winpr/error.h>
#include <winpr/string.h>

static struct sspi_pair pair;

static int connect_a(void** state)
{
	(void)state;
	const struct sspi_setup setup = sspi_setup_nla("user", "CORP", "Password", box.sam);
	return sspi_pair_connect(&pair, &setup) ? 0 : -1;
}

static int connect_w(void** state)
{
	(void)state;
	struct sspi_setup setup = sspi_setup_nla("user", "CORP", "Password", box.sam);
	setup.client_table = setup.server_table = sspi_module_w();
	return sspi_pair_connect(&pair, &setup) ? 0 : -1;
}

static int disconnect(void** state)
{
	(void)state;
	sspi_pair_close(&pair);
	return 0;
}

static SECURITY_STATUS ask(struct sspi_end* end, ULONG attribute, void* buffer)
{
	SetLastError(SSPI_STALE_ERROR);
	return sspi_query(&end->table, &end->context, attribute, buffer);
}

static void give_back(struct sspi_end* end, void* memory)
{
	expect_status(SSPI_ENTRY(end->table, FreeContextBuffer)(memory), SEC_E_OK);
}

/* Text of the table's character set as UTF-8, in one of two static places in turn. */
static const char* text_of(const struct sspi_end* end, const void* text)
{
	static char converted[2][512];
	static unsigned turn;
	assert_non_null(text);
	if (end->table.a)
		return text;
	char* to = converted[turn++ % 2];
	assert_true(ConvertWCharToUtf8(text, to, sizeof(converted[0])) >= 0);
	return to;
}

static void test_sizes(void** state)
{
	(void)state;
	struct sspi_end* ends[] = { &pair.client, &pair.server };
	for (size_t i = 0; i < 2; i++)
	{
		SecPkgContext_Sizes sizes;
		memset(&sizes, 0xA5, sizeof(sizes));
		expect_status(ask(ends[i], SECPKG_ATTR_SIZES, &sizes), SEC_E_OK);
		assert_int_equal(sizes.cbMaxSignature, 16);
		assert_int_equal(sizes.cbSecurityTrailer, 16);
		assert_true(sizes.cbBlockSize <= 1);
		assert_true(sizes.cbMaxToken > 0 && sizes.cbMaxToken <= 48000);
	}
}

static void test_package_info_is_the_inner_package(void** state)
{
	(void)state;
	/* gnome-remote-desktop asks which mechanism it became, and takes only "NTLM" or "Kerberos". */
	struct sspi_end* ends[] = { &pair.client, &pair.server };
	for (size_t i = 0; i < 2; i++)
	{
		SecPkgContext_PackageInfo info = { NULL };
		expect_status(ask(ends[i], SECPKG_ATTR_PACKAGE_INFO, &info), SEC_E_OK);
		assert_non_null(info.PackageInfo);
		assert_string_equal(text_of(ends[i], info.PackageInfo->Name), "NTLM");
		give_back(ends[i], info.PackageInfo);
	}
}

static void test_negotiation_info_is_complete(void** state)
{
	(void)state;
	struct sspi_end* ends[] = { &pair.client, &pair.server };
	for (size_t i = 0; i < 2; i++)
	{
		SecPkgContext_NegotiationInfo info = { NULL, 99 };
		expect_status(ask(ends[i], SECPKG_ATTR_NEGOTIATION_INFO, &info), SEC_E_OK);
		assert_string_equal(text_of(ends[i], info.PackageInfo->Name), "NTLM");
		assert_int_equal(info.NegotiationState, 0); /* SECPKG_NEGOTIATION_COMPLETE */
		give_back(ends[i], info.PackageInfo);
	}
}

static void test_names(void** state)
{
	(void)state;
	struct sspi_end* ends[] = { &pair.client, &pair.server };
	for (size_t i = 0; i < 2; i++)
	{
		SecPkgContext_Names names = { NULL };
		expect_status(ask(ends[i], SECPKG_ATTR_NAMES, &names), SEC_E_OK);
		assert_string_equal(text_of(ends[i], names.sUserName), "CORP\\user");
		give_back(ends[i], names.sUserName);
	}
}

static void test_auth_identity(void** state)
{
	(void)state;
	SecPkgContext_AuthIdentity identity;
	memset(&identity, 0xA5, sizeof(identity));
	expect_status(ask(&pair.server, SECPKG_ATTR_AUTH_IDENTITY, &identity), SEC_E_OK);
	assert_string_equal(identity.User, "user");
	assert_string_equal(identity.Domain, "CORP");
}

static void test_session_key_is_the_same_on_both_sides(void** state)
{
	(void)state;
	SecPkgContext_SessionKey client = { 0, NULL };
	SecPkgContext_SessionKey server = { 0, NULL };
	expect_status(ask(&pair.client, SECPKG_ATTR_SESSION_KEY, &client), SEC_E_OK);
	expect_status(ask(&pair.server, SECPKG_ATTR_SESSION_KEY, &server), SEC_E_OK);
	assert_int_equal(client.SessionKeyLength, 16);
	assert_int_equal(server.SessionKeyLength, 16);
	assert_memory_equal(client.SessionKey, server.SessionKey, 16);
	static const uint8_t zero[16];
	assert_memory_not_equal(client.SessionKey, zero, 16);
	give_back(&pair.client, client.SessionKey);
	give_back(&pair.server, server.SessionKey);
}

/* MS-NLMP 2.2.2.1: of CHALLENGE, up to MsvAvEOL. */
static void test_target_information_is_that_of_challenge(void** state)
{
	static const uint8_t end[4] = { 0 };
	struct sspi_end* ends[] = { &pair.client, &pair.server };

	(void)state;
	for (size_t i = 0; i < 2; i++)
	{
		SecPkgContext_TargetInformation target = { 0 };
		expect_status(ask(ends[i], SECPKG_ATTR_TARGET_INFORMATION, &target), SEC_E_OK);
		const size_t len = target.MarshalledTargetInfoLength;
		assert_true(len > 2 * sizeof(end));
		assert_memory_equal(&target.MarshalledTargetInfo[len - sizeof(end)], end, sizeof(end));
		assert_non_null(
		    memmem(pair.legs[1].data, pair.legs[1].len, target.MarshalledTargetInfo, len));
		give_back(ends[i], target.MarshalledTargetInfo);
	}
}

static void test_flags_grant_what_was_asked(void** state)
{
	(void)state;
	SecPkgContext_Flags flags = { 0 };
	const ULONG both = ISC_RET_CONFIDENTIALITY | ISC_RET_MUTUAL_AUTH;
	expect_status(ask(&pair.client, SECPKG_ATTR_FLAGS, &flags), SEC_E_OK);
	assert_int_equal(flags.Flags & ISC_RET_CONFIDENTIALITY, ISC_RET_CONFIDENTIALITY);
	/* The variable that was the request is now the answer (D11), and both agree. */
	assert_int_equal(flags.Flags & both, pair.client.flags & both);
	expect_status(ask(&pair.server, SECPKG_ATTR_FLAGS, &flags), SEC_E_OK);
	assert_int_equal(flags.Flags & ASC_RET_CONFIDENTIALITY, ASC_RET_CONFIDENTIALITY);
	/* ISC_RET_INTEGRITY and ASC_RET_INTEGRITY are different bits. */
	assert_int_equal(flags.Flags & ASC_RET_INTEGRITY, ASC_RET_INTEGRITY);
}

static void test_pieces_of_the_ntlm_exchange(void** state)
{
	(void)state;
	static const ULONG attributes[] = { SECPKG_ATTR_AUTH_NTLM_NTPROOF_VALUE,
		                                SECPKG_ATTR_AUTH_NTLM_RANDKEY, SECPKG_ATTR_AUTH_NTLM_MIC,
		                                SECPKG_ATTR_AUTH_NTLM_MIC_VALUE };
	const struct sspi_token* authenticate = &pair.legs[2];
	for (size_t i = 0; i < sizeof(attributes) / sizeof(attributes[0]); i++)
	{
		SecBuffer buffer = { 0 };
		expect_status(ask(&pair.server, attributes[i], &buffer), SEC_E_OK);
		assert_non_null(buffer.pvBuffer);
		if (attributes[i] == SECPKG_ATTR_AUTH_NTLM_RANDKEY ||
		    attributes[i] == SECPKG_ATTR_AUTH_NTLM_MIC)
		{
			assert_int_equal(buffer.cbBuffer, 16);
			assert_non_null(memmem(authenticate->data, authenticate->len, buffer.pvBuffer, 16));
		}
		else if (attributes[i] == SECPKG_ATTR_AUTH_NTLM_NTPROOF_VALUE)
		{
			/* Server challenge, and temp as it stands in AUTHENTICATE. */
			assert_true(buffer.cbBuffer > 8 + 28);
			const uint8_t* bytes = buffer.pvBuffer;
			assert_non_null(memmem(pair.legs[1].data, pair.legs[1].len, bytes, 8));
			assert_non_null(
			    memmem(authenticate->data, authenticate->len, bytes + 8, buffer.cbBuffer - 8));
		}
		else
			assert_memory_equal(buffer.pvBuffer, "NTLMSSP", 8);
		sspi_SecBufferFree(&buffer);
	}
}

static void test_unknown_attributes_are_refused(void** state)
{
	(void)state;
	static const ULONG unknown[] = { 3, 4, 77, 1000, 4711, 0x7FFFFFFF, 0xFFFFFFFF };
	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
	{
		uint8_t room[1024] = { 0 };
		expect_status(ask(&pair.client, unknown[i], room), SEC_E_UNSUPPORTED_FUNCTION);
		assert_int_not_equal(GetLastError(), SSPI_STALE_ERROR);
		expect_status(ask(&pair.server, unknown[i], room), SEC_E_UNSUPPORTED_FUNCTION);
		static const uint8_t untouched[sizeof(room)];
		assert_memory_equal(room, untouched, sizeof(room));
	}
}

static void test_null_buffer_is_refused(void** state)
{
	(void)state;
	static const ULONG known[] = { SECPKG_ATTR_SIZES,        SECPKG_ATTR_NAMES,
		                           SECPKG_ATTR_PACKAGE_INFO, SECPKG_ATTR_AUTH_IDENTITY,
		                           SECPKG_ATTR_SESSION_KEY,  4711 };
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		assert_true(ask(&pair.client, known[i], NULL) < 0);
}

static void test_half_built_context_has_no_key_and_no_names(void** state)
{
	(void)state;
	sspi_pair_reset(&pair);
	struct sspi_token first = { NULL, 0 };
	struct sspi_token second = { NULL, 0 };
	expect_status(sspi_end_step(&pair.client, NULL, &first), SEC_I_CONTINUE_NEEDED);
	expect_status(sspi_end_step(&pair.server, &first, &second), SEC_I_CONTINUE_NEEDED);
	struct sspi_end* ends[] = { &pair.client, &pair.server };
	for (size_t i = 0; i < 2; i++)
	{
		SecPkgContext_SessionKey key = { 0, NULL };
		SecPkgContext_AuthIdentity identity = { 0 };
		assert_true(ask(ends[i], SECPKG_ATTR_SESSION_KEY, &key) < 0);
		assert_null(key.SessionKey);
		if (ends[i]->is_server)
			assert_true(ask(ends[i], SECPKG_ATTR_AUTH_IDENTITY, &identity) < 0 ||
			            identity.User[0] == '\0');
	}
	sspi_token_free(&first);
	sspi_token_free(&second);
}

static void test_set_context_attributes_checks_size_and_attribute(void** state)
{
	(void)state;
	uint8_t room[64] = { 0 };
	SecPkgContext_AuthNtlmServerChallenge challenge = { { 1, 2, 3, 4, 5, 6, 7, 8 } };
	const SecurityFunctionTableA* table = sspi_module_a().a;
	assert_true(table->SetContextAttributesA(&pair.client.context, 4711, room, 8) < 0);
	assert_true(table->SetContextAttributesA(&pair.client.context,
	                                         SECPKG_ATTR_AUTH_NTLM_SERVER_CHALLENGE, &challenge,
	                                         sizeof(challenge) - 1) < 0);
	assert_true(table->SetContextAttributesA(&pair.client.context,
	                                         SECPKG_ATTR_AUTH_NTLM_SERVER_CHALLENGE, NULL,
	                                         sizeof(challenge)) < 0);
}

static void check_package(const struct sspi_table* table, const char* name)
{
	if (table->a)
	{
		char copy[16];
		SecPkgInfoA* info = NULL;
		strcpy(copy, name);
		expect_status(table->a->QuerySecurityPackageInfoA(copy, &info), SEC_E_OK);
		assert_string_equal(info->Name, name);
		assert_int_equal(info->cbMaxToken, 48000);
		assert_non_null(info->Comment);
		expect_status(table->a->FreeContextBuffer(info), SEC_E_OK);
		return;
	}
	WCHAR* copy = ConvertUtf8ToWCharAlloc(name, NULL);
	SecPkgInfoW* info = NULL;
	char back[32];
	expect_status(table->w->QuerySecurityPackageInfoW(copy, &info), SEC_E_OK);
	assert_true(ConvertWCharToUtf8(info->Name, back, sizeof(back)) > 0);
	assert_string_equal(back, name);
	assert_int_equal(info->cbMaxToken, 48000);
	expect_status(table->w->FreeContextBuffer(info), SEC_E_OK);
	free(copy);
}

static void test_packages_say_what_they_are(void** state)
{
	(void)state;
	const struct sspi_table tables[] = { sspi_module_a(), sspi_module_w() };
	for (size_t i = 0; i < 2; i++)
	{
		check_package(&tables[i], "Negotiate");
		check_package(&tables[i], "NTLM");
	}
	assert_true(tables[0].a->dwVersion >= 3);
	assert_true(tables[1].w->dwVersion >= 3);
}

static void test_enumeration_has_ours_and_winprs(void** state)
{
	(void)state;
	static const char* const expected[] = { "Negotiate", "NTLM", "Kerberos", "CREDSSP",
		                                    "Schannel" };
	const SecurityFunctionTableA* table = sspi_module_a().a;
	ULONG count = 0;
	SecPkgInfoA* infos = NULL;
	expect_status(table->EnumerateSecurityPackagesA(&count, &infos), SEC_E_OK);
	const size_t wanted = sspi_builtin_is_reachable() ? sizeof(expected) / sizeof(expected[0]) : 2;
	assert_int_equal(count, wanted);
	for (size_t i = 0; i < wanted; i++)
	{
		unsigned found = 0;
		for (ULONG j = 0; j < count; j++)
			found += strcmp(infos[j].Name, expected[i]) == 0;
		assert_int_equal(found, 1);
	}
	expect_status(table->FreeContextBuffer(infos), SEC_E_OK);
}

#define through_a(test) cmocka_unit_test_setup_teardown(test, connect_a, disconnect)
#define through_w(test)                                                                            \
	{                                                                                              \
#test "_wide", test, connect_w, disconnect, NULL                                           \
	}
#define through_both(test) through_a(test), through_w(test)

int main(void)
{
	const struct CMUnitTest tests[] = {
		through_both(test_sizes),
		through_both(test_package_info_is_the_inner_package),
		through_both(test_negotiation_info_is_complete),
		through_both(test_names),
		through_both(test_auth_identity),
		through_both(test_session_key_is_the_same_on_both_sides),
		through_both(test_target_information_is_that_of_challenge),
		through_both(test_flags_grant_what_was_asked),
		through_both(test_pieces_of_the_ntlm_exchange),
		through_both(test_unknown_attributes_are_refused),
		through_both(test_null_buffer_is_refused),
		through_both(test_half_built_context_has_no_key_and_no_names),
		through_a(test_set_context_attributes_checks_size_and_attribute),
		cmocka_unit_test(test_packages_say_what_they_are),
		cmocka_unit_test(test_enumeration_has_ours_and_winprs),
	};
	return cmocka_run_group_tests(tests, box_open, box_close);
}
