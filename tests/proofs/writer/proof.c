/* SPDX-License-Identifier: Apache-2.0
 *
 * A writer in any state that it can be in, its memory and limit of any size: no call writes outside
 * of its memory, goes past its limit, or changes anything after the first error.
 */
#include "proof.h"

/* glibc's, which CBMC does not know. */
void explicit_bzero(void* data, size_t len)
{
	PROVE(len == 0 || __CPROVER_w_ok(data, len));
}

/* What holds between any two calls. */
static bool is_sound(const struct writer* writer)
{
	if (writer->error != RESULT_OK && writer->capacity != writer->len)
		return false;
	return writer->len <= writer->capacity && writer->capacity <= writer->limit &&
	       (writer->capacity == 0 ? writer->data == NULL || writer->error != RESULT_OK
	                              : __CPROVER_r_ok(writer->data, writer->capacity));
}

static struct writer any_writer(void)
{
	struct writer writer = writer_make(any_size(PROOF_ANY_LENGTH));

	writer.capacity = any_size(writer.limit);
	writer.len = any_size(writer.capacity);
	if (writer.capacity > 0)
	{
		writer.data = malloc(writer.capacity);
		__CPROVER_assume(writer.data);
	}
	if (nondet_bool())
		writer_fail(&writer, RESULT_BUFFER_TOO_SMALL);
	return writer;
}

/* A call that appends or opens `count` bytes: all of them, or none and an error that stays. */
static void prove_grown(struct writer before, const struct writer* writer, size_t count)
{
	PROVE(is_sound(writer));
	if (before.error != RESULT_OK)
		PROVE(writer->error == before.error && writer->len == before.len &&
		      writer->data == before.data);
	else if (writer->error == RESULT_OK)
		PROVE(writer->len == before.len + count);
	else
		PROVE(writer->len == before.len);
}

void prove_bytes(void)
{
	struct writer writer = any_writer();
	const struct writer before = writer;
	const struct bytes value = any_bytes(PROOF_ANY_LENGTH);

	writer_bytes(&writer, value);
	prove_grown(before, &writer, value.len);
}

void prove_numbers(void)
{
	struct writer writer = any_writer();
	const struct writer before = writer;

	switch (nondet_unsigned() % 4)
	{
		case 0:
			writer_u8(&writer, (uint8_t)nondet_u16());
			prove_grown(before, &writer, 1);
			break;
		case 1:
			writer_u16le(&writer, nondet_u16());
			prove_grown(before, &writer, 2);
			break;
		case 2:
			writer_u32le(&writer, nondet_u32());
			prove_grown(before, &writer, 4);
			break;
		default:
			writer_u64le(&writer, nondet_u64());
			prove_grown(before, &writer, 8);
	}
}

void prove_insert(void)
{
	struct writer writer = any_writer();
	const struct writer before = writer;
	const size_t count = any_size(PROOF_ANY_LENGTH);

	writer_insert(&writer, nondet_size(), count);
	prove_grown(before, &writer, count);
}

void prove_patch(void)
{
	struct writer writer = any_writer();
	const struct writer before = writer;

	writer_patch_bytes(&writer, nondet_size(), any_bytes(PROOF_ANY_LENGTH));
	prove_grown(before, &writer, 0);
	PROVE(writer.data == before.data);
}

void prove_ends(void)
{
	struct writer writer = any_writer();
	const struct writer before = writer;
	struct blob blob = BLOB_EMPTY;
	const struct bytes written = writer_written(&writer);

	PROVE(before.error == RESULT_OK ? written.len == before.len : written.len == 0);
	PROVE(writer_take(&writer, &blob) == before.error);
	PROVE(blob.len == (before.error == RESULT_OK ? before.len : 0));
	PROVE(writer.data == NULL && writer.len == 0 && writer.limit == before.limit);
	blob_free(&blob);
}
