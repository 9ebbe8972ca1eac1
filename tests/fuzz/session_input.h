/* SPDX-License-Identifier: Apache-2.0
 *
 * An input of fuzz_session and of fuzz_credssp_session: eight bytes that choose the settings, then
 * records, each of which is something that the adversary or one of the hosts does. Anything at all
 * can be read as an input.
 */
#ifndef NEGOSSP_FUZZ_SESSION_INPUT_H
#define NEGOSSP_FUZZ_SESSION_INPUT_H

#include "wire.h"

#define INPUT_SETTINGS 8
#define INPUT_HEAD 8 /* op, who, what, how, at (2), length of the payload (2) */
#define INPUT_RECORDS_MAX 40

/* Of a step's `what`. */
enum repair
{
	REPAIR_PROOF = 1,
	REPAIR_MIC = 2,
	REPAIR_MECH_LIST_MIC = 4,
	REPAIR_TIME = 8,  /* the pair that must come back from CHALLENGE */
	REPAIR_SEAL = 16, /* CredSSP: what is sealed, for the end that will read it */
	REPAIR_ALL = 31
};

enum record_op
{
	OP_STEP,   /* repairs the token on the wire as `what` says and delivers it */
	OP_FLIP,   /* the byte `at` by `how` */
	OP_CUT,    /* at `at` */
	OP_APPEND, /* the payload */
	OP_RAW,    /* the payload in its place */
	OP_SWAP,   /* the other exchange's in its place */
	OP_OLD,    /* one that was seen before in its place: exchange and end `what`, number `how` */
	OP_TURN,   /* back to who sent it */
	OP_FLAGS,  /* NTLM's flag `at` turned over, or all of them from the payload */
	OP_FIELD,  /* NTLM's field `what`: `how` */
	OP_HEAD,   /* NTLM's field `what`: length, maximum or offset (`how`) become `at` */
	OP_PAIR,   /* AV pair `at`: `how` */
	OP_NEG,    /* SPNEGO: `how` */
	OP_LIST,   /* mechTypes: `how`, at `what` */
	OP_WRAP,   /* SPNEGO taken off, or put around: `how` */
	OP_COMMON, /* so many have both targets; the others are of fuzz_session */
	OP_SEAL = OP_COMMON, /* the payload is protected as `how` and `what` say, and kept at `at` */
	OP_OPEN,  /* one that was kept at `at` is given to an end, byte `at` / 8 changed by `how` */
	OP_SET,   /* WinPR's attribute `what` is set, `how` bytes of it if that is not 0 */
	OP_AGAIN, /* the end starts over with the same credential */
	OP_SESSION_COUNT,
	/* and of fuzz_credssp_session, on the TSRequest around the token */
	OP_TS_HEAD = OP_COMMON, /* version, which fields are there, errorCode */
	OP_TS_FIELD,            /* the field `what`: `how` */
	OP_TS_OLD,              /* the field `what` is that of another message */
	OP_TS_SEAL,             /* pubKeyAuth or authInfo is sealed anew: `how` */
	OP_TS_RAW,              /* the whole message as it is written: `what` */
	OP_CREDSSP_COUNT
};

/* The target has so many of them, and by these the mutators change what is on the wire. */
extern const unsigned input_op_count;
extern const uint8_t input_edits[];
extern const unsigned input_edit_count;

struct record
{
	unsigned op;
	unsigned session; /* `who`: bit 0 */
	unsigned end;     /* `who`: bit 1 */
	bool aimed;       /* `who`: bit 2; the end is meant, not whose turn it is */
	uint8_t what;
	uint8_t how;
	uint16_t at;
	struct part payload;
};

/* Takes the next record off; false at the end. */
bool input_next(struct part* input, struct record* record);

#endif
