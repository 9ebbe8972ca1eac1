/* SPDX-License-Identifier: Apache-2.0
 *
 * The order of AUTHENTICATE's checks: everything is parsed; what is refused whoever asks (NTLMv1,
 * dropped flags) is refused; then the verifier says whether NTProofStr is right; then the MIC, and
 * only then what a proven user's initiator may still have wrong: bindings, target, reflection.
 */
#include "ntlm/acceptor.h"

#include "base/crypto.h"
#include "base/utf16.h"
#include "ntlm/authenticate.h"
#include "ntlm/challenge.h"
#include "ntlm/flags.h"
#include "ntlm/keys.h"
#include "ntlm/negotiate.h"
#include "ntlm/response.h"

/* LMv2's size, and NTLMv1's; nothing in LmChallengeResponse may be longer (CVE-2022-2127). */
#define LM_RESPONSE_MAX 24

/* The three messages as they were read. */
struct acceptor_view
{
	struct ntlm_negotiate negotiate;
	struct ntlm_challenge challenge;
	struct ntlm_av_list challenge_pairs;
	struct ntlm_authenticate authenticate;
	bool anonymous;
	struct ntlm_response response; /* empty when there is none of NTLMv2 */
	struct blob mic_input;         /* what the MIC covers; empty where there is none */
	uint32_t flags;                /* negotiated */
};

/* --- NEGOTIATE in, CHALLENGE out ------------------------------------------------------------- */

static enum result acceptor_challenge_write(struct ntlm_context* context, uint32_t flags)
{
	const struct ntlm_names names = ntlm_credential_names(context->credential);
	uint8_t drawn[NTLM_CHALLENGE_SIZE];
	const uint64_t now = ntlm_overridden(context, NTLM_OVERRIDE_CHALLENGE_TIMESTAMP)
	                         ? little_endian_get(context->overrides.challenge_timestamp, 8)
	                         : ntlm_time_now();
	struct blob pairs = BLOB_EMPTY;

	TRY(crypto_random(drawn, sizeof(drawn)));
	if (ntlm_overridden(context, NTLM_OVERRIDE_SERVER_CHALLENGE))
		bytes_copy(drawn, BYTES_OF(context->overrides.server_challenge));
	TRY(ntlm_acceptor_pairs_write(&names, now, &pairs));
	const struct bytes target = names.target.len > 0 ? names.target : names.netbios_computer;
	const struct ntlm_challenge challenge = { .flags = flags,
		                                      .target_name = (flags & NTLM_TARGET_TYPE_SERVER)
		                                                         ? target
		                                                         : BYTES_EMPTY,
		                                      .server_challenge = BYTES_OF(drawn),
		                                      .target_info = blob_bytes(&pairs) };
	const enum result result = ntlm_challenge_write(&challenge, &context->messages.challenge);
	blob_free(&pairs);
	TRY(result);
	ntlm_reflection_issued(&context->reflection, challenge.server_challenge);
	return RESULT_OK;
}

enum result ntlm_acceptor_start(struct ntlm_context* context, struct bytes token,
                                struct blob* output)
{
	struct mech_report* const report = &context->report;
	struct ntlm_negotiate negotiate;
	struct ntlm_challenge challenge;

	TRY(ntlm_message_keep(token, NTLM_MESSAGE_NEGOTIATE, &context->messages.negotiate,
	                      &context->fault));
	TRY(ntlm_negotiate_parse(blob_bytes(&context->messages.negotiate), &negotiate,
	                         &context->fault));
	const uint32_t flags =
	    ntlm_flags_grant(negotiate.flags, context->credential->policy.send_version);
	const char* const objection = ntlm_flags_objection(context->asked, flags);
	if (objection)
		return ntlm_refuse(context, RESULT_POLICY, objection);
	if (!(flags & NTLM_NEGOTIATE_NTLM))
		return ntlm_refuse(context, RESULT_POLICY,
		                   "the client does not offer NTLM, only the older LM: use a newer client");

	TRY(acceptor_challenge_write(context, flags));
	TRY(ntlm_challenge_parse(blob_bytes(&context->messages.challenge), &challenge, NULL));
	TRY(blob_set(output, blob_bytes(&context->messages.challenge)));
	context->negotiated = flags;
	report->target_info = challenge.target_info;
	report->server_name = blob_bytes(&context->credential->netbios_computer);
	context->state = NTLM_ACCEPTOR_AWAITS_AUTHENTICATE;
	return RESULT_OK;
}

/* --- AUTHENTICATE: what it says -------------------------------------------------------------- */

/* What was proven must be what is reported, to hosts that join domain and user with a backslash and
 * end strings at a NUL: so neither holds a NUL, and only a user name alone may hold the domain. */
static bool names_are_ambiguous(const struct ntlm_authenticate* authenticate)
{
	const struct bytes user = authenticate->user;
	const struct bytes domain = authenticate->domain;

	return utf16_has(user, 0) || utf16_has(domain, 0) || utf16_has(domain, '\\') ||
	       (domain.len != 0 && utf16_has(user, '\\'));
}

/* The answer to the challenge, where it is NTLMv2's, and what there is in it to be looked at, which
 * a refusal may come before. */
static enum result acceptor_read_response(struct ntlm_context* context, struct acceptor_view* view)
{
	const struct bytes answer = view->authenticate.nt_response;
	const struct bytes* const pairs = view->response.pairs.value;
	struct mech_report* const report = &context->report;

	if (answer.len == 0 || answer.len == NTLM_V1_RESPONSE_SIZE)
		return RESULT_OK;
	TRY(ntlm_response_parse(answer, &view->response, &context->fault));
	/* Told as a string, it would end at a NUL and so be another service's name. */
	WELL_FORMED(!utf16_has(pairs[NTLM_AV_TARGET_NAME], 0), &context->fault, "MsvAvTargetName",
	            "holds a NUL");
	const uint32_t flags = ntlm_av_flags(&view->response.pairs);
	report->target = pairs[NTLM_AV_TARGET_NAME];
	report->target_is_untrusted = flags & NTLM_AV_FLAG_UNTRUSTED_TARGET; /* MS-NLMP 3.2.5.1.2 */
	report->proof = MECH_CHECK_NOT_LOOKED_AT;
	if (flags & NTLM_AV_FLAG_MIC)
		report->mic = MECH_CHECK_NOT_LOOKED_AT;
	if (!ntlm_bindings_are_absent(pairs[NTLM_AV_CHANNEL_BINDINGS]))
		report->bindings = MECH_CHECK_NOT_LOOKED_AT;
	if (report->target.len > 0)
		report->target_name = MECH_CHECK_NOT_LOOKED_AT;
	return RESULT_OK;
}

static enum result acceptor_read(struct ntlm_context* context, struct acceptor_view* view)
{
	struct mech_report* const report = &context->report;
	struct ntlm_authenticate* const authenticate = &view->authenticate;
	struct fault* const fault = &context->fault;

	TRY(ntlm_negotiate_parse(blob_bytes(&context->messages.negotiate), &view->negotiate, fault));
	TRY(ntlm_challenge_parse(blob_bytes(&context->messages.challenge), &view->challenge, fault));
	TRY(ntlm_av_parse(view->challenge.target_info, &view->challenge_pairs, fault));
	TRY(ntlm_authenticate_parse(blob_bytes(&context->messages.authenticate), authenticate, fault));
	view->flags = authenticate->flags & view->challenge.flags;
	WELL_FORMED(authenticate->lm_response.len <= LM_RESPONSE_MAX, fault, "LmChallengeResponse",
	            "is longer than 24 bytes");
	WELL_FORMED(authenticate->user.len % 2 == 0, fault, "UserName", "has half a character");
	WELL_FORMED(authenticate->domain.len % 2 == 0, fault, "DomainName", "has half a character");
	WELL_FORMED(authenticate->workstation.len % 2 == 0, fault, "Workstation",
	            "has half a character");
	TRY(acceptor_read_response(context, view));
	if (names_are_ambiguous(authenticate))
		return ntlm_refuse(context, RESULT_MALFORMED,
		                   "AUTHENTICATE: UserName or DomainName holds a NUL or a backslash that "
		                   "makes unclear who logs on: give user name and domain separately");
	report->user = authenticate->user;
	report->domain = authenticate->domain;
	report->workstation = authenticate->workstation;
	context->negotiated = view->flags;
	return RESULT_OK;
}

static enum result acceptor_check_flags(struct ntlm_context* context, struct acceptor_view* view)
{
	const struct bytes key = view->authenticate.encrypted_session_key;

	if (ntlm_flags_dropped(view->negotiate.flags, view->challenge.flags, view->authenticate.flags))
		return ntlm_refuse(context, RESULT_ALTERED,
		                   "the client's last message drops a protection that both sides had "
		                   "agreed on: somebody in between has changed a message (CVE-2016-2110), "
		                   "or the client is broken");
	/* MS-NLMP 3.1.5.1.2. Where nothing is protected some send one all the same, and others, which
	 * pyspnego is one of, something short that is none. */
	const bool optional = (view->flags & NTLM_NEGOTIATE_KEY_EXCH) &&
	                      !ntlm_flags_exchange_key(view->flags) && key.len < KEY_SIZE;
	WELL_FORMED(optional || key.len == ((view->flags & NTLM_NEGOTIATE_KEY_EXCH) ? KEY_SIZE : 0U),
	            &context->fault, "EncryptedRandomSessionKey",
	            "is not 16 bytes with KEY_EXCH, or not empty without");
	if (optional)
		view->authenticate.encrypted_session_key = BYTES_EMPTY;
	return RESULT_OK;
}

/* Which kind of logon this is; everything but NTLMv2 and a permitted anonymous one ends here. */
static enum result acceptor_check_version(struct ntlm_context* context, struct acceptor_view* view)
{
	const struct ntlm_authenticate* const authenticate = &view->authenticate;
	const size_t nt = authenticate->nt_response.len;
	const size_t lm = authenticate->lm_response.len;

	if (nt == 0 && authenticate->user.len == 0 && lm <= 1)
	{
		view->anonymous = true;
		context->report.source = "anonymous";
		if (context->credential->policy.allow_anonymous)
			return RESULT_OK;
		return ntlm_refuse(context, RESULT_LOGON_DENIED,
		                   "the client logs on anonymously, which is not allowed here: give it a "
		                   "user name and a password");
	}
	if (nt == NTLM_V1_RESPONSE_SIZE || (nt == 0 && lm != 0))
	{
		context->report.ntlm_version = 1;
		return ntlm_refuse(context, RESULT_POLICY,
		                   nt ? "the client answers with NTLMv1, which is refused: let it send "
		                        "NTLMv2 (LmCompatibilityLevel 3 or more on Windows)"
		                      : "the client answers with LM or LMv2 alone, which is refused: let "
		                        "it send NTLMv2 (LmCompatibilityLevel 3 or more on Windows)");
	}
	if (nt == 0 || authenticate->user.len == 0)
		return ntlm_refuse(context, RESULT_LOGON_DENIED,
		                   nt ? "the client names no user: give it a user name"
		                      : "the client sent no answer to the challenge: give it a password");
	context->report.ntlm_version = 2;
	return RESULT_OK;
}

/* When AvFlags announces a MIC, what that covers. AvFlags is inside of what NTProofStr covers, so
 * nobody can take the announcement away (CVE-2019-1040). */
static enum result acceptor_read_mic(struct ntlm_context* context, struct acceptor_view* view)
{
	struct ntlm_messages* const messages = &context->messages;

	if (!(ntlm_av_flags(&view->response.pairs) & NTLM_AV_FLAG_MIC))
		return RESULT_OK;
	WELL_FORMED(view->authenticate.mic_offset != 0, &context->fault,
	            "the MIC that MsvAvFlags announces", "has no room");
	messages->mic_offset = view->authenticate.mic_offset;
	return ntlm_context_mic_input(context, &view->mic_input);
}

/* --- AUTHENTICATE: whether it is right ------------------------------------------------------- */

static enum result acceptor_ask(struct ntlm_context* context, const struct verify_request* request,
                                struct verify_answer* answer)
{
	const struct verifier* const verifier = context->credential->verifier;
	const struct ntlm_overrides* const overrides = &context->overrides;

	context->report.source = "the application";
	if (ntlm_overridden(context, NTLM_OVERRIDE_NTOWFV2))
		return ntlm_verify_ntowfv2(request, &overrides->ntowfv2, answer);
	if (ntlm_overridden(context, NTLM_OVERRIDE_NT_HASH))
		return ntlm_verify_nt_hash(request, &overrides->nt_hash, answer);
	context->report.source = verifier->name;
	return verifier->verify(verifier->state, request, answer);
}

static enum mech_check proof_verdict(enum result result)
{
	switch (result)
	{
		case RESULT_OK:
		case RESULT_ACCOUNT_DISABLED:
		case RESULT_PASSWORD_EXPIRED:
		case RESULT_PASSWORD_MUST_CHANGE:
		case RESULT_ACCOUNT_EXPIRED:
		case RESULT_LOGON_HOURS:
		case RESULT_WORKSTATION:
		case RESULT_NOT_ADMITTED:
			return MECH_CHECK_OK;
		case RESULT_LOGON_DENIED:
			return MECH_CHECK_FAILED;
		default:
			return MECH_CHECK_NOT_LOOKED_AT;
	}
}

static enum result acceptor_verify(struct ntlm_context* context, const struct acceptor_view* view,
                                   struct key* session_base)
{
	const bool mic = context->messages.mic_offset != 0;
	const struct verify_request request = { .user = view->authenticate.user,
		                                    .domain = view->authenticate.domain,
		                                    .workstation = view->authenticate.workstation,
		                                    .server_challenge = view->challenge.server_challenge,
		                                    .nt_response = view->authenticate.nt_response,
		                                    .encrypted_session_key =
		                                        view->authenticate.encrypted_session_key,
		                                    .mic = mic ? view->authenticate.mic : BYTES_EMPTY,
		                                    .mic_input = blob_bytes(&view->mic_input) };
	struct verify_answer answer = { .user_found = MECH_USER_NOT_ASKED };

	const enum result result = acceptor_ask(context, &request, &answer);
	context->words = answer.words;
	context->report.user_found = answer.user_found;
	context->report.proof = answer.unproven ? MECH_CHECK_NOT_LOOKED_AT : proof_verdict(result);
	context->report.sid = answer.sid;
	context->report.member = answer.member;
	if (answer.source)
		context->report.source = answer.source;
	if (result == RESULT_OK)
		*session_base = answer.session_base_key;
	else
		context->report.reason = answer.reason;
	if (result == RESULT_OK && answer.user.len > 0)
	{
		context->report.user = answer.user;
		context->report.domain = answer.domain;
	}
	if (result == RESULT_LOGON_DENIED && !answer.reason)
		context->report.reason = "the password is wrong or the user unknown (the client is not "
		                         "told which): check user, domain and password";
	key_wipe(&answer.session_base_key);
	return result;
}

static enum result acceptor_check_mic(struct ntlm_context* context,
                                      const struct acceptor_view* view, const struct key* exported)
{
	const struct bytes input = blob_bytes(&view->mic_input);
	uint8_t expected[NTLM_MIC_SIZE];

	if (context->messages.mic_offset == 0)
		return RESULT_OK;
	TRY(ntlm_mic(exported, &input, 1, expected));
	const bool right = secret_equal(BYTES_OF(expected), view->authenticate.mic);
	secret_wipe(expected, sizeof(expected));
	context->report.mic = right ? MECH_CHECK_OK : MECH_CHECK_FAILED;
	if (!right)
		return ntlm_refuse(context, RESULT_ALTERED,
		                   "the password is right and the MIC over the three NTLM messages is "
		                   "not: somebody in between has changed one of them");
	return RESULT_OK;
}

/* The time in CHALLENGE is what makes an initiator send a MIC, and CHALLENGE itself is protected by
 * that MIC alone. So it must come back: else whoever takes it out on the way takes the MIC out too
 * (CVE-2019-1040 and after). Initiators copy the whole list (MS-NLMP 3.1.5.1.2). */
static enum result acceptor_check_echo(struct ntlm_context* context,
                                       const struct acceptor_view* view)
{
	uint64_t sent = 0;
	uint64_t received = 0;

	if (view->anonymous)
		return RESULT_OK;
	if (!ntlm_av_timestamp(&view->challenge_pairs, &sent) ||
	    !ntlm_av_timestamp(&view->response.pairs, &received) || sent != received)
		return ntlm_refuse(context, RESULT_ALTERED,
		                   "the client's answer does not repeat the time of our CHALLENGE: "
		                   "somebody in between has changed it, or the client is broken");
	if (view->response.timestamp != sent && view->response.timestamp != 0)
	{
		context->report.clock_known = true;
		context->report.clock_difference =
		    ntlm_time_difference(view->response.timestamp, ntlm_time_now());
	}
	return RESULT_OK;
}

static enum result acceptor_check_policy(struct ntlm_context* context,
                                         const struct acceptor_view* view)
{
	const struct ntlm_policy* const policy = &context->credential->policy;
	struct mech_report* const report = &context->report;
	const struct bytes* const pairs = view->response.pairs.value;

	TRY(acceptor_check_echo(context, view));
	TRY(ntlm_bindings_check(policy->bindings, &context->bindings, pairs[NTLM_AV_CHANNEL_BINDINGS],
	                        &report->bindings, &report->reason));
	TRY(ntlm_target_check(policy->target, policy->accepted_target, pairs[NTLM_AV_TARGET_NAME],
	                      report->target_is_untrusted, &report->target_name, &report->reason));
	if (policy->refuse_reflection && ntlm_reflection_answered(&context->reflection))
		return ntlm_refuse(context, RESULT_LOGON_DENIED,
		                   "the answer was made by a client in this very process: somebody is "
		                   "reflecting the logon (CVE-2025-33073); if it is meant to be, turn "
		                   "refusing reflection off");
	return RESULT_OK;
}

/* Proof, key exchange, MIC and policy, in this order; ExportedSessionKey if all is right. */
static enum result acceptor_authenticate(struct ntlm_context* context,
                                         const struct acceptor_view* view, struct key* exported)
{
	const struct bytes encrypted = view->authenticate.encrypted_session_key;
	struct key session_base = { { 0 } }; /* stays so when anonymous (MS-NLMP 3.3.2) */

	if (!view->anonymous)
		TRY(acceptor_verify(context, view, &session_base));
	if (encrypted.len == KEY_SIZE)
		ntlm_key_exchange(&session_base, encrypted, exported->bytes);
	else
		*exported = session_base;
	key_wipe(&session_base);
	TRY(acceptor_check_mic(context, view, exported));
	return acceptor_check_policy(context, view);
}

enum result ntlm_acceptor_finish(struct ntlm_context* context, struct bytes token)
{
	struct acceptor_view view = { .anonymous = false };
	struct key exported = { { 0 } };

	TRY(ntlm_message_keep(token, NTLM_MESSAGE_AUTHENTICATE, &context->messages.authenticate,
	                      &context->fault));
	TRY(acceptor_read(context, &view));
	TRY(acceptor_check_flags(context, &view));
	TRY(acceptor_check_version(context, &view));
	if (!view.anonymous)
		TRY(acceptor_read_mic(context, &view));
	context->fault = (struct fault){ 0 };

	enum result result = acceptor_authenticate(context, &view, &exported);
	if (result != RESULT_OK)
		goto out;
	ntlm_seal_init(&context->seal, &exported, view.flags, MECH_ACCEPTOR);
	if (view.anonymous)
	{
		context->negotiated |= NTLM_NEGOTIATE_ANONYMOUS;
		/* Nothing proves what the client may have named. */
		context->report.domain = BYTES_EMPTY;
	}
	context->state = NTLM_COMPLETE;
out:
	blob_free(&view.mic_input);
	key_wipe(&exported);
	return result;
}
