/* SPDX-License-Identifier: Apache-2.0
 *
 * By places in the text and sums of them in 64 bits. (OpenSSL's ASN1_get_object() would be a better
 * judge, but takes no length in the long form that is 0 and ends the text.)
 */
#include "naive_der.h"

bool naive_der_next(struct bytes* rest, uint8_t* tag, struct bytes* content, struct bytes* whole)
{
	uint64_t head = 2;
	uint64_t len;

	if (rest->len < 2 || rest->data[0] % 32 == 31 || rest->data[1] == 0x80 || rest->data[1] > 0x84)
		return false;
	if ((len = rest->data[1]) > 0x80)
	{
		head += len - 0x80;
		if (head > rest->len)
			return false;
		len = 0;
		for (size_t i = 2; i < head; i++)
			len = len * 256 + rest->data[i];
	}
	if (head + len > rest->len)
		return false;
	*tag = rest->data[0];
	*content = bytes_make(rest->data + head, len);
	*whole = bytes_make(rest->data, head + len);
	*rest = bytes_make(rest->data + head + len, rest->len - head - len);
	return true;
}

bool naive_der_only(struct bytes text, uint8_t tag, struct bytes* content)
{
	struct bytes whole;
	uint8_t found;

	return naive_der_next(&text, &found, content, &whole) && found == tag && text.len == 0;
}

bool naive_der_fields(struct bytes sequence, const uint8_t* tags, unsigned count,
                      struct naive_fields* fields)
{
	unsigned next = 0;

	*fields = (struct naive_fields){ { false }, { BYTES_EMPTY }, { BYTES_EMPTY } };
	while (sequence.len > 0)
	{
		struct bytes outside;
		struct bytes ignored;
		uint8_t tag;

		if (!naive_der_next(&sequence, &tag, &outside, &ignored))
			return false;
		const unsigned number = tag - 0xA0u;
		if (number < next || number >= count ||
		    !naive_der_only(outside, tags[number], &fields->content[number]))
			return false;
		fields->present[number] = true;
		fields->whole[number] = outside;
		next = number + 1;
	}
	return true;
}

bool naive_der_u32(struct bytes content, uint32_t* value)
{
	uint64_t number = 0;

	for (size_t i = 0; i < content.len; i++)
		number = number * 256 + content.data[i];
	*value = (uint32_t)number;
	return content.len >= 1 && content.len <= 5 && content.data[0] < 128 && number <= UINT32_MAX;
}
