/* SPDX-License-Identifier: Apache-2.0
 *
 * What the proofs share. CBMC takes a call of nondet_...() for any value of its type, and tries
 * them all; __CPROVER_assume() leaves out what is not meant.
 */
#ifndef NEGOSSP_PROOF_H
#define NEGOSSP_PROOF_H

#include <stdlib.h>

#include "base/bytes.h"

/* Longer objects CBMC's pointers cannot tell apart. */
#define PROOF_ANY_LENGTH ((size_t)1 << 54)

bool nondet_bool(void);
uint16_t nondet_u16(void);
uint32_t nondet_u32(void);
uint64_t nondet_u64(void);
size_t nondet_size(void);
unsigned nondet_unsigned(void);

static inline size_t any_size(size_t max)
{
	const size_t size = nondet_size();

	__CPROVER_assume(size <= max);
	return size;
}

/* Any bytes of a length up to `max`, in memory that has not one byte more. Empty with NULL and
 * empty without are both among them. */
static inline struct bytes any_bytes(size_t max)
{
	const size_t len = any_size(max);

	if (len == 0 && nondet_bool())
		return BYTES_EMPTY;

	uint8_t* const data = malloc(len);

	__CPROVER_assume(data);
	return bytes_make(data, len);
}

/* Any bytes up to the size of an array, which end where it ends: the quicker way where a bound is
 * set anyway. */
static inline struct bytes any_bytes_in(const uint8_t* array, size_t size)
{
	const size_t len = any_size(size);

	return bytes_make(array + size - len, len);
}

/* Whether `part` is `whole`'s bytes from `offset` on. An empty part needs no place. */
static inline bool is_part(struct bytes part, struct bytes whole, size_t offset)
{
	return offset <= whole.len && part.len <= whole.len - offset &&
	       (part.len == 0 || part.data == whole.data + offset);
}

/* Whether the slice lies in the memory of `whole`. */
static inline bool is_inside(struct bytes part, struct bytes whole)
{
	return part.len == 0 ||
	       (part.len <= whole.len && __CPROVER_same_object(part.data, whole.data) &&
	        is_part(part, whole, (size_t)(part.data - whole.data)));
}

#define PROVE(condition) __CPROVER_assert(condition, #condition)

#endif
