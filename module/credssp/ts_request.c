/* SPDX-License-Identifier: Apache-2.0
 *
 * TSRequest, read and written side by side (MS-CSSP 2.2.1).
 */
#include "credssp/ts_request.h"

#include "credssp/asn1.h"

static const struct asn1_field version = { 0, DER_INTEGER, "version" };
static const struct asn1_field nego_tokens = { 1, DER_SEQUENCE, "negoTokens" };
static const struct asn1_field nego_token = { 0, DER_OCTET_STRING, "negoToken" };
static const struct asn1_field auth_info = { 2, DER_OCTET_STRING, "authInfo" };
static const struct asn1_field pub_key_auth = { 3, DER_OCTET_STRING, "pubKeyAuth" };
static const struct asn1_field error_code = { 4, DER_INTEGER, "errorCode" };
static const struct asn1_field client_nonce = { 5, DER_OCTET_STRING, "clientNonce" };

/* errorCode is an NTSTATUS in an INTEGER. Failures have the top bit set, and senders disagree on
 * what that means: Windows and FreeRDP write the four octets as they are, a negative number; a
 * strict encoder puts a zero octet in front. Both are read as the same 32 bits. */
static enum result error_code_parse(struct bytes content, uint32_t* code)
{
	REQUIRE(content.len >= 1 && content.len <= 5, RESULT_MALFORMED);
	REQUIRE(content.len < 5 || content.data[0] == 0, RESULT_MALFORMED);

	uint32_t value = (content.data[0] & 0x80) != 0 ? UINT32_MAX : 0;
	for (size_t i = 0; i < content.len; i++)
		value = (value << 8) | content.data[i];
	*code = value;
	return RESULT_OK;
}

/* NegoData ::= SEQUENCE OF SEQUENCE { negoToken [0] OCTET STRING } (MS-CSSP 2.2.1.1). */
static enum result nego_tokens_parse(struct bytes tokens, struct bytes* token, struct fault* fault)
{
	struct reader list = reader_make(tokens);
	struct reader fields;
	struct bytes item = BYTES_EMPTY;

	fault_set(fault, nego_tokens.name, "does not hold one token");
	TRY(der_read(&list, DER_SEQUENCE, &item));
	TRY(reader_end(&list));
	fields = reader_make(item);
	TRY(asn1_read(&fields, &nego_token, token, fault));
	return asn1_end(&fields, fault);
}

/* The field, if it comes next; its bit is its number's. */
static enum result field_read(struct reader* reader, const struct asn1_field* field,
                              unsigned* fields, struct bytes* content, struct fault* fault)
{
	if (!asn1_next_is(reader, field))
		return RESULT_OK;
	TRY(asn1_read(reader, field, content, fault));
	*fields |= 1u << field->number;
	return RESULT_OK;
}

static enum result fields_read(struct reader* reader, struct ts_request* request,
                               struct fault* fault)
{
	unsigned* const fields = &request->fields;
	struct bytes content = BYTES_EMPTY;

	TRY(asn1_read_u32(reader, &version, &request->version, fault));
	TRY(field_read(reader, &nego_tokens, fields, &content, fault));
	if (*fields & TS_NEGO_TOKENS)
		TRY(nego_tokens_parse(content, &request->nego_token, fault));
	TRY(field_read(reader, &auth_info, fields, &request->auth_info, fault));
	TRY(field_read(reader, &pub_key_auth, fields, &request->pub_key_auth, fault));
	TRY(field_read(reader, &error_code, fields, &content, fault));
	if (*fields & TS_ERROR_CODE)
		TRY(error_code_parse(content, &request->error_code));
	TRY(field_read(reader, &client_nonce, fields, &request->client_nonce, fault));
	return asn1_end(reader, fault);
}

enum result ts_request_parse(struct bytes message, struct ts_request* request, struct fault* fault)
{
	struct ts_request parsed = { 0 };
	struct reader reader;

	fault_begin(fault, "TSRequest", "its length", "is above 64 KiB");
	REQUIRE(message.len <= TS_REQUEST_LIMIT, RESULT_MALFORMED);
	TRY(asn1_open(message, "TSRequest", &reader, fault));
	TRY(fields_read(&reader, &parsed, fault));
	*request = parsed;
	return RESULT_OK;
}

static void nego_tokens_write(struct writer* writer, struct bytes token)
{
	const struct asn1_bracket list = asn1_begin(writer, &nego_tokens);
	const size_t item = der_begin(writer, DER_SEQUENCE);

	asn1_write(writer, &nego_token, token);
	der_end(writer, item);
	asn1_close(writer, list);
}

/* As Windows writes it: two's complement in the fewest octets, so a failure takes four. */
static void error_code_write(struct writer* writer, uint32_t code)
{
	const uint8_t octets[4] = { (uint8_t)(code >> 24), (uint8_t)(code >> 16), (uint8_t)(code >> 8),
		                        (uint8_t)code };
	size_t skip = 0;

	/* An octet is redundant when it and the next one's top bit are all the same. */
	while (skip < 3 && ((octets[skip] == 0x00 && (octets[skip + 1] & 0x80) == 0) ||
	                    (octets[skip] == 0xFF && (octets[skip + 1] & 0x80) != 0)))
		skip++;
	asn1_write(writer, &error_code, bytes_make(octets + skip, sizeof(octets) - skip));
}

enum result ts_request_write(const struct ts_request* request, struct blob* message)
{
	struct writer writer = writer_make(TS_REQUEST_LIMIT);
	const size_t body = der_begin(&writer, DER_SEQUENCE);

	der_write_explicit_u32(&writer, version.number, version.type, request->version);
	if (request->fields & TS_NEGO_TOKENS)
		nego_tokens_write(&writer, request->nego_token);
	if (request->fields & TS_AUTH_INFO)
		asn1_write(&writer, &auth_info, request->auth_info);
	if (request->fields & TS_PUB_KEY_AUTH)
		asn1_write(&writer, &pub_key_auth, request->pub_key_auth);
	if (request->fields & TS_ERROR_CODE)
		error_code_write(&writer, request->error_code);
	if (request->fields & TS_CLIENT_NONCE)
		asn1_write(&writer, &client_nonce, request->client_nonce);
	der_end(&writer, body);
	return writer_take(&writer, message);
}
