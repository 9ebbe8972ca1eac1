/* SPDX-License-Identifier: Apache-2.0
 *
 * Two exchanges of CredSSP at once, each between a client and a server, with somebody between them
 * who has ended TLS and knows the password: he answers NTLM, makes every MIC and seals what he
 * likes for either end. An oracle of its own judges each step that an end went on after, and that
 * it is complete: then the peer has shown with the exchange's key that it saw this public key,
 * under this nonce and version, and nothing was delegated before.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adversary_credssp.h"
#include "reached.h"
#include "credssp_session.h"
#include "fixed.h"
#include "input.h"
#include "sandbox.h"

#define SESSIONS 2

const unsigned input_op_count = OP_CREDSSP_COUNT;
const uint8_t input_edits[] = { OP_FLIP,     OP_FIELD,  OP_PAIR,    OP_NEG,    OP_FLAGS,   OP_CUT,
	                            OP_TS_FIELD, OP_TS_OLD, OP_TS_SEAL, OP_TS_RAW, OP_TS_HEAD, OP_OLD,
	                            OP_TS_FIELD, OP_TS_OLD, OP_TS_SEAL, OP_SWAP,   OP_TS_SEAL };
const unsigned input_edit_count = sizeof(input_edits);

struct session
{
	struct credssp_pair pair;
	struct end end[2]; /* 0: client */
	struct draft wire;
	unsigned to;
	bool touched;
	bool can; /* complete, if nobody touches it */
};

static struct session sessions[SESSIONS];
static struct oracle_account accounts[2]; /* the password, and a wrong one */

int LLVMFuzzerInitialize(int* argc, char*** argv)
{
	static const char* const kinds[] = { "clients left alone", "servers left alone",
		                                 "other clients", "other servers", NULL };
	(void)argc;
	(void)argv;
	for (unsigned wrong = 0; wrong < 2; wrong++)
	{
		accounts[wrong].user = (struct part){ (const uint8_t*)"U\0s\0e\0r", 8 };
		sandbox_nt_hash(wrong ? "password" : "Password", accounts[wrong].nt_hash);
	}
	reached_start(kinds);
	return negossp_init() != RESULT_OK;
}

/* --- one step --------------------------------------------------------------------------------- */

static void see(struct end* end, bool sent, struct part message)
{
	struct oracle_view* seen = &end->seen;
	if (!message.len)
		return;
	if (seen->count == ORACLE_MESSAGES_MAX)
		credssp_fault(end, "it never ends");
	seen->messages[seen->count].sent = sent;
	sspi_token_set(&seen->messages[seen->count++].token, message.data, message.len);
}

static void step(struct session* session, unsigned who, unsigned repair)
{
	struct end* end = &session->end[who];
	struct sspi_token message = { NULL, 0 };
	struct sspi_token answer = { NULL, 0 };
	struct blob reply = BLOB_EMPTY;
	session->touched = session->touched || who != session->to;
	draft_write(&session->wire, &end->known, &end->seen, repair, &message);
	if (!end->over)
		see(end, false, part_of(&message));
	end->real->result =
	    credssp_step(end->real->credssp, bytes_make(message.data, message.len), &reply);
	const struct part said = { reply.data, reply.len };
	if (end->real->result != RESULT_OK)
	{
		credssp_judge_failure(end, said, !session->touched && session->can && session->wire.there);
		end->over = true;
	}
	else
	{
		see(end, true, said);
		credssp_judge_success(end, said);
		if (end->complete)
			reached(2u * session->touched + who);
	}
	sspi_token_set(&answer, reply.data, reply.len);
	draft_read(&session->wire, &answer);
	session->to = !who;
	sspi_token_free(&message);
	sspi_token_free(&answer);
	blob_free(&reply);
}

/* --- records ---------------------------------------------------------------------------------- */

static const struct sspi_token* seen_message(unsigned session, unsigned end, unsigned number)
{
	const struct oracle_view* seen = &sessions[session & 1].end[end & 1].seen;
	return seen->count ? &seen->messages[number % seen->count].token : NULL;
}

static void play(const struct record* record)
{
	struct session* session = &sessions[record->session];
	const struct sspi_token* old = seen_message(record->how, record->how >> 1, record->at);
	if (record->op == OP_STEP)
	{
		step(session, record->aimed ? record->end : session->to, record->what);
		return;
	}
	session->touched = true;
	if (record->op == OP_TURN)
		session->to = !session->to;
	else if (record->op == OP_OLD && old)
		draft_read(&session->wire, old);
	else if (record->op == OP_TS_OLD && old)
		draft_take(&session->wire, record, old);
	else if (record->op == OP_SWAP)
	{
		const struct draft other = sessions[!record->session].wire;
		sessions[!record->session].wire = session->wire;
		sessions[!record->session].touched = true;
		session->wire = other;
	}
	else if (record->op != OP_OLD && record->op != OP_TS_OLD)
		draft_edit(&session->wire, record);
}

/* --- setting up ------------------------------------------------------------------------------- */

static struct part part_from(struct bytes bytes)
{
	return (struct part){ bytes.data, bytes.len };
}

static void know(struct session* session, bool client, bool wrong_password)
{
	static const uint8_t domain[] = "D\0o\0m\0a\0i\0n";
	static const uint8_t target[] =
	    "T\0E\0R\0M\0S\0R\0V\0/\0s\0e\0r\0v\0e\0r\0.\0e\0x\0a\0m\0p\0l\0e";
	const struct credssp_pair_config* config = &session->pair.config;
	struct end* end = &session->end[!client];
	end->exchange = session == &sessions[1];
	end->real = client ? &session->pair.client : &session->pair.server;
	end->known = (struct oracle_credssp){
		.inner = { .initiator = client,
		           .signs = true,
		           .seals = (config->asked & MECH_CONFIDENTIALITY) != 0,
		           .identity = accounts[wrong_password],
		           .target = { target, sizeof(target) },
		           .accounts = accounts,
		           .account_count = 1 },
		.public_key = part_from(client ? config->client_key : config->server_key),
		.version = client ? config->client_version : config->server_version,
		.lowest = client ? config->client_lowest : config->server_lowest,
		.credentials = part_from(secret_bytes(&session->pair.credentials))
	};
	end->known.inner.identity.domain = (struct part){ domain, sizeof(domain) };
}

static void open_session(struct session* session, const uint8_t choice[4])
{
	static const uint8_t other_key[] = { 0x30, 0x06, 0x02, 0x01, 0xFD, 0x02, 0x01, 0x03 };
	struct credssp_pair_config config =
	    credssp_pair_defaults(choice[0] & 1 ? INNER_BARE_NTLM : INNER_NEGOTIATE_NTLM);
	const bool wrong_password = (choice[3] & 2) != 0;
	config.delegates = !(choice[0] & 2);
	if (choice[0] & 4)
		config.asked = MECH_INTEGRITY;
	config.client_version = 6 - choice[1] % 5;
	config.server_version = 6 - choice[1] / 5 % 5;
	config.client_lowest = choice[2] & 1 ? config.client_version : 2;
	config.server_lowest = choice[2] & 2 ? config.server_version : 2;
	if (choice[3] & 1)
		config.server_key = BYTES_OF(other_key);
	if (wrong_password)
		config.password = "password";
	credssp_pair_open(&session->pair, &config);
	know(session, true, wrong_password);
	know(session, false, wrong_password);
	session->can = !(choice[0] & 4) && !(choice[3] & 3) &&
	               config.client_version >= config.server_lowest &&
	               config.server_version >= config.client_lowest;
}

static void close_session(struct session* session)
{
	for (unsigned who = 0; who < 2; who++)
		for (size_t i = 0; i < session->end[who].seen.count; i++)
			sspi_token_free(&session->end[who].seen.messages[i].token);
	draft_clear(&session->wire);
	credssp_pair_close(&session->pair);
	memset(session, 0, sizeof(*session));
}

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
	struct part input = { data + INPUT_SETTINGS, size - INPUT_SETTINGS };
	struct record record;
	if (size < INPUT_SETTINGS)
		return -1;
	reached_input();
	fixed_restart();
	for (unsigned i = 0; i < SESSIONS; i++)
		open_session(&sessions[i], data + 4 * i);
	for (unsigned i = 0; i < INPUT_RECORDS_MAX && input_next(&input, &record); i++)
		play(&record);
	for (unsigned i = 0; i < SESSIONS; i++)
		close_session(&sessions[i]);
	return 0;
}
