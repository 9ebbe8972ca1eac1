/* SPDX-License-Identifier: Apache-2.0
 *
 * The keys are derived as the acceptor derives them, and wiped before anything is returned.
 */
#include "judge.h"

#include "base/utf16.h"
#include "credssp/ts_request.h"
#include "ntlm/authenticate.h"
#include "ntlm/challenge.h"
#include "ntlm/field.h"
#include "ntlm/flags.h"
#include "ntlm/keys.h"
#include "ntlm/response.h"
#include "ntlm/seal.h"
#include "spnego/message.h"

static const char right_words[] = "right";
static const char none_words[] = "none is announced";

/* --- what was seen -----------------------------------------------------------------------------
 */

static void exchange_add_mic(struct exchange* exchange, struct bytes mic)
{
	if (mic.len > 0 && exchange->mic_count < JUDGE_MICS)
		exchange->mics[exchange->mic_count++] = mic;
}

void exchange_add(struct exchange* exchange, struct bytes token)
{
	struct ts_request request;
	struct neg_token_init init;
	struct neg_token_resp resp;

	if (ts_request_parse(token, &request, NULL) == RESULT_OK)
		token = request.nego_token;
	if (neg_token_init_parse(token, &init, NULL) == RESULT_OK)
	{
		exchange->mech_types = init.mech_types;
		token = init.mech_token;
	}
	else if (neg_token_resp_parse(token, &resp, NULL) == RESULT_OK)
	{
		exchange_add_mic(exchange, resp.mech_list_mic);
		token = resp.response_token;
	}
	for (uint8_t type = NTLM_MESSAGE_NEGOTIATE; type <= NTLM_MESSAGE_AUTHENTICATE; type++)
	{
		struct reader reader;
		if (ntlm_header_read(token, type, &reader, NULL) == RESULT_OK)
			exchange->ntlm[type - 1] = token;
	}
}

/* --- whether it is right -----------------------------------------------------------------------
 */

struct parsed
{
	struct ntlm_challenge challenge;
	struct ntlm_authenticate authenticate;
	struct ntlm_response response;
};

/* NULL, or why nothing can be judged. */
static const char* judge_parse(const struct exchange* exchange, struct parsed* parsed)
{
	static const char* const missing[] = { "cannot be judged: NEGOTIATE missing",
		                                   "cannot be judged: CHALLENGE missing",
		                                   "cannot be judged: AUTHENTICATE missing" };

	for (size_t i = 0; i < 3; i++)
	{
		if (exchange->ntlm[i].len == 0)
			return missing[i];
	}
	if (ntlm_challenge_parse(exchange->ntlm[1], &parsed->challenge, NULL) != RESULT_OK)
		return "cannot be judged: CHALLENGE is malformed";
	if (ntlm_authenticate_parse(exchange->ntlm[2], &parsed->authenticate, NULL) != RESULT_OK)
		return "cannot be judged: AUTHENTICATE is malformed";
	if (ntlm_response_parse(parsed->authenticate.nt_response, &parsed->response, NULL) != RESULT_OK)
		return "cannot be judged: the answer is not NTLMv2's";
	return NULL;
}

/* NTOWFv2 of the password and who AUTHENTICATE says it is. */
static enum result judge_ntowfv2(const struct parsed* parsed, struct bytes password,
                                 struct key* ntowfv2)
{
	struct blob utf16 = BLOB_EMPTY;
	struct key nt_hash;
	enum result result;

	if ((result = utf16_from_utf8(password, &utf16)) != RESULT_OK)
		return result;
	ntlm_ntowfv1(blob_bytes(&utf16), &nt_hash);
	result =
	    ntlm_ntowfv2(&nt_hash, parsed->authenticate.user, parsed->authenticate.domain, ntowfv2);
	key_wipe(&nt_hash);
	secret_wipe(utf16.data, utf16.len);
	blob_free(&utf16);
	return result;
}

/* RESULT_OK with ExportedSessionKey, RESULT_LOGON_DENIED where NTProofStr is wrong. */
static enum result judge_proof(const struct parsed* parsed, const struct key* ntowfv2,
                               struct key* exported)
{
	uint8_t proof[NTLM_PROOF_SIZE];

	TRY(ntlm_proof(ntowfv2, parsed->challenge.server_challenge, parsed->response.temp, proof));
	REQUIRE(secret_equal(BYTES_OF(proof), parsed->response.proof), RESULT_LOGON_DENIED);
	TRY(ntlm_session_base_key(ntowfv2, parsed->response.proof, exported));
	if (ntlm_flags_exchange_key(parsed->authenticate.flags) &&
	    parsed->authenticate.encrypted_session_key.len == KEY_SIZE)
	{
		struct key base = *exported;
		ntlm_key_exchange(&base, parsed->authenticate.encrypted_session_key, exported->bytes);
		key_wipe(&base);
	}
	return RESULT_OK;
}

static const char* judge_mic(const struct exchange* exchange, const struct parsed* parsed,
                             const struct key* exported)
{
	struct blob input = BLOB_EMPTY;
	uint8_t mic[NTLM_MIC_SIZE] = { 0 };

	if (!(ntlm_av_flags(&parsed->response.pairs) & NTLM_AV_FLAG_MIC))
		return none_words;
	if (parsed->authenticate.mic.len == 0)
		return "wrong: it is announced and is not there";
	enum result result =
	    ntlm_mic_input_write(exchange->ntlm[0], exchange->ntlm[1], exchange->ntlm[2],
	                         parsed->authenticate.mic_offset, &input);
	if (result == RESULT_OK)
		result = ntlm_mic(exported, &(struct bytes){ input.data, input.len }, 1, mic);
	blob_free(&input);
	if (result != RESULT_OK)
		return "cannot be judged: there is not enough memory";
	return secret_equal(BYTES_OF(mic), parsed->authenticate.mic)
	           ? right_words
	           : "wrong: one of the three messages was changed on the way";
}

/* Whose it is is found by whose keys it fits. */
static const char* judge_mech_list_mic(struct bytes mech_types, struct bytes mic,
                                       const struct parsed* parsed, const struct key* exported)
{
	static const struct
	{
		enum mech_role receiver;
		const char* words;
	} ends[] = { { MECH_ACCEPTOR, "right (the initiator's)" },
		         { MECH_INITIATOR, "right (the acceptor's)" } };

	if (mech_types.len == 0)
		return "cannot be judged: NegTokenInit missing";
	for (size_t i = 0; i < 2; i++)
	{
		struct ntlm_seal seal;
		ntlm_seal_init(&seal, exported, parsed->authenticate.flags, ends[i].receiver);
		const enum result result = ntlm_seal_mic_verify(&seal, mech_types, mic);
		ntlm_seal_wipe(&seal);
		if (result == RESULT_OK)
			return ends[i].words;
	}
	return "wrong: the list of mechanisms was changed on the way, or another key was used";
}

static bool judge_say(struct outline* outline, const char* name, const char* words)
{
	outline_value(outline, name, words);
	return words == right_words || words == none_words;
}

static bool judge_with_key(struct outline* outline, const struct exchange* exchange,
                           const struct parsed* parsed, const struct key* exported)
{
	const char* words[JUDGE_MICS];
	bool right = judge_say(outline, "NTProofStr", right_words);

	right = judge_say(outline, "MIC", judge_mic(exchange, parsed, exported)) && right;
	for (size_t i = 0; i < exchange->mic_count; i++)
	{
		words[i] = judge_mech_list_mic(exchange->mech_types, exchange->mics[i], parsed, exported);
		right = words[i][0] == 'r' && right;
	}
	outline_list(outline, "mechListMIC", words, exchange->mic_count);
	return right;
}

bool exchange_judge(struct outline* outline, const struct exchange* exchange, struct bytes password)
{
	struct parsed parsed = { 0 };
	struct key ntowfv2;
	struct key exported;
	bool right = false;
	const char* problem = judge_parse(exchange, &parsed);

	outline_begin(outline, "judgement");
	if (!problem)
	{
		enum result result = judge_ntowfv2(&parsed, password, &ntowfv2);
		if (result == RESULT_OK)
			result = judge_proof(&parsed, &ntowfv2, &exported);
		if (result == RESULT_OK)
			right = judge_with_key(outline, exchange, &parsed, &exported);
		else
			problem = result == RESULT_LOGON_DENIED
			              ? "wrong: another password, or another user or domain than AUTHENTICATE's"
			          : result == RESULT_MALFORMED ? "cannot be judged: the password is no UTF-8"
			          : result == RESULT_CRYPTO
			              ? "cannot be judged: OpenSSL has no MD5 (FIPS mode?)"
			              : "cannot be judged: there is not enough memory";
		key_wipe(&ntowfv2);
		key_wipe(&exported);
	}
	if (problem)
		outline_value(outline, "NTProofStr", problem);
	outline_end(outline);
	return right;
}
