/* SPDX-License-Identifier: Apache-2.0
 *
 * Edits of SPNEGO's messages: their fields, mechTypes, and the whole framing.
 */
#include "adversary_impl.h"

#include <string.h>

bool edit_neg(struct neg* neg, const struct record* record)
{
	static const uint8_t zeros[16];
	const struct part none = { NULL, 0 };
	if (neg->kind == NEG_NONE)
		return false;
	switch (record->how % 8)
	{
		case 0:
			neg->state = record->what % 5 - 1;
			return true;
		case 1:
			neg->mic = none;
			return true;
		case 2:
			neg->mic = record->payload.len ? record->payload : (struct part){ zeros, 16 };
			return true;
		case 3:
			neg->token = none;
			return true;
		case 4:
			neg->token = record->payload;
			return true;
		case 5:
			neg->choice = record->what & 1 ? wire_ntlm_oid : record->payload;
			return true;
		case 6:
			neg->choice = none;
			return true;
		default:
			neg->mic = neg->token;
			return true;
	}
}

static const struct part known_oids[] = {
	{ (const uint8_t*)"\x2a\x86\x48\x86\xf7\x12\x01\x02\x02", 9 },
	{ (const uint8_t*)"\x2a\x86\x48\x82\xf7\x12\x01\x02\x02", 9 },
	{ (const uint8_t*)"\x2a\x86\x48\x86\xf7\x12\x01\x02\x02\x03", 10 },
	{ (const uint8_t*)"\x2b\x06\x01\x04\x01\x82\x37\x02\x02\x1e", 10 },
	{ (const uint8_t*)"\x2b\x06\x01\x04\x01\x82\x37\x02\x02\x0a", 10 },
	{ (const uint8_t*)"\x55", 1 },
};

bool edit_list(struct neg* neg, const struct record* record, struct sspi_token* list)
{
	struct part oids[41];
	size_t count = 0;
	struct part oid;
	while (count < 40 && (oid = neg_list_at(neg->list, (unsigned)count)).data)
		oids[count++] = oid;
	if (neg->kind != NEG_INIT || !count)
		return false;
	const size_t at = record->what % count;
	switch (record->how % 4)
	{
		case 0:
			oid = oids[0];
			oids[0] = oids[at];
			oids[at] = oid;
			break;
		case 1:
			memmove(oids + at, oids + at + 1, (--count - at) * sizeof(oid));
			break;
		case 2:
			memmove(oids + at + 1, oids + at, (count++ - at) * sizeof(oid));
			oids[at] = known_oids[record->at % (sizeof(known_oids) / sizeof(known_oids[0]))];
			break;
		default:
			memmove(oids + at + 1, oids + at, (count++ - at) * sizeof(oid));
			oids[at] = record->payload;
	}
	neg_list_write(oids, count, list);
	neg->list = part_of(list);
	return true;
}

void edit_wrap(struct sspi_token* wire, const struct record* record)
{
	struct opened opened = open_token(wire);
	struct sspi_token list = { NULL, 0 };
	if (opened.neg.kind != NEG_NONE)
	{
		struct sspi_token bare = { NULL, 0 };
		sspi_token_set(&bare, opened.neg.token.data, opened.neg.token.len);
		sspi_token_free(wire);
		*wire = bare;
		return;
	}
	neg_list_write(&wire_ntlm_oid, 1, &list);
	opened.neg = (struct neg){ .kind = record->how & 1 ? NEG_INIT : NEG_RESP,
		                       .list = part_of(&list),
		                       .state = record->what % 5 - 1,
		                       .token = part_of(wire) };
	close_token(wire, &opened, false);
	sspi_token_free(&list);
}
