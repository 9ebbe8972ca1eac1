/* SPDX-License-Identifier: Apache-2.0
 *
 * AV pairs, and the NTLMv2 response that they stand in: read as MS-NLMP 2.2.2.1 has them by places
 * in the text, written and read again; and what an initiator makes of an acceptor's list.
 */
#include "ntlm/response.h"

#include <string.h>

#include "input.h"

#define BEFORE_PAIRS 44 /* of a response: NTProofStr and the fixed part of temp */

static size_t u16(const uint8_t* at)
{
	return at[0] | (size_t)at[1] << 8;
}

static bool naive_list(struct bytes from, struct ntlm_av_list* list)
{
	static const size_t sizes[NTLM_AV_KNOWN_IDS] = { [6] = 4, [7] = 8, [10] = 16 };
	size_t at = 0;

	*list = (struct ntlm_av_list){ { false }, { BYTES_EMPTY }, BYTES_EMPTY };
	while (from.len - at >= 4)
	{
		const size_t id = u16(from.data + at);
		const size_t len = u16(from.data + at + 2);

		at += 4;
		if (id == 0)
			list->whole = bytes_make(from.data, at);
		if (id == 0 || len > from.len - at)
			return id == 0 && len == 0;
		if (id < NTLM_AV_KNOWN_IDS)
		{
			if (list->present[id] || (sizes[id] && sizes[id] != len))
				return false;
			list->present[id] = true;
			list->value[id] = bytes_make(from.data + at, len);
		}
		at += len;
	}
	return false;
}

static bool same(const struct ntlm_av_list* a, const struct ntlm_av_list* b)
{
	for (size_t i = 0; i < NTLM_AV_KNOWN_IDS; i++)
		if (a->present[i] != b->present[i] || !bytes_equal(a->value[i], b->value[i]))
			return false;
	return bytes_equal(a->whole, b->whole);
}

static void expect_numbers(const struct ntlm_av_list* list)
{
	uint64_t time = 0;
	uint64_t expected = 0;
	uint32_t flags = 0;

	for (size_t i = list->value[NTLM_AV_TIMESTAMP].len; i > 0; i--)
		expected = expected << 8 | list->value[NTLM_AV_TIMESTAMP].data[i - 1];
	for (size_t i = list->value[NTLM_AV_FLAGS].len; i > 0; i--)
		flags = flags << 8 | list->value[NTLM_AV_FLAGS].data[i - 1];
	JUDGE(ntlm_av_flags(list) == flags, "MsvAvFlags");
	JUDGE(ntlm_av_timestamp(list, &time) == list->present[NTLM_AV_TIMESTAMP] && time == expected,
	      "MsvAvTimestamp");
}

/* Every pair, known or not, through the writer: the same bytes. */
static void write_again(const struct ntlm_av_list* list)
{
	struct writer writer = writer_make(list->whole.len);
	struct reader reader = reader_make(list->whole);
	struct bytes value;
	uint16_t id;

	while (ntlm_av_next(&reader, &id, &value) == RESULT_OK && id != NTLM_AV_EOL)
		if (id == NTLM_AV_FLAGS)
			ntlm_av_write_flags(&writer, ntlm_av_flags(list));
		else
			ntlm_av_write(&writer, id, value);
	ntlm_av_write_end(&writer);
	JUDGE(bytes_equal(writer_written(&writer), list->whole), "written otherwise");
	writer_drop(&writer);
}

static bool is_initiators(size_t id)
{
	return id == NTLM_AV_CHANNEL_BINDINGS || id == NTLM_AV_TARGET_NAME;
}

/* The acceptor's pairs, but for those that are the initiator's to say. */
static void initiators(struct bytes received, struct bytes choices)
{
	const struct ntlm_initiator_pairs added = { .mic = take(&choices) & 1,
		                                        .bindings_and_target = take(&choices) & 1,
		                                        .bindings = take_bytes(&choices, 16),
		                                        .target = choices };
	struct blob pairs = BLOB_EMPTY;
	struct ntlm_av_list from;
	struct ntlm_av_list to;
	const bool readable = naive_list(received, &from) || received.len == 0;

	const enum result result = ntlm_initiator_pairs_write(received, &added, &pairs);
	JUDGE(readable || result == RESULT_MALFORMED, "made of what is malformed");
	/* A pair of less than 16 bytes for the bindings is the caller's mistake; 64 is for ours. */
	JUDGE(!readable || result == RESULT_OK || received.len + choices.len + 64 > 16384, "no list");
	if (result == RESULT_OK && (added.bindings.len == 16 || !added.bindings_and_target))
	{
		const uint32_t flags = ntlm_av_flags(&from) & ~UINT32_C(6); /* the client's own words */

		JUDGE(naive_list(blob_bytes(&pairs), &to), "unreadable");
		JUDGE(ntlm_av_flags(&to) == (flags | (added.mic ? NTLM_AV_FLAG_MIC : 0)), "the flags");
		for (size_t i = 0; i < NTLM_AV_KNOWN_IDS; i++)
		{
			if (i == NTLM_AV_FLAGS)
				continue;
			const bool there = is_initiators(i) ? added.bindings_and_target : from.present[i];
			const struct bytes value = i == NTLM_AV_CHANNEL_BINDINGS ? added.bindings
			                           : i == NTLM_AV_TARGET_NAME    ? added.target
			                                                         : from.value[i];
			JUDGE(to.present[i] == there && (!there || bytes_equal(to.value[i], value)), "a pair");
		}
	}
	blob_free(&pairs);
}

static void read_response(struct bytes text)
{
	static const uint8_t types[] = { 1, 1 };
	struct ntlm_response response = { .timestamp = 7 };
	struct ntlm_av_list pairs;
	struct blob written = BLOB_EMPTY;
	const bool is =
	    text.len >= BEFORE_PAIRS && memcmp(text.data + 16, types, 2) == 0 &&
	    naive_list(bytes_make(text.data + BEFORE_PAIRS, text.len - BEFORE_PAIRS), &pairs);

	JUDGE((ntlm_response_parse(text, &response, NULL) == RESULT_OK) == is, "a response or not");
	if (!is)
	{
		JUDGE(response.timestamp == 7 && !response.proof.data, "something of what is malformed");
		return;
	}
	JUDGE(response.proof.data == text.data && response.temp.data == text.data + 16, "its parts");
	JUDGE(response.client_challenge.data == text.data + 32 && same(&response.pairs, &pairs),
	      "other pairs");
	if (ntlm_response_write(response.timestamp, response.client_challenge, pairs.whole, &written) ==
	    RESULT_OK)
	{
		/* As it was but for what is reserved and the proof, and four zeros behind it. */
		JUDGE(written.len == BEFORE_PAIRS + pairs.whole.len + 4, "the response's length");
		JUDGE(memcmp(written.data + 24, text.data + 24, 16) == 0 &&
		          memcmp(written.data + BEFORE_PAIRS, pairs.whole.data, pairs.whole.len) == 0,
		      "another response");
		blob_free(&written);
	}
	else
		JUDGE(text.len > 16384 - 64, "no response");
}

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
	const struct bytes text = bytes_make(data, size);
	struct ntlm_av_list naive;
	struct ntlm_av_list list = { { false }, { BYTES_EMPTY }, BYTES_EMPTY };
	const bool is = naive_list(text, &naive);

	JUDGE((ntlm_av_parse(text, &list, NULL) == RESULT_OK) == is, "a list or not");
	if (is)
	{
		JUDGE(same(&list, &naive), "read as another");
		expect_numbers(&list);
		write_again(&list);
	}
	else
		JUDGE(!list.whole.data, "something of what is malformed");
	initiators(text, bytes_make(data, size < 40 ? size : 40));
	read_response(text);
	return 0;
}
