/* SPDX-License-Identifier: Apache-2.0
 *
 * Each context begins with a magic number, so that a call on one that is none, or that was closed,
 * ends the program.
 */
#include "fake_mech.h"

#include <stdlib.h>
#include <string.h>

#define MAGIC 0x46414B45U

struct fake_context
{
	uint32_t magic;
	struct fake_script* script;
	enum mech_role role;
	size_t step;
	bool complete;
	bool dead;
	unsigned sent; /* messages that were wrapped */
	unsigned received;
};

static struct fake_context* as_fake(void* context)
{
	struct fake_context* fake = context;
	if (fake->magic != MAGIC)
		abort(); /* a call on something that is no context of ours */
	return fake;
}

static const struct fake_context* as_fake_const(const void* context)
{
	const struct fake_context* fake = context;
	if (fake->magic != MAGIC)
		abort();
	return fake;
}

static struct bytes text_bytes(const char* text)
{
	return text != NULL ? bytes_make((const uint8_t*)text, strlen(text)) : BYTES_EMPTY;
}

static enum result fake_open(const struct mech_request* request, void* credential, void** context)
{
	struct fake_script* script = credential;
	if (script->open_result != RESULT_OK)
		return script->open_result;
	struct fake_context* fake = calloc(1, sizeof(*fake));
	if (fake == NULL)
		return RESULT_NO_MEMORY;
	fake->magic = MAGIC;
	fake->script = script;
	fake->role = request->role;
	script->opened++;
	*context = fake;
	return RESULT_OK;
}

static enum result fake_step_do(void* context, const struct mech_input* input,
                                struct mech_output* output)
{
	struct fake_context* fake = as_fake(context);
	if (fake->dead || fake->complete || fake->step >= FAKE_MAX_STEPS)
		return RESULT_OUT_OF_SEQUENCE;
	const struct fake_step* step = &fake->script->steps[fake->step++];
	fake->script->stepped++;
	fake->dead = true;
	if (step->result != RESULT_OK)
		return step->result;
	if (!bytes_equal(input->token, text_bytes(step->expect)))
		return RESULT_LOGON_DENIED;
	const enum result result = blob_set(&output->token, text_bytes(step->send));
	if (result != RESULT_OK)
		return result;
	fake->dead = false;
	fake->complete = step->complete;
	output->complete = step->complete;
	return RESULT_OK;
}

static bool fake_demands_mic(const void* context)
{
	const struct fake_context* fake = as_fake_const(context);
	return fake->complete && fake->script->demands_mic;
}

static bool fake_mic_is_void(const void* context, struct bytes mic)
{
	return as_fake_const(context)->script->no_integrity && bytes_equal(mic, FAKE_VOID_MIC);
}

void fake_mic(uint64_t key, enum mech_role maker, struct bytes message, uint8_t* mic)
{
	uint64_t a = 0xCBF29CE484222325U ^ key;
	uint64_t b = maker == MECH_INITIATOR ? 0x9E3779B97F4A7C15U : 0xC2B2AE3D27D4EB4FU;
	for (size_t i = 0; i < message.len; i++)
	{
		a = (a ^ message.data[i]) * 0x100000001B3U;
		b = (b ^ a) * 0x100000001B3U;
	}
	for (size_t i = 0; i < 8; i++)
	{
		mic[i] = (uint8_t)(a >> (8 * i));
		mic[8 + i] = (uint8_t)(b >> (8 * i));
	}
}

static enum result fake_mic_make(void* context, struct bytes message, struct blob* mic)
{
	struct fake_context* fake = as_fake(context);
	uint8_t made[FAKE_MIC_SIZE];
	if (fake->dead || !fake->complete)
		return RESULT_OUT_OF_SEQUENCE;
	fake->script->mics_made++;
	fake_mic(fake->script->key, fake->role, message, made);
	return blob_set(mic, BYTES_OF(made));
}

static enum result fake_mic_verify(void* context, struct bytes message, struct bytes mic)
{
	struct fake_context* fake = as_fake(context);
	const enum mech_role peer = fake->role == MECH_INITIATOR ? MECH_ACCEPTOR : MECH_INITIATOR;
	uint8_t right[FAKE_MIC_SIZE];
	if (fake->dead || !fake->complete)
		return RESULT_OUT_OF_SEQUENCE;
	fake->script->mics_verified++;
	if (fake->script->mic_result != RESULT_OK)
		return fake->script->mic_result;
	fake_mic(fake->script->key, peer, message, right);
	if (!bytes_equal(mic, BYTES_OF(right)))
		return RESULT_MALFORMED;
	fake->script->mics_right++;
	return RESULT_OK;
}

/* The octets of the parts under a stream that key, direction and number make. */
static void fake_stream(const struct fake_context* fake, enum mech_role maker, unsigned number,
                        struct mech_part* parts, size_t count)
{
	uint8_t octet = (uint8_t)(fake->script->key + 0x5BU + 0x40U * maker + 7U * number);
	for (size_t i = 0; i < count; i++)
	{
		for (size_t j = 0; j < parts[i].len && !parts[i].sign_only; j++)
			parts[i].data[j] ^= octet++;
	}
}

/* Direction, kind and number, and a sum in which no change of one octet is lost. */
static void fake_trailer(const struct fake_context* fake, enum mech_role maker, unsigned number,
                         bool seal, const struct mech_part* parts, size_t count, uint8_t* trailer)
{
	unsigned sum = (unsigned)fake->script->key;
	for (size_t i = 0; i < count; i++)
	{
		for (size_t j = 0; j < parts[i].len; j++)
			sum += parts[i].data[j];
	}
	trailer[0] = (uint8_t)(2U * maker + seal);
	trailer[1] = (uint8_t)number;
	trailer[2] = (uint8_t)sum;
	trailer[3] = (uint8_t)(sum >> 8);
}

static enum result fake_wrap(void* context, bool seal, struct mech_part* parts, size_t count,
                             uint8_t* trailer, size_t* trailer_len)
{
	struct fake_context* fake = as_fake(context);
	if (*trailer_len < FAKE_TRAILER_SIZE)
		return RESULT_BUFFER_TOO_SMALL;
	fake_trailer(fake, fake->role, fake->sent, seal, parts, count, trailer);
	if (seal)
		fake_stream(fake, fake->role, fake->sent, parts, count);
	fake->sent++;
	*trailer_len = FAKE_TRAILER_SIZE;
	return RESULT_OK;
}

static enum result fake_unwrap(void* context, bool sealed, struct mech_part* parts, size_t count,
                               struct bytes trailer)
{
	struct fake_context* fake = as_fake(context);
	const enum mech_role peer = fake->role == MECH_INITIATOR ? MECH_ACCEPTOR : MECH_INITIATOR;
	uint8_t right[FAKE_TRAILER_SIZE];
	if (sealed)
		fake_stream(fake, peer, fake->received, parts, count);
	fake_trailer(fake, peer, fake->received, sealed, parts, count, right);
	if (bytes_equal(trailer, BYTES_OF(right)))
	{
		fake->received++;
		return RESULT_OK;
	}
	if (sealed) /* as it was */
		fake_stream(fake, peer, fake->received, parts, count);
	return RESULT_ALTERED;
}

static void fake_describe(const void* context, struct mech_report* report)
{
	const struct fake_context* fake = as_fake_const(context);
	report->source = "script";
	report->reason = fake->dead ? "the script says so" : NULL;
}

static void fake_session(const void* context, struct mech_session* session)
{
	(void)as_fake_const(context);
	*session = (struct mech_session){ .granted = MECH_CONFIDENTIALITY,
		                              .max_signature = FAKE_TRAILER_SIZE,
		                              .security_trailer = FAKE_TRAILER_SIZE };
}

static const struct key* fake_session_key(const void* context)
{
	(void)as_fake_const(context);
	return NULL;
}

static void fake_close(void* context)
{
	if (context == NULL)
		return;
	struct fake_context* fake = as_fake(context);
	fake->script->closed++;
	fake->magic = 0;
	free(fake);
}

static bool is_bare_kerberos(struct bytes token)
{
	return bytes_starts_with(token, BYTES_LITERAL("K-"));
}

static bool is_bare_u2u(struct bytes token)
{
	return bytes_starts_with(token, BYTES_LITERAL("U-"));
}

static bool is_bare_ntlm(struct bytes token)
{
	return bytes_starts_with(token, BYTES_LITERAL("N-"));
}

#define FAKE_MECH(label, list, bare)                                                               \
	{                                                                                              \
		.name = (label), .oids = (list), .oid_count = sizeof(list) / sizeof((list)[0]),            \
		.is_bare_token = (bare), .open = fake_open, .step = fake_step_do,                          \
		.demands_mic = fake_demands_mic, .mic_is_void = fake_mic_is_void,                          \
		.mic_make = fake_mic_make, .mic_verify = fake_mic_verify, .wrap = fake_wrap,               \
		.unwrap = fake_unwrap, .describe = fake_describe, .session = fake_session,                 \
		.session_key = fake_session_key, .close = fake_close                                       \
	}

static const struct bytes kerberos_oids[] = {
	{ (const uint8_t*)"\x2A\x86\x48\x86\xF7\x12\x01\x02\x02", 9 },
	{ (const uint8_t*)"\x2A\x86\x48\x82\xF7\x12\x01\x02\x02", 9 },
};
static const struct bytes u2u_oids[] = {
	{ (const uint8_t*)"\x2A\x86\x48\x86\xF7\x12\x01\x02\x02\x03", 10 },
};
static const struct bytes ntlm_oids[] = {
	{ (const uint8_t*)"\x2B\x06\x01\x04\x01\x82\x37\x02\x02\x0A", 10 },
};

const struct mech* fake_kerberos(void)
{
	static const struct mech mech = FAKE_MECH("Kerberos", kerberos_oids, is_bare_kerberos);
	return &mech;
}

const struct mech* fake_u2u(void)
{
	static const struct mech mech = FAKE_MECH("Kerberos U2U", u2u_oids, is_bare_u2u);
	return &mech;
}

const struct mech* fake_ntlm(void)
{
	static const struct mech mech = FAKE_MECH("NTLM", ntlm_oids, is_bare_ntlm);
	return &mech;
}
