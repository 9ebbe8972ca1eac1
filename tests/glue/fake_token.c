/* SPDX-License-Identifier: Apache-2.0
 *
 * RFC 2743 3.1 and RFC 4178 4.2 by hand, apart from the module's own writers.
 */
#include "fake_token.h"

#include <string.h>

#include "fake_winpr.h"

static const BYTE krb5_oid[] = { 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x12, 0x01, 0x02, 0x02 };
static const BYTE u2u_oid[] = { 0x06, 0x0A, 0x2A, 0x86, 0x48, 0x86,
	                            0xF7, 0x12, 0x01, 0x02, 0x02, 0x03 };
static const BYTE spnego_oid[] = { 0x06, 0x06, 0x2B, 0x06, 0x01, 0x05, 0x05, 0x02 };

static void wrap(struct text* text, BYTE tag, const BYTE* before, size_t before_len)
{
	struct text made = { { tag, (BYTE)(before_len + text->len) }, 2 };
	if (before_len)
		memcpy(made.data + 2, before, before_len);
	memcpy(made.data + 2 + before_len, text->data, text->len);
	made.len += before_len + text->len;
	*text = made;
}

/* 60 len OID TOK_ID "body" */
struct text fake_token_make(bool u2u, BYTE high, BYTE low)
{
	struct text text = { { high, low, 'b', 'o', 'd', 'y' }, 6 };
	wrap(&text, 0x60, u2u ? u2u_oid : krb5_oid, u2u ? sizeof(u2u_oid) : sizeof(krb5_oid));
	return text;
}

/* 30 len A0 03 02 01 05 A1 03 02 01 10 [A2 len 30 len A0 03 02 01 03 A1 len 30 len 1B len name..]
 */
struct text fake_tgt_req(const char* service, const char* host)
{
	static const BYTE version_and_type[] = { 0xA0, 0x03, 0x02, 0x01, 0x05,
		                                     0xA1, 0x03, 0x02, 0x01, 0x10 };
	static const BYTE name_type[] = { 0xA0, 0x03, 0x02, 0x01, 0x03 };
	static const BYTE token_id[] = { 0x04, 0x00 };
	const char* const names[] = { service, host };
	struct text text = { { 0 }, 0 };
	for (size_t i = 0; i < 2; i++)
	{
		const size_t len = names[i] ? strlen(names[i]) : 0;
		if (!names[i])
			continue;
		text.data[text.len] = 0x1B;
		text.data[text.len + 1] = (BYTE)len;
		memcpy(text.data + text.len + 2, names[i], len);
		text.len += len + 2;
	}
	if (text.len > 0)
	{
		wrap(&text, 0x30, NULL, 0);
		wrap(&text, 0xA1, NULL, 0);
		wrap(&text, 0x30, name_type, sizeof(name_type));
		wrap(&text, 0xA2, NULL, 0);
	}
	wrap(&text, 0x30, version_and_type, sizeof(version_and_type));
	BYTE before[sizeof(u2u_oid) + sizeof(token_id)];
	memcpy(before, u2u_oid, sizeof(u2u_oid));
	memcpy(before + sizeof(u2u_oid), token_id, sizeof(token_id));
	wrap(&text, 0x60, before, sizeof(before));
	return text;
}

/* The inner token's TOK_ID, or 0; a carrier's initiator wants a NegTokenResp around it. */
unsigned fake_token_id(const SecBufferDesc* input, bool wrapped, bool* completed)
{
	for (ULONG i = 0; input && i < input->cBuffers; i++)
	{
		const BYTE* data = input->pBuffers[i].pvBuffer;
		size_t len = input->pBuffers[i].cbBuffer;
		if (input->pBuffers[i].BufferType != SECBUFFER_TOKEN || len < 8)
			continue;
		if (wrapped)
		{
			/* A1 len 30 len A0 03 0A 01 state A2 len 04 len token */
			if (data[0] != 0xA1 || data[2] != 0x30 || data[4] != 0xA0 || data[9] != 0xA2)
				return 0;
			*completed = data[8] == 0;
			data += 13;
			len -= 13;
		}
		const size_t at = 2u + 2u + data[3];
		/* As WinPR's reader: neither the class nor the length is looked at. */
		return (data[0] & 0x60) == 0x60 && len >= at + 2 ? (unsigned)data[at] << 8 | data[at + 1]
		                                                 : 0;
	}
	return 0;
}

SECURITY_STATUS fake_token_put(const SecBufferDesc* output, struct text text, bool carrier,
                               bool init)
{
	static const BYTE list[] = { 0xA0, 0x0D, 0x30, 0x0B, 0x06, 0x09, 0x2A, 0x86,
		                         0x48, 0x86, 0xF7, 0x12, 0x01, 0x02, 0x02 };
	static const BYTE incomplete[] = { 0xA0, 0x03, 0x0A, 0x01, 0x01 };
	SecBuffer* const buffer = output ? &output->pBuffers[0] : NULL;
	if (carrier && !fake.garbage)
	{
		wrap(&text, 0x04, NULL, 0);
		wrap(&text, 0xA2, NULL, 0);
		wrap(&text, 0x30, init ? list : incomplete, init ? sizeof(list) : sizeof(incomplete));
		wrap(&text, init ? 0xA0 : 0xA1, NULL, 0);
		if (init)
			wrap(&text, 0x60, spnego_oid, sizeof(spnego_oid));
	}
	if (!buffer || buffer->cbBuffer < text.len)
		return SEC_E_BUFFER_TOO_SMALL;
	memcpy(buffer->pvBuffer, text.data, text.len);
	buffer->cbBuffer = (ULONG)text.len;
	return SEC_E_OK;
}
