/* SPDX-License-Identifier: Apache-2.0
 *
 * The initiator: what is in CHALLENGE decides what AUTHENTICATE proves. The session's keys are
 * committed last, when AUTHENTICATE is whole.
 */
#include "ntlm/initiator.h"

#include "base/crypto.h"
#include "ntlm/authenticate.h"
#include "ntlm/challenge.h"
#include "ntlm/flags.h"
#include "ntlm/keys.h"
#include "ntlm/negotiate.h"
#include "ntlm/reflection.h"
#include "ntlm/response.h"

#define LM_RESPONSE_SIZE 24

/* CHALLENGE as it was read, and what follows from it for AUTHENTICATE. */
struct initiator_view
{
	struct ntlm_challenge challenge;
	struct ntlm_av_list pairs;
	uint32_t flags;     /* negotiated */
	uint64_t timestamp; /* the acceptor's, or ours when it has none */
	bool timed;         /* the acceptor's: then the MIC is due (MS-NLMP 3.1.5.1.2) */
};

/* What is drawn and computed for AUTHENTICATE. */
struct initiator_answer
{
	struct
	{
		uint8_t challenge[NTLM_CHALLENGE_SIZE];
		struct key exported;
	} drawn;
	struct blob nt_response;
	uint8_t lm_response[LM_RESPONSE_SIZE];
	size_t lm_len;
	struct key session_base;
	struct key exported;
	uint8_t encrypted[KEY_SIZE];
	size_t encrypted_len;
};

enum result ntlm_initiator_start(struct ntlm_context* context, struct blob* token)
{
	const uint32_t flags =
	    ntlm_flags_offer(context->asked, context->credential->policy.send_version);

	TRY(ntlm_negotiate_write(flags, &context->messages.negotiate));
	TRY(blob_set(token, blob_bytes(&context->messages.negotiate)));
	context->state = NTLM_INITIATOR_AWAITS_CHALLENGE;
	return RESULT_OK;
}

/* --- CHALLENGE ------------------------------------------------------------------------------- */

static void initiator_report_challenge(struct ntlm_context* context,
                                       const struct initiator_view* view)
{
	struct mech_report* const report = &context->report;

	report->target_info = view->challenge.target_info;
	report->server_name = view->pairs.value[NTLM_AV_NB_COMPUTER_NAME];
	if (report->server_name.len == 0)
		report->server_name = view->pairs.value[NTLM_AV_DNS_COMPUTER_NAME];
	context->negotiated = view->flags;
	report->clock_known = view->timed;
	if (view->timed)
		report->clock_difference = ntlm_time_difference(view->timestamp, ntlm_time_now());
}

static enum result initiator_read(struct ntlm_context* context, struct initiator_view* view)
{
	struct fault* const fault = &context->fault;
	struct ntlm_negotiate negotiate;

	TRY(ntlm_negotiate_parse(blob_bytes(&context->messages.negotiate), &negotiate, fault));
	TRY(ntlm_challenge_parse(blob_bytes(&context->messages.challenge), &view->challenge, fault));
	if (view->challenge.target_info.len != 0)
		TRY(ntlm_av_parse(view->challenge.target_info, &view->pairs, fault));
	*fault = (struct fault){ 0 };
	view->flags = (negotiate.flags & view->challenge.flags) |
	              (view->challenge.flags & NTLM_NEGOTIATE_TARGET_INFO);
	view->timed = ntlm_av_timestamp(&view->pairs, &view->timestamp);
	initiator_report_challenge(context, view);

	const char* const objection = ntlm_flags_objection(context->asked, view->flags);
	if (objection)
		return ntlm_refuse(context, RESULT_POLICY, objection);
	/* NTLMv2 works without TargetInfo (MS-NLMP 3.3.2), but it is what makes us send a MIC, so where
	 * messages are to be protected the two names must be there (MS-NLMP 3.1.5.1.2). */
	if ((context->asked & (MECH_INTEGRITY | MECH_CONFIDENTIALITY)) &&
	    (!view->pairs.present[NTLM_AV_NB_COMPUTER_NAME] ||
	     !view->pairs.present[NTLM_AV_NB_DOMAIN_NAME]))
		return ntlm_refuse(context, RESULT_ALTERED,
		                   "the server's CHALLENGE does not say which server it is from: somebody "
		                   "in between has changed it, or the server is too old");
	if (ntlm_reflection_answering(view->challenge.server_challenge) &&
	    context->credential->policy.refuse_reflection)
		return ntlm_refuse(context, RESULT_POLICY,
		                   "the challenge came from a server in this very process: somebody is "
		                   "reflecting the logon (CVE-2025-33073); if it is meant to be, turn "
		                   "refusing reflection off");
	if (!view->timed)
		view->timestamp = ntlm_overridden(context, NTLM_OVERRIDE_TIMESTAMP)
		                      ? little_endian_get(context->overrides.timestamp, 8)
		                      : ntlm_time_now();
	return RESULT_OK;
}

/* --- the response ---------------------------------------------------------------------------- */

static enum result initiator_ntowfv2(const struct ntlm_context* context, struct key* ntowfv2)
{
	const struct ntlm_own_identity* const identity = &context->credential->identity;
	const struct ntlm_overrides* const overrides = &context->overrides;

	if (!ntlm_overridden(context, NTLM_OVERRIDE_NTOWFV2) &&
	    ntlm_overridden(context, NTLM_OVERRIDE_NT_HASH))
		return ntlm_ntowfv2(&overrides->nt_hash, blob_bytes(&identity->user),
		                    blob_bytes(&identity->domain), ntowfv2);
	*ntowfv2 =
	    ntlm_overridden(context, NTLM_OVERRIDE_NTOWFV2) ? overrides->ntowfv2 : identity->ntowfv2;
	return RESULT_OK;
}

static enum result initiator_response(const struct ntlm_context* context,
                                      const struct initiator_view* view,
                                      struct bytes client_challenge, struct blob* response)
{
	const struct ntlm_initiator_pairs added = {
		.mic = view->timed,
		.bindings_and_target = context->credential->policy.send_bindings_and_target,
		.bindings = BYTES_OF(context->bindings.hash),
		.target = blob_bytes(&context->target)
	};
	struct blob pairs = BLOB_EMPTY;

	TRY(ntlm_initiator_pairs_write(view->challenge.target_info, &added, &pairs));
	const enum result result =
	    ntlm_response_write(view->timestamp, client_challenge, blob_bytes(&pairs), response);
	blob_free(&pairs);
	return result;
}

/* NTProofStr, SessionBaseKey and both responses (MS-NLMP 3.3.2). */
static enum result initiator_respond(struct ntlm_context* context,
                                     const struct initiator_view* view,
                                     struct initiator_answer* answer)
{
	const struct bytes server_challenge = view->challenge.server_challenge;
	const struct bytes client_challenge = ntlm_overridden(context, NTLM_OVERRIDE_CLIENT_CHALLENGE)
	                                          ? BYTES_OF(context->overrides.client_challenge)
	                                          : BYTES_OF(answer->drawn.challenge);
	uint8_t proof[NTLM_PROOF_SIZE];
	struct blob* const response = &answer->nt_response;
	struct key ntowfv2;

	enum result result = initiator_ntowfv2(context, &ntowfv2);
	if (result != RESULT_OK)
		goto out;
	if ((result = initiator_response(context, view, client_challenge, response)) != RESULT_OK)
		goto out;
	const struct bytes over =
	    bytes_make(response->data + NTLM_PROOF_SIZE, response->len - NTLM_PROOF_SIZE);
	if ((result = ntlm_proof(&ntowfv2, server_challenge, over, proof)) != RESULT_OK)
		goto out;
	bytes_copy(response->data, BYTES_OF(proof));
	if ((result = ntlm_session_base_key(&ntowfv2, BYTES_OF(proof), &answer->session_base)) !=
	    RESULT_OK)
		goto out;
	answer->lm_len = LM_RESPONSE_SIZE;
	/* With a timestamp LmChallengeResponse is 24 zero bytes, else LMv2 (MS-NLMP 3.1.5.1.2). */
	if (view->timed)
		goto out;
	result = ntlm_proof(&ntowfv2, server_challenge, client_challenge, answer->lm_response);
	bytes_copy(answer->lm_response + NTLM_PROOF_SIZE, client_challenge);
out:
	key_wipe(&ntowfv2);
	return result;
}

/* ExportedSessionKey and EncryptedRandomSessionKey. */
static void initiator_exchange_key(const struct ntlm_context* context, uint32_t flags,
                                   struct initiator_answer* answer)
{
	if (!ntlm_flags_exchange_key(flags))
	{
		answer->exported = answer->session_base;
		return;
	}
	answer->exported = ntlm_overridden(context, NTLM_OVERRIDE_EXPORTED_SESSION_KEY)
	                       ? context->overrides.exported_session_key
	                       : answer->drawn.exported;
	ntlm_key_exchange(&answer->session_base, key_bytes(&answer->exported), answer->encrypted);
	answer->encrypted_len = KEY_SIZE;
}

static enum result initiator_answer_make(struct ntlm_context* context,
                                         const struct initiator_view* view,
                                         struct initiator_answer* answer)
{
	/* All at once, since OpenSSL's cost is by the call. */
	TRY(crypto_random((uint8_t*)&answer->drawn, sizeof(answer->drawn)));
	if (context->credential->identity.anonymous)
		/* No NT response, one zero byte for LM, a session base key of zeros (MS-NLMP 3.3.2). */
		answer->lm_len = 1;
	else
		TRY(initiator_respond(context, view, answer));
	initiator_exchange_key(context, view->flags, answer);
	return RESULT_OK;
}

/* --- AUTHENTICATE ---------------------------------------------------------------------------- */

/* Over the three messages; in the last one the MIC is zeros until it is there (MS-NLMP 3.1.5.1.2).
 */
static enum result initiator_mic(struct ntlm_messages* messages, const struct key* exported,
                                 size_t mic_offset)
{
	const struct bytes input[] = { blob_bytes(&messages->negotiate),
		                           blob_bytes(&messages->challenge),
		                           blob_bytes(&messages->authenticate) };
	uint8_t mic[NTLM_MIC_SIZE];

	TRY(ntlm_mic(exported, input, 3, mic));
	bytes_copy(messages->authenticate.data + mic_offset, BYTES_OF(mic));
	messages->mic_offset = mic_offset;
	return RESULT_OK;
}

static enum result initiator_write(struct ntlm_context* context, const struct initiator_view* view,
                                   const struct initiator_answer* answer)
{
	const struct ntlm_credential* const credential = context->credential;
	const bool anonymous = credential->identity.anonymous;
	const struct ntlm_authenticate authenticate = {
		.flags = view->flags | (anonymous ? NTLM_NEGOTIATE_ANONYMOUS : 0),
		.lm_response = bytes_make(answer->lm_response, answer->lm_len),
		.nt_response = blob_bytes(&answer->nt_response),
		.domain = blob_bytes(&credential->identity.domain),
		.user = blob_bytes(&credential->identity.user),
		.workstation = context->workstation,
		.encrypted_session_key = bytes_make(answer->encrypted, answer->encrypted_len)
	};
	size_t mic_offset = 0;

	TRY(ntlm_authenticate_write(&authenticate, &context->messages.authenticate, &mic_offset));
	/* The bit that announces the MIC is in the response, which an anonymous logon has not. */
	if (view->timed && !anonymous)
		TRY(initiator_mic(&context->messages, &answer->exported, mic_offset));
	context->negotiated = authenticate.flags;
	return RESULT_OK;
}

enum result ntlm_initiator_finish(struct ntlm_context* context, struct bytes challenge,
                                  struct blob* token)
{
	struct initiator_view view = { .timed = false };
	struct initiator_answer answer = { .lm_len = 0 };

	TRY(ntlm_message_keep(challenge, NTLM_MESSAGE_CHALLENGE, &context->messages.challenge,
	                      &context->fault));
	TRY(initiator_read(context, &view));
	enum result result = initiator_answer_make(context, &view, &answer);
	if (result != RESULT_OK)
		goto out;
	if ((result = initiator_write(context, &view, &answer)) != RESULT_OK)
		goto out;
	if ((result = blob_set(token, blob_bytes(&context->messages.authenticate))) != RESULT_OK)
		goto out;
	ntlm_seal_init(&context->seal, &answer.exported, view.flags, MECH_INITIATOR);
	context->report.ntlm_version = 2;
	context->state = NTLM_COMPLETE;
out:
	key_wipe(&answer.session_base);
	key_wipe(&answer.exported);
	key_wipe(&answer.drawn.exported);
	blob_free(&answer.nt_response);
	return result;
}
