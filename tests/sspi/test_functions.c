/* SPDX-License-Identifier: Apache-2.0
 *
 * Every entry of both tables (docs/functions.md): there, supported or refused as documented, and
 * what it says to a context in the wrong state. Null and stale handles are test_handles.c's.
 */
#include "expect.h"

#include <stdlib.h>
#include <string.h>

#include <winpr/error.h>
#include <winpr/string.h>

#define WRAP_NO_ENCRYPT 0x80000001u

static struct sspi_pair pair;
static const SecurityFunctionTableA* a;
static const SecurityFunctionTableW* w;

static int connect_pair(void** state)
{
	(void)state;
	const struct sspi_setup setup = sspi_setup_nla("user", NULL, "Password", box.sam);
	return sspi_pair_connect(&pair, &setup) ? 0 : -1;
}

static int disconnect(void** state)
{
	(void)state;
	sspi_pair_close(&pair);
	memset(&pair, 0, sizeof(pair));
	return 0;
}

/* Both ends in the middle: CHALLENGE was sent. */
static void halfway(void)
{
	struct sspi_token first = { NULL, 0 };
	struct sspi_token second = { NULL, 0 };
	sspi_pair_reset(&pair);
	expect_status(sspi_end_step(&pair.client, NULL, &first), SEC_I_CONTINUE_NEEDED);
	expect_status(sspi_end_step(&pair.server, &first, &second), SEC_I_CONTINUE_NEEDED);
	sspi_token_free(&first);
	sspi_token_free(&second);
}

static void test_tables_have_no_holes(void** state)
{
	(void)state;
	const void* const entries_a[] = {
		(const void*)(uintptr_t)a->EnumerateSecurityPackagesA,
		(const void*)(uintptr_t)a->QueryCredentialsAttributesA,
		(const void*)(uintptr_t)a->AcquireCredentialsHandleA,
		(const void*)(uintptr_t)a->FreeCredentialsHandle,
		(const void*)(uintptr_t)a->InitializeSecurityContextA,
		(const void*)(uintptr_t)a->AcceptSecurityContext,
		(const void*)(uintptr_t)a->CompleteAuthToken,
		(const void*)(uintptr_t)a->DeleteSecurityContext,
		(const void*)(uintptr_t)a->ApplyControlToken,
		(const void*)(uintptr_t)a->QueryContextAttributesA,
		(const void*)(uintptr_t)a->ImpersonateSecurityContext,
		(const void*)(uintptr_t)a->RevertSecurityContext,
		(const void*)(uintptr_t)a->MakeSignature,
		(const void*)(uintptr_t)a->VerifySignature,
		(const void*)(uintptr_t)a->FreeContextBuffer,
		(const void*)(uintptr_t)a->QuerySecurityPackageInfoA,
		(const void*)(uintptr_t)a->ExportSecurityContext,
		(const void*)(uintptr_t)a->ImportSecurityContextA,
		(const void*)(uintptr_t)a->AddCredentialsA,
		(const void*)(uintptr_t)a->QuerySecurityContextToken,
		(const void*)(uintptr_t)a->EncryptMessage,
		(const void*)(uintptr_t)a->DecryptMessage,
		(const void*)(uintptr_t)a->SetContextAttributesA,
		(const void*)(uintptr_t)a->SetCredentialsAttributesA,
	};
	const void* const entries_w[] = {
		(const void*)(uintptr_t)w->EnumerateSecurityPackagesW,
		(const void*)(uintptr_t)w->QueryCredentialsAttributesW,
		(const void*)(uintptr_t)w->AcquireCredentialsHandleW,
		(const void*)(uintptr_t)w->InitializeSecurityContextW,
		(const void*)(uintptr_t)w->QueryContextAttributesW,
		(const void*)(uintptr_t)w->QuerySecurityPackageInfoW,
		(const void*)(uintptr_t)w->ImportSecurityContextW,
		(const void*)(uintptr_t)w->AddCredentialsW,
		(const void*)(uintptr_t)w->SetContextAttributesW,
		(const void*)(uintptr_t)w->SetCredentialsAttributesW,
	};
	for (size_t i = 0; i < sizeof(entries_a) / sizeof(entries_a[0]); i++)
		assert_non_null(entries_a[i]);
	for (size_t i = 0; i < sizeof(entries_w) / sizeof(entries_w[0]); i++)
		assert_non_null(entries_w[i]);
	/* Entries without text are the same in both. */
	assert_ptr_equal((void*)(uintptr_t)a->AcceptSecurityContext,
	                 (void*)(uintptr_t)w->AcceptSecurityContext);
	assert_ptr_equal((void*)(uintptr_t)a->EncryptMessage, (void*)(uintptr_t)w->EncryptMessage);
	assert_true(a->dwVersion >= 3 && w->dwVersion >= 3);
}

static void test_wide_enumeration_is_that_of_the_other_table(void** state)
{
	(void)state;
	ULONG count_a = 0;
	ULONG count_w = 0;
	SecPkgInfoA* infos_a = NULL;
	SecPkgInfoW* infos_w = NULL;
	expect_status(a->EnumerateSecurityPackagesA(&count_a, &infos_a), SEC_E_OK);
	expect_status(w->EnumerateSecurityPackagesW(&count_w, &infos_w), SEC_E_OK);
	assert_int_equal(count_a, count_w);
	for (ULONG i = 0; i < count_a; i++)
	{
		char name[64] = "";
		assert_true(ConvertWCharToUtf8(infos_w[i].Name, name, sizeof(name)) > 0);
		assert_string_equal(name, infos_a[i].Name);
		assert_int_equal(infos_a[i].cbMaxToken, infos_w[i].cbMaxToken);
		assert_int_equal(infos_a[i].fCapabilities, infos_w[i].fCapabilities);
	}
	expect_status(a->FreeContextBuffer(infos_a), SEC_E_OK);
	expect_status(w->FreeContextBuffer(infos_w), SEC_E_OK);
}

static void test_package_functions_refuse_null_and_unknown(void** state)
{
	(void)state;
	ULONG count = 4711;
	SecPkgInfoA* info_a = NULL;
	SecPkgInfoW* info_w = NULL;
	char none[] = "";
	char unknown[] = "NoSuchPackage";
	WCHAR wide_none[] = { 0 };
	char ntlm[] = "NTLM";
	assert_true(a->EnumerateSecurityPackagesA(NULL, &info_a) < 0);
	assert_true(a->EnumerateSecurityPackagesA(&count, NULL) < 0);
	assert_true(w->EnumerateSecurityPackagesW(NULL, &info_w) < 0);
	assert_true(w->EnumerateSecurityPackagesW(&count, NULL) < 0);
	assert_true(a->QuerySecurityPackageInfoA(NULL, &info_a) < 0);
	assert_true(w->QuerySecurityPackageInfoW(NULL, &info_w) < 0);
	assert_true(a->QuerySecurityPackageInfoA(ntlm, NULL) < 0);
	expect_status(a->QuerySecurityPackageInfoA(none, &info_a), SEC_E_SECPKG_NOT_FOUND);
	expect_status(a->QuerySecurityPackageInfoA(unknown, &info_a), SEC_E_SECPKG_NOT_FOUND);
	expect_status(w->QuerySecurityPackageInfoW(wide_none, &info_w), SEC_E_SECPKG_NOT_FOUND);
	assert_null(info_a);
	assert_null(info_w);
	assert_int_equal(count, 4711);
}

static void test_memory_that_is_not_ours_is_not_freed(void** state)
{
	(void)state;
	char* memory = strdup("still here");
	SecPkgInfoA* info = NULL;
	char ntlm[] = "NTLM";
	/* WinPR is asked about what we do not know; it says SEC_E_OK and does nothing. */
	(void)a->FreeContextBuffer(memory);
	assert_string_equal(memory, "still here");
	free(memory);
	expect_status(a->FreeContextBuffer(NULL), SEC_E_INVALID_HANDLE);
	expect_status(a->QuerySecurityPackageInfoA(ntlm, &info), SEC_E_OK);
	expect_status(a->FreeContextBuffer(info), SEC_E_OK);
	(void)a->FreeContextBuffer(info); /* once more: nothing to a sanitizer */
}

static void test_complete_auth_token_has_nothing_to_do(void** state)
{
	(void)state;
	SecBufferDesc empty = { SECBUFFER_VERSION, 0, NULL };
	expect_status(a->CompleteAuthToken(&pair.client.context, &empty), SEC_E_OK);
	expect_status(w->CompleteAuthToken(&pair.server.context, NULL), SEC_E_OK);
	assert_null(sspi_pair_chat(&pair, 1));
}

static void test_only_an_accepted_client_is_impersonated(void** state)
{
	(void)state;
	expect_status(a->ImpersonateSecurityContext(&pair.server.context), SEC_E_OK);
	expect_status(a->RevertSecurityContext(&pair.server.context), SEC_E_OK);
	expect_status(a->ImpersonateSecurityContext(&pair.client.context), SEC_E_NO_IMPERSONATION);
	expect_status(a->RevertSecurityContext(&pair.client.context), SEC_E_NO_IMPERSONATION);
	halfway();
	expect_status(a->ImpersonateSecurityContext(&pair.server.context), SEC_E_NO_IMPERSONATION);
	expect_status(a->RevertSecurityContext(&pair.server.context), SEC_E_NO_IMPERSONATION);
}

static void test_unsupported_functions_say_so_in_both_tables(void** state)
{
	(void)state;
	SecBufferDesc empty = { SECBUFFER_VERSION, 0, NULL };
	SecBuffer packed = { 0 };
	HANDLE token = NULL;
	CtxtHandle fresh = { 0 };
	CtxtHandle null = { 0 };
	char package[] = "Negotiate";
	WCHAR* wide = ConvertUtf8ToWCharAlloc(package, NULL);
	expect_status(w->ExportSecurityContext(&pair.client.context, 0, &packed, &token),
	              SEC_E_UNSUPPORTED_FUNCTION);
	expect_status(w->ImportSecurityContextW(wide, &packed, NULL, &fresh),
	              SEC_E_UNSUPPORTED_FUNCTION);
	expect_status(w->AddCredentialsW(&pair.client.credential, NULL, wide, SECPKG_CRED_OUTBOUND,
	                                 NULL, NULL, NULL, NULL),
	              SEC_E_UNSUPPORTED_FUNCTION);
	expect_status(w->ApplyControlToken(&pair.client.context, &empty), SEC_E_UNSUPPORTED_FUNCTION);
	expect_status(w->QuerySecurityContextToken(&pair.server.context, &token),
	              SEC_E_UNSUPPORTED_FUNCTION);
	/* The handle is looked at first. */
	expect_status(a->ExportSecurityContext(&null, 0, &packed, &token), SEC_E_INVALID_HANDLE);
	expect_status(a->ApplyControlToken(&null, &empty), SEC_E_INVALID_HANDLE);
	expect_status(a->QuerySecurityContextToken(&null, &token), SEC_E_INVALID_HANDLE);
	expect_status(
	    w->AddCredentialsW(&null, NULL, wide, SECPKG_CRED_OUTBOUND, NULL, NULL, NULL, NULL),
	    SEC_E_INVALID_HANDLE);
	assert_true(fresh.dwLower == 0 && fresh.dwUpper == 0);
	assert_null(token);
	free(wide);
	assert_null(sspi_pair_chat(&pair, 1));
}

/* --- messages --------------------------------------------------------------------------------- */

struct parcel
{
	char text[24];
	uint8_t trailer[16];
	SecBuffer buffers[2];
	SecBufferDesc message;
};

static SecBufferDesc* parcel_make(struct parcel* parcel, const char* text)
{
	memset(parcel, 0, sizeof(*parcel));
	memcpy(parcel->text, text, strlen(text));
	parcel->buffers[0] = (SecBuffer){ sizeof(parcel->trailer), SECBUFFER_TOKEN, parcel->trailer };
	parcel->buffers[1] = (SecBuffer){ sizeof(parcel->text), SECBUFFER_DATA, parcel->text };
	parcel->message = (SecBufferDesc){ SECBUFFER_VERSION, 2, parcel->buffers };
	return &parcel->message;
}

static void test_quality_of_protection(void** state)
{
	(void)state;
	struct parcel parcel;
	ULONG qop = 4711;
	CtxtHandle* client = &pair.client.context;
	CtxtHandle* server = &pair.server.context;
	/* 0 encrypts, and the receiver is told so. */
	expect_status(a->EncryptMessage(client, 0, parcel_make(&parcel, "first"), 0), SEC_E_OK);
	assert_string_not_equal(parcel.text, "first");
	expect_status(a->DecryptMessage(server, &parcel.message, 0, &qop), SEC_E_OK);
	assert_string_equal(parcel.text, "first");
	assert_int_equal(qop, 0);
	/* SECQOP_WRAP_NO_ENCRYPT only signs; the other end verifies it as a signature. */
	expect_status(a->EncryptMessage(client, WRAP_NO_ENCRYPT, parcel_make(&parcel, "second"), 1),
	              SEC_E_OK);
	assert_string_equal(parcel.text, "second");
	qop = 4711;
	expect_status(a->VerifySignature(server, &parcel.message, 1, &qop), SEC_E_OK);
	assert_int_equal(qop, 0);
	/* The receiver need not want to know. */
	expect_status(a->MakeSignature(client, 0, parcel_make(&parcel, "third"), 2), SEC_E_OK);
	expect_status(a->VerifySignature(server, &parcel.message, 2, NULL), SEC_E_OK);
	expect_status(a->EncryptMessage(client, 0, parcel_make(&parcel, "fourth"), 3), SEC_E_OK);
	expect_status(a->DecryptMessage(server, &parcel.message, 3, NULL), SEC_E_OK);
	/* Anything else is refused and uses no number up. */
	expect_status(a->EncryptMessage(client, 7, parcel_make(&parcel, "fifth"), 4),
	              SEC_E_QOP_NOT_SUPPORTED);
	expect_status(a->MakeSignature(client, WRAP_NO_ENCRYPT, parcel_make(&parcel, "fifth"), 4),
	              SEC_E_QOP_NOT_SUPPORTED);
	assert_string_equal(parcel.text, "fifth");
	assert_null(sspi_pair_chat(&pair, 1));
}

static void test_signature_buffer_too_small(void** state)
{
	(void)state;
	struct parcel parcel;
	CtxtHandle* client = &pair.client.context;
	for (ULONG room = 0; room < 16; room++)
	{
		/* Exactly so much memory. */
		uint8_t* exact = malloc(room ? room : 1);
		(void)parcel_make(&parcel, "text");
		parcel.buffers[0] = (SecBuffer){ room, SECBUFFER_TOKEN, exact };
		expect_status(a->MakeSignature(client, 0, &parcel.message, 0), SEC_E_BUFFER_TOO_SMALL);
		expect_status(a->EncryptMessage(client, 0, &parcel.message, 0), SEC_E_BUFFER_TOO_SMALL);
		assert_string_equal(parcel.text, "text");
		assert_true(a->VerifySignature(&pair.server.context, &parcel.message, 0, NULL) < 0);
		assert_true(a->DecryptMessage(&pair.server.context, &parcel.message, 0, NULL) < 0);
		assert_string_equal(parcel.text, "text");
		free(exact);
	}
	assert_null(sspi_pair_chat(&pair, 1));
}

static void test_several_data_buffers_in_any_order(void** state)
{
	(void)state;
	/* As an RPC PDU: header and trailer in clear, the stub sealed, padding and nothing between. */
	char header[] = "PDU header";
	char stub[] = "the stub";
	char tail[] = "sec trailer";
	uint8_t trailer[16] = { 0 };
	SecBuffer buffers[] = { { sizeof(header), SECBUFFER_DATA | SECBUFFER_READONLY, header },
		                    { 0, SECBUFFER_DATA, NULL },
		                    { 4, SECBUFFER_STREAM_HEADER, header },
		                    { sizeof(stub), SECBUFFER_DATA, stub },
		                    { sizeof(trailer), SECBUFFER_TOKEN, trailer },
		                    { sizeof(tail), SECBUFFER_DATA | SECBUFFER_READONLY_WITH_CHECKSUM,
		                      tail } };
	SecBufferDesc message = { SECBUFFER_VERSION, sizeof(buffers) / sizeof(buffers[0]), buffers };
	for (ULONG i = 0; i < 3; i++)
	{
		expect_status(a->EncryptMessage(&pair.client.context, 0, &message, i), SEC_E_OK);
		assert_string_equal(header, "PDU header");
		assert_string_equal(tail, "sec trailer");
		assert_memory_not_equal(stub, "the stub", sizeof(stub));
		/* What is only signed is signed. */
		tail[0] ^= 1;
		expect_status(a->DecryptMessage(&pair.server.context, &message, i, NULL),
		              SEC_E_MESSAGE_ALTERED);
		tail[0] ^= 1;
		expect_status(a->DecryptMessage(&pair.server.context, &message, i, NULL), SEC_E_OK);
		assert_string_equal(stub, "the stub");
	}
}

static int set_up(void** state)
{
	a = sspi_module_a().a;
	w = sspi_module_w().w;
	return box_open(state);
}

#define connected(test) cmocka_unit_test_setup_teardown(test, connect_pair, disconnect)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tables_have_no_holes),
		cmocka_unit_test(test_wide_enumeration_is_that_of_the_other_table),
		cmocka_unit_test(test_package_functions_refuse_null_and_unknown),
		cmocka_unit_test(test_memory_that_is_not_ours_is_not_freed),
		connected(test_complete_auth_token_has_nothing_to_do),
		connected(test_only_an_accepted_client_is_impersonated),
		connected(test_unsupported_functions_say_so_in_both_tables),
		connected(test_quality_of_protection),
		connected(test_signature_buffer_too_small),
		connected(test_several_data_buffers_in_any_order),
	};
	return cmocka_run_group_tests(tests, set_up, box_close);
}
