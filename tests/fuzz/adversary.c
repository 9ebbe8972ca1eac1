/* SPDX-License-Identifier: Apache-2.0
 *
 * Edits of the raw bytes, and of NTLM and SPNEGO taken apart and put together again.
 */
#include "adversary_impl.h"

#include <string.h>

struct opened open_token(const struct sspi_token* wire)
{
	struct opened opened = { .neg = neg_read(part_of(wire)) };
	opened.ntlm = ntlm_read(opened.neg.kind == NEG_NONE ? part_of(wire) : opened.neg.token);
	return opened;
}

void close_token(struct sspi_token* wire, struct opened* opened, bool with_ntlm)
{
	struct sspi_token inner = { NULL, 0 };
	struct sspi_token whole = { NULL, 0 };
	if (with_ntlm)
	{
		ntlm_write(&opened->ntlm, &inner);
		opened->neg.token = part_of(&inner);
	}
	if (opened->neg.kind != NEG_NONE)
		neg_write(&opened->neg, &whole);
	else if (with_ntlm)
		sspi_token_set(&whole, inner.data, inner.len);
	sspi_token_free(&inner);
	sspi_token_free(wire);
	*wire = whole;
}

static void copy(uint8_t* to, struct part from, size_t at, size_t len)
{
	if (len)
		memcpy(to, from.data + at, len);
}

struct part spliced(struct part from, size_t at, size_t old, struct part with)
{
	static uint8_t room[1u << 17];
	if (with.len > sizeof(room) / 2 || from.len > sizeof(room) / 2)
		return from;
	copy(room, from, 0, at);
	copy(room + at, with, 0, with.len);
	copy(room + at + with.len, from, at + old, from.len - at - old);
	return (struct part){ room, from.len - old + with.len };
}

static void edit_opened(struct sspi_token* wire, const struct record* record)
{
	struct opened opened = open_token(wire);
	struct sspi_token list = { NULL, 0 };
	bool changed = false;
	switch (record->op)
	{
		case OP_FLAGS:
			changed = opened.ntlm.type && edit_flags(&opened.ntlm, record);
			break;
		case OP_FIELD:
			changed = opened.ntlm.type && edit_field(&opened.ntlm, record);
			break;
		case OP_PAIR:
			changed = opened.ntlm.type && edit_pair(&opened.ntlm, record);
			break;
		case OP_NEG:
			changed = edit_neg(&opened.neg, record);
			break;
		default:
			changed = edit_list(&opened.neg, record, &list);
	}
	if (changed)
		close_token(wire, &opened,
		            record->op == OP_FLAGS || record->op == OP_FIELD || record->op == OP_PAIR);
	sspi_token_free(&list);
}

void adversary_edit(struct sspi_token* wire, const struct record* record)
{
	const struct part payload = record->payload;
	switch (record->op)
	{
		case OP_FLIP:
			if (wire->len)
				wire->data[record->at % wire->len] ^= record->how ? record->how : 1;
			return;
		case OP_CUT:
			if (wire->len)
				sspi_token_set(wire, wire->data, record->at % wire->len);
			return;
		case OP_APPEND:
		{
			const struct part longer = spliced(part_of(wire), wire->len, 0, payload);
			sspi_token_set(wire, longer.data, longer.len);
			return;
		}
		case OP_RAW:
			sspi_token_set(wire, payload.data, payload.len);
			return;
		case OP_HEAD:
			edit_head(wire, record);
			return;
		case OP_WRAP:
			edit_wrap(wire, record);
			return;
		case OP_FLAGS:
		case OP_FIELD:
		case OP_PAIR:
		case OP_NEG:
		case OP_LIST:
			edit_opened(wire, record);
			return;
		default:
			return;
	}
}
