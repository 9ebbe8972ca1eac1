/* SPDX-License-Identifier: Apache-2.0
 *
 * NTLM messages that are too short, too long, or point outside of themselves.
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
#include "ntlm_pair.h"
#include "vector.h"

#define COUNT(array) ((unsigned)(sizeof(array) / sizeof((array)[0])))

static void cut(struct attack_run* run, struct blob* message)
{
	assert_true(run->variant + 1 < message->len);
	message->len = run->variant + 1;
}

/* FreeRDP copied what was sent into memory for what its fields describe. */
static void append(struct attack_run* run, struct blob* message)
{
	struct writer writer = writer_make(2048);

	writer_bytes(&writer, blob_bytes(message));
	writer_zeros(&writer, (size_t)1 << run->variant);
	attack_take(&writer, message);
}

static void fill_65_bytes(struct attack_run* run, struct blob* message)
{
	uint8_t made[65] = "NTLMSSP\0\3\0\0";

	memset(made + 12, (int)run->variant, sizeof(made) - 12);
	attack_set(message, BYTES_OF(made));
}

/* --- fields: length, maximal length, offset (MS-NLMP 2.2.1) ----------------------------------- */

static const struct
{
	uint16_t len;
	uint32_t offset;
} beyond[] = { { 16, 0xFFFFFFFF },     { 16, 0xFFFFFFF0 }, { 2, 0xFFFFFFFE }, { 4, 0xFFFFFFFC },
	           { 0xFFFF, 0x80000000 }, { 0xFFFF, 64 },     { 2, 0x7FFFFFFF } };

static void point_beyond(struct attack_run* run, struct blob* message, const size_t* fields)
{
	uint8_t* const field = message->data + fields[run->variant / COUNT(beyond)];
	const unsigned kind = run->variant % COUNT(beyond);

	little_endian_put(field, 2, beyond[kind].len);
	little_endian_put(field + 4, 4, beyond[kind].offset);
}

static const size_t negotiate_fields[] = { 16, 24 };
static const size_t challenge_fields[] = { 12, 40 };
static const size_t authenticate_fields[] = { 12, 20, 28, 36, 44, 52 };

static void negotiate_beyond(struct attack_run* run, struct blob* message)
{
	message->data[13] |= 0x30; /* OEM_DOMAIN_SUPPLIED, OEM_WORKSTATION_SUPPLIED: look at them */
	point_beyond(run, message, negotiate_fields);
}

static void challenge_beyond(struct attack_run* run, struct blob* message)
{
	point_beyond(run, message, challenge_fields);
}

static void authenticate_beyond(struct attack_run* run, struct blob* message)
{
	point_beyond(run, message, authenticate_fields);
}

/* One byte of a length or an offset of CHALLENGE. */
static void challenge_slice(struct attack_run* run, struct blob* message)
{
	static const size_t bytes[] = { 12, 13, 16, 17, 18, 19, 40, 41, 44, 45, 46, 47 };

	assert_true(run->variant < COUNT(bytes));
	message->data[bytes[run->variant]] = 0xFE;
}

/* Lengths of domain, user and workstation. */
static void odd_name(struct attack_run* run, struct blob* message)
{
	static const size_t names[] = { 28, 36, 44 };
	uint8_t* const len = message->data + names[run->variant];

	*len = *len ? *len - 1 : 1;
}

/* What is no name of anybody: half a unit, a NUL, half a surrogate pair. */
static void spoil_user_name(struct attack_run* run, struct blob* message)
{
	uint8_t* const field = message->data + 36;
	uint8_t* const name = message->data + little_endian_get(field + 4, 4);

	if (run->variant == 0)
		field[0]--;
	else
		little_endian_put(name, 2, run->variant == 1 ? 0 : 0xD83D);
}

/* --- AV pairs (MS-NLMP 2.2.2.1) ----------------------------------------------------------------
 */

static void set_target_info(struct blob* message, struct bytes list)
{
	struct ntlm_challenge challenge;
	struct blob made = BLOB_EMPTY;

	assert_int_equal(ntlm_challenge_parse(blob_bytes(message), &challenge, NULL), RESULT_OK);
	challenge.target_info = list;
	assert_int_equal(ntlm_challenge_write(&challenge, &made), RESULT_OK);
	blob_free(message);
	*message = made;
}

/* In CHALLENGE as it is; in AUTHENTICATE under a right proof, and with zeros behind it. */
static void put_list(struct attack_run* run, struct blob* message)
{
	struct blob list = test_hex(run->attack->hex[run->variant]);
	const struct bytes pairs = blob_bytes(&list);

	if (run->attack->leg == 2)
		set_target_info(message, pairs);
	else
	{
		const struct pair pair = { .negotiate = run->negotiate, .challenge = run->challenge };
		struct forge forge = forge_defaults();
		forge.user = run->user;
		forge.domain = "";
		forge.password = run->password;
		forge.pairs = &pairs;
		blob_free(message);
		*message = forge_authenticate(&pair, &forge);
	}
	blob_free(&list);
}

static const char* const without_end[] = { "0100ffff4100", "010007004100", "0100020041", "010002" };
static const char* const short_pairs[] = { "0600030002000000000000", "060000000000000000",
	                                       "070007000102030405060700000000",
	                                       "07000400010203040000000000" };
static const char* const header_beyond[] = { "01", "0100", "010002", "0a" };
static const char* const malformed[] = { "0200", "02000200", "020004004400",
	                                     "0700070001020304050607",
	                                     "02000200440002000200440000000000" };
static const char* const fixed_sizes[] = { "06000300020000"
	                                       "00000000",
	                                       "060005000200000000"
	                                       "00000000",
	                                       "0a000f00000000000000000000000000000000"
	                                       "00000000",
	                                       "0a00000000000000",
	                                       "07000900000000000000000000"
	                                       "00000000" };

struct attack attacks_on_messages[] = {
	{ "test_CVE_2020_11087_short_AUTHENTICATE", 3, 87, SEC_E_INVALID_TOKEN, .message = cut },
	{ "test_CVE_2020_11088_short_NEGOTIATE", 1, 15, SEC_E_INVALID_TOKEN, .message = cut },
	{ "test_CVE_2020_13396_short_CHALLENGE", 2, 55, SEC_E_INVALID_TOKEN, .message = cut },
	{ "test_FreeRDP_12603_malformed_65_byte_AUTHENTICATE", 3, 256, SEC_E_OK,
	  .message = fill_65_bytes },
	{ "test_FreeRDP_7182e0e36_NEGOTIATE_longer_than_its_fields", 1, 10, SEC_E_MESSAGE_ALTERED,
	  .message = append, .refused = 3 },
	{ "test_CVE_2023_25563_offsets_of_NEGOTIATE", 1, COUNT(negotiate_fields) * COUNT(beyond),
	  SEC_E_INVALID_TOKEN, .message = negotiate_beyond },
	{ "test_CVE_2023_25563_offsets_of_CHALLENGE", 2, COUNT(challenge_fields) * COUNT(beyond),
	  SEC_E_INVALID_TOKEN, .message = challenge_beyond },
	{ "test_CVE_2023_25563_offsets_of_AUTHENTICATE", 3, COUNT(authenticate_fields) * COUNT(beyond),
	  SEC_E_INVALID_TOKEN, .message = authenticate_beyond },
	{ "test_CVE_2026_32952_CHALLENGE_slice_out_of_bounds", 2, 12, SEC_E_INVALID_TOKEN,
	  .message = challenge_slice },
	{ "test_CVE_2023_25564_names_of_odd_length", 3, 3, SEC_E_INVALID_TOKEN, .message = odd_name },
	{ "test_CVE_2023_25566_names_that_are_none", 3, 3, SEC_E_OK, .message = spoil_user_name },
	{ "test_CVE_2020_11097_list_without_end_in_AUTHENTICATE", 3, COUNT(without_end),
	  SEC_E_INVALID_TOKEN, .message = put_list, .hex = without_end },
	{ "test_CVE_2020_11097_list_without_end_in_CHALLENGE", 2, COUNT(without_end),
	  SEC_E_INVALID_TOKEN, .message = put_list, .hex = without_end },
	{ "test_FreeRDP_92db5dd23_short_pairs_in_AUTHENTICATE", 3, COUNT(short_pairs),
	  SEC_E_INVALID_TOKEN, .message = put_list, .hex = short_pairs },
	{ "test_FreeRDP_92db5dd23_short_pairs_in_CHALLENGE", 2, COUNT(short_pairs), SEC_E_INVALID_TOKEN,
	  .message = put_list, .hex = short_pairs },
	{ "test_FreeRDP_b7cdde740_header_past_the_end_in_AUTHENTICATE", 3, COUNT(header_beyond),
	  SEC_E_INVALID_TOKEN, .message = put_list, .hex = header_beyond },
	{ "test_FreeRDP_b7cdde740_header_past_the_end_in_CHALLENGE", 2, COUNT(header_beyond),
	  SEC_E_INVALID_TOKEN, .message = put_list, .hex = header_beyond },
	{ "test_CVE_2023_25565_malformed_target_info", 2, COUNT(malformed), SEC_E_INVALID_TOKEN,
	  .message = put_list, .hex = malformed },
	{ "test_CVE_2023_25567_fixed_size_pairs_of_another_size", 2, COUNT(fixed_sizes),
	  SEC_E_INVALID_TOKEN, .message = put_list, .hex = fixed_sizes },
	{ .name = NULL },
};
