/* SPDX-License-Identifier: Apache-2.0
 *
 * The one place of CredSSP that needs OpenSSL: base/crypto has no SHA-256, because negossp.so needs
 * none.
 */
#include "credssp/binding.h"

#include <openssl/err.h>
#include <openssl/evp.h>

#include "base/secret.h"
#include "credssp/ts_request.h"

/* MS-CSSP 3.1.5: the NUL at the end counts. */
static const uint8_t client_to_server[] = "CredSSP Client-To-Server Binding Hash";
static const uint8_t server_to_client[] = "CredSSP Server-To-Client Binding Hash";

static bool sha256(struct bytes message, uint8_t* digest)
{
	(void)ERR_set_mark();
	const bool done = EVP_Digest(message.data, message.len, digest, NULL, EVP_sha256(), NULL) == 1;
	(void)ERR_pop_to_mark();
	return done;
}

static enum result make_hash(enum mech_role role, struct bytes public_key, struct bytes nonce,
                             struct blob* binding)
{
	struct writer writer = writer_make(SIZE_MAX);
	struct blob message = BLOB_EMPTY;
	uint8_t digest[BINDING_HASH_SIZE];

	REQUIRE(nonce.len == TS_CLIENT_NONCE_SIZE, RESULT_INVALID_ARGUMENT);
	writer_bytes(&writer,
	             role == MECH_INITIATOR ? BYTES_OF(client_to_server) : BYTES_OF(server_to_client));
	writer_bytes(&writer, nonce);
	writer_bytes(&writer, public_key);
	TRY(writer_take(&writer, &message));
	const bool done = sha256(blob_bytes(&message), digest);
	blob_free(&message);
	return done ? blob_set(binding, BYTES_OF(digest)) : RESULT_CRYPTO;
}

static enum result make_echo(enum mech_role role, struct bytes public_key, struct blob* binding)
{
	TRY(blob_set(binding, public_key));
	if (role == MECH_ACCEPTOR)
		binding->data[0]++;
	return RESULT_OK;
}

enum result binding_make(uint32_t version, enum mech_role role, struct bytes public_key,
                         struct bytes nonce, struct blob* binding)
{
	REQUIRE(public_key.len > 0, RESULT_INVALID_ARGUMENT);
	return version >= BINDING_HASHED_VERSION ? make_hash(role, public_key, nonce, binding)
	                                         : make_echo(role, public_key, binding);
}

enum result binding_check(uint32_t version, enum mech_role role, struct bytes public_key,
                          struct bytes nonce, struct bytes opened)
{
	struct blob expected = BLOB_EMPTY;

	TRY(binding_make(version, role, public_key, nonce, &expected));
	const bool same = secret_equal(opened, blob_bytes(&expected));
	blob_free(&expected);
	return same ? RESULT_OK : RESULT_ALTERED;
}
