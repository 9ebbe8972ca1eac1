/* SPDX-License-Identifier: Apache-2.0
 *
 * The key is computed as MS-NLMP 3.3.2 says; the mechListMICs are checked on the way, since they
 * number the messages behind them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "credssp_recording.h"
#include "ntlm/authenticate.h"
#include "ntlm/challenge.h"
#include "ntlm/field.h"
#include "ntlm/keys.h"
#include "ntlm/response.h"
#include "ntlm/seal.h"
#include "spnego/message.h"
#include "vector.h"

/* --- reading ---------------------------------------------------------------------------------- */

struct ntlm_messages
{
	struct bytes challenge;
	struct bytes authenticate;
};

static void read_ntlm(struct bytes token, struct ntlm_messages* found)
{
	if (!ntlm_is_message(token))
		return;
	if (token.data[8] == NTLM_MESSAGE_CHALLENGE)
		found->challenge = token;
	else if (token.data[8] == NTLM_MESSAGE_AUTHENTICATE)
		found->authenticate = token;
}

static void read_token(struct recording* recording, enum mech_role role, struct bytes token,
                       struct ntlm_messages* found)
{
	struct neg_token_init init;
	struct neg_token_resp resp;
	const unsigned count = recording->token_count[role];

	/* Defect D2. */
	if (count > 0 && bytes_equal(token, recording->tokens[role][count - 1]))
		return;
	recording->tokens[role][recording->token_count[role]++] = token;
	if (neg_token_is_init(token))
	{
		assert_int_equal(neg_token_init_parse(token, &init, NULL), RESULT_OK);
		assert_int_equal(blob_set(&recording->mech_types, init.mech_types), RESULT_OK);
		read_ntlm(init.mech_token, found);
	}
	else if (neg_token_is_resp(token))
	{
		assert_int_equal(neg_token_resp_parse(token, &resp, NULL), RESULT_OK);
		read_ntlm(resp.response_token, found);
		recording->mech_list_mic[role] |= resp.mech_list_mic.len > 0;
	}
	else
		read_ntlm(token, found);
}

static void read_messages(struct recording* recording, struct ntlm_messages* found)
{
	for (unsigned i = 0; i < recording->count; i++)
	{
		struct ts_request request;

		assert_int_equal(ts_request_parse(blob_bytes(&recording->messages[i]), &request, NULL),
		                 RESULT_OK);
		if (request.fields & TS_NEGO_TOKENS)
			read_token(recording, recording->roles[i], request.nego_token, found);
		if ((request.fields & TS_CLIENT_NONCE) && recording->roles[i] == MECH_INITIATOR)
			assert_int_equal(blob_set(&recording->nonce, request.client_nonce), RESULT_OK);
	}
}

static void compute_key(struct recording* recording, const struct ntlm_messages* found,
                        struct bytes password)
{
	struct ntlm_challenge challenge;
	struct ntlm_authenticate authenticate;
	struct ntlm_response response;
	struct key hash;
	struct key ntowfv2;
	struct key base;
	uint8_t proof[NTLM_PROOF_SIZE];

	assert_int_equal(ntlm_challenge_parse(found->challenge, &challenge, NULL), RESULT_OK);
	assert_int_equal(ntlm_authenticate_parse(found->authenticate, &authenticate, NULL), RESULT_OK);
	assert_int_equal(ntlm_response_parse(authenticate.nt_response, &response, NULL), RESULT_OK);
	ntlm_ntowfv1(password, &hash);
	assert_int_equal(ntlm_ntowfv2(&hash, authenticate.user, authenticate.domain, &ntowfv2),
	                 RESULT_OK);
	assert_int_equal(ntlm_proof(&ntowfv2, challenge.server_challenge, response.temp, proof),
	                 RESULT_OK);
	assert_true(bytes_equal(response.proof, BYTES_OF(proof)));
	assert_int_equal(ntlm_session_base_key(&ntowfv2, BYTES_OF(proof), &base), RESULT_OK);
	assert_int_equal(authenticate.encrypted_session_key.len, KEY_SIZE);
	ntlm_key_exchange(&base, authenticate.encrypted_session_key, recording->exported.bytes);
	recording->flags = authenticate.flags;
}

static void finish(struct recording* recording, const struct vector* vector, const char* scope)
{
	struct ntlm_messages found = { BYTES_EMPTY, BYTES_EMPTY };
	struct blob password = vector_utf16(vector, scope, "password");

	read_messages(recording, &found);
	compute_key(recording, &found, blob_bytes(&password));
	blob_free(&password);
}

void recording_open(struct recording* recording, const char* file)
{
	struct vector vector = vector_open(file);
	struct blob role = BLOB_EMPTY;
	struct blob hex = BLOB_EMPTY;

	*recording =
	    (struct recording){ .public_key = vector_hex(&vector, NULL, "tls_subject_public_key") };
	for (; vector_element(&vector, recording->count, "role", &role); recording->count++)
	{
		const unsigned i = recording->count;

		assert_true(i < RECORDING_MOST && vector_element(&vector, i, "ts_request", &hex));
		recording->messages[i] = test_hex_bytes(blob_bytes(&hex));
		recording->roles[i] = bytes_equal(blob_bytes(&role), BYTES_LITERAL("client"))
		                          ? MECH_INITIATOR
		                          : MECH_ACCEPTOR;
	}
	finish(recording, &vector, NULL);
	blob_free(&role);
	blob_free(&hex);
	vector_close(&vector);
}

void recording_open_case(struct recording* recording, const char* file, const char* scope,
                         const char* const* keys)
{
	struct vector vector = vector_open(file);

	*recording = (struct recording){ .count = 0 };
	if (scope)
		recording->public_key = vector_hex(&vector, scope, "public_key");
	for (; keys[recording->count]; recording->count++)
	{
		const char* const key = keys[recording->count];
		const bool server = key[0] == '<';

		recording->messages[recording->count] = vector_hex(&vector, scope, key + server);
		recording->roles[recording->count] = server ? MECH_ACCEPTOR : MECH_INITIATOR;
	}
	finish(recording, &vector, scope);
	vector_close(&vector);
}

void recording_close(struct recording* recording)
{
	for (unsigned i = 0; i < recording->count; i++)
		blob_free(&recording->messages[i]);
	blob_free(&recording->public_key);
	blob_free(&recording->nonce);
	blob_free(&recording->mech_types);
	key_wipe(&recording->exported);
}

bool recording_message(const struct recording* recording, enum mech_role role, unsigned nth,
                       struct bytes* message)
{
	for (unsigned i = 0; i < recording->count; i++)
	{
		if (recording->roles[i] != role || nth-- > 0)
			continue;
		*message = blob_bytes(&recording->messages[i]);
		return true;
	}
	return false;
}

/* --- the mechanism ---------------------------------------------------------------------------- */

struct replay
{
	const struct recording* recording;
	enum mech_role role;
	unsigned given;
	unsigned taken;
	bool complete;
	struct ntlm_seal seal;
};

static enum mech_role other(enum mech_role role)
{
	return role == MECH_INITIATOR ? MECH_ACCEPTOR : MECH_INITIATOR;
}

static bool replay_is_bare(struct bytes token)
{
	return token.len > 0;
}

static enum result replay_open(const struct mech_request* request, void* credential, void** context)
{
	struct replay* const made = calloc(1, sizeof(*made));

	REQUIRE(made, RESULT_NO_MEMORY);
	made->recording = credential;
	made->role = request->role;
	*context = made;
	return RESULT_OK;
}

/* The MIC that the peer sent, in the last of its tokens that has one. */
static struct bytes peer_mic(const struct replay* replay)
{
	const enum mech_role peer = other(replay->role);
	struct neg_token_resp resp = { .mech_list_mic = BYTES_EMPTY };

	for (unsigned i = replay->recording->token_count[peer]; i-- > 0 && resp.mech_list_mic.len == 0;)
	{
		if (neg_token_is_resp(replay->recording->tokens[peer][i]))
			assert_int_equal(neg_token_resp_parse(replay->recording->tokens[peer][i], &resp, NULL),
			                 RESULT_OK);
	}
	return resp.mech_list_mic;
}

/* MS-SPNG 3.3.5.1: a mechListMIC takes number 0 of its direction. */
static enum result start_seal(struct replay* replay)
{
	const struct recording* const recording = replay->recording;
	const struct bytes list = blob_bytes(&recording->mech_types);
	struct blob mic = BLOB_EMPTY;

	ntlm_seal_init(&replay->seal, &recording->exported, recording->flags, replay->role);
	if (recording->mech_list_mic[other(replay->role)])
		TRY(ntlm_seal_mic_verify(&replay->seal, list, peer_mic(replay)));
	if (recording->mech_list_mic[replay->role])
		TRY(ntlm_seal_mic_make(&replay->seal, list, &mic));
	blob_free(&mic);
	return RESULT_OK;
}

static enum result replay_step(void* context, const struct mech_input* input,
                               struct mech_output* output)
{
	struct replay* const replay = context;
	const struct recording* const recording = replay->recording;
	const enum mech_role role = replay->role;
	const enum mech_role peer = other(role);

	if (role == MECH_ACCEPTOR || replay->given > 0)
	{
		REQUIRE(replay->taken < recording->token_count[peer], RESULT_OUT_OF_SEQUENCE);
		REQUIRE(bytes_equal(input->token, recording->tokens[peer][replay->taken++]),
		        RESULT_ALTERED);
	}
	if (replay->given < recording->token_count[role])
		TRY(blob_set(&output->token, recording->tokens[role][replay->given++]));
	replay->complete = replay->given == recording->token_count[role] &&
	                   replay->taken == recording->token_count[peer];
	output->complete = replay->complete;
	return replay->complete ? start_seal(replay) : RESULT_OK;
}

static bool replay_demands_mic(const void* context)
{
	(void)context;
	return false;
}

static enum result replay_wrap(void* context, bool seal, struct mech_part* parts, size_t count,
                               uint8_t* trailer, size_t* trailer_len)
{
	struct replay* const replay = context;

	return ntlm_seal_wrap(&replay->seal, seal, parts, count, trailer, trailer_len);
}

static enum result replay_unwrap(void* context, bool sealed, struct mech_part* parts, size_t count,
                                 struct bytes trailer)
{
	struct replay* const replay = context;

	return ntlm_seal_unwrap(&replay->seal, sealed, parts, count, trailer);
}

static void replay_describe(const void* context, struct mech_report* report)
{
	(void)context;
	report->source = "recording";
}

static void replay_session(const void* context, struct mech_session* session)
{
	(void)context;
	*session = (struct mech_session){ .granted = MECH_CONFIDENTIALITY,
		                              .security_trailer = NTLM_SIGNATURE_SIZE };
}

static const struct key* replay_session_key(const void* context)
{
	const struct replay* const replay = context;

	return replay->complete ? &replay->recording->exported : NULL;
}

static void replay_close(void* context)
{
	struct replay* const replay = context;

	if (!replay)
		return;
	ntlm_seal_wipe(&replay->seal);
	free(replay);
}

const struct mech* recording_mech(void)
{
	static const struct bytes oids[] = {
		{ (const uint8_t*)"\x2B\x06\x01\x04\x01\x82\x37\x02\x02\x0A", 10 },
	};
	static const struct mech mech = { .name = "recording",
		                              .oids = oids,
		                              .oid_count = 1,
		                              .is_bare_token = replay_is_bare,
		                              .open = replay_open,
		                              .step = replay_step,
		                              .demands_mic = replay_demands_mic,
		                              .wrap = replay_wrap,
		                              .unwrap = replay_unwrap,
		                              .describe = replay_describe,
		                              .session = replay_session,
		                              .session_key = replay_session_key,
		                              .close = replay_close };
	return &mech;
}
