/* SPDX-License-Identifier: Apache-2.0
 *
 * The little DER (X.690) that SPNEGO (RFC 4178) and CredSSP (MS-CSSP) are made of.
 *
 * Reading is bounded and forgiving in one thing only: a length may have more octets than it needs
 * (up to four), because peers write such. Indefinite lengths, tag numbers above 30 and lengths past
 * the end are RESULT_MALFORMED. Writing is strict DER.
 */
#ifndef NEGOSSP_BASE_DER_H
#define NEGOSSP_BASE_DER_H

#include "bytes.h"

enum der_tag
{
	DER_INTEGER = 0x02,
	DER_BIT_STRING = 0x03,
	DER_OCTET_STRING = 0x04,
	DER_OID = 0x06,
	DER_ENUMERATED = 0x0A,
	DER_GENERAL_STRING = 0x1B,
	DER_SEQUENCE = 0x30,
	DER_APPLICATION_0 = 0x60,
	DER_CONTEXT_0 = 0xA0 /* explicit [n] is DER_CONTEXT_0 + n */
};

/* --- reading: each call reads one whole element, or fails and reads nothing ------------------ */

/* The next element, whatever its tag: its tag octet, its content, and the element as it stands on
 * the wire (tag and length octets included). `whole` may be NULL. */
MUST_USE enum result der_read_any(struct reader* reader, uint8_t* tag, struct bytes* content,
                                  struct bytes* whole);
/* The next element, which must have `tag`. */
MUST_USE enum result der_read(struct reader* reader, uint8_t tag, struct bytes* content);
/* Whether an element with `tag` comes next. False at the end. */
bool der_next_is(const struct reader* reader, uint8_t tag);
/* An element inside an explicit context tag [number]: `content` is the inner element's. Trailing
 * bytes inside the context tag are RESULT_MALFORMED. */
MUST_USE enum result der_read_explicit(struct reader* reader, unsigned number, uint8_t inner_tag,
                                       struct bytes* content);
/* The frame of a GSS-API initial token (RFC 2743 3.1): the content of the mechanism's OID, and what
 * the mechanism put behind it. Bytes behind the frame are RESULT_MALFORMED. */
MUST_USE enum result der_read_initial_token(struct bytes token, struct bytes* oid,
                                            struct bytes* inner);
/* A non-negative INTEGER or ENUMERATED content of one to five octets that fits 32 bits. */
MUST_USE enum result der_parse_u32(struct bytes content, uint32_t* value);

/* --- writing --------------------------------------------------------------------------------- */

/* der_begin writes the tag and remembers where the content starts; der_end, called with what
 * der_begin returned, fills the length in. They nest like brackets. */
size_t der_begin(struct writer* writer, uint8_t tag);
void der_end(struct writer* writer, size_t start);
/* One primitive element. */
void der_write(struct writer* writer, uint8_t tag, struct bytes content);
/* One primitive element inside an explicit context tag [number]. */
void der_write_explicit(struct writer* writer, unsigned number, uint8_t inner_tag,
                        struct bytes content);
/* INTEGER or ENUMERATED in the fewest octets, inside an explicit context tag [number]. */
void der_write_explicit_u32(struct writer* writer, unsigned number, uint8_t inner_tag,
                            uint32_t value);

#endif
