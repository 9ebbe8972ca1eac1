/* SPDX-License-Identifier: Apache-2.0
 *
 * Header, fields and Version of NTLM messages. NTLM's signature stands here and nowhere else.
 */
#include "ntlm/field.h"

static const uint8_t ntlm_signature[8] = { 'N', 'T', 'L', 'M', 'S', 'S', 'P', '\0' };

bool ntlm_is_message(struct bytes token)
{
	return bytes_starts_with(token, BYTES_OF(ntlm_signature));
}

enum result ntlm_header_read(struct bytes message, enum ntlm_message_type type,
                             struct reader* reader, struct fault* fault)
{
	static const struct
	{
		const char* name;
		size_t max;
		const char* too_long;
	} kinds[] = {
		[NTLM_MESSAGE_NEGOTIATE] = { "NEGOTIATE", NTLM_MAX_NEGOTIATE, "is longer than 1024 bytes" },
		[NTLM_MESSAGE_CHALLENGE] = { "CHALLENGE", NTLM_MAX_TOKEN, "is longer than 16384 bytes" },
		[NTLM_MESSAGE_AUTHENTICATE] = { "AUTHENTICATE", NTLM_MAX_TOKEN,
		                                "is longer than 16384 bytes" },
	};
	struct reader at = reader_make(message);
	uint32_t found = 0;

	fault_begin(fault, kinds[type].name, "the fixed part", "is cut short");
	WELL_FORMED(message.len <= kinds[type].max, fault, "the message", kinds[type].too_long);
	WELL_FORMED(ntlm_is_message(message), fault, "Signature", "is not that of NTLM");
	TRY(reader_skip(&at, sizeof(ntlm_signature)));
	TRY(reader_u32le(&at, &found));
	WELL_FORMED(found >= NTLM_MESSAGE_NEGOTIATE && found <= NTLM_MESSAGE_AUTHENTICATE, fault,
	            "MessageType", "is none of NTLM's three");
	REQUIRE(found == (uint32_t)type, RESULT_OUT_OF_SEQUENCE);
	*reader = at;
	return RESULT_OK;
}

enum result ntlm_message_keep(struct bytes message, enum ntlm_message_type type, struct blob* kept,
                              struct fault* fault)
{
	struct reader reader;

	TRY(ntlm_header_read(message, type, &reader, fault));
	return blob_set(kept, message);
}

enum result ntlm_field_read(struct reader* reader, const char* name, struct ntlm_field* field)
{
	struct ntlm_field read = { .name = name };

	TRY(reader_u16le(reader, &read.len));
	TRY(reader_skip(reader, sizeof(uint16_t)));
	TRY(reader_u32le(reader, &read.offset));
	*field = read;
	return RESULT_OK;
}

enum result ntlm_field_resolve(struct bytes message, size_t fixed, struct ntlm_field field,
                               struct bytes* value, struct fault* fault)
{
	if (field.len == 0)
	{
		*value = BYTES_EMPTY;
		return RESULT_OK;
	}
	WELL_FORMED(field.offset >= fixed, fault, field.name, "lies inside of the fixed part");
	WELL_FORMED(bytes_part(message, field.offset, field.len, value) == RESULT_OK, fault, field.name,
	            "lies outside of the message");
	return RESULT_OK;
}

size_t ntlm_payload_start(struct bytes message, const struct ntlm_field* fields, size_t count)
{
	size_t start = message.len;

	for (size_t i = 0; i < count; i++)
	{
		if (fields[i].len != 0 && fields[i].offset < start)
			start = fields[i].offset;
	}
	return start;
}

void ntlm_header_write(struct writer* writer, enum ntlm_message_type type)
{
	writer_bytes(writer, BYTES_OF(ntlm_signature));
	writer_u32le(writer, (uint32_t)type);
}

void ntlm_field_write(struct writer* writer, struct bytes value, size_t offset)
{
	if (value.len > UINT16_MAX || offset > UINT32_MAX)
	{
		writer_fail(writer, RESULT_INVALID_ARGUMENT);
		return;
	}
	writer_u16le(writer, (uint16_t)value.len);
	writer_u16le(writer, (uint16_t)value.len);
	writer_u32le(writer, (uint32_t)offset);
}

void ntlm_version_write(struct writer* writer, bool filled)
{
	/* Nothing decides by it, but scanners tell from it which Windows this is, and old ones raise an
	 * alarm: so it is a current one, 10.0 build 26100 (Windows 11 24H2, Server 2025), with
	 * NTLMSSP_REVISION_W2K3. */
	static const uint8_t version[NTLM_VERSION_SIZE] = { 10, 0, 26100 & 0xFF, 26100 >> 8, 0,
		                                                0,  0, 0x0F };

	if (filled)
		writer_bytes(writer, BYTES_OF(version));
	else
		writer_zeros(writer, NTLM_VERSION_SIZE);
}
