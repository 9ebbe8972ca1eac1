/* SPDX-License-Identifier: Apache-2.0
 *
 * Faults on the way of a TSRequest.
 */
#include "nla_side.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

bool nla_is_ts_request(const uint8_t* data, size_t len)
{
	return len > 2 && data[0] == 0x30;
}

/* Where the body of a SEQUENCE starts. */
static size_t outer_header_size(struct bytes message)
{
	return message.data[1] < 0x80 ? 2 : 2u + (message.data[1] & 0x7f);
}

static enum result garbage_into(struct bytes original, struct blob* garbage)
{
	TRY(blob_set(garbage, original));
	for (size_t i = 0; i < garbage->len; i++)
		garbage->data[i] = (uint8_t)(garbage->data[i] ^ (0x5a + i * 7));
	return RESULT_OK;
}

static enum result tokens_overwrite(struct bytes message, struct blob* altered)
{
	struct ts_request request = { 0 };
	struct blob parts[3] = { BLOB_EMPTY, BLOB_EMPTY, BLOB_EMPTY };
	struct bytes* const slices[3] = { &request.nego_token, &request.auth_info,
		                              &request.pub_key_auth };
	enum result result = ts_request_parse(message, &request, NULL);

	for (size_t i = 0; i < 3 && result == RESULT_OK; i++)
	{
		if (slices[i]->len == 0)
			continue;
		result = garbage_into(*slices[i], &parts[i]);
		*slices[i] = blob_bytes(&parts[i]);
	}
	if (result == RESULT_OK)
		result = ts_request_write(&request, altered);
	for (size_t i = 0; i < 3; i++)
		blob_free(&parts[i]);
	return result;
}

static enum result body_overwrite(struct bytes message, struct blob* altered)
{
	const size_t header = outer_header_size(message);

	TRY(garbage_into(message, altered));
	bytes_copy(altered->data, bytes_make(message.data, header));
	return RESULT_OK;
}

static enum result body_cut(struct bytes message, struct blob* altered)
{
	const size_t header = outer_header_size(message);
	const size_t half = (message.len - header) / 2;
	struct writer writer = writer_make(message.len + 4);

	writer_u8(&writer, 0x30);
	writer_u8(&writer, 0x82);
	writer_u8(&writer, (uint8_t)(half >> 8));
	writer_u8(&writer, (uint8_t)half);
	writer_bytes(&writer, bytes_make(message.data + header, half));
	return writer_take(&writer, altered);
}

/* FreeRDP takes its peer's version from the first message, so saying an older one in both
 * directions makes both sides speak that. */
static enum result version_overwrite(uint32_t version, struct blob* message)
{
	struct ts_request request = { 0 };
	struct blob altered = BLOB_EMPTY;

	TRY(ts_request_parse(blob_bytes(message), &request, NULL));
	request.version = version;
	TRY(ts_request_write(&request, &altered));
	blob_free(message);
	*message = altered;
	return RESULT_OK;
}

static enum result message_change(struct nla_pair* pair, enum recorder_from from, unsigned leg,
                                  struct blob* message)
{
	const struct nla_options* const options = pair->options;
	struct ts_request request = { 0 };
	struct blob altered = BLOB_EMPTY;

	if (!options->change)
		return RESULT_OK;
	TRY(ts_request_parse(blob_bytes(message), &request, NULL));
	(void)pthread_mutex_lock(&pair->change_lock);
	options->change(options->change_state, from, leg, &request);
	const enum result result = ts_request_write(&request, &altered);
	(void)pthread_mutex_unlock(&pair->change_lock);
	if (result != RESULT_OK)
		return result;
	blob_free(message);
	*message = altered;
	return RESULT_OK;
}

static enum result pub_key_auth_split(struct bytes message, struct blob* first, struct blob* second)
{
	struct ts_request request = { 0 };

	TRY(ts_request_parse(message, &request, NULL));
	request.fields &= ~(unsigned)TS_PUB_KEY_AUTH;
	TRY(ts_request_write(&request, first));
	request.fields = TS_PUB_KEY_AUTH | TS_CLIENT_NONCE;
	return ts_request_write(&request, second);
}

static enum result fault_apply(enum nla_fault_kind kind, struct bytes message, struct blob* first,
                               struct blob* second)
{
	switch (kind)
	{
		case FAULT_TOKEN_GARBAGE:
			return tokens_overwrite(message, first);
		case FAULT_BODY_GARBAGE:
			return body_overwrite(message, first);
		case FAULT_BODY_CUT:
			return body_cut(message, first);
		case FAULT_SPLIT:
			return pub_key_auth_split(message, first, second);
		case FAULT_NONE:
		case FAULT_GO_AWAY:
		default:
			return blob_set(first, message);
	}
}

/* FreeRDP's writers take the message that ends at the stream's position. */
static int write_one(pTransportRWFkt write, rdpTransport* transport, struct bytes message)
{
	wStream* const stream = Stream_New(NULL, message.len);
	int status = -1;

	if (!stream)
		return -1;
	Stream_Write(stream, message.data, message.len);
	status = write(transport, stream);
	Stream_Free(stream, TRUE);
	return status;
}

int nla_write_message(struct nla_pair* pair, enum recorder_from from, pTransportRWFkt write,
                      rdpTransport* transport, wStream* stream, struct blob* sent)
{
	const struct nla_options* const options = pair->options;
	const bool is_client = from == FROM_CLIENT;
	unsigned* const counter = is_client ? &pair->client_messages : &pair->server_messages;
	const struct bytes message = bytes_make(Stream_Buffer(stream), Stream_GetPosition(stream));
	const bool due = ++*counter == options->fault.leg && options->fault.who == from;
	struct blob second = BLOB_EMPTY;
	int status = -1;

	if (due && options->fault.kind == FAULT_GO_AWAY)
	{
		(void)shutdown(is_client ? pair->client_control : pair->server_control, SHUT_RDWR);
		return -1;
	}
	if (fault_apply(due ? options->fault.kind : FAULT_NONE, message, sent, &second) != RESULT_OK)
		goto out;
	if (message_change(pair, from, *counter, sent) != RESULT_OK)
		goto out;
	if (options->version != 0 && version_overwrite(options->version, sent) != RESULT_OK)
		goto out;
	status = write_one(write, transport, blob_bytes(sent));
	if (status >= 0 && second.len != 0)
		status = write_one(write, transport, blob_bytes(&second));
out:
	blob_free(&second);
	return status;
}
