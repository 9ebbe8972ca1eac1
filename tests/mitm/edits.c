/* SPDX-License-Identifier: Apache-2.0
 *
 * Offsets are those of MS-NLMP 2.2.1 and 2.2.2, written down once more: the module's own readers
 * are what is being tried.
 */
#include "edits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#define SIGNATURE BYTES_LITERAL("NTLMSSP\0")

/* --- places in a message ----------------------------------------------------------------------
 */

struct text
{
	uint8_t* data;
	size_t len;
};

static uint32_t number_at(struct text message, size_t offset, size_t size)
{
	uint32_t value = 0;
	for (size_t i = 0; i < size && offset + i < message.len; i++)
		value |= (uint32_t)message.data[offset + i] << (8 * i);
	return value;
}

static void put(struct text message, size_t offset, size_t size, uint32_t value)
{
	for (size_t i = 0; i < size && offset + i < message.len; i++)
		message.data[offset + i] = (uint8_t)(value >> (8 * i));
}

static void flip(struct text message, size_t offset)
{
	if (offset < message.len)
		message.data[offset] ^= 1;
}

/* Where the field whose header is at `header` has its bytes; past the end when there are none. */
static size_t field_at(struct text message, size_t header)
{
	return number_at(message, header, 2) > 0 ? number_at(message, header + 4, 4) : message.len;
}

/* The header of an AV pair of the list that begins at `at`; past the end when it is not there. */
static size_t pair_at(struct text message, size_t at, unsigned id)
{
	for (unsigned i = 0; i < 16 && at + 4 <= message.len; i++)
	{
		const uint32_t found = number_at(message, at, 2);
		if (found == id)
			return at;
		if (found == 0)
			break;
		at += 4 + number_at(message, at + 2, 2);
	}
	return message.len;
}

/* --- what is changed --------------------------------------------------------------------------
 */

enum how
{
	CLEAR_FLAGS,
	SET_FLAGS,
	FLIP_AT,       /* a byte of the message */
	FLIP_FIELD,    /* a byte of the field with this header, `value` into it */
	FLIP_PAIR,     /* a byte of AV pair `value` */
	ZERO_16,       /* sixteen bytes of the message */
	RENAME_PAIR,   /* AV pair `value` is of a kind that nobody knows */
	END_PAIRS,     /* the list ends where pair `value` stands */
	CLEAR_AV_FLAG, /* the MIC is not announced */
	TAKE_MIC_OUT,  /* the payload begins where the MIC stood */
	CUT,           /* the last `value` bytes are gone */
	EMPTY_FIELD
};

struct edit
{
	const char* name;
	unsigned message; /* MessageType; 0: of any other mechanism */
	enum how how;
	unsigned at;
	uint32_t value;
};

#define FLAGS_OF(type) ((type) == 1 ? 12u : (type) == 2 ? 20u : 60u)
#define EACH_FLAG(type)                                                                            \
	{ "UNICODE cleared", type, CLEAR_FLAGS, 0, 0x1 },                                              \
	    { "SIGN cleared", type, CLEAR_FLAGS, 0, 0x10 },                                            \
	    { "SEAL cleared", type, CLEAR_FLAGS, 0, 0x20 },                                            \
	    { "KEY_EXCH cleared", type, CLEAR_FLAGS, 0, 0x40000000 },                                  \
	    { "SIGN, SEAL and KEY_EXCH cleared", type, CLEAR_FLAGS, 0, 0x40000030 },                   \
	    { "ALWAYS_SIGN cleared", type, CLEAR_FLAGS, 0, 0x8000 },                                   \
	    { "extended session security cleared", type, CLEAR_FLAGS, 0, 0x80000 },                    \
	    { "128 cleared", type, CLEAR_FLAGS, 0, 0x20000000 },                                       \
	    { "128 and 56 cleared", type, CLEAR_FLAGS, 0, 0xA0000000 },                                \
	    { "LM_KEY set", type, SET_FLAGS, 0, 0x80 },                                                \
	    { "ANONYMOUS set", type, SET_FLAGS, 0, 0x800 },                                            \
	    { "LOCAL_CALL set", type, SET_FLAGS, 0, 0x4000 },                                          \
	    { "VERSION cleared", type, CLEAR_FLAGS, 0, 0x02000000 },                                   \
	{                                                                                              \
		"cut", type, CUT, 0, 1                                                                     \
	}

static const struct edit edits[] = {
	EACH_FLAG(1),
	EACH_FLAG(2),
	{ "ServerChallenge changed", 2, FLIP_AT, 24, 0 },
	{ "TargetName changed", 2, FLIP_FIELD, 12, 0 },
	{ "timestamp taken out", 2, RENAME_PAIR, 40, 7 },
	{ "timestamp changed", 2, FLIP_PAIR, 40, 7 },
	{ "list ended before the timestamp", 2, END_PAIRS, 40, 7 },
	{ "computer name taken out", 2, RENAME_PAIR, 40, 1 },
	{ "TargetInfo taken out", 2, EMPTY_FIELD, 40, 0 },
	EACH_FLAG(3),
	{ "MIC zeroed", 3, ZERO_16, 72, 0 },
	{ "MIC changed", 3, FLIP_AT, 72, 0 },
	{ "MIC taken out", 3, TAKE_MIC_OUT, 0, 0 },
	{ "MIC not announced", 3, CLEAR_AV_FLAG, 20, 0 },
	{ "MIC not announced, and zeroed", 3, CLEAR_AV_FLAG, 20, 1 },
	{ "AvFlags renamed", 3, RENAME_PAIR, 20, 6 },
	{ "timestamp renamed", 3, RENAME_PAIR, 20, 7 },
	{ "target name renamed", 3, RENAME_PAIR, 20, 9 },
	{ "NTProofStr changed", 3, FLIP_FIELD, 20, 0 },
	{ "client challenge changed", 3, FLIP_FIELD, 20, 32 },
	{ "NTLMv2 response taken out", 3, EMPTY_FIELD, 20, 0 },
	{ "LM response changed", 3, FLIP_FIELD, 12, 0 },
	{ "DomainName changed", 3, FLIP_FIELD, 28, 0 },
	{ "DomainName taken out", 3, EMPTY_FIELD, 28, 0 },
	{ "UserName changed", 3, FLIP_FIELD, 36, 0 },
	{ "UserName taken out", 3, EMPTY_FIELD, 36, 0 },
	{ "Workstation taken out", 3, EMPTY_FIELD, 44, 0 },
	{ "EncryptedRandomSessionKey changed", 3, FLIP_FIELD, 52, 0 },
	{ "EncryptedRandomSessionKey taken out", 3, EMPTY_FIELD, 52, 0 },
	{ "cut", 0, CUT, 0, 1 },
	{ "last byte changed", 0, FLIP_AT, UINT32_MAX, 0 },
};

#define EDITS (sizeof(edits) / sizeof(edits[0]))

static unsigned message_of(struct bytes token)
{
	return bytes_starts_with(token, SIGNATURE) && token.len > 8 ? token.data[8] : 0;
}

static const struct edit* edit_at(unsigned number, struct bytes token)
{
	const unsigned message = message_of(token);
	for (size_t i = 0; i < EDITS; i++)
	{
		if (edits[i].message == message && number-- == 0)
			return &edits[i];
	}
	fail_msg("there is no such edit");
	return NULL;
}

unsigned edits_of(struct bytes token)
{
	const unsigned message = message_of(token);
	unsigned count = 0;
	for (size_t i = 0; i < EDITS; i++)
		count += edits[i].message == message;
	return count;
}

const char* edit_name(unsigned edit, struct bytes token)
{
	return edit_at(edit, token)->name;
}

/* AV pairs: those of CHALLENGE's TargetInfo, or behind NTProofStr and 28 bytes in the response. */
static size_t pairs_at(const struct edit* edit, struct text message)
{
	return field_at(message, edit->at) + (edit->message == 3 ? 16u + 28u : 0u);
}

/* Behind the six fields' headers, flags and version come its 16 bytes (MS-NLMP 2.2.1.3). */
static void take_mic_out(struct text* message)
{
	if (message->len < 72 + 16)
		return;
	for (size_t header = 12; header < 60; header += 8)
		put(*message, header + 4, 4, number_at(*message, header + 4, 4) - 16);
	memmove(message->data + 72, message->data + 72 + 16, message->len - 72 - 16);
	message->len -= 16;
}

static void change(const struct edit* edit, struct text* message)
{
	const size_t flags = FLAGS_OF(edit->message);
	size_t at;

	switch (edit->how)
	{
		case CLEAR_FLAGS:
			put(*message, flags, 4, number_at(*message, flags, 4) & ~edit->value);
			break;
		case SET_FLAGS:
			put(*message, flags, 4, number_at(*message, flags, 4) | edit->value);
			break;
		case FLIP_AT:
			flip(*message, edit->at == UINT32_MAX ? message->len - 1 : edit->at);
			break;
		case FLIP_FIELD:
			flip(*message, field_at(*message, edit->at) + edit->value);
			break;
		case FLIP_PAIR:
			flip(*message, pair_at(*message, pairs_at(edit, *message), edit->value) + 4);
			break;
		case ZERO_16:
			memset(message->data + edit->at, 0, 16);
			break;
		case RENAME_PAIR:
			put(*message, pair_at(*message, pairs_at(edit, *message), edit->value), 2, 0x7F);
			break;
		case END_PAIRS:
			put(*message, pair_at(*message, pairs_at(edit, *message), edit->value), 4, 0);
			break;
		case CLEAR_AV_FLAG:
			at = pair_at(*message, pairs_at(edit, *message), 6);
			put(*message, at + 4, 4, number_at(*message, at + 4, 4) & ~2u);
			if (edit->value)
				memset(message->data + 72, 0, 16);
			break;
		case TAKE_MIC_OUT:
			take_mic_out(message);
			break;
		case CUT:
			message->len -= edit->value;
			break;
		case EMPTY_FIELD:
			put(*message, edit->at, 4, 0);
			break;
	}
}

struct blob edit_apply(unsigned edit, struct bytes token)
{
	struct blob made = BLOB_EMPTY;

	assert_int_equal(blob_set(&made, token), RESULT_OK);
	struct text message = { made.data, made.len };
	change(edit_at(edit, token), &message);
	made.len = message.len;
	return made;
}

/* --- his own ----------------------------------------------------------------------------------
 */

/* NEGOTIATE without names; CHALLENGE of a server that never was, without a time; AUTHENTICATE of
 * nobody (MS-NLMP 3.2.5.1.2: anonymous). Flags: what negossp offers; the last with ANONYMOUS. */
#define ALL_FLAGS "\x35\x82\x88\xE0"
#define NO_FIELD "\0\0\0\0\x58\0\0\0"

struct bytes own_token(unsigned number)
{
	static const char negotiate[] =
	    "NTLMSSP\0\1\0\0\0" ALL_FLAGS "\0\0\0\0\x20\0\0\0\0\0\0\0\x20\0\0";
	static const char challenge[] = "NTLMSSP\0\2\0\0\0\0\0\0\0\x38\0\0\0" ALL_FLAGS
	                                "\1\2\3\4\5\6\7\x08\0\0\0\0\0\0\0\0\x10\0\x10\0\x38\0\0\0"
	                                "\x0A\0\x7C\x4F\0\0\0\x0F"
	                                "\2\0\2\0A\0\1\0\2\0A\0\0\0\0";
	static const char nobody[] =
	    "NTLMSSP\0\3\0\0\0"
	    "\1\0\1\0\x58\0\0\0" NO_FIELD NO_FIELD NO_FIELD NO_FIELD "\x10\0\x10\0\x58\0\0\0"
	    "\x35\x8A\x88\xE0\x0A\0\x7C\x4F\0\0\0\x0F"
	    "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0a key of his own";
	static const struct bytes all[OWN_TOKENS] = {
		{ (const uint8_t*)negotiate, sizeof(negotiate) },
		{ (const uint8_t*)challenge, sizeof(challenge) },
		{ (const uint8_t*)nobody, sizeof(nobody) },
	};
	return all[number];
}
