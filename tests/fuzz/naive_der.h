/* SPDX-License-Identifier: Apache-2.0
 *
 * DER read once more, for the judges of the module's readers: nothing of the module's is in it but
 * its slices.
 */
#ifndef NEGOSSP_FUZZ_NAIVE_DER_H
#define NEGOSSP_FUZZ_NAIVE_DER_H

#include "base/bytes.h"

/* The element at the front, which the rest then goes on behind. False where there is none that the
 * module may read: also for an indefinite length, a tag number above 30 and a length of more than
 * four octets. */
bool naive_der_next(struct bytes* rest, uint8_t* tag, struct bytes* content, struct bytes* whole);
/* Of a text that is one element with that tag and nothing behind it: what is in it. */
bool naive_der_only(struct bytes text, uint8_t tag, struct bytes* content);

#define NAIVE_FIELDS_MAX 8

/* The fields of a SEQUENCE of explicit [0] to [count - 1], all optional, each once, in order, with
 * one element of the given tag in it. */
struct naive_fields
{
	bool present[NAIVE_FIELDS_MAX];
	struct bytes whole[NAIVE_FIELDS_MAX]; /* the element with its tag and length */
	struct bytes content[NAIVE_FIELDS_MAX];
};
bool naive_der_fields(struct bytes sequence, const uint8_t* tags, unsigned count,
                      struct naive_fields* fields);
/* A number that is not negative and fits 32 bits, in one to five octets. */
bool naive_der_u32(struct bytes content, uint32_t* value);

#endif
