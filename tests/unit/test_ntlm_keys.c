/* SPDX-License-Identifier: Apache-2.0
 *
 * module/ntlm: keys, and temp, against MS-NLMP 4.2.4.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/crypto.h"
#include "base/utf16.h"
#include "ntlm/keys.h"
#include "ntlm/response.h"
#include "vector.h"

struct known
{
	struct vector vector;
	struct key nt_hash;
	struct key ntowfv2;
};

static struct blob in(const struct known* known, const char* key)
{
	return vector_hex(&known->vector, "inputs", key);
}

static struct blob text(const struct known* known, const char* key)
{
	return vector_utf16(&known->vector, "inputs", key);
}

static void assert_out(const struct known* known, const char* key, struct bytes value)
{
	struct blob expected = vector_hex(&known->vector, "outputs", key);

	assert_int_equal(value.len, expected.len);
	assert_memory_equal(value.data, expected.data, expected.len);
	blob_free(&expected);
}

static struct key exported_key(const struct known* known)
{
	struct blob bytes = in(known, "exported_session_key");
	struct key key;

	assert_int_equal(bytes.len, sizeof(key.bytes));
	bytes_copy(key.bytes, blob_bytes(&bytes));
	blob_free(&bytes);
	return key;
}

static int setup(void** state)
{
	static struct known known;
	struct blob password;
	struct blob user;
	struct blob domain;

	if (crypto_init() != RESULT_OK || utf16_init() != RESULT_OK)
		return -1;
	known.vector = vector_open("ms-nlmp-4.2.4-ntlmv2.json");
	password = text(&known, "password");
	user = text(&known, "user");
	domain = text(&known, "domain");
	ntlm_ntowfv1(blob_bytes(&password), &known.nt_hash);
	const enum result result =
	    ntlm_ntowfv2(&known.nt_hash, blob_bytes(&user), blob_bytes(&domain), &known.ntowfv2);
	blob_free(&password);
	blob_free(&user);
	blob_free(&domain);
	*state = &known;
	return result == RESULT_OK ? 0 : -1;
}

static int teardown(void** state)
{
	struct known* const known = *state;

	vector_close(&known->vector);
	return 0;
}

static void test_NTOWFv1_and_NTOWFv2(void** state)
{
	const struct known* const known = *state;

	assert_out(known, "NTOWFv1", key_bytes(&known->nt_hash));
	assert_out(known, "NTOWFv2", key_bytes(&known->ntowfv2));
}

static void test_NTOWFv2_upper_cases_the_user_and_not_the_domain(void** state)
{
	const struct known* const known = *state;
	struct blob lower = test_utf16("jürgen");
	struct blob upper = test_utf16("JÜRGEN");
	struct blob domain = test_utf16("Domäne");
	struct blob other = test_utf16("DOMÄNE");
	struct key a;
	struct key b;

	assert_int_equal(ntlm_ntowfv2(&known->nt_hash, blob_bytes(&lower), blob_bytes(&domain), &a),
	                 RESULT_OK);
	assert_int_equal(ntlm_ntowfv2(&known->nt_hash, blob_bytes(&upper), blob_bytes(&domain), &b),
	                 RESULT_OK);
	assert_memory_equal(&a, &b, sizeof(a));
	assert_int_equal(ntlm_ntowfv2(&known->nt_hash, blob_bytes(&upper), blob_bytes(&other), &b),
	                 RESULT_OK);
	assert_memory_not_equal(&a, &b, sizeof(a));
	blob_free(&lower);
	blob_free(&upper);
	blob_free(&domain);
	blob_free(&other);
}

static void test_temp_proof_session_key_and_LMv2(void** state)
{
	const struct known* const known = *state;
	struct blob server_challenge = in(known, "server_challenge");
	struct blob client_challenge = in(known, "client_challenge");
	struct blob target_info = in(known, "target_info");
	struct blob response = BLOB_EMPTY;
	uint8_t proof[16] = { 0 };
	uint8_t lm[24];
	struct key base;
	uint8_t encrypted[16];
	const struct key exported = exported_key(known);

	assert_int_equal(
	    ntlm_response_write(0, blob_bytes(&client_challenge), blob_bytes(&target_info), &response),
	    RESULT_OK);
	assert_memory_equal(response.data, proof, sizeof(proof)); /* zeros, until it is made */
	const struct bytes temp = bytes_make(response.data + 16, response.len - 16);
	assert_out(known, "temp", temp);
	assert_int_equal(ntlm_proof(&known->ntowfv2, blob_bytes(&server_challenge), temp, proof),
	                 RESULT_OK);
	assert_out(known, "NTProofStr", BYTES_OF(proof));
	assert_int_equal(ntlm_session_base_key(&known->ntowfv2, BYTES_OF(proof), &base), RESULT_OK);
	assert_out(known, "SessionBaseKey", key_bytes(&base));
	assert_int_equal(ntlm_proof(&known->ntowfv2, blob_bytes(&server_challenge),
	                            blob_bytes(&client_challenge), lm),
	                 RESULT_OK);
	bytes_copy(lm + 16, blob_bytes(&client_challenge));
	assert_out(known, "LMv2", BYTES_OF(lm));
	ntlm_key_exchange(&base, key_bytes(&exported), encrypted);
	assert_out(known, "EncryptedRandomSessionKey", BYTES_OF(encrypted));
	ntlm_key_exchange(&base, BYTES_OF(encrypted), encrypted);
	assert_memory_equal(encrypted, exported.bytes, sizeof(encrypted));
	blob_free(&server_challenge);
	blob_free(&client_challenge);
	blob_free(&target_info);
	blob_free(&response);
}

static void test_signing_and_sealing_keys(void** state)
{
	const struct known* const known = *state;
	const struct key exported = exported_key(known);
	struct key key;

	assert_int_equal(ntlm_sign_key(&exported, true, &key), RESULT_OK);
	assert_out(known, "client_signing", key_bytes(&key));
	assert_int_equal(ntlm_sign_key(&exported, false, &key), RESULT_OK);
	assert_out(known, "server_signing", key_bytes(&key));
	assert_int_equal(ntlm_seal_key(&exported, true, &key), RESULT_OK);
	assert_out(known, "client_sealing", key_bytes(&key));
	assert_int_equal(ntlm_seal_key(&exported, false, &key), RESULT_OK);
	assert_out(known, "server_sealing", key_bytes(&key));
}

static void test_blank_password_has_the_hash_of_nothing(void** state)
{
	struct blob expected = test_hex("31d6cfe0d16ae931b73c59d7e0c089c0");
	struct key hash;

	(void)state;
	ntlm_ntowfv1(BYTES_EMPTY, &hash);
	assert_memory_equal(hash.bytes, expected.data, sizeof(hash.bytes));
	blob_free(&expected);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_NTOWFv1_and_NTOWFv2),
		cmocka_unit_test(test_NTOWFv2_upper_cases_the_user_and_not_the_domain),
		cmocka_unit_test(test_temp_proof_session_key_and_LMv2),
		cmocka_unit_test(test_signing_and_sealing_keys),
		cmocka_unit_test(test_blank_password_has_the_hash_of_nothing),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
