/* SPDX-License-Identifier: Apache-2.0
 *
 * One row a property: its bit in each of the four sets.
 */
#include "host/flags.h"

static const struct flags_row
{
	uint32_t flag;
	ULONG isc_req;
	ULONG isc_ret;
	ULONG asc_req;
	ULONG asc_ret;
} flags_rows[] = {
	{ MECH_INTEGRITY, ISC_REQ_INTEGRITY, ISC_RET_INTEGRITY, ASC_REQ_INTEGRITY, ASC_RET_INTEGRITY },
	{ MECH_CONFIDENTIALITY, ISC_REQ_CONFIDENTIALITY, ISC_RET_CONFIDENTIALITY,
	  ASC_REQ_CONFIDENTIALITY, ASC_RET_CONFIDENTIALITY },
	{ MECH_MUTUAL_AUTH, ISC_REQ_MUTUAL_AUTH, ISC_RET_MUTUAL_AUTH, ASC_REQ_MUTUAL_AUTH,
	  ASC_RET_MUTUAL_AUTH },
	{ MECH_REPLAY_DETECT, ISC_REQ_REPLAY_DETECT, ISC_RET_REPLAY_DETECT, ASC_REQ_REPLAY_DETECT,
	  ASC_RET_REPLAY_DETECT },
	{ MECH_SEQUENCE_DETECT, ISC_REQ_SEQUENCE_DETECT, ISC_RET_SEQUENCE_DETECT,
	  ASC_REQ_SEQUENCE_DETECT, ASC_RET_SEQUENCE_DETECT },
	{ MECH_DCE_STYLE, ISC_REQ_USE_DCE_STYLE, ISC_RET_USED_DCE_STYLE, ASC_REQ_USE_DCE_STYLE,
	  ASC_RET_USED_DCE_STYLE },
	{ MECH_IDENTIFY, ISC_REQ_IDENTIFY, ISC_RET_IDENTIFY, ASC_REQ_IDENTIFY, ASC_RET_IDENTIFY },
	{ MECH_DELEGATE, ISC_REQ_DELEGATE, ISC_RET_DELEGATE, ASC_REQ_DELEGATE, ASC_RET_DELEGATE },
	{ MECH_USE_SESSION_KEY, ISC_REQ_USE_SESSION_KEY, ISC_RET_USE_SESSION_KEY,
	  ASC_REQ_USE_SESSION_KEY, ASC_RET_USE_SESSION_KEY },
	{ MECH_NULL_SESSION, ISC_REQ_NULL_SESSION, ISC_RET_NULL_SESSION, ASC_REQ_ALLOW_NULL_SESSION,
	  ASC_RET_NULL_SESSION },
	{ MECH_EXTENDED_ERROR, ISC_REQ_EXTENDED_ERROR, ISC_RET_EXTENDED_ERROR, ASC_REQ_EXTENDED_ERROR,
	  ASC_RET_EXTENDED_ERROR },
	{ MECH_CONNECTION, ISC_REQ_CONNECTION, ISC_RET_CONNECTION, ASC_REQ_CONNECTION,
	  ASC_RET_CONNECTION },
};

#define FLAGS_ROWS (sizeof(flags_rows) / sizeof(flags_rows[0]))

uint32_t flags_from_request(enum mech_role role, ULONG request)
{
	uint32_t flags = 0;

	for (size_t i = 0; i < FLAGS_ROWS; i++)
	{
		const struct flags_row* const row = &flags_rows[i];

		if (request & (role == MECH_INITIATOR ? row->isc_req : row->asc_req))
			flags |= row->flag;
	}
	return flags;
}

ULONG flags_to_attributes(enum mech_role role, uint32_t flags)
{
	ULONG attributes = 0;

	for (size_t i = 0; i < FLAGS_ROWS; i++)
	{
		const struct flags_row* const row = &flags_rows[i];

		if (flags & row->flag)
			attributes |= role == MECH_INITIATOR ? row->isc_ret : row->asc_ret;
	}
	return attributes;
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
