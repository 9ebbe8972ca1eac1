/* SPDX-License-Identifier: Apache-2.0
 *
 * AV pairs. One table has the names and sizes of the known ones (MS-NLMP 2.2.2.1).
 */
#include "ntlm/avpair.h"

enum result ntlm_av_next(struct reader* reader, uint16_t* id, struct bytes* value)
{
	struct reader at = *reader;
	uint16_t found = 0;
	uint16_t len = 0;
	struct bytes content = BYTES_EMPTY;

	TRY(reader_u16le(&at, &found));
	TRY(reader_u16le(&at, &len));
	TRY(reader_take(&at, len, &content));
	REQUIRE(found != NTLM_AV_EOL || len == 0, RESULT_MALFORMED);
	*reader = at;
	*id = found;
	*value = content;
	return RESULT_OK;
}

static const struct
{
	const char* name;
	size_t size; /* that it must have; 0: any */
} av_known[NTLM_AV_KNOWN_IDS] = {
	[NTLM_AV_EOL] = { "MsvAvEOL", 0 },
	[NTLM_AV_NB_COMPUTER_NAME] = { "MsvAvNbComputerName", 0 },
	[NTLM_AV_NB_DOMAIN_NAME] = { "MsvAvNbDomainName", 0 },
	[NTLM_AV_DNS_COMPUTER_NAME] = { "MsvAvDnsComputerName", 0 },
	[NTLM_AV_DNS_DOMAIN_NAME] = { "MsvAvDnsDomainName", 0 },
	[NTLM_AV_DNS_TREE_NAME] = { "MsvAvDnsTreeName", 0 },
	[NTLM_AV_FLAGS] = { "MsvAvFlags", 4 },
	[NTLM_AV_TIMESTAMP] = { "MsvAvTimestamp", 8 },
	[NTLM_AV_SINGLE_HOST] = { "MsvAvSingleHost", 0 },
	[NTLM_AV_TARGET_NAME] = { "MsvAvTargetName", 0 },
	[NTLM_AV_CHANNEL_BINDINGS] = { "MsvAvChannelBindings", 16 },
};

enum result ntlm_av_parse(struct bytes from, struct ntlm_av_list* list, struct fault* fault)
{
	struct ntlm_av_list read = { { false }, { BYTES_EMPTY }, BYTES_EMPTY };
	struct reader reader = reader_make(from);
	uint16_t id = NTLM_AV_EOL;
	struct bytes value = BYTES_EMPTY;

	fault_set(fault, "the list of AV pairs", "does not end with an empty MsvAvEOL");
	for (;;)
	{
		TRY(ntlm_av_next(&reader, &id, &value));
		if (id == NTLM_AV_EOL)
			break;
		if (id >= NTLM_AV_KNOWN_IDS)
			continue;
		WELL_FORMED(!read.present[id], fault, av_known[id].name, "appears twice");
		WELL_FORMED(av_known[id].size == 0 || av_known[id].size == value.len, fault,
		            av_known[id].name, "has a wrong size");
		read.present[id] = true;
		read.value[id] = value;
	}
	read.whole = bytes_make(from.data, from.len - reader_left(&reader));
	*list = read;
	return RESULT_OK;
}

uint32_t ntlm_av_flags(const struct ntlm_av_list* list)
{
	struct reader reader = reader_make(list->value[NTLM_AV_FLAGS]);
	uint32_t flags = 0;

	return reader_u32le(&reader, &flags) == RESULT_OK ? flags : 0;
}

bool ntlm_av_timestamp(const struct ntlm_av_list* list, uint64_t* timestamp)
{
	struct reader reader = reader_make(list->value[NTLM_AV_TIMESTAMP]);

	return reader_u64le(&reader, timestamp) == RESULT_OK;
}

void ntlm_av_write(struct writer* writer, uint16_t id, struct bytes value)
{
	if (value.len > UINT16_MAX)
	{
		writer_fail(writer, RESULT_INVALID_ARGUMENT);
		return;
	}
	writer_u16le(writer, id);
	writer_u16le(writer, (uint16_t)value.len);
	writer_bytes(writer, value);
}

void ntlm_av_write_flags(struct writer* writer, uint32_t flags)
{
	writer_u16le(writer, NTLM_AV_FLAGS);
	writer_u16le(writer, sizeof(flags));
	writer_u32le(writer, flags);
}

void ntlm_av_write_timestamp(struct writer* writer, uint64_t timestamp)
{
	writer_u16le(writer, NTLM_AV_TIMESTAMP);
	writer_u16le(writer, sizeof(timestamp));
	writer_u64le(writer, timestamp);
}

void ntlm_av_write_end(struct writer* writer)
{
	ntlm_av_write(writer, NTLM_AV_EOL, BYTES_EMPTY);
}
