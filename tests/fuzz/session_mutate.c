/* SPDX-License-Identifier: Apache-2.0
 *
 * libFuzzer's mutators on records: what is inserted, doubled, moved or taken out is a whole record,
 * and payloads are changed by libFuzzer's own.
 */
#include <string.h>

#include "session_input.h"

size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max);
size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max, unsigned seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t* a, size_t a_len, const uint8_t* b, size_t b_len,
                                 uint8_t* out, size_t max, unsigned seed);

/* Where each record begins and, one more, where the last ends. */
struct places
{
	size_t at[INPUT_RECORDS_MAX + 1];
	size_t count;
};

static struct places find_places(const uint8_t* data, size_t size)
{
	struct places places = { { 0 }, 0 };
	struct part rest = { data, size };
	struct record record;
	if (size < INPUT_SETTINGS)
		return places;
	rest = (struct part){ data + INPUT_SETTINGS, size - INPUT_SETTINGS };
	places.at[0] = INPUT_SETTINGS;
	while (places.count < INPUT_RECORDS_MAX && input_next(&rest, &record))
		places.at[++places.count] = size - rest.len;
	return places;
}

static uint64_t state;

static unsigned draw(unsigned below)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(state >> 33) % below;
}

/* `old` bytes at `at` become `len` others; the new size. Unchanged where there is no room. */
static size_t splice(uint8_t* data, size_t size, size_t max, size_t at, size_t old,
                     const uint8_t* with, size_t len)
{
	if (size - old + len > max)
		return size;
	memmove(data + at + len, data + at + old, size - at - old);
	if (len)
		memcpy(data + at, with, len);
	return size - old + len;
}

/* Which proofs are made right: all of them, all but one, or any. */
static uint8_t draw_repair(void)
{
	switch (draw(3))
	{
		case 0:
			return REPAIR_ALL;
		case 1:
			return REPAIR_ALL ^ (uint8_t)(1u << draw(5));
		default:
			return (uint8_t)draw(REPAIR_ALL + 1);
	}
}

/* Names that mean something here, whole tokens, and values of pairs. */
static const struct part templates[] = {
	{ (const uint8_t*)"u\0s\0e\0r", 8 },
	{ (const uint8_t*)"c\0a\0r\0o\0l", 10 },
	{ (const uint8_t*)"C\0O\0R\0P", 8 },
	{ (const uint8_t*)"E\0V\0I\0L", 8 },
	{ (const uint8_t*)"E\0\\\0L", 6 },
	{ (const uint8_t*)"u\0s\0e\0r\0\0\0x", 12 },
	{ (const uint8_t*)"C\0O\0R\0P\0\\\0c\0a\0r\0o\0l", 20 },
	{ (const uint8_t*)"c\0a\0r\0o\0l\0@\0C\0O\0R\0P", 20 },
	{ (const uint8_t*)"T\0E\0R\0M\0S\0R\0V\0/\0s\0e\0r\0v\0e\0r\0.\0e\0x\0a\0m\0p\0l\0e", 44 },
	{ (const uint8_t*)"\2\0\0\0", 4 },
	{ (const uint8_t*)"\0\0\0\0", 4 },
	{ (const uint8_t*)"\0\0\0\0\0\0\0\0", 8 },
	{ (const uint8_t*)"\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16 },
	{ (const uint8_t*)"\xa1\7\x30\5\xa0\3\x0a\1\0", 9 }, /* accept-completed */
	{ (const uint8_t*)"\xa1\7\x30\5\xa0\3\x0a\1\1", 9 }, /* accept-incomplete */
	{ (const uint8_t*)"\xa1\7\x30\5\xa0\3\x0a\1\3", 9 }, /* request-mic */
	{ (const uint8_t*)"\xa1\2\x30\0", 4 },
	{ (const uint8_t*)"\xa1\x16\x30\x14\xa3\x12\4\x10\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
	  24 }, /* a MIC */
	{ (const uint8_t*)"\xa1\x1b\x30\x19\xa0\3\x0a\1\0\xa3\x12\4\x10\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
	  29 },
	{ (const uint8_t*)"\xa1\x1b\x30\x19\xa0\3\x0a\1\1\xa3\x12\4\x10\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
	  29 },
};

#define RECORD_MAX (INPUT_HEAD + 48)

static size_t put_payload(uint8_t* record)
{
	const struct part payload = templates[draw(sizeof(templates) / sizeof(templates[0]))];
	memcpy(record + INPUT_HEAD, payload.data, payload.len);
	record[6] = (uint8_t)payload.len;
	return INPUT_HEAD + payload.len;
}

/* One thing done to somebody. */
static size_t new_record(uint8_t* record, uint8_t op)
{
	static const uint8_t useful[] = { 0, 1, 2, 3, 4, 6, 7, 9, 10, 16, 24, 0x7f, 0x80, 0xff };
	memset(record, 0, INPUT_HEAD);
	record[0] = op;
	record[1] = (uint8_t)(draw(4) ? draw(4) : draw(8));
	record[2] = op == OP_STEP ? draw_repair() : (uint8_t)draw(8);
	record[3] = draw(2) ? (uint8_t)draw(8) : useful[draw(sizeof(useful))];
	record[4] = draw(2) ? useful[draw(sizeof(useful))] : (uint8_t)draw(256);
	record[5] = draw(8) ? 0 : (uint8_t)draw(256);
	if (draw(2))
		return put_payload(record);
	record[6] = draw(2) ? 0 : useful[draw(11)];
	for (size_t i = 0; i < record[6]; i++)
		record[INPUT_HEAD + i] = draw(4) ? 0 : (uint8_t)draw(256);
	return INPUT_HEAD + record[6];
}

/* A change of the token that one of the steps delivers, with what is then made right. */
static size_t change_token(uint8_t* data, size_t size, size_t max, const struct places* places)
{
	uint8_t record[RECORD_MAX];
	size_t which = draw((unsigned)places->count);
	for (size_t i = 0; i < places->count && data[places->at[which]] % input_op_count != OP_STEP;
	     i++)
		which = (which + 1) % places->count;
	const size_t at = places->at[which];
	const size_t len = new_record(record, input_edits[draw(input_edit_count)]);
	record[1] = data[at + 1];
	const size_t made = splice(data, size, max, at, 0, record, len);
	if (made == size)
		return size;
	for (size_t i = which; i < places->count; i++)
		if (data[places->at[i] + len] % input_op_count == OP_STEP)
			data[places->at[i] + len + 2] = i == which ? draw_repair() : REPAIR_ALL;
	return made;
}

static size_t change_payload(uint8_t* data, size_t size, size_t max, size_t at, size_t end)
{
	static uint8_t payload[2048];
	size_t len = end - at - INPUT_HEAD;
	if (len > sizeof(payload))
		return size;
	memcpy(payload, data + at + INPUT_HEAD, len);
	const size_t changed = LLVMFuzzerMutate(payload, len, sizeof(payload) / 2 + len / 2);
	const size_t made = splice(data, size, max, at + INPUT_HEAD, len, payload, changed);
	if (made == size - len + changed)
	{
		data[at + 6] = (uint8_t)changed;
		data[at + 7] = (uint8_t)(changed >> 8);
	}
	return made;
}

static size_t change_record(uint8_t* data, size_t size, size_t max, const struct places* places)
{
	static uint8_t copy[1u << 16];
	const size_t which = draw((unsigned)places->count);
	const size_t at = places->at[which];
	const size_t end = places->at[which + 1];
	const size_t to = places->at[draw((unsigned)places->count + 1)];
	const size_t len = end - at < sizeof(copy) ? end - at : 0;
	memcpy(copy, data + at, len);
	switch (draw(8))
	{
		case 0: /* taken out */
			return splice(data, size, max, at, end - at, NULL, 0);
		case 1: /* doubled, somewhere */
			return splice(data, size, max, to, 0, copy, len);
		case 2: /* moved */
			size = splice(data, size, max, at, end - at, NULL, 0);
			return splice(data, size, max, to <= at ? to : to - (end - at < to ? end - at : to), 0,
			              copy, len);
		case 3:
			return change_payload(data, size, max, at, end);
		case 4:
			data[at + 2 + draw(4)] ^= (uint8_t)(1u << draw(8));
			return size;
		case 5:
			data[at + 2 + draw(4)] = (uint8_t)draw(256);
			return size;
		case 6:
			data[at + 1] ^= (uint8_t)(1u << draw(3));
			return size;
		default:
			data[at + 2] = data[at] == OP_STEP ? draw_repair() : (uint8_t)draw(8);
			return size;
	}
}

size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max, unsigned seed)
{
	uint8_t record[RECORD_MAX];
	state = seed;
	if (size < INPUT_SETTINGS || max < INPUT_SETTINGS)
		return LLVMFuzzerMutate(data, size, max);
	for (unsigned times = 1 + draw(3); times; times--)
	{
		const struct places places = find_places(data, size);
		const unsigned kind = draw(10);
		if (kind == 0)
			data[draw(INPUT_SETTINGS)] ^= (uint8_t)(1u << draw(8));
		else if (kind == 1)
			data[draw(INPUT_SETTINGS)] = draw(2) ? 0 : (uint8_t)draw(256);
		else if (kind < 5 && places.count)
			size = change_token(data, size, max, &places);
		else if (kind < 7 || !places.count)
		{
			const size_t at = places.at[draw((unsigned)places.count + 1)];
			const size_t len =
			    new_record(record, draw(3) ? (uint8_t)draw(input_op_count) : OP_STEP);
			size = splice(data, size, max, at, 0, record, len);
		}
		else if (kind < 9)
			size = change_record(data, size, max, &places);
		else
			size = LLVMFuzzerMutate(data, size, max);
		if (size < INPUT_SETTINGS)
			return size;
	}
	return size;
}

/* The beginning of one and the end of another. */
size_t LLVMFuzzerCustomCrossOver(const uint8_t* a, size_t a_len, const uint8_t* b, size_t b_len,
                                 uint8_t* out, size_t max, unsigned seed)
{
	const struct places from_a = find_places(a, a_len);
	const struct places from_b = find_places(b, b_len);
	state = seed;
	const size_t head = from_a.at[draw((unsigned)from_a.count + 1)];
	const size_t tail = from_b.at[draw((unsigned)from_b.count + 1)];
	const size_t rest = b_len - tail < max - head ? b_len - tail : max - head;
	if (head > max)
		return 0;
	memcpy(out, a, head);
	memcpy(out + head, b + tail, rest);
	return head + rest;
}
