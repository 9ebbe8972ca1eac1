/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading and writing NegTokenInit, NegTokenInit2 and NegTokenResp. See message.h.
 *
 * The readers take the fields in the order of the ASN.1 and then require the end, so an element
 * that is out of order, doubled or unknown is found as trailing bytes.
 */
#include "spnego/message.h"

#include "base/der.h"

/* 1.3.6.1.5.5.2 (RFC 4178 4.1) */
static const uint8_t spnego_oid[] = { 0x2B, 0x06, 0x01, 0x05, 0x05, 0x02 };

enum field
{
	FIELD_MECH_TYPES = 0,
	FIELD_REQ_FLAGS = 1,
	FIELD_MECH_TOKEN = 2,
	FIELD_INIT_MIC = 3,
	FIELD_NEG_HINTS = 3,
	FIELD_INIT2_MIC = 4,
	FIELD_NEG_STATE = 0,
	FIELD_SUPPORTED_MECH = 1,
	FIELD_RESPONSE_TOKEN = 2,
	FIELD_RESP_MIC = 3,
	CHOICE_INIT = 0,
	CHOICE_RESP = 1
};

const char* neg_state_name(enum neg_state state)
{
	switch (state)
	{
		case NEG_STATE_ACCEPT_COMPLETED:
			return "accept-completed";
		case NEG_STATE_ACCEPT_INCOMPLETE:
			return "accept-incomplete";
		case NEG_STATE_REJECT:
			return "reject";
		case NEG_STATE_REQUEST_MIC:
			return "request-mic";
		case NEG_STATE_ABSENT:
			return "absent";
	}
	return "unknown";
}

static uint8_t context_tag(unsigned number)
{
	return (uint8_t)(DER_CONTEXT_0 + number);
}

/* Reads the field only if it comes next; a field that is not there leaves *content as it is. */
static enum result read_optional(struct reader* reader, unsigned number, uint8_t inner,
                                 struct bytes* content)
{
	if (!der_next_is(reader, context_tag(number)))
		return RESULT_OK;
	return der_read_explicit(reader, number, inner, content);
}

/* The InitialContextToken's frame; `inner` becomes what follows the mechanism OID. */
static enum result read_frame(struct bytes token, struct reader* inner)
{
	struct bytes oid;
	struct bytes content;

	TRY(der_read_initial_token(token, &oid, &content));
	REQUIRE(bytes_equal(oid, BYTES_OF(spnego_oid)), RESULT_MALFORMED);
	*inner = reader_make(content);
	return RESULT_OK;
}

bool neg_token_is_init(struct bytes token)
{
	struct reader inner;
	return read_frame(token, &inner) == RESULT_OK;
}

bool neg_token_is_resp(struct bytes token)
{
	const struct reader reader = reader_make(token);
	return der_next_is(&reader, context_tag(CHOICE_RESP));
}

static enum result read_mech_types(struct reader* fields, struct bytes* mech_types)
{
	struct bytes wrapped;
	struct bytes content;
	struct bytes whole;
	uint8_t tag = 0;
	TRY(der_read(fields, context_tag(FIELD_MECH_TYPES), &wrapped));
	struct reader reader = reader_make(wrapped);
	TRY(der_read_any(&reader, &tag, &content, &whole));
	REQUIRE(tag == DER_SEQUENCE, RESULT_MALFORMED);
	TRY(reader_end(&reader));
	*mech_types = whole;
	return RESULT_OK;
}

/* MS-SPNG 2.2.1: NegHints ::= SEQUENCE { hintName [0] GeneralString OPTIONAL, hintAddress [1] OCTET
 * STRING OPTIONAL }. Both are of no use to anyone (MS-SPNG 3.2.5.2) but must have their form. */
static enum result check_neg_hints(struct bytes hints)
{
	struct reader reader = reader_make(hints);
	struct bytes ignored = BYTES_EMPTY;
	TRY(read_optional(&reader, 0, DER_GENERAL_STRING, &ignored));
	TRY(read_optional(&reader, 1, DER_OCTET_STRING, &ignored));
	return reader_end(&reader);
}

/* [3] is the mechListMIC in a NegTokenInit and negHints in a NegTokenInit2, told apart by the tag
 * inside. */
static enum result read_hints_and_mic(struct reader* fields, struct bytes* mic)
{
	struct reader ahead = *fields;
	struct bytes hints = BYTES_EMPTY;
	if (!der_next_is(fields, context_tag(FIELD_NEG_HINTS)))
		return read_optional(fields, FIELD_INIT2_MIC, DER_OCTET_STRING, mic);
	if (der_read_explicit(&ahead, FIELD_NEG_HINTS, DER_SEQUENCE, &hints) != RESULT_OK)
		return der_read_explicit(fields, FIELD_INIT_MIC, DER_OCTET_STRING, mic);
	TRY(check_neg_hints(hints));
	*fields = ahead;
	return read_optional(fields, FIELD_INIT2_MIC, DER_OCTET_STRING, mic);
}

enum result neg_token_init_parse(struct bytes token, struct neg_token_init* init)
{
	struct neg_token_init found = { BYTES_EMPTY, BYTES_EMPTY, BYTES_EMPTY };
	struct bytes req_flags = BYTES_EMPTY; /* unprotected, so nobody may act on it: RFC 4178 4.2.1 */
	struct bytes sequence;
	struct reader frame;
	TRY(read_frame(token, &frame));
	TRY(der_read_explicit(&frame, CHOICE_INIT, DER_SEQUENCE, &sequence));
	TRY(reader_end(&frame));

	struct reader fields = reader_make(sequence);
	TRY(read_mech_types(&fields, &found.mech_types));
	TRY(read_optional(&fields, FIELD_REQ_FLAGS, DER_BIT_STRING, &req_flags));
	TRY(read_optional(&fields, FIELD_MECH_TOKEN, DER_OCTET_STRING, &found.mech_token));
	TRY(read_hints_and_mic(&fields, &found.mech_list_mic));
	TRY(reader_end(&fields));
	*init = found;
	return RESULT_OK;
}

static enum result read_neg_state(struct reader* fields, enum neg_state* state)
{
	struct bytes content;
	uint32_t value = 0;
	if (!der_next_is(fields, context_tag(FIELD_NEG_STATE)))
		return RESULT_OK;
	TRY(der_read_explicit(fields, FIELD_NEG_STATE, DER_ENUMERATED, &content));
	TRY(der_parse_u32(content, &value));
	REQUIRE(value <= NEG_STATE_REQUEST_MIC, RESULT_MALFORMED);
	*state = (enum neg_state)value;
	return RESULT_OK;
}

enum result neg_token_resp_parse(struct bytes token, struct neg_token_resp* resp)
{
	struct neg_token_resp found = { NEG_STATE_ABSENT, BYTES_EMPTY, BYTES_EMPTY, BYTES_EMPTY };
	struct bytes sequence;
	struct reader outer = reader_make(token);
	TRY(der_read_explicit(&outer, CHOICE_RESP, DER_SEQUENCE, &sequence));
	TRY(reader_end(&outer));

	struct reader fields = reader_make(sequence);
	TRY(read_neg_state(&fields, &found.neg_state));
	if (der_next_is(&fields, context_tag(FIELD_SUPPORTED_MECH)))
	{
		TRY(der_read_explicit(&fields, FIELD_SUPPORTED_MECH, DER_OID, &found.supported_mech));
		REQUIRE(found.supported_mech.len > 0, RESULT_MALFORMED);
	}
	TRY(read_optional(&fields, FIELD_RESPONSE_TOKEN, DER_OCTET_STRING, &found.response_token));
	TRY(read_optional(&fields, FIELD_RESP_MIC, DER_OCTET_STRING, &found.mech_list_mic));
	TRY(reader_end(&fields));
	*resp = found;
	return RESULT_OK;
}

static void write_optional(struct writer* writer, unsigned number, uint8_t inner,
                           struct bytes content)
{
	if (content.len > 0)
		der_write_explicit(writer, number, inner, content);
}

enum result neg_token_init_write(const struct neg_token_init* init, struct blob* token)
{
	struct writer writer = writer_make(SPNEGO_MAX_MESSAGE);
	const size_t frame = der_begin(&writer, DER_APPLICATION_0);
	der_write(&writer, DER_OID, BYTES_OF(spnego_oid));
	const size_t choice = der_begin(&writer, context_tag(CHOICE_INIT));
	const size_t sequence = der_begin(&writer, DER_SEQUENCE);
	const size_t mech_types = der_begin(&writer, context_tag(FIELD_MECH_TYPES));
	writer_bytes(&writer, init->mech_types);
	der_end(&writer, mech_types);
	write_optional(&writer, FIELD_MECH_TOKEN, DER_OCTET_STRING, init->mech_token);
	write_optional(&writer, FIELD_INIT_MIC, DER_OCTET_STRING, init->mech_list_mic);
	der_end(&writer, sequence);
	der_end(&writer, choice);
	der_end(&writer, frame);
	return writer_take(&writer, token);
}

enum result neg_token_resp_write(const struct neg_token_resp* resp, struct blob* token)
{
	struct writer writer = writer_make(SPNEGO_MAX_MESSAGE);
	const size_t choice = der_begin(&writer, context_tag(CHOICE_RESP));
	const size_t sequence = der_begin(&writer, DER_SEQUENCE);
	if (resp->neg_state != NEG_STATE_ABSENT)
		der_write_explicit_u32(&writer, FIELD_NEG_STATE, DER_ENUMERATED, resp->neg_state);
	write_optional(&writer, FIELD_SUPPORTED_MECH, DER_OID, resp->supported_mech);
	write_optional(&writer, FIELD_RESPONSE_TOKEN, DER_OCTET_STRING, resp->response_token);
	write_optional(&writer, FIELD_RESP_MIC, DER_OCTET_STRING, resp->mech_list_mic);
	der_end(&writer, sequence);
	der_end(&writer, choice);
	return writer_take(&writer, token);
}
