/* SPDX-License-Identifier: Apache-2.0
 *
 * Whole CredSSP exchanges of other implementations, recorded message by message (tests/vectors):
 * each is read by the parsers of this tree and everything that the password makes computable is
 * recomputed on the way, from NTProofStr over both mechListMICs to the delegated credentials.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <openssl/evp.h>

#include "base/crypto.h"
#include "base/utf16.h"
#include "credssp/ts_credentials.h"
#include "credssp/ts_request.h"
#include "ntlm/authenticate.h"
#include "ntlm/avpair.h"
#include "ntlm/challenge.h"
#include "ntlm/field.h"
#include "ntlm/keys.h"
#include "ntlm/response.h"
#include "ntlm/seal.h"
#include "spnego/message.h"
#include "vector.h"

/* MS-CSSP 2.2.1: from this version on pubKeyAuth holds a hash and not the key. */
#define HASHED_VERSION 5

/* What was found on the way, so that a test can require that it was there. */
struct found
{
	unsigned proofs;
	unsigned mics; /* of AUTHENTICATE */
	unsigned mech_list_mics[2];
	unsigned pub_keys[2];
	unsigned empty_keys; /* 1 and zeros instead of the key and 1 */
	unsigned credentials;
};

struct replay
{
	struct vector vector;
	struct blob messages[3]; /* NTLM's */
	struct blob mech_types;
	struct blob last_token[2]; /* a peer's last, which FreeRDP's servers repeat (defect D2) */
	struct blob nonce;
	uint32_t version; /* the lower of the two ends' */
	struct key exported;
	struct ntlm_seal seals[2]; /* of the end that reads what the role sent */
	struct found found;
};

/* --- NTLM ------------------------------------------------------------------------------------- */

static void check_proof(struct replay* replay, const struct ntlm_authenticate* authenticate,
                        struct key* base)
{
	struct ntlm_challenge challenge;
	struct ntlm_response response;
	struct blob password = vector_utf16(&replay->vector, NULL, "password");
	struct blob user = vector_utf16(&replay->vector, NULL, "user");
	struct blob domain = vector_utf16(&replay->vector, NULL, "domain");
	struct key hash;
	struct key ntowfv2;
	uint8_t proof[NTLM_PROOF_SIZE];

	assert_true(bytes_equal(authenticate->user, blob_bytes(&user)));
	assert_true(bytes_equal(authenticate->domain, blob_bytes(&domain)));
	assert_int_equal(ntlm_challenge_parse(blob_bytes(&replay->messages[1]), &challenge, NULL),
	                 RESULT_OK);
	assert_int_equal(ntlm_response_parse(authenticate->nt_response, &response, NULL), RESULT_OK);
	ntlm_ntowfv1(blob_bytes(&password), &hash);
	assert_int_equal(ntlm_ntowfv2(&hash, authenticate->user, authenticate->domain, &ntowfv2),
	                 RESULT_OK);
	assert_int_equal(ntlm_proof(&ntowfv2, challenge.server_challenge, response.temp, proof),
	                 RESULT_OK);
	assert_true(bytes_equal(response.proof, BYTES_OF(proof)));
	assert_int_equal(ntlm_session_base_key(&ntowfv2, BYTES_OF(proof), base), RESULT_OK);
	replay->found.proofs++;
	blob_free(&password);
	blob_free(&user);
	blob_free(&domain);
}

static void check_mic(struct replay* replay, const struct ntlm_authenticate* authenticate)
{
	struct ntlm_response response;
	struct blob input = BLOB_EMPTY;
	uint8_t mic[NTLM_MIC_SIZE];

	assert_int_equal(ntlm_response_parse(authenticate->nt_response, &response, NULL), RESULT_OK);
	if (!(ntlm_av_flags(&response.pairs) & NTLM_AV_FLAG_MIC))
		return;
	assert_int_equal(
	    ntlm_mic_input_write(blob_bytes(&replay->messages[0]), blob_bytes(&replay->messages[1]),
	                         blob_bytes(&replay->messages[2]), authenticate->mic_offset, &input),
	    RESULT_OK);
	assert_int_equal(ntlm_mic(&replay->exported, &(struct bytes){ input.data, input.len }, 1, mic),
	                 RESULT_OK);
	assert_true(bytes_equal(authenticate->mic, BYTES_OF(mic)));
	replay->found.mics++;
	blob_free(&input);
}

static void read_authenticate(struct replay* replay)
{
	struct ntlm_authenticate authenticate;
	struct blob expected = vector_hex(&replay->vector, NULL, "exported_session_key");
	struct key base;

	assert_int_equal(ntlm_authenticate_parse(blob_bytes(&replay->messages[2]), &authenticate, NULL),
	                 RESULT_OK);
	check_proof(replay, &authenticate, &base);
	assert_int_equal(authenticate.encrypted_session_key.len, KEY_SIZE);
	ntlm_key_exchange(&base, authenticate.encrypted_session_key, replay->exported.bytes);
	assert_true(bytes_equal(key_bytes(&replay->exported), blob_bytes(&expected)));
	check_mic(replay, &authenticate);
	ntlm_seal_init(&replay->seals[MECH_INITIATOR], &replay->exported, authenticate.flags,
	               MECH_ACCEPTOR);
	ntlm_seal_init(&replay->seals[MECH_ACCEPTOR], &replay->exported, authenticate.flags,
	               MECH_INITIATOR);
	blob_free(&expected);
}

static void read_ntlm(struct replay* replay, struct bytes token)
{
	if (!ntlm_is_message(token))
		return; /* the optimistic token of a mechanism that was not taken */
	assert_true(token.len > NTLM_HEADER_SIZE);
	const uint8_t type = token.data[8];
	assert_true(type >= NTLM_MESSAGE_NEGOTIATE && type <= NTLM_MESSAGE_AUTHENTICATE);
	assert_int_equal(
	    ntlm_message_keep(token, (enum ntlm_message_type)type, &replay->messages[type - 1], NULL),
	    RESULT_OK);
	if (type == NTLM_MESSAGE_AUTHENTICATE)
		read_authenticate(replay);
}

/* --- SPNEGO ----------------------------------------------------------------------------------- */

static void read_token(struct replay* replay, enum mech_role role, struct bytes token)
{
	struct neg_token_init init;
	struct neg_token_resp resp;

	if (bytes_equal(token, blob_bytes(&replay->last_token[role])))
		return;
	assert_int_equal(blob_set(&replay->last_token[role], token), RESULT_OK);
	if (ntlm_is_message(token))
		read_ntlm(replay, token);
	else if (neg_token_is_init(token))
	{
		assert_int_equal(neg_token_init_parse(token, &init, NULL), RESULT_OK);
		assert_int_equal(blob_set(&replay->mech_types, init.mech_types), RESULT_OK);
		read_ntlm(replay, init.mech_token);
	}
	else
	{
		assert_int_equal(neg_token_resp_parse(token, &resp, NULL), RESULT_OK);
		read_ntlm(replay, resp.response_token);
		if (resp.mech_list_mic.len == 0)
			return;
		assert_int_equal(ntlm_seal_mic_verify(&replay->seals[role], blob_bytes(&replay->mech_types),
		                                      resp.mech_list_mic),
		                 RESULT_OK);
		replay->found.mech_list_mics[role]++;
	}
}

/* --- CredSSP ---------------------------------------------------------------------------------- */

/* A sealed field: 16 bytes of signature, then data. The plaintext; the caller's to free. */
static struct blob unseal(struct ntlm_seal* seal, struct bytes field)
{
	struct blob data = BLOB_EMPTY;
	struct bytes trailer = BYTES_EMPTY;
	struct bytes sealed = BYTES_EMPTY;

	assert_int_equal(bytes_part(field, 0, NTLM_SIGNATURE_SIZE, &trailer), RESULT_OK);
	assert_int_equal(
	    bytes_part(field, NTLM_SIGNATURE_SIZE, field.len - NTLM_SIGNATURE_SIZE, &sealed),
	    RESULT_OK);
	assert_int_equal(blob_set(&data, sealed), RESULT_OK);
	struct mech_part part = { data.data, data.len, false };
	assert_int_equal(ntlm_seal_unwrap(seal, true, &part, 1, trailer), RESULT_OK);
	return data;
}

/* MS-CSSP 3.1.5: SHA-256 over the magic string with its NUL, the nonce and the public key. */
static void expect_binding_hash(const struct replay* replay, enum mech_role role, struct bytes key,
                                struct bytes plain)
{
	const struct bytes magic = role == MECH_INITIATOR
	                               ? BYTES_LITERAL("CredSSP Client-To-Server Binding Hash\0")
	                               : BYTES_LITERAL("CredSSP Server-To-Client Binding Hash\0");
	struct writer writer = writer_make(4096);
	uint8_t digest[32];

	assert_int_equal(replay->nonce.len, TS_CLIENT_NONCE_SIZE);
	writer_bytes(&writer, magic);
	writer_bytes(&writer, blob_bytes(&replay->nonce));
	writer_bytes(&writer, key);
	const struct bytes all = writer_written(&writer);
	assert_int_equal(EVP_Digest(all.data, all.len, digest, NULL, EVP_sha256(), NULL), 1);
	writer_drop(&writer);
	assert_true(bytes_equal(plain, BYTES_OF(digest)));
}

static void expect_empty_key(struct bytes plain, size_t len)
{
	assert_int_equal(plain.len, len);
	assert_int_equal(plain.data[0], 1);
	for (size_t i = 1; i < plain.len; i++)
		assert_int_equal(plain.data[i], 0);
}

static void read_pub_key(struct replay* replay, enum mech_role role, struct bytes field)
{
	struct blob key = vector_hex(&replay->vector, NULL, "tls_subject_public_key");
	struct blob plain = unseal(&replay->seals[role], field);

	if (replay->version >= HASHED_VERSION)
		expect_binding_hash(replay, role, blob_bytes(&key), blob_bytes(&plain));
	else if (role == MECH_ACCEPTOR) /* MS-CSSP 3.1.5, step 4 */
		key.data[0]++;
	if (replay->version < HASHED_VERSION && !bytes_equal(blob_bytes(&plain), blob_bytes(&key)))
	{
		assert_int_equal(role, MECH_ACCEPTOR);
		expect_empty_key(blob_bytes(&plain), key.len);
		replay->found.empty_keys++;
	}
	else
		replay->found.pub_keys[role]++;
	blob_free(&key);
	blob_free(&plain);
}

static void read_auth_info(struct replay* replay, struct bytes field)
{
	struct blob expected = vector_hex(&replay->vector, NULL, "TSCredentials");
	struct blob password = vector_utf16(&replay->vector, NULL, "password");
	struct blob user = vector_utf16(&replay->vector, NULL, "user");
	struct blob plain = unseal(&replay->seals[MECH_INITIATOR], field);
	struct ts_credentials credentials;
	struct ts_password_creds creds;

	assert_true(bytes_equal(blob_bytes(&plain), blob_bytes(&expected)));
	assert_int_equal(ts_credentials_parse(blob_bytes(&plain), &credentials, NULL), RESULT_OK);
	assert_int_equal(credentials.type, TS_CREDENTIALS_PASSWORD);
	assert_int_equal(ts_password_creds_parse(credentials.credentials, &creds, NULL), RESULT_OK);
	assert_true(bytes_equal(creds.user, blob_bytes(&user)));
	assert_true(bytes_equal(creds.password, blob_bytes(&password)));
	replay->found.credentials++;
	blob_free(&expected);
	blob_free(&password);
	blob_free(&user);
	blob_free(&plain);
}

static void read_request(struct replay* replay, enum mech_role role, struct bytes message)
{
	struct ts_request request;

	assert_int_equal(ts_request_parse(message, &request, NULL), RESULT_OK);
	if (request.version < replay->version)
		replay->version = request.version;
	if (request.fields & TS_CLIENT_NONCE)
		assert_int_equal(blob_set(&replay->nonce, request.client_nonce), RESULT_OK);
	if (request.fields & TS_NEGO_TOKENS)
		read_token(replay, role, request.nego_token);
	if (request.fields & TS_PUB_KEY_AUTH)
		read_pub_key(replay, role, request.pub_key_auth);
	if (request.fields & TS_AUTH_INFO)
		read_auth_info(replay, request.auth_info);
}

static void replay_file(const char* file, struct found* found)
{
	struct replay replay = { .vector = vector_open(file), .version = TS_VERSION_NEWEST };
	struct blob role = BLOB_EMPTY;
	struct blob message = BLOB_EMPTY;

	for (unsigned i = 0; vector_element(&replay.vector, i, "role", &role); i++)
	{
		struct blob hex = BLOB_EMPTY;

		assert_true(vector_element(&replay.vector, i, "ts_request", &hex));
		blob_free(&message);
		message = test_hex_bytes(blob_bytes(&hex));
		read_request(&replay,
		             bytes_equal(blob_bytes(&role), BYTES_LITERAL("client")) ? MECH_INITIATOR
		                                                                     : MECH_ACCEPTOR,
		             blob_bytes(&message));
		blob_free(&hex);
	}
	*found = replay.found;
	for (size_t i = 0; i < 3; i++)
		blob_free(&replay.messages[i]);
	for (size_t i = 0; i < 2; i++)
	{
		blob_free(&replay.last_token[i]);
		ntlm_seal_wipe(&replay.seals[i]);
	}
	blob_free(&replay.mech_types);
	blob_free(&replay.nonce);
	blob_free(&role);
	blob_free(&message);
	vector_close(&replay.vector);
}

/* --- tests ------------------------------------------------------------------------------------ */

/* One of everything; the MICs where there are any. */
static void expect_whole(const char* file, unsigned mics, unsigned mech_list_mics,
                         unsigned empty_keys)
{
	struct found found;

	replay_file(file, &found);
	assert_int_equal(found.proofs, 1);
	assert_int_equal(found.mics, mics);
	assert_int_equal(found.mech_list_mics[MECH_INITIATOR], mech_list_mics);
	assert_int_equal(found.mech_list_mics[MECH_ACCEPTOR], mech_list_mics);
	assert_int_equal(found.pub_keys[MECH_INITIATOR], 1);
	assert_int_equal(found.pub_keys[MECH_ACCEPTOR] + empty_keys, 1);
	assert_int_equal(found.empty_keys, empty_keys);
	assert_int_equal(found.credentials, 1);
}

static void test_sspi_rs_in_SPNEGO_with_four_legs(void** state)
{
	(void)state;
	expect_whole("sspi-rs-0.21-spnego-ntlm-four-legs.json", 1, 1, 0);
}

static void test_sspi_rs_offers_Kerberos_and_takes_NTLM(void** state)
{
	(void)state;
	expect_whole("sspi-rs-0.21-kerberos-offered-ntlm-taken.json", 1, 1, 0);
}

static void test_sspi_rs_bare_with_names_beyond_ASCII(void** state)
{
	(void)state;
	expect_whole("sspi-rs-0.21-bare-ntlm-nonascii.json", 1, 0, 0);
}

/* Defect D1: FreeRDP's server adds 1 to a buffer of zeros; impacket does not look. */
static void test_impacket_with_CredSSP_2_and_no_MIC(void** state)
{
	(void)state;
	expect_whole("impacket-0.10-credssp-2-bare-ntlm.json", 0, 0, 1);
}

static int set_up(void** state)
{
	(void)state;
	return crypto_init() == RESULT_OK && utf16_init() == RESULT_OK ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sspi_rs_in_SPNEGO_with_four_legs),
		cmocka_unit_test(test_sspi_rs_offers_Kerberos_and_takes_NTLM),
		cmocka_unit_test(test_sspi_rs_bare_with_names_beyond_ASCII),
		cmocka_unit_test(test_impacket_with_CredSSP_2_and_no_MIC),
	};
	return cmocka_run_group_tests(tests, set_up, NULL);
}
