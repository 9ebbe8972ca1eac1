/* SPDX-License-Identifier: Apache-2.0
 *
 * TSRequest: a naive reader tells whether the input may be read as one, and as what; what was read
 * is written, and read again as the same. Then the input's bytes are fields of any length, up to
 * past the limit: what is written reads back, and is refused only where it is longer than that.
 */
#include "input.h"
#include "naive_ts.h"

static bool same(const struct ts_request* a, const struct ts_request* b)
{
	return a->version == b->version && a->fields == b->fields && a->error_code == b->error_code &&
	       bytes_equal(a->nego_token, b->nego_token) && bytes_equal(a->auth_info, b->auth_info) &&
	       bytes_equal(a->pub_key_auth, b->pub_key_auth) &&
	       bytes_equal(a->client_nonce, b->client_nonce);
}

/* Written, and read again. False where it does not fit. */
static bool goes_round(const struct ts_request* request)
{
	struct blob message = BLOB_EMPTY;
	struct ts_request again = { 0 };
	const enum result result = ts_request_write(request, &message);

	JUDGE(result == RESULT_OK || result == RESULT_BUFFER_TOO_SMALL, "not written");
	if (result == RESULT_OK)
	{
		JUDGE(message.len <= TS_REQUEST_LIMIT, "longer than the limit");
		JUDGE(ts_request_parse(blob_bytes(&message), &again, NULL) == RESULT_OK, "unreadable");
		JUDGE(same(request, &again), "written as another");
	}
	blob_free(&message);
	return result == RESULT_OK;
}

static void read_request(struct bytes message)
{
	const struct ts_request untouched = { .version = 0xABCD };
	struct ts_request request = untouched;
	struct ts_request naive = { 0 };
	const bool expected = naive_ts_request(message, &naive);

	JUDGE((ts_request_parse(message, &request, NULL) == RESULT_OK) == expected, "readable or not");
	JUDGE(same(&request, expected ? &naive : &untouched), "read as another");
	if (expected)
		JUDGE(goes_round(&request), "what was read has no room");
}

/* A part of a long text, whose place and length the input says. */
static struct bytes any_part(struct bytes* input)
{
	static uint8_t text[TS_REQUEST_LIMIT];
	const unsigned len = take(input) << 8 | take(input);
	const unsigned most = (unsigned)sizeof(text) - len;

	text[take(input)] = (uint8_t)take(input);
	return bytes_make(text + (take(input) << 8) % (most ? most : 1), len);
}

static void write_request(struct bytes input)
{
	struct ts_request request = { .version = take_u32(&input), .fields = take(&input) & 0x3E };
	size_t content = 0;

	if (request.fields & TS_NEGO_TOKENS)
		content += (request.nego_token = any_part(&input)).len;
	if (request.fields & TS_AUTH_INFO)
		content += (request.auth_info = any_part(&input)).len;
	if (request.fields & TS_PUB_KEY_AUTH)
		content += (request.pub_key_auth = any_part(&input)).len;
	if (request.fields & TS_ERROR_CODE)
		request.error_code = take_u32(&input);
	if (request.fields & TS_CLIENT_NONCE)
		content += (request.client_nonce = any_part(&input)).len;
	const bool fits = goes_round(&request);
	/* Heads and numbers need 64 bytes at the most. */
	JUDGE(fits ? content < TS_REQUEST_LIMIT : content > TS_REQUEST_LIMIT - 64, "the limit");
}

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
	const struct bytes input = bytes_make(data, size);

	read_request(input);
	write_request(input);
	return 0;
}
