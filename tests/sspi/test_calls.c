/* SPDX-License-Identifier: Apache-2.0
 *
 * Good handles used in odd ways: other orders of freeing, functions before their time, functions
 * that are not supported, buffers of other shapes than FreeRDP's, several threads on one context.
 */
#include "expect.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <winpr/error.h>

static struct sspi_pair pair;
static const SecurityFunctionTableA* table;

static int connect_pair(void** state)
{
	(void)state;
	const struct sspi_setup setup = sspi_setup_nla("user", NULL, "Password", box.sam);
	return sspi_pair_connect(&pair, &setup) ? 0 : -1;
}

/* Credentials only. */
static int open_pair(void** state)
{
	(void)state;
	const struct sspi_setup setup = sspi_setup_nla("user", NULL, "Password", box.sam);
	return sspi_pair_open(&pair, &setup) ? 0 : -1;
}

static int disconnect_pair(void** state)
{
	(void)state;
	sspi_pair_close(&pair);
	return 0;
}

static void test_contexts_live_and_die_alone(void** state)
{
	(void)state;
	struct sspi_pair other;
	const struct sspi_setup setup = sspi_setup_nla("user", NULL, "Password", box.sam);
	assert_true(sspi_pair_connect(&other, &setup));
	sspi_pair_close(&other);
	assert_null(sspi_pair_chat(&pair, 2));
	assert_true(sspi_pair_connect(&other, &setup));
	sspi_pair_close(&pair);
	assert_null(sspi_pair_chat(&other, 2));
	pair = other;
	pair.client.setup = pair.server.setup = &pair.setup;
}

static void test_credentials_may_go_before_their_contexts(void** state)
{
	(void)state;
	expect_status(table->FreeCredentialsHandle(&pair.client.credential), SEC_E_OK);
	expect_status(table->FreeCredentialsHandle(&pair.server.credential), SEC_E_OK);
	assert_null(sspi_pair_chat(&pair, 3));
	SecPkgContext_AuthIdentity identity;
	expect_status(
	    table->QueryContextAttributesA(&pair.server.context, SECPKG_ATTR_AUTH_IDENTITY, &identity),
	    SEC_E_OK);
	expect_status(table->DeleteSecurityContext(&pair.client.context), SEC_E_OK);
	expect_status(table->DeleteSecurityContext(&pair.server.context), SEC_E_OK);
	pair.client.phase = pair.server.phase = SSPI_NOTHING;
}

static void test_messages_before_completion_are_refused(void** state)
{
	(void)state;
	sspi_pair_reset(&pair);
	struct sspi_token out = { NULL, 0 };
	expect_status(sspi_end_step(&pair.client, NULL, &out), SEC_I_CONTINUE_NEEDED);
	uint8_t data[64] = { 0 };
	SecBuffer buffers[2] = { { 16, SECBUFFER_TOKEN, data }, { 48, SECBUFFER_DATA, data + 16 } };
	SecBufferDesc message = { SECBUFFER_VERSION, 2, buffers };
	ULONG qop = 0;
	CtxtHandle* context = &pair.client.context;
	expect_status(table->EncryptMessage(context, 0, &message, 0), SEC_E_OUT_OF_SEQUENCE);
	expect_status(table->DecryptMessage(context, &message, 0, &qop), SEC_E_OUT_OF_SEQUENCE);
	expect_status(table->MakeSignature(context, 0, &message, 0), SEC_E_OUT_OF_SEQUENCE);
	expect_status(table->VerifySignature(context, &message, 0, &qop), SEC_E_OUT_OF_SEQUENCE);
	sspi_token_free(&out);
}

static void test_unsupported_functions_say_so(void** state)
{
	(void)state;
	SecBufferDesc empty = { SECBUFFER_VERSION, 0, NULL };
	SecBuffer packed = { 0 };
	HANDLE token = NULL;
	CtxtHandle fresh = { 0 };
	char package[] = "Negotiate";
	expect_status(table->ExportSecurityContext(&pair.client.context, 0, &packed, &token),
	              SEC_E_UNSUPPORTED_FUNCTION);
	expect_status(table->ImportSecurityContextA(package, &packed, NULL, &fresh),
	              SEC_E_UNSUPPORTED_FUNCTION);
	expect_status(table->AddCredentialsA(&pair.client.credential, NULL, package,
	                                     SECPKG_CRED_OUTBOUND, NULL, NULL, NULL, NULL),
	              SEC_E_UNSUPPORTED_FUNCTION);
	expect_status(table->ApplyControlToken(&pair.client.context, &empty),
	              SEC_E_UNSUPPORTED_FUNCTION);
	expect_status(table->QuerySecurityContextToken(&pair.server.context, &token),
	              SEC_E_UNSUPPORTED_FUNCTION);
}

static void test_acquire_refuses_what_it_cannot_do(void** state)
{
	(void)state;
	CredHandle handle = { 0 };
	char unknown[] = "NoSuchPackage";
	char ntlm[] = "NTLM";
	SecPkgInfoA* info = NULL;
	expect_status(table->AcquireCredentialsHandleA(NULL, unknown, SECPKG_CRED_OUTBOUND, NULL, NULL,
	                                               NULL, NULL, &handle, NULL),
	              SEC_E_SECPKG_NOT_FOUND);
	expect_status(table->QuerySecurityPackageInfoA(unknown, &info), SEC_E_SECPKG_NOT_FOUND);
	assert_null(info);
	assert_true(table->AcquireCredentialsHandleA(NULL, ntlm, 0x40, NULL, NULL, NULL, NULL, &handle,
	                                             NULL) < 0);
	assert_true(table->AcquireCredentialsHandleA(NULL, ntlm, SECPKG_CRED_OUTBOUND, NULL, NULL, NULL,
	                                             NULL, NULL, NULL) < 0);
	assert_true(table->AcquireCredentialsHandleA(NULL, NULL, SECPKG_CRED_OUTBOUND, NULL, NULL, NULL,
	                                             NULL, &handle, NULL) < 0);
	assert_true(handle.dwLower == 0 && handle.dwUpper == 0);
}

struct race
{
	CtxtHandle context;
	pthread_barrier_t* barrier;
	unsigned deleted;
};

static void* race_to_delete(void* arg)
{
	struct race* race = arg;
	uint8_t data[64] = { 0 };
	SecBuffer buffers[2] = { { 16, SECBUFFER_TOKEN, data }, { 48, SECBUFFER_DATA, data + 16 } };
	SecBufferDesc message = { SECBUFFER_VERSION, 2, buffers };
	pthread_barrier_wait(race->barrier);
	for (unsigned i = 0; i < 20; i++)
	{
		SecPkgContext_Sizes sizes;
		(void)table->EncryptMessage(&race->context, 0, &message, i);
		(void)table->QueryContextAttributesA(&race->context, SECPKG_ATTR_SIZES, &sizes);
	}
	race->deleted = table->DeleteSecurityContext(&race->context) == SEC_E_OK;
	return NULL;
}

static void test_four_threads_race_to_delete_and_one_wins(void** state)
{
	(void)state;
	for (unsigned round = 0; round < 20; round++)
	{
		struct sspi_pair other;
		const struct sspi_setup setup = sspi_setup_nla("user", NULL, "Password", box.sam);
		assert_true(sspi_pair_connect(&other, &setup));
		pthread_barrier_t barrier;
		pthread_t threads[4];
		struct race races[4];
		assert_int_equal(pthread_barrier_init(&barrier, NULL, 4), 0);
		unsigned deleted = 0;
		for (unsigned i = 0; i < 4; i++)
		{
			races[i] = (struct race){ other.client.context, &barrier, 0 };
			assert_int_equal(pthread_create(&threads[i], NULL, race_to_delete, &races[i]), 0);
		}
		for (unsigned i = 0; i < 4; i++)
		{
			assert_int_equal(pthread_join(threads[i], NULL), 0);
			deleted += races[i].deleted;
		}
		pthread_barrier_destroy(&barrier);
		assert_int_equal(deleted, 1);
		other.client.phase = SSPI_CREDENTIAL;
		sspi_pair_close(&other);
	}
}

/* InitializeSecurityContext's first call with these buffers. */
static SECURITY_STATUS first_call(SecBufferDesc* input, SecBufferDesc* output, ULONG request,
                                  CtxtHandle* context)
{
	char target[] = "TERMSRV/host";
	ULONG attributes = 0;
	*context = (CtxtHandle){ 0 };
	SetLastError(SSPI_STALE_ERROR);
	return table->InitializeSecurityContextA(&pair.client.credential, NULL, target, request, 0,
	                                         SECURITY_NATIVE_DREP, input, 0, context, output,
	                                         &attributes, NULL);
}

static void test_first_call_takes_every_shape_of_no_input(void** state)
{
	(void)state;
	SecBuffer empty[2] = { { 0, SECBUFFER_EMPTY, NULL }, { 0, SECBUFFER_TOKEN, NULL } };
	SecBufferDesc none = { SECBUFFER_VERSION, 0, NULL };
	SecBufferDesc one = { SECBUFFER_VERSION, 1, empty };
	SecBufferDesc token = { SECBUFFER_VERSION, 1, empty + 1 };
	SecBufferDesc both = { SECBUFFER_VERSION, 2, empty };
	SecBufferDesc* inputs[] = { NULL, &none, &one, &token, &both };
	for (size_t i = 0; i < sizeof(inputs) / sizeof(inputs[0]); i++)
	{
		CtxtHandle context;
		uint8_t memory[4096];
		SecBuffer buffer = { sizeof(memory), SECBUFFER_TOKEN, memory };
		SecBufferDesc output = { SECBUFFER_VERSION, 1, &buffer };
		expect_status(first_call(inputs[i], &output, SSPI_NLA_CLIENT_FLAGS, &context),
		              SEC_I_CONTINUE_NEEDED);
		assert_int_equal(memory[0], 0x60);
		assert_true(context.dwLower || context.dwUpper);
		expect_status(table->DeleteSecurityContext(&context), SEC_E_OK);
	}
}

static void test_first_call_without_room_for_the_token_is_refused(void** state)
{
	(void)state;
	uint8_t memory[64] = { 0 };
	SecBuffer data = { sizeof(memory), SECBUFFER_DATA, memory };
	SecBuffer null_memory = { sizeof(memory), SECBUFFER_TOKEN, NULL };
	SecBuffer nothing = { 0, SECBUFFER_TOKEN, memory };
	SecBufferDesc no_buffers = { SECBUFFER_VERSION, 0, NULL };
	SecBufferDesc no_array = { SECBUFFER_VERSION, 1, NULL };
	SecBufferDesc no_token = { SECBUFFER_VERSION, 1, &data };
	SecBufferDesc no_memory = { SECBUFFER_VERSION, 1, &null_memory };
	SecBufferDesc no_room = { SECBUFFER_VERSION, 1, &nothing };
	SecBufferDesc* outputs[] = { NULL, &no_buffers, &no_array, &no_token, &no_memory, &no_room };
	for (size_t i = 0; i < sizeof(outputs) / sizeof(outputs[0]); i++)
	{
		CtxtHandle context;
		assert_true(first_call(NULL, outputs[i], SSPI_NLA_CLIENT_FLAGS, &context) < 0);
		assert_int_not_equal(GetLastError(), SSPI_STALE_ERROR);
		assert_true(context.dwLower == 0 && context.dwUpper == 0);
	}
	assert_int_equal(null_memory.cbBuffer, 0);
	assert_int_equal(nothing.cbBuffer, 0);
}

static void test_memory_is_brought_when_asked_for(void** state)
{
	(void)state;
	CtxtHandle context;
	SecBuffer buffer = { 0, SECBUFFER_TOKEN, NULL };
	SecBufferDesc output = { SECBUFFER_VERSION, 1, &buffer };
	expect_status(
	    first_call(NULL, &output, SSPI_NLA_CLIENT_FLAGS | ISC_REQ_ALLOCATE_MEMORY, &context),
	    SEC_I_CONTINUE_NEEDED);
	assert_non_null(buffer.pvBuffer);
	assert_true(buffer.cbBuffer > 0);
	assert_int_equal(*(const uint8_t*)buffer.pvBuffer, 0x60);
	expect_status(table->FreeContextBuffer(buffer.pvBuffer), SEC_E_OK);
	/* Of a call that is refused nothing is left that a caller could take for memory of its own. */
	char garbage[] = "no token";
	SecBuffer refused = { sizeof(garbage), SECBUFFER_TOKEN, garbage };
	SecBufferDesc input = { SECBUFFER_VERSION, 1, &refused };
	ULONG attributes = 0;
	assert_true(table->InitializeSecurityContextA(&pair.client.credential, &context, NULL, 0, 0,
	                                              SECURITY_NATIVE_DREP, &input, 0, &context,
	                                              &output, &attributes, NULL) < 0);
	assert_null(buffer.pvBuffer);
	assert_int_equal(buffer.cbBuffer, 0);
	expect_status(table->DeleteSecurityContext(&context), SEC_E_OK);
	/* Nor of one whose handle is none. */
	buffer = (SecBuffer){ 0, SECBUFFER_TOKEN, garbage };
	expect_status(table->InitializeSecurityContextA(
	                  &pair.client.credential, &context, NULL, ISC_REQ_ALLOCATE_MEMORY, 0,
	                  SECURITY_NATIVE_DREP, &input, 0, &context, &output, &attributes, NULL),
	              SEC_E_INVALID_HANDLE);
	assert_null(buffer.pvBuffer);
}

static void test_datagrams_are_refused(void** state)
{
	(void)state;
	CtxtHandle context;
	uint8_t memory[4096];
	SecBuffer buffer = { sizeof(memory), SECBUFFER_TOKEN, memory };
	SecBufferDesc output = { SECBUFFER_VERSION, 1, &buffer };
	assert_true(first_call(NULL, &output, ISC_REQ_DATAGRAM, &context) < 0);
	assert_int_equal(buffer.cbBuffer, 0);
}

static void test_input_whose_length_has_no_memory_is_refused(void** state)
{
	(void)state;
	CtxtHandle context = { 0 };
	uint8_t memory[4096];
	SecBuffer bad = { 100, SECBUFFER_TOKEN, NULL };
	SecBuffer buffer = { sizeof(memory), SECBUFFER_TOKEN, memory };
	SecBufferDesc input = { SECBUFFER_VERSION, 1, &bad };
	SecBufferDesc output = { SECBUFFER_VERSION, 1, &buffer };
	ULONG attributes = 0;
	assert_true(table->AcceptSecurityContext(&pair.server.credential, NULL, &input, 0,
	                                         SECURITY_NATIVE_DREP, &context, &output, &attributes,
	                                         NULL) < 0);
	assert_int_equal(buffer.cbBuffer, 0);
	assert_true(table->AcceptSecurityContext(&pair.server.credential, NULL, NULL, 0,
	                                         SECURITY_NATIVE_DREP, &context, &output, &attributes,
	                                         NULL) < 0);
	assert_true(context.dwLower == 0 && context.dwUpper == 0);
}

static void test_pointers_for_the_answer_may_be_null(void** state)
{
	(void)state;
	/* Attributes and expiry are optional; a first call without room for the handle is not. */
	char target[] = "TERMSRV/host";
	CtxtHandle context = { 0 };
	uint8_t memory[4096];
	SecBuffer buffer = { sizeof(memory), SECBUFFER_TOKEN, memory };
	SecBufferDesc output = { SECBUFFER_VERSION, 1, &buffer };
	expect_status(table->InitializeSecurityContextA(&pair.client.credential, NULL, target, 0, 0,
	                                                SECURITY_NATIVE_DREP, NULL, 0, &context,
	                                                &output, NULL, NULL),
	              SEC_I_CONTINUE_NEEDED);
	expect_status(table->DeleteSecurityContext(&context), SEC_E_OK);
	buffer.cbBuffer = sizeof(memory);
	assert_true(table->InitializeSecurityContextA(&pair.client.credential, NULL, target, 0, 0,
	                                              SECURITY_NATIVE_DREP, NULL, 0, NULL, &output,
	                                              NULL, NULL) < 0);
	assert_int_equal(buffer.cbBuffer, 0);
}

static int set_up(void** state)
{
	table = sspi_module_a().a;
	return box_open(state);
}

#define connected(test) cmocka_unit_test_setup_teardown(test, connect_pair, disconnect_pair)
#define opened(test) cmocka_unit_test_setup_teardown(test, open_pair, disconnect_pair)

int main(void)
{
	const struct CMUnitTest tests[] = {
		connected(test_contexts_live_and_die_alone),
		connected(test_credentials_may_go_before_their_contexts),
		connected(test_messages_before_completion_are_refused),
		connected(test_unsupported_functions_say_so),
		connected(test_acquire_refuses_what_it_cannot_do),
		opened(test_first_call_takes_every_shape_of_no_input),
		opened(test_first_call_without_room_for_the_token_is_refused),
		opened(test_memory_is_brought_when_asked_for),
		opened(test_datagrams_are_refused),
		opened(test_input_whose_length_has_no_memory_is_refused),
		opened(test_pointers_for_the_answer_may_be_null),
		cmocka_unit_test(test_four_threads_race_to_delete_and_one_wins),
	};
	return cmocka_run_group_tests(tests, set_up, box_close);
}
