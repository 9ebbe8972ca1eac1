/* SPDX-License-Identifier: Apache-2.0
 *
 * AUTHENTICATE made by who knows the password or does not, with what would weaken the exchange; and
 * what somebody in the middle takes out of a client's own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "attack.h"
#include "ntlm/avpair.h"
#include "ntlm/challenge.h"
#include "ntlm/flags.h"
#include "ntlm_pair.h"
#include "vector.h"

#define COUNT(array) ((unsigned)(sizeof(array) / sizeof((array)[0])))

/* An honest one but for what follows. */
static struct forge forge_of(const struct attack_run* run)
{
	struct forge forge = forge_defaults();

	forge.user = run->user;
	forge.domain = "";
	forge.password = run->password;
	return forge;
}

static void put_forged(const struct attack_run* run, struct forge* forge, struct blob* message)
{
	const struct pair pair = { .negotiate = run->negotiate, .challenge = run->challenge };

	blob_free(message);
	*message = forge_authenticate(&pair, forge);
}

static void forge_honestly(struct attack_run* run, struct blob* message)
{
	struct forge forge = forge_of(run);

	put_forged(run, &forge, message);
}

/* FreeRDP took a known user's word where there was no MIC. */
static void forge_without_password(struct attack_run* run, struct blob* message)
{
	struct forge forge = forge_of(run);

	forge.announce_mic = false;
	forge.mic = FORGE_MIC_ABSENT;
	forge.password = run->variant ? "" : "wrong";
	put_forged(run, &forge, message);
}

static void forge_blank_password(struct attack_run* run, struct blob* message)
{
	struct forge forge = forge_of(run);

	forge.password = "";
	if (run->variant)
		forge.user = "nobody";
	put_forged(run, &forge, message);
}

/* As long as NTLMv1's it is one, which policy forbids. */
static void forge_short_response(struct attack_run* run, struct blob* message)
{
	static const uint8_t response[47] = { [16] = 1, [17] = 1 };
	const struct bytes nt = bytes_make(response, run->variant + 1);
	struct forge forge = forge_of(run);

	if (nt.len == 24)
		run->status = SEC_E_UNSUPPORTED_FUNCTION;
	forge.nt = &nt;
	put_forged(run, &forge, message);
}

static void forge_missing_mic(struct attack_run* run, struct blob* message)
{
	struct forge forge = forge_of(run);

	forge.mic = FORGE_MIC_ABSENT;
	forge.version = run->variant;
	put_forged(run, &forge, message);
}

/* With a MIC that is right and without one. */
static void forge_dropped_flags(struct attack_run* run, struct blob* message)
{
	static const uint32_t flags[] = { NTLM_NEGOTIATE_SIGN,
		                              NTLM_NEGOTIATE_SEAL,
		                              NTLM_NEGOTIATE_KEY_EXCH,
		                              NTLM_NEGOTIATE_128,
		                              NTLM_NEGOTIATE_EXTENDED_SESSIONSECURITY,
		                              NTLM_NEGOTIATE_UNICODE };
	struct forge forge = forge_of(run);

	forge.clear_flags = flags[run->variant / 2];
	forge.announce_mic = run->variant % 2;
	forge.mic = forge.announce_mic ? FORGE_MIC_RIGHT : FORGE_MIC_ABSENT;
	put_forged(run, &forge, message);
}

static void forge_long_lm_response(struct attack_run* run, struct blob* message)
{
	static const uint8_t response[4096] = { 0 };
	static const size_t sizes[] = { 25, 64, 255, 4096 };
	const struct bytes lm = bytes_make(response, sizes[run->variant]);
	struct forge forge = forge_of(run);

	forge.lm = &lm;
	put_forged(run, &forge, message);
}

static void forge_lm_response_alone(struct attack_run* run, struct blob* message)
{
	static const uint8_t response[24] = { 1 };
	const struct bytes lm = BYTES_OF(response);
	const struct bytes nothing = BYTES_EMPTY;
	struct forge forge = forge_of(run);

	forge.lm = &lm;
	forge.nt = &nothing;
	put_forged(run, &forge, message);
}

static void forge_second_flags(struct attack_run* run, struct blob* message)
{
	static const uint8_t flags[] = { 6, 0, 4, 0, 0, 0, 0, 0 };
	struct forge forge = forge_of(run);

	forge.extra_pairs = BYTES_OF(flags);
	put_forged(run, &forge, message);
}

/* "I am a process of your own machine": no responses, or those of nobody. */
static void forge_local_call(struct attack_run* run, struct blob* message)
{
	const struct bytes nothing = BYTES_EMPTY;
	struct forge forge = forge_of(run);

	forge.set_flags = NTLM_NEGOTIATE_LOCAL_CALL;
	forge.announce_mic = false;
	forge.mic = FORGE_MIC_ABSENT;
	forge.lm = &nothing;
	forge.nt = &nothing;
	if (run->variant)
		forge.user = "";
	put_forged(run, &forge, message);
}

/* The answer to another exchange's server challenge. */
static void replay(struct attack_run* run, struct blob* message)
{
	struct forge forge = forge_of(run);

	run->challenge.data[24 + run->variant] ^= 0x80;
	put_forged(run, &forge, message);
}

/* --- a client's own messages -------------------------------------------------------------------
 */

/* Every pointer behind Version and MIC moves by what is taken out in front of it. */
static void take_out_version_and_mic(struct blob* message)
{
	for (size_t field = 12; field <= 52; field += 8)
	{
		uint8_t* const offset = message->data + field + 4;
		little_endian_put(offset, 4, little_endian_get(offset, 4) - 24);
	}
	for (size_t i = 64; i + 24 < message->len; i++)
		message->data[i] = message->data[i + 24];
	message->len -= 24;
}

static void clear_announcement(struct blob* message)
{
	const size_t at = test_find(blob_bytes(message), BYTES_LITERAL("\6\0\4\0\2\0\0\0"));

	assert_true(at != SIZE_MAX);
	message->data[at + 4] = 0;
}

/* The MIC is made void; its announcement, Version, or both go with it. */
static void strip_mic(struct attack_run* run, struct blob* message)
{
	memset(message->data + 72, 0, 16);
	if (run->variant & 1)
	{
		run->status = SEC_E_LOGON_DENIED; /* NTProofStr covers it */
		clear_announcement(message);
	}
	if (run->variant & 2)
	{
		message->data[63] &= (uint8_t) ~(NTLM_NEGOTIATE_VERSION >> 24);
		take_out_version_and_mic(message);
		if (!(run->variant & 1))
			run->status = SEC_E_INVALID_TOKEN; /* what is announced has no room */
	}
}

/* Without a timestamp a client sends no MIC (MS-NLMP 3.1.5.1.2). */
static void rename_timestamp(struct attack_run* run, struct blob* message)
{
	const size_t at = test_find(blob_bytes(message), BYTES_LITERAL("\7\0\10\0"));

	(void)run;
	assert_true(at != SIZE_MAX);
	message->data[at] = 0x77;
}

/* A client that copied these would have told of no MIC under its own proof. */
static void inject_flags(struct attack_run* run, struct blob* message)
{
	struct ntlm_challenge challenge;
	struct writer writer = writer_make(4096);
	struct blob pairs = BLOB_EMPTY;
	struct blob made = BLOB_EMPTY;

	assert_int_equal(ntlm_challenge_parse(blob_bytes(message), &challenge, NULL), RESULT_OK);
	ntlm_av_write_flags(&writer, run->variant);
	writer_bytes(&writer, challenge.target_info);
	attack_take(&writer, &pairs);
	challenge.target_info = blob_bytes(&pairs);
	assert_int_equal(ntlm_challenge_write(&challenge, &made), RESULT_OK);
	blob_free(&pairs);
	blob_free(message);
	*message = made;
}

static void claim_local_call(struct attack_run* run, struct blob* message)
{
	(void)run;
	message->data[21] |= (uint8_t)(NTLM_NEGOTIATE_LOCAL_CALL >> 8);
}

const struct attack attack_that_is_none = { "test_honest_forger_is_let_in", 3, 1, SEC_E_OK,
	                                        .message = forge_honestly };

struct attack attacks_on_proofs[] = {
	{ "test_FreeRDP_6082_known_user_without_MIC", 3, 2, SEC_E_LOGON_DENIED,
	  .message = forge_without_password },
	{ "test_rubyntlm_0_6_6_blank_password", 3, 2, SEC_E_LOGON_DENIED,
	  .message = forge_blank_password },
	{ "test_CVE_2020_11086_short_client_challenge", 3, 47, SEC_E_INVALID_TOKEN,
	  .message = forge_short_response },
	{ "test_FreeRDP_92db5dd23_MIC_past_the_end", 3, 2, SEC_E_INVALID_TOKEN,
	  .message = forge_missing_mic },
	{ "test_CVE_2016_2110_flags_dropped", 3, 12, SEC_E_MESSAGE_ALTERED,
	  .message = forge_dropped_flags },
	{ "test_CVE_2022_2127_oversized_LM_response", 3, 4, SEC_E_INVALID_TOKEN,
	  .message = forge_long_lm_response },
	{ "test_CVE_2019_1338_LMv2_only", 3, 1, SEC_E_UNSUPPORTED_FUNCTION,
	  .message = forge_lm_response_alone },
	{ "test_CVE_2019_1040_MIC_stripped", 3, 4, SEC_E_MESSAGE_ALTERED, .message = strip_mic },
	{ "test_CVE_2019_1040_timestamp_taken_out_of_CHALLENGE", 2, 1, SEC_E_MESSAGE_ALTERED,
	  .message = rename_timestamp, .refused = 3 },
	{ "test_CVE_2019_1166_AvFlags_twice", 3, 1, SEC_E_INVALID_TOKEN,
	  .message = forge_second_flags },
	{ "test_CVE_2019_1166_AvFlags_injected_into_CHALLENGE", 2, 2, SEC_E_MESSAGE_ALTERED,
	  .message = inject_flags, .refused = 3 },
	{ "test_CVE_2025_54918_local_call_claimed_by_the_client", 3, 2, SEC_E_LOGON_DENIED,
	  .message = forge_local_call },
	{ "test_CVE_2025_54918_local_call_claimed_by_the_server", 2, 1, SEC_E_MESSAGE_ALTERED,
	  .message = claim_local_call, .refused = 3 },
	{ "test_AUTHENTICATE_replayed_from_another_exchange", 3, 8, SEC_E_LOGON_DENIED,
	  .message = replay },
	{ .name = NULL },
};
