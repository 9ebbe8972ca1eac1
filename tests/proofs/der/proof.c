/* SPDX-License-Identifier: Apache-2.0
 *
 * DER elements at the front of an input of any length: content and element lie inside of the
 * input, what follows is what is left, and a failure reads nothing. Written elements of any length
 * say that length.
 */
#include "base/der.h"
#include "proof.h"

/* glibc's, which CBMC does not know. */
void explicit_bzero(void* data, size_t len)
{
	PROVE(len == 0 || __CPROVER_w_ok(data, len));
}

void prove_any(void)
{
	const struct bytes whole = any_bytes(PROOF_ANY_LENGTH);
	struct reader reader = reader_make(whole);
	struct bytes content = BYTES_EMPTY;
	struct bytes element = BYTES_EMPTY;
	uint8_t tag = 0;

	if (der_read_any(&reader, &tag, &content, &element) == RESULT_OK)
	{
		PROVE(tag == whole.data[0] && (tag & 0x1F) != 0x1F);
		PROVE(element.len >= 2 && is_part(element, whole, 0));
		PROVE(is_part(reader.rest, whole, element.len));
		PROVE(reader.rest.len == whole.len - element.len);
		PROVE(content.len <= element.len - 2 && is_part(content, whole, element.len - content.len));
		PROVE(element.len - content.len <= 6);
	}
	else
		PROVE(reader.rest.data == whole.data && reader.rest.len == whole.len);
}

void prove_explicit(void)
{
	const struct bytes whole = any_bytes(PROOF_ANY_LENGTH);
	struct reader reader = reader_make(whole);
	struct bytes content = BYTES_EMPTY;

	if (der_read_explicit(&reader, nondet_unsigned(), (uint8_t)nondet_u16(), &content) == RESULT_OK)
	{
		const size_t read = whole.len - reader.rest.len;
		PROVE(read >= 4 && is_part(reader.rest, whole, read));
		PROVE(content.len <= read - 4 && is_part(content, whole, read - content.len));
	}
	else
		PROVE(reader.rest.data == whole.data && reader.rest.len == whole.len);
}

void prove_initial_token(void)
{
	const struct bytes whole = any_bytes(PROOF_ANY_LENGTH);
	struct bytes oid = BYTES_EMPTY;
	struct bytes inner = BYTES_EMPTY;

	if (der_read_initial_token(whole, &oid, &inner) == RESULT_OK)
	{
		PROVE(oid.len <= whole.len - 4 && inner.len <= whole.len - 4 - oid.len);
		PROVE(is_part(inner, whole, whole.len - inner.len));
		PROVE(is_part(oid, whole, whole.len - inner.len - oid.len));
	}
}

void prove_number(void)
{
	const struct bytes content = any_bytes(PROOF_ANY_LENGTH);
	uint32_t value = 0;

	if (der_parse_u32(content, &value) == RESULT_OK)
	{
		PROVE(content.len >= 1 && content.len <= 5 && content.data[0] < 0x80);
		PROVE((value & 0xFF) == content.data[content.len - 1]);
	}
}

/* In a writer whose content is there already, of any length: its length takes eight octets at the
 * most, and nothing is written outside of the memory. */
void prove_written_length(void)
{
	struct writer writer = writer_make(any_size(PROOF_ANY_LENGTH));

	writer.capacity = any_size(writer.limit);
	writer.len = any_size(writer.capacity);
	writer.data = malloc(writer.capacity);
	__CPROVER_assume(writer.capacity > 0 && writer.data);

	const size_t before = writer.len;

	der_end(&writer, nondet_size());
	PROVE(writer.len <= writer.capacity && writer.capacity <= writer.limit);
	PROVE(writer.len >= before && writer.len - before <= sizeof(before));
}
