/* SPDX-License-Identifier: Apache-2.0 */
#include "session_input.h"

bool input_next(struct part* input, struct record* record)
{
	const uint8_t* head = input->data;
	if (input->len < INPUT_HEAD)
		return false;
	*record = (struct record){ .op = head[0] % input_op_count,
		                       .session = head[1] & 1,
		                       .end = head[1] >> 1 & 1,
		                       .aimed = (head[1] & 4) != 0,
		                       .what = head[2],
		                       .how = head[3],
		                       .at = (uint16_t)(head[4] | head[5] << 8) };
	size_t len = head[6] | (size_t)head[7] << 8;
	if (len > input->len - INPUT_HEAD)
		len = input->len - INPUT_HEAD;
	record->payload = (struct part){ head + INPUT_HEAD, len };
	*input = (struct part){ head + INPUT_HEAD + len, input->len - INPUT_HEAD - len };
	return true;
}
