/* SPDX-License-Identifier: Apache-2.0
 *
 * module/ntlm against recorded CredSSP exchanges of other implementations: everything that the
 * password makes computable is recomputed, from NTOWFv2 to the decrypted TSCredentials.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <openssl/evp.h>

#include "base/crypto.h"
#include "base/utf16.h"
#include "ntlm/authenticate.h"
#include "ntlm/challenge.h"
#include "ntlm/keys.h"
#include "ntlm/negotiate.h"
#include "ntlm/response.h"
#include "ntlm/seal.h"
#include "vector.h"

/* One recorded exchange, taken apart. Messages may be whole TSRequests: the NTLM message in one is
 * found by its signature, and CredSSP's fields by their context tags, near the end. */
struct recorded
{
	struct vector vector;
	struct blob negotiate;
	struct blob challenge;
	struct blob authenticate;
	struct blob password;
	struct ntlm_negotiate n;
	struct ntlm_challenge c;
	struct ntlm_authenticate a;
	struct ntlm_response r;
	struct key base;
	struct key exported;
};

static int setup(void** state)
{
	(void)state;
	return crypto_init() == RESULT_OK && utf16_init() == RESULT_OK ? 0 : -1;
}

/* The NTLM message inside `request`, from its signature on; `len` from the OCTET STRING's length
 * octets before it. */
static struct blob ntlm_inside(struct blob request)
{
	struct blob message = BLOB_EMPTY;
	const size_t at = test_find(blob_bytes(&request), BYTES_LITERAL("NTLMSSP\0"));

	assert_true(at != SIZE_MAX);
	if (at == 0)
		return request;
	/* 04 len, 04 81 len, or 04 82 len len. */
	size_t len = request.data[at - 1];
	if (at >= 4 && request.data[at - 4] == 0x04 && request.data[at - 3] == 0x82)
		len |= (size_t)request.data[at - 2] << 8;
	struct bytes part = BYTES_EMPTY;
	assert_int_equal(bytes_part(blob_bytes(&request), at, len, &part), RESULT_OK);
	assert_int_equal(blob_set(&message, part), RESULT_OK);
	blob_free(&request);
	return message;
}

/* The OCTET STRING in the context tag `tag` (short lengths): after the last place where it could
 * begin, since tokens that come earlier may hold anything. */
static struct bytes octets_in_tag(const struct blob* request, uint8_t tag)
{
	for (size_t i = request->len; i-- > 0;)
	{
		struct bytes value = BYTES_EMPTY;
		if (i + 4 >= request->len || request->data[i] != tag || request->data[i + 2] != 0x04 ||
		    request->data[i + 1] != request->data[i + 3] + 2)
			continue;
		if (bytes_part(blob_bytes(request), i + 4, request->data[i + 3], &value) == RESULT_OK)
			return value;
	}
	fail_msg("no field %02x", tag);
	return BYTES_EMPTY;
}

static void recorded_open(struct recorded* recorded, const char* file, const char* scope,
                          const char* const keys[3])
{
	struct key hash;
	struct key ntowfv2;
	uint8_t proof[16];

	*recorded = (struct recorded){ .vector = vector_open(file) };
	const struct vector* const vector = &recorded->vector;
	recorded->negotiate = ntlm_inside(vector_hex(vector, scope, keys[0]));
	recorded->challenge = ntlm_inside(vector_hex(vector, scope, keys[1]));
	recorded->authenticate = ntlm_inside(vector_hex(vector, scope, keys[2]));
	recorded->password = vector_utf16(vector, scope, "password");
	struct blob user = vector_utf16(vector, scope, "user");
	struct blob domain = vector_utf16(vector, scope, "domain");

	assert_int_equal(ntlm_negotiate_parse(blob_bytes(&recorded->negotiate), &recorded->n, NULL),
	                 RESULT_OK);
	assert_int_equal(ntlm_challenge_parse(blob_bytes(&recorded->challenge), &recorded->c, NULL),
	                 RESULT_OK);
	assert_int_equal(
	    ntlm_authenticate_parse(blob_bytes(&recorded->authenticate), &recorded->a, NULL),
	    RESULT_OK);
	assert_int_equal(ntlm_response_parse(recorded->a.nt_response, &recorded->r, NULL), RESULT_OK);
	assert_true(bytes_equal(recorded->a.user, blob_bytes(&user)));
	assert_true(bytes_equal(recorded->a.domain, blob_bytes(&domain)));

	ntlm_ntowfv1(blob_bytes(&recorded->password), &hash);
	assert_int_equal(ntlm_ntowfv2(&hash, recorded->a.user, recorded->a.domain, &ntowfv2),
	                 RESULT_OK);
	assert_int_equal(ntlm_proof(&ntowfv2, recorded->c.server_challenge, recorded->r.temp, proof),
	                 RESULT_OK);
	assert_memory_equal(proof, recorded->r.proof.data, sizeof(proof));
	assert_int_equal(ntlm_session_base_key(&ntowfv2, BYTES_OF(proof), &recorded->base), RESULT_OK);
	assert_int_equal(recorded->a.encrypted_session_key.len, 16);
	ntlm_key_exchange(&recorded->base, recorded->a.encrypted_session_key, recorded->exported.bytes);
	blob_free(&user);
	blob_free(&domain);
}

static void recorded_close(struct recorded* recorded)
{
	vector_close(&recorded->vector);
	blob_free(&recorded->negotiate);
	blob_free(&recorded->challenge);
	blob_free(&recorded->authenticate);
	blob_free(&recorded->password);
}

static void assert_mic(const struct recorded* recorded)
{
	struct blob input = BLOB_EMPTY;
	uint8_t mic[16];

	assert_int_equal(recorded->a.mic_offset, 72);
	assert_int_equal(
	    ntlm_mic_input_write(blob_bytes(&recorded->negotiate), blob_bytes(&recorded->challenge),
	                         blob_bytes(&recorded->authenticate), recorded->a.mic_offset, &input),
	    RESULT_OK);
	assert_int_equal(
	    ntlm_mic(&recorded->exported, &(struct bytes){ input.data, input.len }, 1, mic), RESULT_OK);
	assert_memory_equal(mic, recorded->a.mic.data, sizeof(mic));
	blob_free(&input);
}

static struct ntlm_seal seal_of(const struct recorded* recorded, enum mech_role role)
{
	struct ntlm_seal seal;

	ntlm_seal_init(&seal, &recorded->exported, recorded->a.flags, role);
	return seal;
}

/* A sealed CredSSP field: 16 bytes of signature, then data. The plaintext; the caller's to free. */
static struct blob unseal(struct ntlm_seal* seal, struct bytes field)
{
	struct blob data = BLOB_EMPTY;
	struct bytes trailer = BYTES_EMPTY;
	struct bytes sealed = BYTES_EMPTY;

	assert_int_equal(bytes_part(field, 0, 16, &trailer), RESULT_OK);
	assert_int_equal(bytes_part(field, 16, field.len - 16, &sealed), RESULT_OK);
	assert_int_equal(blob_set(&data, sealed), RESULT_OK);
	struct mech_part part = { data.data, data.len, false };
	assert_int_equal(ntlm_seal_unwrap(seal, true, &part, 1, trailer), RESULT_OK);
	return data;
}

/* MS-CSSP 3.1.5: SHA-256 over the magic string with its NUL, the nonce and the public key. */
static void assert_binding_hash(const struct blob* plain, struct bytes nonce, struct bytes key)
{
	struct bytes magic = BYTES_LITERAL("CredSSP Client-To-Server Binding Hash\0");
	struct writer writer = writer_make(4096);
	uint8_t digest[32];

	writer_bytes(&writer, magic);
	writer_bytes(&writer, nonce);
	writer_bytes(&writer, key);
	const struct bytes all = writer_written(&writer);
	assert_int_equal(EVP_Digest(all.data, all.len, digest, NULL, EVP_sha256(), NULL), 1);
	writer_drop(&writer);
	assert_int_equal(plain->len, sizeof(digest));
	assert_memory_equal(plain->data, digest, sizeof(digest));
}

static const char* const wallix_keys[3] = { "negotiate", "answer_challenge", "authenticate" };
#define WALLIX "credssp-v5-v6-with-public-key.json"

static void assert_wallix(const char* scope, bool with_credentials)
{
	struct recorded recorded;

	recorded_open(&recorded, WALLIX, scope, wallix_keys);
	assert_mic(&recorded); /* it is there though AvFlags does not announce it */
	assert_int_equal(ntlm_av_flags(&recorded.r.pairs), 0);

	struct blob request = vector_hex(&recorded.vector, scope, "authenticate");
	struct blob public_key = vector_hex(&recorded.vector, scope, "public_key");
	struct ntlm_seal seal = seal_of(&recorded, MECH_ACCEPTOR);
	struct blob plain = unseal(&seal, octets_in_tag(&request, 0xA3));
	assert_binding_hash(&plain, octets_in_tag(&request, 0xA5), blob_bytes(&public_key));
	blob_free(&plain);
	if (with_credentials)
	{
		struct blob last = vector_hex(&recorded.vector, scope, "ts_credentials");
		plain = unseal(&seal, octets_in_tag(&last, 0xA2));
		assert_true(test_find(blob_bytes(&plain), blob_bytes(&recorded.password)) != SIZE_MAX);
		blob_free(&plain);
		blob_free(&last);
	}
	ntlm_seal_wipe(&seal);
	blob_free(&request);
	blob_free(&public_key);
	recorded_close(&recorded);
}

static void test_wallix_exchange_0(void** state)
{
	(void)state;
	assert_wallix("TestNlaserver0", false);
}

static void test_wallix_exchange_1(void** state)
{
	(void)state;
	assert_wallix("TestNlaserver1", true);
}

static void test_wallix_exchange_2(void** state)
{
	(void)state;
	assert_wallix("TestNlaserver2", true);
}

static void test_sspi_rs_exchange(void** state)
{
	static const char* const keys[3] = { "NTLM_1_PHASE_NEGO_TOKEN", "NTLM_2_PHASE_NEGO_TOKEN",
		                                 "NTLM_3_PHASE_NEGO_TOKEN" };
	struct recorded recorded;

	(void)state;
	recorded_open(&recorded, "credssp-v6-bare-ntlm.json", NULL, keys);
	assert_int_equal(ntlm_av_flags(&recorded.r.pairs), NTLM_AV_FLAG_MIC);
	assert_mic(&recorded);

	struct ntlm_seal server = seal_of(&recorded, MECH_ACCEPTOR);
	struct ntlm_seal client = seal_of(&recorded, MECH_INITIATOR);
	struct blob up = vector_hex(&recorded.vector, NULL, "NTLM_3_PHASE_PUB_KEY_AUTH");
	struct blob down = vector_hex(&recorded.vector, NULL, "NTLM_4_PHASE_PUB_KEY_AUTH");
	struct blob info = vector_hex(&recorded.vector, NULL, "NTLM_5_PHASE_AUTH_INFO");
	struct blob plain = unseal(&server, blob_bytes(&up));
	assert_int_equal(plain.len, 32);
	blob_free(&plain);
	plain = unseal(&client, blob_bytes(&down));
	assert_int_equal(plain.len, 32);
	blob_free(&plain);
	plain = unseal(&server, blob_bytes(&info));
	assert_int_equal(plain.data[0], 0x30);
	/* TSPasswordCreds: password [2] as OCTET STRING of "1" in UTF-16LE. */
	assert_true(test_find(blob_bytes(&plain), BYTES_LITERAL("\xA2\4\4\2"
	                                                        "1\0")) != SIZE_MAX);
	blob_free(&plain);
	ntlm_seal_wipe(&server);
	ntlm_seal_wipe(&client);
	blob_free(&up);
	blob_free(&down);
	blob_free(&info);
	recorded_close(&recorded);
}

static void test_server_2016_exchange(void** state)
{
	static const char* const keys[3] = { "ntlm_negotiate", "ntlm_challenge", "ntlm_authenticate" };
	struct vector vector = vector_open("ntlm-server2016-challenge.json");
	struct blob challenge = vector_hex(&vector, NULL, keys[1]);
	struct blob authenticate = vector_hex(&vector, NULL, keys[2]);
	struct blob password = vector_utf16(&vector, NULL, "password");
	struct ntlm_challenge c;
	struct ntlm_authenticate a;
	struct ntlm_response r;
	struct key hash;
	struct key ntowfv2;
	uint8_t proof[16];

	(void)state;
	assert_int_equal(ntlm_challenge_parse(blob_bytes(&challenge), &c, NULL), RESULT_OK);
	assert_int_equal(ntlm_authenticate_parse(blob_bytes(&authenticate), &a, NULL), RESULT_OK);
	assert_int_equal(ntlm_response_parse(a.nt_response, &r, NULL), RESULT_OK);
	ntlm_ntowfv1(blob_bytes(&password), &hash);
	assert_int_equal(ntlm_ntowfv2(&hash, a.user, a.domain, &ntowfv2), RESULT_OK);
	assert_int_equal(ntlm_proof(&ntowfv2, c.server_challenge, r.temp, proof), RESULT_OK);
	assert_memory_equal(proof, r.proof.data, sizeof(proof));
	blob_free(&challenge);
	blob_free(&authenticate);
	blob_free(&password);
	vector_close(&vector);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wallix_exchange_0),    cmocka_unit_test(test_wallix_exchange_1),
		cmocka_unit_test(test_wallix_exchange_2),    cmocka_unit_test(test_sspi_rs_exchange),
		cmocka_unit_test(test_server_2016_exchange),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
