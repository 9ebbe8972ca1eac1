/* SPDX-License-Identifier: Apache-2.0
 *
 * Signing and sealing (MS-NLMP 3.4).
 *
 * Everything that can fail happens before anything is changed: an outgoing message's signature is
 * computed over the plaintext first. An incoming message is decrypted where it stands, since most
 * are right; where one is not, RC4 is run over it once more, which puts it back.
 */
#include "ntlm/seal.h"

#include <stdlib.h>

#include "ntlm/flags.h"
#include "ntlm/keys.h"

void ntlm_seal_init(struct ntlm_seal* seal, const struct key* exported, uint32_t flags,
                    enum mech_role role)
{
	*seal = (struct ntlm_seal){ .flags = flags,
		                        .exported = *exported,
		                        .send.from_initiator = role == MECH_INITIATOR,
		                        .receive.from_initiator = role != MECH_INITIATOR };
}

static void direction_wipe(struct ntlm_direction* direction)
{
	key_wipe(&direction->signing);
	key_wipe(&direction->sealing);
	if (direction->stream)
		rc4_wipe(direction->stream);
	free(direction->stream);
	direction->stream = NULL;
}

void ntlm_seal_wipe(struct ntlm_seal* seal)
{
	key_wipe(&seal->exported);
	direction_wipe(&seal->send);
	direction_wipe(&seal->receive);
}

static enum result direction_derive(const struct ntlm_seal* seal, struct ntlm_direction* direction)
{
	if (direction->derived)
		return RESULT_OK;
	TRY(ntlm_sign_key(&seal->exported, direction->from_initiator, &direction->signing));
	TRY(ntlm_seal_key(&seal->exported, direction->from_initiator, &direction->sealing));
	direction->derived = true;
	return RESULT_OK;
}

/* Makes the direction ready for messages. */
static enum result direction_open(const struct ntlm_seal* seal, struct ntlm_direction* direction)
{
	if (direction->stream)
		return RESULT_OK;
	TRY(direction_derive(seal, direction));
	direction->stream = malloc(sizeof(*direction->stream));
	REQUIRE(direction->stream, RESULT_NO_MEMORY);
	rc4_init(direction->stream, key_bytes(&direction->sealing));
	return RESULT_OK;
}

/* --- the signature (MS-NLMP 3.4.4.2): Version, Checksum, SeqNum ------------------------------ */

#define CHECKSUM_SIZE 8

/* The half that can fail: the checksum in clear, over the message in clear. It is the first half of
 * `digest`. */
static enum result checksum_make(const struct ntlm_seal* seal,
                                 const struct ntlm_direction* direction,
                                 const struct bytes* message, size_t count, uint8_t* digest)
{
	struct bytes parts[NTLM_MAX_PARTS + 1];
	uint8_t number[4];

	REQUIRE(seal->flags & NTLM_NEGOTIATE_SIGN, RESULT_UNSUPPORTED);
	little_endian_put(number, sizeof(number), direction->sequence);
	parts[0] = BYTES_OF(number);
	for (size_t i = 0; i < count; i++)
		parts[i + 1] = message[i];
	return crypto_hmac_md5(key_bytes(&direction->signing), parts, count + 1, digest);
}

/* The half that cannot. `rc4` stands behind the sealed message; with KEY_EXCH the checksum is
 * encrypted as well and the stream moves on. */
static void signature_write(const struct ntlm_seal* seal, uint32_t sequence, struct rc4* rc4,
                            const uint8_t* checksum, uint8_t* signature)
{
	little_endian_put(signature, 4, 1);
	if (seal->flags & NTLM_NEGOTIATE_KEY_EXCH)
		rc4_apply(rc4, checksum, signature + 4, CHECKSUM_SIZE);
	else
		bytes_copy(signature + 4, bytes_make(checksum, CHECKSUM_SIZE));
	little_endian_put(signature + 4 + CHECKSUM_SIZE, 4, sequence);
}

/* --- messages -------------------------------------------------------------------------------- */

static bool part_is_sealed(const struct ntlm_seal* seal, bool asked, const struct mech_part* part)
{
	return asked && (seal->flags & NTLM_NEGOTIATE_SEAL) && !part->sign_only && part->len != 0;
}

static void parts_apply(const struct ntlm_seal* seal, bool asked, struct rc4* rc4,
                        const struct mech_part* parts, size_t count)
{
	for (size_t i = 0; i < count; i++)
	{
		if (part_is_sealed(seal, asked, &parts[i]))
			rc4_apply(rc4, parts[i].data, parts[i].data, parts[i].len);
	}
}

/* The checksum of what the parts hold now. */
static enum result parts_checksum(const struct ntlm_seal* seal,
                                  const struct ntlm_direction* direction,
                                  const struct mech_part* parts, size_t count, uint8_t* digest)
{
	struct bytes message[NTLM_MAX_PARTS];

	for (size_t i = 0; i < count; i++)
		message[i] = bytes_make(parts[i].data, parts[i].len);
	return checksum_make(seal, direction, message, count, digest);
}

enum result ntlm_seal_wrap(struct ntlm_seal* seal, bool encrypt, struct mech_part* parts,
                           size_t count, uint8_t* trailer, size_t* trailer_len)
{
	struct ntlm_direction* const direction = &seal->send;
	uint8_t digest[CRYPTO_DIGEST_SIZE];

	REQUIRE(count <= NTLM_MAX_PARTS, RESULT_INVALID_ARGUMENT);
	REQUIRE(*trailer_len >= NTLM_SIGNATURE_SIZE, RESULT_BUFFER_TOO_SMALL);
	TRY(direction_open(seal, direction));
	TRY(parts_checksum(seal, direction, parts, count, digest));

	parts_apply(seal, encrypt, direction->stream, parts, count);
	signature_write(seal, direction->sequence, direction->stream, digest, trailer);
	secret_wipe(digest, sizeof(digest));
	*trailer_len = NTLM_SIGNATURE_SIZE;
	direction->sequence++;
	return RESULT_OK;
}

enum result ntlm_seal_unwrap(struct ntlm_seal* seal, bool encrypted, struct mech_part* parts,
                             size_t count, struct bytes trailer)
{
	struct ntlm_direction* const direction = &seal->receive;
	uint8_t digest[CRYPTO_DIGEST_SIZE];
	uint8_t expected[NTLM_SIGNATURE_SIZE];

	REQUIRE(count <= NTLM_MAX_PARTS, RESULT_INVALID_ARGUMENT);
	REQUIRE(trailer.len == NTLM_SIGNATURE_SIZE, RESULT_MALFORMED);
	TRY(direction_open(seal, direction));
	struct rc4 before = *direction->stream;
	parts_apply(seal, encrypted, direction->stream, parts, count);
	enum result result = parts_checksum(seal, direction, parts, count, digest);
	if (result == RESULT_OK)
	{
		signature_write(seal, direction->sequence, direction->stream, digest, expected);
		result = secret_equal(BYTES_OF(expected), trailer) ? RESULT_OK : RESULT_ALTERED;
	}
	if (result == RESULT_OK)
		direction->sequence++;
	else
	{
		*direction->stream = before;
		parts_apply(seal, encrypted, &before, parts, count);
	}
	secret_wipe(expected, sizeof(expected));
	secret_wipe(digest, sizeof(digest));
	rc4_wipe(&before);
	return result;
}

/* --- the mechListMIC ------------------------------------------------------------------------- */

static enum result mic_compute(const struct ntlm_seal* seal, struct ntlm_direction* direction,
                               struct bytes message, uint8_t* signature)
{
	uint8_t digest[CRYPTO_DIGEST_SIZE];
	struct rc4 rc4; /* of its own, so that the stream is where it was */

	REQUIRE(direction->sequence == 0, RESULT_OUT_OF_SEQUENCE);
	TRY(direction_derive(seal, direction));
	TRY(checksum_make(seal, direction, &message, 1, digest));
	rc4_init(&rc4, key_bytes(&direction->sealing));
	signature_write(seal, 0, &rc4, digest, signature);
	secret_wipe(digest, sizeof(digest));
	rc4_wipe(&rc4);
	return RESULT_OK;
}

enum result ntlm_seal_mic_make(struct ntlm_seal* seal, struct bytes message, struct blob* mic)
{
	uint8_t signature[NTLM_SIGNATURE_SIZE];

	TRY(mic_compute(seal, &seal->send, message, signature));
	TRY(blob_set(mic, BYTES_OF(signature)));
	seal->send.sequence = 1;
	return RESULT_OK;
}

enum result ntlm_seal_mic_verify(struct ntlm_seal* seal, struct bytes message, struct bytes mic)
{
	uint8_t expected[NTLM_SIGNATURE_SIZE];

	REQUIRE(mic.len == sizeof(expected), RESULT_MALFORMED);
	TRY(mic_compute(seal, &seal->receive, message, expected));
	const bool right = secret_equal(BYTES_OF(expected), mic);
	secret_wipe(expected, sizeof(expected));
	REQUIRE(right, RESULT_ALTERED);
	seal->receive.sequence = 1;
	return RESULT_OK;
}
