/* SPDX-License-Identifier: Apache-2.0
 *
 * What the adversary may do next: to which end he delivers what.
 *
 * Of the message that the end's peer has for it he may leave or change each field: MechTypeList,
 * negState, supportedMech, token, mechListMIC. A token or MIC may be any that was ever said in
 * either session, by whomever, or one of his own; a token may be edited (edits.h). He may deliver
 * again, to anybody, whatever was said; cut a message; send an empty one; take SPNEGO off or put it
 * on, at any time; and give an initiator a NegTokenInit before it has said anything (MS-SPNG
 * 3.3.5.2). To drop is to go on without delivering.
 *
 * Each field that is not as the peer has it costs one; so does a message that the peer did not say.
 */
#ifndef NEGOSSP_TESTS_MITM_MOVES_H
#define NEGOSSP_TESTS_MITM_MOVES_H

#include "world.h"

enum move_kind
{
	MOVE_START, /* an initiator is called first */
	MOVE_AGAIN, /* message `token`, as it was said */
	MOVE_CUT,   /* the peer's message without its last `token` bytes, or half of it: 0 */
	MOVE_EMPTY,
	MOVE_INIT,
	MOVE_RESP,
	MOVE_BARE
};

/* Beside the number of a message whose token or MIC it is. */
#define TOKEN_NONE (-1)
#define TOKEN_OWN (-2) /* and below: own_token(0), own_token(1), ... */
#define MIC_NONE (-1)
#define MIC_MADE_UP (-2)
#define MIC_IS_TOKEN (-3)
#define MIC_SHORT (-4)   /* the peer's newest, without its last byte */
#define MIC_CHANGED (-5) /* the same, with another last byte */
#define NO_EDIT (-1)
#define LIST_AS_SAID (-1)

struct move
{
	enum move_kind kind;
	unsigned end;
	int list;
	enum neg_state state;
	char mech; /* 0: not named */
	int token;
	int edit;
	int mic;
	unsigned cost;
};

#define MOVES_MOST 20000u

struct moves
{
	struct move all[MOVES_MOST];
	unsigned count;
};

/* All that cost at most `dearest`, less what only swaps two deliveries that know nothing of each
 * other: after one to end `last` (-1: there was none) comes one to it, to its peer, whose messages
 * say what the other's cost, to a later end, or one that uses what the last has brought about. */
void moves_find(const struct world* world, unsigned dearest, int last, struct moves* moves);
/* Whether the end's peer, or an initiator's caller, has something for it that it was not given. */
bool move_is_due(const struct world* world, unsigned end);
/* The message; the caller's to free. */
struct blob move_message(const struct world* world, const struct move* move);
/* Prints it as a line. */
void move_print(const struct world* world, const struct move* move);

#endif
