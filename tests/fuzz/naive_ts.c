/* SPDX-License-Identifier: Apache-2.0 */
#include "naive_ts.h"

#include "naive_der.h"

enum
{
	SEQUENCE = 0x30,
	INTEGER = 2,
	OCTETS = 4
};

static bool naive_error_code(struct bytes content, uint32_t* code)
{
	int64_t number = content.len && content.data[0] >= 128 ? -1 : 0;

	/* A fifth octet is the zero in front of a top bit (X.690 8.3.2). */
	if (content.len < 1 || content.len > 5 || (content.len == 5 && content.data[0] != 0))
		return false;
	for (size_t i = 0; i < content.len; i++)
		number = number * 256 + content.data[i];
	*code = (uint32_t)number;
	return number >= INT32_MIN && number <= UINT32_MAX;
}

static bool naive_nego_token(struct bytes list, struct bytes* token)
{
	static const uint8_t tags[] = { OCTETS };
	struct naive_fields fields;
	struct bytes item;

	if (!naive_der_only(list, SEQUENCE, &item) || !naive_der_fields(item, tags, 1, &fields))
		return false;
	*token = fields.content[0];
	return fields.present[0];
}

bool naive_ts_request(struct bytes message, struct ts_request* request)
{
	static const uint8_t tags[] = { INTEGER, SEQUENCE, OCTETS, OCTETS, INTEGER, OCTETS };
	struct naive_fields fields;
	struct bytes body;

	if (message.len > TS_REQUEST_LIMIT || !naive_der_only(message, SEQUENCE, &body) ||
	    !naive_der_fields(body, tags, 6, &fields))
		return false;
	*request = (struct ts_request){ .auth_info = fields.content[2],
		                            .pub_key_auth = fields.content[3],
		                            .client_nonce = fields.content[5] };
	for (unsigned i = 1; i < 6; i++)
		request->fields |= fields.present[i] ? 1u << i : 0;
	return fields.present[0] && naive_der_u32(fields.content[0], &request->version) &&
	       (!fields.present[1] || naive_nego_token(fields.content[1], &request->nego_token)) &&
	       (!fields.present[4] || naive_error_code(fields.content[4], &request->error_code));
}
