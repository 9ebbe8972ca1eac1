/* SPDX-License-Identifier: Apache-2.0
 *
 * Two exchanges at once through the exported tables, with an adversary on the wire who knows the
 * password. An input is a byte of choices, then what is done to one token after the other: which
 * exchange goes on, how its token is changed (flipped, cut, lengthened, taken from the other
 * exchange, sent back to its maker), and which of its proofs are then made right again. Each
 * completion is judged by the oracle.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log_capture.h"
#include "oracle.h"
#include "sandbox.h"

#define SESSIONS 2
#define STEPS 24

struct input
{
	const uint8_t* data;
	size_t len;
};

/* One exchange. Each end keeps what it saw itself: on the way it may have been changed. */
struct session
{
	struct sspi_end end[2];       /* 0: initiator */
	struct sspi_token seen[2][4]; /* NEGOTIATE, CHALLENGE, AUTHENTICATE, the last one received */
	struct sspi_token wire;
	unsigned to; /* whose turn it is */
};

int LLVMFuzzerInitialize(int* argc, char*** argv);
int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

static struct sandbox box;
static unsigned long completed[2];

static unsigned take(struct input* input)
{
	if (!input->len)
		return 0;
	input->len--;
	return *input->data++;
}

static void clean_up(void)
{
	sandbox_close(&box);
	fprintf(stderr, "completed: %lu initiators, %lu acceptors\n", completed[0], completed[1]);
}

int LLVMFuzzerInitialize(int* argc, char*** argv)
{
	(void)argc;
	(void)argv;
	sandbox_open(&box);
	sandbox_sam_user(&box, "user", NULL, "Password");
	log_capture_start(false);
	atexit(clean_up);
	return 0;
}

static void remember(struct session* session, unsigned who, const struct sspi_token* token)
{
	for (uint8_t type = 1; type <= 3; type++)
	{
		const uint8_t head[] = { 'N', 'T', 'L', 'M', 'S', 'S', 'P', 0, type, 0, 0, 0 };
		if (token->len && memmem(token->data, token->len, head, sizeof(head)))
			sspi_token_set(&session->seen[who][type - 1], token->data, token->len);
	}
}

static struct oracle_exchange exchange_of(const struct session* session, unsigned who)
{
	const struct sspi_token* seen = session->seen[who];
	return (struct oracle_exchange){ &seen[0], &seen[1], &seen[2], &seen[3] };
}

static void change(struct session* session, const struct session* other, struct input* input)
{
	struct sspi_token* wire = &session->wire;
	const unsigned how = take(input);
	const size_t low = take(input);
	const size_t at = low | (size_t)take(input) << 8;
	uint8_t* field = NULL;
	switch (how % 8)
	{
		case 0:
			if (wire->len)
				wire->data[at % wire->len] ^= (uint8_t)take(input);
			break;
		case 1:
			if (wire->len)
				wire->len = at % wire->len;
			break;
		case 2:
			sspi_token_set(wire, other->wire.data, other->wire.len);
			break;
		case 3:
			session->to = !session->to;
			break;
		case 4: /* one that was sent before, here or there */
			sspi_token_set(wire, other->seen[at & 1][at >> 1 & 3].data,
			               other->seen[at & 1][at >> 1 & 3].len);
			break;
		case 5:
			field = oracle_field(wire, (unsigned)at & 0xff, at >> 8);
			if (field)
				*field ^= (uint8_t)take(input);
			break;
		default:
			break;
	}
}

static void repair(struct session* session, unsigned what)
{
	if (session->to != 1 || !session->wire.len)
		return;
	struct oracle_exchange exchange = exchange_of(session, 1);
	exchange.authenticate = &session->wire;
	oracle_repair(&exchange, &session->wire, what);
}

static void judge(struct session* session, unsigned who)
{
	const struct oracle_exchange exchange = exchange_of(session, who);
	const char* wrong = who ? oracle_judge_acceptor(&exchange) : oracle_judge_initiator(&exchange);
	completed[who]++;
	if (!wrong)
		return;
	fprintf(stderr, "the %s completed, but %s\n", who ? "acceptor" : "initiator", wrong);
	abort();
}

static void deliver(struct session* session)
{
	const unsigned who = session->to;
	struct sspi_end* end = &session->end[who];
	struct sspi_token out = { NULL, 0 };
	const enum sspi_phase before = end->phase;
	remember(session, who, &session->wire);
	sspi_token_set(&session->seen[who][3], session->wire.data, session->wire.len);
	const SECURITY_STATUS status = sspi_end_step(end, &session->wire, &out);
	remember(session, who, &out);
	if (status == SEC_E_OK && before != SSPI_FINAL)
		judge(session, who);
	if (status >= 0)
	{
		sspi_token_free(&session->wire);
		session->wire = out;
		session->to = !who;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
	struct input input = { data, size };
	struct session sessions[SESSIONS] = { 0 };
	const unsigned choice = take(&input);
	struct sspi_setup setup = sspi_setup_nla("user", "CORP", "Password", box.sam);
	if (choice & 1)
		setup.client_package = "NTLM";
	for (unsigned i = 0; i < SESSIONS; i++)
		for (unsigned who = 0; who < 2; who++)
			if (sspi_end_acquire(&sessions[i].end[who], &setup, who) != SEC_E_OK)
				abort();
	for (unsigned step = 0; step < STEPS; step++)
	{
		const unsigned op = take(&input);
		struct session* session = &sessions[op & 1];
		if (op & 2)
			change(session, &sessions[!(op & 1)], &input);
		if (op & 4)
			change(session, &sessions[!(op & 1)], &input);
		repair(session, op >> 3 & 7);
		deliver(session);
	}
	for (unsigned i = 0; i < SESSIONS; i++)
	{
		for (unsigned who = 0; who < 2; who++)
		{
			sspi_end_close(&sessions[i].end[who]);
			for (unsigned k = 0; k < 4; k++)
				sspi_token_free(&sessions[i].seen[who][k]);
		}
		sspi_token_free(&sessions[i].wire);
	}
	log_capture_clear();
	return 0;
}
