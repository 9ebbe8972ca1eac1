/* SPDX-License-Identifier: Apache-2.0 */
#include "moves.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "edits.h"
#include "spnego_names.h"
#include "spnego_pair.h"

/* K, U, N; X: NEGOEX; ?: nobody's. */
static const char* const lists[] = { "N",  "K",  "U",  "KN",  "NK",  "UN",
	                                 "UK", "XN", "NX", "?KN", "KUN", "NUK" };
#define LISTS ((int)(sizeof(lists) / sizeof(lists[0])))
#define HINTS 2 /* of them, that an initiator is given before it offers its own */
static const char mechs[] = { 0, 'K', 'U', 'N', '?' };
static const uint8_t made_up_mic[16] = { 1,   0,   0,   0,   'n', 'o', 't', ' ',
	                                     'k', 'n', 'o', 'w', 0,   0,   0,   0 };

/* Whose turn it is, and what there is for it. */
struct turn
{
	const struct world* world;
	unsigned end;
	int pending; /* number of the message that the peer has for it, or -1 */
	unsigned dearest;
	bool any; /* this end may be next whatever the message is */
	struct moves* moves;
};

static const struct said* pending_of(const struct turn* turn)
{
	return turn->pending >= 0 ? &turn->world->said[turn->pending] : NULL;
}

static int find_pending(const struct world* world, unsigned end)
{
	const int last = world->ends[end_peer(end)].last_said;
	return last > world->ends[end].heard ? last : -1;
}

bool move_is_due(const struct world* world, unsigned end)
{
	return world->ends[end].phase == PHASE_NEW && end_is_initiator(end)
	           ? true
	           : find_pending(world, end) >= 0;
}

static bool is_last(const struct world* world, int said)
{
	return said >= 0 && world->said[said].step == world->steps;
}

static void add(const struct turn* turn, struct move move)
{
	move.end = turn->end;
	const bool hears_last = (move.kind != MOVE_CUT && is_last(turn->world, move.token)) ||
	                        is_last(turn->world, move.mic);
	/* What costs nothing is the message as it was said, which is among the whole ones. */
	if (move.cost > turn->dearest || !(turn->any || hears_last) ||
	    (move.cost == 0 && move.kind >= MOVE_INIT))
		return;
	assert_true(turn->moves->count < MOVES_MOST);
	turn->moves->all[turn->moves->count++] = move;
}

/* --- whole messages --------------------------------------------------------------------------- */

static void find_whole(const struct turn* turn)
{
	const struct move other = { .list = LIST_AS_SAID, .edit = NO_EDIT, .mic = MIC_NONE, .cost = 1 };
	struct move move = other;

	for (unsigned i = 0; i < turn->world->said_count; i++)
	{
		move.kind = MOVE_AGAIN;
		move.token = (int)i;
		move.cost = (int)i != turn->pending;
		add(turn, move);
	}
	move = other;
	move.kind = MOVE_EMPTY;
	move.token = TOKEN_NONE;
	add(turn, move);
	move.kind = MOVE_CUT;
	for (move.token = 0; turn->pending >= 0 && move.token <= 1; move.token++)
		add(turn, move);
}

/* --- messages field by field ------------------------------------------------------------------ */

/* Calls `next` with each token and what it costs: that of the pending message costs nothing. */
static void each_token(const struct turn* turn, struct move move,
                       void (*next)(const struct turn*, struct move))
{
	const struct said* const pending = pending_of(turn);
	const bool owns = turn->world->setup->ntlm;
	const unsigned cost = move.cost;
	const bool none = pending == NULL || pending->token.len == 0;

	move.edit = NO_EDIT;
	move.token = TOKEN_NONE;
	move.cost = cost + !none;
	next(turn, move);
	for (unsigned i = 0; i < turn->world->said_count; i++)
	{
		if (turn->world->said[i].token.len == 0)
			continue;
		move.token = (int)i;
		move.cost = cost + ((int)i != turn->pending);
		next(turn, move);
	}
	move.cost = cost + 1;
	for (int i = 0; owns && i < (int)OWN_TOKENS; i++)
	{
		move.token = TOKEN_OWN - i;
		next(turn, move);
	}
	move.token = turn->pending;
	for (unsigned i = 0; !none && i < edits_of(pending->token); i++)
	{
		move.edit = (int)i;
		next(turn, move);
	}
}

static void each_mic(const struct turn* turn, struct move move)
{
	const struct said* const pending = pending_of(turn);
	const bool none = pending == NULL || pending->mic.len == 0;
	const unsigned cost = move.cost;

	for (move.mic = MIC_CHANGED; move.mic <= MIC_NONE; move.mic++)
	{
		if (none && (move.mic == MIC_SHORT || move.mic == MIC_CHANGED))
			continue;
		if (move.token == TOKEN_NONE && move.mic == MIC_IS_TOKEN)
			continue;
		move.cost = cost + !(none && move.mic == MIC_NONE);
		add(turn, move);
	}
	for (unsigned i = 0; i < turn->world->said_count; i++)
	{
		if (turn->world->said[i].mic.len == 0)
			continue;
		move.mic = (int)i;
		move.cost = cost + ((int)i != turn->pending);
		add(turn, move);
	}
}

/* The peer's list, and to an acceptor that has none yet any other. */
static void find_init(const struct turn* turn)
{
	const struct world* const world = turn->world;
	const struct said* const pending = pending_of(turn);
	const bool framed = pending != NULL && pending->is_init;
	const int first = world->ends[end_peer(turn->end)].list.len > 0 ? LIST_AS_SAID : 0;
	const int last = world->ends[turn->end].phase == PHASE_NEW ? LISTS - 1 : first;
	struct move move = { .kind = MOVE_INIT, .state = NEG_STATE_ABSENT };

	for (move.list = first; move.list <= last; move.list++)
	{
		/* Where nothing was said inside of SPNEGO, SPNEGO is what is added. */
		move.cost = !(framed && move.list == LIST_AS_SAID);
		each_token(turn, move, each_mic);
	}
}

/* What an initiator may be called with first. */
static void find_start(const struct turn* turn)
{
	struct move move = { .kind = MOVE_START, .token = TOKEN_NONE, .mic = MIC_NONE };

	add(turn, move);
	move.kind = MOVE_INIT;
	move.edit = NO_EDIT;
	move.cost = 1;
	for (move.list = 0; move.list < HINTS; move.list++)
		add(turn, move);
	move.kind = MOVE_AGAIN;
	for (move.token = 0; move.token < (int)turn->world->said_count; move.token++)
		add(turn, move);
}

static char mech_letter(struct bytes oid)
{
	for (size_t i = 1; i < sizeof(mechs); i++)
	{
		if (bytes_equal(spnego_oid(mechs[i]), oid))
			return mechs[i];
	}
	return 0;
}

static void find_resp(const struct turn* turn)
{
	const struct said* const pending = pending_of(turn);
	const bool framed = pending != NULL && !pending->is_init;
	const enum neg_state state = framed ? pending->resp.neg_state : NEG_STATE_ABSENT;
	const char mech = framed ? mech_letter(pending->resp.supported_mech) : (char)0;

	for (int said = 0; said <= NEG_STATE_ABSENT; said++)
	{
		for (size_t i = 0; i < sizeof(mechs); i++)
		{
			const struct move move = {
				.kind = MOVE_RESP,
				.list = LIST_AS_SAID,
				.state = (enum neg_state)said,
				.mech = mechs[i],
				.cost = (framed ? 0u : 1u) + ((enum neg_state)said != state) + (mechs[i] != mech)
			};
			each_token(turn, move, each_mic);
		}
	}
}

static void find_bare(const struct turn* turn)
{
	const struct said* const pending = pending_of(turn);
	const bool bare = pending != NULL && bytes_equal(pending->token, blob_bytes(&pending->whole));
	const struct move move = {
		.kind = MOVE_BARE, .list = LIST_AS_SAID, .mic = MIC_NONE, .cost = !bare
	};

	each_token(turn, move, add);
}

void moves_find(const struct world* world, unsigned dearest, int last, struct moves* moves)
{
	moves->count = 0;
	for (unsigned i = 0; i < 2 * world->setup->sessions; i++)
	{
		const struct end* const end = &world->ends[i];
		const struct turn turn = {
			world, i, find_pending(world, i), dearest, (int)i >= last || (int)end_peer(i) == last,
			moves
		};
		if (end->phase == PHASE_DEAD || end->phase == PHASE_COMPLETE)
			continue;
		if (end->phase == PHASE_NEW && end_is_initiator(i))
		{
			find_start(&turn);
			continue;
		}
		find_whole(&turn);
		find_init(&turn);
		find_resp(&turn);
		find_bare(&turn);
	}
}

/* --- making the message ----------------------------------------------------------------------- */

static const struct said* peer_said(const struct world* world, const struct move* move)
{
	const int pending = find_pending(world, move->end);
	return pending >= 0 ? &world->said[pending] : NULL;
}

static struct blob token_of(const struct world* world, const struct move* move)
{
	struct blob made = BLOB_EMPTY;
	struct bytes token = BYTES_EMPTY;

	if (move->token <= TOKEN_OWN)
		token = own_token((unsigned)(TOKEN_OWN - move->token));
	else if (move->token != TOKEN_NONE)
		token = world->said[move->token].token;
	if (move->edit != NO_EDIT)
		return edit_apply((unsigned)move->edit, token);
	assert_int_equal(blob_set(&made, token), RESULT_OK);
	return made;
}

static struct blob mic_of(const struct world* world, const struct move* move, struct bytes token)
{
	const struct said* const peer = peer_said(world, move);
	struct blob made = BLOB_EMPTY;
	struct bytes mic = BYTES_EMPTY;

	if (move->mic == MIC_MADE_UP)
		mic = BYTES_OF(made_up_mic);
	else if (move->mic == MIC_IS_TOKEN)
		mic = token;
	else if (move->mic == MIC_SHORT || move->mic == MIC_CHANGED)
		mic = peer->mic;
	else if (move->mic != MIC_NONE)
		mic = world->said[move->mic].mic;
	assert_int_equal(blob_set(&made, mic), RESULT_OK);
	if (move->mic == MIC_SHORT)
		made.len--;
	if (move->mic == MIC_CHANGED)
		made.data[made.len - 1] ^= 1;
	return made;
}

static struct blob compose(const struct world* world, const struct move* move)
{
	struct blob token = token_of(world, move);
	struct blob mic = mic_of(world, move, blob_bytes(&token));
	struct blob list = BLOB_EMPTY;
	struct blob made = BLOB_EMPTY;

	if (move->kind == MOVE_BARE)
	{
		blob_free(&mic);
		return token;
	}
	if (move->kind == MOVE_INIT && move->list == LIST_AS_SAID)
		assert_int_equal(blob_set(&list, blob_bytes(&world->ends[end_peer(move->end)].list)),
		                 RESULT_OK);
	else if (move->kind == MOVE_INIT)
		list = spnego_make_list(lists[move->list]);
	const struct neg_token_init init = { blob_bytes(&list), blob_bytes(&token), blob_bytes(&mic) };
	const struct neg_token_resp resp = { move->state, spnego_oid(move->mech), blob_bytes(&token),
		                                 blob_bytes(&mic) };
	assert_int_equal(move->kind == MOVE_INIT ? neg_token_init_write(&init, &made)
	                                         : neg_token_resp_write(&resp, &made),
	                 RESULT_OK);
	blob_free(&list);
	blob_free(&token);
	blob_free(&mic);
	return made;
}

struct blob move_message(const struct world* world, const struct move* move)
{
	struct blob made = BLOB_EMPTY;

	switch (move->kind)
	{
		case MOVE_AGAIN:
			assert_int_equal(blob_set(&made, blob_bytes(&world->said[move->token].whole)),
			                 RESULT_OK);
			return made;
		case MOVE_CUT:
			assert_int_equal(blob_set(&made, blob_bytes(&peer_said(world, move)->whole)),
			                 RESULT_OK);
			made.len = move->token == 0 ? made.len / 2 : made.len - (size_t)move->token;
			return made;
		case MOVE_INIT:
		case MOVE_RESP:
		case MOVE_BARE:
			return compose(world, move);
		default:
			return made;
	}
}

/* --- in words --------------------------------------------------------------------------------- */

static void print_token(const struct world* world, const struct move* move)
{
	if (move->token <= TOKEN_OWN)
		print_message(" token: his own %d", TOKEN_OWN - move->token);
	else if (move->token != TOKEN_NONE)
		print_message(" token: %d's", move->token);
	if (move->edit != NO_EDIT)
		print_message(" (%s)", edit_name((unsigned)move->edit, world->said[move->token].token));
}

static void print_mic(const struct move* move)
{
	static const char* const names[] = { "none", "made up", "the token", "cut", "changed" };
	if (move->mic >= 0)
		print_message(" mechListMIC: %d's", move->mic);
	else if (move->mic != MIC_NONE)
		print_message(" mechListMIC: %s", names[-1 - move->mic]);
}

void move_print(const struct world* world, const struct move* move)
{
	static const char* const kinds[] = {
		"is started",       "is given message",      "is given it cut, end",
		"is given nothing", "is given NegTokenInit", "is given NegTokenResp",
		"is given bare"
	};
	const struct said* const peer = peer_said(world, move);

	print_message("  %s %u %s", end_is_initiator(move->end) ? "initiator" : "acceptor",
	              move->end / 2 + 1, kinds[move->kind]);
	if (move->kind == MOVE_AGAIN || move->kind == MOVE_CUT)
		print_message(" %d", move->token);
	if (move->kind == MOVE_INIT)
		print_message(" of %s",
		              move->list == LIST_AS_SAID ? "the list as it was" : lists[move->list]);
	if (move->kind == MOVE_RESP)
		print_message(" %s, mechanism %c,", neg_state_name(move->state),
		              move->mech ? move->mech : '-');
	if (move->kind >= MOVE_INIT)
	{
		print_token(world, move);
		print_mic(move);
	}
	if (peer != NULL)
		print_message(" (its peer's: %d)", (int)(peer - world->said));
	print_message("\n");
}
