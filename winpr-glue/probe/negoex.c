/* SPDX-License-Identifier: Apache-2.0
 *
 * The first message, INITIATOR_NEGO (MS-NEGOEX 2.2.6.3), and nothing behind it.
 */
#include "negoex.h"

#include <stdlib.h>

#include "base/crypto.h"

#define HEADER_SIZE 96u
#define GUID_SIZE 16u
#define RANDOM_SIZE 32u

struct negoex
{
	bool spoken;
};

static enum result negoex_open(const struct mech_request* request, void* credential, void** context)
{
	(void)credential;
	REQUIRE(request->role == MECH_INITIATOR, RESULT_UNSUPPORTED);
	struct negoex* const made = calloc(1, sizeof(*made));
	REQUIRE(made, RESULT_NO_MEMORY);
	*context = made;
	return RESULT_OK;
}

/* MESSAGE_HEADER, Random, and the vectors of one authentication scheme and no extension. */
static void negoex_write(struct writer* writer, const uint8_t random[RANDOM_SIZE + GUID_SIZE])
{
	/* 0D53335C-F9EA-4D0D-B2EC-4AE3786EC308, which Windows offers for Microsoft's accounts. */
	static const uint8_t scheme[GUID_SIZE] = { 0x5C, 0x33, 0x53, 0x0D, 0xEA, 0xF9, 0x0D, 0x4D,
		                                       0xB2, 0xEC, 0x4A, 0xE3, 0x78, 0x6E, 0xC3, 0x08 };

	writer_bytes(writer, BYTES_LITERAL("NEGOEXTS"));
	writer_u32le(writer, 0); /* MessageType: INITIATOR_NEGO */
	writer_u32le(writer, 0); /* SequenceNum */
	writer_u32le(writer, HEADER_SIZE);
	writer_u32le(writer, HEADER_SIZE + GUID_SIZE);
	writer_bytes(writer, bytes_make(random + RANDOM_SIZE, GUID_SIZE)); /* ConversationId */
	writer_bytes(writer, bytes_make(random, RANDOM_SIZE));
	writer_u64le(writer, 0); /* ProtocolVersion */
	writer_u32le(writer, HEADER_SIZE);
	writer_u32le(writer, 1);
	writer_u32le(writer, HEADER_SIZE + GUID_SIZE);
	writer_u32le(writer, 0);
	writer_bytes(writer, BYTES_OF(scheme));
}

static enum result negoex_step(void* context, const struct mech_input* input,
                               struct mech_output* output)
{
	struct negoex* const negoex = context;
	uint8_t random[RANDOM_SIZE + GUID_SIZE];
	struct writer writer = writer_make(HEADER_SIZE + GUID_SIZE);

	REQUIRE(!negoex->spoken && input->token.len == 0, RESULT_UNSUPPORTED);
	negoex->spoken = true;
	TRY(crypto_random(random, sizeof(random)));
	negoex_write(&writer, random);
	return writer_take(&writer, &output->token);
}

static bool negoex_is_never(const void* context)
{
	(void)context;
	return false;
}

static bool negoex_is_bare_token(struct bytes token)
{
	(void)token;
	return false;
}

static enum result negoex_mic_make(void* context, struct bytes message, struct blob* mic)
{
	(void)context;
	(void)message;
	(void)mic;
	return RESULT_UNSUPPORTED;
}

static enum result negoex_mic_verify(void* context, struct bytes message, struct bytes mic)
{
	(void)context;
	(void)message;
	(void)mic;
	return RESULT_UNSUPPORTED;
}

static enum result negoex_wrap(void* context, bool seal, struct mech_part* parts, size_t count,
                               uint8_t* trailer, size_t* trailer_len)
{
	(void)context;
	(void)seal;
	(void)parts;
	(void)count;
	(void)trailer;
	(void)trailer_len;
	return RESULT_UNSUPPORTED;
}

static enum result negoex_unwrap(void* context, bool sealed, struct mech_part* parts, size_t count,
                                 struct bytes trailer)
{
	(void)context;
	(void)sealed;
	(void)parts;
	(void)count;
	(void)trailer;
	return RESULT_UNSUPPORTED;
}

static void negoex_describe(const void* context, struct mech_report* report)
{
	const struct negoex* const negoex = context;

	report->sent = negoex->spoken ? MECH_SENT_OPENING : MECH_SENT_NOTHING;
}

static void negoex_session(const void* context, struct mech_session* session)
{
	(void)context;
	*session = (struct mech_session){ .granted = 0 };
}

static const struct key* negoex_session_key(const void* context)
{
	(void)context;
	return NULL;
}

const struct mech* negoex_mech(void)
{
	/* 1.3.6.1.4.1.311.2.2.30 */
	static const struct bytes oid = { (const uint8_t*)"\x2B\x06\x01\x04\x01\x82\x37\x02\x02\x1E",
		                              10 };
	static const struct mech mech = { .name = "NEGOEX",
		                              .oids = &oid,
		                              .oid_count = 1,
		                              .is_bare_token = negoex_is_bare_token,
		                              .open = negoex_open,
		                              .step = negoex_step,
		                              .demands_mic = negoex_is_never,
		                              .mic_make = negoex_mic_make,
		                              .mic_verify = negoex_mic_verify,
		                              .wrap = negoex_wrap,
		                              .unwrap = negoex_unwrap,
		                              .describe = negoex_describe,
		                              .session = negoex_session,
		                              .session_key = negoex_session_key,
		                              .close = free };

	return &mech;
}
