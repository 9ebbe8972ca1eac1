/* SPDX-License-Identifier: Apache-2.0
 *
 * SecBuffers, and SEC_CHANNEL_BINDINGS in them (its offsets count from its own beginning).
 */
#include "host/buffers.h"

#include "host/memory.h"

ULONG buffer_type(const SecBuffer* buffer)
{
	return buffer->BufferType & ~(ULONG)SECBUFFER_ATTRMASK;
}

bool buffer_is_read_only(const SecBuffer* buffer)
{
	const ULONG flags = (ULONG)SECBUFFER_READONLY | (ULONG)SECBUFFER_READONLY_WITH_CHECKSUM;

	return (buffer->BufferType & flags) != 0;
}

SecBuffer* buffer_find(const SecBufferDesc* description, ULONG type)
{
	if (!description || !description->pBuffers)
		return NULL;
	for (ULONG i = 0; i < description->cBuffers; i++)
	{
		if (buffer_type(&description->pBuffers[i]) == type)
			return &description->pBuffers[i];
	}
	return NULL;
}

enum result buffer_bytes(const SecBuffer* buffer, struct bytes* bytes)
{
	*bytes = BYTES_EMPTY;
	if (!buffer || buffer->cbBuffer == 0)
		return RESULT_OK;
	REQUIRE(buffer->pvBuffer, RESULT_INVALID_ARGUMENT);
	*bytes = bytes_make(buffer->pvBuffer, buffer->cbBuffer);
	return RESULT_OK;
}

/* --- channel bindings ------------------------------------------------------------------------- */

#define BINDINGS_HEADER_SIZE 32u
#define BINDINGS_LIMIT 65536u

/* The words are a C structure's, in the machine's byte order. */
static enum result bindings_read(struct reader* reader, uint32_t* value)
{
	struct bytes word;

	TRY(reader_take(reader, sizeof(*value), &word));
	bytes_copy((uint8_t*)value, word);
	return RESULT_OK;
}

static void bindings_put(struct writer* writer, uint32_t value)
{
	writer_bytes(writer, bytes_make((const uint8_t*)&value, sizeof(value)));
}

/* Reads {length, offset} and takes what they mean out of `whole`. An offset without a length means
 * nothing. */
static enum result bindings_part(struct reader* reader, struct bytes whole, struct bytes* part)
{
	uint32_t len;
	uint32_t offset;

	TRY(bindings_read(reader, &len));
	TRY(bindings_read(reader, &offset));
	*part = BYTES_EMPTY;
	if (len == 0)
		return RESULT_OK;
	REQUIRE(offset >= BINDINGS_HEADER_SIZE, RESULT_MALFORMED);
	return bytes_part(whole, offset, len, part);
}

enum result bindings_parse(struct bytes from, struct channel_bindings* bindings)
{
	struct channel_bindings parsed;
	struct reader reader = reader_make(from);

	TRY(bindings_read(&reader, &parsed.initiator_type));
	TRY(bindings_part(&reader, from, &parsed.initiator));
	TRY(bindings_read(&reader, &parsed.acceptor_type));
	TRY(bindings_part(&reader, from, &parsed.acceptor));
	TRY(bindings_part(&reader, from, &parsed.application));
	*bindings = parsed;
	return RESULT_OK;
}

enum result bindings_write(const struct channel_bindings* bindings, struct blob* to)
{
	struct writer writer = writer_make(BINDINGS_LIMIT);
	uint32_t offset = BINDINGS_HEADER_SIZE;

	/* A part that does not fit the limit does not fit 32 bits either way; writer_take() says so. */
	bindings_put(&writer, bindings->initiator_type);
	bindings_put(&writer, (uint32_t)bindings->initiator.len);
	bindings_put(&writer, offset);
	offset += (uint32_t)bindings->initiator.len;
	bindings_put(&writer, bindings->acceptor_type);
	bindings_put(&writer, (uint32_t)bindings->acceptor.len);
	bindings_put(&writer, offset);
	offset += (uint32_t)bindings->acceptor.len;
	bindings_put(&writer, (uint32_t)bindings->application.len);
	bindings_put(&writer, offset);
	writer_bytes(&writer, bindings->initiator);
	writer_bytes(&writer, bindings->acceptor);
	writer_bytes(&writer, bindings->application);
	return writer_take(&writer, to);
}

/* --- the output token ------------------------------------------------------------------------- */

struct buffer_output buffer_output_begin(const SecBufferDesc* description)
{
	struct buffer_output output = { .buffer = buffer_find(description, SECBUFFER_TOKEN) };

	if (output.buffer)
	{
		output.room = output.buffer->pvBuffer ? output.buffer->cbBuffer : 0;
		output.buffer->cbBuffer = 0;
	}
	return output;
}

enum result buffer_output_write(const struct buffer_output* output, struct bytes token)
{
	if (token.len == 0)
	{
		if (output->buffer && output->allocate)
			output->buffer->pvBuffer = NULL;
		return RESULT_OK;
	}
	REQUIRE(output->buffer, RESULT_BUFFER_TOO_SMALL);
	REQUIRE(token.len <= UINT32_MAX, RESULT_BUFFER_TOO_SMALL);
	if (output->allocate)
	{
		void* const memory = memory_alloc(token.len);

		REQUIRE(memory, RESULT_NO_MEMORY);
		output->buffer->pvBuffer = memory;
	}
	else
		REQUIRE(token.len <= output->room, RESULT_BUFFER_TOO_SMALL);
	bytes_copy(output->buffer->pvBuffer, token);
	output->buffer->cbBuffer = (ULONG)token.len;
	return RESULT_OK;
}

void buffer_output_drop(const struct buffer_output* output)
{
	if (!output->buffer)
		return;
	if (output->allocate)
	{
		if (output->buffer->cbBuffer > 0)
			memory_free(output->buffer->pvBuffer);
		output->buffer->pvBuffer = NULL;
	}
	output->buffer->cbBuffer = 0;
}
