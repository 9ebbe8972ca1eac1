/* SPDX-License-Identifier: Apache-2.0
 *
 * A field is told by its context tag; what is in it must have its type and fill it.
 */
#include "credssp/asn1.h"

static uint8_t context_tag(const struct asn1_field* field)
{
	return (uint8_t)(DER_CONTEXT_0 + field->number);
}

enum result asn1_open(struct bytes whole, const char* name, struct reader* fields,
                      struct fault* fault)
{
	struct reader outer = reader_make(whole);
	struct bytes body = BYTES_EMPTY;

	fault_begin(fault, name, "its SEQUENCE", "is not well formed, or bytes follow it");
	TRY(der_read(&outer, DER_SEQUENCE, &body));
	TRY(reader_end(&outer));
	*fields = reader_make(body);
	return RESULT_OK;
}

enum result asn1_read(struct reader* fields, const struct asn1_field* field, struct bytes* content,
                      struct fault* fault)
{
	fault_set(fault, field->name, "is missing or not well formed");
	return der_read_explicit(fields, field->number, field->type, content);
}

bool asn1_next_is(const struct reader* fields, const struct asn1_field* field)
{
	return der_next_is(fields, context_tag(field));
}

enum result asn1_read_optional(struct reader* fields, const struct asn1_field* field,
                               struct bytes* content, struct fault* fault)
{
	return asn1_next_is(fields, field) ? asn1_read(fields, field, content, fault) : RESULT_OK;
}

enum result asn1_read_u32(struct reader* fields, const struct asn1_field* field, uint32_t* value,
                          struct fault* fault)
{
	struct bytes content = BYTES_EMPTY;

	TRY(asn1_read(fields, field, &content, fault));
	return der_parse_u32(content, value);
}

enum result asn1_end(const struct reader* fields, struct fault* fault)
{
	fault_set(fault, "a field", "is unknown, doubled or out of its order");
	return reader_end(fields);
}

void asn1_write(struct writer* writer, const struct asn1_field* field, struct bytes content)
{
	der_write_explicit(writer, field->number, field->type, content);
}

void asn1_write_optional(struct writer* writer, const struct asn1_field* field,
                         struct bytes content)
{
	if (content.len > 0)
		asn1_write(writer, field, content);
}

struct asn1_bracket asn1_begin(struct writer* writer, const struct asn1_field* field)
{
	const size_t outer = der_begin(writer, context_tag(field));

	return (struct asn1_bracket){ outer, der_begin(writer, field->type) };
}

void asn1_close(struct writer* writer, struct asn1_bracket bracket)
{
	der_end(writer, bracket.inner);
	der_end(writer, bracket.outer);
}
