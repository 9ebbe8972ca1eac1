/* SPDX-License-Identifier: Apache-2.0
 *
 * A reader over bytes of any length: whatever is asked for, a read yields the very next bytes of
 * the input or leaves everything as it was, and never looks past the end.
 */
#include "proof.h"

void prove_take(void)
{
	const struct bytes whole = any_bytes(PROOF_ANY_LENGTH);
	const size_t len = nondet_size();
	struct reader reader = reader_make(whole);
	struct bytes value = BYTES_EMPTY;

	if (reader_take(&reader, len, &value) == RESULT_OK)
	{
		PROVE(value.len == len && is_part(value, whole, 0));
		PROVE(reader.rest.len == whole.len - len && is_part(reader.rest, whole, len));
	}
	else
	{
		PROVE(len > whole.len && value.data == NULL && value.len == 0);
		PROVE(reader.rest.data == whole.data && reader.rest.len == whole.len);
	}
}

void prove_numbers(void)
{
	const struct bytes whole = any_bytes(PROOF_ANY_LENGTH);
	struct reader reader = reader_make(whole);
	uint8_t u8 = 0;
	uint16_t u16 = 0;
	uint32_t u32 = 0;
	uint64_t u64 = 0;
	size_t size = 0;
	enum result result = RESULT_INTERNAL;

	switch (nondet_unsigned() % 4)
	{
		case 0:
			size = sizeof(u8);
			result = reader_u8(&reader, &u8);
			PROVE(result != RESULT_OK || u8 == whole.data[0]);
			break;
		case 1:
			size = sizeof(u16);
			result = reader_u16le(&reader, &u16);
			PROVE(result != RESULT_OK || u16 == (whole.data[0] | whole.data[1] << 8));
			break;
		case 2:
			size = sizeof(u32);
			result = reader_u32le(&reader, &u32);
			PROVE(result != RESULT_OK || (u32 & 0xFF) == whole.data[0]);
			PROVE(result != RESULT_OK || u32 >> 24 == whole.data[3]);
			break;
		default:
			size = sizeof(u64);
			result = reader_u64le(&reader, &u64);
			PROVE(result != RESULT_OK || (u64 & 0xFF) == whole.data[0]);
			PROVE(result != RESULT_OK || u64 >> 56 == whole.data[7]);
	}
	PROVE((result == RESULT_OK) == (whole.len >= size));
	PROVE(reader.rest.len == whole.len - (result == RESULT_OK ? size : 0));
}

void prove_copy_and_skip(void)
{
	const struct bytes whole = any_bytes(PROOF_ANY_LENGTH);
	const size_t skipped = nondet_size();
	struct reader reader = reader_make(whole);
	uint8_t to[16];

	if (reader_skip(&reader, skipped) == RESULT_OK &&
	    reader_copy(&reader, to, sizeof(to)) == RESULT_OK)
	{
		PROVE(skipped <= whole.len && whole.len - skipped >= sizeof(to));
		PROVE(reader_left(&reader) == whole.len - skipped - sizeof(to));
		PROVE((reader_end(&reader) == RESULT_OK) == (reader_left(&reader) == 0));
	}
}

void prove_part(void)
{
	const struct bytes whole = any_bytes(PROOF_ANY_LENGTH);
	const size_t offset = nondet_size();
	const size_t len = nondet_size();
	struct bytes part = BYTES_EMPTY;

	if (bytes_part(whole, offset, len, &part) == RESULT_OK)
		PROVE(part.len == len && is_part(part, whole, offset));
	else
		PROVE((offset > whole.len || len > whole.len - offset) && part.data == NULL &&
		      part.len == 0);
}
