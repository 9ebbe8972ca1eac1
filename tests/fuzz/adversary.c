/* SPDX-License-Identifier: Apache-2.0
 *
 * Edits of the raw bytes, and of NTLM and SPNEGO taken apart and put together again, so that the
 * lengths around a change are right and what is behind them is reached.
 */
#include "adversary.h"

#include <stdlib.h>
#include <string.h>

/* A token taken apart. */
struct opened
{
	struct neg neg;   /* NEG_NONE: bare */
	struct ntlm ntlm; /* type 0: none in it */
};

static struct opened open_token(const struct sspi_token* wire)
{
	struct opened opened = { .neg = neg_read(part_of(wire)) };
	opened.ntlm = ntlm_read(opened.neg.kind == NEG_NONE ? part_of(wire) : opened.neg.token);
	return opened;
}

static void close_token(struct sspi_token* wire, struct opened* opened, bool with_ntlm)
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

/* `from` with `old` bytes at `at` replaced, in memory of its own that the next call overwrites. */
static struct part spliced(struct part from, size_t at, size_t old, struct part with)
{
	static uint8_t room[1u << 17];
	if (with.len > sizeof(room) / 2 || from.len > sizeof(room) / 2)
		return from;
	copy(room, from, 0, at);
	copy(room + at, with, 0, with.len);
	copy(room + at + with.len, from, at + old, from.len - at - old);
	return (struct part){ room, from.len - old + with.len };
}

/* --- NTLM ------------------------------------------------------------------------------------- */

static bool edit_flags(struct ntlm* ntlm, const struct record* record)
{
	if (record->payload.len >= 4)
		ntlm->flags = wire_le32(record->payload.data);
	else
		ntlm->flags ^= 1u << record->at % 32;
	return true;
}

static bool edit_field(struct ntlm* ntlm, const struct record* record)
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

static bool edit_pair(struct ntlm* ntlm, const struct record* record)
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
static void edit_head(struct sspi_token* wire, const struct record* record)
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

/* --- SPNEGO ----------------------------------------------------------------------------------- */

static bool edit_neg(struct neg* neg, const struct record* record)
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

static bool edit_list(struct neg* neg, const struct record* record, struct sspi_token* list)
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

static void edit_wrap(struct sspi_token* wire, const struct record* record)
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

/* --- all -------------------------------------------------------------------------------------- */

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

/* --- repair ----------------------------------------------------------------------------------- */

/* The hash with which the reader will check, or has answered; that of the user in another domain,
 * or of anybody, where there is none. */
static const uint8_t* hash_for(const struct oracle_setup* reader, const struct ntlm* authenticate)
{
	static const uint8_t nobody[16];
	struct oracle_outcome outcome;
	if (reader->initiator)
		return reader->anonymous ? nobody : reader->identity.nt_hash;
	const struct part user = authenticate->fields[AUTHENTICATE_USER];
	const struct part domain = authenticate->fields[AUTHENTICATE_DOMAIN];
	const struct oracle_account* account =
	    user.len % 2 || domain.len % 2 ? NULL : oracle_find(reader, user, domain, &outcome);
	for (size_t i = 0; !account && i < reader->account_count; i++)
		if (oracle_same_text(user, reader->accounts[i].user))
			account = &reader->accounts[i];
	if (account)
		return account->nt_hash;
	return user.len ? reader->accounts[0].nt_hash : nobody;
}

/* The time of CHALLENGE, where there is a place for it. */
static void repair_time(const struct ntlm* authenticate, uint8_t* whole,
                        const struct ntlm* challenge)
{
	const struct part nt = authenticate->fields[AUTHENTICATE_NT];
	struct pairs theirs;
	struct pairs pairs;
	if (nt.len < 44 || !pairs_read((struct part){ nt.data + 44, nt.len - 44 }, &pairs) ||
	    !pairs_read(challenge->fields[CHALLENGE_TARGET_INFO], &theirs) ||
	    !pairs.present[PAIR_TIMESTAMP] || !theirs.present[PAIR_TIMESTAMP])
		return;
	memcpy(whole + (pairs.value[PAIR_TIMESTAMP].data - authenticate->whole.data),
	       theirs.value[PAIR_TIMESTAMP].data, 8);
}

/* Time, proof and MIC, in the token itself. */
static void repair_answer(const struct ntlm* authenticate, uint8_t* token,
                          const struct oracle_legs* legs, const uint8_t* hash, unsigned what)
{
	const struct part nt = authenticate->fields[AUTHENTICATE_NT];
	uint8_t* whole = token + (authenticate->whole.data - token);
	if (what & REPAIR_TIME)
		repair_time(authenticate, whole, &legs->ntlm[1]);
	struct oracle_answer answer = oracle_answer(hash, &legs->ntlm[0], &legs->ntlm[1], authenticate);
	if (what & REPAIR_PROOF && nt.len >= 16)
		memcpy(whole + (nt.data - authenticate->whole.data), answer.proof, 16);
	answer = oracle_answer(hash, &legs->ntlm[0], &legs->ntlm[1], authenticate);
	if (what & REPAIR_MIC && authenticate->mic_at && oracle_announces_mic(authenticate))
		memcpy(whole + authenticate->mic_at, answer.mic, 16);
}

void adversary_repair(struct sspi_token* wire, const struct oracle_setup* reader,
                      const struct oracle_view* view, unsigned what)
{
	struct oracle_legs legs;
	struct opened opened = open_token(wire);
	uint8_t mic[16];
	(void)oracle_legs(view, reader->initiator, &legs);
	if (legs.ntlm[1].type != 2)
		return;
	const bool comes = opened.ntlm.type == 3 && !reader->initiator;
	const struct ntlm* authenticate = comes ? &opened.ntlm : &legs.ntlm[2];
	if (authenticate->type != 3)
		return;
	const uint8_t* hash = hash_for(reader, authenticate);
	if (comes)
		repair_answer(authenticate, wire->data, &legs, hash, what);
	if (!(what & REPAIR_MECH_LIST_MIC) || opened.neg.mic.len != 16)
		return;
	const struct oracle_answer answer =
	    oracle_answer(hash, &legs.ntlm[0], &legs.ntlm[1], authenticate);
	oracle_mech_list_mic(answer.key, authenticate->flags & legs.ntlm[1].flags, legs.list,
	                     !reader->initiator, mic);
	memcpy(wire->data + (opened.neg.mic.data - wire->data), mic, 16);
}
