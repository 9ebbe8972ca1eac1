/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading and writing NegTokenInit, NegTokenInit2 and NegTokenResp, from one table of their fields.
 *
 * The readers take the fields in the order of the ASN.1 and then require the end, so an element
 * that is out of order, doubled or unknown is found as trailing bytes.
 */
#include "spnego/message.h"

#include "base/der.h"

/* 1.3.6.1.5.5.2 (RFC 4178 4.1) */
static const uint8_t spnego_oid[] = { 0x2B, 0x06, 0x01, 0x05, 0x05, 0x02 };

enum choice
{
	CHOICE_INIT = 0,
	CHOICE_RESP = 1
};

struct field
{
	unsigned number;
	uint8_t inner;
	const char* name;
};

static const struct field mech_types = { 0, DER_SEQUENCE, "mechTypes" };
static const struct field req_flags = { 1, DER_BIT_STRING, "reqFlags" };
static const struct field mech_token = { 2, DER_OCTET_STRING, "mechToken" };
static const struct field init_mic = { 3, DER_OCTET_STRING, "mechListMIC" };
static const struct field neg_hints = { 3, DER_SEQUENCE, "negHints" };
static const struct field hint_name = { 0, DER_GENERAL_STRING, "hintName" };
static const struct field hint_address = { 1, DER_OCTET_STRING, "hintAddress" };
static const struct field init2_mic = { 4, DER_OCTET_STRING, "mechListMIC" };
static const struct field neg_state = { 0, DER_ENUMERATED, "negState" };
static const struct field supported_mech = { 1, DER_OID, "supportedMech" };
static const struct field response_token = { 2, DER_OCTET_STRING, "responseToken" };
static const struct field resp_mic = { 3, DER_OCTET_STRING, "mechListMIC" };

static uint8_t context_tag(unsigned number)
{
	return (uint8_t)(DER_CONTEXT_0 + number);
}

/* Reads the field only if it comes next; a field that is not there leaves *content as it is. */
static enum result read_optional(struct reader* reader, const struct field* field,
                                 struct bytes* content, struct fault* fault)
{
	if (!der_next_is(reader, context_tag(field->number)))
		return RESULT_OK;
	fault_set(fault, field->name, "is not well formed");
	return der_read_explicit(reader, field->number, field->inner, content);
}

static enum result read_end(const struct reader* reader, struct fault* fault)
{
	fault_set(fault, "a field", "is unknown, doubled or out of its order");
	return reader_end(reader);
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

static enum result read_mech_types(struct reader* fields, struct bytes* list, struct fault* fault)
{
	struct bytes wrapped;
	struct bytes content;
	struct bytes whole;
	uint8_t tag = 0;
	fault_set(fault, mech_types.name, "is missing or not well formed");
	TRY(der_read(fields, context_tag(mech_types.number), &wrapped));
	struct reader reader = reader_make(wrapped);
	TRY(der_read_any(&reader, &tag, &content, &whole));
	REQUIRE(tag == mech_types.inner, RESULT_MALFORMED);
	TRY(reader_end(&reader));
	*list = whole;
	return RESULT_OK;
}

/* MS-SPNG 2.2.1: NegHints ::= SEQUENCE { hintName [0] GeneralString OPTIONAL, hintAddress [1] OCTET
 * STRING OPTIONAL }. Both are of no use to anyone (MS-SPNG 3.2.5.2) but must have their form. */
static enum result check_neg_hints(struct bytes hints, struct fault* fault)
{
	struct reader reader = reader_make(hints);
	struct bytes ignored = BYTES_EMPTY;
	TRY(read_optional(&reader, &hint_name, &ignored, fault));
	TRY(read_optional(&reader, &hint_address, &ignored, fault));
	return read_end(&reader, fault);
}

/* [3] is the mechListMIC in a NegTokenInit and negHints in a NegTokenInit2, told apart by the tag
 * inside. */
static enum result read_hints_and_mic(struct reader* fields, struct bytes* mic, struct fault* fault)
{
	struct reader ahead = *fields;
	struct bytes hints = BYTES_EMPTY;
	if (!der_next_is(fields, context_tag(neg_hints.number)))
		return read_optional(fields, &init2_mic, mic, fault);
	if (der_read_explicit(&ahead, neg_hints.number, neg_hints.inner, &hints) != RESULT_OK)
		return read_optional(fields, &init_mic, mic, fault);
	TRY(check_neg_hints(hints, fault));
	*fields = ahead;
	return read_optional(fields, &init2_mic, mic, fault);
}

enum result neg_token_init_parse(struct bytes token, struct neg_token_init* init,
                                 struct fault* fault)
{
	struct neg_token_init found = { BYTES_EMPTY, BYTES_EMPTY, BYTES_EMPTY };
	struct bytes ignored = BYTES_EMPTY; /* reqFlags: unprotected, so nobody acts on it (4.2.1) */
	struct bytes sequence;
	struct reader frame;
	TRY(read_frame(token, &frame));
	fault_begin(fault, "NegTokenInit", "the frame", "is not well formed");
	TRY(der_read_explicit(&frame, CHOICE_INIT, DER_SEQUENCE, &sequence));
	TRY(reader_end(&frame));

	struct reader fields = reader_make(sequence);
	TRY(read_mech_types(&fields, &found.mech_types, fault));
	TRY(read_optional(&fields, &req_flags, &ignored, fault));
	TRY(read_optional(&fields, &mech_token, &found.mech_token, fault));
	TRY(read_hints_and_mic(&fields, &found.mech_list_mic, fault));
	TRY(read_end(&fields, fault));
	*init = found;
	return RESULT_OK;
}

static enum result read_neg_state(struct reader* fields, enum neg_state* state, struct fault* fault)
{
	struct bytes content = BYTES_EMPTY;
	uint32_t value = 0;
	if (!der_next_is(fields, context_tag(neg_state.number)))
		return RESULT_OK;
	TRY(read_optional(fields, &neg_state, &content, fault));
	TRY(der_parse_u32(content, &value));
	WELL_FORMED(value <= NEG_STATE_REQUEST_MIC, fault, neg_state.name, "is none of RFC 4178's");
	*state = (enum neg_state)value;
	return RESULT_OK;
}

enum result neg_token_resp_parse(struct bytes token, struct neg_token_resp* resp,
                                 struct fault* fault)
{
	struct neg_token_resp found = { NEG_STATE_ABSENT, BYTES_EMPTY, BYTES_EMPTY, BYTES_EMPTY };
	struct bytes sequence;
	struct reader outer = reader_make(token);
	REQUIRE(neg_token_is_resp(token), RESULT_MALFORMED);
	fault_begin(fault, "NegTokenResp", "the frame", "is not well formed");
	TRY(der_read_explicit(&outer, CHOICE_RESP, DER_SEQUENCE, &sequence));
	TRY(reader_end(&outer));

	struct reader fields = reader_make(sequence);
	TRY(read_neg_state(&fields, &found.neg_state, fault));
	const bool chosen = der_next_is(&fields, context_tag(supported_mech.number));
	TRY(read_optional(&fields, &supported_mech, &found.supported_mech, fault));
	WELL_FORMED(!chosen || found.supported_mech.len > 0, fault, supported_mech.name, "is empty");
	TRY(read_optional(&fields, &response_token, &found.response_token, fault));
	TRY(read_optional(&fields, &resp_mic, &found.mech_list_mic, fault));
	TRY(read_end(&fields, fault));
	*resp = found;
	return RESULT_OK;
}

static void write_optional(struct writer* writer, const struct field* field, struct bytes content)
{
	if (content.len > 0)
		der_write_explicit(writer, field->number, field->inner, content);
}

enum result neg_token_init_write(const struct neg_token_init* init, struct blob* token)
{
	struct writer writer = writer_make(SPNEGO_MAX_MESSAGE);
	const size_t frame = der_begin(&writer, DER_APPLICATION_0);
	der_write(&writer, DER_OID, BYTES_OF(spnego_oid));
	const size_t choice = der_begin(&writer, context_tag(CHOICE_INIT));
	const size_t sequence = der_begin(&writer, DER_SEQUENCE);
	const size_t list = der_begin(&writer, context_tag(mech_types.number));
	writer_bytes(&writer, init->mech_types);
	der_end(&writer, list);
	write_optional(&writer, &mech_token, init->mech_token);
	write_optional(&writer, &init_mic, init->mech_list_mic);
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
		der_write_explicit_u32(&writer, neg_state.number, neg_state.inner, resp->neg_state);
	write_optional(&writer, &supported_mech, resp->supported_mech);
	write_optional(&writer, &response_token, resp->response_token);
	write_optional(&writer, &resp_mic, resp->mech_list_mic);
	der_end(&writer, sequence);
	der_end(&writer, choice);
	return writer_take(&writer, token);
}
