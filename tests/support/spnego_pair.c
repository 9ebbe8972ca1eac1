/* SPDX-License-Identifier: Apache-2.0
 *
 * A token is kept as it was sent before a test may change it; tokens made by hand are written with
 * the module's own writers.
 */
#include "spnego_pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "spnego/mech_list.h"

#define KEY 0x6B6579U

static struct bytes text_bytes(const char* text)
{
	return text != NULL ? bytes_make((const uint8_t*)text, strlen(text)) : BYTES_EMPTY;
}

bool spnego_is_text(struct bytes bytes, const char* text)
{
	return bytes_equal(bytes, text_bytes(text));
}

static const struct fake_script kerberos_initiator = {
	.steps = { { NULL, "K-AP-REQ", false, RESULT_OK }, { "K-AP-REP", NULL, true, RESULT_OK } },
	.key = KEY
};
static const struct fake_script kerberos_acceptor = {
	.steps = { { "K-AP-REQ", "K-AP-REP", true, RESULT_OK } }, .key = KEY
};
static const struct fake_script u2u_initiator = {
	.steps = { { NULL, "U-TGT-REQ", false, RESULT_OK },
	           { "U-TGT-REP", "U-AP-REQ", false, RESULT_OK },
	           { "U-AP-REP", NULL, true, RESULT_OK } },
	.key = KEY
};
static const struct fake_script u2u_acceptor = {
	.steps = { { "U-TGT-REQ", "U-TGT-REP", false, RESULT_OK },
	           { "U-AP-REQ", "U-AP-REP", true, RESULT_OK } },
	.key = KEY
};
static const struct fake_script ntlm_initiator = {
	.steps = { { NULL, "N-NEGOTIATE", false, RESULT_OK },
	           { "N-CHALLENGE", "N-AUTHENTICATE", true, RESULT_OK } },
	.key = KEY,
	.demands_mic = true
};
static const struct fake_script ntlm_acceptor = {
	.steps = { { "N-NEGOTIATE", "N-CHALLENGE", false, RESULT_OK },
	           { "N-AUTHENTICATE", NULL, true, RESULT_OK } },
	.key = KEY,
	.demands_mic = true
};

void spnego_pair_init(struct spnego_pair* pair)
{
	*pair = (struct spnego_pair){ .legs = 0 };
	pair->initiator.kerberos = kerberos_initiator;
	pair->initiator.u2u = u2u_initiator;
	pair->initiator.ntlm = ntlm_initiator;
	pair->acceptor.kerberos = kerberos_acceptor;
	pair->acceptor.u2u = u2u_acceptor;
	pair->acceptor.ntlm = ntlm_acceptor;
}

static struct negossp_offer offer_of(struct spnego_side* side, char letter)
{
	switch (letter)
	{
		case 'K':
			return (struct negossp_offer){ fake_kerberos(), &side->kerberos };
		case 'U':
			return (struct negossp_offer){ fake_u2u(), &side->u2u };
		default:
			return (struct negossp_offer){ fake_ntlm(), &side->ntlm };
	}
}

void spnego_side_open(struct spnego_side* side, enum mech_role role, enum negossp_framing framing,
                      const char* offers)
{
	struct negossp_offer list[NEGOSSP_MAX_OFFERS];
	const size_t count = strlen(offers);
	assert_true(count <= NEGOSSP_MAX_OFFERS);
	for (size_t i = 0; i < count; i++)
		list[i] = offer_of(side, offers[i]);
	const struct negossp_config config = { .request = { role, 0, BYTES_EMPTY },
		                                   .framing = framing,
		                                   .offers = list,
		                                   .offer_count = count };
	assert_int_equal(negossp_context_new(&config, &side->context), RESULT_OK);
}

void spnego_pair_open(struct spnego_pair* pair, const char* initiator, const char* acceptor)
{
	spnego_side_open(&pair->initiator, MECH_INITIATOR, NEGOSSP_FRAMING_SPNEGO, initiator);
	spnego_side_open(&pair->acceptor, MECH_ACCEPTOR, NEGOSSP_FRAMING_SPNEGO, acceptor);
}

enum result spnego_side_step(struct spnego_side* side, struct bytes token, struct blob* output)
{
	const struct mech_input input = { token, NULL };
	struct mech_output out = { BLOB_EMPTY, false };
	side->result = negossp_step(side->context, &input, &out);
	side->complete = out.complete;
	if (side->result != RESULT_OK)
		assert_true(out.token.len == 0 && out.token.data == NULL && !out.complete);
	assert_int_equal(out.complete, negossp_is_complete(side->context));
	*output = out.token;
	return side->result;
}

void spnego_pair_run(struct spnego_pair* pair, spnego_tamper tamper, void* data)
{
	struct blob token = BLOB_EMPTY;
	for (unsigned leg = 0; leg < PAIR_MAX_LEGS; leg++)
	{
		struct spnego_side* side = leg % 2 == 0 ? &pair->initiator : &pair->acceptor;
		struct blob next = BLOB_EMPTY;
		const enum result result = spnego_side_step(side, blob_bytes(&token), &next);
		blob_free(&token);
		if (result != RESULT_OK || next.len == 0)
			return;
		pair->legs = leg + 1;
		assert_int_equal(blob_set(&pair->wire[leg], blob_bytes(&next)), RESULT_OK);
		token = next;
		if (tamper != NULL)
			tamper(data, leg, &token);
	}
	blob_free(&token);
	fail_msg("the exchange does not end");
}

static void expect_closed(const struct fake_script* script)
{
	assert_int_equal(script->opened, script->closed);
	assert_true(script->opened <= 1);
}

static void side_close(struct spnego_side* side)
{
	negossp_context_free(side->context);
	side->context = NULL;
	expect_closed(&side->kerberos);
	expect_closed(&side->u2u);
	expect_closed(&side->ntlm);
}

void spnego_pair_close(struct spnego_pair* pair)
{
	side_close(&pair->initiator);
	side_close(&pair->acceptor);
	for (size_t i = 0; i < PAIR_MAX_LEGS; i++)
		blob_free(&pair->wire[i]);
}

static bool side_has(const struct spnego_side* side, const char* name)
{
	void* context = NULL;
	const struct mech* mech = negossp_chosen(side->context, &context);
	return negossp_is_complete(side->context) && mech != NULL && context != NULL &&
	       strcmp(mech->name, name) == 0;
}

bool spnego_pair_complete(const struct spnego_pair* pair, const char* mech)
{
	return side_has(&pair->initiator, mech) && side_has(&pair->acceptor, mech);
}

struct neg_token_init spnego_pair_init_at(const struct spnego_pair* pair, unsigned leg)
{
	struct neg_token_init init;
	assert_true(leg < pair->legs);
	assert_int_equal(neg_token_init_parse(blob_bytes(&pair->wire[leg]), &init, NULL), RESULT_OK);
	return init;
}

struct neg_token_resp spnego_pair_resp_at(const struct spnego_pair* pair, unsigned leg)
{
	struct neg_token_resp resp;
	assert_true(leg < pair->legs);
	assert_int_equal(neg_token_resp_parse(blob_bytes(&pair->wire[leg]), &resp, NULL), RESULT_OK);
	return resp;
}

struct bytes spnego_oid(char mech)
{
	switch (mech)
	{
		case 'K':
			return BYTES_LITERAL("\x2A\x86\x48\x86\xF7\x12\x01\x02\x02");
		case 'k':
			return BYTES_LITERAL("\x2A\x86\x48\x82\xF7\x12\x01\x02\x02");
		case 'U':
			return BYTES_LITERAL("\x2A\x86\x48\x86\xF7\x12\x01\x02\x02\x03");
		case 'N':
			return BYTES_LITERAL("\x2B\x06\x01\x04\x01\x82\x37\x02\x02\x0A");
		case 'X':
			return BYTES_LITERAL("\x2B\x06\x01\x04\x01\x82\x37\x02\x02\x1E");
		case 'P':
			return BYTES_LITERAL("\x2B\x06\x01\x05\x02\x07");
		case '?':
			return BYTES_LITERAL("\x2A\x03\x04\x05");
		default:
			return BYTES_EMPTY;
	}
}

struct blob spnego_make_list(const char* mechs)
{
	struct bytes oids[MECH_LIST_MAX];
	struct blob list = BLOB_EMPTY;
	const size_t count = strlen(mechs);
	assert_true(count <= MECH_LIST_MAX);
	for (size_t i = 0; i < count; i++)
		oids[i] = spnego_oid(mechs[i]);
	assert_int_equal(mech_list_write(oids, count, &list), RESULT_OK);
	return list;
}

struct blob spnego_make_init(const char* mechs, const char* token, struct bytes mic)
{
	struct blob list = spnego_make_list(mechs);
	struct blob made = BLOB_EMPTY;
	const struct neg_token_init init = { blob_bytes(&list), text_bytes(token), mic };
	assert_int_equal(neg_token_init_write(&init, &made), RESULT_OK);
	blob_free(&list);
	return made;
}

struct blob spnego_make_resp(enum neg_state state, char mech, const char* token, struct bytes mic)
{
	struct blob made = BLOB_EMPTY;
	const struct neg_token_resp resp = { state, spnego_oid(mech), text_bytes(token), mic };
	assert_int_equal(neg_token_resp_write(&resp, &made), RESULT_OK);
	return made;
}

void spnego_side_take(struct spnego_side* side, struct blob token, struct blob* output)
{
	assert_int_equal(spnego_side_step(side, blob_bytes(&token), output), RESULT_OK);
	blob_free(&token);
}

void spnego_side_answers(struct spnego_side* side, struct blob token, enum neg_state state,
                         const char* text, bool mic)
{
	struct neg_token_resp resp;
	struct blob output = BLOB_EMPTY;
	spnego_side_take(side, token, &output);
	assert_int_equal(neg_token_resp_parse(blob_bytes(&output), &resp, NULL), RESULT_OK);
	assert_int_equal(resp.neg_state, state);
	assert_true(spnego_is_text(resp.response_token, text));
	assert_int_equal(resp.mech_list_mic.len > 0, mic);
	blob_free(&output);
}

struct negossp_report spnego_side_report(const struct spnego_side* side)
{
	struct negossp_report report;
	negossp_describe(side->context, &report);
	return report;
}

/* Replaces the token of one leg. */
struct swap
{
	unsigned leg;
	struct blob by;
};

static void swap_token(void* data, unsigned leg, struct blob* token)
{
	const struct swap* swap = data;
	if (leg == swap->leg)
		assert_int_equal(blob_set(token, blob_bytes(&swap->by)), RESULT_OK);
}

void spnego_pair_run_swapped(struct spnego_pair* pair, unsigned leg, struct blob by)
{
	struct swap swap = { leg, by };
	spnego_pair_run(pair, swap_token, &swap);
	blob_free(&swap.by);
}
