/* SPDX-License-Identifier: Apache-2.0
 *
 * TSRequest and TSPasswordCreds, read and written side by side (MS-CSSP 2.2.1).
 */
#include "credssp/ts_request.h"

#include "base/der.h"

/* errorCode is an NTSTATUS in an INTEGER. Failures have the top bit set, and senders disagree on
 * what that means: Windows and FreeRDP write the four octets as they are, a negative number; a
 * strict encoder puts a zero octet in front. Both are read as the same 32 bits. */
static enum result error_code_parse(struct bytes content, uint32_t* error_code)
{
	REQUIRE(content.len >= 1 && content.len <= 5, RESULT_MALFORMED);
	REQUIRE(content.len < 5 || content.data[0] == 0, RESULT_MALFORMED);

	uint32_t value = (content.data[0] & 0x80) != 0 ? UINT32_MAX : 0;
	for (size_t i = 0; i < content.len; i++)
		value = (value << 8) | content.data[i];
	*error_code = value;
	return RESULT_OK;
}

/* NegoData ::= SEQUENCE OF SEQUENCE { negoToken [0] OCTET STRING } (MS-CSSP 2.2.1.1). */
static enum result nego_tokens_parse(struct bytes tokens, struct bytes* token)
{
	struct reader list = reader_make(tokens);
	struct bytes item = BYTES_EMPTY;
	struct bytes value = BYTES_EMPTY;

	TRY(der_read(&list, DER_SEQUENCE, &item));
	TRY(reader_end(&list));

	struct reader inner = reader_make(item);
	TRY(der_read_explicit(&inner, 0, DER_OCTET_STRING, &value));
	TRY(reader_end(&inner));
	*token = value;
	return RESULT_OK;
}

/* An explicit [number] of type `inner_tag`, if it comes next; its bit is its number's. */
static enum result field_read(struct reader* reader, unsigned number, uint8_t inner_tag,
                              unsigned* fields, struct bytes* content)
{
	if (!der_next_is(reader, (uint8_t)(DER_CONTEXT_0 + number)))
		return RESULT_OK;
	TRY(der_read_explicit(reader, number, inner_tag, content));
	*fields |= 1u << number;
	return RESULT_OK;
}

enum result ts_request_parse(struct bytes message, struct ts_request* request)
{
	struct reader outer = reader_make(message);
	struct ts_request parsed = { 0 };
	struct bytes body = BYTES_EMPTY;
	struct bytes content = BYTES_EMPTY;

	REQUIRE(message.len <= TS_REQUEST_LIMIT, RESULT_MALFORMED);
	TRY(der_read(&outer, DER_SEQUENCE, &body));
	TRY(reader_end(&outer));

	struct reader reader = reader_make(body);
	TRY(der_read_explicit(&reader, 0, DER_INTEGER, &content));
	TRY(der_parse_u32(content, &parsed.version));

	TRY(field_read(&reader, 1, DER_SEQUENCE, &parsed.fields, &content));
	if (parsed.fields & TS_NEGO_TOKENS)
		TRY(nego_tokens_parse(content, &parsed.nego_token));
	TRY(field_read(&reader, 2, DER_OCTET_STRING, &parsed.fields, &parsed.auth_info));
	TRY(field_read(&reader, 3, DER_OCTET_STRING, &parsed.fields, &parsed.pub_key_auth));
	TRY(field_read(&reader, 4, DER_INTEGER, &parsed.fields, &content));
	if (parsed.fields & TS_ERROR_CODE)
		TRY(error_code_parse(content, &parsed.error_code));
	TRY(field_read(&reader, 5, DER_OCTET_STRING, &parsed.fields, &parsed.client_nonce));
	TRY(reader_end(&reader));

	*request = parsed;
	return RESULT_OK;
}

static void nego_tokens_write(struct writer* writer, struct bytes token)
{
	const size_t tag = der_begin(writer, DER_CONTEXT_0 + 1);
	const size_t list = der_begin(writer, DER_SEQUENCE);
	const size_t item = der_begin(writer, DER_SEQUENCE);

	der_write_explicit(writer, 0, DER_OCTET_STRING, token);
	der_end(writer, item);
	der_end(writer, list);
	der_end(writer, tag);
}

/* As Windows writes it: two's complement in the fewest octets, so a failure takes four. */
static void error_code_write(struct writer* writer, uint32_t error_code)
{
	const uint8_t octets[4] = { (uint8_t)(error_code >> 24), (uint8_t)(error_code >> 16),
		                        (uint8_t)(error_code >> 8), (uint8_t)error_code };
	size_t skip = 0;

	/* An octet is redundant when it and the next one's top bit are all the same. */
	while (skip < 3 && ((octets[skip] == 0x00 && (octets[skip + 1] & 0x80) == 0) ||
	                    (octets[skip] == 0xFF && (octets[skip + 1] & 0x80) != 0)))
		skip++;
	der_write_explicit(writer, 4, DER_INTEGER, bytes_make(octets + skip, sizeof(octets) - skip));
}

enum result ts_request_write(const struct ts_request* request, struct blob* message)
{
	struct writer writer = writer_make(TS_REQUEST_LIMIT);
	const size_t body = der_begin(&writer, DER_SEQUENCE);

	der_write_explicit_u32(&writer, 0, DER_INTEGER, request->version);
	if (request->fields & TS_NEGO_TOKENS)
		nego_tokens_write(&writer, request->nego_token);
	if (request->fields & TS_AUTH_INFO)
		der_write_explicit(&writer, 2, DER_OCTET_STRING, request->auth_info);
	if (request->fields & TS_PUB_KEY_AUTH)
		der_write_explicit(&writer, 3, DER_OCTET_STRING, request->pub_key_auth);
	if (request->fields & TS_ERROR_CODE)
		error_code_write(&writer, request->error_code);
	if (request->fields & TS_CLIENT_NONCE)
		der_write_explicit(&writer, 5, DER_OCTET_STRING, request->client_nonce);
	der_end(&writer, body);
	return writer_take(&writer, message);
}

enum result ts_credentials_parse(struct bytes plain, struct ts_credentials* credentials)
{
	struct reader outer = reader_make(plain);
	struct ts_credentials parsed = { 0 };
	struct bytes body = BYTES_EMPTY;
	struct bytes type = BYTES_EMPTY;

	TRY(der_read(&outer, DER_SEQUENCE, &body));
	TRY(reader_end(&outer));

	struct reader reader = reader_make(body);
	TRY(der_read_explicit(&reader, 0, DER_INTEGER, &type));
	TRY(der_parse_u32(type, &parsed.type));
	TRY(der_read_explicit(&reader, 1, DER_OCTET_STRING, &parsed.credentials));
	TRY(reader_end(&reader));

	*credentials = parsed;
	return RESULT_OK;
}

enum result ts_password_creds_parse(struct bytes plain, struct ts_password_creds* creds)
{
	struct reader outer = reader_make(plain);
	struct ts_password_creds parsed = { BYTES_EMPTY, BYTES_EMPTY, BYTES_EMPTY };
	struct bytes body = BYTES_EMPTY;

	TRY(der_read(&outer, DER_SEQUENCE, &body));
	TRY(reader_end(&outer));

	struct reader reader = reader_make(body);
	TRY(der_read_explicit(&reader, 0, DER_OCTET_STRING, &parsed.domain));
	TRY(der_read_explicit(&reader, 1, DER_OCTET_STRING, &parsed.user));
	TRY(der_read_explicit(&reader, 2, DER_OCTET_STRING, &parsed.password));
	TRY(reader_end(&reader));

	*creds = parsed;
	return RESULT_OK;
}
