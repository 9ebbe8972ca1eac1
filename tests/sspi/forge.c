/* SPDX-License-Identifier: Apache-2.0
 *
 * The NTLM message and the MIC are found by what they begin with; a token is put together from the
 * inside out.
 */
#include "forge.h"

#include <string.h>

#include "expect.h"

#define SPNEGO_OID "\x06\x06\x2b\x06\x01\x05\x05\x02"

struct buffer
{
	uint8_t data[4096];
	size_t len;
};

static void add(struct buffer* to, const uint8_t* data, size_t len)
{
	assert_true(to->len + len <= sizeof(to->data));
	memcpy(to->data + to->len, data, len);
	to->len += len;
}

/* Puts tag and length in front of everything from `start` on. */
static void wrap(struct buffer* to, size_t start, uint8_t tag)
{
	const size_t len = to->len - start;
	uint8_t head[4] = { tag, 0x82, (uint8_t)(len >> 8), (uint8_t)len };
	size_t head_len = 4;
	if (len < 0x80)
	{
		head[1] = (uint8_t)len;
		head_len = 2;
	}
	else if (len < 0x100)
	{
		head[1] = 0x81;
		head[2] = (uint8_t)len;
		head_len = 3;
	}
	assert_true(to->len + head_len <= sizeof(to->data));
	memmove(to->data + start + head_len, to->data + start, len);
	memcpy(to->data + start, head, head_len);
	to->len += head_len;
}

const uint8_t* forge_find_ntlm(const struct sspi_token* token, size_t* len)
{
	const uint8_t* at = memmem(token->data, token->len, "NTLMSSP", 8);
	*len = 0;
	if (!at)
		return NULL;
	if (at[-2] == 0x04)
		*len = at[-1];
	else if (at[-3] == 0x04 && at[-2] == 0x81)
		*len = at[-1];
	else if (at[-4] == 0x04 && at[-3] == 0x82)
		*len = (size_t)at[-2] << 8 | at[-1];
	assert_true(*len > 0 && at + *len <= token->data + token->len);
	return at;
}

const uint8_t* forge_find_mic(const struct sspi_token* token)
{
	const uint8_t* at = memmem(token->data, token->len, "\xa3\x12\x04\x10\x01\0\0\0", 8);
	return at ? at + 4 : NULL;
}

static void add_octets(struct buffer* to, uint8_t context_tag, const uint8_t* data, size_t len)
{
	const size_t start = to->len;
	add(to, data, len);
	wrap(to, start, 0x04);
	wrap(to, start, context_tag);
}

void forge_resp(struct sspi_token* token, enum neg_state neg_state, const char* mech,
                const uint8_t* message, size_t message_len, const uint8_t* mic)
{
	struct buffer made = { .len = 0 };
	if (neg_state != NO_STATE)
	{
		const uint8_t state[] = { 0xa0, 0x03, 0x0a, 0x01, (uint8_t)neg_state };
		add(&made, state, sizeof(state));
	}
	if (mech)
	{
		const size_t start = made.len;
		add(&made, (const uint8_t*)mech, strlen(mech));
		wrap(&made, start, 0xa1);
	}
	if (message)
		add_octets(&made, 0xa2, message, message_len);
	if (mic)
		add_octets(&made, 0xa3, mic, 16);
	wrap(&made, 0, 0x30);
	wrap(&made, 0, 0xa1);
	sspi_token_set(token, made.data, made.len);
}

void forge_mech_types(struct sspi_token* token, const char* list)
{
	struct buffer made = { .len = 0 };
	size_t len = 0;
	const uint8_t* message = forge_find_ntlm(token, &len);
	add(&made, (const uint8_t*)list, strlen(list));
	wrap(&made, 0, 0x30);
	wrap(&made, 0, 0xa0);
	add_octets(&made, 0xa2, message, len);
	wrap(&made, 0, 0x30);
	wrap(&made, 0, 0xa0);
	struct buffer whole = { .len = 0 };
	add(&whole, (const uint8_t*)SPNEGO_OID, sizeof(SPNEGO_OID) - 1);
	add(&whole, made.data, made.len);
	wrap(&whole, 0, 0x60);
	sspi_token_set(token, whole.data, whole.len);
}
