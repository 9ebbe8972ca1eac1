/* SPDX-License-Identifier: Apache-2.0 */
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "ntlm.h"
#include "ntlm/keys.h"
#include "spnego_pair.h"
#include "vector.h"

#define USER "alice"
#define DOMAIN "LAB"
#define PASSWORD "correct horse"

/* --- what runs share --------------------------------------------------------------------------
 */

struct ntlm_world
{
	struct key hash;
	struct verifier verifier;
	struct ntlm_credential* client;
	struct ntlm_credential* server;
};

static enum result verify(void* state, const struct verify_request* request,
                          struct verify_answer* answer)
{
	const struct ntlm_world* const shared = state;
	struct blob user = test_utf16(USER);
	const bool found = bytes_equal(request->user, blob_bytes(&user));

	blob_free(&user);
	answer->user_found = found ? MECH_USER_FOUND : MECH_USER_NOT_FOUND;
	return ntlm_verify_nt_hash(request, found ? &shared->hash : NULL, answer);
}

struct ntlm_world* world_share(void)
{
	struct ntlm_world* const shared = calloc(1, sizeof(*shared));
	struct blob user = test_utf16(USER);
	struct blob domain = test_utf16(DOMAIN);
	struct blob password = test_utf16(PASSWORD);
	struct blob server = test_utf16("SERVER");

	assert_non_null(shared);
	assert_int_equal(negossp_init(), RESULT_OK);
	ntlm_ntowfv1(blob_bytes(&password), &shared->hash);
	shared->verifier = (struct verifier){ "one account", verify, shared };
	const struct ntlm_identity identity = { .user = blob_bytes(&user),
		                                    .domain = blob_bytes(&domain),
		                                    .password = blob_bytes(&password) };
	const struct ntlm_policy policy = ntlm_policy_default();
	const struct ntlm_credential_config client = { .identity = &identity, .policy = policy };
	const struct ntlm_credential_config accepting = { .verifier = &shared->verifier,
		                                              .names.netbios_computer = blob_bytes(&server),
		                                              .policy = policy };
	assert_int_equal(ntlm_credential_new(&client, &shared->client), RESULT_OK);
	assert_int_equal(ntlm_credential_new(&accepting, &shared->server), RESULT_OK);
	blob_free(&user);
	blob_free(&domain);
	blob_free(&password);
	blob_free(&server);
	return shared;
}

void world_unshare(struct ntlm_world* shared)
{
	ntlm_credential_free(shared->client);
	ntlm_credential_free(shared->server);
	key_wipe(&shared->hash);
	free(shared);
}

/* --- scripts ----------------------------------------------------------------------------------
 *
 * As support/spnego_pair.h has them, with the session's number in each token and key. */

#define STEP(taken, sent, complete)                                                                \
	{                                                                                              \
		(taken), (sent), (complete), RESULT_OK                                                     \
	}
#define SCRIPTS(number)                                                                            \
	{                                                                                              \
		{ { .steps = { STEP(NULL, "K-AP-REQ " number, false),                                      \
			           STEP("K-AP-REP " number, NULL, true) } },                                   \
		  { .steps = { STEP(NULL, "U-TGT-REQ " number, false),                                     \
			           STEP("U-TGT-REP " number, "U-AP-REQ " number, false),                       \
			           STEP("U-AP-REP " number, NULL, true) } },                                   \
		  { .steps = { STEP(NULL, "N-NEGOTIATE " number, false),                                   \
			           STEP("N-CHALLENGE " number, "N-AUTHENTICATE " number, true) },              \
			.demands_mic = true } },                                                               \
		{                                                                                          \
			{ .steps = { STEP("K-AP-REQ " number, "K-AP-REP " number, true) } },                   \
			    { .steps = { STEP("U-TGT-REQ " number, "U-TGT-REP " number, false),                \
				             STEP("U-AP-REQ " number, "U-AP-REP " number, true) } },               \
			{                                                                                      \
				.steps = { STEP("N-NEGOTIATE " number, "N-CHALLENGE " number, false),              \
					       STEP("N-AUTHENTICATE " number, NULL, true) },                           \
				.demands_mic = true                                                                \
			}                                                                                      \
		}                                                                                          \
	}

static const struct fake_script scripts[SESSIONS_MOST][2][SCRIPTED] = { SCRIPTS("1"),
	                                                                    SCRIPTS("2") };

const struct mech* world_mech(char letter)
{
	return letter == 'K' ? fake_kerberos() : letter == 'U' ? fake_u2u() : fake_ntlm();
}

static struct negossp_offer offer_of(const struct setup* setup, struct end* end, unsigned number,
                                     char letter)
{
	const size_t at = strcspn(SCRIPTED_LETTERS, (const char[]){ letter, 0 });

	if (setup->ntlm && letter == 'N')
		return (struct negossp_offer){ ntlm_mech(), end_is_initiator(number)
			                                            ? setup->shared->client
			                                            : setup->shared->server };
	end->scripts[at] = scripts[number / 2][number % 2][at];
	end->scripts[at].key = 1 + 16 * (number / 2) + at;
	if (setup->one_token && letter == 'K')
	{
		end->scripts[at].steps[0].send =
		    end_is_initiator(number) ? end->scripts[at].steps[0].send : NULL;
		end->scripts[at].steps[0].complete = true;
	}
	return (struct negossp_offer){ world_mech(letter), &end->scripts[at] };
}

static void end_open(const struct setup* setup, struct end* end, unsigned number)
{
	const char* const names = setup->offers[number % 2];
	const size_t count = strlen(names);
	struct negossp_offer offers[NEGOSSP_MAX_OFFERS];
	struct blob target = end_is_initiator(number) ? test_utf16("TERMSRV/server") : BLOB_EMPTY;
	const struct negossp_config config = {
		.request = { end_is_initiator(number) ? MECH_INITIATOR : MECH_ACCEPTOR,
		             MECH_CONFIDENTIALITY | MECH_MUTUAL_AUTH, blob_bytes(&target) },
		.framing = end_is_initiator(number) ? setup->framing : NEGOSSP_FRAMING_SPNEGO,
		.offers = offers,
		.offer_count = count
	};

	for (size_t i = 0; i < count; i++)
		offers[i] = offer_of(setup, end, number, names[i]);
	end->last_said = end->heard = -1;
	end->bare = end_is_initiator(number) && setup->framing == NEGOSSP_FRAMING_BARE;
	assert_int_equal(negossp_context_new(&config, &end->context), RESULT_OK);
	blob_free(&target);
}

void world_open(struct world* world, const struct setup* setup)
{
	memset(world, 0, sizeof(*world));
	world->setup = setup;
	for (unsigned i = 0; i < 2 * setup->sessions; i++)
		end_open(setup, &world->ends[i], i);
}

void world_close(struct world* world)
{
	for (unsigned i = 0; i < 2 * world->setup->sessions; i++)
	{
		negossp_context_free(world->ends[i].context);
		blob_free(&world->ends[i].list);
		blob_free(&world->ends[i].mic);
		for (unsigned j = 0; j <= NTLM_MESSAGE_AUTHENTICATE; j++)
			blob_free(&world->ends[i].taken[j]);
	}
	for (unsigned i = 0; i < world->said_count; i++)
		blob_free(&world->said[i].whole);
}

/* --- a delivery ------------------------------------------------------------------------------- */

/* Takes the message apart; what is neither of SPNEGO's is a token. */
static void read_said(struct said* said, struct bytes whole)
{
	said->is_init = neg_token_init_parse(whole, &said->init, NULL) == RESULT_OK;
	if (!said->is_init && neg_token_resp_parse(whole, &said->resp, NULL) != RESULT_OK)
		said->resp =
		    (struct neg_token_resp){ .neg_state = NEG_STATE_ABSENT, .response_token = whole };
	said->token = said->is_init ? said->init.mech_token : said->resp.response_token;
	said->mic = said->is_init ? said->init.mech_list_mic : said->resp.mech_list_mic;
}

static void keep_said(struct world* world, unsigned number, struct blob message)
{
	struct end* const end = &world->ends[number];
	struct said* const said = &world->said[world->said_count];

	assert_true(world->said_count < SAID_MOST);
	*said = (struct said){ .end = number, .step = world->steps, .whole = message };
	read_said(said, blob_bytes(&said->whole));
	if (said->is_init)
		assert_int_equal(blob_set(&end->list, said->init.mech_types), RESULT_OK);
	end->last_said = (int)world->said_count++;
}

/* Which of NTLM's messages a token is (MS-NLMP 2.2.1); 0 for none. */
static unsigned ntlm_type(struct bytes token)
{
	const bool is_ntlm = token.len >= NTLM_HEADER_SIZE && memcmp(token.data, "NTLMSSP", 8) == 0;
	const uint64_t type = is_ntlm ? little_endian_get(token.data + 8, 4) : 0;

	return type <= NTLM_MESSAGE_AUTHENTICATE ? (unsigned)type : 0;
}

struct bytes world_said(const struct world* world, unsigned end, enum ntlm_message_type type)
{
	for (unsigned i = world->said_count; i-- > 0;)
	{
		if (world->said[i].end == end && ntlm_type(world->said[i].token) == type)
			return world->said[i].token;
	}
	return BYTES_EMPTY;
}

/* What an end that took the message has been told in it. */
static void keep_taken(struct end* end, bool first, struct bytes message)
{
	struct said heard = { .step = 0 };

	read_said(&heard, message);
	const unsigned type = ntlm_type(heard.token);
	if (first && heard.is_init)
		assert_int_equal(blob_set(&end->list, heard.init.mech_types), RESULT_OK);
	else if (first)
		end->bare = true;
	if ((first && heard.is_init) || heard.resp.mech_list_mic.len > 0)
		assert_int_equal(blob_set(&end->mic, heard.mic), RESULT_OK);
	if (type > 0)
		assert_int_equal(blob_set(&end->taken[type], heard.token), RESULT_OK);
}

static bool goes_on(struct end* end, const struct mech_input* input)
{
	struct mech_output output = { BLOB_EMPTY, false };
	const bool took = negossp_step(end->context, input, &output) == RESULT_OK || output.complete ||
	                  output.token.len > 0;

	blob_free(&output.token);
	return took;
}

const char* world_go_on(struct world* world)
{
	const struct mech_input input = { world->said_count > 0
		                                  ? blob_bytes(&world->said[world->said_count - 1].whole)
		                                  : BYTES_EMPTY,
		                              NULL };

	for (unsigned i = 0; i < 2 * world->setup->sessions; i++)
	{
		if (world->ends[i].phase == PHASE_COMPLETE && goes_on(&world->ends[i], &input))
			return "an end that was complete went on";
	}
	return NULL;
}

/* Those of the session's own TLS channel. */
static const struct channel_bindings* bindings_of(const struct world* world, unsigned number)
{
	static const struct channel_bindings each[SESSIONS_MOST] = {
		{ .application = { (const uint8_t*)"tls-server-end-point:1", 22 } },
		{ .application = { (const uint8_t*)"tls-server-end-point:2", 22 } }
	};

	return world->setup->bound ? &each[number / 2] : NULL;
}

const char* world_deliver(struct world* world, unsigned number, struct bytes message)
{
	struct end* const end = &world->ends[number];
	const struct mech_input input = { message, bindings_of(world, number) };
	struct mech_output output = { BLOB_EMPTY, false };
	const bool first = end->phase == PHASE_NEW;

	world->steps++;
	end->heard = (int)world->said_count - 1;
	end->result = negossp_step(end->context, &input, &output);
	if (end->result != RESULT_OK)
	{
		end->phase = PHASE_DEAD;
		if (output.complete || output.token.len > 0)
			return "an end that failed gave something out";
		return goes_on(end, &input) ? "an end that had failed went on" : NULL;
	}
	keep_taken(end, first && !end_is_initiator(number), message);
	end->phase = output.complete ? PHASE_COMPLETE : PHASE_RUNNING;
	if (output.token.len > 0)
		keep_said(world, number, output.token);
	else if (!output.complete)
		return "an end goes on and has said nothing: it waits for itself";
	return NULL;
}
