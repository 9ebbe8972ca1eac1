/* SPDX-License-Identifier: Apache-2.0
 *
 * Owned memory and the writer. writer_reserve() is the only one that moves a writer's memory. Every
 * sum of lengths is written as a subtraction from the larger side, so that none can overflow.
 *
 * A writer may hold secrets for a while (the password in TSCredentials), so it grows by malloc,
 * copy, wipe and free; realloc() would leave the old copy behind in the heap.
 */
#include "bytes.h"

#include <stdlib.h>
#include <string.h>

#include "base/wipe.h"

#define WRITER_FIRST_CAPACITY 128

/* The value of a hexadecimal digit; *right becomes zero where it is none. Digits may be of a hash,
 * so nothing branches on what they are: a number below a limit, less the limit, has high bits, all
 * of them. */
static unsigned hex_digit(uint8_t digit, unsigned* right)
{
	const unsigned decimal = (uint8_t)(digit - '0');
	const unsigned letter = (uint8_t)((digit | 0x20) - 'a');
	const unsigned is_decimal = (decimal - 10) >> 8;
	const unsigned is_letter = (letter - 6) >> 8;

	*right &= is_decimal | is_letter;
	return (decimal & is_decimal) | ((letter + 10) & is_letter);
}

enum result bytes_from_hex(struct bytes digits, uint8_t* to)
{
	unsigned right = ~0U;

	REQUIRE(digits.len % 2 == 0, RESULT_MALFORMED);
	for (size_t i = 0; i < digits.len; i += 2)
	{
		const unsigned high = hex_digit(digits.data[i], &right);

		to[i / 2] = (uint8_t)(high << 4 | hex_digit(digits.data[i + 1], &right));
	}
	REQUIRE(right != 0, RESULT_MALFORMED);
	return RESULT_OK;
}

/* --- owned memory --------------------------------------------------------------------------- */

enum result blob_set(struct blob* blob, struct bytes from)
{
	struct blob copy = BLOB_EMPTY;

	if (from.len > 0)
	{
		copy.data = malloc(from.len);
		REQUIRE(copy.data, RESULT_NO_MEMORY);
		copy.len = from.len;
		bytes_copy(copy.data, from);
	}
	/* Only now, since `from` may be a part of the old content. */
	blob_free(blob);
	*blob = copy;
	return RESULT_OK;
}

void blob_free(struct blob* blob)
{
	if (!blob)
		return;
	free(blob->data);
	*blob = BLOB_EMPTY;
}

/* --- writing -------------------------------------------------------------------------------- */

struct writer writer_make(size_t limit)
{
	return (
	    struct writer){ .data = NULL, .len = 0, .capacity = 0, .limit = limit, .error = RESULT_OK };
}

/* A capacity of at least `needed`, doubled so that appending stays linear, never past the limit. */
static size_t writer_next_capacity(const struct writer* writer, size_t needed)
{
	size_t capacity = writer->capacity > 0 ? writer->capacity : (size_t)WRITER_FIRST_CAPACITY;

	while (capacity < needed)
	{
		if (capacity > writer->limit / 2)
			return writer->limit;
		capacity *= 2;
	}
	return capacity < writer->limit ? capacity : writer->limit;
}

void writer_fail(struct writer* writer, enum result error)
{
	if (writer->error == RESULT_OK)
		writer->error = error;
	writer->capacity = writer->len;
}

/* Grows the memory for `extra` bytes behind what was written. False if the writer has failed, now
 * or before. Not inlined, so that what has room is short. */
__attribute__((noinline)) static bool writer_grow(struct writer* writer, size_t extra)
{
	size_t capacity;
	uint8_t* data;

	if (writer->error != RESULT_OK)
		return false;
	if (extra > writer->limit - writer->len)
	{
		writer_fail(writer, RESULT_BUFFER_TOO_SMALL);
		return false;
	}
	capacity = writer_next_capacity(writer, writer->len + extra);
	data = malloc(capacity);
	if (!data)
	{
		writer_fail(writer, RESULT_NO_MEMORY);
		return false;
	}
	if (writer->data)
	{
		bytes_copy(data, bytes_make(writer->data, writer->len));
		secret_wipe(writer->data, writer->len);
		free(writer->data);
	}
	writer->data = data;
	writer->capacity = capacity;
	return true;
}

/* Moves the end by `extra` bytes, which are the caller's to fill; NULL if it cannot. */
static uint8_t* writer_reserve(struct writer* writer, size_t extra)
{
	if (extra > writer->capacity - writer->len && !writer_grow(writer, extra))
		return NULL;
	writer->len += extra;
	return writer->data + writer->len - extra;
}

void writer_bytes(struct writer* writer, struct bytes value)
{
	uint8_t* const to = value.len > 0 ? writer_reserve(writer, value.len) : NULL;

	if (to)
		bytes_copy(to, value);
}

static void writer_little_endian(struct writer* writer, size_t size, uint64_t value)
{
	uint8_t* const to = writer_reserve(writer, size);

	if (to)
		little_endian_put(to, size, value);
}

void writer_u8(struct writer* writer, uint8_t value)
{
	writer_little_endian(writer, sizeof(value), value);
}

void writer_u16le(struct writer* writer, uint16_t value)
{
	writer_little_endian(writer, sizeof(value), value);
}

void writer_u32le(struct writer* writer, uint32_t value)
{
	writer_little_endian(writer, sizeof(value), value);
}

void writer_u64le(struct writer* writer, uint64_t value)
{
	writer_little_endian(writer, sizeof(value), value);
}

void writer_zeros(struct writer* writer, size_t count)
{
	writer_insert(writer, writer->len, count);
}

void writer_insert(struct writer* writer, size_t offset, size_t count)
{
	if (offset > writer->len)
		writer_fail(writer, RESULT_INTERNAL);
	if (count == 0 || !writer_reserve(writer, count))
		return;
	memmove(writer->data + offset + count, writer->data + offset, writer->len - count - offset);
	memset(writer->data + offset, 0, count);
}

void writer_patch_bytes(struct writer* writer, size_t offset, struct bytes value)
{
	if (writer->error != RESULT_OK)
		return;
	if (offset > writer->len || value.len > writer->len - offset)
	{
		writer_fail(writer, RESULT_INTERNAL);
		return;
	}
	if (value.len > 0)
		bytes_copy(writer->data + offset, value);
}

void writer_patch_u8(struct writer* writer, size_t offset, uint8_t value)
{
	writer_patch_bytes(writer, offset, bytes_make(&value, sizeof(value)));
}

struct bytes writer_written(const struct writer* writer)
{
	if (writer->error != RESULT_OK)
		return BYTES_EMPTY;
	return bytes_make(writer->data, writer->len);
}

enum result writer_take(struct writer* writer, struct blob* blob)
{
	const enum result result = writer->error;

	if (result == RESULT_OK)
	{
		blob_free(blob);
		*blob = (struct blob){ writer->data, writer->len };
		*writer = writer_make(writer->limit);
	}
	else
		writer_drop(writer);
	return result;
}

void writer_drop(struct writer* writer)
{
	secret_wipe(writer->data, writer->len);
	free(writer->data);
	*writer = writer_make(writer->limit);
}
