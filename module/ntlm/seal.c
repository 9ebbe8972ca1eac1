/* SPDX-License-Identifier: Apache-2.0
 *
 * Signing and sealing (MS-NLMP 3.4).
 *
 * Everything that can fail happens before anything is changed: the signature is computed over the
 * plaintext first, and an incoming message is decrypted into a copy, with a copy of the RC4 state.
 */
#include "ntlm/seal.h"

#include "ntlm/flags.h"
#include "ntlm/keys.h"

static enum result direction_init(struct ntlm_direction* direction, const struct key* exported,
                                  bool from_initiator)
{
	struct key sealing;

	TRY(ntlm_sign_key(exported, from_initiator, &direction->signing));
	TRY(ntlm_seal_key(exported, from_initiator, &sealing));
	rc4_init(&direction->sealing, key_bytes(&sealing));
	direction->sequence = 0;
	key_wipe(&sealing);
	return RESULT_OK;
}

static void direction_wipe(struct ntlm_direction* direction)
{
	key_wipe(&direction->signing);
	rc4_wipe(&direction->sealing);
}

enum result ntlm_seal_init(struct ntlm_seal* seal, const struct key* exported, uint32_t flags,
                           enum mech_role role)
{
	struct ntlm_seal made = { .flags = flags };

	enum result result = direction_init(&made.send, exported, role == MECH_INITIATOR);
	if (result != RESULT_OK)
		goto out;
	if ((result = direction_init(&made.receive, exported, role != MECH_INITIATOR)) != RESULT_OK)
		goto out;
	*seal = made;
out:
	ntlm_seal_wipe(&made);
	return result;
}

void ntlm_seal_wipe(struct ntlm_seal* seal)
{
	direction_wipe(&seal->send);
	direction_wipe(&seal->receive);
}

/* --- the signature (MS-NLMP 3.4.4.2): Version, Checksum, SeqNum ------------------------------ */

#define CHECKSUM_SIZE 8

/* The half that can fail: the checksum in clear, over the message in clear. */
static enum result checksum_make(const struct ntlm_seal* seal,
                                 const struct ntlm_direction* direction,
                                 const struct bytes* message, size_t count, uint8_t* checksum)
{
	struct bytes parts[NTLM_MAX_PARTS + 1];
	uint8_t number[4];
	uint8_t digest[CRYPTO_DIGEST_SIZE];

	REQUIRE(seal->flags & NTLM_NEGOTIATE_SIGN, RESULT_UNSUPPORTED);
	little_endian_put(number, sizeof(number), direction->sequence);
	parts[0] = BYTES_OF(number);
	for (size_t i = 0; i < count; i++)
		parts[i + 1] = message[i];
	TRY(crypto_hmac_md5(key_bytes(&direction->signing), parts, count + 1, digest));
	bytes_copy(checksum, bytes_make(digest, CHECKSUM_SIZE));
	return RESULT_OK;
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

enum result ntlm_seal_wrap(struct ntlm_seal* seal, bool encrypt, struct mech_part* parts,
                           size_t count, uint8_t* trailer, size_t* trailer_len)
{
	struct ntlm_direction* const direction = &seal->send;
	struct bytes message[NTLM_MAX_PARTS] = { BYTES_EMPTY };
	uint8_t checksum[CHECKSUM_SIZE];

	REQUIRE(count <= NTLM_MAX_PARTS, RESULT_INVALID_ARGUMENT);
	REQUIRE(*trailer_len >= NTLM_SIGNATURE_SIZE, RESULT_BUFFER_TOO_SMALL);
	for (size_t i = 0; i < count; i++)
		message[i] = bytes_make(parts[i].data, parts[i].len);
	TRY(checksum_make(seal, direction, message, count, checksum));

	for (size_t i = 0; i < count; i++)
	{
		if (part_is_sealed(seal, encrypt, &parts[i]))
			rc4_apply(&direction->sealing, parts[i].data, parts[i].data, parts[i].len);
	}
	signature_write(seal, direction->sequence, &direction->sealing, checksum, trailer);
	*trailer_len = NTLM_SIGNATURE_SIZE;
	direction->sequence++;
	return RESULT_OK;
}

/* Room for what has to be decrypted. */
static enum result copy_alloc(const struct ntlm_seal* seal, bool encrypted,
                              const struct mech_part* parts, size_t count, struct secret* copy)
{
	size_t total = 0;

	for (size_t i = 0; i < count; i++)
	{
		if (!part_is_sealed(seal, encrypted, &parts[i]))
			continue;
		REQUIRE(parts[i].len <= SIZE_MAX - total, RESULT_INVALID_ARGUMENT);
		total += parts[i].len;
	}
	return secret_alloc(copy, total);
}

enum result ntlm_seal_unwrap(struct ntlm_seal* seal, bool encrypted, struct mech_part* parts,
                             size_t count, struct bytes trailer)
{
	struct ntlm_direction* const direction = &seal->receive;
	struct bytes message[NTLM_MAX_PARTS] = { BYTES_EMPTY };
	uint8_t checksum[CHECKSUM_SIZE];
	uint8_t expected[NTLM_SIGNATURE_SIZE];
	struct rc4 rc4 = direction->sealing;
	struct secret copy = SECRET_EMPTY;
	size_t used = 0;

	enum result result = RESULT_INVALID_ARGUMENT;
	if (count > NTLM_MAX_PARTS)
		goto out;
	result = RESULT_MALFORMED;
	if (trailer.len != NTLM_SIGNATURE_SIZE)
		goto out;
	if ((result = copy_alloc(seal, encrypted, parts, count, &copy)) != RESULT_OK)
		goto out;
	for (size_t i = 0; i < count; i++)
	{
		message[i] = bytes_make(parts[i].data, parts[i].len);
		if (!part_is_sealed(seal, encrypted, &parts[i]))
			continue;
		rc4_apply(&rc4, parts[i].data, copy.data + used, parts[i].len);
		message[i] = bytes_make(copy.data + used, parts[i].len);
		used += parts[i].len;
	}
	if ((result = checksum_make(seal, direction, message, count, checksum)) != RESULT_OK)
		goto out;
	signature_write(seal, direction->sequence, &rc4, checksum, expected);
	result = secret_equal(BYTES_OF(expected), trailer) ? RESULT_OK : RESULT_ALTERED;
	if (result != RESULT_OK)
		goto out;

	for (size_t i = 0; i < count; i++)
	{
		if (part_is_sealed(seal, encrypted, &parts[i]))
			bytes_copy(parts[i].data, message[i]);
	}
	direction->sealing = rc4;
	direction->sequence++;
out:
	secret_free(&copy);
	secret_wipe(expected, sizeof(expected));
	secret_wipe(checksum, sizeof(checksum));
	rc4_wipe(&rc4);
	return result;
}

/* --- the mechListMIC ------------------------------------------------------------------------- */

static enum result mic_compute(const struct ntlm_seal* seal, const struct ntlm_direction* direction,
                               struct bytes message, uint8_t* signature)
{
	uint8_t checksum[CHECKSUM_SIZE];
	struct rc4 rc4 = direction->sealing; /* a copy, so that the stream itself stays put */

	enum result result = RESULT_OUT_OF_SEQUENCE;
	if (direction->sequence != 0)
		goto out;
	if ((result = checksum_make(seal, direction, &message, 1, checksum)) != RESULT_OK)
		goto out;
	signature_write(seal, 0, &rc4, checksum, signature);
out:
	rc4_wipe(&rc4);
	return result;
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
