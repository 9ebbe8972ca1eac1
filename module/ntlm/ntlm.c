/* SPDX-License-Identifier: Apache-2.0
 *
 * NTLM as a mechanism: the vtable of mech.h over initiator, acceptor and seal.
 */
#include <stddef.h>
#include <stdlib.h>

#include "ntlm.h"
#include "ntlm/authenticate.h"
#include "ntlm/challenge.h"
#include "ntlm/initiator.h"
#include "ntlm/flags.h"
#include "ntlm/acceptor.h"

/* 1.3.6.1.4.1.311.2.2.10 (MS-SPNG 1.9). */
static const uint8_t ntlm_oid[] = { 0x2B, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x02, 0x02, 0x0A };
static const struct bytes ntlm_oids[] = { { ntlm_oid, sizeof(ntlm_oid) } };

/* --- life of a context ----------------------------------------------------------------------- */

static void ntlm_close(void* opaque)
{
	struct ntlm_context* const context = opaque;

	if (!context)
		return;
	ntlm_reflection_forget(&context->reflection);
	ntlm_seal_wipe(&context->seal);
	key_wipe(&context->overrides.exported_session_key);
	key_wipe(&context->overrides.nt_hash);
	key_wipe(&context->overrides.ntowfv2);
	blob_free(&context->overrides.workstation);
	blob_free(&context->target);
	blob_free(&context->messages.negotiate);
	blob_free(&context->messages.challenge);
	blob_free(&context->messages.authenticate);
	blob_free(&context->words);
	free(context);
}

static void initiator_report(struct ntlm_context* context)
{
	const struct ntlm_credential* const credential = context->credential;
	struct mech_report* const report = &context->report;

	report->user = blob_bytes(&credential->identity.user);
	report->domain = blob_bytes(&credential->identity.domain);
	report->target = blob_bytes(&context->target);
	report->source = credential->identity.source;
	if (credential->policy.send_workstation)
		context->workstation = blob_bytes(&credential->netbios_computer);
}

static enum result ntlm_open(const struct mech_request* request, void* credential, void** context)
{
	const struct ntlm_credential* const with = credential;
	const bool initiator = request->role == MECH_INITIATOR;

	REQUIRE(with, RESULT_NO_CREDENTIALS);
	REQUIRE(initiator ? with->identity.present : with->verifier != NULL, RESULT_NO_CREDENTIALS);
	struct ntlm_context* made = calloc(1, sizeof(*made));
	REQUIRE(made, RESULT_NO_MEMORY);
	made->state = initiator ? NTLM_INITIATOR_START : NTLM_ACCEPTOR_AWAITS_NEGOTIATE;
	made->role = request->role;
	made->asked = request->flags;
	made->credential = with;
	const enum result result = blob_set(&made->target, request->target);
	if (result != RESULT_OK)
		goto out;
	if (initiator)
		initiator_report(made);
	*context = made;
	made = NULL;
out:
	ntlm_close(made);
	return result;
}

/* --- steps ----------------------------------------------------------------------------------- */

static enum result ntlm_dispatch(struct ntlm_context* context, const struct mech_input* input,
                                 struct blob* token)
{
	TRY(ntlm_bindings_hash(input->bindings, &context->bindings));
	switch (context->state)
	{
		case NTLM_INITIATOR_START:
			REQUIRE(input->token.len == 0, RESULT_OUT_OF_SEQUENCE);
			return ntlm_initiator_start(context, token);
		case NTLM_INITIATOR_AWAITS_CHALLENGE:
			return ntlm_initiator_finish(context, input->token, token);
		case NTLM_ACCEPTOR_AWAITS_NEGOTIATE:
			return ntlm_acceptor_start(context, input->token, token);
		case NTLM_ACCEPTOR_AWAITS_AUTHENTICATE:
			return ntlm_acceptor_finish(context, input->token);
		case NTLM_COMPLETE:
		case NTLM_DEAD:
			return RESULT_OUT_OF_SEQUENCE;
	}
	return RESULT_INTERNAL;
}

/* For failures whose place in the code says no more than the result does. */
static const char* general_reason(enum result result)
{
	switch (result)
	{
		case RESULT_MALFORMED: /* what parsed was too odd for a later step */
			return "the peer's NTLM message holds something that cannot be worked with";
		case RESULT_OUT_OF_SEQUENCE:
			return "the peer's token is an NTLM message that may not come now: an old message was "
			       "repeated or the order was mixed up";
		case RESULT_NO_CREDENTIALS:
			return "there is nothing to check the logon against: give the server a SAM file that "
			       "it can read, or a hash callback";
		case RESULT_NO_MEMORY:
			return "this machine is out of memory";
		case RESULT_CRYPTO:
			return "OpenSSL failed: look whether it is installed whole and offers MD5";
		case RESULT_BUFFER_TOO_SMALL:
			return "names or target information are too long for an NTLM message";
		default:
			return NULL;
	}
}

static enum result ntlm_step(void* opaque, const struct mech_input* input,
                             struct mech_output* output)
{
	struct ntlm_context* const context = opaque;
	struct blob token = BLOB_EMPTY;
	const bool dead = context->state == NTLM_DEAD;

	const enum result result = ntlm_dispatch(context, input, &token);
	if (result != RESULT_OK || context->state == NTLM_COMPLETE)
		ntlm_reflection_forget(&context->reflection);
	if (result == RESULT_OK)
	{
		output->token = token;
		output->complete = context->state == NTLM_COMPLETE;
		return RESULT_OK;
	}
	blob_free(&token);
	context->state = NTLM_DEAD;
	ntlm_seal_wipe(&context->seal);
	if (context->report.reason || dead)
		return result;
	context->report.reason = general_reason(result);
	if (result == RESULT_MALFORMED && context->fault.problem)
	{
		fault_text(&context->fault, context->fault_text, sizeof(context->fault_text));
		context->report.reason = context->fault_text;
	}
	return result;
}

/* RFC 4178 5: without per-message integrity there is no mechListMIC. */
static bool ntlm_signs(const struct ntlm_context* context)
{
	return (context->negotiated & NTLM_NEGOTIATE_SIGN) != 0;
}

static bool ntlm_demands_mic(const void* opaque)
{
	const struct ntlm_context* const context = opaque;

	return context->messages.mic_offset != 0 && ntlm_signs(context);
}

/* MS-NLMP 2.2.2.5 (ALWAYS_SIGN): a signature without checksum and number. Windows' NTLM gives that
 * as MIC where nobody asked for signing, and so does pyspnego. */
static bool ntlm_mic_is_void(const void* opaque, struct bytes mic)
{
	const struct ntlm_context* const context = opaque;

	return !ntlm_signs(context) && context->state == NTLM_COMPLETE &&
	       bytes_equal(mic, BYTES_LITERAL("\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"));
}

/* --- messages after the handshake ------------------------------------------------------------ */

/* The choice of mechanism needs one, or the peer sent one. */
static enum result refuse_unsigned_mic(struct ntlm_context* context)
{
	return ntlm_refuse(context, RESULT_POLICY,
	                   "a mechListMIC is to protect the choice of NTLM, and the two sides have not "
	                   "agreed on message signing, without which there is none: ask for integrity "
	                   "at both ends");
}

static enum result ntlm_mic_make(void* opaque, struct bytes message, struct blob* mic)
{
	struct ntlm_context* const context = opaque;

	REQUIRE(context->state == NTLM_COMPLETE, RESULT_OUT_OF_SEQUENCE);
	if (!ntlm_signs(context))
		return refuse_unsigned_mic(context);
	return ntlm_seal_mic_make(&context->seal, message, mic);
}

static enum result ntlm_mic_verify(void* opaque, struct bytes message, struct bytes mic)
{
	struct ntlm_context* const context = opaque;

	REQUIRE(context->state == NTLM_COMPLETE, RESULT_OUT_OF_SEQUENCE);
	if (!ntlm_signs(context))
		return refuse_unsigned_mic(context);
	return ntlm_seal_mic_verify(&context->seal, message, mic);
}

static enum result ntlm_wrap(void* opaque, bool seal, struct mech_part* parts, size_t count,
                             uint8_t* trailer, size_t* trailer_len)
{
	struct ntlm_context* const context = opaque;

	REQUIRE(context->state == NTLM_COMPLETE, RESULT_OUT_OF_SEQUENCE);
	return ntlm_seal_wrap(&context->seal, seal, parts, count, trailer, trailer_len);
}

static enum result ntlm_unwrap(void* opaque, bool sealed, struct mech_part* parts, size_t count,
                               struct bytes trailer)
{
	struct ntlm_context* const context = opaque;

	REQUIRE(context->state == NTLM_COMPLETE, RESULT_OUT_OF_SEQUENCE);
	return ntlm_seal_unwrap(&context->seal, sealed, parts, count, trailer);
}

/* --- report ---------------------------------------------------------------------------------- */

static void ntlm_describe(const void* opaque, struct mech_report* report)
{
	const struct ntlm_context* const context = opaque;

	*report = context->report;
	report->ntlm_flags = context->negotiated;
	if (context->role != MECH_INITIATOR)
		return;
	report->workstation = context->workstation;
	report->sent = context->messages.authenticate.len > 0 ? MECH_SENT_PROOF
	               : context->messages.negotiate.len > 0  ? MECH_SENT_OPENING
	                                                      : MECH_SENT_NOTHING;
}

static void ntlm_session(const void* opaque, struct mech_session* session)
{
	const struct ntlm_context* const context = opaque;

	/* RC4 is a stream cipher: no blocks. */
	*session = (struct mech_session){ .max_signature = NTLM_SIGNATURE_SIZE,
		                              .security_trailer = NTLM_SIGNATURE_SIZE };
	if (context->state == NTLM_COMPLETE)
		session->granted = ntlm_flags_properties(context->negotiated, context->asked);
}

static const struct key* ntlm_session_key(const void* opaque)
{
	const struct ntlm_context* const context = opaque;

	return context->state == NTLM_COMPLETE ? &context->seal.exported : NULL;
}

static struct bytes part_or_empty(struct bytes whole, size_t offset, size_t len)
{
	struct bytes part = BYTES_EMPTY;

	return bytes_part(whole, offset, len, &part) == RESULT_OK ? part : BYTES_EMPTY;
}

void ntlm_context_transcript(const void* opaque, struct ntlm_transcript* transcript)
{
	const struct ntlm_context* const context = opaque;
	const struct ntlm_messages* const messages = &context->messages;
	struct ntlm_authenticate authenticate;

	*transcript = (struct ntlm_transcript){ .negotiate = blob_bytes(&messages->negotiate),
		                                    .challenge = blob_bytes(&messages->challenge),
		                                    .authenticate = blob_bytes(&messages->authenticate) };
	if (messages->mic_offset != 0)
		transcript->mic =
		    part_or_empty(transcript->authenticate, messages->mic_offset, NTLM_MIC_SIZE);
	if (ntlm_authenticate_parse(transcript->authenticate, &authenticate, NULL) == RESULT_OK)
		transcript->encrypted_session_key = authenticate.encrypted_session_key;
}

enum result ntlm_context_proof_input(const void* opaque, struct blob* input)
{
	const struct ntlm_context* const context = opaque;
	struct writer writer = writer_make(NTLM_MAX_TOKEN);
	struct ntlm_authenticate authenticate;
	struct ntlm_challenge challenge;

	if (ntlm_challenge_parse(blob_bytes(&context->messages.challenge), &challenge, NULL) !=
	        RESULT_OK ||
	    ntlm_authenticate_parse(blob_bytes(&context->messages.authenticate), &authenticate, NULL) !=
	        RESULT_OK)
		return RESULT_OK;
	const struct bytes response = authenticate.nt_response;
	if (response.len <= NTLM_PROOF_SIZE)
		return RESULT_OK;
	writer_bytes(&writer, challenge.server_challenge);
	writer_bytes(&writer, part_or_empty(response, NTLM_PROOF_SIZE, response.len - NTLM_PROOF_SIZE));
	return writer_take(&writer, input);
}

enum result ntlm_context_mic_input(const void* opaque, struct blob* input)
{
	const struct ntlm_context* const context = opaque;
	const struct ntlm_messages* const messages = &context->messages;

	if (messages->mic_offset == 0)
		return RESULT_OK;
	return ntlm_mic_input_write(blob_bytes(&messages->negotiate), blob_bytes(&messages->challenge),
	                            blob_bytes(&messages->authenticate), messages->mic_offset, input);
}

/* --- overrides ------------------------------------------------------------------------------- */

#define PLACE(member)                                                                              \
	{                                                                                              \
		offsetof(struct ntlm_overrides, member), sizeof(((struct ntlm_overrides*)NULL)->member)    \
	}

/* Where the values of a fixed size are kept. */
static const struct
{
	size_t offset;
	size_t size;
} override_places[] = {
	[NTLM_OVERRIDE_SERVER_CHALLENGE] = PLACE(server_challenge),
	[NTLM_OVERRIDE_CLIENT_CHALLENGE] = PLACE(client_challenge),
	[NTLM_OVERRIDE_TIMESTAMP] = PLACE(timestamp),
	[NTLM_OVERRIDE_CHALLENGE_TIMESTAMP] = PLACE(challenge_timestamp),
	[NTLM_OVERRIDE_EXPORTED_SESSION_KEY] = PLACE(exported_session_key),
	[NTLM_OVERRIDE_NT_HASH] = PLACE(nt_hash),
	[NTLM_OVERRIDE_NTOWFV2] = PLACE(ntowfv2),
};

static enum result override_workstation(struct ntlm_context* context, struct bytes value)
{
	REQUIRE(value.len > 0 && value.len % 2 == 0 && value.len <= NTLM_MAX_WORKSTATION,
	        RESULT_INVALID_ARGUMENT);
	REQUIRE(context->role == MECH_INITIATOR, RESULT_UNSUPPORTED);
	REQUIRE(context->state != NTLM_COMPLETE && context->state != NTLM_DEAD, RESULT_OUT_OF_SEQUENCE);
	TRY(blob_set(&context->overrides.workstation, value));
	if (context->credential->policy.send_workstation)
		context->workstation = blob_bytes(&context->overrides.workstation);
	return RESULT_OK;
}

enum result ntlm_context_override(void* opaque, enum ntlm_override which, struct bytes value)
{
	struct ntlm_context* const context = opaque;
	const bool for_challenge =
	    which == NTLM_OVERRIDE_SERVER_CHALLENGE || which == NTLM_OVERRIDE_CHALLENGE_TIMESTAMP;

	if (which == NTLM_OVERRIDE_WORKSTATION)
		return override_workstation(context, value);
	REQUIRE(value.len == override_places[which].size, RESULT_INVALID_ARGUMENT);
	REQUIRE(context->state != NTLM_COMPLETE && context->state != NTLM_DEAD, RESULT_OUT_OF_SEQUENCE);
	REQUIRE(!for_challenge || context->state != NTLM_ACCEPTOR_AWAITS_AUTHENTICATE,
	        RESULT_OUT_OF_SEQUENCE);
	bytes_copy((uint8_t*)&context->overrides + override_places[which].offset, value);
	context->overrides.set |= 1U << which;
	return RESULT_OK;
}

/* --- the mechanism --------------------------------------------------------------------------- */

static const struct mech ntlm_vtable = { .name = "NTLM",
	                                     .oids = ntlm_oids,
	                                     .oid_count = 1,
	                                     .is_bare_token = ntlm_is_message,
	                                     .open = ntlm_open,
	                                     .step = ntlm_step,
	                                     .demands_mic = ntlm_demands_mic,
	                                     .mic_is_void = ntlm_mic_is_void,
	                                     .mic_make = ntlm_mic_make,
	                                     .mic_verify = ntlm_mic_verify,
	                                     .wrap = ntlm_wrap,
	                                     .unwrap = ntlm_unwrap,
	                                     .describe = ntlm_describe,
	                                     .session = ntlm_session,
	                                     .session_key = ntlm_session_key,
	                                     .close = ntlm_close };

const struct mech* ntlm_mech(void)
{
	return &ntlm_vtable;
}
