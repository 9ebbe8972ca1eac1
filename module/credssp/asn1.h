/* SPDX-License-Identifier: Apache-2.0
 *
 * The shape that all structures of MS-CSSP 2.2.1 have: a SEQUENCE of fields, each in an explicit
 * context tag of its own, in the order of their numbers.
 *
 * So a field that is out of order, given twice or unknown is found by asn1_end() as something that
 * is left over. All slices borrow from the input.
 */
#ifndef NEGOSSP_CREDSSP_ASN1_H
#define NEGOSSP_CREDSSP_ASN1_H

#include "base/bytes.h"
#include "base/der.h"
#include "base/fault.h"

struct asn1_field
{
	unsigned number;
	uint8_t type;     /* enum der_tag of what is in it */
	const char* name; /* as MS-CSSP calls it */
};

/* The fields of the SEQUENCE that `whole` is, to the last byte. `name` is the structure's. */
MUST_USE enum result asn1_open(struct bytes whole, const char* name, struct reader* fields,
                               struct fault* fault);
/* The field must come next. */
MUST_USE enum result asn1_read(struct reader* fields, const struct asn1_field* field,
                               struct bytes* content, struct fault* fault);
/* Whether the field comes next. */
bool asn1_next_is(const struct reader* fields, const struct asn1_field* field);
/* The field, if it comes next; *content is left alone otherwise. */
MUST_USE enum result asn1_read_optional(struct reader* fields, const struct asn1_field* field,
                                        struct bytes* content, struct fault* fault);
/* A number that must come next. */
MUST_USE enum result asn1_read_u32(struct reader* fields, const struct asn1_field* field,
                                   uint32_t* value, struct fault* fault);
MUST_USE enum result asn1_end(const struct reader* fields, struct fault* fault);

void asn1_write(struct writer* writer, const struct asn1_field* field, struct bytes content);
/* Nothing is written of an empty one. */
void asn1_write_optional(struct writer* writer, const struct asn1_field* field,
                         struct bytes content);
/* What is written between the two is in the field, which holds a SEQUENCE or an OCTET STRING. */
struct asn1_bracket
{
	size_t outer;
	size_t inner;
};
struct asn1_bracket asn1_begin(struct writer* writer, const struct asn1_field* field);
void asn1_close(struct writer* writer, struct asn1_bracket bracket);

#endif
