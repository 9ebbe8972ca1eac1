/* SPDX-License-Identifier: Apache-2.0
 *
 * Messages that are well formed are written by the module's own writer: it is not what is looked at
 * here. OP_TS_RAW makes others.
 */
#include "adversary_credssp.h"

#include <string.h>

#include "adversary.h"
#include "credssp/ts_request.h"

static const unsigned field_of[CONTENT_COUNT] = { TS_NEGO_TOKENS, TS_AUTH_INFO, TS_PUB_KEY_AUTH,
	                                              TS_CLIENT_NONCE };

/* --- read and written ------------------------------------------------------------------------- */

static bool parse(const struct sspi_token* message, struct ts_request* request,
                  struct bytes contents[CONTENT_COUNT])
{
	if (ts_request_parse(bytes_make(message->data, message->len), request, NULL) != RESULT_OK)
		return false;
	contents[CONTENT_TOKEN] = request->nego_token;
	contents[CONTENT_AUTH_INFO] = request->auth_info;
	contents[CONTENT_PUB_KEY_AUTH] = request->pub_key_auth;
	contents[CONTENT_NONCE] = request->client_nonce;
	return true;
}

void draft_clear(struct draft* draft)
{
	for (unsigned i = 0; i < CONTENT_COUNT; i++)
		sspi_token_free(&draft->content[i]);
	*draft = (struct draft){ .there = false };
}

void draft_read(struct draft* draft, const struct sspi_token* message)
{
	struct ts_request request;
	struct bytes contents[CONTENT_COUNT];
	draft_clear(draft);
	if (!message->len || !parse(message, &request, contents))
		return;
	draft->there = true;
	draft->version = request.version;
	draft->fields = request.fields;
	draft->error_code = request.error_code;
	for (unsigned i = 0; i < CONTENT_COUNT; i++)
		sspi_token_set(&draft->content[i], contents[i].data, contents[i].len);
}

static void write_plainly(const struct draft* draft, struct sspi_token* message)
{
	const struct sspi_token* content = draft->content;
	const struct ts_request request = {
		.version = draft->version,
		.fields = draft->fields,
		.nego_token = bytes_make(content[CONTENT_TOKEN].data, content[CONTENT_TOKEN].len),
		.auth_info = bytes_make(content[CONTENT_AUTH_INFO].data, content[CONTENT_AUTH_INFO].len),
		.pub_key_auth =
		    bytes_make(content[CONTENT_PUB_KEY_AUTH].data, content[CONTENT_PUB_KEY_AUTH].len),
		.error_code = draft->error_code,
		.client_nonce = bytes_make(content[CONTENT_NONCE].data, content[CONTENT_NONCE].len)
	};
	struct blob written = BLOB_EMPTY;
	if (ts_request_write(&request, &written) == RESULT_OK)
		sspi_token_set(message, written.data, written.len);
	blob_free(&written);
}

/* --- edits ------------------------------------------------------------------------------------ */

static void edit_head(struct draft* draft, const struct record* record)
{
	if (record->what & 1)
		draft->version = record->how;
	if (record->what & 2)
		draft->fields ^= record->at & 0x3E;
	if (record->what & 4 && record->payload.len >= 4)
	{
		draft->fields |= TS_ERROR_CODE;
		draft->error_code = wire_le32(record->payload.data);
	}
}

/* The bytes changed, cut, made longer or others. */
static void edit_bytes(struct sspi_token* bytes, const struct record* record, unsigned how)
{
	struct record edit = *record;
	static const unsigned ops[] = { OP_RAW, OP_FLIP, OP_CUT, OP_APPEND };
	edit.op = ops[how % 4];
	adversary_edit(bytes, &edit);
}

void draft_edit(struct draft* draft, const struct record* record)
{
	const unsigned content = record->what % CONTENT_COUNT;
	const unsigned sealed = record->what & 1 ? CONTENT_AUTH_INFO : CONTENT_PUB_KEY_AUTH;
	draft->there = true;
	switch (record->op)
	{
		case OP_TS_HEAD:
			edit_head(draft, record);
			return;
		case OP_TS_FIELD:
			draft->fields |= field_of[content];
			edit_bytes(&draft->content[content], record, record->what >> 2);
			return;
		case OP_TS_SEAL:
			draft->fields |= field_of[sealed];
			draft->seal[sealed] = *record;
			draft->sealed_anew[sealed] = true;
			return;
		case OP_TS_RAW:
			draft->raw = *record;
			return;
		default:
			adversary_edit(&draft->content[CONTENT_TOKEN], record);
			if (draft->content[CONTENT_TOKEN].len)
				draft->fields |= TS_NEGO_TOKENS;
	}
}

void draft_take(struct draft* draft, const struct record* record, const struct sspi_token* from)
{
	const unsigned content = record->what % CONTENT_COUNT;
	struct ts_request request;
	struct bytes contents[CONTENT_COUNT];
	if (!parse(from, &request, contents))
		return;
	const struct bytes taken = contents[record->what / CONTENT_COUNT % CONTENT_COUNT];
	draft->there = true;
	draft->fields |= field_of[content];
	sspi_token_set(&draft->content[content], taken.data, taken.len);
}

/* --- sealed anew ------------------------------------------------------------------------------ */

/* Who reads it, and what that end knows. */
struct recipient
{
	const struct oracle_credssp* setup;
	const struct oracle_view* messages;
	struct oracle_credssp_seen seen;
	struct part token; /* that comes with the draft */
};

static void seal_pub_key(struct draft* draft, const struct recipient* to, unsigned wrong)
{
	static const uint8_t no_nonce[32];
	uint8_t key[ORACLE_BINDING_MAX] = { 0 };
	uint8_t room[ORACLE_BINDING_MAX];
	struct part public_key = to->setup->public_key;
	struct part nonce = to->seen.nonce;
	uint32_t version = oracle_credssp_agreed(to->setup, draft->version);
	const bool by_client = to->setup->inner.initiator == (bool)(wrong & SEAL_OTHER_ROLE);
	if (!to->setup->inner.initiator && draft->fields & TS_CLIENT_NONCE)
		nonce = part_of(&draft->content[CONTENT_NONCE]);
	if (wrong & SEAL_OTHER_NONCE)
		nonce = (struct part){ no_nonce, sizeof(no_nonce) };
	if (wrong & SEAL_OTHER_VERSION)
		version = version >= 5 ? 2 : 6;
	memcpy(key, public_key.data, public_key.len);
	key[public_key.len - 1] ^= wrong & SEAL_OTHER_KEY ? 1 : 0;
	public_key.data = key;
	struct part plain = oracle_credssp_binding(version, by_client, public_key, nonce, room);
	plain.len -= wrong & SEAL_CUT ? 1 : 0;
	room[0] ^= wrong & SEAL_FLIPPED ? 1 : 0;
	const struct oracle_sealing how = { (wrong & SEAL_REFLECTED) != 0,
		                                wrong & SEAL_NUMBER ? 1 : 0 };
	(void)oracle_credssp_seal(to->setup, to->messages, to->token, how, plain,
	                          &draft->content[CONTENT_PUB_KEY_AUTH]);
}

/* What the record has, or what the client would delegate. */
static void seal_auth_info(struct draft* draft, const struct recipient* to,
                           const struct record* record)
{
	const unsigned wrong = record ? record->how : 0;
	const struct oracle_sealing how = { (wrong & SEAL_REFLECTED) != 0,
		                                wrong & SEAL_NUMBER ? 1 : 0 };
	(void)oracle_credssp_seal(to->setup, to->messages, to->token, how,
	                          record && record->payload.len ? record->payload
	                                                        : to->setup->credentials,
	                          &draft->content[CONTENT_AUTH_INFO]);
}

static void seal_anew(struct draft* draft, const struct recipient* to, unsigned repair)
{
	const bool all = (repair & REPAIR_SEAL) != 0;
	if (draft->sealed_anew[CONTENT_PUB_KEY_AUTH])
		seal_pub_key(draft, to, draft->seal[CONTENT_PUB_KEY_AUTH].how);
	else if (all && draft->fields & TS_PUB_KEY_AUTH)
		seal_pub_key(draft, to, 0);
	if (draft->sealed_anew[CONTENT_AUTH_INFO])
		seal_auth_info(draft, to, &draft->seal[CONTENT_AUTH_INFO]);
	else if (all && draft->fields & TS_AUTH_INFO)
		seal_auth_info(draft, to, NULL);
}

void draft_write(const struct draft* draft, const struct oracle_credssp* reader,
                 const struct oracle_view* messages, unsigned repair, struct sspi_token* message)
{
	struct draft copy = *draft;
	sspi_token_free(message);
	if (!draft->there)
		return;
	for (unsigned i = 0; i < CONTENT_COUNT; i++)
	{
		copy.content[i] = (struct sspi_token){ NULL, 0 };
		sspi_token_set(&copy.content[i], draft->content[i].data, draft->content[i].len);
	}
	struct recipient known = {
		reader, messages, oracle_credssp_seen(reader, messages), { NULL, 0 }
	};
	adversary_repair(&copy.content[CONTENT_TOKEN], &reader->inner, &known.seen.tokens, repair);
	known.token = part_of(&copy.content[CONTENT_TOKEN]);
	seal_anew(&copy, &known, repair);
	write_plainly(&copy, message);
	if (draft->raw.op == OP_TS_RAW)
		edit_bytes(message, &draft->raw, draft->raw.what);
	draft_clear(&copy);
}
