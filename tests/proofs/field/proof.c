/* SPDX-License-Identifier: Apache-2.0
 *
 * The one place in NTLM where an offset from the wire is used, for a message of any length, a fixed
 * part of any size and every value of the field: its bytes lie inside of the message and behind the
 * fixed part, or it is refused.
 */
#include "ntlm/field.h"
#include "proof.h"

void prove_resolve(void)
{
	const struct bytes message = any_bytes(PROOF_ANY_LENGTH);
	const size_t fixed = nondet_size();
	const struct ntlm_field field = { nondet_u16(), nondet_u32(), "a field" };
	struct fault fault = { 0 };
	struct bytes value = BYTES_EMPTY;

	if (ntlm_field_resolve(message, fixed, field, &value, &fault) == RESULT_OK)
	{
		PROVE(value.len == field.len);
		PROVE(field.len == 0 || (field.offset >= fixed && is_part(value, message, field.offset)));
	}
	else
		PROVE(value.len == 0 && field.len != 0 &&
		      (field.offset < fixed || (size_t)field.offset + field.len > message.len));
}

void prove_header(void)
{
	const struct bytes message = any_bytes(PROOF_ANY_LENGTH);
	const enum ntlm_message_type type = NTLM_MESSAGE_NEGOTIATE + nondet_unsigned() % 3;
	struct reader reader = reader_make(BYTES_EMPTY);
	struct ntlm_field field = { 0, 0, "" };
	struct fault fault = { 0 };

	if (ntlm_header_read(message, type, &reader, &fault) != RESULT_OK)
		return;
	PROVE(message.len <= (type == NTLM_MESSAGE_NEGOTIATE ? 1024u : 16384u));
	PROVE(is_part(reader.rest, message, NTLM_HEADER_SIZE));
	PROVE(message.data[8] == (uint8_t)type);
	if (ntlm_field_read(&reader, "a field", &field) == RESULT_OK)
	{
		PROVE(is_part(reader.rest, message, NTLM_HEADER_SIZE + 8));
		PROVE((field.len & 0xFF) == message.data[NTLM_HEADER_SIZE]);
	}
}

/* Three fields, as many as a message of NTLM's has next to each other. */
void prove_payload_start(void)
{
	const struct bytes message = any_bytes(PROOF_ANY_LENGTH);
	const struct ntlm_field fields[] = { { nondet_u16(), nondet_u32(), "" },
		                                 { nondet_u16(), nondet_u32(), "" },
		                                 { nondet_u16(), nondet_u32(), "" } };
	const size_t start = ntlm_payload_start(message, fields, 3);

	PROVE(start <= message.len);
	for (size_t i = 0; i < 3; i++)
		PROVE(fields[i].len == 0 || start <= fields[i].offset);
}
