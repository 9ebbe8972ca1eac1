/* SPDX-License-Identifier: Apache-2.0
 *
 * SPNEGO over scripted mechanisms, with an adversary on the wire who has no key. An input is what
 * each end offers and in which framing, then what is done to one token after the other. Who
 * completes has run its mechanism to the end; both agree on it; an initiator has the one that the
 * two would have chosen alone; and where nobody laid hands on anything they have one if they can.
 */
#include <string.h>

#include "input.h"
#include "reached.h"
#include "spnego/mech_list.h"
#include "spnego_pair.h"

#define LEGS 10

enum
{
	TOUCHED = 2, /* and of the four the acceptors */
	OTHER_MECH = 4
};
static const char* const kinds[] = { "initiators left alone",
	                                 "acceptors left alone",
	                                 "initiators whose messages were changed",
	                                 "acceptors whose messages were changed",
	                                 "initiators with another mechanism than their first",
	                                 NULL };
#define OFFERS_SIZE 4

static const struct
{
	char letter;
	const char* name;
} mechs[] = { { 'K', "Kerberos" }, { 'U', "Kerberos U2U" }, { 'N', "NTLM" } };

/* Up to three of "K", "U" and "N", in any order, at least one. */
static void draw_offers(struct bytes* input, char offers[OFFERS_SIZE])
{
	const unsigned how = take(input);
	unsigned count = 0;

	for (unsigned i = 0; i < 3; i++)
	{
		const char letter = mechs[(how + i * (how & 0x40 ? 2 : 1)) % 3].letter;
		if (!(how >> (3 + i) & 1))
			offers[count++] = letter;
	}
	if (count == 0)
		offers[count++] = 'N';
	offers[count] = '\0';
}

/* The first of the initiator's that the acceptor has, or NUL. */
static char alone(const char* initiator, const char* acceptor)
{
	for (; *initiator; initiator++)
		if (strchr(acceptor, *initiator))
			return *initiator;
	return '\0';
}

/* --- the adversary ------------------------------------------------------------------------------
 */

static struct blob draw_list(struct bytes* input)
{
	static const char known[] = "KkUNXP?";
	char letters[5] = "";

	for (unsigned i = 0; i < 1 + take(input) % 4; i++)
		letters[i] = known[take(input) % 7];
	if (!letters[0])
		letters[0] = 'N';
	return spnego_make_list(letters);
}

static struct bytes draw_mic(struct bytes* input, const struct blob* list)
{
	static uint8_t mic[FAKE_MIC_SIZE];

	/* Made with another key, or anything. */
	fake_mic(take(input), take(input) & 1 ? MECH_ACCEPTOR : MECH_INITIATOR, blob_bytes(list), mic);
	return bytes_make(mic, take(input) % (FAKE_MIC_SIZE + 1));
}

/* The scripts' tokens; those that a real mechanism makes with a key come first. */
static const char* const texts[] = { "K-AP-REQ",       "K-AP-REP",  "U-AP-REQ",  "U-AP-REP",
	                                 "N-AUTHENTICATE", "U-TGT-REQ", "U-TGT-REP", "N-NEGOTIATE",
	                                 "N-CHALLENGE",    "" };

#define KEYED 5

static bool holds(struct bytes token, const char* text)
{
	return token.len > 0 && memmem(token.data, token.len, text, strlen(text));
}

/* Whether the adversary would have needed a key: what is made with one can only have been sent
 * before, by whoever has it. */
static bool is_beyond(const struct spnego_pair* pair, struct bytes token)
{
	for (size_t i = 0; i < KEYED; i++)
	{
		bool sent = false;

		for (size_t leg = 0; leg < LEGS; leg++)
			sent = sent || holds(blob_bytes(&pair->wire[leg]), texts[i]);
		if (holds(token, texts[i]) && !sent)
			return true;
	}
	return false;
}

static struct bytes draw_text(struct bytes* input)
{
	const char* const text = texts[take(input) % 10];

	return bytes_make((const uint8_t*)text, strlen(text));
}

/* One field of a message, written anew. */
static void change_field(struct blob* token, struct bytes* input)
{
	const unsigned which = take(input);
	struct neg_token_init init;
	struct neg_token_resp resp;
	struct blob list = draw_list(input);
	struct blob made = BLOB_EMPTY;
	enum result result = RESULT_MALFORMED;

	if (neg_token_init_parse(blob_bytes(token), &init, NULL) == RESULT_OK)
	{
		if (which & 1)
			init.mech_types = blob_bytes(&list);
		if (which & 2)
			init.mech_token = draw_text(input);
		if (which & 4)
			init.mech_list_mic = draw_mic(input, &list);
		result = neg_token_init_write(&init, &made);
	}
	else if (neg_token_resp_parse(blob_bytes(token), &resp, NULL) == RESULT_OK)
	{
		if (which & 1)
			resp.neg_state = (enum neg_state)(take(input) % 5);
		if (which & 2)
			resp.response_token = draw_text(input);
		if (which & 4)
			resp.mech_list_mic = draw_mic(input, &list);
		if (which & 8)
			resp.supported_mech = spnego_oid("KkUNXP?"[take(input) % 7]);
		result = neg_token_resp_write(&resp, &made);
	}
	if (result == RESULT_OK && made.len > 0)
	{
		blob_free(token);
		*token = made;
		made = BLOB_EMPTY;
	}
	blob_free(&made);
	blob_free(&list);
}

/* Bare tokens and messages with a mechanism's token in them become each other. */
static void change_framing(struct blob* token, struct bytes* input)
{
	struct bytes carried = BYTES_EMPTY;
	struct blob made = BLOB_EMPTY;

	if (negossp_carried_token(blob_bytes(token), &carried) == RESULT_OK)
		JUDGE(blob_set(&made, carried) == RESULT_OK, "no memory");
	else
		JUDGE(negossp_carry_token(blob_bytes(token), take(input) & 1, &made) == RESULT_OK,
		      "carried");
	blob_free(token);
	*token = made;
}

static void change(struct spnego_pair* pair, struct blob* token, struct bytes* input)
{
	const unsigned how = take(input);

	switch (how % 8)
	{
		case 0:
			if (token->len)
				token->data[(take(input) | how << 8) % token->len] ^= (uint8_t)(1u << how / 8 % 8);
			break;
		case 1:
			token->len -= token->len ? take(input) % (token->len + 1) : 0;
			break;
		case 2:
			JUDGE(blob_set(token, blob_bytes(&pair->wire[take(input) % LEGS])) == RESULT_OK,
			      "memory");
			break;
		case 3:
			change_framing(token, input);
			break;
		case 4:
			JUDGE(blob_set(token, take_bytes(input, take(input))) == RESULT_OK, "memory");
			break;
		default:
			change_field(token, input);
	}
}

/* As the adversary would have it, or, where he cannot, as it was. */
static void lay_hands_on(struct spnego_pair* pair, struct blob* token, struct bytes* input)
{
	struct blob before = BLOB_EMPTY;

	JUDGE(blob_set(&before, blob_bytes(token)) == RESULT_OK, "no memory");
	change(pair, token, input);
	if (is_beyond(pair, blob_bytes(token)))
		JUDGE(blob_set(token, blob_bytes(&before)) == RESULT_OK, "no memory");
	blob_free(&before);
}

/* --- the judge ----------------------------------------------------------------------------------
 */

static const struct fake_script* script_of(const struct spnego_side* side, char letter)
{
	return letter == 'K' ? &side->kerberos : letter == 'U' ? &side->u2u : &side->ntlm;
}

/* The letter of the mechanism that a complete side has, NUL where it is not complete. */
static char judge_side(const struct spnego_side* side, enum mech_role role)
{
	void* context;
	struct negossp_report report;

	negossp_describe(side->context, &report);
	JUDGE(strnlen(report.offered, sizeof(report.offered)) < sizeof(report.offered), "names");
	JUDGE(side->result == RESULT_OK || !negossp_is_complete(side->context), "failed and complete");
	if (!negossp_is_complete(side->context))
		return '\0';
	const struct mech* const mech = negossp_chosen(side->context, &context);
	JUDGE(mech && context && report.result == RESULT_OK && report.role == role,
	      "complete with none");
	JUDGE(strcmp(report.chosen, mech->name) == 0, "told as another");
	for (size_t i = 0; i < sizeof(mechs) / sizeof(mechs[0]); i++)
	{
		if (strcmp(mechs[i].name, mech->name) != 0)
			continue;
		const struct fake_script* const script = script_of(side, mechs[i].letter);
		unsigned steps = 0;
		while (!script->steps[steps++].complete)
			;
		JUDGE(script->stepped == steps, "its mechanism is not at its end");
		JUDGE(!report.mic_needed || script->mics_verified > 0, "no MIC");
		JUDGE(script->mics_right == script->mics_verified, "a wrong MIC");
		return mechs[i].letter;
	}
	JUDGE(false, "complete with a mechanism of nobody's");
	return '\0';
}

static void judge(const struct spnego_pair* pair, const char* offers[2], const bool bare[2],
                  bool touched)
{
	const char initiator = judge_side(&pair->initiator, MECH_INITIATOR);
	const char acceptor = judge_side(&pair->acceptor, MECH_ACCEPTOR);
	const char common = alone(bare[0] ? (char[]){ offers[0][0], 0 } : offers[0],
	                          bare[1] ? (char[]){ offers[1][0], 0 } : offers[1]);

	if (initiator)
		reached(touched ? TOUCHED : 0);
	if (acceptor)
		reached((touched ? TOUCHED : 0) + 1);
	if (initiator && !bare[0] && initiator != offers[0][0])
		reached(OTHER_MECH);
	JUDGE(!initiator || !acceptor || initiator == acceptor, "two mechanisms");
	JUDGE(!initiator || bare[1] || initiator == common, "not the one that they had chosen alone");
	/* RFC 4178 5, whatever the context says of itself. */
	JUDGE(!initiator || bare[0] || initiator == offers[0][0] ||
	          script_of(&pair->initiator, initiator)->mics_right > 0,
	      "another mechanism than the first, and no MIC");
	if (!touched && bare[0] == bare[1])
		JUDGE(initiator == common && acceptor == common, "left alone, and not complete");
}

int LLVMFuzzerInitialize(int* argc, char*** argv)
{
	(void)argc;
	(void)argv;
	reached_start(kinds);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
	struct bytes input = bytes_make(data, size);
	struct spnego_pair pair;
	char drawn[2][OFFERS_SIZE];
	const unsigned choice = take(&input);
	const bool bare[2] = { (choice & 3) == 3, (choice & 12) == 12 };
	struct blob token = BLOB_EMPTY;
	bool touched = false;

	reached_input();
	spnego_pair_init(&pair);
	/* NTLM that does not demand a MIC, and keys that differ, are adversaries of their own. */
	pair.initiator.ntlm.demands_mic = pair.acceptor.ntlm.demands_mic = !(choice & 0x10);
	for (unsigned i = 0; i < 2; i++)
	{
		draw_offers(&input, drawn[i]);
		spnego_side_open(i ? &pair.acceptor : &pair.initiator, i ? MECH_ACCEPTOR : MECH_INITIATOR,
		                 bare[i] ? NEGOSSP_FRAMING_BARE : NEGOSSP_FRAMING_SPNEGO, drawn[i]);
	}
	for (unsigned leg = 0; leg < LEGS; leg++)
	{
		struct spnego_side* const side = leg % 2 ? &pair.acceptor : &pair.initiator;
		struct blob next = BLOB_EMPTY;
		const bool was_complete = negossp_is_complete(side->context);

		(void)spnego_side_step(side, blob_bytes(&token), &next);
		blob_free(&token);
		token = next;
		JUDGE(!was_complete || side->result != RESULT_OK, "a step more than complete");
		if (side->result != RESULT_OK || (token.len == 0 && !input.len))
			break;
		JUDGE(blob_set(&pair.wire[leg], blob_bytes(&token)) == RESULT_OK, "no memory");
		for (unsigned n = take(&input) % 4; n > 1; n--)
		{
			lay_hands_on(&pair, &token, &input);
			touched = true;
		}
		if (token.len == 0 &&
		    negossp_is_complete(leg % 2 ? pair.initiator.context : pair.acceptor.context))
			break;
	}
	judge(&pair, (const char*[]){ drawn[0], drawn[1] }, bare, touched);
	blob_free(&token);
	spnego_pair_close(&pair);
	return 0;
}
