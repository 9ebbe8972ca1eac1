/* SPDX-License-Identifier: Apache-2.0
 *
 * SecBufferDesc: finding the buffers of a kind, channel bindings, and the output token.
 *
 * The rules for an output token are FreeRDP's: it is written where the caller's buffer is, which is
 * never replaced nor enlarged, and cbBuffer is 0 after every error and every empty success,
 * otherwise the zeros that FreeRDP allocated go out over the wire.
 */
#ifndef NEGOSSP_GLUE_BUFFERS_H
#define NEGOSSP_GLUE_BUFFERS_H

#include <winpr/sspi.h>

#include "mech.h"

/* A buffer's type without its flag bits. */
ULONG buffer_type(const SecBuffer* buffer);
/* Signed but not sealed. */
bool buffer_is_read_only(const SecBuffer* buffer);
/* The first buffer of that type, or NULL. A description without its array has no buffers. */
SecBuffer* buffer_find(const SecBufferDesc* description, ULONG type);
/* What a buffer holds; empty for NULL. RESULT_INVALID_ARGUMENT for a length without memory. */
MUST_USE enum result buffer_bytes(const SecBuffer* buffer, struct bytes* bytes);

/* SEC_CHANNEL_BINDINGS: eight 32-bit words of the machine, then the data they point into. Every
 * offset and length is checked; the parts are slices of `from`. */
MUST_USE enum result bindings_parse(struct bytes from, struct channel_bindings* bindings);
/* The reverse, with the data in the order of the words. */
MUST_USE enum result bindings_write(const struct channel_bindings* bindings, struct blob* to);

/* Where a token is to go. */
struct buffer_output
{
	SecBuffer* buffer; /* NULL: the caller gave none */
	size_t room;
	bool allocate; /* ISC_REQ_ALLOCATE_MEMORY: we bring the memory */
};

/* Remembers the caller's room and sets cbBuffer to 0, so that every way out but
 * buffer_output_write() leaves it so. */
struct buffer_output buffer_output_begin(const SecBufferDesc* description);
/* RESULT_BUFFER_TOO_SMALL when there is no room for the token. */
MUST_USE enum result buffer_output_write(const struct buffer_output* output, struct bytes token);
/* A refused call has no token: one that was written is taken back, cbBuffer is 0, and pvBuffer NULL
 * where it would have been allocated. */
void buffer_output_drop(const struct buffer_output* output);

#endif
