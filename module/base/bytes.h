/* SPDX-License-Identifier: Apache-2.0
 *
 * Bytes with bounds: slices, a reader and a writer.
 *
 * `struct bytes` is a borrowed slice {pointer, length}. It owns nothing and is passed by value. An
 * empty slice may have a NULL pointer; no function here dereferences the pointer of an empty one.
 *
 * `struct reader` walks a slice. Each read either yields its value and moves on, or returns
 * RESULT_MALFORMED and leaves both the reader and the output untouched. reader_take() is the only
 * one that moves it. Nested elements are sub-slices with readers of their own, so an inner length
 * can never reach past the outer one.
 *
 * `struct writer` appends to memory that it owns and grows, up to a limit given at the start. The
 * first failure sticks: later calls do nothing, and writer_take() reports it. So a sequence of
 * writes needs one check, at its end. Lengths known later are back-filled with writer_patch_*.
 *
 * `struct blob` is owned heap memory, the form in which a finished token leaves a writer. It is for
 * what goes over the wire. Secrets have types of their own (secret.h).
 *
 * Slices and the reader are whole here, so that they are compiled into what parses by them.
 *
 * In module/, memcpy, memmove and memcmp occur in base/ only; bytes_copy() and bytes_equal() are
 * what everything else uses. bytes_equal() is NOT constant-time: for MACs and keys use
 * secret_equal() of secret.h.
 */
#ifndef NEGOSSP_BASE_BYTES_H
#define NEGOSSP_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "result.h"

/* --- slices --------------------------------------------------------------------------------- */

struct bytes
{
	const uint8_t* data;
	size_t len;
};

#define BYTES_EMPTY ((struct bytes){ NULL, 0 })
/* A slice over an array (not a pointer). */
#define BYTES_OF(array) ((struct bytes){ (array), sizeof(array) })
/* A slice over a string literal's bytes without its terminating NUL. */
#define BYTES_LITERAL(text) ((struct bytes){ (const uint8_t*)(text), sizeof(text) - 1 })

static inline struct bytes bytes_make(const uint8_t* data, size_t len)
{
	return (struct bytes){ data, len };
}

/* Equal length and content; takes a time that depends on the content. Public data only. */
static inline bool bytes_equal(struct bytes a, struct bytes b)
{
	/* memcmp() must not be given NULL, not even for no bytes at all (C11 7.24.1). */
	return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

static inline bool bytes_starts_with(struct bytes whole, struct bytes prefix)
{
	return whole.len >= prefix.len && bytes_equal(bytes_make(whole.data, prefix.len), prefix);
}

/* Copies exactly `len` bytes of `from`; the caller vouches that `from` has them and `to` has room.
 * The regions must not overlap. */
static inline void bytes_copy(uint8_t* to, struct bytes from)
{
	if (from.len > 0)
		memcpy(to, from.data, from.len);
}

/* Two hexadecimal digits a byte, in either case: digits.len / 2 bytes into `to`. RESULT_MALFORMED
 * for an odd count and for what is no digit; `to` may be half written then. */
MUST_USE enum result bytes_from_hex(struct bytes digits, uint8_t* to);

/* --- little-endian numbers of up to eight bytes, in memory that is there ---------------------- */

static inline uint64_t little_endian_get(const uint8_t* from, size_t size)
{
	uint64_t value = 0;

	for (size_t i = size; i > 0; i--)
		value = (value << 8) | from[i - 1];
	return value;
}

/* The low `size` bytes of `value`. */
static inline void little_endian_put(uint8_t* to, size_t size, uint64_t value)
{
	for (size_t i = 0; i < size; i++)
		to[i] = (uint8_t)(value >> (8 * i));
}

/* --- owned memory --------------------------------------------------------------------------- */

struct blob
{
	uint8_t* data;
	size_t len;
};

#define BLOB_EMPTY ((struct blob){ NULL, 0 })

static inline struct bytes blob_bytes(const struct blob* blob)
{
	return bytes_make(blob->data, blob->len);
}

/* Replaces *blob (whose old content is freed) by a copy of `from`. On RESULT_NO_MEMORY *blob keeps
 * its old content. */
MUST_USE enum result blob_set(struct blob* blob, struct bytes from);
/* Frees the memory and empties *blob; NULL and empty blobs are fine. Does not wipe. */
void blob_free(struct blob* blob);

/* --- reading -------------------------------------------------------------------------------- */

struct reader
{
	struct bytes rest; /* what has not been read yet */
};

static inline struct reader reader_make(struct bytes from)
{
	return (struct reader){ from };
}

static inline size_t reader_left(const struct reader* reader)
{
	return reader->rest.len;
}

/* The next `len` bytes as a sub-slice of the input. */
MUST_USE static inline enum result reader_take(struct reader* reader, size_t len,
                                               struct bytes* value)
{
	struct bytes* const rest = &reader->rest;

	REQUIRE(len <= rest->len, RESULT_MALFORMED);
	*value = bytes_make(rest->data, len);
	/* NULL + 0 is undefined in C, hence the case apart. */
	if (len > 0)
		rest->data += len;
	rest->len -= len;
	return RESULT_OK;
}

/* Reads `size` bytes, eight at most, as one little-endian number. */
MUST_USE static inline enum result reader_little_endian(struct reader* reader, size_t size,
                                                        uint64_t* value)
{
	struct bytes taken;

	TRY(reader_take(reader, size, &taken));
	*value = little_endian_get(taken.data, size);
	return RESULT_OK;
}

MUST_USE static inline enum result reader_u8(struct reader* reader, uint8_t* value)
{
	uint64_t number;

	TRY(reader_little_endian(reader, sizeof(*value), &number));
	*value = (uint8_t)number;
	return RESULT_OK;
}

MUST_USE static inline enum result reader_u16le(struct reader* reader, uint16_t* value)
{
	uint64_t number;

	TRY(reader_little_endian(reader, sizeof(*value), &number));
	*value = (uint16_t)number;
	return RESULT_OK;
}

MUST_USE static inline enum result reader_u32le(struct reader* reader, uint32_t* value)
{
	uint64_t number;

	TRY(reader_little_endian(reader, sizeof(*value), &number));
	*value = (uint32_t)number;
	return RESULT_OK;
}

MUST_USE static inline enum result reader_u64le(struct reader* reader, uint64_t* value)
{
	return reader_little_endian(reader, sizeof(*value), value);
}

MUST_USE static inline enum result reader_skip(struct reader* reader, size_t len)
{
	struct bytes skipped;

	return reader_take(reader, len, &skipped);
}

/* The next `len` bytes copied into `to`, for fields of fixed size. */
MUST_USE static inline enum result reader_copy(struct reader* reader, uint8_t* to, size_t len)
{
	struct bytes taken;

	TRY(reader_take(reader, len, &taken));
	bytes_copy(to, taken);
	return RESULT_OK;
}

/* RESULT_MALFORMED unless everything was read. */
MUST_USE static inline enum result reader_end(const struct reader* reader)
{
	return reader->rest.len == 0 ? RESULT_OK : RESULT_MALFORMED;
}

/* The part [offset, offset + len) of `whole`, or RESULT_MALFORMED if it is not inside. Cannot
 * overflow. The one place where an offset from the wire becomes a slice. */
MUST_USE static inline enum result bytes_part(struct bytes whole, size_t offset, size_t len,
                                              struct bytes* part)
{
	REQUIRE(offset <= whole.len, RESULT_MALFORMED);
	REQUIRE(len <= whole.len - offset, RESULT_MALFORMED);
	/* NULL + 0 is undefined in C, hence the case apart. */
	*part = bytes_make(whole.len > 0 ? whole.data + offset : NULL, len);
	return RESULT_OK;
}

/* --- writing -------------------------------------------------------------------------------- */

struct writer
{
	uint8_t* data;
	size_t len;
	size_t capacity;
	size_t limit;      /* `len` never exceeds this */
	enum result error; /* the first; a writer that has failed has no room, so nothing is written */
};

/* An empty writer that may grow to `limit` bytes. Allocates nothing yet. */
struct writer writer_make(size_t limit);
void writer_u8(struct writer* writer, uint8_t value);
void writer_u16le(struct writer* writer, uint16_t value);
void writer_u32le(struct writer* writer, uint32_t value);
void writer_u64le(struct writer* writer, uint64_t value);
void writer_bytes(struct writer* writer, struct bytes value);
void writer_zeros(struct writer* writer, size_t count);
/* Opens a gap of `count` zero bytes at `offset`, moving what follows. For DER lengths. */
void writer_insert(struct writer* writer, size_t offset, size_t count);
/* Overwrites what was written at `offset`; RESULT_INTERNAL sticks if it was not. */
void writer_patch_u8(struct writer* writer, size_t offset, uint8_t value);
void writer_patch_bytes(struct writer* writer, size_t offset, struct bytes value);
/* Makes the writer fail, unless it has failed before: what follows from that says nothing new. */
void writer_fail(struct writer* writer, enum result error);
/* What has been written so far: borrowed, and stale after the next write. Empty after an error. */
struct bytes writer_written(const struct writer* writer);
/* Ends the writer. On success what was written replaces *blob, whose old content is freed; on
 * failure (RESULT_BUFFER_TOO_SMALL, RESULT_NO_MEMORY, RESULT_INTERNAL) *blob is untouched and the
 * memory is freed. Either way the writer is empty afterwards. */
MUST_USE enum result writer_take(struct writer* writer, struct blob* blob);
/* Ends the writer and throws away what was written, after wiping it. */
void writer_drop(struct writer* writer);

#endif
