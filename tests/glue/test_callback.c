/* SPDX-License-Identifier: Apache-2.0
 *
 * winpr-glue/verify: the host's hash callback, asked by itself: what it is shown, what its answer
 * means to the WinPR at hand, that nothing of the hash stays, and memory that is short. Through the
 * exported tables: test_hash_callback.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include <winpr/error.h>

#include "alloc_watch.h"
#include "base/crypto.h"
#include "base/utf16.h"
#include "host/version.h"
#include "ntlm/keys.h"
#include "verify/verifier_callback.h"
#include "wipe_watch.h"
#include "wide.h"

/* The release that WinPR says it is (the linker's --wrap). */
static int minor_release;
bool __wrap_version_at_least(int minor);
bool __wrap_version_at_least(int minor)
{
	return minor_release >= minor;
}

/* How often the proof was computed (the linker's --wrap). */
static unsigned proofs;
enum result __real_ntlm_verify_ntowfv2(const struct verify_request* request,
                                       const struct key* ntowfv2, struct verify_answer* answer);
enum result __wrap_ntlm_verify_ntowfv2(const struct verify_request* request,
                                       const struct key* ntowfv2, struct verify_answer* answer);
enum result __wrap_ntlm_verify_ntowfv2(const struct verify_request* request,
                                       const struct key* ntowfv2, struct verify_answer* answer)
{
	proofs++;
	return __real_ntlm_verify_ntowfv2(request, ntowfv2, answer);
}

/* --- the host's side -------------------------------------------------------------------------- */

static const struct key hash = { { 0xa4, 0xf4, 0x9c, 0x40, 0x65, 0x10, 0xbd, 0xca, 0xb6, 0x82, 0x4e,
	                               0xe7, 0xc3, 0x0f, 0xd8, 0x52 } };
static const struct key nothing;

static struct
{
	/* what it does */
	struct key gives;
	SECURITY_STATUS returns;
	DWORD sets_error; /* or ERROR_SUCCESS for none */
	/* what it saw */
	unsigned calls;
	char user[8];
	char domain[8];
	UINT32 flags;
	uint8_t proof_value[64];
	size_t proof_value_len;
	uint8_t mic_value[64];
	size_t mic_value_len;
	uint8_t random_key[16];
	uint8_t mic[16];
} host;

static void seen(const SecBuffer* buffer, uint8_t* to, size_t* len)
{
	assert_int_equal(buffer->BufferType, SECBUFFER_DATA);
	assert_true(buffer->cbBuffer >= 1 && buffer->cbBuffer <= 64);
	memcpy(to, buffer->pvBuffer, buffer->cbBuffer);
	*len = buffer->cbBuffer;
}

static void seen_name(const UINT16* name, UINT32 length, char* to)
{
	assert_true(length <= 7);
	assert_int_equal(name[length], 0);
	for (UINT32 i = 0; i <= length; i++)
		to[i] = (char)WIDE(name[i]);
}

static SECURITY_STATUS ask_host(void* argument, const SEC_WINNT_AUTH_IDENTITY* identity,
                                const SecBuffer* proof_value, const BYTE* random_key,
                                const BYTE* mic, const SecBuffer* mic_value, BYTE* to)
{
	assert_ptr_equal(argument, &host);
	host.calls++;
	const SEC_WINNT_AUTH_IDENTITY_W* const wide = (const void*)identity;
	seen_name(wide->User, wide->UserLength, host.user);
	seen_name(wide->Domain, wide->DomainLength, host.domain);
	host.flags = wide->Flags;
	assert_null(wide->Password);
	seen(proof_value, host.proof_value, &host.proof_value_len);
	seen(mic_value, host.mic_value, &host.mic_value_len);
	memcpy(host.random_key, random_key, sizeof(host.random_key));
	memcpy(host.mic, mic, sizeof(host.mic));
	memcpy(to, host.gives.bytes, sizeof(host.gives.bytes));
	if (host.sets_error != ERROR_SUCCESS)
		SetLastError(host.sets_error);
	return host.returns;
}

/* --- one logon -------------------------------------------------------------------------------- */

#define TEMP "temp, 48 bytes of it, as long as the shortest one"

static const uint8_t challenge[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
static const uint8_t session_key[16] = { 0x51, 0x52, [15] = 0x5F };
static const uint8_t mic[16] = { 0x31, 0x32, [15] = 0x3F };
static uint8_t response[16 + sizeof(TEMP)]; /* NTProofStr, temp */

static const struct verify_request logon = { .user = BYTES_LITERAL("u\0s\0"),
	                                         .domain = BYTES_LITERAL("d\0"),
	                                         .server_challenge = { challenge, sizeof(challenge) },
	                                         .nt_response = { response, sizeof(response) },
	                                         .encrypted_session_key = { session_key,
	                                                                    sizeof(session_key) },
	                                         .mic = { mic, sizeof(mic) },
	                                         .mic_input = BYTES_LITERAL("three messages") };

static enum result ask(const struct verify_request* request, struct verify_answer* answer)
{
	struct verifier_callback callback;

	host.calls = 0;
	proofs = 0;
	*answer = (struct verify_answer){ .user_found = MECH_USER_NOT_ASKED };
	verifier_callback_init(&callback, ask_host, &host);
	return callback.verifier.verify(callback.verifier.state, request, answer);
}

static int fresh(void** state)
{
	(void)state;
	memset(&host, 0, sizeof(host));
	host.gives = hash;
	host.returns = SEC_E_OK;
	minor_release = 24;
	memcpy(response + 16, TEMP, sizeof(TEMP));
	if (crypto_init() != RESULT_OK || utf16_init() != RESULT_OK ||
	    ntlm_proof(&hash, BYTES_OF(challenge), bytes_make(response + 16, sizeof(TEMP)), response) !=
	        RESULT_OK)
		return -1;
	wipe_watch_start();
	return 0;
}

/* --- what it is shown and what it answers ----------------------------------------------------- */

static void test_it_is_shown_all_that_came(void** state)
{
	struct verify_answer answer;
	struct verify_request request = logon;
	static const uint8_t zeros[16];

	(void)state;
	assert_int_equal(ask(&logon, &answer), RESULT_OK);
	assert_int_equal(host.calls, 1);
	assert_string_equal(host.user, "us");
	assert_string_equal(host.domain, "d");
	assert_int_equal(host.flags, SEC_WINNT_AUTH_IDENTITY_UNICODE);
	assert_int_equal(host.proof_value_len, 8 + sizeof(TEMP));
	assert_memory_equal(host.proof_value, challenge, 8);
	assert_memory_equal(host.proof_value + 8, TEMP, sizeof(TEMP));
	assert_int_equal(host.mic_value_len, logon.mic_input.len);
	assert_memory_equal(host.mic_value, logon.mic_input.data, logon.mic_input.len);
	assert_memory_equal(host.random_key, session_key, 16);
	assert_memory_equal(host.mic, mic, 16);
	/* What did not come is zeros, not what stood there. */
	request.mic = request.encrypted_session_key = BYTES_EMPTY;
	assert_int_equal(ask(&request, &answer), RESULT_OK);
	assert_memory_equal(host.random_key, zeros, 16);
	assert_memory_equal(host.mic, zeros, 16);
}

/* What the callback returns means the opposite from 3.24 on; any number but zero is not zero. */
static void test_success_is_what_the_release_calls_so(void** state)
{
	static const struct
	{
		int minor;
		SECURITY_STATUS returns;
		bool success;
	} rows[] = { { 23, 1, true },  { 23, -1, true },
		         { 23, 0, false }, { 24, 0, true },
		         { 24, 1, false }, { 24, -1, false },
		         { 25, 0, true },  { 25, SEC_E_NO_CREDENTIALS, false } };
	struct verify_answer answer;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
	{
		minor_release = rows[i].minor;
		host.returns = rows[i].returns;
		assert_int_equal(ask(&logon, &answer), rows[i].success ? RESULT_OK : RESULT_LOGON_DENIED);
		assert_int_equal(answer.user_found,
		                 rows[i].success ? MECH_USER_FOUND : MECH_USER_NOT_FOUND);
		/* Only a refusal has a reason. */
		assert_int_equal(answer.reason == NULL, rows[i].success);
		assert_int_equal(host.calls, 1);
	}
}

static void test_a_hash_that_was_not_written_is_none(void** state)
{
	struct verify_answer answer;

	(void)state;
	host.gives = nothing;
	assert_int_equal(ask(&logon, &answer), RESULT_LOGON_DENIED);
	assert_int_equal(answer.user_found, MECH_USER_NOT_FOUND);
	assert_non_null(strstr(answer.reason, "gave no hash"));
	host.gives = hash;
	host.gives.bytes[0] ^= 1;
	assert_int_equal(ask(&logon, &answer), RESULT_LOGON_DENIED);
	assert_int_equal(answer.user_found, MECH_USER_FOUND);
	assert_non_null(strstr(answer.reason, "wrong password"));
}

/* The last error counts where the callback set it, not what stood there before it was asked. */
static void test_the_last_error_is_the_callbacks_own(void** state)
{
	struct verify_answer answer;

	(void)state;
	host.returns = SEC_E_NO_CREDENTIALS;
	SetLastError(ERROR_ACCOUNT_DISABLED);
	assert_int_equal(ask(&logon, &answer), RESULT_LOGON_DENIED);
	assert_non_null(strstr(answer.reason, "gave no hash"));
	assert_false(answer.unproven);
	host.sets_error = ERROR_ACCOUNT_DISABLED;
	assert_int_equal(ask(&logon, &answer), RESULT_ACCOUNT_DISABLED);
	/* Nobody has looked at the proof, nor is the user one that there is none of. */
	assert_true(answer.unproven);
	assert_int_equal(answer.user_found, MECH_USER_NOT_ASKED);
	host.sets_error = ERROR_PASSWORD_EXPIRED;
	assert_int_equal(ask(&logon, &answer), RESULT_PASSWORD_EXPIRED);
	host.sets_error = ERROR_PASSWORD_MUST_CHANGE;
	assert_int_equal(ask(&logon, &answer), RESULT_PASSWORD_MUST_CHANGE);
	/* Who gave a hash has refused nothing, whatever the error. */
	host.returns = SEC_E_OK;
	assert_int_equal(ask(&logon, &answer), RESULT_OK);
	host.gives.bytes[0] ^= 1;
	assert_int_equal(ask(&logon, &answer), RESULT_LOGON_DENIED);
}

static void test_a_response_without_more_than_a_proof_is_not_shown(void** state)
{
	struct verify_request request = logon;
	struct verify_answer answer;

	(void)state;
	request.nt_response.len = 16;
	assert_int_equal(ask(&request, &answer), RESULT_MALFORMED);
	request.nt_response.len = 0;
	assert_int_equal(ask(&request, &answer), RESULT_MALFORMED);
	request = logon;
	request.server_challenge.len = 7;
	assert_int_equal(ask(&request, &answer), RESULT_INTERNAL);
	assert_int_equal(host.calls, 0);
}

/* --- what an onlooker could learn ------------------------------------------------------------- */

static void test_NTOWFv2_of_the_hash_callback_is_wiped(void** state)
{
	struct verify_answer answer;

	(void)state;
	response[0] ^= 1;
	assert_int_equal(ask(&logon, &answer), RESULT_LOGON_DENIED);
	assert_int_equal(answer.user_found, MECH_USER_FOUND);
	/* What was written to, our copy, the one of module/. */
	assert_int_equal(wipe_watch_count(key_bytes(&hash)), 3);
}

/* Who is unknown must not be told apart by how soon the answer comes. */
static void test_the_proof_is_computed_whether_the_callback_knows_the_user_or_not(void** state)
{
	struct verify_answer answer;

	(void)state;
	response[0] ^= 1;
	assert_int_equal(ask(&logon, &answer), RESULT_LOGON_DENIED);
	assert_int_equal(proofs, 1);
	host.gives = nothing;
	assert_int_equal(ask(&logon, &answer), RESULT_LOGON_DENIED);
	assert_int_equal(answer.user_found, MECH_USER_NOT_FOUND);
	assert_int_equal(proofs, 1);
}

/* --- memory ----------------------------------------------------------------------------------- */

/* The callback is shown all or is not asked. */
static void test_memory_that_is_short_is_no_refusal(void** state)
{
	struct verify_answer answer;
	size_t nth = 0;

	(void)state;
	for (;;)
	{
		alloc_watch_fail(++nth);
		const enum result result = ask(&logon, &answer);
		const size_t made = alloc_watch_count();
		alloc_watch_fail(0);
		if (made < nth)
			break;
		assert_int_equal(result, RESULT_NO_MEMORY);
		assert_int_equal(host.calls, 0);
		assert_int_equal(proofs, 0);
		assert_int_equal(answer.user_found, MECH_USER_NOT_ASKED);
		assert_null(answer.reason);
	}
	assert_true(nth > 4); /* what the proof is of, what the MIC is of, both names */
	assert_int_equal(host.calls, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_it_is_shown_all_that_came, fresh),
		cmocka_unit_test_setup(test_success_is_what_the_release_calls_so, fresh),
		cmocka_unit_test_setup(test_a_hash_that_was_not_written_is_none, fresh),
		cmocka_unit_test_setup(test_the_last_error_is_the_callbacks_own, fresh),
		cmocka_unit_test_setup(test_a_response_without_more_than_a_proof_is_not_shown, fresh),
		cmocka_unit_test_setup(test_NTOWFv2_of_the_hash_callback_is_wiped, fresh),
		cmocka_unit_test_setup(
		    test_the_proof_is_computed_whether_the_callback_knows_the_user_or_not, fresh),
		cmocka_unit_test_setup(test_memory_that_is_short_is_no_refusal, fresh),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
