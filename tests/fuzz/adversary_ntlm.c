/* SPDX-License-Identifier: Apache-2.0
 *
 * Edits of NTLM's messages: flags, fields, AV pairs.
 */
#include "adversary_impl.h"

#include <string.h>

bool edit_flags(struct ntlm* ntlm, const struct record* record)
{
	if (record->payload.len >= 4)
		ntlm->flags = wire_le32(record->payload.data);
	else
		ntlm->flags ^= 1u << record->at % 32;
	return true;
}

bool edit_field(struct ntlm* ntlm, const struct record* record)
{
	if (!ntlm->count)
		return false;
	struct part* field = &ntlm->fields[record->what % ntlm->count];
	const size_t at = field->len ? record->at % field->len : 0;
	const uint8_t flipped = field->len ? field->data[at] ^ (uint8_t)(record->how | 1) : 0;
	switch (record->how >> 1 & 3)
	{
		case 0:
			*field = record->payload;
			return true;
		case 1:
			*field = spliced(*field, at, field->len ? 1 : 0, (struct part){ &flipped, 1 });
			return true;
		case 2:
			*field = spliced(*field, at, field->len - at, (struct part){ NULL, 0 });
			return true;
		default:
			*field = spliced(*field, at, 0, record->payload);
			return field->len <= UINT16_MAX;
	}
}

/* The list of AV pairs in a message: in CHALLENGE a field, in AUTHENTICATE behind the answer's
 * head. */
static struct part* pairs_field(struct ntlm* ntlm, size_t* skip)
{
	*skip = ntlm->type == 3 ? 44 : 0;
	struct part* field = ntlm->type == 3   ? &ntlm->fields[AUTHENTICATE_NT]
	                     : ntlm->type == 2 ? &ntlm->fields[CHALLENGE_TARGET_INFO]
	                                       : NULL;
	return field && field->len > *skip ? field : NULL;
}

static size_t pair_write(uint8_t* to, unsigned id, struct part value)
{
	to[0] = (uint8_t)id;
	to[1] = (uint8_t)(id >> 8);
	to[2] = (uint8_t)value.len;
	to[3] = (uint8_t)(value.len >> 8);
	if (value.len)
		memcpy(to + 4, value.data, value.len);
	return 4 + value.len;
}

/* Where the pair with this number begins, or the last if there is none. */
static size_t find_pair(struct part list, unsigned wanted, struct part* value)
{
	size_t at = 0;
	size_t begin = 0;
	unsigned id = 0;
	while (pair_next(list, &at, &id, value))
	{
		if (id == wanted || id == 0)
			return begin;
		begin = at;
	}
	*value = (struct part){ NULL, 0 };
	return begin;
}

bool edit_pair(struct ntlm* ntlm, const struct record* record)
{
	static uint8_t made[1u << 17];
	static uint8_t kept[1u << 16];
	size_t skip = 0;
	struct part* field = pairs_field(ntlm, &skip);
	if (!field || record->payload.len > 60000)
		return false;
	const struct part list = { field->data + skip, field->len - skip };
	struct part old;
	const unsigned id = record->at;
	const size_t at = skip + find_pair(list, id, &old);
	const size_t len = old.data ? 4 + old.len : 0;
	struct part with = { made, pair_write(made, id, record->payload) };
	switch (record->how % 5)
	{
		case 0:
			*field = spliced(*field, at, len, (struct part){ NULL, 0 });
			break;
		case 1: /* another value */
			*field = spliced(*field, at, len, with);
			break;
		case 2: /* one more */
			*field = spliced(*field, at, 0, with);
			break;
		case 3: /* doubled, at the front */
			memcpy(kept, field->data + at, len);
			*field = spliced(*field, skip, 0, (struct part){ kept, len });
			break;
		default: /* a bit of its value */
			if (!old.len)
				return false;
			memcpy(kept, old.data, old.len);
			kept[record->what % old.len] ^= (uint8_t)(1u << (record->how & 7));
			*field = spliced(*field, at + 4, old.len, (struct part){ kept, old.len });
	}
	return field->len <= UINT16_MAX;
}

/* In place: what a careless or hostile writer of NTLM does. */
void edit_head(struct sspi_token* wire, const struct record* record)
{
	static const size_t places[4][6] = {
		{ 0 }, { 16, 24, 16, 24, 16, 24 }, { 12, 40, 12, 40, 12, 40 }, { 12, 20, 28, 36, 44, 52 }
	};
	const struct opened opened = open_token(wire);
	if (!opened.ntlm.type)
		return;
	const size_t word = record->how % 3 * 2;
	const size_t at = places[opened.ntlm.type][record->what % 6] + word;
	if (at + 2 > opened.ntlm.whole.len)
		return;
	uint8_t* to = wire->data + (opened.ntlm.whole.data - wire->data) + at;
	to[0] = (uint8_t)record->at;
	to[1] = (uint8_t)(record->at >> 8);
}
