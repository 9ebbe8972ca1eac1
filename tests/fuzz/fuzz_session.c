/* SPDX-License-Identifier: Apache-2.0
 *
 * Two exchanges at once through the exported tables, with an adversary on the wire who knows every
 * password, and messages after them. Each thing that an end says is judged by the oracle: what it
 * answers, that it is complete, with which key, as whom, and each message it makes or takes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adversary.h"
#include "reached.h"
#include "fake_winpr.h"
#include "fixed.h"
#include "log_capture.h"
#include "session.h"
#include "session_setup.h"
#include "sspi/table.h"

#define SESSIONS 2
#define KEPT 4

const unsigned input_op_count = OP_SESSION_COUNT;
const uint8_t input_edits[] = { OP_FLIP,  OP_FLAGS, OP_FIELD, OP_PAIR, OP_NEG, OP_LIST,
	                            OP_FIELD, OP_PAIR,  OP_NEG,   OP_HEAD, OP_CUT, OP_RAW };
const unsigned input_edit_count = sizeof(input_edits);

struct session
{
	struct fuzz_end end[2]; /* 0: initiator */
	struct sspi_token wire;
	unsigned to;  /* whose turn it is */
	bool touched; /* by the adversary */
	struct kept kept[KEPT];
};

static const char* const kinds[] = {
	"initiators by NTLM in SPNEGO", "acceptors by NTLM in SPNEGO", "initiators by bare NTLM",
	"acceptors by bare NTLM",       "initiators by Kerberos",      "acceptors by Kerberos",
	"messages of NTLM opened",      "messages of Kerberos opened", NULL
};

int LLVMFuzzerInitialize(int* argc, char*** argv);
int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

static struct session sessions[SESSIONS];

int LLVMFuzzerInitialize(int* argc, char*** argv)
{
	(void)argc;
	(void)argv;
	reached_start(kinds);
	setup_start();
	return 0;
}

void session_fault(const struct fuzz_end* end, const char* what)
{
	const bool second = end == &sessions[1].end[0] || end == &sessions[1].end[1];
	fprintf(stderr, "the %s of exchange %d: %s (status %08x)\n",
	        end->known.initiator ? "initiator" : "acceptor", second, what,
	        (unsigned)end->sspi.status);
	log_capture_print();
	abort();
}

/* --- what an end saw -------------------------------------------------------------------------- */

static void view_add(struct fuzz_end* end, bool sent, const struct sspi_token* token)
{
	struct oracle_view* view = &end->view;
	if (!token->len || view->count == ORACLE_MESSAGES_MAX)
		return;
	view->messages[view->count].sent = sent;
	sspi_token_set(&view->messages[view->count++].token, token->data, token->len);
}

static void view_clear(struct oracle_view* view)
{
	for (size_t i = 0; i < view->count; i++)
		sspi_token_free(&view->messages[i].token);
	view->count = 0;
}

bool session_answers(const uint8_t* challenge, bool initiator)
{
	for (unsigned i = 0; i < SESSIONS; i++)
	{
		const struct fuzz_end* end = &sessions[i].end[!initiator];
		struct oracle_legs legs;
		if (!initiator && (end->dead || end->sspi.phase != SSPI_IN_PROGRESS))
			continue;
		(void)oracle_legs(&end->view, initiator, &legs);
		if (legs.ntlm[1].type && memcmp(legs.ntlm[1].whole.data + 24, challenge, 8) == 0 &&
		    (!initiator || legs.ntlm[2].type))
			return true;
	}
	return false;
}

/* --- steps ------------------------------------------------------------------------------------ */

static void step(struct session* session, unsigned who)
{
	struct fuzz_end* end = &session->end[who];
	struct sspi_token out = { NULL, 0 };
	const enum sspi_phase before = end->sspi.phase;
	if (before == SSPI_NOTHING)
		return;
	if (before == SSPI_CREDENTIAL)
	{
		view_clear(&end->view);
		end->known = end->at_first;
	}
	if (before != SSPI_FINAL)
		view_add(end, false, &session->wire);
	const unsigned ended = fake.ended;
	const SECURITY_STATUS status = sspi_end_step(&end->sspi, &session->wire, &out);
	end->kerberos_ended = end->kerberos_ended || fake.ended > ended;
	session_judge_call(end, before, &out);
	if (status < 0)
	{
		/* A first call that fails leaves no context. */
		end->dead = before == SSPI_IN_PROGRESS || end->dead;
		if (!session->touched && before == SSPI_IN_PROGRESS)
			session_judge_refusal(end);
		session->touched = true;
		sspi_token_free(&out);
		return;
	}
	view_add(end, true, &out);
	session_judge_step(end);
	if (end->complete)
		reached((end->kerberos ? BY_KERBEROS : end->bare ? BY_BARE_NTLM : BY_NTLM) + who);
	sspi_token_free(&session->wire);
	session->wire = out;
	session->to = !who;
}

/* --- records ---------------------------------------------------------------------------------- */

static void start_again(struct fuzz_end* end)
{
	if (end->sspi.phase == SSPI_NOTHING)
		return;
	sspi_end_reset(&end->sspi);
	view_clear(&end->view);
	end->complete = end->kerberos_ended = end->dead = false;
}

/* The hash is that of the first account, for an initiator in place of its own. */
static void take_hash(struct fuzz_end* end)
{
	end->known.given = &end->known.accounts[0];
	if (end->known.initiator)
		memcpy(end->known.identity.nt_hash, end->known.given->nt_hash, 16);
}

static void set_attribute(struct fuzz_end* end, const struct record* record)
{
	static const struct
	{
		ULONG number;
		ULONG size;
	} rows[] = { { 1101, sizeof(SecPkgContext_AuthNtlmTimestamp) },
		         { 1102, 8 },
		         { 1103, 8 },
		         { 1108, 16 },
		         { 1003, sizeof(SecPkgContext_AuthNtlmHash) } };
	const unsigned which = record->what % 5;
	uint8_t value[64] = { 0 };
	if (end->sspi.phase != SSPI_IN_PROGRESS && end->sspi.phase != SSPI_FINAL)
		return;
	if (record->payload.len)
		memcpy(value, record->payload.data,
		       record->payload.len < sizeof(value) ? record->payload.len : sizeof(value));
	if (which == 4)
	{
		SecPkgContext_AuthNtlmHash hash = { .Version = 1 };
		memcpy(hash.NtlmHash, end->known.accounts[0].nt_hash, 16);
		memcpy(value, &hash, sizeof(hash));
	}
	/* By the A form whatever the end's; a name is text in both. */
	const SECURITY_STATUS status = table_a()->SetContextAttributesA(
	    &end->sspi.context, rows[which].number, value,
	    record->how ? record->how % sizeof(value) : rows[which].size);
	if (status == SEC_E_OK && which == 4)
		take_hash(end);
}

static void replace_wire(struct session* session, const struct record* record)
{
	const struct session* other = session == sessions ? &sessions[1] : &sessions[0];
	const struct oracle_view* seen = &sessions[record->what & 1].end[record->what >> 1 & 1].view;
	if (record->op == OP_SWAP)
		sspi_token_set(&session->wire, other->wire.data, other->wire.len);
	else if (seen->count)
	{
		const struct sspi_token* old = &seen->messages[record->how % seen->count].token;
		sspi_token_set(&session->wire, old->data, old->len);
	}
}

static void play(const struct record* record)
{
	struct session* session = &sessions[record->session];
	struct fuzz_end* end = &session->end[record->end];
	struct kept* kept = &sessions[record->at >> 2 & 1].kept[record->at % KEPT];
	const unsigned to = record->aimed ? record->end : session->to;
	if (record->op != OP_STEP && record->op != OP_SEAL && record->op != OP_OPEN)
		session->touched = true;
	switch (record->op)
	{
		case OP_STEP:
			session->touched |= to != session->to;
			session->touched |= adversary_repair(&session->wire, &session->end[to].known,
			                                     &session->end[to].view, record->what);
			step(session, to);
			return;
		case OP_SWAP:
		case OP_OLD:
			replace_wire(session, record);
			return;
		case OP_TURN:
			session->to = !session->to;
			return;
		case OP_SEAL:
			if (end->sspi.phase >= SSPI_IN_PROGRESS)
				session_seal(end, record, kept);
			return;
		case OP_OPEN:
			if (end->sspi.phase >= SSPI_IN_PROGRESS)
				session_open(end, record, kept);
			return;
		case OP_SET:
			set_attribute(end, record);
			return;
		case OP_AGAIN:
			start_again(end);
			return;
		default:
			adversary_edit(&session->wire, record);
	}
}

static void close_all(void)
{
	for (unsigned i = 0; i < SESSIONS; i++)
	{
		for (unsigned who = 0; who < 2; who++)
		{
			sspi_end_close(&sessions[i].end[who].sspi);
			view_clear(&sessions[i].end[who].view);
		}
		sspi_token_free(&sessions[i].wire);
		for (unsigned k = 0; k < KEPT; k++)
			sspi_token_free(&sessions[i].kept[k].data);
	}
	memset(sessions, 0, sizeof(sessions));
	log_capture_clear();
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
		for (unsigned who = 0; who < 2; who++)
		{
			struct fuzz_end* end = &sessions[i].end[who];
			(void)setup_end(data, i, who, &end->setup, &end->at_first, &end->sspi);
			end->known = end->at_first;
		}
	for (unsigned i = 0; i < INPUT_RECORDS_MAX && input_next(&input, &record); i++)
		play(&record);
	close_all();
	return 0;
}
