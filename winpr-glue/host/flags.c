/* SPDX-License-Identifier: Apache-2.0
 *
 * One row a property: its bit in each of the four sets.
 */
#include "host/flags.h"

enum flags_set
{
	FLAGS_ISC_REQ,
	FLAGS_ISC_RET,
	FLAGS_ASC_REQ,
	FLAGS_ASC_RET,
	FLAGS_SETS
};

/* Where the four are called the same. */
#define ALIKE(name)                                                                                \
	{                                                                                              \
		MECH_##name,                                                                               \
		{                                                                                          \
			ISC_REQ_##name, ISC_RET_##name, ASC_REQ_##name, ASC_RET_##name                         \
		}                                                                                          \
	}

static const struct
{
	uint32_t flag;
	ULONG bits[FLAGS_SETS];
} flags_rows[] = {
	ALIKE(INTEGRITY),
	ALIKE(CONFIDENTIALITY),
	ALIKE(MUTUAL_AUTH),
	ALIKE(REPLAY_DETECT),
	ALIKE(SEQUENCE_DETECT),
	{ MECH_DCE_STYLE,
	  { ISC_REQ_USE_DCE_STYLE, ISC_RET_USED_DCE_STYLE, ASC_REQ_USE_DCE_STYLE,
	    ASC_RET_USED_DCE_STYLE } },
	ALIKE(IDENTIFY),
	ALIKE(DELEGATE),
	ALIKE(USE_SESSION_KEY),
	{ MECH_NULL_SESSION,
	  { ISC_REQ_NULL_SESSION, ISC_RET_NULL_SESSION, ASC_REQ_ALLOW_NULL_SESSION,
	    ASC_RET_NULL_SESSION } },
	ALIKE(EXTENDED_ERROR),
	ALIKE(CONNECTION),
};

#define FLAGS_ROWS (sizeof(flags_rows) / sizeof(flags_rows[0]))

uint32_t flags_from_request(enum mech_role role, ULONG request)
{
	const enum flags_set set = role == MECH_INITIATOR ? FLAGS_ISC_REQ : FLAGS_ASC_REQ;
	uint32_t flags = 0;

	for (size_t i = 0; i < FLAGS_ROWS; i++)
	{
		if (request & flags_rows[i].bits[set])
			flags |= flags_rows[i].flag;
	}
	return flags;
}

static ULONG flags_to_set(uint32_t flags, enum flags_set set)
{
	ULONG bits = 0;

	for (size_t i = 0; i < FLAGS_ROWS; i++)
	{
		if (flags & flags_rows[i].flag)
			bits |= flags_rows[i].bits[set];
	}
	return bits;
}

ULONG flags_to_request(enum mech_role role, uint32_t flags)
{
	return flags_to_set(flags, role == MECH_INITIATOR ? FLAGS_ISC_REQ : FLAGS_ASC_REQ);
}

ULONG flags_to_attributes(enum mech_role role, uint32_t flags)
{
	return flags_to_set(flags, role == MECH_INITIATOR ? FLAGS_ISC_RET : FLAGS_ASC_RET);
}

bool flags_ask_allocate(ULONG request)
{
	_Static_assert(ISC_REQ_ALLOCATE_MEMORY == ASC_REQ_ALLOCATE_MEMORY, "one bit for both roles");
	return (request & ISC_REQ_ALLOCATE_MEMORY) != 0;
}

bool flags_ask_datagram(ULONG request)
{
	_Static_assert(ISC_REQ_DATAGRAM == ASC_REQ_DATAGRAM, "one bit for both roles");
	return (request & ISC_REQ_DATAGRAM) != 0;
}
