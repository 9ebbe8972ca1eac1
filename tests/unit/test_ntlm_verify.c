/* SPDX-License-Identifier: Apache-2.0
 *
 * module/ntlm: verify. The check of NTProofStr that every verifier with hashes uses.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/crypto.h"
#include "base/utf16.h"
#include "ntlm.h"
#include "vector.h"

/* The hash that the last proof was made with (the linker's --wrap). */
static struct key measured_by;
static unsigned measures;
enum result __real_ntlm_proof(const struct key* ntowfv2, struct bytes server_challenge,
                              struct bytes temp, uint8_t* proof);
enum result __wrap_ntlm_proof(const struct key* ntowfv2, struct bytes server_challenge,
                              struct bytes temp, uint8_t* proof);
enum result __wrap_ntlm_proof(const struct key* ntowfv2, struct bytes server_challenge,
                              struct bytes temp, uint8_t* proof)
{
	measures++;
	measured_by = *ntowfv2;
	return __real_ntlm_proof(ntowfv2, server_challenge, temp, proof);
}

struct attempt
{
	struct vector vector;
	struct blob user;
	struct blob domain;
	struct blob server_challenge;
	struct blob nt_response;
	struct key nt_hash;
	struct key ntowfv2;
	struct key base;
	struct verify_request request;
};

static struct key key_of(const struct vector* vector, const char* name)
{
	struct blob bytes = vector_hex(vector, "outputs", name);
	struct key key;

	assert_int_equal(bytes.len, sizeof(key.bytes));
	bytes_copy(key.bytes, blob_bytes(&bytes));
	blob_free(&bytes);
	return key;
}

/* MS-NLMP 4.2.4 as one logon attempt. */
static int setup(void** state)
{
	static struct attempt attempt;
	struct writer writer = writer_make(1024);

	if (crypto_init() != RESULT_OK || utf16_init() != RESULT_OK)
		return -1;
	attempt.vector = vector_open("ms-nlmp-4.2.4-ntlmv2.json");
	attempt.user = vector_utf16(&attempt.vector, "inputs", "user");
	attempt.domain = vector_utf16(&attempt.vector, "inputs", "domain");
	attempt.server_challenge = vector_hex(&attempt.vector, "inputs", "server_challenge");
	struct blob proof = vector_hex(&attempt.vector, "outputs", "NTProofStr");
	struct blob temp = vector_hex(&attempt.vector, "outputs", "temp");
	writer_bytes(&writer, blob_bytes(&proof));
	writer_bytes(&writer, blob_bytes(&temp));
	attempt.nt_hash = key_of(&attempt.vector, "NTOWFv1");
	attempt.ntowfv2 = key_of(&attempt.vector, "NTOWFv2");
	attempt.base = key_of(&attempt.vector, "SessionBaseKey");
	blob_free(&proof);
	blob_free(&temp);
	if (writer_take(&writer, &attempt.nt_response) != RESULT_OK)
		return -1;
	attempt.request = (struct verify_request){
		.user = blob_bytes(&attempt.user),
		.domain = blob_bytes(&attempt.domain),
		.server_challenge = blob_bytes(&attempt.server_challenge),
		.nt_response = blob_bytes(&attempt.nt_response),
	};
	*state = &attempt;
	return 0;
}

static int teardown(void** state)
{
	struct attempt* const attempt = *state;

	vector_close(&attempt->vector);
	blob_free(&attempt->user);
	blob_free(&attempt->domain);
	blob_free(&attempt->server_challenge);
	blob_free(&attempt->nt_response);
	return 0;
}

static void assert_denied(const struct verify_request* request, const struct key* nt_hash,
                          const struct key* ntowfv2)
{
	struct verify_answer answer = { .session_base_key = { { 0 } } };

	assert_int_equal(ntlm_verify_nt_hash(request, nt_hash, &answer), RESULT_LOGON_DENIED);
	assert_int_equal(ntlm_verify_ntowfv2(request, ntowfv2, &answer), RESULT_LOGON_DENIED);
	assert_true(key_is_zero(&answer.session_base_key));
}

static void test_right_hash_gives_the_session_base_key(void** state)
{
	const struct attempt* const attempt = *state;
	struct verify_answer answer = { .user_found = MECH_USER_FOUND };

	assert_int_equal(ntlm_verify_nt_hash(&attempt->request, &attempt->nt_hash, &answer), RESULT_OK);
	assert_memory_equal(&answer.session_base_key, &attempt->base, sizeof(attempt->base));
	answer.session_base_key = (struct key){ { 0 } };
	assert_int_equal(ntlm_verify_ntowfv2(&attempt->request, &attempt->ntowfv2, &answer), RESULT_OK);
	assert_memory_equal(&answer.session_base_key, &attempt->base, sizeof(attempt->base));
	assert_int_equal(answer.user_found, MECH_USER_FOUND);
}

static void test_wrong_hash_is_denied(void** state)
{
	const struct attempt* const attempt = *state;
	struct key nt_hash = attempt->nt_hash;
	struct key ntowfv2 = attempt->ntowfv2;

	nt_hash.bytes[15] ^= 1;
	ntowfv2.bytes[0] ^= 0x80;
	assert_denied(&attempt->request, &nt_hash, &ntowfv2);
}

static void test_unknown_user_is_denied_like_a_wrong_password(void** state)
{
	const struct attempt* const attempt = *state;

	assert_denied(&attempt->request, NULL, NULL);
}

/* By bytes that are there, and once like everyone. */
static void test_who_is_unknown_is_measured_by_the_proof_itself(void** state)
{
	static const struct key zero;
	const struct attempt* const attempt = *state;
	const struct key* const hashes[] = { NULL, &zero };
	struct verify_answer answer;

	for (size_t i = 0; i < 2; i++)
	{
		measures = 0;
		assert_int_equal(ntlm_verify_ntowfv2(&attempt->request, hashes[i], &answer),
		                 RESULT_LOGON_DENIED);
		assert_int_equal(measures, 1);
		assert_memory_equal(measured_by.bytes, attempt->nt_response.data, KEY_SIZE);
	}
	assert_int_equal(ntlm_verify_ntowfv2(&attempt->request, &attempt->ntowfv2, &answer), RESULT_OK);
	assert_int_equal(measures, 2);
	assert_memory_equal(measured_by.bytes, attempt->ntowfv2.bytes, KEY_SIZE);
}

/* A proof made with the all-zero hash must not open a store that holds one. */
static void test_CVE_2022_24882_zero_hash_in_the_store(void** state)
{
	const struct attempt* const attempt = *state;
	const struct key zero = { { 0 } };
	struct blob response = BLOB_EMPTY;
	struct verify_request request = attempt->request;
	uint8_t proof[16];

	assert_int_equal(blob_set(&response, request.nt_response), RESULT_OK);
	const struct bytes parts[] = { request.server_challenge,
		                           bytes_make(response.data + 16, response.len - 16) };
	assert_int_equal(crypto_hmac_md5(key_bytes(&zero), parts, 2, proof), RESULT_OK);
	bytes_copy(response.data, BYTES_OF(proof));
	request.nt_response = blob_bytes(&response);
	assert_denied(&request, &zero, &zero);
	blob_free(&response);
}

static void test_every_bit_of_the_proof_and_of_what_it_covers_counts(void** state)
{
	const struct attempt* const attempt = *state;
	struct verify_request request = attempt->request;
	struct blob response = BLOB_EMPTY;
	struct blob challenge = BLOB_EMPTY;

	assert_int_equal(blob_set(&response, request.nt_response), RESULT_OK);
	assert_int_equal(blob_set(&challenge, request.server_challenge), RESULT_OK);
	request.nt_response = blob_bytes(&response);
	request.server_challenge = blob_bytes(&challenge);
	for (size_t bit = 0; bit < response.len * 8; bit++)
	{
		response.data[bit / 8] ^= (uint8_t)(1U << (bit % 8));
		assert_denied(&request, &attempt->nt_hash, &attempt->ntowfv2);
		response.data[bit / 8] ^= (uint8_t)(1U << (bit % 8));
	}
	for (size_t bit = 0; bit < challenge.len * 8; bit++)
	{
		challenge.data[bit / 8] ^= (uint8_t)(1U << (bit % 8));
		assert_denied(&request, &attempt->nt_hash, &attempt->ntowfv2);
		challenge.data[bit / 8] ^= (uint8_t)(1U << (bit % 8));
	}
	blob_free(&response);
	blob_free(&challenge);
}

static void test_response_shorter_than_a_proof_is_malformed(void** state)
{
	const struct attempt* const attempt = *state;
	struct verify_request request = attempt->request;
	struct verify_answer answer = { .session_base_key = { { 0 } } };

	for (size_t len = 0; len < 16; len++)
	{
		request.nt_response.len = len;
		assert_int_equal(ntlm_verify_nt_hash(&request, &attempt->nt_hash, &answer),
		                 RESULT_MALFORMED);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_right_hash_gives_the_session_base_key),
		cmocka_unit_test(test_wrong_hash_is_denied),
		cmocka_unit_test(test_unknown_user_is_denied_like_a_wrong_password),
		cmocka_unit_test(test_who_is_unknown_is_measured_by_the_proof_itself),
		cmocka_unit_test(test_CVE_2022_24882_zero_hash_in_the_store),
		cmocka_unit_test(test_every_bit_of_the_proof_and_of_what_it_covers_counts),
		cmocka_unit_test(test_response_shorter_than_a_proof_is_malformed),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
