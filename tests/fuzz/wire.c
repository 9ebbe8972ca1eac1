/* SPDX-License-Identifier: Apache-2.0
 *
 * What is written is written from its end to its beginning, so that each length is known when it is
 * its turn.
 */
#include "wire.h"

#include <stdlib.h>
#include <string.h>

static const uint8_t spnego_oid[] = { 0x06, 0x06, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x02 };
static const uint8_t ntlm_oid[] = { 0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x02, 0x02, 0x0a };
const struct part wire_ntlm_oid = { ntlm_oid, sizeof(ntlm_oid) };

struct part part_of(const struct sspi_token* token)
{
	return (struct part){ token->data, token->len };
}

bool part_equal(struct part a, struct part b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

/* --- DER (X.690 8.1, 10.1) -------------------------------------------------------------------- */

/* One element with this tag: its content; `from` becomes what is behind it. */
static bool der_take(struct part* from, uint8_t tag, struct part* content)
{
	size_t head = 2;
	if (from->len < 2 || from->data[0] != tag)
		return false;
	size_t len = from->data[1];
	if (len & 0x80)
	{
		size_t digits = len & 0x7f;
		if (digits == 0 || digits > 4 || from->len - 2 < digits)
			return false;
		for (len = 0; digits; digits--)
			len = len << 8 | from->data[head++];
	}
	if (len > from->len - head)
		return false;
	*content = (struct part){ from->data + head, len };
	*from = (struct part){ from->data + head + len, from->len - head - len };
	return true;
}

/* [number] with one element in it and nothing else. True also where it does not come next, with no
 * data. */
static bool der_field(struct part* from, unsigned number, uint8_t inner, struct part* content)
{
	struct part outside;
	*content = (struct part){ NULL, 0 };
	if (!from->len || from->data[0] != (uint8_t)(0xa0 + number))
		return true;
	return der_take(from, (uint8_t)(0xa0 + number), &outside) &&
	       der_take(&outside, inner, content) && outside.len == 0;
}

static uint8_t room[1u << 18];

static void put_back(size_t* at, struct part part)
{
	if (part.len > *at)
		abort();
	*at -= part.len;
	if (part.len)
		memcpy(room + *at, part.data, part.len);
}

/* A head for what was written since `end`. */
static void put_head(size_t* at, size_t end, uint8_t tag)
{
	size_t len = end - *at;
	uint8_t head[6];
	size_t count = 0;
	if (len < 0x80)
		head[5 - count++] = (uint8_t)len;
	else
	{
		for (; len; len >>= 8)
			head[5 - count++] = (uint8_t)len;
		head[5 - count] = (uint8_t)(0x80 + count);
		count++;
	}
	head[5 - count++] = tag;
	put_back(at, (struct part){ head + 6 - count, count });
}

static void put_field(size_t* at, unsigned number, uint8_t inner, struct part content)
{
	const size_t end = *at;
	if (!content.data)
		return;
	put_back(at, content);
	put_head(at, end, inner);
	put_head(at, end, (uint8_t)(0xa0 + number));
}

/* --- SPNEGO ----------------------------------------------------------------------------------- */

static bool read_hints(struct part from)
{
	struct part ignored;
	return der_field(&from, 0, 0x1b, &ignored) && der_field(&from, 1, 0x04, &ignored) && !from.len;
}

/* [3] is a mechListMIC, or NegTokenInit2's hints with the MIC in [4] (MS-SPNG 2.2.1). */
static bool read_init_mic(struct part* from, struct part* mic)
{
	struct part ahead = *from;
	struct part hints;
	if (der_field(&ahead, 3, 0x30, &hints) && hints.data)
	{
		*from = ahead;
		return read_hints(hints) && der_field(from, 4, 0x04, mic);
	}
	if (!der_field(from, 3, 0x04, mic))
		return false;
	return mic->data || der_field(from, 4, 0x04, mic);
}

static bool read_init(struct part from, struct neg* neg)
{
	struct part fields;
	struct part outside;
	struct part inside;
	struct part ignored;
	if (!der_take(&from, 0xa0, &fields) || from.len || !der_take(&fields, 0x30, &inside) ||
	    fields.len)
		return false;
	fields = inside;
	if (!der_take(&fields, 0xa0, &outside))
		return false;
	neg->list = outside;
	if (!der_take(&outside, 0x30, &inside) || outside.len)
		return false;
	return der_field(&fields, 1, 0x03, &ignored) && der_field(&fields, 2, 0x04, &neg->token) &&
	       read_init_mic(&fields, &neg->mic) && !fields.len;
}

static bool read_resp(struct part from, struct neg* neg)
{
	struct part outside;
	struct part fields;
	struct part state;
	if (!der_take(&from, 0xa1, &outside) || from.len || !der_take(&outside, 0x30, &fields) ||
	    outside.len || !der_field(&fields, 0, 0x0a, &state))
		return false;
	if (state.data && (!state.len || state.len > 5 || state.data[state.len - 1] > 3))
		return false;
	for (size_t i = 0; state.data && i + 1 < state.len; i++)
		if (state.data[i])
			return false;
	if (state.data)
		neg->state = state.data[state.len - 1];
	return der_field(&fields, 1, 0x06, &neg->choice) && der_field(&fields, 2, 0x04, &neg->token) &&
	       der_field(&fields, 3, 0x04, &neg->mic) && !fields.len;
}

unsigned krb_read(struct part from, struct part* oid)
{
	struct part inner;
	if (!der_take(&from, 0x60, &inner) || from.len || !der_take(&inner, 0x06, oid) || inner.len < 2)
		return 0;
	return (unsigned)inner.data[0] << 8 | inner.data[1];
}

struct neg neg_read(struct part from)
{
	struct neg neg = { .kind = NEG_RESP, .state = -1 };
	struct part whole = from;
	struct part content;
	if (der_take(&whole, 0x60, &content) && !whole.len && content.len >= sizeof(spnego_oid) &&
	    memcmp(content.data, spnego_oid, sizeof(spnego_oid)) == 0)
	{
		neg.kind = NEG_INIT;
		content.data += sizeof(spnego_oid);
		content.len -= sizeof(spnego_oid);
		if (read_init(content, &neg))
			return neg;
	}
	else if (read_resp(from, &neg))
		return neg;
	return (struct neg){ .kind = NEG_NONE, .state = -1 };
}

void neg_write(const struct neg* neg, struct sspi_token* to)
{
	const size_t end = sizeof(room);
	const uint8_t state = (uint8_t)neg->state;
	size_t at = end;
	put_field(&at, 3, 0x04, neg->mic);
	put_field(&at, 2, 0x04, neg->token);
	if (neg->kind == NEG_RESP)
	{
		put_field(&at, 1, 0x06, neg->choice);
		if (neg->state >= 0)
			put_field(&at, 0, 0x0a, (struct part){ &state, 1 });
		put_head(&at, end, 0x30);
		put_head(&at, end, 0xa1);
	}
	else
	{
		const size_t behind = at;
		put_back(&at, neg->list);
		put_head(&at, behind, 0xa0);
		put_head(&at, end, 0x30);
		put_head(&at, end, 0xa0);
		put_back(&at, (struct part){ spnego_oid, sizeof(spnego_oid) });
		put_head(&at, end, 0x60);
	}
	sspi_token_set(to, room + at, end - at);
}

struct part neg_list_at(struct part list, unsigned index)
{
	struct part entries;
	struct part oid = { NULL, 0 };
	if (!der_take(&list, 0x30, &entries))
		return oid;
	for (unsigned i = 0; i <= index; i++)
		if (!der_take(&entries, 0x06, &oid))
			return (struct part){ NULL, 0 };
	return oid;
}

void neg_list_write(const struct part* elements, size_t count, struct sspi_token* to)
{
	const size_t end = sizeof(room);
	size_t at = end;
	for (size_t i = count; i > 0; i--)
	{
		const size_t behind = at;
		put_back(&at, elements[i - 1]);
		put_head(&at, behind, 0x06);
	}
	put_head(&at, end, 0x30);
	sspi_token_set(to, room + at, end - at);
}
