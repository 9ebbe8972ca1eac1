/* SPDX-License-Identifier: Apache-2.0
 *
 * Lengths of X.224 count what stands behind them.
 */
#include "x224.h"

#define TPKT_VERSION 3
#define CONNECTION_REQUEST 0xE0
#define CONNECTION_CONFIRM 0xD0
#define TYPE_NEG_REQ 1
#define TYPE_NEG_RSP 2
#define TYPE_NEG_FAILURE 3
#define NEG_SIZE 8

void x224_request_write(uint32_t protocols, uint8_t request[X224_REQUEST_SIZE])
{
	const uint8_t head[] = { TPKT_VERSION,
		                     0,
		                     0,
		                     X224_REQUEST_SIZE,
		                     X224_REQUEST_SIZE - 5,
		                     CONNECTION_REQUEST,
		                     0,
		                     0,
		                     0,
		                     0,
		                     0,
		                     TYPE_NEG_REQ,
		                     0,
		                     NEG_SIZE,
		                     0 };

	bytes_copy(request, BYTES_OF(head));
	little_endian_put(request + sizeof(head), 4, protocols);
}

enum result x224_length(const uint8_t header[X224_HEADER_SIZE], size_t* len)
{
	const size_t told = (size_t)header[2] << 8 | header[3];

	REQUIRE(header[0] == TPKT_VERSION && told > X224_HEADER_SIZE && told <= X224_MOST_SIZE,
	        RESULT_MALFORMED);
	*len = told;
	return RESULT_OK;
}

enum result x224_confirm_read(struct bytes packet, struct x224_confirm* confirm)
{
	struct reader reader = reader_make(packet);
	uint8_t length = 0;
	uint8_t code = 0;
	uint8_t type = 0;
	uint16_t size = 0;
	uint32_t value = 0;

	TRY(reader_skip(&reader, X224_HEADER_SIZE));
	TRY(reader_u8(&reader, &length));
	TRY(reader_u8(&reader, &code));
	REQUIRE(length == packet.len - X224_HEADER_SIZE - 1 && (code & 0xF0) == CONNECTION_CONFIRM,
	        RESULT_MALFORMED);
	TRY(reader_skip(&reader, 5)); /* DST-REF, SRC-REF, class */
	*confirm = (struct x224_confirm){ X224_PLAIN, X224_PROTOCOL_RDP };
	if (reader_left(&reader) == 0)
		return RESULT_OK;
	TRY(reader_u8(&reader, &type));
	TRY(reader_skip(&reader, 1));
	TRY(reader_u16le(&reader, &size));
	TRY(reader_u32le(&reader, &value));
	REQUIRE(size == NEG_SIZE && (type == TYPE_NEG_RSP || type == TYPE_NEG_FAILURE),
	        RESULT_MALFORMED);
	*confirm = (struct x224_confirm){ type == TYPE_NEG_RSP ? X224_SELECTED : X224_REFUSED, value };
	return reader_end(&reader);
}
