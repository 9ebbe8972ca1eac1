/* SPDX-License-Identifier: Apache-2.0
 *
 * Elements of DER, read and written one at a time (X.690 8.1, 10.1).
 *
 * Readers work on a copy of the caller's reader and put it back when the whole element is in hand,
 * so a failure leaves the caller where it was. Nothing here recurses: how deep a message nests is
 * decided by the parser that calls, not by the peer.
 */
#include "der.h"

/* Tag number 31 in the first octet announces a number in further octets (X.690 8.1.2.4). */
#define DER_TAG_NUMBER_MASK 0x1F
#define DER_TAG_NUMBER_MAX 30
/* The long form: the low bits count the octets that hold the length (X.690 8.1.3.5). */
#define DER_LENGTH_LONG 0x80
#define DER_LENGTH_OCTETS_MAX 4

static uint8_t der_context_tag(unsigned number)
{
	return (uint8_t)(DER_CONTEXT_0 + number);
}

/* --- reading --------------------------------------------------------------------------------- */

static enum result der_read_length(struct reader* reader, size_t* len)
{
	uint8_t first;
	struct bytes octets;
	uint32_t value = 0;

	TRY(reader_u8(reader, &first));
	if (first < DER_LENGTH_LONG)
	{
		*len = first;
		return RESULT_OK;
	}
	/* 0x80 alone is the indefinite form, which DER does not have (X.690 10.1). */
	REQUIRE(first != DER_LENGTH_LONG, RESULT_MALFORMED);
	REQUIRE(first - DER_LENGTH_LONG <= DER_LENGTH_OCTETS_MAX, RESULT_MALFORMED);
	TRY(reader_take(reader, (size_t)(first - DER_LENGTH_LONG), &octets));
	for (size_t i = 0; i < octets.len; i++)
		value = (value << 8) | octets.data[i];
	*len = value;
	return RESULT_OK;
}

enum result der_read_any(struct reader* reader, uint8_t* tag, struct bytes* content,
                         struct bytes* whole)
{
	struct reader ahead = *reader;
	uint8_t first;
	size_t len;
	struct bytes inside;
	struct bytes element;

	TRY(reader_u8(&ahead, &first));
	REQUIRE((first & DER_TAG_NUMBER_MASK) <= DER_TAG_NUMBER_MAX, RESULT_MALFORMED);
	TRY(der_read_length(&ahead, &len));
	TRY(reader_take(&ahead, len, &inside));
	TRY(bytes_part(reader->rest, 0, reader->rest.len - ahead.rest.len, &element));
	*reader = ahead;
	*tag = first;
	*content = inside;
	if (whole)
		*whole = element;
	return RESULT_OK;
}

enum result der_read(struct reader* reader, uint8_t tag, struct bytes* content)
{
	uint8_t found;

	REQUIRE(der_next_is(reader, tag), RESULT_MALFORMED);
	return der_read_any(reader, &found, content, NULL);
}

bool der_next_is(const struct reader* reader, uint8_t tag)
{
	return reader->rest.len > 0 && reader->rest.data[0] == tag;
}

enum result der_read_explicit(struct reader* reader, unsigned number, uint8_t inner_tag,
                              struct bytes* content)
{
	struct reader ahead = *reader;
	struct reader inner;
	struct bytes outside;
	struct bytes inside;

	REQUIRE(number <= DER_TAG_NUMBER_MAX, RESULT_INTERNAL);
	TRY(der_read(&ahead, der_context_tag(number), &outside));
	inner = reader_make(outside);
	TRY(der_read(&inner, inner_tag, &inside));
	TRY(reader_end(&inner));
	*reader = ahead;
	*content = inside;
	return RESULT_OK;
}

enum result der_read_initial_token(struct bytes token, struct bytes* oid, struct bytes* inner)
{
	struct reader outer = reader_make(token);
	struct bytes content;
	struct bytes name;

	TRY(der_read(&outer, DER_APPLICATION_0, &content));
	TRY(reader_end(&outer));
	struct reader frame = reader_make(content);
	TRY(der_read(&frame, DER_OID, &name));
	*oid = name;
	*inner = frame.rest;
	return RESULT_OK;
}

enum result der_parse_u32(struct bytes content, uint32_t* value)
{
	uint64_t number = 0;

	REQUIRE(content.len >= 1 && content.len <= sizeof(*value) + 1, RESULT_MALFORMED);
	/* Two's complement (X.690 8.3.3): the top bit makes it negative. */
	REQUIRE(content.data[0] < 0x80, RESULT_MALFORMED);
	for (size_t i = 0; i < content.len; i++)
		number = (number << 8) | content.data[i];
	REQUIRE(number <= UINT32_MAX, RESULT_MALFORMED);
	*value = (uint32_t)number;
	return RESULT_OK;
}

/* --- writing --------------------------------------------------------------------------------- */

size_t der_begin(struct writer* writer, uint8_t tag)
{
	writer_u8(writer, tag);
	/* Room for the short form; der_end() widens it when the content turns out to be long. */
	writer_u8(writer, 0);
	return writer->len;
}

void der_end(struct writer* writer, size_t start)
{
	size_t len;
	size_t octets = 0;

	if (writer->error != RESULT_OK)
		return;
	if (start < 2 || start > writer->len)
	{
		writer_fail(writer, RESULT_INTERNAL);
		return;
	}
	len = writer->len - start;
	if (len < DER_LENGTH_LONG)
	{
		writer_patch_u8(writer, start - 1, (uint8_t)len);
		return;
	}
	for (size_t rest = len; rest > 0; rest >>= 8)
		octets++;
	writer_patch_u8(writer, start - 1, (uint8_t)(DER_LENGTH_LONG + octets));
	writer_insert(writer, start, octets);
	for (size_t i = octets; i > 0; i--, len >>= 8)
		writer_patch_u8(writer, start + i - 1, (uint8_t)len);
}

void der_write(struct writer* writer, uint8_t tag, struct bytes content)
{
	const size_t start = der_begin(writer, tag);

	writer_bytes(writer, content);
	der_end(writer, start);
}

void der_write_explicit(struct writer* writer, unsigned number, uint8_t inner_tag,
                        struct bytes content)
{
	size_t start;

	if (number > DER_TAG_NUMBER_MAX)
	{
		writer_fail(writer, RESULT_INTERNAL);
		return;
	}
	start = der_begin(writer, der_context_tag(number));
	der_write(writer, inner_tag, content);
	der_end(writer, start);
}

void der_write_explicit_u32(struct writer* writer, unsigned number, uint8_t inner_tag,
                            uint32_t value)
{
	const uint8_t octets[] = { 0, (uint8_t)(value >> 24), (uint8_t)(value >> 16),
		                       (uint8_t)(value >> 8), (uint8_t)value };
	size_t skip = 0;

	/* Fewest octets (X.690 8.3.2): a leading zero stays only where the next octet's top bit would
	 * read as a sign. */
	while (skip < sizeof(octets) - 1 && octets[skip] == 0 && octets[skip + 1] < 0x80)
		skip++;
	der_write_explicit(writer, number, inner_tag, bytes_make(octets + skip, sizeof(octets) - skip));
}
