/* SPDX-License-Identifier: Apache-2.0
 *
 * NTLM's three messages and their AV pairs.
 */
#include "wire.h"

#include <stdlib.h>
#include <string.h>

static uint8_t room[1u << 18];

static unsigned le16(const uint8_t* at)
{
	return at[0] | (unsigned)at[1] << 8;
}

uint32_t wire_le32(const uint8_t* at)
{
	return le16(at) | (uint32_t)le16(at + 2) << 16;
}

static void put_le(uint8_t* at, size_t size, size_t value)
{
	for (size_t i = 0; i < size; i++, value >>= 8)
		at[i] = (uint8_t)value;
}

/* Where each message has its flags and its fields, and how long its fixed part is at least. */
static const struct
{
	size_t flags, least;
	unsigned count;
	size_t fields[NTLM_FIELDS_MAX];
} layouts[] = { { 0 },
	            { 12, 16, 0, { 0 } },
	            { 20, 48, 2, { 12, 40 } },
	            { 60, 64, 6, { 12, 20, 28, 36, 44, 52 } } };

static bool read_field(struct part message, size_t at, size_t least, struct part* field)
{
	const size_t len = le16(message.data + at);
	const size_t offset = wire_le32(message.data + at + 4);
	*field = (struct part){ NULL, 0 };
	if (!len)
		return true;
	if (offset < least || offset > message.len || len > message.len - offset)
		return false;
	*field = (struct part){ message.data + offset, len };
	return true;
}

/* MS-NLMP 2.2.1.3: behind Version, which old clients leave out with the MIC or without it. */
static size_t mic_place(const struct ntlm* ntlm)
{
	if (ntlm->fixed >= 88)
		return 72;
	return ntlm->fixed >= 80 && !(ntlm->flags & NTLM_VERSION) ? 64 : 0;
}

struct ntlm ntlm_read(struct part from)
{
	static const char signature[] = "NTLMSSP";
	struct ntlm ntlm = { .whole = from, .fixed = from.len };
	if (from.len < 16 || memcmp(from.data, signature, 8) != 0)
		return ntlm;
	const uint32_t type = wire_le32(from.data + 8);
	if (type < 1 || type > 3 || from.len < layouts[type].least || from.len > 16384)
		return ntlm;
	ntlm.flags = wire_le32(from.data + layouts[type].flags);
	ntlm.count = layouts[type].count;
	for (unsigned i = 0; i < ntlm.count; i++)
	{
		struct part* field = &ntlm.fields[i];
		if (type == 2 && i == CHALLENGE_TARGET_INFO && !(ntlm.flags & NTLM_TARGET_INFO))
			continue;
		if (!read_field(from, layouts[type].fields[i], layouts[type].least, field))
			return ntlm;
		if (field->len && (size_t)(field->data - from.data) < ntlm.fixed)
			ntlm.fixed = (size_t)(field->data - from.data);
	}
	ntlm.type = type;
	if (type == 3)
		ntlm.mic_at = mic_place(&ntlm);
	return ntlm;
}

void ntlm_write(const struct ntlm* ntlm, struct sspi_token* to)
{
	size_t len = ntlm->fixed;
	if (!ntlm->type || len > sizeof(room))
		abort();
	memcpy(room, ntlm->whole.data, len);
	put_le(room + layouts[ntlm->type].flags, 4, ntlm->flags);
	for (unsigned i = 0; i < ntlm->count; i++)
	{
		const struct part field = ntlm->fields[i];
		uint8_t* head = room + layouts[ntlm->type].fields[i];
		if (field.len > UINT16_MAX || field.len > sizeof(room) - len)
			abort();
		put_le(head, 2, field.len);
		put_le(head + 2, 2, field.len);
		put_le(head + 4, 4, len);
		if (field.len)
			memcpy(room + len, field.data, field.len);
		len += field.len;
	}
	sspi_token_set(to, room, len);
}

bool pair_next(struct part from, size_t* at, unsigned* id, struct part* value)
{
	if (from.len < 4 || *at > from.len - 4)
		return false;
	*id = le16(from.data + *at);
	value->len = le16(from.data + *at + 2);
	value->data = from.data + *at + 4;
	if (value->len > from.len - *at - 4)
		return false;
	*at += 4 + value->len;
	return true;
}

bool pairs_read(struct part from, struct pairs* pairs)
{
	static const size_t sizes[PAIR_KNOWN] = {
		[PAIR_FLAGS] = 4, [PAIR_TIMESTAMP] = 8, [PAIR_BINDINGS] = 16
	};
	size_t at = 0;
	unsigned id = 0;
	struct part value;
	*pairs = (struct pairs){ .len = 0 };
	while (pair_next(from, &at, &id, &value))
	{
		pairs->len = at;
		if (id == 0)
			return value.len == 0;
		if (id >= PAIR_KNOWN)
			continue;
		if (pairs->present[id] || (sizes[id] && sizes[id] != value.len))
			return false;
		pairs->present[id] = true;
		pairs->value[id] = value;
	}
	return false;
}
