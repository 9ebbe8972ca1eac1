/* SPDX-License-Identifier: Apache-2.0
 *
 * Handles that are none: null, zero, never given out, deleted, of another package, of the other
 * kind, of the other direction. Every function must answer SEC_E_INVALID_HANDLE, set the last error
 * and touch nothing.
 */
#include "expect.h"
#include "wide.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <winpr/error.h>

static struct sspi_pair pair;
static const SecurityFunctionTableA* table;

static int connect_pair(void** state)
{
	(void)state;
	const struct sspi_setup setup = sspi_setup_nla("user", NULL, "Password", box.sam);
	return sspi_pair_connect(&pair, &setup) ? 0 : -1;
}

static int disconnect_pair(void** state)
{
	(void)state;
	sspi_pair_close(&pair);
	return 0;
}

/* A message and a token's buffers that would do if the handle were good. */
struct odds
{
	uint8_t data[64];
	SecBuffer buffers[2];
	SecBufferDesc message;
	uint8_t out[64];
	SecBuffer output[1];
	SecBufferDesc answer;
	ULONG flags;
	uint8_t attribute[1024];
};

static struct odds* odds_make(void)
{
	static struct odds odds;
	memset(&odds, 0, sizeof(odds));
	odds.buffers[0] = (SecBuffer){ 16, SECBUFFER_TOKEN, odds.data };
	odds.buffers[1] = (SecBuffer){ 48, SECBUFFER_DATA, odds.data + 16 };
	odds.message = (SecBufferDesc){ SECBUFFER_VERSION, 2, odds.buffers };
	odds.output[0] = (SecBuffer){ sizeof(odds.out), SECBUFFER_TOKEN, odds.out };
	odds.answer = (SecBufferDesc){ SECBUFFER_VERSION, 1, odds.output };
	SetLastError(SSPI_STALE_ERROR);
	return &odds;
}

#define refuses(call)                                                                              \
	do                                                                                             \
	{                                                                                              \
		struct odds* o = odds_make();                                                              \
		(void)o;                                                                                   \
		expect_status((call), SEC_E_INVALID_HANDLE);                                               \
		assert_int_not_equal(GetLastError(), SSPI_STALE_ERROR);                                    \
	} while (0)

static void every_context_function_refuses(CtxtHandle* handle)
{
	ULONG qop = 0;
	refuses(table->DeleteSecurityContext(handle));
	refuses(table->QueryContextAttributesA(handle, SECPKG_ATTR_SIZES, o->attribute));
	refuses(table->QueryContextAttributesA(handle, SECPKG_ATTR_AUTH_IDENTITY, o->attribute));
	refuses(sspi_module_w().w->QueryContextAttributesW(handle, SECPKG_ATTR_SIZES, o->attribute));
	refuses(table->SetContextAttributesA(handle, SECPKG_ATTR_AUTH_NTLM_SERVER_CHALLENGE,
	                                     o->attribute, 8));
	refuses(table->ImpersonateSecurityContext(handle));
	refuses(table->RevertSecurityContext(handle));
	refuses(table->EncryptMessage(handle, 0, &o->message, 0));
	refuses(table->DecryptMessage(handle, &o->message, 0, &qop));
	refuses(table->MakeSignature(handle, 0, &o->message, 0));
	refuses(table->VerifySignature(handle, &o->message, 0, &qop));
}

/* As the context of a further call: a null pointer means a first call there, so it is no error. */
static void every_step_function_refuses_context(CtxtHandle* handle)
{
	CtxtHandle fresh = { 0 };
	char target[] = "TERMSRV/host";
	refuses(table->InitializeSecurityContextA(&pair.client.credential, handle, target, 0, 0,
	                                          SECURITY_NATIVE_DREP, &o->message, 0, &fresh,
	                                          &o->answer, &o->flags, NULL));
	refuses(table->AcceptSecurityContext(&pair.server.credential, handle, &o->message, 0,
	                                     SECURITY_NATIVE_DREP, &fresh, &o->answer, &o->flags,
	                                     NULL));
	assert_true(fresh.dwLower == 0 && fresh.dwUpper == 0);
}

static void every_credential_function_refuses(CredHandle* handle)
{
	CtxtHandle fresh = { 0 };
	char target[] = "TERMSRV/host";
	refuses(table->FreeCredentialsHandle(handle));
	refuses(table->QueryCredentialsAttributesA(handle, SECPKG_CRED_ATTR_NAMES, o->attribute));
	refuses(table->SetCredentialsAttributesA(handle, SECPKG_CRED_ATTR_KDC_PROXY_SETTINGS,
	                                         o->attribute, 64));
	refuses(table->InitializeSecurityContextA(handle, NULL, target, 0, 0, SECURITY_NATIVE_DREP,
	                                          NULL, 0, &fresh, &o->answer, &o->flags, NULL));
	refuses(table->AcceptSecurityContext(handle, NULL, &o->message, 0, SECURITY_NATIVE_DREP, &fresh,
	                                     &o->answer, &o->flags, NULL));
	assert_true(fresh.dwLower == 0 && fresh.dwUpper == 0);
}

static void test_null_pointers_are_refused(void** state)
{
	(void)state;
	every_context_function_refuses(NULL);
	every_credential_function_refuses(NULL);
}

static void test_zero_and_invalid_handles_are_refused(void** state)
{
	(void)state;
	SecHandle zero = { 0, 0 };
	SecHandle invalid;
	SecInvalidateHandle(&invalid);
	SecHandle* handles[] = { &zero, &invalid };
	for (size_t i = 0; i < 2; i++)
	{
		every_context_function_refuses(handles[i]);
		every_step_function_refuses_context(handles[i]);
		every_credential_function_refuses(handles[i]);
	}
}

static void test_handles_that_were_never_given_out_are_refused(void** state)
{
	(void)state;
	/* Near misses of a good one: a provider that holds pointers would follow them. */
	for (unsigned bit = 0; bit < 2 * sizeof(ULONG_PTR) * 8; bit++)
	{
		SecHandle context = pair.client.context;
		SecHandle credential = pair.client.credential;
		const unsigned half = sizeof(ULONG_PTR) * 8;
		const ULONG_PTR flip = (ULONG_PTR)1 << bit % half;
		if (bit < half)
		{
			context.dwLower ^= flip;
			credential.dwLower ^= flip;
		}
		else
		{
			context.dwUpper ^= flip;
			credential.dwUpper ^= flip;
		}
		SecPkgContext_Sizes sizes;
		/* One bit off may be the other context's, which is as good. */
		if (memcmp(&context, &pair.server.context, sizeof(context)) != 0)
			expect_status(table->QueryContextAttributesA(&context, SECPKG_ATTR_SIZES, &sizes),
			              SEC_E_INVALID_HANDLE);
		if (memcmp(&credential, &pair.server.credential, sizeof(credential)) != 0)
			expect_status(table->FreeCredentialsHandle(&credential), SEC_E_INVALID_HANDLE);
	}
	SecHandle onto_stack = { (ULONG_PTR)&pair, (ULONG_PTR) "Negotiate" };
	every_context_function_refuses(&onto_stack);
	every_credential_function_refuses(&onto_stack);
	assert_null(sspi_pair_chat(&pair, 1));
}

static void test_deleted_handles_are_refused_again_and_again(void** state)
{
	(void)state;
	SecHandle context = pair.client.context;
	expect_status(table->DeleteSecurityContext(&context), SEC_E_OK);
	context = pair.client.context;
	every_context_function_refuses(&context);
	every_step_function_refuses_context(&context);
	pair.client.phase = SSPI_CREDENTIAL;

	SecHandle credential = pair.client.credential;
	SecHandle copy = credential;
	expect_status(table->FreeCredentialsHandle(&credential), SEC_E_OK);
	every_credential_function_refuses(&copy);
	pair.client.phase = SSPI_NOTHING;

	/* What takes their place later has other handles. */
	for (unsigned i = 0; i < 300; i++)
	{
		struct sspi_end end;
		const struct sspi_setup setup = sspi_setup_nla("user", NULL, "Password", box.sam);
		struct sspi_token out = { NULL, 0 };
		expect_status(sspi_end_acquire(&end, &setup, false), SEC_E_OK);
		expect_status(sspi_end_step(&end, NULL, &out), SEC_I_CONTINUE_NEEDED);
		assert_memory_not_equal(&end.credential, &pair.client.credential, sizeof(SecHandle));
		assert_memory_not_equal(&end.context, &pair.client.context, sizeof(SecHandle));
		sspi_token_free(&out);
		sspi_end_close(&end);
	}
	every_context_function_refuses(&pair.client.context);
	every_credential_function_refuses(&pair.client.credential);
}

static void test_handles_of_the_other_kind_are_refused(void** state)
{
	(void)state;
	SecHandle credential = pair.client.credential;
	SecHandle context = pair.client.context;
	every_context_function_refuses(&credential);
	every_step_function_refuses_context(&credential);
	every_credential_function_refuses(&context);
}

/* WinPR's own handles point into its memory: what follows them would find something there. */
static void test_handles_of_another_package_are_refused(void** state)
{
	struct sspi_pair theirs;
	struct sspi_setup setup = sspi_setup_nla("user", NULL, "Password", box.sam);

	(void)state;
	setup.client_table = setup.server_table = sspi_builtin();
	setup.client_package = setup.server_package = "NTLM";
	assert_true(sspi_pair_connect(&theirs, &setup));
	const struct sspi_end* const ends[] = { &theirs.client, &theirs.server };
	for (size_t i = 0; i < 2; i++)
	{
		SecHandle context = ends[i]->context;
		SecHandle credential = ends[i]->credential;
		every_context_function_refuses(&context);
		every_step_function_refuses_context(&context);
		every_credential_function_refuses(&credential);
	}
	assert_null(sspi_pair_chat(&theirs, 1));
	sspi_pair_close(&theirs);
}

static pthread_barrier_t together;

static void* look_until_it_is_gone(void* answer)
{
	SECURITY_STATUS* const status = answer;
	SecPkgContext_Sizes sizes;
	const time_t until = time(NULL) + 20;

	(void)pthread_barrier_wait(&together);
	do
		*status = table->QueryContextAttributesA(&pair.client.context, SECPKG_ATTR_SIZES, &sizes);
	while (*status == SEC_E_OK && time(NULL) < until);
	return NULL;
}

static void* delete_it(void* answer)
{
	SECURITY_STATUS* const status = answer;
	SecHandle context = pair.client.context;

	(void)pthread_barrier_wait(&together);
	*status = table->DeleteSecurityContext(&context);
	return NULL;
}

/* Of two that delete one does; who looks at it meanwhile sees it whole, or not at all. */
static void test_handle_deleted_by_two_threads_while_others_use_it(void** state)
{
	enum
	{
		DELETERS = 2,
		THREADS = 6
	};
	for (unsigned round = 0; round < 50; round++)
	{
		pthread_t threads[THREADS];
		SECURITY_STATUS status[THREADS];

		assert_int_equal(pthread_barrier_init(&together, NULL, THREADS), 0);
		for (size_t i = 0; i < THREADS; i++)
			assert_int_equal(pthread_create(&threads[i], NULL,
			                                i < DELETERS ? delete_it : look_until_it_is_gone,
			                                &status[i]),
			                 0);
		for (size_t i = 0; i < THREADS; i++)
			assert_int_equal(pthread_join(threads[i], NULL), 0);
		assert_int_equal(pthread_barrier_destroy(&together), 0);
		assert_true((status[0] == SEC_E_OK) != (status[1] == SEC_E_OK));
		for (size_t i = 0; i < THREADS; i++)
			if (status[i] != SEC_E_OK || i >= DELETERS)
				expect_status(status[i], SEC_E_INVALID_HANDLE);
		pair.client.phase = SSPI_CREDENTIAL;
		assert_int_equal(disconnect_pair(state), 0);
		assert_int_equal(connect_pair(state), 0);
	}
}

static void test_contexts_of_the_other_role_are_refused(void** state)
{
	(void)state;
	/* One credential for both directions, so that nothing else is wrong with the call. */
	CredHandle both = { 0 };
	CtxtHandle client = { 0 };
	CtxtHandle server = { 0 };
	char package[] = "NTLM";
	char target[] = "TERMSRV/host";
	SEC_WINNT_AUTH_IDENTITY_W identity = { .Flags = SEC_WINNT_AUTH_IDENTITY_UNICODE };
	UINT16 user[] = { WIDE('u') };
	identity.User = identity.Password = user;
	identity.UserLength = identity.PasswordLength = 1;
	expect_status(table->AcquireCredentialsHandleA(NULL, package, SECPKG_CRED_BOTH, NULL, &identity,
	                                               NULL, NULL, &both, NULL),
	              SEC_E_OK);
	struct odds* o = odds_make();
	expect_status(table->InitializeSecurityContextA(&both, NULL, target, 0, 0, SECURITY_NATIVE_DREP,
	                                                NULL, 0, &client, &o->answer, NULL, NULL),
	              SEC_I_CONTINUE_NEEDED);
	SecBuffer negotiate = { o->output[0].cbBuffer, SECBUFFER_TOKEN, o->out };
	SecBufferDesc input = { SECBUFFER_VERSION, 1, &negotiate };
	uint8_t memory[4096];
	SecBuffer buffer = { sizeof(memory), SECBUFFER_TOKEN, memory };
	SecBufferDesc output = { SECBUFFER_VERSION, 1, &buffer };
	expect_status(table->AcceptSecurityContext(&both, &client, &input, 0, SECURITY_NATIVE_DREP,
	                                           &client, &output, NULL, NULL),
	              SEC_E_INVALID_HANDLE);
	buffer.cbBuffer = sizeof(memory);
	expect_status(table->AcceptSecurityContext(&both, NULL, &input, 0, SECURITY_NATIVE_DREP,
	                                           &server, &output, NULL, NULL),
	              SEC_I_CONTINUE_NEEDED);
	expect_status(table->InitializeSecurityContextA(&both, &server, target, 0, 0,
	                                                SECURITY_NATIVE_DREP, &output, 0, &server,
	                                                &output, NULL, NULL),
	              SEC_E_INVALID_HANDLE);
	expect_status(table->DeleteSecurityContext(&client), SEC_E_OK);
	expect_status(table->DeleteSecurityContext(&server), SEC_E_OK);
	expect_status(table->FreeCredentialsHandle(&both), SEC_E_OK);
}

static void test_credentials_of_the_other_direction_are_refused(void** state)
{
	(void)state;
	CtxtHandle fresh = { 0 };
	char target[] = "TERMSRV/host";
	struct odds* o = odds_make();
	assert_true(table->InitializeSecurityContextA(&pair.server.credential, NULL, target, 0, 0,
	                                              SECURITY_NATIVE_DREP, NULL, 0, &fresh, &o->answer,
	                                              &o->flags, NULL) < 0);
	assert_int_equal(o->output[0].cbBuffer, 0);
	o = odds_make();
	o->buffers[0].cbBuffer = 16;
	assert_true(table->AcceptSecurityContext(&pair.client.credential, NULL, &o->message, 0,
	                                         SECURITY_NATIVE_DREP, &fresh, &o->answer, &o->flags,
	                                         NULL) < 0);
	assert_int_equal(o->output[0].cbBuffer, 0);
	assert_true(fresh.dwLower == 0 && fresh.dwUpper == 0);
}

static int set_up(void** state)
{
	table = sspi_module_a().a;
	return box_open(state);
}

#define connected(test) cmocka_unit_test_setup_teardown(test, connect_pair, disconnect_pair)

int main(void)
{
	const struct CMUnitTest tests[] = {
		connected(test_null_pointers_are_refused),
		connected(test_zero_and_invalid_handles_are_refused),
		connected(test_handles_that_were_never_given_out_are_refused),
		connected(test_deleted_handles_are_refused_again_and_again),
		connected(test_handles_of_the_other_kind_are_refused),
		connected(test_handles_of_another_package_are_refused),
		connected(test_handle_deleted_by_two_threads_while_others_use_it),
		cmocka_unit_test(test_contexts_of_the_other_role_are_refused),
		connected(test_credentials_of_the_other_direction_are_refused),
	};
	return cmocka_run_group_tests(tests, set_up, box_close);
}
