/* SPDX-License-Identifier: Apache-2.0
 *
 * AUTHENTICATE as no honest client would send it. See ntlm_pair.h.
 *
 * The message is put together by hand here, not by module/ntlm's writers, whose layout is fixed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "ntlm/authenticate.h"
#include "ntlm/avpair.h"
#include "ntlm/challenge.h"
#include "ntlm/flags.h"
#include "ntlm/keys.h"
#include "ntlm/negotiate.h"
#include "ntlm_pair.h"
#include "vector.h"

struct forge forge_defaults(void)
{
	return (struct forge){ .user = "User",
		                   .domain = "Domain",
		                   .password = "Password",
		                   .announce_mic = true,
		                   .mic = FORGE_MIC_RIGHT,
		                   .version = true,
		                   .exported = { { 0xE5, 0x5E, 0x55, 0x10 } } };
}

static struct blob forge_pairs(const struct forge* forge, struct bytes received)
{
	struct writer writer = writer_make(4096);
	struct reader reader = reader_make(received);
	struct blob pairs = BLOB_EMPTY;
	uint16_t id = 0;
	struct bytes value = BYTES_EMPTY;

	while (ntlm_av_next(&reader, &id, &value) == RESULT_OK && id != NTLM_AV_EOL)
	{
		if (id != NTLM_AV_TIMESTAMP || !forge->drop_time)
			ntlm_av_write(&writer, id, value);
	}
	if (forge->announce_mic)
		ntlm_av_write_flags(&writer, NTLM_AV_FLAG_MIC);
	writer_bytes(&writer, forge->extra_pairs);
	ntlm_av_write_end(&writer);
	assert_int_equal(writer_take(&writer, &pairs), RESULT_OK);
	return pairs;
}

static struct blob forge_temp(const struct forge* forge, struct bytes pairs)
{
	struct writer writer = writer_make(4096);
	struct blob temp = BLOB_EMPTY;

	writer_u16le(&writer, 0x0101);
	writer_zeros(&writer, 6);
	writer_u64le(&writer, forge->time);
	writer_u64le(&writer, 0x1122334455667788);
	writer_zeros(&writer, 4);
	writer_bytes(&writer, pairs);
	writer_zeros(&writer, 4 + forge->padding);
	assert_int_equal(writer_take(&writer, &temp), RESULT_OK);
	return temp;
}

static void field(struct writer* writer, struct bytes value, size_t* at)
{
	writer_u16le(writer, (uint16_t)value.len);
	writer_u16le(writer, (uint16_t)value.len);
	writer_u32le(writer, (uint32_t)*at);
	*at += value.len;
}

static struct blob forge_message(const struct forge* forge, uint32_t flags,
                                 const struct bytes fields[6], size_t* mic_offset)
{
	struct writer writer = writer_make(8192);
	struct blob message = BLOB_EMPTY;
	size_t at = 64U + (forge->version ? 8U : 0U);

	*mic_offset = forge->mic == FORGE_MIC_ABSENT ? 0 : at;
	at += forge->mic == FORGE_MIC_ABSENT ? 0U : 16U;
	writer_bytes(&writer, BYTES_LITERAL("NTLMSSP\0"));
	writer_u32le(&writer, 3);
	for (int i = 0; i < 6; i++)
		field(&writer, fields[i], &at);
	writer_u32le(&writer, flags);
	if (forge->version)
		writer_u64le(&writer, 0x0F0000001DB10106);
	if (*mic_offset)
		writer_zeros(&writer, 16);
	for (int i = 0; i < 6; i++)
		writer_bytes(&writer, fields[i]);
	assert_int_equal(writer_take(&writer, &message), RESULT_OK);
	return message;
}

static void forge_mic(const struct pair* pair, const struct forge* forge, struct blob* message,
                      size_t mic_offset)
{
	struct blob input = BLOB_EMPTY;
	uint8_t mic[16];

	if (!mic_offset)
		return;
	assert_int_equal(ntlm_mic_input_write(blob_bytes(&pair->negotiate),
	                                      blob_bytes(&pair->challenge), blob_bytes(message),
	                                      mic_offset, &input),
	                 RESULT_OK);
	assert_int_equal(ntlm_mic(&forge->exported, &(struct bytes){ input.data, input.len }, 1, mic),
	                 RESULT_OK);
	if (forge->mic == FORGE_MIC_WRONG)
		mic[15] ^= 1;
	bytes_copy(message->data + mic_offset, BYTES_OF(mic));
	blob_free(&input);
}

struct forged_response
{
	struct blob nt; /* NTProofStr and temp */
	struct key base;
};

static struct forged_response forge_response(const struct forge* forge, struct bytes user,
                                             struct bytes domain,
                                             const struct ntlm_challenge* challenge)
{
	struct forged_response made = { BLOB_EMPTY, { { 0 } } };
	struct blob password = test_utf16(forge->password);
	struct blob own = forge_pairs(forge, challenge->target_info);
	struct blob temp = forge_temp(forge, forge->pairs ? *forge->pairs : blob_bytes(&own));
	struct writer writer = writer_make(8192);
	uint8_t proof[16];
	struct key hash;
	struct key ntowfv2;

	ntlm_ntowfv1(blob_bytes(&password), &hash);
	assert_int_equal(ntlm_ntowfv2(&hash, user, domain, &ntowfv2), RESULT_OK);
	assert_int_equal(ntlm_proof(&ntowfv2, challenge->server_challenge, blob_bytes(&temp), proof),
	                 RESULT_OK);
	assert_int_equal(ntlm_session_base_key(&ntowfv2, BYTES_OF(proof), &made.base), RESULT_OK);
	writer_bytes(&writer, BYTES_OF(proof));
	writer_bytes(&writer, blob_bytes(&temp));
	assert_int_equal(writer_take(&writer, &made.nt), RESULT_OK);
	blob_free(&password);
	blob_free(&own);
	blob_free(&temp);
	return made;
}

struct blob forge_authenticate(const struct pair* pair, struct forge* forge)
{
	static const uint8_t zeros[24] = { 0 };
	uint8_t encrypted[KEY_SIZE];
	struct ntlm_negotiate negotiate;
	struct ntlm_challenge challenge;
	struct blob user = test_utf16(forge->user);
	struct blob domain = test_utf16(forge->domain);
	size_t mic_offset = 0;

	assert_int_equal(ntlm_negotiate_parse(blob_bytes(&pair->negotiate), &negotiate, NULL),
	                 RESULT_OK);
	assert_int_equal(ntlm_challenge_parse(blob_bytes(&pair->challenge), &challenge, NULL),
	                 RESULT_OK);
	struct forged_response response =
	    forge_response(forge, blob_bytes(&user), blob_bytes(&domain), &challenge);
	const uint32_t flags =
	    (negotiate.flags & challenge.flags & ~forge->clear_flags) | forge->set_flags;
	const bool has_key = forge->extra_key || ((flags & NTLM_NEGOTIATE_KEY_EXCH) && !forge->no_key);
	if (has_key)
		ntlm_key_exchange(&response.base, key_bytes(&forge->exported), encrypted);
	else
		forge->exported = response.base;
	const struct bytes fields[6] = { forge->lm ? *forge->lm : BYTES_OF(zeros),
		                             forge->nt ? *forge->nt : blob_bytes(&response.nt),
		                             blob_bytes(&domain),
		                             blob_bytes(&user),
		                             BYTES_EMPTY,
		                             has_key ? BYTES_OF(encrypted) : BYTES_EMPTY };
	struct blob message = forge_message(forge, flags, fields, &mic_offset);
	forge_mic(pair, forge, &message, mic_offset);
	blob_free(&user);
	blob_free(&domain);
	blob_free(&response.nt);
	return message;
}

enum result forge_run(struct pair* pair, struct forge* forge)
{
	assert_int_equal(pair_make_negotiate(pair), RESULT_OK);
	assert_int_equal(pair_make_challenge(pair, blob_bytes(&pair->negotiate)), RESULT_OK);
	struct blob message = forge_authenticate(pair, forge);
	const enum result result = pair_take_authenticate(pair, blob_bytes(&message));
	blob_free(&message);
	return result;
}

enum result forge_say(struct forge* forge)
{
	const struct pair_config config = pair_defaults();
	struct pair pair;

	pair_open(&pair, &config);
	const enum result result = forge_run(&pair, forge);
	pair_close(&pair);
	return result;
}
