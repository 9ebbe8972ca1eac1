/* SPDX-License-Identifier: Apache-2.0
 *
 * SetContextAttributes of what an NTLM exchange otherwise draws or derives (WinPR's 1003 and 1101
 * to 1103), what is not supported, and the attributes of credentials.
 */
#include "expect.h"

#include <stdlib.h>
#include <string.h>

#include <winpr/error.h>
#include <winpr/string.h>

#include "wide.h"

#define HASH 1003u
#define TIMESTAMP 1101u
#define CLIENT_CHALLENGE 1102u
#define SERVER_CHALLENGE 1103u
#define NTPROOF_VALUE 1104u

static struct sspi_pair pair;

static SECURITY_STATUS set(struct sspi_end* end, ULONG attribute, void* value, size_t size)
{
	SetLastError(SSPI_STALE_ERROR);
	const SECURITY_STATUS status =
	    end->table.a
	        ? end->table.a->SetContextAttributesA(&end->context, attribute, value, (ULONG)size)
	        : end->table.w->SetContextAttributesW(&end->context, attribute, value, (ULONG)size);
	assert_int_not_equal(GetLastError(), SSPI_STALE_ERROR);
	return status;
}

static struct sspi_setup setup_of(bool wide, const char* password)
{
	struct sspi_setup setup = sspi_setup_nla("user", NULL, password, box.sam);
	if (wide)
		setup.client_table = setup.server_table = sspi_module_w();
	return setup;
}

static struct sspi_token begin(bool wide, const char* password)
{
	const struct sspi_setup setup = setup_of(wide, password);
	struct sspi_token first = { NULL, 0 };
	struct sspi_token second = { NULL, 0 };
	assert_true(sspi_pair_open(&pair, &setup));
	expect_status(sspi_end_step(&pair.client, NULL, &first), SEC_I_CONTINUE_NEEDED);
	expect_status(sspi_end_step(&pair.server, &first, &second), SEC_I_CONTINUE_NEEDED);
	sspi_token_free(&first);
	return second;
}

/* AUTHENTICATE is made of `challenge` and given to the server, whose status is returned. */
static SECURITY_STATUS authenticate(struct sspi_token* challenge)
{
	struct sspi_token third = { NULL, 0 };
	struct sspi_token last = { NULL, 0 };
	assert_true(sspi_end_step(&pair.client, challenge, &third) >= 0);
	const SECURITY_STATUS status = sspi_end_step(&pair.server, &third, &last);
	if (status == SEC_E_OK && last.len)
		expect_status(sspi_end_step(&pair.client, &last, challenge), SEC_E_OK);
	sspi_token_free(challenge);
	sspi_token_free(&third);
	sspi_token_free(&last);
	return status;
}

static int disconnect(void** state)
{
	(void)state;
	sspi_pair_close(&pair);
	memset(&pair, 0, sizeof(pair));
	return 0;
}

static void test_client_challenge_that_is_set_is_sent(void** state)
{
	(void)state;
	for (unsigned wide = 0; wide < 2; wide++)
	{
		SecPkgContext_AuthNtlmClientChallenge challenge = { { 9, 8, 7, 6, 5, 4, 3, 2 } };
		struct sspi_token token = begin(wide, "Password");
		expect_status(set(&pair.client, CLIENT_CHALLENGE, &challenge, sizeof(challenge)), SEC_E_OK);
		expect_status(authenticate(&token), SEC_E_OK);
		SecBuffer proof = { 0 };
		expect_status(sspi_query(&pair.server.table, &pair.server.context, NTPROOF_VALUE, &proof),
		              SEC_E_OK);
		/* Server challenge, two version bytes and six zeros, time, client challenge
		 * (MS-NLMP 2.2.2.7). */
		assert_true(proof.cbBuffer > 8 + 16 + 8);
		assert_memory_equal((const uint8_t*)proof.pvBuffer + 8 + 16, challenge.ClientChallenge, 8);
		sspi_SecBufferFree(&proof);
		assert_null(sspi_pair_chat(&pair, 1));
		disconnect(NULL);
	}
}

static void test_server_challenge_and_its_time_come_too_late_once_sent(void** state)
{
	(void)state;
	SecPkgContext_AuthNtlmServerChallenge challenge = { { 1, 2, 3, 4, 5, 6, 7, 8 } };
	SecPkgContext_AuthNtlmTimestamp time = { .Timestamp = { 1 }, .ChallengeOrResponse = TRUE };
	struct sspi_token token = begin(false, "Password");
	expect_status(set(&pair.server, SERVER_CHALLENGE, &challenge, sizeof(challenge)),
	              SEC_E_OUT_OF_SEQUENCE);
	expect_status(set(&pair.server, TIMESTAMP, &time, sizeof(time)), SEC_E_OUT_OF_SEQUENCE);
	/* The client's own time stands back behind that of CHALLENGE (MS-NLMP 3.1.5.1.2). */
	time.ChallengeOrResponse = FALSE;
	expect_status(set(&pair.client, TIMESTAMP, &time, sizeof(time)), SEC_E_OK);
	expect_status(authenticate(&token), SEC_E_OK);
	assert_null(sspi_pair_chat(&pair, 1));
}

static void test_hash_that_is_set_takes_the_place_of_the_sam_file(void** state)
{
	(void)state;
	for (unsigned i = 0; i < 4; i++)
	{
		const bool wide = i % 2;
		const bool right = i / 2;
		SecPkgContext_AuthNtlmHash hash = { .Version = 1 };
		struct sspi_token token = begin(wide, "another password");
		sandbox_nt_hash(right ? "another password" : "a third", hash.NtlmHash);
		expect_status(set(&pair.server, HASH, &hash, sizeof(hash)), SEC_E_OK);
		expect_status(authenticate(&token), right ? SEC_E_OK : SEC_E_LOGON_DENIED);
		if (right)
			assert_null(sspi_pair_chat(&pair, 1));
		disconnect(NULL);
	}
}

static void test_values_of_a_wrong_size_or_version_are_refused(void** state)
{
	(void)state;
	static const struct
	{
		ULONG attribute;
		size_t size;
	} known[] = { { HASH, sizeof(SecPkgContext_AuthNtlmHash) },
		          { TIMESTAMP, sizeof(SecPkgContext_AuthNtlmTimestamp) },
		          { CLIENT_CHALLENGE, sizeof(SecPkgContext_AuthNtlmClientChallenge) },
		          { SERVER_CHALLENGE, sizeof(SecPkgContext_AuthNtlmServerChallenge) } };
	SecPkgContext_AuthNtlmHash hash = { .Version = 3 };
	for (unsigned wide = 0; wide < 2; wide++)
	{
		struct sspi_token token = begin(wide, "Password");
		for (size_t i = 0; i < 4; i++)
		{
			for (size_t size = 0; size < known[i].size; size++)
			{
				/* Exactly so much memory, for a sanitizer to see a read behind it. */
				void* value = calloc(1, size ? size : 1);
				expect_status(set(&pair.client, known[i].attribute, value, size),
				              SEC_E_INVALID_PARAMETER);
				free(value);
			}
			expect_status(set(&pair.client, known[i].attribute, NULL, known[i].size),
			              SEC_E_INVALID_PARAMETER);
		}
		expect_status(set(&pair.server, HASH, &hash, sizeof(hash)), SEC_E_INVALID_PARAMETER);
		expect_status(authenticate(&token), SEC_E_OK);
		disconnect(NULL);
	}
}

static void test_values_after_completion_are_refused(void** state)
{
	(void)state;
	SecPkgContext_AuthNtlmHash hash = { .Version = 2 };
	SecPkgContext_AuthNtlmClientChallenge challenge = { { 1 } };
	struct sspi_token token = begin(false, "Password");
	expect_status(authenticate(&token), SEC_E_OK);
	expect_status(set(&pair.server, HASH, &hash, sizeof(hash)), SEC_E_OUT_OF_SEQUENCE);
	expect_status(set(&pair.client, CLIENT_CHALLENGE, &challenge, sizeof(challenge)),
	              SEC_E_OUT_OF_SEQUENCE);
	assert_null(sspi_pair_chat(&pair, 1));
}

static void test_what_cannot_be_set_is_refused(void** state)
{
	(void)state;
	/* Among them the password and whole messages (docs/attributes.md says why). */
	static const ULONG unsettable[] = { 0,    1,    2,    9,    10,        14,   25,
		                                1001, 1002, 1100, 1104, 1105,      1106, 1107,
		                                1109, 1110, 1200, 4711, 0xFFFFFFFF };
	for (unsigned wide = 0; wide < 2; wide++)
	{
		uint8_t room[1024] = { 0 };
		struct sspi_token token = begin(wide, "Password");
		for (size_t i = 0; i < sizeof(unsettable) / sizeof(unsettable[0]); i++)
		{
			expect_status(set(&pair.client, unsettable[i], room, sizeof(room)),
			              SEC_E_UNSUPPORTED_FUNCTION);
			expect_status(set(&pair.server, unsettable[i], room, sizeof(room)),
			              SEC_E_UNSUPPORTED_FUNCTION);
		}
		expect_status(authenticate(&token), SEC_E_OK);
		disconnect(NULL);
	}
}

/* --- credentials ------------------------------------------------------------------------------ */

static void test_names_of_credentials(void** state)
{
	(void)state;
	struct sspi_setup setup = sspi_setup_nla("J\xc3\xb6rg", "CORP", "Password", box.sam);
	assert_true(sspi_pair_open(&pair, &setup));
	SecPkgCredentials_NamesA names = { NULL };
	const SecurityFunctionTableA* a = sspi_module_a().a;
	expect_status(
	    a->QueryCredentialsAttributesA(&pair.client.credential, SECPKG_CRED_ATTR_NAMES, &names),
	    SEC_E_OK);
	assert_string_equal(names.sUserName, "CORP\\J\xc3\xb6rg");
	expect_status(a->FreeContextBuffer(names.sUserName), SEC_E_OK);

	/* A handle of the A table is as good in the W table. */
	SecPkgCredentials_NamesW wide = { NULL };
	const SecurityFunctionTableW* w = sspi_module_w().w;
	char back[64] = "";
	expect_status(
	    w->QueryCredentialsAttributesW(&pair.client.credential, SECPKG_CRED_ATTR_NAMES, &wide),
	    SEC_E_OK);
	assert_true(ConvertWCharToUtf8(wide.sUserName, back, sizeof(back)) > 0);
	assert_string_equal(back, "CORP\\J\xc3\xb6rg");
	expect_status(w->FreeContextBuffer(wide.sUserName), SEC_E_OK);
}

static void test_attributes_that_credentials_have_not_are_refused(void** state)
{
	(void)state;
	const SecurityFunctionTableA* a = sspi_module_a().a;
	const SecurityFunctionTableW* w = sspi_module_w().w;
	struct sspi_setup setup = sspi_setup_nla("user", NULL, "Password", NULL);
	setup.client_package = setup.server_package = "NTLM";
	assert_true(sspi_pair_open(&pair, &setup));
	CredHandle* client = &pair.client.credential;
	CredHandle* server = &pair.server.credential;
	void* untouched = &pair;
	SecPkgCredentials_NamesA names = { untouched };
	SecPkgCredentials_NamesW wide = { untouched };
	/* A server of the default SAM file is nobody. */
	expect_status(a->QueryCredentialsAttributesA(server, SECPKG_CRED_ATTR_NAMES, &names),
	              SEC_E_NO_CREDENTIALS);
	expect_status(w->QueryCredentialsAttributesW(server, SECPKG_CRED_ATTR_NAMES, &wide),
	              SEC_E_NO_CREDENTIALS);
	static const ULONG unknown[] = { 0, 2, 3, 4, 5, 100, 4711 };
	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
	{
		uint8_t room[64] = { 0 };
		expect_status(a->QueryCredentialsAttributesA(client, unknown[i], &names),
		              SEC_E_UNSUPPORTED_FUNCTION);
		expect_status(w->QueryCredentialsAttributesW(client, unknown[i], &wide),
		              SEC_E_UNSUPPORTED_FUNCTION);
		/* NTLM credentials have none that can be set. */
		expect_status(a->SetCredentialsAttributesA(client, unknown[i], room, sizeof(room)),
		              SEC_E_UNSUPPORTED_FUNCTION);
		expect_status(w->SetCredentialsAttributesW(client, unknown[i], room, sizeof(room)),
		              SEC_E_UNSUPPORTED_FUNCTION);
	}
	expect_status(a->QueryCredentialsAttributesA(client, SECPKG_CRED_ATTR_NAMES, NULL),
	              SEC_E_INVALID_PARAMETER);
	expect_status(w->QueryCredentialsAttributesW(client, SECPKG_CRED_ATTR_NAMES, NULL),
	              SEC_E_INVALID_PARAMETER);
	assert_ptr_equal(names.sUserName, untouched);
	assert_ptr_equal(wide.sUserName, untouched);
}

static void test_kdc_proxy_of_negotiate_credentials(void** state)
{
	(void)state;
	struct sspi_setup setup = sspi_setup_nla("user", NULL, "Password", box.sam);
	struct
	{
		SecPkgCredentials_KdcProxySettingsW settings;
		WCHAR server[16];
	} proxy = { .settings = { .Version = KDC_PROXY_SETTINGS_V1,
		                      .ProxyServerOffset = sizeof(proxy.settings),
		                      .ProxyServerLength = sizeof(proxy.server) },
		        .server = { WIDE('h'), WIDE('t'), WIDE('t'), WIDE('p'), WIDE('s'), WIDE(':'),
		                    WIDE('/'), WIDE('/'), WIDE('k') } };
	const SecurityFunctionTableA* a = sspi_module_a().a;
	const SecurityFunctionTableW* w = sspi_module_w().w;
	CredHandle* client = &pair.client.credential;
	assert_true(sspi_pair_open(&pair, &setup));
	for (ULONG size = 0; size < sizeof(proxy); size++)
	{
		void* exact = malloc(size ? size : 1);
		memcpy(exact, &proxy, size);
		expect_status(
		    a->SetCredentialsAttributesA(client, SECPKG_CRED_ATTR_KDC_PROXY_SETTINGS, exact, size),
		    SEC_E_INVALID_PARAMETER);
		free(exact);
	}
	expect_status(a->SetCredentialsAttributesA(client, SECPKG_CRED_ATTR_KDC_PROXY_SETTINGS, NULL,
	                                           sizeof(proxy)),
	              SEC_E_INVALID_PARAMETER);
	expect_status(a->SetCredentialsAttributesA(client, SECPKG_CRED_ATTR_KDC_PROXY_SETTINGS, &proxy,
	                                           sizeof(proxy)),
	              SEC_E_OK);
	expect_status(w->SetCredentialsAttributesW(client, SECPKG_CRED_ATTR_KDC_PROXY_SETTINGS, &proxy,
	                                           sizeof(proxy)),
	              SEC_E_OK);
	/* It is Kerberos' alone: NTLM goes on as before. */
	assert_true(sspi_pair_run(&pair));
	assert_null(sspi_pair_chat(&pair, 1));
}

#define closing(test) cmocka_unit_test_teardown(test, disconnect)

int main(void)
{
	const struct CMUnitTest tests[] = {
		closing(test_client_challenge_that_is_set_is_sent),
		closing(test_server_challenge_and_its_time_come_too_late_once_sent),
		closing(test_hash_that_is_set_takes_the_place_of_the_sam_file),
		closing(test_values_of_a_wrong_size_or_version_are_refused),
		closing(test_values_after_completion_are_refused),
		closing(test_what_cannot_be_set_is_refused),
		closing(test_names_of_credentials),
		closing(test_attributes_that_credentials_have_not_are_refused),
		closing(test_kdc_proxy_of_negotiate_credentials),
	};
	return cmocka_run_group_tests(tests, box_open, box_close);
}
